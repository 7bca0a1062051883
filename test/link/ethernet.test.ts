import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ipv4, ip } from '../../src/base/address.ts'
import { ms, sec } from '../../src/base/time.ts'
import { macFor } from '../../src/node/mac.ts'
import { Switch } from '../../src/node/switch.ts'
import * as Arp from '../../src/wire/arp.ts'
import * as Ethernet from '../../src/wire/ethernet.ts'
import { Net } from '../support/net.ts'

/** Three hosts on a switch, 1 ms a cable. */
function lan(seed = 1) {
  const net = new Net(seed)
  const sw = new Switch(net.world.env('sw'))
  const hosts = ['ann', 'ben', 'cyd'].map((name, i) => {
    const host = net.host(name)
    const link = net.link([host, 'eth0', `10.0.0.${i + 1}/24`], [sw, `p${i}`], { type: 'ethernet', delay: ms(1) })
    return { host, link }
  })
  return { net, sw, hosts, start: () => [...hosts.map(h => h.host), sw].forEach(node => void node.start()) }
}

describe('ARP (RFC 826)', () => {
  test('the first packet waits for one request and one reply; the next need none', () => {
    const { net, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.2', { count: 3 })
    net.run(sec(5))
    assert.deepEqual(
      net.seen('ping-reply').map(e => e.rtt),
      [ms(8), ms(4), ms(4)],
    )
    assert.deepEqual(
      net.seen('arp', 'ann').map(e => [e.way, e.type, e.address]),
      [
        ['sent', 'request', '10.0.0.2'],
        ['received', 'reply', '10.0.0.2'],
      ],
    )
    // Ben learned Ann from her request: he asks for nobody.
    assert.deepEqual(
      net.seen('arp', 'ben').map(e => [e.way, e.type]),
      [
        ['received', 'request'],
        ['sent', 'reply'],
      ],
    )
  })
  test('packets that wait for the same neighbour share one request and leave in order', () => {
    const { net, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.2', { count: 3, interval: ms(1) })
    net.run(sec(2))
    assert.equal(net.seen('arp', 'ann').filter(e => e.way === 'sent').length, 1)
    assert.deepEqual(
      net.seen('ping-reply').map(e => e.seq),
      [1, 2, 3],
    )
  })
  test('nobody answers: three requests a second apart, then host unreachable', () => {
    const { net, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.9')
    net.run(sec(5))
    assert.deepEqual(
      net.seen('arp', 'ann').map(e => e.t),
      [0, sec(1), sec(2)],
    )
    assert.deepEqual(
      net.seen('drop', 'ann').map(e => [e.t, e.reason]),
      [[sec(3), 'arp-timeout']],
    )
    assert.deepEqual(
      net.seen('ping-failed').map(e => [e.t, e.type]),
      [[sec(3), 'host unreachable']],
    )
  })
  test('the queue is bounded', () => {
    const { net, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.9', { count: 70, interval: ms(1) })
    net.run(sec(2))
    assert.equal(net.drops('ann').filter(r => r === 'arp-queue-full').length, 6)
  })
  test('an entry is forgotten after a minute (RFC 1122 §2.3.2.1)', () => {
    const { net, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.2')
    net.run(sec(61))
    net.ping(hosts[0].host, '10.0.0.2')
    net.run(sec(63))
    assert.equal(net.seen('arp', 'ann').filter(e => e.way === 'sent' && e.type === 'request').length, 2)
  })
  test('an announcement changes what others know, and teaches nobody new (RFC 826, merge flag)', () => {
    const { net, hosts, sw } = lan()
    net.ping(hosts[0].host, '10.0.0.2')
    net.run(sec(1))
    const announce = Arp.write({
      operation: 'request',
      senderMac: 0x02aaaaaaaaaa,
      senderIp: ip('10.0.0.2'),
      targetMac: 0,
      targetIp: ip('10.0.0.2'),
    })
    const frame = sw.env.packets.from(announce)
    Ethernet.write(frame.bytes, frame.prepend(14), Ethernet.BROADCAST, 0x02aaaaaaaaaa, Ethernet.TYPE.arp)
    hosts[1].link.ends[0].send(frame)
    net.run(sec(2))
    const arp = (name: number) => (hosts[name].host.snapshot() as { arp: Record<string, string> }).arp
    assert.equal(arp(0)['10.0.0.2'], '02:aa:aa:aa:aa:aa')
    assert.deepEqual(arp(2), {})
  })
  test('at the start everybody announces themselves once (RFC 5227 §3)', () => {
    const { net, start } = lan()
    start()
    net.run(sec(1))
    assert.deepEqual(
      net
        .seen('arp')
        .filter(e => e.way === 'sent')
        .map(e => [e.node, e.type, e.mac !== '']),
      ['ann', 'ben', 'cyd'].map(n => [n, 'announcement', true]),
    )
  })
  /** Ann hears an ARP packet that says it comes from somebody. */
  const says = ({ hosts, sw }: ReturnType<typeof lan>, arp: Partial<Arp.Arp>): void => {
    const whole = {
      operation: 'request',
      senderMac: 0x02aaaaaaaaaa,
      senderIp: ip('10.0.0.9'),
      targetMac: 0,
      ...arp,
    } as const
    const frame = sw.env.packets.from(Arp.write({ targetIp: ip('10.0.0.1'), ...whole }))
    Ethernet.write(frame.bytes, frame.prepend(14), Ethernet.BROADCAST, 0x02aaaaaaaaaa, Ethernet.TYPE.arp)
    hosts[0].link.ends[1].send(frame)
  }
  const neighbours = ({ hosts }: ReturnType<typeof lan>): string[] =>
    Object.keys((hosts[0].host.snapshot() as { arp: Record<string, string> }).arp)

  test('nobody has a broadcast or multicast address (RFC 1812 §3.3.2)', () => {
    const all = lan()
    says(all, { senderMac: Ethernet.BROADCAST })
    says(all, { senderMac: 0x01005e000001 })
    all.net.run(sec(1))
    assert.deepEqual(neighbours(all), [])
    assert.deepEqual(
      all.net.seen('drop').map(e => [e.reason, e.layer, e.why]),
      new Array(2).fill(['malformed', 'arp', 'bad-value']),
    )
  })
  test('a probe is answered, and has no address to be remembered (RFC 5227 §2.1.1)', () => {
    const all = lan()
    says(all, { senderIp: ip('0.0.0.0') })
    all.net.run(sec(1))
    assert.deepEqual(neighbours(all), [])
    assert.deepEqual(
      all.net.seen('arp', 'ann').map(e => [e.way, e.type]),
      [
        ['received', 'request'],
        ['sent', 'reply'],
      ],
    )
  })
  test('a request for another is neither answered nor remembered, nor is one that says it is we', () => {
    const all = lan()
    says(all, { targetIp: ip('10.0.0.7') })
    says(all, { senderIp: ip('10.0.0.1') })
    all.net.run(sec(1))
    assert.deepEqual(neighbours(all), [])
    assert.deepEqual(
      all.net.seen('arp', 'ann').filter(e => e.way === 'sent'),
      [],
    )
  })
  test('what is too old is no longer shown', () => {
    const all = lan()
    says(all, {})
    all.net.run(sec(59))
    assert.deepEqual(neighbours(all), ['10.0.0.9'])
    all.net.run(sec(61))
    assert.deepEqual(neighbours(all), [])
  })
  test('memory is bounded: 1024 neighbours, the last heard; 1024 asked for', () => {
    const all = lan()
    for (let n = 0; n < 1030; n++) says(all, { senderIp: (ip('10.0.1.0') + n) as Ipv4 })
    all.net.run(sec(1))
    assert.equal(neighbours(all).length, 1024)
    assert.ok(neighbours(all).includes('10.0.5.5') && !neighbours(all).includes('10.0.1.5'))
    const port = all.hosts[1].host.stack.interface('eth0')?.port
    for (let n = 0; n < 1030; n++) {
      port?.send(all.sw.env.packets.make(20), (ip('10.0.1.0') + n) as Ipv4)
    }
    assert.equal(all.net.drops('ben').filter(reason => reason === 'arp-queue-full').length, 6)
  })
  test('multicast goes to 01:00:5e and the low 23 bits, and asks nobody (RFC 1112 §6.4)', () => {
    const { net, hosts, sw } = lan()
    const to: string[] = []
    hosts[0].link.tap = ({ bytes }) => void to.push(Ethernet.formatMac(Ethernet.destination(bytes, 0)))
    const port = hosts[0].host.stack.interface('eth0')?.port
    for (const group of ['224.0.0.5', '239.255.1.2']) port?.send(sw.env.packets.make(20), ip(group))
    assert.deepEqual(to, ['01:00:5e:00:00:05', '01:00:5e:7f:01:02'])
    assert.deepEqual(net.seen('arp'), [])
  })
  test('rubbish is dropped with its reason', () => {
    const { net, hosts, sw } = lan()
    const send = (type: number, bytes: number[], to = Ethernet.BROADCAST): void => {
      const frame = sw.env.packets.from(Uint8Array.from(bytes))
      Ethernet.write(frame.bytes, frame.prepend(14), to, 0x02bbbbbbbbbb, type)
      hosts[0].link.ends[1].send(frame)
    }
    send(Ethernet.TYPE.arp, [0, 1, 8])
    send(0x86dd, [0x60])
    send(Ethernet.TYPE.ipv4, [0x45], 0x02cccccccccc)
    hosts[0].link.ends[1].send(sw.env.packets.from(Uint8Array.of(1, 2, 3)))
    net.run(sec(1))
    assert.deepEqual(
      net.seen('drop').map(e => [e.reason, e.layer, e.why]),
      [
        ['malformed', 'arp', 'truncated'],
        ['unknown-ethertype', 'ethernet', undefined],
        ['not-for-us', 'ethernet', undefined],
        ['malformed', 'ethernet', 'truncated'],
      ],
    )
  })
})

describe('switch (IEEE 802.1D §7)', () => {
  const frames = (link: { tap: unknown }): { from: number; to: number }[] => {
    const seen: { from: number; to: number }[] = []
    link.tap = (f: { from: number; bytes: Uint8Array }) =>
      seen.push({ from: f.from, to: Ethernet.destination(f.bytes, 0) })
    return seen
  }
  test('floods what it does not know, then sends where it heard the address', () => {
    const { net, hosts } = lan()
    const third = frames(hosts[2].link)
    net.ping(hosts[0].host, '10.0.0.2', { count: 3 })
    net.run(sec(5))
    // Cyd's cable carries the ARP broadcast and nothing else.
    assert.deepEqual(third, [{ from: 1, to: Ethernet.BROADCAST }])
  })
  test('remembers 8192 addresses, and forgets the first for one more', () => {
    const { net, sw, hosts } = lan()
    for (let n = 0; n < 8193; n++) {
      const frame = sw.env.packets.make(20)
      Ethernet.write(frame.bytes, frame.start, Ethernet.BROADCAST, 0x020000000000 + n, Ethernet.TYPE.ipv4)
      hosts[0].link.ends[0].send(frame)
    }
    net.run(sec(1))
    const { table } = sw.snapshot() as unknown as { table: Record<string, string> }
    assert.equal(Object.keys(table).length, 8192)
    assert.deepEqual([table['02:00:00:00:00:00'], table['02:00:00:00:00:01']], [undefined, 'p0'])
  })
  test('forgets an address after 300 s', () => {
    const { net, sw, hosts, start } = lan()
    start()
    net.run(sec(1))
    const table = (): Record<string, string> => (sw.snapshot() as unknown as { table: Record<string, string> }).table
    assert.equal(table()[Ethernet.formatMac(macFor('ann:eth0'))], 'p0')
    assert.equal(Object.keys(table()).length, hosts.length)
    net.run(sec(302))
    assert.deepEqual(table(), {})
  })
  test('floods again what it has forgotten', () => {
    const { net, sw, hosts, start } = lan()
    start()
    net.run(sec(302))
    const third = frames(hosts[2].link)
    const frame = sw.env.packets.make(20)
    Ethernet.write(frame.bytes, frame.start, macFor('ben:eth0'), macFor('ann:eth0'), Ethernet.TYPE.ipv4)
    hosts[0].link.ends[0].send(frame)
    net.run(sec(303))
    assert.deepEqual(third, [{ from: 1, to: macFor('ben:eth0') }])
  })
  test('a port that lies towards the destination gets nothing back', () => {
    const { net, sw, hosts } = lan()
    net.ping(hosts[0].host, '10.0.0.2')
    net.run(sec(1))
    const frame = sw.env.packets.make(20)
    Ethernet.write(frame.bytes, frame.start, macFor('ann:eth0'), 0x02dddddddddd, Ethernet.TYPE.ipv4)
    hosts[0].link.ends[0].send(frame)
    net.run(sec(2))
    assert.deepEqual(
      net.seen('drop').map(e => [e.node, e.reason]),
      [['sw', 'not-for-us']],
    )
  })
})

describe('MAC addresses', () => {
  test('are made from names, local and unicast, and do not collide over 20 000 ports', () => {
    const macs = new Set<number>()
    for (let n = 0; n < 10_000; n++) for (const port of ['eth0', 'eth1']) macs.add(macFor(`host${n}:${port}`))
    assert.equal(macs.size, 20_000)
    for (const mac of macs) assert.equal(Math.floor(mac / 2 ** 40), 0x02)
    assert.equal(Ethernet.formatMac(macFor('alice:eth0')), Ethernet.formatMac(macFor('alice:eth0')))
  })
})
