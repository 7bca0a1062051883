/**
 * The public shape of the package: what it is given (TcpEnv), what it tells its user (ConnectionHandlers), what the
 * user may ask of a connection, and the closed lists of words that appear in both.
 *
 * Times are integer nanoseconds, addresses unsigned 32-bit IPv4, sequence numbers unsigned 32-bit.
 */

/** Bytes start … end - 1 are the segment. A simulator's packet with headroom satisfies this shape. */
export interface SegmentBuffer {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** A timer that is armed again and again; arming a pending one moves it. */
export interface TcpTimer {
  readonly pending: boolean
  arm(delay: number): void
  cancel(): void
}

/** All that the stack is given of the outside. */
export interface TcpEnv {
  /** Integer nanoseconds; never goes back. */
  now(): number
  /** A timer that is not armed yet; `owner` names it for people. */
  timer(owner: string, fire: () => void): TcpTimer
  /** Uniform over 0 … 2^32 - 1. */
  random32(purpose: 'isn' | 'port'): number
  /** Room for a segment of that many octets (end - start). */
  buffer(length: number): SegmentBuffer
  /**
   * Takes a finished segment (TCP header and text, checksum filled in) and owns it from here. It must not call
   * `receive` before it returns.
   */
  send(segment: SegmentBuffer, source: number, destination: number): void
  /** The largest segment, header included, that reaches the destination's first hop unfragmented: MTU - 20. */
  maxSegment(destination: number): number
  readonly trace?: TcpTrace
}

/** What a watcher is told beyond the handlers; absent when nobody watches. */
export interface TcpTrace {
  state(connection: Connection, from: State, to: State, cause: Cause): void
  /** `length` counts octets of text; `tries` is 1 for the first retransmission of this octet. */
  retransmit(connection: Connection, sequence: number, length: number, tries: number): void
}

/** RFC 9293 §3.3.2. */
export const STATES = [
  'closed',
  'listen',
  'syn-sent',
  'syn-received',
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'closing',
  'last-ack',
  'time-wait',
] as const
export type State = (typeof STATES)[number]

/** Why a connection changed its state. */
export type Cause =
  | 'open'
  | 'syn'
  | 'syn-ack'
  | 'ack'
  | 'fin'
  | 'ack-of-fin'
  | 'close'
  | 'abort'
  | 'rst'
  | 'timeout'
  | 'unreachable'

/** Why `receive` made no use of a segment. */
export const DISCARDS = {
  truncated: 'It ends before its header does.',
  'bad-length': 'Its data offset does not fit its length.',
  'bad-checksum': 'The checksum does not match the bytes.',
  'not-unicast': 'Its source or destination is not the address of one machine (RFC 9293 §3.9.2.3).',
  'no-connection': 'It belongs to no connection and to no listener; a reset was sent if it was no reset itself.',
  'backlog-full': 'The listener has as many half-open connections as it keeps.',
  duplicate: 'All of it had been received before; it was acknowledged again.',
  'out-of-window': 'It lies outside the receive window.',
  'reassembly-full': 'Its octets came out of order, and too many gaps were already waiting to be filled.',
  'bad-reset': 'A reset whose sequence number is not exactly the one expected (RFC 5961 §3).',
  'bad-syn': 'A SYN inside a connection that is already open (RFC 5961 §4).',
  'no-ack': 'It has no ACK bit where one is needed.',
  'bad-ack': 'It acknowledges what was never sent, or what was acknowledged long ago (RFC 5961 §5).',
  'after-fin': 'It carries octets beyond the end of the stream.',
  unexpected: 'The state of the connection has no use for it.',
} as const
export type Discard = keyof typeof DISCARDS

/**
 * `closed`: both directions ended in order. `refused`: RST in answer to our SYN. `reset`: RST later. `timeout`: no answer.
 * `unreachable`: an ICMP error said so. `aborted`: we gave up ourselves.
 */
export type CloseReason = 'closed' | 'refused' | 'reset' | 'timeout' | 'unreachable' | 'aborted'

export interface Endpoint {
  readonly address: number
  readonly port: number
}

/** What the user of a connection is told. A handler may call any method of the connection. */
export interface ConnectionHandlers {
  /** The connection is established. */
  opened?(): void
  /** Octets in order; the view is valid during the call only. */
  data?(bytes: Uint8Array): void
  /** The peer will send no more. */
  ended?(): void
  /** There is room again after a `write` that was not accepted whole. */
  writable?(): void
  /** Both directions are over; the last call. */
  closed?(reason: CloseReason): void
}

export interface Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly state: State
  /** Send sequence space (RFC 9293 §3.3.1). */
  readonly sndUna: number
  readonly sndNxt: number
  readonly sndWnd: number
  readonly rcvNxt: number
  readonly rcvWnd: number
  /** Octets of text in a full segment that we send. */
  readonly mss: number
  /** Smoothed round-trip time; undefined before the first measurement. */
  readonly srtt: number | undefined
  readonly rto: number
  /** Segments sent again since the connection began. */
  readonly retransmits: number
  /** How often the segment or window probe in front has been sent without an answer; 0 if none waits for one. */
  readonly unanswered: number
  /** Octets received in order, and octets that the peer has acknowledged. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Octets written and not yet acknowledged. */
  readonly queued: number
  /** Switches Nagle's algorithm off. */
  noDelay: boolean
  /** Queues octets (copied) and returns how many were taken; fewer when the send buffer is full or after `end`. */
  write(bytes: Uint8Array): number
  /** No more octets will be written; FIN follows what is queued. Before the connection is open it ends it at once. */
  end(): void
  /** Gives up at once, with RST where the peer may hold the connection. */
  abort(): void
  /** Stops calls of `data`; the receive window closes as the buffer fills. */
  pause(): void
  resume(): void
}

export interface Listener {
  readonly address: number | undefined
  readonly port: number
  /** Connections of this listener in syn-received. */
  readonly halfOpen: number
  /** Takes no new connections; those that are open stay. */
  close(): void
}

export interface ListenOptions {
  /** Absent: any local address. */
  readonly address?: number
  readonly port: number
  /** Most half-open connections at a time; 128. */
  readonly backlog?: number
}

export interface ConnectOptions {
  /** Port absent: an ephemeral one is drawn. */
  readonly local: { readonly address: number; readonly port?: number }
  readonly remote: Endpoint
}

/** What an ICMP error quotes of a segment that we sent. */
export interface Quote {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Sequence number of the quoted segment. */
  readonly sequence: number
}

export interface TcpOptions {
  /** Retransmission and delayed-ack times; `linux` unless said otherwise (see rto.ts). */
  readonly profile?: 'linux' | 'rfc'
  /** Octets that a connection keeps for a slow reader; 65 536. It sets the window and the window scale. */
  readonly receiveBuffer?: number
  /** Octets that `write` takes before the peer has acknowledged them; 65 536. */
  readonly sendBuffer?: number
  /** Offer the window scale option (RFC 7323 §2); true. */
  readonly windowScale?: boolean
  /** Length of TIME-WAIT in nanoseconds; 60 s. */
  readonly timeWait?: number
  /** First and last ephemeral port; 32768 … 60999. */
  readonly ephemeralPorts?: readonly [number, number]
}
