/** Fast recovery by SACK against a peer who follows a script: what D-SACK teaches, what is sent again twice. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Connection, TcpOptions } from 'tcp-userspace'
import { Bold } from './bold.ts'
import { IRS, ISS, stream, underTest } from './harness.ts'

const MSS = 1000
/** Sequence number of the n-th full segment. */
const at = (n: number): number => ISS + 1 + n * MSS

/** `segments` full segments are in flight, twenty milliseconds after SYN. */
function inFlight(segments: number, options: TcpOptions = {}) {
  const parts = underTest({ initialWindow: 20, tailLossProbe: true, ...options })
  const connection = parts.connected({}, { mss: MSS, sackPermitted: true })
  parts.clock.advance(20)
  connection.write(stream(segments * MSS))
  parts.peer.drain()
  /** The peer has everything before segment `n`, and those of `blocks`, as [first, last + 1]. */
  const acks = (n: number, ...blocks: [number, number][]): void => {
    const sack = blocks.map(([from, to]): [number, number] => [at(from), at(to)])
    parts.peer.sends({ flags: 'A', seq: IRS + 1, ack: at(n), ...(sack.length > 0 && { sack }) })
  }
  /** Numbers of the segments that were sent since last asked. */
  const sent = (): number[] => parts.peer.drain().map(({ segment }) => (segment.sequence - at(0)) / MSS)
  return { ...parts, connection, acks, sent }
}

const reordering = (connection: Connection): number => connection.info().reordering

describe('tail loss probe (RFC 8985 §7)', () => {
  /** Segment 0 has been acknowledged after 20 ms, so SRTT is not zero; four more are in flight. */
  function tail() {
    const parts = inFlight(1)
    parts.clock.advance(20)
    parts.acks(1)
    parts.connection.write(stream(4 * MSS))
    parts.peer.drain()
    const { srtt, rto } = parts.connection
    assert.ok(srtt !== undefined && srtt > 0)
    return { ...parts, pto: (2 * srtt + 8e6) / 1e6, rto: rto / 1e6 }
  }

  test('after 2 SRTT the last segment goes again, once; the timeout follows (§7.2, §7.3)', () => {
    const { clock, sent, pto, rto, connection } = tail()
    clock.advance(pto - 0.001)
    assert.deepEqual(sent(), [])
    clock.advance(0.002)
    assert.deepEqual(sent(), [4])
    clock.advance(rto - 1)
    assert.deepEqual(sent(), [])
    clock.advance(1)
    assert.deepEqual(sent(), [1])
    assert.equal(connection.info().timeouts, 1)
  })

  test('its SACK starts fast recovery without a timeout', () => {
    const { clock, acks, sent, pto, connection } = tail()
    clock.advance(pto + 1)
    acks(1, [2, 5])
    assert.deepEqual(sent(), [4, 1])
    acks(5)
    assert.deepEqual([connection.info().timeouts, connection.queued], [0, 0])
  })

  test('new text goes first, if the window permits (§7.3)', () => {
    const { clock, connection, sent, pto } = tail()
    connection.write(stream(300)) // waits: Nagle
    assert.deepEqual(sent(), [])
    clock.advance(pto + 1)
    assert.deepEqual(sent(), [5])
    assert.equal(connection.retransmits, 0)
  })

  test('a loss that it repairs reduces the window, a needless probe does not (§7.4)', () => {
    for (const needless of [false, true]) {
      const { clock, acks, connection, pto } = tail()
      clock.advance(pto + 1)
      const { cwnd } = connection.info()
      acks(5)
      if (needless) acks(5, [4, 5])
      connection.write(stream(MSS))
      acks(6)
      assert.equal(connection.info().cwnd < cwnd, !needless)
    }
  })

  test('one segment waits for the timeout: its acknowledgment may be delayed (§7.2)', () => {
    const { clock, sent, connection } = inFlight(1)
    clock.advance(connection.rto / 1e6)
    assert.deepEqual(sent(), [0])
    assert.equal(connection.info().timeouts, 1)
  })

  test('one at a time: until its end is acknowledged the timeout is waited for (§7.2)', () => {
    const { clock, acks, sent, pto, connection } = tail()
    clock.advance(pto + 1)
    assert.deepEqual(sent(), [4])
    acks(2)
    clock.advance(connection.rto / 1e6 - 1)
    assert.deepEqual(sent(), [])
    clock.advance(1)
    assert.equal(connection.info().timeouts, 1)
  })

  test('none while something is SACKed, nor in a recovery (§7.2)', () => {
    for (const recovering of [false, true]) {
      const { clock, acks, sent, pto, connection } = tail()
      if (recovering) {
        acks(1, [2, 4]) // limited transmit has nothing to send
        acks(1, [2, 5])
        acks(4)
      } else {
        acks(1, [3, 4])
        acks(2, [3, 4])
      }
      assert.equal(connection.info().recovery, recovering ? 'fast' : 'open')
      sent()
      clock.advance(Math.min(pto, connection.rto / 1e6 - 1))
      assert.deepEqual(sent(), [])
    }
  })

  test('new text as a probe repairs nothing: the window stays (§7.4.2)', () => {
    const { clock, acks, connection, sent, pto } = tail()
    connection.write(stream(300))
    clock.advance(pto + 1)
    assert.deepEqual(sent(), [5])
    const { cwnd } = connection.info()
    acks(5.3)
    connection.write(stream(MSS))
    acks(6.3)
    assert.ok(connection.info().cwnd >= cwnd)
  })

  /** Segment 0 has been acknowledged; of twelve more the probe has sent the last again. */
  function probed() {
    const parts = inFlight(1)
    parts.clock.advance(20)
    parts.acks(1)
    parts.connection.write(stream(12 * MSS))
    parts.sent()
    const { srtt } = parts.connection
    assert.ok(srtt !== undefined)
    parts.clock.advance((2 * srtt + 8e6) / 1e6)
    assert.deepEqual(parts.sent(), [12])
    return parts
  }

  test('a repaired loss takes half of what was in flight when the probe was sent (§7.4.2; RFC 5681, equation (4))', () => {
    for (const inTwo of [false, true]) {
      const { acks, connection } = probed()
      if (inTwo) acks(13)
      connection.write(stream(MSS))
      acks(14)
      const { cwnd, ssthresh } = connection.info()
      assert.deepEqual([cwnd, ssthresh], [6 * MSS, 6 * MSS])
    }
  })

  test('or of the window, if that is less: it never makes the window larger', () => {
    const { acks, clock, connection, sent, pto } = tail()
    clock.advance(pto + 1)
    connection.write(stream(16 * MSS))
    acks(6)
    assert.deepEqual([connection.info().cwnd, connection.info().pipe], [2 * MSS, 15 * MSS])
    sent()
    clock.advance(connection.rto / 1e6 - 1)
    assert.deepEqual(sent(), [20])
    acks(21)
    connection.write(stream(MSS))
    acks(22)
    assert.equal(connection.info().ssthresh, 2 * MSS)
  })

  test('an acknowledgment that comes twice is an answer to both copies, from a peer without D-SACK (§7.4.2)', () => {
    const ack = { flags: 'A', seq: IRS + 1, ack: at(13) }
    for (const [twice, needless] of [
      [() => ({ ...ack }), true],
      [() => ({ ...ack, wnd: 60_000 }), false], // an update of the window
      [() => ({ ...ack, length: 10 }), false], // text of its own
    ] as const) {
      const { acks, connection, peer } = probed()
      const { cwnd } = connection.info()
      acks(13)
      peer.sends(twice())
      connection.write(stream(MSS))
      peer.sends({ ...ack, seq: IRS + 1 + ('length' in twice() ? 10 : 0), ack: at(14) })
      assert.equal(connection.info().cwnd >= cwnd, needless)
    }
  })

  test('one with blocks tells of something else', () => {
    const { acks, connection } = probed()
    acks(13)
    connection.write(stream(2 * MSS))
    acks(13, [14, 15])
    acks(15)
    assert.equal(connection.info().ssthresh, 6 * MSS)
  })

  test('and one from before the end of the probe is not', () => {
    const { acks, connection } = probed()
    acks(5)
    acks(5)
    connection.write(stream(MSS))
    acks(14)
    assert.equal(connection.info().ssthresh, 6 * MSS)
  })

  test('none while slow start sends again what the timer has given up, with several segments in flight (§7.2)', () => {
    const { acks, clock, connection, sent } = probed()
    const { srtt } = connection
    assert.ok(srtt !== undefined)
    clock.advance(connection.rto / 1e6)
    assert.deepEqual(sent(), [1])
    acks(2)
    assert.deepEqual(sent(), [2, 3])
    clock.advance((2 * srtt + 8e6) / 1e6 + 1)
    assert.deepEqual(sent(), [])
    assert.equal(connection.info().timeouts, 1)
  })

  test('without SACK there is none (§7.2)', () => {
    const { clock, connected, peer } = underTest()
    const connection = connected({}, { mss: MSS })
    connection.write(stream(4 * MSS))
    peer.drain()
    clock.advance(199)
    peer.expectsNothing()
  })
})

describe('one recovery after another (RFC 6675 §5)', () => {
  test('while blocks prove no loss yet the window grows as ever (RFC 5681 §3.1)', () => {
    const { connection, acks } = inFlight(20)
    const { cwnd } = connection.info()
    acks(0, [5, 6])
    acks(1, [5, 6])
    assert.equal(connection.info().cwnd, cwnd + MSS)
  })

  test('blocks beyond the end of a recovery prove the next loss at once', () => {
    const { connection, acks, sent } = inFlight(20)
    connection.write(stream(9 * MSS))
    acks(0, [1, 20])
    sent()
    acks(0, [1, 20], [23, 27])
    sent()
    acks(20, [23, 27])
    assert.deepEqual([connection.info().recovery, connection.info().fastRecoveries], ['fast', 2])
    assert.equal(sent()[0], 20)
  })

  test('what lies beyond a window that has shrunk is not sent again (RFC 9293 §3.8.6, SHLD-16)', () => {
    const { peer, sent } = inFlight(10)
    const sack: [number, number][] = [
      [at(1), at(5)],
      [at(6), at(9)],
    ]
    peer.sends({ flags: 'A', seq: IRS + 1, ack: at(0), wnd: 2 * MSS, sack })
    assert.deepEqual(sent(), [0])
    peer.sends({ flags: 'A', seq: IRS + 1, ack: at(0), wnd: 6 * MSS, sack })
    assert.deepEqual(sent(), [5])
  })
})

describe('the rescue of the highest octets that are not SACKed (RFC 6675 §4, NextSeg (4))', () => {
  /** Twenty segments, of which the first is lost; it and nine new ones are out in fast recovery, which is all that may be. */
  function full() {
    const parts = inFlight(20)
    parts.connection.write(stream(9 * MSS))
    parts.acks(0, [1, 20])
    assert.deepEqual(parts.sent(), [0, 20, 21, 22, 23, 24, 25, 26, 27, 28])
    assert.equal(parts.connection.info().pipe, parts.connection.info().cwnd)
    return parts
  }
  const texts = ({ peer }: ReturnType<typeof full>) =>
    peer.drain().map(({ segment }) => [(segment.sequence - at(0)) / MSS, segment.payload.length])

  test('without room there is none, with room for a segment there is', () => {
    const parts = full()
    parts.acks(0, [1, 20])
    assert.deepEqual(parts.sent(), [])
    parts.acks(0, [1, 20.001]) // room for one octet
    assert.deepEqual(parts.sent(), [])
    parts.acks(0, [1, 20.999])
    assert.deepEqual(parts.sent(), [])
    parts.acks(0, [1, 21])
    assert.deepEqual(texts(parts), [[28, MSS]])
  })

  test('blocks lie at the very end: the segment below them', () => {
    const parts = full()
    parts.acks(0, [1, 20], [28, 29])
    assert.deepEqual(texts(parts), [[27, MSS]])
    parts.acks(0, [1, 20], [27, 29])
    assert.deepEqual(parts.sent(), [], 'once')
  })

  test('the hole below them is shorter than a segment: all of it and no more', () => {
    const parts = full()
    parts.acks(0, [1, 20], [26.2, 26.4], [27.2, 29])
    assert.deepEqual(texts(parts), [[26.4, 800]])
  })

  test('the end behind the last block is shorter than a segment', () => {
    const parts = inFlight(20)
    parts.acks(0, [1, 19.4])
    assert.deepEqual(texts(parts), [
      [0, MSS],
      [19.4, 600],
    ])
  })

  test('it leaves HighRxt where it is: what turns out to be lost below it is still sent again', () => {
    const parts = inFlight(20)
    parts.acks(0, [1, 12])
    assert.deepEqual(parts.sent(), [0, 19])
    parts.acks(0, [1, 12], [15, 19])
    assert.deepEqual(parts.sent(), [12, 13, 14])
  })

  test('what was sent again already is not rescued', () => {
    const parts = inFlight(10)
    parts.acks(0, [1, 9], [9.5, 10])
    assert.deepEqual(texts(parts), [
      [0, MSS],
      [9, 500],
    ])
    parts.acks(0, [1, 9], [9.4, 10])
    assert.deepEqual(parts.sent(), [])
  })
})

describe('DupThresh and D-SACK (RFC 2883, RFC 3708)', () => {
  test('DupThresh never exceeds 300, Linux’s net.ipv4.tcp_max_reordering', () => {
    const parts = underTest({ initialWindow: 400 })
    const connection = parts.connected({}, { mss: 100, sackPermitted: true })
    connection.write(stream(40_000))
    const block = (from: number, to: number) =>
      parts.peer.sends({ flags: 'A', seq: IRS + 1, ack: ISS + 1, sack: [[ISS + 1 + from, ISS + 1 + to]] })
    block(39_900, 40_000)
    block(25_050, 25_150) // overtaken by 149 segments and a half
    assert.equal(reordering(connection), 151)
    block(100, 200)
    assert.equal(reordering(connection), 300)
  })

  test('one needless segment of a recovery that repaired a loss teaches nothing', () => {
    const { connection, acks, sent } = inFlight(10)
    acks(0, [1, 2], [3, 9]) // 0 and 2 are lost
    assert.deepEqual(sent(), [0, 2, 9])
    acks(10)
    acks(10, [2, 3]) // 2 was only late
    assert.equal(connection.info().duplicatesReported, 1)
    assert.equal(reordering(connection), 3)
    assert.ok(connection.info().cwnd < 20 * MSS)
  })

  test('a recovery that was needless altogether is undone, and DupThresh is what has been overtaken', () => {
    for (const congestion of ['new-reno', 'cubic'] as const) {
      const { connection, acks, sent } = inFlight(10, { congestion })
      const { cwnd, ssthresh } = connection.info()
      acks(0, [1, 7])
      assert.deepEqual(sent(), [0, 9]) // and the rescue
      assert.equal(connection.info().recovery, 'fast')
      assert.ok(connection.info().cwnd < cwnd)
      acks(8) // segment 0 has arrived after six others
      acks(10, [0, 1])
      assert.ok(connection.info().cwnd < cwnd)
      acks(10, [9, 10])
      assert.equal(connection.info().recovery, 'open')
      assert.deepEqual([connection.info().cwnd, connection.info().ssthresh], [cwnd, ssthresh])
      assert.equal(reordering(connection), 8)
    }
  })

  test('all that was sent again was needless: recovery is over before all is acknowledged', () => {
    const { connection, acks, sent } = inFlight(10)
    acks(0, [1, 7])
    assert.deepEqual(sent(), [0, 9])
    acks(8, [0, 1])
    assert.equal(connection.info().recovery, 'fast')
    acks(8, [9, 10], [9, 10]) // the copy of 9 came after 9, and 8 is still missing
    assert.equal(connection.info().recovery, 'open')
  })

  test('a controller that cannot undo keeps what it has taken', () => {
    const { connection, acks } = inFlight(10, { congestion: (flow, window) => new Bold(flow, window) })
    acks(0, [1, 7])
    const { ssthresh } = connection.info()
    acks(10, [0, 1])
    acks(10, [9, 10])
    assert.deepEqual([connection.info().recovery, connection.info().ssthresh], ['open', ssthresh])
  })

  test('what a timeout has sent again may have been overtaken by its copy: it teaches nothing', () => {
    const { connection, clock, acks, sent } = inFlight(6, { tailLossProbe: false })
    clock.advance(connection.rto / 1e6)
    acks(1)
    assert.deepEqual(sent(), [0, 1, 2])
    clock.advance(connection.rto / 1e6)
    assert.deepEqual(sent(), [1])
    acks(1, [4, 6])
    acks(1, [2, 3], [4, 6])
    assert.equal(reordering(connection), 3)
  })

  test('what a timeout sends again for nothing teaches nothing', () => {
    const { connection, clock, acks, sent } = inFlight(3)
    clock.advance(1000)
    assert.ok(sent().length > 0)
    acks(3, [0, 1])
    acks(3, [0, 1])
    assert.equal(reordering(connection), 3)
  })

  test('the rescue of the last segment in a recovery that was needed teaches nothing (RFC 6675 §5, NextSeg (4))', () => {
    const { connection, acks, sent } = inFlight(6)
    acks(0, [1, 5])
    assert.deepEqual(sent(), [0, 5])
    acks(6)
    acks(6, [5, 6])
    assert.equal(connection.info().duplicatesReported, 1)
    assert.equal(reordering(connection), 3)
  })

  /** DupThresh is 10; segments 10 to `end` are in flight. */
  function patient(end: number) {
    const parts = inFlight(10)
    parts.acks(0, [1, 2], [8, 9])
    parts.acks(9)
    parts.acks(10)
    assert.equal(reordering(parts.connection), 10)
    parts.connection.write(stream((end - 10) * MSS))
    parts.sent()
    return parts
  }

  test('more duplicates than what is in flight can give are not waited for (RFC 5827 §3)', () => {
    const { connection, acks, sent } = patient(16)
    acks(10, [11, 15])
    assert.equal(connection.info().recovery, 'open')
    acks(10, [11, 16])
    assert.equal(connection.info().recovery, 'fast')
    assert.deepEqual(sent(), [10])
  })

  for (const [what, end, sacked, after] of [
    ['three', 20, 14, 3],
    ['less than three', 20, 13.9, 10],
  ] as const) {
    test(`a timeout with ${what} segments SACKed: DupThresh is ${after}`, () => {
      const { connection, clock, acks } = patient(end)
      acks(10, [11, sacked])
      assert.equal(connection.info().recovery, 'open')
      clock.advance(2000)
      assert.equal(connection.info().recovery, 'timeout')
      assert.equal(reordering(connection), after)
    })
  }

  test('a timeout in fast recovery says nothing of the patience', () => {
    const { connection, clock, acks } = patient(30)
    acks(10, [11, 29])
    assert.equal(connection.info().recovery, 'fast')
    clock.advance(3000)
    assert.equal(connection.info().recovery, 'timeout')
    assert.equal(reordering(connection), 10)
  })

  test('a timeout with three segments SACKed shows that the patience was too large: 3 again', () => {
    const { connection, clock, acks } = inFlight(10)
    acks(0, [1, 2], [8, 9])
    acks(9) // overtaken by eight
    assert.equal(reordering(connection), 10)
    connection.write(stream(10 * MSS))
    acks(10)
    acks(10, [12, 16])
    assert.equal(connection.info().recovery, 'open')
    clock.advance(2000)
    assert.equal(connection.info().recovery, 'timeout')
    assert.equal(reordering(connection), 3)
  })
})
