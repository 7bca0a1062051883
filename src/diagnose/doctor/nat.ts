/** The questions of the fault tree about NAT boxes and load balancers (docs/nat.md): what they forget, refuse and mix up. */
import type { SimTime } from '../../base/time.ts'
import { withCall } from '../../filter/tuple.ts'
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
  wayEvidence,
  withReason,
} from './evidence.ts'
import type { Box, Facts, FlowEnd, GreFlow, Loss, NatSource, Tunnel, Way } from './facts.ts'
import { type Ask, aTunnel, byReason, found, NO } from './reply.ts'
import { at } from './words.ts'

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
    const all = facts.natSources.get(node) ?? []
    const own = all.filter(({ client, target }) => client === tunnel.client && target === tunnel.target)
    const later = own.find(one => one.t > from && one.t <= to + 180e9 && formerOf(one, own) !== undefined)
    const before = later && formerOf(later, own)
    // A box that still gives the old one has both.
    if (!later || !before || all.some(({ address, last }) => address === before.address && last > later.t)) return []
    return [
      {
        text: `${node} hides ${before.from} behind ${before.address}, and from ${at(later.t)} on behind ${later.address}`,
        node,
        t: later.t,
      },
    ]
  })
  return found(changed)
})

/** The address of the same end and protocol before. */
const formerOf = (one: NatSource, all: readonly NatSource[]): NatSource | undefined =>
  all
    .slice(0, all.indexOf(one))
    .findLast(({ from, proto, address }) => from === one.from && proto === one.proto && address !== one.address)

const isOfCall = ({ entry }: FlowEnd, { address, callIds, target }: Tunnel): boolean => {
  const keys = [callIds.own, callIds.peers].filter(key => key !== undefined && key !== 0)
  return (
    entry.includes(`${address} call `) ||
    (entry.includes(`${target} call `) && keys.some(key => new RegExp(` call ${key}\\b`).test(entry)))
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

/** As both were told the same ID by the server, or chose the same themselves. */
const sameCall: Ask = aTunnel((tunnel, facts) => {
  const { own, peers } = tunnel.callIds
  const deaf = suspects(tunnel).filter(isDeaf)
  const isBlind = translators(facts, tunnel).some(node => isKeyless(facts.boxes.get(node)))
  if (peers === undefined || deaf.length === 0 || isBlind) return NO
  const others = rivals(tunnel, facts).filter(({ reached }) => reached.has('call'))
  const told = others.filter(({ callIds }) => callIds.peers === peers)
  const chosen = others.filter(({ callIds, client }) => callIds.own === own && tunnel.gre.down.astray.has(client))
  const refused = deaf
    .flatMap(({ losses }) => [...losses.values()])
    .filter(({ reason }) => reason === 'nat-insert-failed')
  const names = (list: readonly Tunnel[]): string => [tunnel, ...list].map(({ client }) => client).join(' and ')
  return found([
    ...(told.length > 0 && refused.length > 0
      ? [{ text: `${names(told)} were told call ${peers} of ${tunnel.target}` }, ...refused.map(lossEvidence)]
      : []),
    ...(chosen.length > 0
      ? [
          {
            text: `${names(chosen)} have the call ID ${own}, and what is for one arrives at the other`,
            node: chosen[0].client,
          },
        ]
      : []),
  ])
})
const isKeyless = (box: Box | undefined): boolean => box?.nat === 'keyless' || box?.nat === 'single'

/** The flow in the way: the server spoke first, and the box took it for a flow to itself. */
const isServersOwn = ({ entry = '' }: Loss, { target }: Tunnel): boolean => entry.startsWith(`${target} call `)

const serversOwn: Ask = aTunnel((tunnel, facts) => {
  const refused = withReason(lossesOf(tunnel), 'nat-insert-failed').filter(loss => isServersOwn(loss, tunnel))
  return found(
    refused.map(({ node, entry = '', packet }) => {
      const rules = facts.boxes.get(node)?.rules ?? []
      const guarded = rules.some(({ chain, rule }) => chain === 'input' && /drop.*\bstate \S*new/.test(rule))
      return {
        text: `the flow in the way is of what ${tunnel.target} has sent first: ${entry}${guarded ? '' : `; ${node} has no rule like "input drop in WAN state new", which leaves none`}`,
        node,
        entry,
        ...(packet === undefined ? {} : { packet }),
      }
    }),
  )
})

const oneInAll: Ask = aTunnel((tunnel, facts) => {
  const boxes = translators(facts, tunnel).filter(node => facts.boxes.get(node)?.nat === 'single')
  return found(boxes.map(node => ({ text: `${node} gives all GRE from outside to one computer`, node })))
})

const onePlace: Ask = aTunnel((tunnel, facts) => {
  const { gre, client, server } = tunnel
  const refused = withReason([...gre.up.losses.values()], 'nat-insert-failed').filter(
    loss => !isServersOwn(loss, tunnel),
  )
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

/** In a capture behind the box: the request of the call has named the ID. */
const otherComputer: Ask = aTunnel(({ client, callIds, gre: { down } }, { kind }) =>
  kind === 'run'
    ? NO
    : found(
        [...down.astray].map(([node, { count, packet, t }]) => ({
          text: `${count} GRE packets with the call ID ${callIds.own ?? ''} of ${client} go to ${node}; the first is ${packet}`,
          node,
          packet,
          t,
          count,
        })),
      ),
)

/** A public address that it gives to what is inside, also where it is not that of its interface. */
const isGiven = ({ natSources }: Facts, { node, dst }: Loss): boolean =>
  (natSources.get(node) ?? []).some(({ address }) => address === dst)

/** Losses of a way at NAT boxes that took the packets for their own, or for nobody's. */
const endsAt = (way: Way, facts: Facts): Loss[] =>
  [...way.losses.values()].filter(
    loss =>
      isTranslator(facts, loss.node) &&
      (isForItself(loss) ||
        (loss.reason === 'arp-timeout' && isGiven(facts, loss)) ||
        ['conntrack-invalid', 'tcp-unexpected', 'gre-unknown-call'].includes(loss.reason)),
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
          text:
            facts.boxes.get(tunnel.client)?.kind === 'nas'
              ? `${tunnel.client} sent Incoming-Call-Request from behind ${whereItEnds(tunnel, facts)[0]}`
              : `${tunnel.server} sent Incoming-Call-Request to ${tunnel.client} behind ${whereItEnds(tunnel, facts)[0]}`,
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
  const [known, over] = lifeOf(facts, tunnel)
  const strays = facts.greFlows.filter(
    flow =>
      flow.rule === '' &&
      boxes.includes(flow.node) &&
      flow.entry.startsWith(`${tunnel.target} call `) &&
      flow.t >= tunnel.from &&
      flow.t <= known &&
      !isForgotten(facts, flow, over),
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

const isForgotten = ({ flowEnds }: Facts, { node, entry, t }: FlowEnd, before: SimTime): boolean =>
  flowEnds.some(end => end.node === node && end.entry === entry && end.t > t && end.t < before)

/** Flows of the box that are older than the call, with what the client sends by it: it is the old flow that goes on. */
function olderFlows(tunnel: Tunnel, facts: Facts): GreFlow[] {
  const { address, target, callIds, from } = tunnel
  const boxes = whereItEnds(tunnel, facts)
  const [, over] = lifeOf(facts, tunnel)
  const sent = `${withCall(address, Number(callIds.own))} > ${withCall(target, Number(callIds.peers))}`
  return facts.greFlows.filter(
    flow =>
      flow.t < from &&
      boxes.includes(flow.node) &&
      flow.entry.split(', answers ').includes(sent) &&
      !isForgotten(facts, flow, over),
  )
}

const olderFlow: Ask = aTunnel((tunnel, facts) =>
  found(
    olderFlows(tunnel, facts).map(({ t, node, entry }) => ({
      text: `${node} has a flow with these addresses and call IDs since ${at(t)}, and the call began at ${at(tunnel.from)}: ${entry}`,
      t,
      node,
      entry,
    })),
  ),
)

const sameIdsBefore: Ask = aTunnel((tunnel, facts) => {
  const { own, peers } = tunnel.callIds
  const before = facts.cases.filter(
    (one): one is Tunnel =>
      one.kind === 'tunnel' &&
      one.from < tunnel.from &&
      one.address === tunnel.address &&
      one.target === tunnel.target &&
      one.callIds.own === own &&
      one.callIds.peers === peers,
  )
  return found(
    before.slice(-1).map(({ client, from }) => ({
      text: `${client} had a call with the same call IDs before, at ${at(from)}: its own ${own}, that of ${tunnel.target} ${peers}`,
      t: from,
      node: client,
    })),
  )
})

export const NAT = {
  backend,
  'other-source': otherSource,
  'new-address': newAddress,
  flushed,
  rested,
  'nat-refuses': byReason('nat-protocol'),
  'nat-full': byReason('conntrack-full', 'nat-ports-exhausted', 'nat-no-address'),
  'same-call': sameCall,
  'other-computer': otherComputer,
  'one-place': onePlace,
  'one-in-all': oneInAll,
  'old-flow': byReason('nat-insert-failed'),
  'servers-own': serversOwn,
  'nat-before-server': natBeforeServer,
  'nat-ends': natEnds,
  'nas-inside': nasInside,
  'nat-helps': natHelps,
  'nat-helped': natHelped,
  'stray-flow': strayFlow,
  'older-flow': olderFlow,
  'same-ids-before': sameIdsBefore,
} as const satisfies Readonly<Record<string, Ask>>
