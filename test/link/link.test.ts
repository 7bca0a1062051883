import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { World } from '../../src/base/env.ts'
import { ms, us } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type LineQuality, Link, PERFECT, type TappedFrame } from '../../src/link/link.ts'

function line(quality: Partial<LineQuality>, seed = 1) {
  const world = new World(seed)
  const drops: string[] = []
  world.trace.listen((e: TraceEvent) => e.event === 'drop' && drops.push(e.reason))
  const envs = [world.env('a'), world.env('b')] as const
  const link = new Link(['a:x', 'b:x'], envs, world.random.fork('link'), 'ip', 1500, [
    { ...PERFECT, ...quality },
    PERFECT,
  ])
  const arrivals: { t: number; number: number; bytes: Uint8Array }[] = []
  link.ends[1].receive = packet => {
    arrivals.push({ t: world.scheduler.now, number: packet.number, bytes: packet.data.slice() })
    packet.release()
  }
  const taps: TappedFrame[] = []
  link.tap = frame => taps.push({ ...frame, bytes: frame.bytes.slice() })
  const send = (length = 100): void => link.ends[0].send(envs[0].packets.from(new Uint8Array(length)))
  return { world, link, arrivals, drops, taps, send, run: (t: number) => world.scheduler.runUntil(t) }
}

describe('link', () => {
  test('time on the line is length / rate + delay, one packet after the other', () => {
    const { arrivals, send, run } = line({ rate: 1e6, delay: ms(5) })
    send(1250) // 10 ms at 1 Mbit/s
    send(125)
    run(ms(100))
    assert.deepEqual(
      arrivals.map(a => a.t),
      [ms(15), ms(16)],
    )
  })
  test('the queue holds its octets and no more', () => {
    const { arrivals, drops, send, run } = line({ rate: 8e6, queue: 1000 })
    for (let n = 0; n < 20; n++) send(100)
    run(ms(100))
    assert.equal(arrivals.length, 10)
    assert.deepEqual(drops, new Array(10).fill('queue-full'))
  })
  test('an idle line takes a packet that is larger than its queue', () => {
    const { arrivals, send, run } = line({ rate: 8e6, queue: 100 })
    send(1500)
    run(ms(100))
    assert.equal(arrivals.length, 1)
  })
  test('packets of one instant arrive in the order of sending, on one line and across two', () => {
    const { world, link, arrivals, send, run } = line({ delay: ms(1) })
    const order: string[] = []
    link.ends[0].receive = packet => {
      order.push('b>a')
      packet.release()
    }
    const before = arrivals.length
    link.ends[1].send(world.env('b').packets.make(10))
    send()
    world.scheduler.after(ms(1), 'late timer', () => order.push('timer'))
    run(ms(1))
    assert.deepEqual(order, ['b>a', 'timer'])
    assert.equal(arrivals.length - before, 1)
  })
  test('each fault strikes as often as asked (within five standard deviations), and every loss has its reason', () => {
    const N = 20_000
    for (const [fault, p] of [
      ['loss', 0.1],
      ['duplication', 0.05],
      ['corruption', 0.02],
    ] as const) {
      const { arrivals, drops, taps, send, run } = line({ [fault]: p, delay: us(10) })
      for (let n = 0; n < N; n++) send(40)
      run(ms(1))
      const struck = {
        loss: drops.length,
        duplication: arrivals.length - N,
        corruption: arrivals.filter(a => a.bytes.some(b => b !== 0)).length,
      }[fault]
      assert.ok(Math.abs(struck - N * p) < 5 * Math.sqrt(N * p * (1 - p)), `${fault}: ${struck}`)
      assert.equal(taps.length, N)
      assert.equal(taps.filter(t => t.fate !== undefined).length, struck)
      if (fault === 'loss') assert.deepEqual(new Set(drops), new Set(['line-loss']))
    }
  })
  test('corruption changes exactly one bit', () => {
    const { arrivals, send, run } = line({ corruption: 1 })
    for (let n = 0; n < 100; n++) send(64)
    run(ms(1))
    for (const { bytes } of arrivals) {
      const bits = bytes.reduce((sum, b) => sum + b.toString(2).replace(/0/g, '').length, 0)
      assert.equal(bits, 1)
    }
  })
  test('jitter keeps within its bounds and is spread over them; a reordered packet skips the delay', () => {
    const jittery = line({ delay: ms(10), jitter: ms(4) })
    for (let n = 0; n < 1000; n++) jittery.send()
    jittery.run(ms(100))
    const times = jittery.arrivals.map(a => a.t)
    assert.equal(times.length, 1000)
    assert.ok(Math.min(...times) >= ms(6) && Math.max(...times) <= ms(14))
    assert.ok(Math.min(...times) < ms(6.2) && Math.max(...times) > ms(13.8))
    assert.deepEqual(
      times,
      [...times].sort((x, y) => x - y),
    )
    const racing = line({ delay: ms(10), reordering: 0.5 })
    for (let n = 0; n < 100; n++) racing.send()
    racing.run(ms(100))
    const early = racing.arrivals.filter(a => a.t === 0).length
    assert.ok(early > 25 && early < 75 && racing.arrivals.filter(a => a.t === ms(10)).length === 100 - early)
  })
  test('a jitter of seconds or of days is no reason to draw for ever', () => {
    for (const jitter of [3e9, 5e15]) {
      const { arrivals, send, run } = line({ delay: ms(10), jitter })
      for (let n = 0; n < 50; n++) send()
      run(Number.MAX_SAFE_INTEGER)
      assert.equal(arrivals.length, 50)
      assert.ok(new Set(arrivals.map(a => a.t)).size > 10)
    }
  })
  test('one fault does not shift the stream of another', () => {
    const lost = (quality: Partial<LineQuality>): number[] => {
      const { arrivals, send, run } = line({ loss: 0.2, ...quality })
      for (let n = 0; n < 200; n++) send()
      run(ms(1))
      return [...new Set(arrivals.map(a => a.number))].sort((x, y) => x - y)
    }
    assert.deepEqual(lost({}), lost({ corruption: 0.5, duplication: 0.3 }))
  })
  test('pulling the cable loses what is on it; plugging it in again works', () => {
    const { link, arrivals, drops, send, run } = line({ delay: ms(10) })
    send()
    run(ms(5))
    link.setUp(false)
    send()
    assert.equal(link.ends[0].up, false)
    run(ms(20))
    link.setUp(true)
    send()
    run(ms(40))
    assert.deepEqual([arrivals.length, drops], [1, ['link-down', 'link-down']])
  })
  test('a cable that was pulled has nothing left in its transmitter', () => {
    const { link, arrivals, send, run } = line({ rate: 8e3 })
    for (let n = 0; n < 5; n++) send(1000)
    run(ms(1500))
    link.setUp(false)
    link.setUp(true)
    send(1000)
    run(ms(10_000))
    assert.deepEqual(
      arrivals.map(a => a.t),
      [ms(1000), ms(2500)],
    )
  })
  test('a change of quality is for the packets that follow', () => {
    const { link, arrivals, send, run } = line({ delay: ms(10) })
    send()
    link.change(0, { delay: ms(1) })
    send()
    run(ms(20))
    assert.deepEqual(
      arrivals.map(a => [a.number, a.t]),
      [
        [2, ms(1)],
        [1, ms(10)],
      ],
    )
  })
})
