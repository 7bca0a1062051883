/** The doctor on labs, captures and networks drawn by lot. `npm run test:deep -- doctor` is the long form. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decodeCapture } from '../../src/decode/decode.ts'
import { factsOfCapture } from '../../src/diagnose/doctor/capture.ts'
import { CAUSES, type CauseName } from '../../src/diagnose/doctor/causes.ts'
import { examine } from '../../src/diagnose/doctor/doctor.ts'
import { QUESTIONS } from '../../src/diagnose/doctor/questions.ts'
import { ROOTS, TREE } from '../../src/diagnose/doctor/tree.ts'
import { type Lab, load } from '../../src/index.ts'
import { capturedRun } from '../support/captured-run.ts'
import { diagnose, namesOf } from '../support/doctor.ts'
import { FAULTS, faultyNet, healthyNet } from '../support/faulty-net.ts'
import { rootPath } from '../support/root.ts'
import { CLOSED, SHIPPED, shippedText } from '../support/shipped.ts'

/** What has to be named first of each lab. One row for each: add one with the lab. */
const LABS: Readonly<Record<string, CauseName | 'well'>> = {
  'auth-downgrade': 'wrong-password',
  'burned-expectation': 'burned-expectation',
  'busy-lines': 'call-limit',
  'cable-pull': 'link-cut',
  'call-id-clash': 'call-id-clash',
  compulsory: 'well',
  'compulsory-realms': 'well',
  'dial-up': 'no-route',
  'double-nat-cgn': 'nat-no-gre',
  'gre-blocked': 'gre-blocked',
  'gre-reorder': 'reordering',
  'host-firewall': 'host-firewall',
  'icmp-filtered': 'icmp-filtered',
  'line-noise': 'line-noise',
  'load-balancer': 'load-balancer',
  'mppe-mismatch': 'mppe-mismatch',
  'mppe-stateful-loss': 'mppe-stateful-loss',
  'mtu-blackhole': 'icmp-filtered',
  'nas-behind-nat': 'nas-behind-nat',
  'nas-failover': 'server-crash',
  'nat-helper': 'well',
  'nat-new-address': 'nat-new-address',
  'nat-no-helper': 'nat-no-helper',
  'nat-reboot': 'nat-reboot',
  'nat-single-passthrough': 'nat-single-slot',
  'nat-timeout': 'nat-idle-timeout',
  'nat-two-clients': 'well',
  'no-encryption': 'well',
  'outgoing-call': 'lines-busy',
  overhead: 'well',
  'pool-exhausted': 'pool-exhausted',
  'port-1723-blocked': 'port-1723-blocked',
  'port-47-mistake': 'port-47-mistake',
  'radius-silent': 'radius-silent',
  'server-behind-nat': 'server-behind-nat',
  'server-crash': 'server-crash',
  'site-to-site': 'well',
  'tcp-over-vpn': 'line-loss',
  voluntary: 'well',
  'voluntary-lan': 'well',
  'voluntary-over-dial-up': 'well',
  'wrong-password': 'wrong-password',
}

/** What a lab says of itself the doctor must not know. */
function anonymous(name: string): Lab {
  const loaded = load(shippedText(name), name)
  assert.ok(loaded.ok)
  return { ...loaded.lab, name: 'lab', description: '', checks: [], questions: [] }
}

describe('the right cause comes first', () => {
  for (const name of CLOSED) {
    test(`${name}: ${LABS[name] ?? 'no row in the table'}`, () => {
      assert.ok(LABS[name], `the table above wants a row for ${name}`)
      const found = diagnose(anonymous(name))
      if (LABS[name] === 'well') assert.equal(namesOf(found), '')
      else assert.equal(found[0]?.cause, LABS[name], namesOf(found))
    })
  }
})

test('a server behind a box that hides TCP of it and not GRE: it answers from another address', () => {
  const text = `
name: drawn
description: The gate forwards both protocols, and translates only what comes back by itself.
topology:
  nodes:
    alice: { kind: client, routes: ["default via 198.51.100.1"], pptp: { server: 203.0.113.5, user: alice, password: one } }
    isp: { kind: router, routes: ["10.20.0.0/24 via 203.0.113.5"] }
    gate:
      kind: firewall
      routes: ["default via 203.0.113.1"]
      nat: { inside: [lan1], outside: wan0, like: linux, forward: ["tcp 1723 to office", "gre to office"] }
    office:
      kind: pptp-server
      routes: ["default via 10.20.0.1"]
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: one } }
    other: { kind: host }
  links:
    - { endpoints: ["alice:eth0", "isp:eth0"], ipv4: [198.51.100.10/24, 198.51.100.1/24] }
    - { endpoints: ["isp:eth1", "gate:wan0"], ipv4: [203.0.113.1/24, 203.0.113.5/24] }
    - { endpoints: ["gate:lan0", "office:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }
    - { endpoints: ["gate:lan1", "other:eth0"], ipv4: [10.21.0.1/24, 10.21.0.5/24] }
events: [{ at: 0s, connect: alice }]
`
  const loaded = load(text, 'drawn')
  assert.ok(loaded.ok)
  const [{ cause, evidence }] = diagnose(loaded.lab)
  assert.equal(cause, 'wrong-source')
  assert.ok(evidence.some(({ text }) => /from 10\.20\.0\.5.*alice called 203\.0\.113\.5/.test(text)))
})

describe('labs with a value changed', () => {
  const firstOf = (
    name: string,
    ...overrides: readonly { readonly path: string; readonly value: string }[]
  ): string => {
    const loaded = load(shippedText(name), name, overrides)
    assert.ok(loaded.ok)
    return diagnose(loaded.lab)[0].cause
  }
  test('the first GRE packet overtakes the reply to the call, and the NAT box keeps a flow of its own (case B6 of test/nat)', () => {
    assert.equal(firstOf('nat-helper', { path: 'topology.links[2].jitter', value: '9ms' }), 'nat-stale-flow')
  })
  describe('a NAT box with two public addresses has not changed its address (RFC 4787 §4.1)', () => {
    const home = (like: string, address: string) =>
      firstOf(
        'nat-two-clients',
        { path: 'topology.nodes.home.nat.address', value: address },
        { path: 'topology.nodes.home.nat.like', value: like },
      )
    for (const [like, cause] of [
      ['linux', 'nat-no-helper'],
      ['single', 'nat-no-helper'],
      ['cgn', 'nat-no-gre'],
    ]) {
      test(`${like}: ${cause}`, () => assert.equal(home(like, '198.51.100.20-198.51.100.21'), cause))
    }
  })
  describe('a box for one tunnel', () => {
    const LIKE = 'topology.nodes.home.nat.like'
    const withBox = (like: string, filter = '["input drop in wan0 state new"]') => {
      const text = shippedText('nat-two-clients').replace('["input drop in wan0 state new"]', filter)
      const loaded = load(text, 'lab', [{ path: LIKE, value: like }])
      assert.ok(loaded.ok)
      return diagnose(loaded.lab)
    }
    test('keyless: one for each server, and another address of the server helps', () => {
      const found = withBox('keyless')
      assert.equal(namesOf(found), 'nat-single-slot (certain)')
      assert.deepEqual(found[0].who, ['bob'])
    })
    test('single: one in all, and another address of the server does not help', () => {
      assert.equal(namesOf(withBox('single')), 'nat-one-computer (certain)')
    })
    test('keyless, and what the server sends first leaves a flow: that is in the way of both, and a rule leaves none', () => {
      const found = withBox('keyless', '[]')
      assert.equal(namesOf(found), 'nat-stale-flow (certain)')
      assert.deepEqual(found[0].who, ['alice', 'bob'])
      assert.match(found[0].evidence.map(({ text }) => text).join(), /no rule like "input drop in WAN state new"/)
      assert.match(CAUSES['nat-stale-flow'].cure, /input drop in WAN state new/)
    })
    test('two rules drop all GRE of one host: it is not the first packet alone that they have dropped', () => {
      const rules = ['to', 'from'].map(way => `"forward drop proto gre ${way} 192.168.1.10"`)
      for (const some of [rules, rules.slice(0, 1)]) {
        const found = withBox('linux-pptp', `["input drop in wan0 state new", ${some.join(', ')}]`)
        assert.equal(found[0].cause, 'gre-blocked', namesOf(found))
        assert.ok(found[0].evidence.some(({ rule }) => some.includes(`"${rule}"`)))
      }
    })
  })
  test('a line that changes bits: it comes first, with the line and the machines that count wrong checksums', () => {
    for (const [value, seed] of [
      ['20%', '1'],
      ['20%', '12'],
      ['5%', '4'],
    ]) {
      const overrides = [
        { path: 'topology.links[0].corruption', value },
        { path: 'seed', value: seed },
      ]
      const loaded = load(shippedText('voluntary'), 'voluntary', overrides)
      assert.ok(loaded.ok)
      const [{ cause, sure, evidence }] = diagnose(loaded.lab)
      assert.deepEqual([cause, sure], ['line-spoils', 'certain'], `${value}, seed ${seed}`)
      const texts = evidence.map(({ text }) => text).join('\n')
      assert.match(texts, /^the line alice:eth0-isp:eth0 has changed bits of \d+ of \d+ packets that (alice|isp) sent/m)
      assert.match(texts, /^\w+ discards \d+ packets? with a wrong checksum/m)
    }
  })
  test('whoever leaves in the midst of a transfer: what is still sent to him is no fault', () => {
    const leaves = { path: 'events[4].at', value: '12s' }
    const big = { path: 'events[3].fetch.bytes', value: '50MB' }
    const loaded = load(shippedText('voluntary'), 'voluntary', [big, leaves])
    assert.ok(loaded.ok)
    assert.equal(namesOf(diagnose(loaded.lab)), '')
  })
  test('the call after a crash: the flow of the earlier one is evidence, and so is that call', () => {
    const loaded = load(readFileSync(rootPath('test/failures/stale-flow.yaml'), 'utf8'), 'lab')
    assert.ok(loaded.ok)
    const [{ cause, sure, evidence }, ...others] = diagnose(loaded.lab)
    assert.deepEqual([cause, sure, others.length], ['nat-stale-flow', 'certain', 0])
    const flow = evidence.find(({ entry }) => entry !== undefined)
    assert.deepEqual([flow?.node, flow?.t], ['home', 70_000_000])
    assert.ok(flow?.entry?.endsWith('answers 192.168.1.10 call 0 > 203.0.113.5 call 0'))
    assert.ok(evidence.some(({ text }) => /^alice had a call with the same call IDs before, at 0\.000 s/.test(text)))
  })
  test('a number that does not exist', () => {
    assert.equal(firstOf('busy-lines', { path: 'topology.nodes.ann.dial.number', value: '5550999' }), 'wrong-number')
  })
})

describe('evidence', () => {
  const evidenceOf = (name: string) => diagnose(anonymous(name))[0].evidence

  test('a firewall: the rule, the first packet, how many, when, in both directions', () => {
    const dropped = evidenceOf('gre-blocked').filter(({ rule }) => rule === 'forward drop proto gre')
    assert.deepEqual(
      dropped.map(({ node, packet, count, t }) => [node, packet, count, t]),
      [
        ['hotel', 'alice#7', 10, 110_000_000],
        ['hotel', 'office#8', 10, 110_000_000],
      ],
    )
  })
  test('a NAT box that has forgotten: the entry, when it went, and what was refused afterwards', () => {
    const evidence = evidenceOf('nat-timeout')
    const entry = evidence.find(one => one.entry !== undefined)
    assert.ok(entry)
    assert.ok(entry.entry?.includes('192.168.1.10 call '), 'the flow of alice, not that of bob')
    assert.ok(evidence.some(({ node, count, t }) => node === 'home' && count === 3 && (t ?? 0) > (entry.t ?? 0)))
  })
  test('a half-open tunnel: how many packets arrived in each direction', () => {
    const texts = evidenceOf('nat-no-helper').map(({ text }) => text)
    assert.ok(
      texts.some(text => /^GRE up: alice sent 10, 10 arrived at office$/.test(text)),
      texts.join('\n'),
    )
    assert.ok(
      texts.some(text => /^GRE down: office sent 20, 0 arrived at alice$/.test(text)),
      texts.join('\n'),
    )
  })
  test('several faults: the root first, and each with those who suffer from it', () => {
    const [limit, lines] = diagnose(anonymous('busy-lines'))
    assert.deepEqual([limit.cause, lines.cause, lines.who], ['call-limit', 'lines-busy', ['eve']])
  })
})

/** Captures of real peers: what their README says was done to them. */
const REAL: Readonly<Record<string, string>> = {
  'chap-md5-plain': '',
  'client-killed': 'client-stopped (likely)',
  'client-vanishes': 'client-gone (likely)',
  'control-bad-input': 'bad-control (certain), not-pptp (likely), gre-lost (likely)',
  'defaults-compression': '',
  'idle-echo': '',
  'mppe128-stateful-loss': 'mppe-stateful-loss (likely)',
  'mppe128-stateless-loss': 'line-loss (likely)',
  'mppe128-stateless-reorder': 'reordering (likely)',
  'mschapv2-mppe128-stateful': '',
  'mschapv2-mppe128-stateless': '',
  'mschapv2-mppe40': '',
  'mschapv2-wrong-password': 'wrong-password (certain)',
  'pap-plain': '',
  'second-call': 'client-stopped (likely)',
  'server-hangup-control': 'server-stopped (certain)',
  'server-hangup-ppp': 'server-stopped (certain)',
  'server-requires-mppe-client-refuses': 'mppe-mismatch (certain)',
}

describe('captures of real peers', () => {
  for (const [name, expected] of Object.entries(REAL)) {
    test(`${name}: ${expected || 'nothing'}`, () => {
      const bytes = readFileSync(rootPath(`test/captures/${name}.pcap`))
      const found = examine(factsOfCapture(decodeCapture(bytes)))
      assert.equal(namesOf(found), expected)
      for (const { evidence } of found) assert.ok(evidence.length > 0)
    })
  }
})

describe('captures of ours, of one line', () => {
  const ofLine = (name: string, link: number): string => {
    const { bytes } = capturedRun(shippedText(name)).links[link]
    return namesOf(examine(factsOfCapture(decodeCapture(bytes))))
  }
  test('a wrong password is told in words, wherever one listens', () => {
    assert.equal(ofLine('wrong-password', 0), 'wrong-password (certain)')
    assert.equal(ofLine('wrong-password', 1), 'wrong-password (certain)')
  })
  test('blocked GRE: each side sees its own end only, so where it is lost cannot be said', () => {
    assert.match(ofLine('gre-blocked', 0), /^gre-lost \(likely\)/)
    assert.match(ofLine('gre-blocked', 1), /^gre-lost \(likely\)/)
  })
  test('blocked TCP', () => {
    assert.match(ofLine('port-1723-blocked', 0), /^server-unreachable \(likely\)/)
  })
  test('a refusal and a limit are told in words, RADIUS in those of the Terminate-Request, and encryption by either end', () => {
    assert.equal(ofLine('pool-exhausted', 2), 'session-limit (certain), call-refused (likely)')
    assert.match(ofLine('radius-silent', 0), /^radius-silent \(certain\)/)
    assert.match(ofLine('mppe-mismatch', 3), /^mppe-mismatch \(certain\)/)
  })
  test('echoes without answers, of LCP and of PPTP', () => {
    assert.match(ofLine('server-crash', 0), /^peer-vanished \(likely\)/)
    assert.match(ofLine('server-crash', 1), /^peer-vanished \(likely\)/)
  })
  test('a tunnel that is up and silent', () => {
    assert.match(ofLine('nat-timeout', 0), /^gre-lost \(likely\)/)
    assert.equal(ofLine('nat-timeout', 1), '')
  })
  test('nothing is wrong', () => {
    assert.equal(ofLine('voluntary', 0), '')
    assert.equal(ofLine('nat-helper', 1), '')
  })
})

describe('two calls with the same addresses in one capture (RFC 2637 §4.1: GRE has the call ID of its receiver)', () => {
  const KEYLESS = shippedText('nat-two-clients').replace('like: linux-pptp', 'like: keyless')
  const SINGLE = shippedText('nat-two-clients').replace('like: linux-pptp', 'like: single')
  const at = (text: string, name: string) => {
    const link = capturedRun(text).links.find(each => each.name.replaceAll(':', '_').replace(' - ', '-') === name)
    assert.ok(link, name)
    return examine(factsOfCapture(decodeCapture(link.bytes)))
  }
  test('outside of the box what is over is not up afterwards, and what the other call does is not of this one', () => {
    const found = at(KEYLESS, 'home_wan0-isp_eth0')
    assert.equal(namesOf(found), 'gre-lost (likely)')
    const texts = found[0].evidence.map(({ text }) => text)
    assert.ok(texts.includes('GRE up: none of 198.51.100.20 seen'), texts.join('\n'))
    assert.ok(texts.includes('GRE down: 203.0.113.5 sent 10'), texts.join('\n'))
    assert.ok(!texts.some(text => /LCP opened|was up/.test(text)), texts.join('\n'))
  })
  test('in the house the request names the call ID, and GRE with it goes to the first', () => {
    for (const [text, link] of [
      [KEYLESS, 'lan_p3-home_lan0'],
      [SINGLE, 'lan_p3-home_lan0'],
      [shippedText('nat-single-passthrough'), 'nat1_lan0-sw1_p3'],
    ]) {
      const found = at(text, link)
      assert.equal(namesOf(found), 'nat-single-slot (certain)')
      assert.deepEqual(found[0].who, ['192.168.1.11'])
      assert.match(
        found[0].evidence.at(-1)?.text ?? '',
        /of 192\.168\.1\.11 go to 192\.168\.1\.10; the first is frame 44$/,
      )
    }
  })
  test('where only the first is seen, she gets GRE of a call ID that is not hers', () => {
    for (const [text, link] of [
      [KEYLESS, 'alice_eth0-lan_p1'],
      [shippedText('nat-single-passthrough'), 'carol_eth0-sw1_p1'],
    ]) {
      const found = at(text, link)
      assert.equal(namesOf(found), 'nat-single-slot (likely)')
      assert.match(found[0].symptom, /call ID that is not hers/)
    }
  })
  test('where only the second is seen, nobody can say why nothing comes', () => {
    const [{ cause, evidence }] = at(KEYLESS, 'bob_eth0-lan_p2')
    assert.equal(cause, 'gre-lost')
    assert.equal(evidence.at(-1)?.text, 'GRE down: none of 203.0.113.5 seen')
  })
  test('with a helper both are well wherever one listens', () => {
    for (const { bytes } of capturedRun(shippedText('nat-two-clients')).links)
      assert.equal(namesOf(examine(factsOfCapture(decodeCapture(bytes)))), '')
  })
})

describe('networks drawn by lot', () => {
  const KINDS = Object.keys(FAULTS).length
  test('there are more than fifteen kinds of faults', () => assert.ok(KINDS > 15))
  for (let seed = 0; seed < KINDS; seed++) {
    const { fault, cause, lab } = faultyNet(seed)
    test(`${fault}: ${cause} (seed ${seed})`, () => {
      const found = diagnose(lab)
      assert.equal(found[0]?.cause, cause, namesOf(found))
    })
  }
  test('30 healthy ones are left in peace', () => {
    for (let seed = 1; seed <= 30; seed++) assert.equal(namesOf(diagnose(healthyNet(seed))), '', `seed ${seed}`)
  })
})

describe('the tree', () => {
  const targets = Object.values(TREE).flatMap(({ yes, no, unknown }) =>
    unknown === undefined ? [yes, no] : [yes, no, unknown],
  )

  test('every question can be reached, has an answer, and no way goes round', () => {
    const seen = new Set<string>()
    const follow = (name: string, way: readonly string[]): void => {
      assert.ok(!way.includes(name), `${[...way, name].join(' > ')} goes round`)
      seen.add(name)
      const { yes, no, unknown } = TREE[name as keyof typeof TREE]
      for (const next of [yes, no, unknown]) {
        if (typeof next === 'string' && next !== 'well' && !seen.has(next)) follow(next, [...way, name])
      }
    }
    for (const root of Object.values(ROOTS)) follow(root, [])
    assert.deepEqual([...seen].sort(), Object.keys(TREE).sort())
    assert.deepEqual(Object.keys(TREE).sort(), Object.keys(QUESTIONS).sort())
  })
  test('every cause stands at a leaf, or only text can tell it', () => {
    const named = new Set(targets.flatMap(next => (typeof next === 'string' ? [] : [next.cause])))
    const never = Object.keys(CAUSES).filter(name => !named.has(name as CauseName))
    assert.deepEqual(never, ['dns', 'server-pppd', 'local-driver'])
  })
  test('the lab that a cause names exists', () => {
    for (const [name, { lab }] of Object.entries<{ readonly lab?: string | undefined }>(CAUSES)) {
      assert.ok(lab === undefined || SHIPPED.includes(lab) || lab in LABS, `${name}: ${lab}`)
    }
  })
})
