import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, get16, hex, unhex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'
import { GOLDEN } from './pptp-golden.ts'

const whole = (short: string): Uint8Array => unhex(short.padEnd(2 * Number.parseInt(short.slice(0, 4), 16), '0'))

/** Octets as a string whose last one is not zero. */
const text = (size: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: size })
    .map(codes => String.fromCharCode(...codes).replace(/\0+$/, ''))

const anyOf = (name: Pptp.MessageName): fc.Arbitrary<Pptp.Message> => {
  const shape: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(name) }
  for (const rule of Pptp.MESSAGES[name].fields) {
    if (rule.kind === 'text') shape[rule.name] = text(rule.size)
    else if (rule.kind === 'number') shape[rule.name] = fc.integer({ min: 0, max: 2 ** (8 * rule.size) - 1 })
  }
  return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<Pptp.Message>
}
const NAMES = Object.keys(Pptp.MESSAGES) as Pptp.MessageName[]
const anyMessage = fc.oneof(...NAMES.map(anyOf))

codecContract<Pptp.Message>('PPTP control messages', Pptp, anyMessage, [
  {
    title: 'Start-Control-Connection-Request of a Linux client (RFC 2637 §2.1)',
    hex: hex(whole('009c00011a2b3c4d00010000010000000000000300000003ffff00016c6f63616c')),
    value: {
      type: 'start-control-connection-request',
      protocolVersion: 0x0100,
      framingCapabilities: 3,
      bearerCapabilities: 3,
      maximumChannels: 65535,
      firmwareRevision: 1,
      hostName: 'local',
      vendorName: '',
    },
  },
  {
    title: 'Outgoing-Call-Request of a Linux client (RFC 2637 §2.7)',
    hex: hex(whole('00a800011a2b3c4d0007000033950000000009600098968000000003000000030003')),
    value: {
      type: 'outgoing-call-request',
      callId: 0x3395,
      callSerialNumber: 0,
      minimumBps: 2400,
      maximumBps: 10_000_000,
      bearerType: 3,
      framingType: 3,
      packetRecvWindowSize: 3,
      packetProcessingDelay: 0,
      phoneNumberLength: 0,
      phoneNumber: '',
      subaddress: '',
    },
  },
  {
    title: 'Outgoing-Call-Reply of a Linux server (RFC 2637 §2.8)',
    hex: '002000011a2b3c4d000800000900004f0100000005f5e1000040000000000000',
    value: {
      type: 'outgoing-call-reply',
      callId: 2304,
      peerCallId: 79,
      resultCode: 1,
      errorCode: 0,
      causeCode: 0,
      connectSpeed: 100_000_000,
      packetRecvWindowSize: 64,
      packetProcessingDelay: 0,
      physicalChannelId: 0,
    },
  },
  {
    title: 'Set-Link-Info (RFC 2637 §2.15)',
    hex: '001800011a2b3c4d000f000003e70000ffffffffffffffff',
    value: { type: 'set-link-info', peerCallId: 999, sendAccm: 0xffffffff, receiveAccm: 0xffffffff },
  },
])

describe('PPTP control messages', () => {
  test('have the lengths of RFC 2637 §2.1 to §2.15', () => {
    assert.deepEqual([...Pptp.LENGTHS.values()], [156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24])
    assert.deepEqual(
      NAMES.map(name => Pptp.MESSAGES[name].code),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    )
  })

  test('of all captures are written back to the same octets', () => {
    const refused: string[] = []
    for (const [capture, short] of GOLDEN) {
      const bytes = whole(short)
      const parsed = Pptp.parse(bytes)
      if (parsed.ok) assert.equal(hex(Pptp.write(parsed.value)), hex(bytes), capture)
      else refused.push(`type ${get16(bytes, 8)}, length ${bytes.length}: ${parsed.reason}`)
    }
    assert.deepEqual(refused, [
      'type 0, length 16: bad-type',
      'type 1, length 155: bad-length',
      'type 9, length 224: bad-length',
      'type 99, length 16: bad-type',
    ])
  })

  test('with reserved fields that are not zero are read, and describe marks them (RFC 2637 §2)', () => {
    const bytes = unhex('001000011a2b3c4d000c0001000c0002')
    assert.deepEqual(Pptp.parse(bytes), { ok: true, value: { type: 'call-clear-request', callId: 12 } })
    const marked = (Pptp.describe(bytes, 0).children as Field[]).filter(f => f.problem === 'must be zero')
    assert.deepEqual(
      marked.map(f => [f.name, f.offset]),
      [
        ['reserved0', 10],
        ['reserved1', 14],
      ],
    )
  })

  test('say what is wrong and where', () => {
    const echo = Pptp.write({ type: 'echo-request', identifier: 1 })
    const spoil = (at: number, value: number): unknown => {
      const bytes = Uint8Array.from(echo)
      bytes[at] = value
      const parsed = Pptp.parse(bytes)
      return parsed.ok ? 'ok' : [parsed.reason, parsed.offset, Pptp.describe(bytes, 0).problem]
    }
    assert.deepEqual(spoil(4, 0), ['bad-cookie', 4, 'the magic cookie is not 1a2b3c4d'])
    assert.deepEqual(spoil(3, 2), ['bad-type', 2, 'no control message of RFC 2637'])
    assert.deepEqual(spoil(9, 99), ['bad-type', 8, 'no control message of RFC 2637'])
    assert.deepEqual(spoil(1, 17), ['bad-length', 0, 'the length does not fit the type'])
    assert.equal(spoil(12, 1), 'ok')
  })

  test('refuse to write a string that is too long', () => {
    const start = Pptp.parse(whole(GOLDEN[4][1]))
    assert.ok(start.ok && start.value.type === 'start-control-connection-request')
    const message = { ...start.value, hostName: 'x'.repeat(65) }
    assert.throws(() => Pptp.write(message), /hostName has more than 64 octets/)
  })

  test('show codes by name, in the tree and in one line', () => {
    const reply = unhex('002000011a2b3c4d0008000000000000020400000000000000000000000000ff')
    const fields = new Map((Pptp.describe(reply, 0).children as Field[]).map(f => [f.name, f.text]))
    assert.equal(fields.get('controlMessageType'), '8 (Outgoing-Call-Reply)')
    assert.equal(fields.get('resultCode'), '2 (General Error)')
    assert.equal(fields.get('errorCode'), '4 (No-Resource)')
    const parsed = Pptp.parse(reply)
    assert.ok(parsed.ok)
    assert.equal(
      Pptp.summary(parsed.value),
      "call 0, peer's call 0, result 2 (General Error), error 4 (No-Resource), speed 0, window 0",
    )
    fc.assert(fc.property(anyMessage, message => Pptp.summary(message).length > 0))
  })
})

/** What a splitter says of a stream that comes in these pieces. */
function split(pieces: readonly Uint8Array[]): { readonly said: unknown[]; readonly splitter: Pptp.Splitter } {
  const said: unknown[] = []
  const splitter = new Pptp.Splitter({
    message: (message, bytes, offset) => said.push([offset, bytes.length, message]),
    rubbish: rubbish => said.push(rubbish),
  })
  for (const piece of pieces) splitter.push(piece)
  return { said, splitter }
}
/** Cuts a stream at the given places. */
function cut(stream: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map(p => p % (stream.length + 1)), stream.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => stream.subarray(at[i], end))
}

describe('the splitter of the control stream', () => {
  const echo = (identifier: number): Uint8Array => Pptp.write({ type: 'echo-request', identifier })

  test('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (messages, places) => {
        const { said, splitter } = split(cut(concat(...messages.map(m => Pptp.write(m))), places))
        assert.deepEqual(
          said.map(entry => (entry as unknown[])[2]),
          messages,
        )
        assert.equal(splitter.pending, 0)
      }),
    )
  })

  test('says the same of any octets, whole or one by one', () => {
    const near = fc.tuple(fc.nat(600), fc.nat(3), fc.nat(20)).map(([length, kind, type]) => {
      const frame = new Uint8Array(Math.max(12, length))
      frame.set(unhex('000000011a2b3c4d00000000'))
      frame[0] = length >>> 8
      frame[1] = length
      frame[3] = kind
      frame[9] = type
      return frame
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(near, fc.uint8Array({ maxLength: 40 })), { maxLength: 4 }), parts => {
        const stream = concat(...parts)
        const single = split(Array.from(stream, octet => Uint8Array.of(octet))).said
        assert.deepEqual(single, split([stream]).said)
      }),
    )
  })

  test('passes over what it does not know, by its length', () => {
    const unknown = unhex('001000011a2b3c4d0063000000000000')
    const management = unhex('001000021a2b3c4d0005000000000001')
    const short = whole(GOLDEN.find(([, short]) => short.startsWith('009b'))?.[1] ?? '')
    const { said } = split([concat(unknown, management, short, echo(7))])
    assert.deepEqual(said, [
      { offset: 0, reason: 'bad-type', fatal: false, bytes: unknown },
      { offset: 16, reason: 'bad-type', fatal: false, bytes: management },
      { offset: 32, reason: 'bad-length', fatal: false, bytes: short },
      [187, 16, { type: 'echo-request', identifier: 7 }],
    ])
  })

  test('stops at a wrong cookie: synchronization is lost (RFC 2637 §1.4)', () => {
    const wrong = unhex('00100001deadbeef0005000000000001')
    const { said, splitter } = split([concat(echo(1), wrong, echo(2)), echo(3)])
    assert.deepEqual(said, [
      [0, 16, { type: 'echo-request', identifier: 1 }],
      { offset: 16, reason: 'bad-cookie', fatal: true, bytes: wrong.subarray(0, 12) },
    ])
    assert.equal(splitter.lost, true)
  })

  test('stops at a length that no message has', () => {
    for (const length of ['0008', '000b', '0201', 'ffff']) {
      const header = unhex(`${length}00011a2b3c4d00050000`)
      assert.deepEqual(split([header, echo(1)]).said, [{ offset: 0, reason: 'bad-length', fatal: true, bytes: header }])
    }
    assert.deepEqual(split([unhex('474554202f20485454502f312e300d0a0d0a')]).said.length, 1)
  })

  test('keeps half a message for later and no more', () => {
    const { said, splitter } = split([echo(1).subarray(0, 15)])
    assert.deepEqual(said, [])
    assert.equal(splitter.pending, 15)
    assert.equal(splitter.lost, false)
  })
})
