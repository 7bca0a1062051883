/** The end of the three-way handshake (RFC 9293 §3.5), and what it agrees upon. */
import { ownShift } from './output.ts'
import { fitPath } from './path.ts'
import { Rack } from './rack.ts'
import * as Segment from './segment.ts'
import { DEFAULT_MSS } from './sender.ts'
import type { Tcb } from './tcb.ts'
import { setKeepAlive } from './timeouts.ts'
import type { Cause } from './types.ts'

const MAX_SHIFT = 14 // RFC 7323 §2.3

/** Takes what the peer's SYN says: its sequence number and options. */
export function synchronise(tcb: Tcb, bytes: Uint8Array, at: number): void {
  const { sender, receiver, recovery, transmitter } = tcb
  const { options } = tcb.host
  const seq = Segment.sequence(bytes, at)
  receiver.start(seq)
  sender.peerMss = options.maximumSegmentSize || DEFAULT_MSS
  if (options.timestamps) transmitter.timestamps?.take(options.value, seq, tcb.env.now())
  else transmitter.timestamps = undefined
  recovery.sack &&= options.sackPermitted
  receiver.sack = recovery.sack
  tcb.scaled &&= options.windowScale >= 0
  sender.shift = tcb.scaled ? Math.min(options.windowScale, MAX_SHIFT) : 0
  receiver.setShift(tcb.scaled ? ownShift(tcb) : 0)
  fitPath(tcb)
}

export function established(tcb: Tcb, seq: number, ack: number, wnd: number, cause: Cause): void {
  const standing = tcb.standing
  const { sender, rtoClock } = tcb
  const repeated = tcb.timers.tries > 0
  if (standing.state !== 'syn-sent' && standing.state !== 'syn-received') return
  if (repeated) rtoClock.synWasRetransmitted()
  else if (!standing.repeated) rtoClock.sample(tcb.env.now() - standing.synAt)
  sender.opened(seq, ack, wnd)
  const { initialWindow, slowStart } = tcb.host.profile
  const rack = tcb.host.rack && tcb.recovery.sack ? new Rack(sender.nxt, rtoClock.srtt, tcb.env.now()) : undefined
  tcb.recovery.start(tcb.host.congestion, repeated ? 1 : initialWindow, slowStart, rack)
  tcb.softError = false
  tcb.timers.rest()
  tcb.move(cause)
  setKeepAlive(tcb)
  if (standing.state === 'syn-received' && standing.listener) tcb.handlers = standing.listener.accept(tcb)
  if (tcb.state === 'established' && sender.fin) tcb.move('close')
  if (tcb.state !== 'closed') tcb.handlers.opened?.()
}
