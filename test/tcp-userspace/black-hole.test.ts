/** Full segments that get no answer: a black hole, loss, or a line that is down. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TcpOptions } from 'tcp-userspace'
import { IRS, stream, underTest } from './harness.ts'

/**
 * A peer behind a path: `passes` says whether a segment of `length` octets that is sent for the n-th time gets there. What
 * does is acknowledged when the event is over. Returns the lengths in the order in which they were sent.
 */
function over(octets: number, passes: (length: number, now: number) => boolean, options: TcpOptions = {}) {
  const parts = underTest({ initialWindow: 1, ...options })
  const { peer, clock } = parts
  const connection = parts.connected()
  connection.write(stream(octets))
  const lengths: number[] = []
  /** Lengths of those that routers may cut. */
  const cuttable: number[] = []
  let next = connection.sndUna
  for (let ms = 0; ms < 120_000; ms += 10) {
    for (const { segment, seen } of peer.drain()) {
      const { length } = segment.payload
      lengths.push(length)
      if (!seen.dontFragment) cuttable.push(length)
      if (segment.sequence === next && passes(length, clock.now)) next += length
    }
    if (connection.sndUna !== next) peer.sends({ flags: 'A', seq: IRS + 1, ack: next })
    clock.advance(10)
  }
  assert.equal(connection.queued, 0)
  return { lengths, cuttable, info: connection.info(), pathMtu: connection.info().pathMtu }
}

describe('path MTU black hole (RFC 4821 §7.7)', () => {
  test('a path that swallows full segments: tried twice, then smaller ones for ten minutes', () => {
    const { lengths, cuttable, info, pathMtu } = over(20_000, length => length <= 1100)
    assert.deepEqual(
      cuttable,
      lengths.filter(length => length < 1460),
    ) // what is smaller may be cut
    assert.deepEqual(lengths.slice(0, 9), [1460, 1460, 1460, 1024, 1460, 1460, 1460, 1024, 1024])
    assert.equal(lengths.lastIndexOf(1460), 6)
    assert.deepEqual([info.mss, pathMtu], [1024, 1064])
  })

  test('one that swallows even those of 1024', () => {
    const { info } = over(20_000, length => length <= 600)
    assert.equal(info.mss, 536)
  })

  test('plain loss, three times the same segment: after one smaller segment they are full again', () => {
    let losses = 3
    const { lengths, cuttable, info, pathMtu } = over(20_000, () => losses-- <= 0)
    assert.deepEqual(cuttable, [1024])
    assert.deepEqual(lengths.slice(0, 4), [1460, 1460, 1460, 1024])
    assert.equal(lengths.filter(length => length === 1024).length, 1)
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })

  test('plain loss, twice: a full segment that got through between them has cleared the path', () => {
    let n = 0
    const lost = [0, 1, 2, 8, 9, 10]
    const { cuttable, info, pathMtu } = over(40_000, () => !lost.includes(n++))
    assert.deepEqual(cuttable, [1024, 1024])
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })

  test('a line that is down and comes back', () => {
    const { lengths, info, pathMtu } = over(20_000, (_, now) => now > 30e9)
    assert.ok(lengths.includes(536))
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })

  test('a path that becomes narrower still: what had passed is tried first, and something smaller then', () => {
    let most = 1100
    const { lengths, pathMtu } = over(20_000, length => {
      const passes = length <= most
      if (passes) most = 600
      return passes
    })
    assert.deepEqual(lengths.slice(0, 11), [1460, 1460, 1460, 1024, 1460, 1460, 1460, 1024, 1024, 1024, 536])
    assert.equal(pathMtu, 576)
  })

  test('while nothing gets through: three full ones, three of 1024, and then the smallest', () => {
    const { lengths } = over(1460, (_, now) => now > 80e9)
    assert.deepEqual(lengths.slice(0, 6), [1460, 1460, 1460, 1024, 1024, 1024])
    assert.deepEqual([...new Set(lengths.slice(6, -1))], [536])
  })

  /** Three full segments are lost, one of 1024 passes; then so many octets of the next full one, and three are lost again. */
  function suspected(octets: number): number {
    const { peer, clock, connected } = underTest({ initialWindow: 1 })
    const connection = connected()
    connection.write(stream(20_000))
    const fails = (): void => {
      const before = connection.sndUna
      for (let n = 0; n < 300 && peer.drain().at(-1)?.segment.payload.length !== 1024; n++) clock.advance(100)
      assert.equal(connection.sndUna, before)
    }
    const acks = (more: number): void => void peer.sends({ flags: 'A', seq: IRS + 1, ack: connection.sndUna + more })
    fails()
    acks(1024)
    acks(octets)
    fails()
    acks(1024)
    return connection.info().mss
  }

  test('less than a full segment of progress leaves the suspicion, a full one ends it', () => {
    assert.deepEqual([suspected(100), suspected(1459), suspected(1460)], [1024, 1024, 1460])
  })

  test('a host that does not look for the size of paths does not look for holes either', () => {
    const { lengths } = over(1460, (_, now) => now > 20e9, { pathMtuDiscovery: false })
    assert.deepEqual([...new Set(lengths)], [1460])
  })
})
