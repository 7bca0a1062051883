/** What a drawing says of boxes on the way of a tunnel, against runs of the same labs. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { graphMermaid, graphSvg, graphText, type Lab, lab, Recorder, Run, sceneOf } from '../../src/index.ts'
import { tunnelsOf } from '../../src/view/tunnels.ts'
import { fc } from '../support/fast-check.ts'
import { shippedLab } from '../support/pictures.ts'

interface Boxes {
  /** Rules of a machine. */
  readonly alice?: readonly string[]
  readonly home?: readonly string[]
  readonly isp?: readonly string[]
  readonly gate?: readonly string[]
  readonly office?: readonly string[]
  /** What the home's NAT box is like; absent: it translates nothing. */
  readonly nat?: string
  /** Likewise the office's, and what it forwards. */
  readonly gateNat?: string
  readonly forward?: readonly string[]
  /** Where Alice's own helper looks. */
  readonly helper?: string
}

/** alice, home, isp, gate, office in a row; only the two boxes next to the provider have addresses that all know. */
function labOf(boxes: Boxes): Lab {
  const { nat, gateNat, forward, helper } = boxes
  const rules = (name: 'alice' | 'home' | 'isp' | 'gate' | 'office') =>
    boxes[name] ? { filter: [...boxes[name]] } : {}
  const loaded = lab({
    name: 'boxes',
    description: 'Boxes in a row.',
    stop: '40s',
    topology: {
      nodes: {
        alice: {
          kind: 'client',
          routes: ['default via 192.168.1.1'],
          pptp: { server: gateNat ? '203.0.113.2' : '10.20.0.5', user: 'alice', password: 'x', mppe: 'required' },
          ...(helper ? { conntrack: { like: 'linux-pptp', helper } } : {}),
          ...rules('alice'),
        },
        home: {
          kind: 'firewall',
          routes: ['default via 198.51.100.1'],
          ...(nat ? { nat: { inside: ['lan0'], outside: 'wan0', like: nat } } : {}),
          ...rules('home'),
        },
        isp: {
          kind: 'firewall',
          routes: ['192.168.1.0/24 via 198.51.100.20', '10.20.0.0/24 via 203.0.113.2'],
          ...rules('isp'),
        },
        gate: {
          kind: 'firewall',
          routes: ['default via 203.0.113.1'],
          ...(gateNat
            ? { nat: { inside: ['dmz0'], outside: 'wan0', like: gateNat, forward: [...(forward ?? [])] } }
            : {}),
          ...rules('gate'),
        },
        office: {
          kind: 'pptp-server',
          routes: ['default via 10.20.0.1'],
          pptp: { local: '10.8.0.1', pool: '10.8.0.10-10.8.0.99', users: { alice: 'x' }, mppe: 'required' },
          ...rules('office'),
        },
      },
      links: [
        { endpoints: ['alice:eth0', 'home:lan0'], ipv4: ['192.168.1.10/24', '192.168.1.1/24'] },
        { endpoints: ['home:wan0', 'isp:eth0'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'], delay: '5ms' },
        { endpoints: ['isp:eth1', 'gate:wan0'], ipv4: ['203.0.113.1/24', '203.0.113.2/24'], delay: '5ms' },
        { endpoints: ['gate:dmz0', 'office:eth0'], ipv4: ['10.20.0.1/24', '10.20.0.5/24'] },
      ],
    },
    events: [{ at: '0s', connect: 'alice' }],
  } as Parameters<typeof lab>[0])
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.issues.map(({ message }) => message).join())
  return loaded.lab
}

function comesUp(lab: Lab): boolean {
  const recorder = new Recorder(new Run(lab))
  for (let t = 0; t <= recorder.run.stop; t += 1e9) {
    recorder.run.advanceTo(t)
    if (sceneOf(recorder).tunnels.some(({ up }) => up)) return true
  }
  return false
}

const OWN = ['policy input drop', 'input accept state established,related']
const FORWARD = ['tcp 1723 to 10.20.0.5']

/** The boxes, and what is said of them; '' where the tunnel comes up. */
const CASES: readonly (readonly [string, Boxes, string])[] = [
  ['nothing in the way', {}, ''],
  ['a rule against GRE', { home: ['forward drop proto gre'] }, 'home drops GRE (forward drop proto gre)'],
  [
    'a rule against what comes back',
    { home: ['forward drop in wan0 proto gre'] },
    'home drops GRE (forward drop in wan0 proto gre)',
  ],
  ['a policy', { gate: ['policy forward drop', 'forward accept proto tcp'] }, 'gate drops GRE (policy forward drop)'],
  [
    'a refusal of the port',
    { isp: ['forward reject with tcp-reset proto tcp dport 1723'] },
    'isp refuses TCP 1723 (forward reject with tcp-reset proto tcp dport 1723)',
  ],
  [
    'the port comes before GRE',
    { home: ['forward drop proto gre'], gate: ['forward drop'] },
    'gate drops TCP 1723 (forward drop)',
  ],
  ['a rule for somebody else', { home: ['forward drop from 192.168.1.99'] }, ''],
  ['at the server', { office: ['input drop proto gre'] }, 'office drops GRE (input drop proto gre)'],
  ['a personal firewall', { alice: OWN }, 'alice drops GRE (policy input drop)'],
  ['its helper in the wrong place', { alice: OWN, helper: 'prerouting' }, 'alice drops GRE (policy input drop)'],
  ['and in the right one', { alice: OWN, helper: 'output' }, ''],
  ['NAT with a helper', { nat: 'linux-pptp' }, ''],
  ['NAT without one', { nat: 'linux' }, 'home has no PPTP helper: GRE goes out, and what comes back finds nobody'],
  ['NAT that passes no GRE', { nat: 'cgn' }, 'home drops GRE'],
  ['NAT with one flow for a server', { nat: 'keyless', home: ['input drop in wan0 state new'] }, ''],
  [
    'behind NAT the provider sees another address',
    { nat: 'linux-pptp', isp: ['forward drop from 198.51.100.20 proto tcp'] },
    'isp drops TCP 1723 (forward drop from 198.51.100.20 proto tcp)',
  ],
  ['and not the old one', { nat: 'linux-pptp', isp: ['forward drop from 192.168.1.10'] }, ''],
  ['a port forward and a helper', { gateNat: 'linux-pptp', forward: FORWARD }, ''],
  ['a port forward alone', { gateNat: 'linux', forward: FORWARD }, 'gate forwards TCP 1723 and no GRE'],
  ['a forward of both', { gateNat: 'linux', forward: [...FORWARD, 'gre to 10.20.0.5'] }, ''],
  [
    'rules behind a port forward see the inside address',
    { gateNat: 'linux-pptp', forward: FORWARD, gate: ['forward drop to 10.20.0.5 proto gre'] },
    'gate drops GRE (forward drop to 10.20.0.5 proto gre)',
  ],
]

describe('what a drawing says of boxes on the way, a run finds', () => {
  for (const [title, boxes, words] of CASES) {
    test(title, () => {
      const lab = labOf(boxes)
      const [{ server, protection, because }] = tunnelsOf(lab)
      assert.equal(server, 'office')
      assert.equal(because, words === '' ? 'MPPE 128 bit, stateless' : words)
      assert.equal(protection, words === '' ? 'protected' : 'none')
      assert.equal(comesUp(lab), words === '')
    })
  }

  const anyRule = fc
    .record({
      chain: fc.constantFrom('input', 'forward', 'output'),
      verdict: fc.constantFrom('accept', 'drop', 'drop', 'reject'),
      match: fc.subarray(['from 192.168.1.0/24', 'to 10.20.0.5', 'state established,related', 'state new'], {
        maxLength: 2,
      }),
      proto: fc.constantFrom('', 'proto gre', 'proto tcp dport 1723', 'proto tcp', 'proto icmp'),
    })
    .filter(({ match }) => match.filter(word => word.startsWith('state')).length < 2)
    .map(({ chain, verdict, match, proto }) => [chain, verdict, ...match, proto].filter(word => word !== '').join(' '))
  const rules = fc.array(anyRule, { maxLength: 3 })
  const anyBoxes = fc.record(
    {
      alice: rules,
      home: rules,
      isp: rules,
      gate: rules,
      office: rules,
      nat: fc.constantFrom('linux', 'linux-pptp', 'keyless', 'single', 'libalias', 'cisco', 'cgn'),
      gateNat: fc.constantFrom('linux', 'linux-pptp', 'cisco'),
      forward: fc.constantFrom(FORWARD, [...FORWARD, 'gre to 10.20.0.5']),
      helper: fc.constantFrom('prerouting', 'output', 'both'),
    },
    { requiredKeys: ['forward'] },
  )

  test('no tunnel comes up that is drawn as stopped', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(anyBoxes, boxes => {
        const lab = labOf(boxes)
        const [{ protection, because }] = tunnelsOf(lab)
        const up = comesUp(lab)
        const kind = `${protection} ${up}`
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
        assert.ok(protection === 'protected' || !up, because)
      }),
      { numRuns: 60, seed: 8 },
    )
    // It says so of most that do not come up, and some do.
    assert.ok((seen.get('none false') ?? 0) > 10 && (seen.get('protected true') ?? 0) > 5)
    assert.ok((seen.get('protected false') ?? 0) <= (seen.get('none false') ?? 0) / 4, [...seen].join(' '))
  })
})

describe('boxes in drawings', () => {
  test('a NAT box says that it is one, and what it makes of PPTP', () => {
    const text = graphText(shippedLab('nat-helper'))
    assert.match(text, /╡ NAT {9}╞/)
    assert.match(text, /│ PPTP helper │/)
    assert.match(text, /^home {2}NAT like linux-pptp: lan0 inside, wan0 outside as 198\.51\.100\.20$/m)
    const svg = graphSvg(shippedLab('nat-helper'))
    for (const words of ['NAT', 'PPTP helper', '.1 inside', '.20 outside'])
      assert.ok(svg.includes(`>${words}</text>`), words)
    assert.match(graphMermaid(shippedLab('nat-helper')), /n1\(\["home<br\/>NAT<br\/>PPTP helper"\]\):::router/)
  })

  test('where a tunnel ends there is a cross, and nothing of it behind', () => {
    const lab = shippedLab('gre-blocked')
    const text = graphText(lab)
    assert.match(text, /│× drops GRE│/)
    assert.match(text, /^tunnel 1 {2}alice ═+ × hotel ╌+ isp ╌+ office ─+ files$/m)
    assert.match(text, /^hotel:wan0 198\.51\.100\.20\/24 ╌╌╌ isp:eth0/m)
    assert.match(text, /× stops a tunnel/)
    const svg = graphSvg(lab)
    assert.match(svg, /<rect class="box router stops"/)
    assert.match(svg, /class="tube broken none"/)
    assert.match(svg, />drops GRE<\/text>/)
    assert.match(graphMermaid(lab), /hotel<br\/>firewall<br\/>× drops GRE"\]\):::stops/)
    assert.match(graphMermaid(lab), /n1 -\.-\|.*\| n2/)
  })

  test('a box that does nothing to packets says nothing', () => {
    assert.doesNotMatch(graphText(shippedLab('voluntary')), /NAT|rule|firewall|×/)
  })

  test('a load balancer: the way ends there, and its servers are other ways', () => {
    const lab = shippedLab('load-balancer')
    const [{ server, others, inner }] = tunnelsOf(lab)
    assert.deepEqual([server, inner], ['front', undefined])
    assert.deepEqual(
      others.map(({ server, when, way }) => [server, when, way.nodes.slice(-3)]),
      [
        ['office1', 'as front draws', ['front', 'dmz', 'office1']],
        ['office2', 'as front draws', ['front', 'dmz', 'office2']],
      ],
    )
    const text = graphText(lab)
    assert.match(text, /^front {2}draws office1 or office2 for tcp 1723, gre, for each flow anew$/m)
    assert.match(text, /as front draws: office1 or office2$/m)
    assert.match(text, /├─\(1-4\)─┤dmz├/)
    assert.match(graphSvg(lab), />by flow<\/text>/)
  })

  test('a helper that does not know calls of an access server', () => {
    const [{ protection, because }] = tunnelsOf(shippedLab('nas-behind-nat'))
    assert.equal(protection, 'none')
    assert.match(because, /gate's PPTP helper knows no calls of an access server/)
    assert.match(graphText(shippedLab('nas-behind-nat')), /× no help for ICRQ/)
  })

  test('without call IDs that differ GRE finds its way back', () => {
    assert.deepEqual(
      tunnelsOf(shippedLab('call-id-clash')).map(({ protection }) => protection),
      ['protected', 'protected'],
    )
  })

  test('two boxes in a row are on one way', () => {
    const lab = labOf({ nat: 'linux-pptp', gateNat: 'linux-pptp', forward: FORWARD })
    assert.deepEqual(tunnelsOf(lab)[0].way.nodes, ['alice', 'home', 'isp', 'gate', 'office'])
    for (const line of graphText(lab).split('\n')) assert.ok(line.length <= 80, line)
  })
})
