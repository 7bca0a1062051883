import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromUtf8, toUtf8 } from '../../src/base/utf8.ts'
import { fc } from '../support/fast-check.ts'

describe('UTF-8', () => {
  test('agrees with the host on any text, broken surrogates included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.deepEqual(toUtf8(text), new TextEncoder().encode(text))
      }),
    )
    assert.deepEqual(toUtf8('a\ud800b'), new TextEncoder().encode('a\ud800b'))
  })

  test('reads back what it writes', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => fromUtf8(toUtf8(text)) === text))
    assert.equal(fromUtf8(toUtf8('é€😀')), 'é€😀')
  })

  test('refuses just what the host refuses (RFC 3629 §4)', () => {
    const refused = (bytes: Uint8Array): boolean => fromUtf8(bytes).includes('\ufffd')
    const host = (bytes: Uint8Array): boolean =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).includes('\ufffd')
    const byte = fc.oneof(fc.constantFrom(0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5), fc.nat(255))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), values => {
        const bytes = Uint8Array.from(values)
        assert.equal(refused(bytes), host(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})
