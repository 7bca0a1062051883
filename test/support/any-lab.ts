/** Labs that are only drawn: any machines, any links, also of kinds that no lab file knows. */

import { ip, parseInterface, parsePrefix } from '../../src/base/address.ts'
import type { Lab, LineQuality, LinkSpec, NodeSpec } from '../../src/lab/lab.ts'
import { fc } from './fast-check.ts'

export interface PlannedNode {
  readonly name: string
  readonly kind: string
  /** Name of the PPTP server that a client dials. */
  readonly dials?: string
}
export interface PlannedLink {
  readonly ends: readonly [string, string]
  readonly type?: string
  readonly sends?: readonly [Partial<LineQuality>, Partial<LineQuality>]
}

/** All of a quality that drawings look at. */
const PERFECT = {
  delay: 0,
  jitter: 0,
  queue: 1e6,
  loss: 0,
  corruption: 0,
  duplication: 0,
  reordering: 0,
}

/** Link `i` is the network 10.0.i.0/24; its ends have .1 and .2, but for switches and what is outside. */
export function drawnLab(nodes: readonly PlannedNode[], links: readonly PlannedLink[]): Lab {
  const kindOf = new Map(nodes.map(({ name, kind }) => [name, kind]))
  const used = new Map<string, number>()
  const specs = links.map(({ ends, type = 'ethernet', sends }, i): LinkSpec => {
    const end = (side: 0 | 1): LinkSpec['ends'][0] => {
      const node = ends[side]
      const place = used.get(node) ?? 0
      used.set(node, place + 1)
      const ipv4 = parseInterface(`10.0.${i % 256}.${side + 1}/24`)
      const bare = ['switch', 'tun', 'udp', 'pstn'].includes(kindOf.get(node) ?? '')
      const quality = { ...PERFECT, ...sends?.[side] } as LineQuality
      return { node, iface: `eth${place}`, sends: quality, ...(bare || !ipv4 ? {} : { ipv4 }) }
    }
    const both: LinkSpec['ends'] = [end(0), end(1)]
    return { name: `link${i}`, type, mtu: 1500, ends: both } as LinkSpec
  })
  const interfacesOf = (name: string): NodeSpec['interfaces'] =>
    specs.flatMap(({ ends }, link) =>
      ends.flatMap(({ node, iface, ipv4 }, side) =>
        node === name ? [{ name: iface, link, side: side as 0 | 1, ...(ipv4 ? { ipv4 } : {}) }] : [],
      ),
    )
  return {
    name: 'drawn',
    description: 'A lab that is only drawn.',
    seed: 1,
    stop: 1,
    nodes: nodes.map(({ name, kind, dials }): NodeSpec => {
      const common = { name, interfaces: interfacesOf(name), routes: [] }
      if (kind === 'client') {
        const server = interfacesOf(dials ?? '').find(({ ipv4 }) => ipv4)?.ipv4?.address ?? ip('192.0.2.1')
        const auth = ['ms-chap-v2'] as const
        const routes = [parsePrefix('10.20.0.0/24')].filter(prefix => prefix !== undefined)
        const pptp = { server, user: name, password: 'x', auth, mppe: 'required', routes, dns: false } as const
        return { ...common, kind, pptp }
      }
      if (kind === 'pptp-server') {
        const pool = { first: ip('10.8.0.10'), last: ip('10.8.0.99') }
        const fixed = { auth: ['ms-chap-v2'], mppe: 'required', dns: [], limits: {}, proxyArp: false } as const
        const pptp = { ...fixed, mssClamp: false, local: ip('10.8.0.1'), pool, users: new Map(), grants: new Map() }
        return { ...common, kind, pptp }
      }
      if (kind === 'load-balancer') {
        const servers = nodes.filter(({ kind }) => kind === 'pptp-server')
        const addresses = servers.flatMap(({ name }) => interfacesOf(name).flatMap(({ ipv4 }) => (ipv4 ? [ipv4] : [])))
        const balance = {
          outside: 'eth0',
          servers: addresses.map(({ address }, i) => ({ name: `s${i}`, address })),
          traffic: [{ protocol: 6, ports: { from: 1723, to: 1723 }, text: 'tcp 1723' }],
        }
        return { ...common, kind, balance } as unknown as NodeSpec
      }
      // Of all other kinds a drawing looks at nothing else.
      const nas = { tunnels: [{ text: 'any call', to: [ip('203.0.113.5')] }] }
      if (kind === 'nas') return { ...common, kind, nas } as unknown as NodeSpec
      return { ...common, kind } as unknown as NodeSpec
    }),
    links: specs,
    services: [],
    events: [],
    files: new Map(),
    questions: [],
    checks: [],
  }
}

const KINDS = [
  'host',
  'router',
  'firewall',
  'load-balancer',
  'switch',
  'client',
  'pptp-server',
  'radius',
  'tun',
  'nas',
  'pstn',
]

const quality = fc.record(
  {
    delay: fc.constantFrom(0, 5e6, 200_000, 1.5e9),
    jitter: fc.constantFrom(0, 2e6),
    rate: fc.constantFrom(56e3, 10e6, 1e9),
    loss: fc.constantFrom(0, 0.01, 0.125),
    reordering: fc.constantFrom(0, 0.5),
  },
  { requiredKeys: [] },
)

/** Any connected lab: a tree, and some links more, also between the same two nodes. */
export const anyLab: fc.Arbitrary<Lab> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(1000)), { minLength: 1, maxLength: 16 }),
    fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 4 }),
    fc.array(fc.tuple(quality, quality, fc.constantFrom('ethernet', 'ip', 'serial')), { minLength: 20, maxLength: 20 }),
    fc.integer({ min: 2, max: 20 }),
  )
  .map(([kinds, more, looks, length]) => {
    const nameOf = (i: number): string => `n${i}`.padEnd(2 + ((i * 7) % length), 'x')
    const server = kinds.findIndex(([kind]) => kind === 'pptp-server')
    const nodes = kinds.map(([kind], i): PlannedNode => {
      return { name: nameOf(i), kind, ...(server < 0 ? {} : { dials: nameOf(server) }) }
    })
    const tree = kinds.slice(1).map(([, parent], i): [number, number] => [i + 1, parent % (i + 1)])
    const extra = more
      .map(([a, b]): [number, number] => [a % kinds.length, b % kinds.length])
      .filter(([a, b]) => a !== b)
    const links = [...tree, ...extra].map(([a, b], i): PlannedLink => {
      const [there, back, type] = looks[i % looks.length]
      return { ends: [nameOf(a), nameOf(b)], type, sends: [there, back] }
    })
    return drawnLab(nodes, links)
  })
