/** Congestion control without SACK: RFC 5681, RFC 6582 (NewReno), RFC 3042 (limited transmit), RFC 6928 (initial window). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { type Script, type ScriptOptions, scripted } from './script.ts'

const MSS = 1000
const BIG: ScriptOptions = { sendBuffer: 1_000_000 }
const WIDE = { mss: MSS, scale: 8, wnd: 65_535 }

/** Connected, no options but the scale; the peer offers 16 MB. */
function flow(s: Script, octets: number): void {
  s.connected(WIDE)
  s.peer.wnd = 65_535
  s.peer.sends('.')
  s.app.writes(octets)
}
const sizes = (s: Script): number[] => s.peer.takes().map(({ length }) => length)
const starts = (s: Script): number[] => s.peer.takes().map(({ seq }) => seq)

/** Doubles the window until it is `segments`, acknowledging each segment. */
function open(s: Script, segments: number): void {
  while (s.app.info.cwnd < segments * MSS) {
    const first = s.peer.takes()[0]
    assert.ok(first)
    s.peer.sends('.', { ack: first.seq + MSS })
  }
}
/** Acknowledges all that is in flight, segment by segment. */
function settle(s: Script): void {
  const una = s.app.connection.sndUna
  const flight = (s.app.connection.sndNxt - una) >>> 0
  const from = s.peer.seen - flight
  for (let ack = from + MSS; ack < s.peer.seen; ack += MSS) s.peer.sends('.', { ack })
  s.peer.sends('.')
}

describe('the initial window (RFC 6928 §2)', () => {
  for (const [mss, segments] of [
    [1460, 10],
    [1000, 10],
    [536, 10],
    [2000, 7],
    [7300, 2],
    [8960, 2],
  ] as const) {
    test(
      `${segments} segments of ${mss}`,
      scripted({ ...BIG, mtu: 9000 }, s => {
        s.connected({ ...WIDE, mss })
        s.peer.sends('.')
        s.app.writes(100_000)
        assert.deepEqual(sizes(s).filter(length => length === mss).length, segments)
      }),
    )
  }

  test(
    'one segment after a SYN that had to be repeated (RFC 5681 §3.1)',
    scripted(BIG, s => {
      s.app.connects()
      s.clock.advance(sec(1))
      s.peer.takes()
      s.peer.sends('S.', WIDE)
      s.peer.takes()
      s.app.writes(100_000)
      assert.deepEqual(sizes(s), [MSS])
    }),
  )

  test(
    'one segment after a SYN,ACK that had to be repeated (RFC 5681 §3.1)',
    scripted(BIG, s => {
      s.app.listens()
      s.peer.sends('S', WIDE)
      s.clock.advance(sec(1))
      s.peer.takes()
      s.peer.sends('.')
      s.app.writes(100_000)
      assert.deepEqual(sizes(s), [MSS])
    }),
  )

  test(
    'the peer’s window is a bound all the same',
    scripted(BIG, s => {
      s.connected({ mss: MSS, wnd: 3000 })
      s.app.writes(100_000)
      assert.deepEqual(sizes(s), [MSS, MSS, MSS])
    }),
  )
})

describe('slow start and congestion avoidance (RFC 5681 §3.1)', () => {
  test(
    'slow start: each acknowledgment adds what it acknowledges',
    scripted(BIG, s => {
      flow(s, 500_000)
      assert.equal(sizes(s).length, 10)
      s.peer.sends('.', { ack: 1 + MSS })
      assert.equal(sizes(s).length, 2)
      assert.equal(s.app.info.cwnd, 11 * MSS)
      s.peer.sends('.', { ack: 1 + 1.5 * MSS })
      assert.equal(s.app.info.cwnd, 11.5 * MSS)
    }),
  )

  for (const [profile, segments, why] of [
    ['rfc', 1, 'equation 2'],
    ['linux', 10, 'there is no limit, as Linux has none'],
  ] as const) {
    test(
      `slow start: ten segments acknowledged at once open the window by ${segments} with the profile ${profile} (${why})`,
      scripted({ ...BIG, profile }, s => {
        flow(s, 500_000)
        s.peer.takes()
        s.peer.sends('.')
        assert.equal(s.app.info.cwnd, (10 + segments) * MSS)
      }),
    )
  }

  test(
    'slow start: it ends at ssthresh, however much is acknowledged',
    scripted(BIG, s => {
      flow(s, 500_000)
      s.peer.takes()
      s.clock.advance(s.app.connection.rto)
      for (let n = 1; n <= 3; n++) s.peer.sends('.', { ack: 1 + n * MSS })
      assert.equal(s.app.info.cwnd, 4 * MSS)
      assert.equal(s.app.info.ssthresh, 5 * MSS)
      s.peer.sends('.', { ack: 1 + 10 * MSS }) // the end of the timeout's recovery
      assert.equal(s.app.info.cwnd, 5 * MSS)
    }),
  )

  test(
    'slow start: but no more than a segment after a timeout (RFC 3465 §2.3)',
    scripted(BIG, s => {
      flow(s, 500_000)
      s.peer.takes()
      s.clock.advance(s.app.connection.rto)
      s.peer.takes()
      assert.equal(s.app.info.cwnd, MSS)
      s.peer.sends('.', { ack: 1 + 3 * MSS })
      assert.equal(s.app.info.cwnd, 2 * MSS)
    }),
  )

  test(
    'an application that sends little does not open the window (RFC 7661)',
    scripted(BIG, s => {
      flow(s, 0)
      for (let n = 0; n < 100; n++) {
        s.app.writes(100)
        s.peer.takes()
        s.peer.sends('.')
      }
      assert.ok(s.app.info.cwnd <= 10 * MSS)
    }),
  )

  /** Segments that fill the window so far, and whether it grows when they are acknowledged. */
  for (const [segments, grows] of [
    [4, false],
    [5, true],
  ] as const) {
    test(
      `slow start: ${segments} of ten segments used ${grows ? 'are half of the window: it grows' : 'are less than half: it stays'} (RFC 7661 §4.2)`,
      scripted(BIG, s => {
        flow(s, segments * MSS)
        s.peer.takes()
        s.peer.sends('.')
        assert.equal(s.app.info.cwnd, grows ? 15 * MSS : 10 * MSS)
      }),
    )
  }

  test(
    'congestion avoidance: a window grows that was used but for a segment, and no other',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      s.peer.takes()
      s.peer.sends('.')
      const use = (segments: number): number => {
        s.app.writes(segments * MSS)
        s.peer.takes()
        s.peer.sends('.')
        return s.app.info.cwnd
      }
      assert.deepEqual([s.app.info.cwnd, s.app.info.ssthresh], [5 * MSS, 5 * MSS])
      for (let n = 0; n < 10; n++) assert.equal(use(3), 5 * MSS)
      assert.equal(use(4), 5 * MSS)
      assert.equal(use(4), 6 * MSS)
    }),
  )

  test(
    'congestion avoidance: one segment for each window of acknowledgments',
    scripted(BIG, s => {
      flow(s, 900_000)
      open(s, 20)
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: s.peer.seen - 19 * MSS })
      s.clock.advance(s.app.connection.rto) // timeout: ssthresh is half of what was in flight
      const { ssthresh } = s.app.info
      while (s.app.info.cwnd < ssthresh) {
        s.peer.takes()
        settle(s)
      }
      s.peer.takes()
      settle(s)
      const before = s.app.info.cwnd
      for (let rounds = 0; rounds < 4; rounds++) {
        s.peer.takes()
        settle(s)
      }
      const grown = s.app.info.cwnd - before
      assert.ok(grown >= 3 * MSS && grown <= 5 * MSS, `${grown}`)
    }),
  )
})

describe('fast retransmit and fast recovery (RFC 5681 §3.2)', () => {
  test(
    'the third duplicate sends the segment in front again, the second does not',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1 })
      s.peer.sends('.', { ack: 1 })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 1 })
      s.peer.expects('.', { seq: 1, length: MSS })
      assert.equal(s.app.info.recovery, 'fast')
    }),
  )

  test(
    'ssthresh is half of what was in flight, two segments at least (equation 4)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      assert.equal(s.app.info.ssthresh, 5 * MSS)
    }),
  )

  test(
    'two segments at least (equation 4)',
    scripted(BIG, s => {
      flow(s, 0)
      s.app.writes(2 * MSS)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      assert.equal(s.app.info.ssthresh, 2 * MSS)
    }),
  )

  test(
    'what limited transmit has sent does not count as in flight (step 2)',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      assert.equal(s.app.info.ssthresh, 5 * MSS)
    }),
  )

  test(
    'each further duplicate lets one more segment out, once the window allows it (steps 3 to 5)',
    scripted(BIG, s => {
      flow(s, 100_000)
      assert.equal(sizes(s).length, 10)
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      s.peer.takes() // two new, one again; 12 are out, the window is 5 + 3
      let sent = 0
      for (let n = 0; n < 6; n++) {
        s.peer.sends('.', { ack: 1 })
        sent += s.peer.takes().length
      }
      assert.equal(sent, 2) // 5 + 9 against 12
    }),
  )

  test(
    'the acknowledgment of all ends it: cwnd is ssthresh (step 6)',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
      s.peer.takes()
      s.peer.sends('.')
      assert.equal(s.app.info.recovery, 'open')
      assert.ok(s.app.info.cwnd <= 5 * MSS + MSS)
    }),
  )

  for (const [what, spoil] of [
    ['text', { length: 10 }],
    ['another window', { wnd: 60_000 }],
  ] as const) {
    test(
      `with ${what} it is no duplicate (§2)`,
      scripted(BIG, s => {
        flow(s, 10_000)
        s.peer.takes()
        for (let n = 0; n < 6; n++) {
          s.peer.sends('.', 'wnd' in spoil ? { ack: 1, wnd: 60_000 - n } : { ack: 1, ...spoil })
        }
        assert.ok(s.peer.takes().every(({ length }) => length === 0))
        assert.equal(s.app.info.recovery, 'open')
      }),
    )
  }

  test(
    'with nothing in flight there are no duplicates (§2)',
    scripted(BIG, s => {
      flow(s, 0)
      for (let n = 0; n < 10; n++) s.peer.sends('.')
      s.peer.expectsNothing()
      s.app.writes(100)
      assert.deepEqual(sizes(s), [100])
    }),
  )

  test(
    'new acknowledgments in between begin the count anew',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (const ack of [1, 1, 1001, 1001, 1001, 2001, 2001]) s.peer.sends('.', { ack })
      s.peer.expectsNothing()
    }),
  )
})

describe('limited transmit (RFC 3042 §2)', () => {
  test(
    'each of the first two duplicates sends one new segment',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1 })
      s.peer.expects('.', { seq: 10_001, length: MSS })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 1 })
      s.peer.expects('.', { seq: 11_001, length: MSS })
      s.peer.expectsNothing()
      assert.equal(s.app.info.cwnd, 10 * MSS)
    }),
  )

  test(
    'but never beyond the peer’s window',
    scripted(BIG, s => {
      s.connected({ mss: MSS, wnd: 10_000 })
      s.peer.wnd = 10_000
      s.app.writes(100_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1 })
      s.peer.sends('.', { ack: 1 })
      s.peer.expectsNothing()
    }),
  )
})

describe('NewReno (RFC 6582 §3.2)', () => {
  /** Ten segments are out, some lost; the third duplicate has come. */
  const lossy = (s: Script): void => {
    flow(s, 10_000)
    s.peer.takes()
    for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1 })
    s.peer.expects('.', { seq: 1, length: MSS })
  }

  test(
    'a partial acknowledgment sends the next lost segment again',
    scripted(BIG, s => {
      lossy(s)
      s.peer.sends('.', { ack: 3001 })
      s.peer.expects('.', { seq: 3001, length: MSS })
      s.peer.sends('.', { ack: 7001 })
      s.peer.expects('.', { seq: 7001, length: MSS })
      assert.equal(s.app.info.recovery, 'fast')
      s.peer.sends('.', { ack: 10_001 })
      assert.equal(s.app.info.recovery, 'open')
      s.peer.expectsNothing()
    }),
  )

  test(
    'one halving for all losses of a window',
    scripted(BIG, s => {
      lossy(s)
      const { ssthresh } = s.app.info
      s.peer.sends('.', { ack: 3001 })
      s.peer.sends('.', { ack: 7001 })
      assert.equal(s.app.info.ssthresh, ssthresh)
      assert.equal(s.app.info.fastRecoveries, 1)
    }),
  )

  test(
    'duplicates of what was acknowledged at the end of a recovery begin no other',
    scripted(BIG, s => {
      lossy(s)
      s.peer.sends('.', { ack: 10_001 })
      s.app.writes(10_000)
      s.peer.takes()
      for (let n = 0; n < 5; n++) s.peer.sends('.', { ack: 10_001 })
      assert.equal(s.app.info.fastRecoveries, 1)
    }),
  )

  test(
    'nor do they after a timeout, below what had been sent (§4.1)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      s.peer.takes()
      for (let n = 0; n < 5; n++) s.peer.sends('.', { ack: 1 })
      assert.equal(s.app.info.fastRecoveries, 0)
    }),
  )

  for (const [acked, again] of [
    [3, true], // 16 - 3 + 1 against 16 - 3, and one again
    [1, true], // 16 - 1 + 1 against 16 - 1, and one again
    [0.5, false], // less than a segment gives none back: 16 - 0.5 against 16 - 0.5
  ] as const) {
    test(
      `a partial acknowledgment of ${acked} segments takes them from the window, but for one if it is as much (step 3)`,
      scripted(BIG, s => {
        flow(s, 100_000)
        s.peer.takes()
        for (let n = 0; n < 11; n++) s.peer.sends('.', { ack: 1 })
        assert.equal(s.peer.seen, 1 + 10 * MSS)
        const sent = s.peer.takes()
        const out = 10 + sent.filter(({ seq }) => seq > 1).length
        assert.equal(out, 5 + 11) // ssthresh, and a segment for each duplicate
        s.peer.sends('.', { ack: 1 + acked * MSS })
        assert.deepEqual(starts(s), [1 + acked * MSS, ...(again ? [1 + out * MSS] : [])])
      }),
    )
  }
})

describe('after a timeout (RFC 5681 §3.1)', () => {
  test(
    'the loss window is one segment, ssthresh half of what was in flight',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      assert.equal(s.app.info.cwnd, MSS)
      assert.equal(s.app.info.ssthresh, 5 * MSS)
      assert.deepEqual(starts(s), [1])
    }),
  )

  test(
    'a second timeout for the same segment does not lower ssthresh again',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      s.clock.advance(ms(400))
      s.clock.advance(ms(800))
      assert.equal(s.app.info.ssthresh, 5 * MSS)
      assert.equal(s.app.info.cwnd, MSS)
    }),
  )

  test(
    'what limited transmit has sent does not count for ssthresh',
    scripted(BIG, s => {
      flow(s, 100_000)
      for (let n = 0; n < 2; n++) s.peer.sends('.', { ack: 1 })
      assert.equal(s.peer.takes().length, 12)
      s.clock.advance(ms(200))
      assert.equal(s.app.info.ssthresh, 5 * MSS)
    }),
  )

  test(
    'slow start sends the rest again: 1, 2, 4 segments',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      assert.deepEqual(starts(s), [1])
      s.peer.sends('.', { ack: 1001 })
      assert.deepEqual(starts(s), [1001, 2001])
      s.peer.sends('.', { ack: 2001 })
      s.peer.sends('.', { ack: 3001 })
      assert.deepEqual(starts(s), [3001, 4001, 5001, 6001])
    }),
  )

  test(
    'what turns out to have arrived is not sent again',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      s.peer.takes()
      s.peer.sends('.', { ack: 9001 })
      assert.deepEqual(starts(s), [9001])
      s.peer.sends('.', { ack: 10_001 })
      s.peer.expectsNothingFor(sec(5))
    }),
  )
})

describe('after idling (RFC 5681 §4.1)', () => {
  test(
    'for longer than a timeout the window is the initial one again',
    scripted(BIG, s => {
      flow(s, 60_000)
      for (let n = 0; n < 8; n++) {
        s.peer.takes()
        settle(s)
      }
      s.peer.takes()
      assert.ok(s.app.info.cwnd > 10 * MSS)
      s.clock.advance(sec(10))
      s.app.writes(100_000)
      assert.equal(sizes(s).length, 10)
    }),
  )

  test(
    'a shorter pause changes nothing',
    scripted(BIG, s => {
      flow(s, 60_000)
      for (let n = 0; n < 8; n++) {
        s.peer.takes()
        settle(s)
      }
      s.peer.takes()
      const segments = Math.floor(s.app.info.cwnd / MSS)
      assert.ok(segments > 10)
      s.clock.advance(ms(100))
      s.app.writes(100_000)
      assert.equal(sizes(s).length, segments)
    }),
  )
})
