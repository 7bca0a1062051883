import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SmallMap } from '../../src/base/small-map.ts'
import { fc } from '../support/fast-check.ts'

describe('a small map', () => {
  const key = fc.nat(20)
  const step = fc.oneof(
    fc.record({ does: fc.constant('set' as const), key, value: fc.nat() }),
    fc.record({ does: fc.constant('delete' as const), key }),
  )

  test('who deletes while he goes through it meets every entry once, and none that is gone', () => {
    for (const count of [1, 4, 8, 9]) {
      const map = new SmallMap<number, number>()
      for (let i = 0; i < count; i++) map.set(i, i)
      const seen: number[] = []
      for (const [key] of map) {
        seen.push(key)
        map.delete(key)
        if (key === 1) map.delete(2)
      }
      assert.deepEqual(
        seen,
        [0, 1, 2, 3, 4, 5, 6, 7, 8].slice(0, count).filter(key => key !== 2),
      )
      assert.equal(map.size, 0)
    }
  })
  test('is a Map, however many entries it has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const map = new SmallMap<number, number>()
        const model = new Map<number, number>()
        for (const one of steps) {
          if (one.does === 'delete') assert.equal(map.delete(one.key), model.delete(one.key))
          else {
            map.set(one.key, one.value)
            model.set(one.key, one.value)
          }
          assert.equal(map.size, model.size)
          assert.deepEqual([...map], [...model])
          assert.deepEqual([...map.values()], [...model.values()])
          for (let k = 0; k <= 20; k++) assert.deepEqual([map.has(k), map.get(k)], [model.has(k), model.get(k)])
        }
      }),
    )
  })
})
