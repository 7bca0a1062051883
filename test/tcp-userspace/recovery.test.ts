/** How losses are found and repaired over a line: what is sent again, how often for nothing, and what may be in flight. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CongestionControl, Connection, TcpInfo, TcpOptions } from 'tcp-userspace'
import { sec } from '../../src/base/time.ts'
import { log, stream, underTest } from './harness.ts'
import { LEFT, type Line, pipe, RIGHT } from './pipe.ts'

const CLEAN: Line = { seed: 1, loss: 0, duplication: 0, corruption: 0, jitterMs: 0 }
const BYTES = 2_000_000

/** Sends `BYTES` from left to right. */
function bulk(line: Partial<Line>, options: TcpOptions = {}, watch: (connection: Connection) => void = () => {}) {
  const buffers = { sendBuffer: 1 << 20, receiveBuffer: 1 << 20, ...options }
  const world = pipe({ ...CLEAN, ...line }, { left: buffers, right: buffers })
  const { scheduler, left, right } = world
  let received = 0
  let info: TcpInfo | undefined
  right.listen({ port: 80 }, () => ({
    data: bytes => {
      received += bytes.length
      if (connection) watch(connection)
      if (received === BYTES) info = connection?.info()
    },
  }))
  let at = 0
  const fill = (): void => {
    while (at < BYTES) {
      const taken = connection?.write(new Uint8Array(Math.min(16_384, BYTES - at))) ?? 0
      if (taken === 0) return
      at += taken
    }
  }
  const connection = left.connect(
    { local: { address: LEFT }, remote: { address: RIGHT, port: 80 } },
    { opened: fill, writable: fill },
  )
  scheduler.runUntil(sec(500))
  assert.ok(info, `${received} octets have arrived`)
  return { info, duplicates: world.discards.get('duplicate') ?? 0 }
}

describe('a line that loses', () => {
  for (const options of [{}, { timestamps: false }, { congestion: 'cubic' as const }]) {
    test(`1 %: next to nothing is sent for nothing, and no timer runs out (RFC 6675), ${JSON.stringify(options)}`, () => {
      for (const seed of [1, 2, 3]) {
        const { info, duplicates } = bulk({ seed, loss: 0.01 }, options)
        assert.ok(info.retransmits > 5 && info.fastRecoveries > 2, `${info.retransmits} ${info.fastRecoveries}`)
        assert.ok(duplicates <= 1, `${duplicates} of ${info.retransmits}`)
        assert.ok(info.timeouts <= 1, `${info.timeouts}`)
        assert.equal(info.reordering, 3)
      }
    })
  }

  test('3 %, counting, a timeout of a few round trips: what the timer sends again is not taken for reordering', () => {
    let [timeouts, duplicates] = [0, 0]
    for (let seed = 1; seed <= 20; seed++) {
      const { info } = bulk({ seed, loss: 0.03 }, { minRto: 4e6, delayedAck: 1e6, tailLossProbe: false, rack: false })
      timeouts += info.timeouts
      duplicates += info.duplicatesReported
      assert.equal(info.reordering, 3)
    }
    // The timer begins anew when the segment in front is sent again (RFC 6675 §6): less than one needless one a transfer;
    // with a timer that runs on there are 37.
    assert.ok(timeouts > 20 && duplicates < 20, `${timeouts} timeouts, ${duplicates} duplicates`)
  })

  test('3 %: by time (RFC 8985) two thirds of the timeouts are not needed that counting needs (RFC 6675)', () => {
    const timeouts = [true, false].map(rack => {
      let sum = 0
      for (let seed = 1; seed <= 20; seed++)
        sum += bulk({ seed, loss: 0.03 }, { minRto: 4e6, delayedAck: 1e6, tailLossProbe: false, rack }).info.timeouts
      return sum
    })
    assert.ok(3 * timeouts[0] < timeouts[1], `${timeouts}`)
  })

  test('the end of a text, sent again on a guess (RFC 6675 §4, NextSeg (3) and (4)), is not taken for reordering', () => {
    const { scheduler, left, right } = pipe({ ...CLEAN, loss: 0.02 }, { left: { rack: false } })
    right.listen({ port: 80 }, () => ({}))
    const connection = left.connect({ local: { address: LEFT }, remote: { address: RIGHT, port: 80 } }, {})
    assert.ok(connection)
    for (let n = 0; n < 200; n++) {
      scheduler.runUntil(sec(n))
      connection.write(new Uint8Array(10_000))
    }
    const { duplicatesReported, reordering } = connection.info()
    assert.ok(duplicatesReported > 5, `${duplicatesReported}`)
    assert.equal(reordering, 3)
  })

  test('1 % without SACK: one segment for each round trip, and it still gets on (RFC 6582)', () => {
    for (const seed of [1, 2, 3]) {
      const { info, duplicates } = bulk({ seed, loss: 0.01 }, { sack: false })
      assert.equal(info.sack, false)
      assert.ok(info.fastRecoveries > 2 && info.timeouts <= 2, `${info.fastRecoveries} ${info.timeouts}`)
      assert.ok(duplicates <= 3, `${duplicates} of ${info.retransmits}`)
    }
  })
})

describe('a line that reorders and loses nothing', () => {
  for (const rack of [false, true]) {
    test(`patience grows to what is seen, and no segment in a hundred is sent again${rack ? ' (RFC 8985 §3.3.2)' : ''}`, () => {
      for (const seed of [1, 2, 3]) {
        const { info } = bulk({ seed, jitterMs: 20 }, { rack })
        assert.ok(info.reordering > 3)
        assert.ok(info.retransmits < BYTES / info.mss / 100, `${info.retransmits}`)
        assert.equal(info.timeouts, 0)
      }
    })
  }
})

describe('congestion control', () => {
  test('a controller of one’s own decides what may be in flight', () => {
    const events: string[] = []
    const controller = (mss: number): CongestionControl => ({
      cwnd: 4 * mss,
      ssthresh: 4 * mss,
      onAck: acked => void (acked > 0 && events.push('ack')),
      onLoss: () => void events.push('loss'),
      onTimeout: () => void events.push('timeout'),
      onIdle: () => void events.push('idle'),
    })
    let most = 0
    const { info } = bulk({}, { congestion: flow => controller(flow.mss) }, ({ sndUna, sndNxt }) => {
      most = Math.max(most, (sndNxt - sndUna) | 0)
    })
    bulk({ loss: 0.005 }, { congestion: flow => controller(flow.mss) })
    assert.equal(info.cwnd, 4 * info.mss)
    assert.equal(most, 4 * info.mss)
    assert.deepEqual([...new Set(events)].sort(), ['ack', 'loss'])
  })
})

describe('user timeout', () => {
  test('set while the connection is stuck already, it counts from the next try on', () => {
    const { clock, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.write(stream(10))
    clock.advance(1000) // tries at 200 and 600 ms
    connection.userTimeout = 5e9
    clock.advance(400 + 4999)
    assert.deepEqual(app.events, ['opened'])
    clock.advance(1)
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
  })
})
