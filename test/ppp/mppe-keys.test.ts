/** Start keys and session keys of MS-CHAP: the samples of RFC 3079 §2.5. Those of MS-CHAPv2 are in mppe.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import { msChapKeys, msChapV2Keys } from '../../src/ppp/judge.ts'
import { SessionKey } from '../../src/ppp/mppe.ts'
import { getStartKey, keyLength, startKey } from '../../src/ppp/mppe-keys.ts'
import { lmPasswordHash } from '../../src/ppp/mschap.ts'
import { hashNtPasswordHash, ntPasswordHash } from '../../src/ppp/mschapv2.ts'

const PASSWORD = 'clientPass'
const CHALLENGE = unhex('102db5df085d3041')
const LM_HASH = '76a152936096d7830e2390227404afd2'
const HASH_HASH = hashNtPasswordHash(ntPasswordHash(PASSWORD))
const keys = msChapKeys(CHALLENGE, PASSWORD)

describe('MPPE keys from MS-CHAP', () => {
  test('LmPasswordHash (RFC 3079 §2.5, RFC 2433 §A.8)', () => {
    assert.equal(hex(lmPasswordHash(PASSWORD)), LM_HASH)
    assert.equal(hex(lmPasswordHash('MyPw')), '75ba30198e6d1975aad3b435b51404ee')
  })
  test('LmPasswordHash knows no small letters, and fourteen characters at most (RFC 2433 §A.8)', () => {
    assert.equal(hex(lmPasswordHash('CLIENTPASS')), LM_HASH)
    const long = 'abcdefghijklmn'
    assert.equal(hex(lmPasswordHash(`${long}op`)), hex(lmPasswordHash(long)))
    assert.notEqual(hex(lmPasswordHash(long.slice(0, 13))), hex(lmPasswordHash(long)))
  })
  test('GetStartKey of 128 bits: the hash of the hash twice, and the Challenge (RFC 3079 §2.4, §2.5.3)', () => {
    assert.equal(hex(HASH_HASH), '41c00c584bd2d91c4017a2a12fa59f3f')
    assert.equal(hex(getStartKey(CHALLENGE, HASH_HASH)), 'a8947850cfc0acc1d1789fb62ddcddb0')
  })
  for (const [bits, session, section] of [
    [40, 'd1269e538cec4a08', '§2.5.1'],
    [56, 'd10801538cec4a08', '§2.5.2'],
    [128, '59d159bc09f76f1da2a86a28ffec0b1e', '§2.5.3'],
  ] as const) {
    test(`the session key of ${bits} bits (RFC 3079 §2.5) ${section}`, () => {
      assert.equal(hex(new SessionKey(startKey(keys, bits, true), bits).key), session)
    })
  }
  test('keys of 40 and 56 bits come from the LM hash and are those of every session; of 128 from the Challenge (RFC 3079 §2.1, §2.2, §2.3)', () => {
    const later = msChapKeys(unhex('0011223344556677'), PASSWORD)
    for (const bits of [40, 56] as const) {
      assert.equal(hex(startKey(keys, bits, true)), LM_HASH.slice(0, 16))
      assert.deepEqual(startKey(later, bits, true), startKey(keys, bits, true))
    }
    assert.notDeepEqual(startKey(later, 128, true), startKey(keys, 128, true))
  })
  test('keys that a RADIUS server hands over are the start keys themselves', () => {
    const [send, receive] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
    const given = { method: 'start-keys', send, receive } as const
    for (const bits of [40, 56, 128] as const) {
      assert.deepEqual(startKey(given, bits, true), send.slice(0, keyLength(bits)))
      assert.deepEqual(startKey(given, bits, false), receive.slice(0, keyLength(bits)))
    }
  })
  test('both directions have the same key, which MS-CHAPv2 has mended (RFC 3079 §2, §3)', () => {
    const better = msChapV2Keys(PASSWORD, new Uint8Array(24), true)
    for (const bits of [40, 56, 128] as const) {
      assert.deepEqual(startKey(keys, bits, true), startKey(keys, bits, false))
      assert.notDeepEqual(startKey(better, bits, true), startKey(better, bits, false))
      assert.equal(startKey(keys, bits, true).length, keyLength(bits))
      assert.equal(startKey(better, bits, true).length, keyLength(bits))
    }
  })
})
