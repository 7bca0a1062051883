/** The tables that lab files draw on: verbs, states, events, units, and the search for the nearest word. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { DROP_REASONS } from '../../src/base/drop.ts'
import { ms, sec } from '../../src/base/time.ts'
import { EVENTS } from '../../src/base/trace.ts'
import { renderIssue } from '../../src/lab/diagnostic.ts'
import type { Issue } from '../../src/lab/lab.ts'
import { loadLab } from '../../src/lab/load.ts'
import { distance, nearest, suggest } from '../../src/lab/nearest.ts'
import { clientPaths, generalPath, STATE_PATHS } from '../../src/lab/state-paths.ts'
import { formatPercentage, formatRate, formatSize, parsePercentage, parseRate, parseSize } from '../../src/lab/units.ts'
import { VERBS } from '../../src/lab/verbs.ts'
import { fc } from '../support/fast-check.ts'

const lab = (expect: string) => `
name: words
topology:
  nodes:
    alice: { kind: client, pptp: { server: office, user: alice, password: x } }
    office: { kind: pptp-server, pptp: { local: 10.8.0.1, pool: 10.8.0.2-10.8.0.9, users: { alice: x } } }
    s: { kind: switch }
  links:
    - { endpoints: ["alice:eth0", "office:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }
expect:
  it: { description: It is so, by: 5s, ${expect} }
`
const loads = (expect: string): boolean => loadLab(lab(expect), 'words.yaml').ok

describe('verbs', () => {
  test('every verb says in one sentence what it does', () => {
    const to = ip('10.20.0.5')
    const from = 'alice'
    assert.deepEqual(
      [
        VERBS.connect.describe({ client: from }),
        VERBS.disconnect.describe({ client: from }),
        VERBS.dial.describe({ client: from }),
        VERBS.hangup.describe({ client: from }),
        VERBS.ping.describe({
          from,
          to,
          count: 5,
          interval: sec(1),
          size: 56,
          ttl: 64,
          dontFragment: false,
          timeout: sec(5),
        }),
        VERBS.fetch.describe({ from, to, bytes: 500_000, port: 5001 }),
        VERBS.echo.describe({ from, to, count: 1, interval: sec(1), size: 64, port: 7 }),
        VERBS.note.describe({ text: 'Look at the third packet.' }),
      ],
      [
        'alice calls its server',
        'alice clears its call',
        'alice dials',
        'alice hangs up',
        'alice pings 10.20.0.5: 5 echo requests with 56 octets, one every 1s',
        'alice fetches 500kB from 10.20.0.5 over TCP, port 5001',
        'alice sends one UDP datagram of 64 octets to 10.20.0.5 to be echoed',
        'Look at the third packet.',
      ],
    )
  })

  test('the verb link, in its forms', () => {
    const between = ['a', 'b'] as const
    const say = (up: boolean | undefined, ...sends: Parameters<typeof VERBS.link.describe>[0]['sends']) =>
      VERBS.link.describe({ link: 0, between, ...(up === undefined ? {} : { up }), sends })
    assert.equal(say(false, {}, {}), 'the link between a and b is unplugged')
    assert.equal(say(true, {}, {}), 'the link between a and b is plugged in')
    assert.equal(say(undefined, { loss: 0.05 }, { loss: 0.05 }), 'the link between a and b gets loss 5%')
    assert.equal(
      say(undefined, { delay: ms(5), rate: null }, { rate: 56_000 }),
      'the link between a and b gets from a: delay 5ms, rate unlimited; from b: rate 56kbit',
    )
    assert.equal(say(undefined, {}, { queue: 1500 }), 'the link between a and b gets from b: queue 1.5kB')
  })
})

describe('states', () => {
  for (const [kind, name] of [
    ['client', 'alice'],
    ['pptp-server', 'office'],
  ] as const) {
    test(`every path and value of a ${kind} may be expected`, () => {
      const paths = kind === 'client' ? clientPaths(true, false) : STATE_PATHS[kind]
      for (const [general, values] of Object.entries(paths)) {
        const path = `${name}.${general.replace('USER', 'alice')}`
        for (const value of values === 'number' ? ['0', '">= 3"'] : values) {
          assert.equal(loads(`state: { "${path}": ${value} }`), true, `${path} ${value}`)
        }
        assert.equal(loads(`state: { "${path}": nonsense }`), false, path)
        assert.equal(loads(`state: { "${path}x": opened }`), false, path)
      }
    })
  }

  test('a machine that can have no PPTP may be said to have none', () => {
    for (const kind of ['host', 'router', 'firewall', 'load-balancer', 'switch', 'radius', 'pstn'] as const)
      assert.deepEqual(STATE_PATHS[kind].pptp, ['absent'], kind)
    for (const kind of ['nas', 'pptp-server', 'tun', 'udp'] as const)
      assert.equal('pptp' in STATE_PATHS[kind], false, kind)
    assert.equal(loads('state: { s.pptp: absent }'), true)
    assert.equal(loads('state: { s.pptp: present }'), false)
  })

  test('a switch has no other, and other machines that are no end of a tunnel those of a filter', () => {
    assert.deepEqual(Object.keys(STATE_PATHS.switch), ['pptp'])
    for (const kind of ['host', 'router', 'firewall'] as const)
      assert.ok(Object.keys(STATE_PATHS[kind]).every(path => path === 'pptp' || path.startsWith('filter.')))
    assert.equal(loads('state: { s.ppp.lcp: opened }'), false)
  })

  test('a client has those of a tunnel, of a line, or of both', () => {
    const [tunnel, line, both] = [clientPaths(true, false), clientPaths(false, true), clientPaths(true, true)]
    assert.deepEqual(
      [tunnel, line, both].map(paths =>
        ['pptp.call', 'ppp.lcp', 'line.call', 'dial.line.call'].map(path => path in paths),
      ),
      [
        [true, true, false, false],
        [false, true, true, false],
        [true, true, false, true],
      ],
    )
  })

  test('the LCP automaton has the ten states of RFC 1661 §4.2', () => {
    assert.equal(STATE_PATHS.client['ppp.lcp'].length, 10)
  })

  test('the user of a call is cut out of the path', () => {
    assert.deepEqual(generalPath('calls[a.b].ppp.lcp'), { general: 'calls[USER].ppp.lcp', user: 'a.b' })
    assert.deepEqual(generalPath('ppp.lcp'), { general: 'ppp.lcp', user: undefined })
  })
})

describe('events of the trace', () => {
  test('every event may be looked for, by every field', () => {
    const value = (event: string, field: string): string => {
      if (event === 'tunnel-end' && field === 'layer') return 'ipcp'
      if (field === 'reason') return event === 'tunnel-end' ? 'timeout' : 'queue-full'
      if (field === 'why') return 'truncated'
      if (field === 'way') return 'sent'
      if (field === 'ok') return 'true'
      if (field === 'rtt' || field === 'took') return '"< 5ms"'
      if (event === 'pptp-message' && field === 'type') return 'set-link-info'
      if (event === 'ppp-message' && field === 'type') return 'configure-nak'
      if (event === 'arp' && field === 'type') return 'reply'
      if (event === 'radius-message' && field === 'type') return 'access-reject'
      if (event === 'radius-silent' && field === 'type') return 'access-request'
      if (event === 'account' && field === 'cause') return 'idle-timeout'
      if (event === 'account' && /^(seconds|octets|packets)/.test(field)) return '">= 7"'
      if (event === 'interface' && field === 'to') return 'up'
      if (event === 'route' && field === 'action') return 'add'
      if (event === 'served' && field === 'service') return 'http'
      if (event === 'nat' && field === 'field') return 'call-id'
      if (event === 'nat-helper' && field === 'field') return 'callId'
      if (event === 'flow' && field === 'action') return 'begin'
      if (event === 'served' && field === 'end') return 'reset'
      if (event === 'state') return { machine: 'ppp.lcp', from: 'req-sent', to: 'opened', cause: 'rca' }[field] ?? ''
      return ['length', 'id', 'seq', 'tries', 'bytes', 'port', 'received', 'sent'].includes(field) ? '7' : '"a"'
    }
    for (const [event, fields] of Object.entries(EVENTS)) {
      assert.equal(loads(`seen: { event: ${event} }`), true, event)
      for (const field of fields) {
        const pattern = `event: ${event}, ${field}: ${value(event, field)}`
        assert.equal(loads(`unseen: { ${pattern} }`), true, pattern)
        assert.equal(loads(`unseen: { event: ${event}, ${field}s: 1 }`), false, pattern)
      }
    }
  })

  test('every drop reason may be looked for', () => {
    for (const reason of Object.keys(DROP_REASONS))
      assert.equal(loads(`unseen: { event: drop, reason: ${reason} }`), true)
  })
})

describe('units', () => {
  test('sizes, rates and percentages', () => {
    assert.deepEqual(['0B', '64kB', '1.5kB', '1MB', '1KiB', '2MiB'].map(parseSize), [0, 64e3, 1500, 1e6, 1024, 2 ** 21])
    assert.deepEqual(['64', '64 kB', '64KB', '1.5B', '-1B', ''].map(parseSize), Array(6).fill(undefined))
    assert.deepEqual(['1bit', '56kbit', '1.544mbit', '1gbit'].map(parseRate), [1, 56e3, 1_544_000, 1e9])
    assert.deepEqual(['0bit', '10', '10Mbit', '0.5bit'].map(parseRate), Array(4).fill(undefined))
    assert.deepEqual(['0%', '2.5%', '100%'].map(parsePercentage), [0, 0.025, 1])
    assert.deepEqual(['100.1%', '5', '-5%', '%'].map(parsePercentage), Array(4).fill(undefined))
  })

  test('what is written is read as the same', () => {
    fc.assert(fc.property(fc.nat(2 ** 31), n => parseSize(formatSize(n)) === n))
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 }), n => parseRate(formatRate(n)) === n))
    assert.deepEqual([0.05, 0.001, 1].map(formatPercentage), ['5%', '0.1%', '100%'])
  })
})

describe('the nearest word', () => {
  test('a slip of the fingers is found, and nothing else', () => {
    const words = ['alice', 'office', 'isp', 'files', 'pptp-server']
    assert.equal(nearest('alcie', words), 'alice')
    assert.equal(nearest('OFFICE', words), 'office')
    assert.equal(nearest('ips', words), 'isp')
    assert.equal(nearest('server', words), 'pptp-server')
    assert.equal(nearest('bob', words), undefined)
    assert.equal(suggest('bob', words), 'known here: alice, office, isp, files, pptp-server')
    assert.equal(suggest('bob', []), undefined)
  })

  test('distance is a metric as far as we need one', () => {
    const word = fc.string({ maxLength: 8 })
    fc.assert(fc.property(word, a => distance(a, a) === 0))
    fc.assert(fc.property(word, word, (a, b) => distance(a, b) === distance(b, a)))
    fc.assert(fc.property(word, word, (a, b) => a === b || distance(a, b) > 0))
    assert.deepEqual([distance('ab', 'ba'), distance('abc', 'ac'), distance('', 'abc')], [1, 1, 3])
  })
})

describe('diagnostics', () => {
  const issue: Issue = {
    file: 'a.yaml',
    line: 3,
    column: 5,
    endColumn: 8,
    path: 'a.b',
    message: 'No.',
    excerpt: '    bad: 1',
  }

  test('place, path, sentence, the line, the part that is meant, and a hint', () => {
    assert.equal(
      renderIssue({ ...issue, hint: 'did you mean "bat"?' }),
      'a.yaml:3:5: a.b: No.\n     3 |     bad: 1\n       |     ^^^\nhint: did you mean "bat"?',
    )
    assert.equal(renderIssue({ ...issue, path: '' }).split('\n')[0], 'a.yaml:3:5: No.')
  })

  test('the mark stands under its text when a long line is cut', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (before, after) => {
        const excerpt = `${'-'.repeat(before)}HERE${'='.repeat(after)}`
        const [, line, marks] = renderIssue({ ...issue, excerpt, column: before + 1, endColumn: before + 5 }).split(
          '\n',
        )
        assert.equal(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1), 'HERE')
        assert.ok(line.length <= 111)
      }),
    )
  })

  test('tabs do not shift the mark', () => {
    const rows = renderIssue({ ...issue, excerpt: '\tbad', column: 2, endColumn: 5 }).split('\n')
    assert.equal(rows[1].slice(rows[2].indexOf('^')), 'bad')
  })
})
