/**
 * The public shape of the package: what it is given (TcpEnv), what it tells its user (ConnectionHandlers), what the
 * user may ask of a connection, and the closed lists of words that appear in both.
 *
 * Times are integer nanoseconds, addresses unsigned 32-bit IPv4, sequence numbers unsigned 32-bit.
 */
import type { CongestionFactory } from './congestion.ts'

/** Bytes start … end - 1 are the segment. A simulator's packet with headroom satisfies this shape. */
export interface SegmentBuffer {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** A timer that is armed again and again; arming a pending one moves it. */
export interface TcpTimer {
  readonly pending: boolean
  /** When it fires, for `info`; meaningful while `pending`. */
  readonly due?: number
  arm(delay: number): void
  cancel(): void
}

/** All that the stack is given of the outside. */
export interface TcpEnv {
  /** Integer nanoseconds; never goes back. */
  now(): number
  /**
   * A timer that is not armed yet; `owner` names it for people. When it runs out `fire` is called with `whose`: it is one
   * function for all connections, of which there may be thousands.
   */
  timer<T>(owner: string, fire: (whose: T) => void, whose: T): TcpTimer
  /** Uniform over 0 … 2^32 - 1. */
  random32(purpose: 'isn' | 'port'): number
  /** Room for a segment of that many octets (end - start). */
  buffer(length: number): SegmentBuffer
  /**
   * Takes a finished segment (TCP header and text, checksum filled in) and owns it from here. It must not call
   * `receive` or `tooBig` before it returns. `dontFragment`: no router may cut it; who cannot pass it on says so, and
   * `tooBig` is to be called.
   */
  send(segment: SegmentBuffer, source: number, destination: number, dontFragment: boolean): void
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
  'after-close': 'It carries octets that nobody will read any more; a reset was sent (RFC 9293 §3.6.1).',
  'old-timestamp': 'Its timestamp is older than that of a segment taken before (RFC 7323 §5).',
  'no-timestamp': 'It has no timestamp although both sides had agreed to send them (RFC 7323 §3.2).',
  unexpected: 'The state of the connection has no use for it.',
} as const
export type Discard = keyof typeof DISCARDS

/**
 * `closed`: both directions ended in order. `refused`: RST in answer to our SYN. `reset`: RST later. `timeout`: no answer.
 * `unreachable`: an ICMP error said so. `aborted`: we gave up ourselves.
 */
export type CloseReason = 'closed' | 'refused' | 'reset' | 'timeout' | 'unreachable' | 'aborted'

/** The same in the words of the socket interface; an end in order has none. */
export const ERRNO = {
  refused: 'ECONNREFUSED',
  reset: 'ECONNRESET',
  timeout: 'ETIMEDOUT',
  unreachable: 'EHOSTUNREACH',
  aborted: 'ECONNABORTED',
} as const satisfies Partial<Record<CloseReason, string>>

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
  /** There is room again, an eighth of the buffer or more, after a `write` that was not accepted whole. */
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
  /** Asks a silent peer whether it is still there (RFC 1122 §4.2.3.6). */
  keepAlive: boolean
  /**
   * Nanoseconds after which the connection is given up when what is in front has not been acknowledged, be it that nobody
   * answers or that the peer's window stays closed (Linux's TCP_USER_TIMEOUT). Absent: the profile counts the tries, and a
   * peer that answers may keep its window closed for ever.
   */
  userTimeout: number | undefined
  /** All that there is to know, as of now. */
  info(): TcpInfo
  /** Queues octets (copied) and returns how many were taken; fewer when the send buffer is full or after `end`. */
  write(bytes: Uint8Array): number
  /** No more octets will be written; FIN follows what is queued. Before the connection is open it ends it at once. */
  end(): void
  /**
   * Like `end`, and nothing more will be read: what still comes, or has not been read, is answered with RST (RFC 9293
   * §3.6.1), and a peer that does not end its side is not waited for without end.
   */
  close(): void
  /** Gives up at once, with RST where the peer may hold the connection. */
  abort(): void
  /** Stops calls of `data`; the receive window closes as the buffer fills. */
  pause(): void
  resume(): void
}

/** The state of a connection in one piece, as Linux tells it in TCP_INFO; times in nanoseconds, the rest in octets. */
export interface TcpInfo {
  readonly state: State
  /** Options that both sides agreed upon. */
  readonly sack: boolean
  readonly timestamps: boolean
  readonly windowScale: { readonly send: number; readonly receive: number }
  readonly rto: number
  readonly srtt: number | undefined
  readonly rttvar: number
  /** What fast retransmit or the timer have sent again is not acknowledged yet. */
  readonly recovery: 'open' | 'fast' | 'timeout'
  readonly cwnd: number
  readonly ssthresh: number
  /** Octets that are thought to be in the network, and those that the peer holds beyond a gap. */
  readonly pipe: number
  readonly sacked: number
  readonly mss: number
  readonly pathMtu: number
  readonly sndWnd: number
  readonly rcvWnd: number
  readonly queued: number
  readonly unanswered: number
  readonly retransmits: number
  /** Times that the retransmission timer ran out, and that fast recovery began. */
  readonly timeouts: number
  readonly fastRecoveries: number
  /** D-SACK blocks received: what was sent again for nothing (RFC 2883). */
  readonly duplicatesReported: number
  /** Segments that may overtake each other without being taken for lost: 3, or what was seen (RFC 6675's DupThresh). */
  readonly reordering: number
  readonly segmentsIn: number
  readonly segmentsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** What the timer is running for, and whether the delayed acknowledgment waits for its own. */
  readonly waiting: 'nothing' | 'syn' | 'retransmit' | 'persist' | 'fin-wait-2' | 'time-wait'
  readonly ackDelayed: boolean
  /** When they run out, if they run and the timers that the stack was given tell. */
  readonly due: number | undefined
  readonly ackDue: number | undefined
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

export interface KeepAliveOptions {
  /** Silence before the first probe; two hours. Time between probes; 75 s. Probes without an answer; 9. */
  readonly idle?: number
  readonly interval?: number
  readonly probes?: number
}

/** Times are nanoseconds. */
export interface TcpOptions {
  /** Retransmission and delayed-ack times; `linux` unless said otherwise (see profile.ts). */
  readonly profile?: 'linux' | 'rfc'
  /** Parts of the profile one by one. */
  readonly minRto?: number
  readonly delayedAck?: number
  /** In segments. */
  readonly initialWindow?: number
  /** `new-reno` unless said otherwise; or your own. */
  readonly congestion?: 'new-reno' | 'cubic' | CongestionFactory
  /** Octets that a connection keeps for a slow reader; 1 MiB, memory only as it is used. It sets the window and the window scale. */
  readonly receiveBuffer?: number
  /** Octets that `write` takes before the peer has acknowledged them; 1 MiB. */
  readonly sendBuffer?: number
  /** Offer the window scale option (RFC 7323 §2); true. */
  readonly windowScale?: boolean
  /** Offer timestamps (RFC 7323 §3) and SACK (RFC 2018); true. */
  readonly timestamps?: boolean
  readonly sack?: boolean
  /** Find out what the path carries (RFC 1191): nothing is fragmented; true. */
  readonly pathMtuDiscovery?: boolean
  /** Find out by silence where the ICMP messages are lost (RFC 4821 §7.7)? Default true; many systems do not. */
  readonly blackHoleDetection?: boolean
  /** Keep-alive for every connection; false. */
  readonly keepAlive?: boolean | KeepAliveOptions
  /** Ask after a tail that may be lost before the timeout (RFC 8985 §7), with SACK only; true. */
  readonly tailLossProbe?: boolean
  /** Find losses by time (RFC 8985 §6) and not by counting (RFC 6675), with SACK only; the profile's. */
  readonly rack?: boolean
  /** See `Connection.userTimeout`; absent. */
  readonly userTimeout?: number
  /** Length of TIME-WAIT; 60 s. */
  readonly timeWait?: number
  /** How long FIN-WAIT-2 may last after `close`; 60 s. */
  readonly finWait2?: number
  /** Draws initial sequence numbers instead of the clock and secret of RFC 9293 §3.4.1: for tests and replays. */
  readonly initialSequence?: (local: Endpoint, remote: Endpoint) => number
  /** First and last ephemeral port; 32768 … 60999. */
  readonly ephemeralPorts?: readonly [number, number]
}
