/** From the segment to the reader: RFC 9293 §3.10.7.4, seventh and eighth. */
import { acknowledgeLater } from './output.ts'
import { add, diff } from './seq.ts'
import type { Tcb } from './tcb.ts'
import { setKeepAlive } from './timeouts.ts'
import type { Discard } from './types.ts'

/** Seventh and eighth: the segment's text and FIN. */
export function text(
  tcb: Tcb,
  bytes: Uint8Array,
  from: number,
  end: number,
  seq: number,
  fin: boolean,
): Discard | undefined {
  if (from === end && !fin) return undefined
  if (!tcb.standing.receives) return 'after-fin'
  if (tcb.left && from < end) {
    tcb.abort()
    return 'after-close'
  }
  const receiver = tcb.receiver
  const finSeq = add(seq, end - from)
  if (fin && receiver.finSeq === undefined && receiver.inWindow(finSeq)) receiver.finSeq = finSeq
  const before = Math.max(0, diff(receiver.nxt, seq))
  const start = from + before
  const stop = end - receiver.excess(finSeq)
  const inOrder = before > 0 || seq === receiver.nxt
  if (before > 0 || (receiver.gaps && start < stop)) receiver.repeated(seq, finSeq)
  if (inOrder && !receiver.gaps) acknowledgeLater(tcb)
  else tcb.ackNow = true
  if (start < stop && !take(tcb, bytes, start, stop, add(seq, before))) return 'reassembly-full'
  if (receiver.finSeq === receiver.nxt && !receiver.finished && tcb.standing.receives) finArrived(tcb)
  return undefined
}

function take(tcb: Tcb, bytes: Uint8Array, from: number, to: number, seq: number): boolean {
  const receiver = tcb.receiver
  const before = receiver.nxt
  if (receiver.passesThrough(seq)) {
    receiver.passed(to - from)
    tcb.bytesIn += diff(receiver.nxt, before)
    tcb.handlers.data?.(bytes.subarray(from, to))
  } else {
    if (!receiver.store(bytes, from, to, seq)) return false
    tcb.bytesIn += diff(receiver.nxt, before)
  }
  deliver(tcb)
  return true
}

/** Hands over what is held, as long as the reader wants it; then tells what waited behind it. */
export function deliver(tcb: Tcb): void {
  const receiver = tcb.receiver
  while (receiver.held > 0 && !receiver.paused && deliverable(tcb)) {
    const view = receiver.take() // also when nobody listens
    tcb.handlers.data?.(view)
  }
  if (receiver.held > 0) return
  if (receiver.finished && !tcb.endTold && deliverable(tcb)) {
    tcb.endTold = true
    tcb.handlers.ended?.()
  }
  tellClosed(tcb)
}

/** False once the connection ended out of order: nothing more is delivered then. */
function deliverable(tcb: Tcb): boolean {
  return tcb.state !== 'closed' || tcb.closeReason === 'closed'
}

function finArrived(tcb: Tcb): void {
  tcb.receiver.finish()
  tcb.ackNow = true
  tcb.move('fin')
  if (tcb.state === 'time-wait') timeWait(tcb)
  deliver(tcb)
}

export function tellClosed(tcb: Tcb): void {
  if (tcb.closeReason === undefined || tcb.closeTold) return
  tcb.closeTold = true
  tcb.handlers.closed?.(tcb.closeReason)
}

export function timeWait(tcb: Tcb): void {
  tcb.timers.waitFor('time-wait', tcb.host.timeWait)
  setKeepAlive(tcb)
  tcb.closeReason = 'closed'
  if (tcb.receiver.held === 0 && tcb.endTold) tellClosed(tcb)
}
