/**
 * What a box in the middle makes of a TCP connection, from its flags alone. The states and the table are those of
 * Linux's nf_conntrack; `syn-sent-2` is a SYN of both sides.
 *
 * Limits: sequence numbers and windows are not looked at, so a segment outside the window is taken for a good one.
 */
import type { Duration } from '../base/time.ts'
import type { Flow } from './flow.ts'
import type { Timeouts } from './types.ts'

export const TCP_STATES = [
  'none',
  'syn-sent',
  'syn-received',
  'established',
  'fin-wait',
  'close-wait',
  'last-ack',
  'time-wait',
  'close',
  'syn-sent-2',
] as const
const [NONE, SYN_SENT, SYN_RECEIVED, ESTABLISHED] = [0, 1, 2, 3]
const TIME_WAIT = 7
const CLOSE = 8

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/** Rows: syn, syn+ack, fin, ack, rst. Columns: the states in their order. `-` the segment is invalid, `=` it is ignored. */
const ORIGINAL = [
  '1 1 = = = = = 1 1 9',
  '- - = = = = = = = 2',
  '- - 4 4 6 6 6 7 8 -',
  '3 - 3 3 5 5 7 7 8 -',
  '- 8 8 8 8 8 8 8 8 8',
]
const REPLY = [
  '- 9 - - - - - - - 9',
  '- 2 = = = = = = = 2',
  '- - 4 4 6 6 6 7 8 -',
  '- = 2 3 5 5 7 7 8 =',
  '- 8 8 8 8 8 8 8 8 8',
]
const INVALID = -1
const IGNORED = -2
const cells = (rows: readonly string[]): readonly number[] =>
  rows.flatMap(row => row.split(' ').map(cell => (cell === '-' ? INVALID : cell === '=' ? IGNORED : Number(cell))))
const TABLES = [cells(ORIGINAL), cells(REPLY)]

function rowOf(flags: number): number {
  if (flags & RST) return 4
  if (flags & SYN) return flags & ACK ? 1 : 0
  if (flags & FIN) return 2
  return flags & ACK ? 3 : -1
}

/** The state after a segment with these flags; below zero: invalid, ignored. */
function next(state: number, flags: number, isReply: boolean): number {
  const row = rowOf(flags)
  return row < 0 ? INVALID : TABLES[isReply ? 1 : 0][row * TCP_STATES.length + state]
}

const HEADER = 20
/** Is there a whole TCP header? */
export const isWhole = (b: Uint8Array, at: number, end: number): boolean =>
  end - at >= HEADER && (b[at + 12] >> 4) * 4 >= HEADER && at + (b[at + 12] >> 4) * 4 <= end

export const flagsOf = (b: Uint8Array, at: number): number => b[at + 13]

/** May a flow begin with this segment? */
export function mayBegin(flags: number, loose: boolean): boolean {
  const state = next(NONE, flags, false)
  return state === SYN_SENT || (loose && state > 0)
}

/**
 * `ignored`: it passes and changes nothing. `again`: the flow is over, and this is the first segment of a new one.
 * `kill`: the segment is good and ends the flow.
 */
export type Heard = 'good' | 'ignored' | 'invalid' | 'again' | 'kill'

/** A segment of the flow; sets its state. How long it lives then is `lifeOf`. */
export function heard(flow: Flow, flags: number, isReply: boolean): Heard {
  const before = flow.tcpState
  const after = next(before, flags, isReply)
  if (after === INVALID) return 'invalid'
  if (after === IGNORED) return 'ignored'
  // RFC 1122 §4.2.2.13: a SYN may open a connection anew that is in TIME-WAIT.
  if (after === SYN_SENT && (before === TIME_WAIT || before === CLOSE)) return 'again'
  flow.tcpState = after
  // A reset before any answer: there never was a connection.
  if (!flow.seenReply && flags & RST) return 'kill'
  if (flow.seenReply && after === ESTABLISHED && (before === SYN_RECEIVED || before === ESTABLISHED))
    flow.assured = true
  return 'good'
}

export function lifeOf(flow: Flow, times: Timeouts): Duration {
  const state = flow.tcpState
  if (state === ESTABLISHED) return flow.seenReply ? times.tcpEstablished : times.tcpUnacknowledged
  return LIVES[state](times)
}
const LIVES: readonly ((times: Timeouts) => Duration)[] = [
  t => t.tcpSynSent,
  t => t.tcpSynSent,
  t => t.tcpSynReceived,
  t => t.tcpEstablished,
  t => t.tcpFinWait,
  t => t.tcpCloseWait,
  t => t.tcpLastAck,
  t => t.tcpTimeWait,
  t => t.tcpClose,
  t => t.tcpSynSent,
]
