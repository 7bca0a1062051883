/** Segment codec, checksum, sequence arithmetic. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checksum, Options, Segment, Seq, sum } from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'

const option: fc.Arbitrary<Segment.Option> = fc.oneof(
  fc.constant({ kind: 1, data: new Uint8Array(0) }),
  fc.record(
    { kind: fc.integer({ min: 2, max: 255 }), data: fc.uint8Array({ maxLength: 8 }) },
    { noNullPrototype: true },
  ),
)
const anySegment: fc.Arbitrary<Segment.Segment> = fc.record(
  {
    sourcePort: fc.nat(0xffff),
    destinationPort: fc.nat(0xffff),
    sequence: fc.nat(0xffffffff),
    acknowledgment: fc.nat(0xffffffff),
    flags: fc.nat(0xff),
    window: fc.nat(0xffff),
    checksum: fc.nat(0xffff),
    urgentPointer: fc.nat(0xffff),
    options: fc.array(option, { maxLength: 4 }),
    payload: fc.uint8Array({ maxLength: 100 }),
  },
  { noNullPrototype: true },
)

// From a real session: client 10.99.1.2, server 10.99.2.2, port 1723.
const CLIENT = ip('10.99.1.2')
const SERVER = ip('10.99.2.2')
const timestamps = (text: string): Segment.Option => ({ kind: 8, data: unhex(text) })
const NOP: Segment.Option = { kind: 1, data: new Uint8Array(0) }
const CALL_REPLY = '0020 0001 1a2b3c4d 0008 0000 0000 3395 01 00 0000 00989680 0003 0000 00000000'
const golden = [
  {
    title: 'SYN of a Linux client',
    hex: '8bc606bb 6374eda6 00000000 a002faf0 754f0000 020405b4 0402 080a722a6a3100000000 01 030305',
    value: {
      sourcePort: 35782,
      destinationPort: 1723,
      sequence: 1668607398,
      acknowledgment: 0,
      flags: Segment.SYN,
      window: 64240,
      checksum: 0x754f,
      urgentPointer: 0,
      options: [
        { kind: 2, data: unhex('05b4') },
        { kind: 4, data: new Uint8Array(0) },
        timestamps('722a6a3100000000'),
        NOP,
        { kind: 3, data: unhex('05') },
      ],
      payload: new Uint8Array(0),
    },
  },
  {
    title: 'PSH,ACK of a Linux server with an Outgoing-Call-Reply',
    hex: `06bb8bc6 4496db89 6374eeeb 801807eb 1b1d0000 0101 080ab4048016722a6e2a ${CALL_REPLY}`,
    value: {
      sourcePort: 1723,
      destinationPort: 35782,
      sequence: 1150737289,
      acknowledgment: 1668607723,
      flags: Segment.PSH | Segment.ACK,
      window: 2027,
      checksum: 0x1b1d,
      urgentPointer: 0,
      options: [NOP, NOP, timestamps('b4048016722a6e2a')],
      payload: unhex(CALL_REPLY),
    },
  },
  {
    title: 'RST of a client that was started again',
    hex: '806406bb c4c8aaa7 00000000 50040000 a1870000',
    value: {
      sourcePort: 32868,
      destinationPort: 1723,
      sequence: 3301485223,
      acknowledgment: 0,
      flags: Segment.RST,
      window: 0,
      checksum: 0xa187,
      urgentPointer: 0,
      options: [],
      payload: new Uint8Array(0),
    },
  },
]

codecContract('tcp segment', Segment, anySegment, golden, false)

describe('segment', () => {
  test('refuses every cut-off header', () => {
    for (const { hex } of golden) {
      const whole = unhex(hex)
      for (let n = 0; n < Segment.headerLength(whole, 0); n++) {
        assert.equal(Segment.parse(whole.subarray(0, n)).ok, false, `cut to ${n}`)
      }
    }
  })

  test('a data offset below five words is a bad length (RFC 9293 §3.1)', () => {
    const bytes = unhex(golden[2].hex)
    bytes[12] = 0x40
    assert.deepEqual(Segment.parse(bytes), { ok: false, reason: 'bad-length', offset: 12 })
  })

  test('accessors read a header at any place, and find the options of a SYN', () => {
    for (const at of [0, 1, 14, 33]) {
      const bytes = new Uint8Array(at + 60)
      bytes.set(unhex(golden[0].hex), at)
      assert.equal(Segment.sourcePort(bytes, at), 35782)
      assert.equal(Segment.sequence(bytes, at), 1668607398)
      assert.equal(Segment.headerLength(bytes, at), 40)
      const options = new Options()
      options.readSyn(bytes, at)
      assert.equal(options.maximumSegmentSize, 1460)
      assert.equal(options.windowScale, 5)
    }
  })

  test('an option list that breaks ends there, without harm (RFC 9293 §3.1, MUST-7)', () => {
    const bytes = unhex('0fa00050 00001388 00000000 7002ffff 00000000 0303 0001 0204 05b4')
    const read = () => {
      const options = new Options()
      options.readSyn(bytes, 0)
      return [options.windowScale, options.maximumSegmentSize]
    }
    assert.deepEqual(read(), [0, 1460])
    bytes[21] = 1 // a length that does not even cover itself
    assert.deepEqual(read(), [-1, 0])
    bytes[21] = 200 // a length beyond the header
    assert.deepEqual(read(), [-1, 0])
  })

  test('describe names every option and marks what is wrong', () => {
    const tree = Segment.describe(unhex(golden[0].hex), 34)
    assert.equal(tree.text, 'TCP 35782 > 1723 [SYN]')
    const names = tree.children?.slice(9).map(child => `${child.name} ${child.offset} ${child.text}`)
    assert.deepEqual(names, [
      'maximumSegmentSize 54 1460',
      'sackPermitted 58 SACK permitted',
      'timestamps 60 value 1915382321, echo 0',
      'noOperation 70 1 octets',
      'windowScale 71 5 (multiply by 32)',
    ])
    const values = tree.children?.slice(9).map(child => child.value)
    assert.deepEqual(values, [1460, undefined, undefined, undefined, 5])
    assert.equal(Segment.describe(new Uint8Array(19), 0).problem, 'it ends before its header does')
    const bare = unhex(golden[0].hex).subarray(0, 20)
    bare[12] = 5 << 4
    assert.deepEqual([Segment.describe(bare, 0).problem, Segment.describe(bare, 0).children?.length], [undefined, 9])
  })

  test('describe tells every field of the header, with its place in the frame (RFC 9293 §3.1)', () => {
    const { name, offset, length, children } = Segment.describe(unhex(golden[1].hex), 34)
    assert.deepEqual([name, offset, length], ['tcp', 34, 32])
    assert.deepEqual(
      children?.slice(0, 9).map(child => [child.name, child.offset, child.length, child.value, child.text]),
      [
        ['sourcePort', 34, 2, 1723, '1723'],
        ['destinationPort', 36, 2, 35782, '35782'],
        ['sequence', 38, 4, 1150737289, '1150737289'],
        ['acknowledgment', 42, 4, 1668607723, '1668607723'],
        ['dataOffset', 46, 1, 32, '32 octets'],
        ['flags', 47, 1, 0x18, 'PSH, ACK'],
        ['window', 48, 2, 2027, '2027'],
        ['checksum', 50, 2, 0x1b1d, '0x1b1d'],
        ['urgentPointer', 52, 2, 0, '0'],
      ],
    )
    assert.ok(children?.every(child => child.problem === undefined))
  })

  /** What is told of options that stand behind a header, which is as long as they are. */
  const told = (options: string): string[] => {
    const list = unhex(options)
    const bytes = new Uint8Array(20 + list.length)
    bytes[12] = (5 + list.length / 4) << 4
    bytes.set(list, 20)
    return (Segment.describe(bytes, 100).children ?? [])
      .slice(9)
      .map(one => `${one.name} ${one.offset}+${one.length}: ${one.text}${one.problem ? `; ${one.problem}` : ''}`)
  }

  test('describe tells what SACK blocks say, and the end of the list covers its padding', () => {
    assert.deepEqual(told('05 12 00000001 00000002 fffffff0 ffffffff 00 00'), [
      'sack 120+18: 1-2, 4294967280-4294967295',
      'endOfOptionList 138+2: End of option list',
    ])
    assert.deepEqual(told('05 02 01 01'), [
      'sack 120+2: no block',
      'noOperation 122+1: 1 octets',
      'noOperation 123+1: 1 octets',
    ])
  })

  test('describe marks a known option of a wrong length; of an unknown one nobody knows', () => {
    const wrong = 'the length of the option is wrong'
    for (const [name, hex] of [
      ['maximumSegmentSize', '02 05 000000'],
      ['windowScale', '03 02'],
      ['sackPermitted', '04 03 00'],
      ['sack', '05 04 0000'],
      ['timestamps', '08 06 00000000'],
    ] as const) {
      const length = unhex(hex).length
      assert.equal(told(`${hex} ${'01'.repeat(8 - length)}`)[0], `${name} 120+${length}: ${length} octets; ${wrong}`)
    }
    assert.deepEqual(told('fd 04 f989'), ['option253 120+4: 4 octets'])
    assert.equal(told('fd 0a f989 000000000000 01 01')[0], 'option253 120+10: 10 octets')
  })

  test('describe ends where the list breaks, and says so', () => {
    const wrong = 'the length of the option is wrong'
    assert.deepEqual(told('01 01 01 03'), [
      'noOperation 120+1: 1 octets',
      'noOperation 121+1: 1 octets',
      'noOperation 122+1: 1 octets',
      `windowScale 123+1: windowScale; ${wrong}`,
    ])
    assert.deepEqual(told('02 01 01 01'), [`maximumSegmentSize 120+4: maximumSegmentSize; ${wrong}`])
    assert.deepEqual(told('02 05 0101'), [`maximumSegmentSize 120+4: maximumSegmentSize; ${wrong}`])
  })

  test('describe marks a data offset that does not fit', () => {
    for (const words of [4, 8]) {
      const bytes = new Uint8Array(24)
      bytes[12] = words << 4
      const tree = Segment.describe(bytes, 0)
      assert.equal(tree.length, words === 4 ? 20 : 24)
      const field = tree.children?.find(({ name }) => name === 'dataOffset')
      assert.deepEqual([field?.value, field?.problem], [words * 4, 'the data offset does not fit the segment'])
    }
  })

  test('parse says where a list breaks, and keeps what stands before an End of Option List', () => {
    const parsed = (options: string) => {
      const bytes = new Uint8Array(24)
      bytes[12] = 6 << 4
      bytes.set(unhex(options), 20)
      return Segment.parse(bytes)
    }
    assert.deepEqual(parsed('01 01 01 03'), { ok: false, reason: 'bad-length', offset: 23 })
    assert.deepEqual(parsed('01 02 01 01'), { ok: false, reason: 'bad-length', offset: 21 })
    assert.deepEqual(parsed('01 02 04 01'), { ok: false, reason: 'bad-length', offset: 21 })
    const kept = parsed('04 02 00 07')
    assert.deepEqual(kept.ok && kept.value.options, [{ kind: 4, data: new Uint8Array(0) }])
    assert.deepEqual(Segment.parse(new Uint8Array(19)), { ok: false, reason: 'truncated', offset: 19 })
    const long = new Uint8Array(22)
    long[12] = 6 << 4
    assert.deepEqual(Segment.parse(long), { ok: false, reason: 'truncated', offset: 22 })
  })

  test('flags are named in the order of their bits, and none is a word too', () => {
    assert.equal(Segment.flagNames(0xff), 'FIN, SYN, RST, PSH, ACK, URG, ECE, CWR')
    assert.equal(Segment.flagNames(0), 'none')
  })
})

describe('checksum (RFC 9293 §3.1, RFC 1071)', () => {
  test('is right in the segments of the capture, and wrong after any single bit changed', () => {
    for (const { hex } of golden) {
      const bytes = unhex(hex)
      const fromClient = Segment.destinationPort(bytes, 0) === 1723
      const [source, destination] = fromClient ? [CLIENT, SERVER] : [SERVER, CLIENT]
      assert.equal(checksum(bytes, 0, bytes.length, source, destination), 0)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit >> 3] ^= 1 << (bit & 7)
        assert.notEqual(checksum(bytes, 0, bytes.length, source, destination), 0, `bit ${bit}`)
        bytes[bit >> 3] ^= 1 << (bit & 7)
      }
    }
  })

  test('a sum of zero is written as 0x0000, never as 0xffff (RFC 1624 §3)', () => {
    const bytes = new Uint8Array(20)
    bytes[12] = 5 << 4
    Segment.seal(bytes, 0, 20, SERVER, CLIENT)
    const missing = (bytes[16] << 8) | bytes[17]
    // With the missing part as its window, the segment sums up to zero.
    bytes[14] = missing >> 8
    bytes[15] = missing & 255
    Segment.seal(bytes, 0, 20, SERVER, CLIENT)
    assert.deepEqual([bytes[16], bytes[17]], [0, 0])
    assert.equal(checksum(bytes, 0, 20, SERVER, CLIENT), 0)
  })
  test('seal fills in what the capture has', () => {
    const bytes = unhex(golden[1].hex)
    Segment.setChecksumField(bytes, 0, 0xfedc)
    assert.deepEqual([bytes[16], bytes[17]], [0xfe, 0xdc])
    Segment.seal(bytes, 0, bytes.length, SERVER, CLIENT)
    assert.equal(Segment.checksumField(bytes, 0), 0x1b1d)
  })

  test('the example of RFC 1071 §3: 0001 f203 f4f5 f6f7 gives ddf2', () => {
    const total = sum(unhex('0001f203f4f5f6f7'), 0, 8)
    assert.equal((total & 0xffff) + (total >>> 16), 0xddf2)
  })

  test('any length, any alignment: the same as adding 16-bit words one by one', () => {
    const room = Uint8Array.from({ length: 3000 }, (_, n) => (n * 167 + (n >> 3)) & 255)
    for (const base of [0, 1, 2, 3]) {
      const bytes = room.subarray(base)
      for (let start = 0; start < 8; start++) {
        for (const length of [0, 1, 2, 3, 19, 255, 256, 257, 258, 259, 260, 261, 262, 263, 1400, 1461, 2047]) {
          let plain = 0
          for (let n = 0; n < length; n++) plain += bytes[start + n] << (n & 1 ? 0 : 8)
          const got = sum(bytes, start, start + length)
          assert.equal(got % 0xffff, plain % 0xffff, `base ${base}, start ${start}, length ${length}`)
        }
      }
    }
  })

  test('all ones do not overflow the long loop', () => {
    const bytes = new Uint8Array(65_535).fill(0xff)
    assert.equal(checksum(bytes, 0, bytes.length, 0xffffffff, 0xffffffff), expectOnes(bytes.length))
  })
})

/** What the checksum of n octets of ones between ones must be, by plain arithmetic. */
function expectOnes(n: number): number {
  let total = 4 * 0xffff + 6 + n
  for (let at = 0; at < n; at++) total += 0xff << (at & 1 ? 0 : 8)
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000)
  return 0xffff - total
}

describe('sequence numbers (RFC 9293 §3.4)', () => {
  test('comparison goes round at 2^32', () => {
    assert.ok(Seq.lt(0xffffffff, 0))
    assert.ok(Seq.lt(0xfffffff0, 0x10))
    assert.ok(!Seq.lt(0x10, 0xfffffff0))
    assert.ok(Seq.leq(7, 7) && !Seq.lt(7, 7))
    assert.equal(Seq.diff(0x10, 0xfffffff0), 32)
    assert.equal(Seq.toUint32(Seq.add(0xffffffff, 2)), 1)
    assert.equal(Seq.toUint32(Seq.max(0xfffffff0, 0x10)), 0x10)
  })
  test('whatever the start, what lies less than 2^31 ahead is later', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 0x7fffffff }), (a, n) => {
        assert.ok(Seq.lt(a, Seq.add(a, n)) && !Seq.lt(Seq.add(a, n), a))
        assert.ok(Seq.within(Seq.add(a, n - 1), a, n) && !Seq.within(Seq.add(a, n), a, n))
      }),
    )
  })
})
