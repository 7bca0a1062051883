/**
 * A serial link: one telephone line, or a trunk of several. A line carries octets both ways, in order, and signals
 * (signal.ts) in order with them.
 *
 *     SerialLink bob:tty0 - nas:tty0            one line:  its ends are tty0
 *     SerialLink nas:pri0 - pstn:trunk0         24 lines:  its ends are pri0.1 … pri0.24
 *
 * A packet is a run of octets, as a rule those of one HDLC frame, flags and escapes included. The line clocks itself
 * by the signals that pass: a `setup` tells the bearer (an octet takes 10 bits on an analogue line, with start and stop
 * bit, 8 on a digital one), `connect` the rate of the slowest line on the way.
 *
 * Limits: octets come in whole: noise flips bits of them and never start or stop bits, so octet framing and alignment
 * hold. An idle line is silent; flags between frames are not sent and noise makes no octets of its own.
 */
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import type { SimTime } from '../base/time.ts'
import type { Way } from '../base/trace.ts'
import type { LineQuality, Tap, TappedFrame } from './link.ts'
import { CAUSE, type Cause, describeSignal, type LineSignal, slower } from './signal.ts'

/** What a node does with one of its lines. */
export interface LineUser {
  /** Octets have arrived; takes the ownership. */
  octets(packet: Packet): void
  signalled(signal: LineSignal): void
  /** The cable was pulled (false) or plugged in. Pulled, a call on it is over: no signal comes any more. */
  carrier(up: boolean): void
}

/** One end of one line, as the port of a node sees it. */
export interface LineEnd {
  /** `bob:tty0`; of a trunk `nas:pri0.7`. */
  readonly name: string
  /** Is the cable plugged in? */
  readonly up: boolean
  /** Bits a second of the line itself, in its slower direction; 0: no limit. */
  readonly rate: number
  /** When the last of the octets that it was given has left, or has left already. */
  readonly busyUntil: SimTime
  /** Takes the ownership. */
  send(octets: Packet): void
  signal(signal: LineSignal): void
  attach(user: LineUser): void
}

/** Nobody is there: what arrives is lost. */
const NOBODY: LineUser = { octets: packet => packet.release(), signalled: () => {}, carrier: () => {} }

export class SerialLink {
  readonly name: string
  readonly type = 'serial'
  /** `nas:pri0`, whatever its lines are called. */
  readonly ends: readonly [{ readonly name: string }, { readonly name: string }]
  /** The ends of its lines: those of the first node, those of the second. */
  readonly lines: readonly [readonly LineEnd[], readonly LineEnd[]]
  up = true
  tap: Tap | undefined
  readonly #lines: readonly Line[]

  /** `envs` are those of the two nodes. `random` is the link's own stream. */
  constructor(
    names: readonly [string, string],
    envs: readonly [Env, Env],
    random: Random,
    lines: number,
    quality: readonly [LineQuality, LineQuality],
  ) {
    this.name = names.join(' - ')
    this.#lines = Array.from({ length: lines }, (_, i) => {
      const own = (name: string): string => (lines === 1 ? name : `${name}.${i + 1}`)
      return new Line(this, i, [own(names[0]), own(names[1])], envs, random, quality)
    })
    this.ends = [{ name: names[0] }, { name: names[1] }]
    this.lines = [this.#lines.map(line => line.ends[0]), this.#lines.map(line => line.ends[1])]
  }

  /** Runs of octets that have crossed the link, both directions and all lines together. */
  get carried(): number {
    return this.#lines.reduce((sum, { ends }) => sum + ends[0].way.carried + ends[1].way.carried, 0)
  }

  quality(from: 0 | 1): LineQuality {
    return this.#lines[0].ends[from].way.quality
  }

  /** Changes what is named on all its lines, from now on; octets on their way keep their time of arrival. */
  change(from: 0 | 1, quality: Partial<LineQuality>): void {
    for (const { ends } of this.#lines) ends[from].way.setQuality({ ...ends[from].way.quality, ...quality })
  }

  /** Plugs or unplugs the cable. What is on the way is lost when it is pulled, and both ends lose the carrier. */
  setUp(up: boolean): void {
    if (this.up === up) return
    this.up = up
    for (const line of this.#lines) line.carrier(up)
  }

  /** The machine at one end has lost its power: on each line the other end loses the carrier of its call. */
  powerOff(side: 0 | 1): void {
    for (const { ends } of this.#lines) ends[side].powerOff()
  }
}

/** One line: two ends, each with its way to the other. */
class Line {
  readonly ends: readonly [End, End]

  constructor(
    link: SerialLink,
    index: number,
    names: readonly [string, string],
    envs: readonly [Env, Env],
    random: Random,
    quality: readonly [LineQuality, LineQuality],
  ) {
    this.ends = [0, 1].map(side => {
      const noise = random.fork(names[side]).fork('noise')
      const way = new OneWay(link, index, side as 0 | 1, envs[side], noise, quality[side])
      return new End(link, this, names[side], envs[side], way)
    }) as [End, End]
    this.ends[0].way.to = this.ends[1]
    this.ends[1].way.to = this.ends[0]
  }

  get rate(): number {
    return slower(this.ends[0].way.quality.rate, this.ends[1].way.quality.rate)
  }

  /** A signal is about to pass: from it the line knows how to clock its octets. */
  clock(signal: LineSignal): void {
    if (signal.type === 'alerting') return
    for (const { way } of this.ends) {
      if (signal.type === 'setup') way.clock(signal.bearer === 'analogue' ? 10 : 8, 0)
      else if (signal.type === 'connect') way.clock(way.bits, signal.rate)
    }
  }

  carrier(up: boolean): void {
    if (!up) for (const { way } of this.ends) way.cut()
    for (const end of this.ends) end.carrier(up)
  }
}

class End implements LineEnd {
  readonly name: string
  readonly way: OneWay
  readonly #link: SerialLink
  readonly #line: Line
  readonly #env: Env
  #user: LineUser = NOBODY
  #off = false
  /** Between the first signal of a call and its release, said or heard here. */
  #engaged = false
  /** A call of before the power went: until the other end has let it go, what comes is nothing for the new machine. */
  #stale = false

  constructor(link: SerialLink, line: Line, name: string, env: Env, way: OneWay) {
    this.#link = link
    this.#line = line
    this.name = name
    this.#env = env
    this.way = way
  }

  get up(): boolean {
    return this.#link.up
  }
  get rate(): number {
    return this.#line.rate
  }
  get busyUntil(): SimTime {
    return this.way.busyUntil
  }
  /** With its user the line has power again, if it had lost it. A call that has rung in vain is let go. */
  attach(user: LineUser): void {
    this.#user = user
    if (this.#off && this.#engaged) this.#letGo(CAUSE.outOfOrder)
    this.#off = false
  }
  send(octets: Packet): void {
    this.way.send(octets)
  }

  signal(signal: LineSignal): void {
    this.#engaged = signal.type !== 'release'
    this.#tell('sent', signal)
    this.#line.clock(signal)
    this.way.send(signal)
  }

  /** Octets or a signal have come from the other end. */
  arrive(item: Packet | LineSignal): void {
    const stale = this.#stale
    if (stale && 'type' in item && item.type === 'release') this.#stale = false
    if (!('type' in item)) {
      if (!this.#off && !stale) return this.#user.octets(item)
      const reason = this.#off ? 'power-off' : 'line-idle'
      this.#env.trace.drop({ reason, layer: 'line', packet: item.id, parent: item.parent, detail: `at ${this.name}` })
      return item.release()
    }
    if (stale) return
    // A call to a machine without power rings and is not answered; its line lets go all the same.
    if (this.#off) {
      if (item.type === 'release' && this.#engaged) this.signal({ type: 'release', cause: item.cause })
      this.#engaged = item.type === 'setup'
      return
    }
    this.#engaged = item.type !== 'release'
    this.#tell('received', item)
    this.#user.signalled(item)
  }

  carrier(up: boolean): void {
    this.#engaged = false
    this.#stale = false
    if (!this.#off) this.#user.carrier(up)
  }

  powerOff(): void {
    this.#off = true
    if (this.#engaged) this.#letGo(CAUSE.temporaryFailure)
  }

  #letGo(cause: Cause): void {
    this.signal({ type: 'release', cause })
    this.#stale = this.#link.up
  }

  #tell(way: Way, signal: LineSignal): void {
    const { trace } = this.#env
    if (!trace.on) return
    const { type, ...rest } = signal
    const line = this.name.slice(this.name.indexOf(':') + 1)
    trace.emit('line-signal', { way, type, line, ...rest, detail: describeSignal(signal) })
  }
}

/** One direction of one line: first in, first out. */
class OneWay {
  quality: LineQuality
  to!: End
  /** Runs of octets that have arrived at the other end. */
  carried = 0
  /** Bits that an octet takes on the line. */
  bits = 8
  /** Bits a second of the call, which another line on its way may limit. */
  #callRate = 0
  busyUntil: SimTime = NEVER
  #lastDue: SimTime = NEVER
  readonly #link: SerialLink
  readonly #index: number
  readonly #from: 0 | 1
  readonly #env: Env
  readonly #noise: Random
  readonly #timer: Timer
  readonly #flight: { readonly due: SimTime; readonly seq: number; readonly item: Packet | LineSignal }[] = []

  constructor(link: SerialLink, index: number, from: 0 | 1, env: Env, noise: Random, quality: LineQuality) {
    this.#link = link
    this.#index = index
    this.#from = from
    this.#env = env
    this.#noise = noise
    this.quality = quality
    this.busyUntil = 0
    this.#lastDue = 0
    this.#timer = env.clock.timer(`line ${link.name}`, () => this.#arrive())
  }

  setQuality(quality: LineQuality): void {
    this.quality = quality
  }

  clock(bits: number, callRate: number): void {
    this.bits = bits
    this.#callRate = callRate
  }

  send(item: Packet | LineSignal): void {
    const { now } = this.#env.clock
    const free = Math.max(this.busyUntil, now)
    if ('type' in item) {
      if (this.#link.up) this.#enqueue(item, free)
      return
    }
    if (!this.#link.up) return this.#drop(item, 'link-down')
    const rate = slower(this.quality.rate, this.#callRate)
    const octetTime = rate > 0 ? (this.bits * 1e9) / rate : 0
    const departure = free + Math.ceil(item.length * octetTime)
    const longestQueue = Math.ceil(this.quality.queue * octetTime)
    if (free > now && departure - now > longestQueue) return this.#drop(item, 'queue-full')
    this.busyUntil = departure
    const spoiled = this.quality.noise > 0 && this.#spoil(item)
    const due = this.#enqueue(item, departure)
    if (this.#link.tap) this.#tap(item, spoiled ? 'corrupted' : undefined, due, free)
  }

  /** Each bit is flipped with the same chance. True: some were. */
  #spoil({ bytes, start, end }: Packet): boolean {
    const { noise } = this.quality
    let spoiled = false
    for (let at = start; at < end; at++) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        if (!this.#noise.chance(noise)) continue
        bytes[at] ^= bit
        spoiled = true
      }
    }
    return spoiled
  }

  /** What was sent later never arrives earlier, though the delay has become shorter. */
  #enqueue(item: Packet | LineSignal, departure: SimTime): SimTime {
    const due = Math.max(departure + this.quality.delay, this.#lastDue)
    const seq = this.#env.clock.draw()
    this.#lastDue = due
    this.#flight.push({ due, seq, item })
    if (this.#flight.length === 1) this.#timer.armAt(due, seq)
    return due
  }

  #arrive(): void {
    const first = this.#flight.shift()
    if (!first) return
    const next = this.#flight[0]
    if (next) this.#timer.armAt(next.due, next.seq)
    if (!('type' in first.item)) this.carried++
    this.to.arrive(first.item)
  }

  cut(): void {
    const { now } = this.#env.clock
    this.#timer.cancel()
    this.busyUntil = now
    this.#lastDue = now
    for (const { item } of this.#flight.splice(0)) if (!('type' in item)) this.#drop(item, 'link-down', false)
  }

  #drop(packet: Packet, reason: DropReason, tapped = true): void {
    if (tapped && this.#link.tap) this.#tap(packet, reason, undefined)
    this.#env.trace.drop({ reason, layer: 'line', packet: packet.id, parent: packet.parent, link: this.#link.name })
    packet.release()
  }

  #tap(packet: Packet, fate: TappedFrame['fate'], arrives: SimTime | undefined, began?: SimTime): void {
    this.#link.tap?.({
      t: this.#env.clock.now,
      ...(began === undefined ? {} : { began }),
      from: this.#from,
      line: this.#index + 1,
      bytes: packet.data,
      packet: packet.id,
      parent: packet.parent,
      fate,
      arrives,
    })
  }
}
