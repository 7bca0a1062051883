/** RFC 9293 §3.6 (closing), §3.7.4 (Nagle, RFC 896), §3.8 (data, windows, acknowledgments), §3.10.2 to §3.10.5. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { scripted } from './script.ts'

describe('closing (RFC 9293 §3.6)', () => {
  test(
    'figure 12: we close, the peer closes, TIME-WAIT',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.closes()
      peer.expects('F.', { seq: 1, ack: 1 })
      app.is('fin-wait-1')
      peer.sends('.')
      app.is('fin-wait-2')
      peer.sends('F.')
      peer.expects('.', { seq: 2, ack: 2 })
      app.is('time-wait')
      app.hears('ended', 'closed closed')
    }),
  )

  test(
    'figure 12, the other side: CLOSE-WAIT, LAST-ACK, CLOSED',
    scripted({}, ({ app, peer, connected, scheduler }) => {
      connected()
      peer.sends('F.')
      peer.expects('.', { seq: 1, ack: 2 })
      app.is('close-wait')
      app.hears('ended')
      app.closes()
      peer.expects('F.', { seq: 1, ack: 2 })
      app.is('last-ack')
      peer.sends('.')
      app.is('closed')
      app.hears('closed closed')
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'figure 13: simultaneous close',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.closes()
      peer.expects('F.', { seq: 1, ack: 1 })
      peer.sends('F.', { ack: 1 })
      peer.expects('.', { seq: 2, ack: 2 })
      app.is('closing')
      peer.sends('.')
      app.is('time-wait')
    }),
  )

  test(
    'half-closed: the peer goes on sending for as long as it likes (§3.6)',
    scripted({}, ({ app, peer, reach, clock }) => {
      reach('fin-wait-2')
      for (let n = 0; n < 5; n++) {
        clock.advance(sec(5))
        peer.sends('P.', { length: 100 })
      }
      app.reads(500)
      app.is('fin-wait-2')
    }),
  )

  test(
    'half-closed: so do we when the peer has closed first',
    scripted({}, ({ app, peer, reach }) => {
      reach('close-wait')
      app.writes(2000)
      peer.expects('.', { seq: 1, length: 1460, ack: 2 })
      peer.sends('.')
      peer.expects('P.', { seq: 1461, length: 540, ack: 2 })
      peer.sends('.')
      app.writes(5)
      peer.expects('P.', { seq: 2001, length: 5 })
    }),
  )

  test(
    'TIME-WAIT lasts its time, then nothing is left (MUST-13)',
    scripted({ timeWait: sec(30) }, ({ app, reach, clock, scheduler }) => {
      reach('time-wait')
      clock.advance(sec(30) - 1)
      app.is('time-wait')
      clock.advance(1)
      app.is('closed')
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'FIN is sent again until it is acknowledged',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.closes()
      peer.expects('F.', { seq: 1 })
      peer.expectsAfter(ms(200), 'F.', { seq: 1, length: 0 })
      peer.expectsAfter(ms(400), 'F.', { seq: 1, length: 0 })
      peer.sends('.')
      app.is('fin-wait-2')
      peer.expectsNothingFor(sec(10))
    }),
  )

  test(
    'a lost FIN of the peer comes again and is acknowledged',
    scripted({}, ({ app, peer, reach }) => {
      reach('fin-wait-2')
      peer.sends('F.', { seq: 11 })
      peer.takes()
      app.is('fin-wait-2')
      peer.sends('P.', { seq: 1, length: 10 })
      peer.expects('.', { ack: 12 })
      app.is('time-wait')
    }),
  )

  test(
    'whoever has died is given up, in FIN-WAIT-1 and in LAST-ACK',
    scripted({ profile: 'rfc' }, ({ app, reach, clock, peer, scheduler }) => {
      reach('last-ack')
      clock.advance(sec(400))
      app.hears('closed timeout')
      assert.ok(peer.takes().every(({ flags, seq }) => flags === 'F.' && seq === 1))
      assert.equal(scheduler.next, undefined)
    }),
  )
})

describe('calls of the user (RFC 9293 §3.10.2 to §3.10.5)', () => {
  test(
    'SEND before the connection is open is queued (§3.10.2)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      assert.equal(app.writes(100), 100)
      peer.expectsNothing()
      peer.sends('S.', { mss: 1460 })
      assert.equal(peer.takes().at(-1)?.length, 100)
    }),
  )

  for (const state of ['fin-wait-1', 'fin-wait-2', 'closing', 'last-ack', 'time-wait'] as const) {
    test(
      `SEND in ${state} takes nothing: connection closing (§3.10.2)`,
      scripted({}, ({ app, peer, reach }) => {
        reach(state)
        assert.equal(app.writes(10), 0)
        peer.expectsNothing()
        app.is(state)
      }),
    )

    test(
      `CLOSE in ${state} changes nothing (§3.10.4)`,
      scripted({}, ({ app, peer, reach }) => {
        reach(state)
        app.closes()
        peer.expectsNothing()
        app.is(state)
        app.hears()
      }),
    )
  }

  test(
    'CLOSE waits for what is queued (§3.10.4)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 1000, mss: 1000 })
      app.writes(2500)
      app.closes()
      peer.expects('.', { seq: 1, length: 1000 })
      peer.expectsNothing()
      peer.sends('.', { wnd: 1000 })
      peer.expects('.', { seq: 1001, length: 1000 })
      peer.sends('.', { wnd: 1000 })
      peer.expects('FP.', { seq: 2001, length: 500 })
      peer.sends('.')
      app.is('fin-wait-2')
    }),
  )

  test(
    'CLOSE in SYN-SENT deletes the connection (§3.10.4)',
    scripted({}, ({ app, peer, reach, scheduler }) => {
      reach('syn-sent')
      app.closes()
      app.hears('closed aborted')
      peer.expectsNothing()
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'who has closed is not told that there is room to write (§3.10.2)',
    scripted({ sendBuffer: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      peer.sends('F.')
      app.hears('ended')
      assert.equal(app.writes(2000), 1000)
      app.closes()
      peer.takes()
      peer.sends('.')
      app.hears('closed closed')
    }),
  )

  test(
    'RECEIVE: what waited is delivered, and then the end (§3.10.3)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.pauses()
      peer.sends('P.', { length: 100 })
      peer.sends('P.', { length: 100 })
      peer.sends('F.')
      app.reads(0)
      app.is('close-wait')
      app.resumes()
      app.reads(200)
      app.hears('ended')
    }),
  )

  for (const state of ['syn-received', 'established', 'fin-wait-1', 'fin-wait-2', 'close-wait'] as const) {
    test(
      `ABORT in ${state} sends RST (§3.10.5)`,
      scripted({}, ({ app, peer, reach, scheduler }) => {
        reach(state)
        app.aborts()
        const { flags, length, seq } = peer.takes()[0]
        assert.deepEqual([flags[0], length, seq], ['R', 0, state === 'fin-wait-1' || state === 'fin-wait-2' ? 2 : 1])
        peer.expectsNothing()
        assert.equal(scheduler.next, undefined)
      }),
    )
  }

  for (const state of ['syn-sent', 'closing', 'last-ack', 'time-wait'] as const) {
    test(
      `ABORT in ${state} sends nothing (§3.10.5)`,
      scripted({}, ({ app, peer, reach, scheduler, stack }) => {
        reach(state)
        app.aborts()
        peer.expectsNothing()
        assert.equal([...stack.connections].length, 0)
        assert.equal(scheduler.next, undefined)
      }),
    )
  }

  test(
    'ABORT gives the queue up (§3.10.5)',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ wnd: 10 })
      app.writes(1000)
      peer.takes()
      app.aborts()
      app.hears('closed aborted')
      peer.takes()
      clock.advance(sec(100))
      peer.expectsNothing()
    }),
  )
})

describe('Nagle (RFC 9293 §3.7.4, RFC 896)', () => {
  test(
    'a small segment waits for the acknowledgment of what is in flight (SHLD-7)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (let n = 0; n < 10; n++) app.writes(10)
      peer.expects('P.', { seq: 1, length: 10 })
      peer.expectsNothingFor(ms(50))
      peer.sends('.')
      peer.expects('P.', { seq: 11, length: 90 })
    }),
  )

  test(
    'a full segment does not wait; the rest behind it does',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.expects('P.', { length: 10 })
      app.writes(1500)
      peer.expects('.', { seq: 11, length: 1460 })
      peer.expectsNothing()
      peer.sends('.')
      peer.expects('P.', { seq: 1471, length: 40 })
    }),
  )

  test(
    'with nothing in flight a small one goes at once',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (let n = 0; n < 3; n++) {
        app.writes(7)
        peer.expects('P.', { length: 7 })
        peer.sends('.')
      }
    }),
  )

  test(
    'it can be switched off for a connection (MUST-17)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.connection.noDelay = true
      for (let n = 0; n < 3; n++) {
        app.writes(7)
        peer.expects('P.', { seq: 1 + 7 * n, length: 7 })
      }
    }),
  )

  test(
    'FIN does not wait',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(7)
      peer.expects('P.', { length: 7 })
      app.writes(5)
      app.closes()
      peer.expects('FP.', { seq: 8, length: 5 })
    }),
  )
})

describe('pushing (RFC 9293 §3.9.1.2)', () => {
  test(
    'the last segment of the queue has PSH, those before it have not (MUST-60, MUST-61)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.writes(2500)
      peer.expects('.', { length: 1000 })
      peer.expects('.', { length: 1000 })
      peer.sends('.')
      const rest = peer.takes()
      assert.deepEqual(
        rest.map(({ flags }) => flags),
        ['P.'],
      )
    }),
  )

  test(
    'text is delivered whether it is pushed or not',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('.', { length: 10 })
      app.reads(10)
    }),
  )
})

describe('the peer’s window (RFC 9293 §3.8.6)', () => {
  test(
    'no octet beyond it is sent',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 3000, mss: 1000 })
      app.writes(10_000)
      assert.equal(
        peer.takes().reduce((sum, { length }) => sum + length, 0),
        3000,
      )
      peer.sends('.', { ack: 1001, wnd: 3000 })
      assert.deepEqual(
        peer.takes().map(({ seq, length }) => [seq, length]),
        [[3001, 1000]],
      )
    }),
  )

  test(
    'it may be taken back: nothing new is sent meanwhile, and all arrives in the end (MUST-34, SHLD-15)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 4000, mss: 1000 })
      app.writes(6000)
      assert.equal(peer.takes().length, 4)
      peer.sends('.', { ack: 1001, wnd: 1000 })
      peer.expectsNothing()
      app.is('established')
      peer.sends('.', { ack: 4001, wnd: 4000 })
      assert.deepEqual(
        peer.takes().map(({ seq }) => seq),
        [4001, 5001],
      )
    }),
  )

  test(
    'what lies beyond a shrunken window does not end the connection (SHLD-17)',
    scripted({ profile: 'rfc' }, ({ app, peer, connected, clock }) => {
      connected({ wnd: 4000, mss: 1000 })
      app.writes(4000)
      peer.takes()
      peer.sends('.', { ack: 1001, wnd: 0 })
      for (let n = 0; n < 60; n++) {
        clock.advance(sec(10))
        if (peer.takes().length > 0) peer.sends('.', { ack: 1001, wnd: 0 })
      }
      app.is('established')
    }),
  )

  test(
    'a small opening is not used for a small segment: silly window (§3.8.6.2.1, MUST-38)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 4000, mss: 1000 })
      app.writes(10_000)
      peer.takes()
      peer.sends('.', { ack: 4001, wnd: 100 })
      peer.expectsNothingFor(ms(100))
      peer.sends('.', { ack: 4001, wnd: 1000 })
      peer.expects('.', { seq: 4001, length: 1000 })
    }),
  )

  test(
    'half of the largest window that was ever offered is worth a segment (§3.8.6.2.1 (3))',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 600 })
      app.writes(2000)
      peer.expects('.', { seq: 1, length: 600 })
      peer.sends('.', { wnd: 299 })
      peer.expectsNothingFor(ms(100))
      peer.sends('.', { wnd: 300 })
      peer.expects('.', { seq: 601, length: 300 })
    }),
  )

  test(
    'all of the queue goes when it fits (§3.8.6.2.1 (2))',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 600 })
      app.writes(100)
      peer.expects('P.', { length: 100 })
    }),
  )
})

describe('a window of zero (RFC 9293 §3.8.6.1)', () => {
  test(
    'is probed after one timeout, with one octet beyond it (MUST-36, SHLD-29)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 0 })
      app.writes(100)
      peer.expectsNothingFor(ms(199))
      app.is('established')
      peer.expectsAfter(ms(1), '.', { seq: 1 }) // of one octet, or none as Linux does
    }),
  )

  test(
    'ever less often (SHLD-30)',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ wnd: 0 })
      app.writes(100)
      const times: number[] = []
      for (let n = 0; n < 4000; n++) {
        clock.advance(ms(100))
        for (const { at } of peer.takes()) {
          times.push(at)
          peer.sends('.', { ack: 1, wnd: 0 })
        }
      }
      const gaps = times.slice(1).map((at, n) => at - times[n])
      assert.ok(gaps.length > 5)
      assert.ok(gaps.every((gap, n) => n === 0 || gap >= gaps[n - 1]))
      assert.ok(gaps[3] >= 2 * gaps[1])
    }),
  )

  test(
    'without end, as long as the probes are answered (MUST-35, MUST-37)',
    scripted({ profile: 'rfc' }, ({ app, peer, connected, clock }) => {
      connected({ wnd: 0 })
      app.writes(100)
      for (let n = 0; n < 10_000; n++) {
        clock.advance(sec(1))
        if (peer.takes().length > 0) peer.sends('.', { ack: 1, wnd: 0 })
      }
      app.is('established')
      peer.sends('.', { ack: 1, wnd: 1000 })
      assert.equal(
        peer.takes().reduce((top, { seq, length }) => Math.max(top, seq + length), 0),
        101,
      )
    }),
  )

  test(
    'a window that opens is used at once; the news of it may be lost, the probe asks for it',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 1000, mss: 1000 })
      app.writes(3000)
      peer.expects('.', { length: 1000 })
      peer.sends('.', { wnd: 0 })
      peer.expectsAfter(ms(200), '.', { seq: 1001 })
      peer.sends('.', { ack: 1001, wnd: 2000 })
      assert.equal(
        peer.takes().reduce((top, { seq, length }) => Math.max(top, seq + length), 0),
        3001,
      )
    }),
  )

  test(
    'text of the peer is an answer to the probes as well (MUST-37)',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ wnd: 0 })
      app.writes(100)
      clock.advance(sec(1))
      assert.ok(app.connection.unanswered > 1)
      peer.sends('.', { length: 10, ack: 1, wnd: 0 })
      assert.equal(app.connection.unanswered, 0)
    }),
  )

  test(
    'what goes into a small window after long is text: it goes again after one timeout (§3.8.6.2.1, RFC 6298 (5.1))',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      peer.sends('.', { wnd: 100 })
      app.writes(1000)
      peer.expectsAfter(ms(200), '.', { seq: 1, length: 100 })
      peer.expectsAfter(ms(200), '.', { seq: 1, length: 100 })
      peer.expectsAfter(ms(400), '.', { seq: 1, length: 100 })
    }),
  )

  test(
    'acknowledgments of the peer count although its window is closed',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 1000, mss: 1000 })
      app.writes(1000)
      peer.expects('P.', { length: 1000 })
      peer.sends('.', { wnd: 0 })
      assert.equal(app.connection.queued, 0)
      peer.expectsNothingFor(sec(30))
    }),
  )
})

describe('our window (RFC 9293 §3.8.6.2.2)', () => {
  test(
    'its right edge never moves left (SHLD-14)',
    scripted({ receiveBuffer: 10_000 }, ({ app, peer, connected, clock }) => {
      connected({ mss: 1000 })
      let edge = 0
      const judge = (): void => {
        for (const { ack, wnd } of peer.takes()) {
          assert.ok(ack + wnd >= edge, `${ack + wnd} after ${edge}`)
          edge = ack + wnd
        }
      }
      for (let n = 0; n < 40; n++) {
        if (n % 8 === 0) app.pauses()
        if (n % 8 === 5) app.resumes()
        peer.sends('.', { length: Math.min([1000, 1, 333, 700, 64][n % 5], edge === 0 ? 1000 : edge - peer.nxt) })
        judge()
        clock.advance(ms(50))
        judge()
      }
    }),
  )

  test(
    'does not creep open: an update is worth a segment or half the buffer (MUST-39)',
    scripted({ receiveBuffer: 4000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      for (let n = 0; n < 4; n++) peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1 })
      assert.equal(peer.takes().at(-1)?.wnd, 0)
      app.resumes()
      const { wnd } = peer.expects('.')
      assert.ok(wnd >= 1000)
    }),
  )

  test(
    'a reader that resumes opens it with a segment of its own',
    scripted({ receiveBuffer: 2000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.expects('.', { ack: 2001, wnd: 0 })
      app.resumes()
      app.reads(2000)
      peer.expects('.', { ack: 2001, wnd: 2000 })
      peer.expectsNothingFor(sec(1))
    }),
  )
})

describe('when to acknowledge (RFC 9293 §3.8.6.3)', () => {
  test(
    'a lone segment after less than half a second (MUST-40, SHLD-18)',
    scripted({ profile: 'rfc' }, ({ peer, connected, clock }) => {
      connected()
      peer.sends('P.', { length: 100 })
      clock.advance(ms(499))
      peer.expects('.', { ack: 101, length: 0 })
      peer.expectsNothingFor(sec(1))
    }),
  )

  test(
    'every second full segment at once (SHLD-19)',
    scripted({}, ({ peer, connected }) => {
      connected()
      for (let n = 0; n < 6; n++) {
        peer.sends('.', { length: 1460 })
        peer.sends('.', { length: 1460 })
        peer.expects('.', { ack: 1 + 2920 * (n + 1) })
        peer.expectsNothing()
      }
      peer.expectsNothingFor(sec(1))
    }),
  )

  test(
    'what comes out of order at once, each time (MAY-13)',
    scripted({}, ({ peer, connected }) => {
      connected()
      for (let n = 1; n < 5; n++) {
        peer.sends('.', { seq: 1 + 1000 * n, length: 1000 })
        peer.expects('.', { ack: 1 })
      }
    }),
  )

  test(
    'what fills a gap at once (RFC 5681 §4.2)',
    scripted({}, ({ peer, connected }) => {
      connected()
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.sends('.', { seq: 3001, length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('.', { ack: 2001 })
      peer.sends('.', { seq: 2001, length: 1000 })
      peer.expects('.', { ack: 4001 })
    }),
  )

  test(
    'an acknowledgment is never answered',
    scripted({}, ({ peer, connected }) => {
      connected()
      for (let n = 0; n < 5; n++) peer.sends('.')
      peer.expectsNothingFor(sec(1))
    }),
  )
})
