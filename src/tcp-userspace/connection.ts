/**
 * One connection: the events of RFC 9293 §3.10. The calls of the user stand here, in the order of §3.10.1 to §3.10.5; a
 * segment that arrives (§3.10.7) is in arrives.ts, a timer that runs out (§3.10.8) in timeouts.ts, what is remembered
 * between them in tcb.ts.
 *
 * Read first: RFC 9293 §3.5 (open), §3.6 (close), §3.8 (data), §3.10 (events); RFC 5961 (what an attacker may send);
 * RFC 6298 (when to send again).
 *
 * Within one event the order is: change the state, call the handlers, and only then send. So a handler may call any
 * method, and what it writes goes out together with the acknowledgment that is due.
 *
 * Limits: urgent data are octets like all others, delivered in their place, and the pointer is ignored; none are sent. No
 * IP options, no ECN. Text in a SYN without ACK is not kept; the peer sends it again.
 */
import { arrives, arrivesInSynSent } from './arrives.ts'
import { deliver, tellClosed } from './delivery.ts'
import { synchronise } from './opening.ts'
import { output, ownShift, send, sendFirstSyn } from './output.ts'
import { fitPath } from './path.ts'
import * as Segment from './segment.ts'
import { diff, leq, lt } from './seq.ts'
import { type Accepting, PLAIN, synReceived, synSent } from './state.ts'
import { Tcb } from './tcb.ts'
import { setKeepAlive, timeout } from './timeouts.ts'
import type { Cause, CloseReason, Discard } from './types.ts'

const { ACK, RST, SYN } = Segment

export class TcpConnection extends Tcb {
  /** The next connection in the same bucket of the stack's table. */
  next: TcpConnection | undefined = undefined

  /** OPEN, active. */
  open(): void {
    this.receiver.setShift(ownShift(this))
    this.become(synSent(this.env.now()), 'open')
    sendFirstSyn(this)
  }

  /** SEND */
  write(bytes: Uint8Array): number {
    if (this.sender.fin || !this.standing.takesSend) return 0
    const taken = this.sender.write(bytes)
    if (taken < bytes.length) this.wantsToWrite = true
    output(this)
    return taken
  }

  pause(): void {
    this.receiver.paused = true
  }

  /** RECEIVE: the reader takes what was held for it. */
  resume(): void {
    if (!this.receiver.paused) return
    this.receiver.paused = false
    if (this.busy) return // the event that is being processed ends with a delivery
    this.busy = true
    deliver(this)
    this.busy = false
    output(this)
  }

  /** CLOSE of our side; the peer's stays open. */
  end(): void {
    if (this.sender.fin) return
    switch (this.state) {
      case 'syn-sent':
        this.finish('aborted', 'close')
        break
      case 'syn-received': // FIN follows when the connection is established
        this.sender.fin = true
        break
      case 'established':
      case 'close-wait':
        this.sender.fin = true
        this.move('close')
        output(this)
    }
  }

  /** CLOSE of both sides, §3.6.1. */
  close(): void {
    this.left = true
    if (this.receiver.held > 0) this.abort()
    else this.end()
    if (this.state === 'fin-wait-2') this.timers.waitFor('fin-wait-2', this.host.finWait2)
  }

  /** ABORT */
  abort(): void {
    if (this.state === 'closed') return
    if (this.standing.resets) send(this, this.sender.seqOfNothing, RST | ACK, 0, this.env.now())
    this.finish('aborted', 'abort')
  }

  get keepAlive(): boolean {
    return this.keepsAlive
  }
  set keepAlive(on: boolean) {
    this.keepsAlive = on
    setKeepAlive(this)
  }

  // SEGMENT ARRIVES

  /** §3.10.7.2, third: the SYN that found our listener. */
  synArrived(bytes: Uint8Array, at: number, listener: Accepting): void {
    this.standing = PLAIN.listen
    this.host.options.readSyn(bytes, at)
    synchronise(this, bytes, at)
    listener.halfOpen++
    this.become(synReceived(this.env.now(), false, listener), 'syn')
    sendFirstSyn(this)
  }

  receive(bytes: Uint8Array, at: number, end: number): Discard | undefined {
    if (Segment.flags(bytes, at) & SYN) this.host.options.readSyn(bytes, at)
    else this.host.options.read(bytes, at)
    this.segmentsIn++
    this.keepAliveTimer?.heard(this.env.now())
    this.busy = true
    const inSynSent = this.standing.state === 'syn-sent'
    const discard = inSynSent ? arrivesInSynSent(this, bytes, at, end) : arrives(this, bytes, at, end)
    deliver(this)
    this.busy = false
    output(this)
    return discard
  }

  /** An ICMP error about a segment of ours with that sequence number (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §4.1). */
  unreachable(seq: number, hard: boolean): void {
    if (!this.#isOutstanding(seq)) return
    const opening = this.state === 'syn-sent' || this.state === 'syn-received'
    if (opening && (hard || this.host.profile.softErrorsEndOpening)) this.finish('unreachable', 'unreachable')
    else this.softError = true
  }

  /** A router could not pass on a segment of ours, because it carries no more than `mtu` (RFC 1191 §6). */
  tooBig(seq: number, mtu: number): void {
    if (!this.#isOutstanding(seq)) return
    this.host.paths.tooBig(this.remote.address, mtu)
    if (!fitPath(this)) return
    this.recovery.resend(this.env.now())
    output(this)
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
    this.finish('closed', 'syn')
    return true
  }

  timeout(): void {
    timeout(this)
  }

  finish(reason: CloseReason, cause: Cause): void {
    this.become(PLAIN.closed, cause)
    this.timers.stop()
    setKeepAlive(this)
    this.host.stack.remove(this)
    this.closeReason = reason
    if (reason !== 'closed') tellClosed(this) // else `deliver` does, when the reader has taken all
  }
}
