/** Going back is running again: what comes of it is what was. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FIRST_UI } from '../../tui/press.ts'
import { Session } from '../../tui/session.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, TestWall } from './robot.ts'

const SIZE = { columns: 118, rows: 36 }
const open = (lab: string): Session =>
  new Session({ lab: labOf(lab), replay: { fingerprint: true }, explain: '' }, new TestWall())

describe('a session', () => {
  test('to any times in any order: every view is as if it had gone straight there', () => {
    const times = fc.array(fc.integer({ min: 0, max: 30e9 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom('voluntary', 'nat-no-helper', 'compulsory'), times, (lab, ways) => {
        const wandering = open(lab)
        for (const t of ways) wandering.seek(t)
        const straight = open(lab)
        straight.seek(ways.at(-1) ?? 0)
        assert.equal(wandering.run.now, straight.run.now)
        assert.deepEqual(wandering.run.result(), straight.run.result())
        for (const { render } of Object.values(PARTS)) {
          const shown = [wandering, straight].map(session => {
            const scene = session.look()
            return render({ scene, recorder: session.recorder, ui: FIRST_UI, explain: '' }, SIZE).lines
          })
          assert.deepEqual(shown[0], shown[1])
        }
      }),
      { numRuns: 12 },
    )
  })
})
