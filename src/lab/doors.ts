/**
 * Where a call to an address ends, through boxes that give it to an inside machine: port forwards, one-to-one
 * translation, load balancers. Nothing is run.
 */
import { contains, type Ipv4 } from '../base/address.ts'
import { PROTOCOL } from '../wire/ipv4.ts'
import type { Lab, NodeSpec } from './lab.ts'
import { type Way, wayTo } from './way.ts'

const PPTP_PORT = 1723

export interface Arrival {
  readonly way: Way
  /** By node of the way: the address that packets are sent to when it passes them on. */
  readonly targets: readonly Ipv4[]
  /** As it is at the machine that they arrive at. */
  readonly address: Ipv4
  /** The box that has chosen this machine among several. */
  readonly chosenBy: string | undefined
}

/** Several where a load balancer chooses. Empty: routes do not lead there. */
export const arrivalsOf = (lab: Lab, from: string, to: Ipv4): readonly Arrival[] => follow(lab, from, to, MOST_DOORS)

/** A box may be behind another one, and two may point at each other. */
const MOST_DOORS = 4

function follow(lab: Lab, from: string, to: Ipv4, left: number): Arrival[] {
  const door = lab.nodes.flatMap(node => doorOf(node, to) ?? []).find(({ node }) => node.name !== from)
  const way = wayTo(lab, from, door?.outside ?? to)
  if (!way) return []
  const here = { way, targets: way.nodes.map(() => to), address: to, chosenBy: undefined }
  if (!door || left === 0 || way.nodes[way.nodes.length - 1] !== door.node.name) return [here]
  return door.inside.flatMap(address =>
    follow(lab, door.node.name, address, left - 1).map(
      (rest): Arrival => ({
        way: { links: [...way.links, ...rest.way.links], nodes: [...way.nodes, ...rest.way.nodes.slice(1)] },
        targets: [...here.targets.slice(0, -1), ...rest.targets],
        address: rest.address,
        chosenBy: door.inside.length > 1 ? door.node.name : rest.chosenBy,
      }),
    ),
  )
}

interface Door {
  readonly node: NodeSpec
  /** Where packets to its translated address must be brought. */
  readonly outside: Ipv4
  readonly inside: readonly Ipv4[]
}

/** Does this machine give calls to that address to another? */
function doorOf(node: NodeSpec, to: Ipv4): Door | undefined {
  const addressOf = (name: string): Ipv4 | undefined =>
    node.interfaces.find(iface => iface.name === name)?.ipv4?.address
  const { nat } = node
  const own = nat && addressOf(nat.outside)
  if (nat && own !== undefined) {
    const pair = nat.oneToOne.find(({ outside }) => contains(outside, to))
    if (pair) {
      const inside = (pair.inside.network + (to - pair.outside.network)) as Ipv4
      return { node, outside: own, inside: [inside] }
    }
    if (to !== (nat.addresses?.from ?? own)) return undefined
    const forward = nat.forwards.find(
      ({ protocol, ports }) => protocol === PROTOCOL.tcp && ports && ports.from <= PPTP_PORT && ports.to >= PPTP_PORT,
    )
    return forward && { node, outside: own, inside: [forward.to] }
  }
  const { balance } = node as NodeSpec & { readonly balance?: Balance }
  const shared = balance && addressOf(balance.outside)
  if (!balance || shared !== to) return undefined
  return { node, outside: shared, inside: balance.servers.map(({ address }) => address) }
}

/** Of a load balancer. */
interface Balance {
  readonly outside: string
  readonly servers: readonly { readonly address: Ipv4 }[]
}
