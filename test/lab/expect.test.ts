import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Simulation } from '../../src/lab/build.ts'
import { Checks } from '../../src/lab/expect.ts'
import type { Check, Comparison } from '../../src/lab/lab.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import { shippedLab } from '../support/loss.ts'

const is = (value: string | number): Comparison => ({ op: '==', value })
const opened = [{ node: 'a', path: 'ppp.lcp', want: is('opened') }]
const pings = (count: Comparison) => ({ event: 'ping-reply' as const, node: 'a', fields: [], count })

/** A check, and the instants at which it is looked at: the state then, and how many pings are answered in it. */
function judge(
  check: Partial<Check> & Pick<Check, 'when'>,
  instants: readonly (readonly [t: number, lcp: string, pings?: number])[],
  end = 10,
) {
  let lcp = 'initial'
  const whole: Check = { name: 'it', description: '', level: 'error', state: [], ...check }
  const nodes = new Map([['a', { snapshot: () => ({ ppp: { lcp } }) }]])
  const checks = new Checks({ lab: { checks: [whole] }, nodes } as unknown as Simulation)
  for (const [t, state, count = 0] of instants) {
    lcp = state
    for (let n = 0; n < count; n++) {
      checks.event({ t: sec(t), node: 'a', event: 'ping-reply', from: '', seq: 1, rtt: 1, length: 1 } as TraceEvent)
    }
    checks.look(sec(t))
  }
  return checks.verdicts(sec(end))[0]
}

describe('expect', () => {
  test('by: the state holds at some instant up to and including the moment', () => {
    const by = { when: { by: sec(5) }, state: opened }
    assert.deepEqual([judge(by, [[0, 'opened']]).ok, judge(by, [[0, 'opened']]).t], [true, 0])
    assert.equal(
      judge(by, [
        [0, 'initial'],
        [3, 'opened'],
        [4, 'closed'],
        [5, 'closed'],
      ]).t,
      sec(3),
    )
    assert.equal(
      judge(by, [
        [0, 'initial'],
        [5, 'opened'],
      ]).ok,
      true,
    )
    const late = judge(by, [
      [0, 'initial'],
      [5, 'req-sent'],
      [6, 'opened'],
    ])
    assert.deepEqual(
      [late.ok, late.detail, late.t],
      [false, 'at 5.000 s a.ppp.lcp was req-sent, wanted opened', sec(5)],
    )
  })
  test('at: after that instant, and no other', () => {
    const at = { when: { at: sec(5) }, state: opened }
    assert.equal(
      judge(at, [
        [4, 'closed'],
        [5, 'opened'],
        [6, 'closed'],
      ]).ok,
      true,
    )
    assert.equal(
      judge(at, [
        [4, 'opened'],
        [5, 'closed'],
        [6, 'opened'],
      ]).ok,
      false,
    )
  })
  test('during: at every instant between, both ends included, and at no other', () => {
    const during = { when: { during: [sec(2), sec(5)] as const }, state: opened }
    assert.equal(
      judge(during, [
        [1, 'closed'],
        [2, 'opened'],
        [5, 'opened'],
        [6, 'closed'],
      ]).ok,
      true,
    )
    for (const bad of [2, 3, 5]) {
      const verdict = judge(
        during,
        [2, 3, 5].map(t => [t, t === bad ? 'closed' : 'opened'] as const),
      )
      assert.deepEqual([verdict.ok, verdict.detail], [false, `at ${bad}.000 s a.ppp.lcp was closed, wanted opened`])
    }
  })
  test('all states at the same moment', () => {
    const both = { when: { by: sec(5) }, state: [...opened, { node: 'a', path: 'ppp.lcp', want: is('closed') }] }
    assert.equal(
      judge(both, [
        [1, 'opened'],
        [2, 'closed'],
        [5, 'closed'],
      ]).ok,
      false,
    )
  })
  test('seen: counted from 0 or within during, both ends included, each event once', () => {
    const instants = [1, 2, 3, 5, 6].map(t => [t, '', 1] as const)
    for (const [when, count] of [
      [{ by: sec(5) }, 4],
      [{ at: sec(5) }, 4],
      [{ during: [sec(2), sec(5)] as const }, 3],
      [{ during: [sec(5), sec(5)] as const }, 1],
    ] as const) {
      assert.equal(judge({ when, seen: pings(is(count)) }, instants).ok, true, JSON.stringify(when))
      assert.equal(judge({ when, seen: pings(is(count + 1)) }, instants).ok, false)
    }
    const few = judge({ when: { by: sec(5) }, seen: pings({ op: '>=', value: 9 }) }, instants)
    assert.equal(few.detail, '4 × ping-reply at a, wanted >= 9')
  })
  test('seen: of that node and with those fields', () => {
    const seen = { event: 'ping-reply' as const, count: is(1) }
    const when = { by: sec(5) }
    const instants = [[1, '', 1] as const, [5, ''] as const]
    assert.equal(judge({ when, seen: { ...seen, fields: [{ name: 'rtt', want: is(1) }] } }, instants).ok, true)
    assert.equal(judge({ when, seen: { ...seen, fields: [{ name: 'rtt', want: is(2) }] } }, instants).ok, false)
    assert.equal(judge({ when, seen: { ...seen, node: 'b', fields: [] } }, instants).ok, false)
  })
  test('unseen: not once', () => {
    const when = { during: [sec(2), sec(5)] as const }
    assert.equal(
      judge({ when, unseen: pings(is(1)) }, [
        [1, '', 1],
        [5, ''],
        [6, '', 1],
      ]).ok,
      true,
    )
    const bad = judge({ when, unseen: pings(is(1)) }, [[5, '', 2]])
    assert.deepEqual([bad.ok, bad.detail], [false, 'ping-reply at a at 5.000 s'])
  })
  test('a run that ends early: what is sure is sure, the rest was not due', () => {
    const when = { by: sec(5) }
    assert.deepEqual([judge({ when, state: opened }, [[1, 'opened']], 3).ok], [true])
    for (const open of [
      judge({ when, state: opened }, [[1, 'closed']], 3),
      judge({ when, state: opened, unseen: pings(is(1)) }, [[1, 'opened']], 3),
      judge({ when, state: opened, seen: pings(is(1)) }, [[1, 'opened', 1]], 3),
      judge({ when: { during: [sec(1), sec(5)] }, state: opened }, [[1, 'opened']], 3),
    ]) {
      assert.deepEqual([open.ok, open.detail], [false, 'the run ended at 3.000 s, before the check was due'])
    }
  })
  test('a duration is told with its unit', () => {
    const fields = [{ name: 'rtt', want: { op: '<', value: 100_000_000 } }] as const
    const seen = { event: 'ping-reply' as const, node: 'a', fields, count: { op: '>=', value: 1 } as const }
    assert.equal(judge({ when: { by: sec(5) }, seen }, [[1, '', 1]]).detail, '1 × ping-reply at a rtt < 100ms')
  })
  test('comparisons of numbers, and of what is not there', () => {
    const when = { at: sec(1) }
    const lcp = (want: Comparison) => judge({ when, state: [{ node: 'a', path: 'ppp.none', want }] }, [[1, '']])
    assert.equal(lcp({ op: '!=', value: 'opened' }).ok, true)
    assert.deepEqual(
      [lcp({ op: '<', value: 3 }).ok, lcp({ op: '<', value: 3 }).detail],
      [false, 'at 1.000 s a.ppp.none was not there, wanted < 3'],
    )
    const table: [Comparison['op'], boolean, boolean, boolean][] = [
      ['==', false, true, false],
      ['!=', true, false, true],
      ['<', true, false, false],
      ['<=', true, true, false],
      ['>', false, false, true],
      ['>=', false, true, true],
    ]
    for (const [op, ...wanted] of table) {
      const got = [4, 5, 6].map(n => {
        const seen = { event: 'ping-reply' as const, fields: [], count: { op, value: 5 } as Comparison }
        return judge({ when, seen }, [[1, '', n]]).ok
      })
      assert.deepEqual(got, wanted, op)
    }
  })
  test('a warning that fails does not fail the run', () => {
    for (const level of ['warning', 'error'] as const) {
      const check: Check = {
        name: 'it',
        description: '',
        level,
        when: { at: 0 },
        state: [],
        unseen: { ...pings(is(1)), event: 'arp', node: 'alice' },
      }
      const run = new Run({ ...shippedLab('voluntary'), events: [], checks: [check], stop: sec(1) })
      run.advance()
      assert.deepEqual([run.result().checks[0].ok, run.result().ok], [false, level === 'warning'])
    }
  })
  test('a state is looked at after the last event of an instant, however it is cut into slices', () => {
    const lab = shippedLab('voluntary')
    const whole = new Run(lab)
    assert.equal(whole.advance(), true)
    const sliced = new Run(lab)
    let slices = 1
    while (!sliced.advance(7)) slices++
    assert.ok(slices > 100)
    assert.deepEqual(sliced.result(), whole.result())
    assert.equal(whole.result().ok, true)
    assert.equal(whole.result().t, lab.stop)
  })
})

describe('what a lab does', () => {
  test('its end systems serve the ports that its events name; cables are pulled and plugged in', () => {
    const lab = shippedLab('no-encryption')
    const link = { link: 0, between: ['alice', 'isp'] as const, sends: [{}, {}] as const }
    const fetch = { from: 'alice', to: ip('198.51.100.1'), bytes: 100, port: 7777 }
    const office = lab.nodes.find(node => node.kind === 'pptp-server')?.interfaces[0].ipv4?.address ?? fetch.to
    const far = { ...fetch, to: office }
    const echo = { from: 'alice', to: office, count: 1, interval: sec(1), size: 64, port: 7778 }
    const run = new Run({
      ...lab,
      checks: [],
      stop: sec(100),
      events: [
        { at: 0, verb: 'fetch', args: far },
        { at: sec(1), verb: 'echo', args: echo },
        { at: sec(10), verb: 'link', args: { ...link, up: false } },
        { at: sec(11), verb: 'echo', args: echo },
        { at: sec(20), verb: 'link', args: { ...link, up: true } },
        { at: sec(21), verb: 'echo', args: echo },
        { at: sec(30), verb: 'fetch', args: fetch },
      ],
    })
    const seen: string[] = []
    run.listen(e => {
      if (e.event === 'fetch-done') seen.push(`fetch ${e.ok} ${e.detail}`)
      if (e.event === 'echo-reply') seen.push(`echo ${Math.floor(e.t / 1e9)}`)
    })
    run.advance()
    // Routers serve nothing.
    assert.deepEqual(seen, ['fetch true every octet is right', 'echo 1', 'echo 21', 'fetch false refused'])
  })
})

describe('the end of a run', () => {
  test('is that of the lab, or an earlier one that the caller wants, never a later one', () => {
    const lab = { ...shippedLab('voluntary'), events: [], checks: [], stop: sec(3) }
    for (const [until, end] of [
      [sec(2), sec(2)],
      [sec(9), sec(3)],
      [undefined, sec(3)],
    ] as const) {
      const run = new Run(lab, until === undefined ? {} : { until })
      assert.equal(run.advance(), true)
      assert.equal(run.result().t, end)
    }
  })
})

describe('valueAt', () => {
  test('names, brackets with dots in them, and nothing that was not put there', () => {
    const snapshot = { calls: { 'a.b': { ppp: { lcp: 'opened' } } }, n: 1 }
    assert.equal(valueAt(snapshot, 'calls[a.b].ppp.lcp'), 'opened')
    for (const path of ['calls[a].ppp', 'n.x', 'constructor', 'calls.toString', 'calls[a.b].ppp.lcp.length']) {
      assert.equal(valueAt(snapshot, path), undefined, path)
    }
    assert.equal(valueAt({ address: ip('0.0.0.1') }, 'address'), 1)
  })
})
