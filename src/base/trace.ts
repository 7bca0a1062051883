/**
 * The trace: everything that happens in a run, as typed events of one closed table. Story, JSON, checks, captures and
 * the terminal UI are views of it.
 *
 * While nobody listens, `if (trace.on)` is all that a layer spends: no object and no string is made. The events that
 * come with every packet have listeners of their own, and layers ask `trace.packets` before these.
 */
import type { Account } from './account.ts'
import type { DialEnd } from './dial-end.ts'
import type { DropReason } from './drop.ts'
import type { StreamClose } from './layer.ts'
import type { Malformed } from './result.ts'
import type { Clock } from './scheduler.ts'
import type { SimTime } from './time.ts'
import type { TunnelEnd } from './tunnel-end.ts'

/** What the trace says of an IP packet. Addresses are text here: the trace is read by people. */
export interface PacketFacts {
  /** `alice#5`: the fifth packet that alice made. */
  readonly packet: string
  /** The packet it was made from: wrapped, unwrapped, fragment of. */
  readonly parent?: string | undefined
  /** `icmp`, `tcp`, `udp`, `gre`, or the number. */
  readonly proto: string
  readonly src: string
  readonly dst: string
  /** Octets of the IP packet. */
  readonly length: number
  readonly iface: string
}

export type Way = 'sent' | 'received'

/** One entry a kind of event; the fields are what checks (`seen`) may name. */
export interface EventFields {
  /** A node makes an IP packet and sends it. */
  send: PacketFacts
  /** A node passes an IP packet on. */
  forward: PacketFacts
  /** An IP packet has reached a node that it is addressed to. */
  deliver: PacketFacts
  drop: {
    readonly reason: DropReason
    /** `link`, `ethernet`, `arp`, `ip`, `icmp`, `udp`, `tcp`, `gre`, `pptp`, `ppp`, `mppe`, … */
    readonly layer: string
    readonly packet?: string | undefined
    /** For `malformed`: what is wrong with the bytes. */
    readonly why?: Malformed | undefined
    /** One clause with the facts: addresses, numbers, states. */
    readonly detail?: string | undefined
    readonly proto?: string | undefined
    readonly src?: string | undefined
    readonly dst?: string | undefined
    /** The link, for what a line loses. */
    readonly link?: string | undefined
    /** The firewall rule, policy or rule of translation that says so, as it was written. */
    readonly rule?: string | undefined
    /** Of what connection tracking or translation discards: the entry that is in the way, or that there is none. */
    readonly entry?: string | undefined
    /** The packet that it was made from. */
    readonly parent?: string | undefined
  }
  /** A state machine went from one state to another; `machine` is the path of docs/snapshot.md below the node. */
  state: { readonly machine: string; readonly from: string; readonly to: string; readonly cause: string }
  'pptp-message': {
    readonly way: Way
    /** The RFC's name in lower case with hyphens: `outgoing-call-request`. */
    readonly type: string
    readonly peer: string
    readonly detail: string
  }
  'ppp-message': {
    readonly way: Way
    /** `lcp`, `pap`, `chap`, `ccp`, `ipcp`, … */
    readonly proto: string
    /** `configure-request`, `challenge`, … */
    readonly type: string
    /** The session: `ppp0`. */
    readonly iface: string
    readonly id: number
    readonly detail: string
  }
  'radius-message': {
    readonly way: Way
    /** `access-request`, `access-accept`, … */
    readonly type: string
    readonly peer: string
    readonly id: number
    readonly detail: string
  }
  /** A signal of a telephone line (link/signal.ts). */
  'line-signal': {
    readonly way: Way
    readonly type: 'setup' | 'alerting' | 'connect' | 'release'
    /** `tty0`; of a trunk `pri0.7`. */
    readonly line: string
    readonly called?: string | undefined
    readonly calling?: string | undefined
    readonly bearer?: 'analogue' | 'digital' | undefined
    /** Bits a second. */
    readonly rate?: number | undefined
    /** Of a release: the cause number of Q.850. */
    readonly cause?: number | undefined
    readonly detail: string
  }
  /** An access server has decided which tunnel a telephone call takes. */
  'tunnel-rule': {
    /** `tty0` */
    readonly line: string
    readonly called: string
    readonly calling: string
    /** Who calls, if the rule was about that. */
    readonly user?: string | undefined
    /** The rule that won: `called 5550100`, `default`. */
    readonly rule: string
    /** Addresses of PNSs in the order in which they are asked, `local`, or `nobody`. */
    readonly to: string
  }
  /** A PNS does not take a telephone call: the next one is asked, or the caller turned away. */
  'pns-passed': {
    readonly line: string
    readonly pns: string
    readonly detail: string
  }
  /** No RADIUS server answered a request. */
  'radius-silent': { readonly type: string; readonly tries: number; readonly detail: string }
  /** What a caller has used, when its session is over; `in` came from the caller. */
  account: Account
  /** An interface came up or went down, with its addresses. */
  interface: { readonly iface: string; readonly to: 'up' | 'down'; readonly detail: string }
  /** A tunnel is over or did not come about: once a tunnel at each of its ends, with the first cause known there. */
  'tunnel-end': TunnelEnd & { readonly peer: string }
  /** A call over a telephone line is over or did not come about, for who dialled or answered: the first cause. */
  'dial-end': DialEnd & { readonly number: string }
  route: { readonly action: 'add' | 'remove'; readonly route: string }
  arp: {
    readonly way: Way
    readonly type: 'request' | 'reply' | 'announcement'
    readonly iface: string
    readonly address: string
    readonly mac: string
  }
  'tcp-retransmit': {
    readonly src: string
    readonly dst: string
    readonly seq: number
    readonly length: number
    readonly tries: number
  }
  'ping-sent': { readonly to: string; readonly seq: number; readonly length: number }
  /** `rtt` in nanoseconds. */
  'ping-reply': { readonly from: string; readonly seq: number; readonly rtt: number; readonly length: number }
  /** An ICMP error came back for a ping of ours, or none came in time (`type` is then `timeout`). */
  'ping-failed': {
    readonly to: string
    readonly seq: number
    readonly type: string
    readonly from?: string | undefined
  }
  /** A TCP transfer ended; `took` in nanoseconds; `ok` only if every octet was the right one. */
  'fetch-done': {
    readonly from: string
    readonly bytes: number
    readonly ok: boolean
    readonly took: number
    readonly detail: string
  }
  /** A conversation with an echo service over TCP ended; `bytes` came back, `took` in nanoseconds; `ok` only if all did. */
  'talk-done': {
    readonly to: string
    readonly bytes: number
    readonly ok: boolean
    readonly took: number
    readonly detail: string
  }
  'echo-reply': { readonly from: string; readonly seq: number; readonly rtt: number; readonly length: number }
  /** The run goes with the clock on the wall: what its time zero was there, in microseconds since 1970. */
  'wall-clock': { readonly timeZero: number }
  /** A connection to a service is over; `sent` octets were acknowledged, `took` in nanoseconds. */
  served: {
    readonly service: string
    /** The service's own. */
    readonly port: number
    readonly from: string
    readonly received: number
    readonly sent: number
    readonly took: number
    readonly end: StreamClose
    readonly detail: string
  }
  /** A packet filter has changed an IP packet; `rule` says by what: a rule, or the entry of an earlier packet. */
  nat: {
    readonly packet: string
    readonly proto: string
    readonly field: 'source' | 'destination' | 'call-id' | 'quoted' | 'mss'
    readonly before: string
    readonly after: string
    readonly rule: string
  }
  /** A helper in a NAT box has changed a PPTP control message. */
  'nat-helper': {
    readonly packet: string
    /** The RFC's name in lower case with hyphens. */
    readonly type: string
    readonly field: 'callId' | 'peerCallId'
    readonly before: number
    readonly after: number
    readonly entry: string
  }
  /** Connection tracking has a new entry, or one less. */
  flow: { readonly action: 'begin' | 'end'; readonly proto: string; readonly entry: string; readonly rule: string }
  /** An action of the lab was carried out; the text says which. */
  action: { readonly verb: string; readonly detail: string }
}

export type EventName = keyof EventFields

/** The fields of each event, for checks and JSON; the types above keep it complete. */
export const EVENTS: { readonly [K in EventName]: readonly (keyof EventFields[K] & string)[] } = {
  send: ['packet', 'parent', 'proto', 'src', 'dst', 'length', 'iface'],
  forward: ['packet', 'parent', 'proto', 'src', 'dst', 'length', 'iface'],
  deliver: ['packet', 'parent', 'proto', 'src', 'dst', 'length', 'iface'],
  drop: ['reason', 'layer', 'packet', 'why', 'detail', 'proto', 'src', 'dst', 'link', 'rule', 'entry', 'parent'],
  state: ['machine', 'from', 'to', 'cause'],
  'pptp-message': ['way', 'type', 'peer', 'detail'],
  'ppp-message': ['way', 'proto', 'type', 'iface', 'id', 'detail'],
  'radius-message': ['way', 'type', 'peer', 'id', 'detail'],
  'line-signal': ['way', 'type', 'line', 'called', 'calling', 'bearer', 'rate', 'cause', 'detail'],
  'tunnel-rule': ['line', 'called', 'calling', 'user', 'rule', 'to'],
  'pns-passed': ['line', 'pns', 'detail'],
  'radius-silent': ['type', 'tries', 'detail'],
  account: [
    ...['peer', 'user', 'address', 'iface', 'seconds', 'octetsIn', 'octetsOut', 'packetsIn', 'packetsOut'],
    'cause',
  ] as const,
  interface: ['iface', 'to', 'detail'],
  'tunnel-end': ['peer', 'layer', 'reason', 'tries', 'detail'],
  'dial-end': ['number', 'layer', 'reason', 'tries', 'detail'],
  route: ['action', 'route'],
  arp: ['way', 'type', 'iface', 'address', 'mac'],
  'tcp-retransmit': ['src', 'dst', 'seq', 'length', 'tries'],
  'ping-sent': ['to', 'seq', 'length'],
  'ping-reply': ['from', 'seq', 'rtt', 'length'],
  'ping-failed': ['to', 'seq', 'type', 'from'],
  'fetch-done': ['from', 'bytes', 'ok', 'took', 'detail'],
  'talk-done': ['to', 'bytes', 'ok', 'took', 'detail'],
  'echo-reply': ['from', 'seq', 'rtt', 'length'],
  'wall-clock': ['timeZero'],
  served: ['service', 'port', 'from', 'received', 'sent', 'took', 'end', 'detail'],
  nat: ['packet', 'proto', 'field', 'before', 'after', 'rule'],
  'nat-helper': ['packet', 'type', 'field', 'before', 'after', 'entry'],
  flow: ['action', 'proto', 'entry', 'rule'],
  action: ['verb', 'detail'],
}

/** What comes with every packet: the rest of the trace is rare beside it. */
const OF_EVERY_PACKET: ReadonlySet<EventName> = new Set(['send', 'forward', 'deliver', 'nat'])
export const isOfEveryPacket = (event: EventName): boolean => OF_EVERY_PACKET.has(event)

export type TraceEvent = {
  [K in EventName]: { readonly t: SimTime; readonly node: string; readonly event: K } & EventFields[K]
}[EventName]

export type Listener = (event: TraceEvent) => void

/** All events of a run pass through one hub. */
export class TraceHub {
  /** Does anybody listen? */
  on = false
  /** Does anybody listen to what comes with every packet? */
  packets = false
  /** How many packets were discarded, by reason: counted whether anybody listens or not. */
  readonly drops = new Map<DropReason, number>()
  readonly #clock: Clock
  readonly #listeners: Listener[] = []
  readonly #packetListeners: Listener[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Tells the listener every event, or all but those of every packet. */
  listen(listener: Listener, packets = true): void {
    this.#listeners.push(listener)
    this.on = true
    if (!packets) return
    this.#packetListeners.push(listener)
    this.packets = true
  }

  emit<K extends EventName>(node: string, event: K, fields: EventFields[K]): void {
    const full = { t: this.#clock.now, node, event, ...fields } as unknown as TraceEvent
    for (const listener of isOfEveryPacket(event) ? this.#packetListeners : this.#listeners) listener(full)
  }
}

/** One node's way into the trace. */
export class Trace {
  readonly #hub: TraceHub
  readonly #node: string

  constructor(hub: TraceHub, node: string) {
    this.#hub = hub
    this.#node = node
  }

  /** Does anybody listen? Ask before building the fields of a frequent event. */
  get on(): boolean {
    return this.#hub.on
  }
  /** The same before `send`, `forward` and `deliver`. */
  get packets(): boolean {
    return this.#hub.packets
  }

  emit<K extends EventName>(event: K, fields: EventFields[K]): void {
    if (this.#hub.on) this.#hub.emit(this.#node, event, fields)
  }

  /** A packet is discarded. Call it every time, listened to or not: drops are counted. */
  drop(fields: EventFields['drop']): void {
    const { drops } = this.#hub
    drops.set(fields.reason, (drops.get(fields.reason) ?? 0) + 1)
    this.emit('drop', fields)
  }
}
