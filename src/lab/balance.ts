/** `balance` of a load balancer: whom it stands for, and how it draws. */
import * as v from 'valibot'
import * as Ipv4Header from '../wire/ipv4.ts'
import { within } from './filter.ts'
import type { BalanceSpec } from './lab.ts'
import { flag, name, oneOf, words } from './leaf.ts'
import { map } from './map.ts'
import { suggest } from './nearest.ts'
import { parsePortRange } from './personality.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, flag as flagOf, items, type Tree, text } from './tree.ts'

const PERSISTENCE = ['none', 'source'] as const satisfies readonly BalanceSpec['persistence'][]
const TRAFFIC: BalanceSpec['traffic'] = [
  { protocol: Ipv4Header.PROTOCOL.tcp, ports: { from: 1723, to: 1723 }, text: 'tcp 1723' },
  { protocol: Ipv4Header.PROTOCOL.gre, text: 'gre' },
]

export const balanceSchema = v.pipe(
  map('the balance of a load balancer', {
    outside: words('The interface towards the callers; they know its address, and no other.', 15),
    servers: v.pipe(
      v.array(name('A server.'), 'Here a list of servers must stand.\nfor example [office1, office2]'),
      v.minLength(1, 'At least one server is needed.\nfor example [office1, office2]'),
      v.description('The nodes to which callers are passed on.'),
    ),
    traffic: v.optional(
      v.pipe(
        v.array(
          words('What is passed on: "tcp 1723", "gre".', 40),
          'Here a list must stand of what is passed on.\nfor example ["tcp 1723", gre]',
        ),
        v.minLength(1, 'Nothing would be passed on.\nfor example ["tcp 1723", gre]'),
        v.description('What is passed on; without it "tcp 1723" and gre.'),
      ),
    ),
    persistence: v.optional(
      oneOf(
        PERSISTENCE,
        'none: a server is drawn for each flow, so that TCP and GRE of one caller may part; source: one server for all flows of an address.',
      ),
      'none',
    ),
    'hide-servers': v.optional(
      flag('Does what the servers send on their own account get the address of the balancer?'),
      true,
    ),
  }),
  v.description('For whom it stands, and how it draws.'),
)

/** Undefined when something is missing or wrong; it has been reported. */
export function readBalance(node: NodeDraft, topology: Topology): BalanceSpec | undefined {
  const tree = child(node.merged, 'balance')
  if (!tree) {
    const hint = 'balance: { outside: wan0, servers: [office1, office2] }'
    topology.issues.value(node.tree, `${node.name} does not say for whom it stands: balance is missing.`, hint)
    return undefined
  }
  const outside = readOutside(child(tree, 'outside'), node, topology)
  const written = items(child(tree, 'servers'))
  const servers = written.map((item, i) => readServer(item, written.slice(0, i), node, topology))
  const listed = child(tree, 'traffic')
  const traffic = items(listed).map(item => readTraffic(item, topology))
  if (outside === undefined || servers.length === 0) return undefined
  return {
    outside,
    servers: servers.filter(server => server !== undefined),
    traffic: listed ? traffic.filter(what => what !== undefined) : TRAFFIC,
    persistence: PERSISTENCE.find(word => word === text(child(tree, 'persistence'))) ?? 'none',
    hideServers: flagOf(child(tree, 'hide-servers')) ?? true,
  }
}

function readOutside(tree: Tree | undefined, node: NodeDraft, topology: Topology): string | undefined {
  const iface = text(tree)
  if (!tree || iface === undefined) return undefined
  const known = node.interfaces.map(({ name }) => name)
  if (known.includes(iface)) return iface
  if (topology.allRead) topology.issues.value(tree, `${node.name} has no interface ${iface}.`, suggest(iface, known))
  return undefined
}

function readServer(tree: Tree, before: readonly Tree[], node: NodeDraft, topology: Topology) {
  const server = text(tree)
  if (server === undefined) return undefined
  const twice = before.some(other => text(other) === server)
  if (twice) topology.issues.value(tree, `${server} stands here already.`, 'every server has the same share')
  const address = topology.address(tree, node)
  return address === undefined || twice ? undefined : { name: server, address }
}

const WHAT = /^(\S+)(?: (\d+)(?:-(\d+))?)?$/
const EXAMPLE = 'for example ["tcp 1723", gre]'

/** `tcp 1723`, `udp 500-510`, `gre`. */
function readTraffic(tree: Tree, { issues }: Topology): BalanceSpec['traffic'][number] | undefined {
  const written = text(tree)
  if (written === undefined || written === '') return undefined
  const match = WHAT.exec(written)
  if (!match) {
    issues.value(tree, 'A protocol must stand here, and ports where it has some.', EXAMPLE)
    return undefined
  }
  const [, proto, first, last = first] = match
  const protocols = Object.keys(Ipv4Header.PROTOCOL)
  if (!Object.hasOwn(Ipv4Header.PROTOCOL, proto)) {
    const where = within(tree, 0, proto.length)
    issues.at(where, tree.path, `"${proto}" is not a protocol over IP.`, suggest(proto, protocols))
    return undefined
  }
  const protocol = Ipv4Header.PROTOCOL[proto as keyof typeof Ipv4Header.PROTOCOL]
  const hasPorts = protocol === Ipv4Header.PROTOCOL.tcp || protocol === Ipv4Header.PROTOCOL.udp
  const ports = first === undefined ? undefined : parsePortRange(`${first}-${last}`)
  if (first !== undefined && !hasPorts) issues.value(tree, `${proto} has no ports.`, `write: ${proto}`)
  else if (hasPorts && first === undefined) issues.value(tree, `Which ports of ${proto}?`, `such as: ${proto} 1723`)
  else if (first !== undefined && !ports)
    issues.value(tree, 'A port is a number from 1 to 65535, and the smaller one comes first.')
  else return { protocol, text: written, ...(ports ? { ports } : {}) }
  return undefined
}
