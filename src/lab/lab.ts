/**
 * A lab as the rest of the program sees it: checked, every default filled in, every name resolved, every quantity an
 * integer of its unit. `load.ts` is the only maker; docs/topology.md describes the file it comes from.
 *
 * Longer than 400 lines, since it is one list of types in the order of the file: there is nothing to do in it.
 */
import type { ServiceName } from '../app/services.ts'
import type { Ipv4, Prefix } from '../base/address.ts'
import type { Duration, SimTime } from '../base/time.ts'
import type { EventName } from '../base/trace.ts'
import type { PersonalityOverride } from '../filter/override.ts'
import type { RuleSpec } from '../filter/rules.ts'
import type { FilterSetup, PersonalityName, Range } from '../filter/types.ts'

export interface Lab {
  readonly name: string
  readonly description: string
  readonly seed: number
  /** The run ends here, even if something is still due. */
  readonly stop: SimTime
  /** In the order of the file, as everything below. */
  readonly nodes: readonly NodeSpec[]
  readonly links: readonly LinkSpec[]
  /** Those that the file names; what end systems answer by themselves stands in `services.ts`. */
  readonly services: readonly ServiceSpec[]
  /** In order of time; those of one instant in the order of the file. */
  readonly events: readonly Action[]
  /** Texts of other files that the lab names, by their names. */
  readonly files: ReadonlyMap<string, string>
  readonly questions: readonly Question[]
  readonly checks: readonly Check[]
}

export type Kind =
  | 'host'
  | 'router'
  | 'firewall'
  | 'load-balancer'
  | 'switch'
  | 'client'
  | 'pptp-server'
  | 'radius'
  | 'pstn'
  | 'nas'
  | 'tun'
  | 'udp'

export type NodeSpec =
  | PlainSpec
  | FirewallSpec
  | LoadBalancerSpec
  | ClientSpec
  | ServerSpec
  | RadiusServerSpec
  | PstnSpec
  | NasSpec
  | TunSpec
  | UdpSpec

export interface PlainSpec extends NodeCommon {
  readonly kind: 'host' | 'router' | 'switch'
}
/** A router that keeps track of what it passes on, and may refuse or translate it. */
export interface FirewallSpec extends NodeCommon {
  readonly kind: 'firewall'
}
/** It stands for several servers, and passes on who calls. */
export interface LoadBalancerSpec extends NodeCommon {
  readonly kind: 'load-balancer'
  readonly balance: BalanceSpec
}
export interface BalanceSpec {
  /** The interface whose address the callers know. */
  readonly outside: string
  readonly servers: readonly { readonly name: string; readonly address: Ipv4 }[]
  /** What is passed on, as written: `tcp 1723`, `gre`. */
  readonly traffic: readonly { readonly protocol: number; readonly ports?: Range; readonly text: string }[]
  readonly persistence: 'none' | 'source'
  readonly hideServers: boolean
}

/** It calls a VPN server, or dials a telephone number, or the one through the other. */
export type ClientSpec = VpnClientSpec | DiallerSpec
export interface VpnClientSpec extends NodeCommon {
  readonly kind: 'client'
  readonly pptp: ClientPptp
  readonly dial?: DialSpec
}
/** Without any VPN software. */
export interface DiallerSpec extends NodeCommon {
  readonly kind: 'client'
  readonly pptp?: undefined
  readonly dial: DialSpec
}

/** A switched telephone network. */
export interface PstnSpec extends NodeCommon {
  readonly kind: 'pstn'
  readonly pstn: {
    /** By port. */
    readonly numbers: ReadonlyMap<string, string>
    readonly noAnswer: Duration
  }
}

/** An access server: telephone lines on one side, tunnels on the other. */
export interface NasSpec extends NodeCommon {
  readonly kind: 'nas'
  readonly nas: {
    readonly tunnels: readonly TunnelRuleSpec[]
    /** PPP that ends here; absent: none does. */
    readonly ppp?: ServerPptp
    /** Its telephone lines. */
    readonly channels: number
    readonly patience: Duration
    readonly dialPatience: Duration
    readonly gre?: Partial<GreSpec>
  }
}
/** The first one that fits wins; patterns with `*`, and those that are there must all fit. */
export interface TunnelRuleSpec {
  /** The condition as it is shown. */
  readonly text: string
  readonly called?: string
  readonly calling?: string
  readonly line?: string
  readonly user?: string
  readonly realm?: string
  /** PNSs in the order in which they are asked. */
  readonly to: readonly Ipv4[] | 'local'
}

/** A telephone line and whom it dials. */
export interface DialSpec {
  readonly number: string
  readonly bearer: 'analogue' | 'digital'
  readonly user: string
  readonly password: string
  readonly auth: readonly AuthProtocol[]
  readonly mppe: MppeSpec
  /** Networks to be reached by the line. */
  readonly routes: readonly Prefix[]
  readonly dns: boolean
  /** How long is waited for an answer. */
  readonly patience: Duration
  /** A call is answered after having rung so long; absent: never. */
  readonly answer?: Duration
  readonly lcp?: LcpSpec
  readonly echo?: Duration
  readonly echoFailures?: number
}
export interface ServerSpec extends NodeCommon {
  readonly kind: 'pptp-server'
  readonly pptp: ServerPptp
}

export interface RadiusServerSpec extends NodeCommon {
  readonly kind: 'radius'
  readonly radius: RadiusNodeSpec
}

/** What is outside the simulation, behind a TUN device of the machine it runs on. */
export interface TunSpec extends NodeCommon {
  readonly kind: 'tun'
  readonly tun: {
    /** Of the device. */
    readonly name: string
    /** What the device is given on the machine; absent: no address. */
    readonly ipv4?: InterfaceAddress
    /** What the machine is to send into the simulation. */
    readonly routes: readonly Prefix[]
  }
  /** Real networks that may be talked to, that of the device included. */
  readonly networks: readonly Prefix[]
}
/** What is outside the simulation, behind a UDP port: another simulator, QEMU, GNS3. One frame a datagram. */
export interface UdpSpec extends NodeCommon {
  readonly kind: 'udp'
  readonly udp: { readonly listen: SocketAddress; readonly peer: SocketAddress }
  /** Networks that may be talked to; undefined: all. */
  readonly networks: readonly Prefix[] | undefined
}
export interface SocketAddress {
  readonly address: Ipv4
  readonly port: number
}

interface NodeCommon {
  readonly name: string
  /** In the order of `links`. */
  readonly interfaces: readonly InterfaceSpec[]
  readonly routes: readonly RouteSpec[]
  /** Of a machine that has an IP stack; absent: as usual. */
  readonly tcp?: TcpSpec
  /** True: it makes no ICMP message that a packet was too large, and passes none on. */
  readonly blocksTooBig?: boolean
  /** Its firewall rules; absent: everything passes. */
  readonly filter?: FilterSpec
  /** How it keeps track of connections; where there is `nat`, that says so. */
  readonly conntrack?: ConntrackSpec
  readonly nat?: NatSpec
  /** The largest MSS that a TCP SYN it passes on may name: a number, or what the links there and back carry. */
  readonly clampMss?: number | 'interfaces'
}

export interface FilterSpec {
  /** In order: the first that fits decides. */
  readonly rules: readonly RuleSpec[]
  /** What is done where none does. */
  readonly policies: {
    readonly input: 'accept' | 'drop'
    readonly forward: 'accept' | 'drop'
    readonly output: 'accept' | 'drop'
  }
}

export interface ConntrackSpec {
  readonly like: PersonalityName
  readonly override: PersonalityOverride
  /** Where the PPTP helper is given new connections, if there is one. */
  readonly helper: FilterSetup['helperAt']
}

export interface NatSpec extends ConntrackSpec {
  /** Interfaces. */
  readonly inside: readonly string[]
  readonly outside: string
  /** Absent: that of the outside interface. */
  readonly addresses?: { readonly from: Ipv4; readonly to: Ipv4 }
  /** Absent: the old one if it is free. */
  readonly ports?: Range
  readonly forwards: readonly PortForward[]
  readonly oneToOne: readonly { readonly inside: Prefix; readonly outside: Prefix }[]
}

/** What comes to the outside address and goes to an inside host. */
export interface PortForward {
  readonly protocol: number
  /** Of TCP and UDP. */
  readonly ports?: Range
  readonly to: Ipv4
  /** Absent: the port stays. */
  readonly newPort?: number
  /** As written. */
  readonly text: string
}

/** How a machine speaks TCP; what is absent is as usual. */
export interface TcpSpec {
  readonly congestion?: 'new-reno' | 'cubic'
  readonly profile?: 'linux' | 'rfc'
  readonly sack?: boolean
  readonly timestamps?: boolean
  readonly pathMtuDiscovery?: boolean
  readonly blackHoleDetection?: boolean
  /** Octets. */
  readonly sendBuffer?: number
  readonly receiveBuffer?: number
}

export interface InterfaceSpec {
  /** `eth0` */
  readonly name: string
  /** Index into `Lab.links`. */
  readonly link: number
  /** Which end of that link. */
  readonly side: 0 | 1
  /** Absent at a switch port, and outside. */
  readonly ipv4?: InterfaceAddress
}

/** `10.0.0.7/24`: an address together with the network it stands in. */
export interface InterfaceAddress {
  readonly address: Ipv4
  readonly prefix: Prefix
}

/** Has `via`, `dev` or both. A `dev` such as `ppp0` need not exist yet. */
export interface RouteSpec {
  readonly prefix: Prefix
  readonly via?: Ipv4
  readonly dev?: string
}

/** A service of a node, and the port where it answers. */
export interface ServiceSpec {
  readonly node: string
  readonly service: ServiceName
  readonly port: number
}

export type AuthProtocol = 'pap' | 'chap-md5' | 'ms-chap' | 'ms-chap-v2'
export type Mppe = 'off' | 'optional' | 'required'
/** A word alone means keys of 128 bits, stateless. */
export type MppeSpec =
  | Mppe
  | {
      readonly use: Mppe
      /** Bits, in any order. */
      readonly strengths: readonly (40 | 56 | 128)[]
      readonly state: 'stateless' | 'stateful' | 'either'
      /** Stateful mode: what is done after a loss. */
      /** Absent: as the profile has it. */
      readonly reset?: 'rfc' | 'linux'
    }

/** Whose habits an end of a tunnel has. */
export type Profile = 'default' | 'linux' | 'windows'

/** How an end of a tunnel treats its GRE packets. */
export interface GreSpec {
  /** Packets that it lets the peer have under way. */
  readonly receiveWindow: number
  readonly flow: 'window' | 'none'
  readonly outOfOrder: 'hold' | 'drop' | 'pass'
  readonly holdTime: Duration
}

/** What LCP asks for; what is absent is as usual. */
export interface LcpSpec {
  /** Octets. */
  readonly mru?: number
  readonly pfc?: boolean
  readonly acfc?: boolean
  readonly accm?: number
  readonly magic?: boolean
  readonly identification?: string
}

/** What the server has to prove to a client. */
export interface RequireAuth {
  readonly auth: readonly AuthProtocol[]
  readonly users: ReadonlyMap<string, string>
}
/** As whom a server proves itself. */
export interface Identity {
  readonly user: string
  readonly password: string
  readonly auth: readonly AuthProtocol[]
}

export interface ClientPptp {
  /** Address of the PAC. */
  readonly server: Ipv4
  readonly user: string
  readonly password: string
  /** What it agrees to, best first. */
  readonly auth: readonly AuthProtocol[]
  readonly mppe: MppeSpec
  /** Networks to be reached through the tunnel. */
  readonly routes: readonly Prefix[]
  /** Ask for name servers in IPCP (RFC 1877)? */
  readonly dns: boolean
  /** Ask for NetBIOS name servers as well? */
  readonly nbns?: boolean
  /** What the user types when asked once more. */
  readonly secondPassword?: string
  /** Absent: the server need not prove anything. */
  readonly requireAuth?: RequireAuth
  readonly lcp?: LcpSpec
  /** Time between two LCP Echo-Requests; absent: none are sent. */
  readonly echo?: Duration
  readonly profile?: Profile
  readonly gre?: Partial<GreSpec>
  readonly callIds?: 'random' | 'from-zero'
  /** How many of them may stay without an answer. */
  readonly echoFailures?: number
  /** It is a router: passes packets on between its networks and the tunnel. */
  readonly forward?: boolean
  readonly mssClamp?: boolean
  /** Largest IP packet in the tunnel; absent: what the path carries, less the headers. */
  readonly mtu?: number
}

/** What a user gets beside the right to come in. */
export interface GrantSpec {
  /** Absent: one of the pool. */
  readonly address?: Ipv4
  /** Networks behind the caller. */
  readonly routes?: readonly Prefix[]
  readonly session?: Duration
  readonly idle?: Duration
}

/** Absent: no limit. */
export interface LimitsSpec {
  readonly calls?: number
  readonly callsPerUser?: number
  readonly callsPerConnection?: number
  readonly connections?: number
  readonly connectionsPerPeer?: number
  readonly session?: Duration
  readonly idle?: Duration
}

/** Whom a server asks who may come in. */
export interface RadiusSpec {
  readonly servers: readonly {
    readonly address: Ipv4
    readonly authPort: number
    readonly acctPort: number
    readonly secret: Uint8Array
  }[]
  readonly timeout: Duration
  readonly tries: number
  readonly accounting: boolean
  /** Time between two reports of a session that goes on; absent: what the RADIUS server says. */
  readonly interim?: Duration
}

export interface RadiusNodeSpec {
  readonly secret: Uint8Array
  readonly users: ReadonlyMap<string, string>
  readonly grants: ReadonlyMap<string, GrantSpec>
}

export interface ServerPptp {
  /** Its own address on every ppp interface. */
  readonly local: Ipv4
  /** Addresses for callers, both ends included, lowest first. */
  readonly pool: { readonly first: Ipv4; readonly last: Ipv4 }
  readonly users: ReadonlyMap<string, string>
  /** What some of the users get beside an address of the pool. */
  readonly grants: ReadonlyMap<string, GrantSpec>
  /** What it demands, best first. */
  readonly auth: readonly AuthProtocol[]
  readonly mppe: MppeSpec
  /** Name servers it gives out in IPCP (RFC 1877): none, one or two. */
  readonly dns: readonly Ipv4[]
  /** The same for NetBIOS name servers. */
  readonly nbns?: readonly Ipv4[]
  /** How often a caller may try again after a wrong password. */
  readonly authRetries?: number
  /** Absent: it proves nothing. */
  readonly identity?: Identity
  readonly lcp?: LcpSpec
  /** Time between two LCP Echo-Requests; absent: none are sent. */
  readonly echo?: Duration
  readonly profile?: Profile
  readonly gre?: Partial<GreSpec>
  /** How many of them may stay without an answer. */
  readonly echoFailures?: number
  readonly limits: LimitsSpec
  readonly proxyArp: boolean
  readonly mssClamp: boolean
  /** Largest IP packet in the tunnels; absent: what the path carries, less the headers. */
  readonly mtu?: number
  readonly radius?: RadiusSpec
}

export interface LinkSpec {
  /** `alice:eth0-isp:eth0` */
  readonly name: string
  readonly type: 'ethernet' | 'ip' | 'serial'
  /** Largest IP packet in octets; of a serial link PPP says it. */
  readonly mtu: number
  /** Of a serial link; of every other 1. */
  readonly lines: number
  readonly ends: readonly [LinkEnd, LinkEnd]
}

export interface LinkEnd {
  readonly node: string
  readonly iface: string
  readonly ipv4?: InterfaceAddress
  /** What the line does to the packets that this end sends. */
  readonly sends: LineQuality
}

export interface LineQuality {
  readonly delay: Duration
  /** Each packet's delay is drawn from delay - jitter … delay + jitter. */
  readonly jitter: Duration
  /** Bits a second; absent: infinitely fast. */
  readonly rate?: number
  /** Octets that may wait for the line. */
  readonly queue: number
  /** Probabilities 0 … 1. */
  readonly loss: number
  readonly corruption: number
  readonly duplication: number
  readonly reordering: number
  /** Share of bits; of serial links only. */
  readonly noise: number
}

/** The arguments of each verb of `events`. */
export interface VerbArgs {
  connect: { readonly client: string }
  disconnect: { readonly client: string }
  dial: { readonly client: string }
  hangup: { readonly client: string }
  /** A PNS asks an access server to dial a number for it. */
  call: {
    readonly from: string
    readonly via: Ipv4
    readonly number: string
    readonly bearer: 'analogue' | 'digital' | undefined
  }
  ping: {
    readonly from: string
    readonly to: Ipv4
    readonly count: number
    readonly interval: Duration
    /** Octets of ICMP payload. */
    readonly size: number
    readonly ttl: number
    readonly dontFragment: boolean
    /** An unanswered echo request counts as failed after this long. */
    readonly timeout: Duration
  }
  /** `from` opens a TCP connection to `to`, which sends `bytes` octets of known content. */
  fetch: { readonly from: string; readonly to: Ipv4; readonly bytes: number; readonly port: number }
  /** `from` opens a TCP connection to the echo service of `to`: as many octets go there and come back. */
  talk: { readonly from: string; readonly to: Ipv4; readonly bytes: number; readonly port: number }
  echo: {
    readonly from: string
    readonly to: Ipv4
    readonly count: number
    readonly interval: Duration
    /** Octets of UDP payload. */
    readonly size: number
    readonly port: number
  }
  /** UDP datagrams, each from a port of its own. */
  flood: {
    readonly from: string
    readonly to: Ipv4
    readonly flows: number
    readonly interval: Duration
    readonly port: number
  }
  /** A machine gets another way to somewhere, or loses one. */
  route: { readonly node: string; readonly change: 'add' | 'remove'; readonly route: RouteSpec; readonly text: string }
  /** What is absent stays as it is. */
  link: {
    /** Index into `Lab.links`. */
    readonly link: number
    /** Its two nodes, in the order of `ends`. */
    readonly between: readonly [string, string]
    readonly up?: boolean
    /** New values for what `ends[0]` and `ends[1]` send; `rate: null` takes the limit away. */
    readonly sends: readonly [QualityChange, QualityChange]
  }
  /** A machine loses its power. */
  crash: { readonly node: string }
  /** A machine starts anew, whether it had power or not. */
  restart: { readonly node: string }
  /** A firewall rule, or a policy, is changed while everything goes on. */
  rule: { readonly node: string; readonly change: RuleChange }
  /** A NAT box forgets its connections, becomes another, or gets another outside address. */
  nat: {
    readonly node: string
    readonly flush?: true
    readonly like?: PersonalityName
    /** Of its outside interface, in the network where it is. */
    readonly address?: Ipv4
  }
  /** What a user has to type, or types: an account of a server, or a client's own. */
  password: {
    readonly node: string
    /** Of a server. */
    readonly user?: string
    /** Of a client: which of its two passwords. */
    readonly for?: 'pptp' | 'dial'
    readonly password: string
  }
  /** The PPTP service of a client or a server ends; the machine goes on. */
  shutdown: { readonly node: string }
  note: { readonly text: string }
}

export type RuleChange =
  /** Behind the others of its chain, or at a place: 1 is the first. */
  | { readonly add: RuleSpec; readonly place?: number }
  | { readonly remove: RuleSpec }
  | { readonly policy: 'accept' | 'drop'; readonly chain: RuleSpec['chain'] }

export type QualityChange = {
  readonly [K in keyof LineQuality]?: K extends 'rate' ? number | null : Exclude<LineQuality[K], undefined>
}

export type Verb = keyof VerbArgs

/** One entry of `events`. */
export type Action = { [V in Verb]: { readonly at: SimTime; readonly verb: V; readonly args: VerbArgs[V] } }[Verb]

/** One entry of `ask`. */
export interface Question {
  /** Asked before anything happens at this moment, or when what the named check looks at begins. */
  readonly when: { readonly at: SimTime } | { readonly before: string }
  /** The check that passes where `correct` is right; one asked `before` a check has that. */
  readonly shows?: string
  readonly text: string
  readonly answers: readonly string[]
  readonly correct: string
  readonly because: string
  /** Help for those who ask for it. */
  readonly hint?: string
}

/** One entry of `expect`. */
export interface Check {
  readonly name: string
  readonly description: string
  readonly level: 'error' | 'warning'
  readonly when: CheckTime
  /** All must hold at the same moment. */
  readonly state: readonly StateCondition[]
  readonly seen?: EventPattern
  readonly unseen?: EventPattern
  /** Sentences for the reader of the verdict. */
  readonly pass?: string
  readonly fail?: string
}

/** Instants are looked at after their last event; both ends of `during` are included. */
export type CheckTime =
  | { readonly by: SimTime }
  | { readonly at: SimTime }
  | { readonly during: readonly [SimTime, SimTime] }

export interface StateCondition {
  readonly node: string
  /** The path of docs/snapshot.md below the node: `ppp.ipcp`, `calls[alice].ppp.lcp`. */
  readonly path: string
  readonly want: Comparison
}

export interface EventPattern {
  readonly event: EventName
  readonly node?: string
  readonly fields: readonly { readonly name: string; readonly want: Comparison }[]
  /** How many such events, from 0 s to the moment of the check (`during`: within it); `unseen` has no use for it. */
  readonly count: Comparison
}

export type Comparison = { readonly op: '==' | '!='; readonly value: string | number | boolean } | NumberComparison
interface NumberComparison {
  readonly op: '==' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: number
}

/** One thing wrong with a lab file. */
export interface Issue {
  /** The file's name, or `--set` for a value given on the command line. */
  readonly file: string
  /** From 1; columns count characters, and `endColumn` is the first one behind the marked text. */
  readonly line: number
  readonly column: number
  readonly endColumn: number
  /** `topology.links[2].ipv4`; empty for the file as a whole. */
  readonly path: string
  /** One sentence. */
  readonly message: string
  /** `did you mean "alice"?`, or what would be right. */
  readonly hint?: string
  /** The line of the file that is meant. */
  readonly excerpt: string
}
