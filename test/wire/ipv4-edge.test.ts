/// <reference path="../../src/wire/ip-packet.d.ts" />
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as IpPacket from 'ip-packet'
import { formatIpv4, ip } from '../../src/base/address.ts'
import { hex, unhex } from '../../src/base/bytes.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Edge from '../../src/wire/ipv4-edge.ts'
import { fc } from '../support/fast-check.ts'

const address = fc.nat(2 ** 32 - 1).map(formatIpv4)
const anyPacket: fc.Arbitrary<Edge.EdgePacket> = fc.record(
  {
    source: address,
    destination: address,
    protocol: fc.nat(255),
    ttl: fc.nat(255),
    identification: fc.nat(0xffff),
    typeOfService: fc.nat(255),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map(n => n * 8),
    payload: fc.uint8Array({ maxLength: 60 }),
  },
  { noNullPrototype: true },
)
const one: Edge.EdgePacket = {
  source: '192.0.2.1',
  destination: '192.0.2.2',
  protocol: 47,
  ttl: 64,
  identification: 0x1234,
  typeOfService: 0,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  payload: unhex('01020304'),
}
const bytes = Edge.write(one)

describe('IPv4 at the edges', () => {
  test('reads back what it writes', () => {
    fc.assert(
      fc.property(anyPacket, packet => {
        assert.deepEqual(Edge.parse(Edge.write(packet)), { ok: true, value: packet })
      }),
    )
  })

  test('ip-packet and our own codec see and write the same header', () => {
    fc.assert(
      fc.property(anyPacket, packet => {
        const theirs = Edge.write(packet)
        assert.equal(Ipv4.check(theirs, 0, theirs.length), undefined)
        assert.equal(Edge.verify(theirs), undefined)
        if (packet.typeOfService !== 0) return // our writer makes none
        const ours = new Uint8Array(theirs.length)
        const flags = (packet.dontFragment ? Ipv4.DF : 0) | (packet.moreFragments ? Ipv4.MF : 0)
        ours.set(packet.payload, Ipv4.HEADER)
        Ipv4.write(
          ours,
          0,
          ours.length,
          packet.identification,
          flags | (packet.fragmentOffset / 8),
          packet.ttl,
          packet.protocol,
          ip(packet.source),
          ip(packet.destination),
        )
        assert.equal(hex(ours), hex(theirs))
      }),
    )
  })

  test('the second opinion names a field that differs', () => {
    const spoiled = Uint8Array.from(bytes)
    spoiled[8] = 63
    assert.equal(Edge.verify(spoiled), 'checksum')
    spoiled[0] = 0x55
    assert.equal(Edge.verify(spoiled), 'version')
  })

  test('the second opinion reads the fixed part of a header with options', () => {
    const routerAlert = unhex('46c00020000040000102000 0e0000001e0000016 94040000 1122334455667788'.replaceAll(' ', ''))
    Ipv4.setChecksum(routerAlert, 0)
    assert.equal(Ipv4.check(routerAlert, 0, routerAlert.length), undefined)
    assert.equal(Edge.verify(routerAlert), undefined)
    assert.deepEqual(Edge.parse(routerAlert), { ok: false, reason: 'bad-length', offset: 0 })
  })

  test('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), any => {
        const parsed = Edge.parse(any)
        assert.equal(parsed.ok, Ipv4.check(any, 0, any.length) === undefined && (any[0] & 15) === 5)
      }),
    )
  })
})

// What ip-packet 2.2.1 does by itself, and what the adapter makes of it. If one of these fails after an upgrade, the
// package has been mended and the adapter may have become simpler.
describe('ip-packet 2.2.1, which the adapter guards', () => {
  const copyable = (data: Uint8Array): IpPacket.IpPacket['data'] => ({
    byteLength: data.length,
    copy: (into, at) => into.set(data, at),
  })
  const encoded = (packet: Partial<IpPacket.IpPacket>, data = new Uint8Array(4)): Uint8Array => {
    const buffer = new Uint8Array(20 + data.length)
    const whole = { version: 4, sourceIp: '192.0.2.1', destinationIp: '192.0.2.2', data: copyable(data), ...packet }
    IpPacket.encode({ buffer, start: 0, end: buffer.length }, whole as IpPacket.IpPacket)
    return buffer
  }
  const decoded = (buffer: Uint8Array): IpPacket.DecodedPacket =>
    IpPacket.decode({ buffer, start: 0, end: buffer.length })

  test('1. encode makes no checksum, and checksum() writes at 10 of what it is given; the adapter sets it', () => {
    assert.equal(hex(encoded({}).subarray(10, 12)), '0000')
    const buffer = new Uint8Array(30)
    IpPacket.checksum(buffer)
    assert.equal(hex(buffer.subarray(10, 12)), 'ffff')
    assert.equal(Ipv4.check(bytes, 0, bytes.length), undefined)
  })

  test('2. decode does not verify the checksum; the adapter does', () => {
    const spoiled = Uint8Array.from(bytes)
    spoiled[10] ^= 1
    assert.equal(decoded(spoiled).sourceIp, '192.0.2.1')
    assert.deepEqual(Edge.parse(spoiled), { ok: false, reason: 'bad-checksum', offset: 0 })
  })

  test('3. header lengths: above 5 decode throws, below 5 is accepted, encode writes any; the adapter refuses', () => {
    const withLength = (ihl: number): Uint8Array => {
      const changed = Uint8Array.from(bytes)
      changed[0] = 0x40 | ihl
      return changed
    }
    assert.throws(() => decoded(withLength(6)), /IHL/)
    assert.equal(decoded(withLength(4)).sourceIp, '192.0.2.1')
    assert.equal(encoded({ ihl: 6 })[0], 0x46)
    assert.equal(Edge.parse(withLength(4)).ok, false)
    assert.equal(Edge.parse(withLength(6)).ok, false)
  })

  test('4. decode looks at no length; the adapter refuses short buffers and wrong totals', () => {
    assert.match(decoded(bytes.subarray(0, 8)).sourceIp, /undefined/)
    const endless = Uint8Array.from(bytes)
    endless[3] = 0
    const state = { buffer: endless, start: 0, end: endless.length }
    IpPacket.decode(state)
    assert.equal(state.start, 0)
    const long = Uint8Array.from(bytes)
    long[3] = 99
    assert.equal(decoded(long).data.length, 4)
    for (const wrong of [bytes.subarray(0, 8), endless, long]) assert.equal(Edge.parse(wrong).ok, false)
  })

  test('5. version has no default; the adapter always writes 4', () => {
    assert.equal(encoded({ version: undefined as unknown as number })[0], 0x05)
    assert.equal(bytes[0], 0x45)
  })

  test('6. encode wraps what does not fit; the adapter throws', () => {
    assert.equal(hex(encoded({}, new Uint8Array(65_516)).subarray(2, 4)), '0000')
    const source = (text: string): string => formatIpv4(Ipv4.source(encoded({ sourceIp: text }), 0))
    assert.equal(source('256.1.1.1'), '0.1.1.1')
    assert.equal(source('010.1.1.1'), '10.0.0.0')
    assert.equal(source('abc'), '0.0.0.0')
    assert.equal(hex(encoded({ identification: 0x12345 }).subarray(4, 6)), '2345')
    for (const wrong of [
      { payload: new Uint8Array(65_516) },
      { source: '256.1.1.1' },
      { destination: '010.1.1.1' },
      { identification: 0x12345 },
      { fragmentOffset: 4 },
      { ttl: 256 },
    ]) {
      assert.throws(() => Edge.write({ ...one, ...wrong }), RangeError)
    }
  })

  test('7. data must have the copy() of a Buffer; the adapter takes any Uint8Array', () => {
    assert.throws(() => encoded({ data: new Uint8Array(4) as unknown as IpPacket.IpPacket['data'] }), TypeError)
    assert.equal(hex(bytes.subarray(20)), '01020304')
  })
})
