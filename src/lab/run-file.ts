/**
 * Run files (JSON Lines): all that is needed to have the same run again. The first line holds the lab's text, the seed and
 * the overrides; the last one the fingerprint, so that a repetition can be checked.
 */
import type { Override } from './load.ts'

export const RUN_FORMAT = 1

export interface RunHeader {
  readonly type: 'header'
  readonly format: typeof RUN_FORMAT
  readonly version: string
  readonly lab: string
  readonly seed: number
  readonly overrides: readonly Override[]
}
export interface RunEnd {
  readonly type: 'end'
  readonly t: number
  readonly fingerprint: string
}

/** Without `end` the file of a run that is not over: it can be repeated, but not compared. */
export function writeRunFile(header: Omit<RunHeader, 'type' | 'format'>, end?: Omit<RunEnd, 'type'>): string {
  const lines: object[] = [{ type: 'header', format: RUN_FORMAT, ...header }]
  if (end) lines.push({ type: 'end', ...end })
  return lines.map(line => `${JSON.stringify(line)}\n`).join('')
}

export type RecordedRun =
  | {
      readonly ok: true
      /** Of the program that recorded it. */
      readonly version: string
      readonly lab: string
      readonly overrides: readonly Override[]
      readonly end: RunEnd | undefined
    }
  | { readonly ok: false; readonly problem: string }

export function readRunFile(text: string): RecordedRun {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  let values: unknown[]
  try {
    values = lines.map(line => JSON.parse(line) as unknown)
  } catch {
    return bad('a run file holds one JSON object a line, and this one does not')
  }
  const [header] = values
  if (!isObject(header) || header.type !== 'header') {
    return bad('the first line of a run file is its header, and here it is not')
  }
  if (header.format !== RUN_FORMAT)
    return bad(`it has format ${header.format}; this version reads format ${RUN_FORMAT}`)
  const { lab, seed, overrides } = header
  if (
    typeof lab !== 'string' ||
    !Number.isSafeInteger(seed) ||
    !Array.isArray(overrides) ||
    !overrides.every(isOverride)
  ) {
    return bad('its header lacks the text of the lab, the seed or the overrides')
  }
  const end = values.find(isEnd)
  const version = typeof header.version === 'string' ? header.version : 'unknown'
  return { ok: true, version, lab, overrides: [...overrides, { path: 'seed', value: String(seed) }], end }
}

const bad = (problem: string): RecordedRun => ({ ok: false, problem })

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

const isOverride = (value: unknown): value is Override =>
  isObject(value) && typeof value.path === 'string' && typeof value.value === 'string'

const isEnd = (value: unknown): value is RunEnd =>
  isObject(value) && value.type === 'end' && typeof value.t === 'number' && typeof value.fingerprint === 'string'
