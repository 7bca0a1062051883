import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { load, renderIssues, type TraceEvent } from '../../src/index.ts'
import { type Difference, difference, earliest, isCompared } from '../../src/lab/difference.ts'
import { run } from '../../src/lab/run.ts'
import { fc } from '../support/fast-check.ts'
import { rootPath } from '../support/root.ts'

/** The compared events of a lab; `more` are entries of `events`. */
function eventsOf(name: string, more = ''): TraceEvent[] {
  const text = readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')
  const changed = more === '' ? text : text.replace(/^events:\n/m, `events:\n  - ${more}\n`)
  assert.ok(more === '' || changed !== text)
  const loaded = load(changed, `${name}.yaml`)
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  const events: TraceEvent[] = []
  run(loaded.lab, {
    fingerprint: false,
    onEvent: event => {
      if (isCompared(event.event)) events.push(event)
    },
  })
  return events
}

function differenceOf(a: readonly TraceEvent[], b: readonly TraceEvent[]): Difference {
  const work = difference(a, b)
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

const LABS = ['voluntary', 'compulsory', 'nat-no-helper', 'gre-reorder', 'busy-lines', 'wrong-password']

describe('two futures', () => {
  for (const name of LABS) {
    test(`${name} twice: nothing differs, and every event stands beside itself`, () => {
      const events = eventsOf(name)
      const { rows, differing, first } = differenceOf(events, eventsOf(name))
      assert.equal(first, undefined)
      assert.equal(differing.length, 0)
      assert.equal(rows.length, events.length)
      assert.ok(rows.every(({ a, b }) => a !== undefined && a.t === b?.t))
    })
  }

  test('one event that is missing in one of them is the only difference, whichever it is', () => {
    const events = eventsOf('nat-no-helper')
    fc.assert(
      fc.property(fc.nat(events.length - 1), fc.boolean(), (missing, inA) => {
        const without = events.filter((_, i) => i !== missing)
        const { rows, differing, first } = inA ? differenceOf(without, events) : differenceOf(events, without)
        assert.deepEqual(differing, [first])
        const { a, b } = rows[first as number]
        // Of two that say the same in one instant nobody can tell which one is missing.
        const [there, gone] = inA ? [b, a] : [a, b]
        const { t, node, event } = events[missing]
        assert.deepEqual([there?.t, there?.node, there?.event], [t, node, event])
        assert.equal(gone, undefined)
      }),
      { numRuns: 60 },
    )
  })

  test('one event that says something else is the only difference, beside what it stands for', () => {
    const events = eventsOf('voluntary')
    fc.assert(
      fc.property(fc.nat(events.length - 1), at => {
        const event = events[at]
        const field = event.event === 'state' ? 'to' : event.event === 'interface' ? 'detail' : 'type'
        if (!(field in event)) return
        const changed = { ...event, [field]: 'another' } as TraceEvent
        const { rows, differing, first } = differenceOf(
          events,
          events.map((each, i) => (i === at ? changed : each)),
        )
        assert.deepEqual(differing, [first])
        assert.deepEqual(rows[first as number], { a: event, b: changed, same: false })
      }),
      { numRuns: 60 },
    )
  })

  test('what happens later because its cause came later is the same', () => {
    const events = eventsOf('voluntary')
    const later = events.map(event => ({ ...event, t: event.t + 1_234_567 }) as TraceEvent)
    const { first, rows } = differenceOf(events, later)
    assert.equal(first, undefined)
    assert.equal(rows.length, events.length)
  })

  test('the other NAT box first shows where it writes a call ID; what the change does not touch stays the same', () => {
    const a = eventsOf('nat-single-passthrough')
    const b = eventsOf('nat-single-passthrough', '{ at: 9s, nat: { node: nat1, like: linux-pptp } }')
    const { rows, first, differing } = differenceOf(a, b)
    const found = rows[first as number]
    assert.equal(found.a, undefined)
    assert.equal(found.b?.event, 'nat-helper')
    assert.equal(found.b?.node, 'nat1')
    assert.ok((found.b?.t ?? 0) > 10e9)
    assert.ok(rows.filter(row => earliest(row) < 9e9).every(({ same }) => same))
    // Dave comes in, and nothing of his is dropped any more.
    const drops = differing.map(i => rows[i].a).filter(event => event?.event === 'drop')
    assert.ok(drops.length > 0)
    assert.ok(differing.some(i => rows[i].b?.event === 'state' && rows[i].b?.node === 'dave'))
  })

  test('it pauses: no more than a few thousand events are looked at in one go', () => {
    const events = Array.from(
      { length: 40_000 },
      (_, i) => ({ t: i, node: 'a', event: 'ping-reply', from: 'b', seq: i, rtt: 1, length: 56 }) as TraceEvent,
    )
    let pauses = 0
    for (const work = difference(events, events); !work.next().done; ) pauses++
    assert.ok(pauses >= 14, `${pauses} pauses`)
  })
})
