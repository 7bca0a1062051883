/** The questions of the fault tree that ask where packets are lost: lines, machines, routes, firewalls, NAT boxes. */
import {
  type Evidence,
  isDeaf,
  isForItself,
  isTranslator,
  lifeOf,
  lossEvidence,
  lossesOf,
  suspects,
  translators,
  tunnelOf,
  wayEvidence,
  withReason,
} from './doctor-evidence.ts'
import type { Box, Case, Facts, FlowEnd, LineFacts, Loss, Tunnel, Way } from './doctor-facts.ts'
import { type Ask, found, NO, type Reply, UNKNOWN } from './doctor-reply.ts'
import { at } from './doctor-words.ts'

/** Of what a line carries. */
export const LOSSY_SHARE = 0.01
export const LOSSY_LEAST = 10
/** So long a telephone line may crackle before its tunnel breaks. */
const NOISE_BEFORE = 60e9

const aTunnel =
  (ask: (tunnel: Tunnel, facts: Facts) => Reply): Ask =>
  (facts, one) => {
    const tunnel = tunnelOf(one)
    return tunnel ? ask(tunnel, facts) : NO
  }

const byReason =
  (...reasons: readonly string[]): Ask =>
  (_, one) =>
    found(withReason(lossesOf(one), ...reasons).map(lossEvidence))

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

// Another machine, another address

const backend: Ask = aTunnel(({ gre: { up }, server, client }, facts) => {
  const others = [...up.astray].filter(
    ([node]) => node !== server && node !== client && facts.boxes.get(node)?.kind === 'pptp-server',
  )
  return found(
    others.map(([node, { count, packet, t }]) => ({
      text: `${count} GRE packets of ${client} arrive at ${node}, and its control connection is with ${server}; the first is ${packet}`,
      node,
      packet,
      t,
      count,
    })),
  )
})

/** A client of ours takes GRE of its call from its server only; a packet from elsewhere finds no call. */
const otherSource: Ask = aTunnel((tunnel, facts) => {
  const { gre, client, target } = tunnel
  const strange = [...gre.down.spoiled.values()].filter(
    ({ reason, detail = '' }) =>
      reason === 'gre-unknown-call' && / from /.test(detail) && !detail.endsWith(` from ${target}`),
  )
  const isBalanced = [...tunnel.through].some(node => facts.boxes.get(node)?.kind === 'load-balancer')
  const text = isBalanced ? ' (a load balancer stands between)' : ''
  return found(
    strange.map(loss => ({
      ...lossEvidence(loss),
      text: `${lossEvidence(loss).text}; ${client} called ${target}${text}`,
    })),
  )
})

// NAT boxes that forget

const newAddress: Ask = aTunnel((tunnel, facts) => {
  const [from, to] = lifeOf(facts, tunnel)
  const changed = translators(facts, tunnel).flatMap((node): Evidence[] => {
    const list = facts.natSources.get(node) ?? []
    const later = list.find(({ t }, i) => i > 0 && t > from && t <= to + 180e9)
    const before = later === undefined ? undefined : list[list.indexOf(later) - 1]
    if (!later || !before) return []
    return [
      {
        text: `${node} hides what is inside behind ${before.address}, and from ${at(later.t)} on behind ${later.address}`,
        node,
        t: later.t,
      },
    ]
  })
  return found(changed)
})

const isOfCall = ({ entry }: FlowEnd, { address, callIds, target }: Tunnel): boolean => {
  const keys = [callIds.own, callIds.peers].filter(key => key !== undefined && key !== 0)
  return (
    entry.includes(`${address}/`) ||
    (entry.includes(`${target}/`) && keys.some(key => entry.includes(`/${key} `) || entry.endsWith(`/${key}`)))
  )
}

/** What NAT boxes on the way forgot while the tunnel lived. */
function forgotten(tunnel: Tunnel, facts: Facts): { readonly flow: FlowEnd; readonly withTcp: boolean }[] {
  const [from, to] = lifeOf(facts, tunnel)
  const boxes = translators(facts, tunnel)
  const ended = facts.flowEnds.filter(({ node, t }) => boxes.includes(node) && t > from && t < to)
  return ended
    .filter(flow => flow.proto === 'gre' && isOfCall(flow, tunnel))
    .map(flow => ({
      flow,
      withTcp: ended.some(
        other =>
          other.node === flow.node && other.t === flow.t && other.proto === 'tcp' && other.entry.includes(':1723'),
      ),
    }))
}

const flowEvidence = ({ t, node, entry, proto }: FlowEnd, more: string): Evidence => ({
  text: `${node} forgot the ${proto.toUpperCase()} flow ${entry} at ${at(t)}${more}`,
  t,
  node,
  entry,
})

const flushed: Ask = aTunnel((tunnel, facts) => {
  const gone = forgotten(tunnel, facts).filter(({ withTcp }) => withTcp)
  return found(gone.map(({ flow }) => flowEvidence(flow, ', and TCP port 1723 with it')))
})

/** It must have carried packets before, and what came afterwards must have found nobody. */
const rested: Ask = aTunnel((tunnel, facts) => {
  if (!tunnel.gre.down.arrived || !tunnel.reached.has('lcp')) return NO
  const refused = suspects(tunnel)
    .flatMap(({ losses }) => [...losses.values()])
    .filter(({ node }) => isTranslator(facts, node))
  const gone = forgotten(tunnel, facts).filter(
    ({ flow, withTcp }) => !withTcp && refused.some(({ node, first }) => node === flow.node && first >= flow.t),
  )
  return found([
    ...gone.map(({ flow }) => flowEvidence(flow, '; TCP port 1723 it remembers')),
    ...(gone.length > 0 ? refused.map(lossEvidence) : []),
  ])
})

// NAT boxes that do not understand

const burned: Ask = aTunnel(({ gre: { up, down } }) => {
  const dropped = [up, down]
    .flatMap(({ all }) => [...all.values()])
    .filter(({ reason, detail = '' }) => reason.startsWith('filter-') && / related$/.test(detail))
  return found(dropped.map(lossEvidence))
})

/** Tunnels that live at the same time between the same addresses, as far as a NAT box or the server can see. */
const rivals = (tunnel: Tunnel, facts: Facts): Tunnel[] =>
  facts.cases.filter(
    (one): one is Tunnel =>
      one.kind === 'tunnel' &&
      one !== tunnel &&
      one.target === tunnel.target &&
      one.from < tunnel.until &&
      one.until > tunnel.from &&
      translators(facts, one).some(node => tunnel.through.has(node)),
  )

const sameCall: Ask = aTunnel((tunnel, facts) => {
  const own = tunnel.callIds.peers
  if (own === undefined || suspects(tunnel).filter(isDeaf).length === 0) return NO
  const clash = suspects(tunnel)
    .flatMap(({ losses }) => [...losses.values()])
    .filter(
      ({ node, reason }) =>
        (reason === 'nat-insert-failed' || reason === 'gre-unknown-call') && !isKeyless(facts.boxes.get(node)),
    )
  const others = rivals(tunnel, facts).filter(({ callIds, reached }) => callIds.peers === own && reached.has('call'))
  return others.length > 0 && clash.length > 0
    ? found([
        {
          text: `${tunnel.client} and ${others.map(({ client }) => client).join(', ')} were both told call ${own} of ${tunnel.target}`,
        },
        ...clash.map(lossEvidence),
      ])
    : NO
})
const isKeyless = (box: Box | undefined): boolean => box?.nat === 'keyless' || box?.nat === 'single'

const onePlace: Ask = aTunnel((tunnel, facts) => {
  const { gre, client, server } = tunnel
  const refused = withReason([...gre.up.losses.values()], 'nat-insert-failed')
  const strangers = [...gre.down.astray].filter(
    ([node]) => node !== client && node !== server && !isTranslator(facts, node),
  )
  if (translators(facts, tunnel).length === 0) return NO
  const clash = rivals(tunnel, facts).length > 0 ? refused : []
  return found([
    ...clash.map(lossEvidence),
    ...strangers.map(([node, { count, packet, t }]) => ({
      text: `${count} GRE packets for ${client} arrive at ${node}; the first is ${packet}`,
      node,
      packet,
      t,
      count,
    })),
  ])
})

/** Losses of a way at NAT boxes that took the packets for their own. */
const endsAt = (way: Way, facts: Facts): Loss[] =>
  [...way.losses.values()].filter(
    loss =>
      isTranslator(facts, loss.node) &&
      (isForItself(loss) || ['conntrack-invalid', 'tcp-unexpected', 'gre-unknown-call'].includes(loss.reason)),
  )

const natBeforeServer: Ask = aTunnel((tunnel, facts) => {
  const { gre, target } = tunnel
  const lost = isDeaf(gre.up) ? endsAt(gre.up, facts).filter(({ dst }) => dst === target) : []
  return found(lost.map(lossEvidence))
})

const natEnds: Ask = aTunnel((tunnel, facts) => {
  const lost = isDeaf(tunnel.gre.down) ? endsAt(tunnel.gre.down, facts) : []
  return found([
    ...lost.map(lossEvidence),
    ...(lost.length > 0 && tunnel.gre.up.arrived ? [wayEvidence(tunnel.gre.up, 'GRE up')] : []),
    ...(lost.length > 0 ? [wayEvidence(tunnel.gre.down, 'GRE down')] : []),
  ])
})

const whereItEnds = (tunnel: Tunnel, facts: Facts): string[] => endsAt(tunnel.gre.down, facts).map(({ node }) => node)

const nasInside: Ask = aTunnel((tunnel, facts) =>
  tunnel.incoming && whereItEnds(tunnel, facts).some(node => facts.boxes.get(node)?.helper)
    ? found([
        {
          text: `${tunnel.client} sent Incoming-Call-Request from behind ${whereItEnds(tunnel, facts)[0]}`,
          node: tunnel.client,
        },
      ])
    : NO,
)

const natHelps: Ask = aTunnel((tunnel, facts) => {
  const box = facts.boxes.get(whereItEnds(tunnel, facts)[0] ?? '')
  return box?.helper ? found([{ text: `${box.node} is like ${box.nat}, which has a PPTP helper`, node: box.node }]) : NO
})

const natHelped: Ask = aTunnel((tunnel, facts) => {
  const changed = whereItEnds(tunnel, facts).filter(node => tunnel.helped.has(node))
  return found(
    changed.slice(0, 1).map(node => ({ text: `${node} has changed call IDs of this control connection`, node })),
  )
})

const strayFlow: Ask = aTunnel((tunnel, facts) => {
  const boxes = whereItEnds(tunnel, facts)
  const known = tunnel.reached.get('call') ?? facts.t
  const strays = facts.strayFlows.filter(
    ({ t, node, entry }) =>
      boxes.includes(node) &&
      entry.startsWith(`${tunnel.target}/`) &&
      t >= tunnel.from &&
      t <= known &&
      !facts.flowEnds.some(
        end => end.node === node && end.entry === entry && end.t > t && end.t < (tunnel.end?.t ?? facts.t),
      ),
  )
  return found(
    strays.map(({ t, node, entry }) => ({
      text: `${node} has a flow of its own since ${at(t)}, before the reply to the call had come: ${entry}`,
      t,
      node,
      entry,
    })),
  )
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
    const tunnel = tunnelOf(one)
    const isNear = (from: string): boolean =>
      !tunnel ||
      from === tunnel.client ||
      from === tunnel.server ||
      tunnel.through.has(from) ||
      facts.boxes.get(from)?.kind === 'switch'
    const lines = lossyLines(facts, least).filter(({ from, frames, lost }) => lost >= frames * share && isNear(from))
    return found(lines.map(lineEvidence))
  }
const lossy = losing(0.02, 2)

const oneDeaf: Ask = aTunnel((tunnel, { kind }) => {
  if (!tunnel.reached.has('call')) return NO
  const { up, down } = tunnel.gre
  if (kind === 'capture') {
    if (tunnel.reached.has('lcp')) return NO
    const silent = [up, down].filter(({ sent }) => sent === 0)
    return silent.length > 0 ? found([wayEvidence(up, 'GRE up'), wayEvidence(down, 'GRE down')]) : UNKNOWN
  }
  return found([up, down].filter(isDeaf).map(way => wayEvidence(way, way === up ? 'GRE up' : 'GRE down')))
})

export const LOST = {
  'is-cable': isCable,
  'is-noise': isNoise,
  'is-power': isPower,
  'had-answered': hadAnswered,
  backend,
  'other-source': otherSource,
  'new-address': newAddress,
  flushed,
  rested,
  'nat-refuses': byReason('nat-protocol'),
  'nat-full': byReason('conntrack-full', 'nat-ports-exhausted', 'nat-no-address'),
  burned,
  'same-call': sameCall,
  'one-place': onePlace,
  'old-flow': byReason('nat-insert-failed'),
  'nat-before-server': natBeforeServer,
  'nat-ends': natEnds,
  'nas-inside': nasInside,
  'nat-helps': natHelps,
  'nat-helped': natHelped,
  'stray-flow': strayFlow,
  rule,
  'rule-tcp': ruleIs((loss, _, one) => one.kind === 'tunnel' && loss.proto === 'tcp' && !one.reached.has('call')),
  'rule-gre': ruleIs(({ proto }) => proto === 'gre'),
  'rule-47': rule47,
  'rule-client': ruleIs(({ node }, _, one) => one.kind === 'tunnel' && node === one.client),
  'rule-server': ruleIs(({ node }, _, one) => one.kind === 'tunnel' && node === one.server),
  'is-route': byReason('no-route'),
  'requests-lost': requestsLost,
  'is-silent': byReason('arp-timeout'),
  'too-big': asksTooBig,
  'is-too-big': isTooBig,
  'icmp-blocked': icmpBlocked,
  'loses-most': losing(0.25, 5),
  lossy,
  'is-loss': lossy,
  'one-deaf': oneDeaf,
} as const satisfies Readonly<Record<string, Ask>>
