/**
 * The way of a packet through a lab as its file describes it: interfaces, routes, switches. Nothing is run.
 *
 * Limits: routes that come and go with tunnels are not there.
 */
import { contains, type Ipv4 } from '../base/address.ts'
import type { InterfaceSpec, Lab, NodeSpec } from './lab.ts'

export interface Way {
  /** Indices of the links, in order. */
  readonly links: readonly number[]
  /** The machines and switches on it, both ends included. */
  readonly nodes: readonly string[]
}

/** Where packets from a machine to an address go; undefined if they do not arrive. */
export function wayTo(lab: Lab, from: string, to: Ipv4): Way | undefined {
  const nodes = new Map(lab.nodes.map(node => [node.name, node]))
  const links: number[] = []
  const passed = [from]
  for (let at = nodes.get(from); at; ) {
    if (at.interfaces.some(({ ipv4 }) => ipv4?.address === to)) return { links, nodes: passed }
    if (isOutside(at)) return { links, nodes: passed }
    if (at.name !== from && !forwards(at)) return undefined
    const hop = nextHop(at, to)
    const leg = hop && acrossNetwork(lab, nodes, at.name, hop.iface, hop.via)
    if (!leg || leg.nodes.some(name => passed.includes(name))) return undefined
    links.push(...leg.links)
    passed.push(...leg.nodes)
    at = nodes.get(passed[passed.length - 1])
  }
  return undefined
}

const isOutside = ({ kind }: NodeSpec): boolean => kind === 'tun' || kind === 'udp'

/** Does it pass packets on that are not for itself? */
function forwards(node: NodeSpec): boolean {
  if (node.kind === 'client') return node.pptp?.forward === true
  return node.kind !== 'host' && node.kind !== 'radius'
}

interface NextHop {
  readonly iface: InterfaceSpec
  readonly via: Ipv4
}

/** The longest prefix wins; of two with the same, the one that stands later. */
function nextHop({ interfaces, routes }: NodeSpec, to: Ipv4): NextHop | undefined {
  let best: { readonly length: number; readonly hop: NextHop } | undefined
  const offer = (length: number, hop: NextHop | undefined): void => {
    if (hop && length >= (best?.length ?? 0)) best = { length, hop }
  }
  for (const iface of interfaces) {
    if (iface.ipv4 && contains(iface.ipv4.prefix, to)) offer(iface.ipv4.prefix.length, { iface, via: to })
  }
  for (const { prefix, via, dev } of routes) {
    if (!contains(prefix, to)) continue
    const iface = interfaces.find(({ name, ipv4 }) =>
      dev !== undefined ? name === dev : via !== undefined && ipv4 && contains(ipv4.prefix, via),
    )
    offer(prefix.length, iface && { iface, via: via ?? to })
  }
  return best?.hop
}

/** From an interface through switches to the neighbour with that address, or to what is outside. */
function acrossNetwork(
  lab: Lab,
  nodes: ReadonlyMap<string, NodeSpec>,
  from: string,
  iface: InterfaceSpec,
  to: Ipv4,
): Way | undefined {
  interface Step extends Way {
    readonly at: string
  }
  const cross = ({ at, links, nodes }: Step, link: number): Step => {
    const { ends } = lab.links[link]
    const far = ends[ends[0].node === at ? 1 : 0].node
    return { at: far, links: [...links, link], nodes: [...nodes, far] }
  }
  const queue = [cross({ at: from, links: [], nodes: [] }, iface.link)]
  for (const step of queue) {
    const node = nodes.get(step.at)
    if (!node) continue
    const { ends } = lab.links[step.links[step.links.length - 1]]
    const isPeer = ends.some(({ node, ipv4 }) => node === step.at && ipv4?.address === to)
    // On a line without addresses of its own there is nobody else to be meant.
    if (isPeer || isOutside(node) || (node.kind !== 'switch' && !ends.some(end => end.node === step.at && end.ipv4)))
      return step
    if (node.kind !== 'switch') continue
    for (const { link } of node.interfaces) if (!step.links.includes(link)) queue.push(cross(step, link))
  }
  return undefined
}

/** Indices of the links on a shortest way between two machines. */
export function pathBetween(lab: Lab, from: string, to: string): number[] {
  const reached = new Map<string, { readonly link: number; readonly before: string }>()
  const queue = [from]
  for (const node of queue) {
    if (node === to) break
    lab.links.forEach(({ ends }, link) => {
      const side = ends.findIndex(end => end.node === node)
      const other = side < 0 ? undefined : ends[1 - side].node
      if (other === undefined || other === from || reached.has(other)) return
      reached.set(other, { link, before: node })
      queue.push(other)
    })
  }
  const path: number[] = []
  for (let node = to; node !== from; ) {
    const step = reached.get(node)
    if (!step) return []
    path.unshift(step.link)
    node = step.before
  }
  return path
}
