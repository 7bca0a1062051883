/** Rules that no other test had noticed when they were broken (docs/decisions/012). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { ISS, stream, underTest } from './harness.ts'
import { type Script, scripted } from './script.ts'

const MSS = 1000

/** Connected over a round trip of that length. */
function far(s: Script, rtt: number, syn: Parameters<Script['connected']>[0] = {}): void {
  s.app.connects()
  s.peer.takes()
  s.clock.advance(rtt)
  s.peer.sends('S.', { mss: MSS, ...syn })
  s.peer.takes()
}

describe('opening', () => {
  test(
    'a simultaneous open measures the round trip of our SYN (RFC 6298 §3)',
    scripted({}, s => {
      s.app.connects()
      s.peer.expects('S')
      s.clock.advance(ms(50))
      s.peer.sends('S', { mss: 1460 })
      s.peer.expects('S.')
      s.clock.advance(ms(50))
      s.peer.sends('S.', { seq: 0, ack: 1, mss: 1460 })
      assert.equal(s.app.connection.srtt, ms(100))
    }),
  )

  test(
    'a SYN inside the window of a simultaneous open is challenged (RFC 5961 §4)',
    scripted({}, s => {
      s.app.connects()
      s.peer.expects('S')
      s.peer.sends('S', { mss: 1460 })
      s.peer.expects('S.')
      assert.equal(s.peer.sends('S.', { seq: 5, ack: 1 }), 'bad-syn')
      s.peer.expects('.', { ack: 1 })
      s.app.is('syn-received')
    }),
  )

  test(
    'a SYN that is sent again is a retransmission',
    scripted({}, s => {
      const connection = s.app.connects()
      assert.equal(connection.info().retransmits, 0)
      s.clock.advance(sec(1))
      assert.equal(connection.info().retransmits, 1)
    }),
  )

  test(
    'its timestamp is of our clock, which begins nobody knows where (RFC 7323 §5.4, §3.2)',
    scripted({ ownNumbers: 7 }, s => {
      s.clock.advance(ms(250))
      s.app.connects()
      const [first] = s.peer.takes()
      assert.ok(first.ts && first.ts[0] !== 0 && first.ts[0] !== 250)
      s.clock.advance(sec(1))
      const [again] = s.peer.takes()
      assert.equal(again.ts && (again.ts[0] - first.ts[0]) >>> 0, 1000)
    }),
  )

  test(
    'keep-alive waits until the connection is open (RFC 1122 §4.2.3.6)',
    scripted({ keepAlive: { idle: ms(100), interval: ms(100), probes: 2 } }, s => {
      s.app.listens()
      s.peer.sends('S', { mss: 1460 })
      s.peer.expects('S.')
      s.app.connection.keepAlive = true
      s.peer.expectsNothingFor(ms(900))
      s.app.is('syn-received')
    }),
  )
})

describe('the end', () => {
  test(
    'who has left, and closes at the same time as the peer, waits in TIME-WAIT as long as others (RFC 9293 §3.6)',
    scripted({ finWait2: sec(5) }, s => {
      s.connected()
      s.app.shuts()
      s.peer.expects('F.', { seq: 1 })
      s.peer.sends('F.', { ack: 1 })
      s.peer.sends('.', { ack: 2 })
      s.app.is('time-wait')
      s.clock.advance(sec(30))
      s.app.is('time-wait')
      assert.equal(s.app.info.waiting, 'time-wait')
    }),
  )

  test(
    'FIN waits for text that the window does not take, which waits for a better one (RFC 9293 §3.8.6.2.1)',
    scripted({}, s => {
      s.connected()
      s.peer.sends('.', { wnd: 500 })
      s.app.writes(800)
      s.app.closes()
      s.peer.expectsNothing()
      s.peer.sends('.', { wnd: 801 })
      s.peer.expects('FP.', { seq: 1, length: 800 })
    }),
  )

  test(
    'FIN takes a place in the window: text that fills it goes without (RFC 9293 §3.4)',
    scripted({}, s => {
      s.connected()
      s.peer.sends('.', { wnd: 500 })
      s.app.writes(500)
      s.app.closes()
      s.peer.expects('P.', { seq: 1, length: 500 })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 501, wnd: 1 })
      s.peer.expects('F.', { seq: 501, length: 0 })
    }),
  )

  test(
    'FIN alone asks a closed window (RFC 9293 §3.8.6.1)',
    scripted({}, s => {
      s.connected()
      s.peer.sends('.', { wnd: 0 })
      s.app.closes()
      s.peer.expectsNothing()
      s.clock.advance(sec(3))
      s.peer.expects('F.', { seq: 1, length: 0 })
    }),
  )
})

describe('sending', () => {
  test('a writer that does not want to be called is not called; one that does, once', () => {
    const silent = underTest({ sendBuffer: 4000 })
    const connection = silent.connected({}, { mss: MSS })
    connection.write(stream(9000))
    silent.peer.sends({ flags: 'A', seq: 5001, ack: ISS + 1 + 4000 })
    assert.equal(connection.queued, 0)

    let calls = 0
    const told = underTest({ sendBuffer: 4000 })
    const other = told.connected({ writable: () => void calls++ }, { mss: MSS })
    other.write(stream(9000))
    for (const ack of [1000, 2000, 3000, 4000]) told.peer.sends({ flags: 'A', seq: 5001, ack: ISS + 1 + ack })
    assert.equal(calls, 1)
  })

  test(
    'a pause shorter than the timeout leaves the window as it is (RFC 5681 §4.1)',
    scripted({ initialWindow: 4, sendBuffer: 100_000 }, s => {
      far(s, ms(100), { wnd: 65_535 })
      s.clock.advance(sec(60))
      s.app.writes(4 * MSS)
      s.peer.takes()
      s.clock.advance(ms(100))
      s.peer.sends('.')
      const { cwnd } = s.app.info
      assert.ok(cwnd > 4 * MSS)
      s.clock.advance(ms(100))
      s.app.writes(MSS)
      assert.equal(s.app.info.cwnd, cwnd)
    }),
  )

  test(
    'a window probe is no retransmission, and no measure of the round trip (RFC 9293 §3.8.6.1, RFC 6298 §3)',
    scripted({ timestamps: false }, s => {
      far(s, ms(100), { wnd: 0 })
      s.app.writes(10)
      const { srtt, rto } = s.app.connection
      s.clock.advance(rto)
      s.clock.advance(rto)
      s.peer.expects('.', { seq: 1, length: 1 })
      assert.equal(s.app.info.retransmits, 0)
      s.clock.advance(ms(10))
      s.peer.sends('.', { ack: 2, wnd: 0 })
      assert.equal(s.app.connection.srtt, srtt)
    }),
  )

  test(
    'the patience of the user begins anew with each segment (RFC 9293 §3.10.8)',
    scripted({ userTimeout: sec(5), timestamps: false }, s => {
      far(s, ms(100))
      s.app.writes(100)
      s.peer.takes()
      s.peer.sends('.')
      s.clock.advance(sec(100))
      s.app.writes(100)
      s.clock.advance(sec(5) - 1)
      s.app.is('established')
      s.clock.advance(1)
      s.app.is('closed')
    }),
  )

  test(
    'new text as a loss probe is timed like any other (RFC 6298 §3, RFC 8985 §7.3)',
    scripted({ tailLossProbe: true, timestamps: false, initialWindow: 2 }, s => {
      far(s, ms(100), { sackOk: true })
      s.app.writes(3 * MSS)
      s.peer.takes()
      const { srtt = 0 } = s.app.connection
      s.clock.advance(2 * srtt + ms(8))
      assert.deepEqual(
        s.peer.takes().map(({ seq }) => seq),
        [1 + 2 * MSS],
      )
      s.peer.sends('.')
      assert.notEqual(s.app.connection.srtt, srtt)
    }),
  )

  test(
    'a probe is waited for from the last new text on (RFC 8985 §7.2)',
    scripted({ tailLossProbe: true, timestamps: false }, s => {
      far(s, ms(200), { sackOk: true })
      s.app.writes(2 * MSS)
      s.clock.advance(ms(100))
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.peer.expectsAfter(ms(408), 'P.', { seq: 1 + 3 * MSS, length: MSS })
    }),
  )

  test(
    'but the timeout is not: it stays where the first segment has set it (RFC 6298 §5.1, RFC 8985 §7.2)',
    scripted({ tailLossProbe: true, timestamps: false }, s => {
      far(s, ms(200), { sackOk: true })
      s.app.writes(2 * MSS) // the timeout: 600 ms, the probe: 408 ms
      s.clock.advance(ms(300))
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.peer.expectsAfter(ms(300), '.', { seq: 1, length: MSS })
      assert.equal(s.app.info.timeouts, 1)
    }),
  )

  test(
    'before there is a round trip a probe is sent after a second (RFC 8985 §7.2)',
    scripted({ tailLossProbe: true, timestamps: false }, s => {
      s.app.connects()
      s.clock.advance(sec(1))
      s.peer.takes()
      s.peer.sends('S.', { mss: MSS, sackOk: true })
      s.peer.takes()
      assert.equal(s.app.connection.srtt, undefined)
      s.app.writes(MSS)
      s.peer.takes()
      s.peer.expectsAfter(sec(1), 'P.', { seq: 1, length: MSS })
    }),
  )

  test(
    'a window that was taken back is not regarded by the first retransmission, but by the next (RFC 7323 §2.4)',
    scripted({ timestamps: false }, s => {
      far(s, ms(100), { wnd: 5000 })
      s.app.writes(3 * MSS)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, wnd: 300 })
      s.peer.expectsNothing()
      const { rto } = s.app.connection
      s.clock.advance(rto)
      s.peer.expects('.', { seq: 1, length: MSS })
      s.peer.expectsNothing()
      s.clock.advance(2 * rto)
      s.peer.expects('.', { seq: 1, length: 300 })
    }),
  )
})

describe('receiving', () => {
  test(
    'text of which a part is old is acknowledged with the next (RFC 9293 §3.8.6.3)',
    scripted({ sack: false, timestamps: false }, s => {
      s.connected()
      s.peer.sends('.', { length: 100 })
      s.clock.advance(ms(40))
      s.peer.expects('.', { ack: 101 })
      s.peer.sends('.', { seq: 51, length: 100 })
      s.peer.expectsNothing()
      s.clock.advance(ms(40))
      s.peer.expects('.', { ack: 151 })
      s.app.reads(150)
    }),
  )
})

describe('what is told of a connection', () => {
  test(
    'timestamps, and an acknowledgment that waits',
    scripted({}, s => {
      s.peer.timestamps = true
      s.connected()
      assert.deepEqual([s.app.info.timestamps, s.app.info.ackDelayed], [true, false])
      s.peer.sends('.', { length: 100 })
      assert.equal(s.app.info.ackDelayed, true)
      assert.equal(s.app.info.ackDue, s.clock.now + ms(40))
      s.clock.advance(ms(40))
      assert.equal(s.app.info.ackDelayed, false)
    }),
  )

  test(
    'that there are none',
    scripted({ timestamps: false }, s => {
      s.connected()
      assert.equal(s.app.info.timestamps, false)
    }),
  )
})
