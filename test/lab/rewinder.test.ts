/** Going back: the run and what is remembered of it are as if somebody had gone straight to that moment. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Course, type Lab, type Moment, Recorder, Rewinder, Run, sceneOf } from '../../src/index.ts'
import { fc } from '../support/fast-check.ts'
import { labNamed } from '../support/scene.ts'

const LABS = ['voluntary', 'nat-no-helper', 'compulsory', 'line-noise', 'nat-reboot', 'voluntary-lan'] as const
/** With enough of a transfer in it that runs are parked. */
const labOf = (name: string): Lab =>
  labNamed(name, name === 'voluntary' ? [{ path: 'events[3].fetch.bytes', value: '2MB' }] : [])
const makeOf = (name: string): (() => Run) => {
  const lab = labOf(name)
  return () => new Run(lab)
}

/** All that anybody can ask a recorder, and the fingerprints of its run. */
function seen(recorder: Recorder): unknown {
  const { events, journeys, losses, eventCount, journeyCount, run } = recorder
  const { nodes } = run.simulation
  const scene = sceneOf(recorder)
  return {
    ...{ scene, events, journeys, losses, eventCount, journeyCount },
    moment: run.moment,
    result: run.result(),
    machines: [...nodes.keys()].map(name => recorder.machinesOf(name)),
    found: journeys.flatMap(({ packets }) => packets.map(({ id }) => recorder.packet(id) !== undefined)),
  }
}

/** One that has watched from the beginning. */
function straight(name: string, moment: Moment, limits: { events: number; journeys: number }): Recorder {
  const recorder = new Recorder(makeOf(name)(), limits)
  assert.ok(recorder.run.reach(moment))
  return recorder
}

/** What is remembered is sometimes a matter of events, sometimes of packets, and sometimes all. Marks are 1000 events apart. */
const limits = fc.constantFrom(
  { events: 3500, journeys: 40 },
  { events: 300, journeys: 500 },
  { events: 20_000, journeys: 5000 },
)

describe('going back', () => {
  test('n steps forward and then n back, one by one: the same scene, memory and fingerprints each time', () => {
    const n = fc.integer({ min: 1, max: 6 })
    const start = fc.integer({ min: 0, max: 22_000 })
    fc.assert(
      fc.property(fc.constantFrom(...LABS), limits, start, n, fc.boolean(), (name, limits, ms, n, prepares) => {
        const rewinder = new Rewinder(makeOf(name), limits, 500)
        let recorder = new Recorder(makeOf(name)(), limits)
        recorder.run.reach({ t: ms * 1e6 })
        const moments: Moment[] = []
        for (let i = 0; i < n; i++) {
          moments.push(recorder.run.moment)
          recorder.run.step()
        }
        for (const moment of moments.reverse()) {
          if (prepares) while (!rewinder.prepare(recorder, 300));
          const way = rewinder.to(moment, recorder)
          while (!way.advance(700)) assert.ok(way.progress >= 0 && way.progress <= 1)
          recorder = way.recorder
          assert.deepEqual(seen(recorder), seen(straight(name, moment, limits)))
        }
      }),
      { numRuns: 20 },
    )
  })

  test('to times in any order, and on from there to the end: the same', () => {
    const times = fc.array(fc.integer({ min: 0, max: 25_000 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...LABS), limits, times, (name, limits, times) => {
        const rewinder = new Rewinder(makeOf(name), limits, 500)
        let recorder = new Recorder(makeOf(name)(), limits)
        recorder.run.reach({ t: 25e9 })
        for (const ms of times.sort((a, b) => b - a)) {
          const moment = { t: ms * 1e6 }
          rewinder.prepare(recorder)
          const way = rewinder.to(moment, recorder)
          way.advance()
          recorder = way.recorder
          assert.equal(recorder.run.now, Math.min(moment.t, recorder.run.stop))
          assert.deepEqual(seen(recorder), seen(straight(name, moment, limits)))
        }
        recorder.run.advance()
        const whole = makeOf(name)()
        whole.advance()
        assert.deepEqual(recorder.run.result(), whole.result())
      }),
      { numRuns: 12 },
    )
  })

  test('further back while on the way, and waiting for more of that: the same', () => {
    const ways = fc.array(
      fc.record({ steps: fc.integer({ min: 1, max: 400 }), budget: fc.nat(3000), waits: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    const start = fc.integer({ min: 4000, max: 22_000 })
    let redirected = 0
    fc.assert(
      fc.property(fc.constantFrom(...LABS), limits, start, ways, fc.boolean(), (name, limits, ms, ways, prepares) => {
        const rewinder = new Rewinder(makeOf(name), limits, 500)
        const recorder = new Recorder(makeOf(name)(), limits)
        const course = new Course()
        course.watch(recorder.run)
        recorder.run.reach({ t: ms * 1e6 })
        if (prepares) while (!rewinder.prepare(recorder, 300));
        let moment: Moment = recorder.run.moment
        let way = rewinder.to(moment, recorder)
        for (const { steps, budget, waits } of ways) {
          const further = course.stepBefore({ t: 0, steps: Math.max(1, (moment.steps ?? 0) - steps) })
          assert.ok(further)
          moment = further
          if (way.redirect(moment)) redirected++
          else {
            rewinder.giveBack(way)
            way = rewinder.to(moment, recorder)
          }
          assert.equal(way.moment, moment)
          if (waits) way.approach(budget)
          else way.advance(budget)
        }
        while (!way.advance(700)) assert.ok(way.progress >= 0 && way.progress <= 1)
        assert.deepEqual(seen(way.recorder), seen(straight(name, moment, limits)))
      }),
      { numRuns: 20 },
    )
    assert.ok(redirected > 10, `${redirected} times further on the same way`)
  })

  test('waits some way before the moment, and no nearer', () => {
    const recorder = new Recorder(makeOf('voluntary')())
    const course = new Course()
    course.watch(recorder.run)
    recorder.run.reach({ t: 18e9 })
    const { steps } = recorder.run
    const back = (count: number): Moment => {
      const moment = course.stepBefore({ t: 0, steps: steps - count + 1 })
      assert.ok(moment)
      return moment
    }
    const way = new Rewinder(makeOf('voluntary')).to(recorder.run.moment, recorder)
    while (!way.approach(1000)) assert.equal(way.done, false)
    assert.equal(way.progress, (steps - 500) / steps)
    assert.ok(way.redirect(back(400)))
    assert.equal(way.redirect(back(600)), false, 'it has been there')
    way.advance()
    assert.equal(way.recorder.run.steps, steps - 400)
  })

  test('in the middle of an instant: what is still to happen at it has not happened', () => {
    const counting = new Run(labNamed('voluntary'))
    let before = counting.moment
    let shared = 0
    while (counting.now < 0.4e9) {
      counting.step()
      if (counting.now === before.t) {
        shared++
        const again = new Run(labNamed('voluntary'))
        assert.ok(again.reach(before))
        assert.deepEqual(again.moment, before)
        assert.equal(again.next, before.t)
      }
      before = counting.moment
    }
    assert.ok(shared > 3, `${shared} instants of several steps`)
  })

  test('uses a run that is parked on the way, once', () => {
    let made = 0
    const make = (): Run => {
      made++
      return new Run(labOf('voluntary'), { fingerprint: false })
    }
    const limits = { events: 300, journeys: 40 }
    const recorder = new Recorder(make(), limits)
    recorder.run.reach({ t: 18e9 })
    const rewinder = new Rewinder(make, limits, 500)
    rewinder.prepare(recorder)
    const [parked, moment] = [made, recorder.run.moment]
    assert.ok(parked > 1)
    for (const back of [1, 2, 3, 4, 5, 6]) {
      const way = rewinder.to({ t: moment.t - back * 1e6 }, recorder)
      way.advance()
      assert.equal(made, parked + (back === 6 ? 1 : 0), `after ${back}`)
    }
  })

  test('of runs that are to be parked one is always the nearest; a way that nobody goes to its end gives its run back', () => {
    let made = 0
    const make = (): Run => {
      made++
      return new Run(labOf('voluntary'), { fingerprint: false })
    }
    const limits = { events: 300, journeys: 40 }
    const recorder = new Recorder(make(), limits)
    const rewinder = new Rewinder(make, limits, 500)
    for (let t = 12e9; t <= 18e9; t += 1e9) {
      recorder.run.reach({ t })
      while (!rewinder.prepare(recorder, 300, 1));
    }
    assert.equal(made, 2)
    const moment = recorder.run.moment
    const given = rewinder.to(moment, recorder)
    assert.equal(given.advance(1), false)
    rewinder.giveBack(given)
    const way = rewinder.to(moment, recorder)
    way.advance()
    assert.equal(made, 2)
    assert.deepEqual(way.recorder.run.moment, moment)
  })

  test('does not show the run before it is there', () => {
    const recorder = new Recorder(makeOf('voluntary')())
    recorder.run.reach({ t: 5e9 })
    const way = new Rewinder(makeOf('voluntary')).to({ t: 4e9 }, recorder)
    assert.equal(way.advance(5), false)
    assert.throws(() => way.recorder, /still on its way/)
  })
})
