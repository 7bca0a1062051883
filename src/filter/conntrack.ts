/**
 * Connection tracking: which flow a packet belongs to, in which direction and in which state. It is built as Linux's
 * nf_conntrack is, whose behaviour with PPTP was measured (docs/nat.md).
 *
 * A flow is made by its first packet and stands in the table only when that packet has passed everything (`confirm`);
 * if a rule drops it, nothing remains. Both tuples of a flow must be free then, or the packet is dropped: two inside
 * hosts behind one address must not be told apart by nothing.
 *
 * Limits: checksums are not verified here (a packet with a bad one moves its flow as a good one does), TCP windows are
 * not followed, and there are no zones.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { SimTime } from '../base/time.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import { Expiry } from './expiry.ts'
import { type Expectation, Flow, FlowList, MOST_CALLS } from './flow.ts'
import { Keymap, readKeys } from './gre.ts'
import { begin, heard } from './trackers.ts'
import { type Entry, Tuple, TupleTable } from './tuple.ts'
import type { PacketState, Personality } from './types.ts'

/** When the table is full, so many of the oldest flows are looked at for one that can be spared. */
const SPARE_SEARCH = 64
/** What one helper may expect at a time: both directions of each call. The oldest is forgotten for a new one. */
const EXPECTED_PER_CALL = 2

export interface ConntrackEvents {
  /** A flow is gone: its mapping is free. */
  gone(flow: Flow): void
}

export class Conntrack {
  readonly keymap = new Keymap()
  /** What `track` has found of the last packet. */
  flow: Flow | undefined
  isReply = false
  state: PacketState = 'invalid'
  /** The packet is an ICMP error about the flow. */
  isError = false
  /** A flow that a helper expected has begun with this packet. */
  expected: Expectation | undefined
  /** As Linux counts them. */
  insertFailed = 0
  earlyDrops = 0
  /** What `confirm` found in the way of the last flow that did not come into the table. */
  inTheWay: Flow | undefined
  readonly #env: Env
  readonly #events: ConntrackEvents
  #personality: Personality
  readonly #table = new TupleTable<Flow>()
  readonly #flows = new FlowList()
  readonly #expiry: Expiry
  readonly #expectations = new TupleTable<Expectation>()
  readonly #expected = new Map<Flow, Expectation[]>()
  readonly #tuple = new Tuple()
  readonly #inverse = new Tuple()

  constructor(env: Env, personality: Personality, events: ConntrackEvents) {
    this.#env = env
    this.#personality = personality
    this.#events = events
    this.#expiry = new Expiry(
      env,
      flow => this.#leaves(flow),
      flow => this.kill(flow),
    )
  }

  /** When a flow that has outlived its time is found out, if no packet asks for it before. */
  #leaves(flow: Flow): SimTime {
    const { expires, master, children } = flow
    const { sweep } = this.#personality
    const isAlone = !master && (children?.size ?? 0) === 0 && !this.#expected.has(flow)
    return sweep === 0 || isAlone ? expires : Math.ceil(expires / sweep) * sweep
  }

  get personality(): Personality {
    return this.#personality
  }
  set personality(personality: Personality) {
    this.#personality = personality
  }

  /** Confirmed flows. */
  get size(): number {
    return this.#flows.size
  }
  /** Entries of any kind; for those who look for leaks. */
  get held(): number {
    const { size } = this.#expectations
    return this.#flows.size + this.#table.size + size + this.#expected.size + this.keymap.size + this.#expiry.size
  }
  get flows(): readonly Flow[] {
    return this.#flows.all
  }
  /** Without those that have outlived their time. */
  get living(): Flow[] {
    const { now } = this.#env.clock
    return this.#flows.all.filter(flow => flow.expires > now)
  }
  get expectations(): Expectation[] {
    this.#forgetOld()
    return [...this.#expected.values()].flat()
  }

  /** A living flow; one that has outlived its time goes now. */
  find(tuple: Tuple): Entry<Flow> | undefined {
    const entry = this.#table.find(tuple)
    if (!entry || entry.owner.expires > this.#env.clock.now) return entry
    this.kill(entry.owner)
    return undefined
  }

  /** Ends what has outlived its time, as a look at the table does. */
  expire(): void {
    const { now } = this.#env.clock
    this.remove(flow => flow.expires <= now)
  }

  /** Looks at a whole packet that has just come in or been made. */
  track(packet: Packet): void {
    const { bytes, start, end } = packet
    const at = start + Ipv4.headerLength(bytes, start)
    this.isError = false
    this.expected = undefined
    const protocol = Ipv4.protocol(bytes, start)
    if (protocol === Ipv4.PROTOCOL.icmp && at < end && Icmp.isError(bytes[at])) this.#trackError(packet, at)
    else if (this.#read(this.#tuple, bytes, start, at, end)) this.#trackTuple(bytes, at, end)
    else this.#invalid()
  }

  #invalid(): void {
    this.flow = undefined
    this.isReply = false
    this.state = 'invalid'
  }

  #trackTuple(bytes: Uint8Array, at: number, end: number): void {
    const { now } = this.#env.clock
    let entry = this.find(this.#tuple)
    for (;;) {
      const flow = entry?.owner ?? this.#begin(bytes, at, end)
      if (!flow) {
        this.#invalid()
        return
      }
      const isReply = entry?.isReply ?? false
      const verdict = heard(flow, isReply, bytes, at, end, this.#personality, this.#expiry, now)
      if (verdict === 'invalid') {
        this.#invalid()
        return
      }
      if (verdict === 'again') {
        this.kill(flow)
        entry = undefined
        continue
      }
      if (verdict === 'kill') this.kill(flow)
      this.flow = flow
      this.isReply = isReply
      flow.packets++
      if (isReply) {
        this.state = 'established'
        flow.seenReply = true
      } else this.state = flow.seenReply ? 'established' : flow.master ? 'related' : 'new'
      return
    }
  }

  /** The first packet of a flow; undefined if no flow begins so. */
  #begin(bytes: Uint8Array, at: number, end: number): Flow | undefined {
    const tuple = this.#tuple
    if (!begin(tuple, bytes, at, end, this.#personality)) return undefined
    const flow = new Flow()
    flow.original.copy(tuple)
    flow.reply.invert(tuple)
    const expected = this.#expectations.find(tuple)?.owner
    if (expected && expected.due > this.#env.clock.now) {
      this.unexpect(expected)
      expected.master.adopt(flow)
      this.expected = expected
    }
    return flow
  }

  /** An ICMP error belongs to the flow of the packet that it quotes. */
  #trackError(packet: Packet, at: number): void {
    const { bytes, start, end } = packet
    const inner = at + Icmp.HEADER
    this.#invalid()
    if (!this.#personality.icmpErrors || inner + Ipv4.HEADER > end) return
    const header = Ipv4.headerLength(bytes, inner)
    if (header < Ipv4.HEADER || inner + header > end || Ipv4.fragmentOffset(bytes, inner) > 0) return
    if (!this.#read(this.#tuple, bytes, inner, inner + header, end)) return
    const entry = this.find(this.#inverse.invert(this.#tuple))
    if (!entry) return
    // What the error is about must have been sent by the one that the error goes to.
    if ((Ipv4.destination(bytes, start) | 0) !== entry.destination) return
    this.relate(entry.owner, entry.isReply)
  }

  /** The packet tells of a flow. */
  relate(flow: Flow, isReply: boolean): void {
    this.flow = flow
    this.isReply = isReply
    this.state = 'related'
    this.isError = true
    this.expected = undefined
  }

  /** Reads a packet's tuple; false if it has none. `start` is at an IP header and `at` behind it. */
  #read(tuple: Tuple, b: Uint8Array, start: number, at: number, end: number): boolean {
    const protocol = Ipv4.protocol(b, start)
    tuple.protocol = protocol
    tuple.source = Ipv4.source(b, start) | 0
    tuple.destination = Ipv4.destination(b, start) | 0
    if (protocol === Ipv4.PROTOCOL.gre) return readKeys(tuple, b, at, end, this.#personality.gre.keys, this.keymap)
    const hasPorts = protocol === Ipv4.PROTOCOL.tcp || protocol === Ipv4.PROTOCOL.udp
    if (hasPorts || protocol === Ipv4.PROTOCOL.icmp) {
      if (end - at < 8) return false
      tuple.sourceKey = hasPorts ? (b[at] << 8) | b[at + 1] : Icmp.identifier(b, at)
      tuple.destinationKey = hasPorts ? (b[at + 2] << 8) | b[at + 3] : Icmp.type(b, at) << 8
    } else {
      tuple.sourceKey = 0
      tuple.destinationKey = 0
    }
    return true
  }

  /** The first packet of a flow has passed: it goes into the table. Otherwise why it cannot. */
  confirm(flow: Flow): 'ok' | 'clash' | 'full' {
    if (this.isTaken(flow.original) || this.isTaken(flow.reply)) {
      this.insertFailed++
      this.inTheWay = (this.#table.find(flow.original) ?? this.#table.find(flow.reply))?.owner
      this.discard(flow)
      return 'clash'
    }
    if (this.#flows.size >= this.#personality.limit && !this.#spare()) {
      this.discard(flow)
      return 'full'
    }
    flow.confirmed = true
    this.#table.add(flow.original)
    this.#table.add(flow.reply)
    this.#flows.add(flow)
    this.#expiry.start(flow)
    return 'ok'
  }

  /** Has a living flow this tuple? */
  isTaken(tuple: Tuple): boolean {
    return this.find(tuple) !== undefined
  }

  /** Makes room: of the oldest flows one that has not been answered for good. */
  #spare(): boolean {
    let flow = this.#flows.oldest
    for (let looked = 0; flow && looked < SPARE_SEARCH; looked++, flow = flow.newer) {
      if (flow.assured) continue
      this.earlyDrops++
      this.kill(flow)
      return true
    }
    return false
  }

  /** The first packet of a flow was dropped: the flow has never been. */
  discard(flow: Flow): void {
    if (flow.confirmed || flow.gone) return
    this.#end(flow)
  }

  /** Ends a flow and all that hangs on it. */
  kill(flow: Flow): void {
    if (flow.gone) return
    if (flow.confirmed) {
      this.#table.remove(flow.original)
      this.#table.remove(flow.reply)
      this.#flows.remove(flow)
      if (this.#flows.size === 0) this.#expiry.clear()
    }
    this.#end(flow)
  }

  #end(flow: Flow): void {
    flow.gone = true
    flow.helper?.closed()
    this.unexpectAll(flow)
    const { master } = flow
    if (master) {
      master.children?.delete(flow)
      if (!master.gone) master.helper?.childGone(flow)
    }
    this.#events.gone(flow)
  }

  /** Ends all flows of which this is true; how many. */
  remove(isOne: (flow: Flow) => boolean): number {
    let count = 0
    for (const flow of this.#flows.all) {
      if (flow.gone || !isOne(flow)) continue
      this.kill(flow)
      count++
    }
    return count
  }

  flush(): number {
    const count = this.remove(() => true)
    this.keymap.clear()
    return count
  }

  // Expected flows

  /** False: another helper expects the same. */
  expect(expectation: Expectation): boolean {
    const { master, entry } = expectation
    const { pptp, timeouts } = this.#personality
    const { now } = this.#env.clock
    const before = this.#expectations.find(entry)?.owner
    if (before && before.master !== master && before.due > now) return false
    if (before) this.unexpect(before)
    const own = this.#expected.get(master) ?? []
    if (own.length >= EXPECTED_PER_CALL * (pptp?.calls === 'all' ? MOST_CALLS : 1)) this.unexpect(own[0])
    expectation.due = now + timeouts.expectation
    this.#expected.set(master, own)
    own.push(expectation)
    this.#expectations.add(entry)
    return true
  }

  unexpect(expectation: Expectation): void {
    if (expectation.gone) return
    expectation.gone = true
    this.#expectations.remove(expectation.entry)
    const own = this.#expected.get(expectation.master)
    if (!own) return
    own.splice(own.indexOf(expectation), 1)
    if (own.length === 0) this.#expected.delete(expectation.master)
  }

  unexpectAll(master: Flow): void {
    for (const expectation of [...(this.#expected.get(master) ?? [])]) this.unexpect(expectation)
  }

  findExpectation(tuple: Tuple): Expectation | undefined {
    return this.#expectations.find(tuple)?.owner
  }

  /** Expectations have no timer of their own: they go with their masters, and count no more when they are due. */
  #forgetOld(): void {
    const { now } = this.#env.clock
    for (const own of [...this.#expected.values()])
      for (const expectation of [...own]) if (expectation.due <= now) this.unexpect(expectation)
  }
}
