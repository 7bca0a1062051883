import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HandedOn } from '../../src/pptp/handed-on.ts'
import { fc } from '../support/fast-check.ts'

describe('which numbers have been handed on', () => {
  // Gaps as a tunnel makes them: none, a few, more than are remembered; and numbers of before that come late.
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ does: fc.constant('next' as const), count: fc.integer({ min: 1, max: 100 }) }),
    },
    fc.record({ does: fc.constant('skip' as const), count: fc.oneof(fc.nat(40), fc.integer({ min: 60, max: 130 })) }),
    fc.record({ does: fc.constant('late' as const), count: fc.integer({ min: 1, max: 64 }) }),
  )

  test('a set of numbers says the same, over the wrap of the sequence numbers too', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2 ** 31 - 50, 2 ** 32 - 100),
        fc.array(step, { maxLength: 12, size: 'max' }),
        (first, steps) => {
          const handedOn = new HandedOn(64)
          const model = new Set<number>()
          let expected = first
          const add = (sequence: number): void => {
            handedOn.add(sequence)
            model.add(sequence)
          }
          add(expected)
          expected = (expected + 1) >>> 0
          for (const { does, count } of steps) {
            if (does === 'late') add((expected - count) >>> 0)
            if (does === 'skip') {
              handedOn.skip(expected, count)
              expected = (expected + count) >>> 0
            }
            // A gap ends with a packet.
            for (let n = 0; n < (does === 'next' ? count : does === 'skip' ? 1 : 0); n++) {
              add(expected)
              expected = (expected + 1) >>> 0
            }
            for (let back = 1; back <= handedOn.span; back++) {
              const sequence = (expected - back) >>> 0
              assert.equal(handedOn.has(sequence), model.has(sequence), `${sequence}, ${back} back`)
            }
          }
        },
      ),
    )
  })
})
