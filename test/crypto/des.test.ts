import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { describe, test } from 'node:test'
import { concat, hex, unhex } from '../../src/base/bytes.ts'
import { desEncrypt, desKey } from '../../src/crypto/des.ts'
import { fc } from '../support/fast-check.ts'
import { goldenLines } from '../support/golden.ts'

const NO_BITS = '0101010101010101'
const ZERO = '0000000000000000'

/** The words of one table of the file. */
function table(name: string): string[] {
  const lines = goldenLines('des-nist.txt')
  const from = lines.indexOf(`table ${name}`) + 1
  const end = lines.findIndex((line, at) => at >= from && line.startsWith('table '))
  return lines.slice(from, end < 0 ? undefined : end).flatMap(line => line.toLowerCase().split(' '))
}

function check(key: string, plaintext: string, ciphertext: string): void {
  assert.equal(hex(desEncrypt(unhex(plaintext), unhex(key))), ciphertext, `key ${key}, plaintext ${plaintext}`)
}

/** Node has no DES any more, but triple DES with one key three times is the same. */
function nodeDes(block: Uint8Array, key: Uint8Array): string {
  const cipher = createCipheriv('des-ede3-ecb', concat(key, key, key), null)
  cipher.setAutoPadding(false)
  return cipher.update(block, undefined, 'hex') + cipher.final('hex')
}

const eight = fc.uint8Array({ minLength: 8, maxLength: 8 })
const seven = fc.uint8Array({ minLength: 7, maxLength: 7 })

describe('DES', () => {
  test('64 variable plaintexts (NIST SP 500-20)', () => {
    const ciphertexts = table('variable-plaintext')
    assert.equal(ciphertexts.length, 64)
    for (let bit = 0; bit < 64; bit++) {
      const plaintext = new Uint8Array(8)
      plaintext[bit >>> 3] = 0x80 >>> (bit & 7)
      check(NO_BITS, hex(plaintext), ciphertexts[bit])
      // 0101… is a weak key: to encrypt twice is to do nothing.
      check(NO_BITS, ciphertexts[bit], hex(plaintext))
    }
  })

  test('56 variable keys (NIST SP 500-20)', () => {
    const ciphertexts = table('variable-key')
    assert.equal(ciphertexts.length, 56)
    for (let bit = 0; bit < 56; bit++) {
      const key = unhex(NO_BITS)
      key[Math.floor(bit / 7)] = 0x80 >>> (bit % 7)
      check(hex(key), ZERO, ciphertexts[bit])
    }
  })

  test('32 permutation operations (NIST SP 500-20)', () => {
    const words = table('permutation')
    assert.equal(words.length, 2 * 32)
    for (let at = 0; at < words.length; at += 2) check(words[at], ZERO, words[at + 1])
  })

  test('19 substitutions (NIST SP 500-20)', () => {
    const words = table('substitution')
    assert.equal(words.length, 3 * 19)
    for (let at = 0; at < words.length; at += 3) check(words[at], words[at + 1], words[at + 2])
  })

  test('agrees with Node on any key and block', () => {
    fc.assert(
      fc.property(eight, eight, (key, block) => {
        assert.equal(hex(desEncrypt(block, key)), nodeDes(block, key))
      }),
    )
  })

  test('does not look at parity bits, nor change what it is given', () => {
    fc.assert(
      fc.property(eight, eight, eight, (key, block, parity) => {
        const other = key.map((octet, i) => octet ^ (parity[i] & 1))
        const before = hex(block) + hex(key)
        assert.equal(hex(desEncrypt(block, key)), hex(desEncrypt(block, other)))
        assert.equal(hex(block) + hex(key), before)
      }),
    )
  })

  test('a key of seven octets loses no bit and gets odd parity', () => {
    fc.assert(
      fc.property(seven, octets => {
        const bits = (bytes: Uint8Array, each: number): string =>
          Array.from(bytes, b => b.toString(2).padStart(8, '0').slice(0, each)).join('')
        const key = desKey(octets)
        assert.equal(bits(key, 7), bits(octets, 8))
        for (const octet of key) assert.equal(octet.toString(2).replaceAll('0', '').length % 2, 1)
      }),
    )
  })
})
