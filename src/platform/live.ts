/** A bridged run for somebody who looks at it in the terminal: it goes on by itself, and what comes in is kept to look back. */
import type { Input, Lab, RunOptions, SimTime } from '../index.ts'
import { Bridged, type BridgedLab, bridgedRun, openDoors } from './bridged.ts'
import type { Door } from './doors/door.ts'
import type { LabFile } from './files.ts'
import { Recording } from './record.ts'
import { UsageError } from './usage.ts'

/** What is kept to look back: packets, and their octets. What comes in later is not. */
const KEPT = { packets: 1_000_000, octets: 256 << 20 } as const

export interface LiveOptions {
  /** Path of the run file to write. */
  readonly record?: string
}

export class Live {
  readonly run
  /** What went through each door, and how well virtual time was kept, once it is over. */
  summary = ''
  /** Why it has come to an end that nobody wanted. */
  trouble: string | undefined
  readonly #doors: readonly Door[]
  readonly #recording: Recording | undefined
  readonly #inputs: Input[] = []
  #octets = 0
  /** When the first packet came that is not kept. */
  #full = Number.POSITIVE_INFINITY
  #stopped = false
  #over: Promise<void> | undefined

  /** The doors are open, and nothing is heard before `begin`. */
  static async open(bridged: BridgedLab, file: LabFile, options: LiveOptions): Promise<Live> {
    const doors = await openDoors(bridged)
    try {
      return new Live(bridged.lab, file, doors, options)
    } catch (error) {
      for (const door of doors) door.close()
      throw error
    }
  }

  constructor(lab: Lab, file: LabFile, doors: readonly Door[], { record }: LiveOptions) {
    this.#doors = doors
    this.run = bridgedRun(lab, { fingerprint: record !== undefined })
    this.#recording = record === undefined ? undefined : new Recording(record, file, lab, this.run.timeZero)
  }

  /** From what the same run can be made again, and further as it goes on: the packets are a list that grows. */
  get replay(): RunOptions {
    const { timeZero } = this.run
    return { ...(timeZero === undefined ? {} : { timeZero }), inputs: this.#inputs, fingerprint: false }
  }

  /** Up to when it can be made again: up to now, unless more has come in than is kept. */
  get known(): SimTime {
    return Math.min(this.run.now, this.#full - 1)
  }

  /** Something was done in it, at its present time; entries as they would stand in the file. */
  acted(entries: readonly string[]): void {
    this.#recording?.acted(this.run.now, entries)
  }

  /** The clock goes from here on. Resolves when the run is over, however it came; the doors are closed then. */
  begin(): Promise<void> {
    this.#over ??= this.#play()
    return this.#over
  }

  /** Somebody wants the end. Resolves when it is over. */
  end(): Promise<void> {
    this.#stopped = true
    return this.begin()
  }

  async #play(): Promise<void> {
    const bridged = new Bridged(this.run, this.#doors, {
      note: (t, node, views) => this.#note(t, node, views),
      look: () => {
        this.#recording?.flush()
        return !this.#stopped
      },
    })
    try {
      await bridged.play()
      this.#recording?.end(this.run.result())
      this.trouble = bridged.trouble
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      this.trouble = error.message
    } finally {
      this.summary = bridged.summary
      for (const door of this.#doors) door.close()
      this.#recording?.close()
    }
  }

  #note(t: number, node: string, views: readonly Uint8Array[]): void {
    this.#recording?.inputs(t, node, views)
    if (t >= this.#full) return
    for (const { length } of views) this.#octets += length
    if (this.#inputs.length + views.length > KEPT.packets || this.#octets > KEPT.octets) this.#full = t
    else for (const view of views) this.#inputs.push({ t, node, bytes: view.slice() })
  }

  /** The record has come to its end. */
  get recorded(): boolean {
    return this.#recording?.whole === true
  }
}
