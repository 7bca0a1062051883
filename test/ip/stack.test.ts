import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contains, formatIpv4, formatPrefix, type Ipv4, ip, prefixOf } from '../../src/base/address.ts'
import { hex, set16, set32, unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ms, sec } from '../../src/base/time.ts'
import { fragment, Reassembler } from '../../src/ip/fragment.ts'
import type { IpInterface } from '../../src/ip/interface.ts'
import { formatRoute, type Route, RouteTable } from '../../src/ip/route.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import { fc } from '../support/fast-check.ts'
import { Net } from '../support/net.ts'

const iface = (name: string): IpInterface => ({
  port: { name, mtu: 1500, up: true, send: packet => packet.release() },
  address: ip('10.0.0.9'),
  prefix: prefixOf(ip('10.0.0.0'), 24),
})

describe('routes', () => {
  test('the longest prefix wins, then the route added last; whatever goes gives its place back', () => {
    const prefix = fc.tuple(
      fc.constantFrom(0x0a000000, 0x0a010000, 0x0a010100, 0xc0000000),
      fc.constantFrom(0, 8, 16, 24, 32),
    )
    const step = fc.tuple(prefix, fc.nat(3), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), steps => {
        const table = new RouteTable()
        const ports = [0, 1, 2, 3].map(n => iface(`eth${n}`))
        let model: Route[] = []
        for (const [[a, length], port, adds] of steps) {
          const victim = model.find(r => r.iface === ports[port])
          if (adds || !victim) {
            const added = { prefix: prefixOf(a as Ipv4, length), via: undefined, iface: ports[port] }
            table.add(added)
            model.push(added)
          } else if (length === 0) {
            for (const route of table.by(ports[port])) table.remove(route)
            model = model.filter(r => r.iface !== ports[port])
          } else {
            const inUse = model.findLast(r => formatPrefix(r.prefix) === formatPrefix(victim.prefix)) === victim
            assert.equal(table.remove(victim), inUse)
            model = model.filter(r => r !== victim)
          }
          const lengths = table.all.map(({ prefix }) => prefix.length)
          assert.deepEqual(
            lengths,
            lengths.toSorted((a, b) => b - a),
          )
          for (const target of [0x0a000001, 0x0a010000, 0x0a010001, 0x0a010101, 0xc0000000, 0xc0000001] as Ipv4[]) {
            const fits = model.filter(r => contains(r.prefix, target))
            const longest = Math.max(...fits.map(r => r.prefix.length))
            assert.equal(
              table.lookup(target),
              fits.findLast(r => r.prefix.length === longest),
            )
          }
        }
      }),
    )
  })
  test('speaks the words of ip route', () => {
    assert.equal(
      formatRoute({ prefix: prefixOf(ip('10.9.0.0'), 16), via: ip('10.0.0.1'), iface: iface('eth0') }),
      '10.9.0.0/16 via 10.0.0.1 dev eth0',
    )
  })
})

describe('fragments (RFC 791 §3.2)', () => {
  const env = () => new World(1).env('a')
  const datagram = (from: ReturnType<typeof env>, size: number, options = ''): Packet => {
    const extra = unhex(options)
    const packet = from.packets.make(20 + extra.length + size)
    for (let i = packet.start; i < packet.end; i++) packet.bytes[i] = (i * 7) & 255
    Ipv4Header.write(packet.bytes, packet.start, packet.length, 77, 0, 64, 17, ip('10.0.0.1'), ip('10.0.0.2'))
    packet.bytes[packet.start] = 0x45 + extra.length / 4
    packet.bytes.set(extra, packet.start + 20)
    Ipv4Header.setChecksum(packet.bytes, packet.start)
    return packet
  }
  const collector = (from: ReturnType<typeof env>) => {
    const reasons: string[] = []
    const expired: (string | undefined)[] = []
    const reassembler = new Reassembler(from, {
      dropped: (_, reason) => reasons.push(reason),
      expired: first => expired.push(first && hex(first.data.subarray(20))),
    })
    return { reassembler, reasons, expired }
  }

  test('cut to any MTU, twice, shuffled and repeated, the datagram comes out whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.infiniteStream(fc.nat(1000)),
        (size, mtu, second, order) => {
          const from = env()
          const packet = datagram(from, size)
          const wanted = hex(packet.data)
          const pieces = fragment(from, packet, mtu).flatMap(piece =>
            piece.length > second ? fragment(from, piece, second) : [piece],
          )
          for (const piece of pieces) {
            assert.equal(Ipv4Header.check(piece.bytes, piece.start, piece.end), undefined)
            assert.ok(piece.length <= Math.max(mtu, second))
          }
          const shuffled = pieces
            .map(piece => ({ piece, key: order.next().value as number }))
            .sort((a, b) => a.key - b.key)
          const { reassembler, reasons } = collector(from)
          let whole: Packet | undefined
          for (const { piece } of shuffled) {
            const twin = from.packets.clone(piece)
            whole = reassembler.receive(piece) ?? whole
            if (!whole) assert.equal(reassembler.receive(twin), undefined)
          }
          assert.equal(whole && hex(whole.data), wanted)
          assert.deepEqual(reasons, new Array(pieces.length - 1).fill('fragment-duplicate'))
        },
      ),
    )
  })
  test('options with the copied flag are in every fragment, the others in the first only (§3.1)', () => {
    const from = env()
    const pieces = fragment(from, datagram(from, 100, '94040000 07040000'), 68)
    assert.ok(pieces.length > 2)
    assert.equal(Ipv4Header.headerLength(pieces[0].bytes, pieces[0].start), 28)
    for (const piece of pieces.slice(1)) assert.equal(hex(piece.data.subarray(20, 24)), '94040000')
    for (const piece of pieces.slice(1)) assert.equal(Ipv4Header.headerLength(piece.bytes, piece.start), 24)
  })
  test('an overlap ends the whole datagram', () => {
    const from = env()
    const pieces = fragment(from, datagram(from, 200), 84)
    const evil = from.packets.clone(pieces[1])
    set16(evil.bytes, evil.start + 6, Ipv4Header.MF | 7)
    const { reassembler, reasons } = collector(from)
    assert.equal(reassembler.receive(pieces[0]), undefined)
    assert.equal(reassembler.receive(pieces[1]), undefined)
    assert.equal(reassembler.receive(evil), undefined)
    assert.deepEqual(reasons, ['fragment-overlap', 'fragment-overlap', 'fragment-overlap'])
  })
  test('a fragment that can be part of no datagram goes alone: not eights, nothing in it, beyond 65 535 octets', () => {
    const from = env()
    const pieces = fragment(from, datagram(from, 200), 84)
    const { reassembler, reasons } = collector(from)
    const odd = from.packets.clone(pieces[1])
    odd.end -= 3
    const empty = from.packets.clone(pieces[1])
    empty.end = empty.start + 20
    const deadly = from.packets.clone(pieces[3])
    set16(deadly.bytes, deadly.start + 6, 0x1fff)
    for (const evil of [odd, empty, deadly]) assert.equal(reassembler.receive(evil), undefined)
    assert.deepEqual(reasons, ['malformed', 'malformed', 'malformed'])
    const whole = pieces.map(piece => reassembler.receive(piece)).at(-1)
    assert.equal(whole?.length, 220)
    assert.equal(reasons.length, 3)
  })
  test('fragments name the packet they were cut from, and the whole names the first fragment; its time-out is forgotten', () => {
    const world = new World(1)
    const from = world.env('a')
    const packet = datagram(from, 200)
    const { id } = packet
    const pieces = fragment(from, packet, 84)
    assert.deepEqual(new Set(pieces.map(piece => piece.parent)), new Set([id]))
    const first = pieces[0].id
    const { reassembler, reasons, expired } = collector(from)
    const whole = pieces.map(piece => reassembler.receive(piece)).at(-1)
    assert.equal(whole?.parent, first)
    world.scheduler.runUntil(sec(31))
    assert.deepEqual([reasons, expired], [[], []])
  })
  test('nothing follows the last fragment, and none of another length takes its place', () => {
    const from = env()
    for (const order of [
      [3, 4],
      [4, 3],
    ]) {
      const pieces = fragment(from, datagram(from, 300), 84)
      set16(pieces[3].bytes, pieces[3].start + 6, 24)
      const { reassembler, reasons } = collector(from)
      for (const n of order) assert.equal(reassembler.receive(pieces[n]), undefined)
      assert.deepEqual(reasons, ['fragment-overlap', 'fragment-overlap'])
    }
  })
  test('options of the first fragment may make the whole too long: it is dropped, not cut', () => {
    const from = env()
    const first = datagram(from, 8, '01010100')
    set16(first.bytes, first.start + 6, Ipv4Header.MF)
    const rest = datagram(from, 65_507)
    set16(rest.bytes, rest.start + 6, 1)
    const { reassembler, reasons } = collector(from)
    assert.equal(reassembler.receive(first), undefined)
    assert.equal(reassembler.receive(rest), undefined)
    assert.deepEqual(reasons, ['malformed', 'malformed'])
  })
  test('what stays incomplete is given up after 30 s, and the first fragment is quoted', () => {
    const world = new World(1)
    const from = world.env('a')
    const pieces = fragment(from, datagram(from, 200), 84)
    const head = hex(pieces[0].data.subarray(20))
    const { reassembler, reasons, expired } = collector(from)
    reassembler.receive(pieces[0])
    world.scheduler.runUntil(sec(29))
    assert.deepEqual(reasons, [])
    world.scheduler.runUntil(sec(30))
    assert.deepEqual([reasons, expired], [['reassembly-timeout'], [head]])
  })
  test('memory is bounded: the 65th unfinished datagram is refused', () => {
    const from = env()
    const { reassembler, reasons } = collector(from)
    for (let n = 0; n < 65; n++) {
      const [first] = fragment(from, datagram(from, 200), 84)
      set16(first.bytes, first.start + 4, n)
      reassembler.receive(first)
    }
    assert.deepEqual(reasons, ['reassembly-full'])
  })
  test('any bytes that pass the header check are survived', () => {
    const from = env()
    const { reassembler } = collector(from)
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(200), fc.nat(3), (word, size, id) => {
        const packet = datagram(from, size)
        set16(packet.bytes, packet.start + 4, id)
        set16(packet.bytes, packet.start + 6, word & 0x3fff)
        Ipv4Header.setChecksum(packet.bytes, packet.start)
        if (Ipv4Header.isFragment(packet.bytes, packet.start)) reassembler.receive(packet)
      }),
    )
  })
})

/** alice - r1 - r2 - bob, 10 ms a link. */
function chain(options: { mtu?: number; seed?: number } = {}) {
  const net = new Net(options.seed)
  const alice = net.host('alice', 'default via 10.0.1.1')
  const r1 = net.router('r1', 'default via 10.0.2.2')
  const r2 = net.router('r2', '10.0.1.0/24 via 10.0.2.1')
  const bob = net.host('bob', 'default via 10.0.3.1')
  net.link([alice, 'eth0', '10.0.1.2/24'], [r1, 'eth0', '10.0.1.1/24'], { delay: ms(10) })
  const middle = net.link([r1, 'eth1', '10.0.2.1/24'], [r2, 'eth0', '10.0.2.2/24'], {
    delay: ms(10),
    mtu: options.mtu ?? 1500,
  })
  net.link([r2, 'eth1', '10.0.3.1/24'], [bob, 'eth0', '10.0.3.2/24'], { delay: ms(10) })
  return { net, alice, r1, r2, bob, middle }
}

describe('IP stack', () => {
  test('a ping crosses two routers and takes six delays', () => {
    const { net, alice } = chain()
    net.ping(alice, '10.0.3.2', { count: 3 })
    net.run(sec(5))
    assert.deepEqual(
      net.seen('ping-reply').map(e => [e.seq, e.rtt, e.from]),
      [1, 2, 3].map(n => [n, ms(60), '10.0.3.2']),
    )
    assert.equal(net.seen('forward').length, 12)
    assert.deepEqual(net.drops(), [])
  })
  test('a TTL that runs out is reported by the router where it happens (RFC 792)', () => {
    const { net, alice } = chain()
    net.ping(alice, '10.0.3.2', { ttl: 2 })
    net.run(sec(1))
    assert.deepEqual(
      net.seen('drop').map(e => [e.node, e.reason]),
      [['r2', 'ttl-expired']],
    )
    assert.deepEqual(
      net.seen('ping-failed').map(e => [e.type, e.from]),
      [['time exceeded', '10.0.2.2']],
    )
  })
  test('no route: the router says network unreachable (RFC 1812 §5.2.7.1)', () => {
    const { net, alice } = chain()
    net.ping(alice, '10.9.9.9')
    net.run(sec(1))
    assert.deepEqual(
      net.seen('drop').map(e => [e.node, e.reason]),
      [['r2', 'no-route']],
    )
    assert.deepEqual(
      net.seen('ping-failed').map(e => e.type),
      ['network unreachable'],
    )
  })
  test('without any route the sender itself knows', () => {
    const net = new Net()
    const alone = net.host('alone')
    net.ping(alone, '10.9.9.9')
    assert.deepEqual(net.drops(), ['no-route'])
    assert.deepEqual(
      net.seen('ping-failed').map(e => e.type),
      ['no-route'],
    )
  })
  test('a closed UDP port and an unknown protocol are answered (RFC 1122 §3.2.2.1)', () => {
    const { net, alice, bob } = chain()
    const errors: [number, number, number][] = []
    alice.stack.icmp.onError(e => errors.push([e.type, e.code, e.protocol]))
    alice.udp.openAny(() => {})?.send(ip('10.0.3.2'), 9, unhex('00'))
    alice.stack.output(alice.env.packets.from(unhex('00')), ip('10.0.3.2'), 99)
    net.run(sec(1))
    assert.deepEqual(errors, [
      [3, 3, 17],
      [3, 2, 99],
    ])
    assert.deepEqual(net.drops(bob.env.node), ['port-closed', 'no-protocol'])
  })
  test('too large with DF: fragmentation needed with the next MTU (RFC 1191 §4); without DF it is cut and put together', () => {
    const { net, alice } = chain({ mtu: 600 })
    const mtus: number[] = []
    alice.stack.icmp.onError(e => mtus.push(e.nextHopMtu))
    net.ping(alice, '10.0.3.2', { size: 1400, dontFragment: true })
    net.run(sec(1))
    assert.deepEqual([mtus, net.drops()], [[600], ['fragmentation-needed']])
    net.ping(alice, '10.0.3.2', { size: 1400 })
    net.run(sec(2))
    assert.equal(net.seen('ping-reply').length, 1)
    // Three fragments each way behind the narrow link.
    assert.equal(net.seen('forward', 'r2').filter(e => e.dst === '10.0.3.2').length, 3)
  })
  test('errors to one destination: a burst of six, then one a second; echo replies without limit', () => {
    const { net, alice } = chain()
    const times: number[] = []
    alice.stack.icmp.onError(() => times.push(net.world.scheduler.now))
    net.ping(alice, '10.9.9.9', { count: 20, interval: ms(50) })
    net.run(ms(999))
    assert.equal(times.length, 6)
    net.ping(alice, '10.9.9.9', { count: 40, interval: ms(100) })
    net.run(sec(5))
    assert.equal(times.length, 10)
    net.ping(alice, '10.0.3.2', { count: 50, interval: ms(1) })
    net.run(sec(6))
    assert.equal(net.seen('ping-reply').length, 50)
  })
  test('after a long rest the burst is six again and no more, wherever the rest ended within a second', () => {
    const { net, alice } = chain()
    const times: number[] = []
    alice.stack.icmp.onError(() => times.push(net.world.scheduler.now))
    net.ping(alice, '10.9.9.9')
    net.run(ms(20_900))
    net.ping(alice, '10.9.9.9', { count: 10, interval: ms(50) })
    net.run(ms(21_500))
    assert.equal(times.length, 1 + 6)
  })
  test('of many destinations the one that had an error longest ago is forgotten, and the others keep their limit', () => {
    const { net, r1 } = chain()
    const packet = (last: number): Packet => {
      const p = r1.env.packets.make(28)
      Ipv4Header.write(p.bytes, p.start, 28, 1, 0, 64, 17, (0x0a000100 + last) as Ipv4, ip('10.9.9.9'))
      return p
    }
    const errors = (last: number): number => {
      const before = net.seen('send', 'r1').length
      const about = packet(last)
      r1.stack.icmp.unreachable(about, 0)
      about.release()
      return net.seen('send', 'r1').length - before
    }
    for (let n = 0; n < 6; n++) assert.equal(errors(3) + errors(4), 2)
    assert.equal(errors(3), 0)
    for (let n = 0; n < 1022; n++) assert.equal(errors(1000 + n), 1)
    assert.equal(errors(3), 0)
    assert.equal(errors(3000), 1)
    assert.deepEqual([errors(3), errors(4)], [0, 1])
  })
  test('an error quotes what makes it 576 octets (RFC 1812 §4.3.2.3); one about a packet of another is ignored', () => {
    const { net, alice, r2 } = chain()
    const quotes: number[] = []
    alice.stack.icmp.onError(e => quotes.push(e.quoted.length))
    net.ping(alice, '10.9.9.9', { size: 1400 })
    net.run(sec(1))
    // 576 less two IP headers and the ICMP header.
    assert.deepEqual(quotes, [576 - 20 - 8 - 20])
    const about = r2.env.packets.make(28)
    Ipv4Header.write(about.bytes, about.start, 28, 1, 0, 64, 17, ip('10.0.3.77'), ip('10.9.9.9'))
    const error = r2.env.packets.from(about.data)
    Icmp.write(error.bytes, error.prepend(8), error.end, 3, 1, 0)
    about.release()
    r2.stack.output(error, ip('10.0.1.2'), 1)
    net.run(sec(2))
    assert.deepEqual([quotes.length, net.drops('alice')], [1, ['icmp-ignored']])
  })
  test('a datagram is as long as UDP says, not as IP says (RFC 768)', () => {
    const { net, alice, bob } = chain()
    const got: string[] = []
    bob.udp.open(9, ({ data }) => got.push(hex(data)))
    const packet = alice.env.packets.from(unhex('c000 0009 000a 0000 0102 ffff'))
    alice.stack.output(packet, ip('10.0.3.2'), 17)
    net.run(sec(1))
    assert.deepEqual(got, ['0102'])
  })
  test('unreachable ends a connection that opens, fragmentation-needed does not, and none ends one that is open (RFC 5927 §4.1)', () => {
    const endOf = (opens: boolean, code: number): string => {
      const { net, alice, bob, r1, middle } = chain()
      bob.tcp.listen(80, () => ({}))
      middle.setUp(!opens)
      let end = ''
      const connection = alice.tcp.connect(ip('10.0.3.2'), 80, { closed: reason => (end = reason) })
      net.run(sec(1))
      middle.setUp(false)
      connection?.write(unhex('00'))
      const about = r1.env.packets.make(40)
      Ipv4Header.write(about.bytes, about.start, 40, 1, 0, 64, 6, ip('10.0.1.2'), ip('10.0.3.2'))
      set16(about.bytes, about.start + 20, connection?.local.port ?? 0)
      set16(about.bytes, about.start + 22, 80)
      set32(about.bytes, about.start + 24, connection?.sndUna ?? 0)
      r1.stack.icmp.unreachable(about, code)
      about.release()
      net.run(sec(2))
      return end
    }
    const codes = [0, 1, 2, 3, 4]
    const over = 'unreachable'
    assert.deepEqual(
      codes.map(code => endOf(true, code)),
      [over, over, over, over, ''],
    )
    assert.deepEqual(
      codes.map(code => endOf(false, code)),
      ['', '', '', '', ''],
    )
  })
  test('fragmentation-needed is never limited', () => {
    const { net, alice } = chain({ mtu: 600 })
    let count = 0
    alice.stack.icmp.onError(() => count++)
    net.ping(alice, '10.0.3.2', { count: 30, size: 1000, interval: ms(10), dontFragment: true })
    net.run(sec(1))
    assert.equal(count, 30)
  })
  test('no error about an error, a later fragment or a broadcast (RFC 1122 §3.2.2)', () => {
    const { net, alice, bob } = chain()
    bob.stack.output(bob.env.packets.from(unhex('0301fcfe000000004500')), ip('10.9.9.9'), 1)
    const later = alice.env.packets.make(28)
    Ipv4Header.write(later.bytes, later.start, 28, 1, 5, 64, 17, ip('10.0.1.2'), ip('10.9.9.9'))
    alice.stack.interface('eth0')!.port.send(later, ip('10.0.1.1'))
    net.run(sec(1))
    assert.deepEqual(net.drops(), ['no-route', 'no-route'])
    assert.equal(net.seen('send').length, 1)
  })
  test('none of the five kinds of error is answered by another, everything else is', () => {
    for (let type = 0; type < 20; type++) {
      const { net, alice } = chain()
      const packet = alice.env.packets.make(8)
      Icmp.write(packet.bytes, packet.start, packet.end, type, 0, 0)
      alice.stack.output(packet, ip('10.9.9.9'), 1)
      net.run(sec(1))
      assert.equal(net.seen('send', 'r2').length, [3, 4, 5, 11, 12].includes(type) ? 0 : 1, `type ${type}`)
    }
  })
  test('options pass through routers untouched', () => {
    const { net, alice, bob } = chain()
    const packet = alice.env.packets.make(28)
    Ipv4Header.write(packet.bytes, packet.start, 28, 1, 0, 64, 200, ip('10.0.1.2'), ip('10.0.3.2'))
    packet.bytes[packet.start] = 0x47
    packet.bytes.set(unhex('9404000001010100'), packet.start + 20)
    Ipv4Header.setChecksum(packet.bytes, packet.start)
    let got = ''
    bob.stack.handle(200, { receive: p => (got = hex(p.data.subarray(20))) })
    alice.stack.interface('eth0')!.port.send(packet, ip('10.0.1.1'))
    net.run(sec(1))
    assert.equal(got, '9404000001010100')
  })
  test('a host does not forward, and nothing comes from a broadcast address', () => {
    const { net, alice, bob, r2 } = chain()
    const send = (source: string, destination: string): void => {
      const packet = r2.env.packets.make(20)
      Ipv4Header.write(packet.bytes, packet.start, 20, 1, 0, 64, 1, ip(source), ip(destination))
      r2.stack.interface('eth1')!.port.send(packet, ip('10.0.3.2'))
    }
    send('10.0.1.2', '10.7.7.7')
    send('255.255.255.255', '10.0.3.2')
    net.run(sec(1))
    assert.deepEqual(net.drops(bob.env.node), ['not-for-us', 'martian'])
    assert.equal(alice.stack.isOwn(ip('10.0.1.255')), false)
    assert.equal(alice.stack.isBroadcast(ip('10.0.1.255')), true)
  })
  test('a gateway is looked for in the smallest network that holds it', () => {
    const net = new Net()
    const r = net.router('r', '10.9.0.0/16 via 10.1.0.1')
    net.link([r, 'eth0', '10.0.0.2/8'], [net.host('a'), 'eth0', '10.0.0.1/8'])
    net.link([r, 'eth1', '10.1.0.2/16'], [net.host('b'), 'eth0', '10.1.0.1/16'])
    assert.equal(r.stack.routes.lookup(ip('10.9.9.9'))?.iface.port.name, 'eth1')
  })
  test('a node reaches itself, by its own address and by 127.0.0.1, whatever its lines carry (RFC 1122 §3.2.1.3 (g))', () => {
    const { net, alice } = chain()
    net.ping(alice, '10.0.1.2', { size: 3000, dontFragment: true })
    net.ping(alice, '127.0.0.1')
    net.ping(net.host('alone'), '127.0.0.1')
    net.run(sec(1))
    assert.deepEqual(
      net.seen('ping-reply').map(e => [e.node, e.from, e.rtt]),
      [
        ['alice', '10.0.1.2', 0],
        ['alice', '127.0.0.1', 0],
        ['alone', '127.0.0.1', 0],
      ],
    )
    assert.deepEqual(new Set(net.seen('send').map(e => e.iface)), new Set(['lo']))
  })
  test('addresses that no packet on a line may have: dropped where they arrive, not passed on (RFC 1812 §5.3.7)', () => {
    const { net, r1 } = chain()
    const send = (source: string, destination: string): void => {
      const packet = r1.env.packets.make(20)
      Ipv4Header.write(packet.bytes, packet.start, 20, 1, 0, 64, 99, ip(source), ip(destination))
      r1.stack.interface('eth1')?.port.send(packet, ip('10.0.2.2'))
    }
    const martians = [
      ['127.0.0.1', '10.0.3.2'],
      ['0.0.0.0', '10.0.3.2'],
      ['224.0.0.1', '10.0.3.2'],
      ['240.0.0.1', '10.0.3.2'],
      ['10.0.1.2', '127.0.0.1'],
      ['10.0.1.2', '0.0.0.1'],
      ['10.0.1.2', '240.0.0.1'],
      // To the router itself, from a whole network of its own.
      ['10.0.2.255', '10.0.2.2'],
      ['127.0.0.1', '10.0.2.2'],
      // To the router itself, from nobody: an answer would go to 0.0.0.0, by the default route.
      ['0.0.0.0', '10.0.2.2'],
    ]
    for (const [source, destination] of martians) send(source, destination)
    send('10.0.1.2', '224.0.0.1')
    net.run(sec(1))
    assert.deepEqual(net.drops(), [...martians.map(() => 'martian'), 'not-for-us'])
    assert.equal(net.seen('send').length, 0)
  })
  test('a broadcast has the source of its interface, is answered by nobody in error, and never by TCP (RFC 1122 §3.2.2)', () => {
    for (const destination of ['10.0.1.255', '255.255.255.255']) {
      const { net, alice, r1 } = chain()
      const got: (string | number)[] = []
      r1.udp.open(7, ({ from, to, data, fromPort }) => {
        got.push(formatIpv4(from), formatIpv4(to), data[0])
        r1.udp.open(8, () => {}).send(from, fromPort, data, to)
      })
      const socket = alice.udp.openAny(({ from }) => got.push(`answer of ${formatIpv4(from)}`))
      socket?.send(ip(destination), 7, unhex('2a'))
      net.run(sec(1))
      assert.deepEqual(got, ['10.0.1.2', destination, 42, 'answer of 10.0.1.1'])
      socket?.send(ip(destination), 9, unhex('00'))
      alice.stack.output(alice.env.packets.from(unhex('00')), ip(destination), 99)
      r1.tcp.listen(80, () => ({}))
      const syn = alice.env.packets.from(unhex('00500050000000010000000050020100 00000000'))
      const sum =
        Checksum.pseudoHeader(ip('10.0.1.2'), ip(destination), 6, 20) + Checksum.sum(syn.bytes, syn.start, syn.end)
      set16(syn.bytes, syn.start + 16, Checksum.finish(sum))
      alice.stack.output(syn, ip(destination), 6)
      net.run(sec(2))
      assert.deepEqual(net.drops(), ['port-closed', 'no-protocol', 'tcp-unexpected'])
      assert.deepEqual(
        net
          .seen('drop')
          .map(e => e.detail)
          .filter(d => d !== undefined),
        ['its source or destination is not the address of one machine (RFC 9293 §3.9.2.3)'],
      )
      assert.deepEqual(net.seen('send', 'r1').length, 1)
    }
  })
  test('who does not know its address yet may broadcast from 0.0.0.0 (RFC 1122 §3.2.1.3 (a))', () => {
    const { net, alice, r1 } = chain()
    let from = ''
    r1.stack.handle(99, {
      receive: packet => {
        from = formatIpv4(Ipv4Header.source(packet.bytes, packet.start))
        packet.release()
      },
    })
    alice.stack.output(alice.env.packets.make(4), ip('255.255.255.255'), 99, { source: ip('0.0.0.0') })
    net.run(sec(1))
    assert.equal(from, '0.0.0.0')
  })
  test('an address goes with the last interface that has it, and with it the broadcast address', () => {
    const { alice } = chain()
    const port = iface('ppp0').port
    alice.stack.addInterface(port, ip('10.0.1.2'), prefixOf(ip('10.0.7.0'), 24))
    alice.stack.removeInterface('eth0')
    assert.deepEqual([alice.stack.isOwn(ip('10.0.1.2')), alice.stack.isBroadcast(ip('10.0.1.255'))], [true, false])
    alice.stack.removeInterface('ppp0')
    assert.deepEqual([alice.stack.isOwn(ip('10.0.1.2')), alice.stack.isBroadcast(ip('10.0.7.255'))], [false, false])
    assert.deepEqual(alice.stack.routes.all, [])
  })
  test('octets behind the total length are padding of the line: neither delivered nor passed on (RFC 1122 §2.3.3)', () => {
    const { net, alice, bob, middle } = chain()
    const lengths: number[] = []
    middle.tap = ({ bytes }) => void lengths.push(bytes.length)
    bob.stack.handle(99, {
      receive: packet => {
        lengths.push(packet.length)
        packet.release()
      },
    })
    const packet = alice.env.packets.make(46)
    Ipv4Header.write(packet.bytes, packet.start, 24, 1, 0, 64, 99, ip('10.0.1.2'), ip('10.0.3.2'))
    alice.stack.interface('eth0')?.port.send(packet, ip('10.0.1.1'))
    net.run(sec(1))
    assert.deepEqual(lengths, [24, 24])
  })
  test('each datagram has another identification (RFC 791 §3.2)', () => {
    const { net, alice, bob } = chain()
    const ids: number[] = []
    bob.stack.handle(99, {
      receive: packet => {
        ids.push(Ipv4Header.identification(packet.bytes, packet.start))
        packet.release()
      },
    })
    for (let n = 0; n < 3; n++) alice.stack.output(alice.env.packets.make(4), ip('10.0.3.2'), 99)
    net.run(sec(1))
    assert.equal(new Set(ids).size, 3)
  })
  test('an echo is answered from the address that was asked, be it of another interface (RFC 1122 §3.2.2.6)', () => {
    const { net, alice } = chain()
    net.ping(alice, '10.0.2.1')
    net.run(sec(1))
    assert.deepEqual(
      net.seen('ping-reply').map(e => e.from),
      ['10.0.2.1'],
    )
  })
  test('TCP within one machine has that machine at both ends', () => {
    const { net, alice } = chain()
    const ends: string[] = []
    alice.tcp.listen(80, ({ local, remote }) => {
      ends.push(formatIpv4(local.address), formatIpv4(remote.address))
      return {}
    })
    alice.tcp.connect(ip('127.0.0.1'), 80, {})
    net.run(sec(1))
    assert.deepEqual(ends, ['127.0.0.1', '127.0.0.1'])
  })
  test('the limited broadcast goes to everybody on the wire, and no gateway', () => {
    const net = new Net()
    const host = net.host('host', 'default via 10.0.0.1')
    const link = net.link([host, 'eth0', '10.0.0.2/24'], [net.router('r'), 'eth0', '10.0.0.1/24'], { type: 'ethernet' })
    let to = ''
    link.tap = ({ bytes }) => void (to = hex(bytes.subarray(0, 6)))
    host.stack.output(host.env.packets.make(1), ip('255.255.255.255'), 99)
    assert.equal(to, 'ffffffffffff')
  })
  test('any bytes on the wire: dropped with a reason, and the node lives on', () => {
    const { net, alice, r1 } = chain()
    const port = alice.stack.interface('eth0')!.port
    let made = 0
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, valid) => {
        const packet = alice.env.packets.from(bytes)
        if (valid && bytes.length >= 20) {
          // A right header in front of any payload, so that the fuzz reaches the upper layers.
          Ipv4Header.write(
            packet.bytes,
            packet.start,
            packet.length,
            1,
            0,
            bytes[8],
            [1, 17, 6, 47][bytes[9] & 3],
            ip('10.0.1.2'),
            bytes[0] & 1 ? ip('10.0.1.1') : ip('10.0.3.2'),
          )
        }
        made++
        port.send(packet, ip('10.0.1.1'))
      }),
      { numRuns: 2000 },
    )
    net.run(sec(1))
    assert.equal(made, 2000)
    assert.ok(net.drops('r1').length > 500)
    net.ping(alice, '10.0.1.1')
    net.run(sec(2))
    assert.equal(net.seen('ping-reply').length, 1)
    assert.ok(r1.stack.isOwn(ip('10.0.1.1')))
  })
})
