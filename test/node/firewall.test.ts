/** Machines with rules and NAT boxes, as labs describe them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'

type Nodes = LabSource['topology']['nodes']
type Events = NonNullable<LabSource['events']>

interface Played {
  readonly events: readonly TraceEvent[]
  value(node: string, path: string): unknown
}

/** Two inside hosts, a box, and a host outside. */
function play(box: object, events: Events, nodes: Nodes = {}): Played {
  const loaded = lab({
    name: 'box',
    stop: '300s',
    topology: {
      nodes: {
        ann: { kind: 'host', routes: ['default via 192.168.1.1'], services: ['echo'] },
        ben: { kind: 'host', routes: ['default via 192.168.1.1'] },
        lan: { kind: 'switch' },
        box: { kind: 'firewall', ...box },
        out: { kind: 'host', services: ['echo'] },
        ...nodes,
      },
      links: [
        { endpoints: ['ann:eth0', 'lan:p1'], ipv4: ['192.168.1.10/24', 'none'] },
        { endpoints: ['ben:eth0', 'lan:p2'], ipv4: ['192.168.1.11/24', 'none'] },
        { endpoints: ['box:lan0', 'lan:p3'], ipv4: ['192.168.1.1/24', 'none'] },
        { endpoints: ['box:wan0', 'out:eth0'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'] },
      ],
    },
    events,
  })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab)
  const heard: TraceEvent[] = []
  run.simulation.world.trace.listen(event => heard.push(event))
  run.advance()
  const value = (node: string, path: string) => valueAt(run.simulation.nodes.get(node)?.snapshot() ?? {}, path)
  return { events: heard, value }
}

const of = <K extends TraceEvent['event']>({ events }: Played, event: K, node: string) =>
  events.filter((e): e is Extract<TraceEvent, { event: K }> => e.event === event && e.node === node)
const replies = (played: Played, node: string): number => of(played, 'ping-reply', node).length
const failures = (played: Played, node: string): string[] => of(played, 'ping-failed', node).map(({ type }) => type)

const NAT = { inside: ['lan0'], outside: 'wan0' } as const

describe('a NAT box in a lab', () => {
  test('hides inside hosts behind its outside address, and brings the answers', () => {
    const played = play({ nat: NAT }, [
      { at: '0s', ping: { from: 'ann', to: 'out' } },
      { at: '0s', ping: { from: 'ben', to: 'out' } },
      { at: '1s', talk: { from: 'ann', to: 'out', bytes: '1kB' } },
    ])
    assert.deepEqual([replies(played, 'ann'), replies(played, 'ben')], [1, 1])
    assert.deepEqual(
      of(played, 'talk-done', 'ann').map(({ ok }) => ok),
      [true],
    )
    const sources = new Set(of(played, 'deliver', 'out').map(({ src }) => src))
    assert.deepEqual([...sources], ['198.51.100.20'])
  })

  test('a forwarded port is found from outside and from inside (hairpin, nat-truth B31)', () => {
    const nat = { ...NAT, forward: ['tcp 8007 to ann:7'] }
    const played = play({ nat }, [
      { at: '0s', talk: { from: 'out', to: '198.51.100.20', port: 8007, bytes: '100B' } },
      { at: '1s', talk: { from: 'ben', to: '198.51.100.20', port: 8007, bytes: '100B' } },
    ])
    for (const node of ['out', 'ben']) {
      assert.deepEqual(
        of(played, 'talk-done', node).map(({ ok }) => ok),
        [true],
        node,
      )
    }
    const hairpin = of(played, 'deliver', 'ann').filter(({ t }) => t > 0.9e9)
    assert.ok(hairpin.length > 0 && hairpin.every(({ src }) => src === '192.168.1.1'))
  })

  test('a range of ports, and a protocol without any, are forwarded', () => {
    const nat = { ...NAT, forward: ['tcp 5-9 to ann', 'gre to ben', 'icmp to ben'] }
    const played = play({ nat }, [
      { at: '0s', talk: { from: 'out', to: '198.51.100.20', port: 7, bytes: '100B' } },
      { at: '1s', ping: { from: 'out', to: '198.51.100.20' } },
    ])
    assert.deepEqual(
      of(played, 'talk-done', 'out').map(({ ok }) => ok),
      [true],
    )
    assert.equal(replies(played, 'out'), 1)
    assert.equal(of(played, 'deliver', 'ben').length, 1)
  })

  test('one-to-one: the box answers ARP for the outside address, and both directions work', () => {
    const nat = { ...NAT, 'one-to-one': { '192.168.1.10': '198.51.100.30' } }
    const played = play({ nat }, [
      { at: '0s', ping: { from: 'out', to: '198.51.100.30' } },
      { at: '1s', ping: { from: 'ann', to: 'out' } },
      { at: '2s', ping: { from: 'ben', to: 'out' } },
    ])
    assert.deepEqual([replies(played, 'out'), replies(played, 'ann'), replies(played, 'ben')], [1, 1, 1])
    const asked = of(played, 'deliver', 'out').filter(({ t }) => t >= 1e9)
    assert.deepEqual(
      asked.map(({ src }) => src),
      ['198.51.100.30', '198.51.100.20'],
    )
  })

  test('outside addresses and ports of its own', () => {
    const nat = { ...NAT, address: '198.51.100.40-198.51.100.41', ports: '40000-40009' }
    const played = play({ nat }, [{ at: '0s', talk: { from: 'ann', to: 'out', bytes: '10B' } }])
    const [first] = of(played, 'nat', 'box').filter(({ field }) => field === 'source')
    assert.match(first.after, /^198\.51\.100\.4[01]:4000\d$/)
    assert.equal(of(played, 'talk-done', 'ann')[0].ok, true)
  })

  test('a new outside address: what was hidden behind the old one is forgotten (nat-truth D5)', () => {
    const played = play({ nat: NAT }, [
      { at: '0s', ping: { from: 'ann', to: 'out' } },
      { at: '1s', nat: { node: 'box', address: '198.51.100.99' } },
      { at: '2s', ping: { from: 'ann', to: 'out' } },
    ])
    assert.equal(replies(played, 'ann'), 2)
    assert.deepEqual(
      of(played, 'deliver', 'out').map(({ src }) => src),
      ['198.51.100.20', '198.51.100.99'],
    )
    assert.equal(played.value('box', 'interfaces.wan0.address'), '198.51.100.99')
    assert.ok(of(played, 'flow', 'box').some(({ action, t }) => action === 'end' && t === 1e9))
  })

  test('flush and restart forget the connections, and so does another box in its place', () => {
    for (const event of [
      { nat: { node: 'box', flush: true } },
      { restart: 'box' },
      { nat: { node: 'box', like: 'linux-pptp' as const } },
    ]) {
      const played = play({ nat: NAT }, [
        { at: '0s', ping: { from: 'ann', to: 'out' } },
        { at: '0.5s', talk: { from: 'ann', to: 'out', bytes: '10B' } },
        { at: '1s', ...event },
        { at: '2s', ping: { from: 'ann', to: 'out' } },
      ])
      assert.equal(replies(played, 'ann'), 2, JSON.stringify(event))
      const like = 'nat' in event && event.nat.like ? 'linux-pptp' : 'linux'
      assert.equal(played.value('box', 'filter.like'), like)
      // TIME-WAIT of the conversation would still be there; 298 s after the last ping nothing is.
      assert.equal(played.value('box', 'filter.connections'), 0, JSON.stringify(event))
    }
  })

  test('what is overridden holds', () => {
    const nat = { ...NAT, override: { timeouts: { icmp: '1s' } } }
    const played = play({ nat }, [{ at: '0s', ping: { from: 'ann', to: 'out' } }])
    const flows = of(played, 'flow', 'box').map(({ action, t }) => `${action} ${Math.floor(t / 1e9)}`)
    assert.deepEqual(flows, ['begin 0', 'end 1'])
  })
})

describe('a machine with rules in a lab', () => {
  const pings = (rest: Events): Events => [
    { at: '0s', ping: { from: 'ann', to: 'out', count: 3, interval: '10s', timeout: '2s' } },
    ...rest,
  ]
  const NO_NAT: Nodes = { out: { kind: 'host', routes: ['default via 198.51.100.20'], services: ['echo'] } }

  test('rules and policies change while everything goes on, and count', () => {
    const played = play(
      { filter: ['forward drop proto icmp from 192.168.1.10'] },
      pings([
        { at: '5s', rule: { node: 'box', remove: 'forward drop from 192.168.1.10 proto icmp' } },
        { at: '6s', rule: { node: 'box', remove: 'forward drop proto icmp from 192.168.1.10' } },
        { at: '15s', rule: { node: 'box', add: 'policy forward drop' } },
      ]),
      NO_NAT,
    )
    assert.equal(replies(played, 'ann'), 1)
    assert.deepEqual(
      of(played, 'drop', 'box').map(({ reason, rule }) => [reason, rule]),
      [
        ['filter-drop', 'forward drop proto icmp from 192.168.1.10'],
        ['filter-drop', 'policy forward drop'],
      ],
    )
    assert.equal(played.value('box', 'filter.dropped'), 1)
  })

  test('a new rule may be the first, and a machine without rules gets one', () => {
    const added: Events = [{ at: '5s', rule: { node: 'box', add: 'forward reject proto icmp', at: 1 } }]
    assert.deepEqual(failures(play({ filter: ['forward accept'] }, pings(added), NO_NAT), 'ann'), [
      'port unreachable',
      'port unreachable',
    ])
    assert.equal(replies(play({}, pings(added), NO_NAT), 'ann'), 1)
  })

  test('a rejected sender is told by the code that the rule names (nat-truth C5)', () => {
    const names = {
      'icmp-net-unreachable': 'network unreachable',
      'icmp-host-unreachable': 'host unreachable',
      'icmp-proto-unreachable': 'protocol unreachable',
      'icmp-port-unreachable': 'port unreachable',
      'icmp-net-prohibited': 'network prohibited',
      'icmp-host-prohibited': 'host prohibited',
      'icmp-admin-prohibited': 'administratively prohibited',
    }
    for (const [code, name] of Object.entries(names)) {
      const played = play({ filter: [`forward reject with ${code}`] }, [{ at: '0s', ping: { from: 'ann', to: 'out' } }])
      assert.deepEqual(failures(played, 'ann'), [name])
    }
  })

  test('20 refused packets in a second make 6 ICMP errors (nat-truth D4)', () => {
    const burst: Events = [{ at: '0s', ping: { from: 'ann', to: 'out', count: 20, interval: '50ms', timeout: '1s' } }]
    const played = play({ filter: ['forward reject'] }, burst)
    assert.equal(failures(played, 'ann').filter(type => type === 'port unreachable').length, 6)
    assert.equal(of(played, 'drop', 'box').length, 20)
  })

  test('a TCP connection that is rejected with a reset is refused at once, with silence after 131 s', () => {
    const opened: Events = [{ at: '0s', talk: { from: 'ann', to: 'out', bytes: '1B' } }]
    const reset = play({ filter: ['forward reject with tcp-reset proto tcp'] }, opened)
    const dropped = play({ filter: ['forward drop proto tcp'] }, opened)
    const done = (played: Played) => of(played, 'talk-done', 'ann').map(({ t, ok }) => [Math.round(t / 1e9), ok])
    assert.deepEqual(done(reset), [[0, false]])
    assert.deepEqual(done(dropped), [[131, false]])
  })

  test('input and output are for the machine itself', () => {
    const to = (filter: string[]) =>
      play({ filter }, [
        { at: '0s', ping: { from: 'ann', to: '192.168.1.1', timeout: '1s' } },
        { at: '2s', ping: { from: 'box', to: 'ann', timeout: '1s' } },
      ])
    const input = to(['input drop in lan0 proto icmp icmp-type echo-request'])
    assert.deepEqual([replies(input, 'ann'), replies(input, 'box')], [0, 1])
    const output = to(['output drop out lan0 proto icmp icmp-type echo-request'])
    assert.deepEqual([replies(output, 'ann'), replies(output, 'box')], [1, 0])
    const forward = to(['policy forward drop'])
    assert.deepEqual([replies(forward, 'ann'), replies(forward, 'box')], [1, 1])
  })

  test('answers may come in, and nothing else', () => {
    const rules = ['input accept state established,related', 'policy input drop']
    const ann = { kind: 'host' as const, routes: ['default via 192.168.1.1'], filter: rules }
    const played = play(
      {},
      [
        { at: '0s', ping: { from: 'ann', to: 'out', timeout: '1s' } },
        { at: '2s', ping: { from: 'out', to: 'ann', timeout: '1s' } },
        { at: '4s', ping: { from: 'ann', to: '203.0.113.9', timeout: '1s' } },
      ],
      { ...NO_NAT, ann },
    )
    assert.deepEqual([replies(played, 'ann'), replies(played, 'out')], [1, 0])
    // The router's "network unreachable" is related to the ping that it is about.
    assert.deepEqual(failures(played, 'ann'), ['network unreachable'])
    assert.equal(played.value('ann', 'filter.dropped'), 1)
  })
})

describe('what looks like a mistake', () => {
  const warnings = (filter: string[], like: 'linux' | 'linux-pptp' = 'linux') => {
    const loaded = lab({
      name: 'warned',
      topology: {
        nodes: { a: { kind: 'host', filter, conntrack: { like } }, b: { kind: 'host' } },
        links: [{ endpoints: ['a:eth0', 'b:eth0'], ipv4: ['10.0.0.1/24', '10.0.0.2/24'] }],
      },
    })
    assert.ok(loaded.ok)
    return loaded.warnings
  }

  test('a rule about port 47 is told what 47 is', () => {
    const [warning, ...others] = warnings(['input accept proto tcp dport 1723,47', 'input accept proto gre'])
    assert.equal(others.length, 0)
    assert.match(warning.message, /no rule about GRE.*GRE has no ports/)
    assert.equal(warning.hint, 'for the data of PPTP write: input accept proto gre')
    assert.equal(warning.excerpt.slice(warning.column - 1, warning.endColumn - 1), 'dport 1723,47')
  })

  const HALF = /one half of PPTP/
  test('TCP port 1723 without GRE is one half of PPTP', () => {
    const base = ['policy input drop', 'input accept proto tcp dport 1723']
    const [half, ...others] = warnings([...base, 'input accept state established,related'])
    assert.match(half.message, HALF)
    assert.equal(half.hint, 'add: input accept proto gre')
    assert.equal(others.length, 0)
    for (const cure of [
      'input accept proto gre',
      'input accept proto gre,esp state new',
      'input accept not proto tcp',
    ]) {
      assert.deepEqual(warnings([...base, cure]), [], cure)
    }
    assert.deepEqual(warnings(['input accept proto tcp dport 1723']), [], 'everything passes anyway')
  })

  test('with a helper the first GRE packet is related, and "established" is not enough', () => {
    const base = ['policy input drop', 'input accept proto tcp dport 1723']
    const [early] = warnings([...base, 'input accept state established'], 'linux-pptp')
    assert.match(early.message, /"related", not "established"/)
    assert.deepEqual(warnings([...base, 'input accept state established,related'], 'linux-pptp'), [])
  })

  test('other ports are no mistake', () => {
    assert.deepEqual(warnings(['input accept proto udp dport 40-50', 'input accept proto tcp sport 470']), [])
  })
})

describe('what is easily forgotten about outside addresses', () => {
  const warnings = (address: string, filter: string[], routes: string[] = []) => {
    const loaded = lab({
      name: 'pool',
      topology: {
        nodes: {
          pc: { kind: 'host' },
          box: { kind: 'firewall', filter, nat: { inside: ['lan0'], outside: 'wan0', like: 'keyless', address } },
          isp: { kind: 'router', routes },
        },
        links: [
          { endpoints: ['pc:eth0', 'box:lan0'], ipv4: ['192.168.1.10/24', '192.168.1.1/24'] },
          { endpoints: ['box:wan0', 'isp:eth0'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'] },
        ],
      },
    })
    assert.ok(loaded.ok)
    return loaded.warnings.map(({ message, hint }) => `${message} | ${hint}`)
  }
  const INPUT = 'input drop in wan0 state new'
  const POOL = '198.51.100.20-198.51.100.21'

  test('the rules of input do not hold for another address than that of the interface', () => {
    const [warning, ...others] = warnings(POOL, [INPUT])
    assert.match(warning, /do not hold for 198\.51\.100\.21: .* \| add: forward drop in wan0 to 198\.51\.100\.0\/24$/)
    assert.deepEqual(others, [])
    assert.equal(warnings('198.51.100.21', [INPUT]).length, 1)
    assert.deepEqual(warnings('198.51.100.20', [INPUT]), [], 'that of the interface')
    assert.deepEqual(warnings(POOL, []), [], 'no such rule')
    assert.deepEqual(warnings(POOL, ['input drop in lan0']), [], 'of another interface')
    assert.deepEqual(warnings(POOL, [INPUT, 'forward drop in wan0 to 198.51.100.0/24']), [], 'cured')
    assert.deepEqual(warnings(POOL, [INPUT, 'policy forward drop']), [])
    assert.equal(warnings(POOL, [INPUT, 'forward drop in lan0 proto gre']).length, 1)
  })

  test('an address outside of the network needs a route of the neighbour', () => {
    const [warning, ...others] = warnings('203.0.113.20', [])
    assert.match(
      warning,
      /^203\.0\.113\.20 is outside .* wan0, 198\.51\.100\.0\/24: .* 203\.0\.113\.20\/32 via 198\.51\.100\.20$/,
    )
    assert.deepEqual(others, [])
    assert.deepEqual(warnings('203.0.113.20', [], ['203.0.113.16/28 via 198.51.100.20']), [])
    assert.equal(warnings('203.0.113.20', [], ['203.0.113.32/28 via 198.51.100.20']).length, 1)
  })
})
