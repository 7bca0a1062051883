/** What a client and a server have in common of what a lab says about PPP. */
import type { Duration } from '../base/time.ts'
import { DEFAULT_MRU, DEFAULT_MTU, type LcpConfig, type PppConfig } from '../ppp/config.ts'
import { ECHO_FAILURES, PPP_TIMERS } from './tunnel-stack.ts'

export interface LinkSettings {
  readonly lcp?: LcpConfig & { readonly mru?: number }
  /** Time between two LCP Echo-Requests; absent: none are sent. */
  readonly echo?: Duration
  /** How many of them may stay without an answer. */
  readonly echoFailures?: number
}

export function linkConfig({ lcp, echo, echoFailures = ECHO_FAILURES }: LinkSettings) {
  return {
    mru: lcp?.mru ?? DEFAULT_MRU,
    mtu: DEFAULT_MTU,
    ...(lcp === undefined ? {} : { lcp }),
    ...(echo === undefined ? {} : { echo: { interval: echo, failures: echoFailures } }),
    timers: PPP_TIMERS,
  } satisfies Partial<PppConfig>
}
