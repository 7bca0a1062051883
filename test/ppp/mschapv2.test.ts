import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import { desKey } from '../../src/crypto/des.ts'
import * as MsChapV2 from '../../src/ppp/mschapv2.ts'

// RFC 2759 §9.2
const USER = 'User'
const PASSWORD = 'clientPass'
const AUTHENTICATOR_CHALLENGE = unhex('5b5d7c7d7b3f2f3e3c2c602132262628')
const PEER_CHALLENGE = unhex('21402324255e262a28295f2b3a337c7e')
const NT_RESPONSE = unhex('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df')
const AUTHENTICATOR_RESPONSE = 'S=407A5589115FD0D6209F510FE9C04566932CDA56'

const check = (received: string, user = USER, password = PASSWORD): boolean =>
  MsChapV2.checkAuthenticatorResponse(password, NT_RESPONSE, PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, user, received)

describe('MS-CHAPv2', () => {
  test('ChallengeHash of the example (RFC 2759 §8.2, §9.2)', () => {
    assert.equal(hex(MsChapV2.challengeHash(PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, USER)), 'd02e4386bce91226')
  })

  test('the domain before the user name stays out of the hash (RFC 2759 §8.2)', () => {
    const hash = (name: string): string => hex(MsChapV2.challengeHash(PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, name))
    assert.equal(hash('BIGCO\\User'), 'd02e4386bce91226')
    assert.notEqual(hash('user'), 'd02e4386bce91226')
  })

  test('NtPasswordHash and HashNtPasswordHash of the example (RFC 2759 §8.3, §8.4, §9.2)', () => {
    const hash = MsChapV2.ntPasswordHash(PASSWORD)
    assert.equal(hex(hash), '44ebba8d5312b8d611474411f56989ae')
    assert.equal(hex(MsChapV2.hashNtPasswordHash(hash)), '41c00c584bd2d91c4017a2a12fa59f3f')
  })

  test('a password is UTF-16 with the least significant octet first (RFC 2759 §8.3)', () => {
    // MD4 of ac 20 3d d8 00 de, from an independent implementation: a unit above 255 and a surrogate pair.
    assert.equal(hex(MsChapV2.ntPasswordHash('€😀')), EURO_AND_FACE)
    assert.equal(hex(MsChapV2.ntPasswordHash('')), '31d6cfe0d16ae931b73c59d7e0c089c0')
  })

  test('a password has 0 to 256 characters (RFC 2759 §8.3)', () => {
    assert.equal(MsChapV2.ntPasswordHash('x'.repeat(256)).length, 16)
    assert.throws(() => MsChapV2.ntPasswordHash('x'.repeat(257)), RangeError)
  })

  test('GenerateNTResponse of the example (RFC 2759 §8.1, §8.5, §9.2)', () => {
    assert.equal(
      hex(MsChapV2.generateNtResponse(AUTHENTICATOR_CHALLENGE, PEER_CHALLENGE, USER, PASSWORD)),
      hex(NT_RESPONSE),
    )
  })

  test('GenerateAuthenticatorResponse of the example (RFC 2759 §8.7, §9.2)', () => {
    assert.equal(
      MsChapV2.generateAuthenticatorResponse(PASSWORD, NT_RESPONSE, PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, USER),
      AUTHENTICATOR_RESPONSE,
    )
  })

  test('CheckAuthenticatorResponse knows the right answer from any other (RFC 2759 §8.8)', () => {
    assert.equal(check(AUTHENTICATOR_RESPONSE), true)
    assert.equal(check(AUTHENTICATOR_RESPONSE, 'BIGCO\\User'), true)
    assert.equal(check(AUTHENTICATOR_RESPONSE, 'Other'), false)
    assert.equal(check(AUTHENTICATOR_RESPONSE, USER, 'clientpass'), false)
    assert.equal(check(AUTHENTICATOR_RESPONSE.replace('407A', '407B')), false)
    assert.equal(check(AUTHENTICATOR_RESPONSE.slice(0, -1)), false)
    assert.equal(check(''), false)
  })

  test('DES keys of the password hash of "MyPw" (RFC 2759 §9.3)', () => {
    const hash = MsChapV2.ntPasswordHash('MyPw')
    assert.equal(hex(hash), 'fc156af7edcd6c0edde3337d427f4eac')
    assert.equal(hex(desKey(hash.subarray(0, 7))), 'fd0b5b5e7f6e34d9')
    assert.equal(hex(desKey(hash.subarray(7, 14))), '0e6e796737ea08fe')
  })
})

const EURO_AND_FACE = '612309ba9777a62d0820834058d3621f'
