/** Opening connections: RFC 9293 §3.5 and §3.10.7.1 to §3.10.7.3. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Segment } from 'tcp-userspace'
import { sec } from '../../src/base/time.ts'
import { IRS, ISS, log, OURS, PORT, stream, THEIR_PORT, THEIRS, underTest } from './harness.ts'

const dial = { local: { address: OURS, port: PORT }, remote: { address: THEIRS, port: THEIR_PORT } }

describe('active open', () => {
  test('the three-way handshake (RFC 9293 §3.5, figure 6)', () => {
    const { stack, peer, steps } = underTest()
    const app = log()
    const connection = stack.connect(dial, app)
    const syn = peer.expects({ flags: 'S', seq: ISS, ack: 0, wnd: 65_535, length: 0 })
    assert.equal(connection?.state, 'syn-sent')
    assert.deepEqual(
      syn.options.map(({ kind, data }) => [kind, ...data.subarray(0, kind === 8 ? 0 : 2)]),
      [[2, 1460 >> 8, 1460 & 255], [4], [8], [1], [3, 5]], // MSS, SACK permitted, timestamps, window scale
    )
    peer.sends({ flags: 'SA', ack: ISS + 1 })
    peer.expects({ flags: 'A', seq: ISS + 1, ack: IRS + 1, length: 0 })
    assert.equal(connection?.state, 'established')
    assert.deepEqual(app.events, ['opened'])
    assert.deepEqual(steps, [
      { from: 'closed', to: 'syn-sent', cause: 'open' },
      { from: 'syn-sent', to: 'established', cause: 'syn-ack' },
    ])
  })

  test('what the handler writes when the connection opens carries the acknowledgment', () => {
    const { stack, peer } = underTest()
    const connection = stack.connect(dial, { opened: () => connection?.write(stream(5)) })
    peer.expects({ flags: 'S' })
    peer.sends({ flags: 'SA', ack: ISS + 1 })
    peer.expects({ flags: 'PA', seq: ISS + 1, ack: IRS + 1, text: stream(5) })
    peer.expectsNothing()
  })

  test('what was written before it opens goes out afterwards (RFC 9293 §3.10.2)', () => {
    const { stack, peer } = underTest()
    const connection = stack.connect(dial, {})
    assert.equal(connection?.write(stream(5)), 5)
    peer.expects({ flags: 'S', length: 0 })
    peer.expectsNothing()
    peer.sends({ flags: 'SA', ack: ISS + 1 })
    peer.expects({ flags: 'PA', seq: ISS + 1, text: stream(5) })
  })

  test('text in the SYN,ACK is delivered', () => {
    const { stack, peer } = underTest()
    const app = log()
    stack.connect(dial, app)
    peer.expects({ flags: 'S' })
    peer.sends({ flags: 'SA', ack: ISS + 1, text: stream(4) })
    peer.expects({ flags: 'A', ack: IRS + 5 })
    assert.deepEqual(app.received, [...stream(4)])
  })

  test('an acknowledgment of something else is answered with RST and ignored (RFC 9293 §3.10.7.3, first)', () => {
    for (const ack of [ISS, ISS + 2]) {
      const { stack, peer } = underTest()
      const connection = stack.connect(dial, {})
      peer.expects({ flags: 'S' })
      assert.equal(peer.sends({ flags: 'SA', ack }), 'bad-ack')
      peer.expects({ flags: 'R', seq: ack })
      assert.equal(peer.sends({ flags: 'RA', ack }), 'bad-ack')
      peer.expectsNothing()
      assert.equal(connection?.state, 'syn-sent')
    }
  })

  test('RST with the right acknowledgment refuses; without ACK it does nothing (RFC 9293 §3.10.7.3, second)', () => {
    const { stack, peer, connections } = underTest()
    const app = log()
    stack.connect(dial, app)
    peer.expects({ flags: 'S' })
    assert.equal(peer.sends({ flags: 'R' }), 'bad-reset')
    assert.deepEqual(app.events, [])
    assert.equal(peer.sends({ flags: 'RA', ack: ISS + 1 }), undefined)
    assert.deepEqual(app.events, ['closed refused'])
    assert.deepEqual(connections(), [])
    peer.expectsNothing()
  })

  test('neither SYN nor RST: dropped (RFC 9293 §3.10.7.3, fifth)', () => {
    const { stack, peer } = underTest()
    stack.connect(dial, {})
    assert.equal(peer.sends({ flags: 'A', ack: ISS + 1 }), 'unexpected')
  })

  test('simultaneous open (RFC 9293 §3.5, figure 7)', () => {
    const { stack, peer, steps } = underTest()
    const app = log()
    const connection = stack.connect(dial, app)
    peer.expects({ flags: 'S', seq: ISS })
    peer.sends({ flags: 'S', seq: IRS })
    peer.expects({ flags: 'SA', seq: ISS, ack: IRS + 1 })
    assert.equal(connection?.state, 'syn-received')
    peer.sends({ flags: 'SA', seq: IRS, ack: ISS + 1 })
    assert.equal(connection?.state, 'established')
    assert.deepEqual(app.events, ['opened'])
    assert.deepEqual(
      steps.map(step => `${step.to} ${step.cause}`),
      ['syn-sent open', 'syn-received syn', 'established ack'],
    )
    peer.expectsNothing()
  })

  test('the window of the SYN,ACK that ends a simultaneous open is not scaled (RFC 7323 §2.2)', () => {
    const { stack, peer } = underTest()
    const connection = stack.connect(dial, {})
    peer.sends({ flags: 'S', seq: IRS, scale: 5, wnd: 1000 })
    peer.sends({ flags: 'SA', seq: IRS, ack: ISS + 1, scale: 5, wnd: 1000 })
    assert.equal(connection?.sndWnd, 1000)
    peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1, wnd: 1000 })
    assert.equal(connection?.sndWnd, 32_000)
  })

  test('after a simultaneous open RST in SYN-RECEIVED is a refusal (RFC 9293 §3.10.7.4, second)', () => {
    const { stack, peer } = underTest()
    const app = log()
    stack.connect(dial, app)
    peer.sends({ flags: 'S', seq: IRS })
    peer.sends({ flags: 'R', seq: IRS + 1 })
    assert.deepEqual(app.events, ['closed refused'])
  })

  test('linux: SYN at 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, given up at 131 s', () => {
    const { stack, peer, clock } = underTest()
    const app = log({ closed: () => assert.equal(clock.now, sec(131)) })
    const connection = stack.connect(dial, app)
    assert.equal(connection?.unanswered, 1)
    clock.advance(200_000)
    assert.equal(connection?.unanswered, 11)
    assert.deepEqual(
      peer.drain().map(({ at, segment }) => [at / 1e9, segment.flags]),
      [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67].map(at => [at, Segment.SYN]),
    )
    assert.deepEqual(app.events, ['closed timeout'])
  })

  test('rfc: SYN doubles from 1 s and is given up after 3 minutes or more (RFC 9293 §3.8.3, MUST-23)', () => {
    const { stack, peer, clock } = underTest({ profile: 'rfc' })
    const app = log({ closed: () => assert.equal(clock.now, sec(183)) })
    stack.connect(dial, app)
    clock.advance(200_000)
    assert.deepEqual(
      peer.drain().map(({ at }) => at / 1e9),
      [0, 1, 3, 7, 15, 31, 63, 123],
    )
    assert.deepEqual(app.events, ['closed timeout'])
  })

  test('a SYN that had to be repeated leaves a timeout of 3 s (RFC 6298 §5.7)', () => {
    const { stack, peer, clock } = underTest()
    const connection = stack.connect(dial, {})
    clock.advance(1_500)
    peer.sends({ flags: 'SA', ack: ISS + 1 })
    assert.equal(connection?.srtt, undefined)
    assert.equal(connection?.rto, sec(3))
  })

  test('the handshake measures the first round trip (RFC 6298 §2.2)', () => {
    const { stack, peer, clock } = underTest()
    const connection = stack.connect(dial, {})
    clock.advance(100)
    peer.sends({ flags: 'SA', ack: ISS + 1 })
    assert.equal(connection?.srtt, 100e6)
    assert.equal(connection?.rto, 300e6)
  })
})

describe('ICMP unreachable (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §4.1)', () => {
  const quote = (sequence: number) => ({ local: dial.local, remote: dial.remote, sequence })

  test('linux: any ends a connection that is not open', () => {
    for (const hard of [true, false]) {
      const { stack } = underTest()
      const app = log()
      stack.connect(dial, app)
      stack.unreachable(quote(ISS), hard)
      assert.deepEqual(app.events, ['closed unreachable'])
    }
  })

  test('rfc: only a hard one does (MUST NOT for soft errors); a soft one is the reason when time runs out', () => {
    const { stack, clock } = underTest({ profile: 'rfc' })
    const app = log()
    stack.connect(dial, app)
    stack.unreachable(quote(ISS), false)
    assert.deepEqual(app.events, [])
    clock.advance(183_000)
    assert.deepEqual(app.events, ['closed unreachable'])

    const other = underTest({ profile: 'rfc' })
    other.stack.connect(dial, app)
    other.stack.unreachable(quote(ISS), true)
    assert.deepEqual(app.events, ['closed unreachable', 'closed unreachable'])
  })

  test('one that quotes a sequence number that is not in flight is ignored', () => {
    const { stack } = underTest()
    const app = log()
    stack.connect(dial, app)
    stack.unreachable(quote(ISS + 1), true)
    stack.unreachable(quote(ISS - 1), true)
    stack.unreachable({ ...quote(ISS), remote: { address: THEIRS, port: 1 } }, true)
    assert.deepEqual(app.events, [])
  })

  test('an open connection survives it', () => {
    const { stack, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.write(stream(3))
    stack.unreachable(quote(ISS + 1), true)
    assert.equal(connection.state, 'established')
  })
})

describe('passive open', () => {
  test('SYN is answered, ACK opens, and only then the listener is told (RFC 9293 §3.10.7.2)', () => {
    const { stack, peer, steps, connections } = underTest()
    const app = log()
    let accepted = 0
    const listener = stack.listen({ port: PORT }, () => {
      accepted++
      return app
    })
    peer.sends({ flags: 'S', mss: 1000, scale: 3 })
    const answer = peer.expects({ flags: 'SA', seq: ISS, ack: IRS + 1 })
    assert.deepEqual(
      answer.options.map(({ kind }) => kind),
      [2, 1, 3],
    )
    assert.equal(accepted, 0)
    assert.equal(listener?.halfOpen, 1)
    peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1, wnd: 100 })
    assert.equal(accepted, 1)
    assert.equal(listener?.halfOpen, 0)
    assert.deepEqual(app.events, ['opened'])
    const [connection] = connections()
    assert.equal(connection.mss, 1000)
    assert.equal(connection.sndWnd, 800)
    assert.deepEqual(
      steps.map(({ from, to }) => `${from} ${to}`),
      ['listen syn-received', 'syn-received established'],
    )
    peer.expectsNothing()
  })

  test('text that comes with the last ACK is delivered', () => {
    const { stack, peer } = underTest()
    const app = log()
    stack.listen({ port: PORT }, () => app)
    peer.sends({ flags: 'S' })
    peer.sends({ flags: 'PA', seq: IRS + 1, ack: ISS + 1, text: stream(10) })
    assert.deepEqual(app.events, ['opened'])
    assert.deepEqual(app.received, [...stream(10)])
  })

  test('a SYN that comes again is answered again', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: PORT }, () => ({}))
    peer.sends({ flags: 'S' })
    peer.expects({ flags: 'SA' })
    assert.equal(peer.sends({ flags: 'S' }), 'duplicate')
    peer.expects({ flags: 'SA', seq: ISS, ack: IRS + 1 })
    assert.equal(connections().length, 1)
  })

  test('a SYN,ACK that was sent twice gives no round-trip sample (RFC 6298 §3)', () => {
    const { stack, peer, clock, connections } = underTest()
    stack.listen({ port: PORT }, () => ({}))
    peer.sends({ flags: 'S' })
    clock.advance(500)
    peer.sends({ flags: 'S' })
    clock.advance(100)
    peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1 })
    assert.equal(connections()[0].srtt, undefined)
    assert.equal(connections()[0].rto, sec(1))
  })

  test('SYN,ACK at 0, 1, 3, 7, 15, 31 s, given up at 63 s; the listener never hears of it', () => {
    const { stack, peer, clock, connections } = underTest()
    const listener = stack.listen({ port: PORT }, () => assert.fail('accepted'))
    peer.sends({ flags: 'S' })
    clock.advance(62_999)
    assert.equal(connections().length, 1)
    clock.advance(1)
    assert.deepEqual(
      peer.drain().map(({ at }) => at / 1e9),
      [0, 1, 3, 7, 15, 31],
    )
    assert.equal(connections().length, 0)
    assert.equal(listener?.halfOpen, 0)
  })

  test('a full backlog drops SYNs until a place is free', () => {
    const { stack, peer, connections } = underTest()
    const listener = stack.listen({ port: PORT, backlog: 2 }, () => ({}))
    for (const port of [1, 2]) {
      peer.port = port
      assert.equal(peer.sends({ flags: 'S' }), undefined)
    }
    peer.port = 3
    assert.equal(peer.sends({ flags: 'S' }), 'backlog-full')
    assert.equal(connections().length, 2)
    peer.port = 1
    peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1 })
    assert.equal(listener?.halfOpen, 1)
    peer.port = 3
    assert.equal(peer.sends({ flags: 'S' }), undefined)
    peer.port = 2
    peer.sends({ flags: 'R', seq: IRS + 1 })
    assert.equal(listener?.halfOpen, 1)
  })

  test('a wrong acknowledgment in SYN-RECEIVED is answered with RST (RFC 9293 §3.10.7.4, fifth)', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: PORT }, () => ({}))
    peer.sends({ flags: 'S' })
    peer.expects({ flags: 'SA' })
    assert.equal(peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS }), 'bad-ack')
    peer.expects({ flags: 'R', seq: ISS })
    assert.equal(peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 2 }), 'bad-ack')
    peer.expects({ flags: 'R', seq: ISS + 2 })
    assert.equal(connections()[0].state, 'syn-received')
  })

  test('RST or another SYN in SYN-RECEIVED: back to LISTEN (RFC 9293 §3.10.7.4, second and fourth)', () => {
    for (const [flags, discard] of [
      ['R', undefined],
      ['S', 'bad-syn'],
    ] as const) {
      const { stack, peer, connections } = underTest()
      const listener = stack.listen({ port: PORT }, () => assert.fail('accepted'))
      peer.sends({ flags: 'S' })
      assert.equal(peer.sends({ flags, seq: IRS + 1 }), discard)
      assert.deepEqual(connections(), [])
      assert.equal(listener?.halfOpen, 0)
    }
  })

  test('in LISTEN: RST is ignored, ACK is answered with RST (RFC 9293 §3.10.7.2)', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: PORT }, () => ({}))
    assert.equal(peer.sends({ flags: 'R' }), 'unexpected')
    peer.expectsNothing()
    assert.equal(peer.sends({ flags: 'A', ack: 77 }), 'no-connection')
    peer.expects({ flags: 'R', seq: 77 })
    assert.equal(peer.sends({ flags: 'F' }), 'unexpected')
    assert.deepEqual(connections(), [])
  })
})

describe('ports and addresses', () => {
  test('what belongs to nobody is reset, but never a reset (RFC 9293 §3.10.7.1)', () => {
    const { peer } = underTest()
    assert.equal(peer.sends({ flags: 'S', seq: 100 }), 'no-connection')
    peer.expects({ flags: 'RA', seq: 0, ack: 101 })
    assert.equal(peer.sends({ flags: 'PA', seq: 100, ack: 55, length: 9 }), 'no-connection')
    peer.expects({ flags: 'R', seq: 55 })
    assert.equal(peer.sends({ flags: 'F', seq: 100, length: 9 }), 'no-connection')
    peer.expects({ flags: 'RA', seq: 0, ack: 110 })
    assert.equal(peer.sends({ flags: 'R' }), 'no-connection')
    peer.expectsNothing()
  })

  test('what is not a whole segment, or was changed on the way, is dropped without an answer', () => {
    const { stack, peer } = underTest()
    const bytes = peer.build({ flags: 'S', mss: 1460 })
    const gives = (given: Uint8Array) => stack.receive(given, 0, given.length, THEIRS, OURS)
    assert.equal(gives(bytes.subarray(0, 19)), 'truncated')
    assert.equal(gives(bytes.subarray(0, 22)), 'bad-length')
    assert.equal(stack.receive(bytes, 0, bytes.length, THEIRS, OURS + 1), 'bad-checksum')
    const short = Uint8Array.from(bytes)
    short[12] = 0x40
    assert.equal(gives(short), 'bad-length')
    bytes[7] ^= 1
    assert.equal(gives(bytes), 'bad-checksum')
    peer.expectsNothing()
  })

  test('a SYN from or to an address that is not one machine’s is dropped (RFC 9293 §3.9.2.3, MUST-57, MUST-63)', () => {
    const { stack, peer } = underTest()
    stack.listen({ port: PORT }, () => ({}))
    const bytes = peer.build({ flags: 'S' })
    for (const [source, destination] of [
      [THEIRS, 0xe0000001],
      [THEIRS, 0xffffffff],
      [0xe0000001, OURS],
      [0, OURS],
    ]) {
      Segment.seal(bytes, 0, bytes.length, source, destination)
      assert.equal(stack.receive(bytes, 0, bytes.length, source, destination), 'not-unicast')
    }
    peer.expectsNothing()
  })

  test('a listener of that very address comes before one of any; a port is taken once', () => {
    const { stack, peer } = underTest()
    const heard: string[] = []
    const any = stack.listen({ port: PORT }, () => {
      heard.push('any')
      return {}
    })
    assert.ok(
      stack.listen({ port: PORT, address: OURS }, () => {
        heard.push('own')
        return {}
      }),
    )
    assert.ok(stack.listen({ port: PORT, address: THEIRS }, () => assert.fail('not ours')))
    assert.equal(
      stack.listen({ port: PORT }, () => ({})),
      undefined,
    )
    peer.sends({ flags: 'S' })
    peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1 })
    assert.deepEqual(heard, ['own'])
    any?.close()
    assert.ok(stack.listen({ port: PORT }, () => ({})))
  })

  test('ephemeral ports: the next free one, none when all are in use (RFC 6056 §3.3.1)', () => {
    const { stack } = underTest({ ephemeralPorts: [50_000, 50_002] })
    assert.ok(stack.listen({ port: 50_001 }, () => ({})))
    const open = () => stack.connect({ local: { address: OURS }, remote: dial.remote }, {})?.local.port
    assert.deepEqual([open(), open(), open()], [50_000, 50_002, undefined])
    const elsewhere = { address: THEIRS, port: THEIR_PORT + 1 }
    assert.equal(stack.connect({ local: { address: OURS }, remote: elsewhere }, {})?.local.port, 50_000)
  })

  test('the same two endpoints are connected once', () => {
    const { stack } = underTest()
    assert.ok(stack.connect(dial, {}))
    assert.equal(stack.connect(dial, {}), undefined)
  })

  test('thousands of connections are told apart', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: PORT, backlog: 5000 }, connection => ({ data: () => connection.write(stream(1)) }))
    for (let port = 1; port <= 3000; port++) {
      peer.port = port
      peer.sends({ flags: 'S' })
      peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1 })
    }
    peer.drain()
    for (let port = 1; port <= 3000; port++) {
      peer.port = port
      peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1, length: 1 })
      assert.equal(peer.expects({ flags: 'PA', length: 1 }).destinationPort, port)
      peer.sends({ flags: 'R', seq: IRS + 2 })
    }
    assert.deepEqual(connections(), [])
    for (let port = 1; port <= 3000; port++) {
      peer.port = port
      peer.sends({ flags: 'S' })
      assert.equal(peer.expects({ flags: 'SA' }).destinationPort, port)
    }
  })
})
