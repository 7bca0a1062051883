/** `nat` of a firewall: which addresses it translates, and to what. */
import * as v from 'valibot'
import { contains, type Ipv4, type Prefix, parseIpv4, parsePrefix } from '../base/address.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import { readTracking, trackingKeys, within } from './filter.ts'
import type { FilterSpec, NatSpec, PortForward } from './lab.ts'
import { show, text as textLeaf, type Wrong, words } from './leaf.ts'
import { map, texts } from './map.ts'
import { warnOfPool } from './nat-pool.ts'
import { suggest } from './nearest.ts'
import { parsePortRange, portRange } from './personality.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, entries, items, type Tree, text } from './tree.ts'

const ADDRESSES = /^\d+\.\d+\.\d+\.\d+( ?- ?\d+\.\d+\.\d+\.\d+)?$/
const addressesWrong = ({ input }: Wrong) =>
  `${show(input)} is neither an address nor a range of them.\nfor example 203.0.113.20 or 203.0.113.20-203.0.113.23`

export const natSchema = v.pipe(
  map('the nat of a firewall', {
    inside: v.pipe(
      v.array(words('An interface.', 15), 'Here a list of interfaces must stand.\nfor example [lan0]'),
      v.minLength(1, 'At least one inside interface is needed.\nfor example [lan0]'),
      v.description('Interfaces towards those whose addresses are translated.'),
    ),
    outside: words('The interface towards the others; its address stands for theirs.', 15),
    ...trackingKeys,
    address: v.optional(
      v.pipe(
        v.string(addressesWrong),
        v.regex(ADDRESSES, addressesWrong),
        v.check(written => parseAddresses(written) !== undefined, addressesWrong),
        v.description('Outside addresses, one or a range, in place of that of the outside interface.'),
      ),
    ),
    ports: v.optional(portRange('Outside ports for inside hosts; without it the port is kept if it is free.')),
    forward: v.optional(
      v.pipe(
        v.array(
          words('What comes to the outside address and goes to an inside host: "tcp 1723 to 10.20.0.5".', 100),
          'Here a list of port forwards must stand.\nfor example ["tcp 1723 to 10.20.0.5", "gre to 10.20.0.5"]',
        ),
        v.description('Port forwards (DNAT).'),
      ),
    ),
    'one-to-one': v.optional(
      v.pipe(
        texts('inside addresses and their outside addresses', textLeaf('An outside address or network.')),
        v.description('Inside hosts, or networks, that have an outside address of their own.'),
      ),
    ),
  }),
  v.description('Address translation.'),
)

export function parseAddresses(written: string): { readonly from: Ipv4; readonly to: Ipv4 } | undefined {
  const [from, to = from] = written.split('-').map(part => parseIpv4(part.trim()))
  return from !== undefined && to !== undefined && from <= to ? { from, to } : undefined
}

export function readNat(node: NodeDraft, filter: FilterSpec | undefined, topology: Topology): NatSpec | undefined {
  const tree = child(node.merged, 'nat')
  if (tree?.kind !== 'map') return undefined
  const inside = items(child(tree, 'inside')).map(item => readInterface(item, node, topology))
  const outsideTree = child(tree, 'outside')
  const outside = readInterface(outsideTree, node, topology)
  if (outsideTree && outside !== undefined && inside.includes(outside)) {
    topology.issues.value(outsideTree, `${outside} cannot be inside and outside at once.`)
  }
  const addressTree = child(tree, 'address')
  const addresses = parseAddresses(text(addressTree) ?? '')
  if (addressTree && addresses && outside !== undefined)
    warnOfPool(addressTree, addresses, outside, node, filter, topology)
  const ports = parsePortRange(text(child(tree, 'ports')) ?? '')
  const forwards = items(child(tree, 'forward')).map(item => readForward(item, node, topology))
  const pairs = entries(child(tree, 'one-to-one')).map(([from, to]) => readPair(from, to, node, topology))
  const tracking = readTracking(tree, true, topology)
  if (outside === undefined || inside.includes(undefined)) return undefined
  return {
    ...tracking,
    inside: inside.filter(name => name !== undefined),
    outside,
    forwards: forwards.filter(forward => forward !== undefined),
    oneToOne: pairs.filter(pair => pair !== undefined),
    ...(addresses === undefined ? {} : { addresses }),
    ...(ports === undefined ? {} : { ports }),
  }
}

function readInterface(tree: Tree | undefined, node: NodeDraft, topology: Topology): string | undefined {
  const name = text(tree)
  if (!tree || name === undefined) return undefined
  const known = node.interfaces.map(iface => iface.name)
  if (known.includes(name)) return name
  if (topology.allRead) topology.issues.value(tree, `${node.name} has no interface ${name}.`, suggest(name, known))
  return undefined
}

const FORWARD = /^(\S+)(?: (\d+)(?:-(\d+))?)? to ([^\s:]+)(?::(\d+))?$/
const EXAMPLE = 'for example "tcp 1723 to 10.20.0.5" or "gre to 10.20.0.5"'

/** `tcp 1723 to 10.20.0.5`, `tcp 8080 to web:80`, `gre to office`. */
function readForward(tree: Tree, node: NodeDraft, topology: Topology): PortForward | undefined {
  const written = text(tree)
  if (written === undefined) return undefined
  const wrong = (message: string, hint = EXAMPLE) => {
    topology.issues.value(tree, message, hint)
    return undefined
  }
  const match = FORWARD.exec(written)
  if (!match) return wrong(`${show(written)} is no port forward: protocol, ports, and to whom.`)
  const [, proto, first, last = first, host, newPort] = match
  const protocol = Object.hasOwn(Ipv4Header.PROTOCOL, proto)
    ? Ipv4Header.PROTOCOL[proto as keyof typeof Ipv4Header.PROTOCOL]
    : undefined
  if (protocol === undefined) {
    const hint = suggest(proto, Object.keys(Ipv4Header.PROTOCOL))
    topology.issues.at(within(tree, 0, proto.length), tree.path, `"${proto}" is not a protocol over IP.`, hint)
    return undefined
  }
  const hasPorts = protocol === Ipv4Header.PROTOCOL.tcp || protocol === Ipv4Header.PROTOCOL.udp
  if (!hasPorts && (first !== undefined || newPort !== undefined)) {
    return wrong(`${proto} has no ports.`, `write: ${proto} to ${host}`)
  }
  if (hasPorts && first === undefined) return wrong(`Which ports of ${proto}?`, `such as: ${proto} 1723 to ${host}`)
  const ports = hasPorts ? parsePortRange(`${first}-${last}`) : undefined
  if (hasPorts && !ports) return wrong('A port is a number from 1 to 65535, and the smaller one comes first.')
  if (newPort !== undefined && (!parsePortRange(`${newPort}-${newPort}`) || first !== last)) {
    return wrong('One port can become another; a range of them stays as it is.')
  }
  const to = hostOf(host, tree, written, node, topology)
  if (to === undefined) return undefined
  return {
    protocol,
    to,
    text: written,
    ...(ports ? { ports } : {}),
    ...(newPort === undefined ? {} : { newPort: Number(newPort) }),
  }
}

/** An address, or the first one of a node. */
function hostOf(host: string, tree: Tree, written: string, node: NodeDraft, topology: Topology): Ipv4 | undefined {
  const literal = parseIpv4(host)
  if (literal !== undefined) return literal
  const start = written.lastIndexOf(host)
  const where = within(tree, start, start + host.length)
  const other = /^\d/.test(host) ? undefined : topology.nodes.get(host)
  if (other && other !== node) return topology.addressOf(other)
  if (other) topology.issues.at(where, tree.path, `${host} would forward to itself.`)
  else topology.issues.at(where, tree.path, `There is no node ${host}.`, suggest(host, topology.nodes.keys()))
  return undefined
}

/** An address is the network that holds it alone. */
const network = (written: string): Prefix | undefined => {
  const address = parseIpv4(written)
  return address === undefined ? parsePrefix(written) : { network: address, length: 32 }
}

function readPair(
  from: string,
  to: Tree,
  node: NodeDraft,
  topology: Topology,
): NatSpec['oneToOne'][number] | undefined {
  const written = text(to)
  const [inside, outside] = [network(from), network(written ?? '')]
  if (!inside) topology.issues.key(to, `"${from}" is neither an address nor a network.`, 'such as 192.168.1.10')
  if (written === undefined) return undefined
  if (!outside) topology.issues.value(to, `"${written}" is neither an address nor a network.`, 'such as 203.0.113.30')
  if (!inside || !outside) return undefined
  if (inside.length !== outside.length) {
    topology.issues.value(
      to,
      'Both sides must have as many addresses.',
      `here: ${from.split('/')[0]}/${outside.length}`,
    )
    return undefined
  }
  const own = node.interfaces.find(({ ipv4 }) => ipv4 && contains(outside, ipv4.address))
  if (own) {
    topology.issues.value(to, `${written} is the address of ${node.name}:${own.name} itself.`)
    return undefined
  }
  return { inside, outside }
}
