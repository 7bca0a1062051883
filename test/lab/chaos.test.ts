/** Chaos, the short form: four runs of each lab. `npm run test:chaos` makes three hundred. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chaos, chaosLabs } from '../support/chaos.ts'

describe('after random faults and random users the network is at peace', () => {
  for (const [i, lab] of chaosLabs().entries()) {
    test(`${lab.name}, lab ${i}`, () => {
      const results = [1, 2, 3, 4].map(seed => chaos(lab, seed))
      for (const { seed, problems } of results) assert.deepEqual(problems, [], `seed ${seed}`)
      assert.ok(results.some(({ dials }) => dials > 1))
    })
  }

  test('the same seed gives the same chaos, another seed another', () => {
    const [lab] = chaosLabs()
    const [a, b, c] = [7, 7, 8].map(seed => chaos(lab, seed).fingerprint)
    assert.equal(a, b)
    assert.notEqual(a, c)
  })
})
