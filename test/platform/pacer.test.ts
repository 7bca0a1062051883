/** Virtual time on a clock that the test turns. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Lateness, Pacer, type Wall } from '../../src/platform/pacer.ts'
import { fc } from '../support/fast-check.ts'
import { runOf } from '../support/joined.ts'

const LAB = `
name: door
stop: 10s
topology:
  nodes:
    host: { kind: host, routes: ["default dev eth0"] }
    world: { kind: tun, tun: { name: sim0, networks: [192.0.2.0/24] } }
  links:
    - { endpoints: ["host:eth0", "world:sim0"], ipv4: [10.0.0.2/24, none], type: ip, delay: 3ms }
events:
  - { at: 1s, ping: { from: host, to: 192.0.2.1, count: 3, interval: 1s } }
`

/** A clock and a list of what is to be called; `late` is how much later than asked each call comes. */
class TestWall implements Wall {
  time = 123_456
  calls = 0
  #next: { readonly at: number; readonly fire: () => void } | undefined
  readonly #late: (asked: number) => number

  constructor(late: (asked: number) => number = () => 0) {
    this.#late = late
  }
  now(): number {
    return this.time
  }
  later(milliseconds: number, fire: () => void): () => void {
    assert.ok(Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds <= 100, `${milliseconds}`)
    const turn = milliseconds === 0 ? 50e3 : 0
    const next = { at: this.time + milliseconds * 1e6 + turn + this.#late(milliseconds), fire }
    this.#next = next
    return () => {
      if (this.#next === next) this.#next = undefined
    }
  }
  /** Goes on to the next call; false when there is none. */
  turn(): boolean {
    const next = this.#next
    if (!next) return false
    this.#next = undefined
    this.calls++
    this.time = Math.max(this.time, next.at)
    next.fire()
    return true
  }
}

describe('the pacer', () => {
  test('runs each event at its time on the wall, late by a turn of the event loop at most', async () => {
    const wall = new TestWall()
    const run = runOf(LAB)
    const start = wall.time
    const at: [number, number][] = []
    run.listen(event => at.push([event.t, wall.time - start]))
    const pacer = new Pacer(run, { speed: 1, look: () => true }, wall)
    const done = pacer.play()
    while (wall.turn());
    await done
    assert.ok(run.over && at.length > 5)
    for (const [virtual, real] of at) assert.ok(real >= virtual && real - virtual <= 50e3, `${virtual} ran at ${real}`)
    assert.ok(pacer.lateness.count > 0 && pacer.lateness.worst <= 50e3)
    // The turns of the last two milliseconds of each wait, and ten naps a second.
    assert.ok(wall.calls < 1500, `${wall.calls} calls`)
  })

  test('with a speed goes so much faster', async () => {
    const wall = new TestWall()
    const pacer = new Pacer(runOf(LAB), { speed: 20, look: () => true }, wall)
    const start = wall.time
    const done = pacer.play()
    while (wall.turn());
    await done
    assert.ok(Math.abs(wall.time - start - 0.5e9) < 1e6, `${wall.time - start} ns`)
  })

  test('lets packets in at the moment of their arrival, and everything due before runs first', async () => {
    const wall = new TestWall()
    const run = runOf(LAB)
    const pacer = new Pacer(run, { speed: 1, look: () => true }, wall)
    const done = pacer.play()
    const start = wall.time
    const moments: number[] = []
    const rubbish = [new Uint8Array(20)]
    for (const t of [0.4e9, 0.4e9, 1.0015e9]) {
      wall.time = Math.max(wall.time, start + t)
      pacer.enter('world', rubbish, moment => moments.push(moment))
      assert.equal(run.now, moments.at(-1))
    }
    assert.deepEqual(moments, [0.4e9, 0.4e9 + 1, 1.0015e9])
    assert.equal(run.result().drops.get('not-ipv4'), 3)
    while (wall.turn());
    await done
  })

  test('looks ten times a second, though packets come in all the time', async () => {
    const wall = new TestWall()
    const run = runOf(LAB)
    let looks = 0
    const pacer = new Pacer(run, { speed: 1, look: () => ++looks > 0 }, wall)
    const done = pacer.play()
    const start = wall.time
    const due = () => wall.time - start
    while (due() < 0.95e9) {
      wall.time += 0.25e6
      pacer.enter('world', [new Uint8Array(20)], () => {})
      // The call comes when its time has come, not before.
      if (Math.floor(due() / 100e6) > looks) wall.turn()
    }
    assert.ok(looks >= 8, `${looks} looks`)
    while (wall.turn());
    await done
  })

  test('says how late it is, and goes on, when the machine was away', async () => {
    const wall = new TestWall(asked => (asked > 2 ? 470e6 : 0))
    const run = runOf(LAB)
    let worst = 0
    const pacer: Pacer = new Pacer(run, { speed: 1, look: () => (worst = Math.max(worst, pacer.late)) >= 0 }, wall)
    const done = pacer.play()
    while (wall.turn());
    await done
    assert.ok(run.over)
    assert.ok(worst > 100e6 && worst <= 600e6, `${worst}`)
    assert.equal(pacer.lateness.worst, worst)
  })

  test('ends when it is told to', async () => {
    const wall = new TestWall()
    const run = runOf(LAB)
    let looks = 0
    const done = new Pacer(run, { speed: 1, look: () => ++looks < 5 }, wall).play()
    while (wall.turn());
    await done
    assert.ok(!run.over && looks === 5)
  })

  test('a fault of the run is the fault of who plays it', async () => {
    const wall = new TestWall()
    const run = runOf(LAB)
    run.simulation.world.scheduler.after(2e9, 'test', () => {
      throw new Error('on purpose')
    })
    const done = new Pacer(run, { speed: 1, look: () => true }, wall).play()
    while (wall.turn());
    await assert.rejects(done, /on purpose/)
  })
})

describe('lateness', () => {
  test('every event is counted in the first class that it is below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 })), values => {
        const lateness = new Lateness()
        for (const value of values) lateness.add(value)
        assert.equal(lateness.count, values.length)
        assert.equal(lateness.worst, Math.max(0, ...values))
        let least = 0
        let seen = 0
        for (const { below = Number.POSITIVE_INFINITY, count } of lateness.histogram()) {
          const expected = values.filter(value => value < below).length - seen
          assert.equal(count, expected)
          assert.ok(count > 0 && below > least)
          seen += count
          least = below
        }
        assert.equal(seen, values.length)
      }),
      { seed: 9 },
    )
  })
})
