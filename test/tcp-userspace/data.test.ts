/** Carrying data: RFC 9293 §3.8 and §3.10.7.4, RFC 6298, RFC 7323 §2, RFC 5961. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STATES } from 'tcp-userspace'
import { IRS, ISS, log, stream, underTest } from './harness.ts'

const SEQ = ISS + 1
const PEER = IRS + 1

describe('sending', () => {
  test('text is cut into segments of the peer’s MSS, the last is pushed (RFC 9293 §3.7.1, §3.9.1.2 MUST-61)', () => {
    const { peer, connected } = underTest()
    const connection = connected({}, { mss: 1000 })
    assert.equal(connection.write(stream(3000)), 3000)
    peer.expects({ flags: 'A', seq: SEQ, text: stream(1000) })
    peer.expects({ flags: 'A', seq: SEQ + 1000, text: stream(1000, 1000) })
    peer.expects({ flags: 'PA', seq: SEQ + 2000, text: stream(1000, 2000) })
    peer.expectsNothing()
  })

  test('without the option a segment has 536 octets (RFC 9293 §3.7.1, MUST-15)', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: 80 }, connection => ({ opened: () => void connection.write(stream(600)) }))
    peer.sends({ flags: 'S' })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ })
    assert.equal(connections()[0].mss, 536)
    peer.expects({ flags: 'SA' })
    peer.expects({ flags: 'A', length: 536 })
  })

  test('never more than our own link carries', () => {
    const { connected } = underTest({ mtu: 1000 })
    assert.equal(connected({}, { mss: 8960 }).mss, 960)
  })

  test('Nagle: a small segment waits while another is in flight (RFC 9293 §3.7.4)', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    connection.write(stream(10))
    connection.write(stream(10, 10))
    peer.expects({ flags: 'PA', seq: SEQ, length: 10 })
    peer.expectsNothing()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 10 })
    peer.expects({ flags: 'PA', seq: SEQ + 10, text: stream(10, 10) })
  })

  test('Nagle can be switched off (RFC 9293 §3.7.4, MUST-17)', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    connection.noDelay = true
    connection.write(stream(10))
    connection.write(stream(10, 10))
    peer.expects({ flags: 'PA', seq: SEQ, length: 10 })
    peer.expects({ flags: 'PA', seq: SEQ + 10, length: 10 })
  })

  test('no more than the window is in flight (RFC 9293 §3.8.6)', () => {
    const { peer, connected } = underTest()
    const connection = connected({}, { wnd: 2500, mss: 1000 })
    connection.write(stream(5000))
    peer.expects({ flags: 'A', length: 1000 })
    peer.expects({ flags: 'A', length: 1000 })
    peer.expectsNothing() // 500 octets of window: silly window avoidance, §3.8.6.2.1
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 1000, wnd: 2500 })
    peer.expects({ flags: 'A', seq: SEQ + 2000, length: 1000 })
    peer.expectsNothing()
    assert.equal(connection.sndUna, SEQ + 1000)
    assert.equal(connection.sndNxt, SEQ + 3000)
  })

  test('an old segment does not change the window (RFC 9293 §3.10.7.4, fifth)', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, wnd: 4000, length: 10 })
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ, wnd: 3000 })
    assert.equal(connection.sndWnd, 3000)
    connection.write(stream(10))
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ + 10, wnd: 2000 })
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ, wnd: 9000 })
    assert.equal(connection.sndWnd, 2000)
    peer.sends({ flags: 'PA', seq: PEER + 110, ack: SEQ + 10, wnd: 1000, length: 10 })
    peer.sends({ flags: 'PA', seq: PEER + 10, ack: SEQ + 10, wnd: 9000, length: 100 }) // overtaken by the one before
    assert.equal(connection.sndWnd, 1000)
  })

  test('the send buffer is bounded, and the writer is called when an eighth of it is free', () => {
    const { peer, connected } = underTest({ sendBuffer: 1000 })
    const app = log()
    const connection = connected(app)
    assert.equal(connection.write(stream(1500)), 1000)
    assert.equal(connection.write(stream(1)), 0)
    assert.equal(connection.queued, 1000)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 124 })
    assert.deepEqual(app.events, ['opened'])
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 125 })
    assert.deepEqual(app.events, ['opened', 'writable'])
    assert.equal(connection.bytesOut, 125)
    assert.equal(connection.write(stream(600)), 125)
  })

  test('an acknowledgment of what was never sent is answered and dropped (RFC 9293 §3.10.7.4, fifth)', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    assert.equal(peer.sends({ flags: 'PA', seq: PEER, ack: SEQ + 1, length: 5 }), 'bad-ack')
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER })
    assert.equal(connection.rcvNxt, PEER)
  })

  test('one that is older than any window is answered and dropped (RFC 5961 §5.2)', () => {
    const { peer, connected } = underTest()
    connected({}, { wnd: 5000 })
    assert.equal(peer.sends({ flags: 'PA', seq: PEER, ack: SEQ - 5001, length: 5 }), 'bad-ack')
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER })
    assert.equal(peer.sends({ flags: 'PA', seq: PEER, ack: SEQ - 5000, length: 5 }), undefined)
  })
})

describe('retransmission (RFC 6298)', () => {
  test('the segment in front, at 200, 600, 1400 ms …; 15 times, and the end at 924.6 s (linux)', () => {
    const { peer, clock, connected, retransmissions } = underTest()
    const app = log()
    const connection = connected(app)
    assert.equal(connection.rto, 200e6)
    connection.write(stream(2000))
    peer.expects({ flags: 'A', seq: SEQ, length: 1460 })
    clock.advance(924_599)
    const again = peer.drain()
    const expected = [0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4, 51, 102.2, 204.6, 324.6, 444.6, 564.6, 684.6, 804.6]
    assert.deepEqual(
      again.map(({ at }) => at / 1e9),
      expected,
    )
    assert.ok(again.every(({ segment }) => segment.sequence === SEQ))
    // From the third on the size is suspected, from the sixth on again: path MTU black hole (RFC 4821 §7.7).
    assert.deepEqual(
      again.map(({ segment }) => segment.payload.length),
      expected.map((_, n) => (n < 2 ? 1460 : n < 5 ? 1024 : 536)),
    )
    assert.deepEqual(
      retransmissions.map(({ tries }) => tries),
      expected.map((_, n) => n + 1),
    )
    assert.equal(connection.retransmits, 15)
    assert.deepEqual(app.events, ['opened'])
    clock.advance(1)
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
    assert.equal(connection.unanswered, 16)
  })

  test('rfc: at least 1 s at first, no more than 60 s, given up after more than 100 s (§2.4, §2.5; RFC 9293 SHLD-11)', () => {
    const { peer, clock, connected } = underTest({ profile: 'rfc' })
    const app = log({ closed: () => assert.equal(clock.now, 123e9) })
    connected(app).write(stream(10))
    clock.advance(200_000)
    assert.deepEqual(
      peer.drain().map(({ at }) => at / 1e9),
      [0, 1, 3, 7, 15, 31, 63],
    )
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
  })

  test('smoothing: SRTT and RTTVAR by the printed formulas (§2.3)', () => {
    const { peer, clock, connected } = underTest({ profile: 'rfc' })
    const connection = connected() // R = 0: SRTT = 0, RTTVAR = 0
    for (const [r, srtt, rto] of [
      [800, 100, 1000], // RTTVAR = 3/4 * 0 + 1/4 * 800 = 200; 900 is below the minimum
      [900, 200, 1600], // 3/4 * 200 + 1/4 * 800 = 350
      [1400, 350, 2600], // 3/4 * 350 + 1/4 * 1200 = 562.5
    ]) {
      connection.write(stream(1))
      clock.advance(r)
      peer.sends({ flags: 'A', seq: PEER, ack: connection.sndNxt })
      assert.equal(connection.srtt, srtt * 1e6)
      assert.equal(connection.rto, rto * 1e6)
    }
    assert.equal(connection.retransmits, 0)
  })

  test('no sample of what was sent twice (§3, Karn), and the doubled timeout stays until the next sample (§5)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected()
    connection.write(stream(10))
    clock.advance(250)
    assert.equal(connection.rto, 400e6)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 10 })
    assert.equal(connection.srtt, 0)
    assert.equal(connection.rto, 400e6)
    connection.write(stream(10))
    clock.advance(80)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 20 })
    assert.equal(connection.srtt, 10e6)
    assert.equal(connection.rto, 210e6) // Linux adds at least 200 ms to the round-trip time
  })

  test('an acknowledgment of new data starts the timer again (§5.3), the last one stops it (§5.2)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { mss: 100 })
    connection.write(stream(200))
    peer.drain()
    clock.advance(150)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 100 })
    const { rto } = connection
    clock.advance(rto / 1e6 - 1)
    peer.expectsNothing()
    clock.advance(1)
    peer.expects({ flags: 'PA', seq: SEQ + 100 })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 200 })
    clock.advance(100_000)
    peer.expectsNothing()
  })

  test('after a timeout what was in flight is sent again in slow start (RFC 5681 §3.1, RFC 6298 §5.4)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { mss: 100 })
    connection.write(stream(300))
    peer.drain()
    clock.advance(200)
    peer.expects({ flags: 'A', seq: SEQ, length: 100 })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 100 })
    peer.expects({ flags: 'A', seq: SEQ + 100, length: 100 })
    peer.expects({ flags: 'PA', seq: SEQ + 200, length: 100 })
    peer.expectsNothing()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 300 })
    peer.expectsNothing()
    connection.write(stream(50, 300))
    peer.expects({ flags: 'PA', seq: SEQ + 300, length: 50 })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 350 })
    peer.expectsNothing()
  })

  test('an ICMP error is forgotten when the connection gets on', () => {
    const { stack, peer, clock, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.write(stream(1))
    stack.unreachable({ local: connection.local, remote: connection.remote, sequence: SEQ }, true)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 1 })
    connection.write(stream(1))
    clock.advance(1_000_000)
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
  })

  test('an ICMP error that came meanwhile is the reason given at the end', () => {
    const { stack, clock, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.write(stream(1))
    stack.unreachable({ local: connection.local, remote: connection.remote, sequence: SEQ }, true)
    clock.advance(1_000_000)
    assert.deepEqual(app.events, ['opened', 'closed unreachable'])
  })
})

describe('zero window (RFC 9293 §3.8.6.1)', () => {
  test('probes of one octet after one timeout and then ever less often, without end while they are answered', () => {
    const { peer, clock, connected } = underTest()
    const app = log()
    const connection = connected(app, { wnd: 0 })
    connection.write(stream(500))
    const times: number[] = []
    while (clock.now < 3000e9) {
      clock.advance(100)
      for (const { at, segment } of peer.drain()) {
        assert.equal(segment.payload.length, 1)
        assert.equal(segment.sequence, SEQ)
        times.push(at / 1e9)
        peer.sends({ flags: 'A', seq: PEER, ack: SEQ, wnd: 0 })
      }
    }
    const first = [0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4, 51, 102.2, 204.6, 324.6, 444.6, 564.6, 684.6]
    assert.deepEqual(times.slice(0, first.length), first)
    assert.ok(times.length > 30)
    assert.deepEqual(app.events, ['opened'])
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, wnd: 1000 })
    peer.expects({ flags: 'PA', seq: SEQ, text: stream(500) })
  })

  test('a probe whose octet is taken counts', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { wnd: 0 })
    connection.write(stream(500))
    clock.advance(200)
    peer.expects({ flags: 'A', seq: SEQ, text: stream(1) })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 1, wnd: 1000 })
    peer.expects({ flags: 'PA', seq: SEQ + 1, text: stream(499, 1) })
  })

  test('nobody answers the probes: the connection ends like any that is not answered', () => {
    const { peer, clock, connected } = underTest()
    const app = log()
    const connection = connected(app, { wnd: 0 })
    connection.write(stream(5))
    clock.advance(924_599)
    assert.deepEqual(app.events, ['opened'])
    clock.advance(1)
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
    assert.equal(connection.unanswered, peer.drain().length)
  })

  test('a window that stays small is used in the end (§3.8.6.2.1, override timeout)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { wnd: 5000 })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, wnd: 100 })
    connection.write(stream(500))
    peer.expectsNothing()
    clock.advance(200)
    peer.expects({ flags: 'A', seq: SEQ, text: stream(100) })
  })

  test('the peer may take its window back (§3.8.6, MUST-34)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { mss: 100 })
    connection.write(stream(300))
    peer.drain()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 100, wnd: 0 })
    clock.advance(1000)
    const probes = peer.drain()
    assert.ok(probes.length > 0 && probes.every(({ segment }) => segment.payload.length === 1))
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 100, wnd: 1000 })
    peer.expects({ flags: 'A', seq: SEQ + 100, length: 100 })
    assert.equal(connection.sndUna, SEQ + 100)
  })

  test('FIN waits for the window and is its own probe', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected({}, { wnd: 0 })
    connection.end()
    peer.expectsNothing()
    assert.equal(connection.state, 'fin-wait-1')
    clock.advance(200)
    peer.expects({ flags: 'FA', seq: SEQ, length: 0 })
  })

  test('our own closed window: a probe finds no room but its acknowledgment counts (§3.10.7.4, first)', () => {
    const { peer, connected } = underTest({ receiveBuffer: 1000 })
    const app = log()
    const connection = connected(app)
    connection.pause()
    connection.write(stream(10))
    peer.expects({ flags: 'PA', length: 10 })
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, length: 1000 })
    peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, length: 1 })
    peer.expects({ flags: 'A', ack: PEER + 1000, wnd: 0 })
    assert.equal(connection.rcvWnd, 0)
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ + 10, length: 1 }), 'out-of-window')
    peer.expects({ flags: 'A', ack: PEER + 1000, wnd: 0 })
    assert.equal(connection.sndUna, SEQ + 10)
    assert.equal(connection.rcvNxt, PEER + 1000)
  })
})

describe('both windows closed', () => {
  /** A probe of ours has found no room, and our own reader has stopped with a full buffer. */
  const stuck = () => {
    const parts = underTest({ receiveBuffer: 1000 })
    const connection = parts.connected({}, { wnd: 0 })
    connection.pause()
    parts.peer.sends({ flags: 'A', seq: PEER, ack: SEQ, length: 1000, wnd: 0 })
    connection.write(stream(500))
    parts.clock.advance(200)
    parts.peer.drain()
    parts.peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, wnd: 0 })
    parts.peer.expectsNothing()
    assert.deepEqual([connection.rcvWnd, connection.sndNxt], [0, SEQ + 1])
    return { ...parts, connection }
  }

  test('the news that ours is open again stands where the peer can take it (RFC 9293 §3.8.6.1, §3.10.7.4, first)', () => {
    const { peer, connection } = stuck()
    connection.resume()
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER + 1000, wnd: 1000 })
    peer.expectsNothing()
  })

  test('and so does a reset (RFC 9293 §3.10.5, RFC 5961 §3)', () => {
    const { peer, connection } = stuck()
    connection.abort()
    peer.expects({ flags: 'RA', seq: SEQ })
  })

  test('a peer that had taken the octet of the probe meanwhile is told once more, from behind it', () => {
    const { peer, connection } = stuck()
    connection.resume()
    peer.drain()
    peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ + 1, wnd: 0 })
    peer.expects({ flags: 'A', seq: SEQ + 1, ack: PEER + 1000, wnd: 1000 })
    peer.expectsNothing()
  })

  test('an acknowledgment within the window has SND.NXT as ever', () => {
    const { peer, connected } = underTest()
    const connection = connected({}, { wnd: 100 })
    connection.write(stream(100))
    peer.expects({ flags: 'PA', seq: SEQ, length: 100 })
    peer.sends({ flags: 'A', seq: PEER + 1, ack: SEQ, length: 1 })
    peer.expects({ flags: 'A', seq: SEQ + 100, ack: PEER })
  })
})

describe('receiving', () => {
  test('the first segment is acknowledged after 40 ms, the second at once (RFC 9293 §3.8.6.3)', () => {
    const { peer, clock, connected } = underTest()
    const connection = connected()
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, length: 10 })
    clock.advance(39.999)
    peer.expectsNothing()
    clock.advance(0.001)
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER + 10, length: 0 })
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ, length: 1460 })
    peer.expectsNothing()
    peer.sends({ flags: 'A', seq: PEER + 1470, ack: SEQ, length: 1460 })
    peer.expects({ flags: 'A', ack: PEER + 2930 })
    clock.advance(1000)
    peer.expectsNothing()
    assert.equal(connection.bytesIn, 2930)
  })

  test('rfc: less than half a second (RFC 9293 §3.8.6.3, MUST-40)', () => {
    const { peer, clock, connected } = underTest({ profile: 'rfc' })
    connected()
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, length: 10 })
    clock.advance(499)
    peer.expects({ flags: 'A', ack: PEER + 10 })
  })

  test('an answer carries the acknowledgment', () => {
    const { peer, clock, accepted } = underTest()
    const connection = accepted({ data: bytes => void connection.write(bytes) })
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, text: stream(6) })
    peer.expects({ flags: 'PA', seq: SEQ, ack: PEER + 6, text: stream(6) })
    peer.sends({ flags: 'A', seq: PEER + 6, ack: SEQ + 6 })
    clock.advance(1000)
    peer.expectsNothing()
  })

  test('what comes out of order waits, is acknowledged at once, and is delivered in order', () => {
    const { peer, connected } = underTest()
    const app = log()
    connected(app)
    peer.sends({ flags: 'A', seq: PEER + 200, ack: SEQ, text: stream(100, 200) })
    peer.expects({ flags: 'A', ack: PEER })
    peer.sends({ flags: 'A', seq: PEER + 100, ack: SEQ, text: stream(50, 100) })
    peer.expects({ flags: 'A', ack: PEER })
    peer.sends({ flags: 'A', seq: PEER + 120, ack: SEQ, text: stream(100, 120) })
    peer.expects({ flags: 'A', ack: PEER })
    assert.deepEqual(app.received, [])
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(110) })
    peer.expects({ flags: 'A', ack: PEER + 300 })
    assert.deepEqual(app.received, [...stream(300)])
  })

  test('octets that nobody wants to read are taken all the same, those that came out of order too', () => {
    const { peer, connected } = underTest()
    const connection = connected({})
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ, length: 10 })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, length: 10 })
    assert.equal(connection.bytesIn, 20)
    assert.equal(connection.rcvNxt, PEER + 20)
  })

  test('what is partly old is trimmed; what is all old is acknowledged again (RFC 9293 §3.10.7.4, first)', () => {
    const { peer, connected } = underTest()
    const app = log()
    connected(app)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(10) })
    peer.sends({ flags: 'A', seq: PEER + 5, ack: SEQ, text: stream(10, 5) })
    peer.expects({ flags: 'A', ack: PEER + 15 })
    assert.equal(peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(15) }), 'duplicate')
    peer.expects({ flags: 'A', ack: PEER + 15 })
    assert.deepEqual(app.received, [...stream(15)])
  })

  test('what lies beyond the window is refused, what reaches beyond it is trimmed', () => {
    const { peer, connected } = underTest({ receiveBuffer: 1000 })
    const app = log()
    const connection = connected(app)
    connection.pause()
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, length: 10 }), 'out-of-window')
    peer.expects({ flags: 'A', ack: PEER, wnd: 1000 })
    assert.equal(peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(1100) }), undefined)
    assert.equal(connection.rcvNxt, PEER + 1000)
    connection.resume()
    assert.deepEqual(app.received, [...stream(1000)])
  })

  test('gaps without end are not kept', () => {
    const { peer, connected } = underTest()
    const app = log()
    connected(app)
    for (let n = 0; n < 64; n++) {
      assert.equal(peer.sends({ flags: 'A', seq: PEER + 2 + 2 * n, ack: SEQ, length: 1 }), undefined)
    }
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 200, ack: SEQ, length: 1 }), 'reassembly-full')
    assert.equal(peer.sends({ flags: 'A', seq: PEER, ack: SEQ, length: 200 }), undefined)
    assert.equal(app.received.length, 200)
  })

  test('nor do they keep out what comes in order while the reader is slow', () => {
    const { peer, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.pause()
    for (let n = 0; n < 64; n++) peer.sends({ flags: 'A', seq: PEER + 50 + 2 * n, ack: SEQ, length: 1 })
    assert.equal(peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(10) }), undefined)
    connection.resume()
    assert.deepEqual(app.received, [...stream(10)])
  })

  test('a slow reader closes the window; a resume tells the peer (RFC 9293 §3.8.6.2.2)', () => {
    const { peer, connected } = underTest({ receiveBuffer: 4000 })
    const app = log()
    const connection = connected(app)
    connection.pause()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(1000) })
    peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, text: stream(1000, 1000) })
    peer.expects({ flags: 'A', ack: PEER + 2000, wnd: 2000 })
    peer.sends({ flags: 'A', seq: PEER + 2000, ack: SEQ, text: stream(1000, 2000) })
    peer.sends({ flags: 'A', seq: PEER + 3000, ack: SEQ, text: stream(1000, 3000) })
    peer.expects({ flags: 'A', ack: PEER + 4000, wnd: 0 })
    assert.deepEqual(app.received, [])
    connection.resume()
    assert.deepEqual(app.received, [...stream(4000)])
    peer.expects({ flags: 'A', ack: PEER + 4000, wnd: 4000 })
  })

  test('the window does not creep open (RFC 9293 §3.8.6.2.2, MUST-39)', () => {
    const { peer, connected } = underTest({ receiveBuffer: 4000 })
    const connection = connected()
    connection.noDelay = true
    for (let n = 0; n < 5; n++) {
      peer.sends({ flags: 'PA', seq: PEER + 100 * n, ack: SEQ, length: 100 })
      peer.sends({ flags: 'PA', seq: PEER + 100 * n + 50, ack: SEQ, length: 50 })
      peer.drain()
      assert.equal(connection.rcvNxt + connection.rcvWnd, PEER + 4000)
    }
  })

  test('the view given to a reader is only lent: a reader that pauses and resumes loses nothing', () => {
    const { peer, connected } = underTest()
    const app = log({ data: () => connection.pause() })
    const connection = connected(app)
    for (let n = 0; n < 3; n++) peer.sends({ flags: 'A', seq: PEER + 10 * n, ack: SEQ, text: stream(10, 10 * n) })
    assert.deepEqual(app.received, [...stream(10)])
    connection.resume()
    assert.deepEqual(app.received, [...stream(30)])
  })

  test('a reader that resumes while another event runs is served at its end', () => {
    const { peer, connected } = underTest({ sendBuffer: 10 })
    const app = log({ writable: () => connection.resume() })
    const connection = connected(app)
    connection.pause()
    connection.write(stream(20))
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(10) })
    assert.deepEqual(app.received, [])
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ + 10 })
    assert.deepEqual(app.received, [...stream(10)])
  })

  test('urgent data are delivered in their place', () => {
    const { peer, connected } = underTest()
    const app = log()
    connected(app)
    peer.sends({ flags: 'PAU', seq: PEER, ack: SEQ, text: stream(10) })
    assert.deepEqual(app.received, [...stream(10)])
  })
})

describe('window scale (RFC 7323 §2)', () => {
  test('1 MiB is offered with a shift of 5; the window of a SYN is not scaled (§2.2)', () => {
    const { peer, stack } = underTest({ receiveBuffer: 1 << 20 })
    stack.listen({ port: 80 }, () => ({}))
    peer.sends({ flags: 'S', mss: 1460, scale: 7, wnd: 1000 })
    const answer = peer.expects({ flags: 'SA', wnd: 65_535 })
    assert.deepEqual([...answer.options[2].data], [5])
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, wnd: 10 })
    const [connection] = stack.connections
    assert.equal(connection.sndWnd, 1280)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, length: 1000, wnd: 10 })
    peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, length: 1000, wnd: 10 })
    peer.expects({ flags: 'A', ack: PEER + 2000, wnd: 32_768 })
    assert.equal(connection.rcvWnd, 1 << 20)
  })

  test('no option from the peer, none in the answer, and no scaling (§2.2)', () => {
    const { peer, accepted } = underTest({ receiveBuffer: 1 << 20 })
    const connection = accepted({}, { wnd: 1000 })
    assert.equal(connection.sndWnd, 65_535)
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, length: 1000 })
    peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ, length: 1000 })
    peer.expects({ flags: 'A', wnd: 65_535 })
    assert.equal(connection.rcvWnd, 65_535)
  })

  test('a shift above 14 is used as 14 (§2.3)', () => {
    const { connected } = underTest()
    const connection = connected({}, { scale: 15 })
    assert.equal(connection.sndWnd, 65_535)
    const again = underTest()
    const other = again.connected({}, { scale: 255 })
    again.peer.sends({ flags: 'A', seq: PEER, ack: SEQ, wnd: 1 })
    assert.equal(other.sndWnd, 1 << 14)
  })

  test('the right edge never moves back while there is room, however odd the lengths (§2.4)', () => {
    const { peer, connected } = underTest({ receiveBuffer: 1 << 20 })
    const connection = connected({}, { scale: 0 })
    let edge = 0
    let at = 0
    for (const length of [1, 7, 31, 33, 1001, 1459, 3, 5, 64, 65]) {
      peer.sends({ flags: 'A', seq: PEER + at, ack: SEQ, length })
      at += length
      for (const { segment } of peer.drain()) {
        const now = segment.acknowledgment + segment.window * 32
        assert.ok(now >= edge, `${now} < ${edge}`)
        edge = now
      }
    }
    assert.ok(edge > 0)
    assert.equal(connection.bytesIn, at)
  })
})

describe('at the edge of the window', () => {
  test('an empty segment is taken: there stand the acknowledgments of a peer that has filled the window', () => {
    const { peer, connected } = underTest({ receiveBuffer: 1000 })
    const connection = connected()
    connection.write(stream(5))
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 1000, ack: SEQ + 5 }), undefined)
    assert.equal(connection.sndUna, SEQ + 5)
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 1001, ack: SEQ + 5 }), 'out-of-window')
  })
})

describe('suspect segments (RFC 5961)', () => {
  test('RST: exact resets, inside the window is challenged, outside is ignored (§3.2)', () => {
    const { peer, connected, connections } = underTest()
    const app = log()
    connected(app)
    assert.equal(peer.sends({ flags: 'R', seq: PEER + 1 }), 'bad-reset')
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER })
    assert.equal(peer.sends({ flags: 'R', seq: PEER - 1 }), 'out-of-window')
    assert.equal(peer.sends({ flags: 'R', seq: PEER + 70_000 }), 'out-of-window')
    peer.expectsNothing()
    assert.equal(peer.sends({ flags: 'R', seq: PEER }), undefined)
    assert.deepEqual(app.events, ['opened', 'closed reset'])
    assert.deepEqual(connections(), [])
  })

  test('SYN: challenged, wherever it stands (§4.2)', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    assert.equal(peer.sends({ flags: 'S', seq: PEER + 10 }), 'bad-syn')
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER })
    assert.equal(peer.sends({ flags: 'S', seq: PEER - 1000 }), 'duplicate')
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER })
    assert.equal(connection.state, 'established')
  })

  test('no more than ten challenges in five seconds (§7)', () => {
    const { peer, clock, connected } = underTest()
    connected()
    for (let n = 0; n < 15; n++) peer.sends({ flags: 'R', seq: PEER + 1 })
    assert.equal(peer.drain().length, 10)
    clock.advance(5000)
    peer.sends({ flags: 'R', seq: PEER + 1 })
    peer.expects({ flags: 'A' })
  })

  test('without ACK: dropped (RFC 9293 §3.10.7.4, fifth)', () => {
    const { peer, connected } = underTest()
    connected()
    assert.equal(peer.sends({ flags: 'P', seq: PEER, length: 5 }), 'no-ack')
    peer.expectsNothing()
  })
})

test('the list of states is that of RFC 9293 §3.3.2', () => {
  assert.equal(STATES.length, 11)
})
