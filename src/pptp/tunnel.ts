/**
 * The data path of one call: PPP frames numbered and acknowledged in enhanced GRE. Read RFC 2637 §4.
 *
 * A window bounds the packets that are under way. Nothing is ever sent again: a packet whose acknowledgment does not
 * come in time only makes the window smaller, and PPP lives with the loss.
 *
 * `outOfOrder: pass` is there to show why the order has to be kept.
 *
 * Longer than 400 lines, since both directions share acknowledgments: the time-out and the record stand elsewhere.
 *
 * Limits: a peer's window beyond 1024 packets is not used. Where §4 leaves room: what is outstanding at a time-out
 * counts as gone altogether; the adaptive time-out has a lower bound, because RTT starts at the peer's processing delay,
 * which is 0 with all known peers; the number of the first packet is taken as it comes (§4.1 says 0, Linux clients begin
 * with 1); a packet beyond the horizon is dropped, but its successor is believed, or a long outage would never end.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import type { Duration, SimTime } from '../base/time.ts'
import { type MachineView, running, view } from '../base/view.ts'
import * as Gre from '../wire/gre.ts'
import { AdaptiveTimeOut } from './adaptive.ts'
import { HandedOn } from './handed-on.ts'
import type { TunnelConfig, TunnelStatistics } from './types.ts'

const LARGEST_WINDOW = 1024
const NO_TIMES = new Float64Array(0)
const NO_PACKETS: (Packet | undefined)[] = []
const NO_NUMBERS: number[] = []
/** No number; numbers are 0 … 2^32 - 1. */
const NONE = -1

export interface TunnelSinks {
  /** A packet with the GRE header first. */
  down(packet: Packet): void
  /** A PPP frame. */
  up(frame: Packet): void
}

/** What the peer said of its side when the call was made. */
export interface TunnelPeer {
  readonly callId: number
  /** Packet Recv. Window Size, in packets. */
  readonly window: number
  /** Packet Processing Delay, in tenths of a second. */
  readonly processingDelay: number
}

export class Tunnel {
  /** Packets that may be under way at present (§4.2). */
  window: number
  /** Acknowledgments that did not come in time. */
  timeOuts = 0
  /** When the last packet came; before the first one, when the call was connected. */
  heardAt: SimTime
  readonly #adaptive: AdaptiveTimeOut

  readonly #env: Env
  readonly #config: TunnelConfig
  readonly #sinks: TunnelSinks
  readonly #peerCallId: number
  readonly #largestWindow: number
  #closed = false

  /** The number of the next packet, and of the oldest one whose acknowledgment is awaited. */
  #next: number
  #oldest: number
  /** Packets acknowledged since the window last grew. */
  #acknowledged = 0
  /** When the packets under way were sent, by number modulo the length, which is a power of two. */
  #sentAt = [NEVER, NEVER, NEVER, NEVER]
  /** Frames that wait for the window; made when the first does. */
  #waiting: Packet[] | undefined
  readonly #ackTimeOut: Timer

  /** The number that is awaited from the peer; `NONE` before its first packet. */
  #expected = NONE
  /** Packets handed on, or taken, since we last acknowledged. */
  #unacknowledged = 0
  /** `acknowledges: taken`: what may be acknowledged when each frame in hand is taken, and what may be now. */
  #inHand = NO_NUMBERS
  #taken = NONE
  readonly #ackDelay: Timer
  /** Early packets and when they came, by number modulo the length. */
  #held = NO_PACKETS
  #heldSince = NO_TIMES
  #heldCount = 0
  #holdTimer: Timer | undefined
  /** What would follow the last packet beyond the horizon. */
  #afterFar = NONE
  readonly #handedOn: HandedOn

  #sent = 0
  #received = 0
  #peerAcknowledged = 0
  #acksSent = 0
  #acksReceived = 0
  #lost = 0
  #late = 0
  #duplicates = 0
  #heldEver = 0

  constructor(env: Env, config: TunnelConfig, peer: TunnelPeer, sinks: TunnelSinks) {
    this.#env = env
    this.heardAt = env.clock.now
    this.#config = config
    this.#sinks = sinks
    this.#peerCallId = peer.callId
    this.#next = this.#oldest = config.firstSequenceNumber
    this.#largestWindow = Math.max(1, Math.min(peer.window, LARGEST_WINDOW))
    // §4.2.1: half of what the receiver takes, at least one.
    this.window = Math.max(1, this.#largestWindow >> 1)
    this.#adaptive = new AdaptiveTimeOut(peer.processingDelay * 100e6, config.minTimeOut, config.maxTimeOut)
    this.#handedOn = new HandedOn(config.horizon)
    this.#ackTimeOut = env.clock.timer('gre acknowledgment time-out', Tunnel.#acksOverdue, this)
    this.#ackDelay = env.clock.timer('gre delayed acknowledgment', Tunnel.#ackDue, this)
  }

  static #acksOverdue(tunnel: Tunnel): void {
    tunnel.#timedOut()
  }
  static #ackDue(tunnel: Tunnel): void {
    tunnel.#acknowledge()
  }

  get ato(): Duration {
    return this.#adaptive.ato
  }
  /** Packets sent whose acknowledgment is awaited. */
  get outstanding(): number {
    return (this.#next - this.#oldest) >>> 0
  }
  /** Frames that wait for the window to open. */
  get waiting(): number {
    return this.#waiting?.length ?? 0
  }
  /** Early packets that wait for those before them. */
  get held(): number {
    return this.#heldCount
  }

  statistics(): TunnelStatistics {
    return {
      sent: this.#sent,
      received: this.#received,
      acknowledged: this.#peerAcknowledged,
      acksSent: this.#acksSent,
      acksReceived: this.#acksReceived,
      lost: this.#lost,
      late: this.#late,
      duplicates: this.#duplicates,
      held: this.#heldEver,
      holding: this.#heldCount,
      timeOuts: this.timeOuts,
      window: this.window,
      outstanding: this.#config.flow === 'window' ? this.outstanding : 0,
      waiting: this.waiting,
      rtt: this.#adaptive.rtt,
      ato: this.ato,
    }
  }

  /** The window of RFC 2637 §4.2; times in nanoseconds. */
  view(): MachineView {
    const state = this.#closed ? 'closed' : this.waiting > 0 ? 'window-full' : 'open'
    return view(state, {
      counters: {
        next: this.#next,
        ...(this.#expected === NONE ? {} : { expected: this.#expected }),
        unacknowledged: this.#unacknowledged,
        ...this.statistics(),
      },
      timers: running({ ackTimeOut: this.#ackTimeOut, ackDelay: this.#ackDelay, hold: this.#holdTimer }),
    })
  }

  /** Takes a PPP frame. */
  send(frame: Packet): void {
    if (this.#config.flow === 'none' || (this.waiting === 0 && this.outstanding < this.window)) {
      this.#transmit(frame)
    } else if (this.waiting < this.#config.sendQueue) {
      this.#waiting ??= []
      this.#waiting.push(frame)
    } else {
      this.#drop(frame, 'gre-window-full', NONE)
    }
  }

  #transmit(frame: Packet): void {
    const packet = this.#env.packets.derive(frame)
    const length = packet.length
    const sequence = this.#next
    const acknowledgment = this.#unacknowledged > 0 ? this.#acknowledgeable : NONE
    const at = packet.prepend(Gre.sizeOf(true, acknowledgment !== NONE))
    Gre.writeHeader(packet.bytes, at, this.#peerCallId, length, sequence, acknowledgment)
    if (acknowledgment !== NONE) this.#ackSent()
    this.#next = (sequence + 1) >>> 0
    this.#sent++
    if (this.#config.flow === 'window') {
      if (this.outstanding > this.#sentAt.length) this.#remembersMore()
      this.#sentAt[sequence & (this.#sentAt.length - 1)] = this.#env.clock.now
      if (!this.#ackTimeOut.pending) this.#ackTimeOut.arm(this.ato)
    }
    this.#sinks.down(packet)
  }

  #remembersMore(): void {
    const old = this.#sentAt
    const times = new Array<SimTime>(old.length * 2).fill(NEVER)
    for (let i = 0; i < old.length; i++) {
      const sequence = (this.#oldest + i) >>> 0
      times[sequence & (times.length - 1)] = old[sequence & (old.length - 1)]
    }
    this.#sentAt = times
  }

  /** Takes a packet with the GRE header first, for which `Gre.check` found nothing wrong. */
  receive(packet: Packet): void {
    const b = packet.bytes
    const at = packet.start
    this.heardAt = this.#env.clock.now
    if (Gre.hasAcknowledgment(b, at)) this.#acknowledgedUpTo(Gre.acknowledgmentNumber(b, at))
    if (!Gre.hasSequence(b, at)) {
      this.#acksReceived++
      packet.release()
      return
    }
    const sequence = Gre.sequenceNumber(b, at)
    packet.start = at + Gre.headerLength(b, at)
    packet.end = packet.start + Gre.payloadLength(b, at)
    if (this.#expected === NONE) this.#expected = sequence
    const { horizon, outOfOrder } = this.#config
    const ahead = (sequence - this.#expected) | 0
    if (ahead < 0) this.#behind(packet, sequence, -ahead)
    else if (ahead >= horizon) this.#far(packet, sequence)
    else if (ahead > 0 && outOfOrder === 'hold') this.#hold(packet, sequence)
    else this.#handOn(packet, sequence)
  }

  #handOn(packet: Packet, sequence: number): void {
    this.#giveUpBefore(sequence)
    this.#expected = (sequence + 1) >>> 0
    this.#handedOn.add(sequence)
    this.#deliver(packet)
    if (this.#heldCount > 0) this.#handOnHeld()
    if (this.#unacknowledged >= this.#config.ackEvery) this.#acknowledge()
  }

  #deliver(packet: Packet): void {
    this.#received++
    if (this.#config.acknowledges === 'taken') {
      if (this.#inHand === NO_NUMBERS) this.#inHand = []
      this.#inHand.push((this.#expected - 1) >>> 0)
    } else this.#acknowledgeSoon()
    this.#sinks.up(this.#env.packets.derive(packet))
  }

  /**
   * The oldest frame in hand has gone on, or has been dropped, and its place is free: what the window says is what this
   * side can buffer (§4.2).
   */
  taken(): void {
    const number = this.#inHand.shift()
    if (number === undefined || this.#closed) return
    this.#taken = number
    this.#acknowledgeSoon()
    if (this.#unacknowledged >= this.#config.ackEvery) this.#acknowledge()
  }

  get #acknowledgeable(): number {
    return this.#config.acknowledges === 'taken' ? this.#taken : (this.#expected - 1) >>> 0
  }

  #acknowledgeSoon(): void {
    this.#unacknowledged++
    if (!this.#ackDelay.pending) this.#ackDelay.arm(this.#config.ackDelay)
  }

  /** What is missing before this number is lost. */
  #giveUpBefore(sequence: number): void {
    const missing = (sequence - this.#expected) >>> 0
    this.#lost += missing
    this.#handedOn.skip(this.#expected, missing)
  }

  /** A number that is past: a duplicate, or too late. */
  #behind(packet: Packet, sequence: number, by: number): void {
    const { span } = this.#handedOn
    if (by > span || !this.#handedOn.has(sequence)) {
      this.#late++
      if (this.#config.outOfOrder !== 'pass' || by > span) return this.#drop(packet, 'gre-late', sequence)
      this.#lost = Math.max(0, this.#lost - 1)
      this.#handedOn.add(sequence)
      this.#deliver(packet)
      if (this.#unacknowledged >= this.#config.ackEvery) this.#acknowledge()
      return
    }
    this.#duplicates++
    this.#drop(packet, 'gre-duplicate', sequence)
  }

  // Order of arrival (§4.3)

  #hold(packet: Packet, sequence: number): void {
    // Most calls never hold anything, and there may be thousands.
    if (this.#held.length === 0) {
      this.#held = new Array<Packet | undefined>(this.#handedOn.span)
      this.#heldSince = new Float64Array(this.#handedOn.span)
    }
    const slot = sequence & (this.#held.length - 1)
    if (this.#held[slot]) {
      this.#duplicates++
      this.#drop(packet, 'gre-duplicate', sequence)
      return
    }
    this.#heldEver++
    this.#held[slot] = packet
    this.#heldSince[slot] = this.#env.clock.now
    this.#heldCount++
    this.#holdTimer ??= this.#env.clock.timer('gre early packets', () => this.#giveUp())
    if (!this.#holdTimer.pending) this.#holdTimer.arm(this.#config.holdTime)
  }

  /** The held packets that follow without a gap. */
  #handOnHeld(): void {
    for (;;) {
      const packet = this.#takeHeld(this.#expected)
      if (!packet) break
      this.#handOn(packet, this.#expected)
    }
    if (this.#heldCount === 0) this.#holdTimer?.cancel()
  }

  #takeHeld(sequence: number): Packet | undefined {
    const slot = sequence & (this.#held.length - 1)
    const packet = this.#held[slot]
    if (!packet) return undefined
    this.#held[slot] = undefined
    this.#heldCount--
    return packet
  }

  /** Somebody has been held for long enough: what is missing before him is given up. */
  #giveUp(): void {
    const now = this.#env.clock.now
    const mask = this.#held.length - 1
    let last = NONE
    let earliest = Number.POSITIVE_INFINITY
    for (let i = 0, left = this.#heldCount; left > 0; i++) {
      const slot = (this.#expected + i) & mask
      if (!this.#held[slot]) continue
      left--
      if (this.#heldSince[slot] + this.#config.holdTime <= now) last = i
    }
    if (last !== NONE) this.#skipTo((this.#expected + last + 1) >>> 0)
    for (let i = 0, left = this.#heldCount; left > 0; i++) {
      const slot = (this.#expected + i) & mask
      if (!this.#held[slot]) continue
      left--
      earliest = Math.min(earliest, this.#heldSince[slot])
    }
    if (this.#heldCount > 0) this.#holdTimer?.arm(earliest + this.#config.holdTime - now)
  }

  /** Hands on, in order, all held packets before this number and what follows it without a gap. */
  #skipTo(sequence: number): void {
    while (this.#heldCount > 0 && ((sequence - this.#expected) | 0) > 0) {
      const expected = this.#expected
      const packet = this.#takeHeld(expected)
      if (packet) this.#handOn(packet, expected)
      else {
        this.#giveUpBefore((expected + 1) >>> 0)
        this.#expected = (expected + 1) >>> 0
      }
    }
    if (this.#heldCount > 0) this.#handOnHeld()
  }

  #far(packet: Packet, sequence: number): void {
    if (sequence !== this.#afterFar) {
      this.#afterFar = (sequence + 1) >>> 0
      this.#drop(packet, 'gre-out-of-window', sequence)
      return
    }
    this.#afterFar = NONE
    if (this.#heldCount > 0) this.#skipTo((this.#expected + this.#config.horizon) >>> 0)
    if (this.#closed) this.#drop(packet, 'gre-unknown-call', sequence)
    else this.#handOn(packet, sequence)
  }

  // Acknowledgments to the peer (§4.2)

  #acknowledge(): void {
    if (this.#unacknowledged === 0 || this.#closed) return
    const packet = this.#env.packets.make(Gre.sizeOf(false, true))
    Gre.writeHeader(packet.bytes, packet.start, this.#peerCallId, 0, NONE, this.#acknowledgeable)
    this.#acksSent++
    this.#ackSent()
    this.#sinks.down(packet)
  }

  #ackSent(): void {
    this.#unacknowledged = 0
    this.#ackDelay.cancel()
  }

  // Window and adaptive time-out (§4.2, §4.4)

  #acknowledgedUpTo(sequence: number): void {
    const count = (sequence + 1 - this.#oldest) | 0
    if (count <= 0 || count > this.outstanding) return
    if (this.#config.flow === 'none') {
      this.#oldest = (sequence + 1) >>> 0
      this.#peerAcknowledged += count
      return
    }
    // §4.2.5: time is taken of the packet with the highest number that is acknowledged.
    this.#adaptive.sample(this.#env.clock.now - this.#sentAt[sequence & (this.#sentAt.length - 1)])
    this.#oldest = (sequence + 1) >>> 0
    this.#peerAcknowledged += count
    this.#acknowledged += count
    if (this.#acknowledged >= this.window) {
      // §4.2.3: a window's worth went well.
      this.#acknowledged = 0
      this.window = Math.min(this.window + 1, this.#largestWindow)
    }
    if (this.outstanding === 0) this.#ackTimeOut.cancel()
    else this.#armTimeOut()
    this.#sendWaiting()
  }

  #armTimeOut(): void {
    const since = this.#sentAt[this.#oldest & (this.#sentAt.length - 1)]
    this.#ackTimeOut.arm(Math.max(0, since + this.ato - this.#env.clock.now))
  }

  /** §4.2.2 and §4.4.2: half the window, rounded up, and twice the round trip. */
  #timedOut(): void {
    this.timeOuts++
    this.window = (this.window + 1) >> 1
    this.#acknowledged = 0
    this.#adaptive.timedOut()
    this.#oldest = this.#next
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    while (this.outstanding < this.window) {
      const frame = this.#waiting?.shift()
      if (!frame) return
      this.#transmit(frame)
    }
  }

  /** The call is over: nothing is sent or handed on any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ackTimeOut.cancel()
    this.#ackDelay.cancel()
    this.#holdTimer?.cancel()
    for (const frame of this.#waiting?.splice(0) ?? []) this.#drop(frame, 'gre-unknown-call', NONE)
    for (let slot = 0; slot < this.#held.length && this.#heldCount > 0; slot++) {
      const packet = this.#takeHeld(slot)
      if (packet) this.#drop(packet, 'gre-unknown-call', NONE)
    }
  }

  #drop(packet: Packet, reason: TunnelDrop, sequence: number): void {
    const detail = this.#env.trace.on ? this.#describe(reason, sequence) : undefined
    this.#env.trace.drop({ reason, layer: 'gre', packet: packet.id, parent: packet.parent, detail })
    packet.release()
  }

  #describe(reason: TunnelDrop, sequence: number): string {
    if (reason === 'gre-window-full') return `${this.outstanding} outstanding, ${this.waiting} waiting`
    if (reason === 'gre-unknown-call') return 'the call ended before its turn'
    return `seq ${sequence}, awaited ${this.#expected}`
  }
}
type TunnelDrop = 'gre-duplicate' | 'gre-late' | 'gre-out-of-window' | 'gre-window-full' | 'gre-unknown-call'
