/** What a run says while it goes and when it is over: as a story for people, or as lines of JSON. */
import {
  type CallLedger,
  FailureWatch,
  Fold,
  failureLines,
  formatTime,
  type Lab,
  ledgerTable,
  lineOf,
  namesOf,
  networksOf,
  type Run,
  type RunResult,
  type SimTime,
  Story,
  type StoryLine,
  type TraceEvent,
  type Verdict,
} from '../index.ts'
import { version } from './package.ts'
import { type Colour, out, paint, terminalWidth, wrap } from './terminal.ts'

/** A repetition of a recorded run beside the record. */
export interface Replayed {
  readonly same: boolean
  readonly recorded: string
  readonly recordedBy: string
  readonly version: string
}

export interface Ending {
  readonly interrupted: boolean
  readonly replayed: Replayed | undefined
  /** What was weighed, if that was asked for. */
  readonly calls?: readonly CallLedger[] | undefined
}

export interface Report {
  /** Does it tell of every packet? */
  readonly packets: boolean
  begin(): void
  event(event: TraceEvent): void
  /** Writes what has been gathered; was there anything? */
  flush(): boolean
  /** The same, with what is held back until it can be told shorter; the run stands at `t`. */
  pause(t: SimTime): boolean
  end(result: RunResult, ending: Ending): void
}

export class JsonReport implements Report {
  readonly packets = true
  readonly #lab: Lab
  readonly #failures: FailureWatch
  #text = ''

  constructor(lab: Lab) {
    this.#lab = lab
    this.#failures = new FailureWatch(lab)
  }
  begin(): void {
    const { name, seed } = this.#lab
    this.#add({ type: 'run', format: 1, lab: name, seed, version: version() })
    this.flush()
  }
  event(whole: TraceEvent): void {
    const { t, node, event, ...fields } = whole
    this.#failures.event(whole)
    this.#add({ type: 'event', t, node, event, fields })
  }
  #add(line: unknown): void {
    this.#text += `${JSON.stringify(line)}\n`
  }
  flush(): boolean {
    if (this.#text === '') return false
    out(this.#text)
    this.#text = ''
    return true
  }
  pause(): boolean {
    return this.flush()
  }
  end(result: RunResult, { interrupted, replayed, calls }: Ending): void {
    if (calls) this.#add({ type: 'ledger', calls })
    const { ok, t, checks, drops, fingerprint, fingerprints } = result
    this.#add({
      type: 'result',
      t,
      ok,
      interrupted,
      checks,
      failures: this.#failures.failed,
      drops: Object.fromEntries(drops),
      fingerprint,
      fingerprints: Object.fromEntries(fingerprints),
      ...(replayed && { recorded: replayed.recorded, same: replayed.same }),
    })
    this.flush()
  }
}

/** Columns of a table where there is no screen. */
const PAPER = 82

const MARK_COLOUR: Readonly<Record<StoryLine['mark'], Colour>> = {
  control: 'cyan',
  data: 'magenta',
  user: 'yellow',
  net: 'gray',
  lab: 'blue',
}
const TONE_COLOUR: Readonly<Record<StoryLine['tone'], Colour | undefined>> = {
  plain: undefined,
  good: 'green',
  bad: 'red',
  faint: 'gray',
}

interface StoryFlags {
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly unfolded?: boolean
  readonly quiz?: boolean
}

export class StoryReport implements Report {
  readonly packets: boolean
  readonly #run: Run
  readonly #quiet: boolean
  /** What the lab shows is not told before it was asked. */
  readonly #quiz: boolean
  readonly #story: Story
  /** Absent: nothing is folded. */
  readonly #fold: Fold | undefined
  readonly #failures: FailureWatch
  readonly #nodeWidth: number
  readonly #screen = terminalWidth()
  #text = ''

  constructor(run: Run, { quiet = false, verbose = false, unfolded = verbose, quiz = false }: StoryFlags) {
    const { lab } = run.simulation
    // Who hears whom is told by packets: where they are traced anyway, they cost nothing more.
    this.packets = (verbose && !quiet) || run.simulation.world.trace.packets
    this.#run = run
    this.#quiet = quiet
    this.#quiz = quiz
    this.#failures = new FailureWatch(lab)
    this.#story = new Story({ verbose, names: namesOf(lab), networks: networksOf(lab) })
    this.#fold = unfolded ? undefined : new Fold()
    this.#nodeWidth = Math.max(4, ...lab.nodes.map(node => node.name.length))
  }

  begin(): void {
    const { lab } = this.#run.simulation
    const title = this.#quiz ? lab.name : wrap(`${lab.name}: ${lab.description}`, this.#screen, 0)
    out(`${paint('bold', lab.name)}${title.slice(lab.name.length)}\nseed ${lab.seed}\n`)
    if (this.#quiet) return
    out(`\n${paint('gray', `   seconds  channel  ${'node'.padEnd(this.#nodeWidth)}  what happens`)}\n`)
  }

  event(event: TraceEvent): void {
    this.#failures.event(event)
    if (this.#quiet) return
    const line = this.#story.tell(event)
    if (line) this.#tell(this.#fold?.add(line) ?? [line])
  }

  #tell(lines: readonly StoryLine[]): void {
    for (const line of lines) this.#text += `${this.#paint(line)}\n`
  }

  #paint(line: StoryLine): string {
    const { columns, indent } = lineOf(line, this.#nodeWidth)
    const text = wrap(columns.join('  '), this.#screen, indent + 2)
    const [time, mark] = columns
    const head = `${paint('gray', time)}  ${paint(MARK_COLOUR[line.mark], mark)}`
    const rest = text.slice(time.length + 2 + mark.length)
    const tone = TONE_COLOUR[line.tone]
    return `${head}${tone ? paint(tone, rest) : rest}`
  }

  flush(): boolean {
    if (this.#text === '') return false
    out(this.#text)
    this.#text = ''
    return true
  }

  pause(t: SimTime): boolean {
    if (!this.#quiet) this.#tell(this.#fold?.end(t) ?? [])
    return this.flush()
  }

  end(result: RunResult, { interrupted, replayed, calls }: Ending): void {
    this.pause(result.t)
    const lines: string[] = ['']
    for (const failed of this.#failures.failed) {
      lines.push(...failureLines(failed).map((line, i) => this.#wrap(line, i === 0 ? 2 : 4)), '')
    }
    if (calls) lines.push(...ledgerTable(calls, this.#screen ?? PAPER), '')
    for (const check of result.checks) lines.push(this.#verdict(check))
    if (result.checks.length > 0) lines.push('')
    const drops = [...result.drops].map(([reason, count]) => `${count} ${reason}`)
    if (drops.length > 0) lines.push(this.#wrap(`Packets dropped: ${drops.join(', ')}.`))
    lines.push(this.#wrap(summary(result)))
    if (replayed) lines.push(paint(replayed.same ? 'green' : 'red', this.#wrap(sameness(replayed))))
    if (result.fingerprint !== '') lines.push(paint('gray', `fingerprint ${result.fingerprint}`))
    if (interrupted) lines.push(`Interrupted at ${moment(result.t)} of ${moment(this.#run.stop)}.`)
    out(`${lines.join('\n')}\n`)
  }

  /** Lines are wrapped once, before they are coloured: escape codes have no width. */
  #wrap(text: string, indent = 0): string {
    return text
      .split('\n')
      .map(line => wrap(line, this.#screen, indent))
      .join('\n')
  }

  #verdict({ ok, decided, level, name, description, detail }: Verdict): string {
    const [colour, word] = ok
      ? (['green', 'PASS'] as const)
      : !decided
        ? (['gray', 'OPEN'] as const)
        : level === 'warning'
          ? (['yellow', 'WARN'] as const)
          : (['red', 'FAIL'] as const)
    const title = description === '' ? name : `${name}: ${description}`
    const facts = detail === '' ? '' : ok ? ` (${detail})` : `\n      ${detail}`
    const text = this.#wrap(`${word}  ${title}${facts}`, 6)
    return `${paint(colour, word)}${text.slice(word.length)}`
  }
}

/** As the verdicts of the checks have it. */
const moment = (t: SimTime): string => `${formatTime(t).slice(0, -3)} s`

function summary({ checks, t }: RunResult): string {
  const time = `${moment(t)} of virtual time.`
  if (checks.length === 0) return `The lab has no checks. ${time}`
  const open = checks.filter(check => !check.decided).length
  const failed = checks.filter(check => check.decided && !check.ok && check.level === 'error').length
  const due = open === 0 ? '' : ` ${open} ${open === 1 ? 'was' : 'were'} not due yet.`
  if (failed > 0) return `${failed} of ${checks.length} checks ${failed === 1 ? 'has' : 'have'} failed.${due} ${time}`
  if (open === checks.length) return `No check was due yet. ${time}`
  const passed = checks.length - open
  const which = open > 0 ? `${passed} of ${checks.length} checks` : passed === 1 ? 'The check' : `All ${passed} checks`
  return `${which} ${passed === 1 ? 'has' : 'have'} passed.${due} ${time}`
}

function sameness({ same, recorded, recordedBy, version }: Replayed): string {
  if (same) return 'The same run as the recorded one: the fingerprints are equal.'
  const why =
    recordedBy === version
      ? 'Both are of the same version of pptp-lab, so the file was changed, or this is a fault of ours.'
      : `It was recorded by pptp-lab ${recordedBy}, and this is ${version}: versions may differ in what they do.`
  return `Not the same run as the recorded one, whose fingerprint was ${recorded}. ${why}`
}
