/**
 * Remembers a run for those who look at it: the latest events, and the latest packets with their ways and what was made
 * of what. Memory is bounded: the oldest are forgotten.
 *
 * A journey is one packet in all its forms: an echo request, the GRE packet it is wrapped in, and the echo request again
 * behind the tunnel, are three packets and one journey.
 */
import type { DropReason } from '../base/drop.ts'
import type { SimTime } from '../base/time.ts'
import type { PacketFacts, TraceEvent } from '../base/trace.ts'
import type { TappedFrame } from '../link/link.ts'
import type { InsidePacket } from '../node/ip-node.ts'
import { Hearing } from './hearing.ts'
import type { Run } from './run.ts'
import type { RewriteEvent } from './why.ts'

/** A frame on a link, or lost by it. */
export interface Hop {
  /** Index of the link. */
  readonly link: number
  /** On a serial link: which of its lines, from 1. */
  readonly line: number | undefined
  /** The end that sent it. */
  readonly from: 0 | 1
  readonly sent: SimTime
  /** Undefined when it never arrives. */
  readonly arrives: SimTime | undefined
  readonly fate: DropReason | 'corrupted' | 'duplicated' | undefined
  readonly bytes: Uint8Array
}

export interface Visit {
  readonly node: string
  readonly t: SimTime
  readonly what: 'send' | 'forward' | 'deliver'
}

export interface PacketRecord {
  readonly id: string
  /** The packet it was made from, if that is still remembered. */
  readonly parent: PacketRecord | undefined
  readonly t: SimTime
  readonly journey: Journey
  /** Absent for what is no IP packet (ARP). */
  facts: PacketFacts | undefined
  readonly hops: Hop[]
  readonly visits: Visit[]
  /** The IP packet in clear, where it entered or left a ppp interface. */
  inside: Uint8Array | undefined
  drop: Extract<TraceEvent, { event: 'drop' }> | undefined
  /** What NAT boxes have changed of it, in order; absent for most. */
  rewrites: RewriteEvent[] | undefined
}

export interface Journey {
  /** Counted from 1 over the whole run. */
  readonly no: number
  readonly t: SimTime
  /** In the order of their making; the first was made from none. */
  readonly packets: PacketRecord[]
}

/** A state machine: how it came to its state. */
export interface MachineRecord {
  readonly node: string
  /** The path below the node: `ppp.lcp`. */
  readonly machine: string
  /** Every state entered, the last being the present one. */
  readonly entered: { readonly state: string; readonly t: SimTime; readonly cause: string }[]
  /** Requests sent since that nobody has answered. */
  tries: number
  /** When the last of them was sent. */
  asked: SimTime | undefined
}

/** Octets of IP packets that went into a node's tunnels and came out of them in one second of the run. */
export interface TrafficSecond {
  readonly second: number
  in: number
  out: number
}

export interface RecorderLimits {
  readonly events: number
  readonly journeys: number
}
const LIMITS: RecorderLimits = { events: 20_000, journeys: 5000 }
/** States of one machine that are remembered. */
const STATES = 64
/** Machines that are remembered: every TCP connection of the run is one. */
const MACHINES = 2000
/** Seconds with traffic that are remembered of a node. */
const SECONDS = 120

const REQUESTS: ReadonlySet<string> = new Set(['configure-request', 'terminate-request', 'authenticate-request'])
const ANSWERS: ReadonlySet<string> = new Set(['configure-ack', 'configure-nak', 'configure-reject'])

export class Recorder {
  readonly run: Run
  /** Who hears whom in the tunnels. */
  readonly hearing: Hearing
  readonly #limits: RecorderLimits
  #events: TraceEvent[] = []
  #journeys: Journey[] = []
  readonly #packets = new Map<string, PacketRecord>()
  readonly #machines = new Map<string, MachineRecord>()
  readonly #traffic = new Map<string, TrafficSecond[]>()
  readonly #dropsByNode = new Map<string, number>()
  #early: RewriteEvent[] = []
  #journeyCount = 0
  #dropped = 0

  constructor(run: Run, limits: RecorderLimits = LIMITS) {
    this.run = run
    this.hearing = new Hearing(run.simulation.lab)
    this.#limits = limits
    run.listen(event => this.#event(event))
    for (const index of run.simulation.links.keys()) run.tap(index, frame => this.#frame(index, frame))
    run.lookInside((node, inside) => this.#inside(node, inside))
  }

  /** The latest events, oldest first. */
  get events(): readonly TraceEvent[] {
    return this.#events
  }
  /** The latest journeys, in the order of their beginning. */
  get journeys(): readonly Journey[] {
    return this.#journeys
  }
  /** All drops of the run. */
  get drops(): number {
    return this.#dropped
  }
  dropsAt(node: string): number {
    return this.#dropsByNode.get(node) ?? 0
  }
  /** Of the seconds in which something passed, oldest first. */
  traffic(node: string): readonly TrafficSecond[] {
    return this.#traffic.get(node) ?? []
  }
  packet(id: string): PacketRecord | undefined {
    return this.#packets.get(id)
  }
  machine(node: string, machine: string): MachineRecord | undefined {
    return this.#machines.get(`${node} ${machine}`)
  }
  /** Those of a node, in the order in which they first changed. */
  machinesOf(node: string): MachineRecord[] {
    return [...this.#machines.values()].filter(record => record.node === node)
  }

  #event(event: TraceEvent): void {
    this.hearing.event(event)
    this.#events.push(event)
    if (this.#events.length > this.#limits.events * 1.25) this.#events = this.#events.slice(-this.#limits.events)
    switch (event.event) {
      case 'send':
      case 'forward':
      case 'deliver': {
        const record = this.#record(event.packet, event.parent, event.t)
        record.facts ??= event
        record.visits.push({ node: event.node, t: event.t, what: event.event })
        break
      }
      case 'drop':
        this.#dropped++
        this.#dropsByNode.set(event.node, this.dropsAt(event.node) + 1)
        if (event.packet !== undefined) this.#record(event.packet, undefined, event.t).drop = event
        break
      case 'nat':
      case 'nat-helper':
        this.#rewritten(event)
        break
      case 'state':
        this.#state(event)
        break
      case 'ppp-message':
        this.#message(event)
        break
      default:
    }
  }

  /** A packet of a machine's own is rewritten before the trace has told of it, and what it was made from. */
  #rewritten(event: RewriteEvent): void {
    const record = this.#packets.get(event.packet)
    if (!record) this.#early = [...this.#early.filter(({ packet }) => packet === event.packet), event]
    else if (record.rewrites) record.rewrites.push(event)
    else record.rewrites = [event]
  }

  #state({ node, machine, from, to, cause, t }: Extract<TraceEvent, { event: 'state' }>): void {
    const key = `${node} ${machine}`
    let record = this.#machines.get(key)
    if (!record || record.entered.at(-1)?.state !== from) {
      record = { node, machine, entered: [{ state: from, t: 0, cause: '' }], tries: 0, asked: undefined }
      this.#machines.delete(key)
      this.#machines.set(key, record)
      for (const oldest of this.#machines.keys()) {
        if (this.#machines.size <= MACHINES) break
        this.#machines.delete(oldest)
      }
    }
    record.entered.push({ state: to, t, cause })
    if (record.entered.length > STATES) record.entered.splice(0, 1)
    if (to !== 'ack-sent') record.tries = 0
  }

  /** RFC 1661 §4.6: any answer to a request fills the restart counter again; a new request starts the timer anew. */
  #message({ node, proto, type, way, iface, t }: Extract<TraceEvent, { event: 'ppp-message' }>): void {
    const name = proto === 'pap' || proto === 'chap' ? 'auth' : proto
    const record = this.#negotiating(node, iface, name)
    if (!record) return
    if (way === 'received') {
      if (ANSWERS.has(type)) record.tries = 0
    } else if (REQUESTS.has(type)) {
      record.tries++
      record.asked = t
    }
  }

  /** Of a client: ppp0 is its tunnel or its telephone line; if it has both, ppp1 is the tunnel. */
  #negotiating(node: string, iface: string, name: string): MachineRecord | undefined {
    const ofLine = this.#machines.get(`${node} dial.ppp.${name}`)
    if (iface === 'ppp0') return ofLine ?? this.#machines.get(`${node} ppp.${name}`)
    return iface === 'ppp1' && ofLine ? this.#machines.get(`${node} ppp.${name}`) : undefined
  }

  #frame(link: number, { t, from, line, bytes, packet, parent, fate, arrives }: TappedFrame): void {
    const record = this.#record(packet, parent, t)
    record.hops.push({ link, line, from, sent: t, arrives, fate, bytes: bytes.slice() })
  }

  #inside(node: string, { way, packet, parent, bytes }: InsidePacket): void {
    if (way === 'through') return
    this.#record(packet, parent, this.run.now).inside ??= bytes.slice()
    const second = Math.floor(this.run.now / 1e9)
    const seconds = this.#traffic.get(node) ?? []
    this.#traffic.set(node, seconds)
    let last = seconds.at(-1)
    if (last?.second !== second) {
      last = { second, in: 0, out: 0 }
      seconds.push(last)
      if (seconds.length > SECONDS) seconds.shift()
    }
    last[way] += bytes.length
  }

  #record(id: string, parentId: string | undefined, t: SimTime): PacketRecord {
    const known = this.#packets.get(id)
    if (known) return known
    const parent = parentId === undefined ? undefined : this.#packets.get(parentId)
    const journey = parent?.journey ?? this.#begin(t)
    const record: PacketRecord = {
      id,
      parent,
      t,
      journey,
      facts: undefined,
      hops: [],
      visits: [],
      inside: undefined,
      drop: undefined,
      rewrites: this.#early[0]?.packet === id ? this.#early.splice(0) : undefined,
    }
    journey.packets.push(record)
    this.#packets.set(id, record)
    return record
  }

  #begin(t: SimTime): Journey {
    const journey: Journey = { no: ++this.#journeyCount, t, packets: [] }
    this.#journeys.push(journey)
    if (this.#journeys.length > this.#limits.journeys * 1.25) this.#forget()
    return journey
  }

  #forget(): void {
    const gone = this.#journeys.length - this.#limits.journeys
    for (const journey of this.#journeys.slice(0, gone)) {
      for (const { id } of journey.packets) this.#packets.delete(id)
    }
    this.#journeys = this.#journeys.slice(gone)
  }
}
