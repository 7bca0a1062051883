/** What a client and a server have in common of what a lab says about PPP. */
import type { Duration } from '../base/time.ts'
import type { LcpConfig, PppConfig } from '../ppp/config.ts'
import type { HABITS, Profile } from './tunnel-profile.ts'
import { ECHO_FAILURES } from './tunnel-stack.ts'

export interface LinkSettings {
  readonly lcp?: LcpConfig & { readonly mru?: number }
  /** Time between two LCP Echo-Requests; absent: none are sent. */
  readonly echo?: Duration
  /** How many of them may stay without an answer. */
  readonly echoFailures?: number
}

/** `habits` are those of its profile; what the lab says goes before them. */
export function linkConfig(
  { lcp, echo, echoFailures = ECHO_FAILURES }: LinkSettings,
  habits: (typeof HABITS)[Profile]['ppp'],
) {
  return {
    ...habits,
    mru: lcp?.mru ?? habits.mru,
    ...(lcp === undefined ? {} : { lcp: { ...habits.lcp, ...lcp } }),
    ...(echo === undefined ? {} : { echo: { interval: echo, failures: echoFailures } }),
  } satisfies Partial<PppConfig>
}
