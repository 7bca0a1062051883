import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { echo, serveEcho } from '../../src/app/echo.ts'
import { fillPattern, matchesPattern } from '../../src/app/pattern.ts'
import { talk } from '../../src/app/talk.ts'
import { fetchBytes, serveTransfer } from '../../src/app/transfer.ts'
import { ip } from '../../src/base/address.ts'
import { fromAscii } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import { fc } from '../support/fast-check.ts'
import { Net } from '../support/net.ts'

describe('the content of transfers', () => {
  const position = fc.nat(2 ** 31)
  test('is a function of the position alone', () => {
    fc.assert(
      fc.property(position, fc.nat(70_000), fc.nat(3000), (start, offset, length) => {
        const whole = new Uint8Array(offset + length)
        fillPattern(whole, start)
        assert.ok(matchesPattern(whole.subarray(offset), start + offset))
      }),
      { numRuns: 30 },
    )
  })
  test('is recognised at any alignment in memory', () => {
    const whole = new Uint8Array(4100)
    for (let shift = 0; shift < 8; shift++) {
      for (let position = 65_500; position < 65_530; position++) {
        const bytes = whole.subarray(shift, shift + 4000 + (position % 9))
        fillPattern(bytes, position)
        assert.ok(matchesPattern(bytes, position))
        bytes[bytes.length - 1 - (position % 5)] ^= 128
        assert.ok(!matchesPattern(bytes, position))
      }
    }
  })
  test('shows a changed octet and a shift', () => {
    fc.assert(
      fc.property(
        position,
        fc.integer({ min: 16, max: 4000 }),
        fc.nat(),
        fc.integer({ min: 1, max: 2000 }),
        (start, length, where, shift) => {
          const bytes = new Uint8Array(length)
          fillPattern(bytes, start)
          assert.ok(!matchesPattern(bytes, start + shift))
          bytes[where % length] ^= 1 << (where & 7)
          assert.ok(!matchesPattern(bytes, start))
        },
      ),
    )
  })
})

function pair(options = {}) {
  const net = new Net()
  const [a, b] = [net.host('a'), net.host('b')]
  net.link([a, 'e', '10.0.0.1/24'], [b, 'e', '10.0.0.2/24'], { delay: ms(5), ...options })
  return { net, a, b }
}

describe('talk', () => {
  const answers = (handle: (bytes: Uint8Array, send: (bytes: Uint8Array) => void, end: () => void) => void) => {
    const { net, a, b } = pair()
    b.tcp.listen(7, connection => ({
      data: bytes =>
        handle(
          bytes,
          back => void connection.write(back),
          () => connection.end(),
        ),
      ended: () => connection.end(),
    }))
    talk(a.env, a.tcp, { to: ip('10.0.0.2'), port: 7, bytes: 50_000 })
    net.run(sec(60))
    return net.seen('talk-done').map(e => [e.to, e.ok, e.bytes, e.detail])
  }
  test('sends as many octets as it was asked for, and every one must come back', () => {
    assert.deepEqual(
      answers((bytes, send) => send(bytes)),
      [['10.0.0.2', true, 50_000, 'every octet came back']],
    )
  })
  test('an octet that comes back changed, or an end too early, is a failure', () => {
    const changed = (bytes: Uint8Array): Uint8Array => bytes.map((octet, i) => (i === 3 ? octet ^ 1 : octet))
    assert.deepEqual(
      answers((bytes, send) => send(changed(bytes))),
      [['10.0.0.2', false, 50_000, 'some octets came back changed']],
    )
    const [[, ok, bytes]] = answers((_, send, end) => {
      send(new Uint8Array(0))
      end()
    })
    assert.deepEqual([ok, bytes], [false, 0])
  })
  test('no answer and no route are told', () => {
    const { net, a } = pair()
    talk(a.env, a.tcp, { to: ip('10.0.0.2'), port: 7, bytes: 10 })
    talk(a.env, a.tcp, { to: ip('192.0.2.1'), port: 7, bytes: 10 })
    net.run(sec(5))
    assert.deepEqual(
      net
        .seen('talk-done')
        .map(e => [e.ok, e.detail])
        .sort(),
      [
        [false, 'no-route'],
        [false, 'refused'],
      ],
    )
  })
})

describe('fetch', () => {
  test('counts and compares every octet, and needs an orderly end', () => {
    const { net, a, b } = pair()
    serveTransfer(b.tcp, 5001)
    fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port: 5001, bytes: 100_000 })
    net.run(sec(5))
    assert.deepEqual(
      net.seen('fetch-done').map(e => [e.ok, e.bytes, e.detail]),
      [[true, 100_000, 'every octet is right']],
    )
  })
  const server = (answer: (send: (bytes: Uint8Array) => void, end: () => void) => void) => {
    const { net, a, b } = pair()
    b.tcp.listen(5001, connection => ({
      data: () =>
        answer(
          bytes => void connection.write(bytes),
          () => connection.end(),
        ),
      ended: () => connection.end(),
    }))
    fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port: 5001, bytes: 1000 })
    net.run(sec(5))
    return net.seen('fetch-done').map(e => [e.ok, e.bytes, e.detail])
  }
  const content = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    fillPattern(bytes, 0)
    return bytes
  }
  test('a wrong octet, too few, too many are failures', () => {
    const wrong = content(1000)
    wrong[500] ^= 1
    const answers = [wrong, content(999), content(1001)].map(bytes =>
      server((send, end) => {
        send(bytes)
        end()
      }),
    )
    assert.deepEqual(answers, [
      [[false, 1000, 'some octets are wrong']],
      [[false, 999, 'closed']],
      [[false, 1001, 'closed']],
    ])
  })
  test('a closed port, no route and a dead server are failures', () => {
    const { net, a } = pair()
    fetchBytes(a.env, a.tcp, { to: ip('10.0.0.2'), port: 9, bytes: 1 })
    fetchBytes(a.env, a.tcp, { to: ip('10.9.9.9'), port: 9, bytes: 1 })
    net.run(sec(5))
    assert.deepEqual(
      net.seen('fetch-done').map(e => e.detail),
      ['no-route', 'refused'],
    )
  })
  test('a server that is sent rubbish gives up', () => {
    const { net, a, b } = pair()
    serveTransfer(b.tcp, 5001)
    const ends: string[] = []
    const connection = a.tcp.connect(ip('10.0.0.2'), 5001, {
      opened: () => connection?.write(fromAscii('x'.repeat(100))),
      closed: reason => ends.push(reason),
    })
    net.run(sec(5))
    assert.deepEqual(ends, ['reset'])
  })
})

describe('UDP echo (RFC 862)', () => {
  test('comes back once for each datagram, with its own round-trip time', () => {
    const { net, a, b } = pair()
    serveEcho(b.udp, 7)
    echo(a.env, a.udp, { to: ip('10.0.0.2'), port: 7, count: 3, interval: ms(3), size: 200 })
    net.run(sec(1))
    assert.deepEqual(
      net.seen('echo-reply').map(e => [e.seq, e.rtt, e.length]),
      [
        [1, ms(10), 200],
        [2, ms(10), 200],
        [3, ms(10), 200],
      ],
    )
  })
  test('a datagram that came back changed or twice does not count', () => {
    const { net, a, b } = pair()
    const socket = b.udp.open(7, ({ from, fromPort, data }) => {
      const changed = data.slice()
      changed[10] ^= 1
      socket.send(from, fromPort, changed)
      socket.send(from, fromPort, data)
      socket.send(from, fromPort, data)
    })
    echo(a.env, a.udp, { to: ip('10.0.0.2'), port: 7, count: 1, interval: ms(1), size: 64 })
    net.run(sec(1))
    assert.equal(net.seen('echo-reply').length, 1)
  })
})
