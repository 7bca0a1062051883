/** What happens when a timer runs out: RFC 9293 §3.10.8, RFC 6298 §5, RFC 1122 §4.2.3.6. */
import { BlackHole } from './black-hole.ts'
import { KeepAlive } from './keep-alive.ts'
import { armRetransmission, output, send, sendFront, sendProbe, sendSyn } from './output.ts'
import { ACK } from './segment.ts'
import { DEFAULT_MSS } from './sender.ts'
import { add, toUint32 } from './seq.ts'
import type { Tcb } from './tcb.ts'

const MAX_BACK_OFF = 20
/** After so many timeouts of one segment its size is suspected (Linux's retries1), and after as many again once more. */
const BLACK_HOLE_TRIES = 3

/** §3.10.8 */
export function timeout(tcb: Tcb): void {
  switch (tcb.timers.waiting) {
    case 'syn':
      synTimeout(tcb)
      break
    case 'retransmit':
      if (tcb.timers.next === 'probe') sendProbe(tcb)
      else if (tcb.timers.next === 'reordering') reorderingTimeout(tcb)
      else retransmissionTimeout(tcb)
      break
    case 'persist':
      persistTimeout(tcb)
      break
    case 'fin-wait-2':
      tcb.finish('timeout', 'timeout')
      break
    case 'time-wait':
      tcb.finish('closed', 'timeout')
  }
}

function synTimeout(tcb: Tcb): void {
  const { synTries, synAckTries, linearSyns } = tcb.host.profile
  const active = tcb.state === 'syn-sent'
  if (tcb.timers.hopeless(active ? synTries : synAckTries)) {
    giveUp(tcb)
    return
  }
  const tries = ++tcb.timers.tries
  tcb.retransmits++
  if (!active || tries > linearSyns) tcb.rtoClock.backOff()
  tcb.env.trace?.retransmit(tcb, toUint32(tcb.sender.iss), 0, tries)
  sendSyn(tcb)
  tcb.timers.arm(tcb.rtoClock.value)
}

/** RFC 8985 §6.2, step 5; then the timeout is waited for again. */
function reorderingTimeout(tcb: Tcb): void {
  const { timers, recovery, rtoClock } = tcb
  const now = tcb.env.now()
  timers.armTimeout(Math.max(0, timers.timeoutAt - now), now)
  recovery.findLosses(rtoClock.srtt, now)
  output(tcb)
}

/** RFC 6298 (5.4) to (5.6) */
function retransmissionTimeout(tcb: Tcb): void {
  if (tcb.timers.hopeless(tcb.host.profile.dataTries)) {
    giveUp(tcb)
    return
  }
  const tries = ++tcb.timers.tries
  tcb.rtoClock.backOff()
  if (tries % BLACK_HOLE_TRIES === 0 && tcb.sender.front() > DEFAULT_MSS) {
    tcb.blackHole ??= new BlackHole()
    tcb.blackHole.suspect(tcb)
  }
  const now = tcb.env.now()
  tcb.recovery.timedOut(tries, tcb.rtoClock.srtt, now)
  sendFront(tcb, tries === 1)
  tcb.timers.armTimeout(tcb.rtoClock.value, now)
}

/** §3.8.6.1; also the end of a sender's patience with a window that stays small (§3.8.6.2.1). */
function persistTimeout(tcb: Tcb): void {
  const { timers } = tcb
  if (timers.hopeless(tcb.host.profile.dataTries)) {
    giveUp(tcb)
    return
  }
  timers.tries++
  timers.probes = Math.min(timers.probes + 1, MAX_BACK_OFF)
  sendFront(tcb)
  timers.arm(Math.min(tcb.rtoClock.value * 2 ** timers.probes, tcb.host.profile.maxRto))
  if (timers.set(tcb.sender)) armRetransmission(tcb)
}

/** Like Linux we report an ICMP error that came meanwhile rather than the silence. */
function giveUp(tcb: Tcb): void {
  tcb.finish(tcb.softError ? 'unreachable' : 'timeout', 'timeout')
}

/** Keep-alive is wanted, and the connection is one that can be kept alive; or not. */
export function setKeepAlive(tcb: Tcb): void {
  const synchronised = tcb.standing.resets && tcb.state !== 'syn-received'
  if (!synchronised || !tcb.keepsAlive) {
    tcb.keepAliveTimer?.stop()
    tcb.keepAliveTimer = undefined
  } else {
    // RFC 1122 §4.2.3.6: an octet that the peer has acknowledged already makes it answer. While there is something to
    // send, the other timer asks, and counts the tries.
    const ask = (): boolean => {
      if (tcb.sender.done) send(tcb, add(tcb.sender.una, -1), ACK, 0, tcb.env.now())
      return tcb.sender.done
    }
    tcb.keepAliveTimer ??= new KeepAlive(tcb.env, tcb.host.keepAliveOptions, ask, () => giveUp(tcb))
  }
}
