/**
 * Mistakes that show when the ways of all callers are known: two of them behind a box with one place for GRE, and packets in
 * a tunnel that are larger than a line around it carries. Nothing is run.
 *
 * Limits: clients with addresses of their own; who dials by telephone has none before the call.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { type Arrival, arrivalsOf } from './behind.ts'
import type { ClientPptp, Lab, NodeSpec } from './lab.ts'
import { grePlacesOn, trackingOf } from './obstacles.ts'
import { child, type Issues, type Tree } from './tree.ts'

/** IP, GRE with both numbers, and PPP without compression and encryption (RFC 2637 §4.1, RFC 1661 §2). */
const AROUND = 20 + 16 + 4

interface Caller {
  readonly node: NodeSpec
  readonly pptp: ClientPptp
  readonly source: Ipv4
}

export function warnOfCalls(lab: Lab, tree: Tree, issues: Issues): void {
  const nodes = child(child(tree, 'topology'), 'nodes')
  const callers = lab.nodes.flatMap(node => callerAt(node) ?? [])
  // To look for a way takes long in a lab of thousands.
  if (lab.nodes.some(node => node.nat && trackingOf(node).kind.gre.keys !== 'call-id'))
    warnOfPlaces(lab, callers, nodes, issues)
  for (const caller of callers) warnOfSize(lab, caller, nodes, issues)
}

const arrivals = (lab: Lab, { node, pptp }: Caller): Arrival[] => arrivalsOf(lab, node.name, pptp.server)

function callerAt(node: NodeSpec): Caller | undefined {
  if (node.kind !== 'client' || !node.pptp || node.dial) return undefined
  const source = node.interfaces.find(({ ipv4 }) => ipv4)?.ipv4?.address
  if (source === undefined) return undefined
  return { node, pptp: node.pptp, source }
}

function warnOfPlaces(lab: Lab, callers: readonly Caller[], nodes: Tree | undefined, issues: Issues): void {
  const first = new Map<string, Caller>()
  const told = new Set<string>()
  for (const caller of callers) {
    for (const { box, each, name } of arrivals(lab, caller).flatMap(one => grePlacesOn(lab, one, caller.source))) {
      const before = first.get(name)
      if (!before) first.set(name, caller)
      if (!before || before.source === caller.source || told.has(box)) continue
      told.add(box)
      const place = child(child(child(nodes, box), 'nat'), 'like') ?? child(nodes, box)
      const keeps =
        each === 'server' ? `one computer for each server, here ${formatIpv4(caller.pptp.server)}` : 'one computer'
      const message = `${before.node.name} and ${caller.node.name} both call through ${box}, which keeps GRE of ${keeps}: who comes second hears nothing.`
      if (place) issues.warn(place.mark, place.path, message, 'a box that reads call IDs: like: linux-pptp')
    }
  }
}

function warnOfSize(lab: Lab, caller: Caller, nodes: Tree | undefined, issues: Issues): void {
  const { node, pptp } = caller
  const place = child(child(child(nodes, node.name), 'pptp'), 'mtu')
  const { mtu } = pptp
  if (mtu === undefined || !place) return
  for (const { way } of arrivals(lab, caller)) {
    const links = way.links.map(index => lab.links[index])
    const narrow = links.find(link => link.type !== 'serial' && link.mtu < mtu + AROUND)
    if (!narrow || narrow.type === 'serial') continue
    const [from, to] = narrow.ends.map(end => `${end.node}:${end.iface}`)
    const message = `A packet of ${mtu} octets has ${mtu + AROUND} in the tunnel, and the line from ${from} to ${to} carries ${narrow.mtu}: it goes in two pieces, or not at all.`
    const hint = `at most ${narrow.mtu - AROUND - 4}, four octets for MPPE included; without mtu the tunnel asks its way itself`
    return issues.warn(place.mark, place.path, message, hint)
  }
}
