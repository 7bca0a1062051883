/**
 * The states of RFC 9293 §3.3.2, what each of them permits, and the ways from one to another (figure 5), as data.
 *
 * What a connection holds only while it is being opened lives in the variants `syn-sent` and `syn-received`; all other
 * states share one constant each.
 *
 * Departures from figure 5: LISTEN is a listener's, so a connection that a SYN or RST sends back to LISTEN is closed and
 * the listener stays. CLOSE in SYN-RECEIVED waits until the connection is established (§3.10.4 lets it be queued).
 */
import type { Cause, Connection, ConnectionHandlers, State } from './types.ts'

/** What a passive connection needs of its listener. */
export interface Accepting {
  halfOpen: number
  accept(connection: Connection): ConnectionHandlers
}

/** What the RFC asks of a state again and again. */
interface Permits {
  /** SEND is taken, §3.10.2; before the connection is established it is queued. */
  readonly takesSend: boolean
  /** Text and FIN may still have to be sent. */
  readonly sends: boolean
  /** Text and FIN are taken, §3.10.7.4, seventh. */
  readonly receives: boolean
  /** ABORT sends RST, §3.10.5. */
  readonly resets: boolean
}

interface Opening extends Permits {
  /** When our first SYN or SYN,ACK was sent. */
  readonly synAt: number
  /** It, or the peer's SYN, was sent more than once: its round trip says nothing (Karn, RFC 6298 §3). */
  repeated: boolean
}
export interface SynSent extends Opening {
  readonly state: 'syn-sent'
}
export interface SynReceived extends Opening {
  readonly state: 'syn-received'
  /** Absent after an active open. */
  readonly listener: Accepting | undefined
}
/** The others, which have nothing of their own. */
export interface Plain extends Permits {
  readonly state: Exclude<State, 'syn-sent' | 'syn-received'>
}
export type Standing = Plain | SynSent | SynReceived

const permits = (takesSend: boolean, sends: boolean, receives: boolean, resets: boolean): Permits => ({
  takesSend,
  sends,
  receives,
  resets,
})

const PERMITS: Readonly<Record<State, Permits>> = {
  closed: permits(false, false, false, false),
  listen: permits(false, false, false, false),
  'syn-sent': permits(true, false, false, false),
  'syn-received': permits(true, false, false, true),
  established: permits(true, true, true, true),
  'fin-wait-1': permits(false, true, true, true),
  'fin-wait-2': permits(false, false, true, true),
  'close-wait': permits(true, true, false, true),
  closing: permits(false, true, false, false),
  'last-ack': permits(false, true, false, false),
  'time-wait': permits(false, false, false, false),
}

const plain = (state: Plain['state']): Plain => ({ ...PERMITS[state], state })

export const PLAIN: Readonly<Record<Plain['state'], Plain>> = {
  closed: plain('closed'),
  listen: plain('listen'),
  established: plain('established'),
  'fin-wait-1': plain('fin-wait-1'),
  'fin-wait-2': plain('fin-wait-2'),
  'close-wait': plain('close-wait'),
  closing: plain('closing'),
  'last-ack': plain('last-ack'),
  'time-wait': plain('time-wait'),
}

// Field by field: for a copy with something added V8 makes a new shape each time.

export function synSent(synAt: number): SynSent {
  const { takesSend, sends, receives, resets } = PERMITS['syn-sent']
  return { takesSend, sends, receives, resets, state: 'syn-sent', synAt, repeated: false }
}

export function synReceived(synAt: number, repeated: boolean, listener: Accepting | undefined): SynReceived {
  const { takesSend, sends, receives, resets } = PERMITS['syn-received']
  return { takesSend, sends, receives, resets, state: 'syn-received', synAt, repeated, listener }
}

/** Figure 5, by state and cause. What ends a connection out of order is below: it does so in every state. */
export const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Cause, State>>>>> = {
  closed: { open: 'syn-sent' },
  listen: { syn: 'syn-received' },
  'syn-sent': { syn: 'syn-received', 'syn-ack': 'established', close: 'closed' },
  'syn-received': { ack: 'established' },
  established: { close: 'fin-wait-1', fin: 'close-wait' },
  'fin-wait-1': { fin: 'closing', 'ack-of-fin': 'fin-wait-2' },
  'fin-wait-2': { fin: 'time-wait' },
  'close-wait': { close: 'last-ack' },
  closing: { 'ack-of-fin': 'time-wait' },
  'last-ack': { 'ack-of-fin': 'closed' },
  'time-wait': { timeout: 'closed' },
}

/** They lead to CLOSED from wherever they find the connection. */
export const ENDINGS: ReadonlySet<Cause> = new Set(['abort', 'rst', 'syn', 'timeout', 'unreachable'])
