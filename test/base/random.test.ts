import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../src/base/random.ts'

describe('random streams', () => {
  test('a stream depends on seed and name, not on who drew before', () => {
    const one = seededRandom(7)
    const other = seededRandom(7)
    other.fork('b').uint32()
    other.uint32()
    assert.equal(one.fork('a').fork('x').uint32(), other.fork('a').fork('x').uint32())
    assert.notEqual(seededRandom(7).fork('a').uint32(), seededRandom(8).fork('a').uint32())
    assert.notEqual(one.fork('a').uint32(), one.fork('b').uint32())
    assert.notEqual(one.fork('ab').uint32(), one.fork('ba').uint32())
  })

  test('the first draws never change: recorded runs rely on them', () => {
    const random = seededRandom(1).fork('alice')
    assert.deepEqual([random.uint32(), random.uint32(), random.uint32()], FIRST_DRAWS)
  })

  test('chance is right within five standard deviations', () => {
    const random = seededRandom(3)
    for (const p of [0, 0.01, 0.3, 0.5, 1]) {
      let hits = 0
      for (let n = 0; n < 100_000; n++) if (random.chance(p)) hits++
      assert.ok(Math.abs(hits - p * 100_000) <= 5 * Math.sqrt(100_000 * p * (1 - p)), `${p}: ${hits}`)
    }
  })

  test('below is uniform (chi-square over 7 values) and in range', () => {
    const random = seededRandom(4)
    const counts = new Array<number>(7).fill(0)
    for (let n = 0; n < 70_000; n++) counts[random.below(7)]++
    const chi = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0)
    assert.ok(chi < 22.5, `chi-square ${chi} with 6 degrees of freedom`)
  })

  test('below reaches beyond 32 bits, evenly, and refuses what it cannot draw instead of drawing for ever', () => {
    const random = seededRandom(6)
    const bound = 3 * 2 ** 40
    const thirds = [0, 0, 0]
    for (let n = 0; n < 3000; n++) {
      const draw = random.below(bound)
      assert.ok(Number.isInteger(draw) && draw >= 0 && draw < bound)
      thirds[Math.floor(draw / 2 ** 40)]++
    }
    for (const count of thirds) assert.ok(Math.abs(count - 1000) < 130, `${thirds}`)
    assert.throws(() => random.below(2 ** 54), /cannot be drawn/)
    assert.throws(() => random.below(0), /cannot be drawn/)
  })

  test('bytes are those of the words, whatever the length', () => {
    const long = seededRandom(5).fork('c').bytes(9)
    assert.deepEqual(seededRandom(5).fork('c').bytes(5), long.subarray(0, 5))
    assert.equal(long.length, 9)
  })
})

const FIRST_DRAWS = [3954997886, 3245179399, 460059476]
