import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { hex, set16, unhex } from '../../src/base/bytes.ts'
import * as Arp from '../../src/wire/arp.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Ethernet from '../../src/wire/ethernet.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Udp from '../../src/wire/udp.ts'
import { codecContract } from '../support/codec-contract.ts'
import { fc } from '../support/fast-check.ts'

// Frames 1, 2 and 3 of a real capture (test/captures/mschapv2-mppe128-stateless.pcap).
const ARP_REQUEST = '00010800060400012aa2c9eb86ff0a630201000000000000 0a630202'
const SYN_HEADER = '4500003c83a64000 3f06 a04c 0a630102 0a630202'

describe('checksum (RFC 1071)', () => {
  test('the example of §3 sums to ddf2', () => {
    const bytes = unhex('0001f203f4f5f6f7')
    assert.equal(Checksum.finish(Checksum.sum(bytes, 0, 8)), ~0xddf2 & 0xffff)
  })
  test('equals the plain definition for every length and alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(8), (data, shift) => {
        const bytes = new Uint8Array(shift + data.length + 3).fill(0xa5)
        bytes.set(data, shift)
        let plain = 0
        for (let i = 0; i < data.length; i += 2) plain += data[i] * 256 + (data[i + 1] ?? 0)
        while (plain > 0xffff) plain = (plain & 0xffff) + (plain >>> 16)
        assert.equal(Checksum.finish(Checksum.sum(bytes, shift, shift + data.length)), ~plain & 0xffff)
      }),
    )
  })
  test('an update equals a new sum (RFC 1624 §3)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(0xffff), (bytes, after) => {
        set16(bytes, 0, 0)
        bytes[3] |= 1
        const before = (bytes[8] << 8) | bytes[9]
        const old = Checksum.finish(Checksum.sum(bytes, 0, 20))
        set16(bytes, 8, after)
        assert.equal(Checksum.update(old, before, after), Checksum.finish(Checksum.sum(bytes, 0, 20)))
      }),
    )
  })
})

describe('IPv4 header', () => {
  test('a real header is read and written back', () => {
    const bytes = unhex(SYN_HEADER)
    set16(bytes, 2, 20) // the header alone
    Ipv4.setChecksum(bytes, 0)
    assert.equal(Ipv4.check(bytes, 0, 20), undefined)
    assert.equal(Ipv4.source(bytes, 0), ip('10.99.1.2'))
    assert.equal(Ipv4.destination(bytes, 0), ip('10.99.2.2'))
    assert.equal(Ipv4.ttl(bytes, 0), 63)
    assert.ok(Ipv4.dontFragment(bytes, 0) && !Ipv4.isFragment(bytes, 0))
    const again = new Uint8Array(20)
    Ipv4.write(again, 0, 20, Ipv4.identification(bytes, 0), Ipv4.DF, 63, 6, ip('10.99.1.2'), ip('10.99.2.2'))
    assert.equal(hex(again), hex(bytes))
  })
  test('the checksum of the real header is right as captured', () => {
    const bytes = unhex(SYN_HEADER)
    assert.equal(Checksum.finish(Checksum.sum(bytes, 0, 20)), 0)
  })
  test('each kind of wrong header has its reason', () => {
    const good = new Uint8Array(24)
    Ipv4.write(good, 0, 24, 1, 0, 64, 17, ip('1.2.3.4'), ip('5.6.7.8'))
    const spoil = (at: number, value: number): string | undefined => {
      const bytes = good.slice()
      bytes[at] = value
      return Ipv4.check(bytes, 0, 24)
    }
    assert.equal(Ipv4.check(good, 0, 24), undefined)
    assert.equal(Ipv4.check(good, 0, 19), 'truncated')
    assert.equal(Ipv4.check(good, 0, 23), 'truncated')
    assert.equal(spoil(0, 0x65), 'bad-version')
    assert.equal(spoil(0, 0x44), 'bad-length')
    assert.equal(spoil(3, 19), 'bad-length')
    assert.equal(spoil(12, 9), 'bad-checksum')
  })
  test('a lowered TTL keeps the checksum right', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), fc.nat(0xffff), (ttl, id) => {
        const bytes = new Uint8Array(20)
        Ipv4.write(bytes, 0, 20, id, 0, ttl, 47, ip('10.0.0.1'), ip('10.0.0.2'))
        Ipv4.decrementTtl(bytes, 0)
        assert.equal(Ipv4.check(bytes, 0, 20), undefined)
        assert.equal(Ipv4.ttl(bytes, 0), ttl - 1)
      }),
    )
  })
  test('options are named, torn ones too', () => {
    const bytes = new Uint8Array(28)
    Ipv4.write(bytes, 0, 28, 1, 0, 64, 1, ip('1.1.1.1'), ip('2.2.2.2'))
    bytes[0] = 0x47
    bytes.set(unhex('94040000 01 07 7f 00'), 20)
    Ipv4.setChecksum(bytes, 0)
    const options = Ipv4.describe(bytes, 0).children!.filter(f => f.name === 'option')
    assert.deepEqual(
      options.map(o => [o.offset, o.text, o.problem]),
      [
        [20, 'router alert', undefined],
        [24, 'no operation', undefined],
        [25, 'record route', 'bad-length'],
      ],
    )
  })
})

codecContract(
  'ARP (RFC 826)',
  Arp,
  fc.record(
    {
      operation: fc.constantFrom('request' as const, 'reply' as const),
      senderMac: fc.nat(2 ** 48 - 1),
      senderIp: fc.nat(2 ** 32 - 1).map(n => n as ReturnType<typeof ip>),
      targetMac: fc.nat(2 ** 48 - 1),
      targetIp: fc.nat(2 ** 32 - 1).map(n => n as ReturnType<typeof ip>),
    },
    { noNullPrototype: true },
  ),
  [
    {
      title: 'a real request',
      hex: ARP_REQUEST,
      value: {
        operation: 'request',
        senderMac: 0x2aa2c9eb86ff,
        senderIp: ip('10.99.2.1'),
        targetMac: 0,
        targetIp: ip('10.99.2.2'),
      },
    },
  ],
)

describe('Ethernet', () => {
  test('addresses of 48 bits survive', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 48 - 1), fc.nat(2 ** 48 - 1), (to, from) => {
        const bytes = new Uint8Array(16)
        Ethernet.write(bytes, 1, to, from, 0x0800)
        assert.deepEqual(
          [Ethernet.destination(bytes, 1), Ethernet.source(bytes, 1), Ethernet.type(bytes, 1)],
          [to, from, 0x0800],
        )
      }),
    )
    assert.equal(Ethernet.formatMac(0x0200deadbeef), '02:00:de:ad:be:ef')
    assert.ok(Ethernet.isGroup(Ethernet.BROADCAST) && !Ethernet.isGroup(0x020000000001))
  })
})

describe('ICMP and UDP', () => {
  test('an echo becomes its reply with a right checksum (RFC 792)', () => {
    const bytes = new Uint8Array(20).fill(0x61)
    Icmp.write(bytes, 0, 20, Icmp.TYPE.echoRequest, 0, (7 << 16) | 9)
    assert.equal(Icmp.check(bytes, 0, 20), undefined)
    Icmp.makeReply(bytes, 0)
    assert.equal(Icmp.check(bytes, 0, 20), undefined)
    assert.deepEqual([Icmp.type(bytes, 0), Icmp.identifier(bytes, 0), Icmp.sequence(bytes, 0)], [0, 7, 9])
    bytes[19] ^= 1
    assert.equal(Icmp.check(bytes, 0, 20), 'bad-checksum')
  })
  test('a UDP checksum that comes out as zero is sent as all ones (RFC 768)', () => {
    const b = new Uint8Array(10)
    let ones = 0
    for (let word = 0; word < 65_536; word++) {
      b[8] = word >>> 8
      b[9] = word
      Udp.write(b, 0, 10, 0x0a000001, 7, 0x0a000002, 9)
      const field = (b[6] << 8) | b[7]
      assert.notEqual(field, 0)
      if (field === 0xffff) ones++
    }
    assert.ok(ones > 0)
    assert.equal(Udp.check(b, 0, 10, 0x0a000001, 0x0a000002), undefined)
  })
  test('a UDP checksum covers the pseudo header; zero means none (RFC 768)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(0xffff), (data, port) => {
        const bytes = new Uint8Array(8 + data.length)
        bytes.set(data, 8)
        Udp.write(bytes, 0, bytes.length, ip('10.0.0.1'), port, ip('10.0.0.2'), 7)
        assert.equal(Udp.check(bytes, 0, bytes.length, ip('10.0.0.1'), ip('10.0.0.2')), undefined)
        assert.notEqual((bytes[6] << 8) | bytes[7], 0)
        assert.equal(Udp.check(bytes, 0, bytes.length, ip('10.0.0.1'), ip('10.0.0.3')), 'bad-checksum')
        set16(bytes, 6, 0)
        assert.equal(Udp.check(bytes, 0, bytes.length, ip('10.0.0.1'), ip('10.0.0.3')), undefined)
      }),
    )
  })
  test('no description leaves the bytes or throws', () => {
    for (const codec of [Ipv4, Icmp, Udp, Ethernet]) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
          const tree = codec.describe(bytes, 3)
          for (const f of [tree, ...(tree.children ?? [])])
            assert.ok(f.offset >= 3 && f.offset + f.length <= 3 + bytes.length)
        }),
      )
    }
  })
})
