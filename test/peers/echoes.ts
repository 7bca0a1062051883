/** The two echoes that keep an idle tunnel: LCP's (RFC 1661 §5.8) and that of the control connection (RFC 2637 §2.5). */
import type { Bridge } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'

/** The control connection's comes after 60 s of silence. */
const CONTROL_SECONDS = 90

/** Waits for the control connection's; how many of each were asked for, every one of them answered. */
export async function echoes(bridge: Bridge): Promise<string> {
  await bridge.sees(CONTROL_SECONDS, 'pptp-message', { type: 'echo-reply' })
  const control = answered('control', type => bridge.seen('pptp-message', { type }).length)
  const lcp = answered('LCP', type => bridge.seen('ppp-message', { proto: 'lcp', type }).length)
  return `${control} echo of control, ${lcp} of LCP`
}

function answered(name: string, count: (type: string) => number): number {
  const [requests, replies] = [count('echo-request'), count('echo-reply')]
  check(requests > 0, `no echo-request of ${name}`)
  // one may be under way
  check(requests - replies <= 1, `${requests} echo-requests of ${name}, and ${replies} answers`)
  return replies
}
