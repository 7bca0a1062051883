/** `pptp-lab bridge` in the namespace: what it says (--json), and what is kept of it (--record, --pcap). */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse, stringify } from 'yaml'
import * as Pcap from '../../src/wire/pcap.ts'
import { judgeCapture } from '../support/judge-capture.ts'
import { rootPath } from '../support/root.ts'
import { check, Failure, until } from './failure.ts'
import { start } from './host.ts'
import type { Namespace } from './namespace.ts'
import type { Undo } from './undo.ts'

export interface BridgePlan {
  /** Name of the lab in topologies/. */
  readonly lab: string
  /** Events beside those of the lab: `{ at: '20s', disconnect: 'alice' }`. */
  readonly events?: readonly object[]
  readonly namespace: Namespace
  readonly folder: string
  /** Frames that are wrong on purpose go into its captures: they are not judged. */
  readonly rubbish?: boolean
}

export interface Told {
  /** Nanoseconds of virtual time. */
  readonly t: number
  readonly node: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}
interface Result {
  readonly fingerprint: string
  readonly drops: Readonly<Record<string, number>>
}

const CLI = rootPath('dist/cli/cli.js')
export const DEVICE = 'sim0'
/** One event a packet and hop: too many to keep, and nothing here asks for them. */
const PASSED_OVER = new Set(['send', 'forward', 'deliver'])
const START_SECONDS = 20
const STOP_SECONDS = 20

export class Bridge {
  readonly events: Told[] = []
  readonly #states = new Map<string, string>()
  readonly #process: ChildProcess
  readonly #record: string
  readonly #captures: string
  readonly #rubbish: boolean
  readonly #namespace: Namespace
  #result: Result | undefined
  #talk = ''

  constructor({ lab, events = [], namespace, folder, rubbish = false }: BridgePlan, undo: Undo) {
    this.#record = join(folder, 'bridge.jsonl')
    this.#captures = join(folder, 'captures')
    this.#rubbish = rubbish
    this.#namespace = namespace
    const keep = ['--record', this.#record, '--pcap', this.#captures]
    const args = [CLI, 'bridge', labWith(lab, events, folder), '--json', ...keep]
    const command = namespace.inside(process.execPath, args)
    this.#process = start(...command, undo, { stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.#process
    if (!stdout || !stderr) throw new Error('the bridge has no output')
    createInterface({ input: stdout }).on('line', line => this.#hear(line))
    stderr.setEncoding('utf8').on('data', text => {
      this.#talk += text
    })
  }

  #hear(line: string): void {
    const said = JSON.parse(line) as { readonly type: string }
    if (said.type === 'result') this.#result = said as unknown as Result
    if (said.type !== 'event') return
    const told = said as unknown as Told
    if (PASSED_OVER.has(told.event)) return
    this.events.push(told)
    if (told.event === 'state') this.#states.set(`${told.node}.${told.fields.machine}`, String(told.fields.to))
  }

  /** Waits until its device is there and up. */
  async ready(): Promise<void> {
    await until(START_SECONDS, `the bridge makes no ${DEVICE}: ${this.#lastWords()}`, () => {
      if (this.ended) throw new Failure(`the bridge ended at once: ${this.#lastWords()}`)
      return this.#namespace.hasDevice(DEVICE)
    })
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** The last state that a machine has reported: `state('laptop.ppp.lcp')`. */
  state(path: string): string | undefined {
    return this.#states.get(path)
  }

  seen(event: string, fields: Readonly<Record<string, unknown>> = {}): Told[] {
    const fits = (told: Told): boolean => Object.entries(fields).every(([name, value]) => told.fields[name] === value)
    return this.events.filter(told => told.event === event && fits(told))
  }

  async sees(seconds: number, event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Told> {
    const what = `${event} ${JSON.stringify(fields)}`
    return until(seconds, `the bridge tells of no ${what}`, () => {
      if (this.ended) throw new Failure(`the bridge ended before ${what}: ${this.#lastWords()}`)
      return this.seen(event, fields)[0]
    })
  }

  /** Sends a signal and waits for the end; the exit status, or null if the signal ended it. */
  async signal(name: NodeJS.Signals): Promise<number | null> {
    if (this.ended) throw new Failure(`the bridge has ended by itself: ${this.#lastWords()}`)
    const exit = once(this.#process, 'close', { signal: AbortSignal.timeout(STOP_SECONDS * 1000) })
    this.#process.kill(name)
    const [status] = await exit.catch(() => {
      throw new Failure(`the bridge does not end within ${STOP_SECONDS} s of ${name}`)
    })
    return status as number | null
  }

  /** ^C; its result. */
  async interrupt(): Promise<Result> {
    const status = await this.signal('SIGINT')
    check(status === 130, `after ^C the bridge ended with ${status}: ${this.#lastWords()}`)
    const result = this.#result
    check(result !== undefined, 'the bridge ended without its result')
    return result
  }

  /** ^C, and then what every bridged run owes: a result, a record that replays to it, captures that are right. */
  async stop(): Promise<void> {
    this.#checkReplay(await this.interrupt())
    if (!this.#rubbish) this.#checkCaptures()
  }

  /** The record alone, without device and namespace, gives the same run. */
  #checkReplay({ fingerprint }: Result): void {
    check(existsSync(this.#record) && statSync(this.#record).size > 0, 'the bridge kept no record')
    const inputs = readFileSync(this.#record, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('{"type":"input"'))
    check(inputs.length > 0, 'the record holds no packet from outside')
    // Its status speaks of the lab's checks too, of which a case may make some impossible.
    const { stdout } = spawnSync(process.execPath, [CLI, 'run', this.#record, '--quiet'], { encoding: 'utf8' })
    check(stdout.includes(`fingerprint ${fingerprint}\n`), `the replay has another fingerprint than ${fingerprint}`)
  }

  #checkCaptures(): void {
    const files = readdirSync(this.#captures)
    check(files.length > 0, 'the bridge kept no capture')
    for (const name of files) {
      const file = join(this.#captures, name)
      const { frames } = Pcap.read(new Uint8Array(readFileSync(file)))
      check(frames.length > 0, `${name} is empty`)
      try {
        judgeCapture(file, frames.length)
      } catch (error) {
        throw new Failure(`${name}: ${(error as Error).message.split('\n')[0]}`)
      }
    }
  }

  #lastWords(): string {
    return this.#talk.trim().split('\n').slice(-2).join(' ').slice(0, 200) || 'without a word'
  }
}

/** The path of the lab; with more events, of a copy that has them too. */
function labWith(lab: string, events: readonly object[], folder: string): string {
  const shipped = rootPath(`topologies/${lab}.yaml`)
  if (events.length === 0) return shipped
  const content = parse(readFileSync(shipped, 'utf8')) as { readonly events?: readonly object[] }
  const copy = join(folder, `${lab}.yaml`)
  writeFileSync(copy, stringify({ ...content, events: [...(content.events ?? []), ...events] }))
  return copy
}
