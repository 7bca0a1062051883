/**
 * What a failed dial-up looks like to its user: the number and the words of Windows, and the log lines of chat and pppd. Of
 * what fails on the line there is a closed list; what fails in PPP looks as in a tunnel, less what only tunnels have.
 *
 * Sources, beside those of failures.ts. `chat`: what chat(8) writes when the modem answers with one of its result codes.
 *
 * Limits: a modem; ISDN adapters have words of their own. A modem hears tones only: it cannot tell a number that nobody
 * has, or a call that was rejected, from one that is not answered.
 */
import type { DialEnd, LINE_END_REASONS, LineEndReason } from '../base/dial-end.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import { type Appearance, appearanceOf, type WindowsCode } from './failures.ts'

export type LineFailure = {
  [R in LineEndReason]: (typeof LINE_END_REASONS)[R] extends 'failure' ? R : never
}[LineEndReason]

const NO_SCRIPT = 'Connect script failed'
const failed = (code: string): readonly string[] => [`Failed (${code})`, NO_SCRIPT]

/** Before the modems have heard each other. */
export const LINE_FAILURES: Readonly<Record<LineFailure, Appearance>> = {
  busy: { windows: 676, client: failed('BUSY'), source: 'raserror 676; chat' },
  'no-answer': { windows: 678, also: [676, 679], client: failed('NO ANSWER'), source: 'raserror 678; chat; paired' },
  'unallocated-number': {
    windows: 678,
    also: [679],
    client: failed('NO CARRIER'),
    source: 'raserror 678; chat; paired',
  },
  refused: { windows: 678, also: [676, 679], client: failed('NO CARRIER'), source: 'raserror 678; chat; paired' },
  'out-of-order': {
    windows: 678,
    also: [676, 679],
    client: failed('NO CARRIER'),
    source: 'raserror 678; chat; paired',
  },
  // The network says it with a busy tone, only faster.
  'no-circuit': { windows: 676, also: [678], client: failed('BUSY'), source: 'raserror 676; chat; paired' },
  'no-carrier': { windows: 680, also: [676], client: failed('NO DIALTONE'), source: 'raserror 680; chat' },
}

const HANG_UP = ['Modem hangup', 'Connection terminated.']
/** The carrier is lost while PPP begins, and when it is up. */
const CUT: Appearance = { windows: 628, also: [619], client: HANG_UP, source: 'pppd; raserror 628; paired' }
const CUT_LATER: Appearance = { windows: 629, also: [628], client: HANG_UP, source: 'pppd; raserror 629; paired' }
/** The other end has hung up without a word of PPP before PPP was up. */
const DROPPED: Appearance = { windows: 619, also: [629, 628], client: HANG_UP, source: 'pppd; raserror 619; paired' }

/** Only a VPN connection shows these. */
const OF_TUNNELS: ReadonlySet<number> = new Set([769, 800, 806, 807, 809])

/**
 * The entry for an end as who dialled had it; undefined: it was no failure. `connected`: the modems had heard each other.
 * `up`: PPP had been up. `lastAuth`: the protocol of the last message of authentication.
 */
export function dialAppearanceOf(
  { layer, reason, tries, detail }: DialEnd,
  connected: boolean,
  up: boolean,
  lastAuth?: string,
): Appearance | undefined {
  if (layer !== 'line') return ofPpp({ layer, reason, tries, detail } as TunnelEnd, up, lastAuth)
  if (reason === 'released') return up ? undefined : DROPPED
  if (connected && reason === 'no-carrier') return up ? CUT_LATER : CUT
  return Object.hasOwn(LINE_FAILURES, reason) ? LINE_FAILURES[reason as LineFailure] : undefined
}

function ofPpp(end: TunnelEnd, up: boolean, lastAuth: string | undefined): Appearance | undefined {
  const found = appearanceOf(end, up, lastAuth)
  if (!found) return undefined
  const [windows = 718, ...also] = [found.windows, ...(found.also ?? [])].filter(code => !OF_TUNNELS.has(code))
  return { windows: windows as WindowsCode, also, client: found.client, source: found.source }
}
