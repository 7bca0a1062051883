/** Selective acknowledgment: RFC 2018 (the option), RFC 2883 (duplicates), RFC 6675 (recovery by it). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { type Script, type ScriptOptions, scripted, stream } from './script.ts'

const MSS = 1000
const BIG: ScriptOptions = { sendBuffer: 1_000_000 }
const WIDE = { mss: MSS, scale: 8, wnd: 65_535, sackOk: true }

function flow(s: Script, octets: number): void {
  s.connected(WIDE)
  s.peer.sends('.')
  s.app.writes(octets)
}
const starts = (s: Script): number[] => s.peer.takes().map(({ seq }) => seq)
/** The segment that begins at n · MSS + 1, as a block. */
const block = (first: number, last = first): readonly [number, number] => [1 + first * MSS, 1 + (last + 1) * MSS]

describe('the option in SYN segments (RFC 2018 §2)', () => {
  test(
    'is offered',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.expects('S', { sackOk: true })
    }),
  )

  test(
    'is answered in SYN,ACK if it was offered',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460, sackOk: true })
      peer.expects('S.', { sackOk: true })
    }),
  )

  test(
    'and not otherwise',
    scripted({}, ({ app, peer }) => {
      app.listens()
      peer.sends('S', { mss: 1460 })
      peer.expects('S.', { sackOk: false })
    }),
  )

  test(
    'stands in no other segment',
    scripted({}, ({ app, peer, connected }) => {
      connected(WIDE)
      app.writes(10)
      peer.expects('P.', { sackOk: false })
    }),
  )

  test(
    'switched off: not offered, no blocks sent, none believed',
    scripted({ ...BIG, sack: false }, s => {
      s.app.connects()
      s.peer.expects('S', { sackOk: false })
      s.peer.sends('S.', WIDE)
      s.peer.takes()
      s.peer.sends('.', { seq: 1001, length: 100 })
      s.peer.expects('.', { ack: 1, sack: null })
      s.app.writes(5000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 4)] })
      s.peer.expectsNothing()
    }),
  )
})

describe('what we report (RFC 2018 §3, §4)', () => {
  test(
    'no block while all is in order',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.expects('.', { ack: 2001, sack: null })
    }),
  )

  test(
    'the edges of what came beyond a gap',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.expects('.', { ack: 1, sack: [[1001, 2001]] })
      peer.sends('.', { seq: 2001, length: 500 })
      peer.expects('.', { ack: 1, sack: [[1001, 2501]] })
    }),
  )

  test(
    'the first block holds the segment that came last; then the others, the latest first',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 1001, length: 100 })
      peer.takes()
      peer.sends('.', { seq: 3001, length: 100 })
      peer.expects('.', {
        sack: [
          [3001, 3101],
          [1001, 1101],
        ],
      })
      peer.sends('.', { seq: 2001, length: 100 })
      peer.expects('.', {
        sack: [
          [2001, 2101],
          [3001, 3101],
          [1001, 1101],
        ],
      })
      peer.sends('.', { seq: 1101, length: 100 })
      peer.expects('.', {
        sack: [
          [1001, 1201],
          [2001, 2101],
          [3001, 3101],
        ],
      })
    }),
  )

  test(
    'what is in order by now is not told, and changes nothing in the order of the others (§4)',
    scripted({}, ({ app, peer, connected }) => {
      connected(WIDE)
      app.pauses()
      for (const seq of [1001, 3001, 5001]) peer.sends('.', { seq, length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('.', {
        ack: 2001,
        sack: [
          [5001, 6001],
          [3001, 4001],
        ],
      })
    }),
  )

  test(
    'they are told by a segment of their own when text goes at the same time',
    scripted({ handlers: app => ({ data: () => void app().write(stream(10)) }) }, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 2001, length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('P.', { seq: 1, ack: 1001, length: 10, sack: null })
      peer.expects('.', { ack: 1001, sack: [[2001, 3001]] })
    }),
  )

  test(
    'at most four blocks, three beside timestamps (§3)',
    scripted({}, s => {
      const { peer, connected } = s
      connected(WIDE)
      for (let n = 1; n <= 6; n++) peer.sends('.', { seq: 1 + 1000 * n, length: 100 })
      const last = peer.takes().at(-1)
      assert.deepEqual(last?.sack, [
        [6001, 6101],
        [5001, 5101],
        [4001, 4101],
        [3001, 3101],
      ])
    }),
  )

  test(
    'three beside timestamps (§3)',
    scripted({}, ({ peer, connected }) => {
      peer.timestamps = true
      connected(WIDE)
      for (let n = 1; n <= 6; n++) peer.sends('.', { seq: 1 + 1000 * n, length: 100 })
      const last = peer.takes().at(-1)
      assert.deepEqual(last?.sack, [
        [6001, 6101],
        [5001, 5101],
        [4001, 4101],
      ])
      assert.ok(last.bytes.length <= 60)
    }),
  )

  test(
    'a gap that is filled shortens the report',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.sends('.', { seq: 3001, length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('.', { ack: 2001, sack: [[3001, 4001]] })
      peer.sends('.', { seq: 2001, length: 1000 })
      peer.expects('.', { ack: 4001, sack: null })
    }),
  )

  test(
    'not without the peer’s permission',
    scripted({}, ({ peer, connected }) => {
      connected()
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.expects('.', { ack: 1, sack: null })
    }),
  )

  test(
    'text that carries blocks is shorter by their room (RFC 6691 §2)',
    scripted(BIG, ({ app, peer, connected }) => {
      connected({ ...WIDE, mss: 1460 })
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.takes()
      app.writes(5000)
      for (const { bytes } of peer.takes()) assert.ok(bytes.length <= 1480, String(bytes.length))
    }),
  )
})

describe('duplicates are reported (RFC 2883 §4)', () => {
  test(
    'a segment that came twice: its edges below the acknowledgment (§4.1.1)',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.expects('.', { ack: 2001, sack: [[1, 1001]] })
    }),
  )

  test(
    'once only',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1, length: 1000 })
      peer.takes()
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.expects('.', { ack: 4001, sack: null })
    }),
  )

  test(
    'beyond a gap: the duplicate first, then the block that it is a part of (§4.1.3)',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.sends('.', { seq: 2001, length: 1000 })
      peer.takes()
      peer.sends('.', { seq: 1001, length: 1000 })
      peer.expects('.', {
        ack: 1,
        sack: [
          [1001, 2001],
          [1001, 3001],
        ],
      })
    }),
  )

  test(
    'also of one whose timestamp is too old (RFC 7323 §5.3)',
    scripted({}, ({ peer, connected }) => {
      peer.timestamps = true
      connected(WIDE)
      peer.sends('.', { length: 1000 })
      peer.sends('.', { length: 1000 })
      peer.takes()
      assert.equal(peer.sends('.', { seq: 1, length: 1000, ts: [49_000, 1] }), 'old-timestamp')
      peer.expects('.', { ack: 2001, sack: [[1, 1001]] })
    }),
  )

  test(
    'partly new: only the octets that came twice (§4.2)',
    scripted({}, ({ peer, connected }) => {
      connected(WIDE)
      peer.sends('.', { seq: 1, length: 1000 })
      peer.sends('.', { seq: 501, length: 1000 })
      peer.expects('.', { ack: 1501, sack: [[501, 1001]] })
    }),
  )
})

describe('recovery by SACK (RFC 6675 §5)', () => {
  test(
    'three blocks above prove the loss of what is below; only that is sent again',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (const n of [1, 2]) s.peer.sends('.', { ack: 1, sack: [block(1, n)] })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      s.peer.expects('.', { seq: 1, length: MSS })
      s.peer.expectsNothing()
    }),
  )

  test(
    'a single acknowledgment is enough if it tells of more than two segments (§4, IsLost)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      s.peer.expects('.', { seq: 1, length: MSS })
    }),
  )

  test(
    'three duplicates are enough whatever they tell (§5, step 1)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (let n = 0; n < 3; n++) s.peer.sends('.', { ack: 1, sack: [[1001, 1101 + 10 * n]] })
      assert.equal(s.peer.takes()[0]?.seq, 1)
    }),
  )

  test(
    'acknowledgments without news are no duplicates, however many (§2)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (let n = 0; n < 5; n++) s.peer.sends('.', { ack: 1 })
      for (let n = 0; n < 5; n++) s.peer.sends('.', { ack: 1, sack: [block(4)] })
      s.peer.expectsNothing()
      assert.equal(s.app.info.fastRecoveries, 0)
    }),
  )

  test(
    'blocks count that come with text',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      for (const n of [1, 2, 3]) s.peer.sends('.', { ack: 1, length: 100, sack: [block(1, n)] })
      assert.ok(starts(s).includes(1))
      assert.equal(s.app.info.fastRecoveries, 1)
    }),
  )

  test(
    'two losses in one window are both sent again without waiting for an acknowledgment',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3), block(5, 8)] })
      const sent = starts(s)
      s.peer.sends('.', { ack: 1, sack: [block(1, 3), block(5, 9)] })
      assert.deepEqual([...sent, ...starts(s)].slice(0, 2), [1, 4001])
    }),
  )

  test(
    'what was SACKed is never sent again in a recovery',
    scripted(BIG, s => {
      flow(s, 20_000)
      s.peer.takes()
      const held = [1, 2, 3, 5, 6, 8, 9]
      s.peer.sends('.', { ack: 1, sack: [block(8, 9), block(5, 6), block(1, 3)] })
      s.peer.sends('.', { ack: 1, sack: [block(8, 9), block(5, 6), block(1, 3)] })
      s.peer.sends('.', { ack: 1001, sack: [block(8, 9), block(5, 6)] })
      s.peer.sends('.', { ack: 4001, sack: [block(8, 9), block(5, 6)] })
      s.peer.sends('.', { ack: 7001, sack: [block(8, 9)] })
      for (const seq of starts(s)) assert.ok(!held.includes((seq - 1) / MSS), String(seq))
    }),
  )

  test(
    'cwnd is ssthresh, half of what was in flight (§5, step 4.2)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      assert.equal(s.app.info.ssthresh, 5 * MSS)
      assert.equal(s.app.info.cwnd, 5 * MSS)
    }),
  )

  test(
    'no more is sent than the pipe has room for (§5, C)',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      for (let n = 1; n <= 9; n++) {
        s.peer.sends('.', { ack: 1, sack: [block(1, n)] })
        assert.ok(s.app.info.recovery === 'open' || s.app.info.pipe <= Math.max(5 * MSS, 9 * MSS - (n - 3) * MSS + MSS))
      }
      assert.ok(s.app.info.pipe <= 5 * MSS + MSS)
    }),
  )

  test(
    'new octets are sent in a recovery when there is room (NextSeg 2)',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 9)] })
      const sent = starts(s)
      assert.equal(sent[0], 1)
      assert.equal(sent[1], 10_001)
    }),
  )

  test(
    'it ends when all that was in flight at its beginning is acknowledged (§5, step A)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      s.peer.sends('.', { ack: 4001 })
      assert.equal(s.app.info.recovery, 'fast')
      s.peer.sends('.', { ack: 10_001 })
      assert.equal(s.app.info.recovery, 'open')
      assert.equal(s.app.info.sacked, 0)
    }),
  )

  test(
    'one halving for all losses of a window',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      s.peer.sends('.', { ack: 1, sack: [block(1, 3), block(5, 9)] })
      s.peer.sends('.', { ack: 4001, sack: [block(5, 9)] })
      assert.equal(s.app.info.ssthresh, 5 * MSS)
      assert.equal(s.app.info.fastRecoveries, 1)
    }),
  )

  test(
    'limited transmit: acknowledgments with news send something new (§5, step 3)',
    scripted(BIG, s => {
      flow(s, 100_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1)] })
      s.peer.expects('.', { seq: 10_001, length: MSS })
      s.peer.expectsNothing()
    }),
  )

  test(
    'the lost end of a flight is sent once more in the recovery (NextSeg 4)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 4)] })
      assert.deepEqual(starts(s)[0], 1)
      s.peer.sends('.', { ack: 1, sack: [block(1, 5)] })
      s.peer.sends('.', { ack: 1, sack: [block(1, 6)] })
      s.peer.sends('.', { ack: 1, sack: [block(1, 7)] })
      const rescued = starts(s)
      assert.ok(rescued.filter(seq => seq > 8000).length <= 2, rescued.join())
      s.peer.sends('.', { ack: 8001 })
      s.peer.takes()
      s.clock.advance(sec(2))
      s.peer.sends('.', { ack: 10_001 })
      assert.equal(s.app.connection.queued, 0)
    }),
  )

  test(
    'a hole that is not known to be lost goes when nothing else can (NextSeg 3)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      s.peer.expects('.', { seq: 1, length: MSS })
      s.peer.sends('.', { ack: 1, sack: [block(5), block(1, 3)] })
      s.peer.sends('.', { ack: 1, sack: [block(5, 6), block(1, 3)] })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 4001, sack: [block(5, 6)] })
      s.peer.expects('.', { seq: 4001, length: MSS })
      s.peer.expectsNothing()
    }),
  )

  test(
    'the last segment goes once more in a recovery, and once only (NextSeg 4)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 4)] })
      s.peer.expects('.', { seq: 1, length: MSS })
      s.peer.sends('.', { ack: 1, sack: [block(1, 5)] })
      s.peer.expectsNothing()
      s.peer.sends('.', { ack: 1, sack: [block(1, 6)] })
      s.peer.expects('P.', { seq: 9001, length: MSS })
      s.peer.sends('.', { ack: 1, sack: [block(1, 7)] })
      s.peer.expectsNothing()
    }),
  )

  test(
    'the pipe: what is neither SACKed nor lost, and what was sent again (SetPipe)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      assert.equal(s.app.info.pipe, 10 * MSS)
      s.peer.sends('.', { ack: 1, sack: [block(1)] })
      assert.equal(s.app.info.pipe, 9 * MSS)
      s.peer.sends('.', { ack: 1, sack: [block(1, 3)] })
      assert.equal(s.app.info.pipe, 7 * MSS) // six behind the blocks, and the one in front again
      assert.equal(s.app.info.sacked, 3 * MSS)
      s.peer.sends('.', { ack: 4001 })
      assert.equal(s.app.info.pipe, 6 * MSS)
      assert.equal(s.app.info.sacked, 0)
    }),
  )
})

describe('blocks that cannot be (RFC 2018 §5, RFC 2883 §4)', () => {
  for (const [what, edges] of [
    ['beyond what was sent', [10_001, 20_001]],
    ['below what was acknowledged', [-5000, -1000]],
    ['turned round', [5001, 2001]],
    ['empty', [3001, 3001]],
    ['half of the number space wide', [1001, 0x7fff_ffff]],
  ] as const) {
    test(
      `${what}: ignored`,
      scripted(BIG, s => {
        flow(s, 10_000)
        s.peer.takes()
        for (let n = 0; n < 2; n++) s.peer.sends('.', { ack: 1, sack: [[edges[0], edges[1]]] })
        assert.equal(s.app.info.sacked, 0)
        s.peer.sends('.', { ack: 10_001 })
        assert.equal(s.app.connection.queued, 0)
      }),
    )
  }

  test(
    'a duplicate of ours that the peer reports is counted, and proves no loss (RFC 2883 §4)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.peer.sends('.', { ack: 3001 })
      s.peer.sends('.', { ack: 3001, sack: [block(0)] })
      assert.equal(s.app.info.duplicatesReported, 1)
      assert.equal(s.app.info.sacked, 0)
    }),
  )
})

describe('a timeout (RFC 2018 §8, RFC 6675 §5.1)', () => {
  test(
    'sends again what was not SACKed, and passes over the rest',
    scripted(BIG, s => {
      flow(s, 5000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1)] })
      s.clock.advance(ms(200))
      assert.deepEqual(starts(s), [1])
      s.peer.sends('.', { ack: 2001 })
      assert.deepEqual(starts(s), [2001, 3001])
    }),
  )

  test(
    'a peer that has thrown away what it had SACKed gets it again',
    scripted(BIG, s => {
      flow(s, 5000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 4)] })
      s.peer.takes()
      s.peer.sends('.', { ack: 1001 })
      for (let n = 0; n < 8; n++) {
        s.clock.advance(sec(1))
        const first = s.peer.takes().at(0)
        if (first) s.peer.sends('.', { ack: first.seq + first.length })
      }
      for (let n = 0; n < 8 && s.app.connection.queued > 0; n++) {
        s.clock.advance(sec(30))
        const sent = s.peer.takes()
        if (sent.length > 0) s.peer.sends('.', { ack: Math.max(...sent.map(({ seq, length }) => seq + length)) })
      }
      assert.equal(s.app.connection.queued, 0)
    }),
  )

  test(
    'and without a timeout for each segment (RFC 2018 §8)',
    scripted(BIG, s => {
      flow(s, 5000)
      s.peer.takes()
      s.peer.sends('.', { ack: 1, sack: [block(1, 4)] })
      s.peer.takes()
      s.peer.sends('.', { ack: 1001 })
      s.clock.advance(s.app.connection.rto)
      assert.deepEqual(starts(s), [1001])
      assert.equal(s.app.info.sacked, 0)
      s.peer.sends('.', { ack: 2001 })
      assert.deepEqual(starts(s), [2001, 3001])
    }),
  )

  test(
    'no fast recovery begins below what had been sent (RFC 6675 §5.1)',
    scripted(BIG, s => {
      flow(s, 10_000)
      s.peer.takes()
      s.clock.advance(ms(200))
      s.peer.takes()
      s.peer.sends('.', { ack: 1001, sack: [block(3, 7)] })
      assert.equal(s.app.info.fastRecoveries, 0)
      assert.equal(s.app.info.ssthresh, 5 * MSS)
    }),
  )
})
