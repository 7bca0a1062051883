/** What a PPP session is told, what it tells, and whom it hands packets to. */
import { ANY, type Ipv4 } from '../base/address.ts'
import type { Packet } from '../base/packet.ts'
import { type Duration, sec } from '../base/time.ts'
import type { Judge, Users } from './judge.ts'
import type { Cipher, MppeSetting } from './mppe-policy.ts'

export type AuthMethod = 'pap' | 'chap-md5' | 'ms-chap' | 'ms-chap-v2'

/** RFC 1661 §4.6. The authentication protocols count and wait with the same numbers, as pppd's defaults do. */
export interface PppTimers {
  readonly restart: Duration
  readonly maxConfigure: number
  readonly maxTerminate: number
  readonly maxFailure: number
}
export const RFC_TIMERS: PppTimers = { restart: sec(3), maxConfigure: 10, maxTerminate: 2, maxFailure: 5 }

/** RFC 1661 §6.1: what every implementation can receive, and what need not be negotiated. */
export const DEFAULT_MRU = 1500

/**
 * The largest IP packet for which the outer one fits into 1500 octets whatever the headers of the moment: 1500 less
 * IP 20, GRE 8 + sequence 4 + acknowledgment 4, FF 03, protocol 2. MPPE takes four more: 1456.
 */
export const DEFAULT_MTU = 1460

/** What LCP asks for beside MRU and authentication; absent: as pppd does. */
export interface LcpConfig {
  /** Protocol- and address-and-control-field compression, asked for and granted (RFC 1661 §6.5, §6.6); absent: yes. */
  readonly pfc?: boolean
  readonly acfc?: boolean
  /** Async control character map (RFC 1662 §7.1); absent: 0. */
  readonly accm?: number
  /** Ask for a magic number; absent: yes. Without it nobody sees that the line is looped. */
  readonly magic?: boolean
  /** Sent when LCP opens (RFC 1570, Identification); absent: nothing is. */
  readonly identification?: string
}

export interface PppConfig {
  /** `ppp0`, for the trace. */
  readonly iface: string
  /** First part of the names of the state machines: `ppp` gives `ppp.phase`, `ppp.lcp`, `ppp.auth`, `ppp.ccp`, `ppp.ipcp`. */
  readonly machine: string
  /** What we can receive; the option is sent when it is not DEFAULT_MRU. */
  readonly mru: number
  /** Largest IP packet that we send, before encryption takes its four octets; the peer's MRU may lower it. */
  readonly mtu: number
  /** We demand that the peer authenticates; absent: we do not. */
  readonly authenticatePeer?: Users & {
    /** In order of preference. */
    readonly methods: readonly AuthMethod[]
    /** What we call ourselves in Challenges. */
    readonly name: string
    /** Who decides instead of the users known here: a server elsewhere. */
    readonly judge?: Judge
    /** How many times a peer may try again after a wrong password, which MS-CHAP allows (R=1); absent: 0. */
    readonly retries?: number
  }
  /** How we authenticate ourselves if the peer demands it; absent: we refuse. */
  readonly ourself?: {
    readonly user: string
    readonly password: string
    /** What the user types if the peer lets us try once more. */
    readonly secondPassword?: string
    readonly methods: readonly AuthMethod[]
  }
  /** Encryption; a word alone means keys of 128 bits, stateless. */
  readonly mppe: MppeSetting
  readonly ip: {
    /** Our address; ANY: ask the peer for one. */
    readonly local: Ipv4
    /** The peer's address, asked for once a session, when the network phase begins; undefined: no address is left. */
    assignPeer?(user: string | undefined): Ipv4 | undefined
    /** What we answer to a peer that asks for name servers: at most two. */
    readonly dns?: readonly Ipv4[]
    /** Ask the peer for name servers. */
    readonly requestDns?: boolean
    /** The same for NetBIOS name servers (WINS). */
    readonly nbns?: readonly Ipv4[]
    readonly requestNbns?: boolean
  }
  readonly lcp?: LcpConfig
  /** LCP Echo-Requests while the link is open; the link ends after so many without an answer. Absent: none are sent. */
  readonly echo?: { readonly interval: Duration; readonly failures: number }
  readonly timers: PppTimers
}

/** A configuration that asks for nothing and demands nothing. */
export const PLAIN: PppConfig = {
  iface: 'ppp0',
  machine: 'ppp',
  mru: DEFAULT_MRU,
  mtu: DEFAULT_MTU,
  mppe: 'off',
  ip: { local: ANY },
  timers: RFC_TIMERS,
}

export type PppLayer = 'lcp' | 'auth' | 'ccp' | 'ipcp'

/** Why a session ended. */
export const END_REASONS = {
  closed: 'It was closed by this side.',
  'peer-closed': 'The peer sent a Terminate-Request.',
  'lower-down': 'The line below was taken away.',
  timeout: 'A request was repeated as often as allowed and never answered.',
  'auth-failed': 'One side did not prove who it is.',
  'auth-refused': 'No authentication method suits both sides.',
  'mppe-required': 'Encryption is required and did not come about.',
  'no-address': 'One side has no IP address.',
  'protocol-rejected': 'The peer does not speak a protocol, or a packet of it, without which there is no link.',
  looped: 'The line leads back to ourselves.',
  'echo-timeout': 'The peer stopped answering Echo-Requests.',
} as const
export type PppEndReason = keyof typeof END_REASONS

export interface PppEnd {
  readonly reason: PppEndReason
  readonly layer: PppLayer
  /** One sentence with the facts. */
  readonly detail: string
  /** How often we sent what was not answered; 0 when nothing ran out. */
  readonly tries: number
}

export interface NetworkFacts {
  readonly local: Ipv4
  readonly peer: Ipv4
  /** The name servers that the peer gave us. */
  readonly dns: readonly Ipv4[]
  /** The NetBIOS name servers that the peer gave us. */
  readonly nbns: readonly Ipv4[]
  /** Largest IP packet that may be sent. */
  readonly mtu: number
  /** Who the peer proved to be. */
  readonly user: string | undefined
  /** Of what we send, and of what we receive: the two are agreed on apart. */
  readonly encryption: Cipher
  readonly decryption: Cipher
}

export interface PppSinks {
  /** A PPP frame, address and control fields first unless compressed away. */
  down(frame: Packet): void
  /** An IP packet that came through; it keeps the identity of the frame it came in. */
  up(datagram: Packet): void
  networkUp(facts: NetworkFacts): void
  networkDown(end: PppEnd | undefined): void
  /** The link is dead, once a session: the line below may be cleared. */
  finished(end: PppEnd): void
}
