/**
 * One connection: the states of RFC 9293 §3.3.2 and the processing of §3.10, in the order in which it stands there.
 *
 * Read first: RFC 9293 §3.5 (open), §3.6 (close), §3.8 (data), §3.10 (events); RFC 5961 (what an attacker may send);
 * RFC 6298 (when to send again).
 *
 * Within one event the order is: change the state, call the handlers, and only then send. So a handler may call any
 * method, and what it writes goes out together with the acknowledgment that is due.
 *
 * Limits: no congestion control, fast retransmit, SACK, timestamps or path MTU discovery; no keep-alive; no urgent data
 * (the octets are delivered in their place, the pointer is ignored); no IP options. FIN-WAIT-2 ends only when the peer
 * ends it. Text in a SYN without ACK is not kept; the peer sends it again.
 */
import { Receiver } from './receiver.ts'
import { type Profile, Rto } from './rto.ts'
import * as Segment from './segment.ts'
import { DEFAULT_MSS, Sender } from './sender.ts'
import { add, diff, leq, lt, toUint32 } from './seq.ts'
import type {
  Cause,
  CloseReason,
  Connection,
  ConnectionHandlers,
  Discard,
  Endpoint,
  State,
  TcpEnv,
  TcpTimer,
} from './types.ts'

const { ACK, FIN, PSH, RST, SYN } = Segment
const MAX_SHIFT = 14 // RFC 7323 §2.3
const MAX_BACK_OFF = 20

/** RFC 5961 §7: no more than so many answers to suspect segments in so long a time. */
const CHALLENGES = 10
const CHALLENGE_PERIOD = 5_000_000_000

/** What a connection needs of the stack that holds it. */
export interface Host {
  readonly env: TcpEnv
  readonly profile: Profile
  readonly receiveBuffer: number
  readonly sendBuffer: number
  readonly windowScale: boolean
  readonly timeWait: number
  /** The connection is closed and may be forgotten. */
  remove(connection: TcpConnection): void
}

/** What a passive connection needs of its listener. */
export interface Accepting {
  halfOpen: number
  accept(connection: Connection): ConnectionHandlers
}

/** What the timer is running for; one thing at a time. */
type Waiting = 'nothing' | 'syn' | 'retransmit' | 'persist' | 'time-wait'

export class TcpConnection implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** The next connection in the same bucket of the stack's table. */
  next: TcpConnection | undefined = undefined
  state: State
  noDelay = false
  retransmits = 0
  bytesIn = 0
  bytesOut = 0
  readonly #host: Host
  readonly #env: TcpEnv
  readonly #sender: Sender
  readonly #receiver: Receiver
  readonly #rto: Rto
  readonly #timer: TcpTimer
  readonly #ackTimer: TcpTimer
  #handlers: ConnectionHandlers
  #listener: Accepting | undefined
  #waiting: Waiting = 'nothing'
  /** Times that the segment in front was sent again, or probes that nobody answered. */
  #tries = 0
  #probes = 0
  #synAt = 0
  #synRepeated = false
  #busy = false
  /** The window scale option may stand in our SYN: the peer's, if it has come, has it. */
  #scaled = true
  #ackNow = false
  #resendNow = false
  #wantsToWrite = false
  #endTold = false
  #closeReason: CloseReason | undefined = undefined
  #closeTold = false
  #softError = false
  #challenges = 0
  #challengesSince = 0

  /** With a listener the connection is passive, and gets its handlers from there. */
  constructor(host: Host, local: Endpoint, remote: Endpoint, handlers: ConnectionHandlers, listener?: Accepting) {
    this.#host = host
    this.#env = host.env
    this.local = local
    this.remote = remote
    this.state = listener ? 'listen' : 'closed'
    this.#listener = listener
    this.#handlers = handlers
    this.#sender = new Sender(this.#env.random32('isn'), host.sendBuffer)
    this.#receiver = new Receiver(host.receiveBuffer)
    this.#rto = new Rto(host.profile)
    this.#timer = this.#env.timer('tcp', () => this.#timeout())
    this.#ackTimer = this.#env.timer('tcp-delayed-ack', () => this.#acknowledge())
  }

  get sndUna(): number {
    return toUint32(this.#sender.una)
  }
  get sndNxt(): number {
    return toUint32(this.#sender.nxt)
  }
  get sndWnd(): number {
    return this.#sender.wnd
  }
  get rcvNxt(): number {
    return toUint32(this.#receiver.nxt)
  }
  get rcvWnd(): number {
    return this.#receiver.wnd
  }
  get mss(): number {
    return this.#sender.mss
  }
  get srtt(): number | undefined {
    return this.#rto.srtt
  }
  get rto(): number {
    return this.#rto.value
  }
  get unanswered(): number {
    if (this.#waiting === 'syn' || this.#waiting === 'retransmit') return this.#tries + 1
    return this.#waiting === 'persist' ? this.#tries : 0
  }
  get queued(): number {
    return this.#sender.queued
  }

  // Calls of the user, RFC 9293 §3.10.1 to §3.10.5.

  /** OPEN, active. */
  open(): void {
    this.#receiver.setShift(this.#ownShift())
    this.#to('syn-sent', 'open')
    this.#sendFirstSyn()
  }

  /** SEND */
  write(bytes: Uint8Array): number {
    if (this.#sender.fin || !MAY_SEND.has(this.state)) return 0
    const taken = this.#sender.write(bytes)
    if (taken < bytes.length) this.#wantsToWrite = true
    this.#output()
    return taken
  }

  /** CLOSE */
  end(): void {
    if (this.#sender.fin) return
    switch (this.state) {
      case 'syn-sent':
        this.#finish('aborted', 'close')
        break
      case 'syn-received': // FIN follows when the connection is established
        this.#sender.fin = true
        break
      case 'established':
      case 'close-wait':
        this.#sender.fin = true
        this.#to(this.state === 'established' ? 'fin-wait-1' : 'last-ack', 'close')
        this.#output()
    }
  }

  /** ABORT */
  abort(): void {
    if (this.state === 'closed') return
    if (RESETS_ON_ABORT.has(this.state)) this.#send(this.#sender.seqOfNothing, RST | ACK, 0)
    this.#finish('aborted', 'abort')
  }

  pause(): void {
    this.#receiver.paused = true
  }

  /** RECEIVE: the reader takes what was held for it. */
  resume(): void {
    if (!this.#receiver.paused) return
    this.#receiver.paused = false
    if (this.#busy) return // the event that is being processed ends with a delivery
    this.#busy = true
    this.#deliver()
    this.#busy = false
    this.#output()
  }

  // SEGMENT ARRIVES, §3.10.7.

  /** §3.10.7.2, third: the SYN that found our listener. */
  synArrived(bytes: Uint8Array, at: number): void {
    this.#synchronise(bytes, at)
    this.#to('syn-received', 'syn')
    if (this.#listener) this.#listener.halfOpen++
    this.#sendFirstSyn()
  }

  receive(bytes: Uint8Array, at: number, end: number): Discard | undefined {
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
    const { iss, nxt } = this.#sender
    if (bits & ACK && (leq(ack, iss) || lt(nxt, ack))) {
      if (!(bits & RST)) this.#sendReset(ack)
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
      this.#to('syn-received', 'syn')
      this.#sendSyn()
      return undefined
    }
    this.#ackNow = true
    this.#established(seq, ack, Segment.window(bytes, at), 'syn-ack')
    return this.#text(bytes, at + Segment.headerLength(bytes, at), end, add(seq, 1), (bits & FIN) !== 0)
  }

  /** §3.10.7.4 */
  #arrives(bytes: Uint8Array, at: number, end: number): Discard | undefined {
    const receiver = this.#receiver
    const from = at + Segment.headerLength(bytes, at)
    let bits = Segment.flags(bytes, at)
    let seq = Segment.sequence(bytes, at) | 0
    if (this.state === 'syn-received' && (bits & (SYN | RST)) === SYN && add(seq, 1) === receiver.nxt) {
      // The SYN that we know already: sent again, or, with ACK, the end of a simultaneous open (figure 7, line 7).
      if (!(bits & ACK)) {
        this.#synRepeated = true
        this.#sendSyn()
        return 'duplicate'
      }
      bits &= ~SYN
      seq = receiver.nxt
    }
    const length = end - from + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)

    if (!receiver.acceptable(seq, length)) return this.#unacceptable(bytes, at, bits, seq, length)
    if (bits & RST) return this.#resetArrived(seq)
    if (bits & SYN) {
      if (this.#returnsToListen()) this.#finish('reset', 'syn')
      else this.#challenge()
      return 'bad-syn'
    }
    if (!(bits & ACK)) return 'no-ack'
    const discard = this.#ackArrived(bytes, at, seq)
    if (discard !== undefined || this.state === 'closed') return discard
    return this.#text(bytes, from, end, seq, (bits & FIN) !== 0)
  }

  /** First: the segment lies outside the window. */
  #unacceptable(bytes: Uint8Array, at: number, bits: number, seq: number, length: number): Discard {
    if (bits & RST) return 'out-of-window'
    const receiver = this.#receiver
    if (receiver.wnd === 0 && seq === receiver.nxt && (bits & (SYN | ACK)) === ACK) {
      // A window probe: its octet finds no room, but its acknowledgment counts.
      this.#ackNow = true
      return this.#ackArrived(bytes, at, seq) ?? 'out-of-window'
    }
    if (this.state === 'time-wait' && bits & FIN) this.#timer.arm(this.#host.timeWait)
    if (length > 0) this.#ackNow = true
    else this.#challenge()
    return lt(seq, receiver.nxt) ? 'duplicate' : 'out-of-window'
  }

  /** Second: RST inside the window; only the exact one counts (RFC 5961 §3). */
  #resetArrived(seq: number): Discard | undefined {
    if (seq !== this.#receiver.nxt) {
      this.#challenge()
      return 'bad-reset'
    }
    this.#finish(this.state === 'syn-received' ? 'refused' : 'reset', 'rst')
    return undefined
  }

  /** Fifth: the ACK field. */
  #ackArrived(bytes: Uint8Array, at: number, seq: number): Discard | undefined {
    const sender = this.#sender
    const ack = Segment.acknowledgment(bytes, at) | 0
    const syn = (Segment.flags(bytes, at) & SYN) !== 0 // whose window is not scaled, RFC 7323 §2.2
    const wnd = Segment.window(bytes, at) << (syn ? 0 : sender.shift)
    if (this.state === 'syn-received') {
      if (leq(ack, sender.una) || lt(sender.nxt, ack)) {
        this.#sendReset(ack)
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
    sender.updateWindow(seq, wnd)
    if (ack !== sender.una) this.#progress(ack)
    if (this.#waiting === 'persist') this.#probeAnswered()
    return undefined
  }

  /** Octets of ours have been acknowledged for the first time. */
  #progress(ack: number): void {
    const sender = this.#sender
    this.bytesOut += sender.acknowledged(ack, this.#env.now(), this.#rto)
    this.#tries = 0
    this.#probes = 0
    this.#softError = false
    if (sender.resendDue) this.#resendNow = true
    if (this.#waiting === 'retransmit') this.#timer.arm(this.#rto.value) // RFC 6298 (5.3); #setTimer has (5.2)
    // The octet of a probe was taken: what we said from in front of it meanwhile may have come too late to count.
    if (this.#waiting === 'persist') this.#ackNow = true
    if (sender.finAcked) this.#finAcked()
    if (this.#wantsToWrite && sender.queued * 2 <= this.#host.sendBuffer) {
      this.#wantsToWrite = false
      this.#handlers.writable?.()
    }
  }

  #finAcked(): void {
    switch (this.state) {
      case 'fin-wait-1':
        this.#to('fin-wait-2', 'ack-of-fin')
        break
      case 'closing':
        this.#timeWait('ack-of-fin')
        break
      case 'last-ack':
        this.#finish('closed', 'ack-of-fin')
    }
  }

  /** Any answer shows that the peer lives; one that opens the window ends the probing (§3.8.6.1). */
  #probeAnswered(): void {
    this.#tries = 0
    if (this.#sender.wnd > 0 && this.#sender.inFlight) this.#resendNow = true
  }

  /** Seventh and eighth: the segment's text and FIN. */
  #text(bytes: Uint8Array, from: number, end: number, seq: number, fin: boolean): Discard | undefined {
    if (from === end && !fin) return undefined
    if (!MAY_RECEIVE.has(this.state)) return 'after-fin'
    const receiver = this.#receiver
    const finSeq = add(seq, end - from)
    if (fin && receiver.finSeq === undefined && receiver.inWindow(finSeq)) receiver.finSeq = finSeq
    const before = Math.max(0, diff(receiver.nxt, seq))
    const start = from + before
    const stop = end - receiver.excess(finSeq)
    const inOrder = before > 0 || seq === receiver.nxt
    if (inOrder && !receiver.gaps) this.#acknowledgeLater()
    else this.#ackNow = true
    if (start < stop && !this.#take(bytes, start, stop, add(seq, before))) return 'reassembly-full'
    if (receiver.finSeq === receiver.nxt && !receiver.finished && MAY_RECEIVE.has(this.state)) this.#finArrived()
    return undefined
  }

  #take(bytes: Uint8Array, from: number, to: number, seq: number): boolean {
    const receiver = this.#receiver
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
    const receiver = this.#receiver
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
    this.#receiver.finish()
    this.#ackNow = true
    switch (this.state) {
      case 'established':
        this.#to('close-wait', 'fin')
        break
      case 'fin-wait-1':
        this.#to('closing', 'fin')
        break
      case 'fin-wait-2':
        this.#timeWait('fin')
    }
    this.#deliver()
  }

  /** An ICMP error about a segment of ours with that sequence number (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §4.1). */
  unreachable(seq: number, hard: boolean): void {
    const { una, nxt } = this.#sender
    if (lt(seq, una) || !lt(seq, nxt)) return
    const opening = this.state === 'syn-sent' || this.state === 'syn-received'
    if (opening && (hard || this.#host.profile.softErrorsEndOpening)) this.#finish('unreachable', 'unreachable')
    else this.#softError = true
  }

  // Opening.

  #ownShift(): number {
    let shift = 0
    while (shift < MAX_SHIFT && 0xffff * 2 ** shift < this.#host.receiveBuffer) shift++
    return this.#host.windowScale ? shift : 0
  }

  #ownMss(): number {
    return this.#env.maxSegment(this.remote.address) - Segment.HEADER
  }

  /** Takes what the peer's SYN says: its sequence number and options. */
  #synchronise(bytes: Uint8Array, at: number): void {
    const sender = this.#sender
    const receiver = this.#receiver
    receiver.start(Segment.sequence(bytes, at))
    sender.mss = Math.max(1, Math.min(Segment.maximumSegmentSize(bytes, at) ?? DEFAULT_MSS, this.#ownMss()))
    receiver.mss = sender.mss
    const scale = this.#host.windowScale ? Segment.windowScale(bytes, at) : undefined
    this.#scaled = scale !== undefined
    sender.shift = Math.min(scale ?? 0, MAX_SHIFT)
    receiver.setShift(scale === undefined ? 0 : this.#ownShift())
  }

  #sendFirstSyn(): void {
    this.#synAt = this.#env.now()
    this.#waiting = 'syn'
    this.#sendSyn()
    this.#timer.arm(this.#rto.value)
  }

  /** SYN, or SYN,ACK once the peer's SYN has come, with the options that may only stand there. */
  #sendSyn(): void {
    const scale = this.#host.windowScale && this.#scaled
    const length = Segment.HEADER + (scale ? 8 : 4)
    const answer = this.state === 'syn-received'
    const buffer = this.#env.buffer(length)
    const { bytes, start } = buffer
    const { iss } = this.#sender
    this.#header(bytes, start, length, iss, answer ? SYN | ACK : SYN, this.#receiver.advertise(true))
    const mss = this.#ownMss()
    let at = start + Segment.HEADER
    bytes[at++] = Segment.OPTION.maximumSegmentSize
    bytes[at++] = 4
    bytes[at++] = mss >>> 8
    bytes[at++] = mss
    if (scale) {
      bytes[at++] = Segment.OPTION.noOperation
      bytes[at++] = Segment.OPTION.windowScale
      bytes[at++] = 3
      bytes[at++] = this.#ownShift()
    }
    Segment.seal(bytes, start, buffer.end, this.local.address, this.remote.address)
    this.#env.send(buffer, this.local.address, this.remote.address)
  }

  #established(seq: number, ack: number, wnd: number, cause: Cause): void {
    if (this.#tries > 0) this.#rto.synWasRetransmitted()
    else if (!this.#synRepeated) this.#rto.sample(this.#env.now() - this.#synAt)
    this.#sender.opened(seq, ack, wnd)
    this.#tries = 0
    this.#softError = false
    this.#waiting = 'nothing'
    this.#timer.cancel()
    this.#to('established', cause)
    if (this.#listener) this.#handlers = this.#listener.accept(this)
    this.#listener = undefined
    if (this.state === 'established' && this.#sender.fin) this.#to('fin-wait-1', 'close')
    if (this.state !== 'closed') this.#handlers.opened?.()
  }

  #returnsToListen(): boolean {
    return this.state === 'syn-received' && this.#listener !== undefined
  }

  // Sending.

  /** Sends what may be sent now. Every event ends here. */
  #output(): void {
    if (this.#busy || this.state === 'closed') return
    const sender = this.#sender
    if (this.#resendNow) {
      this.#resendNow = false
      if (sender.inFlight) this.#sendFront()
    }
    if (SENDS.has(this.state)) {
      for (let length = sender.next(this.noDelay); length >= 0; length = sender.next(this.noDelay)) {
        this.#sendText(sender.nxt, length, true)
      }
    }
    if (this.#ackNow || (MAY_RECEIVE.has(this.state) && this.#receiver.starving)) this.#acknowledge()
    this.#setTimer()
  }

  /** Sends the oldest octets again, or for the first time as a window probe. */
  #sendFront(): void {
    const sender = this.#sender
    const length = sender.front()
    if (sender.inFlight) {
      this.retransmits++
      this.#env.trace?.retransmit(this, toUint32(sender.una), length, Math.max(1, this.#tries))
    }
    this.#sendText(sender.una, length, false)
  }

  #sendText(seq: number, length: number, fresh: boolean): void {
    const sender = this.#sender
    const fin = sender.carriesFin(seq, length)
    const bits = ACK | (sender.carriesLast(seq, length) ? PSH : 0) | (fin ? FIN : 0)
    sender.sent(add(seq, length + (fin ? 1 : 0)), fresh, this.#env.now())
    this.#send(seq, bits, length)
  }

  #acknowledge(): void {
    this.#send(this.#sender.seqOfNothing, ACK, 0)
  }

  /** RFC 9293 §3.8.6.3: the second segment is acknowledged at once, the first alone after a while. */
  #acknowledgeLater(): void {
    if (this.#ackTimer.pending) this.#ackNow = true
    else this.#ackTimer.arm(this.#host.profile.delayedAck)
  }

  /** Answers a suspect segment with the truth, but not without end. */
  #challenge(): void {
    const now = this.#env.now()
    if (now - this.#challengesSince >= CHALLENGE_PERIOD) {
      this.#challengesSince = now
      this.#challenges = 0
    }
    if (this.#challenges++ < CHALLENGES) this.#ackNow = true
  }

  /** A segment that acknowledges; every such segment carries all that there is to acknowledge. */
  #send(seq: number, bits: number, length: number): void {
    const buffer = this.#env.buffer(Segment.HEADER + length)
    const { bytes, start } = buffer
    this.#header(bytes, start, Segment.HEADER, seq, bits, this.#receiver.advertise(false))
    if (length > 0) this.#sender.copy(seq, length, bytes, start + Segment.HEADER)
    Segment.seal(bytes, start, buffer.end, this.local.address, this.remote.address)
    this.#ackNow = false
    this.#ackTimer.cancel()
    this.#env.send(buffer, this.local.address, this.remote.address)
  }

  /** <SEQ=SEG.ACK><CTL=RST>, to a segment that acknowledges what we never sent. */
  #sendReset(seq: number): void {
    const buffer = this.#env.buffer(Segment.HEADER)
    const { bytes, start } = buffer
    Segment.writeHeader(bytes, start, Segment.HEADER, this.local.port, this.remote.port, seq, 0, RST, 0)
    Segment.seal(bytes, start, buffer.end, this.local.address, this.remote.address)
    this.#env.send(buffer, this.local.address, this.remote.address)
  }

  #header(bytes: Uint8Array, at: number, length: number, seq: number, bits: number, wnd: number): void {
    const ack = bits & ACK ? this.#receiver.nxt : 0
    Segment.writeHeader(bytes, at, length, this.local.port, this.remote.port, seq, ack, bits, wnd)
  }

  // Timeouts, §3.10.8.

  /** Runs the timer for what is in flight, or for the window to open, or not at all. */
  #setTimer(): void {
    if (this.#waiting === 'syn' || this.#waiting === 'time-wait') return
    const sender = this.#sender
    if (sender.done) {
      this.#timer.cancel() // RFC 6298 (5.2)
      this.#waiting = 'nothing'
    } else if (sender.inFlight && sender.wnd > 0) {
      if (this.#waiting === 'retransmit') return
      this.#waiting = 'retransmit' // RFC 6298 (5.1)
      this.#tries = 0
      this.#timer.arm(this.#rto.value)
    } else if (this.#waiting !== 'persist') {
      this.#waiting = 'persist'
      this.#tries = 0
      this.#probes = 0
      this.#timer.arm(this.#rto.value)
    }
  }

  #timeout(): void {
    switch (this.#waiting) {
      case 'syn':
        this.#synTimeout()
        break
      case 'retransmit':
        this.#retransmissionTimeout()
        break
      case 'persist':
        this.#persistTimeout()
        break
      case 'time-wait':
        this.#finish('closed', 'timeout')
    }
  }

  #synTimeout(): void {
    const { synTries, synAckTries, linearSyns } = this.#host.profile
    const active = this.state === 'syn-sent'
    if (this.#tries >= (active ? synTries : synAckTries)) {
      this.#giveUp()
      return
    }
    this.#tries++
    this.retransmits++
    if (!active || this.#tries > linearSyns) this.#rto.backOff()
    this.#env.trace?.retransmit(this, toUint32(this.#sender.iss), 0, this.#tries)
    this.#sendSyn()
    this.#timer.arm(this.#rto.value)
  }

  /** RFC 6298 (5.4) to (5.6) */
  #retransmissionTimeout(): void {
    if (this.#tries >= this.#host.profile.dataTries) {
      this.#giveUp()
      return
    }
    this.#tries++
    this.#rto.backOff()
    this.#sender.timedOut()
    this.#sendFront()
    this.#timer.arm(this.#rto.value)
  }

  /** §3.8.6.1; also the end of a sender's patience with a window that stays small (§3.8.6.2.1). */
  #persistTimeout(): void {
    if (this.#tries >= this.#host.profile.dataTries) {
      this.#giveUp()
      return
    }
    this.#tries++
    this.#probes = Math.min(this.#probes + 1, MAX_BACK_OFF)
    this.#sendFront()
    this.#timer.arm(Math.min(this.#rto.value * 2 ** this.#probes, this.#host.profile.maxRto))
    this.#setTimer()
  }

  /** Like Linux we report an ICMP error that came meanwhile rather than the silence. */
  #giveUp(): void {
    this.#finish(this.#softError ? 'unreachable' : 'timeout', 'timeout')
  }

  // Ending.

  #timeWait(cause: Cause): void {
    this.#to('time-wait', cause)
    this.#waiting = 'time-wait'
    this.#timer.arm(this.#host.timeWait)
    this.#closeReason = 'closed'
    if (this.#receiver.held === 0 && this.#endTold) this.#tellClosed()
  }

  #finish(reason: CloseReason, cause: Cause): void {
    this.#to('closed', cause)
    this.#timer.cancel()
    this.#ackTimer.cancel()
    this.#host.remove(this)
    if (this.#closeReason === undefined || reason !== 'closed') this.#closeReason = reason
    if (reason !== 'closed' || this.#receiver.held === 0) this.#tellClosed()
  }

  #tellClosed(): void {
    if (this.#closeReason === undefined || this.#closeTold) return
    this.#closeTold = true
    this.#handlers.closed?.(this.#closeReason)
  }

  #to(state: State, cause: Cause): void {
    const from = this.state
    if (from === 'syn-received' && this.#listener) this.#listener.halfOpen--
    this.state = state
    this.#env.trace?.state(this, from, state, cause)
  }
}

/** SEND is taken, §3.10.2; before the connection is established it is queued. */
const MAY_SEND: ReadonlySet<State> = new Set(['syn-sent', 'syn-received', 'established', 'close-wait'])
/** Text and FIN may still have to be sent. */
const SENDS: ReadonlySet<State> = new Set(['established', 'fin-wait-1', 'close-wait', 'closing', 'last-ack'])
/** §3.10.7.4, seventh. */
const MAY_RECEIVE: ReadonlySet<State> = new Set(['established', 'fin-wait-1', 'fin-wait-2'])
/** §3.10.5 */
const RESETS_ON_ABORT: ReadonlySet<State> = new Set([
  'syn-received',
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
])
