/**
 * What the doctor knows of a run or of a capture, in one form for both: the questions of the tree ask nothing else. What a
 * vantage point cannot tell is undefined, and the answer to a question about it `unknown`.
 */
import type { SimTime } from '../../base/time.ts'

/** Packets of one kind that were discarded at one place for one reason. */
export interface Loss {
  readonly node: string
  readonly reason: string
  readonly proto: string | undefined
  readonly src: string | undefined
  readonly dst: string | undefined
  readonly rule: string | undefined
  readonly link: string | undefined
  readonly detail: string | undefined
  /** The entry of connection tracking that decided, of the first. */
  readonly entry: string | undefined
  /** The first of them. */
  readonly packet: string | undefined
  readonly first: SimTime
  last: SimTime
  count: number
}

/** Packets of one protocol from one end of a tunnel to the other. */
export interface Way {
  from: string
  /** The machine that has to get them, as soon as it is known. */
  to: string | undefined
  sent: number
  /** Undefined: where this was seen nobody can know. */
  arrived: number | undefined
  firstSent: SimTime | undefined
  lastSent: SimTime | undefined
  /** The packet of `lastSent`. */
  lastPacket: string
  lastArrival: SimTime | undefined
  /** Sent since the last one arrived. */
  silent: number
  /** The longest time without any that was ended by another. */
  pause: number
  /** Of those sent since the last one arrived. */
  readonly losses: Map<string, Loss>
  /** All of them. */
  readonly all: Map<string, Loss>
  /** What its receiver made of those that arrived, where that was nothing. */
  readonly spoiled: Map<string, Loss>
  /** Machines that took one for their own, with how many since the last one arrived, and the first. */
  readonly astray: Map<string, { count: number; packet: string; t: SimTime }>
}

export type Step = 'tcp' | 'control' | 'call' | 'lcp' | 'auth' | 'ccp' | 'ipcp'

export interface End {
  readonly t: SimTime
  readonly node: string
  readonly layer: string
  readonly reason: string
  readonly tries: number
  readonly detail: string
}

/** Something that a user has noticed. */
export interface Complaint {
  readonly t: SimTime
  readonly node: string
  readonly text: string
  /** Where it was to go; undefined: into a tunnel, or nobody knows. */
  readonly to: string | undefined
  /** What became of the packets that it is about. */
  readonly losses: readonly Loss[]
}

export interface Message {
  readonly t: SimTime
  readonly node: string
  readonly way: 'sent' | 'received'
  readonly proto: string
  readonly type: string
  readonly detail: string
  /** `alice#5`, `frame 12`. */
  readonly packet: string | undefined
}

/** One attempt to have a tunnel. */
export interface Tunnel {
  readonly kind: 'tunnel'
  /** Who opened TCP port 1723: a name, or an address of a capture. */
  readonly client: string
  /** The address that it called. */
  readonly target: string
  /** Who answered. */
  server: string | undefined
  readonly from: SimTime
  until: SimTime
  readonly reached: Map<Step, SimTime>
  end: End | undefined
  peerEnd: End | undefined
  readonly tcp: { readonly up: Way; readonly down: Way }
  readonly gre: { readonly up: Way; readonly down: Way }
  /** Of PPP, as both ends told it, or as it went by. */
  readonly messages: Message[]
  /** Result of Outgoing- or Incoming-Call-Reply and of Start-Control-Connection-Reply, if not 1. */
  refusal: Message | undefined
  /** Complaints of users while it was up. */
  readonly complaints: Complaint[]
  /** Machines that have passed its packets on. */
  readonly through: Set<string>
  /** NAT boxes that have changed one of its control messages. */
  readonly helped: Set<string>
  /** The address from which it was opened, and the call IDs as the client knows them: its own, and the server's. */
  readonly address: string
  callIds: { own: number | undefined; peers: number | undefined }
  /** Its client brings calls in (Incoming-Call-Request), which is what an access server does. */
  incoming: boolean
}

/** A call over a telephone line that did not come about or broke. */
export interface Dial {
  readonly kind: 'dial'
  readonly node: string
  readonly from: SimTime
  readonly end: End
  readonly number: string
  /** What access servers and PNSs said meanwhile. */
  readonly said: readonly Message[]
  /** Tunnels of access servers that lived then. */
  readonly tunnels: readonly Tunnel[]
}

/** What a user has noticed beside tunnels. */
export interface Trouble {
  readonly kind: 'trouble'
  readonly complaint: Complaint
}

export type Case = Tunnel | Dial | Trouble

/** A box that passes packets on, as an engineer sees it who may log in. */
export interface Box {
  readonly node: string
  readonly kind: string
  /** Undefined: it translates nothing. */
  readonly nat: string | undefined
  /** Has its kind a PPTP helper? */
  readonly helper: boolean
  readonly rules: readonly { readonly chain: string; readonly rule: string; readonly packets: number }[]
}

/** What a link did to packets of one direction. */
export interface LineFacts {
  readonly link: string
  readonly from: string
  frames: number
  lost: number
  /** The first packet lost, and when. */
  first: FirstOf | undefined
  /** Packets that it carried with other bits than it was given, and the first of them. */
  spoiled: number
  firstSpoiled: FirstOf | undefined
}
export interface FirstOf {
  readonly packet: string
  readonly t: SimTime
}

export const newLine = (link: string, from: string): LineFacts => ({
  link,
  from,
  frames: 0,
  lost: 0,
  first: undefined,
  spoiled: 0,
  firstSpoiled: undefined,
})

/** A flow of connection tracking, and when it began or ended. */
export interface FlowEnd {
  readonly t: SimTime
  readonly node: string
  readonly proto: string
  readonly entry: string
}

/** The source address that a NAT box gave to what one end of a tunnel sends to the other. */
export interface NatSource {
  readonly client: string
  readonly target: string
  /** The end that sends. */
  readonly from: string
  readonly proto: string
  readonly address: string
  readonly t: SimTime
  /** When it was last given. */
  last: SimTime
}

/** GRE of a call that is not that of who gets it. */
export interface Stranger {
  readonly client: string
  readonly server: string
  readonly callId: number
  readonly packet: string
  readonly t: SimTime
  count: number
}

/** `rule`: the rule or the helper that had asked for it; empty: nobody. */
export interface GreFlow extends FlowEnd {
  readonly rule: string
}

/** All of it. */
export interface Facts {
  readonly kind: 'run' | 'capture'
  readonly t: SimTime
  readonly cases: readonly Case[]
  readonly boxes: ReadonlyMap<string, Box>
  readonly losses: readonly Loss[]
  readonly lines: readonly LineFacts[]
  readonly flowEnds: readonly FlowEnd[]
  /** How flows of GRE began. */
  readonly greFlows: readonly GreFlow[]
  /** By NAT box: source addresses that it gave, in order. */
  readonly natSources: ReadonlyMap<string, readonly NatSource[]>
  readonly radius: readonly Message[]
  /** In a capture. */
  readonly strangers: readonly Stranger[]
}

export const newWay = (from: string, to: string | undefined): Way => ({
  from,
  to,
  sent: 0,
  arrived: 0,
  firstSent: undefined,
  lastSent: undefined,
  lastPacket: '',
  lastArrival: undefined,
  silent: 0,
  pause: 0,
  losses: new Map(),
  all: new Map(),
  spoiled: new Map(),
  astray: new Map(),
})

/** An attempt that has just begun. */
export const newTunnel = (
  client: string,
  address: string,
  target: string,
  server: string | undefined,
  from: SimTime,
): Tunnel => ({
  kind: 'tunnel',
  client,
  target,
  server,
  from,
  until: Number.MAX_SAFE_INTEGER,
  reached: new Map(),
  end: undefined,
  peerEnd: undefined,
  tcp: { up: newWay(client, server), down: newWay(server ?? '', client) },
  gre: { up: newWay(client, server), down: newWay(server ?? '', client) },
  messages: [],
  refusal: undefined,
  complaints: [],
  through: new Set(),
  helped: new Set(),
  address,
  callIds: { own: undefined, peers: undefined },
  incoming: false,
})
