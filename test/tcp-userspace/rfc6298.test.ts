/** RFC 6298: the retransmission timer, rule by rule; RFC 9293 §3.8.1 to §3.8.3. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { type Script, scripted } from './script.ts'

/** One octet goes to the peer and its acknowledgment comes back after `r`. */
function roundTrip({ app, peer, clock }: Script, r: number): void {
  app.writes(1)
  peer.expects('P.', { length: 1 })
  clock.advance(r)
  peer.sends('.')
}

describe('the computation (RFC 6298 §2)', () => {
  test(
    'before any measurement the timeout is one second (§2.1)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      assert.equal(app.connection.rto, sec(1))
      assert.equal(app.connection.srtt, undefined)
      peer.expectsAfter(sec(1), 'S', { seq: 0 })
    }),
  )

  for (const r of [100, 300, 1000]) {
    test(
      `the first measurement of ${r} ms: SRTT = R, RTTVAR = R/2, RTO = 3 R (§2.2)`,
      scripted({}, ({ app, peer, clock }) => {
        app.connects()
        peer.takes()
        clock.advance(ms(r) - 1)
        peer.sends('S.', { mss: 1460 })
        peer.takes()
        assert.equal(app.connection.srtt, ms(r) - 1)
        assert.ok(Math.abs(app.connection.rto - 3 * ms(r)) < ms(1))
      }),
    )
  }

  test(
    'later ones: RTTVAR first, then SRTT, with 1/4 and 1/8 (§2.3)',
    scripted({}, s => {
      const { app, peer, clock } = s
      app.connects()
      peer.takes()
      clock.advance(ms(800))
      peer.sends('S.', { mss: 1460 })
      peer.takes()
      let srtt = 800
      let rttvar = 400
      for (const r of [400, 900, 850, 300, 1200, 700]) {
        roundTrip(s, ms(r))
        rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - r)
        srtt = 0.875 * srtt + 0.125 * r
        assert.ok(Math.abs((app.connection.srtt ?? 0) / 1e6 - srtt) < 0.01)
        assert.ok(Math.abs(app.connection.rto / 1e6 - (srtt + 4 * rttvar)) < 0.1)
      }
    }),
  )

  test(
    'profile rfc: never below one second (§2.4)',
    scripted({ profile: 'rfc' }, s => {
      s.connected()
      for (let n = 0; n < 20; n++) roundTrip(s, ms(5))
      assert.equal(s.app.connection.rto, sec(1))
    }),
  )

  test(
    'profile linux: never below 200 ms',
    scripted({}, s => {
      s.connected()
      for (let n = 0; n < 20; n++) roundTrip(s, ms(5))
      assert.ok(s.app.connection.rto >= ms(200) && s.app.connection.rto <= ms(210), String(s.app.connection.rto))
    }),
  )

  test(
    'a maximum of at least 60 s (§2.5)',
    scripted({ profile: 'rfc' }, ({ app, peer, connected, clock }) => {
      connected()
      app.writes(1)
      peer.takes()
      clock.advance(sec(63))
      assert.ok(app.connection.rto >= sec(32))
      clock.advance(sec(60))
      assert.ok(app.connection.rto >= sec(60))
    }),
  )
})

describe('Karn’s algorithm (RFC 6298 §3, RFC 9293 MUST-18)', () => {
  test(
    'the acknowledgment of what was sent twice is no measurement',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected()
      const { srtt } = app.connection
      app.writes(10)
      peer.takes()
      clock.advance(ms(250))
      assert.equal(peer.takes().length, 1)
      clock.advance(ms(100))
      peer.sends('.')
      assert.equal(app.connection.srtt, srtt)
    }),
  )

  test(
    'and the backed-off timeout stays until there is one',
    scripted({}, s => {
      const { app, peer, connected, clock } = s
      connected()
      app.writes(10)
      peer.takes()
      clock.advance(ms(200))
      peer.takes()
      peer.sends('.')
      assert.equal(app.connection.rto, ms(400))
      app.writes(10)
      peer.takes()
      peer.expectsAfter(ms(400), 'P.', { seq: 11, length: 10 })
      peer.sends('.')
      assert.equal(app.connection.rto, ms(800))
      roundTrip(s, ms(10))
      assert.ok(app.connection.rto < ms(300))
    }),
  )

  test(
    'a measurement is taken once per round trip at least',
    scripted({}, s => {
      const { app, connected } = s
      connected()
      for (let n = 0; n < 10; n++) {
        const before = app.connection.srtt
        roundTrip(s, ms(50 + 10 * n))
        assert.notEqual(app.connection.srtt, before)
      }
    }),
  )
})

describe('the timer (RFC 6298 §5)', () => {
  test(
    '§5.1: it runs from the first segment that is sent, not from the last',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected()
      app.connection.noDelay = true
      app.writes(10)
      clock.advance(ms(150))
      app.writes(10)
      peer.takes()
      peer.expectsAfter(ms(50), 'P.', { seq: 1 })
    }),
  )

  test(
    '§5.2: it stops when all is acknowledged',
    scripted({}, ({ app, peer, connected, scheduler }) => {
      connected()
      app.writes(10)
      peer.takes()
      peer.sends('.')
      assert.equal(scheduler.next, undefined)
      peer.expectsNothingFor(sec(10))
    }),
  )

  test(
    '§5.3: it starts again at an acknowledgment of new data',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ mss: 1000 })
      app.writes(2000)
      peer.takes()
      clock.advance(ms(150))
      peer.sends('.', { ack: 1001 })
      const { rto } = app.connection
      peer.expectsAfter(rto, 'P.', { seq: 1001, length: 1000 })
    }),
  )

  test(
    '§5.3: but not at one that acknowledges nothing new',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected({ mss: 1000 })
      app.writes(2000)
      peer.takes()
      clock.advance(ms(150))
      peer.sends('.', { ack: 1 })
      peer.expectsAfter(ms(50), '.', { seq: 1, length: 1000 })
    }),
  )

  test(
    '§5.4: the earliest segment that is not acknowledged is sent again, alone',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.writes(4000)
      assert.equal(peer.takes().length, 4)
      peer.expectsAfter(ms(200), '.', { seq: 1, length: 1000 })
      peer.expectsNothing()
    }),
  )

  test(
    '§5.5, §5.6: each time the timeout is doubled',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.takes()
      for (const gap of [200, 400, 800, 1600, 3200, 6400]) peer.expectsAfter(ms(gap), 'P.', { seq: 1, length: 10 })
    }),
  )

  test(
    '§5.7: the SYN had to be sent again: three seconds when data begin',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.expects('S')
      peer.expectsAfter(sec(1), 'S')
      peer.sends('S.', { mss: 1460 })
      peer.takes()
      assert.equal(app.connection.rto, sec(3))
      app.writes(10)
      peer.expects('P.', { length: 10 })
      peer.expectsAfter(sec(3), 'P.', { seq: 1, length: 10 })
    }),
  )

  test(
    '§5.7: so it is for the passive side',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-received')
      peer.expectsAfter(sec(1), 'S.', { seq: 0 })
      peer.sends('.')
      assert.equal(app.connection.rto, sec(3))
    }),
  )

  test(
    'what is acknowledged in between is not sent again',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      app.writes(3000)
      peer.takes()
      peer.sends('.', { ack: 1501 })
      const { rto } = app.connection
      const again = peer.expectsAfter(rto, '.', { seq: 1501 })
      assert.ok(again.length === 1000 || again.length === 500)
    }),
  )
})

describe('giving up (RFC 9293 §3.8.3)', () => {
  test(
    'the connection is closed and the user told, with the reason (MUST-20)',
    scripted({ profile: 'rfc' }, ({ app, peer, connected, clock, scheduler }) => {
      connected()
      app.writes(10)
      clock.advance(sec(99))
      app.is('established')
      clock.advance(sec(900))
      app.hears('closed timeout')
      peer.takes()
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'how long no answer has come can be asked for (SHLD-9, SHLD-10)',
    scripted({}, ({ app, peer, connected, clock }) => {
      connected()
      app.writes(10)
      assert.equal(app.connection.unanswered, 1)
      clock.advance(ms(1400))
      assert.equal(app.connection.unanswered, 4)
      peer.takes()
      peer.sends('.')
      assert.equal(app.connection.unanswered, 0)
    }),
  )

  test(
    'an answer in between begins the count anew',
    scripted({ profile: 'rfc' }, ({ app, peer, connected, clock }) => {
      connected({ mss: 100 })
      app.writes(1000)
      peer.takes()
      for (let n = 1; n < 10; n++) {
        clock.advance(sec(60))
        peer.sends('.', { ack: 1 + 100 * n })
      }
      app.is('established')
    }),
  )
})
