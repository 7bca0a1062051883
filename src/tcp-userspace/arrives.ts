/** SEGMENT ARRIVES: RFC 9293 §3.10.7.3 and §3.10.7.4, in the order in which it stands there. */
import { text, timeWait } from './delivery.ts'
import { established, synchronise } from './opening.ts'
import { armRetransmission, challenge, sendSyn } from './output.ts'
import { fitPath } from './path.ts'
import * as Segment from './segment.ts'
import { add, diff, leq, lt } from './seq.ts'
import { synReceived } from './state.ts'
import type { Tcb } from './tcb.ts'
import type { CloseReason, Discard, State } from './types.ts'

const { ACK, FIN, RST, SYN } = Segment

/** §3.10.7.3 */
export function arrivesInSynSent(tcb: Tcb, bytes: Uint8Array, at: number, end: number): Discard | undefined {
  const bits = Segment.flags(bytes, at)
  const seq = Segment.sequence(bytes, at) | 0
  const ack = Segment.acknowledgment(bytes, at) | 0
  const { iss, nxt } = tcb.sender
  if (bits & ACK && (leq(ack, iss) || lt(nxt, ack))) {
    if (!(bits & RST)) tcb.transmitter.reset(ack)
    return 'bad-ack'
  }
  if (bits & RST) {
    if (!(bits & ACK)) return 'bad-reset'
    tcb.finish('refused', 'rst')
    return undefined
  }
  if (!(bits & SYN)) return 'unexpected'
  synchronise(tcb, bytes, at)
  if (!(bits & ACK)) {
    // Simultaneous open, figure 7.
    if (tcb.standing.state === 'syn-sent') {
      tcb.become(synReceived(tcb.standing.synAt, false, undefined), 'syn')
      sendSyn(tcb)
    }
    return undefined
  }
  tcb.ackNow = true
  established(tcb, seq, ack, Segment.window(bytes, at), 'syn-ack')
  return text(tcb, bytes, at + Segment.headerLength(bytes, at), end, add(seq, 1), (bits & FIN) !== 0)
}

/** §3.10.7.4 */
export function arrives(tcb: Tcb, bytes: Uint8Array, at: number, end: number): Discard | undefined {
  const receiver = tcb.receiver
  const from = at + Segment.headerLength(bytes, at)
  let bits = Segment.flags(bytes, at)
  let seq = Segment.sequence(bytes, at) | 0
  const standing = tcb.standing
  if (standing.state === 'syn-received' && (bits & (SYN | RST)) === SYN && add(seq, 1) === receiver.nxt) {
    // The SYN that we know already: sent again, or, with ACK, the end of a simultaneous open (figure 7, line 7).
    if (!(bits & ACK)) {
      standing.repeated = true
      sendSyn(tcb)
      return 'duplicate'
    }
    bits &= ~SYN
    seq = receiver.nxt
  }
  const length = end - from + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)

  const { timestamps } = tcb.transmitter
  if (timestamps !== undefined && !(bits & RST)) {
    const { value, timestamps: present } = tcb.host.options
    if (!present) return 'no-timestamp'
    if (timestamps.isOld(value, tcb.env)) {
      if (length > 0 || !overtaken(tcb, bytes, at, bits, seq, timestamps.age(value))) return isOld(tcb, seq, length)
    } else {
      if (!receiver.acceptable(seq, length)) return unacceptable(tcb, bytes, at, bits, seq, length)
      if (value !== timestamps.recent) timestamps.take(value, seq, tcb.env.now())
    }
  } else if (!receiver.acceptable(seq, length)) return unacceptable(tcb, bytes, at, bits, seq, length)
  if (bits & RST) return resetArrived(tcb, seq)
  if (bits & SYN) {
    if (standing.state === 'syn-received' && standing.listener) tcb.finish('reset', 'syn')
    else challenge(tcb)
    return 'bad-syn'
  }
  if (!(bits & ACK)) return 'no-ack'
  const discard = ackArrived(tcb, bytes, at, seq, length > 0)
  if (discard !== undefined || tcb.state === 'closed') return discard
  return text(tcb, bytes, from, end, seq, (bits & FIN) !== 0)
}

/** RFC 7323 §5.3, R1. */
function isOld(tcb: Tcb, seq: number, length: number): Discard {
  if (length > 0) tcb.ackNow = true
  else challenge(tcb)
  if (length > 0) tcb.receiver.repeated(seq, add(seq, length))
  return 'old-timestamp'
}

/**
 * A duplicate acknowledgment that others overtook on its way, as Linux has it: it can do no harm, and tells of a segment
 * that has arrived. It changes nothing else, and is no older than what waits for it.
 */
function overtaken(tcb: Tcb, bytes: Uint8Array, at: number, bits: number, seq: number, age: number): boolean {
  const { sender, receiver, timers, rtoClock } = tcb
  if ((bits & ACK) === 0 || seq !== receiver.nxt || timers.waiting !== 'retransmit' || age > rtoClock.value)
    return false
  const ack = Segment.acknowledgment(bytes, at) | 0
  return ack === sender.una && Segment.window(bytes, at) << sender.shift === sender.wnd
}

/** First: the segment lies outside the window. */
function unacceptable(tcb: Tcb, bytes: Uint8Array, at: number, bits: number, seq: number, length: number): Discard {
  if (bits & RST) return 'out-of-window'
  const receiver = tcb.receiver
  if (receiver.wnd === 0 && seq === receiver.nxt && (bits & (SYN | ACK)) === ACK) {
    // A window probe: its octet finds no room, but its acknowledgment counts.
    tcb.ackNow = true
    return ackArrived(tcb, bytes, at, seq, true) ?? 'out-of-window'
  }
  if (tcb.state === 'time-wait' && bits & FIN) tcb.timers.waitFor('time-wait', tcb.host.timeWait)
  if (length > 0) {
    tcb.ackNow = true
    receiver.repeated(seq, add(seq, length))
  } else challenge(tcb)
  return lt(seq, receiver.nxt) ? 'duplicate' : 'out-of-window'
}

/** Second: RST inside the window; only the exact one counts (RFC 5961 §3). */
function resetArrived(tcb: Tcb, seq: number): Discard | undefined {
  if (seq !== tcb.receiver.nxt) {
    challenge(tcb)
    return 'bad-reset'
  }
  // In TIME-WAIT both streams are whole, and the user is not told (it may be an answer to an old duplicate, RFC 1337).
  const reasons: Partial<Record<State, CloseReason>> = { 'syn-received': 'refused', 'time-wait': 'closed' }
  tcb.finish(reasons[tcb.state] ?? 'reset', 'rst')
  return undefined
}

/** Fifth: the ACK field. `long`: the segment has text or FIN. */
function ackArrived(tcb: Tcb, bytes: Uint8Array, at: number, seq: number, long: boolean): Discard | undefined {
  const { sender, recovery } = tcb
  const { options } = tcb.host
  const ack = Segment.acknowledgment(bytes, at) | 0
  const syn = (Segment.flags(bytes, at) & SYN) !== 0 // whose window is not scaled, RFC 7323 §2.2
  const wnd = Segment.window(bytes, at) << (syn ? 0 : sender.shift)
  if (tcb.state === 'syn-received') {
    if (leq(ack, sender.una) || lt(sender.nxt, ack)) {
      tcb.transmitter.reset(ack)
      return 'bad-ack'
    }
    established(tcb, seq, ack, wnd, 'ack')
    return undefined
  }
  if (lt(sender.nxt, ack) || lt(ack, add(sender.una, -sender.maxWnd))) {
    challenge(tcb) // RFC 5961 §5
    return 'bad-ack'
  }
  if (lt(ack, sender.una)) return undefined
  const { una } = sender
  const sameWindow = wnd === sender.wnd
  sender.updateWindow(seq, wnd)
  if (ack !== una) progress(tcb, ack)
  else if (long && options.blocks === 0 && tcb.timers.waiting !== 'persist') return undefined
  const now = tcb.env.now()
  const news = options.blocks > 0 ? recovery.blocks(options, now) : 0
  // RFC 5681 §2; with SACK, RFC 6675 §2.
  const repeated = ack === una && !long && sameWindow
  const duplicate = recovery.sack ? news > 0 : repeated
  if (repeated && options.blocks === 0) recovery.probeNeedless() // from a peer without D-SACK
  const { waiting } = tcb.timers
  if (duplicate && ack === una && waiting === 'retransmit') recovery.duplicate(now)
  if (waiting === 'retransmit') recovery.findLosses(tcb.rtoClock.srtt, now)
  if (waiting === 'persist') probeAnswered(tcb)
  return undefined
}

/** How old the segment is that the peer echoes, in nanoseconds; negative without timestamps. */
function echoed(tcb: Tcb, now: number): number {
  return tcb.transmitter.timestamps?.since(tcb.host.options.echo, now) ?? -1
}

/** Octets of ours have been acknowledged for the first time. */
function progress(tcb: Tcb, ack: number): void {
  const { sender, recovery } = tcb
  const { flight, una } = sender
  const now = tcb.env.now()
  tcb.bytesOut += sender.acknowledged(ack)
  const since = echoed(tcb, now)
  tcb.rtoClock.acknowledged(ack, now, since)
  recovery.acknowledged(diff(ack, una), flight, tcb.rtoClock.srtt, since, now)
  recovery.probeAnswered(tcb.host.options, now)
  tcb.timers.progress()
  tcb.softError = false
  tcb.blackHole?.progress(tcb)
  if (now >= tcb.widenAt) fitPath(tcb)
  if (tcb.timers.waiting === 'retransmit') armRetransmission(tcb) // RFC 6298 (5.3); Timers has (5.2)
  // The octet of a probe was taken: what we said from in front of it meanwhile may have come too late to count.
  if (tcb.timers.waiting === 'persist') tcb.ackNow = true
  if (sender.finAcked) finAcked(tcb)
  const { sendBuffer } = tcb.host
  // An eighth is worth a call. A writer that waits for more leaves a long line empty: what is in flight is in the buffer too.
  if (tcb.wantsToWrite && !sender.fin && sender.queued <= sendBuffer - (sendBuffer >> 3)) {
    tcb.wantsToWrite = false
    tcb.handlers.writable?.()
  }
}

function finAcked(tcb: Tcb): void {
  if (tcb.state === 'last-ack') tcb.finish('closed', 'ack-of-fin')
  else tcb.move('ack-of-fin')
  if (tcb.state === 'time-wait') timeWait(tcb)
  if (tcb.state === 'fin-wait-2' && tcb.left) tcb.timers.waitFor('fin-wait-2', tcb.host.finWait2)
}

/** Any answer shows that the peer lives; one that opens the window ends the probing (§3.8.6.1). */
function probeAnswered(tcb: Tcb): void {
  tcb.timers.tries = 0
  if (tcb.sender.wnd > 0 && tcb.sender.inFlight) tcb.recovery.front = true
}
