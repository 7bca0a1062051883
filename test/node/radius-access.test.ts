import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatPrefix, ip, parsePrefix, prefixOf } from '../../src/base/address.ts'
import { concat, fromAscii, hex, toLatin1 } from '../../src/base/bytes.ts'
import { judgementOf, proofAttributes, proofOf, readRoute, unfit, writeRoute } from '../../src/node/radius-access.ts'
import type { ChapProof, Proof } from '../../src/ppp/judge.ts'
import * as A from '../../src/radius/attributes.ts'
import type { Outcome } from '../../src/radius/client.ts'
import { hideKey, hidePassword } from '../../src/radius/secret.ts'
import * as Radius from '../../src/wire/radius.ts'
import { MS, TYPE } from '../../src/wire/radius-attributes.ts'
import { fc } from '../support/fast-check.ts'

const secret = fromAscii('between us')
const authenticator = new Uint8Array(16).fill(9)

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyUser = fc.string({ unit: fc.constantFrom(...'abz\\@.é'), minLength: 1, maxLength: 40 })
const anyPassword = fc.uint8Array({ min: 1, minLength: 1, maxLength: 128 })
const anyProof: fc.Arbitrary<Proof> = fc.oneof(
  fc.record({ method: fc.constant('pap' as const), user: anyUser, password: anyPassword }, { noNullPrototype: true }),
  ...(
    [
      ['chap-md5', 16, 16],
      ['ms-chap', 8, 49],
      ['ms-chap-v2', 16, 49],
    ] as const
  ).map(([method, challenge, response]) =>
    fc.record(
      {
        method: fc.constant(method),
        user: anyUser,
        id: fc.nat(255),
        challenge: bytes(challenge),
        response: bytes(response),
      },
      { noNullPrototype: true },
    ),
  ),
)

const packetOf = (attributes: readonly Radius.Attribute[], code: Radius.Code): Radius.Radius => {
  const parsed = Radius.parse(Radius.write({ code, id: 1, authenticator, attributes }))
  assert.ok(parsed.ok)
  return parsed.value
}

describe('the proof of a caller', () => {
  test('is for the RADIUS server what it was for the office, whatever the method (RFC 2865 §5.2, §5.3, RFC 2548 §2)', () => {
    fc.assert(
      fc.property(anyProof, proof => {
        const made = proofAttributes(proof, authenticator, secret)
        const packet = packetOf(made, 'access-request')
        const written = Radius.write({ code: 'access-request', id: 1, authenticator, attributes: made })
        assert.deepEqual(proofOf(packet, written, secret), proof)
      }),
    )
  })
  test('with the challenge in the Request Authenticator is read too (RFC 2865 §5.3)', () => {
    const attributes = [A.text(TYPE.userName, 'ann'), A.octets(TYPE.chapPassword, new Uint8Array(17).fill(4))]
    const packet = packetOf(attributes, 'access-request')
    const proof = proofOf(packet, new Uint8Array(20), secret) as ChapProof
    assert.deepEqual([proof.method, proof.id, hex(proof.challenge)], ['chap-md5', 4, hex(authenticator)])
  })
  test('that is none, or not whole, is none', () => {
    const name = A.text(TYPE.userName, 'ann')
    for (const attributes of [
      [],
      [name],
      [A.octets(TYPE.chapPassword, new Uint8Array(17))],
      [name, A.octets(TYPE.chapPassword, new Uint8Array(16))],
      [name, A.octets(TYPE.userPassword, new Uint8Array(15))],
      [name, A.microsoft(MS.chap2Response, new Uint8Array(50))],
      [name, A.microsoft(MS.chapChallenge, new Uint8Array(16)), A.microsoft(MS.chap2Response, new Uint8Array(49))],
    ]) {
      const packet = packetOf(attributes, 'access-request')
      assert.equal(proofOf(packet, new Uint8Array(20), secret), undefined)
    }
  })
  test('that does not fit into RADIUS is refused without asking (RFC 2865 §5.1, §5.2)', () => {
    const password = fromAscii('p')
    assert.equal(unfit({ method: 'pap', user: 'ann', password }), undefined)
    assert.match(unfit({ method: 'pap', user: '', password }) ?? '', /no user name/)
    assert.match(unfit({ method: 'pap', user: 'x'.repeat(254), password }) ?? '', /too long/)
    assert.match(unfit({ method: 'pap', user: 'ann', password: new Uint8Array(129) }) ?? '', /too long/)
  })
  test('with a response of another size than its method has is refused without asking (RFC 2865 §5.3, RFC 2548 §2)', () => {
    for (const [method, right] of [
      ['chap-md5', 16],
      ['ms-chap', 49],
      ['ms-chap-v2', 49],
    ] as const) {
      for (const length of [1, 15, 16, 48, 49, 50, 255]) {
        const proof = { method, user: 'ann', id: 1, challenge: new Uint8Array(16), response: new Uint8Array(length) }
        assert.equal(unfit(proof) === undefined, length === right, `${method} ${length}`)
      }
    }
  })
})

describe('limits of an Access-Accept', () => {
  const limits = (type: number, seconds: number) => {
    const packet = packetOf([A.number(type, seconds)], 'access-accept')
    const proof: Proof = { method: 'pap', user: 'ann', password: secret }
    const { accepted } = judgementOf({ answered: true, packet, authenticator, secret }, proof, true)
    return [accepted?.grant.session, accepted?.grant.idle, accepted?.interim]
  }
  test('are seconds (RFC 2865 §5.27, §5.28, RFC 2869 §5.16)', () => {
    assert.deepEqual(limits(TYPE.sessionTimeout, 30), [30e9, undefined, undefined])
    assert.deepEqual(limits(TYPE.idleTimeout, 30), [undefined, 30e9, undefined])
    assert.deepEqual(limits(TYPE.acctInterimInterval, 30), [undefined, undefined, 30e9])
  })
  test('of zero, or beyond what virtual time has, are none', () => {
    for (const seconds of [0, 0xffffffff]) {
      for (const type of [TYPE.sessionTimeout, TYPE.idleTimeout, TYPE.acctInterimInterval])
        assert.deepEqual(limits(type, seconds), [undefined, undefined, undefined])
    }
  })
})

describe('keys', () => {
  const accepted = (...attributes: Radius.Attribute[]): Outcome => ({
    answered: true,
    packet: packetOf(attributes, 'access-accept'),
    authenticator,
    secret,
  })
  const msChap: Proof = {
    method: 'ms-chap',
    user: 'ann',
    id: 3,
    challenge: new Uint8Array(8),
    response: new Uint8Array(49),
  }

  test('of MS-CHAPv2 are those of MS-MPPE-Send-Key and -Recv-Key, the NAS’s sending and receiving (RFC 2548 §2.4.2, §2.4.3)', () => {
    const proof: Proof = { ...msChap, method: 'ms-chap-v2', challenge: new Uint8Array(16) }
    const [send, receive] = [1, 2].map(octet => new Uint8Array(16).fill(octet))
    const outcome = accepted(
      A.microsoft(MS.chap2Success, concat(Uint8Array.of(3), fromAscii(`S=${'A'.repeat(40)}`))),
      A.microsoft(MS.mppeRecvKey, hideKey(receive, Uint8Array.of(0x80, 2), secret, authenticator)),
      A.microsoft(MS.mppeSendKey, hideKey(send, Uint8Array.of(0x80, 1), secret, authenticator)),
    )
    const { verdict } = judgementOf(outcome, proof, true)
    assert.deepEqual(verdict.granted && verdict.keys, { method: 'start-keys', send, receive })
  })
  test('of MS-CHAP are in MS-CHAP-MPPE-Keys, hidden as a password: LM key, NT key, eight zeros (RFC 2548 §2.4.1)', () => {
    const lmPasswordHash = new Uint8Array(8).fill(5)
    // Zeros at the end are no less a part of the key than other octets.
    const passwordHashHash = Uint8Array.from([...new Uint8Array(14).fill(6), 0, 0])
    const plain = concat(lmPasswordHash, passwordHashHash, new Uint8Array(8))
    const hidden = A.microsoft(MS.chapMppeKeys, hidePassword(plain, secret, authenticator))
    const { verdict } = judgementOf(accepted(hidden), msChap, true)
    const keys = { method: 'ms-chap', challenge: msChap.challenge, lmPasswordHash, passwordHashHash }
    assert.deepEqual(verdict.granted && verdict.keys, keys)
  })
  test('that are too short are none', () => {
    const short = A.microsoft(MS.mppeSendKey, hideKey(new Uint8Array(8), Uint8Array.of(0x80, 1), secret, authenticator))
    const { verdict } = judgementOf(accepted(short), msChap, true)
    assert.deepEqual(verdict, { granted: true })
  })
})

describe('Framed-Route (RFC 2865 §5.22)', () => {
  test('any network is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(32), (address, length) => {
        const prefix = prefixOf(address as never, length)
        assert.deepEqual(readRoute(fromAscii(writeRoute(prefix))), prefix)
      }),
    )
  })
  test('a network without its length has that of its class, and what is none is none', () => {
    const read = (text: string) => {
      const prefix = readRoute(fromAscii(text))
      return prefix && formatPrefix(prefix)
    }
    assert.equal(read('10.0.0.0 10.0.0.1 1'), '10.0.0.0/8')
    assert.equal(read('172.16.0.0'), '172.16.0.0/16')
    assert.equal(read('192.168.1.0 192.168.1.1 1 2 -1 3 400'), '192.168.1.0/24')
    assert.equal(read('192.168.1.7/24 0.0.0.0 1'), '192.168.1.0/24')
    assert.deepEqual(['', 'default', '10.0.0.0/33', '1.2.3'].map(read), [undefined, undefined, undefined, undefined])
  })
})

test('what is refused says so in words for both sides', () => {
  const silent: Outcome = { answered: false, tries: 3, detail: 'Nobody answers.' }
  const proof: Proof = { method: 'pap', user: 'ann', password: fromAscii('p') }
  const { verdict } = judgementOf(silent, proof, true)
  assert.deepEqual(verdict, { granted: false, error: 691, retry: false, detail: 'Nobody answers.' })
  assert.equal(toLatin1(fromAscii('é')), 'é')
  assert.deepEqual([parsePrefix('10.0.0.0/8')?.network], [ip('10.0.0.0')])
})
