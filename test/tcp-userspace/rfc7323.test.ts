/** RFC 7323: window scale, timestamps, round trips by them, and protection against wrapped sequence numbers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { type Named, type Script, scripted } from './script.ts'

const TICK = ms(1)

/** Both sides have agreed on timestamps; the peer's clock stands at 50 000 ms now. */
function stamped(s: Script, syn: Named = {}): void {
  s.peer.timestamps = true
  s.connected({ ...syn })
}

describe('window scale (RFC 7323 §2)', () => {
  for (const [receiveBuffer, scale] of [
    [1000, 0],
    [65_535, 0],
    [65_536, 1],
    [131_070, 1],
    [131_071, 2],
    [1 << 20, 5],
    [1 << 30, 14],
  ] as const) {
    test(
      `${receiveBuffer} octets are offered with a shift of ${scale} (§2.3)`,
      scripted({ receiveBuffer }, ({ app, peer }) => {
        app.connects()
        peer.expects('S', { scale, wnd: Math.min(receiveBuffer, 65_535) })
      }),
    )
  }

  test(
    'switched off it is neither offered nor taken',
    scripted({ windowScale: false }, ({ app, peer }) => {
      app.connects()
      peer.expects('S', { scale: null })
      peer.sends('S.', { mss: 1460, scale: 7, wnd: 100 })
      peer.takes()
      peer.sends('.', { wnd: 200 })
      assert.equal(app.connection.sndWnd, 200)
    }),
  )

  test(
    'it stands in SYN,ACK only if it stood in the SYN (§2.2)',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { scale: null })
    }),
  )

  test(
    'and then it does (§2.2)',
    scripted({ receiveBuffer: 65_536 }, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460, scale: 3 })
      peer.expects('S.', { scale: 1 })
    }),
  )

  test(
    'without the peer’s option neither direction is scaled (§2.2)',
    scripted({ receiveBuffer: 1 << 20 }, ({ app, peer, connected }) => {
      connected({ wnd: 1000 })
      peer.sends('.', { wnd: 1000 })
      assert.equal(app.connection.sndWnd, 1000)
      peer.sends('.', { length: 1460 })
      peer.sends('.', { length: 1460 })
      peer.expects('.', { wnd: 65_535 })
    }),
  )

  test(
    'the window of a SYN is not scaled, all others are (§2.2)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 1000, scale: 4 })
      assert.equal(app.connection.sndWnd, 1000)
      peer.sends('.', { wnd: 1000 })
      assert.equal(app.connection.sndWnd, 16_000)
    }),
  )

  for (const [scale, used] of [
    [0, 0],
    [14, 14],
    [15, 14],
    [255, 14],
  ] as const) {
    test(
      `a shift of ${scale} is used as ${used} (§2.3)`,
      scripted({}, ({ app, peer, connected }) => {
        connected({ scale })
        peer.sends('.', { wnd: 3 })
        assert.equal(app.connection.sndWnd, 3 * 2 ** used)
      }),
    )
  }

  test(
    'in a segment without SYN the option means nothing (§2.2)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ scale: 2 })
      peer.sends('.', { wnd: 100, scale: 7 })
      assert.equal(app.connection.sndWnd, 400)
    }),
  )

  test(
    'what we offer is shifted right (§2.2)',
    scripted({ receiveBuffer: 1 << 20 }, ({ app, peer, connected }) => {
      connected({ scale: 0 })
      app.writes(1)
      const { wnd } = peer.expects('P.')
      assert.equal(wnd, (1 << 20) >> 5)
      assert.equal(app.connection.rcvWnd, 1 << 20)
    }),
  )
})

describe('the right edge of what we offer (RFC 7323 §2.4)', () => {
  const SIZES = [1, 7, 31, 33, 1001, 1459, 3, 5, 64, 65]

  for (const [receiveBuffer, scale] of [
    [1 << 20, 5],
    [131_071, 2],
    [100_001, 1],
    [50_001, 0],
  ] as const) {
    test(
      `is never beyond a buffer of ${receiveBuffer}, and goes back only where it can neither be told nor passed`,
      scripted({ receiveBuffer }, ({ app, peer, connected, clock }) => {
        connected({ scale: 0 })
        app.pauses()
        const full = 1 + receiveBuffer
        let last = 0
        let most = 1 + Math.min(receiveBuffer, 65_535)
        for (let n = 0; peer.nxt < most; n++) {
          const length = n % 3 === 0 ? SIZES[n % SIZES.length] : 1460
          assert.equal(peer.sends('.', { length: Math.min(length, most - peer.nxt) }), undefined)
          clock.advance(ms(40))
          for (const { ack, wnd } of peer.takes()) {
            const edge = ack + wnd * 2 ** scale
            assert.ok(edge <= full, `${edge} is beyond ${full}`)
            if (edge < last) assert.ok(edge + 2 ** scale > last && edge + 2 ** scale > full, `${edge} after ${last}`)
            last = edge
            most = Math.max(most, edge)
          }
        }
        assert.ok(most + 2 ** scale > full, `${most} is far from ${full}`)
        assert.equal(app.connection.bytesIn, most - 1)
      }),
    )
  }

  test(
    'what was offered once is taken, though the last window was told one octet smaller (1)',
    scripted({ receiveBuffer: 65_536 }, ({ app, peer, connected, clock }) => {
      connected({ scale: 0 })
      app.pauses()
      peer.sends('P.', { length: 1 })
      clock.advance(ms(40))
      peer.expects('.', { ack: 2, wnd: 32_767 }) // 65 535 octets are left
      for (let n = 0; n < 44; n++) peer.sends('.', { length: 1460 })
      peer.takes()
      assert.equal(peer.sends('P.', { length: 1295 }), undefined)
      clock.advance(ms(40))
      assert.equal(peer.takes().at(-1)?.ack, 65_537)
      app.resumes()
      app.reads(65_536)
      peer.expects('.', { wnd: 32_768 })
    }),
  )
})

describe('the timestamps option (RFC 7323 §3.2)', () => {
  test(
    'our SYN has TSval, and TSecr of zero',
    scripted({}, ({ app, peer }) => {
      app.connects()
      const { ts } = peer.expects('S')
      assert.equal(ts?.[1], 0)
    }),
  )

  test(
    'our SYN,ACK echoes what stood in the SYN',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460, ts: [777, 0] })
      assert.equal(peer.expects('S.').ts?.[1], 777)
    }),
  )

  test(
    'and has none if the SYN had none',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { ts: null })
      peer.sends('.')
      app.writes(10)
      peer.expects('P.', { ts: null })
    }),
  )

  test(
    'a SYN,ACK without it: none of ours has it',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.expects('P.', { ts: null })
      app.closes()
      peer.expects('F.', { ts: null })
    }),
  )

  test(
    'once agreed it stands in every segment: acknowledgment, text, FIN',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      app.writes(10)
      assert.ok(peer.expects('P.').ts)
      peer.sends('P.', { length: 10 })
      app.closes()
      assert.ok(peer.expects('F.').ts)
      peer.sends('F.')
      assert.ok(peer.expects('.').ts)
    }),
  )

  test(
    'a segment without it is dropped then, but for a reset',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      assert.equal(peer.sends('P.', { length: 10, ts: null }), 'no-timestamp')
      app.reads(0)
      peer.sends('R', { seq: 1, ts: null })
      app.hears('closed reset')
    }),
  )

  test(
    'switched off it is neither offered nor answered',
    scripted({ timestamps: false }, ({ app, peer }) => {
      app.connects()
      peer.expects('S', { ts: null })
      peer.sends('S.', { mss: 1460, ts: [1, 2] })
      peer.expects('.', { ts: null })
    }),
  )

  test(
    'the clock ticks each millisecond and goes up (§5.4)',
    scripted({}, s => {
      const { app, peer, clock } = s
      stamped(s)
      const values: number[] = []
      for (let n = 0; n < 5; n++) {
        app.writes(1)
        const { ts } = peer.expects('P.')
        values.push(ts?.[0] ?? 0)
        clock.advance(100 * TICK)
        peer.sends('.')
      }
      const gaps = values.slice(1).map((value, n) => (value - values[n]) >>> 0)
      assert.ok(
        gaps.every(gap => gap >= 1 && gap <= 100_000),
        gaps.join(),
      )
      assert.ok(gaps.every(gap => gap === gaps[0]))
    }),
  )

  test(
    'text makes room for it: a full segment is twelve octets shorter (RFC 6691 §2)',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      app.writes(5000)
      const { length, bytes, kinds } = peer.expects('.')
      assert.equal(length, 1448)
      assert.equal(bytes.length, 1480)
      assert.deepEqual(kinds, [1, 1, 8]) // appendix A
    }),
  )
})

describe('which timestamp is echoed (RFC 7323 §4.3)', () => {
  test(
    '(A) two segments, one acknowledgment: that of the first',
    scripted({}, s => {
      const { peer } = s
      stamped(s)
      peer.sends('.', { length: 1448, ts: [50_100, 1] })
      peer.sends('.', { length: 1448, ts: [50_200, 1] })
      assert.equal(peer.expects('.', { ack: 2897 }).ts?.[1], 50_100)
    }),
  )

  test(
    '(B) behind a gap: that of the last segment in order',
    scripted({}, s => {
      const { peer, clock } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [50_100, 1] })
      clock.advance(ms(40))
      peer.takes()
      peer.sends('P.', { seq: 201, length: 100, ts: [50_300, 1] })
      assert.equal(peer.expects('.', { ack: 101 }).ts?.[1], 50_100)
    }),
  )

  test(
    '(C) what fills the gap is echoed',
    scripted({}, s => {
      const { peer, clock } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [50_100, 1] })
      clock.advance(ms(40))
      peer.takes()
      peer.sends('P.', { seq: 201, length: 100, ts: [50_300, 1] })
      peer.takes()
      peer.sends('P.', { seq: 101, length: 100, ts: [50_400, 1] })
      assert.equal(peer.expects('.', { ack: 301 }).ts?.[1], 50_400)
    }),
  )

  test(
    'an acknowledgment without text is echoed too',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      peer.sends('.', { ts: [50_123, 1] })
      app.writes(1)
      assert.equal(peer.expects('P.').ts?.[1], 50_123)
    }),
  )
})

describe('round trips by timestamps (RFC 7323 §4)', () => {
  test(
    'what was sent twice gives a sample, since the echo tells which copy arrived',
    scripted({}, s => {
      const { app, peer, clock } = s
      stamped(s)
      const before = app.connection.srtt
      app.writes(10)
      peer.takes()
      clock.advance(app.connection.rto)
      peer.takes()
      clock.advance(ms(80))
      peer.sends('.')
      assert.notEqual(app.connection.srtt, before)
    }),
  )

  test(
    'an acknowledgment of nothing new gives none (§4.1)',
    scripted({}, s => {
      const { app, peer, clock } = s
      stamped(s)
      clock.advance(ms(500))
      const before = app.connection.srtt
      peer.sends('.')
      peer.sends('P.', { length: 10 })
      assert.equal(app.connection.srtt, before)
    }),
  )
})

describe('PAWS (RFC 7323 §5)', () => {
  test(
    'R1: older than TS.Recent: acknowledged and dropped',
    scripted({}, s => {
      const { app, peer, clock } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [60_000, 1] })
      clock.advance(ms(40))
      peer.takes()
      app.reads(100)
      assert.equal(peer.sends('P.', { length: 100, ts: [59_999, 1] }), 'old-timestamp')
      peer.expects('.', { ack: 101 })
      app.reads(0)
    }),
  )

  test(
    'R1: the same age is taken',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [60_000, 1] })
      peer.sends('P.', { length: 100, ts: [60_000, 1] })
      app.reads(200)
    }),
  )

  test(
    'the comparison goes round at 2^32 (§5.2)',
    scripted({}, s => {
      const { app, peer } = s
      peer.clockOffset = 0xffff_fff0
      stamped(s)
      peer.sends('P.', { length: 100, ts: [0x10, 1] })
      app.reads(100)
      assert.equal(peer.sends('P.', { length: 100, ts: [0xffff_fff8, 1] }), 'old-timestamp')
    }),
  )

  test(
    'a reset is not judged by its age (§5.2)',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [60_000, 1] })
      peer.sends('R', { seq: 101, ts: [10, 1] })
      app.hears('closed reset')
    }),
  )

  test(
    'after 24 days of silence TS.Recent is no measure any more (§5.5)',
    scripted({}, s => {
      const { app, peer, clock } = s
      stamped(s)
      peer.sends('P.', { length: 100, ts: [60_000, 1] })
      app.reads(100)
      clock.advance(sec(25 * 86_400))
      peer.takes()
      peer.sends('P.', { length: 100, ts: [5, 1] })
      app.reads(100)
    }),
  )

  test(
    'an old duplicate from before the sequence numbers wrapped is kept out',
    scripted({}, s => {
      const { app, peer } = s
      stamped(s)
      peer.sends('P.', { length: 1000, ts: [60_000, 1] })
      app.reads(1000)
      peer.takes()
      assert.equal(peer.sends('P.', { seq: 1001, length: 500, ts: [50_001, 1] }), 'old-timestamp')
      app.reads(0)
      assert.equal(peer.sends('P.', { seq: 1001, length: 500, ts: [60_001, 1] }), undefined)
      app.reads(500)
    }),
  )

  /** Four segments are in flight; an acknowledgment has come that says which of them is there. */
  const overtaking = (s: Script, sackOk = true): void => {
    stamped(s, { sackOk })
    s.app.writes(4 * 1448)
    s.peer.takes()
    s.peer.sends('.', { ack: 1, ts: [50_020, 1], ...(sackOk ? { sack: [[4345, 5793]] } : {}) })
  }

  test(
    'duplicate acknowledgments that others have overtaken count, with their SACK blocks (§5.3, as in Linux)',
    scripted({}, s => {
      const { app, peer } = s
      overtaking(s)
      assert.equal(peer.sends('.', { ack: 1, ts: [50_010, 1], sack: [[1449, 2897]] }), undefined)
      assert.equal(app.info.sacked, 2 * 1448)
      assert.equal(peer.sends('.', { ack: 1, ts: [50_015, 1], sack: [[2897, 4345]] }), undefined)
      assert.equal(app.info.sacked, 3 * 1448)
      // TS.Recent stays.
      assert.equal(peer.expects('.', { seq: 1, length: 1448 }).ts?.[1], 50_020)
    }),
  )

  test(
    'and without SACK, too',
    scripted({}, s => {
      overtaking(s, false)
      assert.equal(s.peer.sends('.', { ack: 1, ts: [50_010, 1] }), undefined)
      assert.equal(s.peer.sends('.', { ack: 1, ts: [50_015, 1] }), undefined)
      assert.equal(s.app.info.recovery, 'fast')
    }),
  )

  for (const [what, spoil] of [
    ['older than the retransmission timeout', { ts: [49_700, 1] }],
    ['with text', { length: 1 }],
    ['with a sequence number of its own', { seq: 0 }],
    ['with another window', { wnd: 60_000 }],
    ['that acknowledge something', { ack: 1449 }],
  ] as const) {
    test(
      `but not those ${what} (§5.3)`,
      scripted({}, s => {
        overtaking(s)
        assert.ok(s.app.connection.rto <= ms(300))
        const late = { ack: 1, ts: [50_010, 1], sack: [[1449, 2897]] } as const
        assert.equal(s.peer.sends('.', { ...late, ...spoil }), 'old-timestamp')
        assert.equal(s.app.info.sacked, 1448)
      }),
    )
  }

  test(
    'nor those that come when nothing is in flight (§5.3)',
    scripted({}, s => {
      stamped(s)
      s.peer.sends('.', { ts: [50_020, 1] })
      assert.equal(s.peer.sends('.', { ts: [50_010, 1] }), 'old-timestamp')
    }),
  )
})
