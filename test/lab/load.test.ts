/** What a good lab file means. The bad ones are in bad-topologies.test.ts. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { formatIpv4, formatPrefix, ip } from '../../src/base/address.ts'
import { ms, sec } from '../../src/base/time.ts'
import { renderIssues } from '../../src/lab/diagnostic.ts'
import type { ClientSpec, Lab, NodeSpec, ServerSpec } from '../../src/lab/lab.ts'
import { loadLab, type Override } from '../../src/lab/load.ts'
import { fc } from '../support/fast-check.ts'
import { rootPath } from '../support/root.ts'

const shipped = (name: string): string => readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')

function good(text: string, overrides: readonly Override[] = []): Lab {
  const loaded = loadLab(text, 'test.yaml', overrides)
  if (!loaded.ok) assert.fail(renderIssues(loaded.issues))
  return loaded.lab
}
/** `line:column message` of each issue. */
function bad(text: string, overrides: readonly Override[] = []): string[] {
  const loaded = loadLab(text, 'test.yaml', overrides)
  assert.ok(!loaded.ok, 'nothing was found wrong')
  return loaded.issues.map(issue => `${issue.line}:${issue.column} ${issue.message}`)
}
function node<K extends NodeSpec['kind']>(lab: Lab, name: string, kind: K): NodeSpec & { kind: K } {
  const found = lab.nodes.find(each => each.name === name)
  assert.equal(found?.kind, kind)
  return found as NodeSpec & { kind: K }
}
const pair = (extra = '', links = '') => `
name: pair
topology:
  nodes: { a: { kind: host }, b: { kind: host } }
  links:
    - { endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24]${links} }
${extra}`

describe('voluntary.yaml', () => {
  const lab = good(shipped('voluntary'))

  test('the head, with what is not written', () => {
    assert.equal(lab.name, 'voluntary')
    assert.equal(lab.stop, sec(30))
    assert.equal(lab.seed, 1)
    assert.deepEqual(
      lab.nodes.map(each => `${each.name} ${each.kind}`),
      ['alice client', 'isp router', 'office pptp-server', 'files host'],
    )
  })

  test('interfaces stand in the order of the links, with their addresses', () => {
    assert.deepEqual(
      lab.nodes.flatMap(each =>
        each.interfaces.map(
          i =>
            `${each.name}:${i.name} ${formatIpv4(i.ipv4?.address ?? 0)}/${i.ipv4?.prefix.length} ${i.link}.${i.side}`,
        ),
      ),
      [
        'alice:eth0 198.51.100.10/24 0.0',
        'isp:eth0 198.51.100.1/24 0.1',
        'isp:eth1 203.0.113.1/24 1.0',
        'office:eth0 203.0.113.5/24 1.1',
        'office:eth1 10.20.0.1/24 2.0',
        'files:eth0 10.20.0.5/24 2.1',
      ],
    )
  })

  test('the client', () => {
    const { pptp, routes } = node(lab, 'alice', 'client')
    assert.deepEqual(routes, [{ prefix: { network: 0, length: 0 }, via: ip('198.51.100.1') }])
    assert.deepEqual(pptp, {
      server: ip('203.0.113.5'),
      user: 'alice',
      password: 'wonderland',
      auth: ['ms-chap-v2'],
      mppe: 'required',
      routes: [{ network: ip('10.20.0.0'), length: 24 }],
      dns: false,
    } satisfies ClientSpec['pptp'])
  })

  test('the server', () => {
    assert.deepEqual(node(lab, 'office', 'pptp-server').pptp, {
      local: ip('10.8.0.1'),
      pool: { first: ip('10.8.0.10'), last: ip('10.8.0.99') },
      users: new Map([['alice', 'wonderland']]),
      auth: ['ms-chap-v2'],
      mppe: 'required',
      dns: [],
      grants: new Map(),
      limits: {},
      proxyArp: false,
      mssClamp: false,
    } satisfies ServerSpec['pptp'])
  })

  test('a link, with what is not written', () => {
    const quality = {
      delay: ms(15),
      jitter: 0,
      rate: 10_000_000,
      queue: 64_000,
      loss: 0,
      corruption: 0,
      duplication: 0,
      reordering: 0,
      noise: 0,
    }
    const [link] = lab.links
    assert.equal(link.name, 'alice:eth0-isp:eth0')
    assert.equal(link.type, 'ethernet')
    assert.equal(link.mtu, 1500)
    assert.deepEqual(link.ends[0].sends, quality)
    assert.deepEqual(link.ends[1].sends, quality)
    assert.equal('rate' in lab.links[2].ends[0].sends, false, 'no rate: infinitely fast')
  })

  test('events, names resolved and defaults filled in', () => {
    assert.deepEqual(lab.events[0], { at: 0, verb: 'connect', args: { client: 'alice' } })
    assert.deepEqual(lab.events[1], {
      at: sec(3),
      verb: 'ping',
      args: {
        from: 'alice',
        to: ip('10.20.0.5'),
        count: 5,
        interval: sec(1),
        size: 56,
        ttl: 64,
        dontFragment: false,
        timeout: sec(5),
      },
    })
    assert.deepEqual(lab.events[3].args, { from: 'alice', to: ip('10.20.0.5'), bytes: 500_000, port: 5001 })
  })

  test('checks', () => {
    assert.deepEqual(lab.checks[0], {
      name: 'tunnel',
      description: 'Every layer opens in turn',
      level: 'error',
      when: { by: sec(2) },
      state: [
        { node: 'alice', path: 'pptp.call', want: { op: '==', value: 'established' } },
        { node: 'alice', path: 'ppp.ccp', want: { op: '==', value: 'opened' } },
        { node: 'alice', path: 'ppp.ipcp', want: { op: '==', value: 'opened' } },
      ],
    })
    const hidden = lab.checks.find(check => check.name === 'hidden')
    assert.deepEqual(hidden?.seen, {
      event: 'forward',
      node: 'isp',
      fields: [{ name: 'proto', want: { op: '==', value: 'gre' } }],
      count: { op: '>=', value: 10 },
    })
  })
})

describe('nodes', () => {
  const layers = `
name: layers
topology:
  defaults: { routes: ["default via 10.0.0.9"], pptp: { auth: pap, mppe: off } }
  kinds:
    client: { pptp: { server: 10.0.0.9, auth: [chap-md5, pap], routes: [10.1.0.0/16, 10.2.0.0/16] } }
  nodes:
    a: { kind: client, pptp: { user: a, password: x, routes: [10.3.0.0/16] } }
    b: { kind: client, routes: [], pptp: { user: b, password: x, auth: ms-chap-v2, mppe: required } }
    c: { kind: host }
    s: { kind: switch }
  links:
    - { endpoints: ["a:eth0", "s:p1"], ipv4: [10.0.0.1/24, none] }
    - { endpoints: ["b:eth0", "s:p2"], ipv4: [10.0.0.2/24, none] }
    - { endpoints: ["c:eth0", "s:p3"], ipv4: [10.0.0.3/24, none] }
`
  test('may be as many as somebody writes: only what aliases make is limited', () => {
    const lab = good(pair(`x-long: [${'1, '.repeat(100_001)}1]`))
    assert.equal(lab.nodes.length, 2)
  })

  test('a node overrides its kind, a kind the defaults; maps merge, lists replace', () => {
    const lab = good(layers)
    const a = node(lab, 'a', 'client')
    assert.deepEqual(a.pptp?.auth, ['chap-md5', 'pap'])
    assert.equal(a.pptp?.mppe, 'off')
    assert.deepEqual(a.pptp?.routes.map(formatPrefix), ['10.3.0.0/16'])
    assert.equal(a.routes.length, 1)
    const b = node(lab, 'b', 'client')
    assert.deepEqual(b.pptp?.auth, ['ms-chap-v2'])
    assert.equal(b.pptp?.mppe, 'required')
    assert.deepEqual(b.pptp?.routes.map(formatPrefix), ['10.1.0.0/16', '10.2.0.0/16'])
    assert.deepEqual(b.routes, [])
  })

  test('a default is for the nodes whose kind knows the key', () => {
    const lab = good(layers)
    assert.deepEqual(node(lab, 'c', 'host').routes, [{ prefix: { network: 0, length: 0 }, via: ip('10.0.0.9') }])
    assert.deepEqual(node(lab, 's', 'switch').routes, [])
  })

  test('what a kind gets wrong is reported where it is written, once', () => {
    const text = layers
      .replace('auth: [chap-md5, pap]', 'auth: [chap-md5, pap], mppe: required')
      .replace(', mppe: off', '')
    const column = text.split('\n')[5].indexOf('required') + 1
    assert.deepEqual(bad(text), [
      `6:${column} MPPE takes its keys from MS-CHAP, and here only chap-md5 and pap may be used.`,
    ])
  })

  test('a server may ask its callers whether they live, and does not unless told to', () => {
    const server = (echo: string) => `
name: echo
topology:
  nodes:
    a: { kind: host }
    b:
      kind: pptp-server
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.20, users: { alice: x }${echo} }
  links:
    - { endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }
`
    assert.equal(node(good(server(', echo: 30s')), 'b', 'pptp-server').pptp.echo, sec(30))
    assert.equal('echo' in node(good(server('')), 'b', 'pptp-server').pptp, false)
  })

  test('routes with dev, via, both, and a tunnel that does not exist yet', () => {
    const lab = good(`
name: routes
topology:
  nodes:
    a:
      kind: client
      routes: ["default via 10.0.0.2 dev eth0", "10.9.0.0/16 dev ppp0", "10.8.0.0/16 dev eth0"]
      pptp: { server: b, user: a, password: x, dns: true, echo: 30s }
    b: { kind: host }
  links:
    - { endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }
`)
    const { routes, pptp } = node(lab, 'a', 'client')
    assert.deepEqual(routes, [
      { prefix: { network: 0, length: 0 }, via: ip('10.0.0.2'), dev: 'eth0' },
      { prefix: { network: ip('10.9.0.0'), length: 16 }, dev: 'ppp0' },
      { prefix: { network: ip('10.8.0.0'), length: 16 }, dev: 'eth0' },
    ])
    assert.equal(pptp?.server, ip('10.0.0.2'), 'a name means the first address (decision 22)')
    assert.equal(pptp?.dns, true)
    assert.equal(pptp?.echo, sec(30))
    assert.equal(pptp?.mppe, 'optional')
  })
})

describe('links', () => {
  test('a value may be given by sender; the other way keeps the default', () => {
    const [link] = good(pair('', ', delay: { a: 10ms, b: 30ms }, loss: { b: 2.5% }, rate: none, queue: 1KiB')).links
    assert.deepEqual(
      link.ends.map(end => [end.sends.delay, end.sends.loss, end.sends.rate, end.sends.queue]),
      [
        [ms(10), 0, undefined, 1024],
        [ms(30), 0.025, undefined, 1024],
      ],
    )
  })

  test('an end that cannot be read makes no route wrong', () => {
    const text = pair().replace('a: { kind: host }', 'a: { kind: host, routes: ["default via 10.0.0.2 dev eth0"] }')
    good(text)
    assert.deepEqual(bad(text.replace('"a:eth0"', '"aa:eth0"')), ['6:21 There is no node aa.'])
  })

  test('a bare IP line and another MTU', () => {
    const [link] = good(pair('', ', type: ip, mtu: 576')).links
    assert.equal(link.type, 'ip')
    assert.equal(link.mtu, 576)
  })

  test('the same network may stand in two places that do not meet: that is a lesson of its own', () => {
    good(`
name: twins
topology:
  nodes: { a: { kind: host }, r: { kind: router }, b: { kind: host }, c: { kind: host } }
  links:
    - { endpoints: ["a:eth0", "r:eth0"], ipv4: [192.168.1.10/24, 192.168.1.1/24] }
    - { endpoints: ["b:eth0", "c:eth0"], ipv4: [192.168.1.10/24, 192.168.1.1/24] }
`)
  })

  test('a network of two addresses uses both (RFC 3021)', () => {
    good(pair().replace('10.0.0.1/24, 10.0.0.2/24', '10.0.0.0/31, 10.0.0.1/31'))
  })

  test('two switches need no ipv4 between them; a chain of them is one network', () => {
    const text = (last: string) => `
name: chain
topology:
  nodes: { a: { kind: host }, b: { kind: host }, s: { kind: switch }, t: { kind: switch } }
  links:
    - { endpoints: ["a:eth0", "s:p1"], ipv4: [10.0.0.1/24, none] }
    - { endpoints: ["s:p2", "t:p1"] }
    - { endpoints: ["t:p2", "b:eth0"], ipv4: [none, ${last}] }
`
    good(text('10.0.0.2/24'))
    assert.equal(bad(text('10.0.1.2/24')).length, 1)
    assert.match(bad(text('10.0.0.1/24'))[0], /given twice in one network: a:eth0 has it too/)
  })

  test('a machine with two ports on one switch is no loop', () => {
    good(`
name: two-ports
topology:
  nodes: { a: { kind: host }, s: { kind: switch } }
  links:
    - { endpoints: ["a:eth0", "s:p1"], ipv4: [10.0.0.1/24, none] }
    - { endpoints: ["a:eth1", "s:p2"], ipv4: [10.0.0.2/24, none] }
`)
  })
})

describe('events', () => {
  test('stand in order of time; those of one instant as in the file', () => {
    const lab = good(
      pair(`
events:
  - { at: 5s, note: third }
  - { at: 1s, note: first }
  - { at: 5s, note: fourth }
  - { at: 1500ms, note: second }
`),
    )
    assert.deepEqual(
      lab.events.map(event => (event.verb === 'note' ? event.args.text : '')),
      ['first', 'second', 'third', 'fourth'],
    )
  })

  test('stop itself is still reached', () => {
    assert.equal(good(pair('stop: 5s\nevents: [{ at: 5s, note: now }]')).events.length, 1)
    assert.match(bad(pair('stop: 5s\nevents: [{ at: 5001ms, note: now }]'))[0], /5\.001s is never reached/)
  })

  test('a link is found from either side, and by interface', () => {
    for (const between of ['[a, b]', '[b, a]', '["b:eth0", a]', '["a:eth0", "b:eth0"]']) {
      const lab = good(pair(`events: [{ at: 1s, link: { between: ${between}, delay: { b: 5ms }, rate: none } }]`))
      assert.deepEqual(lab.events[0].args, {
        link: 0,
        between: ['a', 'b'],
        sends: [{ rate: null }, { delay: ms(5), rate: null }],
      })
    }
  })

  test('down and up are one thing', () => {
    const up = (words: string) => {
      const [event] = good(pair(`events: [{ at: 1s, link: { between: [a, b], ${words} } }]`)).events
      return event.verb === 'link' ? event.args.up : undefined
    }
    assert.deepEqual([up('down: true'), up('down: false'), up('up: true'), up('up: false')], [false, true, true, false])
  })
})

describe('ask', () => {
  test('a question, at a moment or before a verdict', () => {
    const lab = good(
      pair(`
ask:
  - { at: 2s, text: "Who answers?", answers: [a, b], correct: b, because: It is asked. }
  - { before: quiet, text: "Is it quiet?", answers: ["yes", "no"], correct: "yes", because: Nobody speaks. }
expect:
  quiet: { description: Nobody speaks, at: 5s, unseen: { event: send } }
`),
    )
    assert.deepEqual(
      lab.questions.map(question => question.when),
      [{ at: sec(2) }, { before: 'quiet' }],
    )
    assert.equal(lab.questions[0].correct, 'b')
  })
})

describe('expect', () => {
  test('fields of events: text, numbers, comparisons, durations, flags', () => {
    const lab = good(
      pair(`
expect:
  all:
    description: All kinds of fields
    during: [1s, 2s]
    level: warning
    pass: Well done.
    fail: Look again.
    seen: { event: ping-reply, at: a, from: 10.0.0.2, seq: 3, length: ">= 64", rtt: "< 1.5ms", count: "!= 2" }
    unseen: { event: fetch-done, ok: false }
`),
    )
    const [check] = lab.checks
    assert.deepEqual(check.when, { during: [sec(1), sec(2)] })
    assert.equal(check.level, 'warning')
    assert.equal(check.pass, 'Well done.')
    assert.equal(check.fail, 'Look again.')
    assert.deepEqual(check.seen, {
      event: 'ping-reply',
      node: 'a',
      fields: [
        { name: 'from', want: { op: '==', value: '10.0.0.2' } },
        { name: 'seq', want: { op: '==', value: 3 } },
        { name: 'length', want: { op: '>=', value: 64 } },
        { name: 'rtt', want: { op: '<', value: 1_500_000 } },
      ],
      count: { op: '!=', value: 2 },
    })
    assert.deepEqual(check.unseen?.fields, [{ name: 'ok', want: { op: '==', value: false } }])
  })

  test('states may be denied, numbers compared', () => {
    const lab = good(shipped('wrong-password'))
    const check = lab.checks.find(each => each.name === 'no-tunnel')
    assert.deepEqual(check?.state[0], { node: 'alice', path: 'ppp.ipcp', want: { op: '!=', value: 'opened' } })
    assert.deepEqual(check?.state[1], { node: 'office', path: 'pool.used', want: { op: '==', value: 0 } })
  })

  test('text that looks like a comparison stays text', () => {
    const lab = good(pair('expect: { x: { description: x, by: 1s, seen: { event: action, detail: ">= 5" } } }'))
    assert.deepEqual(lab.checks[0].seen?.fields, [{ name: 'detail', want: { op: '==', value: '>= 5' } }])
  })
})

describe('YAML', () => {
  test('anchors, << and x- keys', () => {
    const lab = good(`
name: anchors
x-lines: { slow: &slow { delay: 100ms, loss: 1% }, fast: &fast { delay: 1ms, rate: 1gbit } }
x-anything: [1, two]
topology:
  nodes: { a: { kind: host }, b: { kind: host }, c: { kind: host } }
  links:
    - { <<: *slow, endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24], loss: 5% }
    - { endpoints: ["b:eth1", "c:eth0"], ipv4: [10.0.1.1/24, 10.0.1.2/24], <<: [*fast, *slow] }
`)
    assert.deepEqual(
      lab.links.map(({ ends: [{ sends }] }) => [sends.delay, sends.loss, sends.rate]),
      [
        [ms(100), 0.05, undefined],
        [ms(1), 0.01, 1_000_000_000],
      ],
    )
  })

  test('what is wrong in an anchor is reported there, however often it is used', () => {
    const messages = bad(`
name: anchors
x-line: &slow { delay: 100 }
topology:
  nodes: { a: { kind: host }, b: { kind: host }, c: { kind: host } }
  links:
    - { <<: *slow, endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }
    - { <<: *slow, endpoints: ["b:eth1", "c:eth0"], ipv4: [10.0.1.1/24, 10.0.1.2/24] }
`)
    assert.equal(messages.length, 1)
    assert.match(messages[0], /^3:24 100 has no unit/)
  })

  test('x- keys are free at the top only', () => {
    assert.match(bad(pair().replace('topology:', 'topology:\n  x-a: 1'))[0], /"x-a" is not a key of topology/)
  })

  test('yes and off are words (YAML 1.2), and digits in quotes are text', () => {
    const lab = good(`
name: words
topology:
  nodes: { o: { kind: pptp-server, pptp: { local: 10.8.0.1, pool: 10.8.0.2-10.8.0.2, mppe: off, users: { yes: "0123", 007: off } } } }
`)
    assert.deepEqual(
      [...node(lab, 'o', 'pptp-server').pptp.users],
      [
        ['yes', '0123'],
        ['007', 'off'],
      ],
    )
  })

  test('names that every JavaScript object has are unknown keys here', () => {
    for (const key of ['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf']) {
      assert.match(bad(`${pair()}\n${key}: 1`)[0], new RegExp(`"${key}" is not a key of a lab`))
      assert.match(bad(pair('', `, ${key}: 1`))[0], new RegExp(`"${key}" is not a key of a link`))
    }
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      assert.match(bad(`${pair()}\n${key}: { polluted: true }`)[0], /cannot be used as a name/)
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })

  test('Windows line ends', () => {
    const text = shipped('voluntary').replaceAll('\n', '\r\n')
    assert.deepEqual(good(text), good(shipped('voluntary')))
    const loaded = loadLab('name: 5\r\ntopology: { nodes: {} }\r\n', 'test.yaml')
    assert.equal(loaded.ok ? '' : loaded.issues[0].excerpt, 'name: 5')
  })
})

describe('--set', () => {
  const set = (path: string, value: string) => [{ path, value }]

  test('replaces what is there, as the same kind of value', () => {
    const lab = good(shipped('voluntary'), [
      { path: 'seed', value: '3' },
      { path: 'stop', value: '40s' },
      { path: 'topology.nodes.alice.pptp.password', value: '0123' },
      { path: 'topology.links[1].delay', value: '50ms' },
      { path: 'expect.tidy.state.office.pool.used', value: '1' },
    ])
    assert.equal(lab.seed, 3)
    assert.equal(lab.stop, sec(40))
    assert.equal(node(lab, 'alice', 'client').pptp?.password, '0123')
    assert.equal(lab.links[1].ends[0].sends.delay, ms(50))
    assert.equal(lab.checks.at(-1)?.state[2].want.value, 1)
  })

  test('adds what the file leaves to its kind', () => {
    const lab = good(shipped('voluntary-lan'), set('topology.nodes.bob.pptp.mppe', 'optional'))
    assert.equal(node(lab, 'bob', 'client').pptp?.mppe, 'optional')
    assert.equal(node(lab, 'alice', 'client').pptp?.mppe, 'required')
    assert.equal(good(shipped('voluntary'), set('topology.defaults.pptp.mppe', 'off')).nodes.length, 4)
  })

  test('quotes make text of a number where there is nothing to replace', () => {
    const text = shipped('voluntary').replace('        user: alice\n', '')
    assert.match(bad(text, set('topology.nodes.alice.pptp.user', '7'))[0], /Here text is meant/)
    assert.equal(node(good(text, set('topology.nodes.alice.pptp.user', '"7"')), 'alice', 'client').pptp?.user, '7')
  })

  test('what is wrong with it points at the option', () => {
    const rendered = (path: string, value: string) => {
      const loaded = loadLab(shipped('voluntary'), 'voluntary.yaml', set(path, value))
      return loaded.ok ? '' : renderIssues(loaded.issues)
    }
    assert.equal(
      rendered('topology.links[0].delay', '10'),
      [
        '--set: topology.links[0].delay: 10 has no unit; a duration is a number with its unit: ns, us, ms, s, m or h.',
        '       | --set topology.links[0].delay=10',
        '       |                               ^^',
        'hint: for example 10ms or 10s',
      ].join('\n'),
    )
    assert.equal(
      rendered('topology.nodes.alcie.pptp.password', 'x'),
      [
        '--set: topology.nodes.alcie: There is no alcie here.',
        '       | --set topology.nodes.alcie.pptp.password=x',
        '       |                      ^^^^^',
        'hint: did you mean "alice"?',
      ].join('\n'),
    )
    assert.match(
      rendered('topology.links[0].dely', '1ms'),
      /^--set: topology\.links\[0\]\.dely: "dely" is not a key of a link\.\n.*\n {7}\| {25}\^{4}\nhint: did you mean "delay"\?$/,
    )
    assert.match(
      rendered('topology.nodes.alice.pptp.pasword', 'x'),
      /"pasword" is not a key.*\n.*\n.*\nhint: did you mean "password"/,
    )
    assert.match(rendered('topology.nodes.zed.kind', 'host'), /There is no zed here/)
    assert.match(rendered('topology.nodes.alice', 'x'), /This is a map; --set replaces single values only/)
    assert.match(
      rendered('topology.links[7].delay', '1ms'),
      /There is no entry 7; the list has 3 \(0 to 2\), and 3 would add one\./,
    )
    assert.match(rendered('name.first', 'x'), /This is a single value: nothing stands below it/)
    assert.match(rendered('', 'x'), /Here the path of a value must stand/)
    assert.match(rendered('seed', ''), /--set: seed: Here a whole number/)
  })

  test('the file comes first, the options after it', () => {
    const loaded = loadLab(pair().replace('kind: host', 'kind: hots'), 'test.yaml', set('seed', '-1'))
    assert.deepEqual(loaded.ok ? [] : loaded.issues.map(issue => issue.file), ['test.yaml', '--set'])
  })
})

describe('any text', () => {
  const texts = readdirSync(rootPath('topologies'))
    .filter(name => name.endsWith('.yaml'))
    .map(name => readFileSync(rootPath(`topologies/${name}`), 'utf8'))

  const survives = (text: string): boolean => {
    const loaded = loadLab(text, 'any.yaml')
    const lines = text.split('\n').length
    return (
      loaded.ok || (loaded.issues.length > 0 && loaded.issues.every(i => i.line <= lines && i.endColumn > i.column))
    )
  }

  test('gives a lab or issues, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), text => survives(text) === true),
      { numRuns: 300 },
    )
  })

  test('so does a good lab with a piece replaced', () => {
    const pieces = fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      ']',
      ':',
      ' ',
      '\n',
      '*a',
      '&a ',
      '!t',
      'null',
      '0',
      '"',
      '- ',
      'x: y',
    )
    const anyEdit = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(30), pieces)
    fc.assert(
      fc.property(anyEdit, ([text, at, length, piece]) => {
        const from = at % text.length
        return survives(text.slice(0, from) + piece + text.slice(from + length)) === true
      }),
      { numRuns: 300 },
    )
  })

  test('so does a good lab with a value of another form', () => {
    const forms = fc.constantFrom(
      'null',
      '5',
      '1.5',
      'true',
      'text',
      '""',
      '[]',
      '{}',
      '[1]',
      '{ a: 1 }',
      '[[]]',
      '-1',
      '.inf',
      '~',
    )
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), forms, (text, at, form) => {
        const values = [...text.matchAll(/(?<=: )[^\s{}[\],]+/g)]
        const value = values[at % values.length]
        return survives(text.slice(0, value.index) + form + text.slice(value.index + value[0].length)) === true
      }),
      { numRuns: 300 },
    )
  })
})
