/** All that looks at a run from the command line: the report, the captures, the record, ^C, and the exit status. */
import { type Lab, Ledger, type Run, type RunResult } from '../index.ts'
import { Captures } from './captures.ts'
import type { LabFile } from './files.ts'
import { Interruption } from './interruption.ts'
import { Recording } from './record.ts'
import { JsonReport, type Replayed, type Report, StoryReport } from './report.ts'
import { err } from './terminal.ts'
import { EXIT, UsageError } from './usage.ts'

export interface WatchFlags {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly unfolded?: boolean
  readonly record?: string
  readonly pcap?: string
  readonly ledger?: boolean
  readonly quiz?: boolean
}

/** What a replay, or a program, compares. */
export const needsFingerprint = ({ record, json = false }: WatchFlags): boolean => record !== undefined || json

/** Before anything is opened. */
export function checkFlags({ quiet, verbose }: WatchFlags): void {
  if (quiet && verbose) throw new UsageError('--quiet and --verbose cannot both be obeyed: choose one.')
}

export class Watch {
  readonly recording: Recording | undefined
  readonly #run: Run
  readonly #flags: WatchFlags
  readonly #report: Report
  readonly #captures: Captures | undefined
  readonly #ledger: Ledger | undefined
  readonly #interruption = new Interruption()

  constructor(run: Run, lab: Lab, file: LabFile, flags: WatchFlags) {
    this.#run = run
    this.#flags = flags
    this.recording = flags.record === undefined ? undefined : new Recording(flags.record, file, lab, run.timeZero)
    this.#captures = flags.pcap === undefined ? undefined : new Captures(flags.pcap, run, file.text)
    this.#ledger = flags.ledger ? new Ledger(run) : undefined
    this.#report = flags.json ? new JsonReport(lab) : new StoryReport(run, flags)
    run.listen(event => this.#report.event(event), this.#report.packets)
  }

  begin(): void {
    this.#report.begin()
  }

  /** Prints what was told so far, also what is held back to be told shorter: somebody else speaks now. Was there anything? */
  pause(): boolean {
    return this.#report.pause(this.#run.now)
  }

  /** Comes true when somebody wants the end. */
  get enough(): Promise<void> {
    return this.#interruption.wanted
  }

  /** Writes what there is; false when somebody wants the end. */
  look(): boolean {
    this.#report.flush()
    this.#captures?.write(false)
    this.recording?.flush()
    return this.#interruption.status === undefined
  }

  /** Says how it ended, and gives the exit status. */
  end(compare: (result: RunResult) => Replayed | undefined): number {
    const result = this.#run.result()
    this.recording?.end(result)
    const replayed = compare(result)
    const { status } = this.#interruption
    const calls = this.#ledger?.close()
    this.#report.end(result, { calls, interrupted: status !== undefined, replayed })
    return status ?? (result.ok && replayed?.same !== false ? EXIT.good : EXIT.failed)
  }

  /** Whatever happened, files are left whole and signals go where they went before. */
  close(): void {
    this.#interruption.forget()
    this.#captures?.write(true)
    this.#captures?.close()
    if (this.#captures) err(`${this.#captures.told}\n`)
    this.recording?.close()
    const { record } = this.#flags
    if (this.recording?.whole) err(`The run is kept in ${record}: pptp-lab run ${record}\n`)
  }
}
