/** Rules of RACK-TLP (RFC 8985) that no other test had noticed when they were broken (docs/decisions/012). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CongestionFactory } from 'tcp-userspace'
import { Rack } from 'tcp-userspace/parts'
import { ms } from '../../src/base/time.ts'
import { acks, at, BIG, block, MSS, open, RTT, sendsEach, sent } from './numbered.ts'
import { type Script, type ScriptOptions, scripted } from './script.ts'

describe('what is known of each segment (RFC 8985 §6.2)', () => {
  test('a retransmission that takes new text along is none of the first segment', () => {
    const rack = new Rack(0, RTT, 0)
    for (let n = 0; n < 3; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sent(3 * MSS, 3 * MSS + 400, 0)
    rack.sent(3 * MSS, 4 * MSS, ms(50))
    rack.sacked(3 * MSS, 3 * MSS + 400, ms(150))
    rack.detect(true, RTT, ms(150))
    assert.equal(rack.lostBelow, 3 * MSS)
  })

  test('a round trip shorter than the tick of the timestamps: what is SACKed has none that could speak against it (step 2)', () => {
    const rack = new Rack(0, 100_000, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(2 * MSS, 4 * MSS, 100_000)
    rack.detect(true, RTT, 100_000)
    rack.sent(0, MSS, 100_000)
    rack.sent(MSS, 2 * MSS, 100_000)
    rack.sacked(MSS, 2 * MSS, 200_000)
    rack.detect(true, RTT, 200_000)
    assert.deepEqual(rack.lostAgain, [{ seq: 0, end: MSS }])
  })

  test('what one connection has sent again is no business of another', () => {
    const racks = [new Rack(0, 100_000, 0), new Rack(0, 100_000, 0)]
    for (const rack of racks) {
      for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
      rack.sacked(2 * MSS, 4 * MSS, 100_000)
      rack.detect(true, RTT, 100_000)
      rack.sent(0, MSS, 100_000)
      rack.sent(MSS, 2 * MSS, 100_000)
    }
    for (const rack of racks) {
      rack.sacked(MSS, 2 * MSS, 200_000)
      rack.detect(true, RTT, 200_000)
      assert.deepEqual(rack.lostAgain, [{ seq: 0, end: MSS }])
    }
  })

  test('RACK.fack stays where it is when the blocks go on with what lies below it (step 3)', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(3 * MSS, 4 * MSS, RTT)
    rack.sacked(MSS, 2 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    assert.equal(rack.reorderingSeen, false)
    rack.sacked(2 * MSS, 3 * MSS, RTT)
    assert.equal(rack.reorderingSeen, true)
  })

  for (const probed of [0, 2])
    test(`a segment that was sent again on a guess, and whose turn has not come, is lost once: number ${probed}`, () => {
      const rack = new Rack(0, undefined, 0)
      for (let n = 0; n <= probed; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
      rack.sent(probed * MSS, (probed + 1) * MSS, ms(300))
      rack.sent((probed + 1) * MSS, (probed + 2) * MSS, ms(310))
      rack.sacked((probed + 1) * MSS, (probed + 2) * MSS, ms(410))
      rack.detect(true, RTT, ms(410))
      assert.equal(rack.lostBelow, (probed + 1) * MSS)
      assert.deepEqual(rack.lostAgain, [])
    })
})

describe('the minimum round trip (RFC 8985 §6.2, step 1)', () => {
  const minute = 60_000_000_000
  /** A segment that has taken so long arrives. */
  function sample(rack: Rack, seq: number, now: number, rtt: number): void {
    rack.sent(seq, seq + MSS, now - rtt)
    rack.acknowledged(seq + MSS, -1, now)
    rack.detect(false, RTT, now)
  }

  test('nothing has arrived: an old round trip does not begin a new part of the window', () => {
    const rack = new Rack(0, undefined, 0)
    sample(rack, 0, minute, ms(10))
    rack.detect(false, RTT, 7 * minute)
    sample(rack, MSS, 8 * minute, ms(40))
    sample(rack, 2 * MSS, 14 * minute, ms(50))
    assert.equal(rack.minRtt, ms(40))
  })

  test('nor does a retransmission', () => {
    const rack = new Rack(0, RTT, 0)
    rack.sent(0, MSS, 6 * minute - 2 * RTT)
    rack.sent(0, MSS, 6 * minute - RTT)
    rack.acknowledged(MSS, -1, 6 * minute)
    rack.detect(false, RTT, 6 * minute)
    sample(rack, MSS, 10.5 * minute, ms(200))
    sample(rack, 2 * MSS, 16 * minute, ms(300))
    assert.equal(rack.minRtt, ms(200))
  })
})

describe('the timers (RFC 8985 §8)', () => {
  test(
    'a closed window is asked, and nothing is found lost by time (RFC 9293 §3.8.6.1)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 5)
      s.peer.sends('.', { ack: 1, wnd: 0 })
      s.clock.advance(ms(97))
      s.peer.sends('.', { ack: 1, wnd: 0, sack: [block(1, 3)] })
      s.peer.expectsNothing()
      assert.deepEqual([s.app.info.fastRecoveries, s.app.info.recovery], [0, 'open'])
    }),
  )

  test(
    'nor is it asked sooner because something may have been overtaken',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      s.peer.sends('.', { ack: 1, wnd: 0, sack: [block(1)] })
      assert.equal(s.app.info.waiting, 'persist')
      assert.equal(s.app.info.due, s.clock.now + s.app.connection.rto)
    }),
  )

  test(
    'a copy of a later segment leaves the timeout where that of the first has set it (RFC 6675 §6)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 8)
      s.clock.advance(ms(97))
      acks(s, 0, block(1, 3))
      assert.deepEqual(sent(s), [0])
      const { due } = s.app.info
      s.clock.advance(ms(2))
      acks(s, 0, block(1, 3), block(5))
      assert.deepEqual(sent(s), [4])
      assert.equal(s.app.info.due, due)
    }),
  )

  test(
    'so does the reordering timer',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.clock.advance(ms(16))
      acks(s, 2)
      sendsEach(s, 10)
      s.clock.advance(ms(92))
      acks(s, 2, block(3, 4))
      s.clock.advance(ms(30))
      assert.deepEqual(sent(s), [2])
      const timeoutAt = s.app.info.due
      acks(s, 2, block(3, 4), block(6, 11))
      const { due = 0 } = s.app.info
      assert.ok(due < s.clock.now + ms(50))
      s.peer.expectsNothing()
      s.clock.advance(due - s.clock.now)
      assert.deepEqual(sent(s), [5])
      assert.equal(s.app.info.due, timeoutAt)
    }),
  )
})

describe('a recovery', () => {
  test(
    'by time: three that tell of later segments begin none where segments overtake each other (§6.2, step 4)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.clock.advance(ms(16))
      acks(s, 2)
      sendsEach(s, 8)
      s.clock.advance(ms(92))
      for (let n = 3; n < 8; n++) acks(s, 2, block(3, n))
      s.peer.expectsNothing()
      assert.equal(s.app.info.recovery, 'open')
    }),
  )

  test(
    'by counting: none begins while that of a timeout lasts (RFC 6675 §5)',
    scripted({ ...BIG, rack: false }, s => {
      open(s)
      sendsEach(s, 10)
      s.clock.advance(s.app.connection.rto)
      assert.equal(sent(s)[0], 0)
      for (let n = 2; n < 7; n++) acks(s, 0, block(2, n))
      assert.deepEqual([s.app.info.recovery, s.app.info.fastRecoveries], ['timeout', 0])
    }),
  )

  test(
    'begins anew with what lies behind the last, though nothing is SACKed any more (§6.2, step 5)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 10)
      s.app.writes(20 * MSS)
      s.clock.advance(ms(94))
      acks(s, 0, block(1, 5))
      for (let n = 6; n < 10; n++) acks(s, 0, block(1, n))
      assert.deepEqual(sent(s), [0, 10, 11, 12, 13])
      s.clock.advance(RTT)
      acks(s, 0, block(1, 10))
      assert.deepEqual(sent(s), [0])
      s.clock.advance(RTT)
      acks(s, 11)
      assert.equal(sent(s)[0], 11)
      const { recovery, fastRecoveries, timeouts } = s.app.info
      assert.deepEqual([recovery, fastRecoveries, timeouts], ['fast', 2, 0])
    }),
  )

  test(
    'is a new sign of congestion for copies that are lost, but once for each window (RFC 5681 §4.3)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 20)
      s.app.writes(40 * MSS)
      s.clock.advance(ms(90))
      acks(s, 0, block(1, 4), block(6, 8), block(10, 14))
      assert.deepEqual(sent(s), [0, 5, 9, 20, 21])
      const { ssthresh } = s.app.info
      s.clock.advance(RTT)
      acks(s, 0, block(1, 8), block(10, 14)) // the second copy, sent after the first
      assert.equal(sent(s)[0], 0)
      const reduced = s.app.info.ssthresh
      assert.ok(reduced < ssthresh, `${reduced}`)
      acks(s, 0, block(1, 8), block(10, 14), block(20))
      assert.equal(sent(s)[0], 9)
      assert.equal(s.app.info.ssthresh, reduced)
    }),
  )

  test(
    'counts what is SACKed once, and not again when it is acknowledged (RFC 6937 §3.1, DeliveredData)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      s.app.writes(20 * MSS)
      s.peer.takes()
      s.clock.advance(RTT)
      s.app.writes(20 * MSS)
      acks(s, 0, block(1, 3), block(17, 19))
      assert.deepEqual(sent(s), [0, 4, 5, 6, 7, 8, 9])
      s.clock.advance(RTT)
      acks(s, 4, block(17, 19)) // one has arrived: it, and one more, may be sent
      assert.deepEqual(sent(s), [10, 11])
    }),
  )

  test(
    'in which the window is taken back sends of a lost copy what it takes, and the rest when it opens (RFC 9293 §3.8.6)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 10)
      s.app.writes(20 * MSS)
      s.clock.advance(ms(94))
      acks(s, 0, block(1, 9))
      assert.equal(sent(s)[0], 0)
      s.clock.advance(RTT)
      s.peer.sends('.', { ack: 1, wnd: 2, sack: [block(1, 10)] }) // 512 octets
      s.peer.expects('.', { seq: 1, length: 512 })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 1, sack: [block(1, 10)] })
      s.peer.expects('.', { seq: 513, length: 488 })
      s.peer.expectsNothing()
    }),
  )

  test(
    'sends no copy of what has arrived before the window opened (RFC 9293 §3.8.6)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 20)
      s.app.writes(20 * MSS)
      s.clock.advance(ms(90))
      acks(s, 0, block(1, 4), block(6, 8), block(10, 14))
      assert.deepEqual(sent(s), [0, 5, 9, 20, 21])
      s.clock.advance(RTT)
      s.peer.sends('.', { ack: 1, wnd: 1, sack: [block(1, 4), block(6, 8), block(10, 20)] })
      s.peer.expects('.', { seq: 1, length: 256 })
      s.peer.expectsNothing()
      acks(s, 5, block(6, 20)) // 0 and 9 have arrived, late
      assert.deepEqual(sent(s), [5, 22, 23])
    }),
  )

  test(
    'in which FIN is lost twice sends it twice (RFC 9293 §3.4)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      s.peer.sends('.', { wnd: 75 }) // 19 200 octets
      sendsEach(s, 19)
      s.app.writes(MSS)
      s.app.closes()
      s.peer.sends('.', { ack: 1 })
      s.peer.expects('FP.', { seq: at(19), length: MSS })
      s.clock.advance(ms(91))
      acks(s, 0, block(1, 4), block(6, 9), block(11, 18))
      assert.deepEqual(sent(s), [0, 5, 10])
      s.clock.advance(RTT)
      acks(s, 0, block(1, 9), block(11, 18)) // so 0 is lost again, and 19
      assert.deepEqual(sent(s), [0, 19])
      s.clock.advance(RTT)
      acks(s, 10, block(11, 18)) // so 10 is lost again
      assert.deepEqual(sent(s), [10])
      s.clock.advance(RTT)
      acks(s, 19) // so 19 is lost again
      s.peer.expects('FP.', { seq: at(19), length: MSS })
      s.peer.expectsNothing()
    }),
  )
})

describe('fast recovery that may have been needless (RFC 3522)', () => {
  /** Ten segments, of which the first is sent again; tells the timestamps of all. */
  function overtaken(s: Script, ...sack: (readonly [number, number])[]): number[] {
    s.peer.timestamps = true
    open(s)
    const stamps: number[] = []
    for (let n = 0; n < 10; n++) {
      s.app.writes(MSS)
      s.clock.advance(ms(1))
      stamps.push(s.peer.takes()[0].ts?.[0] ?? 0)
    }
    s.clock.advance(ms(93))
    const { mss } = s.app.connection
    s.peer.echo = stamps[0]
    s.peer.sends('.', { ack: 1, sack: sack.map(([from, to]) => [1 + from * mss, 1 + to * mss]) })
    assert.equal(s.app.info.recovery, 'fast')
    return stamps
  }

  for (const rack of [true, false])
    test(
      `is undone by the echo of the first copy, with losses found by ${rack ? 'time' : 'counting'}`,
      scripted({ ...BIG, rack }, s => {
        const stamps = overtaken(s, [1, 4])
        s.peer.takes()
        s.clock.advance(ms(10))
        s.peer.echo = stamps[0]
        s.peer.sends('.', { ack: 1 + 4 * s.app.connection.mss })
        assert.equal(s.app.info.recovery, 'open')
      }),
    )

  test(
    'is not by a later one than that of the segment which began it',
    scripted(BIG, s => {
      const stamps = overtaken(s, [1, 4], [5, 8])
      const { mss } = s.app.connection
      const [copy] = s.peer.takes()
      assert.ok(copy.ts)
      s.clock.advance(RTT)
      s.peer.echo = copy.ts[0]
      s.peer.sends('.', { ack: 1 + 4 * mss, sack: [[1 + 5 * mss, 1 + 8 * mss]] })
      assert.equal(s.app.info.recovery, 'fast')
      s.peer.takes()
      s.peer.echo = stamps[4]
      s.peer.sends('.', { ack: 1 + 8 * mss })
      assert.equal(s.app.info.recovery, 'fast')
      assert.ok(s.app.info.cwnd < 10 * mss)
    }),
  )

  test(
    'is not after a timeout: one that was needless stays as it is',
    scripted(BIG, s => {
      const stamps = overtaken(s, [1, 4])
      s.clock.advance(s.app.connection.rto)
      assert.equal(s.app.info.recovery, 'timeout')
      const { mss } = s.app.connection
      s.peer.takes()
      s.peer.echo = stamps[0]
      s.peer.sends('.', { ack: 1 + 4 * mss })
      assert.equal(s.app.info.recovery, 'timeout')
      assert.ok(s.app.info.cwnd < 5 * mss, `${s.app.info.cwnd}`)
    }),
  )
})

describe('the loss probe (RFC 8985 §7)', () => {
  const PROBES: ScriptOptions = { tailLossProbe: true, timestamps: false, sendBuffer: 100_000 }

  test(
    'text of the peer does not put it off: only new text of ours does (§7.2)',
    scripted(PROBES, s => {
      open(s, { rtt: ms(200) })
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.clock.advance(ms(100))
      s.peer.sends('.', { ack: 1, length: 100 })
      s.clock.advance(ms(40))
      s.peer.expects('.', { ack: 101, length: 0 })
      s.peer.expectsAfter(ms(408 - 140), 'P.', { seq: at(1), length: MSS })
    }),
  )

  test(
    'it is due by what is in flight after new text has followed an acknowledgment (§7.2)',
    scripted({ ...PROBES, initialWindow: 2 }, s => {
      open(s, { rtt: ms(200) })
      s.app.writes(5 * MSS)
      s.peer.takes()
      s.clock.advance(ms(200))
      acks(s, 1) // one is in flight; two follow
      assert.deepEqual(sent(s), [2, 3])
      assert.equal(s.app.info.due, s.clock.now + ms(408))
    }),
  )

  test(
    'it is waited for though a single segment would have been sooner sent again by the timeout (§7.2)',
    scripted(PROBES, s => {
      open(s)
      s.app.writes(MSS)
      assert.equal(s.app.info.due, s.clock.now + ms(300)) // the timeout; a probe: 400 ms
      s.clock.advance(ms(1))
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.peer.expectsAfter(ms(208), 'P.', { seq: at(2), length: MSS })
      assert.equal(s.app.info.timeouts, 0)
    }),
  )

  test(
    'there is none of a closed window, which is asked after a timeout (RFC 9293 §3.8.6.1)',
    scripted(PROBES, s => {
      open(s, { rtt: ms(500) })
      s.peer.sends('.', { ack: 1, wnd: 0 })
      s.app.writes(10)
      assert.equal(s.app.connection.rto, ms(1500))
      s.peer.expectsAfter(ms(1500), '.', { seq: 1, length: 1 })
    }),
  )

  test(
    'nor without SACK, which its answer needs (§7)',
    scripted({ ...PROBES, sack: false }, s => {
      open(s, { rtt: ms(200) })
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.peer.expectsAfter(ms(600), '.', { seq: at(0), length: MSS })
      assert.equal(s.app.info.timeouts, 1)
    }),
  )

  test(
    'nor while a recovery lasts (§7.2)',
    scripted(PROBES, s => {
      open(s, { rtt: ms(200) })
      s.app.writes(4 * MSS)
      s.clock.advance(ms(2000))
      assert.equal(s.app.info.recovery, 'timeout')
      s.peer.takes()
      acks(s, 1)
      assert.deepEqual(sent(s), [1, 2])
      acks(s, 2)
      assert.deepEqual(sent(s), [3])
      assert.equal(s.app.info.due, s.clock.now + s.app.connection.rto)
    }),
  )
})

describe('a timeout', () => {
  test(
    'waits for what may have been overtaken as long as the smoothed round trip says (RFC 8985 §6.3)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.clock.advance(ms(16)) // by 17 ms: after 117 ms
      acks(s, 2)
      s.app.writes(MSS)
      const { rto } = s.app.connection
      s.clock.advance(rto - ms(139))
      s.app.writes(MSS)
      s.peer.takes()
      s.clock.advance(ms(139))
      assert.deepEqual(sent(s), [2])
      s.clock.advance(ms(50))
      acks(s, 3)
      assert.deepEqual(sent(s), [])
    }),
  )

  test('what follows it grows the window up to ssthresh, and not beyond at once (RFC 5681 §3.1)', () => {
    const told: number[] = []
    const congestion: CongestionFactory = ({ mss }) => ({
      cwnd: 3 * mss,
      ssthresh: 5 * mss,
      onAck: acked => void told.push(acked),
      onLoss: () => {},
      onTimeout: () => {},
      onIdle: () => {},
    })
    scripted({ ...BIG, congestion }, s => {
      open(s)
      s.app.writes(3 * MSS)
      s.peer.takes()
      s.clock.advance(RTT)
      acks(s, 3)
    })()
    assert.deepEqual(told, [2 * MSS])
  })
})

describe('unless the user says how losses are found', () => {
  /** One is SACKed that was sent at the same time as the one before it; what is sent again a while after that. */
  function soon(s: Script): number[] {
    open(s)
    s.app.writes(4 * MSS)
    s.clock.advance(RTT)
    s.peer.takes()
    acks(s, 0, block(1))
    s.clock.advance(ms(60))
    return sent(s)
  }
  const found = (options: ScriptOptions, again: number[]) =>
    scripted({ byProfile: true, ...options }, s => assert.deepEqual(soon(s), again))

  test('it is by time (RFC 8985 §6)', found({}, [0]))
  test('with the profile rfc, by counting (RFC 6675)', found({ profile: 'rfc' }, []))
  test('either, with either profile: by time (RFC 8985 §6)', found({ profile: 'rfc', rack: true }, [0]))
  test('either, with either profile: by counting (RFC 6675)', found({ rack: false }, []))

  test(
    'a probe goes before the timeout (RFC 8985 §7.3)',
    scripted({ byProfile: true }, s => {
      open(s)
      s.app.writes(2 * MSS)
      s.peer.takes()
      s.peer.expectsAfter(ms(208), 'P.', { seq: at(1), length: MSS })
    }),
  )
})
