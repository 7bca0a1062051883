/** What a traceroute from outside sees: a chain of three routers, probed over UDP and over ICMP. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatIpv4, ip } from '../../src/base/address.ts'
import { get16, hex, set16 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { IcmpError } from '../../src/ip/icmp.ts'
import type { Host } from '../../src/node/host.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import * as Udp from '../../src/wire/udp.ts'
import { Net } from '../support/net.ts'

/** alice - r1 - r2 - r3 - bob; link number n is 10.0.n.0/24, with .1 towards alice and .2 towards bob. */
function chain({ r2knows = true } = {}) {
  const net = new Net()
  const alice = net.host('alice', 'default via 10.0.1.2')
  const r1 = net.router('r1', '10.0.0.0/16 via 10.0.2.2')
  const back = r2knows ? ['10.0.1.0/24 via 10.0.2.1'] : []
  const r2 = net.router('r2', '10.0.4.0/24 via 10.0.3.2', ...back)
  const r3 = net.router('r3', 'default via 10.0.3.1')
  const bob = net.host('bob', 'default via 10.0.4.1')
  const line = { delay: ms(1) }
  net.link([alice, 'eth0', '10.0.1.1/24'], [r1, 'eth0', '10.0.1.2/24'], line)
  net.link([r1, 'eth1', '10.0.2.1/24'], [r2, 'eth0', '10.0.2.2/24'], line)
  net.link([r2, 'eth1', '10.0.3.1/24'], [r3, 'eth0', '10.0.3.2/24'], line)
  net.link([r3, 'eth1', '10.0.4.1/24'], [bob, 'eth0', '10.0.4.2/24'], line)
  return { net, alice, r1, r2, r3, bob }
}

const FIRST_PORT = 33_434

/** One datagram of 32 octets a TTL, each to a port of its own, as Linux's traceroute sends them. */
function probe(alice: Host, to: string, ttl: number, source = '10.0.1.1'): void {
  const packet = alice.env.packets.from(Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i))
  const at = packet.prepend(Udp.HEADER)
  Udp.write(packet.bytes, at, packet.end, ip(source), 40_000, ip(to), FIRST_PORT + ttl)
  alice.stack.output(packet, ip(to), Ipv4Header.PROTOCOL.udp, { ttl, source: ip(source) })
}

/** Sends four probes, one every 10 ms, and gives what came back. */
function trace(to: string, net: Net, alice: Host): IcmpError[] {
  const errors: IcmpError[] = []
  alice.stack.icmp.onError(error => errors.push({ ...error, quoted: error.quoted.slice() }))
  for (let ttl = 1; ttl <= 4; ttl++) net.world.scheduler.after(ms(10) * ttl, 'probe', () => probe(alice, to, ttl))
  net.run(sec(1))
  return errors
}

describe('traceroute through three routers', () => {
  test('over UDP: each router answers from its interface towards the sender (RFC 1812 §4.3.2.4), then the port is unreachable', () => {
    const { net, alice } = chain()
    const errors = trace('10.0.4.2', net, alice)
    assert.deepEqual(
      errors.map(e => [e.name, formatIpv4(e.from)]),
      [
        ['time exceeded', '10.0.1.2'],
        ['time exceeded', '10.0.2.2'],
        ['time exceeded', '10.0.3.2'],
        ['port unreachable', '10.0.4.2'],
      ],
    )
  })
  test('an answer quotes the header and all of the datagram, so that its ports tell which probe is meant (RFC 792, RFC 1812 §4.3.2.3)', () => {
    const { net, alice } = chain()
    const errors = trace('10.0.4.2', net, alice)
    for (const [i, { quoted, protocol, source, destination }] of errors.entries()) {
      assert.deepEqual([protocol, formatIpv4(source), formatIpv4(destination)], [17, '10.0.1.1', '10.0.4.2'])
      assert.deepEqual([get16(quoted, 0), get16(quoted, 2)], [40_000, FIRST_PORT + i + 1])
      assert.equal(quoted.length, Udp.HEADER + 32)
      assert.equal(hex(quoted.subarray(8, 12)), '40414243')
    }
  })
  test('to a router behind others: its own port is unreachable at the end', () => {
    const { net, alice } = chain()
    assert.deepEqual(
      trace('10.0.3.2', net, alice).map(e => [e.name, formatIpv4(e.from)]),
      [
        ['time exceeded', '10.0.1.2'],
        ['time exceeded', '10.0.2.2'],
        ['port unreachable', '10.0.3.2'],
        ['port unreachable', '10.0.3.2'],
      ],
    )
  })
  test('a port of the far side of a router: the answer comes from the address that was asked, as from Linux', () => {
    const { net, alice } = chain()
    assert.deepEqual(
      trace('10.0.4.1', net, alice).map(e => [e.name, formatIpv4(e.from)]),
      [
        ['time exceeded', '10.0.1.2'],
        ['time exceeded', '10.0.2.2'],
        ['port unreachable', '10.0.4.1'],
        ['port unreachable', '10.0.4.1'],
      ],
    )
  })
  test('over ICMP: the same routers, then an echo reply (RFC 792)', () => {
    const { net, alice } = chain()
    for (let ttl = 1; ttl <= 4; ttl++) net.ping(alice, '10.0.4.2', { ttl })
    net.run(sec(1))
    assert.deepEqual(
      net.seen('ping-failed').map(e => [e.type, e.from]),
      [
        ['time exceeded', '10.0.1.2'],
        ['time exceeded', '10.0.2.2'],
        ['time exceeded', '10.0.3.2'],
      ],
    )
    assert.deepEqual(
      net.seen('ping-reply').map(e => e.from),
      ['10.0.4.2'],
    )
  })
  test('with options in its header the probe is answered too, and quoted with them (RFC 792)', () => {
    const { net, alice, r1 } = chain()
    const told: Uint8Array[] = []
    alice.stack.handle(Ipv4Header.PROTOCOL.icmp, {
      receive: packet => {
        told.push(packet.data.slice())
        packet.release()
      },
    })
    const packet = alice.env.packets.make(24 + Udp.HEADER)
    const { bytes, start } = packet
    bytes.fill(0, start, packet.end)
    Ipv4Header.write(bytes, start, packet.length, 1, 0, 1, 17, ip('10.0.1.1'), ip('10.0.4.2'))
    bytes[start] = 0x46
    bytes.set([1, 1, 1, 0], start + 20)
    set16(bytes, start + 10, 0)
    let sum = 0
    for (let at = start; at < start + 24; at += 2) sum += get16(bytes, at)
    set16(bytes, start + 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
    const iface = r1.stack.interface('eth0')
    assert.ok(iface)
    r1.stack.receive(packet, iface)
    net.run(sec(1))
    assert.equal(told.length, 1)
    assert.equal(told[0][20], Icmp.TYPE.timeExceeded)
    assert.equal(hex(told[0].subarray(28, 29)), '46')
    assert.equal(told[0].length, 20 + 8 + 24 + Udp.HEADER)
  })
})

describe('a router without a way back', () => {
  test('makes no error at all, says no-route, and nothing ever leaves from 0.0.0.0 (RFC 1812 §4.3.2.4)', () => {
    const { net, alice } = chain({ r2knows: false })
    assert.deepEqual(
      trace('10.0.4.2', net, alice).map(e => formatIpv4(e.from)),
      ['10.0.1.2'],
    )
    const [expired, lost] = net.seen('drop', 'r2')
    assert.equal(expired.reason, 'ttl-expired')
    assert.deepEqual(
      { reason: lost.reason, layer: lost.layer, proto: lost.proto, dst: lost.dst, detail: lost.detail },
      {
        reason: 'no-route',
        layer: 'icmp',
        proto: 'icmp',
        dst: '10.0.1.1',
        detail: `time exceeded about ${expired.packet}, to 10.0.1.1`,
      },
    )
    assert.deepEqual(
      net.events.filter(e => 'src' in e && e.src === '0.0.0.0'),
      [],
    )
  })
  test('spends nothing of the allowance of errors, which is whole when the way is there', () => {
    const { net, alice, r2 } = chain({ r2knows: false })
    const answers: string[] = []
    alice.stack.icmp.onError(error => answers.push(formatIpv4(error.from)))
    const burst = (): void => {
      for (let n = 0; n < 6; n++) probe(alice, '10.0.4.2', 2)
    }
    net.world.scheduler.after(0, 'probes', burst)
    net.world.scheduler.after(ms(20), 'way', () => {
      r2.stack.addRoute({ prefix: { network: ip('10.0.1.0'), length: 24 }, via: ip('10.0.2.1') })
      burst()
    })
    net.run(ms(100))
    assert.deepEqual(answers, Array(6).fill('10.0.2.2'))
  })
})
