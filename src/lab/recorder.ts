/**
 * Remembers a run for those who look at it: the latest events, and the latest packets with their ways and what was made
 * of what. Memory is bounded: the oldest are forgotten.
 *
 * One that is to show only a later moment can begin late to keep events and packets (`keep`): until then it counts them,
 * and follows machines, drops and traffic. What it remembers later is the same as if it had kept all from the beginning.
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
import { Latest } from './latest.ts'
import type { Moment, Run } from './run.ts'
import type { DropEvent, RewriteEvent } from './why.ts'

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
  /** The latest, and how often that machine has discarded it: a line may deliver it twice. */
  drop: Extract<TraceEvent, { event: 'drop' }> | undefined
  drops: number
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

/** A packet on a link. The record is the recorder's own: it goes on growing. */
export interface Flight {
  readonly packet: PacketRecord
  readonly hop: Hop
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

/** What one machine has discarded for one reason, by one rule or entry. */
export interface Loss {
  readonly node: string
  readonly reason: DropEvent['reason']
  readonly rule: string | undefined
  readonly entry: string | undefined
  count: number
  last: DropEvent
}

export interface RecorderLimits {
  readonly events: number
  readonly journeys: number
}
export const LIMITS: RecorderLimits = { events: 20_000, journeys: 5000 }

/** How much had been by a moment in the middle of the run. */
export interface Mark {
  readonly moment: Moment
  readonly events: number
  readonly journeys: number
}
/** So many flights are remembered before they are looked through for those that are over. */
const ROOM = 1000
/** There is a mark every so many events. */
const MARK = 1000

/** States of one machine that are remembered. */
const STATES = 64
/** Machines that are remembered: every TCP connection of the run is one, and every call of a server has several. */
const MACHINES = 2000
const ENDS: ReadonlySet<string> = new Set(['closed', 'time-wait', 'idle', 'dead', 'initial', 'starting', 'stopped'])
const isOver = ({ entered }: MachineRecord): boolean => ENDS.has(entered[entered.length - 1].state)
/** A user's TCP connection, or a call of a server; the last control connection of a client is looked at after its end. */
const isOverOfMany = (record: MachineRecord): boolean =>
  /^calls\[|^tcp\[(?!.*:1723\b)/.test(record.machine) && isOver(record)
/** Seconds with traffic that are remembered of a node. */
const SECONDS = 120

const REQUESTS: ReadonlySet<string> = new Set(['configure-request', 'terminate-request', 'authenticate-request'])
const ANSWERS: ReadonlySet<string> = new Set(['configure-ack', 'configure-nak', 'configure-reject'])

export class Recorder {
  readonly run: Run
  /** Who hears whom in the tunnels. */
  readonly hearing: Hearing
  readonly #events: Latest<TraceEvent>
  readonly #journeys: Latest<Journey>
  readonly #packets = new Map<string, PacketRecord>()
  /** Of packets that were not kept: the number of their journey. */
  readonly #passed: Passed
  readonly #copies = new Copies()
  readonly #marks: Mark[] = []
  /** Is shown journeys that are forgotten from here on, a last time, in their order. */
  onForget: ((journeys: readonly Journey[]) => void) | undefined
  #keeps = true
  readonly #machines = new Map<string, MachineRecord>()
  readonly #traffic = new Map<string, TrafficSecond[]>()
  readonly #dropsByNode = new Map<string, number>()
  readonly #losses = new Map<string, Loss>()
  /** On links now, or since it was looked through: then there are no more than `#room`. */
  #flying: Flight[] = []
  #room = ROOM
  #early: RewriteEvent[] = []
  #dropped = 0

  /** `keeps`: false for one that is told later to keep events and packets. */
  constructor(run: Run, limits: RecorderLimits = LIMITS, keeps = true) {
    this.run = run
    this.hearing = new Hearing(run.simulation.lab)
    this.#events = new Latest(limits.events)
    this.#journeys = new Latest(limits.journeys)
    this.#passed = new Passed(limits.journeys)
    this.#keeps = keeps
    run.listen(event => this.#event(event))
    for (const index of run.simulation.links.keys()) run.tap(index, frame => this.#frame(index, frame))
    run.lookInside((node, inside) => this.#inside(node, inside))
  }

  /** The latest events, oldest first. */
  get events(): readonly TraceEvent[] {
    return this.#events.items
  }
  /** The latest journeys, in the order of their beginning. */
  get journeys(): readonly Journey[] {
    return this.#journeys.items
  }
  /** How many events and journeys there have been. */
  get eventCount(): number {
    return this.#events.count
  }
  get journeyCount(): number {
    return this.#journeys.count
  }
  /** From the beginning on, far apart. */
  get marks(): readonly Mark[] {
    return this.#marks
  }
  /** Events, and packets whose journey begins, are kept from now on. */
  keep(): void {
    this.#keeps = true
  }
  /** All drops of the run. */
  get drops(): number {
    return this.#dropped
  }
  dropsAt(node: string): number {
    return this.#dropsByNode.get(node) ?? 0
  }
  /** What was discarded in the whole run, by machine and reason, in the order in which each was met first. */
  get losses(): readonly Loss[] {
    return [...this.#losses.values()]
  }
  /** Of the seconds in which something passed, oldest first. */
  traffic(node: string): readonly TrafficSecond[] {
    return this.#traffic.get(node) ?? []
  }
  /** Packets on links now, each where it is, in the order of their sending. */
  get flights(): readonly Flight[] {
    this.#land(this.run.now)
    return this.#flying.filter(({ packet, hop }) => packet.hops.at(-1) === hop)
  }
  /** By its number, if it is still remembered. */
  journey(no: number): Journey | undefined {
    const { items } = this.#journeys
    return items[no - (items[0]?.no ?? 0)]
  }
  /** How many journeys are forgotten: the first ones. */
  get forgotten(): number {
    return this.#journeys.gone
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
    if (this.#keeps) this.#events.add(event)
    else this.#events.pass()
    if (this.#events.count % MARK === 0) this.#mark(event.t)
    switch (event.event) {
      case 'send':
      case 'forward':
      case 'deliver': {
        const record = this.#record(event.packet, event.parent, event.t)
        if (!record) break
        record.facts ??= event
        record.visits.push({ node: event.node, t: event.t, what: event.event })
        break
      }
      case 'drop':
        this.#drop(event)
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

  /** The step that is being taken is not over: who stops at the mark stops before it. */
  #mark(t: SimTime): void {
    const moment = { t, steps: this.run.steps - 1 }
    this.#marks.push({ moment, events: this.#events.count, journeys: this.#journeys.count })
  }

  #drop(event: DropEvent): void {
    const { node, reason, rule, entry, packet, parent } = event
    this.#dropped++
    this.#dropsByNode.set(node, this.dropsAt(node) + 1)
    const key = [node, reason, rule, entry].join('|')
    const known = this.#losses.get(key)
    if (known) {
      known.count++
      known.last = event
    } else this.#losses.set(key, { node, reason, rule, entry, count: 1, last: event })
    const record = packet === undefined ? undefined : this.#record(packet, parent, event.t)
    if (!record) return
    record.drops = record.drop?.node === node ? record.drops + 1 : 1
    record.drop = event
  }

  /** A packet of a machine's own is rewritten before the trace has told of it, and what it was made from. */
  #rewritten(event: RewriteEvent): void {
    const record = this.#packets.get(event.packet)
    if (!record && this.#isPassed(event.packet)) return
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
      if (this.#machines.size > MACHINES) this.#forgetMachine()
    }
    record.entered.push({ state: to, t, cause })
    if (record.entered.length > STATES) record.entered.splice(0, 1)
    if (to !== 'ack-sent') record.tries = 0
  }

  /** The oldest of those that matter least: what is over of many, before what a screen still asks for. */
  #forgetMachine(): void {
    for (const isLess of [isOverOfMany, isOver, () => true]) {
      for (const [key, record] of this.#machines) {
        if (!isLess(record)) continue
        this.#machines.delete(key)
        return
      }
    }
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
    this.hearing.frame(packet, bytes, this.run.simulation.links[link].type)
    const record = this.#record(packet, parent, t)
    if (!record) return
    const hop: Hop = { link, line, from, sent: t, arrives, fate, bytes: this.#copies.of(bytes) }
    record.hops.push(hop)
    if (arrives === undefined) return
    this.#flying.push({ packet: record, hop })
    if (this.#flying.length > this.#room) this.#land(t)
  }

  /** Forgets flights that are over. */
  #land(now: SimTime): void {
    const { gone } = this.#journeys
    this.#flying = this.#flying.filter(({ packet, hop }) => (hop.arrives ?? 0) > now && packet.journey.no > gone)
    this.#room = Math.max(ROOM, this.#flying.length * 2)
  }

  #inside(node: string, { way, packet, parent, bytes }: InsidePacket): void {
    if (way === 'through') return
    const record = this.#record(packet, parent, this.run.now)
    if (record) record.inside ??= this.#copies.of(bytes)
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

  /** Undefined: its journey began before journeys were kept. */
  #record(id: string, parentId: string | undefined, t: SimTime): PacketRecord | undefined {
    const known = this.#packets.get(id)
    if (known || this.#isPassed(id)) return known
    const rewrites = this.#early[0]?.packet === id ? this.#early.splice(0) : undefined
    const parent = parentId === undefined ? undefined : this.#packets.get(parentId)
    const journey = parent?.journey ?? this.#begin(id, parentId, t)
    if (!journey) return undefined
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
      drops: 0,
      rewrites,
    }
    journey.packets.push(record)
    this.#packets.set(id, record)
    return record
  }

  /** Undefined if it is not kept, or is that of a packet that was not. */
  #begin(id: string, parentId: string | undefined, t: SimTime): Journey | undefined {
    const passed = this.#passed
    const older = parentId === undefined ? undefined : passed.get(parentId, this.#journeys.gone)
    if (older !== undefined) {
      passed.set(id, older)
      return undefined
    }
    const no = this.#journeys.count + 1
    if (!this.#keeps) {
      passed.set(id, no)
      this.#journeys.pass()
      return undefined
    }
    const journey: Journey = { no, t, packets: [] }
    const forgotten = this.#journeys.add(journey)
    if (forgotten.length > 0) this.#forget(forgotten)
    return journey
  }

  #forget(journeys: readonly Journey[]): void {
    this.onForget?.(journeys)
    for (const { packets } of journeys) for (const { id } of packets) this.#packets.delete(id)
  }

  #isPassed(id: string): boolean {
    return this.#passed.get(id, this.#journeys.gone) !== undefined
  }
}

/** Packets that were not kept, by the numbers of their journeys. One of a journey that is forgotten is not known. */
class Passed {
  readonly #limit: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  /** Numbers above it are among the young. */
  #border = 0

  constructor(limit: number) {
    this.#limit = limit * 2
  }

  get(id: string, gone: number): number | undefined {
    if (this.#border === 0 && this.#young.size === 0) return undefined
    const no = this.#young.get(id) ?? this.#old.get(id)
    return no === undefined || no <= gone ? undefined : no
  }

  set(id: string, no: number): void {
    if (no > this.#border + this.#limit) {
      this.#border = no
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(id, no)
  }
}

/** Octets of a slab, in which many copies find room: an array of its own for each would cost more than the octets. */
const SLAB = 65_536

/** Makes copies of octets that are only lent. */
class Copies {
  #slab = new Uint8Array(0)
  #used = 0

  of(bytes: Uint8Array): Uint8Array {
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB, bytes.length))
      this.#used = 0
    }
    const copy = this.#slab.subarray(this.#used, (this.#used += bytes.length))
    copy.set(bytes)
    return copy
  }
}
