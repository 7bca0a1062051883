/** Runs with a door to the outside: two that are joined, and each of them again from its record. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { readRunFile } from '../../src/lab/run-file.ts'
import { HOME, joinedSession, OFFICE, recordOf, runOf, TIME_ZERO } from '../support/joined.ts'

describe('two runs that are joined by their doors', () => {
  const { home, office } = joinedSession()

  test('a tunnel goes through both, with every check of both', () => {
    for (const { run } of [home, office]) {
      for (const { name, ok, detail } of run.result().checks) assert.ok(ok, `${name}: ${detail}`)
    }
    assert.ok(home.inputs.length > 60 && office.inputs.length > 60)
  })

  for (const [name, side, text] of [
    ['home', home, HOME],
    ['office', office, OFFICE],
  ] as const) {
    test(`${name} runs again from its record, alone, to the same events and the same fingerprints`, () => {
      const record = readRunFile(recordOf(side, text))
      assert.ok(record.ok && record.end)
      const { inputs, overrides, timeZero, end } = record
      assert.equal(timeZero, TIME_ZERO)
      const again = runOf(record.lab, overrides, { inputs, timeZero: TIME_ZERO, until: end.t })
      again.advance()
      assert.deepEqual(again.result(), side.run.result())
      assert.equal(again.result().fingerprint, end.fingerprint)
    })

    test(`${name} runs again event by event, and in slices, to the same fingerprint`, () => {
      for (const drive of [
        (run: ReturnType<typeof runOf>) => run.step(),
        (run: ReturnType<typeof runOf>) => run.advance(7),
        (run: ReturnType<typeof runOf>) => run.advanceTo(run.now + 3_000_001),
      ]) {
        const again = runOf(text, [], { inputs: side.inputs, timeZero: TIME_ZERO })
        while (!again.over) drive(again)
        assert.equal(again.result().fingerprint, side.run.result().fingerprint)
      }
    })

    test(`${name} runs otherwise when one octet of its record is changed`, () => {
      const inputs = side.inputs.map(({ t, node, bytes }, i) => {
        const changed = bytes.slice()
        if (i === 50) changed[changed.length - 1] ^= 1
        return { t, node, bytes: changed }
      })
      const again = runOf(text, [], { inputs, timeZero: TIME_ZERO })
      again.advance()
      assert.notEqual(again.result().fingerprint, side.run.result().fingerprint)
    })
  }

  test('the trace begins with the time on the wall', () => {
    const events: TraceEvent[] = []
    const run = runOf(HOME, [], { timeZero: TIME_ZERO, until: 0 })
    run.listen(event => events.push(event))
    run.advance()
    assert.deepEqual(events[0], { t: 0, node: 'lab', event: 'wall-clock', timeZero: TIME_ZERO })
  })
})

describe('a run that keeps no fingerprint', () => {
  const PACKETS = `
expect:
  forwarded: { description: Packets go on, by: 20s, seen: { event: forward, count: "> 10" } }
`
  const { office } = joinedSession()
  const again = (text: string, fingerprint: boolean) => {
    const run = runOf(text, [], { inputs: office.inputs, timeZero: TIME_ZERO, fingerprint })
    const events: TraceEvent[] = []
    run.listen(event => events.push(event), false)
    run.advance()
    return { events, result: run.result() }
  }

  test('does the same as one that does', () => {
    const [with_, without] = [again(OFFICE, true), again(OFFICE, false)]
    assert.deepEqual(without.events, with_.events)
    assert.deepEqual(without.result.checks, with_.result.checks)
    assert.deepEqual(without.result.drops, with_.result.drops)
    assert.equal(without.result.fingerprint, '')
    assert.ok(without.result.events < with_.result.events)
  })
  test('counts the packets that a check asks for', () => {
    const text = `${OFFICE.replace(/expect:[\s\S]*$/, '')}${PACKETS}`
    const [with_, without] = [again(text, true), again(text, false)]
    assert.ok(without.result.ok)
    assert.deepEqual(without.result.checks, with_.result.checks)
  })
})

describe('what comes in', () => {
  test('in the past is refused', () => {
    const run = runOf(OFFICE)
    run.advanceTo(5e9)
    assert.throws(() => run.enter(5e9, 'internet', []), /came in at 5000000000 ns, but it is 5000000000 ns already/)
  })
  test('after the end of the lab changes nothing', () => {
    const [run, other] = [runOf(OFFICE), runOf(OFFICE)]
    other.advance()
    run.enter(21e9, 'internet', [new Uint8Array(20)])
    assert.ok(run.over)
    assert.equal(run.result().fingerprint, other.result().fingerprint)
  })
  test('by a node that is no door is a fault of the caller', () => {
    const run = runOf(OFFICE)
    assert.throws(() => run.enter(1, 'files', [new Uint8Array(20)]), /files is no way into/)
  })
  test('enters after everything that was due at its instant', () => {
    const seen: string[] = []
    const run = runOf(OFFICE)
    run.simulation.world.scheduler.after(5, 'test', () => seen.push('due'))
    run.listen(event => event.event === 'drop' && seen.push('entered'))
    run.enter(5, 'internet', [new Uint8Array(20)])
    assert.deepEqual(seen, ['due', 'entered'])
  })
})
