/** `pptp-lab tui [LAB]`: a lab in the terminal. The program itself is in tui/, and loaded only here. */
import { existsSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import {
  type DecodedCapture,
  type Field,
  type Lab,
  type LabText,
  loadWith,
  type Run,
  type RunOptions,
  type SimTime,
} from '../../index.ts'
import { bridgedLab } from '../bridged.ts'
import {
  actionsOf,
  besides,
  checkedLab,
  explainCommand,
  isCapture,
  isOutside,
  type LabFile,
  overridesOf,
  readLab,
  readText,
  refuseOutside,
  replayOf,
  writing,
} from '../files.ts'
import { Live } from '../live.ts'
import { labFilesHere, shippedLabs, tuiProgram } from '../package.ts'
import { err } from '../terminal.ts'
import { type Action, EXIT, type Options, UsageError } from '../usage.ts'
import { passwordsOf } from './decode.ts'

interface Flags {
  readonly seed?: string
  readonly set?: readonly string[]
  readonly ascii?: boolean
  readonly theme?: string
  readonly 'no-color'?: boolean
  readonly speed?: string
  readonly plain?: boolean
  readonly bridge?: boolean
  readonly record?: string
  readonly 'tun-fd'?: string
  readonly password?: Options[string]
  readonly 'no-quiz'?: boolean
  readonly 'no-tour'?: boolean
}

export interface CapturedFrame {
  readonly t: SimTime
  /** Names or addresses; empty: the capture does not say. */
  readonly from: string
  readonly to: string
  /** Of an IP packet. */
  readonly ip: { readonly proto: string; readonly src: string; readonly dst: string } | undefined
  /** Octets of it that the capture has. */
  readonly size: number
  /** The number of its call. */
  readonly call: number | undefined
}

/** A capture, as a run in which its frames come by; a part of src/decode. */
export interface CaptureSource {
  readonly lab: Lab
  readonly frames: number
  /** The run from its beginning, each time the same; the number of a journey is that of the frame. */
  begin(): Run
  /** The layers of a frame, from 0, with all that the frames before it have told. */
  tree(index: number): Field
  /** What a password has opened of it, its PPP protocol field first. */
  opened(index: number): Uint8Array | undefined
  /** The first frames, with their trees. */
  firstFrames(count: number): DecodedCapture
  /** Who sent it to whom, and when. */
  frame(index: number): CapturedFrame
  /** What is known of it as a whole: its calls, what was opened, what could not be read. */
  readonly facts: readonly string[]
}

/** A run that goes with the clock and is driven from outside of the program; a part of src/platform/live.ts. */
export interface LiveRun {
  readonly run: Run
  /** From what a copy of it can be made; its list of inputs grows. */
  readonly replay: RunOptions
  /** Up to when a copy would be the same. */
  readonly known: SimTime
  /** Why it has come to an end that nobody wanted. */
  readonly trouble: string | undefined
  /** Something was done in it, at its present time; entries as they would stand in the file. */
  acted(entries: readonly string[]): void
  /** The clock goes from here on. Resolves when the run is over. */
  begin(): Promise<void>
  /** Ends it. Resolves when it is over. */
  end(): Promise<void>
}

/** What tui/main.ts is given. */
export interface TuiRequest {
  readonly open: TuiLab | undefined
  /** Labs to choose from when none is named. */
  readonly labs: readonly TuiChoice[]
  readonly disk: {
    /** The lab as its file is now; or why it cannot be read. */
    readAgain(lab: LabText): LabText | string
    /** Writes a lab file, and over one that is there only if `replace`; what is against it. */
    write(name: string, text: string, replace: boolean): string | undefined
  }
  readonly ascii: boolean
  readonly theme: TuiTheme | undefined
  /** Virtual seconds a second; undefined: as fast as can be looked at. */
  readonly speed: number
  readonly plain: boolean
  /** Does the lab ask its questions? */
  readonly quiz: boolean
  /** A user who has never been here is shown around. */
  readonly tour: boolean
}
export interface TuiLab {
  readonly lab: Lab
  /** Absent: nothing can be done in it. */
  readonly text?: LabText
  /** What was done in a recorded run. */
  readonly entries?: readonly string[]
  /** For a recorded run: what came in from outside, and when it ended. */
  readonly replay: RunOptions
  /** The `pptp-lab explain` of the lab, without what of it. */
  readonly explain: string
  /** For a bridged run: `lab` is its lab. */
  readonly live?: LiveRun
  /** `lab` is that of a capture. */
  readonly capture?: CaptureSource
  /** Why nothing can be done in it. */
  readonly fixed?: string
}
export interface TuiChoice extends TuiLab {
  readonly name: string
  /** A file of the user, in the folder where the program was started. */
  readonly own?: true
}
export type TuiMain = (request: TuiRequest) => Promise<number>

const THEMES = ['dark', 'light', 'mono'] as const
export type TuiTheme = (typeof THEMES)[number]

export const tui: Action = async ([name], options) => {
  const flags = options as Flags
  checkBridge(name, flags)
  const request: Look = {
    theme: themeOf(flags),
    speed: speedOf(flags.speed),
    ascii: flags.ascii === true,
    plain: flags.plain === true,
    quiz: flags['no-quiz'] !== true,
    tour: flags['no-tour'] !== true,
  }
  if (request.plain) {
    if (name === undefined)
      throw new UsageError('pptp-lab tui --plain wants a LAB, such as: pptp-lab tui --plain voluntary')
  } else if (!process.stdin.isTTY || !process.stdout.isTTY) {
    const instead = `${flags.bridge ? 'bridge' : 'run'} ${name ?? 'voluntary'}`
    throw new UsageError(`pptp-lab tui needs a terminal, and this is none. Without one: pptp-lab ${instead}`)
  }
  if (name !== undefined && isCapture(name)) return capture(name, flags, request)
  if (flags.password !== undefined) throw new UsageError('--password is for captures: a lab has its passwords in it.')
  const file = name === undefined ? undefined : await readLab(name, overridesOf(flags))
  if (file && name !== undefined && flags.bridge) return bridge(name, file, flags, request)
  const lab = file && checkedLab(file)
  if (lab) refuseOutside(lab, file)
  if (name === undefined && (flags.seed !== undefined || flags.set !== undefined)) {
    throw new UsageError('--seed and --set want a LAB to change, such as: pptp-lab tui voluntary --seed 7')
  }
  const open = lab && {
    lab,
    text: file,
    entries: actionsOf(file),
    replay: replayOf(file, lab),
    explain: explainCommand(name ?? '', flags),
  }
  return (await program())({ ...request, open, disk: DISK, labs: name === undefined ? choices() : [] })
}

/** Sentences in place of errors: they stand in the program, which goes on. */
const DISK: TuiRequest['disk'] = {
  readAgain: lab => {
    const { path, recorded } = lab as Partial<LabFile>
    if (path === undefined || recorded) return `${lab.file} is a run file: what it holds does not change.`
    return inWords(() => ({ ...lab, text: readText(path) }))
  },
  write: (name, text, replace) =>
    inWords(() => {
      if (!replace && existsSync(name)) return `${name} exists already and is left alone. :save! ${name} replaces it.`
      writing(name, () => writeFileSync(name, text, replace ? {} : { flag: 'wx' }))
      return undefined
    }),
}

function inWords<T>(work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}

/** Before anything is opened. */
function checkBridge(name: string | undefined, { bridge, plain, record, speed, 'tun-fd': tunFd }: Flags): void {
  if (!bridge) {
    const lab = name ?? 'voluntary'
    if (record !== undefined) {
      throw new UsageError(
        `--record wants --bridge. A run of a lab alone is kept by: pptp-lab run ${lab} --record ${record}`,
      )
    }
    if (tunFd !== undefined) throw new UsageError('--tun-fd wants --bridge: without it no device is opened.')
    return
  }
  if (name === undefined) {
    throw new UsageError('--bridge wants a LAB with a way out, such as: sudo pptp-lab tui --bridge bridge-server')
  }
  if (plain) throw new UsageError(`--plain and --bridge do not go together. In lines it is: pptp-lab bridge ${name}`)
  if (speed !== undefined)
    throw new UsageError('--speed and --bridge do not go together: a bridge goes with the clock.')
}

/** A bridged run in the terminal; what is to be said about it is said when the screen is gone. */
async function bridge(name: string, file: LabFile, flags: Flags, request: Look): Promise<number> {
  const { record } = flags
  const bridged = bridgedLab(name, file, flags['tun-fd'])
  const main = await program()
  const live = await Live.open(bridged, file, record === undefined ? {} : { record })
  let status: number
  try {
    const explain = explainCommand(name, flags)
    const open = { lab: bridged.lab, text: file, replay: live.replay, explain, live }
    // Real machines do not wait for somebody who is shown around.
    status = await main({ ...request, tour: false, open, disk: DISK, labs: [] })
  } finally {
    // A fault of the run has been told by the program already.
    await live.end().catch(() => {})
    err(live.summary)
    if (live.recorded) err(`The run is kept in ${record}: pptp-lab tui ${record}\n`)
  }
  if (live.trouble === undefined) return status
  err(`${live.trouble}\n`)
  return EXIT.usage
}

const HAPPENED = 'A capture has happened: nothing can be done in it.'
/** What it cannot be told. */
const OF_LABS = ['seed', 'set', 'bridge', 'plain'] as const

async function capture(name: string, flags: Flags, request: Look): Promise<number> {
  const wrong = OF_LABS.find(option => flags[option] !== undefined)
  if (wrong !== undefined) throw new UsageError(`${name} is a capture, and --${wrong} is for labs.`)
  const passwords = passwordsOf(flags.password)
  const { openCapture } = await import('../capture-source.ts')
  const source = openCapture(name, passwords)
  const main = await program()
  const open = { lab: source.lab, replay: {}, explain: `pptp-lab decode ${name}`, capture: source, fixed: HAPPENED }
  return main({ ...request, tour: false, open, disk: DISK, labs: [] })
}

type Look = Pick<TuiRequest, 'theme' | 'speed' | 'ascii' | 'plain' | 'tour' | 'quiz'>

/** The folder tui/ is above this one in the table of who knows whom, so its types are not asked for. */
async function program(): Promise<TuiMain> {
  const { main } = (await import(pathToFileURL(tuiProgram()).href)) as { main: TuiMain }
  return main
}

/** Those of the user first. */
function choices(): TuiChoice[] {
  const own = labFilesHere().map(name => choiceOf(name, name, { own: true }))
  const shipped = shippedLabs().map(({ name, path }) => choiceOf(name, path, {}))
  return [...own, ...shipped].filter(choice => choice !== undefined)
}

/** Undefined: it is no lab, or one that reaches out of the simulation. */
function choiceOf(name: string, path: string, own: Pick<TuiChoice, 'own'>): TuiChoice | undefined {
  const text = inWords(() => ({ text: readText(path), file: name, path, readFile: besides(path) }))
  const loaded = typeof text === 'string' ? undefined : loadWith(text, [])
  if (typeof text === 'string' || !loaded?.ok || loaded.lab.nodes.some(isOutside)) return undefined
  return { name, lab: loaded.lab, text, entries: [], replay: {}, explain: explainCommand(name, {}), ...own }
}

function themeOf(flags: Flags): TuiTheme | undefined {
  if (flags['no-color']) return 'mono'
  if (flags.theme === undefined) return undefined
  const theme = THEMES.find(known => known === flags.theme)
  if (!theme) throw new UsageError(`--theme wants one of ${THEMES.join(', ')}, not ${flags.theme}`)
  return theme
}

function speedOf(text = '1'): number {
  if (text === 'max') return Number.POSITIVE_INFINITY
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed >= 0.01 && speed <= 100) return speed
  throw new UsageError(`--speed wants a number from 0.01 to 100, or max, not ${text}`)
}
