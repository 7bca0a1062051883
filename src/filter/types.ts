/**
 * The words that the parts of a packet filter share: what a NAT box is made of, as data, and what its rules are asked.
 *
 * A personality is data, not a code path: every way in which boxes differ is a field here, and each of its values is
 * carried out in one place.
 */
import type { Ipv4, Prefix } from '../base/address.ts'
import type { Packet } from '../base/packet.ts'
import type { Duration } from '../base/time.ts'

/** What connection tracking says of a packet. `untracked`: this filter keeps no connections. */
export type PacketState = 'new' | 'established' | 'related' | 'invalid' | 'untracked'
export type Chain = 'input' | 'forward' | 'output'

/** A packet as the rules see it. One object serves all packets of a filter: its fields are valid during the call. */
export interface Passage {
  readonly chain: Chain
  /** packet.start is at a valid IPv4 header; a fragment only if the filter keeps no connections. */
  readonly packet: Packet
  readonly state: PacketState
  /** The interface that it came in by; '' in output. */
  readonly inside: string
  /** The interface that it leaves by; '' in input. */
  readonly outside: string
}

/** Why a packet may not pass, and what its sender is told. */
export interface Denial {
  /** The rule or policy as the user wrote it: `forward drop proto gre`. */
  readonly rule: string
  /** An ICMP unreachable with this code, or a TCP reset; undefined: silence. */
  readonly answer: { readonly icmp: number } | 'tcp-reset' | undefined
}

/** Firewall rules. */
export interface Judge {
  /** They ask for the state of a connection, so connections must be tracked. */
  readonly asksState: boolean
  /** Undefined: it may pass. */
  judge(passage: Passage): Denial | undefined
}

/** What a filter asks of the machine that it stands in. */
export interface FilterMachine {
  /** The address of an interface; undefined when it has none or is not there. */
  addressOf(iface: string): Ipv4 | undefined
  /** Is it an address of this machine? */
  isOwn(address: Ipv4): boolean
  /** The MTU of an interface. */
  mtuOf(iface: string): number | undefined
  /** An ICMP unreachable about the packet, which the caller releases. */
  unreachable(about: Packet, code: number): void
  /** A TCP reset in answer to the segment, which the caller releases. */
  reset(about: Packet): void
}

/** Inclusive at both ends. */
export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * A rule of address translation; the first that matches a new flow counts. `destination` rules are asked when a packet
 * comes in or is made here, `source` rules when it leaves.
 */
export interface NatRule {
  readonly kind: 'source' | 'destination'
  /** As the user wrote it, for the trace. */
  readonly text: string
  readonly inside?: string | undefined
  readonly outside?: string | undefined
  readonly from?: Prefix | undefined
  readonly to?: Prefix | undefined
  /** IP protocol number. */
  readonly protocol?: number | undefined
  /** Destination ports of TCP or UDP. */
  readonly ports?: Range | undefined
  /**
   * The new address: `masquerade` is that of the interface it leaves by; a prefix keeps the host part (1:1); a range
   * gives each inside host one of its addresses; a choice gives each flow one, by its addresses and ports or by its
   * source alone; `none` leaves the flow as it is.
   */
  readonly translate:
    | { readonly by: 'none' }
    | { readonly by: 'masquerade' }
    | { readonly by: 'range'; readonly addresses: Range }
    | { readonly by: 'prefix'; readonly prefix: Prefix }
    | { readonly by: 'choice'; readonly addresses: readonly Ipv4[]; readonly of: 'flow' | 'source' }
  /** The new port is one of these; undefined: the old one if it is free. */
  readonly newPorts?: Range | undefined
}

/** How long an entry lives without a packet (RFC 4787 §4.3, RFC 5382 §5, RFC 5508 §3.2). */
export interface Timeouts {
  readonly tcpSynSent: Duration
  readonly tcpSynReceived: Duration
  readonly tcpEstablished: Duration
  readonly tcpFinWait: Duration
  readonly tcpCloseWait: Duration
  readonly tcpLastAck: Duration
  readonly tcpTimeWait: Duration
  /** After a reset. */
  readonly tcpClose: Duration
  /** A connection that was picked up in the middle and has had no answer. */
  readonly tcpUnacknowledged: Duration
  /** Nothing has come back yet. */
  readonly udp: Duration
  /** Packets have gone both ways for more than two seconds. */
  readonly udpStream: Duration
  readonly icmp: Duration
  readonly gre: Duration
  /** Packets have gone both ways. */
  readonly greStream: Duration
  /** Every other protocol. */
  readonly generic: Duration
  /** An expected flow that does not come. */
  readonly expectation: Duration
}

/** RFC 4787 §4.1 and §5. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'

/** Where a fault of a helper has a switch, its first value is what was found and its last what should be. */
export interface PptpHelper {
  /** Which control messages it sees. */
  readonly reads: 'first-of-segment' | 'all'
  /** Whose Outgoing-Call-Request or Incoming-Call-Request it understands. */
  readonly caller: 'opener' | 'both'
  /** How many calls of one control connection it knows. */
  readonly calls: 'last' | 'all'
  /** The call ID that the other side is told: always the translated TCP port, or another one only if it is taken. */
  readonly newCallId: 'port' | 'when-taken' | 'unique'
  /** Call-Disconnect-Notify names the sender's call ID (RFC 2637 §2.13); some boxes put in the receiver's. */
  readonly disconnect: 'receivers-id' | 'as-sent'
  /** Peer's Call ID of an Incoming-Call-Connected: zeroed, or translated. */
  readonly incomingConnected: 'zeroed' | 'translated'
  /** An expected flow whose first packet is dropped by a rule is lost, or is expected again. */
  readonly droppedFirst: 'burned' | 'kept'
  /** ICMP errors about GRE of a translated call are not recognised, or are. */
  readonly icmpErrors: 'lost' | 'translated'
  /** When a GRE flow has idled out, its call is forgotten, or remembered as long as the control connection lives. */
  readonly idleCall: 'forgotten' | 'remembered'
}

export interface GreTracking {
  /**
   * `call-id`: a flow has the call ID of its receiver for a key; `none`: one flow a pair of addresses, whatever the
   * call; `one-host`: all GRE from outside goes to the inside host that sent GRE first; `refused`: GRE is not passed.
   */
  readonly keys: 'call-id' | 'none' | 'one-host' | 'refused'
}

export type PersonalityName = 'linux-pptp' | 'linux' | 'keyless' | 'single' | 'libalias' | 'cisco' | 'cgn'

/** How a kind of NAT box behaves. */
export interface Personality {
  readonly name: PersonalityName
  /** One sentence. */
  readonly about: string
  /** How we know. */
  readonly evidence: 'measured' | 'from source' | 'from documents'
  readonly mapping: Dependence
  readonly filtering: Dependence
  readonly ports: {
    /** The new port is the old one if it is free; otherwise, or always, the next free one or a random free one. */
    readonly preserve: boolean
    readonly choose: 'next' | 'random'
    readonly range: Range
    /** So many ports at most for one inside address; 0: no limit. */
    readonly perHost: number
  }
  readonly gre: GreTracking
  /** Undefined: it does not look into control connections. */
  readonly pptp: PptpHelper | undefined
  readonly timeouts: Timeouts
  /** Takes connections up in the middle (Linux's tcp_loose). */
  readonly tcpLoose: boolean
  /** ICMP errors are brought to whom they concern. */
  readonly icmpErrors: boolean
  /** Inside hosts reach each other by their outside addresses (RFC 4787 §6). */
  readonly hairpin: boolean
  /** What becomes of packets that fit no flow and cannot begin one. */
  readonly invalid: 'passed' | 'dropped'
  /** So many flows at most. */
  readonly limit: number
  /**
   * A flow on which others depend goes, after its time, when a packet asks for it or when the table is swept: so often.
   * Until then its helper's knowledge remains. 0: at once.
   */
  readonly sweep: Duration
}

/** What a filter is made of. */
export interface FilterSetup {
  readonly personality: Personality
  /** Undefined: every packet passes. */
  readonly judge: Judge | undefined
  readonly nat: readonly NatRule[]
  /** Where the helper is given new connections to TCP port 1723, if the personality has one. */
  readonly helperAt: 'prerouting' | 'output' | 'both'
  /** The largest MSS that a passing SYN may name: a number, or what both its interfaces carry; absent: any. */
  readonly clampMss?: number | 'interfaces' | undefined
}
