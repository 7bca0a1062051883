/** The story: a sentence for every kind of event, and the lines that a reader looks for in the shipped labs. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { EVENTS, lineOf, load, namesOf, run, Story, type TraceEvent } from '../../src/index.ts'
import { rootPath } from '../support/root.ts'

function storyOf(name: string, verbose = false): string[] {
  const loaded = load(readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8'), name)
  assert.ok(loaded.ok)
  const story = new Story({ verbose, names: namesOf(loaded.lab) })
  const lines: string[] = []
  run(loaded.lab, {
    onEvent: event => {
      const line = story.tell(event)
      if (line) lines.push(lineOf(line, 6).columns.join('  '))
    },
  })
  return lines
}

/** A value for each field whose words are from a closed list; others are any text. */
const WORDS: Readonly<Record<string, unknown>> = {
  length: 7,
  rtt: 7,
  seq: 7,
  id: 7,
  bytes: 7,
  took: 7,
  port: 7,
  received: 7,
  sent: 7,
  tries: 7,
  timeZero: 7,
  ok: true,
  layer: 'lcp',
  way: 'sent',
  why: 'truncated',
}
const REASONS: Readonly<Record<string, string>> = { drop: 'no-route', 'tunnel-end': 'timeout', 'dial-end': 'busy' }

describe('every kind of event has a sentence', () => {
  for (const [name, fields] of Object.entries(EVENTS)) {
    test(name, () => {
      const values = fields.map(field => [field, WORDS[field] ?? (field === 'reason' ? REASONS[name] : 'word')])
      const event = { t: 0, node: 'n', event: name, ...Object.fromEntries(values) } as TraceEvent
      const line = new Story({ verbose: true, names: new Map() }).tell(event)
      assert.ok(line && line.text.length > 0)
      assert.doesNotMatch(line.text, /undefined|NaN/)
    })
  }
})

describe('how it is told', () => {
  const told = (...events: TraceEvent[]) => {
    const story = new Story({ verbose: false, names: new Map() })
    return events.map(event => story.tell(event))
  }
  test('what the lab does is a channel of its own, under its own name', () => {
    for (const verb of ['link', 'note']) {
      const [line] = told({ t: 0, node: 'home', event: 'action', verb, detail: 'x' })
      assert.deepEqual([line?.mark, line?.node], ['lab', 'lab'])
    }
  })
  test('a route that another had replaced is back, not new', () => {
    const route = (t: number, action: string, text: string) =>
      ({ t, node: 'a', event: 'route', action, route: text }) as TraceEvent
    const lines = told(
      route(1, 'add', 'default dev ppp0'),
      route(2, 'remove', 'default dev ppp0'),
      route(2, 'add', 'default via 192.0.2.1 dev eth0'),
      route(2, 'add', '10.0.0.0/8 dev ppp0'),
    )
    assert.deepEqual(
      lines.map(line => line?.text),
      [
        'new route: default dev ppp0',
        undefined,
        'route is back: default via 192.0.2.1 dev eth0',
        'new route: 10.0.0.0/8 dev ppp0',
      ],
    )
  })
  test('a checksum that is wrong is told once', () => {
    const drop = { t: 0, node: 'a', event: 'drop', reason: 'bad-checksum', layer: 'ip', packet: 'b#1' } as const
    for (const more of [{ why: 'bad-checksum' as const }, { detail: 'the checksum does not match the bytes' }, {}]) {
      const [line] = told({ ...drop, ...more })
      assert.equal(line?.text.split('checksum').length, 3, line?.text)
    }
  })
})

describe('firewalls and NAT boxes', () => {
  const at = { t: 0, node: 'fw', proto: 'gre', packet: 'a#1' } as const
  const story = (verbose: boolean) => new Story({ verbose, names: new Map([['10.0.0.1', 'alice']]) })

  test('a drop by a rule names the rule as it was written, the chain and the state', () => {
    const drop = {
      ...at,
      event: 'drop',
      layer: 'filter',
      reason: 'filter-drop',
      src: '10.0.0.1',
      dst: '10.0.0.2',
    } as const
    const rule = 'forward drop from 10.0.0.1 proto gre'
    const line = story(false).tell({ ...drop, rule, detail: 'forward, new' })
    assert.equal(line?.mark, 'data')
    assert.equal(
      line?.text,
      `drops GRE from alice to 10.0.0.2 (filter-drop, a#1): A rule of the firewall drops it without a word. ("${rule}", forward, new)`,
    )
  })
  test('what a helper changes is told always, what is translated only when all is', () => {
    const helper = { t: 0, node: 'fw', packet: 'a#1', type: 'outgoing-call-request', entry: 'e' } as const
    assert.equal(
      story(false).tell({ ...helper, event: 'nat-helper', field: 'callId', before: 7, after: 40001 })?.text,
      'the PPTP helper changes the Call ID of Outgoing-Call-Request from 7 to 40001',
    )
    const nat = {
      ...at,
      event: 'nat',
      field: 'source',
      before: '10.0.0.1',
      after: '192.0.2.1',
      rule: 'masquerade',
    } as const
    assert.equal(story(false).tell(nat), undefined)
    assert.equal(
      story(true).tell(nat)?.text,
      'translates the source of GRE a#1: 10.0.0.1 becomes 192.0.2.1 (masquerade)',
    )
  })
})

describe('the shipped labs', () => {
  const has = (lines: readonly string[], ...wanted: string[]) => {
    for (const text of wanted)
      assert.ok(
        lines.some(line => line.includes(text)),
        text,
      )
  }
  for (const name of ['voluntary', 'voluntary-lan', 'wrong-password', 'no-encryption']) {
    test(`${name}, verbose: nothing is undefined`, () => {
      for (const line of storyOf(name, true)) assert.doesNotMatch(line, /undefined|NaN|\bis at $/)
    })
  }
  test('voluntary: the staircase', () => {
    has(
      storyOf('voluntary'),
      'control  alice     TCP connection to office (203.0.113.5), port 1723',
      'control  alice       Outgoing-Call-Request to office: call ',
      'data     office        LCP opened with alice',
      'data     alice           authentication with office succeeded',
      'user     alice   ppp0 to office is up: 10.8.0.10',
      'user     alice   new route: 10.20.0.0/24 dev ppp0',
    )
  })
  test('voluntary-lan: a line on the server says whose call it is', () => {
    has(storyOf('voluntary-lan'), 'office        LCP opened with bob', 'ppp1 to bob is up', 'call with alice cleared')
  })
  test('wrong-password: crossing farewells are no drop', () => {
    const lines = storyOf('wrong-password')
    has(
      lines,
      'authentication with alice failed',
      'ignores Call-Clear-Request from alice',
      'drops ICMP from alice to files',
    )
    assert.ok(!lines.some(line => line.includes('pptp-unexpected')))
  })
  test('no-encryption: not encrypted', () => {
    has(storyOf('no-encryption'), 'PAP Authenticate-Request 1 to office', 'not encrypted')
  })
})

describe('telephone lines', () => {
  test('PPP of the line is not told as if it were that of the tunnel in it', () => {
    const lines = storyOf('voluntary-over-dial-up')
    const told = lines.flatMap(line => / bob .*LCP ((opened|closed)( with \w+)?)$/.exec(line)?.[1] ?? [])
    assert.deepEqual(told, ['opened', 'opened with company', 'closed with company', 'closed'])
  })
  test('who calls on a line without a number is somebody', () => {
    assert.ok(storyOf('dial-up').some(line => line.includes('the call with somebody is over (LCP peer-closed)')))
  })
  test('of several calls by one access server the company tells which one', () => {
    const lines = storyOf('line-noise').filter(line => line.includes('company'))
    const said = (text: string) =>
      lines.flatMap(line => new RegExp(`${text} nas \\(call (\\d+)\\)`).exec(line)?.[1] ?? [])
    const calls = lines.flatMap(line => /Incoming-Call-Reply to nas: call (\d+)/.exec(line)?.[1] ?? [])
    assert.equal(new Set(calls).size, 2)
    for (const text of ['call with', 'LCP opened with', 'IPCP opened with', 'ppp\\d to']) {
      assert.deepEqual(new Set(said(text)), new Set(calls), text)
    }
  })
  test('the number that a PNS asks for stands in its Outgoing-Call-Request (RFC 2637 §2.7)', () => {
    assert.ok(
      storyOf('outgoing-call').some(line => /Outgoing-Call-Request to nas: call \d+, number 5550111, /.test(line)),
    )
  })
})
