/**
 * Random networks with up to three NAT boxes in a row, from a seed:
 *
 *     lan0 -- nat0 -- lan1 -- nat1 -- … -- isp -- (snat --) far
 *
 * with clients on every lan, an office and a web server on the far side, and boxes of all kinds whose tables, ports and
 * times are as small as boxes have them in nightmares.
 */

import { type Random, seededRandom } from '../../src/base/random.ts'
import { PERSONALITIES as KINDS } from '../../src/filter/personalities/index.ts'
import type { PersonalityName } from '../../src/filter/types.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import { renderIssues } from '../../src/lab/diagnostic.ts'
import { PERSONALITIES } from '../../src/lab/filter.ts'
import type { Lab } from '../../src/lab/lab.ts'

export interface Box {
  readonly name: string
  /** In force whatever the box becomes. */
  readonly limit: number
  /** 0: no limit. */
  readonly perHost: number
  readonly ports: { readonly from: number; readonly to: number }
}
export interface NatLab {
  readonly lab: Lab
  readonly boxes: readonly Box[]
  readonly clients: readonly string[]
  /** Where packets may be sent: hosts, servers, the outsides of boxes, and nobody. */
  readonly targets: readonly string[]
}

const HELPERS: ReadonlySet<PersonalityName> = new Set(['linux-pptp', 'libalias', 'cisco'])
const RULES = [
  'input drop in wan0 state new',
  'forward drop state invalid',
  'forward drop proto gre',
  'forward drop proto icmp icmp-type echo-request',
  'forward reject with icmp-port-unreachable proto udp dport 7',
  'forward accept state established,related',
]

const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)]

export function natLab(seed: number): NatLab {
  const random = seededRandom(seed).fork('lab')
  const atServers = random.chance(0.3)
  const inner = atServers ? random.below(3) : 1 + random.below(3)
  const nodes: Record<string, unknown> = { isp: { kind: 'router' }, far: { kind: 'switch' } }
  const links: unknown[] = []
  const boxes: Box[] = []
  const clients: string[] = []
  const targets = ['203.0.113.99', atServers ? '203.0.113.2' : '203.0.113.5', atServers ? '203.0.113.2' : '203.0.113.6']
  const dialled = atServers ? '203.0.113.2' : '203.0.113.5'

  for (let level = 0; level <= inner; level++) {
    const last = level === inner
    const gateway = `10.${level}.0.1`
    const here: string[] = []
    nodes[`lan${level}`] = { kind: 'switch' }
    for (let i = last ? (inner === 0 ? 1 : 0) + random.below(2) : 1 + random.below(3); i > 0; i--) {
      const name = `c${level}${i}`
      const address = `10.${level}.0.${10 + i}`
      nodes[name] = {
        kind: 'client',
        routes: [`default via ${gateway}`],
        tcp: { 'path-mtu-discovery': random.chance(0.7) },
        pptp: {
          server: dialled,
          user: 'u',
          password: 'p',
          mppe: pick(random, ['off', 'required']),
          profile: pick(random, ['default', 'linux']),
        },
      }
      links.push({ endpoints: [`${name}:eth0`, `lan${level}:${name}`], ipv4: [`${address}/24`, 'none'] })
      clients.push(name)
      here.push(address)
    }
    targets.push(...here)
    if (last)
      links.push({ endpoints: [`lan${level}:isp`, 'isp:lan'], ipv4: ['none', `${gateway}/24`], ...quality(random) })
    else {
      const box = anyBox(random, `nat${level}`)
      const outside = `10.${level + 1}.0.200`
      nodes[box.name] = {
        kind: 'firewall',
        routes: [`default via 10.${level + 1}.0.1`],
        nat: { inside: ['lan0'], outside: 'wan0', ...box.nat, ...forwards(random, here, `10.${level + 1}.0.201`) },
        filter: RULES.filter(() => random.chance(0.2)),
      }
      links.push({ endpoints: [`lan${level}:box`, `${box.name}:lan0`], ipv4: ['none', `${gateway}/24`] })
      links.push({
        endpoints: [`${box.name}:wan0`, `lan${level + 1}:out`],
        ipv4: [`${outside}/24`, 'none'],
        ...quality(random),
      })
      boxes.push(box)
      targets.push(outside, `10.${level + 1}.0.201`)
    }
  }
  const office = atServers ? '192.168.0.5' : '203.0.113.5'
  const web = atServers ? '192.168.0.6' : '203.0.113.6'
  const back = atServers ? '192.168.0.1' : '203.0.113.1'
  nodes.office = {
    kind: 'pptp-server',
    routes: [`default via ${back}`],
    pptp: { local: '172.16.0.1', pool: '172.16.1.0-172.16.1.99', users: { u: 'p' }, mppe: 'optional' },
  }
  nodes.web = { kind: 'host', routes: [`default via ${back}`] }
  links.push({ endpoints: ['office:eth0', 'far:office'], ipv4: [`${office}/24`, 'none'] })
  links.push({ endpoints: ['web:eth0', 'far:web'], ipv4: [`${web}/24`, 'none'] })
  if (atServers) {
    const box = anyBox(random, 'snat')
    const forward = ['tcp 1723 to 192.168.0.5', 'udp 7 to 192.168.0.6', 'tcp 5001 to 192.168.0.6']
    if (random.chance(0.5)) forward.push('gre to 192.168.0.5')
    nodes.snat = {
      kind: 'firewall',
      routes: ['default via 203.0.113.1'],
      nat: { inside: ['lan0'], outside: 'wan0', ...box.nat, forward },
      filter: RULES.filter(() => random.chance(0.2)),
    }
    links.push({ endpoints: ['isp:far', 'snat:wan0'], ipv4: ['203.0.113.1/24', '203.0.113.2/24'], ...quality(random) })
    links.push({ endpoints: ['snat:lan0', 'far:box'], ipv4: ['192.168.0.1/24', 'none'] })
    boxes.push(box)
  } else links.push({ endpoints: ['isp:far', 'far:isp'], ipv4: ['203.0.113.1/24', 'none'], ...quality(random) })
  const source = { name: `nats-${seed}`, seed, stop: '6000000s', topology: { nodes, links } } as LabSource
  const loaded = lab(source)
  if (!loaded.ok) throw new Error(`seed ${seed}: ${renderIssues(loaded.issues)}`)
  return { lab: loaded.lab, boxes, clients, targets }
}

function quality(random: Random): object {
  return {
    delay: `${1 + random.below(15)}ms`,
    ...(random.chance(0.5) ? { mtu: pick(random, [576, 1000, 1400]) } : {}),
    ...(random.chance(0.3) ? { loss: `${random.below(4)}%` } : {}),
    ...(random.chance(0.2) ? { duplication: '2%' } : {}),
    ...(random.chance(0.3) ? { jitter: '3ms' } : {}),
  }
}

/** What comes to the box from outside and goes to a host inside, if any does. */
function forwards(random: Random, hosts: readonly string[], spare: string): object {
  const forward = ['udp 7', 'tcp 5001', 'udp 9-12', 'gre'].filter(() => random.chance(0.25))
  const oneToOne = random.chance(0.1) ? { 'one-to-one': { [pick(random, hosts)]: spare } } : {}
  return {
    ...(forward.length > 0 ? { forward: forward.map(what => `${what} to ${pick(random, hosts)}`) } : {}),
    ...oneToOne,
  }
}

function anyBox(random: Random, name: string): Box & { readonly nat: object } {
  const like = pick(random, PERSONALITIES)
  const limit = pick(random, [6, 20, 60, 1000])
  const wantedPerHost = pick(random, [0, 0, 2, 10])
  const from = pick(random, [1024, 2000, 40_000])
  const ports = { from, to: from + pick(random, [3, 20, 2000]) }
  const seconds = (...all: number[]): string => `${pick(random, all)}s`
  const dependence = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent']
  const drawn = {
    limit,
    ports: {
      'per-host': wantedPerHost,
      range: `${ports.from}-${ports.to}`,
      ...(random.chance(0.5) ? { preserve: random.chance(0.5), choose: pick(random, ['next', 'random']) } : {}),
    },
    ...(random.chance(0.5) ? { mapping: pick(random, dependence) } : {}),
    ...(random.chance(0.5) ? { filtering: pick(random, dependence) } : {}),
    ...(random.chance(0.5) ? { hairpin: random.chance(0.5) } : {}),
    ...(random.chance(0.2) ? { 'tcp-loose': random.chance(0.5) } : {}),
    ...(random.chance(0.2) ? { 'icmp-errors': random.chance(0.5) } : {}),
    ...(random.chance(0.15) ? { gre: pick(random, ['call-id', 'none', 'one-host', 'refused']) } : {}),
    ...(HELPERS.has(like) && random.chance(0.4) ? { pptp: helper(random) } : {}),
    ...(random.chance(0.6)
      ? {
          timeouts: {
            udp: seconds(1, 5, 30),
            'udp-stream': seconds(2, 60),
            icmp: seconds(1, 30),
            gre: seconds(1, 10, 30),
            'gre-stream': seconds(5, 180),
            'tcp-established': seconds(5, 60, 432_000),
            expectation: seconds(1, 300),
          },
        }
      : {}),
  }
  // Where every far end has its own mapping, filtering and a limit of ports mean nothing, and are refused.
  const isMapped = (drawn.mapping ?? KINDS[like].mapping) !== 'address-and-port-dependent'
  const perHost = isMapped ? wantedPerHost : 0
  const { filtering, ...rest } = drawn
  const override = {
    ...rest,
    ports: { ...drawn.ports, 'per-host': perHost },
    ...(isMapped && filtering !== undefined ? { filtering } : {}),
  }
  const place = pick(random, ['prerouting', 'both'])
  return { name, limit, perHost, ports, nat: { like, ...(HELPERS.has(like) ? { helper: place } : {}), override } }
}

function helper(random: Random): unknown {
  if (random.chance(0.4)) return 'as-it-should-be'
  if (random.chance(0.2)) return 'off'
  return {
    reads: pick(random, ['first-of-segment', 'all']),
    calls: pick(random, ['last', 'all']),
    caller: pick(random, ['opener', 'both']),
    'new-call-id': pick(random, ['port', 'when-taken', 'unique']),
    'dropped-first': pick(random, ['burned', 'kept']),
    'icmp-errors': pick(random, ['lost', 'translated']),
    'idle-call': pick(random, ['forgotten', 'remembered']),
  }
}
