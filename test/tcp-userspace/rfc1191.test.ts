/** Path MTU: RFC 1191 (discovery by ICMP), RFC 4821 (by silence), RFC 5927 §7 (forged messages). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { OURS, PORT, type Script, scripted, THEIR_PORT, THEIRS } from './script.ts'

/** A router says that the segment at that relative number is too big for its next link. */
const tooBig = ({ stack, app }: Script, relative: number, mtu: number): void => {
  const una = app.connection.sndUna
  stack.tooBig(
    {
      local: { address: OURS, port: PORT },
      remote: { address: THEIRS, port: THEIR_PORT },
      sequence: (una + relative) >>> 0,
    },
    mtu,
  )
}
const lengths = (s: Script): number[] => s.peer.takes().map(({ length }) => length)

describe('discovery (RFC 1191)', () => {
  test(
    'nothing of ours may be fragmented (§3)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(1460)
      assert.ok(peer.expects('P.').dontFragment)
      peer.sends('.')
      app.closes()
      assert.ok(peer.expects('F.').dontFragment)
    }),
  )

  test(
    'switched off, all may',
    scripted({ pathMtuDiscovery: false }, s => {
      s.connected()
      s.app.writes(1460)
      assert.ok(!s.peer.expects('P.').dontFragment)
      tooBig(s, 0, 1000)
      s.peer.expectsNothing()
      assert.equal(s.app.connection.mss, 1460)
    }),
  )

  test(
    'too big: what was in flight is sent again at once, in smaller segments (§6.5)',
    scripted({}, s => {
      s.connected()
      s.app.writes(2920)
      assert.deepEqual(lengths(s), [1460, 1460])
      tooBig(s, 0, 1400)
      assert.equal(s.app.connection.mss, 1360)
      const again = s.peer.takes()
      assert.deepEqual([again[0].seq, again[0].length], [1, 1360])
      s.peer.sends('.', { ack: 1361 })
      s.clock.advance(sec(1))
      s.peer.takes()
      s.peer.sends('.', { ack: 2921 })
      assert.equal(s.app.connection.queued, 0)
    }),
  )

  test(
    'it is no sign of congestion: the window stays (§6.5)',
    scripted({ sendBuffer: 200_000 }, s => {
      s.connected({ scale: 7 })
      s.peer.sends('.')
      s.app.writes(100_000)
      s.peer.takes()
      const { cwnd } = s.app.info
      tooBig(s, 0, 1400)
      assert.ok(s.app.info.ssthresh >= cwnd)
    }),
  )

  test(
    'the next segments are small from the beginning',
    scripted({}, s => {
      s.connected()
      s.app.writes(1460)
      s.peer.takes()
      tooBig(s, 0, 1000)
      s.peer.takes()
      s.peer.sends('.')
      s.peer.takes()
      s.peer.sends('.', { ack: 1461 })
      s.app.writes(2000)
      assert.equal(lengths(s)[0], 960)
    }),
  )

  test(
    'so are those of the next connection to the same place (§6.3)',
    scripted({}, s => {
      s.connected()
      s.app.writes(1460)
      s.peer.takes()
      tooBig(s, 0, 1000)
      s.app.aborts()
      s.peer.takes()
      s.peer.restarts(77)
      s.connected()
      assert.equal(s.app.connection.mss, 960)
    }),
  )

  test(
    'after ten minutes the larger size is tried again (§6.3)',
    scripted({}, s => {
      s.connected()
      s.app.writes(1460)
      s.peer.takes()
      tooBig(s, 0, 1000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1461 })
      s.clock.advance(sec(601))
      s.app.writes(100)
      s.peer.takes()
      s.peer.sends('.')
      s.app.writes(1460)
      assert.deepEqual(lengths(s), [1460])
    }),
  )

  for (const [own, plateau] of [
    [1500, 1492],
    [9000, 8166],
    [1492, 1006],
  ] as const) {
    test(
      `a router that does not say what it carries: from ${own} to ${plateau} (§5, §7.1)`,
      scripted({ mtu: own, sendBuffer: 200_000 }, s => {
        s.connected({ mss: 20_000 })
        s.app.writes(50_000)
        s.peer.takes()
        tooBig(s, 0, 0)
        assert.equal(s.app.connection.mss, plateau - 40)
      }),
    )
  }

  test(
    'text makes room for timestamps below the new size too',
    scripted({}, s => {
      s.peer.timestamps = true
      s.connected()
      s.app.writes(1448)
      s.peer.takes()
      tooBig(s, 0, 1000)
      assert.ok(s.peer.takes().every(({ bytes }) => bytes.length <= 980))
    }),
  )

  test(
    'what we announce does not change: it is about our own link (RFC 9293 §3.7.1)',
    scripted({}, s => {
      s.connected()
      s.app.writes(1460)
      s.peer.takes()
      tooBig(s, 0, 1000)
      s.app.aborts()
      s.peer.takes()
      s.app.connects()
      s.peer.expects('S', { mss: 1460 })
    }),
  )
})

describe('forged messages (RFC 5927 §7)', () => {
  for (const [what, relative, mtu] of [
    ['a number that is not in flight', 5000, 1000],
    ['a number that was acknowledged', -1, 1000],
    ['a size that is no smaller', 0, 1500],
    ['a size that is larger', 0, 9000],
  ] as const) {
    test(
      `${what}: ignored`,
      scripted({}, s => {
        s.connected()
        s.app.writes(1460)
        s.peer.takes()
        tooBig(s, relative, mtu)
        s.peer.expectsNothing()
        assert.equal(s.app.connection.mss, 1460)
      }),
    )
  }

  test(
    'a size that no path has does not make segments without text',
    scripted({}, s => {
      s.connected()
      s.app.writes(1460)
      s.peer.takes()
      for (const mtu of [68, 40, 20, 1]) tooBig(s, 0, mtu)
      assert.ok(s.app.connection.mss >= 28, String(s.app.connection.mss))
      for (const { length, dontFragment } of s.peer.takes()) {
        assert.ok(length >= 28)
        assert.ok(length + 40 <= 68 || !dontFragment)
      }
    }),
  )

  test(
    'a size that is larger than what was learnt: ignored, and the ten minutes go on (RFC 1191 §6.3)',
    scripted({}, s => {
      s.connected()
      const mssAfter = (): number => {
        s.app.writes(10)
        s.peer.takes()
        s.peer.sends('.')
        return s.app.connection.mss
      }
      s.app.writes(1460)
      s.peer.takes()
      tooBig(s, 0, 1000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1461 })
      s.clock.advance(sec(300))
      s.app.writes(10)
      for (const mtu of [1400, 1000]) tooBig(s, 0, mtu)
      s.peer.takes()
      s.peer.sends('.')
      s.clock.advance(sec(300) - 1)
      assert.equal(mssAfter(), 960)
      s.clock.advance(1)
      assert.equal(mssAfter(), 1460)
    }),
  )

  for (const [mtu, taken, dontFragment] of [
    [576, 576, true],
    [575, 576, false],
  ] as const) {
    test(
      `no less than 576 octets are believed, routers have to cut what is too much then: ${mtu} (RFC 1122 §3.3.2)`,
      scripted({}, s => {
        s.connected()
        s.app.writes(1460)
        s.peer.takes()
        tooBig(s, 0, mtu)
        assert.equal(s.app.connection.mss, taken - 40)
        assert.equal(s.peer.takes()[0]?.dontFragment, dontFragment)
      }),
    )
  }

  test(
    'while nothing is in flight',
    scripted({}, s => {
      s.connected()
      tooBig(s, 0, 1000)
      assert.equal(s.app.connection.mss, 1460)
    }),
  )
})

describe('a black hole (RFC 4821 §7.7)', () => {
  test(
    'full segments that get no answer become smaller',
    scripted({ profile: 'rfc' }, s => {
      s.connected()
      s.app.writes(5000)
      s.peer.takes()
      let smallest = 1460
      for (let n = 0; n < 100 && smallest === 1460; n++) {
        s.clock.advance(sec(1))
        for (const { length } of s.peer.takes()) smallest = Math.min(smallest, length)
      }
      assert.ok(smallest < 1460)
      assert.ok(smallest >= 512)
    }),
  )

  test(
    'and they get through: the whole stream arrives',
    scripted({}, s => {
      s.connected()
      s.app.writes(20_000)
      let arrived = 1
      for (let n = 0; n < 3000 && s.app.connection.queued > 0; n++) {
        for (const { seq, length, bytes } of s.peer.takes()) {
          if (bytes.length + 20 > 1100) continue // more than the path carries
          if (seq <= arrived) arrived = Math.max(arrived, seq + length)
          s.peer.sends('.', { ack: arrived })
        }
        s.clock.advance(sec(0.1))
      }
      assert.equal(s.app.connection.queued, 0)
    }),
  )

  test(
    'a peer that is dead is not taken for one: the count of tries goes on',
    scripted({ profile: 'rfc' }, s => {
      s.connected()
      s.app.writes(5000)
      s.clock.advance(sec(1000))
      s.app.hears('closed timeout')
    }),
  )
})
