/** The door of the simulation: what comes in, what goes out, and what the guard stops. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatIpv4, ip, type Prefix, parsePrefix } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { Outside } from '../../src/node/outside.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Ethernet from '../../src/wire/ethernet.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { fc } from '../support/fast-check.ts'
import { Net } from '../support/net.ts'

const networks = ['10.99.0.0/16'].map(text => parsePrefix(text) as Prefix)

/** The router solicitation that Linux sends on every new device (RFC 4861 §4.1). */
const SOLICITATION = unhex(`
  60 00 00 00 00 08 3a ff fe80000000000000 b5d2a4c8d0f7e1c3 ff02000000000000 0000000000000002
  85 00 7d 38 00 00 00 00`)

function pingPacket(from: string, to: string): Uint8Array {
  const bytes = new Uint8Array(20 + 8 + 8)
  bytes[20] = Icmp.TYPE.echoRequest
  const sum = Checksum.finish(Checksum.sum(bytes, 20, bytes.length))
  bytes[22] = sum >> 8
  bytes[23] = sum & 255
  Ipv4.write(bytes, 0, bytes.length, 7, 0, 64, Ipv4.PROTOCOL.icmp, ip(from), ip(to))
  return bytes
}

/** outside - router - host, with what has gone out. */
function doorway(options: { guard?: readonly Prefix[] | undefined; type?: 'ip' | 'ethernet'; mtu?: number } = {}) {
  const net = new Net()
  const outside = new Outside(net.world.env('outside'), 'tun', 'guard' in options ? options.guard : networks)
  const router = net.router('router', '10.99.0.0/16 dev eth0', '192.0.2.0/24 dev eth0')
  const host = net.host('host', 'default via 10.77.0.254')
  net.link([outside, 'sim0'], [router, 'eth0', '10.99.0.2/30'], {
    type: options.type ?? 'ip',
    mtu: options.mtu ?? 1500,
  })
  net.link([router, 'eth1', '10.77.0.254/24'], [host, 'eth0', '10.77.0.1/24'])
  const out: Uint8Array[] = []
  outside.onLeave(bytes => out.push(bytes.slice()))
  const settle = () => net.world.scheduler.runUntil(net.world.scheduler.now + 10e9)
  return { net, outside, host, out, settle }
}
const reasons = (net: Net): string[] =>
  net.events.flatMap(event => (event.event === 'drop' ? [`${event.node} ${event.layer} ${event.reason}`] : []))

describe('an external port', () => {
  test('lets packets in and out as the bytes they are', () => {
    const { outside, out, settle, net } = doorway()
    outside.enter(pingPacket('10.99.1.2', '10.77.0.1'))
    settle()
    assert.equal(out.length, 1)
    assert.equal(Ipv4.check(out[0], 0, out[0].length), undefined)
    assert.equal(formatIpv4(Ipv4.destination(out[0], 0)), '10.99.1.2')
    assert.equal(out[0][20], Icmp.TYPE.echoReply)
    assert.deepEqual([outside.entered, outside.left], [1, 1])
    assert.deepEqual(reasons(net), [])
    const told = net.events.filter(({ node }) => node === 'outside').map(({ event }) => event)
    assert.deepEqual(told, ['send', 'deliver'])
  })

  test('copies what comes in: the caller may use its buffer again', () => {
    const { outside, out, settle } = doorway()
    const buffer = pingPacket('10.99.1.2', '10.77.0.1')
    outside.enter(buffer)
    buffer.fill(0)
    settle()
    assert.equal(out.length, 1)
  })

  test('stops what comes from a network that the lab does not name', () => {
    const { outside, out, settle, net } = doorway()
    outside.enter(pingPacket('192.0.2.1', '10.77.0.1'))
    settle()
    assert.deepEqual(reasons(net), ['outside external outside-range'])
    assert.deepEqual([out.length, outside.entered], [0, 0])
  })

  test('stops what goes to a network that the lab does not name', () => {
    const { out, settle, net, host } = doorway()
    net.ping(host, '192.0.2.1')
    settle()
    assert.ok(reasons(net).includes('outside external outside-range'))
    assert.equal(out.length, 0)
  })

  test('without a list of networks stops nothing', () => {
    const { outside, out, settle } = doorway({ guard: undefined })
    outside.enter(pingPacket('192.0.2.1', '10.77.0.1'))
    settle()
    assert.equal(out.length, 1)
  })

  test('IPv6 is counted and dropped, not answered', () => {
    const { outside, out, settle, net } = doorway()
    outside.enter(SOLICITATION)
    settle()
    assert.deepEqual(reasons(net), ['outside external not-ipv4'])
    assert.equal(out.length, 0)
  })

  test('each kind of rubbish has its reason', () => {
    const good = pingPacket('10.99.1.2', '10.77.0.1')
    const spoiled = (at: number, value: number): Uint8Array => good.map((octet, i) => (i === at ? value : octet))
    for (const [what, bytes, reason] of [
      ['nothing', new Uint8Array(0), 'outside external malformed'],
      ['one octet', good.slice(0, 1), 'outside external malformed'],
      ['half a header', good.slice(0, 12), 'outside external malformed'],
      ['version 5', spoiled(0, 0x55), 'outside external not-ipv4'],
      ['a header length of 16', spoiled(0, 0x44), 'router ip malformed'],
      ['a header longer than the packet', spoiled(0, 0x4f), 'router ip malformed'],
      ['a total length that lies', spoiled(3, 200), 'router ip malformed'],
      ['a cut packet', good.slice(0, 30), 'router ip malformed'],
      ['a wrong checksum', spoiled(10, good[10] ^ 1), 'router ip bad-checksum'],
      ['longer than the link carries', new Uint8Array(1501).fill(0x45, 0, 1), 'outside external malformed'],
    ] as const) {
      const { outside, out, settle, net } = doorway()
      outside.enter(bytes)
      settle()
      assert.deepEqual(reasons(net), [reason], what)
      assert.equal(out.length, 0, what)
    }
  })

  test('any bytes are survived, every one of them counted, and no packet is lost from the pool', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), fc.boolean(), (frames, ethernet) => {
        const { outside, settle, net } = doorway({ type: ethernet ? 'ethernet' : 'ip', guard: undefined })
        for (const frame of frames) outside.enter(frame)
        settle()
        const stopped = net.events.filter(({ event, node }) => event === 'drop' && node === 'outside').length
        assert.equal(outside.entered + stopped, frames.length)
      }),
      { seed: 4, numRuns: 300 },
    )
  })

  test('on Ethernet carries frames: ARP and IP of the peer, padded or not', () => {
    const { outside, out, settle, host, net } = doorway({ type: 'ethernet' })
    const frame = new Uint8Array(60)
    Ethernet.write(frame, 0, Ethernet.BROADCAST, 0x020000000009, Ethernet.TYPE.arp)
    // Who has 10.99.0.2? Tell 10.99.0.1 (RFC 826).
    frame.set(unhex('0001 0800 06 04 0001 020000000009 0a630001 000000000000 0a630002'), Ethernet.HEADER)
    outside.enter(frame)
    settle()
    assert.equal(out.length, 1)
    assert.equal(Ethernet.type(out[0], 0), Ethernet.TYPE.arp)
    assert.equal(Ethernet.destination(out[0], 0), 0x020000000009)
    net.ping(host, '10.99.0.1')
    settle()
    assert.equal(Ethernet.type(out[1], 0), Ethernet.TYPE.ipv4)
    assert.equal(Ethernet.destination(out[1], 0), 0x020000000009)
  })
})
