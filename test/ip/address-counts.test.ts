import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Ipv4 } from '../../src/base/address.ts'
import { AddressCounts } from '../../src/ip/address-counts.ts'
import { fc } from '../support/fast-check.ts'

describe('addresses that count', () => {
  const step = fc.record({ adds: fc.boolean(), address: fc.nat(12) })

  test('one is there as long as it was added more often than removed, however many there are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const counts = new AddressCounts()
        const model = new Array<number>(13).fill(0)
        for (const { adds, address } of steps) {
          if (!adds && model[address] === 0) continue
          if (adds) counts.add(address as Ipv4)
          else counts.remove(address as Ipv4)
          model[address] += adds ? 1 : -1
          for (const [other, count] of model.entries()) assert.equal(counts.has(other as Ipv4), count > 0)
        }
      }),
    )
  })
})
