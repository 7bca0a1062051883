import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { fromAscii, hex, toLatin1, unhex } from '../../src/base/bytes.ts'
import { hmacMd5 } from '../../src/crypto/hmac-md5.ts'
import {
  hideKey,
  hidePassword,
  isAccountingRequest,
  isResponseTo,
  judgeProof,
  revealKey,
  revealPassword,
  signAccess,
  signAccounting,
  signResponse,
} from '../../src/radius/secret.ts'
import * as Radius from '../../src/wire/radius.ts'
import { IETF, TYPE } from '../../src/wire/radius-attributes.ts'
import { fc } from '../support/fast-check.ts'
import { flopsy, mopsy, nemo, SECRET } from '../wire/radius-golden.ts'

const secret = fromAscii(SECRET)
const requestAuthenticator = (request: string) => unhex(request).slice(4, 20)
const anySecret = fc.uint8Array({ minLength: 1, maxLength: 40 })
const anyAuthenticator = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('User-Password', () => {
  for (const [user, { request, password }] of Object.entries({ nemo, mopsy })) {
    test(`of ${user} is hidden as in the example (RFC 2865 §5.2, §7)`, () => {
      const parsed = Radius.parse(unhex(request))
      assert.ok(parsed.ok)
      const hidden = Radius.find(parsed.value, TYPE.userPassword) as Uint8Array
      const authenticator = requestAuthenticator(request)
      assert.equal(hex(hidePassword(fromAscii(password), secret, authenticator)), hex(hidden))
      assert.equal(toLatin1(revealPassword(hidden, secret, authenticator) ?? new Uint8Array(0)), password)
    })
  }
  test('of up to 128 octets, in blocks of sixteen, one at least (RFC 2865 §5.2)', () => {
    const authenticator = new Uint8Array(16)
    const lengths = [0, 1, 16, 17, 128].map(n => hidePassword(new Uint8Array(n).fill(65), secret, authenticator).length)
    assert.deepEqual(lengths, [16, 16, 16, 32, 128])
    assert.throws(() => hidePassword(new Uint8Array(129), secret, authenticator), RangeError)
  })
  test('what is no row of blocks is none (RFC 2865 §5.2)', () => {
    for (const length of [0, 1, 15, 17, 144])
      assert.equal(revealPassword(new Uint8Array(length), secret, new Uint8Array(16)), undefined)
  })
  test('any comes back, and is not to be seen (RFC 2865 §5.2)', () => {
    const printable = fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 128 })
    fc.assert(
      fc.property(printable, anySecret, anyAuthenticator, (password, key, authenticator) => {
        const hidden = hidePassword(password, key, authenticator)
        assert.deepEqual(revealPassword(hidden, key, authenticator), password)
        if (password.length > 3) assert.ok(!hex(hidden).includes(hex(password)))
      }),
    )
  })
})

describe('MS-MPPE-Send-Key and MS-MPPE-Recv-Key', () => {
  const salt = unhex('8001')
  test('any key comes back from its salt and its chain of MD5 (RFC 2548 §2.4.2)', () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(key, anySecret, anyAuthenticator, (plain, shared, authenticator) => {
        const value = hideKey(plain, salt, shared, authenticator)
        assert.equal(value.length % 16, 2)
        assert.deepEqual(revealKey(value, shared, authenticator), plain)
      }),
    )
  })
  test('a salt without its first bit is refused (RFC 2548 §2.4.2)', () => {
    const value = hideKey(new Uint8Array(16), salt, secret, new Uint8Array(16))
    value[0] &= 0x7f
    assert.equal(revealKey(value, secret, new Uint8Array(16)), undefined)
  })
  test('a value of another length, or a key longer than its room, is refused (RFC 2548 §2.4.2)', () => {
    for (const length of [0, 1, 2, 17, 19]) {
      assert.equal(revealKey(new Uint8Array(length).fill(0x80), secret, new Uint8Array(16)), undefined, String(length))
    }
    const value = hideKey(new Uint8Array(16), salt, secret, new Uint8Array(16))
    value[2] ^= 0xff
    assert.equal(revealKey(value, secret, new Uint8Array(16)), undefined)
  })
})

describe('authenticators', () => {
  for (const [title, answer, request] of [
    ['nemo may', nemo.accept, nemo.request],
    ['flopsy may', flopsy.accept, flopsy.request],
    ['mopsy is challenged', mopsy.challenge, mopsy.request],
    ['mopsy may not', mopsy.reject, mopsy.answer],
  ]) {
    test(`the Response Authenticator of the example: ${title} (RFC 2865 §3, §7)`, () => {
      const authenticator = requestAuthenticator(request)
      assert.equal(isResponseTo(unhex(answer), authenticator, secret), true)
      assert.equal(isResponseTo(unhex(answer), authenticator, fromAscii('another')), false)
      authenticator[3] ^= 1
      assert.equal(isResponseTo(unhex(answer), authenticator, secret), false)
    })
  }
  test('an answer of ours is one to its request and proves itself (RFC 2865 §3, RFC 2869 §5.14)', () => {
    fc.assert(
      fc.property(anySecret, anyAuthenticator, fc.nat(255), (key, request, id) => {
        const attributes = [{ vendor: IETF, type: TYPE.replyMessage, value: fromAscii('hello') }]
        const bytes = signResponse({ code: 'access-accept', id, authenticator: request, attributes }, request, key)
        assert.equal(isResponseTo(bytes, request, key), true)
        assert.equal(judgeProof(bytes, request, key), 'right')
        bytes[bytes.length - 1] ^= 1
        assert.equal(isResponseTo(bytes, request, key), false)
        assert.equal(judgeProof(bytes, request, key), 'wrong')
      }),
    )
  })
  test('an Access-Request of ours proves itself; one without says so (RFC 2869 §5.14)', () => {
    const authenticator = new Uint8Array(16).fill(7)
    const packet: Radius.Radius = { code: 'access-request', id: 1, authenticator, attributes: [] }
    const bytes = signAccess(packet, secret)
    assert.equal(judgeProof(bytes, authenticator, secret), 'right')
    assert.equal(judgeProof(bytes, authenticator, fromAscii('another')), 'wrong')
    assert.equal(judgeProof(Radius.write(packet), authenticator, secret), 'absent')
    const short = Radius.write({
      ...packet,
      attributes: [{ vendor: IETF, type: TYPE.messageAuthenticator, value: new Uint8Array(15) }],
    })
    assert.equal(judgeProof(short, authenticator, secret), 'wrong')
  })
  test('the Request Authenticator of an Accounting-Request is made with zeros (RFC 2866 §3)', () => {
    const bytes = signAccounting({ code: 'accounting-request', id: 4, attributes: [] }, secret)
    assert.equal(isAccountingRequest(bytes, secret), true)
    assert.equal(isAccountingRequest(bytes, fromAscii('another')), false)
  })
})

describe('HMAC-MD5', () => {
  test('the vectors (RFC 2202 §2)', () => {
    const key = new Uint8Array(16).fill(0x0b)
    assert.equal(hex(hmacMd5(key, fromAscii('Hi There'))), '9294727a3638bb1c13f48ef8158bfc9d')
    const known = hmacMd5(fromAscii('Jefe'), fromAscii('what do ya want for nothing?'))
    assert.equal(hex(known), '750c783e6ab0b503eaa86e310a5db738')
    const long = new Uint8Array(80).fill(0xaa)
    assert.equal(
      hex(hmacMd5(long, fromAscii('Test Using Larger Than Block-Size Key - Hash Key First'))),
      '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd',
    )
  })
  test('is what Node says of any key and text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 150 }), (key, bytes) => {
        assert.equal(hex(hmacMd5(key, bytes)), createHmac('md5', key).update(bytes).digest('hex'))
      }),
    )
  })
})
