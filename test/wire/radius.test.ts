import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, hex, unhex } from '../../src/base/bytes.ts'
import { dissect, problemsOf } from '../../src/wire/dissect.ts'
import * as Radius from '../../src/wire/radius.ts'
import { IETF, MICROSOFT, MS, TYPE } from '../../src/wire/radius-attributes.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'
import { flopsy, mopsy, nemo } from './radius-golden.ts'

const attribute = (type: number, value: string): Radius.Attribute => ({ vendor: IETF, type, value: unhex(value) })
const text = (type: number, value: string): Radius.Attribute => ({ vendor: IETF, type, value: fromAscii(value) })

const anyAttribute: fc.Arbitrary<Radius.Attribute> = fc.oneof(
  fc.record(
    {
      vendor: fc.constant(IETF),
      type: fc.integer({ min: 1, max: 255 }).filter(type => type !== TYPE.vendorSpecific),
      value: fc.uint8Array({ maxLength: 60 }),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      vendor: fc.constantFrom(MICROSOFT, 9, 0xffffffff),
      type: fc.nat(255),
      value: fc.uint8Array({ maxLength: 60 }),
    },
    { noNullPrototype: true },
  ),
)
const any: fc.Arbitrary<Radius.Radius> = fc.record(
  {
    code: fc.constantFrom(...(Object.keys(Radius.CODES) as Radius.Code[])),
    id: fc.nat(255),
    authenticator: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    attributes: fc.array(anyAttribute, { maxLength: 12 }),
  },
  { noNullPrototype: true },
)

codecContract<Radius.Radius>('RADIUS', Radius, any, [
  {
    title: 'nemo wants in (RFC 2865 §7.1)',
    hex: nemo.request,
    value: {
      code: 'access-request',
      id: 0,
      authenticator: unhex('0f403f9473978057bd83d5cb98f4227a'),
      attributes: [
        text(TYPE.userName, 'nemo'),
        attribute(TYPE.userPassword, '0dbe708d93d413ce3196e43f782a0aee'),
        attribute(TYPE.nasIpAddress, 'c0a80110'),
        attribute(TYPE.nasPort, '00000003'),
      ],
    },
  },
  {
    title: 'nemo may (RFC 2865 §7.1)',
    hex: nemo.accept,
    value: {
      code: 'access-accept',
      id: 0,
      authenticator: unhex('86fe220e7624ba2a1005f6bf9b55e0b2'),
      attributes: [attribute(TYPE.serviceType, '00000001'), attribute(15, '00000000'), attribute(14, 'c0a80103')],
    },
  },
  {
    title: 'flopsy by CHAP (RFC 2865 §7.2)',
    hex: flopsy.request,
    value: {
      code: 'access-request',
      id: 1,
      authenticator: unhex('2aee86f08d0d55969ca5978e0d3367a2'),
      attributes: [
        text(TYPE.userName, 'flopsy'),
        attribute(TYPE.chapPassword, '16e97557c316185895f293ff63440772 75'),
        attribute(TYPE.nasIpAddress, 'c0a80110'),
        attribute(TYPE.nasPort, '00000014'),
        attribute(TYPE.serviceType, '00000002'),
        attribute(TYPE.framedProtocol, '00000001'),
      ],
    },
  },
  {
    title: 'flopsy may (RFC 2865 §7.2)',
    hex: flopsy.accept,
    value: {
      code: 'access-accept',
      id: 1,
      authenticator: unhex('15efbc7dab26cfa3dc34d9c03c8601a4'),
      attributes: [
        attribute(TYPE.serviceType, '00000002'),
        attribute(TYPE.framedProtocol, '00000001'),
        attribute(TYPE.framedIpAddress, 'fffffffe'),
        attribute(10, '00000002'),
        attribute(13, '00000001'),
        attribute(TYPE.framedMtu, '000005dc'),
      ],
    },
  },
  {
    title: 'mopsy is challenged (RFC 2865 §7.3)',
    hex: mopsy.challenge,
    value: {
      code: 'access-challenge',
      id: 2,
      authenticator: unhex('36f3c8764ae8c71157403c0c71ff9c45'),
      attributes: [
        text(TYPE.replyMessage, 'Challenge 32769430.  Enter response at prompt.'),
        text(TYPE.state, '32769430'),
      ],
    },
  },
  {
    title: 'mopsy may not (RFC 2865 §7.3)',
    hex: mopsy.reject,
    value: {
      code: 'access-reject',
      id: 3,
      authenticator: unhex('a42f4fca45916c4e09c8340f9e746aa0'),
      attributes: [],
    },
  },
])

const authenticator = new Uint8Array(16)
const packet = (...attributes: Radius.Attribute[]) =>
  Radius.write({ code: 'access-accept', id: 9, authenticator, attributes })
const refused = (bytes: Uint8Array) => {
  const parsed = Radius.parse(bytes)
  return parsed.ok ? 'taken' : parsed.reason
}

describe('a RADIUS packet', () => {
  test('octets behind Length are padding and passed over, fewer than Length are refused (RFC 2865 §3)', () => {
    const whole = packet(text(TYPE.userName, 'nemo'))
    const padded = Uint8Array.from([...whole, 1, 2, 3])
    assert.deepEqual(Radius.parse(padded), Radius.parse(whole))
    assert.equal(refused(whole.subarray(0, whole.length - 1)), 'truncated')
  })
  test('with an unknown code is refused (RFC 2865 §3)', () => {
    const whole = packet()
    whole[0] = 99
    assert.equal(refused(whole), 'bad-type')
  })
  test('has 20 to 4096 octets (RFC 2865 §3)', () => {
    const short = packet()
    short[3] = 19
    assert.equal(refused(short), 'bad-length')
    const long = new Uint8Array(5000)
    long.set(packet())
    long[2] = 4097 >> 8
    long[3] = 4097 & 255
    assert.equal(refused(long), 'bad-length')
    const value = new Uint8Array(253)
    const attributes = Array.from({ length: 17 }, () => ({ vendor: IETF, type: TYPE.class, value }))
    assert.throws(() => Radius.write({ code: 'access-accept', id: 0, authenticator, attributes }), RangeError)
  })
  test('whose attribute has a length of 0, 1 or beyond the end is refused (RFC 2865 §5)', () => {
    for (const length of [0, 1, 7, 255]) {
      const whole = packet(text(TYPE.userName, 'nemo'))
      whole[21] = length
      assert.equal(refused(whole), 'bad-length', String(length))
    }
  })
  test('an empty value is written and read; longer than 253 octets none is (RFC 2865 §5)', () => {
    const parsed = Radius.parse(packet(text(TYPE.class, '')))
    assert.ok(parsed.ok && Radius.find(parsed.value, TYPE.class)?.length === 0)
    assert.throws(() => packet({ vendor: IETF, type: TYPE.class, value: new Uint8Array(254) }), RangeError)
    assert.throws(() => packet({ vendor: MICROSOFT, type: 1, value: new Uint8Array(248) }), RangeError)
    assert.equal(packet({ vendor: MICROSOFT, type: 1, value: new Uint8Array(247) }).length, 20 + 255)
  })
  test('attributes of one type keep their order (RFC 2865 §5)', () => {
    const parsed = Radius.parse(packet(text(TYPE.class, 'a'), text(TYPE.userName, 'x'), text(TYPE.class, 'b')))
    assert.ok(parsed.ok)
    assert.deepEqual(
      parsed.value.attributes.map(({ value }) => hex(value)),
      ['61', '78', '62'],
    )
  })
  test('several vendor attributes may stand in one Vendor-Specific (RFC 2865 §5.26)', () => {
    const both = concatenated(MICROSOFT, [MS.primaryDnsServer, '0a140035'], [MS.secondaryDnsServer, '0a140036'])
    const parsed = Radius.parse(packet({ vendor: IETF, type: TYPE.vendorSpecific, value: both }))
    assert.ok(parsed.ok)
    assert.equal(hex(Radius.find(parsed.value, MS.primaryDnsServer, MICROSOFT) ?? authenticator), '0a140035')
    assert.equal(hex(Radius.find(parsed.value, MS.secondaryDnsServer, MICROSOFT) ?? authenticator), '0a140036')
  })
  test('a Vendor-Specific of another build stays whole and harms nobody (RFC 2865 §5.26)', () => {
    for (const value of ['', '00', '00000137', '000001371000', '00000000 0103aa']) {
      const parsed = Radius.parse(packet(attribute(TYPE.vendorSpecific, value), text(TYPE.userName, 'nemo')))
      assert.ok(parsed.ok)
      assert.equal(parsed.value.attributes.length, 2, value)
      assert.equal(parsed.value.attributes[0].vendor, IETF)
    }
  })
  test('is shown with what its numbers mean, and hides what is hidden', () => {
    const parsed = Radius.parse(unhex(nemo.request))
    assert.ok(parsed.ok)
    assert.equal(
      Radius.show(parsed.value),
      'User-Name "nemo", User-Password hidden, 16 octets, NAS-IP-Address 192.168.1.16, NAS-Port 3',
    )
  })
  test('is found by its port in UDP, and what is wrong with it is told', () => {
    const frame = (radius: Uint8Array) => {
      const udp = Uint8Array.from([4, 210, 1812 >> 8, 1812 & 255, 0, 8 + radius.length, 0, 0, ...radius])
      const head = unhex('4500000000000000401100000a0000010a000002')
      head[3] = 20 + udp.length
      let sum = 0
      for (let i = 0; i < 20; i += 2) sum += (head[i] << 8) | head[i + 1]
      sum = (sum & 0xffff) + (sum >> 16)
      head[10] = (~sum >> 8) & 255
      head[11] = ~sum & 255
      return dissect(Uint8Array.from([...head, ...udp]), 101)
    }
    const good = frame(unhex(nemo.request))
    assert.ok(good.children?.some(({ name, text }) => name === 'radius' && text === 'RADIUS Access-Request, id 0'))
    assert.deepEqual(problemsOf(good), [])
    const bad = frame(unhex(nemo.request).fill(0, 21, 22))
    assert.deepEqual(
      problemsOf(bad).map(({ reason }) => reason),
      ['radius: not a RADIUS packet: bad-length', 'attribute: its length does not fit'],
    )
  })
})

function concatenated(vendor: number, ...inner: [number, string][]): Uint8Array {
  const parts = inner.map(([type, value]) => [type, 2 + value.length / 2, ...unhex(value)])
  return Uint8Array.from([vendor >>> 24, (vendor >>> 16) & 255, (vendor >>> 8) & 255, vendor & 255, ...parts.flat()])
}
