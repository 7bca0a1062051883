import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, hex, unhex } from '../../src/base/bytes.ts'
import { ControlStream, type Piece } from '../../src/decode/control-stream.ts'
import { HalfStream } from '../../src/decode/half-stream.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { fc } from '../support/fast-check.ts'

const echo = (identifier: number): Uint8Array => Pptp.write({ type: 'echo-request', identifier })
const clear = Pptp.write({ type: 'call-clear-request', callId: 7 })
const stop = Pptp.write({ type: 'stop-control-connection-request', reason: 1 })
const anyMessage = fc.oneof(fc.nat(2 ** 32 - 1).map(echo), fc.constant(clear), fc.constant(stop))
/** Octets in which no header can be found: none of them is zero. */
const anyRubbish = fc.uint8Array({ min: 3, minLength: 1, maxLength: 40 })

const show = (pieces: readonly Piece[]): string[] => pieces.map(p => `${p.kind} ${hex(p.bytes)}`)
const run = (bytes: Uint8Array, frame = 0, missing = 0) => ({ bytes, frame, offset: 54, missing })

describe('half of a TCP connection', () => {
  /** Segments of a stream with any boundaries, so that some overlap and some come twice. */
  const anySegments = fc
    .tuple(
      fc.nat(2 ** 32 - 1),
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 30 })), { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
    )
    .map(([isn, text, cuts, order]) => {
      const parts = [...cuts.filter(([from]) => from < text.length), [0, text.length] as const].map(
        ([from, length]) => ({
          seq: (isn + 1 + from) >>> 0,
          bytes: text.subarray(from, from + length),
          key: order.next().value,
        }),
      )
      return { isn, text, parts: parts.sort((a, b) => a.key - b.key) }
    })

  test('hands on every octet once and in order, whatever the segments and the initial number (RFC 9293 §3.4)', () => {
    fc.assert(
      fc.property(anySegments, ({ isn, text, parts }) => {
        const half = new HalfStream()
        half.open(isn)
        const runs = parts.flatMap(({ seq, bytes }, i) => half.push(seq, bytes, i, 0))
        assert.deepEqual(concat(...runs.map(r => r.bytes)), text)
        assert.ok(runs.every(r => r.missing === 0))
        assert.deepEqual(half.waiting, [])
        for (const { bytes, frame, offset } of runs) {
          assert.deepEqual(parts[frame].bytes.subarray(offset, offset + bytes.length), bytes)
        }
      }),
    )
  })

  test('goes on behind octets that the receiver acknowledged and the capture does not have', () => {
    const half = new HalfStream()
    half.open(99)
    half.push(100, unhex('0102'), 0, 0)
    assert.deepEqual(half.push(112, unhex('0a0b'), 1, 0), [])
    assert.deepEqual(half.waiting, [{ frame: 1, offset: 0, length: 2 }])
    assert.deepEqual(half.acknowledged(102), [])
    const [only] = half.acknowledged(114)
    assert.deepEqual([only.missing, only.bytes, only.frame], [10, unhex('0a0b'), 1])
  })

  test('an acknowledgment far ahead of everything is not believed', () => {
    const half = new HalfStream()
    half.open(99)
    assert.deepEqual(half.acknowledged(100 + 2 ** 24), [])
    assert.equal(half.push(100, unhex('01'), 0, 0).length, 1)
  })

  test('a second SYN with another number begins a new stream, the same SYN again does not', () => {
    const half = new HalfStream()
    assert.equal(half.isRenewedBy(5), false)
    half.open(5)
    half.push(6, unhex('0102'), 0, 0)
    assert.equal(half.isRenewedBy(5), false)
    half.open(5)
    assert.deepEqual(half.push(6, unhex('0102'), 1, 0), [])
    assert.equal(half.isRenewedBy(5000), true)
    half.open(5000)
    assert.equal(half.push(5001, unhex('03'), 2, 0).length, 1)
  })
})

describe('control messages in a stream (RFC 2637 §1.4)', () => {
  test('messages and rubbish between them are all found, however the stream is cut', () => {
    const part = fc.oneof(
      { weight: 3, arbitrary: anyMessage.map(bytes => ({ kind: 'message', bytes })) },
      { weight: 1, arbitrary: anyRubbish.map(bytes => ({ kind: 'rubbish', bytes })) },
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 8 }), (parts, cuts) => {
        const whole = concat(...parts.map(p => p.bytes))
        const edges = [0, ...cuts.filter(c => c < whole.length).sort((a, b) => a - b), whole.length]
        const stream = new ControlStream()
        const pieces = edges.slice(1).flatMap((end, i) => stream.push(run(whole.subarray(edges[i], end), i)))
        assert.deepEqual(
          show(pieces.filter(p => p.kind === 'message')),
          parts.filter(p => p.kind === 'message').map(p => `message ${hex(p.bytes)}`),
        )
        assert.equal(hex(concat(...pieces.map(p => p.bytes))), hex(whole))
        assert.ok(pieces.every(p => (p.kind === 'rubbish') === (p.reason !== '')))
        assert.equal(stream.unfinished, undefined)
      }),
    )
  })

  test('every octet is in a piece or waits, for any octets', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ max: 4, maxLength: 30 }), { maxLength: 6 }), runs => {
        const stream = new ControlStream()
        const pieces = runs.flatMap((bytes, i) => stream.push(run(bytes, i)))
        const total = runs.reduce((sum, r) => sum + r.length, 0)
        assert.equal(pieces.reduce((sum, p) => sum + p.bytes.length, 0) + (stream.unfinished?.length ?? 0), total)
      }),
    )
  })

  test('a piece knows the frames and the places of its octets', () => {
    const stream = new ControlStream()
    assert.deepEqual(stream.push(run(concat(clear, stop.subarray(0, 5)), 3))[0], {
      kind: 'message',
      bytes: clear,
      frame: 3,
      offset: 54,
      lastFrame: 3,
      reason: '',
    })
    assert.deepEqual(stream.unfinished, { length: 5, frame: 3, offset: 54 + clear.length, afterRubbish: false })
    assert.deepEqual(stream.push(run(stop.subarray(5), 4))[0], {
      kind: 'message',
      bytes: stop,
      frame: 3,
      offset: 54 + clear.length,
      lastFrame: 4,
      reason: '',
    })
  })

  test('rubbish says why: cookie, length too small, length too great, octets missing', () => {
    const spoil = (at: number, value: number): Uint8Array => {
      const bytes = Uint8Array.from(stop)
      bytes[at] = value
      return bytes
    }
    const reason = (bytes: Uint8Array): string => new ControlStream().push(run(bytes))[0].reason
    assert.equal(reason(spoil(7, 0x4e)), 'its magic cookie is 0x1a2b3c4e, not 0x1a2b3c4d')
    assert.equal(reason(spoil(1, 8)), 'its length field, 8, is less than a header has')
    assert.equal(reason(spoil(0, 0xff)), 'no control message is 65296 octets long')
    const stream = new ControlStream()
    stream.push(run(stop.subarray(0, 9)))
    const [rubbish, message] = stream.push(run(clear, 1, 30))
    assert.equal(rubbish.reason, '30 octets after it are not in the capture')
    assert.equal(hex(message.bytes), hex(clear))
  })
})
