import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ipv4, ip } from '../../src/base/address.ts'
import { concat, unhex } from '../../src/base/bytes.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { CAPTURES, captureFile, readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { askCapinfos, askTshark, noTshark } from '../support/tshark.ts'

const mark: Pcap.Mark = { fingerprint: '00c0ffee', timeZero: Pcap.TIME_ZERO }
const eth: Pcap.InterfaceInfo = { name: 'client/eth0', description: 'to the router', linkType: Pcap.LINK_TYPE.ethernet }
const raw: Pcap.InterfaceInfo = { name: 'client/ppp0', description: 'inside the tunnel', linkType: Pcap.LINK_TYPE.raw }
const ppp: Pcap.InterfaceInfo = { name: 'nas/line', description: 'telephone', linkType: Pcap.LINK_TYPE.ppp }
const names: readonly (readonly [Ipv4, string])[] = [
  [ip('192.0.2.1'), 'client'],
  [ip('192.0.2.2'), 'büro-server'],
]
// An ICMP echo request, 192.0.2.1 to 192.0.2.2, checksums right.
const ping = unhex('4500001c000100004001f6dcc0000201c0000202 0800f7fd00010001')
const pingFrame = concat(unhex('020000000002 020000000001 0800'), ping)
const lcpEcho = unhex('ff03 c021 0900 0008 00000000')
const packet = (number: number, t: number, bytes: Uint8Array, comment?: string): Uint8Array =>
  Pcap.packetBlock({ interface: number, timeZero: Pcap.TIME_ZERO, t, bytes, comment })
const ours = concat(
  Pcap.sectionHeader(mark),
  Pcap.interfaceBlock(eth),
  Pcap.interfaceBlock(raw),
  Pcap.interfaceBlock(ppp),
  Pcap.nameBlock(names),
  packet(0, 0, pingFrame),
  packet(1, 1_500_000_001, ping, 'dropped: queue-full — the queue was full'),
  packet(2, 2 ** 53 - 1, lcpEcho),
)

const plain = { noNullPrototype: true }
const anyInterface = fc.record(
  {
    name: fc.string({ unit: 'grapheme', maxLength: 20 }),
    description: fc.string({ maxLength: 20 }),
    linkType: fc.constantFrom(1, 9, 101),
  },
  plain,
)
const anyPacket = fc.record({
  interface: fc.nat(2),
  timeZero: fc.integer({ min: 0, max: 2e15 }),
  t: fc.maxSafeNat(),
  bytes: fc.uint8Array({ maxLength: 60 }),
  comment: fc.option(fc.string({ unit: 'grapheme', maxLength: 30 }), { nil: undefined }),
})
const anyFile = fc.record({
  mark: fc.record(
    { fingerprint: fc.stringMatching(/^[0-9a-f]{0,16}$/), timeZero: fc.integer({ min: 0, max: 2e15 }) },
    plain,
  ),
  interfaces: fc.tuple(anyInterface, anyInterface, anyInterface),
  names: fc.uniqueArray(fc.tuple(fc.nat(2 ** 31 - 1), fc.stringMatching(/^[a-zé-]{0,9}$/)), { selector: n => n[0] }),
  packets: fc.array(anyPacket, { maxLength: 8 }),
})
type AnyFile = typeof anyFile extends fc.Arbitrary<infer T> ? T : never

const blocksOf = (file: AnyFile): Uint8Array[] => [
  Pcap.sectionHeader(file.mark),
  ...file.interfaces.map(Pcap.interfaceBlock),
  Pcap.nameBlock(file.names as [Ipv4, string][]),
  ...file.packets.map(Pcap.packetBlock),
]

const nanoseconds = (p: Pcap.NewPacket): bigint => BigInt(p.timeZero) * 1000n + BigInt(p.t)

describe('pcapng as we write it', () => {
  test('is read back: mark, interfaces, names, times, bytes, comments', () => {
    fc.assert(
      fc.property(anyFile, file => {
        const capture = Pcap.read(concat(...blocksOf(file)))
        assert.deepEqual(capture.problems, [])
        assert.deepEqual(capture.mark, file.mark)
        assert.deepEqual(capture.interfaces, file.interfaces)
        assert.deepEqual([...capture.names], file.names)
        assert.deepEqual(
          capture.frames.map(f => [f.interface, f.time, f.bytes, f.originalLength, f.comment]),
          file.packets.map(p => [p.interface, nanoseconds(p), p.bytes, p.bytes.length, p.comment]),
        )
      }),
    )
  })

  test('is whole after every block, and cut inside a block it is read up to there', () => {
    fc.assert(
      fc.property(anyFile, file => {
        const blocks = blocksOf(file)
        const whole = concat(...blocks)
        const starts = blocks.map((_, i) => blocks.slice(0, i).reduce((sum, b) => sum + b.length, 0))
        for (let length = 1; length <= whole.length; length++) {
          const { frames, problems } = Pcap.read(whole.subarray(0, length))
          const complete = blocks.filter((b, i) => starts[i] + b.length <= length).length
          assert.equal(frames.length, Math.max(0, complete - 5))
          if (length < 4) continue // too short to tell the format
          const cut = length === whole.length || starts.includes(length) ? [] : [starts[complete]]
          assert.deepEqual(
            problems.map(p => p.offset),
            cut,
          )
        }
      }),
      { numRuns: 20 },
    )
  })

  test('has the mark only if every section has the same one', () => {
    const other = Pcap.sectionHeader({ ...mark, fingerprint: 'bad0' })
    assert.deepEqual(Pcap.read(concat(ours, ours)).mark, mark)
    assert.equal(Pcap.read(concat(ours, other)).mark, undefined)
    assert.equal(Pcap.read(concat(ours, foreign)).mark, undefined)
    assert.equal(Pcap.read(concat(foreign, ours)).mark, undefined)
  })

  test('numbers the interfaces of a second section anew', () => {
    const second = concat(Pcap.sectionHeader(mark), Pcap.interfaceBlock(ppp), packet(0, 5, lcpEcho))
    const { frames, interfaces } = Pcap.read(concat(ours, second))
    assert.deepEqual(
      frames.map(f => interfaces[f.interface].name),
      ['client/eth0', 'client/ppp0', 'nas/line', 'nas/line'],
    )
  })

  test('tshark reads interfaces, times, comments and link types as we wrote them', { skip: noTshark }, () => {
    const fields = ['frame.interface_name', 'frame.interface_description', 'frame.encap_type', 'frame.time_epoch']
    assert.deepEqual(askTshark({ capture: ours, fields: [...fields, 'frame.protocols', 'frame.comment'], count: 3 }), [
      ['client/eth0', 'to the router', '1', '946684800.000000000', 'eth:ethertype:ip:icmp', ''],
      [
        'client/ppp0',
        'inside the tunnel',
        '7',
        '946684801.500000001',
        'raw:ip:icmp',
        'dropped: queue-full — the queue was full',
      ],
      ['nas/line', 'telephone', '4', '955691999.254740991', 'ppp:lcp', ''],
    ])
  })

  test('capinfos reads application, comment and precision', { skip: noTshark }, () => {
    const lines = askCapinfos(ours)
    for (const line of [
      'Number of packets:   3',
      'File timestamp precision:  nanoseconds (9)',
      'Capture application: pptp-lab',
      'Capture comment:     lab 00c0ffee; time zero 946684800',
    ]) {
      assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
    }
  })

  test('the judge notices a spoiled byte, a wrong count and an empty answer', { skip: noTshark }, () => {
    const fields = ['frame.time_epoch', 'icmp.checksum.status', 'ip.checksum.status']
    const preferences = ['ip.check_checksum:TRUE']
    const good = askTshark({ capture: ours, fields, preferences, count: 3 })
    assert.deepEqual(good[0].slice(1), ['1', '1'])

    const spoiledPacket = Uint8Array.from(ours)
    spoiledPacket[Pcap.read(ours).frames[0].offset + 20] ^= 1 // in the IP header
    assert.notDeepEqual(askTshark({ capture: spoiledPacket, fields, preferences, count: 3 }), good)

    const spoiledLength = Uint8Array.from(ours)
    spoiledLength[Pcap.read(ours).frames[2].offset - 21] ^= 4 // the block's total length
    assert.throws(() => askTshark({ capture: spoiledLength, fields, count: 3 }), /status 2/)

    assert.throws(() => askTshark({ capture: ours, fields, count: 2 }), /finds 3 frames/)
    assert.throws(() => askTshark({ capture: ours, fields, filter: 'pptp', count: 1 }), /finds nothing/)
    assert.throws(() => askTshark({ capture: ours, fields, filter: 'pptp', count: 0 }), /proves nothing/)
  })
})

// A section of a little-endian writer: interface with snap length 6 and microseconds, a block of unknown type, a Simple
// Packet, an old Packet Block and an Enhanced Packet.
const foreign = unhex(`
  0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
  01000000 14000000 6500 0000 06000000 14000000
  adde0000 10000000 01020304 10000000
  03000000 18000000 09000000 010203040506 0000 18000000
  02000000 24000000 0000 0000 01000000 02000000 04000000 04000000 aabbccdd 24000000
  06000000 28000000 00000000 00000000 05000000 03000000 03000000 aabbcc00 00000000 28000000`)

describe('pcapng of others', () => {
  test('little-endian, unknown blocks, Simple and old Packet Blocks', () => {
    const { frames, interfaces, problems } = Pcap.read(foreign)
    assert.deepEqual(problems, [])
    assert.deepEqual(interfaces, [{ name: '', description: '', linkType: 101 }])
    assert.deepEqual(
      frames.map(f => [f.bytes, f.originalLength, f.time]),
      [
        [unhex('010203040506'), 9, 0n],
        [unhex('aabbccdd'), 4, 4294967298000n],
        [unhex('aabbcc'), 3, 5000n],
      ],
    )
  })

  test('time resolutions of powers of ten and two, and the offset in seconds', () => {
    const block = (resolution: string): Uint8Array =>
      unhex(`0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c
        00000001 0000002c 0065 0000 00000000 00090001 ${resolution}000000 000e0008 0000000000000007 00000000 0000002c
        00000006 00000020 00000000 00000000 00000003 00000000 00000000 00000020`)
    assert.equal(Pcap.read(block('09')).frames[0].time, 7_000_000_003n)
    assert.equal(Pcap.read(block('00')).frames[0].time, 10_000_000_000n)
    assert.equal(Pcap.read(block('81')).frames[0].time, 8_500_000_000n)
  })

  test('a bad packet in a good block is named and the next one read', () => {
    const tooLong = unhex('00000006 00000020 00000000 00000000 00000003 00000009 00000009 00000020')
    const { frames, problems } = Pcap.read(concat(ours, packet(9, 0, ping), tooLong, packet(0, 7, pingFrame)))
    assert.equal(frames.length, 4)
    assert.deepEqual(
      problems.map(p => p.offset),
      [ours.length, ours.length + packet(9, 0, ping).length],
    )
  })
})

describe('pcap', () => {
  const header = (magic: string, order: (text: string) => string): string =>
    magic +
    order('0002') +
    order('0004') +
    order('00000000') +
    order('00000000') +
    order('0000ffff') +
    order('00000065')
  const reversed = (text: string): string => text.match(/../g)?.reverse().join('') ?? ''
  const same = (text: string): string => text

  for (const [title, magic, order, time] of [
    ['big-endian, microseconds', 'a1b2c3d4', same, 1_000_002_000n],
    ['little-endian, microseconds', 'd4c3b2a1', reversed, 1_000_002_000n],
    ['big-endian, nanoseconds', 'a1b23c4d', same, 1_000_000_002n],
    ['little-endian, nanoseconds', '4d3cb2a1', reversed, 1_000_000_002n],
  ] as const) {
    test(title, () => {
      const record = ['00000001', '00000002', '00000003', '00000009'].map(order).join('')
      const capture = Pcap.read(unhex(`${header(magic, order)}${record}aabbcc`))
      assert.deepEqual(capture.frames, [
        { offset: 40, interface: 0, linkType: 101, time, bytes: unhex('aabbcc'), originalLength: 9 },
      ])
      assert.deepEqual(capture.problems, [])
    })
  }

  for (const { name, counts } of CAPTURES) {
    test(`${name}: as many frames as the table says`, () => {
      const { frames, problems } = Pcap.read(readCapture(name))
      assert.deepEqual(problems, [])
      assert.equal(frames.length, counts.frames)
    })
    // The large ones are made by the same program and take tshark a second each.
    if (counts.frames > 200) continue
    test(`${name}: tshark agrees on times and lengths`, { skip: noTshark }, () => {
      const { frames } = Pcap.read(readCapture(name))
      const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len']
      const seconds = (time: bigint): string =>
        `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`
      assert.deepEqual(
        askTshark({ capture: captureFile(name), fields, count: counts.frames }),
        frames.map(f => [seconds(f.time), String(f.bytes.length), String(f.originalLength)]),
      )
    })
  }

  test('cut anywhere, a real capture is read up to the cut, and the cut is named', () => {
    const whole = readCapture('mschapv2-wrong-password')
    const { frames } = Pcap.read(whole)
    const ends = [24, ...frames.map(f => f.offset + f.bytes.length)]
    for (let length = 4; length < whole.length; length++) {
      const cut = Pcap.read(whole.subarray(0, length))
      const complete = frames.filter(f => f.offset + f.bytes.length <= length).length
      assert.equal(cut.frames.length, complete)
      const named = length < 24 ? [0] : ends.includes(length) ? [] : [ends[complete]]
      assert.deepEqual(
        cut.problems.map(p => p.offset),
        named,
      )
    }
  })
})

describe('bad files', () => {
  test('an empty file and one of another kind are named at offset 0', () => {
    assert.deepEqual(Pcap.read(new Uint8Array(0)).problems, [{ offset: 0, reason: 'the file is empty' }])
    assert.deepEqual(Pcap.read(unhex('7f454c46')).problems, [
      { offset: 0, reason: 'this is neither a pcap nor a pcapng file' },
    ])
  })

  test('any bytes, with or without a magic number, and spoiled files are read without an exception', () => {
    const inside = (bytes: Uint8Array): void => {
      const { frames, problems } = Pcap.read(bytes)
      for (const f of frames) assert.ok(f.offset + f.bytes.length <= bytes.length)
      for (const p of problems) assert.ok(p.offset >= 0 && p.offset <= bytes.length)
    }
    const magic = fc.constantFrom('', '0a0d0d0a0000001c1a2b3c4d', 'd4c3b2a1', 'a1b23c4d')
    fc.assert(fc.property(magic, fc.uint8Array({ maxLength: 200 }), (m, b) => inside(concat(unhex(m), b))))
    const spoils = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
    for (const whole of [ours, foreign, readCapture('second-call')]) {
      fc.assert(
        fc.property(spoils, changes => {
          const bytes = Uint8Array.from(whole)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          inside(bytes)
        }),
      )
    }
  })
})
