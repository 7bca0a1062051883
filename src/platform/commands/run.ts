/** `pptp-lab run LAB`: a run in slices, with everything that looks at it. */
import { writeFileSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Lab, type Override, parseDuration, Run, type RunResult, writeRunFile } from '../../index.ts'
import { Captures } from '../captures.ts'
import { checkedLab, type LabFile, parseOverride, readLab, writing } from '../files.ts'
import { Interruption } from '../interruption.ts'
import { version } from '../package.ts'
import { JsonReport, type Replayed, type Report, StoryReport } from '../report.ts'
import { err } from '../terminal.ts'
import { type Action, EXIT, UsageError } from '../usage.ts'

interface Flags {
  readonly json?: boolean
  readonly seed?: string
  readonly set?: readonly string[]
  readonly until?: string
  readonly record?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly pcap?: string
}

/** Events between two looks at the world outside (^C). */
const SLICE = 2000

export const runLab: Action = async ([name], options) => {
  const flags = options as Flags
  if (flags.quiet && flags.verbose) throw new UsageError('--quiet and --verbose cannot both be obeyed: choose one.')
  const own = overridesOf(flags)
  const file = await readLab(name, own)
  const lab = checkedLab(file)
  const run = new Run(lab, untilOf(flags, file))
  const record = flags.record === undefined ? undefined : new Recording(flags.record, file, lab)
  const captures = flags.pcap === undefined ? undefined : new Captures(flags.pcap, run, file.text)
  const report: Report = flags.json ? new JsonReport(lab) : new StoryReport(run, flags)
  run.listen(event => report.event(event))
  const interruption = new Interruption()
  try {
    report.begin()
    for (let over = false; !over && interruption.status === undefined; ) {
      over = run.advance(SLICE)
      report.flush()
      captures?.write(false)
      await breathe()
    }
    const result = run.result()
    record?.end(result)
    const replayed = own.length > 0 || flags.until !== undefined ? undefined : compare(file, result)
    report.end(result, { interrupted: interruption.status !== undefined, replayed })
    const good = result.ok && replayed?.same !== false
    return interruption.status ?? (good ? EXIT.good : EXIT.failed)
  } finally {
    interruption.forget()
    captures?.write(true)
    captures?.close()
    if (captures) err(`${captures.told}\n`)
    if (record?.whole) err(`The run is kept in ${flags.record}: pptp-lab run ${flags.record}\n`)
  }
}

function overridesOf({ seed, set = [] }: Flags): Override[] {
  const overrides = set.map(parseOverride)
  if (seed !== undefined && !/^\d{1,15}$/.test(seed)) {
    throw new UsageError(`--seed wants a whole number, such as --seed 7, not ${seed}`)
  }
  return seed === undefined ? overrides : [...overrides, { path: 'seed', value: seed }]
}

/** A recorded run ends when it ended then, also if that was earlier than its lab says. */
function untilOf({ until }: Flags, { recorded }: LabFile): { until?: number } {
  if (until === undefined) return recorded?.end === undefined ? {} : { until: recorded.end.t }
  const duration = parseDuration(until)
  if (duration === undefined) {
    throw new UsageError(`--until wants a time with its unit, such as 5s or 300ms, not ${until}`)
  }
  return { until: duration }
}

/** Is a repetition what was recorded? Undefined where nothing can be compared. */
function compare({ recorded }: LabFile, { fingerprint }: RunResult): Replayed | undefined {
  if (recorded?.end === undefined) return undefined
  const same = recorded.end.fingerprint === fingerprint
  return { same, recorded: recorded.end.fingerprint, recordedBy: recorded.version, version: version() }
}

/** The run file: its header from the start on, so that a bad path is known before the run. */
class Recording {
  whole = false
  readonly #path: string
  readonly #header: Parameters<typeof writeRunFile>[0]

  constructor(path: string, file: LabFile, lab: Lab) {
    this.#path = path
    this.#header = { version: version(), lab: file.text, seed: lab.seed, overrides: file.overrides }
    writing(path, () => writeFileSync(path, writeRunFile(this.#header)))
  }

  end({ t, fingerprint }: RunResult): void {
    writing(this.#path, () => writeFileSync(this.#path, writeRunFile(this.#header, { t, fingerprint })))
    this.whole = true
  }
}
