/** What a node gives a PPTP endpoint and what it hears from it. PNS and PAC: RFC 2637 §1.2. */
import type { Ipv4 } from '../base/address.ts'
import type { Packet } from '../base/packet.ts'
import type { Duration } from '../base/time.ts'
import type { ControlConnection } from './control.ts'

export type Role = 'pns' | 'pac'

export interface EndpointSinks {
  /**
   * A packet with the GRE header first, to be sent as IP protocol 47 from `local`, the address that the control connection
   * has here: a machine with several addresses must not answer from another one. Ownership goes with it.
   */
  gre(packet: Packet, peer: Ipv4, local: Ipv4): void
}

/**
 * How call IDs are allotted: `random` and not zero; `linux`, the first free one of 128 that belong to the control
 * connection, counted from 0; `from-zero`, the first free one whoever the peer is, as old pptp-linux did, so that many
 * callers have the same; or a list, used in its order (a replay sets what the capture shows).
 */
export type CallIds = 'random' | 'linux' | 'from-zero' | readonly number[]

/** How the data path of a call behaves (RFC 2637 §4). */
export interface TunnelConfig {
  /** Packet Recv. Window Size that we announce, in packets. */
  readonly receiveWindow: number
  /** Packet Processing Delay that we announce, in tenths of a second. */
  readonly processingDelay: number
  /** Number of the first packet that we send: 0 (§4.1); Linux clients begin with 1. */
  readonly firstSequenceNumber: number
  /** `window`: obey the peer's window (§4.2). `none`: send at once, as Linux does. */
  readonly flow: 'window' | 'none'
  /** Frames that wait while the window is full; one more is dropped. */
  readonly sendQueue: number
  /**
   * What is done about packets that come out of order (§4.3): `hold` the early ones for a short time; hand them on at
   * once and `drop` those that are late then; or `pass` every packet on as it comes, which §4.3 forbids.
   */
  readonly outOfOrder: 'hold' | 'drop' | 'pass'
  /** How long an early packet is held before the missing ones are given up. */
  readonly holdTime: Duration
  /** A packet this far ahead of the awaited one is not believed. */
  readonly horizon: number
  /** A packet is acknowledged when its frame has been handed on, or when it was `taken` off this side's hands (§4.2). */
  readonly acknowledges: 'received' | 'taken'
  /** How long an acknowledgment waits for a data packet that takes it along … */
  readonly ackDelay: Duration
  /** … unless this many packets wait for it. */
  readonly ackEvery: number
  /** Bounds of the adaptive time-out (§4.4; the RFC names only the upper one). */
  readonly minTimeOut: Duration
  readonly maxTimeOut: Duration
}

/** Hold time and horizon are those of the captured Linux peers, the delay of acknowledgments is that of their server. */
export const TUNNEL: TunnelConfig = {
  receiveWindow: 64,
  processingDelay: 0,
  firstSequenceNumber: 0,
  flow: 'window',
  sendQueue: 256,
  outOfOrder: 'hold',
  holdTime: 300e6,
  horizon: 300,
  acknowledges: 'received',
  ackDelay: 50e6,
  ackEvery: 4,
  minTimeOut: 500e6,
  maxTimeOut: 3e9,
}

/** What a PNS asks for with Outgoing-Call-Request (§2.7). */
export interface DialOptions {
  readonly minimumBps: number
  readonly maximumBps: number
  /** 1 analog, 2 digital, 3 either. */
  readonly bearerType: number
  /** 1 asynchronous, 2 synchronous, 3 either. */
  readonly framingType: number
  readonly phoneNumber: string
  readonly subaddress: string
}

/** As the captured PPTP client for Linux dials. */
export const DIAL: DialOptions = {
  minimumBps: 2400,
  maximumBps: 10_000_000,
  bearerType: 3,
  framingType: 3,
  phoneNumber: '',
  subaddress: '',
}

export interface EndpointConfig {
  /** Of the calls that this side begins, and of those it takes unless `takesIncomingCalls` says more. */
  readonly role: Role
  /** A PAC that Incoming-Call-Request makes the PNS of that call: a role is one of a call, not of the connection. */
  readonly takesIncomingCalls: boolean
  /** Undefined: the name of the node. */
  readonly hostName: string | undefined
  readonly vendorName: string
  readonly firmwareRevision: number
  /** Bits: 1 asynchronous, 2 synchronous framing. */
  readonly framingCapabilities: number
  /** Bits: 1 analog, 2 digital access. */
  readonly bearerCapabilities: number
  /** Maximum Channels (§2.1, §2.2) as we announce it: calls that a PAC carries at a time; a PNS announces 0. */
  readonly maximumChannels: number
  /** Calls that there may be in one control connection at a time; the next is refused (§2.16, No-Resource). */
  readonly callsPerConnection: number
  /** Control connections, in all (§2.2 and §2.16, No-Resource) and from one address (Command channel already exists). */
  readonly connections: number
  readonly connectionsPerPeer: number
  /** How long a reply may take before the control connection is given up (§3.1.4, §3.2.1). */
  readonly replyTimeOut: Duration
  /** How long a peer that has connected may take for its Start-Control-Connection-Request; the RFC names no time. */
  readonly requestTimeOut: Duration
  /** Silence after which an Echo-Request is sent (§3.1.4); 0: never. */
  readonly echoInterval: Duration
  readonly echoTimeOut: Duration
  /** Do packets of a call show that the peer lives too, so that no Echo-Request is sent (as with pptpd)? */
  readonly dataCountAsLife: boolean
  /**
   * PNS: when Set-Link-Info is sent (§2.15). `negotiated`: when LCP has agreed on ACCMs; `always`: with all ones too,
   * when the call is connected.
   */
  readonly linkInfo: 'negotiated' | 'always' | 'never'
  /**
   * How this side parts. `notify`: Call-Disconnect-Notify and Stop-Control-Connection-Request, as §2.3 and §2.13 have
   * it. `close`: the end of a call closes TCP, which says it all, as the Linux programs do.
   */
  readonly farewell: 'notify' | 'close'
  /** What a PNS asks for unless told otherwise. */
  readonly dial: DialOptions
  readonly callIds: CallIds
  /** How long a call ID rests before it is used again towards the same peer address. */
  readonly callIdRest: Duration
  readonly tunnel: TunnelConfig
  /** Names of the state machines in the trace. */
  readonly names: {
    /** With its port: there is another connection with this address. */
    control(peer: Ipv4, port: number | undefined): string
    call(peer: Ipv4, callId: number): string
  }
}

/** The figures of RFC 2637, and where it names none, those of the captured Linux peers. */
export const endpointConfig = (role: Role, changes: Partial<EndpointConfig> = {}): EndpointConfig => ({
  role,
  takesIncomingCalls: false,
  hostName: 'local',
  vendorName: 'pptp-lab',
  firmwareRevision: 1,
  framingCapabilities: 3,
  bearerCapabilities: 3,
  maximumChannels: role === 'pac' ? 65535 : 0,
  callsPerConnection: 65535,
  connections: 65535,
  connectionsPerPeer: 65535,
  replyTimeOut: 60e9,
  requestTimeOut: 60e9,
  echoInterval: 60e9,
  echoTimeOut: 60e9,
  dataCountAsLife: false,
  linkInfo: 'negotiated',
  farewell: 'notify',
  dial: DIAL,
  callIds: role === 'pns' ? 'random' : 'linux',
  callIdRest: 180e9,
  tunnel: TUNNEL,
  names: { control: () => 'pptp.control', call: () => 'pptp.call' },
  ...changes,
})

/** Why a control connection is over. */
export type ControlEndReason =
  /** We stopped it. */
  | 'stopped'
  /** The peer sent Stop-Control-Connection-Request. */
  | 'stopped-by-peer'
  /** The peer answered Start-Control-Connection-Request with an error. */
  | 'refused'
  /** We answered the peer's Start-Control-Connection-Request with an error. */
  | 'not-admitted'
  | 'version'
  | 'collision'
  /** No answer to a request in `replyTimeOut`. */
  | 'timeout'
  | 'echo-timeout'
  /** The stream of messages can no longer be split: RFC 2637 §2 wants it closed at once. */
  | 'out-of-sync'
  /** A call did not leave its state for a minute (§3.2.1). */
  | 'call-timeout'
  | 'tcp-closed'
  | 'tcp-refused'
  | 'tcp-reset'
  | 'tcp-timeout'
  | 'tcp-unreachable'
  | 'tcp-aborted'

export interface ControlEnd {
  readonly layer: 'tcp' | 'pptp'
  readonly reason: ControlEndReason
  readonly resultCode?: number
  readonly errorCode?: number
  /** How often was sent what nobody answered; PPTP itself never repeats a message, TCP does. */
  readonly tries: number
  /** One sentence for people. */
  readonly sentence: string
}

/** Why a call is over. */
export type CallEndReason =
  /** We cleared it. */
  | 'cleared'
  /** The peer cleared or disconnected it. */
  | 'disconnected'
  /** The PAC answered Outgoing-Call-Request with an error, or we refused the call. */
  | 'refused'
  | 'timeout'
  /** The control connection went, and its calls with it. */
  | 'control-lost'

export interface CallEnd {
  readonly layer: 'tcp' | 'pptp'
  readonly reason: CallEndReason
  readonly resultCode?: number
  readonly errorCode?: number
  readonly causeCode?: number
  readonly tries: number
  readonly sentence: string
  /** For `control-lost` and `timeout`: how the control connection ended. */
  readonly control?: ControlEnd
}

/** Of one call, in packets; times in nanoseconds. */
export interface TunnelStatistics {
  /** Data packets. */
  readonly sent: number
  readonly received: number
  /** Of those sent, how many the peer has acknowledged. */
  readonly acknowledged: number
  /** Packets that carried nothing but an acknowledgment. */
  readonly acksSent: number
  readonly acksReceived: number
  /** Numbers of the peer that were given up. One that comes after all is late and stays lost, unless all is passed on. */
  readonly lost: number
  readonly late: number
  readonly duplicates: number
  /** Early packets that were held, and those that are held now. */
  readonly held: number
  readonly holding: number
  /** Acknowledgments that did not come in time (§4.2.2). */
  readonly timeOuts: number
  /** Packets that may be under way, and those that are. */
  readonly window: number
  readonly outstanding: number
  /** Frames that wait for the window. */
  readonly waiting: number
  /** Adaptive round-trip time and time-out (§4.4). */
  readonly rtt: number
  readonly ato: number
}

export interface ControlHandlers {
  /** Start-Control-Connection-Request and -Reply have been exchanged: calls can be dialled. */
  established?(): void
  /** Said once; the calls have been told before. */
  ended?(end: ControlEnd, connection: ControlConnection): void
}

export interface CallHandlers {
  /** PNS: Outgoing-Call-Reply with success has come. PAC: it has been sent. Frames may be sent from now on. */
  connected(): void
  /** A PPP frame, address and control field included if the peer sent them; ownership goes with it. */
  received(frame: Packet): void
  /** Said once, also for a call that never was connected. */
  ended(end: CallEnd): void
  /** PAC: Set-Link-Info has come. */
  linkInfo?(info: LinkInfo): void
  /** PNS: WAN-Error-Notify has come. */
  lineErrors?(errors: WanErrors): void
  /** PAC: the PNS takes the call of a ringing line, which is to be answered: what has the line come to? */
  answer?(): Partial<LineFacts>
  /** PAC: the number of an outgoing call is to be dialled, then `answered` or `incomplete` said. Absent: no line. */
  dial?(): void
}

/** PAC: what the telephone line has come to, for Outgoing-Call-Reply (§2.8) and Incoming-Call-Connected (§2.11). */
export interface LineFacts {
  /** Bits a second. */
  readonly connectSpeed: number
  /** 1 asynchronous, 2 synchronous. */
  readonly framingType: number
  readonly physicalChannelId: number
  /** Tenths of a second: how long the line needs for a window full of packets (§4.4); absent: as configured. */
  readonly processingDelay?: number
}

/** Characters to be escaped on an asynchronous line, one bit each (§2.15). */
export interface LinkInfo {
  readonly sendAccm: number
  readonly receiveAccm: number
}

/** What a PAC has counted on its telephone line since the call began (§2.14). */
export interface WanErrors {
  readonly crcErrors: number
  readonly framingErrors: number
  readonly hardwareOverruns: number
  readonly bufferOverruns: number
  readonly timeOutErrors: number
  readonly alignmentErrors: number
}

/** What a PAC says of a telephone line that rings (§2.9), and of the call once it has answered (§2.11). */
export interface RingOptions {
  /** 1 analog, 2 digital. */
  readonly bearerType: number
  readonly physicalChannelId: number
  readonly dialedNumber: string
  readonly dialingNumber: string
  readonly subaddress: string
  /** Bits a second. */
  readonly connectSpeed: number
  /** 1 asynchronous, 2 synchronous. */
  readonly framingType: number
}

/**
 * A call or a control connection is not taken: codes of Outgoing-Call-Reply (§2.8), Incoming-Call-Reply (§2.10) or
 * Start-Control-Connection-Reply (§2.2), of which the first alone has a cause.
 */
export interface Refusal {
  readonly refuse: { readonly resultCode: number; readonly errorCode: number; readonly causeCode?: number }
}
