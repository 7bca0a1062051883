import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import type { Field } from '../../src/base/field.ts'
import type { Packet } from '../../src/base/packet.ts'
import { dissect, problemsOf } from '../../src/wire/dissect.ts'
import * as Hdlc from '../../src/wire/hdlc.ts'
import { LINK_TYPE } from '../../src/wire/pcap.ts'
import { fc } from '../support/fast-check.ts'

const LONGEST = 1504
const { packets } = new World(1).env('test')

const encode = (frame: Uint8Array, accm: number): Uint8Array => {
  const line = Hdlc.encode(packets, packets.from(frame), accm)
  const bytes = line.data.slice()
  line.release()
  return bytes
}

/** What a decoder makes of octets that come in these pieces. */
function decoder(receiveAccm = 0, longest = LONGEST) {
  const frames: string[] = []
  const faults: string[] = []
  const made = new Hdlc.Decoder(packets, longest, {
    frame: packet => {
      frames.push(hex(packet.data))
      packet.release()
    },
    fault: reason => faults.push(reason),
  })
  made.receiveAccm = receiveAccm
  const hears = (bytes: Uint8Array | string): void =>
    made.receive(packets.from(typeof bytes === 'string' ? unhex(bytes) : bytes))
  return { decoder: made, frames, faults, hears }
}

/** With its FCS, and nothing escaped. */
const withFcs = (frame: Uint8Array): Uint8Array => {
  const fcs = Hdlc.fcs16(frame) ^ 0xffff
  return Uint8Array.of(...frame, fcs & 0xff, fcs >>> 8)
}

const anyFrame = fc.uint8Array({ minLength: 2, maxLength: 200 })
const anyAccm = fc.oneof(fc.constant(0), fc.constant(Hdlc.ALL_CHARACTERS), fc.nat(0xffffffff))

describe('FCS-16 (RFC 1662 Appendix C)', () => {
  test('the check value of CRC-16/X-25, of which it is the other name', () => {
    assert.equal(Hdlc.fcs16(Uint8Array.from('123456789', c => c.charCodeAt(0))) ^ 0xffff, 0x906e)
  })
  test('over a frame and its FCS it is always f0b8 (Appendix C.2)', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), frame => Hdlc.fcs16(withFcs(frame)) === Hdlc.GOOD_FCS)))
  test('it finds every error of one, two or three bits, and every burst of up to 16', () =>
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.integer({ min: 1, max: 0xffff }), (frame, where, burst) => {
        const bytes = withFcs(frame)
        const bits = bytes.length * 8
        // A burst in the order in which bits are sent: the lowest of an octet first.
        const spoiled = bytes.slice()
        for (let i = 0; i < 16; i++) {
          const bit = (where % bits) + i
          if ((burst >>> i) & 1 && bit < bits) spoiled[bit >> 3] ^= 1 << (bit & 7)
        }
        return hex(spoiled) === hex(bytes) || Hdlc.fcs16(spoiled) !== Hdlc.GOOD_FCS
      }),
    ))
})

describe('octet-stuffed framing (RFC 1662 §4)', () => {
  test('a flag, an escape, ETX, XON and XOFF as the RFC prints them (§4.2)', () => {
    for (const [octet, escaped] of [
      [0x7e, '7d5e'],
      [0x7d, '7d5d'],
      [0x03, '7d23'],
      [0x11, '7d31'],
      [0x13, '7d33'],
    ] as const) {
      const line = hex(encode(Uint8Array.of(0x21, octet, 0x45), Hdlc.ALL_CHARACTERS))
      assert.ok(line.startsWith(`7e21${escaped}45`), line)
    }
  })

  test("the first frame of every dial-up log: pppd's LCP Configure-Request", () => {
    // ff 03 c0 21 01 01 00 14: what modem users know as ~ÿ}#À!}!…}
    const frame = unhex('ff03c0210101001402060000000005065c1f9f1707020802')
    const line = hex(encode(frame, Hdlc.ALL_CHARACTERS))
    assert.ok(line.startsWith('7eff7d23c0217d217d217d207d347d227d267d207d207d207d207d257d265c'), line)
    const { frames, hears } = decoder(Hdlc.ALL_CHARACTERS)
    hears(line)
    assert.deepEqual(frames, [hex(frame)])
  })

  test('what is encoded is decoded, whatever the maps and wherever it is cut', () =>
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 4 }),
        anyAccm,
        fc.array(fc.nat(40)),
        (sent, accm, cuts) => {
          const line = Uint8Array.from(sent.flatMap(frame => [...encode(frame, accm)]))
          const { frames, faults, hears } = decoder(accm)
          let at = 0
          for (const cut of cuts) {
            hears(line.subarray(at, at + cut))
            at = Math.min(line.length, at + cut)
          }
          hears(line.subarray(at))
          assert.deepEqual(faults, [])
          assert.deepEqual(
            frames,
            sent.map(frame => hex(frame)),
          )
        },
      ),
    ))

  test('no control character of the map, no flag and no bare escape is on the line between the flags', () =>
    fc.assert(
      fc.property(anyFrame, anyAccm, (frame, accm) => {
        const inside = [...encode(frame, accm).subarray(1, -1)]
        return inside.every(octet => octet !== Hdlc.FLAG && !(octet < 32 && (accm >>> octet) & 1))
      }),
    ))

  test('the length is known before', () =>
    fc.assert(
      fc.property(
        anyFrame,
        anyAccm,
        (frame, accm) => Hdlc.encodedLength(frame, 0, frame.length, accm) === encode(frame, accm).length,
      ),
    ))

  test('control characters of the receiving map that somebody put in on the way are removed (§4.2)', () => {
    const frame = unhex('ff0300214500')
    const line = [...encode(frame, 0x000a0000)]
    line.splice(3, 0, 0x11, 0x13)
    const { frames, hears } = decoder(0x000a0000)
    hears(Uint8Array.from(line))
    assert.deepEqual(frames, [hex(frame)])
    const strict = decoder(0)
    strict.hears(Uint8Array.from(line))
    assert.deepEqual(strict.faults, ['hdlc-bad-fcs'], 'with an empty map they are data')
  })

  test('one flag may end a frame and begin the next; flags in a row are no frames (§4.1, §4.4.1)', () => {
    const a = encode(unhex('ff03c021'), 0)
    const { frames, faults, hears } = decoder()
    hears('7e7e7e')
    hears(a.subarray(1))
    hears(a.subarray(1))
    hears('7e7e')
    assert.deepEqual(frames, ['ff03c021', 'ff03c021'])
    assert.deepEqual(faults, [])
  })
})

describe('invalid frames (RFC 1662 §4.3)', () => {
  test('an escape right before the closing flag aborts the frame, and is no FCS error', () => {
    const { decoder: d, frames, faults, hears } = decoder()
    hears('7eff03c02101020304057d7e')
    assert.deepEqual([faults, frames], [['hdlc-aborted'], []])
    assert.deepEqual([d.errors.crcErrors, d.errors.framingErrors], [0, 1])
    hears(encode(unhex('ff03c021'), 0))
    assert.deepEqual(frames, ['ff03c021'], 'the next one is read')
  })

  test('fewer than four octets are too short, and no FCS error', () => {
    const { decoder: d, faults, hears } = decoder()
    hears('7e01027e0102037e')
    assert.deepEqual(faults, ['hdlc-too-short', 'hdlc-too-short'])
    assert.deepEqual([d.errors.crcErrors, d.errors.framingErrors], [0, 2])
  })

  test('a bit that was flipped is an FCS error', () => {
    const { decoder: d, faults, hears } = decoder()
    const line = encode(unhex('ff03c0210101'), 0)
    line[4] ^= 0x40
    hears(line)
    assert.deepEqual([faults, d.errors.crcErrors], [['hdlc-bad-fcs'], 1])
  })

  test('an endless frame is given up at its bound, once, until the next flag', () => {
    const { decoder: d, frames, faults, hears } = decoder(0, 100)
    hears('7e')
    for (let i = 0; i < 1000; i++) hears(new Uint8Array(100).fill(0x55))
    assert.deepEqual([faults, d.errors.bufferOverruns], [['hdlc-too-long'], 1])
    hears('7e')
    hears(encode(unhex('ff03c021'), 0))
    assert.deepEqual(frames, ['ff03c021'])
  })

  test('the longest frame is still one, and one octet more is too long', () => {
    const longest = new Uint8Array(100).fill(0x7e)
    const { frames, faults, hears } = decoder(0, 100)
    hears(encode(longest, 0))
    hears(encode(new Uint8Array(101), 0))
    assert.deepEqual([frames.length, faults], [1, ['hdlc-too-long']])
  })

  test('octets before the first flag are no frame, and no error of the line', () => {
    const { decoder: d, frames, faults, hears } = decoder()
    hears('ff03c0217d')
    hears(encode(unhex('ff03c021'), 0).subarray(1))
    hears('ff03c0217d')
    assert.deepEqual([frames, faults], [[], ['hdlc-no-flag', 'hdlc-no-flag']])
    hears(encode(unhex('ff03c021'), 0))
    assert.deepEqual([frames, faults.at(-1), d.errors.crcErrors], [['ff03c021'], 'hdlc-aborted', 0])
  })

  test('an escape behind an escape is the octet 5d, for the receiver and for who looks (§4.2)', () => {
    const { frames, hears } = decoder()
    const frame = unhex('ff03c0215d')
    const line = hex(encode(frame, 0)).replace('5d', '7d7d')
    hears(line)
    assert.deepEqual(frames, [hex(frame)])
    assert.equal(Hdlc.faultOf(unhex(line).subarray(1, -1)), undefined)
    assert.deepEqual(
      ['7d7d', '7d7d7d', '5d'].map(octets => Hdlc.faultOf(unhex(`ff03c021${octets}`))),
      ['hdlc-bad-fcs', 'hdlc-aborted', 'hdlc-bad-fcs'],
    )
  })

  test('any octets: every packet comes back, and each frame has a good FCS', () =>
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), anyAccm, (pieces, accm) => {
        const given: Packet[] = []
        const { frames, hears, decoder: d } = decoder(accm, 50)
        for (const piece of pieces) {
          const packet = packets.from(piece)
          given.push(packet)
          d.receive(packet)
        }
        hears('7e7e')
        assert.ok(given.every(packet => packet.free))
        assert.ok(frames.every(frame => frame.length / 2 <= 50 && frame.length >= 4))
      }),
    ))

  test('up to three flipped bits that make or hide no flag and no escape: unchanged, or not at all', () =>
    fc.assert(
      fc.property(anyFrame, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (frame, flips) => {
        const clean = encode(frame, 0)
        const line = clean.slice()
        for (const flip of flips) line[(flip >> 3) % line.length] ^= 1 << (flip & 7)
        fc.pre(marks(line) === marks(clean))
        const { frames, hears } = decoder()
        hears(line)
        assert.deepEqual(frames, hex(line) === hex(clean) ? [hex(frame)] : [])
      }),
    ))
})

/** Where flags and escapes stand. */
const marks = (bytes: Uint8Array): string =>
  [...bytes].map(octet => (octet === Hdlc.FLAG ? 'f' : octet === Hdlc.ESCAPE ? 'e' : '.')).join('')

describe('a dissected line', () => {
  const names = (field: Field): string[] => [field.name, ...(field.children ?? []).flatMap(names)]

  test('shows flags, escapes and FCS, and the frame without them', () => {
    const line = encode(unhex('ff03c0210101000a0506010203fe'), Hdlc.ALL_CHARACTERS)
    const tree = dissect(line, LINK_TYPE.lineOctets)
    assert.deepEqual(problemsOf(tree), [])
    const all = names(tree)
    for (const name of ['flag', 'escape', 'fcs', 'ppp', 'lcp']) assert.ok(all.includes(name), name)
  })

  test('says what is wrong', () => {
    const line = encode(unhex('ff03c0210101'), 0)
    line[5] ^= 1
    assert.match(problemsOf(dissect(line, LINK_TYPE.lineOctets))[0].reason, /frame check sequence/)
    assert.match(problemsOf(dissect(unhex('7eff037d7e'), LINK_TYPE.lineOctets))[0].reason, /broken off/)
    assert.match(problemsOf(dissect(unhex('7eff0303'), LINK_TYPE.lineOctets))[0].reason, /no flag/)
  })

  test('survives any octets, and every field lies within its parent', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const check = (field: Field): void => {
          for (const inner of field.children ?? []) {
            assert.ok(inner.offset >= field.offset && inner.offset + inner.length <= field.offset + field.length)
            check(inner)
          }
        }
        check(Hdlc.describe(bytes, 0))
      }),
    ))
})
