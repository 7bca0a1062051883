/** RFC 9293 §3.10.7.4 (SEGMENT ARRIVES, otherwise): every check in every state that it names. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { State } from 'tcp-userspace'
import { ms, sec } from '../../src/base/time.ts'
import { type Script, type ScriptOptions, scripted } from './script.ts'

const SYNCHRONISED: readonly State[] = [
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'close-wait',
  'closing',
  'last-ack',
  'time-wait',
]
/** The peer has not sent FIN yet. */
const OPEN: readonly State[] = ['established', 'fin-wait-1', 'fin-wait-2']
const AFTER_FIN: readonly State[] = ['close-wait', 'closing', 'last-ack', 'time-wait']

/** SND.NXT and RCV.NXT that the state has been reached with. */
const sndNxt = (state: State): number => (['syn-received', 'established', 'close-wait'].includes(state) ? 1 : 2)
const rcvNxt = (state: State): number => (AFTER_FIN.includes(state) ? 2 : 1)
const truth = ({ peer }: Script, state: State): void => {
  peer.expects('.', { seq: sndNxt(state), ack: rcvNxt(state), length: 0 })
  peer.expectsNothing()
}

describe('first: the sequence number (RFC 9293 §3.10.7.4)', () => {
  for (const state of SYNCHRONISED) {
    test(
      `in ${state} text before the window is answered with an acknowledgment and dropped`,
      scripted({}, s => {
        s.reach(state)
        assert.equal(s.peer.sends('P.', { seq: rcvNxt(state) - 100, length: 100, ack: 1 }), 'duplicate')
        truth(s, state)
        s.app.is(state)
        s.app.reads(0)
      }),
    )

    test(
      `in ${state} text behind the window is answered with an acknowledgment and dropped`,
      scripted({}, s => {
        s.reach(state)
        const edge = rcvNxt(state) + s.app.connection.rcvWnd
        assert.equal(s.peer.sends('P.', { seq: edge, length: 100, ack: 1 }), 'out-of-window')
        truth(s, state)
        s.app.is(state)
      }),
    )

    test(
      `in ${state} a reset outside the window is dropped without an answer`,
      scripted({}, s => {
        s.reach(state)
        for (const seq of [rcvNxt(state) - 1, rcvNxt(state) + 70_000, rcvNxt(state) - 0x4000_0000]) {
          assert.equal(s.peer.sends('R', { seq }), 'out-of-window')
        }
        s.peer.expectsNothing()
        s.app.is(state)
      }),
    )
  }

  test(
    'in syn-received text outside the window is answered too',
    scripted({}, s => {
      s.reach('syn-received')
      s.peer.sends('P.', { seq: 100_000, ack: 1, length: 10 })
      s.peer.expects('.', { seq: 1, ack: 1 })
      s.app.is('syn-received')
    }),
  )

  test(
    'the four cases of the table: no length, no window',
    scripted({ receiveBuffer: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      peer.sends('P.', { length: 1000 })
      peer.expectsAfter(ms(40), '.', { ack: 1001, wnd: 0 })
      assert.equal(peer.sends('.', { seq: 1001 }), undefined)
      assert.equal(peer.sends('P.', { seq: 1001, length: 1 }), 'out-of-window')
      peer.expects('.', { ack: 1001, wnd: 0 })
      assert.equal(peer.sends('.', { seq: 1002 }), 'out-of-window')
      peer.expects('.', { ack: 1001, wnd: 0 })
    }),
  )

  test(
    'a reset at the closed window still counts (MUST-66)',
    scripted({ receiveBuffer: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      peer.sends('P.', { length: 1000 })
      peer.takes()
      peer.sends('R', { seq: 1001 })
      app.hears('closed reset')
    }),
  )

  test(
    'the acknowledgment of a probe of our closed window still counts (MUST-66)',
    scripted({ receiveBuffer: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      peer.sends('P.', { length: 1000 })
      app.writes(10)
      peer.expects('P.', { length: 10 })
      peer.sends('.', { seq: 1001, ack: 11, length: 1 })
      assert.equal(app.connection.sndUna, app.connection.sndNxt)
    }),
  )

  for (const [what, flags, named, discard] of [
    ['one octet before it', '.', { seq: 1000, length: 1 }, 'duplicate'],
    ['one octet beyond it', '.', { seq: 1002, length: 1 }, 'out-of-window'],
    ['there, but a SYN', 'S.', { seq: 1001 }, 'out-of-window'],
    ['there, but without ACK', 'P', { seq: 1001, length: 1 }, 'out-of-window'],
  ] as const) {
    test(
      `a segment at our closed window acknowledges nothing when it lies ${what} (MUST-66)`,
      scripted({ receiveBuffer: 1000 }, ({ app, peer, connected }) => {
        connected({ mss: 1000 })
        app.pauses()
        peer.sends('P.', { length: 1000 })
        app.writes(10)
        peer.expects('P.', { length: 10 })
        assert.equal(peer.sends(flags, { ...named, ack: 11 }), discard)
        assert.notEqual(app.connection.sndUna, app.connection.sndNxt)
        peer.expects('.', { ack: 1001, wnd: 0 })
      }),
    )
  }

  test(
    'a segment that begins before the window and ends in it is cut to fit',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 100 })
      app.reads(100)
      peer.sends('P.', { seq: 51, length: 100 })
      app.reads(50)
      peer.takes()
      peer.sends('P.', { seq: 1, length: 151 })
      app.reads(1)
    }),
  )

  test(
    'one that ends beyond the window is cut there, FIN and all',
    scripted({ receiveBuffer: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.pauses()
      peer.sends('FP.', { length: 1500 })
      peer.takes()
      app.resumes()
      app.reads(1000)
      app.is('established')
      peer.takes()
      peer.sends('FP.', { seq: 1001, length: 500 })
      app.reads(500)
      app.is('close-wait')
    }),
  )

  test(
    'what comes early is kept and not asked for again (SHLD-31)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.expects('.', { ack: 1 })
      app.reads(0)
      peer.sends('.', { seq: 2001, length: 1000 })
      peer.expects('.', { ack: 1 })
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('.', { ack: 3001 })
      app.reads(3000)
    }),
  )

  test(
    'all that is in order then is taken before one acknowledgment is sent (MUST-59)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (const n of [3, 1, 4, 2]) peer.sends('.', { seq: 1 + 100 * n, length: 100 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 100 })
      app.reads(500)
      peer.expects('.', { ack: 501 })
      peer.expectsNothing()
    }),
  )
})

describe('second: RST (RFC 9293 §3.10.7.4)', () => {
  for (const state of SYNCHRONISED) {
    test(
      `in ${state} exactly at RCV.NXT it ends the connection, without an answer`,
      scripted({}, s => {
        s.reach(state)
        const told = state === 'time-wait' ? 0 : 1
        s.peer.sends('R', { seq: rcvNxt(state) })
        s.app.is('closed')
        s.peer.expectsNothing()
        assert.equal(s.events.length, told, s.events.join())
        assert.equal(s.scheduler.next, undefined)
      }),
    )

    test(
      `in ${state} elsewhere in the window it is challenged`,
      scripted({}, s => {
        s.reach(state)
        assert.equal(s.peer.sends('R', { seq: rcvNxt(state) + 1 }), 'bad-reset')
        truth(s, state)
        s.app.is(state)
      }),
    )
  }

  for (const state of ['established', 'fin-wait-1', 'fin-wait-2', 'close-wait'] as const) {
    test(
      `in ${state} the user is told that the connection was reset (MUST-12)`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('R', { seq: rcvNxt(state) })
        s.app.hears('closed reset')
      }),
    )
  }

  test(
    'what had been queued is not sent, and what is written later is not taken',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ wnd: 10 })
      app.writes(1000)
      peer.takes()
      peer.sends('R')
      assert.equal(app.writes(5), 0)
      app.closes()
      clock.advance(sec(100))
      peer.expectsNothing()
    }),
  )

  test(
    'a reset may carry text (SHLD-2)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('R.', { length: 20 })
      app.hears('closed reset')
      app.reads(0)
    }),
  )

  test(
    'text that waited for a paused reader is not delivered after a reset',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.pauses()
      peer.sends('P.', { length: 10 })
      peer.sends('R')
      app.hears('closed reset')
      app.resumes()
      app.reads(0)
      app.hears()
    }),
  )

  test(
    'in time-wait it takes nothing away from a slow reader: both streams are whole (RFC 1337)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.pauses()
      app.closes()
      peer.takes()
      peer.sends('FP.', { length: 100 })
      peer.takes()
      app.is('time-wait')
      peer.sends('R', { seq: 102 })
      app.is('closed')
      app.hears()
      app.resumes()
      app.reads(100)
      app.hears('ended', 'closed closed')
    }),
  )
})

describe('fourth: SYN (RFC 9293 §3.10.7.4)', () => {
  for (const state of SYNCHRONISED.filter(one => one !== 'time-wait')) {
    test(
      `in ${state} a SYN in the window is challenged`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('S', { seq: rcvNxt(state) + 10 })
        truth(s, state)
        s.app.is(state)
      }),
    )

    test(
      `in ${state} a SYN,ACK that comes again is acknowledged, and nothing else happens`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('S.', { seq: 0, ack: 1 })
        truth(s, state)
        s.app.is(state)
      }),
    )
  }

  test(
    'in syn-received of a listener it leads back to LISTEN',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-received')
      peer.sends('S', { seq: 100 })
      app.is('closed')
      app.hears()
    }),
  )
})

describe('fifth: ACK (RFC 9293 §3.10.7.4)', () => {
  for (const state of SYNCHRONISED) {
    test(
      `in ${state} a segment without ACK is dropped`,
      scripted({}, s => {
        s.reach(state)
        assert.equal(s.peer.sends('P', { seq: rcvNxt(state), length: 10 }), 'no-ack')
        s.peer.expectsNothing()
        s.app.is(state)
      }),
    )
  }

  for (const state of SYNCHRONISED) {
    test(
      `in ${state} an acknowledgment of what was never sent is answered, the segment dropped`,
      scripted({}, s => {
        s.reach(state)
        assert.equal(s.peer.sends('P.', { seq: rcvNxt(state), ack: sndNxt(state) + 1, length: 10 }), 'bad-ack')
        truth(s, state)
        s.app.is(state)
        s.app.reads(0)
      }),
    )
  }

  for (const ack of [0, 2, -100, 1000]) {
    test(
      `in syn-received an acknowledgment of ${ack} is reset`,
      scripted({}, ({ app, peer, reach }) => {
        reach('syn-received')
        peer.sends('.', { seq: 1, ack })
        peer.expects('R', { seq: ack })
        app.is('syn-received')
        peer.sends('.', { seq: 1, ack: 1 })
        app.is('established')
      }),
    )
  }

  test(
    'a duplicate acknowledgment changes nothing',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.takes()
      peer.sends('.', { ack: 11 })
      peer.sends('.', { ack: 1 })
      assert.equal(app.connection.queued, 0)
      peer.expectsNothingFor(sec(1))
    }),
  )

  test(
    'SND.WND, SND.WL1 and SND.WL2: a newer segment changes the window, an older one does not',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { seq: 1, length: 10, wnd: 5000 })
      assert.equal(app.connection.sndWnd, 5000)
      peer.sends('P.', { seq: 11, length: 10, wnd: 4000 })
      peer.sends('P.', { seq: 1, length: 15, wnd: 9000 })
      assert.equal(app.connection.sndWnd, 4000)
      peer.sends('.', { seq: 21, wnd: 8000 })
      assert.equal(app.connection.sndWnd, 8000)
    }),
  )

  test(
    'the same sequence number with a newer acknowledgment changes the window',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.takes()
      peer.sends('.', { ack: 11, wnd: 3000 })
      assert.equal(app.connection.sndWnd, 3000)
      peer.sends('.', { ack: 1, wnd: 9999 })
      assert.equal(app.connection.sndWnd, 3000)
    }),
  )

  test(
    'fin-wait-1: the acknowledgment of FIN leads to FIN-WAIT-2, an earlier one does not',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      app.closes()
      peer.takes()
      peer.sends('.', { ack: 11 })
      app.is('fin-wait-1')
      peer.sends('.', { ack: 12 })
      app.is('fin-wait-2')
    }),
  )

  test(
    'closing: the acknowledgment of FIN leads to TIME-WAIT',
    scripted({}, ({ app, peer, reach }) => {
      reach('closing')
      peer.sends('.', { ack: 1 })
      app.is('closing')
      peer.sends('.', { ack: 2 })
      app.is('time-wait')
    }),
  )

  test(
    'last-ack: the acknowledgment of FIN deletes the connection',
    scripted({}, ({ app, peer, reach, scheduler }) => {
      reach('last-ack')
      peer.sends('.', { ack: 1 })
      app.is('last-ack')
      peer.sends('.', { ack: 2 })
      app.hears('closed closed')
      app.is('closed')
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'time-wait: old text that comes again is acknowledged, and 2 MSL run on',
    scripted({}, s => {
      s.connected()
      s.peer.sends('.', { length: 10 })
      s.app.closes()
      s.peer.sends('F.')
      s.peer.sends('.', { ack: 2 })
      s.app.is('time-wait')
      s.peer.takes()
      s.clock.advance(sec(40))
      s.peer.sends('.', { seq: 1, length: 10, ack: 2 })
      s.peer.expects('.', { ack: 12 })
      s.clock.advance(sec(20))
      s.app.is('closed')
    }),
  )

  test(
    'established: text or FIN that comes again starts no timer',
    scripted({}, s => {
      s.connected()
      s.peer.sends('.', { length: 10 })
      s.clock.advance(sec(1))
      s.peer.sends('.', { seq: 1, length: 10 })
      s.clock.advance(sec(1))
      s.peer.takes()
      assert.equal(s.scheduler.next, undefined)
      s.peer.sends('F.')
      s.peer.sends('F.', { seq: 11 })
      s.clock.advance(sec(100))
      s.app.is('close-wait')
    }),
  )

  test(
    'time-wait: the peer’s FIN that comes again is acknowledged, and 2 MSL start again',
    scripted({}, s => {
      s.reach('time-wait')
      s.clock.advance(sec(40))
      s.peer.sends('F.', { seq: 1, ack: 2 })
      truth(s, 'time-wait')
      s.clock.advance(sec(40))
      s.app.is('time-wait')
      s.clock.advance(sec(20))
      s.app.is('closed')
    }),
  )
})

describe('sixth: URG (RFC 9293 §3.10.7.4, §3.8.5)', () => {
  test(
    'segments with the bit are taken; the octets stay in their place',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('PU.', { length: 20, urgent: 10 })
      peer.sends('U.', { length: 20, urgent: 0xffff })
      app.reads(40)
    }),
  )

  test(
    'our own segments never have it, and the pointer is zero',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(100)
      assert.ok(!peer.expects('P.', { urgent: 0 }).flags.includes('U'))
    }),
  )
})

describe('seventh: text (RFC 9293 §3.10.7.4)', () => {
  for (const state of OPEN) {
    test(
      `in ${state} it is delivered and acknowledged`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('.', { seq: 1, length: 700, ack: state === 'fin-wait-1' ? 1 : sndNxt(state) })
        s.app.reads(700)
        s.peer.expectsAfter(ms(40), '.', { seq: sndNxt(state), ack: 701 })
      }),
    )
  }

  for (const state of AFTER_FIN) {
    test(
      `in ${state} there should be none: it is not delivered`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('P.', { seq: 2, length: 700, ack: 1 })
        s.app.reads(0)
        s.app.is(state)
      }),
    )
  }

  test(
    'an acknowledgment rides on text of ours (MUST-58)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 10 })
      app.writes(5)
      peer.expects('P.', { ack: 11, length: 5 })
      peer.expectsNothingFor(ms(150))
    }),
  )
})

describe('eighth: FIN (RFC 9293 §3.10.7.4)', () => {
  test(
    'a second FIN at another place does not count: the stream ends where the first one stood',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('F.', { seq: 1001 })
      peer.sends('F.', { seq: 501 })
      peer.sends('F.', { seq: 2001 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      app.reads(1000)
      app.hears('ended')
      peer.expects('.', { ack: 1002 })
    }),
  )

  test(
    'text beyond FIN is not taken, whatever came first',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('F.', { seq: 1001 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1500 })
      app.reads(1000)
      app.hears('ended')
      peer.expects('.', { ack: 1002 })
    }),
  )

  test('text is delivered before FIN, behind it, changes the state; also when both had to wait', () => {
    const states: State[] = []
    const handlers: ScriptOptions['handlers'] = app => ({ data: () => void states.push(app().state) })
    scripted({ handlers }, ({ app, peer, connected }) => {
      connected()
      peer.sends('F.', { seq: 1001, length: 1000 })
      peer.sends('.', { seq: 1, length: 1000 })
      app.reads(2000)
      app.is('close-wait')
      assert.deepEqual([...new Set(states)], ['established'])
    })()
  })

  for (const [state, next] of [
    ['established', 'close-wait'],
    ['fin-wait-1', 'closing'],
    ['fin-wait-2', 'time-wait'],
  ] as const) {
    test(
      `in ${state} it is acknowledged at once and leads to ${next}`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('F.', { seq: 1, ack: state === 'fin-wait-1' ? 1 : sndNxt(state) })
        s.peer.expects('.', { seq: sndNxt(state), ack: 2 })
        s.app.is(next)
      }),
    )
  }

  test(
    'in fin-wait-1, with the acknowledgment of our FIN, it leads to TIME-WAIT',
    scripted({}, s => {
      s.reach('fin-wait-1')
      s.peer.sends('F.', { seq: 1, ack: 2 })
      s.peer.expects('.', { seq: 2, ack: 2 })
      s.app.is('time-wait')
    }),
  )

  for (const state of ['close-wait', 'closing', 'last-ack'] as const) {
    test(
      `in ${state} it is acknowledged again, and the state stays`,
      scripted({}, s => {
        s.reach(state)
        s.peer.sends('F.', { seq: 1, ack: 1 })
        truth(s, state)
        s.app.is(state)
      }),
    )
  }

  test(
    'the user is told once, and after the last octet',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.pauses()
      peer.sends('FP.', { length: 10 })
      peer.sends('F.', { seq: 11 })
      app.hears()
      app.resumes()
      app.reads(10)
      app.hears('ended')
      peer.sends('F.', { seq: 11 })
      app.hears()
    }),
  )

  test(
    'FIN before text that is missing waits for it',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('F.', { seq: 101 })
      peer.expects('.', { ack: 1 })
      app.is('established')
      peer.sends('P.', { seq: 1, length: 100 })
      peer.expects('.', { ack: 102 })
      app.reads(100)
      app.hears('ended')
    }),
  )

  test(
    'in syn-sent and LISTEN it cannot be judged and is dropped',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      assert.equal(peer.sends('F'), 'unexpected')
      app.is('syn-sent')
    }),
  )
})
