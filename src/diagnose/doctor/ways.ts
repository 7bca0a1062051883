/** How the packets of one way are counted, and the steps of a tunnel. */
import type { SimTime } from '../../base/time.ts'
import type { TraceEvent } from '../../base/trace.ts'
import { type Loss, newWay, type Step, type Tunnel, type Way } from './facts.ts'

type Drop = Extract<TraceEvent, { event: 'drop' }>

export function send(way: Way, packet: string, t: SimTime): void {
  way.sent++
  way.silent++
  if (way.lastSent !== undefined) way.pause = Math.max(way.pause, t - way.lastSent)
  way.firstSent ??= t
  way.lastSent = t
  way.lastPacket = packet
}

export function arrive(way: Way, t: SimTime): void {
  way.arrived = (way.arrived ?? 0) + 1
  way.lastArrival = t
  way.silent = 0
  way.losses.clear()
  way.astray.clear()
}

/** A machine that it was not sent to has taken it for its own. */
export function astray(way: Way, node: string, packet: string, t: SimTime): void {
  const known = way.astray.get(node)
  if (known) known.count++
  else way.astray.set(node, { count: 1, packet, t })
}

export function lose(way: Way, event: Drop): void {
  addLoss(way.losses, event)
  addLoss(way.all, event)
}

/** It has arrived, and its receiver could do nothing with it. */
export const spoil = (way: Way, event: Drop): void => addLoss(way.spoiled, event)

export const keyOf = ({
  node,
  reason,
  proto,
  src,
  dst,
  rule,
  link,
}: Pick<Drop, 'node' | 'reason'> & Partial<Drop>): string => `${node} ${reason} ${proto} ${src} ${dst} ${rule} ${link}`

export function addLoss(losses: Map<string, Loss>, event: Drop): void {
  const key = keyOf(event)
  const known = losses.get(key)
  if (known) {
    known.count++
    known.last = event.t
    return
  }
  const { node, reason, proto, src, dst, rule, link, detail, entry, packet, t } = event
  losses.set(key, { node, reason, proto, src, dst, rule, link, detail, entry, packet, first: t, last: t, count: 1 })
}

/** Whether its packets arrive nobody can see from here, until somebody acknowledges one. */
export const unseen = (from: string, to: string): Way => ({ ...newWay(from, to), arrived: undefined })

/** An acknowledgment has come for all that was seen. */
export function heardBy(way: Way, t: SimTime): void {
  way.arrived = way.sent
  way.lastArrival = t
  way.silent = 0
}

export function reach({ reached }: Tunnel, step: Step, t: SimTime): void {
  if (!reached.has(step)) reached.set(step, t)
}
