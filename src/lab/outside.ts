/** What a lab says of the nodes that stand for the world outside the simulation: `kind: tun` and `kind: udp`. */
import { contains, formatIpv4, parseInterface } from '../base/address.ts'
import type { InterfaceAddress, TunSpec, UdpSpec } from './lab.ts'
import { parseSocket } from './leaf.ts'
import { network, prefixes, sameNetwork, unfit } from './networks.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, type Tree, text } from './tree.ts'

export function readTun(node: NodeDraft, topology: Topology): TunSpec | undefined {
  const tun = child(node.merged, 'tun')
  const name = text(child(tun, 'name'))
  const neighbour = neighbourOf(node, topology)
  if (name === undefined) return undefined
  const twin = [...topology.nodes.values()].find(
    other => other !== node && text(child(child(other.merged, 'tun'), 'name')) === name,
  )
  if (twin) topology.issues.value(child(tun, 'name') as Tree, `${twin.name} has the device ${name} too.`)
  const ipv4 = deviceAddress(child(tun, 'ipv4'), neighbour, topology)
  const networks = prefixes(child(tun, 'networks'))
  const own = ipv4 && !networks.some(wide => contains(wide, ipv4.address)) ? [ipv4.prefix] : []
  if (tun && child(tun, 'networks') === undefined && child(tun, 'ipv4') === undefined) {
    topology.issues.value(
      tun,
      `Nobody outside could be talked to: ${node.name} names neither networks nor an address of its device.`,
      'networks: [192.0.2.0/24]',
    )
  }
  const { interfaces } = node
  return {
    name: node.name,
    kind: 'tun',
    interfaces,
    routes: [],
    tun: { name, ...(ipv4 ? { ipv4 } : {}), routes: prefixes(child(tun, 'routes')) },
    networks: [...own, ...networks],
  }
}

/** The device and the port at the other end of its link meet in one network, like the two ends of every link. */
function deviceAddress(
  tree: Tree | undefined,
  neighbour: InterfaceAddress | undefined,
  topology: Topology,
): InterfaceAddress | undefined {
  const ipv4 = parseInterface(text(tree) ?? '')
  if (!tree || !ipv4) return undefined
  const problem = unfit(ipv4)
  if (problem !== undefined) topology.issues.value(tree, problem)
  else if (neighbour && !sameNetwork(neighbour, ipv4)) {
    const networks = `${network(ipv4)} is not ${network(neighbour)}`
    topology.issues.value(tree, `The device and the other end of its link must be in one network, and ${networks}.`)
  } else if (neighbour?.address === ipv4.address) {
    topology.issues.value(tree, `The other end of its link has ${formatIpv4(ipv4.address)} already.`)
  }
  return ipv4
}

export function readUdp(node: NodeDraft, topology: Topology): UdpSpec | undefined {
  const udp = child(node.merged, 'udp')
  const listenTree = child(udp, 'listen')
  const [listen, peer] = [listenTree, child(udp, 'peer')].map(tree => parseSocket(text(tree) ?? ''))
  const networks = child(udp, 'networks')
  neighbourOf(node, topology)
  if (!listenTree || !listen || !peer) return undefined
  const taken = [...topology.nodes.values()].find(
    other => other !== node && text(child(child(other.merged, 'udp'), 'listen')) === text(listenTree),
  )
  if (taken) topology.issues.value(listenTree, `${taken.name} listens there too.`)
  const { name, interfaces } = node
  return {
    name,
    kind: 'udp',
    interfaces,
    routes: [],
    udp: { listen, peer },
    networks: networks && prefixes(networks),
  }
}

/** What is outside has one link, that to the simulation; the address at its other end, if there is one. */
function neighbourOf(node: NodeDraft, topology: Topology): InterfaceAddress | undefined {
  if (node.interfaces.length !== 1 && topology.allRead) {
    const count = node.interfaces.length === 0 ? 'here is none' : `here are ${node.interfaces.length}`
    topology.issues.value(node.tree, `${node.name} is outside the simulation and needs exactly one link, and ${count}.`)
  }
  const link = topology.links.find(({ ends }) => ends.some(end => end.node === node))
  return link?.ends.find(end => end.node !== node)?.ipv4
}
