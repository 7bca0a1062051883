/** PPP frames and the packets of its control and authentication protocols; hexadecimal text is from real captures. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, hex, unhex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Pap from '../../src/wire/pap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { describeOption, showOption, showOptions } from '../../src/wire/ppp-options.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'

/** Plain objects, as the codecs give them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true })
const octet = fc.nat(255)
const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength })
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const option = record({ type: octet, body: bytes(20) })

// A protocol number: the last octet odd, the one before even.
const protocol = fc.tuple(fc.nat(127), fc.nat(127)).map(([high, low]) => (high << 9) | (low << 1) | 1)

codecContract<Ppp.Ppp>(
  'PPP frame (RFC 1661 §2)',
  Ppp,
  record({ addressCompressed: fc.boolean(), protocolCompressed: fc.boolean(), protocol, info: bytes(40) })
    .map(v => ({ ...v, protocolCompressed: v.protocolCompressed && v.protocol < 0x100 }))
    // With both compressed, 0xff 0x03 would be read as address and control: no such protocol is assigned.
    .filter(v => !(v.addressCompressed && v.protocolCompressed && v.protocol === 0xff)),
  [
    {
      title: 'LCP with address and control',
      hex: 'ff03c02106020004',
      value: { addressCompressed: false, protocolCompressed: false, protocol: Ppp.LCP, info: unhex('06020004') },
    },
    {
      title: 'IPCP without',
      hex: '80210101000a0306c0a85001',
      value: {
        addressCompressed: true,
        protocolCompressed: false,
        protocol: Ppp.IPCP,
        info: unhex('0101000a0306c0a85001'),
      },
    },
    {
      title: 'an encrypted packet, everything compressed',
      hex: 'fd9000abcd',
      value: { addressCompressed: true, protocolCompressed: true, protocol: Ppp.COMPRESSED, info: unhex('9000abcd') },
    },
  ],
  false,
)

describe('PPP frame', () => {
  test('a protocol number without an odd last octet is none (RFC 1661 §2)', () => {
    for (const [text, reason] of [
      ['ff030022', 'bad-value'],
      ['c020', 'bad-value'],
      ['ff0300', 'truncated'],
      ['ff03', 'truncated'],
      ['', 'truncated'],
    ]) {
      const parsed = Ppp.parse(unhex(text))
      assert.equal(parsed.ok, false, text)
      assert.equal(!parsed.ok && parsed.reason, reason, text)
    }
    assert.match(String(Ppp.describe(unhex('ff030022'), 0).problem), /protocol number/)
  })
  test('is described with its place in the frame', () => {
    const shown = Ppp.describe(unhex('ff03c021010100'), 40)
    assert.equal(shown.text, 'PPP lcp')
    assert.deepEqual(
      shown.children?.map(c => [c.name, c.offset, c.length]),
      [
        ['address', 40, 1],
        ['control', 41, 1],
        ['protocol', 42, 2],
      ],
    )
  })
})

const REQUEST = '010100190206000000000305c22381050609c18bd907020802'
const requestOptions = [
  { type: 2, body: unhex('00000000') },
  { type: 3, body: unhex('c22381') },
  { type: 5, body: unhex('09c18bd9') },
  { type: 7, body: unhex('') },
  { type: 8, body: unhex('') },
]

codecContract<Cp.Cp>(
  'control protocol packet (RFC 1661 §5)',
  Cp,
  fc.oneof(
    record({
      type: fc.constantFrom('configure-request', 'configure-ack', 'configure-nak', 'configure-reject'),
      id: octet,
      options: fc.array(option, { maxLength: 6 }),
    }),
    record({
      type: fc.constantFrom('terminate-request', 'terminate-ack', 'code-reject', 'reset-request', 'reset-ack'),
      id: octet,
      data: bytes(40),
    }),
    record({ type: fc.constant('protocol-reject'), id: octet, protocol: fc.nat(0xffff), data: bytes(40) }),
    record({
      type: fc.constantFrom('echo-request', 'echo-reply', 'discard-request', 'identification'),
      id: octet,
      magic: word,
      data: bytes(40),
    }),
    record({ type: fc.constant('time-remaining'), id: octet, magic: word, seconds: word, data: bytes(40) }),
    record({
      type: fc.constant('unknown'),
      code: fc.constantFrom(0, 16, 200, 255),
      id: octet,
      data: bytes(40),
    }),
  ) as fc.Arbitrary<Cp.Cp>,
  [
    {
      title: 'LCP Configure-Request of a server',
      hex: REQUEST,
      value: { type: 'configure-request', id: 1, options: requestOptions },
    },
    {
      title: 'LCP Configure-Request of a client',
      hex: '010100140206000000000506605b9a6607020802',
      value: {
        type: 'configure-request',
        id: 1,
        options: [
          { type: 2, body: unhex('00000000') },
          { type: 5, body: unhex('605b9a66') },
          { type: 7, body: unhex('') },
          { type: 8, body: unhex('') },
        ],
      },
    },
    {
      title: 'LCP Terminate-Request with a reason',
      hex: '050200114d5050452064697361626c6564',
      value: { type: 'terminate-request', id: 2, data: fromAscii('MPPE disabled') },
    },
    { title: 'LCP Terminate-Ack', hex: '06020004', value: { type: 'terminate-ack', id: 2, data: unhex('') } },
    {
      title: 'LCP Echo-Request',
      hex: '09000008605b9a66',
      value: { type: 'echo-request', id: 0, magic: 0x605b9a66, data: unhex('') },
    },
    {
      title: 'LCP Time-Remaining (RFC 1570 §1.2)',
      hex: '0d070010605b9a66000000786279652e',
      value: { type: 'time-remaining', id: 7, magic: 0x605b9a66, seconds: 120, data: fromAscii('bye.') },
    },
    {
      title: 'LCP Protocol-Reject of CCP',
      hex: '0802001080fd0101000a120601000040',
      value: { type: 'protocol-reject', id: 2, protocol: Ppp.CCP, data: unhex('0101000a120601000040') },
    },
    {
      title: 'CCP Configure-Request of MPPE',
      hex: '0101000a120601000040',
      value: { type: 'configure-request', id: 1, options: [{ type: 18, body: unhex('01000040') }] },
    },
    {
      title: 'IPCP Configure-Nak',
      hex: '0301000a0306c0a8500a',
      value: { type: 'configure-nak', id: 1, options: [{ type: 3, body: unhex('c0a8500a') }] },
    },
  ],
)

const texts = (f: Field): string[] => [f.text, ...(f.children ?? []).flatMap(texts)]

describe('control protocol packet', () => {
  test('octets beyond Length are padding and passed over (RFC 1661 §5)', () => {
    assert.deepEqual(Cp.parse(unhex(`${REQUEST}ffffff`)), Cp.parse(unhex(REQUEST)))
    assert.equal(Cp.describe(unhex(`${REQUEST}ffffff`), 0).length, REQUEST.length / 2)
  })
  test('an option that is shorter than its header or leaves the packet is named with its offset', () => {
    for (const [text, offset] of [
      ['0101000a0101000407', 5],
      ['010100080301c223', 5],
      ['010100080305c223', 5],
      ['0101000503', 5],
    ] as const) {
      const padded = unhex(`${text}0000000000`)
      assert.deepEqual(Cp.parse(padded), { ok: false, reason: 'bad-length', offset }, text)
    }
    assert.match(JSON.stringify(Cp.describe(unhex('010100080305c223'), 0)), /does not fit/)
  })
  test('a length below four is bad, one beyond the end is a cut packet', () => {
    assert.deepEqual(Cp.parse(unhex('01010003')), { ok: false, reason: 'bad-length', offset: 2 })
    assert.deepEqual(Cp.parse(unhex('01010009ff')), { ok: false, reason: 'truncated', offset: 5 })
    assert.match(String(Cp.describe(unhex('01010009ff'), 0).problem), /beyond the end/)
  })
  test('is shown with the words of the options', () => {
    assert.equal(showOptions(Ppp.LCP, requestOptions), 'accm 0x00000000, auth CHAP MS-v2, magic 0x09c18bd9, pfc, acfc')
    assert.equal(
      Cp.show(Ppp.LCP, { type: 'protocol-reject', id: 2, protocol: 0x8057, data: unhex('') }),
      'protocol ipv6cp',
    )
    assert.equal(Cp.title('configure-request'), 'Configure-Request')
  })
  test('a rejected packet is described inside of the rejection, and no deeper', () => {
    const shown = Cp.describe(unhex('0802001080fd0101000a120601000040'), 100)
    assert.ok(texts(shown).includes('mppe 0x01000040 (stateless, 128 bit)'))
    const deep = unhex('07000010'.repeat(4))
    assert.equal(texts(Cp.describe(deep, 0)).filter(t => t.startsWith('LCP Code-Reject')).length, 2)
  })
  test('every option that real peers send has a name', () => {
    const shown: [number, number, string, string][] = [
      [Ppp.LCP, 1, '0578', 'mru 1400'],
      [Ppp.LCP, 3, 'c023', 'auth PAP'],
      [Ppp.LCP, 3, 'c22305', 'auth CHAP MD5'],
      [Ppp.LCP, 3, 'c22380', 'auth CHAP MS'],
      [Ppp.LCP, 3, 'c22307', 'auth CHAP algorithm 7'],
      [Ppp.LCP, 3, 'c223', 'auth CHAP without algorithm'],
      [Ppp.LCP, 3, 'c227', 'auth EAP'],
      [Ppp.LCP, 13, '06', 'callback 06'],
      [Ppp.LCP, 17, '0640', 'mrru 1600'],
      [Ppp.LCP, 19, '01abcd', 'endpoint-discriminator 01abcd'],
      [Ppp.LCP, 77, '01', 'option 77 (01)'],
      [Ppp.LCP, 1, '05', 'mru of 1 octets'],
      [Ppp.IPCP, 2, '002d0f01', 'compression VJ'],
      [Ppp.IPCP, 129, '08080808', 'dns1 8.8.8.8'],
      [Ppp.IPCP, 130, '00000000', 'nbns1 0.0.0.0'],
      [Ppp.CCP, 18, '01000021', 'mppe 0x01000021 (stateless, 40 bit, MPPC)'],
      [Ppp.CCP, 18, '00000000', 'mppe 0x00000000 (nothing)'],
      [Ppp.CCP, 26, '7800', 'deflate 7800'],
      [Ppp.CCP, 24, '7800', 'deflate-draft 7800'],
      [Ppp.CCP, 21, '2f', 'bsd 2f'],
    ]
    for (const [of, type, body, text] of shown) assert.equal(showOption(of, { type, body: unhex(body) }), text)
    assert.match(String(describeOption(Ppp.LCP, { type: 1, body: unhex('05') }, 0).problem), /do not fit/)
  })
})

codecContract<Pap.Pap>(
  'PAP packet (RFC 1334 §2)',
  Pap,
  fc.oneof(
    record({
      type: fc.constant('authenticate-request' as const),
      id: octet,
      peerId: bytes(255),
      password: bytes(255),
    }),
    record({
      type: fc.constantFrom('authenticate-ack' as const, 'authenticate-nak' as const),
      id: octet,
      message: bytes(255),
    }),
  ),
  [
    {
      title: 'Authenticate-Request',
      hex: '0101001203626f6209506173737730726421',
      value: { type: 'authenticate-request', id: 1, peerId: fromAscii('bob'), password: fromAscii('Passw0rd!') },
    },
    {
      title: 'Authenticate-Ack',
      hex: '0201000d084c6f67696e206f6b',
      value: { type: 'authenticate-ack', id: 1, message: fromAscii('Login ok') },
    },
  ],
)

describe('PAP packet', () => {
  test('a reply without message is an empty message; an unknown code and a wrong count are refused', () => {
    assert.deepEqual(Pap.parse(unhex('02010004')), {
      ok: true,
      value: { type: 'authenticate-ack', id: 1, message: unhex('') },
    })
    assert.deepEqual(Pap.parse(unhex('09010004')), { ok: false, reason: 'bad-type', offset: 0 })
    assert.deepEqual(Pap.parse(unhex('0101000803626f62')), { ok: false, reason: 'bad-length', offset: 4 })
  })
  test('the trace shows the user and never the password', () => {
    const parsed = Pap.parse(unhex('0101001203626f6209506173737730726421'))
    assert.equal(parsed.ok && Pap.show(parsed.value), 'user "bob"')
  })
  test('decode shows the password, because the wire does', () => {
    assert.ok(texts(Pap.describe(unhex('0101001203626f6209506173737730726421'), 0)).includes('"Passw0rd!"'))
  })
})

const CHALLENGE = '016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064'
const RESPONSE =
  '026a003b31622114caf8eac923cf6f8fcc827e309b0000000000000000df6cd5ebaae8b01df799c9a1e0715a7fc783078f204fef0100616c696365'
const SUCCESS = 'S=FA1D38EC8DE1FBC789DC03CFD85E8477F7231053 M=Access granted'
const FAILURE = 'E=691 R=1 C=a1d62ebfc9d98efa2aa84fabc8ab99cc V=0 M=Access denied'

codecContract<Chap.Chap>(
  'CHAP packet (RFC 1994 §4)',
  Chap,
  fc.oneof(
    record({
      type: fc.constantFrom('challenge' as const, 'response' as const),
      id: octet,
      value: bytes(255, 1),
      name: bytes(40),
    }),
    record({ type: fc.constantFrom('success' as const, 'failure' as const), id: octet, message: bytes(100) }),
    record({
      type: fc.constant('change-password' as const),
      code: fc.constant(7),
      id: octet,
      data: fc.uint8Array({ minLength: 582, maxLength: 582 }),
    }),
  ),
  [
    {
      title: 'Challenge',
      hex: CHALLENGE,
      value: {
        type: 'challenge',
        id: 0x6a,
        value: unhex('ff3bd4d9bf429d25c7f7075a6cb3f323'),
        name: fromAscii('pptpd'),
      },
    },
    {
      title: 'MS-CHAPv2 Response',
      hex: RESPONSE,
      value: { type: 'response', id: 0x6a, value: unhex(RESPONSE).subarray(5, 54), name: fromAscii('alice') },
    },
    {
      title: 'MD5 Challenge of 17 octets',
      hex: '014f001b11e7ecccc1dfdebf5e0334fe609781a7ead97070747064',
      value: {
        type: 'challenge',
        id: 0x4f,
        value: unhex('e7ecccc1dfdebf5e0334fe609781a7ead9'),
        name: fromAscii('pptpd'),
      },
    },
    {
      title: 'MD5 Success',
      hex: '034f0012416363657373206772616e746564',
      value: { type: 'success', id: 0x4f, message: fromAscii('Access granted') },
    },
    {
      title: 'MS-CHAPv2 Failure',
      hex: `046d0044${hex(fromAscii(FAILURE))}`,
      value: { type: 'failure', id: 0x6d, message: fromAscii(FAILURE) },
    },
  ],
)

describe('MS-CHAPv2 values', () => {
  const value = unhex(RESPONSE).subarray(5, 54)
  test('the Response value is read and written (RFC 2759 §4)', () => {
    const read = Chap.readMsChapV2Response(value)
    assert.ok(read)
    assert.equal(hex(read.peerChallenge), '622114caf8eac923cf6f8fcc827e309b')
    assert.equal(hex(read.ntResponse), 'df6cd5ebaae8b01df799c9a1e0715a7fc783078f204fef01')
    assert.deepEqual(Chap.writeMsChapV2Response(read), value)
  })
  test('another size, reserved octets or flags that are not zero are refused (RFC 2759 §4)', () => {
    assert.equal(Chap.readMsChapV2Response(value.subarray(1)), undefined)
    for (const at of [16, 23, 48]) {
      const spoilt = Uint8Array.from(value)
      spoilt[at] = 1
      assert.equal(Chap.readMsChapV2Response(spoilt), undefined, `octet ${at}`)
    }
  })
  test('a Success message is read (RFC 2759 §5)', () => {
    assert.equal(
      hex(Chap.readMsChapV2Success(fromAscii(SUCCESS)) ?? unhex('')),
      'fa1d38ec8de1fbc789dc03cfd85e8477f7231053',
    )
    assert.ok(Chap.readMsChapV2Success(fromAscii(SUCCESS.slice(0, 42))))
    for (const text of ['', 'M=hello', SUCCESS.slice(1), SUCCESS.slice(0, 41), `S=${'0'.repeat(41)}`])
      assert.equal(Chap.readMsChapV2Success(fromAscii(text)), undefined, text)
  })
  test('a Failure message is read as Linux and as the RFC writes it (RFC 2759 §6)', () => {
    assert.deepEqual(Chap.readMsChapFailure(fromAscii(FAILURE)), {
      error: 691,
      retry: true,
      challenge: unhex('a1d62ebfc9d98efa2aa84fabc8ab99cc'),
      version: 0,
      message: 'Access denied',
    })
    const other = Chap.readMsChapFailure(fromAscii('E=648 R=0 C=00112233445566778899AABBCCDDEEFF V=3 M=Expired R=1 '))
    assert.equal(other?.version, 3)
    assert.equal(other?.error, 648)
    assert.equal(other?.retry, false, 'the text of the message is not a field')
    assert.equal(Chap.readMsChapFailure(fromAscii('E=691'))?.challenge, undefined)
    assert.equal(Chap.readMsChapFailure(fromAscii('no')), undefined)
  })
  test('the value of an MS-CHAP Response, version 1 (RFC 2433 §5)', () => {
    const value = Chap.writeMsChapResponse({ ntResponse: new Uint8Array(24).fill(7), useNtResponse: true })
    const read = Chap.readMsChapResponse(value)
    assert.deepEqual(read, { ntResponse: new Uint8Array(24).fill(7), useNtResponse: true })
    assert.equal(Chap.readMsChapV2Response(value), undefined)
    assert.equal(Chap.readMsChapResponse(value.subarray(1)), undefined)
    const packet = Chap.write({ type: 'response', id: 1, value, name: fromAscii('a') })
    const shown = Chap.describe(packet, 100)
    const parts = shown.children?.find(child => child.name === 'value')?.children
    assert.deepEqual(
      parts?.map(part => [part.name, part.offset, part.length]),
      [
        ['lmResponse', 105, 24],
        ['ntResponse', 129, 24],
        ['useNtResponse', 153, 1],
      ],
    )
  })
  test('are described down to the NT-Response', () => {
    const names = (f: Field): string[] => [f.name, ...(f.children ?? []).flatMap(names)]
    assert.deepEqual(
      names(Chap.describe(unhex(RESPONSE), 0)).filter(n => n === 'ntResponse' || n === 'peerChallenge'),
      ['peerChallenge', 'ntResponse'],
    )
  })
})
