/**
 * The labs of the NAT zoo, one for each cell: a box of some kind at the clients' side or at the servers', with one to
 * three clients, for one server or one each. Every box drops what begins outside and is for the box itself, as all have it.
 *
 *     clients' side   alice, bob, carol -- lan -- box -- isp -- far -- office, plant, school
 *     servers' side   alice, bob, carol -- isp -- box -- lan -- office, plant, school
 *
 * At the servers' side one server has TCP port 1723 of the outside address forwarded, and nothing more. An address has one
 * such port, so several servers have an outside address each (one-to-one).
 */
import type { PersonalityName } from '../filter/types.ts'
import type { LabSource } from '../lab/builder.ts'
import { PERSONALITIES } from '../lab/filter.ts'

export const SIDES = ['clients', 'servers'] as const
export type ZooSide = (typeof SIDES)[number]

export interface ZooCase {
  readonly like: PersonalityName
  /** Where the box stands. */
  readonly side: ZooSide
  readonly clients: 1 | 2 | 3
  /** All dial one server, or each one of its own. */
  readonly servers: 'same' | 'other'
}

/** One client needs no second server. */
const ZOO_COLUMNS: readonly Pick<ZooCase, 'clients' | 'servers'>[] = [
  { clients: 1, servers: 'same' },
  { clients: 2, servers: 'same' },
  { clients: 2, servers: 'other' },
  { clients: 3, servers: 'same' },
  { clients: 3, servers: 'other' },
]
export const ZOO_CASES: readonly ZooCase[] = SIDES.flatMap(side =>
  PERSONALITIES.flatMap(like => ZOO_COLUMNS.map(column => ({ like, side, ...column }))),
)

/** `keyless-clients-2-same` */
export const zooName = ({ like, side, clients, servers }: ZooCase): string => `${like}-${side}-${clients}-${servers}`

/** Behind the box or before it, in the order in which they dial. */
export const CLIENTS = ['alice', 'bob', 'carol']
export const SERVERS = ['office', 'plant', 'school']
/** Seconds between one client and the next: no two of them negotiate LCP at once. */
export const BETWEEN = 10
/** Seconds between the pings of a client: no entry idles out. */
const EVERY = 5
/** When everybody has a tunnel or has given up, and how many pings of each come then. */
export const SETTLED = 60
export const LAST_PINGS = 4
const STOP = SETTLED + EVERY * LAST_PINGS

/** The lab of a cell. */
export function zooLab(given: ZooCase): LabSource {
  const { clients, servers, side, like } = given
  const names = CLIENTS.slice(0, clients)
  const offices = SERVERS.slice(0, servers === 'same' ? 1 : clients)
  const parts = side === 'servers' ? atServers(given, names, offices) : atClients(given, names, offices)
  return {
    name: zooName(given),
    description: `A cell of the NAT zoo: ${like} at the ${side}' side, ${clients} of them.`,
    stop: `${STOP}s`,
    topology: parts,
    events: names.flatMap((name, i) => {
      const [dials, pings] = [i * BETWEEN, i * BETWEEN + EVERY]
      const to = insideOf(servers === 'same' ? 0 : i)
      const ping = { from: name, to, interval: `${EVERY}s`, count: (STOP - pings) / EVERY }
      return [
        { at: `${dials}s`, connect: name },
        { at: `${pings}s`, ping },
      ]
    }),
  }
}

type Topology = LabSource['topology']
type Links = NonNullable<Topology['links']>

function atClients({ like, servers }: ZooCase, names: readonly string[], offices: readonly string[]): Topology {
  const nodes: Topology['nodes'] = { ...COMMON, far: { kind: 'switch' } }
  const links: Links = [
    { endpoints: ['box:lan0', 'lan:box'], ipv4: ['192.168.1.1/24', 'none'] },
    { endpoints: ['box:wan0', 'isp:box'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'], delay: '10ms' },
    { endpoints: ['isp:far', 'far:isp'], ipv4: ['203.0.113.1/24', 'none'], delay: '10ms' },
  ]
  nodes.box = boxOf('198.51.100.1', { inside: ['lan0'], outside: 'wan0', like })
  for (const [i, name] of names.entries()) {
    nodes[name] = clientOf(name, '192.168.1.1', publicOf(servers === 'same' ? 0 : i))
    links.push({ endpoints: [`${name}:eth0`, `lan:${name}`], ipv4: [`${lanOf(i)}/24`, 'none'] })
  }
  for (const [i, name] of offices.entries()) {
    nodes[name] = serverOf(i, '203.0.113.1', names)
    links.push({ endpoints: [`${name}:eth0`, `far:${name}`], ipv4: [`${publicOf(i)}/24`, 'none'] })
  }
  return { nodes, links }
}

function atServers({ like, servers }: ZooCase, names: readonly string[], offices: readonly string[]): Topology {
  const nodes: Topology['nodes'] = { ...COMMON }
  const links: Links = [
    { endpoints: ['box:lan0', 'lan:box'], ipv4: ['192.168.1.1/24', 'none'] },
    { endpoints: ['box:wan0', 'isp:box'], ipv4: ['203.0.113.2/24', '203.0.113.1/24'], delay: '10ms' },
  ]
  const known =
    servers === 'same'
      ? { forward: [`tcp 1723 to ${offices[0]}`] }
      : { 'one-to-one': Object.fromEntries(offices.map((_, i) => [lanOf(i), publicOf(i)])) }
  nodes.box = boxOf('203.0.113.1', { inside: ['lan0'], outside: 'wan0', like, ...known })
  for (const [i, name] of names.entries()) {
    const [gateway, own] = [`198.51.100.${1 + 4 * i}`, `198.51.100.${2 + 4 * i}`]
    nodes[name] = clientOf(name, gateway, servers === 'same' ? '203.0.113.2' : publicOf(i))
    links.push({ endpoints: [`${name}:eth0`, `isp:${name}`], ipv4: [`${own}/30`, `${gateway}/30`], delay: '10ms' })
  }
  for (const [i, name] of offices.entries()) {
    nodes[name] = serverOf(i, '192.168.1.1', names)
    links.push({ endpoints: [`${name}:eth0`, `lan:${name}`], ipv4: [`${lanOf(i)}/24`, 'none'] })
  }
  return { nodes, links }
}

type Node = Topology['nodes'][string]
const COMMON = { lan: { kind: 'switch' }, isp: { kind: 'router' } } as const

const clientOf = (name: string, gateway: string, server: string): Node => ({
  kind: 'client',
  routes: [`default via ${gateway}`],
  pptp: { server, user: name, password: name, auth: 'ms-chap-v2', mppe: 'required' },
})
function serverOf(i: number, gateway: string, names: readonly string[]): Node {
  const users = Object.fromEntries(names.map(name => [name, name]))
  const pool = `10.${8 + i}.0.10-10.${8 + i}.0.99`
  return {
    kind: 'pptp-server',
    routes: [`default via ${gateway}`],
    pptp: { local: insideOf(i), pool, users, auth: ['ms-chap-v2'], mppe: 'required' },
  }
}
const boxOf = (gateway: string, nat: NonNullable<Extract<Node, { kind: 'firewall' }>['nat']>): Node => ({
  kind: 'firewall',
  routes: [`default via ${gateway}`],
  nat,
  filter: ['input drop in wan0 state new'],
})

const lanOf = (i: number): string => `192.168.1.${10 + i}`
/** By which the world knows a server. */
const publicOf = (i: number): string => `203.0.113.${5 + i}`
/** The address of a server in its tunnels. */
const insideOf = (i: number): string => `10.${8 + i}.0.1`
