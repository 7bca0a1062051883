/** RFC 9293 §3.4.1, §3.5, §3.10.1 and §3.10.7.1 to §3.10.7.3: how connections begin, and how they do not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { scripted, THEIR_PORT } from './script.ts'

describe('the figures (RFC 9293 §3.5)', () => {
  test(
    'figure 6: three-way handshake',
    scripted({}, ({ app, peer }) => {
      app.connects()
      app.is('syn-sent')
      peer.expects('S', { seq: 0, length: 0 })
      peer.sends('S.', { mss: 1460 })
      peer.expects('.', { seq: 1, ack: 1, length: 0 })
      app.is('established')
      app.hears('opened')
      app.writes(10)
      peer.expects('P.', { seq: 1, ack: 1, length: 10 })
    }),
  )

  test(
    'figure 6, as the other side: SYN-RECEIVED until our SYN is acknowledged',
    scripted({}, ({ app, peer, steps }) => {
      app.listens()
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { seq: 0, ack: 1, length: 0 })
      app.is('syn-received')
      app.hears()
      peer.sends('.')
      app.is('established')
      app.hears('opened')
      assert.deepEqual(
        steps.map(({ from, to }) => `${from} ${to}`),
        ['listen syn-received', 'syn-received established'],
      )
    }),
  )

  test(
    'figure 7: simultaneous open, each line of it (MUST-10)',
    scripted({}, ({ app, peer, steps }) => {
      app.connects()
      peer.expects('S', { seq: 0 })
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { seq: 0, ack: 1 })
      app.is('syn-received')
      peer.sends('S.', { seq: 0, ack: 1, mss: 1460 })
      app.is('established')
      app.hears('opened')
      assert.deepEqual(
        steps.map(({ to }) => to),
        ['syn-sent', 'syn-received', 'established'],
      )
    }),
  )

  test(
    'figure 7, the peer’s SYN,ACK is lost but its acknowledgment comes (MUST-10)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S', { mss: 1460 })
      peer.takes()
      peer.sends('.')
      app.is('established')
      peer.expectsNothing()
    }),
  )

  test(
    'figure 8: an old duplicate SYN is answered, the reset that follows leads back to LISTEN',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.restarts(90_000)
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { ack: 1 })
      peer.sends('R', { seq: 1 })
      app.is('closed')
      app.hears()
      peer.restarts(100_000)
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { ack: 1 })
      peer.sends('.')
      app.is('established')
    }),
  )

  test(
    'figure 9: a peer that has forgotten gets an acknowledgment for its SYN, and its reset ends ours',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 300 })
      peer.takes()
      peer.sends('S', { seq: -5000, mss: 1460 })
      peer.expects('.', { seq: 1, ack: 301, length: 0 })
      peer.sends('R', { seq: 301 })
      app.hears('closed reset')
      app.is('closed')
      peer.expectsNothing()
    }),
  )

  test(
    'figure 10: text for a connection that we have forgotten is reset where the peer expects it',
    scripted({}, ({ peer }) => {
      peer.sends('P.', { seq: 300, ack: 100, length: 10 })
      peer.expects('R', { seq: 100, ack: 0, length: 0 })
    }),
  )

  test(
    'figure 11: an old SYN at a listener: SYN,ACK, reset, LISTEN again',
    scripted({}, ({ app, peer, steps }) => {
      app.listens()
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { seq: 0, ack: 1 })
      peer.sends('R', { seq: 1 })
      assert.equal(steps.at(-1)?.cause, 'rst')
      app.is('closed')
      peer.expectsNothing()
    }),
  )
})

describe('who was passive remembers it (RFC 9293 §3.5, MUST-11)', () => {
  test(
    'a reset in SYN-RECEIVED is told nobody when we listened',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-received')
      peer.sends('R', { seq: 1 })
      app.hears()
      app.is('closed')
    }),
  )

  test(
    'but is a refusal when we had opened ourselves',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S', { mss: 1460 })
      peer.takes()
      peer.sends('R', { seq: 1 })
      app.hears('closed refused')
    }),
  )

  test(
    'the place in the backlog is free again after it',
    scripted({}, ({ app, peer }) => {
      const listener = app.listens({ backlog: 1 })
      peer.sends('S', { mss: 1460 })
      assert.equal(listener.halfOpen, 1)
      peer.sends('R', { seq: 1 })
      assert.equal(listener.halfOpen, 0)
      peer.port = THEIR_PORT + 1
      peer.takes()
      peer.restarts(1)
      peer.sends('S', { mss: 1460 })
      peer.expects('S.')
    }),
  )
})

describe('a listener (RFC 9293 §3.9.1.1)', () => {
  test(
    'takes any number of connections at the same port, which do not disturb each other (MUST-41, MUST-42)',
    scripted({}, ({ app, peer, stack }) => {
      app.listens()
      for (let n = 0; n < 3; n++) {
        peer.port = THEIR_PORT + n
        peer.restarts(1000 * n)
        peer.sends('S', { mss: 1460 })
        peer.expects('S.', { destinationPort: THEIR_PORT + n })
        peer.sends('.')
      }
      assert.deepEqual(
        [...stack.connections].map(({ state }) => state),
        ['established', 'established', 'established'],
      )
    }),
  )

  test(
    'may listen again while its connections are open; they stay when it closes',
    scripted({}, ({ app, peer, stack }) => {
      const listener = app.listens()
      peer.sends('S', { mss: 1460 })
      peer.takes()
      peer.sends('.')
      listener.close()
      app.is('established')
      peer.sends('P.', { length: 10 })
      app.reads(10)
      app.listens()
      assert.equal([...stack.connections].length, 1)
    }),
  )

  test(
    'is gone when it is closed: a SYN is refused',
    scripted({}, ({ app, peer }) => {
      app.listens().close()
      assert.equal(peer.sends('S', { mss: 1460 }), 'no-connection')
      peer.expects('R.', { seq: -0xffff_f000 | 0, ack: 1 })
    }),
  )
})

describe('in CLOSED (RFC 9293 §3.10.7.1)', () => {
  test(
    'without ACK: RST,ACK with SEQ 0, and all of it acknowledged',
    scripted({ iss: 0 }, ({ peer }) => {
      assert.equal(peer.sends('S', { seq: 0 }), 'no-connection')
      peer.expects('R.', { seq: 0, ack: 1, length: 0 })
      peer.sends('P', { seq: 100, length: 20 })
      peer.expects('R.', { seq: 0, ack: 120 })
      peer.sends('SF', { seq: 100, length: 20 })
      peer.expects('R.', { seq: 0, ack: 122 })
      peer.sends('', { seq: 7 })
      peer.expects('R.', { seq: 0, ack: 7 })
    }),
  )

  test(
    'with ACK: RST where the acknowledgment points',
    scripted({}, ({ peer }) => {
      for (const flags of ['.', 'S.', 'F.', 'P.']) {
        peer.sends(flags, { seq: 5, ack: 77 })
        peer.expects('R', { seq: 77, ack: 0 })
      }
    }),
  )

  test(
    'a reset is dropped',
    scripted({}, ({ peer }) => {
      assert.equal(peer.sends('R'), 'no-connection')
      assert.equal(peer.sends('R.', { ack: 5 }), 'no-connection')
      peer.expectsNothing()
    }),
  )
})

describe('in LISTEN (RFC 9293 §3.10.7.2)', () => {
  test(
    'first: a reset is ignored',
    scripted({}, ({ app, peer, reach }) => {
      reach('listen')
      assert.equal(peer.sends('R'), 'unexpected')
      assert.equal(peer.sends('R.', { ack: 9 }), 'unexpected')
      assert.equal(peer.sends('SR'), 'unexpected')
      peer.expectsNothing()
      app.is('closed')
    }),
  )

  test(
    'second: any acknowledgment is reset',
    scripted({}, ({ peer, reach }) => {
      reach('listen')
      for (const flags of ['.', 'S.', 'F.', 'SF.']) {
        peer.sends(flags, { seq: 3, ack: 55 })
        peer.expects('R', { seq: 55 })
      }
    }),
  )

  test(
    'fourth: anything else is dropped',
    scripted({}, ({ peer, reach }) => {
      reach('listen')
      assert.equal(peer.sends('P', { length: 10 }), 'unexpected')
      assert.equal(peer.sends('F'), 'unexpected')
      assert.equal(peer.sends(''), 'unexpected')
      peer.expectsNothing()
    }),
  )

  test(
    'third: text in the SYN is not lost in the end',
    scripted({}, ({ app, peer, reach }) => {
      reach('listen')
      peer.sends('S', { mss: 1460, length: 5 })
      const { ack } = peer.expects('S.')
      assert.ok(ack === 1 || ack === 6)
      peer.sends('P.', { seq: ack, length: 20 })
      app.reads(ack === 1 ? 20 : 25)
    }),
  )
})

describe('in SYN-SENT (RFC 9293 §3.10.7.3)', () => {
  for (const ack of [0, 2, -1, 0x7fff_0000, 500]) {
    test(
      `first: an acknowledgment of ${ack} is reset, and the connection waits on`,
      scripted({}, ({ app, peer, reach }) => {
        reach('syn-sent')
        assert.equal(peer.sends('S.', { seq: 0, ack, mss: 1460 }), 'bad-ack')
        peer.expects('R', { seq: ack, length: 0 })
        app.is('syn-sent')
        assert.equal(peer.sends('R.', { seq: 0, ack }), 'bad-ack')
        peer.expectsNothing()
        app.is('syn-sent')
        peer.sends('S.', { seq: 0, ack: 1, mss: 1460 })
        app.is('established')
      }),
    )
  }

  test(
    'second: RST with the right acknowledgment: connection refused',
    scripted({}, ({ app, peer, reach, scheduler }) => {
      reach('syn-sent')
      peer.sends('R.', { seq: 0, ack: 1 })
      app.hears('closed refused')
      app.is('closed')
      peer.expectsNothing()
      assert.equal(scheduler.next, undefined)
    }),
  )

  test(
    'second: RST without acknowledgment, even with SYN, is dropped',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      assert.equal(peer.sends('R'), 'bad-reset')
      assert.equal(peer.sends('SR'), 'bad-reset')
      app.is('syn-sent')
      peer.expectsNothing()
    }),
  )

  test(
    'second: SYN,RST with the right acknowledgment refuses',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      peer.sends('SR.', { ack: 1 })
      app.hears('closed refused')
    }),
  )

  test(
    'fourth: SYN,ACK opens; what was written meanwhile goes with the acknowledgment or right behind it',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      app.writes(10)
      peer.expectsNothing()
      peer.sends('S.', { ack: 1, mss: 1460 })
      app.is('established')
      const last = peer.takes().at(-1)
      assert.deepEqual([last?.seq, last?.length, last?.ack], [1, 10, 1])
    }),
  )

  test(
    'fourth: SYN without ACK: SYN-RECEIVED and SYN,ACK with the first number (MUST-10)',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { seq: 0, ack: 1, mss: 1460 })
      app.is('syn-received')
    }),
  )

  test(
    'fifth: neither SYN nor RST: dropped',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      assert.equal(peer.sends('.', { ack: 1 }), 'unexpected')
      assert.equal(peer.sends('P.', { ack: 1, length: 5 }), 'unexpected')
      assert.equal(peer.sends('F.', { ack: 1 }), 'unexpected')
      peer.expectsNothing()
      app.is('syn-sent')
    }),
  )

  test(
    'text and FIN of the SYN,ACK are taken (eighth)',
    scripted({}, ({ app, peer, reach }) => {
      reach('syn-sent')
      peer.sends('SF.', { ack: 1, mss: 1460, length: 0 })
      app.hears('opened', 'ended')
      app.is('close-wait')
      peer.expects('.', { ack: 2 })
    }),
  )
})

describe('giving up (RFC 9293 §3.8.3)', () => {
  test(
    'SYN that nobody answers: the same segment again, never quicker than before (MUST-19, MUST-22)',
    scripted({ profile: 'rfc' }, ({ app, peer, clock }) => {
      app.connects()
      const first = peer.expects('S')
      clock.advance(sec(300))
      const times = peer.takes().map(({ at, seq, flags }) => {
        assert.deepEqual([seq, flags], [0, 'S'])
        return at
      })
      const gaps = times.map((at, n) => at - (times[n - 1] ?? first.at))
      assert.ok(gaps.every((gap, n) => n === 0 || gap >= gaps[n - 1]))
      assert.ok(gaps[0] >= sec(1))
      app.hears('closed timeout')
    }),
  )

  test(
    'rfc: a SYN is tried for three minutes at least (MUST-23)',
    scripted({ profile: 'rfc' }, ({ app, clock, reach }) => {
      reach('syn-sent')
      clock.advance(sec(180))
      app.hears()
      clock.advance(sec(120))
      app.hears('closed timeout')
    }),
  )

  test(
    'rfc: so is a SYN,ACK, and the listener never hears of it',
    scripted({ profile: 'rfc' }, ({ app, clock, reach, stack }) => {
      reach('syn-received')
      clock.advance(sec(180))
      assert.equal([...stack.connections].length, 1)
      clock.advance(sec(120))
      assert.equal([...stack.connections].length, 0)
      app.hears()
    }),
  )

  test(
    'the answer may come to the last SYN',
    scripted({}, ({ app, peer, clock, reach }) => {
      reach('syn-sent')
      clock.advance(sec(130))
      app.is('syn-sent')
      peer.takes()
      peer.sends('S.', { ack: 1, mss: 1460 })
      app.hears('opened')
      peer.expects('.')
      peer.expectsNothingFor(sec(300))
    }),
  )

  test(
    'no timer is left behind',
    scripted({}, ({ clock, reach, scheduler }) => {
      reach('syn-sent')
      clock.advance(sec(400))
      assert.equal(scheduler.next, undefined)
    }),
  )
})

describe('OPEN (RFC 9293 §3.10.1)', () => {
  test(
    'the same pair of endpoints is not opened twice',
    scripted({}, ({ app, connected, stack }) => {
      connected()
      const { local, remote } = app.connection
      assert.equal(stack.connect({ local, remote }, {}), undefined)
    }),
  )

  test(
    'but after the connection is closed it may be opened again',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.aborts()
      peer.expects('R.', { seq: 1 })
      peer.restarts(5)
      app.connects()
      peer.expects('S', { seq: 0 })
      peer.sends('S.', { mss: 1460 })
      app.is('established')
    }),
  )
})

test(
  'an answer to a SYN that waits has nothing to do with the delayed acknowledgment (RFC 9293 §3.10.7.3)',
  scripted({}, ({ app, peer }) => {
    app.connects()
    peer.takes()
    peer.sends('S.', { mss: 1460 })
    peer.expects('.', { ack: 1 })
    peer.expectsNothingFor(ms(5000))
  }),
)
