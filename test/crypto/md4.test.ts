import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, hex } from '../../src/base/bytes.ts'
import { compress, digest, initialise, md4 } from '../../src/crypto/md4.ts'

const DIGITS = '1234567890'.repeat(8)
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

describe('MD4', () => {
  for (const [text, expected] of [
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    [LETTERS, 'd79e1c308aa5bbcdeea8ed63df412da9'],
    [`${LETTERS.toUpperCase()}${LETTERS}0123456789`, '043f8582f241db351ce627e153e7f0e4'],
    [DIGITS, 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ]) {
    test(`of "${text}" (RFC 1320 A.5)`, () => {
      assert.equal(hex(md4(fromAscii(text))), expected)
    })
  }

  // Every length around the ends of blocks, against values from an independent implementation.
  test('of 0, 1, 2 … octets up to 200, hashed together', () => {
    let all = new Uint8Array(0)
    for (let length = 0; length <= 200; length++) {
      const next = new Uint8Array(all.length + 16)
      next.set(all)
      next.set(md4(Uint8Array.from({ length }, (_, i) => 7 * i + length)), all.length)
      all = next
    }
    assert.equal(hex(md4(all)), ALL_LENGTHS)
  })

  test('does not look beyond the view that it is given', () => {
    const bytes = fromAscii('xxabcyy').subarray(2, 5)
    assert.equal(hex(md4(bytes)), 'a448017aaf21d8525fc10ae87aa6729d')
  })

  test("works on a caller's own block and state, which another hash in between does not disturb", () => {
    const state = new Int32Array(4)
    const block = new Int32Array(16)
    block.set([0x80636261 | 0])
    block[14] = 24
    initialise(state)
    md4(fromAscii('something else'))
    compress(state, block)
    assert.equal(hex(digest(state)), 'a448017aaf21d8525fc10ae87aa6729d')
  })
})

const ALL_LENGTHS = 'd2949327338891198136db76bff41f2f'
