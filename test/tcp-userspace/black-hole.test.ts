/** Full segments that get no answer: a black hole, loss, or a line that is down. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { IRS, stream, underTest } from './harness.ts'

/**
 * A peer behind a path: `passes` says whether a segment of `length` octets that is sent for the n-th time gets there. What
 * does is acknowledged when the event is over. Returns the lengths in the order in which they were sent.
 */
function over(octets: number, passes: (length: number, now: number) => boolean) {
  const parts = underTest({ initialWindow: 1 })
  const { peer, clock } = parts
  const connection = parts.connected()
  connection.write(stream(octets))
  const lengths: number[] = []
  let next = connection.sndUna
  for (let ms = 0; ms < 120_000; ms += 10) {
    for (const { segment } of peer.drain()) {
      const { length } = segment.payload
      lengths.push(length)
      if (segment.sequence === next && passes(length, clock.now)) next += length
    }
    if (connection.sndUna !== next) peer.sends({ flags: 'A', seq: IRS + 1, ack: next })
    clock.advance(10)
  }
  assert.equal(connection.queued, 0)
  return { lengths, info: connection.info(), pathMtu: connection.info().pathMtu }
}

describe('path MTU black hole (RFC 4821 §7.7)', () => {
  test('a path that swallows full segments: tried twice, then smaller ones for ten minutes', () => {
    const { lengths, info, pathMtu } = over(20_000, length => length <= 1100)
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
    const { lengths, info, pathMtu } = over(20_000, () => losses-- <= 0)
    assert.deepEqual(lengths.slice(0, 4), [1460, 1460, 1460, 1024])
    assert.equal(lengths.filter(length => length === 1024).length, 1)
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })

  test('plain loss, twice: a full segment that got through between them has cleared the path', () => {
    let n = 0
    const lost = [0, 1, 2, 8, 9, 10]
    const { info, pathMtu } = over(40_000, () => !lost.includes(n++))
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })

  test('a line that is down and comes back', () => {
    const { lengths, info, pathMtu } = over(20_000, (_, now) => now > 30e9)
    assert.ok(lengths.includes(536))
    assert.deepEqual([info.mss, pathMtu], [1460, 1500])
  })
})
