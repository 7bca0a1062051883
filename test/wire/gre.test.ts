import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import * as Gre from '../../src/wire/gre.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const maybe = fc.option(uint32, { nil: undefined })
const anyGre: fc.Arbitrary<Gre.Gre> = fc
  .record(
    {
      callId: fc.integer({ min: 0, max: 65535 }),
      sequenceNumber: maybe,
      acknowledgmentNumber: maybe,
      payload: fc.uint8Array({ maxLength: 60 }),
    },
    { noNullPrototype: true },
  )
  .map(gre => (gre.sequenceNumber === undefined ? { ...gre, payload: new Uint8Array(0) } : gre))

codecContract<Gre.Gre>('enhanced GRE (RFC 2637 §4.1)', Gre, anyGre, [
  {
    title: 'a data packet of a Linux client',
    hex: '3001880b0018000000000001ff03c021010100140206000000000506605b9a6607020802',
    value: {
      callId: 0,
      sequenceNumber: 1,
      acknowledgmentNumber: undefined,
      payload: unhex('ff03c021010100140206000000000506605b9a6607020802'),
    },
  },
  {
    title: 'a data packet that acknowledges',
    hex: '3081880b000ad6a10000000200000003c0210900000809c18bd9',
    value: {
      callId: 0xd6a1,
      sequenceNumber: 2,
      acknowledgmentNumber: 3,
      payload: unhex('c0210900000809c18bd9'),
    },
  },
  {
    title: 'a packet that only acknowledges',
    hex: '2081880b000000000000000d',
    value: { callId: 0, sequenceNumber: undefined, acknowledgmentNumber: 13, payload: new Uint8Array(0) },
  },
])

describe('enhanced GRE (RFC 2637 §4.1)', () => {
  const bad = (text: string): unknown => {
    const parsed = Gre.parse(unhex(text))
    return parsed.ok ? 'ok' : parsed.reason
  }
  test('other versions, payloads and flags are refused', () => {
    assert.equal(bad('3000880b0000000000000000'), 'bad-version')
    assert.equal(bad('00000800'), 'bad-version')
    assert.equal(bad('300108000000000000000000'), 'wrong-protocol')
    for (const flags of ['b001', '7001', '1001', '3801', '3101', '3009'])
      assert.equal(bad(`${flags}880b0000000000000000`), 'reserved-bits', flags)
  })
  test('a payload has a sequence number', () => assert.equal(bad('2001880b00010000ff'), 'bad-length'))
  test('what follows the payload is padding', () => {
    const parsed = Gre.parse(unhex('3001880b0001000000000001ffeeee'))
    assert.ok(parsed.ok)
    assert.equal(hex(parsed.value.payload), 'ff')
  })
  test('plain GRE is described as such', () => {
    const seen = Gre.describe(unhex('0000080045000014'), 34)
    assert.equal(seen.text, 'GRE version 0, not PPTP')
    assert.equal(seen.problem, 'not the enhanced GRE of PPTP')
    assert.equal(seen.length, 4)
  })
  test('accessors read at any place what the writer wrote, and a NAT may change the call ID', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(65535), uint32, uint32, (at, id, sequence, acknowledgment) => {
        const b = new Uint8Array(40).fill(0xee)
        assert.equal(Gre.writeHeader(b, at, id, 3, sequence, acknowledgment), 16)
        assert.equal(Gre.check(b, at, at + 19), undefined)
        assert.equal(Gre.check(b, at, at + 18), 'truncated')
        assert.deepEqual(
          [Gre.callId(b, at), Gre.sequenceNumber(b, at), Gre.acknowledgmentNumber(b, at), Gre.payloadLength(b, at)],
          [id, sequence, acknowledgment, 3],
        )
        assert.equal(Gre.writeHeader(b, at, id, 0, -1, acknowledgment), 12)
        assert.equal(Gre.acknowledgmentNumber(b, at), acknowledgment)
        assert.equal(Gre.hasSequence(b, at), false)
      }),
    )
  })
})
