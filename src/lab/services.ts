/**
 * Which service answers at which port of which node: those that a node names in `services`, and those that every end
 * system has by itself, so that `fetch` and `echo` of the events find an answer.
 */
import { SERVICES } from '../app/services.ts'
import { PPTP_PORT } from '../node/tunnel-stack.ts'
import { ACCT_PORT, AUTH_PORT } from '../wire/radius.ts'
import type { Action, Kind, Lab, ServiceSpec } from './lab.ts'
import { splitService } from './leaf.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, type Issues, integer, items, type Tree, text } from './tree.ts'
import { TALKERS } from './verbs.ts'

type Listening = Pick<ServiceSpec, 'service' | 'port'>

/** All services with which a lab begins. At a port that an event names they begin with that event. */
export const servicesOf = ({ nodes, services }: Lab): ServiceSpec[] => [
  ...nodes.flatMap(({ name, kind }) => ownServices(kind, []).map(own => ({ node: name, ...own }))),
  ...services,
]

/** Does it answer those who fetch, or want an echo? */
export const isEndSystem = (kind: Kind): boolean =>
  kind !== 'router' && kind !== 'firewall' && kind !== 'load-balancer' && TALKERS.includes(kind)

/** What a node answers by itself: an end system, at the usual ports and at those that these events name. */
function ownServices(kind: Kind, events: readonly Action[]): Listening[] {
  if (!isEndSystem(kind)) return []
  const transfer = new Set<number>([SERVICES.transfer.port])
  const udpEcho = new Set<number>([SERVICES['udp-echo'].port])
  for (const { verb, args } of events) {
    if (verb === 'fetch') transfer.add(args.port)
    if (verb === 'echo') udpEcho.add(args.port)
  }
  return [
    ...[...transfer].map(port => ({ service: 'transfer' as const, port })),
    ...[...udpEcho].map(port => ({ service: 'udp-echo' as const, port })),
  ]
}

/** What messages call the services that have no name in a lab file. */
const UNNAMED: { readonly [S in Listening['service']]?: string } = {
  transfer: 'the service for fetch',
  'udp-echo': 'the service for UDP echo',
}

/** The services that the nodes of a file name; no two services of a node may be at one port. */
export function readServices(
  lab: Tree,
  topology: Topology,
  events: readonly Action[],
  issues: Issues,
): readonly ServiceSpec[] {
  return [...topology.nodes.values()].flatMap(node => readNode(lab, node, events, issues))
}

function readNode(lab: Tree, { name, kind, merged }: NodeDraft, events: readonly Action[], issues: Issues) {
  if (!kind || !TALKERS.includes(kind)) return []
  /** Who answers there, by protocol and port. */
  const taken = new Map<string, string>()
  const take = ({ service, port }: Listening, tree: Tree | undefined, hint: string): boolean => {
    const { protocol } = SERVICES[service]
    const place = `${protocol} ${port}`
    const owner = taken.get(place)
    if (owner === undefined) taken.set(place, UNNAMED[service] ?? service)
    else if (tree) {
      const what = `${protocol.toUpperCase()} port ${port} of ${name}`
      issues.value(tree, `${what} is taken: ${owner} answers there.`, hint)
    }
    return owner === undefined
  }
  if (kind === 'pptp-server') taken.set(`tcp ${PPTP_PORT}`, 'PPTP')
  if (kind === 'radius') for (const port of [AUTH_PORT, ACCT_PORT]) taken.set(`udp ${port}`, 'RADIUS')
  for (const own of ownServices(kind, events)) take(own, portOfFetch(lab, own.port), 'name another port')
  const specs: ServiceSpec[] = []
  for (const tree of items(child(merged, 'services'))) {
    const named = splitService(text(tree) ?? '')
    if (named && take(named, tree, `name another port: ${named.service}:PORT`)) specs.push({ node: name, ...named })
  }
  return specs
}

/** Where the file names a port for a fetch. */
function portOfFetch(lab: Tree, port: number): Tree | undefined {
  const ports = items(child(lab, 'events')).map(event => child(child(event, 'fetch'), 'port'))
  return ports.find(tree => integer(tree) === port)
}
