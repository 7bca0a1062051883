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
  const lines = text.split('\n').filter(line => line !== '')
  let values: { readonly [key: string]: unknown }[]
  try {
    values = lines.map(line => JSON.parse(line) as { readonly [key: string]: unknown })
  } catch {
    return { ok: false, problem: 'a run file holds one JSON object a line, and this one does not' }
  }
  const header = values[0] as unknown as RunHeader | undefined
  if (header?.type !== 'header' || typeof header.lab !== 'string') {
    return { ok: false, problem: 'the first line of a run file is its header, and here it is not' }
  }
  if (header.format !== RUN_FORMAT) {
    return { ok: false, problem: `it has format ${header.format}; this version reads format ${RUN_FORMAT}` }
  }
  const end = values.find(value => value.type === 'end') as unknown as RunEnd | undefined
  const overrides = [...header.overrides, { path: 'seed', value: String(header.seed) }]
  return { ok: true, version: header.version, lab: header.lab, overrides, end }
}
