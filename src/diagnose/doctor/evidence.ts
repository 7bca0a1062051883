/** What speaks for an answer, and the helpers that find it: which ways of a tunnel are deaf, and what was lost on them. */
import type { SimTime } from '../../base/time.ts'
import type { Case, Facts, Loss, Tunnel, Way } from './facts.ts'
import { at } from './words.ts'

export interface Evidence {
  readonly text: string
  readonly t?: SimTime
  readonly node?: string
  /** As the trace and captures name it: `alice#5`; of a capture `frame 12`. */
  readonly packet?: string
  /** The rule or policy that decided. */
  readonly rule?: string
  /** The entry of connection tracking. */
  readonly entry?: string
  readonly count?: number
}

/** Sent, and not heard at the other end: never, or since a moment. Undefined: not to be seen from here. */
export const isDeaf = ({ sent, arrived, silent }: Way): boolean =>
  arrived !== undefined && sent > 0 && (arrived === 0 || silent >= 2)

export const tunnelOf = (one: Case): Tunnel | undefined => (one.kind === 'tunnel' ? one : undefined)

/** The ways that have to be explained: those of TCP while there is no call, else of GRE, and of TCP if that broke. */
export function suspects(tunnel: Tunnel): Way[] {
  const tcp = [tunnel.tcp.up, tunnel.tcp.down]
  if (!tunnel.reached.has('call')) return tcp
  const gre = [tunnel.gre.up, tunnel.gre.down].filter(isDeaf)
  return gre.length > 0 ? gre : tcp.filter(isDeaf)
}

/** Packets that were lost on them, and those that users complain of. */
export function lossesOf(one: Case): Loss[] {
  if (one.kind === 'trouble') return [...one.complaint.losses]
  if (one.kind === 'dial') return []
  const ways = suspects(one).flatMap(({ losses }) => [...losses.values()])
  return [...ways, ...one.complaints.flatMap(({ losses }) => losses)]
}

export const lossEvidence = (loss: Loss): Evidence => {
  const { node, reason, proto, src, dst, rule, link, detail, packet, first, last, count } = loss
  const what = proto === undefined ? 'packet' : `${proto === 'gre' ? 'GRE' : proto.toUpperCase()} packet`
  const many = `${count} ${what}${count === 1 ? '' : 's'}`
  const way = src === undefined || dst === undefined ? '' : ` from ${src} to ${dst}`
  const when = count === 1 ? `at ${at(first)}` : `from ${at(first)} to ${at(last)}`
  const where = link === undefined ? '' : `, line ${link}`
  const facts = detail === undefined ? '' : `; ${detail}`
  const named = packet === undefined ? '' : `, the first is ${packet}`
  const ruled = rule === undefined ? '' : `, by: ${rule}`
  return {
    text: `${node} discards ${many}${way} ${when} (${reason}${facts})${where}${ruled}${named}`,
    t: first,
    node,
    ...(packet === undefined ? {} : { packet }),
    ...(rule === undefined ? {} : { rule }),
    count,
  }
}

/** `what`: the names of reasons. */
export const withReason = (losses: readonly Loss[], ...reasons: readonly string[]): Loss[] =>
  losses.filter(({ reason }) => reasons.includes(reason))

/** Not a rule of the box: it has taken the packet for its own. */
export const isForItself = ({ reason, detail = '' }: Loss): boolean =>
  reason === 'no-protocol' || (reason.startsWith('filter-') && detail.startsWith('input'))

export const isTranslator = (facts: Facts, node: string): boolean => facts.boxes.get(node)?.nat !== undefined

/** The NAT boxes that the tunnel passes. */
export const translators = (facts: Facts, { through }: Tunnel): string[] =>
  [...through].filter(node => isTranslator(facts, node))

/** From the call until its end, or the end of what was seen. */
export const lifeOf = (facts: Facts, { reached, from, until, end, peerEnd }: Tunnel): [SimTime, SimTime] => [
  reached.get('call') ?? from,
  Math.min(until, facts.t, end?.t ?? Number.POSITIVE_INFINITY, peerEnd?.t ?? Number.POSITIVE_INFINITY),
]

export const wayEvidence = (way: Way, name: string): Evidence => {
  const heard =
    way.arrived === undefined ? '' : `, ${way.arrived} arrived${way.to === undefined ? '' : ` at ${way.to}`}`
  const since =
    way.arrived && way.silent > 0 ? `; the last ${way.silent} did not, since ${at(way.lastArrival ?? 0)}` : ''
  return {
    text:
      way.sent === 0 && way.arrived === undefined
        ? `${name}: none of ${way.from} seen`
        : `${name}: ${way.from} sent ${way.sent}${heard}${since}`,
    node: way.from,
    count: way.sent,
    ...(way.lastPacket === '' ? {} : { packet: way.lastPacket }),
    ...(way.lastSent === undefined ? {} : { t: way.lastSent }),
  }
}
