import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { echo, serveEcho } from '../../src/app/echo.ts'
import { fillPattern, matchesPattern } from '../../src/app/pattern.ts'
import { fetchBytes, serveTransfer } from '../../src/app/transfer.ts'
import { ip } from '../../src/base/address.ts'
import { set32 } from '../../src/base/bytes.ts'
import { ms, sec, us } from '../../src/base/time.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import { Net } from '../support/net.ts'

function pair(delay = ms(1)) {
  const net = new Net()
  const [a, b] = [net.host('a'), net.host('b')]
  const link = net.link([a, 'eth0', '10.0.0.1/24'], [b, 'eth0', '10.0.0.2/24'], { delay })
  return { net, a, b, link }
}

describe('ping', () => {
  test('more requests than 16 bits can number: each is answered under its own number', () => {
    const { net, a } = pair(us(1))
    net.ping(a, '10.0.0.2', { count: 65_540, interval: us(10) })
    net.run(sec(2))
    assert.deepEqual(
      net.seen('ping-reply').map(e => e.seq),
      Array.from({ length: 65_540 }, (_, i) => i + 1),
    )
    assert.equal(net.drops().length, 0)
  })
  test('a number that is needed again while its request waits: the old request has failed', () => {
    const { net, a, link } = pair()
    link.setUp(false)
    a.stack.addRoute({ prefix: { network: ip('10.9.9.9'), length: 32 }, dev: 'eth0' })
    link.setUp(true)
    link.change(0, { loss: 1 })
    net.ping(a, '10.0.0.2', { count: 65_537, interval: us(10) })
    net.run(sec(1))
    assert.deepEqual(
      net.seen('ping-failed').map(e => [e.seq, e.type]),
      [[1, 'timeout']],
    )
    net.run(sec(20))
    assert.equal(net.seen('ping-failed').length, 65_537)
  })
  test('a reply that comes too late is not taken for one to the next ping', () => {
    const { net, a, link } = pair(sec(6))
    net.ping(a, '10.0.0.2')
    net.run(ms(11_000))
    link.change(0, { loss: 1 })
    net.ping(a, '10.0.0.2')
    net.run(sec(30))
    assert.deepEqual(net.seen('ping-reply'), [])
    assert.deepEqual(net.drops('a'), ['line-loss', 'icmp-ignored'])
  })
  test('a reply with other octets is none', () => {
    const { net, a, b } = pair()
    b.stack.handle(1, {
      receive: packet => {
        const at = packet.start + 20
        packet.bytes[packet.end - 1] ^= 1
        Icmp.write(packet.bytes, at, packet.end, 0, 0, Icmp.identifier(packet.bytes, at) * 65_536 + 1)
        packet.start = at
        b.stack.output(packet, ip('10.0.0.1'), 1)
      },
    })
    net.ping(a, '10.0.0.2')
    net.run(sec(11))
    assert.deepEqual(net.seen('ping-reply'), [])
    assert.deepEqual(
      net.seen('ping-failed').map(e => e.type),
      ['timeout'],
    )
  })
  test('every identifier in use: the ping fails and the node lives on; one that ended has given its own back', () => {
    const { net, a } = pair()
    for (let n = 0; n < 65_535; n++) a.stack.icmp.openEcho(() => {})
    net.ping(a, '10.0.0.2')
    net.ping(a, '10.0.0.2')
    assert.deepEqual(
      net.seen('ping-failed').map(e => e.type),
      ['no identifier is free'],
    )
    net.run(sec(1))
    net.ping(a, '10.0.0.2')
    net.run(sec(2))
    assert.equal(net.seen('ping-reply').length, 2)
  })
})

describe('UDP echo (RFC 862)', () => {
  const options = { to: ip('10.0.0.2'), port: 7, count: 3, interval: ms(10), size: 64 }
  test('counts each datagram that comes back right, once', () => {
    const { net, a, b, link } = pair()
    serveEcho(b.udp, 7)
    link.change(1, { duplication: 1 })
    echo(a.env, a.udp, options)
    net.run(sec(1))
    assert.deepEqual(
      net.seen('echo-reply').map(e => [e.seq, e.rtt, e.length, e.from]),
      [1, 2, 3].map(n => [n, ms(2), 64, '10.0.0.2']),
    )
  })
  test('not what comes back wrong', () => {
    const { net, a, b } = pair()
    const socket = b.udp.open(7, ({ from, fromPort, data }) => {
      const other = data.slice()
      other[other.length - 1] ^= 1
      socket.send(from, fromPort, other)
      socket.send(from, fromPort, data.subarray(0, 63))
      const strange = data.slice()
      set32(strange, 0, 77)
      socket.send(from, fromPort, strange)
    })
    echo(a.env, a.udp, options)
    net.run(sec(1))
    assert.deepEqual(net.seen('echo-reply'), [])
    assert.equal(net.seen('deliver', 'a').length, 9)
  })
  test('its port is closed in the end, so that a run never uses them up; without a port nothing breaks', () => {
    const { net, a, b } = pair()
    serveEcho(b.udp, 7)
    for (let n = 0; n < 16_385; n++) echo(a.env, a.udp, { ...options, count: 1 })
    net.run(sec(1))
    assert.equal(net.seen('echo-reply').length, 16_384)
    assert.equal(
      a.udp.openAny(() => {}),
      undefined,
    )
    net.run(sec(11))
    assert.ok(a.udp.openAny(() => {}))
  })
})

describe('transfer', () => {
  test('of any length, nothing included, ends with every octet verified', () => {
    for (const bytes of [0, 1, 16_384, 16_385, 200_000]) {
      const { net, a, b } = pair()
      serveTransfer(b.tcp, 5001)
      fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port: 5001, bytes })
      net.run(sec(30))
      assert.deepEqual(
        net.seen('fetch-done').map(e => [e.bytes, e.ok, e.detail]),
        [[bytes, true, 'every octet is right']],
      )
    }
  })
  test('nobody there, no way there, no server: each says which', () => {
    const { net, a } = pair()
    fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port: 5001, bytes: 1 })
    fetchBytes(a.env, a.tcp, { to: ip('10.9.9.9'), port: 5001, bytes: 1 })
    net.run(sec(1))
    assert.deepEqual(
      net.seen('fetch-done').map(e => [e.from, e.ok, e.detail]),
      [
        ['10.9.9.9', false, 'no-route'],
        ['10.0.0.2', false, 'refused'],
      ],
    )
  })
  test('a server that is asked something else hangs up; one that sends too little or the wrong octets is found out', () => {
    const { net, a, b } = pair()
    serveTransfer(b.tcp, 5001)
    let end = ''
    const asking = a.tcp.connect(ip('10.0.0.2'), 5001, {
      opened: () => asking?.write(new Uint8Array(40).fill(65)),
      closed: reason => {
        end = reason
      },
    })
    for (const [port, change, length] of [
      [1, 0, 99],
      [2, 1, 100],
    ]) {
      b.tcp.listen(port, connection => ({
        data: () => {
          const out = new Uint8Array(length)
          fillPattern(out, 0)
          out[50] ^= change
          connection.write(out)
          connection.end()
        },
      }))
      fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port, bytes: 100 })
    }
    net.run(sec(5))
    assert.equal(end, 'reset')
    assert.deepEqual(
      net.seen('fetch-done').map(e => [e.bytes, e.ok, e.detail]),
      [
        [99, false, 'closed'],
        [100, false, 'some octets are wrong'],
      ],
    )
  })
  test('the pattern: a repetition, a gap or a swap of usual lengths does not go unnoticed', () => {
    const whole = new Uint8Array(200_000)
    fillPattern(whole, 0)
    for (const at of [0, 1, 65_520, 65_521, 65_536, 131_000, 150_000]) {
      const piece = whole.subarray(at, at + 1460)
      assert.ok(matchesPattern(piece, at), `${at}`)
      for (const shift of [1, 4, 256, 512, 536, 1024, 1448, 1460, 4096, 16_384, 65_536]) {
        assert.ok(!matchesPattern(piece, at + shift), `${at} + ${shift}`)
      }
    }
  })
})
