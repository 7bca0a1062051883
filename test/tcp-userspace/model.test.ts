/** Two hundred seeds of the model; `npm run test:deep` runs twenty thousand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runModel } from '../support/tcp-model.ts'

for (let first = 1; first <= 200; first += 50) {
  test(`whatever users and lines do, the streams arrive and both ends close: seeds ${first} to ${first + 49}`, () => {
    for (let seed = first; seed < first + 50; seed++) {
      assert.deepEqual(runModel(seed).problems, [], `npm run test:deep -- ${seed}`)
    }
  })
}

test('the same seed gives the same run', () => {
  for (const seed of [1, 7, 77]) assert.deepEqual(runModel(seed), runModel(seed))
})
