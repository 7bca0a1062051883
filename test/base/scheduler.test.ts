import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EventQueue, Livelock, Scheduler } from '../../src/base/scheduler.ts'
import { fc } from '../support/fast-check.ts'

describe('event queue', () => {
  test('gives entries back in the order of (due, seq), whatever the order of pushing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 300 }), dues => {
        const queue = new EventQueue<number>()
        for (const [seq, due] of dues.entries()) queue.push(due, seq, seq)
        const out: [number, number][] = []
        while (queue.size > 0) {
          out.push([queue.firstDue, queue.firstOwner])
          queue.pop()
        }
        const wanted = dues.map((due, seq): [number, number] => [due, seq]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        assert.deepEqual(out, wanted)
      }),
    )
  })
})

describe('scheduler', () => {
  test('events of one instant run in the order in which they were scheduled', () => {
    const scheduler = new Scheduler()
    const seen: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) scheduler.after(5, name, () => seen.push(name))
    scheduler.runUntil(5)
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e', 'f'])
    assert.equal(scheduler.now, 5)
  })

  test('a timer behaves like its model: last arming counts, cancel forgets', () => {
    // The model keeps a plain sorted list; the real one moves entries lazily.
    const step = fc.oneof(
      fc.record({ op: fc.constant('arm' as const), timer: fc.nat(4), delay: fc.nat(30) }),
      fc.record({ op: fc.constant('cancel' as const), timer: fc.nat(4), delay: fc.constant(0) }),
      fc.record({ op: fc.constant('run' as const), timer: fc.constant(0), delay: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), steps => {
        const scheduler = new Scheduler()
        const real: string[] = []
        const model: string[] = []
        const armed = new Map<number, { due: number; seq: number }>()
        const timers = [0, 1, 2, 3, 4].map(n => scheduler.timer(`t${n}`, () => real.push(`${n}@${scheduler.now}`)))
        let seq = 0
        for (const { op, timer, delay } of steps) {
          if (op === 'arm') {
            timers[timer].arm(delay)
            armed.set(timer, { due: scheduler.now + delay, seq: seq++ })
          } else if (op === 'cancel') {
            timers[timer].cancel()
            armed.delete(timer)
          } else {
            const limit = scheduler.now + delay
            const due = [...armed].filter(([, a]) => a.due <= limit)
            due.sort(([, a], [, b]) => a.due - b.due || a.seq - b.seq)
            for (const [n, a] of due) {
              model.push(`${n}@${a.due}`)
              armed.delete(n)
            }
            scheduler.runUntil(limit)
          }
          assert.deepEqual(
            timers.map(t => t.pending),
            [0, 1, 2, 3, 4].map(n => armed.has(n)),
          )
        }
        assert.deepEqual(real, model)
      }),
    )
  })

  test('a timer that is re-armed for later costs one entry, not one each time', () => {
    const scheduler = new Scheduler()
    const timer = scheduler.timer('rto', () => {})
    for (let n = 1; n <= 1000; n++) timer.arm(n)
    assert.equal(scheduler.size, 1)
  })

  test('keeps the order with 50 000 timers, some cancelled', () => {
    const scheduler = new Scheduler()
    let last = -1
    let fired = 0
    for (let n = 0; n < 50_000; n++) {
      const timer = scheduler.after((n * 7919) % 10_007, 'x', () => {
        assert.ok(scheduler.now >= last)
        last = scheduler.now
        fired++
      })
      if (n % 5 === 0) timer.cancel()
    }
    scheduler.runUntil(20_000)
    assert.equal(fired, 40_000)
    assert.equal(scheduler.next, undefined)
  })

  test('the entries of cancelled timers do not stay until they come up, and a cancelled timer can be armed again', () => {
    const scheduler = new Scheduler()
    const fired: number[] = []
    const timers = Array.from({ length: 5000 }, (_, n) => scheduler.timer('reply', () => fired.push(n)))
    for (const [n, timer] of timers.entries()) timer.arm(1000 + ((n * 7919) % 10_007))
    for (const [n, timer] of timers.entries()) if (n % 10 > 0) timer.cancel()
    assert.ok(scheduler.size < 2500, `${scheduler.size} entries for 500 timers`)
    timers[1].arm(5)
    scheduler.runUntil(20_000)
    const expected = Array.from({ length: 500 }, (_, n) => n * 10)
    expected.sort((a, b) => ((a * 7919) % 10_007) - ((b * 7919) % 10_007))
    assert.deepEqual(fired, [1, ...expected])
    assert.equal(scheduler.size, 0)
  })

  test('two machines that answer each other in no time are stopped, and one is named', () => {
    const scheduler = new Scheduler()
    const again = (): void => void scheduler.after(0, 'ping-pong', again)
    again()
    assert.throws(
      () => scheduler.runUntil(1),
      (error: unknown) => error instanceof Livelock && /ping-pong/.test(error.message),
    )
  })

  test('a negative delay is a bug and says whose', () => {
    assert.throws(() => new Scheduler().after(-1, 'rto', () => {}), /rto/)
  })
})
