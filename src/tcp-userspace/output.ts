/**
 * Sending: new text, what was lost, acknowledgments (RFC 9293 §3.7.4, §3.8.6.2, §3.8.6.3; the order of RFC 6675 §5 (C)),
 * and SYN with its options.
 */
import { ChallengeLimit } from './challenge.ts'
import type { Offer } from './options.ts'
import * as Segment from './segment.ts'
import { add, max, toUint32 } from './seq.ts'
import { PLAIN } from './state.ts'
import type { Tcb } from './tcb.ts'

const { ACK, FIN, PSH, SYN } = Segment
const MAX_SHIFT = 14 // RFC 7323 §2.3
/** Two ticks of a usual clock, and the longest that an acknowledgment of a single segment is delayed; as Linux has them. */
const PROBE_SLACK = 8_000_000
const MAX_ACK_DELAY = 200_000_000
/** Before there is a round trip (RFC 8985 §7.2). */
const FIRST_PROBE = 1_000_000_000

/** Sends what may be sent now. Every event ends here. */
export function output(tcb: Tcb): void {
  const { standing, recovery } = tcb
  if (tcb.busy || standing === PLAIN.closed) return
  if (standing.sends) {
    if (recovery.front || recovery.phase !== 'open') sendAgain(tcb)
    const { nxt } = tcb.sender
    sendNew(tcb)
    if (tcb.sender.nxt !== nxt && probes(tcb)) postponeProbe(tcb)
    if (recovery.phase === 'fast') sendDoubtful(tcb)
  }
  if (tcb.ackNow || (standing.receives && tcb.receiver.starving)) acknowledge(tcb)
  if (tcb.timers.set(tcb.sender)) armRetransmission(tcb)
  if (tcb.timers.waiting === 'retransmit' && recovery.reorderingDue < tcb.timers.timeoutAt)
    // While the peer's window was closed it may have become due.
    tcb.timers.armReordering(Math.max(0, recovery.reorderingDue - tcb.env.now()))
}

/** For the timeout, or for a loss probe before it. */
export function armRetransmission(tcb: Tcb): void {
  tcb.timers.armTimeout(tcb.rtoClock.value, tcb.env.now(), probes(tcb) ? probeDelay(tcb) : undefined)
}

const probes = ({ timers, host, recovery }: Tcb): boolean =>
  timers.waiting === 'retransmit' && host.tailLossProbe && recovery.mayProbe

/** PTO: 2 SRTT, and more where the acknowledgment may be delayed (RFC 8985 §7.2). */
function probeDelay({ sender, rtoClock }: Tcb): number {
  if (rtoClock.srtt === undefined) return FIRST_PROBE
  return 2 * rtoClock.srtt + (sender.flight > sender.mss ? PROBE_SLACK : MAX_ACK_DELAY)
}

/** New text has been sent: a probe is due so long after that, by what is in flight now (RFC 8985 §7.2). */
function postponeProbe(tcb: Tcb): void {
  const { timers } = tcb
  const now = tcb.env.now()
  const delay = probeDelay(tcb)
  if (timers.due !== Math.min(now + delay, timers.timeoutAt)) timers.armProbe(delay, now)
}

/** RFC 8985 §7.3: new text if there is some, else the last segment again: its acknowledgment tells what was lost. */
export function sendProbe(tcb: Tcb): void {
  const { sender, recovery, timers } = tcb
  const { una, nxt, mss } = sender
  const length = sender.next(true, mss)
  recovery.probing(length <= 0)
  if (length > 0) sendText(tcb, nxt, length, true)
  else {
    const at = max(una, add(nxt, -mss))
    repeat(tcb, at, sender.textAt(at, mss))
  }
  recovery.probed()
  timers.armTimeout(tcb.rtoClock.value, tcb.env.now())
}

function sendNew(tcb: Tcb): void {
  const { sender, recovery } = tcb
  // RFC 5681 §4.1
  if (!sender.inFlight && tcb.env.now() - tcb.sentAt > tcb.rtoClock.value) recovery.onIdle()
  let length = sender.next(tcb.noDelay, recovery.allowance)
  while (length >= 0) {
    sendText(tcb, sender.nxt, length, true)
    length = sender.next(tcb.noDelay, recovery.allowance)
  }
}

function sendAgain(tcb: Tcb): void {
  const { sender, recovery } = tcb
  if (recovery.front && sender.inFlight) {
    sendFront(tcb)
    restartTimeout(tcb)
  }
  recovery.front = false
  while (recovery.nextLost()) {
    repeat(tcb, recovery.at, recovery.length)
    if (recovery.at === sender.una) restartTimeout(tcb)
  }
}

/** RFC 6675 §6: what is in front gets the time that it needs, though the timer was started for what came before it. */
function restartTimeout(tcb: Tcb): void {
  if (tcb.timers.waiting === 'retransmit') tcb.timers.armTimeout(tcb.rtoClock.value, tcb.env.now())
}

function sendDoubtful(tcb: Tcb): void {
  const { recovery } = tcb
  while (recovery.nextDoubtful()) repeat(tcb, recovery.at, recovery.length)
}

/** Sends the oldest octets again, or for the first time as a window probe. */
export function sendFront(tcb: Tcb, anyway = false): void {
  const { sender } = tcb
  if (sender.inFlight) repeat(tcb, sender.una, sender.front(anyway))
  else sendText(tcb, sender.una, sender.front(), false)
}

function repeat(tcb: Tcb, seq: number, length: number): void {
  tcb.retransmits++
  tcb.env.trace?.retransmit(tcb, toUint32(seq), length, Math.max(1, tcb.timers.tries))
  sendText(tcb, seq, length, false)
}

function sendText(tcb: Tcb, seq: number, length: number, fresh: boolean): void {
  const { sender } = tcb
  const fin = sender.carriesFin(seq, length)
  const bits = ACK | (sender.carriesLast(seq, length) ? PSH : 0) | (fin ? FIN : 0)
  const next = add(seq, length + (fin ? 1 : 0))
  const now = tcb.env.now()
  tcb.sentAt = now
  sender.sent(next)
  tcb.recovery.sent(seq, next, fresh, now)
  tcb.rtoClock.sent(next, fresh, now)
  send(tcb, seq, bits, length, now)
}

export function acknowledge(tcb: Tcb): void {
  send(tcb, tcb.sender.seqOfNothing, ACK, 0, tcb.env.now())
}

/** RFC 9293 §3.8.6.3: the second segment is acknowledged at once, the first alone after a while. */
export function acknowledgeLater(tcb: Tcb): void {
  const timers = tcb.timers
  timers.delayedAck ??= tcb.env.timer('tcp-delayed-ack', acknowledge, tcb)
  if (timers.delayedAck.pending) tcb.ackNow = true
  else timers.delayedAck.arm(tcb.host.profile.delayedAck)
}

/** Answers a suspect segment with the truth, but not without end. */
export function challenge(tcb: Tcb): void {
  const now = tcb.env.now()
  tcb.challenges ??= new ChallengeLimit(now)
  if (tcb.challenges.allows(now)) tcb.ackNow = true
}

export function send(tcb: Tcb, seq: number, bits: number, length: number, now: number): void {
  tcb.segmentsOut++
  tcb.ackNow &&= length > 0 && tcb.receiver.insists
  tcb.timers.delayedAck?.cancel()
  tcb.transmitter.segment(seq, bits, length, now)
}

// SYN, §3.5.

export function ownShift(tcb: Tcb): number {
  let shift = 0
  while (shift < MAX_SHIFT && 0xffff * 2 ** shift < tcb.host.receiveBuffer) shift++
  return tcb.host.windowScale ? shift : 0
}

export function sendFirstSyn(tcb: Tcb): void {
  sendSyn(tcb)
  tcb.timers.wait('syn')
  tcb.timers.arm(tcb.rtoClock.value)
}

export function sendSyn(tcb: Tcb): void {
  const offer: Offer = {
    maximumSegmentSize: tcb.env.maxSegment(tcb.remote.address) - Segment.HEADER,
    windowScale: tcb.scaled ? ownShift(tcb) : -1,
    sackPermitted: tcb.recovery.sack,
    timestamps: tcb.transmitter.timestamps !== undefined,
  }
  tcb.segmentsOut++
  tcb.transmitter.syn(tcb.state === 'syn-received' ? SYN | ACK : SYN, offer)
}
