/** The hash behind the fingerprints: whatever differs in what it is fed, differs in its digest. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { Hash, hashEvent } from '../../src/lab/fingerprint.ts'
import { fc } from '../support/fast-check.ts'

const digest = (feed: (hash: Hash) => void): string => {
  const hash = new Hash()
  feed(hash)
  return hash.digest()
}

describe('the hash of a run', () => {
  test('one bit of any octet changes it', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(7), (bytes, at, bit) => {
        const other = bytes.slice()
        other[at % other.length] ^= 1 << bit
        assert.notEqual(
          digest(h => h.bytes(other)),
          digest(h => h.bytes(bytes)),
        )
      }),
    )
  })
  test('one character of any text changes it, and so does its end', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (text, at) => {
        const i = at % text.length
        const other = text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1)
        const of = (text: string) => digest(h => h.text(text))
        assert.notEqual(of(other), of(text))
        assert.notEqual(of(text.slice(0, -1)), of(text))
        assert.notEqual(of(`${text}\0`), of(text))
      }),
    )
  })
  test('every field of an event counts, in whatever order its layer wrote them', () => {
    const event = { t: 5, node: 'a', event: 'ping-reply', from: '192.0.2.1', seq: 1, rtt: 7, length: 56 } as const
    const of = (event: TraceEvent) => digest(h => hashEvent(h, event))
    assert.equal(of({ length: 56, rtt: 7, seq: 1, from: '192.0.2.1', event: 'ping-reply', node: 'a', t: 5 }), of(event))
    for (const change of [{ t: 6 }, { from: '192.0.2.2' }, { seq: 2 }, { rtt: 8 }, { length: 57 }]) {
      assert.notEqual(of({ ...event, ...change }), of(event))
    }
  })
})
