/** What blind attackers send: RFC 5961 (segments) and RFC 5927 (ICMP); RFC 5461 and RFC 1122 §4.2.3.9 (soft errors). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { OURS, PORT, type Script, scripted, THEIR_PORT, THEIRS } from './script.ts'

describe('RST (RFC 5961 §3.2)', () => {
  test(
    '1: outside the window it is dropped silently',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (const seq of [0, -1, 65_536 + 1, 100_000, 0x7fff_ffff, -0x8000_0000]) {
        assert.equal(peer.sends('R', { seq }), 'out-of-window')
      }
      peer.expectsNothing()
      app.is('established')
    }),
  )

  test(
    '2: exactly the next expected number resets',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 100 })
      peer.sends('R', { seq: 101 })
      app.hears('closed reset')
    }),
  )

  test(
    '3: anywhere else in the window: a challenge, and a real peer that has no connection answers it exactly',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('R', { seq: 5000 })
      const challenge = peer.expects('.', { seq: 1, ack: 1, length: 0 })
      peer.sends('R', { seq: challenge.ack })
      app.hears('closed reset')
    }),
  )

  test(
    'a reset at the number of text that came early is only challenged',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('.', { seq: 1001, length: 100 })
      peer.takes()
      peer.sends('R', { seq: 1101 })
      peer.expects('.', { ack: 1 })
      app.is('established')
    }),
  )

  test(
    'the acknowledgment field of a reset does not help',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('R.', { seq: 2, ack: 1 })
      peer.expects('.', { ack: 1 })
      app.is('established')
    }),
  )
})

describe('SYN (RFC 5961 §4.2)', () => {
  for (const seq of [0, 1, 2, 5000, 65_536, 1_000_000, -5]) {
    test(
      `at ${seq}: a challenge, whatever the number`,
      scripted({}, ({ app, peer, connected }) => {
        connected()
        peer.sends('S', { seq, mss: 1460 })
        peer.expects('.', { seq: 1, ack: 1, length: 0 })
        app.is('established')
      }),
    )
  }

  test(
    'text in it is not delivered',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('S', { seq: 1, length: 100 })
      peer.sends('S.', { seq: 1, length: 100 })
      app.reads(0)
    }),
  )
})

describe('ACK (RFC 5961 §5.2)', () => {
  test(
    'SND.UNA - MAX.SND.WND is the oldest that is taken',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 5000 })
      assert.equal(peer.sends('P.', { ack: 1 - 5000, length: 10, wnd: 5000 }), undefined)
      app.reads(10)
      peer.takes()
      assert.equal(peer.sends('P.', { ack: 1 - 5001, length: 10, wnd: 5000 }), 'bad-ack')
      peer.expects('.', { seq: 1, ack: 11 })
      app.reads(0)
    }),
  )

  test(
    'SND.NXT is the newest',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(10)
      peer.takes()
      assert.equal(peer.sends('.', { ack: 12 }), 'bad-ack')
      peer.expects('.', { seq: 11, ack: 1 })
      assert.equal(app.connection.queued, 10)
      assert.equal(peer.sends('.', { ack: 11 }), undefined)
    }),
  )

  test(
    'half of the number space away: refused',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      assert.equal(peer.sends('P.', { ack: 0x7fff_0000, length: 10 }), 'bad-ack')
      assert.equal(peer.sends('P.', { ack: -0x7fff_0000, length: 10 }), 'bad-ack')
      app.reads(0)
    }),
  )

  test(
    'MAX.SND.WND is the largest window of the connection, not the last one',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 5000 })
      peer.sends('.', { wnd: 10 })
      assert.equal(peer.sends('P.', { ack: 1 - 5000, length: 10, wnd: 10 }), undefined)
      app.reads(10)
    }),
  )
})

describe('challenge acknowledgments are few (RFC 5961 §7)', () => {
  test(
    'ten in five seconds, and after them ten more',
    scripted({}, ({ peer, connected, clock }) => {
      connected()
      for (let round = 0; round < 2; round++) {
        for (let n = 0; n < 30; n++) peer.sends('S', { seq: 500 })
        assert.ok(peer.takes().length <= 10)
        clock.advance(sec(6))
      }
      peer.sends('R', { seq: 2 })
      peer.expects('.', { ack: 1 })
    }),
  )

  for (const [what, named] of [
    ['with an old timestamp', { seq: 1, ts: [1, 0] }],
    ['outside the window', { seq: -5 }],
  ] as const) {
    test(
      `empty segments ${what} are suspects, those with text are answered each time (RFC 7323 §5.3, RFC 9293 §3.10.7.4)`,
      scripted({}, ({ peer, connected }) => {
        peer.timestamps = true
        connected()
        const answers = (length: number): number => {
          for (let n = 0; n < 15; n++) peer.sends('.', { ...named, length })
          return peer.takes().length
        }
        assert.equal(answers(0), 10)
        assert.equal(answers(5), 15)
      }),
    )
  }

  test(
    'true acknowledgments are not counted among them',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (let n = 0; n < 30; n++) peer.sends('R', { seq: 5000 })
      peer.takes()
      for (let n = 0; n < 10; n++) {
        peer.sends('.', { length: 1460 })
        peer.sends('.', { length: 1460 })
        peer.expects('.', { ack: peer.nxt })
      }
      app.reads(29_200)
    }),
  )
})

const quoted = ({ stack, app }: Script, relative: number, hard: boolean): void =>
  stack.unreachable(
    {
      local: { address: OURS, port: PORT },
      remote: { address: THEIRS, port: THEIR_PORT },
      sequence: (app.connection.sndUna + relative) >>> 0,
    },
    hard,
  )

describe('ICMP errors (RFC 5927 §4, RFC 5461, RFC 1122 §4.2.3.9)', () => {
  for (const [where, relative] of [
    ['before SND.UNA', -1],
    ['at SND.NXT', 1],
    ['far beyond', 100_000],
  ] as const) {
    test(
      `a quoted number ${where} is not in flight: ignored (RFC 5927 §4.1)`,
      scripted({}, s => {
        s.reach('syn-sent')
        quoted(s, relative, true)
        s.app.is('syn-sent')
        s.app.hears()
      }),
    )
  }

  test(
    'a hard error ends an opening (RFC 9293 §3.9.2.2, SHLD-26)',
    scripted({ profile: 'rfc' }, s => {
      s.reach('syn-sent')
      quoted(s, 0, true)
      s.app.hears('closed unreachable')
      assert.equal(s.scheduler.next, undefined)
    }),
  )

  test(
    'profile rfc: a soft error does not (RFC 9293 §3.9.2.2, MUST-56)',
    scripted({ profile: 'rfc' }, s => {
      s.reach('syn-sent')
      quoted(s, 0, false)
      s.app.is('syn-sent')
      s.peer.expectsAfter(sec(1), 'S')
      s.peer.sends('S.', { mss: 1460 })
      s.app.hears('opened')
    }),
  )

  for (const hard of [true, false]) {
    test(
      `a ${hard ? 'hard' : 'soft'} error does not end a synchronised connection (RFC 5927 §5.2)`,
      scripted({}, s => {
        s.connected()
        s.app.writes(100)
        s.peer.takes()
        quoted(s, 0, hard)
        s.app.is('established')
        s.peer.sends('.')
        s.app.hears()
      }),
    )
  }

  test(
    'the user learns of it when the connection fails in the end (RFC 9293 §3.9.2.2, SHLD-25)',
    scripted({ profile: 'rfc' }, s => {
      s.connected()
      s.app.writes(100)
      quoted(s, 0, false)
      s.clock.advance(sec(1000))
      s.app.hears('closed unreachable')
    }),
  )

  test(
    'errors about connections that do not exist do nothing',
    scripted({}, ({ stack }) => {
      stack.unreachable({ local: { address: OURS, port: 1 }, remote: { address: THEIRS, port: 2 }, sequence: 5 }, true)
      assert.equal([...stack.connections].length, 0)
    }),
  )
})

describe('addresses (RFC 9293 §3.9.2.3)', () => {
  for (const address of [0, 0xe000_0001, 0xffff_ffff]) {
    test(
      `an OPEN to ${address.toString(16)} is refused (MUST-46)`,
      scripted({}, ({ peer, stack }) => {
        assert.equal(stack.connect({ local: { address: OURS }, remote: { address, port: 80 } }, {}), undefined)
        peer.expectsNothing()
      }),
    )
  }

  for (const [what, from, to] of [
    ['to a multicast address', THEIRS, 0xe000_0001],
    ['to the limited broadcast address', THEIRS, 0xffff_ffff],
    ['from a multicast address', 0xe000_0001, OURS],
    ['from the limited broadcast address', 0xffff_ffff, OURS],
    ['from no address at all', 0, OURS],
  ] as const) {
    test(
      `a SYN ${what} is dropped silently (MUST-57, MUST-63)`,
      scripted({}, ({ app, peer }) => {
        app.listens()
        assert.equal(peer.sends('S', { mss: 1460, from, to }), 'not-unicast')
        peer.expectsNothing()
        app.is('closed')
      }),
    )
  }
})
