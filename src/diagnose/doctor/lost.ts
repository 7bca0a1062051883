/** The questions of the fault tree that ask where packets are lost: lines, machines, routes, firewalls. */
import {
  type Evidence,
  isDeaf,
  isForItself,
  isTranslator,
  lossEvidence,
  lossesOf,
  tunnelOf,
  wayEvidence,
  withReason,
} from './evidence.ts'
import type { Case, Facts, LineFacts, Loss, Tunnel } from './facts.ts'
import { type Ask, aTunnel, byReason, found, NO, UNKNOWN } from './reply.ts'
import { at } from './words.ts'

/** Of what a line carries. */
export const LOSSY_SHARE = 0.005
export const LOSSY_LEAST = 10
/** So long a telephone line may crackle before its tunnel breaks. */
const NOISE_BEFORE = 60e9

/** On the way of what is asked about, ARP included: nobody can be asked for an address through a line that is out. */
const isCable: Ask = (facts, one) => {
  const losses = lossesOf(one)
  const direct = withReason(losses, 'link-down', 'interface-down').filter(
    ({ proto, detail }) => proto !== 'icmp' || detail === undefined,
  )
  if (direct.length > 0) return found(direct.map(lossEvidence))
  return found(unheardRequests(facts, losses, 'link-down'))
}

/** ARP requests that were lost for that reason, of machines that gave up because nobody answered them. */
function unheardRequests(facts: Facts, losses: readonly Loss[], reason: string): Evidence[] {
  const silent = withReason(losses, 'arp-timeout')
  const requests = facts.losses.filter(
    loss =>
      loss.reason === reason && silent.some(({ node }) => loss.node === node || loss.packet?.startsWith(`${node}#`)),
  )
  return requests.length === 0 ? [] : [...silent, ...requests].map(lossEvidence)
}

/** A line that loses so much that not even the next machine can be asked for. */
const requestsLost: Ask = (facts, one) => {
  const silent = withReason(lossesOf(one), 'arp-timeout')
  const arp = facts.losses.filter(({ proto, reason, count }) => proto === 'arp' && reason === 'line-loss' && count >= 2)
  return silent.length > 0 && arp.length > 0 ? found([...silent, ...arp].map(lossEvidence)) : NO
}

const isPower: Ask = (facts, one) => {
  const losses = lossesOf(one)
  const direct = withReason(losses, 'power-off')
  return found(direct.length > 0 ? direct.map(lossEvidence) : unheardRequests(facts, losses, 'power-off'))
}

const isNoise: Ask = (facts, one) => {
  const t =
    one.kind === 'tunnel'
      ? (one.peerEnd?.t ?? one.end?.t ?? facts.t)
      : one.kind === 'trouble'
        ? one.complaint.t
        : one.end.t
  const node = one.kind === 'tunnel' ? one.client : one.kind === 'trouble' ? one.complaint.node : one.node
  if (one.kind === 'tunnel' && !one.incoming) return NO
  const overLine = one.kind !== 'tunnel'
  const noisy = facts.losses.filter(
    loss =>
      loss.reason.startsWith('hdlc-') &&
      loss.first <= t &&
      loss.last >= t - NOISE_BEFORE &&
      (overLine || loss.node === node || loss.count > 5),
  )
  const own = noisy.filter(loss => loss.node === node)
  return found(
    (own.length > 0 ? [...own, ...noisy.filter(loss => loss.node !== node)] : overLine ? [] : noisy).map(lossEvidence),
  )
}

const hadAnswered: Ask = aTunnel((tunnel, facts) => {
  const dead = withReason(lossesOf(tunnel), 'power-off').map(({ node }) => node)
  const before = facts.cases.some(
    one => one.kind === 'tunnel' && one.reached.has('control') && one.server !== undefined && dead.includes(one.server),
  )
  return tunnel.reached.has('control') || before
    ? found([{ text: `${dead[0] ?? tunnel.server} had answered before` }])
    : NO
})

// Firewalls

const filtered = (facts: Facts, one: Case): Loss[] =>
  withReason(lossesOf(one), 'filter-drop', 'filter-reject', 'conntrack-invalid').filter(
    loss => !(one.kind === 'tunnel' && one.reached.has('call') && isTranslator(facts, loss.node) && isForItself(loss)),
  )

const rule: Ask = (facts, one) => found(filtered(facts, one).map(lossEvidence))
const ruleIs =
  (fits: (loss: Loss, facts: Facts, one: Case) => boolean): Ask =>
  (facts, one) =>
    filtered(facts, one).some(loss => fits(loss, facts, one)) ? { answer: 'yes', evidence: [] } : NO

const rule47: Ask = (facts, one) => {
  const mistakes = filtered(facts, one).flatMap(({ node }) =>
    (facts.boxes.get(node)?.rules ?? [])
      .filter(each => /port [\d,-]*\b47\b/.test(each.rule))
      .map(each => ({ node, ...each })),
  )
  return found(
    mistakes.slice(0, 1).map(each => ({
      text: `${each.node} has the rule "${each.rule}", which has counted ${each.packets} packets`,
      node: each.node,
      rule: each.rule,
      count: each.packets,
    })),
  )
}

const ruledOut = ({ gre: { up, down } }: Tunnel): Loss[] =>
  [up, down].flatMap(({ all }) => [...all.values()]).filter(({ reason }) => reason.startsWith('filter-'))
const isExpected = ({ detail = '' }: Loss): boolean => / related$/.test(detail)

const burned: Ask = aTunnel(tunnel => found(ruledOut(tunnel).filter(isExpected).map(lossEvidence)))

/** Then that it was the first is of no account: the others would not pass either. */
const laterDropped: Ask = aTunnel(tunnel => {
  const dropped = ruledOut(tunnel)
  const first = dropped.filter(isExpected)
  const isStateless = ({ rule = '' }: Loss): boolean => /\bproto \S*gre/.test(rule) && !/\bstate\b/.test(rule)
  const others = dropped.filter(
    loss => !isForItself(loss) && !first.some(({ node, rule }) => node === loss.node && rule === loss.rule),
  )
  return found([...first.filter(isStateless), ...others].map(lossEvidence))
})

// Sizes and losses

/** Discarded for their size in so many different seconds: the sender has not learned it. */
const PERSISTENT = 3e9
function tooBig(facts: Facts, one: Case): Loss[] {
  if (one.kind === 'tunnel' && !one.reached.has('ipcp')) return []
  const about = (one.kind === 'tunnel' ? one.complaints : one.kind === 'trouble' ? [one.complaint] : []).flatMap(
    ({ losses }) => losses,
  )
  const since = one.kind === 'tunnel' ? one.from : 0
  const all = one.kind === 'tunnel' ? facts.losses.filter(({ first }) => first >= since) : about
  const large = withReason(all, 'fragmentation-needed')
  return large
    .filter(({ first, last, count }) => count >= 3 && last - first >= PERSISTENT)
    .concat(withReason(about, 'fragmentation-needed'))
}

/** ICMP made by the machine that discarded, and itself discarded. */
const swallowed = (facts: Facts, large: readonly Loss[]): Loss[] =>
  facts.losses.filter(
    ({ proto, packet = '', reason, dst }) =>
      proto === 'icmp' &&
      reason !== 'fragmentation-needed' &&
      large.some(({ node, src }) => packet.startsWith(`${node}#`) && dst === src),
  )

const asksTooBig: Ask = (facts, one) => found([...new Set(tooBig(facts, one))].map(lossEvidence))
const isTooBig: Ask = (facts, one) => {
  const large = tooBig(facts, one)
  const eaten = swallowed(facts, large)
  return eaten.length > 0 ? found([...large, ...eaten].map(lossEvidence)) : NO
}
const icmpBlocked: Ask = (facts, one) => found(swallowed(facts, tooBig(facts, one)).map(lossEvidence))

/** Lines that change bits: many packets, or a large share of a few. */
export const spoilingLines = ({ lines }: Facts): LineFacts[] =>
  lines.filter(
    ({ frames, spoiled }) =>
      (spoiled >= LOSSY_LEAST && spoiled >= frames * LOSSY_SHARE) || (spoiled >= 2 && spoiled >= frames * 0.02),
  )

/** Which machines have noticed, and what the lines did. */
export const spoiledEvidence = (facts: Facts, lines: readonly LineFacts[]): Evidence[] => [
  ...badChecksums(facts),
  ...lines.map(
    ({ link, from, frames, spoiled, firstSpoiled: first }): Evidence => ({
      text: `the line ${link} has changed bits of ${spoiled} of ${frames} packets that ${from} sent${first ? `, the first is ${first.packet} at ${at(first.t)}` : ''}`,
      node: from,
      count: spoiled,
      ...(first ? { packet: first.packet, t: first.t } : {}),
    }),
  ),
]

/** By machine. */
function badChecksums({ losses }: Facts): Evidence[] {
  const bad = losses.filter(({ reason }) => reason === 'bad-checksum')
  return [...new Set(bad.map(({ node }) => node))].map(node => {
    const own = bad.filter(loss => loss.node === node)
    const count = own.reduce((sum, loss) => sum + loss.count, 0)
    const [{ first, packet }] = own
    const named = packet === undefined ? '' : `; the first is ${packet}`
    return {
      text: `${node} discards ${count} packet${count === 1 ? '' : 's'} with a wrong checksum, from ${at(first)} on (bad-checksum)${named}`,
      t: first,
      node,
      count,
    }
  })
}

export const lossyLines = (facts: Facts, least = LOSSY_LEAST): LineFacts[] =>
  facts.lines.filter(({ frames, lost }) => lost >= least && lost >= frames * LOSSY_SHARE)
/** Of a capture, which has no lines: numbers that are missing. */
export const lineEvidence = ({ link, from, frames, lost, first }: LineFacts): Evidence => ({
  text:
    link === ''
      ? `${lost} of ${frames} numbered GRE packets of ${from} are missing${first ? `, the first before ${first.packet} at ${at(first.t)}` : ''}`
      : `the line ${link} has lost ${lost} of ${frames} packets that ${from} sent${first ? `, the first is ${first.packet} at ${at(first.t)}` : ''}`,
  node: from,
  count: lost,
  ...(first ? { packet: first.packet, t: first.t } : {}),
})

/** Of a tunnel: the lines that it passes. A few losses in a few packets count. */
const losing =
  (share: number, least: number): Ask =>
  (facts, one) => {
    const lines = lossyLines(facts, least).filter(({ frames, lost }) => lost >= frames * share)
    return found(lines.filter(line => isNear(facts, one, line)).map(lineEvidence))
  }
const lossy = losing(0.02, 2)

function isNear(facts: Facts, one: Case, { from }: LineFacts): boolean {
  const tunnel = tunnelOf(one)
  return (
    !tunnel ||
    from === tunnel.client ||
    from === tunnel.server ||
    tunnel.through.has(from) ||
    facts.boxes.get(from)?.kind === 'switch'
  )
}

const spoils = (facts: Facts, one: Case): Evidence[] => {
  const lines = spoilingLines(facts).filter(line => isNear(facts, one, line))
  return lines.length > 0 ? spoiledEvidence(facts, lines) : []
}
/** More packets of it were discarded for their checksum than for anything else. */
const mostSpoiled: Ask = (facts, one) => {
  const counts = new Map<string, number>()
  for (const { reason, count } of lossesOf(one)) counts.set(reason, (counts.get(reason) ?? 0) + count)
  const bad = counts.get('bad-checksum') ?? 0
  return bad > 0 && bad === Math.max(...counts.values()) ? found(spoils(facts, one)) : NO
}
const anySpoiled: Ask = (facts, one) => found(spoils(facts, one))

/**
 * `beside`: what was sent from the outer address, as a NAT box has it or not, since the tunnel was not up at that moment or has
 * no route for it.
 */
const withoutRoute = (facts: Facts, one: Case, beside: boolean): Loss[] => {
  const tunnel = tunnelOf(one)
  const hidden = [...(tunnel?.through ?? [])].flatMap(node => facts.natSources.get(node) ?? [])
  const outer = new Set([tunnel?.address, ...hidden.map(({ address }) => address)])
  const users = new Set(tunnel?.complaints.flatMap(({ losses }) => losses))
  return withReason(lossesOf(one), 'no-route').filter(loss => (users.has(loss) && outer.has(loss.src)) === beside)
}

const oneDeaf: Ask = aTunnel((tunnel, { kind }) => {
  if (!tunnel.reached.has('call')) return NO
  const { up, down } = tunnel.gre
  if (kind === 'capture') {
    const isUp = tunnel.reached.has('lcp')
    const silent = [up, down].filter(way => (isUp ? isDeaf(way) && way.silent >= 3 : way.sent === 0))
    if (isUp && (silent.length === 0 || tunnel.end || tunnel.peerEnd)) return NO
    return silent.length > 0 ? found([wayEvidence(up, 'GRE up'), wayEvidence(down, 'GRE down')]) : UNKNOWN
  }
  return found([up, down].filter(isDeaf).map(way => wayEvidence(way, way === up ? 'GRE up' : 'GRE down')))
})

export const LOST = {
  'is-cable': isCable,
  'is-noise': isNoise,
  'is-power': isPower,
  'had-answered': hadAnswered,
  rule,
  'rule-tcp': ruleIs((loss, _, one) => one.kind === 'tunnel' && loss.proto === 'tcp' && !one.reached.has('call')),
  'rule-gre': ruleIs(({ proto }) => proto === 'gre'),
  'rule-47': rule47,
  burned,
  'later-dropped': laterDropped,
  'rule-client': ruleIs(({ node }, _, one) => one.kind === 'tunnel' && node === one.client),
  'rule-server': ruleIs(({ node }, _, one) => one.kind === 'tunnel' && node === one.server),
  'is-route': (facts, one) => found(withoutRoute(facts, one, false).map(lossEvidence)),
  'beside-tunnel': (facts, one) => found(withoutRoute(facts, one, true).map(lossEvidence)),
  'requests-lost': requestsLost,
  'is-silent': byReason('arp-timeout'),
  'too-big': asksTooBig,
  'is-too-big': isTooBig,
  'icmp-blocked': icmpBlocked,
  'loses-most': losing(0.25, 5),
  'is-spoiled': mostSpoiled,
  'is-spoiling': anySpoiled,
  spoiling: anySpoiled,
  lossy,
  'is-loss': lossy,
  'one-deaf': oneDeaf,
} as const satisfies Readonly<Record<string, Ask>>
