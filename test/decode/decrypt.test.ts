/** `decode --password`: MPPE of real peers and of ours, read with the keys that the password gives. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, hex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import { PacketPool, PacketSource } from '../../src/base/packet.ts'
import { type Decoded, decodeCapture, isWhole, lines, mppeLines } from '../../src/decode/decode.ts'
import { MppeRecord, type Place, packetKey } from '../../src/decode/mppe-record.ts'
import { readerOf } from '../../src/decode/mppe-stream.ts'
import { msChapKeys } from '../../src/ppp/judge.ts'
import { MppeSender } from '../../src/ppp/mppe.ts'
import { type Bits, startKey } from '../../src/ppp/mppe-keys.ts'
import { challengeResponse, ntPasswordHash } from '../../src/ppp/mschapv2.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import type { Opened } from '../../src/wire/dissect.ts'
import { problemsOf } from '../../src/wire/dissect.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { CAPTURES, readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { walk } from '../support/field-tree.ts'
import { ipv4, udp } from '../support/packets.ts'

const ALICE = new Map([['alice', 'alice-secret']])
/** The captures with MPPE. */
const SEALED = CAPTURES.filter(
  ({ name, counts }) => counts.compData > 0 && counts.ccp > 2 && name !== 'defaults-compression',
).map(({ name }) => name)

const opened = (decoded: Decoded): { frame: number; field: Field }[] =>
  decoded.frames.flatMap(({ number, tree }) =>
    [...walk(tree)].filter(({ field }) => field.name === 'decrypted').map(({ field }) => ({ frame: number, field })),
  )
const told = ({ mppe = [] }: Decoded): [string, number, number][] =>
  mppe.map(({ cipher = '', packets, decrypted }) => [cipher, packets, decrypted])
const isQuoted = (tree: Field): boolean =>
  [...walk(tree)].some(({ field, above }) => field.name === 'mppe' && above.some(({ name }) => name === 'quoted'))
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

describe('captures of real peers, with the password', () => {
  test('there are twelve with MPPE', () => {
    assert.equal(SEALED.length, 12)
  })
  for (const name of SEALED) {
    test(`${name}: every packet is decrypted, to an IP packet with true checksums`, () => {
      const sealed = decodeCapture(readCapture(name))
      const decoded = decodeCapture(readCapture(name), ALICE)
      const found = opened(decoded)
      const packets = sum(told(decoded).map(([, count]) => count))
      assert.ok(packets > 6)
      // Errors of ICMP quote encrypted packets; nobody opens what was cut off.
      const quoted = sealed.frames.filter(({ tree }) => isQuoted(tree)).length
      assert.equal(packets + quoted, CAPTURES.find(one => one.name === name)?.counts.compData)
      assert.deepEqual(
        told(decoded).map(([, , count]) => count),
        told(decoded).map(([, count]) => count),
      )
      assert.equal(found.length, packets)
      for (const { frame, field } of found) {
        assert.deepEqual(problemsOf(field), [], `frame ${frame}`)
        const [ppp, inner] = field.children ?? []
        assert.equal(ppp.name, 'ppp')
        const isIpv6 = ppp.children?.some(child => child.name === 'protocol' && child.value === 0x57)
        assert.equal(inner.name, isIpv6 ? 'data' : 'ipv4', `frame ${frame}`)
      }
      // Nothing else changes by it.
      assert.deepEqual(decoded.counts, sealed.counts)
      assert.deepEqual(decoded.problems, sealed.problems)
    })
  }
  test('the ciphers are those of the table', () => {
    for (const [name, cipher] of [
      ['mschapv2-mppe128-stateless', 'mppe-128-stateless'],
      ['mschapv2-mppe40', 'mppe-40-stateless'],
      ['mschapv2-mppe128-stateful', 'mppe-128-stateful'],
      ['mppe128-stateful-loss', 'mppe-128-stateful'],
    ]) {
      const decoded = decodeCapture(readCapture(name), ALICE)
      assert.deepEqual(
        told(decoded).map(([one]) => one),
        [cipher, cipher],
      )
    }
  })
  test('mppe128-stateful-loss: also what the receivers had to throw away', () => {
    assert.deepEqual(told(decodeCapture(readCapture('mppe128-stateful-loss'), ALICE)), [
      ['mppe-128-stateful', 183, 183],
      ['mppe-128-stateful', 188, 188],
    ])
  })
  test('a line for each direction, and what was in the packet in the line of its frame', () => {
    const decoded = decodeCapture(readCapture('mschapv2-mppe40'), ALICE)
    assert.deepEqual(mppeLines(decoded), [
      '10.99.1.2 > 10.99.2.2, MPPE 40 bit stateless: 244 of 244 packets decrypted',
      '10.99.2.2 > 10.99.1.2, MPPE 40 bit stateless: 187 of 187 packets decrypted',
    ])
    assert.match(
      lines(decoded)[41],
      /MPPE count 1, flushed, encrypted, 86 octets · IP 192\.168\.80\.10 > 192\.168\.80\.1 · ICMP echo request id 860 seq 1, 56 octets$/,
    )
  })
})

test("a file that is read into a Buffer of Node's stays as it is", () => {
  const bytes = Buffer.from(readCapture(SEALED[0]))
  const before = hex(bytes)
  const first = decodeCapture(bytes, ALICE)
  assert.equal(hex(bytes), before)
  assert.deepEqual(decodeCapture(bytes, ALICE).frames, first.frames)
})

describe('what passwords cannot open', () => {
  const capture = readCapture('mschapv2-mppe128-stateless')
  test('a wrong one: no packet is opened, and why is said once for each direction', () => {
    const decoded = decodeCapture(capture, new Map([['alice', 'Alice-secret']]))
    assert.equal(opened(decoded).length, 0)
    assert.equal(isWhole(decoded), false)
    assert.deepEqual(
      decoded.mppe?.map(({ decrypted, problem }) => [decrypted, problem]),
      new Array(2).fill([0, '"alice" has another password than the one given']),
    )
  })
  test('that of somebody else', () => {
    const decoded = decodeCapture(capture, new Map([['bob', 'alice-secret']]))
    assert.deepEqual(
      decoded.mppe?.map(({ problem }) => problem),
      new Array(2).fill('no password is given for user "alice"'),
    )
  })
  test('a capture that begins after the authentication', () => {
    const { frames } = Pcap.read(capture)
    const first = frames.find((_, i) => decodeCapture(capture).frames[i].text.includes('CHAP Success'))
    assert.ok(first)
    const header = 24
    const rest = new Uint8Array(capture.length - (first.offset - 16 - header))
    rest.set(capture.subarray(0, header))
    rest.set(capture.subarray(first.offset - 16), header)
    const decoded = decodeCapture(rest, ALICE)
    assert.deepEqual(
      decoded.mppe?.map(({ decrypted, problem }) => [decrypted, problem]),
      new Array(2).fill([0, 'its authentication is not in the capture']),
    )
  })
  test('captures without MPPE: the password changes nothing', () => {
    for (const name of ['pap-plain', 'chap-md5-plain', 'defaults-compression', 'mschapv2-wrong-password']) {
      const decoded = decodeCapture(readCapture(name), ALICE)
      assert.deepEqual(decoded, { ...decodeCapture(readCapture(name)), mppe: [] })
    }
  })
  test('one octet that is changed on the way is noticed, by a checksum, in its packet only', () => {
    const copy = capture.slice()
    const clear = decodeCapture(capture, ALICE)
    const places = opened(clear).filter(({ field }) => field.length > 60)
    for (const [at, where] of [
      [10, /mppe: decryption gives no PPP packet/],
      [40, /bad-checksum/],
    ] as const) {
      const { frame, field } = places[5]
      const offset = clear.frames[frame - 1].offset + field.offset + at
      copy[offset] ^= 0x20
      const { problems } = decodeCapture(copy, ALICE)
      assert.deepEqual(
        problems.map(problem => problem.frame),
        [frame],
      )
      assert.match(problems[0].reason, where)
      copy[offset] ^= 0x20
    }
  })
})

// One direction, made by our sender.

const packets = new PacketSource(new PacketPool(), 'test')
const datagram = (n: number, size: number): Uint8Array =>
  ipv4(17, udp(new Uint8Array(size).fill(n)), undefined, undefined, n)
/** What the sender makes of it: MPPE header and what follows. */
function seal(sender: MppeSender, bytes: Uint8Array): Uint8Array {
  const packet = packets.from(Uint8Array.of(0, 0x21, ...bytes))
  sender.encrypt(packet)
  const sealed = packet.data.slice()
  packet.release()
  return sealed
}
const START = { 40: new Uint8Array(8).fill(7), 56: new Uint8Array(8).fill(7), 128: new Uint8Array(16).fill(7) }

describe('one direction, with losses', () => {
  const steps = fc.array(
    fc.record({
      lost: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
      ),
      size: fc.integer({ min: 0, max: 1400 }),
      reset: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  for (const bits of [40, 56, 128] as const) {
    test(`${bits} bit stateless: everything that is there is read`, () => {
      fc.assert(
        fc.property(steps, fc.integer({ min: 0, max: 4000 }), (plan, first) => {
          const sender = new MppeSender(START[bits], { bits, stateful: false })
          const reader = readerOf(START[bits], bits, false)
          for (let n = 0; n < first; n++) seal(sender, datagram(n & 255, 0))
          for (const { lost, size } of plan) {
            for (let n = 0; n < lost; n++) seal(sender, datagram(n, size))
            const clear = datagram(lost, size)
            const answer = reader.open(seal(sender, clear))
            assert.ok('bytes' in answer && hex(answer.bytes) === `0021${hex(clear)}`)
          }
        }),
        { numRuns: 20 },
      )
    })
    for (const resetChangesKey of [false, true]) {
      test(`${bits} bit stateful, ${resetChangesKey ? 'Linux' : 'RFC'}: all is read, over losses, resets and flag packets`, () => {
        fc.assert(
          fc.property(steps, fc.integer({ min: 0, max: 600 }), (plan, first) => {
            const sender = new MppeSender(START[bits], { bits, stateful: true, resetChangesKey })
            const reader = readerOf(START[bits], bits, true)
            for (let n = 0; n < first; n++) assert.ok('bytes' in reader.open(seal(sender, datagram(n & 255, 30))))
            let resets = 0
            for (const { lost, size, reset } of plan) {
              for (let n = 0; n < lost; n++) seal(sender, datagram(n, size))
              if (reset) {
                sender.resetRequested()
                resets++
              }
              const clear = datagram(lost, size)
              const answer = reader.open(seal(sender, clear))
              assert.ok('bytes' in answer && hex(answer.bytes) === `0021${hex(clear)}`, `after ${resets} resets`)
            }
          }),
          { numRuns: 20 },
        )
      })
    }
  }
  test('a FLUSHED packet that is lost: Linux has changed its key there, and the reader finds that out', () => {
    const sender = new MppeSender(START[128], { bits: 128, stateful: true, resetChangesKey: true })
    const reader = readerOf(START[128], 128, true)
    assert.ok('bytes' in reader.open(seal(sender, datagram(1, 10))))
    for (let n = 0; n < 3; n++) {
      sender.resetRequested()
      seal(sender, datagram(2, 10))
    }
    // In the stream of a key that nobody has seen the beginning of.
    assert.ok('problem' in reader.open(seal(sender, datagram(3, 10))))
    sender.resetRequested()
    assert.ok('bytes' in reader.open(seal(sender, datagram(4, 10))))
    assert.ok('bytes' in reader.open(seal(sender, datagram(5, 10))))
  })
  test('a FLUSHED packet that is lost where the key stays: the stream has begun anew (RFC 3078 §8.2)', () => {
    const sender = new MppeSender(START[128], { bits: 128, stateful: true })
    const reader = readerOf(START[128], 128, true)
    for (let n = 0; n < 9; n++) assert.ok('bytes' in reader.open(seal(sender, datagram(n, 900))))
    sender.resetRequested()
    seal(sender, datagram(9, 900))
    for (let n = 10; n < 13; n++) assert.ok('bytes' in reader.open(seal(sender, datagram(n, 900))))
  })
  test('rubbish is never taken for a packet, and does not put the reader out of step for good', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 3, maxLength: 60 }), { maxLength: 8 }),
        fc.boolean(),
        (all, stateful) => {
          const reader = readerOf(START[128], 128, stateful)
          for (const bytes of all) assert.ok('problem' in reader.open(bytes))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('the record of a link', () => {
  const place = (frame: number, sequence: number): Place => ({
    frame,
    interface: 0,
    source: '192.0.2.1',
    destination: '192.0.2.2',
    sequence: sequence >>> 0,
  })
  const ack = (body: string): Uint8Array =>
    Cp.write({ type: 'configure-ack', id: 1, options: [{ type: 18, body: fromAscii(body) }] })
  const CHALLENGE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  /** MS-CHAP: nothing in the captures has it. */
  function proved(password: string): MppeRecord {
    const record = new MppeRecord()
    record.chap(1, Chap.write({ type: 'challenge', id: 1, value: CHALLENGE, name: fromAscii('server') }))
    const value = new Uint8Array(49)
    value.set(challengeResponse(CHALLENGE, ntPasswordHash(password)), 24)
    value[48] = 1
    record.chap(0, Chap.write({ type: 'response', id: 1, value, name: fromAscii('DOMAIN\\alice') }))
    return record
  }
  const keys = msChapKeys(CHALLENGE, 'secret')

  for (const [bits, option] of [
    [40, '\x01\x00\x00\x20'],
    [56, '\x01\x00\x00\x80'],
    [128, '\x01\x00\x00\x40'],
  ] as const satisfies [Bits, string][]) {
    test(`MS-CHAP, ${bits} bit: packets out of order, over the end of the sequence numbers, one twice (RFC 3079 §2)`, () => {
      const record = proved('secret')
      const agreed = Cp.write({ type: 'configure-ack', id: 1, options: [{ type: 18, body: fromAscii(option) }] })
      record.ccp(0, place(0, -3), agreed)
      const sender = new MppeSender(startKey(keys, bits, true), { bits, stateful: false })
      const sealed = [0, 1, 2, 3, 4, 5].map(n => seal(sender, datagram(n, 20)))
      for (const [frame, n] of [
        [1, 0],
        [2, 3],
        [3, 1],
        [4, 2],
        [5, 2],
        [6, 5],
      ]) {
        record.encrypted(0, place(frame, n - 2), sealed[n])
      }
      const found = new Map<string, Opened>()
      const [summary] = record.open(new Map([['alice', 'secret']]), found)
      assert.deepEqual([summary.packets, summary.decrypted, summary.user], [6, 6, 'DOMAIN\\alice'])
      for (const [frame, n] of [
        [2, 3],
        [5, 2],
        [6, 5],
      ]) {
        const one = found.get(packetKey(place(frame, n - 2)))
        assert.ok(one && 'bytes' in one && hex(one.bytes) === `0021${hex(datagram(n, 20))}`)
      }
    })
  }
  test('MS-CHAP with another password', () => {
    const record = proved('other')
    record.ccp(0, place(0, 0), ack('\x01\x00\x00\x40'))
    record.encrypted(0, place(1, 1), Uint8Array.of(0x90, 0, 1, 2, 3))
    const [{ problem }] = record.open(new Map([['alice', 'secret']]), new Map())
    assert.equal(problem, '"DOMAIN\\alice" has another password than the one given')
  })
  test('CCP negotiated anew: another Ack, another count, the same keys from the start (RFC 3078 §5)', () => {
    const record = proved('secret')
    const found = new Map<string, Opened>()
    for (const round of [0, 1]) {
      const agreed = { type: 18, body: fromAscii(round === 0 ? '\x01\x00\x00\x40' : '\x00\x00\x00\x40') }
      record.ccp(0, place(10 * round, 10 * round), Cp.write({ type: 'configure-ack', id: round, options: [agreed] }))
      const sender = new MppeSender(startKey(keys, 128, true), { bits: 128, stateful: round === 1 })
      for (let n = 1; n < 4; n++)
        record.encrypted(0, place(10 * round + n, 10 * round + n), seal(sender, datagram(n, 9)))
    }
    const summaries = record.open(new Map([['alice', 'secret']]), found)
    assert.deepEqual(
      summaries.map(({ cipher, packets, decrypted }) => [cipher, packets, decrypted]),
      [
        ['mppe-128-stateless', 3, 3],
        ['mppe-128-stateful', 3, 3],
      ],
    )
  })
  test('survives any packets', () => {
    const any = fc.array(fc.tuple(fc.constantFrom('chap', 'ccp', 'encrypted'), fc.uint8Array({ maxLength: 60 })))
    fc.assert(
      fc.property(any, all => {
        const record = new MppeRecord()
        all.forEach(([what, bytes], i) => {
          if (what === 'chap') record.chap(0, bytes)
          else if (what === 'ccp') record.ccp(0, place(i, i), bytes)
          else record.encrypted(0, place(i, i), bytes)
        })
        assert.ok(record.open(ALICE, new Map()).every(({ packets: count }) => count > 0))
      }),
    )
  })
})
