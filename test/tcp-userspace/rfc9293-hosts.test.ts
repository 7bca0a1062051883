/**
 * What a host does beyond the stream: initial sequence numbers (RFC 9293 §3.4.1), keep-alive (§3.8.4, RFC 1122 §4.2.3.6),
 * user timeout (§3.8.3), unread data (§3.6.1), TIME-WAIT and who comes back (RFC 6191), CUBIC (RFC 9438), backlog.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { type Script, type ScriptOptions, scripted } from './script.ts'

const HOURS = 3600

describe('initial sequence numbers (RFC 9293 §3.4.1)', () => {
  /** What stands in the SYN of a connection from that port. */
  const opening = ({ app, peer }: Script): number => {
    app.connects()
    const { bytes } = peer.expects('S')
    app.aborts()
    peer.takes()
    return ((bytes[4] << 24) | (bytes[5] << 16) | (bytes[6] << 8) | bytes[7]) >>> 0
  }

  test(
    'come from a clock of 4 microseconds (MUST-8)',
    scripted({ ownNumbers: 1 }, s => {
      const first = opening(s)
      s.clock.advance(sec(1))
      assert.equal((opening(s) - first) >>> 0, 250_000)
      s.clock.advance(sec(3600))
      assert.equal((opening(s) - first) >>> 0, (250_000 * 3601) % 2 ** 32)
    }),
  )

  test(
    'and from a keyed function of the endpoints (SHLD-1)',
    scripted({ ownNumbers: 1 }, s => {
      const first = opening(s)
      s.peer.port = 4001
      const other = opening(s)
      s.peer.port = 4002
      const third = opening(s)
      assert.equal(new Set([first, other, third, (other - first) >>> 0, (third - other) >>> 0]).size, 5)
    }),
  )

  test('the key is secret: another one gives other numbers (MUST-9)', () => {
    const numbers = [1, 2, 3].map(key => {
      let found = 0
      scripted({ ownNumbers: key }, s => {
        found = opening(s)
      })()
      return found
    })
    assert.equal(new Set(numbers).size, 3)
  })
})

describe('keep-alive (RFC 9293 §3.8.4, RFC 1122 §4.2.3.6)', () => {
  test(
    'is off unless asked for (MUST-25)',
    scripted({}, ({ peer, connected, scheduler }) => {
      connected()
      assert.equal(scheduler.next, undefined)
      peer.expectsNothingFor(sec(100 * HOURS))
    }),
  )

  test(
    'after two hours of silence, not before (MUST-26, MUST-28)',
    scripted({ keepAlive: true }, ({ peer, connected }) => {
      connected()
      peer.expectsAfter(sec(2 * HOURS), '.', { seq: 0, ack: 1 })
    }),
  )

  test(
    'a probe stands one before SND.NXT and has no text (SHLD-12)',
    scripted({ keepAlive: true }, ({ app, peer, connected, clock }) => {
      connected()
      app.writes(100)
      peer.takes()
      peer.sends('.')
      clock.advance(sec(2 * HOURS))
      peer.expects('.', { seq: 100, length: 0 })
    }),
  )

  test(
    'the interval can be chosen (MUST-27)',
    scripted({ keepAlive: { idle: sec(10), interval: sec(5), probes: 3 } }, ({ app, peer, connected }) => {
      connected()
      peer.expectsAfter(sec(10), '.', { seq: 0 })
      peer.expectsAfter(sec(5), '.', { seq: 0 })
      peer.expectsAfter(sec(5), '.', { seq: 0 })
      peer.expectsNothingFor(sec(5) - 1)
      app.is('established')
    }),
  )

  test(
    'a connection may ask for it, and stop asking (MUST-24)',
    scripted({ keepAlive: { idle: sec(10) } }, ({ app, peer, connected }) => {
      connected()
      app.connection.keepAlive = false
      peer.expectsNothingFor(sec(100))
      app.connection.keepAlive = true
      peer.expectsAfter(sec(10), '.', { seq: 0 })
    }),
  )

  test(
    'one answer that is lost ends nothing (MUST-29)',
    scripted({ keepAlive: { idle: sec(10), interval: sec(5), probes: 3 } }, ({ app, peer, connected, clock }) => {
      connected()
      for (let n = 0; n < 5; n++) {
        clock.advance(sec(15))
        assert.ok(peer.takes().length > 0)
        peer.sends('.')
      }
      app.is('established')
    }),
  )

  test(
    'no answer at all: the connection is given up',
    scripted(
      { keepAlive: { idle: sec(10), interval: sec(5), probes: 3 } },
      ({ app, peer, connected, clock, scheduler }) => {
        connected()
        clock.advance(sec(10 + 3 * 5))
        app.hears('closed timeout')
        peer.takes()
        assert.equal(scheduler.next, undefined)
      },
    ),
  )

  test(
    'the dead peer is told by a reset, if it is there after all',
    scripted({ keepAlive: { idle: sec(10) } }, ({ app, peer, connected }) => {
      connected()
      peer.expectsAfter(sec(10), '.', { seq: 0 })
      peer.sends('R', { seq: 1 })
      app.hears('closed reset')
    }),
  )

  test(
    'traffic puts it off',
    scripted({ keepAlive: { idle: sec(10) } }, ({ peer, connected, clock }) => {
      connected()
      for (let n = 0; n < 5; n++) {
        clock.advance(sec(9))
        peer.sends('P.', { length: 1 })
        clock.advance(ms(40))
        peer.takes()
      }
      peer.expectsNothingFor(sec(9))
    }),
  )

  test(
    'our own probe is answered when it is the peer who asks',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('.', { seq: 0 })
      peer.expects('.', { seq: 1, ack: 1 })
      peer.sends('.', { seq: 0, length: 1, text: Uint8Array.of(0) })
      peer.expects('.', { seq: 1, ack: 1 })
      app.reads(0)
    }),
  )

  test(
    'while the other timer is asking it neither asks nor counts',
    scripted({ keepAlive: { idle: sec(10), interval: sec(5), probes: 3 } }, ({ app, peer, connected, clock }) => {
      connected({ wnd: 0 })
      app.writes(100)
      for (let n = 0; n < 3000; n++) {
        clock.advance(sec(1))
        for (const { seq } of peer.takes()) {
          assert.equal(seq, 1)
          peer.sends('.', { ack: 1, wnd: 0 })
        }
      }
      app.is('established')
    }),
  )

  test(
    'the timer is gone with the connection',
    scripted({ keepAlive: true }, ({ app, peer, connected, scheduler }) => {
      connected()
      app.aborts()
      peer.takes()
      assert.equal(scheduler.next, undefined)
    }),
  )
})

describe('user timeout (RFC 9293 §3.8.3, MUST-21; RFC 5482)', () => {
  test(
    'ends a connection whose octets nobody acknowledges',
    scripted({ userTimeout: sec(10) }, ({ app, connected, clock, peer }) => {
      connected()
      app.writes(10)
      clock.advance(sec(9))
      app.is('established')
      clock.advance(sec(5))
      app.hears('closed timeout')
      peer.takes()
    }),
  )

  test(
    'can be longer than the usual patience',
    scripted({ profile: 'rfc', userTimeout: sec(5000) }, ({ app, connected, clock }) => {
      connected()
      app.writes(10)
      clock.advance(sec(4900))
      app.is('established')
      clock.advance(sec(400))
      app.hears('closed timeout')
    }),
  )

  test(
    'an idle connection is not ended by it',
    scripted({ userTimeout: sec(10) }, ({ app, connected, clock }) => {
      connected()
      clock.advance(sec(1000))
      app.is('established')
    }),
  )

  test(
    'may be set for one connection',
    scripted({}, ({ app, connected, clock }) => {
      connected()
      app.connection.userTimeout = sec(3)
      app.writes(10)
      clock.advance(sec(8))
      app.hears('closed timeout')
    }),
  )

  test(
    'an acknowledgment gives it new time',
    scripted({ userTimeout: sec(10) }, ({ app, peer, connected, clock }) => {
      connected({ mss: 100 })
      app.writes(500)
      for (let n = 1; n < 5; n++) {
        clock.advance(sec(7))
        peer.takes()
        peer.sends('.', { ack: 1 + 100 * n })
      }
      app.is('established')
    }),
  )
})

describe('user timeout and a closed window (RFC 9293 §3.8.6.1)', () => {
  /** The window is closed, ten octets wait, and the peer answers every probe within that time. */
  const answered = ({ peer, clock, events }: Script, time: number): void => {
    for (let n = 0; n < time / ms(100) && !events.some(event => event.startsWith('closed')); n++) {
      clock.advance(ms(100))
      if (peer.takes().length > 0) peer.sends('.', { ack: 1, wnd: 0 })
    }
  }

  test(
    'no user timeout: answered probes keep the connection open (MUST-37)',
    scripted({}, s => {
      s.connected({ wnd: 0 })
      s.app.writes(10)
      answered(s, sec(7200))
      s.app.is('established')
    }),
  )

  test(
    'a user timeout ends it: the octets are not delivered in time (§3.9.1.1; Linux’s TCP_USER_TIMEOUT)',
    scripted({ userTimeout: sec(10) }, s => {
      s.connected({ wnd: 0 })
      s.app.writes(10)
      answered(s, sec(9))
      s.app.is('established')
      answered(s, sec(2))
      s.app.hears('closed timeout')
    }),
  )

  test(
    'a window that opens gives it new time',
    scripted({ userTimeout: sec(10) }, s => {
      const { app, peer, connected } = s
      connected({ wnd: 0 })
      app.writes(20)
      answered(s, sec(8))
      peer.takes()
      peer.sends('.', { ack: 1, wnd: 10 })
      peer.takes()
      peer.sends('.', { ack: 11, wnd: 0 })
      for (let n = 0; n < 80; n++) {
        s.clock.advance(ms(100))
        if (peer.takes().length > 0) peer.sends('.', { ack: 11, wnd: 0 })
      }
      app.is('established')
      s.clock.advance(sec(4))
      app.hears('closed timeout')
      peer.takes()
    }),
  )

  test(
    'and so does an octet that a probe brings across',
    scripted({ userTimeout: sec(10) }, ({ app, peer, connected, clock }) => {
      connected({ wnd: 0 })
      app.writes(100)
      for (let n = 0; n < 200; n++) {
        clock.advance(ms(100))
        if (peer.takes().length > 0) peer.sends('.', { wnd: 0 })
      }
      app.is('established')
      assert.ok(peer.seen > 2)
      clock.advance(sec(11))
      app.hears('closed timeout')
      peer.takes()
    }),
  )
})

describe('closing both ways (RFC 9293 §3.6.1)', () => {
  test(
    'unread octets are answered with RST: they are lost (SHLD-3)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.pauses()
      peer.sends('P.', { length: 10 })
      app.shuts()
      const { flags } = peer.takes().at(-1) ?? { flags: '' }
      assert.ok(flags.includes('R'), flags)
      assert.deepEqual(app.connectionState(), 'closed')
    }),
  )

  test(
    'octets that come later as well (SHLD-3)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.shuts()
      peer.expects('F.', { seq: 1 })
      peer.sends('.')
      assert.equal(peer.sends('P.', { length: 10 }), 'after-close')
      assert.ok(peer.takes()[0]?.flags.includes('R'))
      assert.deepEqual(app.connectionState(), 'closed')
    }),
  )

  test(
    'with nothing unread it ends in order',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 10 })
      app.reads(10)
      app.shuts()
      peer.expects('F.', { seq: 1, ack: 11 })
      peer.sends('F.')
      peer.expects('.', { seq: 2, ack: 12 })
      app.is('time-wait')
    }),
  )

  test(
    'a peer that never ends its side is not waited for in FIN-WAIT-2',
    scripted({ finWait2: sec(60) }, ({ app, peer, connected, clock, scheduler }) => {
      connected()
      app.shuts()
      peer.takes()
      peer.sends('.')
      app.is('fin-wait-2')
      clock.advance(sec(59))
      app.is('fin-wait-2')
      clock.advance(sec(2))
      assert.deepEqual(app.connectionState(), 'closed')
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'after a half-close it is waited for without end',
    scripted({ finWait2: sec(60) }, ({ app, reach, clock }) => {
      reach('fin-wait-2')
      clock.advance(sec(10_000))
      app.is('fin-wait-2')
    }),
  )
})

describe('a SYN in TIME-WAIT (RFC 9293 §3.6.1 MAY-2, RFC 6191 §2)', () => {
  /** The peer had opened, we have closed first and stand in TIME-WAIT. */
  const waiting = (s: Script, stamps: boolean): void => {
    s.peer.timestamps = stamps
    s.accepted()
    s.app.closes()
    s.peer.takes()
    s.peer.sends('.')
    s.peer.sends('F.')
    s.peer.takes()
    s.app.is('time-wait')
    s.clock.advance(sec(1))
  }
  const states = ({ stack }: Script): string[] => [...stack.connections].map(({ state }) => state)

  test(
    'with a newer timestamp a new connection begins',
    scripted({}, s => {
      waiting(s, true)
      s.peer.sends('S', { seq: -1000, mss: 1460 })
      assert.equal(s.peer.takes()[0]?.flags, 'S.')
      assert.deepEqual(states(s), ['syn-received'])
    }),
  )

  test(
    'our new number lies beyond the old ones (MAY-2)',
    scripted({ ownNumbers: 3 }, s => {
      waiting(s, true)
      const old = s.app.connection.sndNxt
      s.peer.sends('S', { seq: -1000, mss: 1460 })
      const { bytes } = s.peer.takes()[0]
      const zero = (bytes[4] << 24) | (bytes[5] << 16) | (bytes[6] << 8) | bytes[7] | 0
      assert.ok(((zero - old) | 0) > 0)
    }),
  )

  test(
    'with an older timestamp it does not',
    scripted({}, s => {
      waiting(s, true)
      s.peer.sends('S', { seq: 1_000_000, mss: 1460, ts: [s.peer.clockOffset - 5, 0] })
      assert.ok(s.peer.takes().every(({ flags }) => flags === '.'))
      assert.deepEqual(states(s), ['time-wait'])
    }),
  )

  test(
    'without timestamps: a larger sequence number begins a new one',
    scripted({}, s => {
      waiting(s, false)
      s.peer.sends('S', { seq: 100, mss: 1460 })
      assert.equal(s.peer.takes()[0]?.flags, 'S.')
      assert.deepEqual(states(s), ['syn-received'])
    }),
  )

  test(
    'without timestamps: a smaller one does not',
    scripted({}, s => {
      waiting(s, false)
      s.peer.sends('S', { seq: -100, mss: 1460 })
      assert.ok(s.peer.takes().every(({ flags }) => flags === '.'))
      assert.deepEqual(states(s), ['time-wait'])
    }),
  )

  test(
    'nobody listens any more: TIME-WAIT stays',
    scripted({}, s => {
      s.connected()
      s.app.closes()
      s.peer.takes()
      s.peer.sends('.')
      s.peer.sends('F.')
      s.peer.takes()
      s.peer.sends('S', { seq: 100, mss: 1460 })
      assert.ok(s.peer.takes().every(({ flags }) => flags === '.'))
      assert.deepEqual(states(s), ['time-wait'])
    }),
  )
})

describe('CUBIC (RFC 9438)', () => {
  const CUBIC: ScriptOptions = { congestion: 'cubic', sendBuffer: 4_000_000 }
  const MSS = 1000
  const flow = (s: Script): void => {
    s.connected({ mss: MSS, scale: 10, wnd: 65_535, sackOk: true })
    s.peer.sends('.')
    s.app.writes(3_000_000)
  }
  /** All that was sent is acknowledged a round trip later. */
  const round = (s: Script, rtt: number): void => {
    const sent = s.peer.takes()
    s.clock.advance(rtt)
    for (const { seq, length } of sent) s.peer.sends('.', { ack: seq + length })
  }
  const loss = (s: Script): void => {
    const [first, ...rest] = s.peer.takes()
    assert.ok(first)
    s.peer.sends('.', { ack: first.seq, sack: [[first.seq + MSS, first.seq + 5 * MSS]] })
    s.peer.takes()
    const last = rest.at(-1)
    assert.ok(last)
    s.clock.advance(ms(100))
    s.peer.sends('.', { ack: s.peer.seen })
  }

  test(
    'slow start is that of RFC 5681 (§4.10)',
    scripted(CUBIC, s => {
      flow(s)
      s.peer.takes()
      s.peer.sends('.', { ack: 1001 })
      assert.equal(s.app.info.cwnd, 11 * MSS)
    }),
  )

  test(
    'a loss takes three tenths of the window (§4.6)',
    scripted(CUBIC, s => {
      flow(s)
      for (let n = 0; n < 4; n++) round(s, ms(100))
      const flight = (s.app.connection.sndNxt - s.app.connection.sndUna) >>> 0
      loss(s)
      assert.ok(Math.abs(s.app.info.ssthresh - 0.7 * flight) <= MSS, `${s.app.info.ssthresh} of ${flight}`)
    }),
  )

  test(
    'after it the window grows slowly near where the loss was, and faster beyond (§4.2)',
    scripted(CUBIC, s => {
      flow(s)
      for (let n = 0; n < 4; n++) round(s, ms(100))
      const before = s.app.info.cwnd
      loss(s)
      const windows: number[] = []
      for (let n = 0; n < 150; n++) {
        round(s, ms(100))
        windows.push(s.app.info.cwnd)
        if (s.app.connection.queued < 1_000_000) s.app.writes(2_000_000)
      }
      assert.ok(windows[5] < before)
      assert.ok(windows.every((cwnd, n) => n === 0 || cwnd >= windows[n - 1]))
      const k = Math.cbrt((0.3 * before) / MSS / 0.4)
      const reached = windows.findIndex(cwnd => cwnd >= 0.99 * before) / 10
      assert.ok(reached > 0.5 * k && reached < 1.3 * k, `${reached} s, K is ${k} s`)
      assert.ok((windows.at(-1) ?? 0) > 1.5 * before)
    }),
  )

  test(
    'a second loss below the first one’s window: fast convergence (§4.7)',
    scripted(CUBIC, s => {
      flow(s)
      for (let n = 0; n < 4; n++) round(s, ms(100))
      loss(s)
      for (let n = 0; n < 3; n++) round(s, ms(100))
      const { cwnd } = s.app.info
      loss(s)
      assert.ok(s.app.info.ssthresh < cwnd)
      s.app.is('established')
    }),
  )

  test(
    'a timeout leaves one segment and seven tenths as ssthresh (§4.8)',
    scripted(CUBIC, s => {
      flow(s)
      s.peer.takes()
      s.clock.advance(ms(200))
      assert.equal(s.app.info.cwnd, MSS)
      assert.equal(s.app.info.ssthresh, 7 * MSS)
    }),
  )
})

describe('congestion control of one’s own (RFC 5681 §3)', () => {
  test('is asked for the window, and told of acknowledgments, losses and timeouts', () => {
    const told: string[] = []
    const control = {
      cwnd: 2000,
      ssthresh: 4000,
      onAck: (acked: number) => told.push(`ack ${acked}`),
      onLoss: () => told.push('loss'),
      onTimeout: () => told.push('timeout'),
      onIdle: () => told.push('idle'),
    }
    scripted({ congestion: () => control, sendBuffer: 100_000 }, s => {
      s.connected({ mss: 1000, wnd: 65_535 })
      s.app.writes(50_000)
      assert.deepEqual(
        s.peer.takes().map(({ length }) => length),
        [1000, 1000],
      )
      s.peer.sends('.', { ack: 1001 })
      assert.deepEqual(told, ['ack 1000'])
      assert.equal(s.peer.takes().length, 1)
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1001 })
      assert.ok(told.includes('loss'))
      s.clock.advance(sec(1))
      assert.ok(told.includes('timeout'))
    })()
  })
})

describe('backlog (RFC 9293 §3.9.1.1; RFC 4987)', () => {
  test(
    'half-open connections are limited; more SYNs are dropped without an answer',
    scripted({}, ({ app, peer, stack }) => {
      const listener = app.listens({ backlog: 3 })
      for (let n = 0; n < 5; n++) {
        peer.port = 5000 + n
        peer.restarts(n * 1000)
        assert.equal(peer.sends('S', { mss: 1460 }), n < 3 ? undefined : 'backlog-full')
      }
      assert.equal(peer.takes().length, 3)
      assert.equal(listener.halfOpen, 3)
      assert.equal([...stack.connections].length, 3)
    }),
  )

  test(
    'open connections do not count',
    scripted({}, ({ app, peer, stack }) => {
      app.listens({ backlog: 1 })
      for (let n = 0; n < 5; n++) {
        peer.port = 5000 + n
        peer.restarts(n * 1000)
        peer.sends('S', { mss: 1460 })
        peer.expects('S.')
        peer.sends('.')
      }
      assert.equal([...stack.connections].length, 5)
    }),
  )
})
