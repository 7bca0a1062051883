import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import * as Mppe from '../../src/wire/mppe.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'

const any: fc.Arbitrary<Mppe.Mppe> = fc.record(
  {
    flushed: fc.boolean(),
    bitB: fc.boolean(),
    bitC: fc.boolean(),
    encrypted: fc.boolean(),
    coherencyCount: fc.nat(0xfff),
    payload: fc.uint8Array({ maxLength: 40 }),
  },
  { noNullPrototype: true },
)

const packet = { flushed: false, bitB: false, bitC: false, encrypted: true, coherencyCount: 0 }

codecContract(
  'MPPE header (RFC 3078 §3)',
  Mppe,
  any,
  [
    {
      title: 'stateless: FLUSHED in every packet, count 0',
      hex: '9000 abcdef',
      value: { ...packet, flushed: true, payload: unhex('abcdef') },
    },
    {
      title: 'stateful: count 255 is a flag packet',
      hex: '90ff ab',
      value: { ...packet, flushed: true, coherencyCount: 255, payload: unhex('ab') },
    },
    {
      title: 'not encrypted, MPPC bits, highest count',
      hex: '6fff',
      value: {
        flushed: false,
        bitB: true,
        bitC: true,
        encrypted: false,
        coherencyCount: 4095,
        payload: new Uint8Array(0),
      },
    },
  ],
  false,
)

describe('MPPE header in place', () => {
  test('refuses less than two octets', () => {
    for (const length of [0, 1]) assert.equal(Mppe.parse(new Uint8Array(length)).ok, false)
    assert.match(String(Mppe.describe(new Uint8Array(1), 0).problem), /two octets/)
  })

  test('accessors and writeHeader agree with parse, and touch only their two octets', () => {
    fc.assert(
      fc.property(fc.nat(0xfff), fc.boolean(), fc.nat(5), (count, flushed, at) => {
        const bytes = new Uint8Array(at + 4).fill(0x55)
        Mppe.writeHeader(bytes, at, flushed ? Mppe.FLUSHED : 0, count)
        const parsed = Mppe.parse(bytes.subarray(at))
        assert.ok(parsed.ok)
        assert.deepEqual(parsed.value, {
          flushed,
          bitB: false,
          bitC: false,
          encrypted: true,
          coherencyCount: count,
          payload: unhex('5555'),
        })
        assert.equal(Mppe.coherencyCount(bytes, at), count)
        assert.equal(Mppe.isFlushed(bytes, at), flushed)
        assert.equal(Mppe.isEncrypted(bytes, at), true)
        assert.equal(hex(bytes.subarray(0, at)), '55'.repeat(at))
      }),
    )
  })

  test('describes itself', () => {
    assert.equal(Mppe.describe(unhex('90ff00'), 0).text, 'MPPE, count 255, flushed, encrypted')
    assert.equal(Mppe.describe(unhex('0001'), 0).text, 'MPPE, count 1, not encrypted')
  })
})
