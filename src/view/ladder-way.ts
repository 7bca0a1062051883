/**
 * The way of a journey: which of its packets got where it was to go, and who has had them in which order. A journey branches
 * where a switch sends to all its ports, where a packet is in fragments, and where a line delivers twice.
 */
import type { SimTime } from '../base/time.ts'
import type { Hop, Journey, PacketRecord } from '../lab/recorder.ts'
import type { Leg } from './ladder.ts'

/** `alice#5` was made by alice. */
export const makerOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('#')))

/** The form of a journey that stands for it: the first that carries another one, or else the first that was on a link. */
export function mainForm({ packets }: Journey): number {
  const wrapped = packets.findIndex(({ hops, parent }) => hops.length > 0 && parent?.inside !== undefined)
  if (wrapped >= 0) return wrapped
  return Math.max(
    0,
    packets.findIndex(({ hops }) => hops.length > 0),
  )
}

/** What can still change of it: a hop that ends, another packet, a drop, what is inside. */
export function markOf({ packets }: Journey, now: SimTime): string {
  let text = ''
  for (const { hops, visits, drop, inside } of packets) {
    const flying = hops.some(({ arrives }) => arrives !== undefined && arrives > now)
    text += `${hops.length}.${visits.length}.${drop ? 1 : 0}${inside ? 1 : 0}${flying ? 1 : 0} `
  }
  return text
}

/** Reasons that hit a copy: the packet itself had arrived. */
const HARMLESS: ReadonlySet<string> = new Set(['gre-duplicate', 'fragment-duplicate', 'not-for-us'])

/** It was discarded, and nobody has kept a copy of it. */
export function isLost({ drop, drops, visits }: PacketRecord): boolean {
  if (!drop) return false
  const got = visits.filter(({ what }) => what === 'deliver')
  if (HARMLESS.has(drop.reason)) return got.length === 0
  return got.every(({ node }) => node === drop.node) && got.length <= drops
}

/** From the first packet to the one with which the journey ended: at its addressee if it got there. */
export function chainOf(
  { packets }: Journey,
  intended: string | undefined,
  now: SimTime,
  endOf: (hop: Hop) => string,
): readonly PacketRecord[] {
  const parents = new Set(packets.map(({ parent }) => parent))
  const leaves = packets.filter(packet => !parents.has(packet))
  const ended = ({ visits, hops }: PacketRecord): string | undefined => {
    const hop = hops.at(-1)
    if (visits.at(-1)?.what === 'deliver') return visits.at(-1)?.node
    return visits.length === 0 && hop?.arrives !== undefined ? endOf(hop) : undefined
  }
  const flies = ({ hops }: PacketRecord): boolean => hops.some(({ arrives }) => arrives !== undefined && arrives > now)
  const harmless = ({ drop }: PacketRecord): boolean => drop === undefined || HARMLESS.has(drop.reason)
  const whole = (packet: PacketRecord): boolean => harmless(packet) || !isLost(packet)
  const last =
    leaves.find(leaf => intended !== undefined && ended(leaf) === intended && whole(leaf)) ??
    leaves.find(packet => !whole(packet)) ??
    leaves.find(flies) ??
    leaves.find(leaf => ended(leaf) !== undefined) ??
    leaves[leaves.length - 1]
  const chain: PacketRecord[] = []
  for (let packet: PacketRecord | undefined = last; packet; packet = packet.parent) {
    if (packet.journey === last.journey) chain.unshift(packet)
  }
  return chain
}

export const NOBODY: readonly string[] = []

/** Where a switch has sent a packet to all its ports: only the way to whom it was for, or to the last who got it. */
export function wayAmong(legs: readonly Leg[], intended: string | undefined): readonly Leg[] {
  if (!legs.some((leg, i) => legs.slice(0, i).some(({ packet, from }) => packet === leg.packet && from === leg.from))) {
    return legs
  }
  const way: Leg[] = []
  let leg = legs.findLast(({ to }) => to === intended) ?? legs.at(-1)
  while (leg && !way.includes(leg)) {
    const { from, sent } = leg
    way.unshift(leg)
    leg = legs.findLast(({ to, arrives }) => to === from && arrives !== undefined && arrives <= sent)
  }
  return way
}

export const copiesOf = (legs: readonly Leg[], now: SimTime): string[] =>
  legs.flatMap(({ to, arrives }) => (arrives !== undefined && arrives <= now ? [to] : []))

/** Everybody who has had it by now, in order. */
export function placesIn(first: string, chain: readonly PacketRecord[], legs: readonly Leg[], now: SimTime): string[] {
  const seen: { t: SimTime; node: string }[] = [
    ...legs.flatMap(({ from, to, sent, arrives }) => [
      { t: sent, node: from },
      ...(arrives !== undefined && arrives <= now ? [{ t: arrives, node: to }] : []),
    ]),
    ...chain.flatMap(({ visits }) => visits.map(({ t, node }) => ({ t, node }))),
  ]
  const places = [first]
  for (const { node } of seen.sort((a, b) => a.t - b.t)) if (!places.includes(node)) places.push(node)
  return places
}
