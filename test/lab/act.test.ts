/** What is done to a run while it goes is the same as if the lab had said so from the beginning. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { Action, Lab } from '../../src/lab/lab.ts'
import { type LabText, loadWith } from '../../src/lab/load.ts'
import { Run, type RunOptions } from '../../src/lab/run.ts'
import { at, entriesFor } from '../support/entries.ts'
import { fc } from '../support/fast-check.ts'
import { CLOSED, shippedText } from '../support/shipped.ts'

const sourceOf = (name: string): LabText => ({ text: shippedText(name), file: name })

function labOf(source: LabText, entries: readonly string[] = []): Lab {
  const loaded = loadWith(source, entries)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.lab
}

/** One entry as an action. */
function actionOf(source: LabText, entry: string): Action {
  const action = labOf(source, [at(MARKED, entry)]).events.find(action => action.at === MARKED)
  assert.ok(action, entry)
  return action
}
/** A moment at which no lab does anything by itself. */
const MARKED = 3

/** A run to which this is done, and the entries that stand for it. */
function acted(source: LabText, options: RunOptions, deeds: readonly Deed[]): { run: Run; entries: string[] } {
  const run = new Run(labOf(source), options)
  const entries: string[] = []
  for (const { entry, wait, steps, later } of deeds) {
    run.advanceTo(run.now + wait)
    for (let n = 0; n < steps; n++) run.step()
    const action = actionOf(source, entry)
    if (later === undefined) {
      const t = run.act(action)
      if (t !== undefined) entries.push(at(t, entry))
    } else if (run.now + later <= run.stop) {
      run.plan({ ...action, at: run.now + later })
      entries.push(at(run.now + later, entry))
    }
  }
  run.advance()
  return { run, entries }
}

interface Deed {
  readonly entry: string
  readonly wait: number
  readonly steps: number
  /** Planned for so much later; absent: done at once. */
  readonly later: number | undefined
}

const deeds = (entries: readonly string[]): fc.Arbitrary<Deed[]> =>
  fc.array(
    fc.record({
      entry: fc.constantFrom(...entries),
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: sec(4) }), fc.constantFrom(ms(500), sec(1))),
      steps: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(300)),
      later: fc.option(fc.constantFrom(1, ms(1), sec(1), 1_234_567_891), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 6 },
  )

describe('an action in the middle of a run', () => {
  for (const name of CLOSED) {
    test(`is the same as an event of the lab: ${name}`, () => {
      const source = sourceOf(name)
      const options = { until: sec(12) }
      fc.assert(
        fc.property(deeds(entriesFor(labOf(source))), deeds => {
          const { run, entries } = acted(source, options, deeds)
          const again = new Run(labOf(source, entries), options)
          again.advance()
          const [live, replayed] = [run.result(), again.result()]
          assert.deepEqual(live.fingerprints, replayed.fingerprints, entries.join('\n'))
          assert.deepEqual(live.checks, replayed.checks)
          assert.equal(run.simulation.world.scheduler.executed, again.simulation.world.scheduler.executed)
        }),
        { numRuns: 4 },
      )
    })
  }

  test('happens at the next nanosecond at which nothing is due, in the middle of an instant too', () => {
    const source = sourceOf('voluntary')
    const run = new Run(labOf(source))
    run.step()
    assert.deepEqual([run.now, run.next], [0, 0])
    const note = actionOf(source, 'note: now')
    assert.equal(run.act(note), 1)
    assert.equal(run.act(note), 2)
    const due = run.next
    run.advanceTo(due - 1)
    assert.equal(run.act(note), due + 1)
    run.advance()
    assert.equal(run.act(note), undefined)
  })
  test('at the end of the run does nothing, and what is due a nanosecond after the end stays undone', () => {
    const lab = labOf(sourceOf('voluntary'), [at(sec(2) + 1, 'note: "too late"')])
    const run = new Run(lab, { until: sec(2) })
    const notes: string[] = []
    run.listen(({ event }) => notes.push(event))
    run.advance()
    const before = [...notes]
    assert.equal(run.act(actionOf(sourceOf('voluntary'), 'note: now')), undefined)
    assert.deepEqual([run.now, notes], [sec(2), before])
  })
  test('waits for packets that come in by a record, and does not come between them and their instant', () => {
    const source = sourceOf('bridge-server')
    const [door] = labOf(source).nodes.flatMap(({ name, kind }) => (kind === 'tun' ? [name] : []))
    const inputs = [7, 8, 9, 11].map(t => ({ t, node: door, bytes: Uint8Array.of(0x45, t) }))
    const options = { inputs, until: sec(1), timeZero: 0 }
    const run = new Run(labOf(source), options)
    run.advanceTo(6)
    const entry = 'note: "between two packets"'
    assert.equal(run.act(actionOf(source, entry)), 10)
    run.advance()
    const again = new Run(labOf(source, [at(10, entry)]), options)
    again.advance()
    assert.deepEqual(run.result().fingerprints, again.result().fingerprints)
    assert.notDeepEqual(run.result().fingerprints, new Map())
  })
  test('that is planned for a moment of the past, or behind the end, is refused', () => {
    const source = sourceOf('voluntary')
    const run = new Run(labOf(source))
    run.advanceTo(sec(1))
    const note = actionOf(source, 'note: now')
    assert.throws(() => run.plan({ ...note, at: sec(1) }), RangeError)
    assert.throws(() => run.plan({ ...note, at: run.stop + 1 }), RangeError)
    run.plan({ ...note, at: run.stop })
    assert.equal(run.simulation.lab.events.at(-1)?.verb, 'note')
  })
})
