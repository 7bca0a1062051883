import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, unhex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import * as Cp from '../../src/wire/cp.ts'
import { dissect, problemsOf } from '../../src/wire/dissect.ts'
import { endpoints, oneLine } from '../../src/wire/one-line.ts'
import { LINK_TYPE, read } from '../../src/wire/pcap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { layerNames, walk } from '../support/field-tree.ts'
import { A, B, ethernet, gre, icmp, ipv4, ppp, tcp, udp } from '../support/packets.ts'

const raw = (packet: Uint8Array): Field => dissect(packet, LINK_TYPE.raw)
const line = (packet: Uint8Array): string => oneLine(raw(packet))
const hello = unhex('68656c6c6f')
const echoRequest = Cp.write({ type: 'echo-request', id: 3, magic: 0x01020304, data: new Uint8Array(0) })

describe('dissect: the layers', () => {
  for (const [title, tree, names] of [
    ['raw IP', raw(ipv4(1, icmp(8, 0, hello))), ['ipv4', 'icmp', 'data']],
    ['Ethernet', dissect(ethernet(0x0800, udpPacket()), 1), ['ethernet', 'ipv4', 'udp', 'data']],
    ['a VLAN tag', dissect(ethernet(0x0800, udpPacket(), '8100 0007'), 1), ['ethernet', 'vlan', 'ipv4', 'udp', 'data']],
    [
      'padding',
      dissect(ethernet(0x0800, concat(udpPacket(), new Uint8Array(9))), 1),
      ['ethernet', 'ipv4', 'udp', 'data', 'padding'],
    ],
    [
      'tcpdump -i any',
      dissect(concat(unhex('0000 0001 0006 020000000001 0000 0800'), udpPacket()), 113),
      ['cooked', 'ipv4', 'udp', 'data'],
    ],
    [
      'tcpdump -i any, version 2',
      dissect(concat(unhex('0800 0000 00000002 0001 00 06 0200000000010000'), udpPacket()), 276),
      ['cooked', 'ipv4', 'udp', 'data'],
    ],
    ['PPP', dissect(ppp(Ppp.LCP, echoRequest), 9), ['ppp', 'lcp']],
    ['GRE', raw(gre(7, 1, ppp(Ppp.IP, udpPacket()))), ['ipv4', 'gre', 'ppp', 'ipv4', 'udp', 'data']],
    ['IPv6', dissect(ethernet(0x86dd, hello), 1), ['ethernet', 'data']],
    ['another link type', dissect(hello, 148), ['data']],
  ] as const) {
    test(title, () => assert.deepEqual(layerNames(tree), names))
  }

  function udpPacket(): Uint8Array {
    return ipv4(17, udp(hello))
  }

  test('every field has its place in the frame', () => {
    const frame = ethernet(0x0800, gre(0x1234, 1, ppp(Ppp.LCP, echoRequest)), '8100 0007')
    const tree = dissect(frame, 1)
    for (const [layer, name, offset] of [
      ['vlan', 'id', 14],
      ['ipv4', 'source', 18 + 12],
      ['gre', 'callId', 18 + 20 + 6],
      ['ppp', 'protocol', 18 + 20 + 12 + 2],
      ['lcp', 'magic', 18 + 20 + 12 + 4 + 4],
    ] as const) {
      const found = [...walk(tree)].find(({ field, above }) => field.name === name && above.at(-1)?.name === layer)
      assert.equal(found?.field.offset, offset, `${layer} ${name}`)
    }
  })

  test('a packet without an earlier one: MPPE by its bits, messages from the start of a segment', () => {
    const mppe = raw(gre(1, 1, ppp(Ppp.COMPRESSED, unhex('90051234'))))
    assert.deepEqual(layerNames(mppe), ['ipv4', 'gre', 'ppp', 'mppe'])
    assert.deepEqual(layerNames(raw(gre(1, 1, ppp(Ppp.COMPRESSED, unhex('78011234'))))), [
      'ipv4',
      'gre',
      'ppp',
      'compressed',
    ])
    const messages = concat(
      Pptp.write({ type: 'echo-request', identifier: 5 }),
      Pptp.write({ type: 'call-clear-request', callId: 9 }),
    )
    assert.equal(line(tcp(messages)), 'PPTP Echo-Request: identifier 5; Call-Clear-Request: call 9')
    assert.equal(line(tcp(messages.subarray(0, 20))), 'PPTP Echo-Request: identifier 5; 4 octets')
    assert.deepEqual(layerNames(raw(tcp(hello))), ['ipv4', 'tcp', 'controlStream'])
  })

  test('a Protocol-Reject holds the rejected packet, an ICMP error the packet that caused it', () => {
    const reject = Cp.write({ type: 'protocol-reject', id: 1, protocol: Ppp.IP, data: ipv4(17, udp(hello)) })
    assert.equal(
      line(gre(1, 1, ppp(Ppp.LCP, reject))),
      'GRE call 1 seq 1 · LCP Protocol-Reject id 1: 0x0021 (ip) (about IP 192.0.2.1 > 192.0.2.2 · UDP 5000 > 7, 5 octets)',
    )
    const cut = ipv4(17, udp(new Uint8Array(600))).subarray(0, 48)
    const error = raw(ipv4(1, icmp(3, 3, cut), B, A))
    assert.deepEqual(problemsOf(error), [])
    assert.match(
      oneLine(error),
      /^ICMP port unreachable \(about IP 192\.0\.2\.1 > 192\.0\.2\.2 · UDP 5000 > 7, 20 octets\)$/,
    )
    assert.equal(line(ipv4(1, unhex('0304f7c600000535'))), 'ICMP fragmentation needed, mtu 1333')
    assert.deepEqual(endpoints(error), { source: '192.0.2.2', destination: '192.0.2.1' })
  })

  test("an uncompressed packet of Van Jacobson's method is an IP packet (RFC 1144 §3.2.2)", () => {
    const packet = tcp(hello, { destinationPort: 80 })
    const vj = Uint8Array.from(packet)
    vj[9] = 4
    assert.equal(
      line(gre(1, 1, ppp(0x2f, vj))),
      'GRE call 1 seq 1 · VJ connection 4 · IP 192.0.2.1 > 192.0.2.2 · TCP 40000 > 80 ACK seq 0 ack 0 win 1000, 5 octets',
    )
  })

  for (const [hex, text] of [
    ['0f abcd 68656c', 'the usual step, 3 octets'],
    ['4c 02 abcd 05 000100 68', 'connection 2, ack +5, seq +256, 1 octet'],
    ['30 abcd 07', 'id +7, push, 0 octets'],
  ] as const) {
    test(`a compressed one: ${text} (RFC 1144 §3.2.2)`, () => {
      assert.equal(line(gre(1, 1, ppp(0x2d, unhex(hex)))), `GRE call 1 seq 1 · VJ compressed TCP, ${text}`)
    })
  }
})

describe('dissect: trouble', () => {
  const spoil = (bytes: Uint8Array, at: number): Uint8Array => {
    const out = Uint8Array.from(bytes)
    out[at] ^= 0x40
    return out
  }

  test('wrong checksums are named: IP, ICMP, UDP, TCP', () => {
    const reasons = (packet: Uint8Array): string[] => problemsOf(raw(packet)).map(p => p.reason)
    assert.deepEqual(reasons(spoil(ipv4(17, udp(hello)), 1)), ['ipv4: bad-checksum'])
    assert.deepEqual(reasons(spoil(ipv4(1, icmp(8, 0, hello)), 29)), ['icmp: bad-checksum'])
    assert.deepEqual(reasons(spoil(ipv4(17, udp(hello)), 29)), ['udp: bad-checksum'])
    assert.deepEqual(reasons(spoil(tcp(hello, { destinationPort: 80 }), 41)), ['tcp: bad-checksum'])
  })

  test('a checksum left to the network card is no trouble', () => {
    const packet = tcp(hello, { destinationPort: 80 })
    // The sum of the pseudo header, not complemented: 192.0.2.1, 192.0.2.2, 6, 25 octets.
    const sum = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 6 + 25
    const folded = (sum & 0xffff) + (sum >>> 16)
    packet[36] = folded >>> 8
    packet[37] = folded
    assert.deepEqual(problemsOf(raw(packet)), [])
  })

  test('what is wrong stands at the end of the line', () => {
    assert.equal(line(spoil(ipv4(17, udp(hello)), 1)), 'UDP 5000 > 7, 5 octets  [! ipv4: bad-checksum]')
    assert.match(line(gre(1, 1, ppp(Ppp.LCP, unhex('01010003')))), /\[! lcp: the length is shorter than the header\]$/)
  })

  test('tunnels in tunnels are followed so far and no further', () => {
    let packet = ipv4(17, udp(hello))
    for (let i = 0; i < 1000; i++) packet = gre(1, 1, ppp(Ppp.IP, packet))
    const names = layerNames(raw(packet))
    assert.equal(names.at(-1), 'ipv4')
    assert.ok(names.length > 30 && names.length < 60)
    let reject = echoRequest
    for (let i = 0; i < 1000; i++)
      reject = Cp.write({ type: 'protocol-reject', id: 1, protocol: Ppp.LCP, data: reject })
    assert.ok([...walk(dissect(ppp(Ppp.LCP, reject), 9))].length < 200)
    let error = ipv4(17, udp(hello))
    for (let i = 0; i < 1000; i++) error = ipv4(1, icmp(3, 3, error))
    assert.ok([...walk(raw(error))].length < 500)
  })

  const inside = (tree: Field, length: number): void => {
    oneLine(tree)
    for (const { field } of walk(tree)) {
      assert.ok(
        field.offset >= 0 && field.offset + field.length <= length,
        `${field.name} ${field.offset}+${field.length} of ${length}`,
      )
    }
  }

  test('any bytes of any link type', () => {
    const types = fc.constantFrom(...Object.values(LINK_TYPE), 147)
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 200 }), (type, bytes) =>
        inside(dissect(bytes, type), bytes.length),
      ),
    )
    const protocols = fc.constantFrom(1, 6, 17, 47, 4)
    fc.assert(
      fc.property(protocols, fc.uint8Array({ maxLength: 200 }), (p, b) => inside(raw(ipv4(p, b)), b.length + 20)),
    )
    const ppps = fc.constantFrom(0x21, 0x2d, 0x2f, 0xfd, 0x8021, 0x8057, 0x80fd, 0xc021, 0xc023, 0xc223, 0xc227, 0x8053)
    fc.assert(
      fc.property(ppps, fc.uint8Array({ maxLength: 120 }), (p, b) => inside(raw(gre(1, 2, ppp(p, b))), b.length + 36)),
    )
  })

  test('spoiled and cut frames of real peers', () => {
    const frames = ['second-call', 'control-bad-input', 'defaults-compression'].flatMap(
      name => read(readCapture(name)).frames,
    )
    const spoils = fc.array(fc.tuple(fc.nat(1600), fc.nat(255)), { maxLength: 5 })
    fc.assert(
      fc.property(fc.nat(frames.length - 1), spoils, fc.nat(1600), (index, changes, cut) => {
        const bytes = Uint8Array.from(frames[index].bytes.subarray(0, cut < 800 ? undefined : cut - 800))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        inside(dissect(bytes, 1), bytes.length)
      }),
      { numRuns: 1000 },
    )
  })
})
