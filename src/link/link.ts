/**
 * A full-duplex link: two lines, each with its own queue, rate, delay and faults.
 *
 * A packet draws its place in the order of events, (time, sequence), when it is sent. A line keeps its packets sorted
 * by that pair and has one entry in the event queue, for the first of them; "busy until" stands for the transmitter.
 * The words of the impairments are those of Linux's netem, and so is what they do: `reordering` is the share of
 * packets that overtake the others by skipping the delay, `jitter` varies the delay evenly and may reorder as well.
 */
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Sink } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import type { Duration, SimTime } from '../base/time.ts'
import { linkFacts } from '../wire/facts.ts'

/** The quality of one direction. */
export interface LineQuality {
  readonly delay: Duration
  /** The delay varies evenly by up to this much to both sides. */
  readonly jitter: Duration
  /** Bits a second; 0 is a line that takes no time to send. */
  readonly rate: number
  /** Octets that may wait for the transmitter; without a rate nothing waits. */
  readonly queue: number
  /** Shares of packets, 0 … 1. */
  readonly loss: number
  readonly corruption: number
  readonly duplication: number
  readonly reordering: number
  /** Share of bits that are flipped, 0 … 1; of serial lines only. */
  readonly noise: number
}

export const PERFECT: LineQuality = {
  delay: 0,
  jitter: 0,
  rate: 0,
  queue: 65_536,
  loss: 0,
  corruption: 0,
  duplication: 0,
  reordering: 0,
  noise: 0,
}

export type LinkType = 'ethernet' | 'ip'

/** What a capture is told: a frame as it enters a line. */
export interface TappedFrame {
  readonly t: SimTime
  /** Which end sent it: 0 or 1. */
  readonly from: 0 | 1
  /** On a serial link: which of its lines, from 1. */
  readonly line?: number
  /** Valid during the call only. */
  readonly bytes: Uint8Array
  /** Its id, `alice#5`, and that of the packet it was made from. */
  readonly packet: string
  readonly parent: string | undefined
  /** Why it will not arrive, or what the line does to it. */
  readonly fate: DropReason | 'corrupted' | 'duplicated' | undefined
  /** When it is at the other end; undefined if it never is. */
  readonly arrives: SimTime | undefined
  /** When the transmitter took it from the queue; absent for what never got so far. */
  readonly began?: SimTime
}
export type Tap = (frame: TappedFrame) => void

/** One plug of a link, as the port of a node sees it. */
export interface LinkEnd {
  /** `alice:eth0` */
  readonly name: string
  readonly up: boolean
  /** Largest payload in octets: IP packet. */
  readonly mtu: number
  readonly type: LinkType
  send(packet: Packet): void
  /** Set by the node: where packets that arrive here go. */
  receive: Sink
}

export class Link {
  readonly name: string
  readonly type: LinkType
  readonly mtu: number
  readonly ends: readonly [LinkEnd, LinkEnd]
  up = true
  tap: Tap | undefined
  readonly #lines: readonly [Line, Line]

  /**
   * `envs` are those of the two nodes: each line's losses are traced at its sender. `random` is the link's own stream.
   */
  constructor(
    names: readonly [string, string],
    envs: readonly [Env, Env],
    random: Random,
    type: LinkType,
    mtu: number,
    quality: readonly [LineQuality, LineQuality],
  ) {
    this.name = names.join(' - ')
    this.type = type
    this.mtu = mtu
    this.#lines = [new Line(this, 0, envs[0], random, quality[0]), new Line(this, 1, envs[1], random, quality[1])]
    this.ends = [new End(this, names[0], this.#lines[0]), new End(this, names[1], this.#lines[1])]
    this.#lines[0].to = this.ends[1]
    this.#lines[1].to = this.ends[0]
  }

  /** Packets that have crossed the link, both directions together. */
  get carried(): number {
    return this.#lines[0].carried + this.#lines[1].carried
  }

  quality(from: 0 | 1): LineQuality {
    return this.#lines[from].quality
  }

  /** Changes what is named, from now on; packets on their way keep their time of arrival. */
  change(from: 0 | 1, quality: Partial<LineQuality>): void {
    this.#lines[from].setQuality({ ...this.#lines[from].quality, ...quality })
  }

  /** Plugs or unplugs the cable. What is on the way is lost when it is pulled. */
  setUp(up: boolean): void {
    this.up = up
    if (!up) for (const line of this.#lines) line.cut()
  }
}

class End implements LinkEnd {
  readonly name: string
  readonly #link: Link
  readonly #line: Line
  receive: Sink = packet => packet.release()

  constructor(link: Link, name: string, line: Line) {
    this.#link = link
    this.name = name
    this.#line = line
  }
  get up(): boolean {
    return this.#link.up
  }
  get mtu(): number {
    return this.#link.mtu
  }
  get type(): LinkType {
    return this.#link.type
  }
  send(packet: Packet): void {
    this.#line.send(packet)
  }
}

/** One direction. The ring holds packets in the order of their arrival. */
class Line {
  quality: LineQuality
  to!: LinkEnd
  /** Packets that have arrived at the other end. */
  carried = 0
  #busyUntil: SimTime = NEVER
  /** When the transmitter takes the packet that is being sent. */
  #began: SimTime = NEVER
  #delay: Duration = NEVER
  /** Nanoseconds for an octet; 0 is a line that takes no time to send. */
  #octetTime = NEVER
  /** How far ahead the transmitter may be booked: the queue as a time. */
  #longestQueue: Duration = NEVER
  #faulty = false
  readonly #link: Link
  readonly #from: 0 | 1
  readonly #env: Env
  /** Of the link. */
  readonly #random: Random
  /** Each fault draws from a stream of its own, so that one does not shift another. */
  #chances: { readonly [K in Fault]: Random } | undefined
  readonly #timer: Timer
  /** As many places as a power of two. */
  #packets: (Packet | undefined)[] = [undefined, undefined, undefined, undefined]
  #head = 0
  #count = 0

  constructor(link: Link, from: 0 | 1, env: Env, random: Random, quality: LineQuality) {
    this.#link = link
    this.#from = from
    this.#env = env
    this.#random = random
    this.#timer = env.clock.timer(link.name, Line.#due, this)
    this.#busyUntil = 0
    this.quality = quality
    this.setQuality(quality)
  }

  static #due(line: Line): void {
    line.#arrive()
  }

  setQuality(quality: LineQuality): void {
    this.quality = quality
    this.#delay = quality.delay
    this.#octetTime = quality.rate > 0 ? 8e9 / quality.rate : 0
    this.#longestQueue = Math.ceil(quality.queue * this.#octetTime)
    this.#faulty = quality.loss + quality.corruption + quality.duplication + quality.reordering + quality.jitter > 0
  }

  send(packet: Packet): void {
    const link = this.#link
    if (!link.up) {
      this.#drop(packet, 'link-down')
      return
    }
    const now = this.#env.clock.now
    let departure = now
    this.#began = now
    if (this.#octetTime > 0) {
      const took = Math.ceil(packet.length * this.#octetTime)
      const free = this.#busyUntil
      if (free > now && free - now + took > this.#longestQueue) {
        this.#drop(packet, 'queue-full')
        return
      }
      this.#began = Math.max(free, now)
      departure = this.#began + took
      this.#busyUntil = departure
    }
    if (this.#faulty) this.#sendFaulty(packet, departure)
    else {
      const due = departure + this.#delay
      if (link.tap) this.#tap(packet, undefined, due)
      this.#enqueue(packet, due)
    }
  }

  /** The same for a line with faults. */
  #sendFaulty(packet: Packet, departure: SimTime): void {
    const { loss, corruption, duplication, reordering } = this.quality
    this.#chances ??= chances(this.#random.fork(this.#link.ends[this.#from].name))
    const chance = this.#chances
    if (loss > 0 && chance.loss.chance(loss)) {
      this.#drop(packet, 'line-loss')
      return
    }
    const corrupted = corruption > 0 && chance.corruption.chance(corruption)
    if (corrupted && packet.length > 0) {
      const bit = chance.corruption.below(packet.length * 8)
      packet.bytes[packet.start + (bit >> 3)] ^= 0x80 >> (bit & 7)
    }
    const twice = duplication > 0 && chance.duplication.chance(duplication)
    const overtakes = reordering > 0 && chance.reordering.chance(reordering)
    if (twice) this.#enqueue(this.#env.packets.clone(packet), departure + this.#drawDelay(chance.jitter))
    const due = overtakes ? departure : departure + this.#drawDelay(chance.jitter)
    if (this.#link.tap) this.#tap(packet, corrupted ? 'corrupted' : twice ? 'duplicated' : undefined, due)
    this.#enqueue(packet, due)
  }

  #drawDelay(random: Random): Duration {
    const { delay, jitter } = this.quality
    if (jitter === 0) return delay
    const spread = Math.min(2 * jitter + 1, Number.MAX_SAFE_INTEGER)
    return Math.max(0, delay - jitter + random.below(spread))
  }

  #enqueue(packet: Packet, due: SimTime): void {
    packet.due = due
    packet.seq = this.#env.clock.draw()
    if (this.#count === this.#packets.length) this.#grow()
    const packets = this.#packets
    const mask = packets.length - 1
    let at = this.#count++
    // Sorted insertion from the back: a steady line appends.
    for (; at > 0; at--) {
      const before = packets[(this.#head + at - 1) & mask] as Packet
      if (before.due <= due) break
      packets[(this.#head + at) & mask] = before
    }
    packets[(this.#head + at) & mask] = packet
    if (at === 0) this.#timer.armAt(due, packet.seq)
  }

  #arrive(): void {
    const packet = this.#take()
    this.carried++
    const next = this.#packets[this.#head]
    if (next) this.#timer.armAt(next.due, next.seq)
    this.to.receive(packet)
  }

  #take(): Packet {
    const head = this.#head
    const packet = this.#packets[head] as Packet
    this.#packets[head] = undefined
    this.#head = (head + 1) & (this.#packets.length - 1)
    this.#count--
    return packet
  }

  cut(): void {
    this.#timer.cancel()
    this.#busyUntil = this.#env.clock.now
    while (this.#count > 0) this.#drop(this.#take(), 'link-down', false)
  }

  #drop(packet: Packet, reason: DropReason, tapped = true): void {
    if (tapped && this.#link.tap) this.#tap(packet, reason, undefined)
    this.#env.trace.drop({ reason, layer: 'link', link: this.#link.name, ...linkFacts(packet, this.#link.type) })
    packet.release()
  }

  #tap(packet: Packet, fate: TappedFrame['fate'], arrives: SimTime | undefined): void {
    const lost = fate === 'link-down' || fate === 'queue-full'
    this.#link.tap?.({
      t: this.#env.clock.now,
      ...(lost ? {} : { began: this.#began }),
      from: this.#from,
      bytes: packet.data,
      packet: packet.id,
      parent: packet.parent,
      fate,
      arrives,
    })
  }

  #grow(): void {
    const old = this.#packets
    const packets: (Packet | undefined)[] = new Array(old.length * 2).fill(undefined)
    for (let i = 0; i < this.#count; i++) packets[i] = old[(this.#head + i) & (old.length - 1)]
    this.#packets = packets
    this.#head = 0
  }
}

type Fault = 'loss' | 'jitter' | 'corruption' | 'duplication' | 'reordering'

const chances = (random: Random): { readonly [K in Fault]: Random } => ({
  loss: random.fork('loss'),
  jitter: random.fork('jitter'),
  corruption: random.fork('corruption'),
  duplication: random.fork('duplication'),
  reordering: random.fork('reordering'),
})
