/**
 * One machine's connections beside each other: which of them a segment belongs to (RFC 9293 §3.9.1, §3.10.7), who may have a
 * port (RFC 6056), and when a pair of endpoints may be used again (§3.6.1).
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Connection, TcpStack } from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { Scheduler } from '../../src/base/scheduler.ts'
import { sec } from '../../src/base/time.ts'
import { OURS, PORT, type Script, scripted, THEIR_PORT, THEIRS } from './script.ts'

const US = { address: OURS, port: PORT }
const PEER = { address: THEIRS, port: THEIR_PORT }

describe('listeners (RFC 9293 §3.10.1)', () => {
  test(
    'one of another address does not take the segment, nor does one that is closed; others of the port go on',
    scripted({}, ({ stack, app, peer }) => {
      stack.listen({ port: PORT, address: ip('10.0.0.9') }, () => ({}))
      peer.sends('S')
      peer.expects('R.')
      const any = app.listens()
      const own = stack.listen({ port: PORT, address: OURS }, () => ({}))
      own?.close()
      peer.sends('S', { seq: 0 })
      peer.expects('S.')
      peer.port++
      any.close()
      any.close()
      peer.sends('S', { seq: 0 })
      peer.expects('R.')
    }),
  )

  test(
    'a listener takes its own port only, and another port of the same address is free (RFC 9293 §3.10.7.1)',
    scripted({}, ({ stack, app, peer }) => {
      assert.ok(stack.listen({ port: PORT + 1, address: OURS }, () => ({})))
      peer.sends('S')
      peer.expects('R.')
      app.listens()
      assert.ok(stack.listen({ port: PORT + 2, address: OURS }, () => ({})))
      assert.equal(
        stack.listen({ port: PORT + 1, address: OURS }, () => ({})),
        undefined,
      )
      peer.port++
      peer.sends('S', { seq: 0 })
      peer.expects('S.')
    }),
  )

  test(
    'a port whose listeners are all closed may be drawn again, one that has a listener not (RFC 6056 §3.3.1)',
    scripted({ ephemeralPorts: [9000, 9000] }, ({ stack }) => {
      const open = () => stack.connect({ local: { address: OURS }, remote: PEER }, {})
      const first = stack.listen({ port: 9000 }, () => ({}))
      const second = stack.listen({ port: 9000, address: OURS }, () => ({}))
      assert.equal(open(), undefined)
      first?.close()
      assert.equal(open(), undefined)
      second?.close()
      assert.equal(open()?.local.port, 9000)
    }),
  )
})

describe('ephemeral ports (RFC 6056 §3.3.1)', () => {
  test('the search begins anywhere, goes round, and ends when all are taken', () => {
    const scheduler = new Scheduler()
    const stack = new TcpStack(
      {
        now: () => scheduler.now,
        timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
        random32: purpose => (purpose === 'port' ? 4_000_000_003 : 0),
        buffer: length => ({ bytes: new Uint8Array(length), start: 0, end: length }),
        send: () => {},
        maxSegment: () => 1480,
      },
      { ephemeralPorts: [5000, 5004] },
    )
    const open = (port: number) =>
      stack.connect({ local: { address: OURS }, remote: { ...PEER, port } }, {})?.local.port
    assert.deepEqual([1, 1, 1, 1, 1, 1].map(open), [5003, 5004, 5000, 5001, 5002, undefined])
    assert.equal(open(2), 5003) // another remote end: another connection
  })
})

describe('to whom a segment belongs', () => {
  test('each of six thousand connections gets its own, and only its own, also when others have gone', () => {
    const scheduler = new Scheduler()
    const ended: Connection[] = []
    const stack = new TcpStack({
      now: () => scheduler.now,
      timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
      random32: () => 1,
      buffer: length => ({ bytes: new Uint8Array(length), start: 0, end: length }),
      send: () => {},
      maxSegment: () => 1480,
      trace: { state: (connection, _, to) => void (to === 'closed' && ended.push(connection)), retransmit: () => {} },
    })
    // They differ in one of the four numbers each; many share a bucket of the table.
    const connections: Connection[] = []
    for (let n = 1; n <= 1500; n++) {
      for (const [local, remote] of [
        [{ ...US, address: OURS + 256 * n }, PEER],
        [{ ...US, port: 1000 + n }, PEER],
        [US, { ...PEER, address: THEIRS + 256 * n }],
        [US, { ...PEER, port: 5000 + n }],
      ] as const) {
        const connection = stack.connect({ local, remote }, {})
        assert.ok(connection)
        connections.push(connection)
      }
    }
    // An ICMP error ends the one whose endpoints it quotes; every third first, then every second, then the rest.
    for (const step of [3, 2, 1]) {
      for (const [n, one] of connections.entries()) {
        if (n % step > 0 || one.state === 'closed') continue
        stack.unreachable({ local: one.local, remote: one.remote, sequence: one.sndUna }, true)
        assert.equal(ended.length, 1)
        assert.equal(ended.pop(), one)
      }
    }
    assert.equal([...stack.connections].length, 0)
  })

  test(
    'a segment may stand anywhere in a frame',
    scripted({}, ({ stack, peer }) => {
      const segment = peer.build('SF', { length: 5 })
      const frame = new Uint8Array(100)
      frame.set(segment, 33)
      assert.equal(stack.receive(frame, 33, 52, THEIRS, OURS), 'truncated')
      assert.equal(stack.receive(frame, 33, 33 + segment.length, THEIRS, OURS), 'no-connection')
      peer.expects('R.', { ack: 7 })
    }),
  )

  test(
    'an ICMP error about a connection that is not there does nothing',
    scripted({}, ({ stack, peer }) => {
      stack.tooBig({ local: US, remote: PEER, sequence: 0 }, 1000)
      stack.unreachable({ local: US, remote: PEER, sequence: 0 }, true)
      peer.expectsNothing()
    }),
  )
})

/** We have closed first and a listener waits on the same port; the last of the peer's numbers is 2, ours too. */
function inTimeWait(s: Script, backlog = 10): void {
  s.reach('time-wait')
  s.stack.listen({ port: PORT, backlog }, () => ({}))
}

describe('TIME-WAIT and a new connection (RFC 9293 §3.6.1, MAY-2; RFC 6191)', () => {
  test(
    'a SYN beyond the last sequence number begins it, and ours begins beyond our last one',
    scripted({ initialSequence: () => 0xffff_f000 }, s => {
      inTimeWait(s)
      const last = s.app.connection.sndNxt
      assert.equal(s.peer.sends('S', { seq: 100 }), undefined)
      const { bytes } = s.peer.expects('S.')
      const iss = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4)
      assert.ok(((iss - last) | 0) > 0xffff, `${iss} after ${last}`)
      s.app.is('closed')
    }),
  )

  test(
    'no other segment does, wherever it lies',
    scripted({}, s => {
      inTimeWait(s)
      for (const flags of ['.', 'F.', 'P.', 'S.']) {
        s.peer.sends(flags, { seq: 100, ack: 2 })
        assert.deepEqual(s.steps.at(-1)?.to, 'time-wait')
        s.peer.takes()
      }
    }),
  )

  test(
    'an old SYN is answered with the truth',
    scripted({}, s => {
      inTimeWait(s)
      s.peer.sends('S', { seq: 1 })
      s.peer.expects('.', { seq: 2, ack: 2 })
      s.app.is('time-wait')
    }),
  )

  test(
    'a SYN for which the listener has no room leaves TIME-WAIT as it is',
    scripted({}, s => {
      inTimeWait(s, 1)
      s.peer.port++
      s.peer.sends('S', { seq: 0 })
      s.peer.expects('S.')
      s.peer.port--
      s.peer.sends('S', { seq: 100 })
      s.app.is('time-wait')
    }),
  )

  test(
    'a SYN without timestamps is judged by its sequence number, whatever came before it',
    scripted({}, s => {
      s.peer.timestamps = true
      inTimeWait(s)
      s.peer.sends('.', { ts: [1, 0] }) // from long ago
      s.peer.takes()
      assert.equal(s.peer.sends('S', { seq: 100, ts: null }), undefined)
      s.peer.expects('S.')
    }),
  )

  test(
    'a SYN to a connection that is open begins nothing (RFC 5961 §4)',
    scripted({}, s => {
      s.accepted()
      assert.equal(s.peer.sends('S', { seq: 100 }), 'bad-syn')
      s.peer.expects('.', { seq: 1, ack: 1 })
      s.app.is('established')
    }),
  )
})

describe('options of a SYN (RFC 9293 §3.7.1, MUST-15)', () => {
  test(
    'a SYN,ACK without any has none, whatever another SYN had a moment ago',
    scripted({}, s => {
      s.app.listens()
      s.peer.sends('S', { mss: 1460, scale: 7, sackOk: true })
      s.peer.takes()
      s.peer.port++
      s.peer.restarts(99)
      s.app.connects()
      s.peer.takes()
      s.peer.sends('S.')
      const { mss, windowScale, sack } = s.app.info
      assert.deepEqual([mss, windowScale.send, sack], [536, 0, false])
    }),
  )
})

describe('options that we offer stand in whole words (RFC 9293 §3.1)', () => {
  const [MSS, NOP, SCALE, SACK, TIMES] = [2, 1, 3, 4, 8]
  for (const [options, kinds] of [
    [{}, [MSS, SACK, TIMES, NOP, SCALE]],
    [{ timestamps: false }, [MSS, SACK, NOP, NOP, NOP, SCALE]],
    [{ sack: false }, [MSS, NOP, NOP, TIMES, NOP, SCALE]],
    [{ sack: false, timestamps: false }, [MSS, NOP, SCALE]],
    [{ windowScale: false }, [MSS, SACK, TIMES]],
    [{ windowScale: false, sack: false, timestamps: false }, [MSS]],
  ] as const) {
    test(
      JSON.stringify(options),
      scripted(options, s => {
        s.app.connects()
        const syn = s.peer.expects('S')
        assert.deepEqual(syn.kinds, kinds)
        assert.deepEqual([syn.mss, syn.scale], [1460, 'windowScale' in options ? null : 5])
      }),
    )
  }
})

describe('round trips (RFC 6298 (2.2))', () => {
  for (const opens of ['we open', 'the peer opens'] as const) {
    test(
      `that of the handshake is the first, whenever the connection begins: ${opens}`,
      scripted({}, s => {
        s.clock.advance(sec(5))
        if (opens === 'we open') s.app.connects()
        else {
          s.app.listens()
          s.peer.sends('S')
        }
        s.peer.takes()
        s.clock.advance(sec(0.02))
        s.peer.sends(opens === 'we open' ? 'S.' : '.')
        assert.equal(s.app.info.srtt, 20e6)
      }),
    )
  }
})

describe('closing (RFC 9293 §3.6, §3.10.4)', () => {
  test(
    'after CLOSE of both sides a FIN that is lost is sent again',
    scripted({}, s => {
      s.connected()
      s.app.shuts()
      s.peer.expects('F.', { seq: 1 })
      s.peer.expectsAfter(s.app.connection.rto, 'F.', { seq: 1 })
    }),
  )

  test(
    'CLOSE of the other side in FIN-WAIT-2 bounds the wait for the peer (§3.6.1)',
    scripted({ finWait2: sec(30) }, s => {
      s.reach('fin-wait-2')
      s.clock.advance(sec(100))
      s.app.is('fin-wait-2')
      s.app.shuts()
      s.clock.advance(sec(30) - 1)
      s.app.is('fin-wait-2')
      s.clock.advance(1)
      s.app.hears('closed timeout')
    }),
  )

  test(
    'a second CLOSE changes nothing (§3.10.4)',
    scripted({}, s => {
      s.reach('fin-wait-1')
      s.app.closes()
      s.peer.expectsNothing()
      s.app.is('fin-wait-1')
    }),
  )

  test(
    'ABORT of what is closed changes nothing (§3.10.5)',
    scripted({}, s => {
      s.connected()
      s.app.aborts()
      s.peer.expects('R.')
      const steps = s.steps.length
      s.app.aborts()
      s.peer.expectsNothing()
      assert.equal(s.steps.length, steps)
      s.app.hears('closed aborted')
    }),
  )

  test(
    'ABORT in TIME-WAIT while the reader has not taken all: told as such',
    scripted({}, s => {
      s.connected()
      s.app.pauses()
      s.app.closes()
      s.peer.sends('F.', { length: 10, ack: 2 })
      s.app.is('time-wait')
      s.app.hears()
      s.app.aborts()
      s.app.hears('closed aborted')
    }),
  )

  test(
    'CLOSE in SYN-RECEIVED is queued: FIN follows once the connection is established (§3.10.4)',
    scripted({}, s => {
      s.reach('syn-received')
      s.app.closes()
      s.peer.expectsNothing()
      s.app.is('syn-received')
      s.peer.sends('.')
      s.app.hears('opened')
      s.peer.expects('F.', { seq: 1 })
      s.app.is('fin-wait-1')
    }),
  )
})

describe('within one event', () => {
  test(
    'what a handler writes goes out with the acknowledgment of the whole segment, its FIN included',
    scripted({ handlers: app => ({ data: () => void app().write(Uint8Array.of(0)) }) }, s => {
      s.connected()
      s.peer.sends('F.', { length: 10 })
      s.peer.expects('P.', { seq: 1, length: 1, ack: 12 })
      s.peer.expectsNothing()
    }),
  )

  test(
    'a reader that resumes and answers at once: one segment acknowledges all that it has taken',
    scripted({ handlers: app => ({ data: () => void app().write(Uint8Array.of(0)) }) }, s => {
      s.connected()
      s.app.pauses()
      s.peer.sends('F.', { length: 10 })
      s.peer.takes()
      s.app.resumes()
      s.app.resumes()
      s.app.reads(10)
      s.app.hears('ended')
      s.peer.expects('P.', { seq: 1, length: 1, ack: 12 })
      s.peer.expectsNothing()
    }),
  )
})

describe('ICMP errors (RFC 1122 §4.2.3.9, RFC 5461)', () => {
  for (const state of ['syn-sent', 'syn-received'] as const) {
    test(
      `a hard one ends a connection in ${state}`,
      scripted({}, s => {
        s.reach(state)
        const { sndUna } = s.app.connection
        s.stack.unreachable({ local: US, remote: PEER, sequence: sndUna }, true)
        s.app.is('closed')
      }),
    )
  }
})

describe('how long something lasts', () => {
  test(
    'a keep-alive probe is sent when the peer has been silent for that time, counted from what it sent last (RFC 1122 §4.2.3.6)',
    scripted({ keepAlive: { idle: sec(10), interval: sec(5), probes: 3 } }, s => {
      s.connected()
      s.clock.advance(sec(4))
      s.peer.sends('.')
      s.peer.expectsAfter(sec(10), '.', { seq: 0 })
    }),
  )

  test(
    'the user’s patience ends between two tries (RFC 5482 §3)',
    scripted({ userTimeout: sec(2.5) }, s => {
      s.connected()
      s.app.writes(10) // tries at 0.2, 0.6, 1.4 and 3.0 s
      s.clock.advance(sec(2.5) - 1)
      assert.deepEqual(
        s.retransmissions.map(({ at }) => at / 1e6),
        [200, 600, 1400],
      )
      s.app.hears()
      s.clock.advance(1)
      s.app.hears('closed timeout')
    }),
  )

  test(
    'a segment that every path carries is no black hole’s when it is lost (RFC 4821 §7.7)',
    scripted({}, s => {
      s.connected({ mss: 536 })
      s.app.writes(536)
      s.clock.advance(sec(20))
      const sent = s.peer.takes()
      assert.ok(sent.length > 4)
      assert.ok(sent.every(({ length, dontFragment }) => length === 536 && dontFragment))
    }),
  )
})

describe('what can be asked', () => {
  test(
    'before it is open a connection has no window of its own',
    scripted({}, s => {
      s.reach('syn-sent')
      const { cwnd, ssthresh, sacked } = s.app.info
      assert.deepEqual([cwnd, ssthresh, sacked], [0, 0, 0])
    }),
  )

  test(
    'counts, settings and what waits for an answer',
    scripted({}, s => {
      s.app.connects()
      s.clock.advance(sec(1))
      assert.equal(s.app.connection.unanswered, 2)
      s.peer.takes()
      s.peer.sends('S.')
      s.peer.expects('.')
      assert.equal(s.app.connection.unanswered, 0)
      s.peer.sends('.', { length: 10 })
      const { segmentsIn, segmentsOut, bytesIn, bytesOut } = s.app.info
      assert.deepEqual([segmentsIn, segmentsOut, bytesIn, bytesOut], [2, 3, 10, 0])
      const { connection } = s.app
      assert.deepEqual([connection.keepAlive, connection.userTimeout], [false, undefined])
      connection.keepAlive = true
      connection.userTimeout = 7e9
      assert.deepEqual([connection.keepAlive, connection.userTimeout], [true, 7e9])
    }),
  )
})
