/** `pptp-lab run LAB`: the story of a run and its verdict. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import {
  captureName,
  fingerprintOf,
  formatIpv4,
  formatLine,
  formatTime,
  hostNames,
  type Lab,
  LinkCapture,
  parseDuration,
  Run,
  type RunResult,
  type StoryLine,
  type TraceEvent,
  tell,
  type Verdict,
  writeRunFile,
} from '../../index.ts'
import { checkedLab, type LabFile, parseOverride, readLab, version } from '../files.ts'
import { type Colour, OutputClosed, out, paint } from '../terminal.ts'
import { type Command, EXIT, UsageError } from '../usage.ts'

interface RunFlags {
  readonly json?: boolean
  readonly seed?: string
  readonly set?: readonly string[]
  readonly until?: string
  readonly record?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly pcap?: string
}

export const runCommand: Command = {
  operands: 'LAB',
  help: 'Runs a lab, tells what happens, and ends with the verdict of its checks: status 0 if all have passed, 1 if not.',
  options: {
    json: { type: 'boolean', help: 'print every event as a line of JSON' },
    seed: { type: 'string', value: 'N', help: 'another seed than that of the lab: other random numbers, other losses' },
    set: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      help: 'change one value of the lab, as often as you like',
    },
    until: { type: 'string', value: 'TIME', help: 'stop earlier, such as --until 5s' },
    record: { type: 'string', value: 'FILE', help: 'keep what is needed to have the same run again (FILE.jsonl)' },
    pcap: { type: 'string', value: 'DIR', help: 'write one capture for each link, for Wireshark' },
    quiet: { type: 'boolean', help: 'print the verdict only' },
    verbose: { type: 'boolean', help: 'print every packet and every state' },
  },
  run: (operands, options) => {
    if (operands.length !== 1) throw new UsageError('pptp-lab run wants one lab, such as: pptp-lab run voluntary')
    return runLab(operands[0], options as RunFlags)
  },
}

/** Events between two looks at the world outside (^C). */
const SLICE = 2000

async function runLab(name: string, flags: RunFlags): Promise<number> {
  const file = readLab(name, overridesOf(flags))
  const lab = checkedLab(file)
  const run = new Run(lab, flags.until === undefined ? {} : { until: durationOf(flags.until) })
  const report = flags.json ? new JsonReport(lab) : new StoryReport(run, flags)
  run.listen(event => report.event(event))
  const captures = flags.pcap === undefined ? undefined : new Captures(flags.pcap, run, file)
  const signal = new Interruption()
  try {
    report.begin()
    for (let over = false; !over && signal.status === undefined; ) {
      over = run.advance(SLICE)
      report.flush()
      captures?.write(false)
      await breathe()
    }
    const result = run.result()
    captures?.write(true)
    record(flags.record, file, lab, result)
    report.end(result, signal.status !== undefined)
    return signal.status ?? (result.ok ? EXIT.good : EXIT.failed)
  } catch (error) {
    captures?.write(true)
    if (error instanceof OutputClosed) return EXIT.good
    throw error
  } finally {
    signal.forget()
  }
}

function overridesOf({ seed, set = [] }: RunFlags) {
  const overrides = set.map(parseOverride)
  return seed === undefined ? overrides : [...overrides, { path: 'seed', value: seed, option: '--seed' }]
}

function durationOf(text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined)
    throw new UsageError(`--until wants a time with its unit, such as 5s or 300ms, not ${text}`)
  return duration
}

function record(path: string | undefined, file: LabFile, lab: Lab, result: RunResult): void {
  if (path === undefined) return
  const header = { version: version(), lab: file.text, seed: lab.seed, overrides: file.overrides }
  writeOrExplain(path, () =>
    writeFileSync(path, writeRunFile(header, { t: result.t, fingerprint: result.fingerprint })),
  )
}

function writeOrExplain(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
  }
}

/** ^C and TERM end a run in order; a second one is left to the system. */
class Interruption {
  status: number | undefined
  readonly #int = (): void => {
    this.status = EXIT.interrupted
  }
  readonly #term = (): void => {
    this.status = EXIT.terminated
  }
  constructor() {
    process.once('SIGINT', this.#int)
    process.once('SIGTERM', this.#term)
  }
  forget(): void {
    process.removeListener('SIGINT', this.#int)
    process.removeListener('SIGTERM', this.#term)
  }
}

/** One pcapng for each link, whole after every write. */
class Captures {
  readonly #run: Run
  readonly #files: { readonly path: string; readonly capture: LinkCapture }[]

  constructor(dir: string, run: Run, file: LabFile) {
    this.#run = run
    const mark = fingerprintOf(file.text)
    writeOrExplain(dir, () => mkdirSync(dir, { recursive: true }))
    const { lab, links } = run.simulation
    this.#files = links.map((link, index) => {
      const path = join(dir, captureName(link))
      const capture = new LinkCapture(link, hostNames(lab), mark)
      run.tap(index, frame => capture.frame(frame))
      writeOrExplain(path, () => writeFileSync(path, ''))
      return { path, capture }
    })
    run.listen(event => {
      if (event.event === 'drop') for (const { capture } of this.#files) capture.event(event)
    })
  }

  write(all: boolean): void {
    const { now } = this.#run.simulation.world.scheduler
    for (const { path, capture } of this.#files) appendFileSync(path, capture.take(now, all))
  }
}

interface Report {
  begin(): void
  event(event: TraceEvent): void
  /** Writes what has been gathered. */
  flush(): void
  end(result: RunResult, interrupted: boolean): void
}

class JsonReport implements Report {
  readonly #lab: Lab
  #lines: string[] = []

  constructor(lab: Lab) {
    this.#lab = lab
  }
  begin(): void {
    this.#add({ type: 'run', format: 1, lab: this.#lab.name, seed: this.#lab.seed, version: version() })
    this.flush()
  }
  event({ t, node, event, ...fields }: TraceEvent): void {
    this.#add({ type: 'event', t, node, event, fields })
  }
  #add(line: unknown): void {
    this.#lines.push(`${JSON.stringify(line)}\n`)
  }
  flush(): void {
    if (this.#lines.length > 0) out(this.#lines.join(''))
    this.#lines = []
  }
  end(result: RunResult, interrupted: boolean): void {
    const { ok, t, checks, drops, fingerprint, fingerprints } = result
    this.#add({
      type: 'result',
      t,
      ok,
      interrupted,
      checks,
      drops: Object.fromEntries(drops),
      fingerprint,
      fingerprints: Object.fromEntries(fingerprints),
    })
    this.flush()
  }
}

const MARK_COLOUR: Readonly<Record<StoryLine['mark'], Colour>> = {
  control: 'cyan',
  data: 'magenta',
  user: 'yellow',
  net: 'gray',
}
const TONE_COLOUR: Readonly<Record<StoryLine['tone'], Colour | undefined>> = {
  plain: undefined,
  good: 'green',
  bad: 'red',
  faint: 'gray',
}

class StoryReport implements Report {
  readonly #run: Run
  readonly #quiet: boolean
  readonly #verbose: boolean
  readonly #names: Map<string, string>
  readonly #width: number
  #lines: string[] = []

  constructor(run: Run, { quiet = false, verbose = false }: RunFlags) {
    const { lab } = run.simulation
    this.#run = run
    this.#quiet = quiet
    this.#verbose = verbose
    this.#names = new Map([...hostNames(lab)].map(([address, name]) => [formatIpv4(address), name]))
    this.#width = Math.max(4, ...lab.nodes.map(node => node.name.length))
  }

  begin(): void {
    const { lab } = this.#run.simulation
    out(`${paint('bold', lab.name)}: ${lab.description}\nseed ${lab.seed}\n`)
    if (!this.#quiet) out(`\n${paint('gray', `   seconds  channel  ${'node'.padEnd(this.#width)}  what happens`)}\n`)
  }

  event(event: TraceEvent): void {
    if (this.#quiet) return
    const line = tell(event, { verbose: this.#verbose, names: this.#names })
    if (line) this.#lines.push(`${this.#paint(line)}\n`)
  }

  #paint(line: StoryLine): string {
    const text = formatLine(line, this.#width)
    const tone = TONE_COLOUR[line.tone]
    const at = text.indexOf(line.mark)
    const rest = text.slice(at + line.mark.length)
    return `${paint('gray', text.slice(0, at))}${paint(MARK_COLOUR[line.mark], line.mark)}${tone ? paint(tone, rest) : rest}`
  }

  flush(): void {
    if (this.#lines.length > 0) out(this.#lines.join(''))
    this.#lines = []
  }

  end(result: RunResult, interrupted: boolean): void {
    this.flush()
    const lines: string[] = ['']
    if (interrupted) lines.push(`Interrupted at ${formatTime(result.t)} s.`)
    for (const check of result.checks) lines.push(verdictLine(check))
    const drops = [...result.drops].map(([reason, count]) => `${count} ${reason}`)
    if (drops.length > 0) lines.push(`${result.checks.length > 0 ? '\n' : ''}Packets dropped: ${drops.join(', ')}.`)
    lines.push(summary(result), paint('gray', `fingerprint ${result.fingerprint}`))
    out(`${lines.join('\n')}\n`)
  }
}

function verdictLine({ ok, level, name, description, detail }: Verdict): string {
  const word = ok ? paint('green', 'PASS') : level === 'warning' ? paint('yellow', 'WARN') : paint('red', 'FAIL')
  const text = description === '' ? name : `${name}: ${description}`
  if (!ok) return `${word}  ${text}\n      ${detail}`
  return `${word}  ${text}${detail === '' ? '' : ` ${paint('gray', `(${detail})`)}`}`
}

function summary({ checks, t }: RunResult): string {
  const failed = checks.filter(check => !check.ok && check.level === 'error').length
  const seconds = `${formatTime(t)} s of virtual time`
  if (checks.length === 0) return `The lab has no checks. ${seconds}.`
  return failed === 0
    ? `${checks.length === 1 ? 'The check has' : `All ${checks.length} checks have`} passed. ${seconds}.`
    : `${failed} of ${checks.length} checks ${failed === 1 ? 'has' : 'have'} failed. ${seconds}.`
}
