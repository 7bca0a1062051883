/** Loss on every line, the short form: ten seeds a rate. `npm run test:loss` makes a hundred and prints what it sees. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { dialOnce, shippedLab } from '../support/loss.ts'

const lab = shippedLab('voluntary')
const outcomes = (loss: number) => Array.from({ length: 10 }, (_, i) => dialOnce(lab, i + 1, loss))

describe('loss on every line', () => {
  test('1 %: every tunnel is up within 30 s, and every transfer arrives whole', () => {
    for (const { seed, up, ends, fetch, problems } of outcomes(0.01)) {
      assert.ok(up !== undefined && up <= sec(30), `seed ${seed}`)
      assert.deepEqual(problems, [])
      assert.deepEqual(ends, [])
      assert.equal(fetch?.ok, true)
    }
  })

  test('10 %: the tunnels are up within 90 s; what a transfer delivers is right', () => {
    const all = outcomes(0.1)
    assert.ok(all.filter(({ up }) => up !== undefined && up <= sec(90)).length * 100 >= 95 * all.length)
    assert.deepEqual(
      all.flatMap(({ problems }) => problems),
      [],
    )
    assert.ok(all.some(({ fetch }) => fetch?.ok))
  })

  test('30 %: a tunnel that fails names layer and tries, as many as the RFC allows (RFC 1661 §4.6)', () => {
    const all = outcomes(0.3)
    assert.deepEqual(
      all.flatMap(({ problems }) => problems),
      [],
    )
    const ends = all.filter(({ up }) => up === undefined).flatMap(outcome => outcome.ends)
    assert.ok(ends.some(({ reason, tries }) => reason === 'timeout' && tries === 10))
  })
})
