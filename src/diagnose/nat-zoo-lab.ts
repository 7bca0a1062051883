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
export const ZOO_COLUMNS: readonly Pick<ZooCase, 'clients' | 'servers'>[] = [
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

const serverCount = ({ clients, servers }: ZooCase): number => (servers === 'same' ? 1 : clients)

/** The lab of a cell. */
export function zooLab(given: ZooCase): LabSource {
  const { clients, servers, side, like } = given
  const names = CLIENTS.slice(0, clients)
  const offices = SERVERS.slice(0, serverCount(given))
  const behind = side === 'servers'
  const users = Object.fromEntries(names.map(name => [name, name]))
  const serverOf = (i: number): number => (servers === 'same' ? 0 : i)
  // What a client dials: at the servers' side what the world sees of its server.
  const dialled = (i: number): string => (behind ? seenOf(given, serverOf(i)) : `203.0.113.${5 + serverOf(i)}`)
  const nodes: Record<string, unknown> = {}
  for (const [i, name] of names.entries()) {
    nodes[name] = {
      kind: 'client',
      routes: [`default via ${behind ? `198.51.100.${gatewayOf(i)}` : '192.168.1.1'}`],
      pptp: { server: dialled(i), user: name, password: name, auth: 'ms-chap-v2', mppe: 'required' },
    }
  }
  for (const [i, name] of offices.entries()) {
    nodes[name] = {
      kind: 'pptp-server',
      routes: [`default via ${behind ? '192.168.1.1' : '203.0.113.1'}`],
      pptp: {
        local: insideOf(i),
        pool: `10.${8 + i}.0.10-10.${8 + i}.0.99`,
        users,
        auth: ['ms-chap-v2'],
        mppe: 'required',
      },
    }
  }
  const shared = behind && servers === 'same' ? { forward: [`tcp 1723 to ${SERVERS[0]}`] } : {}
  const own =
    behind && servers === 'other'
      ? { 'one-to-one': Object.fromEntries(offices.map((_, i) => [lanOf(i), seenOf(given, i)])) }
      : {}
  nodes.box = {
    kind: 'firewall',
    routes: [`default via ${behind ? '203.0.113.1' : '198.51.100.1'}`],
    nat: { inside: ['lan0'], outside: 'wan0', like, ...shared, ...own },
    filter: ['input drop in wan0 state new'],
  }
  nodes.lan = { kind: 'switch' }
  nodes.isp = { kind: 'router' }
  const links: unknown[] = [
    { endpoints: ['box:lan0', 'lan:box'], ipv4: ['192.168.1.1/24', 'none'] },
    {
      endpoints: ['box:wan0', 'isp:box'],
      ipv4: behind ? ['203.0.113.2/24', '203.0.113.1/24'] : ['198.51.100.20/24', '198.51.100.1/24'],
      delay: '10ms',
    },
  ]
  if (behind) {
    for (const [i, name] of names.entries())
      links.push({
        endpoints: [`${name}:eth0`, `isp:${name}`],
        ipv4: [`198.51.100.${gatewayOf(i) + 1}/30`, `198.51.100.${gatewayOf(i)}/30`],
        delay: '10ms',
      })
    for (const [i, name] of offices.entries())
      links.push({ endpoints: [`${name}:eth0`, `lan:${name}`], ipv4: [`${lanOf(i)}/24`, 'none'] })
  } else {
    nodes.far = { kind: 'switch' }
    for (const [i, name] of names.entries())
      links.push({ endpoints: [`${name}:eth0`, `lan:${name}`], ipv4: [`${lanOf(i)}/24`, 'none'] })
    links.push({ endpoints: ['isp:far', 'far:isp'], ipv4: ['203.0.113.1/24', 'none'], delay: '10ms' })
    for (const [i, name] of offices.entries())
      links.push({ endpoints: [`${name}:eth0`, `far:${name}`], ipv4: [`203.0.113.${5 + i}/24`, 'none'] })
  }
  return {
    name: zooName(given),
    description: `A cell of the NAT zoo: ${like} at the ${side}' side, ${clients} of them.`,
    stop: `${STOP}s`,
    topology: { nodes, links },
    events: names.flatMap((name, i) => {
      const [dials, pings] = [i * BETWEEN, i * BETWEEN + EVERY]
      const ping = { from: name, to: insideOf(serverOf(i)), interval: `${EVERY}s`, count: (STOP - pings) / EVERY }
      return [
        { at: `${dials}s`, connect: name },
        { at: `${pings}s`, ping },
      ]
    }),
  } as LabSource
}
const lanOf = (i: number): string => `192.168.1.${10 + i}`
const gatewayOf = (i: number): number => 1 + 4 * i
/** The address of a server in its tunnels. */
const insideOf = (i: number): string => `10.${8 + i}.0.1`
/** With one outside address one server can have port 1723; more of them need one each. */
const seenOf = ({ servers }: ZooCase, i: number): string => (servers === 'same' ? '203.0.113.2' : `203.0.113.${5 + i}`)
