/**
 * Run files (JSON Lines): all that is needed to have the same run again. The first line holds the lab's text, the seed and
 * the overrides; then one line for each packet that came in from outside and each action of somebody who looked on; the
 * last one the fingerprint, so that a repetition can be checked. docs/run-files.md describes every line.
 */
import { hex, unhex } from '../base/bytes.ts'
import type { SimTime } from '../base/time.ts'
import type { Override } from './load.ts'
import type { Input } from './run.ts'

export const RUN_FORMAT = 1

export interface RunHeader {
  readonly type: 'header'
  readonly format: typeof RUN_FORMAT
  readonly version: string
  readonly lab: string
  readonly seed: number
  readonly overrides: readonly Override[]
  /** Texts of other files that the lab names; absent: it names none. */
  readonly files?: Readonly<Record<string, string>>
  /** Of a bridged run: its time zero in microseconds since 1970. */
  readonly timeZero?: number
}
/** Something was done to the run that its lab does not say. */
export interface RecordedAction {
  /** When it was decided; its own `at` says when it happens, which may be later. */
  readonly t: SimTime
  /** One entry of `events`, as a line: `{ at: 5s, disconnect: alice }`. */
  readonly event: string
}
export interface RunEnd {
  readonly type: 'end'
  readonly t: number
  readonly fingerprint: string
}

const line = (value: object): string => `${JSON.stringify(value)}\n`

/** The lines of a run file; they are written one after the other, as the run goes. Without the last one it can be
 * repeated, but not compared. */
export const runFileHeader = (header: Omit<RunHeader, 'type' | 'format'>): string =>
  line({ type: 'header', format: RUN_FORMAT, ...header })
export const runFileInput = ({ t, node, bytes }: Input): string => line({ type: 'input', t, node, bytes: hex(bytes) })
export const runFileAction = ({ t, event }: RecordedAction): string => line({ type: 'action', t, event })
export const runFileEnd = (end: Omit<RunEnd, 'type'>): string => line({ type: 'end', ...end })

export type RecordedRun =
  | {
      readonly ok: true
      /** Of the program that recorded it. */
      readonly version: string
      readonly lab: string
      readonly overrides: readonly Override[]
      readonly files: ReadonlyMap<string, string>
      readonly timeZero: number | undefined
      readonly inputs: readonly Input[]
      /** In the order in which they were decided. */
      readonly actions: readonly RecordedAction[]
      readonly end: RunEnd | undefined
    }
  | { readonly ok: false; readonly problem: string }

export function readRunFile(text: string): RecordedRun {
  const lines = text
    .slice(0, wholeLines(text))
    .split('\n')
    .filter(written => written.trim() !== '')
  let values: unknown[]
  try {
    values = lines.map(written => JSON.parse(written) as unknown)
  } catch {
    return bad('a run file holds one JSON object a line, and this one does not')
  }
  const [header, ...rest] = values
  if (!isObject(header) || header.type !== 'header') {
    return bad('the first line of a run file is its header, and here it is not')
  }
  if (header.format !== RUN_FORMAT)
    return bad(`it has format ${header.format}; this version reads format ${RUN_FORMAT}`)
  const { lab, seed, overrides, timeZero, files = {} } = header
  if (
    typeof lab !== 'string' ||
    !isCount(seed) ||
    !Array.isArray(overrides) ||
    !overrides.every(isOverride) ||
    !isTexts(files) ||
    (timeZero !== undefined && !isCount(timeZero))
  ) {
    return bad('its header lacks the text of the lab, the seed or the overrides')
  }
  const inputs = rest.filter(value => isObject(value) && value.type === 'input').map(readInput)
  const wrong = inputs.findIndex((input, i) => !input || input.t < (inputs[i - 1]?.t ?? 0))
  if (wrong >= 0)
    return bad(`packet ${wrong + 1} from outside lacks its time, its node or its octets, or is out of order`)
  const actions = rest.filter(value => isObject(value) && value.type === 'action')
  const strange = actions.findIndex(action => !isAction(action))
  if (strange >= 0) return bad(`action ${strange + 1} lacks its time, or the text of its event`)
  const end = values.find(isEnd)
  const version = typeof header.version === 'string' ? header.version : 'unknown'
  const all = [...overrides, { path: 'seed', value: String(seed) }]
  return {
    ok: true,
    version,
    lab,
    overrides: all,
    files: new Map(Object.entries(files)),
    timeZero,
    inputs: inputs as Input[],
    actions: actions.filter(isAction).map(({ t, event }) => ({ t, event })),
    end,
  }
}

/** Where the last line begins if nothing ends it and it is no JSON: a program that is killed may leave half a line. */
function wholeLines(text: string): number {
  const last = text.lastIndexOf('\n') + 1
  if (last === 0) return text.length
  try {
    JSON.parse(text.slice(last))
    return text.length
  } catch {
    return last
  }
}

const HEX = /^(?:[0-9a-f]{2})*$/

function readInput(value: unknown): Input | undefined {
  const { t, node, bytes } = value as { readonly [key: string]: unknown }
  const octets = typeof bytes === 'string' && HEX.test(bytes) ? unhex(bytes) : undefined
  return isCount(t) && typeof node === 'string' && octets ? { t, node, bytes: octets } : undefined
}

const bad = (problem: string): RecordedRun => ({ ok: false, problem })

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every(text => typeof text === 'string')

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isOverride = (value: unknown): value is Override =>
  isObject(value) && typeof value.path === 'string' && typeof value.value === 'string'

const isAction = (value: unknown): value is RecordedAction =>
  isObject(value) && isCount(value.t) && typeof value.event === 'string'

const isEnd = (value: unknown): value is RunEnd =>
  isObject(value) && value.type === 'end' && typeof value.t === 'number' && typeof value.fingerprint === 'string'
