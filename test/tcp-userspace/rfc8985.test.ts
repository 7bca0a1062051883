/** Losses found by time: RACK-TLP (RFC 8985). The loss probe itself is in sack.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { precedes, Rack, Transmissions } from 'tcp-userspace/parts'
import { ms } from '../../src/base/time.ts'
import { acks, at, BIG, block, MSS, open, RTT, sendsEach, sent } from './numbered.ts'
import { type Script, scripted } from './script.ts'

describe('what has been overtaken is lost after a while (RFC 8985 §6.2)', () => {
  test(
    'one segment is SACKed that was sent later: a quarter of the minimum round trip is waited for (steps 4 and 5)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99)) // 100 ms after the second
      acks(s, 0, block(1))
      s.peer.expectsAfter(ms(25), '.', { seq: at(0), length: MSS })
      const { recovery, fastRecoveries, timeouts, ssthresh } = s.app.info
      assert.deepEqual([recovery, fastRecoveries, timeouts, ssthresh], ['fast', 1, 0, 2 * MSS])
    }),
  )

  test(
    'it arrives while the timer runs: nothing is sent again',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.clock.advance(ms(24))
      acks(s, 2)
      s.peer.expectsNothingFor(ms(1000))
      assert.equal(s.app.info.fastRecoveries, 0)
    }),
  )

  test(
    'three are SACKed, and nothing was ever overtaken: it is lost at once (step 4, DupThresh)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 5)
      s.clock.advance(ms(97))
      acks(s, 0, block(1, 2))
      s.peer.expectsNothing()
      s.clock.advance(ms(1))
      acks(s, 0, block(1, 3))
      assert.deepEqual(sent(s), [0])
    }),
  )

  test(
    'in a recovery one is enough, as nothing was ever overtaken (step 4)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 8)
      s.clock.advance(ms(97))
      acks(s, 0, block(1, 3))
      assert.deepEqual(sent(s), [0])
      s.clock.advance(ms(2))
      acks(s, 0, block(1, 3), block(5))
      assert.deepEqual(sent(s), [4])
    }),
  )

  test(
    'the segment behind all that has arrived is lost when copies have arrived that were sent after it, and no sooner (step 5)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 6)
      s.clock.advance(ms(97))
      acks(s, 0, block(2, 4))
      assert.deepEqual(sent(s), [0, 1])
      s.clock.advance(ms(100))
      acks(s, 5)
      assert.deepEqual(sent(s), [5])
      assert.equal(s.app.info.timeouts, 0)
    }),
  )

  test(
    'what was overtaken once without being lost is waited for as long the next time, however many are SACKed (steps 3 and 4)',
    scripted({ ...BIG, initialWindow: 20 }, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.clock.advance(ms(16)) // 0 came 17 ms later than 1 would have
      acks(s, 2)
      sendsEach(s, 8)
      s.clock.advance(ms(99))
      acks(s, 2, block(3, 9))
      // From the smoothed round trip, which has grown: 102 ms, a quarter of the minimum on top.
      const { srtt } = s.app.connection
      assert.ok(srtt !== undefined && srtt > RTT)
      s.peer.expectsAfter(srtt + ms(25) - ms(100), '.', { seq: at(2), length: MSS })
    }),
  )

  test(
    'the window closes while the timer runs, and opens when its time is over: the segment is lost then (step 5)',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      s.peer.sends('.', { ack: at(0), sack: [block(1)], wnd: 0 })
      s.clock.advance(ms(30))
      s.peer.sends('P.', { length: 1, ack: at(0), wnd: 65_535 })
      assert.deepEqual(sent(s), [0])
    }),
  )

  test(
    'the reordering timer takes the place of a loss probe that is waited for (§8)',
    scripted({ ...BIG, tailLossProbe: true }, s => {
      open(s)
      sendsEach(s, 2)
      s.clock.advance(ms(99))
      acks(s, 0, block(1))
      s.peer.expectsAfter(ms(25), '.', { seq: at(0), length: MSS })
      s.peer.expectsNothingFor(ms(200)) // the timeout of what was sent again: 301 ms
      assert.equal(s.app.info.retransmits, 1)
    }),
  )
})

describe('a retransmission that is lost too (RFC 8985 §6.2, step 5)', () => {
  /** Segment 0 is sent again at once, and 10 after it. */
  function lostOnce(s: Script): void {
    open(s)
    sendsEach(s, 10)
    s.app.writes(20 * MSS)
    s.clock.advance(ms(94))
    acks(s, 0, block(1, 5))
    assert.deepEqual(sent(s), [0])
    acks(s, 0, block(1, 6))
    assert.deepEqual(sent(s), [10])
  }

  test(
    'is found when one has arrived that was sent after it, without a timeout',
    scripted(BIG, s => {
      lostOnce(s)
      for (let n = 7; n < 10; n++) {
        s.clock.advance(ms(1))
        acks(s, 0, block(1, n)) // they were sent before it
      }
      assert.equal(sent(s).includes(0), false)
      s.clock.advance(ms(97))
      acks(s, 0, block(1, 10))
      assert.equal(sent(s)[0], 0)
      assert.equal(s.app.info.timeouts, 0)
      s.clock.advance(RTT)
      acks(s, 14)
      assert.equal(s.app.info.recovery, 'open')
    }),
  )

  test(
    'and again, each time one more sign of congestion (RFC 5681 §4.3)',
    scripted(BIG, s => {
      lostOnce(s)
      const { ssthresh } = s.app.info
      for (let n = 7; n < 10; n++) acks(s, 0, block(1, n))
      assert.deepEqual(sent(s), [11, 12, 13])
      s.clock.advance(RTT)
      acks(s, 0, block(1, 10))
      assert.deepEqual(sent(s), [0])
      const next = s.app.info.ssthresh
      assert.ok(next < ssthresh, `${next}`)
      acks(s, 0, block(1, 12))
      acks(s, 0, block(1, 13))
      assert.deepEqual(sent(s), [14]) // after the second copy
      s.clock.advance(RTT)
      acks(s, 0, block(1, 14))
      assert.equal(sent(s)[0], 0)
      assert.equal(s.app.info.timeouts, 0)
    }),
  )

  test(
    'gets the time of a new timeout, as it is the segment in front (RFC 6675 §6)',
    scripted(BIG, s => {
      lostOnce(s)
      s.clock.advance(RTT)
      acks(s, 0, block(1, 10))
      assert.equal(sent(s)[0], 0)
      assert.equal(s.app.info.due, s.clock.now + s.app.connection.rto)
    }),
  )

  test(
    'with the profile rfc it waits for the timeout (RFC 6675)',
    scripted({ ...BIG, rack: false, profile: 'rfc' }, s => {
      open(s)
      sendsEach(s, 10)
      s.app.writes(20 * MSS)
      s.clock.advance(ms(94))
      acks(s, 0, block(1, 3))
      assert.equal(sent(s)[0], 0)
      for (let n = 0; n < 5; n++) {
        s.clock.advance(ms(100))
        const last = (s.app.connection.sndNxt - s.app.connection.sndUna) / MSS - 1
        acks(s, 0, block(1, last))
        assert.equal(sent(s).includes(0), false)
      }
      s.clock.advance(ms(1000))
      assert.equal(sent(s)[0], 0)
      assert.equal(s.app.info.timeouts, 1)
    }),
  )

  test(
    'after a timeout as well: no second one is needed',
    scripted({ ...BIG, initialWindow: 4 }, s => {
      open(s)
      sendsEach(s, 4)
      s.clock.advance(s.app.connection.rto)
      assert.deepEqual(sent(s), [0])
      s.clock.advance(RTT)
      acks(s, 1)
      assert.deepEqual(sent(s), [1, 2]) // 1 is lost once more
      s.clock.advance(RTT)
      acks(s, 1, block(2))
      assert.equal(sent(s)[0], 1)
      assert.equal(s.app.info.timeouts, 1)
    }),
  )
})

describe('which copy has arrived (RFC 8985 §6.2, step 2)', () => {
  test(
    'a copy that is SACKed sooner than the minimum round trip was not meant: it proves nothing',
    scripted(BIG, s => {
      open(s)
      sendsEach(s, 6)
      s.clock.advance(ms(97))
      acks(s, 0, block(2, 5))
      assert.deepEqual(sent(s), [0, 1])
      s.clock.advance(ms(50))
      acks(s, 0, block(1, 5)) // the first copy of 1, late; 0 was sent before the second
      assert.deepEqual(sent(s), [])
      s.peer.expectsNothingFor(ms(100))
    }),
  )

  test(
    'sooner or not, one whose acknowledgment echoes an earlier copy proves nothing',
    scripted({}, () => {
      const rack = new Rack(0, undefined, 0)
      for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, ms(n))
      rack.sacked(MSS, 2 * MSS, ms(101))
      rack.detect(true, RTT, ms(101))
      assert.equal(rack.lostBelow, MSS)
      rack.sent(0, MSS, ms(101))
      rack.acknowledged(2 * MSS, ms(250) - ms(0), ms(250)) // echoes what was sent at 0
      rack.detect(true, RTT, ms(250))
      assert.equal(rack.lostBelow, 2 * MSS)
      assert.equal(rack.due, Number.NaN)
    }),
  )

  test(
    'one that echoes the copy does',
    scripted({}, () => {
      const rack = new Rack(0, undefined, 0)
      for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, ms(n))
      rack.sacked(MSS, 2 * MSS, ms(101))
      rack.detect(true, RTT, ms(101))
      rack.sent(0, MSS, ms(101))
      rack.acknowledged(2 * MSS, ms(149), ms(250)) // echoes what was sent at 101
      rack.detect(true, RTT, ms(250))
      assert.equal(rack.lostBelow, 4 * MSS)
    }),
  )

  test('ticks of the timestamps are milliseconds: the same one is no earlier one', () => {
    assert.equal(precedes(ms(1), ms(9) + 999_999, ms(10)), false)
    assert.equal(precedes(ms(2), ms(9), ms(10)), true)
    assert.equal(precedes(ms(1), ms(10), ms(10) + 500_000), true)
    assert.equal(precedes(0, ms(10), ms(10)), false)
    assert.equal(precedes(-1, ms(10), ms(100)), false)
  })
})

describe('fast recovery that was needless', () => {
  test(
    'is undone when what comes echoes what was sent first (RFC 3522)',
    scripted(BIG, s => {
      open(s, { timestamps: true })
      const stamps: number[] = []
      for (let n = 0; n < 10; n++) {
        s.app.writes(MSS)
        s.clock.advance(ms(1))
        stamps.push(s.peer.takes()[0].ts?.[0] ?? 0)
      }
      const { cwnd } = s.app.info
      s.clock.advance(ms(93))
      s.peer.echo = stamps[0]
      const { mss } = s.app.connection
      s.peer.sends('.', { ack: 1, sack: [[1 + mss, 1 + 4 * mss]] })
      assert.equal(s.app.info.recovery, 'fast')
      s.peer.takes()
      s.clock.advance(ms(10))
      s.peer.echo = stamps[0]
      s.peer.sends('.', { ack: 1 + 4 * mss })
      assert.equal(s.app.info.recovery, 'open')
      assert.ok(s.app.info.cwnd >= cwnd, `${s.app.info.cwnd}`)
    }),
  )

  test(
    'and is not when it echoes the copy',
    scripted(BIG, s => {
      open(s, { timestamps: true })
      sendsEach(s, 10)
      const { cwnd } = s.app.info
      s.clock.advance(ms(93))
      const { mss } = s.app.connection
      s.peer.sends('.', { ack: 1, sack: [[1 + mss, 1 + 4 * mss]] })
      const copy = s.peer.takes().find(({ seq }) => seq === 1)
      assert.ok(copy?.ts)
      s.clock.advance(RTT)
      s.peer.echo = copy.ts[0]
      s.peer.sends('.', { ack: 1 + 8 * mss })
      assert.equal(s.app.info.recovery, 'fast')
      assert.ok(s.app.info.cwnd < cwnd)
    }),
  )
})

describe('the reordering window (RFC 8985 §6.2, step 4)', () => {
  /** Segments at 0, 1, 2 … ms; the second is SACKed after 100 ms, and that is detected. */
  function overtaken(prepare: (rack: Rack) => void, segments = 2): Rack {
    const rack = new Rack(0, undefined, 0)
    prepare(rack)
    for (let n = 0; n < segments; n++) rack.sent(n * MSS, (n + 1) * MSS, ms(n))
    rack.sacked(MSS, 2 * MSS, ms(101))
    rack.detect(false, RTT, ms(101))
    return rack
  }
  const window = (rack: Rack): number => rack.due - ms(101)

  test('is a quarter of the minimum round trip', () => {
    assert.equal(window(overtaken(() => {})), ms(25))
  })

  test('D-SACK makes it larger by as much, once a round trip', () => {
    const twice = overtaken(rack => {
      rack.duplicate(0, 500)
      rack.duplicate(499, 600)
    })
    assert.equal(twice.multiplier, 2)
    assert.equal(window(twice), ms(50))
    const thrice = overtaken(rack => {
      rack.duplicate(0, 500)
      rack.duplicate(500, 600)
    })
    assert.equal(window(thrice), ms(75))
  })

  test('never larger than the smoothed round trip', () => {
    assert.equal(window(overtaken(rack => [...Array(9).keys()].forEach(n => void rack.duplicate(n, n + 1)))), RTT)
  })

  test('sixteen recoveries without D-SACK make it what it was; one less does not', () => {
    for (const [recoveries, multiplier] of [
      [15, 2],
      [16, 1],
    ]) {
      const rack = new Rack(0, undefined, 0)
      rack.duplicate(0, 500)
      for (let n = 0; n < recoveries; n++) rack.recovered()
      assert.equal(rack.multiplier, multiplier)
    }
  })

  test('as large as what has been seen, and an eighth more, even if the minimum round trip is that of an early segment', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 3; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(2 * MSS, 3 * MSS, ms(20)) // overtook the others
    rack.detect(false, RTT, ms(20))
    rack.acknowledged(2 * MSS, -1, ms(100)) // by 80 ms
    rack.detect(false, RTT, ms(100))
    assert.equal(rack.minRtt, ms(20))
    assert.equal(rack.reorderingSeen, true)
    rack.acknowledged(3 * MSS, -1, ms(100))
    for (let n = 3; n < 5; n++) rack.sent(n * MSS, (n + 1) * MSS, ms(200))
    rack.sacked(4 * MSS, 5 * MSS, ms(220))
    rack.detect(false, RTT, ms(220))
    assert.equal(rack.due, ms(200) + RTT + ms(90))
    rack.detect(false, RTT, ms(390) - 1)
    assert.equal(rack.lostBelow, 3 * MSS)
    rack.detect(false, RTT, ms(390))
    assert.equal(rack.lostBelow, 4 * MSS)
  })

  test('the patience that was learnt ends with sixteen recoveries as well', () => {
    const rack = overtaken(one => {
      one.needless(ms(500))
      for (let n = 0; n < 16; n++) one.recovered()
    })
    assert.equal(window(rack), ms(25))
  })

  test('the minimum is one of five to ten minutes (step 1)', () => {
    const rack = new Rack(0, undefined, 0)
    let seq = 0
    const sample = (now: number, rtt: number): number => {
      rack.sent(seq, seq + MSS, now - rtt)
      seq += MSS
      rack.acknowledged(seq, -1, now)
      rack.detect(false, RTT, now)
      return rack.minRtt
    }
    const minute = 60_000_000_000
    assert.equal(sample(minute, ms(10)), ms(10))
    assert.equal(sample(2 * minute, ms(30)), ms(10))
    assert.equal(sample(6 * minute, ms(40)), ms(10))
    assert.equal(sample(6 * minute + 1, ms(40)), ms(10)) // the second part
    assert.equal(sample(7 * minute, ms(35)), ms(10))
    assert.equal(sample(11 * minute + 2, ms(50)), ms(35)) // the third
    assert.equal(sample(11 * minute + 3, ms(45)), ms(35))
    assert.equal(sample(17 * minute, ms(60)), ms(45))
  })

  test('a retransmission is no sample of the minimum', () => {
    const rack = new Rack(0, undefined, 0)
    rack.sent(0, MSS, 0)
    rack.sent(0, MSS, ms(10))
    rack.acknowledged(MSS, -1, ms(50))
    rack.detect(false, RTT, ms(50))
    assert.equal(rack.minRtt, Number.POSITIVE_INFINITY)
  })

  test('a segment that was sent again is no sign of reordering (step 3)', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 2; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(MSS, 2 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    rack.sent(0, MSS, RTT)
    rack.acknowledged(2 * MSS, -1, 2 * RTT)
    assert.equal(rack.reorderingSeen, false)
  })

  test('RACK.fack is the end of all that has arrived: what has arrived in order is no sign either (step 3)', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 3; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(2 * MSS, 3 * MSS, RTT)
    rack.sacked(MSS, 2 * MSS, RTT) // by the same acknowledgment
    assert.equal(rack.reorderingSeen, false)
    rack.detect(false, RTT, RTT)
    rack.acknowledged(MSS, -1, RTT)
    assert.equal(rack.reorderingSeen, true)
  })
})

describe('what is known of each copy (RFC 8985 §6.2)', () => {
  /** Segments 0 and 1 of six are lost and sent again after a round trip, at 100 and 101 ms. */
  function again(): Rack {
    const rack = new Rack(0, RTT, 0)
    for (let n = 0; n < 6; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(2 * MSS, 6 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    rack.sent(0, MSS, RTT)
    rack.sent(MSS, 2 * MSS, RTT + ms(1))
    rack.sent(6 * MSS, 7 * MSS, RTT + ms(2))
    return rack
  }

  test('one that has arrived is not lost', () => {
    const rack = again()
    rack.sacked(MSS, 2 * MSS, 2 * RTT + ms(1))
    rack.sacked(6 * MSS, 7 * MSS, 2 * RTT + ms(2))
    rack.detect(true, RTT, 2 * RTT + ms(2))
    assert.deepEqual(rack.lostAgain, [{ seq: 0, end: MSS }])
  })

  test('nor one that is acknowledged', () => {
    const rack = again()
    rack.acknowledged(MSS, -1, 2 * RTT)
    rack.sacked(6 * MSS, 7 * MSS, 2 * RTT + ms(2))
    rack.detect(true, RTT, 2 * RTT + ms(2))
    assert.deepEqual(rack.lostAgain, [{ seq: MSS, end: 2 * MSS }])
  })

  test('of two copies the last counts', () => {
    const rack = again()
    rack.sent(0, MSS, RTT + ms(50))
    rack.sacked(6 * MSS, 7 * MSS, 2 * RTT + ms(2))
    rack.detect(true, RTT, 2 * RTT + ms(2))
    assert.deepEqual(rack.lostAgain, [{ seq: MSS, end: 2 * MSS }])
  })

  test('where segments overtake each other it is waited for as well (step 4)', () => {
    const rack = again()
    rack.needless(RTT + ms(40)) // 40 ms late
    rack.sacked(6 * MSS, 7 * MSS, 2 * RTT + ms(2))
    rack.detect(true, RTT, 2 * RTT + ms(2))
    assert.deepEqual(rack.lostAgain, [])
    assert.equal(rack.due, 2 * RTT + ms(2) + ms(45))
    rack.detect(true, RTT, 2 * RTT + ms(45) - 1)
    assert.deepEqual(rack.lostAgain, [])
    rack.detect(true, RTT, 2 * RTT + ms(45))
    assert.deepEqual(rack.lostAgain, [{ seq: 0, end: MSS }])
    rack.detect(true, RTT, 2 * RTT + ms(46))
    assert.equal(rack.lostAgain.length, 2)
    assert.equal(rack.due, Number.NaN)
  })

  test('one acknowledgment tells of several: the one that was sent last counts, in whatever order they stand', () => {
    const rack = new Rack(0, RTT, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, ms(10 * n))
    rack.sacked(3 * MSS, 4 * MSS, ms(130))
    rack.sacked(MSS, 2 * MSS, ms(130))
    rack.detect(true, RTT, ms(130))
    assert.equal(rack.lostBelow, 3 * MSS) // 2 was sent before 3, and the round trip is that of 3
  })

  test('an acknowledgment of earlier ones takes nothing back', () => {
    const rack = new Rack(0, RTT, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(3 * MSS, 4 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    rack.sacked(MSS, 2 * MSS, RTT + ms(1))
    rack.detect(false, RTT, RTT + ms(1))
    rack.detect(false, RTT, 3 * RTT)
    assert.equal(rack.lostBelow, 3 * MSS)
  })

  test('what is acknowledged is not SACKed any more: three more are needed to do without patience (step 4)', () => {
    const rack = new Rack(0, RTT, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(MSS, 4 * MSS, RTT)
    rack.sent(0, MSS, RTT)
    rack.acknowledged(4 * MSS, -1, 2 * RTT)
    rack.detect(true, RTT, 2 * RTT)
    for (let n = 4; n < 6; n++) rack.sent(n * MSS, (n + 1) * MSS, 2 * RTT)
    rack.sacked(5 * MSS, 6 * MSS, 3 * RTT)
    rack.detect(false, RTT, 3 * RTT)
    assert.equal(rack.due, 3 * RTT + ms(25))
  })
})

describe('the order of what was sent at the same time', () => {
  test('what was sent before the copy proves nothing of it, though it lies behind it (RACK_sent_after)', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 5; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(MSS, 4 * MSS, RTT)
    rack.sent(5 * MSS, 6 * MSS, RTT) // limited transmit, then
    rack.detect(false, RTT, RTT)
    assert.equal(rack.lostBelow, 3 * MSS)
    rack.sent(0, MSS, RTT) // the copy, then
    rack.sent(6 * MSS, 7 * MSS, RTT)
    rack.sacked(5 * MSS, 6 * MSS, 2 * RTT)
    rack.detect(true, RTT, 2 * RTT)
    assert.deepEqual(rack.lostAgain, [])
    assert.equal(rack.lostBelow, 5 * MSS)
    rack.sacked(6 * MSS, 7 * MSS, 2 * RTT)
    rack.detect(true, RTT, 2 * RTT)
    assert.deepEqual(rack.lostAgain, [{ seq: 0, end: MSS }])
    assert.equal(rack.lostAgainSince, RTT)
  })
})

describe('a timeout (RFC 8985 §6.3)', () => {
  test('the segment in front is lost, and what was sent a round trip ago; not what was sent just now', () => {
    const rack = new Rack(0, undefined, 0)
    rack.sent(0, MSS, 0)
    rack.acknowledged(MSS, -1, RTT)
    rack.detect(false, RTT, RTT)
    rack.sent(MSS, 2 * MSS, RTT)
    rack.sent(2 * MSS, 3 * MSS, 2 * RTT)
    rack.sent(3 * MSS, 4 * MSS, 3 * RTT + 1)
    rack.timedOut(RTT, 4 * RTT)
    assert.equal(rack.lostBelow, 3 * MSS)
    rack.timedOut(RTT, 4 * RTT + 1)
    assert.equal(rack.lostBelow, 4 * MSS)
  })

  test('that in front in any case', () => {
    const rack = new Rack(0, undefined, 0)
    rack.sent(0, MSS, 0)
    rack.acknowledged(MSS, -1, RTT)
    rack.detect(false, RTT, RTT)
    rack.sent(MSS, 2 * MSS, RTT)
    rack.sent(2 * MSS, 3 * MSS, RTT)
    rack.timedOut(RTT, RTT + 1)
    assert.equal(rack.lostBelow, 2 * MSS)
  })

  test('what is SACKed is passed over', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, n === 3 ? 9 * RTT : 0)
    rack.sacked(MSS, 3 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    rack.timedOut(RTT, 9 * RTT)
    assert.equal(rack.lostBelow, 3 * MSS)
  })

  test('copies of before it are not waited for', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 3; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(MSS, 2 * MSS, RTT)
    rack.detect(true, RTT, RTT)
    rack.sent(0, MSS, RTT)
    rack.timedOut(RTT, 4 * RTT)
    rack.sent(0, MSS, 4 * RTT)
    rack.sacked(2 * MSS, 3 * MSS, 5 * RTT)
    rack.detect(true, RTT, 5 * RTT)
    assert.deepEqual(rack.lostAgain, []) // the last copy was sent after 2
  })

  test('a path that has become too narrow has lost all', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, n)
    rack.allLost()
    assert.equal(rack.lostBelow, 4 * MSS)
    rack.unmark()
    assert.equal(rack.lostBelow, 0)
  })

  test('a peer that has thrown away what it had SACKed: all of it counts again (RFC 2018 §8)', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 5; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(0, 3 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    rack.reneged()
    rack.sacked(4 * MSS, 5 * MSS, RTT)
    rack.detect(false, RTT, RTT)
    assert.equal(rack.due, RTT + ms(25)) // one is SACKed, not four
    rack.detect(false, RTT, RTT + ms(25))
    assert.equal(rack.lostBelow, 4 * MSS)
  })
})

describe('pieces other than those that were sent', () => {
  test('what is SACKed in part has not arrived', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 3; n++) rack.sent(n * MSS, (n + 1) * MSS, n)
    rack.sacked(MSS + 1, 2 * MSS, RTT)
    rack.sacked(2 * MSS, 3 * MSS - 1, RTT)
    rack.detect(true, RTT, RTT)
    assert.equal(rack.lostBelow, 0)
  })

  test('what is sent again over two segments is sent again of both', () => {
    const rack = new Rack(0, undefined, 0)
    for (let n = 0; n < 4; n++) rack.sent(n * MSS, (n + 1) * MSS, 0)
    rack.sacked(3 * MSS, 4 * MSS, RTT)
    rack.detect(true, RTT, RTT)
    assert.equal(rack.lostBelow, 3 * MSS)
    rack.sent(500, 1500, RTT)
    rack.sent(4 * MSS, 5 * MSS, RTT)
    rack.sacked(4 * MSS, 5 * MSS, 2 * RTT)
    rack.detect(true, RTT, 2 * RTT)
    assert.deepEqual(rack.lostAgain, [
      { seq: 0, end: MSS },
      { seq: MSS, end: 2 * MSS },
    ])
  })

  test('a retransmission that takes new text along is one of the old and the first of the new', () => {
    const rack = new Rack(0, undefined, 0)
    rack.sent(0, 400, 0)
    rack.sent(0, MSS, ms(1))
    rack.sent(MSS, 2 * MSS, ms(2))
    rack.sacked(MSS, 2 * MSS, RTT)
    rack.detect(true, RTT, RTT + ms(2))
    assert.equal(rack.lostBelow, MSS)
    rack.acknowledged(200, -1, RTT)
    assert.equal(rack.lostBelow, MSS)
    rack.unmark()
    assert.equal(rack.lostBelow, 200)
  })
})

describe('when each segment was sent (RFC 8985 §5.1)', () => {
  test('any number of them, in and out, over the end of the ring', () => {
    const sent = new Transmissions()
    let from = 0
    let next = 0
    const check = (): void => {
      assert.deepEqual([sent.head, sent.tail], [from, next])
      for (let n = from; n < next; n++) {
        assert.equal(sent.end(n), (n + 1) * 10)
        assert.equal(sent.sentAt(n), n * 7)
        assert.equal(sent.find(n * 10), n)
        assert.equal(sent.find(n * 10 + 9), n)
        assert.equal(sent.isSacked(n), n % 3 === 0)
        assert.equal(sent.isRetransmitted(n), n % 5 === 0)
      }
      assert.equal(sent.find(next * 10), next)
    }
    for (const [more, less] of [
      [3, 2],
      [15, 10],
      [11, 3],
      [60, 70],
      [20, 24],
      [5, 1],
      [40, 0],
    ]) {
      for (let n = 0; n < more; n++) {
        sent.append((next + 1) * 10, next * 7)
        if (next % 3 === 0) sent.sacked(next)
        if (next % 5 === 0) sent.retransmitted(next, next * 7)
        next++
      }
      check()
      for (let n = 0; n < less; n++) {
        sent.shift()
        from++
      }
      check()
    }
    sent.reneged()
    for (let n = from; n < next; n++) assert.equal(sent.isSacked(n), false)
    assert.equal(sent.isRetransmitted(145), true)
  })

  test('a ring that has grown goes when nothing is in flight', () => {
    const sent = new Transmissions()
    for (let n = 0; n < 40; n++) sent.append(n, n)
    for (let n = 0; n < 40; n++) sent.shift()
    sent.append(41, 41)
    assert.deepEqual([sent.end(40), sent.sentAt(40), sent.order(40)], [41, 41, 41])
  })

  test('each transmission has a number of its own', () => {
    const sent = new Transmissions()
    sent.append(10, 5)
    sent.append(20, 5)
    sent.retransmitted(0, 5)
    assert.ok(sent.order(0) > sent.order(1))
  })
})
