/**
 * Who really answers at an address: a NAT box may forward its port 1723 to a server behind it, a load balancer draws one
 * of several. Nothing is run.
 */
import { contains, type Ipv4, maskOf } from '../base/address.ts'
import { PROTOCOL } from '../wire/ipv4.ts'
import { PORT } from '../wire/pptp.ts'
import type { Lab, NodeSpec } from './lab.ts'
import { type Way, wayTo } from './way.ts'

/** Addresses to which a call of this one goes; itself where nobody translates. Of a balancer all of them. */
export function serversBehind(lab: Lab, address: Ipv4): readonly Ipv4[] {
  const found = stepsTo(lab, address).map(({ to }) => to)
  // Forwards that go round in a circle.
  return found.length > 0 ? found : [address]
}

/** The way of a control connection, through the boxes that pass it on; undefined if it does not arrive. */
export const wayOfCall = (lab: Lab, from: string, address: Ipv4, server: Ipv4): Way | undefined =>
  arrivalsOf(lab, from, address).find(arrival => arrival.address === server)?.way

/** One way that a call of an address may take. */
export interface Arrival {
  readonly way: Way
  /** By node of the way: the address that packets are sent to when it passes them on. */
  readonly targets: readonly Ipv4[]
  /** As it is at the machine that they arrive at. */
  readonly address: Ipv4
  /** The box that draws this machine among several. */
  readonly drawnBy: string | undefined
}

/** Several where a load balancer draws; empty: routes do not lead there. */
export function arrivalsOf(lab: Lab, from: string, address: Ipv4): Arrival[] {
  const found = stepsTo(lab, address)
  const all: readonly Steps[] = found.length > 0 ? found : [{ to: address, boxes: [] }]
  return all.flatMap(steps => arrivalBy(lab, from, address, steps) ?? [])
}

function arrivalBy(lab: Lab, from: string, address: Ipv4, { boxes, to: last }: Steps): Arrival | undefined {
  const links: number[] = []
  const nodes = [from]
  const targets: Ipv4[] = []
  let to = address
  for (const box of [...boxes, undefined]) {
    // An address that stands on no interface is found at the outside interface of its box.
    const leg = wayTo(lab, nodes[nodes.length - 1], box ? plugged(box.node, to) : to)
    if (!leg) return undefined
    links.push(...leg.links)
    nodes.push(...leg.nodes.slice(1))
    while (targets.length < nodes.length) targets.push(to)
    if (!box) break
    to = box.to
    targets[targets.length - 1] = to
  }
  const drawnBy = boxes.find(({ node }) => node.kind === 'load-balancer')?.node.name
  return { way: { links, nodes }, targets, address: last, drawnBy }
}

interface Box {
  readonly node: NodeSpec
  /** The address by which it replaces the one that was called. */
  readonly to: Ipv4
}
interface Steps {
  readonly to: Ipv4
  readonly boxes: readonly Box[]
}

function stepsTo(lab: Lab, address: Ipv4, boxes: readonly Box[] = []): Steps[] {
  if (boxes.length > lab.nodes.length) return []
  for (const node of lab.nodes) {
    const next = passedOn(node, address)
    if (next.length > 0) return next.flatMap(to => stepsTo(lab, to, [...boxes, { node, to }]))
  }
  return [{ to: address, boxes }]
}

/** Where a box sends what comes to TCP port 1723 of this address; nowhere else but there: nothing. */
function passedOn(node: NodeSpec, address: Ipv4): Ipv4[] {
  const at = (iface: string): Ipv4 | undefined => node.interfaces.find(({ name }) => name === iface)?.ipv4?.address
  if (node.kind === 'load-balancer' && at(node.balance.outside) === address) {
    const isPassed = node.balance.traffic.some(({ protocol, ports }) => protocol === PROTOCOL.tcp && holds(ports))
    return isPassed ? node.balance.servers.map(server => server.address) : []
  }
  const { nat } = node
  if (!nat) return []
  const pair = nat.oneToOne.find(({ outside }) => contains(outside, address))
  if (pair) return [((pair.inside.network | (address & ~maskOf(pair.inside.length))) >>> 0) as Ipv4]
  if ((nat.addresses?.from ?? at(nat.outside)) !== address) return []
  const forward = nat.forwards.find(({ protocol, ports }) => protocol === PROTOCOL.tcp && holds(ports))
  const isPptp = forward?.newPort === undefined || forward.newPort === PORT
  return forward && isPptp ? [forward.to] : []
}

const holds = (ports: { readonly from: number; readonly to: number } | undefined): boolean =>
  ports !== undefined && ports.from <= PORT && ports.to >= PORT

function plugged({ interfaces, nat }: NodeSpec, wanted: Ipv4): Ipv4 {
  if (interfaces.some(({ ipv4 }) => ipv4?.address === wanted)) return wanted
  return interfaces.find(({ name }) => name === nat?.outside)?.ipv4?.address ?? wanted
}
