/** `pptp-lab tui [LAB]`: a lab in the terminal. The program itself is in tui/, and loaded only here. */
import { existsSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Lab, type LabText, loadWith, type RunOptions } from '../../index.ts'
import {
  actionsOf,
  besides,
  checkedLab,
  explainCommand,
  isOutside,
  type LabFile,
  overridesOf,
  readLab,
  readText,
  refuseOutside,
  replayOf,
  writing,
} from '../files.ts'
import { shippedLabs, tuiProgram } from '../package.ts'
import { type Action, UsageError } from '../usage.ts'

interface Flags {
  readonly seed?: string
  readonly set?: readonly string[]
  readonly ascii?: boolean
  readonly theme?: string
  readonly 'no-color'?: boolean
  readonly speed?: string
  readonly plain?: boolean
  readonly 'no-tour'?: boolean
}

/** What tui/main.ts is given. */
export interface TuiRequest {
  readonly open: TuiLab | undefined
  /** Labs to choose from when none is named. */
  readonly labs: readonly (TuiLab & { readonly name: string })[]
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
  /** A user who has never been here is shown around. */
  readonly tour: boolean
}
export interface TuiLab {
  readonly lab: Lab
  readonly text: LabText
  /** What was done in a recorded run. */
  readonly entries: readonly string[]
  /** For a recorded run: what came in from outside, and when it ended. */
  readonly replay: RunOptions
  /** The `pptp-lab explain` of the lab, without what of it. */
  readonly explain: string
}
export type TuiMain = (request: TuiRequest) => Promise<number>

const THEMES = ['dark', 'light', 'mono'] as const
export type TuiTheme = (typeof THEMES)[number]

export const tui: Action = async ([name], options) => {
  const flags = options as Flags
  const request = {
    theme: themeOf(flags),
    speed: speedOf(flags.speed),
    ascii: flags.ascii === true,
    plain: flags.plain === true,
    tour: flags['no-tour'] !== true,
  }
  if (request.plain) {
    if (name === undefined)
      throw new UsageError('pptp-lab tui --plain wants a LAB, such as: pptp-lab tui --plain voluntary')
  } else if (!process.stdin.isTTY || !process.stdout.isTTY) {
    const lab = name ?? 'voluntary'
    throw new UsageError(`pptp-lab tui needs a terminal, and this is none. Without one: pptp-lab run ${lab}`)
  }
  const file = name === undefined ? undefined : await readLab(name, overridesOf(flags))
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

/** The folder tui/ is above this one in the table of who knows whom, so its types are not asked for. */
async function program(): Promise<TuiMain> {
  const { main } = (await import(pathToFileURL(tuiProgram()).href)) as { main: TuiMain }
  return main
}

function choices(): TuiRequest['labs'] {
  return shippedLabs().flatMap(({ name, path }) => {
    const file = { text: readText(path), file: name, path, readFile: besides(path) }
    const loaded = loadWith(file, [])
    return loaded.ok && !loaded.lab.nodes.some(isOutside)
      ? [{ name, lab: loaded.lab, text: file, entries: [], replay: {}, explain: explainCommand(name, {}) }]
      : []
  })
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
