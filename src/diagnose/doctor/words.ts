/** Which ends nobody asked for, and how a time is written. */
import { LINE_END_REASONS } from '../../base/dial-end.ts'
import { formatTime, type SimTime } from '../../base/time.ts'
import { TUNNEL_END_REASONS } from '../../base/tunnel-end.ts'

const failures = (list: Readonly<Record<string, 'wanted' | 'failure'>>): ReadonlySet<string> =>
  new Set(Object.keys(list).filter(reason => list[reason] === 'failure'))

export const LINE_FAILURES = failures(LINE_END_REASONS)
const TUNNEL_FAILURES = failures(TUNNEL_END_REASONS)
export const isFailure = (reason: string): boolean => TUNNEL_FAILURES.has(reason)

/** `30.110 s` */
export const at = (t: SimTime): string => `${formatTime(t).slice(0, -3)} s`
