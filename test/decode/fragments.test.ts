import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { hex } from '../../src/base/bytes.ts'
import { type Datagram, Fragments } from '../../src/decode/fragments.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { fc } from '../support/fast-check.ts'

const SECOND = 1_000_000_000n

function packet(id: number, from: number, bytes: Uint8Array, more: boolean): Uint8Array {
  const out = new Uint8Array(Ipv4.HEADER + bytes.length)
  out.set(bytes, Ipv4.HEADER)
  const word = (more ? Ipv4.MF : 0) | (from / 8)
  Ipv4.write(out, 0, out.length, id, word, 64, 47, ip('192.0.2.1'), ip('192.0.2.2'))
  return out
}
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 255)

/** The fragments of a payload, cut at multiples of eight octets. */
function cut(id: number, payload: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...new Set(at.map(n => n * 8).filter(n => n > 0 && n < payload.length))].sort((a, b) => a - b)
  const edges = [0, ...ends, payload.length]
  return edges.slice(1).map((end, i) => packet(id, edges[i], payload.subarray(edges[i], end), end < payload.length))
}
const feed = (fragments: Fragments, packets: readonly Uint8Array[], time = 0n): (Datagram | undefined)[] =>
  packets.map((p, i) => fragments.add(p, time, 100 * i))

describe('fragments of a capture (RFC 791 §3.2)', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 5 })

  test('in any order, doubled or not, they give the datagram they were cut from, when the last has come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 200 }), cuts, fc.infiniteStream(fc.nat()), (length, at, order) => {
        const payload = bytesOf(length)
        const whole = packet(7, 0, payload, false)
        const pieces = cut(7, payload, at)
        if (pieces.length < 2) return
        const shuffled = [...pieces, ...pieces.slice(0, -1)].map(p => ({ p, key: order.next().value }))
        const last = pieces[pieces.length - 1]
        const sequence = [
          ...shuffled
            .sort((a, b) => a.key - b.key)
            .map(s => s.p)
            .filter(p => p !== last),
          last,
        ]
        const results = feed(new Fragments(), sequence)
        assert.deepEqual(
          results.slice(0, -1).filter(r => r !== undefined),
          [],
        )
        const result = results.at(-1)
        assert.equal(hex(result?.bytes ?? new Uint8Array(0)), hex(whole))
        assert.equal(result?.fragments, pieces.length)
        assert.equal(result?.overlap, false)
      }),
    )
  })

  test('datagrams with different identifications do not mix', () => {
    const a = cut(1, bytesOf(40), [2])
    const b = cut(2, bytesOf(48), [3])
    const results = feed(new Fragments(), [a[0], b[0], b[1], a[1]])
    assert.deepEqual(
      results.map(r => r?.bytes.length),
      [undefined, undefined, 68, 60],
    )
  })

  test('where fragments overlap the first octets stand and the datagram is marked', () => {
    const payload = bytesOf(32)
    const other = new Uint8Array(16).fill(0xee)
    const results = feed(new Fragments(), [
      packet(3, 0, payload.subarray(0, 16), true),
      packet(3, 8, other, true),
      packet(3, 24, payload.subarray(24), false),
    ])
    const whole = results[2]?.bytes.subarray(Ipv4.HEADER)
    assert.deepEqual(
      whole,
      Uint8Array.from([...payload.subarray(0, 16), ...other.subarray(8), ...payload.subarray(24)]),
    )
    assert.equal(results[2]?.overlap, true)
  })

  test('what is never completed is named, also when its identification is used again after 30 s', () => {
    const [first, last] = cut(5, bytesOf(40), [2])
    const fragments = new Fragments()
    assert.equal(fragments.add(first, 0n, 24), undefined)
    assert.equal(fragments.add(last, 31n * SECOND, 124), undefined)
    assert.deepEqual(fragments.unfinished(), [24, 124])
    assert.notEqual(fragments.add(first, 32n * SECOND, 224), undefined)
    assert.deepEqual(fragments.unfinished(), [24])
  })

  test('a datagram with octets behind its last ones is never whole', () => {
    const payload = bytesOf(32)
    const results = feed(new Fragments(), [
      packet(4, 16, payload.subarray(16), true),
      packet(4, 8, payload.subarray(8, 16), false),
      packet(4, 0, payload.subarray(0, 8), true),
    ])
    assert.deepEqual(results, [undefined, undefined, undefined])
  })

  test('a datagram of more than 65535 octets is not put together', () => {
    const big = new Uint8Array(65_000)
    const results = feed(new Fragments(), [packet(9, 0, big, true), packet(9, 65_000, bytesOf(600), false)])
    assert.deepEqual(results, [undefined, undefined])
  })
})
