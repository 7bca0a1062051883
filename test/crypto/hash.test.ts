import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import { concat, fromAscii, hex } from '../../src/base/bytes.ts'
import { md5, sha1 } from '../../src/crypto/hash.ts'
import { fc } from '../support/fast-check.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

describe('MD5', () => {
  for (const [text, expected] of [
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
    [LETTERS, 'c3fcd3d76192e4007dfb496cca67e13b'],
    [`${LETTERS.toUpperCase()}${LETTERS}0123456789`, 'd174ab98d277d9f5a5611c2c9f419d9f'],
    ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
  ]) {
    test(`of "${text}" (RFC 1321 A.5)`, () => {
      assert.equal(hex(md5(fromAscii(text))), expected)
    })
  }

  test('agrees with Node on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        assert.equal(hex(md5(bytes)), createHash('md5').update(bytes).digest('hex'))
      }),
    )
  })
})

describe('SHA-1', () => {
  for (const [title, text, expected] of [
    ['"abc"', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    [
      '448 bits',
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
    ],
    ['a million times "a"', 'a'.repeat(1_000_000), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ]) {
    test(`of ${title} (FIPS 180, examples)`, () => {
      assert.equal(hex(sha1(fromAscii(text))), expected)
    })
  }

  test('agrees with Node and with noble at every length up to three blocks', () => {
    for (let length = 0; length <= 192; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => 11 * i + length)
      const ours = hex(sha1(bytes))
      assert.equal(ours, createHash('sha1').update(bytes).digest('hex'), `${length} octets`)
      assert.equal(ours, hex(nobleSha1(bytes)), `${length} octets`)
    }
  })

  test('of several parts is that of all of them in a row', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 }), parts => {
        assert.equal(hex(sha1(...parts)), hex(sha1(concat(...parts))))
      }),
    )
  })

  test('agrees with Node on any bytes, also in the middle of a buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(20), (bytes, skip) => {
        const view = bytes.subarray(skip)
        assert.equal(hex(sha1(view)), createHash('sha1').update(view).digest('hex'))
      }),
    )
  })
})
