/**
 * One connection: the events of RFC 9293 §3.10, in the order in which they stand there.
 *
 * Read first: RFC 9293 §3.5 (open), §3.6 (close), §3.8 (data), §3.10 (events); RFC 5961 (what an attacker may send);
 * RFC 6298 (when to send again). The states are in state.ts, the two halves of the sequence space in sender.ts and
 * receiver.ts, what is lost in recovery.ts.
 *
 * Within one event the order is: change the state, call the handlers, and only then send. So a handler may call any
 * method, and what it writes goes out together with the acknowledgment that is due.
 *
 * Limits: urgent data are octets like all others, delivered in their place, and the pointer is ignored; none are sent. No
 * IP options, no ECN. Text in a SYN without ACK is not kept; the peer sends it again.
 *
 * Longer than 400 lines: §3.10 is one procedure over one set of variables, and is read from top to bottom.
 */
import { ChallengeLimit } from './challenge.ts'
import type { CongestionFactory } from './congestion.ts'
import { infoOf } from './info.ts'
import type { Isn } from './isn.ts'
import { KeepAlive } from './keep-alive.ts'
import type { PathMtus } from './mtu.ts'
import type { Offer, Options } from './options.ts'
import { TIMESTAMPS_ROOM } from './options.ts'
import type { Profile } from './profile.ts'
import { Receiver } from './receiver.ts'
import { Recovery } from './recovery.ts'
import { Rto } from './rto.ts'
import * as Segment from './segment.ts'
import { DEFAULT_MSS, Sender } from './sender.ts'
import { add, diff, leq, lt, toUint32 } from './seq.ts'
import { type Accepting, PLAIN, type Standing, synReceived, synSent, TRANSITIONS } from './state.ts'
import { Timers } from './timers.ts'
import { Timestamps } from './timestamps.ts'
import { Transmitter } from './transmitter.ts'
import type {
  Cause,
  CloseReason,
  Connection,
  ConnectionHandlers,
  Discard,
  Endpoint,
  KeepAliveOptions,
  State,
  TcpEnv,
  TcpInfo,
} from './types.ts'

const { ACK, FIN, PSH, RST, SYN } = Segment
const MAX_SHIFT = 14 // RFC 7323 §2.3
const MAX_BACK_OFF = 20
/** Timeouts of one segment until its size is suspected: Linux's retries1. */
const BLACK_HOLE_TRIES = 3

/** What a connection needs of the stack that holds it. */
export interface Host {
  readonly env: TcpEnv
  readonly profile: Profile
  readonly congestion: CongestionFactory
  readonly paths: PathMtus
  readonly isn: Isn
  /** Those of the segment that is being processed. */
  readonly options: Options
  readonly receiveBuffer: number
  readonly sendBuffer: number
  readonly windowScale: boolean
  readonly sack: boolean
  readonly timestamps: boolean
  readonly keepAlive: boolean
  readonly keepAliveOptions: Required<KeepAliveOptions>
  readonly userTimeout: number | undefined
  readonly timeWait: number
  readonly finWait2: number
  /** The connection is closed and may be forgotten. */
  remove(connection: TcpConnection): void
}

export class TcpConnection implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** The next connection in the same bucket of the stack's table. */
  next: TcpConnection | undefined = undefined
  noDelay = false
  userTimeout: number | undefined
  retransmits = 0
  bytesIn = 0
  bytesOut = 0
  segmentsIn = 0
  segmentsOut = 0
  readonly host: Host
  readonly sender: Sender
  readonly receiver: Receiver
  readonly recovery: Recovery
  readonly rtoClock: Rto
  readonly transmitter: Transmitter
  readonly #env: TcpEnv
  readonly #timers: Timers
  #standing: Standing
  #handlers: ConnectionHandlers
  #busy = false
  /** The window scale option may stand in our SYN: the peer's, if it has come, has it. */
  #scaled: boolean
  #ackNow = false
  #wantsToWrite = false
  /** The user will read no more. */
  #left = false
  #endTold = false
  #closeReason: CloseReason | undefined = undefined
  #closeTold = false
  #softError = false
  #sentAt = Number.NaN
  /** When the segment in front was sent for the first time, if that is known. */
  #stuckSince = Number.NaN
  /** When a wider path is to be looked for. */
  #widenAt = Number.NaN
  #challenges: ChallengeLimit | undefined = undefined
  #keepsAlive: boolean
  #keepAlive: KeepAlive | undefined = undefined

  constructor(host: Host, local: Endpoint, remote: Endpoint, handlers: ConnectionHandlers, iss: number) {
    const { env, isn } = host
    this.host = host
    this.#env = env
    this.local = local
    this.remote = remote
    this.#standing = PLAIN.closed
    this.#handlers = handlers
    this.sender = new Sender(iss, host.sendBuffer)
    this.receiver = new Receiver(host.receiveBuffer)
    this.recovery = new Recovery(this.sender)
    this.recovery.sack = host.sack
    this.rtoClock = new Rto(host.profile)
    const timestamps = host.timestamps ? new Timestamps(isn.timestampOffset(local, remote)) : undefined
    const dontFragment = host.paths.dontFragment(remote.address)
    this.transmitter = new Transmitter(env, local, remote, this.sender, this.receiver, timestamps, dontFragment)
    this.#timers = new Timers(env, () => this.#timeout())
    this.#scaled = host.windowScale
    this.#keepsAlive = host.keepAlive
    this.userTimeout = host.userTimeout
  }

  get state(): State {
    return this.#standing.state
  }
  get sndUna(): number {
    return toUint32(this.sender.una)
  }
  get sndNxt(): number {
    return toUint32(this.sender.nxt)
  }
  get sndWnd(): number {
    return this.sender.wnd
  }
  get rcvNxt(): number {
    return toUint32(this.receiver.nxt)
  }
  get rcvWnd(): number {
    return this.receiver.wnd
  }
  get mss(): number {
    return this.sender.mss
  }
  get srtt(): number | undefined {
    return this.rtoClock.srtt
  }
  get rto(): number {
    return this.rtoClock.value
  }
  get unanswered(): number {
    const { waiting, tries } = this.#timers
    if (waiting === 'syn' || waiting === 'retransmit') return tries + 1
    return waiting === 'persist' ? tries : 0
  }
  get queued(): number {
    return this.sender.queued
  }
  info(): TcpInfo {
    return infoOf(this)
  }

  get keepAlive(): boolean {
    return this.#keepsAlive
  }
  set keepAlive(on: boolean) {
    this.#keepsAlive = on
    this.#setKeepAlive()
  }

  // Calls of the user, RFC 9293 §3.10.1 to §3.10.5.

  /** OPEN, active. */
  open(): void {
    this.receiver.setShift(this.#ownShift())
    this.#become(synSent(this.#env.now()), 'open')
    this.#sendFirstSyn()
  }

  /** SEND */
  write(bytes: Uint8Array): number {
    if (this.sender.fin || !this.#standing.takesSend) return 0
    const taken = this.sender.write(bytes)
    if (taken < bytes.length) this.#wantsToWrite = true
    this.#output()
    return taken
  }

  /** CLOSE of our side; the peer's stays open. */
  end(): void {
    if (this.sender.fin) return
    switch (this.state) {
      case 'syn-sent':
        this.#finish('aborted', 'close')
        break
      case 'syn-received': // FIN follows when the connection is established
        this.sender.fin = true
        break
      case 'established':
      case 'close-wait':
        this.sender.fin = true
        this.#move('close')
        this.#output()
    }
  }

  /** CLOSE of both sides, §3.6.1. */
  close(): void {
    this.#left = true
    this.receiver.paused = false
    if (this.receiver.held > 0) this.abort()
    else this.end()
    if (this.state === 'fin-wait-2') this.#waitFor('fin-wait-2', this.host.finWait2)
  }

  /** ABORT */
  abort(): void {
    if (this.state === 'closed') return
    if (this.#standing.resets) this.#send(this.sender.seqOfNothing, RST | ACK, 0, this.#env.now())
    this.#finish('aborted', 'abort')
  }

  pause(): void {
    this.receiver.paused = true
  }

  /** RECEIVE: the reader takes what was held for it. */
  resume(): void {
    if (!this.receiver.paused) return
    this.receiver.paused = false
    if (this.#busy) return // the event that is being processed ends with a delivery
    this.#busy = true
    this.#deliver()
    this.#busy = false
    this.#output()
  }

  // SEGMENT ARRIVES, §3.10.7.

  /** §3.10.7.2, third: the SYN that found our listener. */
  synArrived(bytes: Uint8Array, at: number, listener: Accepting): void {
    this.#standing = PLAIN.listen
    this.host.options.readSyn(bytes, at)
    this.#synchronise(bytes, at)
    listener.halfOpen++
    this.#become(synReceived(this.#env.now(), false, listener), 'syn')
    this.#sendFirstSyn()
  }

  receive(bytes: Uint8Array, at: number, end: number): Discard | undefined {
    if (Segment.flags(bytes, at) & SYN) this.host.options.readSyn(bytes, at)
    else this.host.options.read(bytes, at)
    this.segmentsIn++
    this.#keepAlive?.heard(this.#env.now())
    this.#busy = true
    const discard = this.state === 'syn-sent' ? this.#arrivesInSynSent(bytes, at, end) : this.#arrives(bytes, at, end)
    this.#deliver()
    this.#busy = false
    this.#output()
    return discard
  }

  /** §3.10.7.3 */
  #arrivesInSynSent(bytes: Uint8Array, at: number, end: number): Discard | undefined {
    const bits = Segment.flags(bytes, at)
    const seq = Segment.sequence(bytes, at) | 0
    const ack = Segment.acknowledgment(bytes, at) | 0
    const { iss, nxt } = this.sender
    if (bits & ACK && (leq(ack, iss) || lt(nxt, ack))) {
      if (!(bits & RST)) this.transmitter.reset(ack)
      return 'bad-ack'
    }
    if (bits & RST) {
      if (!(bits & ACK)) return 'bad-reset'
      this.#finish('refused', 'rst')
      return undefined
    }
    if (!(bits & SYN)) return 'unexpected'
    this.#synchronise(bytes, at)
    if (!(bits & ACK)) {
      // Simultaneous open, figure 7.
      if (this.#standing.state === 'syn-sent') {
        this.#become(synReceived(this.#standing.synAt, false, undefined), 'syn')
        this.#sendSyn()
      }
      return undefined
    }
    this.#ackNow = true
    this.#established(seq, ack, Segment.window(bytes, at), 'syn-ack')
    return this.#text(bytes, at + Segment.headerLength(bytes, at), end, add(seq, 1), (bits & FIN) !== 0)
  }

  /** §3.10.7.4 */
  #arrives(bytes: Uint8Array, at: number, end: number): Discard | undefined {
    const receiver = this.receiver
    const from = at + Segment.headerLength(bytes, at)
    let bits = Segment.flags(bytes, at)
    let seq = Segment.sequence(bytes, at) | 0
    const standing = this.#standing
    if (standing.state === 'syn-received' && (bits & (SYN | RST)) === SYN && add(seq, 1) === receiver.nxt) {
      // The SYN that we know already: sent again, or, with ACK, the end of a simultaneous open (figure 7, line 7).
      if (!(bits & ACK)) {
        standing.repeated = true
        this.#sendSyn()
        return 'duplicate'
      }
      bits &= ~SYN
      seq = receiver.nxt
    }
    const length = end - from + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)

    const { timestamps } = this.transmitter
    if (timestamps !== undefined && !(bits & RST)) {
      const { value, timestamps: present } = this.host.options
      if (!present) return 'no-timestamp'
      if (timestamps.isOld(value, this.#env)) return this.#isOld(seq, length)
      if (!receiver.acceptable(seq, length)) return this.#unacceptable(bytes, at, bits, seq, length)
      if (value !== timestamps.recent) timestamps.take(value, seq, this.#env.now())
    } else if (!receiver.acceptable(seq, length)) return this.#unacceptable(bytes, at, bits, seq, length)
    if (bits & RST) return this.#resetArrived(seq)
    if (bits & SYN) {
      if (standing.state === 'syn-received' && standing.listener) this.#finish('reset', 'syn')
      else this.#challenge()
      return 'bad-syn'
    }
    if (!(bits & ACK)) return 'no-ack'
    const discard = this.#ackArrived(bytes, at, seq, length > 0)
    if (discard !== undefined || this.state === 'closed') return discard
    return this.#text(bytes, from, end, seq, (bits & FIN) !== 0)
  }

  /** RFC 7323 §5.3, R1. */
  #isOld(seq: number, length: number): Discard {
    if (length > 0) this.#ackNow = true
    else this.#challenge()
    if (length > 0) this.receiver.repeated(seq, add(seq, length))
    return 'old-timestamp'
  }

  /** First: the segment lies outside the window. */
  #unacceptable(bytes: Uint8Array, at: number, bits: number, seq: number, length: number): Discard {
    if (bits & RST) return 'out-of-window'
    const receiver = this.receiver
    if (receiver.wnd === 0 && seq === receiver.nxt && (bits & (SYN | ACK)) === ACK) {
      // A window probe: its octet finds no room, but its acknowledgment counts.
      this.#ackNow = true
      return this.#ackArrived(bytes, at, seq, true) ?? 'out-of-window'
    }
    if (this.state === 'time-wait' && bits & FIN) this.#waitFor('time-wait', this.host.timeWait)
    if (length > 0) {
      this.#ackNow = true
      receiver.repeated(seq, add(seq, length))
    } else this.#challenge()
    return lt(seq, receiver.nxt) ? 'duplicate' : 'out-of-window'
  }

  /** Second: RST inside the window; only the exact one counts (RFC 5961 §3). */
  #resetArrived(seq: number): Discard | undefined {
    if (seq !== this.receiver.nxt) {
      this.#challenge()
      return 'bad-reset'
    }
    // In TIME-WAIT both streams are whole, and the user is not told (it may be an answer to an old duplicate, RFC 1337).
    const reasons: Partial<Record<State, CloseReason>> = { 'syn-received': 'refused', 'time-wait': 'closed' }
    this.#finish(reasons[this.state] ?? 'reset', 'rst')
    return undefined
  }

  /** Fifth: the ACK field. `long`: the segment has text or FIN. */
  #ackArrived(bytes: Uint8Array, at: number, seq: number, long: boolean): Discard | undefined {
    const { sender, recovery } = this
    const { options } = this.host
    const ack = Segment.acknowledgment(bytes, at) | 0
    const syn = (Segment.flags(bytes, at) & SYN) !== 0 // whose window is not scaled, RFC 7323 §2.2
    const wnd = Segment.window(bytes, at) << (syn ? 0 : sender.shift)
    if (this.state === 'syn-received') {
      if (leq(ack, sender.una) || lt(sender.nxt, ack)) {
        this.transmitter.reset(ack)
        return 'bad-ack'
      }
      this.#established(seq, ack, wnd, 'ack')
      return undefined
    }
    if (lt(sender.nxt, ack) || lt(ack, add(sender.una, -sender.maxWnd))) {
      this.#challenge() // RFC 5961 §5
      return 'bad-ack'
    }
    if (lt(ack, sender.una)) return undefined
    const { una } = sender
    const sameWindow = wnd === sender.wnd
    sender.updateWindow(seq, wnd)
    if (ack !== una) this.#progress(ack)
    else if (long && options.blocks === 0 && this.#timers.waiting !== 'persist') return undefined
    const news = options.blocks > 0 ? recovery.blocks(options) : 0
    // RFC 5681 §2; with SACK, RFC 6675 §2.
    const duplicate = recovery.sack ? news > 0 : !long && sameWindow
    const { waiting } = this.#timers
    if (duplicate && ack === una && waiting === 'retransmit') recovery.duplicate(this.#env.now())
    if (waiting === 'persist') this.#probeAnswered()
    return undefined
  }

  /** Octets of ours have been acknowledged for the first time. */
  #progress(ack: number): void {
    const { sender, recovery } = this
    const { flight, una } = sender
    const now = this.#env.now()
    this.bytesOut += sender.acknowledged(ack)
    const { timestamps } = this.transmitter
    this.rtoClock.acknowledged(ack, now, timestamps ? timestamps.since(this.host.options.echo, now) : -1)
    recovery.acknowledged(diff(ack, una), flight, this.rtoClock.srtt, now)
    this.#timers.tries = 0
    this.#timers.probes = 0
    this.#softError = false
    if (now >= this.#widenAt) this.#fitPath()
    if (this.#timers.waiting === 'retransmit') this.#arm(this.rtoClock.value) // RFC 6298 (5.3); #setTimer has (5.2)
    // The octet of a probe was taken: what we said from in front of it meanwhile may have come too late to count.
    if (this.#timers.waiting === 'persist') this.#ackNow = true
    if (sender.finAcked) this.#finAcked()
    if (this.#wantsToWrite && !sender.fin && sender.queued * 2 <= this.host.sendBuffer) {
      this.#wantsToWrite = false
      this.#handlers.writable?.()
    }
  }

  #finAcked(): void {
    if (this.state === 'last-ack') this.#finish('closed', 'ack-of-fin')
    else this.#move('ack-of-fin')
    if (this.state === 'time-wait') this.#timeWait()
    if (this.state === 'fin-wait-2' && this.#left) this.#waitFor('fin-wait-2', this.host.finWait2)
  }

  /** Any answer shows that the peer lives; one that opens the window ends the probing (§3.8.6.1). */
  #probeAnswered(): void {
    this.#timers.tries = 0
    if (this.sender.wnd > 0 && this.sender.inFlight) this.recovery.front = true
  }

  /** Seventh and eighth: the segment's text and FIN. */
  #text(bytes: Uint8Array, from: number, end: number, seq: number, fin: boolean): Discard | undefined {
    if (from === end && !fin) return undefined
    if (!this.#standing.receives) return 'after-fin'
    if (this.#left && from < end) {
      this.abort()
      return 'after-close'
    }
    const receiver = this.receiver
    const finSeq = add(seq, end - from)
    if (fin && receiver.finSeq === undefined && receiver.inWindow(finSeq)) receiver.finSeq = finSeq
    const before = Math.max(0, diff(receiver.nxt, seq))
    const start = from + before
    const stop = end - receiver.excess(finSeq)
    const inOrder = before > 0 || seq === receiver.nxt
    if (before > 0 || (receiver.gaps && start < stop)) receiver.repeated(seq, finSeq)
    if (inOrder && !receiver.gaps) this.#acknowledgeLater()
    else this.#ackNow = true
    if (start < stop && !this.#take(bytes, start, stop, add(seq, before))) return 'reassembly-full'
    if (receiver.finSeq === receiver.nxt && !receiver.finished && this.#standing.receives) this.#finArrived()
    return undefined
  }

  #take(bytes: Uint8Array, from: number, to: number, seq: number): boolean {
    const receiver = this.receiver
    const before = receiver.nxt
    if (receiver.passesThrough(seq)) {
      receiver.passed(to - from)
      this.bytesIn += diff(receiver.nxt, before)
      this.#handlers.data?.(bytes.subarray(from, to))
    } else {
      if (!receiver.store(bytes, from, to, seq)) return false
      this.bytesIn += diff(receiver.nxt, before)
    }
    this.#deliver()
    return true
  }

  /** Hands over what is held, as long as the reader wants it; then tells what waited behind it. */
  #deliver(): void {
    const receiver = this.receiver
    while (receiver.held > 0 && !receiver.paused && this.#deliverable) {
      const view = receiver.take() // also when nobody listens
      this.#handlers.data?.(view)
    }
    if (receiver.held > 0) return
    if (receiver.finished && !this.#endTold && this.#deliverable) {
      this.#endTold = true
      this.#handlers.ended?.()
    }
    this.#tellClosed()
  }

  /** False once the connection ended out of order: nothing more is delivered then. */
  get #deliverable(): boolean {
    return this.state !== 'closed' || this.#closeReason === 'closed'
  }

  #finArrived(): void {
    this.receiver.finish()
    this.#ackNow = true
    this.#move('fin')
    if (this.state === 'time-wait') this.#timeWait()
    this.#deliver()
  }

  /** An ICMP error about a segment of ours with that sequence number (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §4.1). */
  unreachable(seq: number, hard: boolean): void {
    if (!this.#isOutstanding(seq)) return
    const opening = this.state === 'syn-sent' || this.state === 'syn-received'
    if (opening && (hard || this.host.profile.softErrorsEndOpening)) this.#finish('unreachable', 'unreachable')
    else this.#softError = true
  }

  /** A router could not pass on a segment of ours, because it carries no more than `mtu` (RFC 1191 §6). */
  tooBig(seq: number, mtu: number): void {
    if (!this.#isOutstanding(seq)) return
    this.host.paths.tooBig(this.remote.address, mtu)
    if (!this.#fitPath()) return
    this.recovery.resend()
    this.#output()
  }

  #isOutstanding(seq: number): boolean {
    return !lt(seq, this.sender.una) && lt(seq, this.sender.nxt)
  }

  /** RFC 9293 §3.6.1 (MAY-2), RFC 6191: may a new connection between the same endpoints begin with that SYN? */
  yieldsTo(bytes: Uint8Array, at: number): boolean {
    if (this.state !== 'time-wait') return false
    const { options } = this.host
    const { timestamps } = this.transmitter
    options.readSyn(bytes, at)
    const seq = Segment.sequence(bytes, at)
    const newer = timestamps && options.timestamps ? diff(options.value, timestamps.recent) : 0
    if (newer < 0 || (newer === 0 && leq(seq, this.receiver.nxt))) return false
    this.#finish('closed', 'syn')
    return true
  }

  // Opening.

  #ownShift(): number {
    let shift = 0
    while (shift < MAX_SHIFT && 0xffff * 2 ** shift < this.host.receiveBuffer) shift++
    return this.host.windowScale ? shift : 0
  }

  /** Takes what the peer's SYN says: its sequence number and options. */
  #synchronise(bytes: Uint8Array, at: number): void {
    const { sender, receiver, recovery, transmitter } = this
    const { options } = this.host
    const seq = Segment.sequence(bytes, at)
    receiver.start(seq)
    sender.peerMss = options.maximumSegmentSize || DEFAULT_MSS
    if (options.timestamps) transmitter.timestamps?.take(options.value, seq, this.#env.now())
    else transmitter.timestamps = undefined
    recovery.sack &&= options.sackPermitted
    receiver.sack = recovery.sack
    this.#scaled &&= options.windowScale >= 0
    sender.shift = this.#scaled ? Math.min(options.windowScale, MAX_SHIFT) : 0
    receiver.setShift(this.#scaled ? this.#ownShift() : 0)
    this.#fitPath()
  }

  /** Segments as large as the path carries, options counted (RFC 6691); false if they were that large before. */
  #fitPath(): boolean {
    const { paths } = this.host
    const { sender, transmitter } = this
    const before = sender.mss
    const room = Math.min(sender.peerMss, paths.mtu(this.remote.address) - 40)
    sender.mss = Math.max(1, room - (transmitter.timestamps ? TIMESTAMPS_ROOM : 0))
    this.receiver.mss = sender.mss
    transmitter.dontFragment = paths.dontFragment(this.remote.address)
    this.#widenAt = paths.until(this.remote.address) ?? Number.NaN
    return sender.mss !== before
  }

  #sendFirstSyn(): void {
    this.#sendSyn()
    this.#timers.wait('syn')
    this.#arm(this.rtoClock.value)
  }

  #sendSyn(): void {
    const offer: Offer = {
      maximumSegmentSize: this.#env.maxSegment(this.remote.address) - Segment.HEADER,
      windowScale: this.#scaled ? this.#ownShift() : -1,
      sackPermitted: this.recovery.sack,
      timestamps: this.transmitter.timestamps !== undefined,
    }
    this.segmentsOut++
    this.transmitter.syn(this.state === 'syn-received' ? SYN | ACK : SYN, offer)
  }

  #established(seq: number, ack: number, wnd: number, cause: Cause): void {
    const standing = this.#standing
    const { sender, rtoClock } = this
    const repeated = this.#timers.tries > 0
    if (standing.state !== 'syn-sent' && standing.state !== 'syn-received') return
    if (repeated) rtoClock.synWasRetransmitted()
    else if (!standing.repeated) rtoClock.sample(this.#env.now() - standing.synAt)
    sender.opened(seq, ack, wnd)
    this.recovery.start(this.host.congestion, repeated ? 1 : this.host.profile.initialWindow)
    this.#softError = false
    this.#timers.rest()
    this.#move(cause)
    this.#setKeepAlive()
    if (standing.state === 'syn-received' && standing.listener) this.#handlers = standing.listener.accept(this)
    if (this.state === 'established' && sender.fin) this.#move('close')
    if (this.state !== 'closed') this.#handlers.opened?.()
  }

  // Sending.

  /** Sends what may be sent now. Every event ends here. */
  #output(): void {
    if (this.#busy || this.state === 'closed') return
    if (this.#standing.sends) {
      if (this.recovery.front || this.recovery.phase !== 'open') this.#sendAgain()
      this.#sendNew()
      if (this.recovery.phase === 'fast') this.#sendDoubtful()
    }
    if (this.#ackNow || (this.#standing.receives && this.receiver.starving)) this.#acknowledge()
    this.#setTimer()
  }

  #sendNew(): void {
    const { sender, recovery } = this
    // RFC 5681 §4.1
    if (!sender.inFlight && this.#env.now() - this.#sentAt > this.rtoClock.value) recovery.onIdle()
    let length = sender.next(this.noDelay, recovery.allowance)
    while (length >= 0) {
      this.#sendText(sender.nxt, length, true)
      length = sender.next(this.noDelay, recovery.allowance)
    }
  }

  #sendAgain(): void {
    const { sender, recovery } = this
    if (recovery.front && sender.inFlight) this.#sendFront()
    recovery.front = false
    while (recovery.nextLost()) this.#repeat(recovery.at, recovery.length)
  }

  #sendDoubtful(): void {
    const { recovery } = this
    while (recovery.nextDoubtful()) this.#repeat(recovery.at, recovery.length)
  }

  /** Sends the oldest octets again, or for the first time as a window probe. */
  #sendFront(): void {
    const { sender } = this
    if (sender.inFlight) this.#repeat(sender.una, sender.front())
    else this.#sendText(sender.una, sender.front(), false)
  }

  #repeat(seq: number, length: number): void {
    this.retransmits++
    this.#env.trace?.retransmit(this, toUint32(seq), length, Math.max(1, this.#timers.tries))
    this.#sendText(seq, length, false)
  }

  #sendText(seq: number, length: number, fresh: boolean): void {
    const { sender } = this
    const fin = sender.carriesFin(seq, length)
    const bits = ACK | (sender.carriesLast(seq, length) ? PSH : 0) | (fin ? FIN : 0)
    const next = add(seq, length + (fin ? 1 : 0))
    const now = this.#env.now()
    this.#sentAt = now
    sender.sent(next)
    this.recovery.sent(seq, next, fresh)
    this.rtoClock.sent(next, fresh, now)
    this.#send(seq, bits, length, now)
  }

  #acknowledge(): void {
    this.#send(this.sender.seqOfNothing, ACK, 0, this.#env.now())
  }

  /** RFC 9293 §3.8.6.3: the second segment is acknowledged at once, the first alone after a while. */
  #acknowledgeLater(): void {
    const timers = this.#timers
    timers.delayedAck ??= this.#env.timer('tcp-delayed-ack', () => this.#acknowledge())
    if (timers.delayedAck.pending) this.#ackNow = true
    else timers.delayedAck.arm(this.host.profile.delayedAck)
  }

  /** Answers a suspect segment with the truth, but not without end. */
  #challenge(): void {
    const now = this.#env.now()
    this.#challenges ??= new ChallengeLimit(now)
    if (this.#challenges.allows(now)) this.#ackNow = true
  }

  #send(seq: number, bits: number, length: number, now: number): void {
    this.segmentsOut++
    this.#ackNow &&= length > 0 && this.receiver.insists
    this.#timers.delayedAck?.cancel()
    this.transmitter.segment(seq, bits, length, now)
  }

  // Timeouts, §3.10.8.

  /** Runs the timer for what is in flight, or for the window to open, or not at all. */
  #setTimer(): void {
    const { sender } = this
    const { waiting } = this.#timers
    if (waiting === 'syn' || waiting === 'time-wait' || waiting === 'fin-wait-2') return
    if (sender.done) {
      if (waiting !== 'nothing') this.#timers.rest() // RFC 6298 (5.2)
    } else if (sender.inFlight && sender.wnd > 0) {
      if (waiting === 'retransmit') return
      this.#timers.wait('retransmit') // RFC 6298 (5.1)
      this.#arm(this.rtoClock.value)
    } else if (waiting !== 'persist') {
      this.#timers.wait('persist')
      this.#arm(this.rtoClock.value)
    }
  }

  /** Not beyond the moment at which the user's patience ends. */
  #arm(delay: number): void {
    if (this.userTimeout === undefined) this.#timers.arm(delay)
    else {
      const now = this.#env.now()
      if (this.#timers.tries === 0) this.#stuckSince = now
      this.#timers.arm(Math.min(delay, Math.max(0, this.#stuckSince + this.userTimeout - now)))
    }
  }

  #isHopeless(limit: number): boolean {
    if (this.userTimeout === undefined) return this.#timers.tries >= limit
    return this.#env.now() - this.#stuckSince >= this.userTimeout
  }

  #timeout(): void {
    switch (this.#timers.waiting) {
      case 'syn':
        this.#synTimeout()
        break
      case 'retransmit':
        this.#retransmissionTimeout()
        break
      case 'persist':
        this.#persistTimeout()
        break
      case 'fin-wait-2':
        this.#finish('timeout', 'timeout')
        break
      case 'time-wait':
        this.#finish('closed', 'timeout')
    }
  }

  #synTimeout(): void {
    const { synTries, synAckTries, linearSyns } = this.host.profile
    const active = this.state === 'syn-sent'
    if (this.#isHopeless(active ? synTries : synAckTries)) {
      this.#giveUp()
      return
    }
    const tries = ++this.#timers.tries
    this.retransmits++
    if (!active || tries > linearSyns) this.rtoClock.backOff()
    this.#env.trace?.retransmit(this, toUint32(this.sender.iss), 0, tries)
    this.#sendSyn()
    this.#arm(this.rtoClock.value)
  }

  /** RFC 6298 (5.4) to (5.6) */
  #retransmissionTimeout(): void {
    if (this.#isHopeless(this.host.profile.dataTries)) {
      this.#giveUp()
      return
    }
    const tries = ++this.#timers.tries
    this.rtoClock.backOff()
    if (tries >= BLACK_HOLE_TRIES && this.sender.front() > DEFAULT_MSS) {
      if (this.host.paths.silent(this.remote.address)) this.#fitPath()
    }
    this.recovery.timedOut(tries, this.#env.now())
    this.#sendFront()
    this.#arm(this.rtoClock.value)
  }

  /** §3.8.6.1; also the end of a sender's patience with a window that stays small (§3.8.6.2.1). */
  #persistTimeout(): void {
    const timers = this.#timers
    if (this.#isHopeless(this.host.profile.dataTries)) {
      this.#giveUp()
      return
    }
    timers.tries++
    timers.probes = Math.min(timers.probes + 1, MAX_BACK_OFF)
    this.#sendFront()
    this.#arm(Math.min(this.rtoClock.value * 2 ** timers.probes, this.host.profile.maxRto))
    this.#setTimer()
  }

  /** Like Linux we report an ICMP error that came meanwhile rather than the silence. */
  #giveUp(): void {
    this.#finish(this.#softError ? 'unreachable' : 'timeout', 'timeout')
  }

  #waitFor(what: 'fin-wait-2' | 'time-wait', delay: number): void {
    this.#timers.wait(what)
    this.#timers.arm(delay)
  }

  #setKeepAlive(): void {
    const synchronised = this.#standing.resets && this.state !== 'syn-received'
    if (!synchronised || !this.#keepsAlive) {
      this.#keepAlive?.stop()
      this.#keepAlive = undefined
    } else {
      // RFC 1122 §4.2.3.6: an octet that the peer has acknowledged already makes it answer. While there is something to
      // send, the other timer asks, and counts the tries.
      const ask = (): boolean => {
        if (this.sender.done) this.#send(add(this.sender.una, -1), ACK, 0, this.#env.now())
        return this.sender.done
      }
      this.#keepAlive ??= new KeepAlive(this.#env, this.host.keepAliveOptions, ask, () => this.#giveUp())
    }
  }

  // Ending.

  #timeWait(): void {
    this.#waitFor('time-wait', this.host.timeWait)
    this.#setKeepAlive()
    this.#closeReason = 'closed'
    if (this.receiver.held === 0 && this.#endTold) this.#tellClosed()
  }

  #finish(reason: CloseReason, cause: Cause): void {
    this.#become(PLAIN.closed, cause)
    this.#timers.stop()
    this.#setKeepAlive()
    this.host.remove(this)
    if (this.#closeReason === undefined || reason !== 'closed') this.#closeReason = reason
    if (reason !== 'closed' || this.receiver.held === 0) this.#tellClosed()
  }

  #tellClosed(): void {
    if (this.#closeReason === undefined || this.#closeTold) return
    this.#closeTold = true
    this.#handlers.closed?.(this.#closeReason)
  }

  /** Figure 5. */
  #move(cause: Cause): void {
    const to = TRANSITIONS[this.state][cause]
    if (to && to !== 'syn-sent' && to !== 'syn-received') this.#become(PLAIN[to], cause)
  }

  #become(standing: Standing, cause: Cause): void {
    const before = this.#standing
    if (before.state === 'syn-received' && before.listener) before.listener.halfOpen--
    this.#standing = standing
    this.#env.trace?.state(this, before.state, standing.state, cause)
  }
}
