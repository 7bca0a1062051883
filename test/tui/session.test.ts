/** Going back is running again: what comes of it is what was. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { StepUnit } from '../../tui/model.ts'
import { FIRST_UI, STEP_UNITS } from '../../tui/press.ts'
import { Session } from '../../tui/session.ts'
import { PARTS } from '../../tui/views.ts'
import { fc } from '../support/fast-check.ts'
import { labNamed } from '../support/scene.ts'
import { labOf, sourceOf, TestWall } from './robot.ts'

const SIZE = { columns: 118, rows: 36 }
const open = (lab: string): Session =>
  new Session({ ...sourceOf(labOf(lab)), replay: { fingerprint: true } }, new TestWall())

function go(session: Session, t: number): void {
  session.seek(t)
  assert.ok(session.proceed(1))
}

/** Every view, and everything that has happened. */
function seen(session: Session) {
  const scene = session.look()
  const { run, recorder } = session
  const { fingerprint, checks } = run.result()
  const views = Object.values(PARTS).map(
    ({ render }) => render({ scene, recorder, ui: FIRST_UI, explain: '' }, SIZE).lines,
  )
  return { fingerprint, checks, moment: run.moment, views }
}

const anyLab = fc.constantFrom('voluntary', 'nat-no-helper', 'compulsory', 'nat-single-passthrough')

describe('a session', () => {
  test('to any times in any order: every view is as if it had gone straight there', () => {
    const times = fc.array(fc.integer({ min: 0, max: 30e9 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(anyLab, times, (lab, ways) => {
        const wandering = open(lab)
        for (const t of ways) go(wandering, t)
        const straight = open(lab)
        go(straight, ways.at(-1) ?? 0)
        assert.equal(wandering.run.now, straight.run.now)
        assert.deepEqual(wandering.run.result(), straight.run.result())
        assert.deepEqual(seen(wandering).views, seen(straight).views)
      }),
      { numRuns: 12 },
    )
  })

  test('steps back that come in while a way back is going on are added to it: n of them end where n single ones do', () => {
    const runs = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(
        anyLab,
        fc.integer({ min: 0, max: 12e9 }),
        fc.constantFrom(...STEP_UNITS),
        runs,
        (lab, t, unit, goes) => {
          const wall = new TestWall()
          const held = new Session({ ...sourceOf(labOf(lab)), replay: { fingerprint: true } }, wall)
          go(held, t)
          const single = open(lab)
          go(single, t)
          for (const proceeds of goes) {
            assert.equal(held.stepBack(unit), single.stepBack(unit))
            // A slice at most; nobody has let go of the key.
            if (proceeds) held.proceed(0)
            single.proceed(1)
          }
          wall.advance(1000)
          assert.ok(held.proceed(1))
          assert.deepEqual(seen(held), seen(single))
        },
      ),
      { numRuns: 20 },
    )
  })

  test('while a key is held the run waits before the moment, and goes there when it is let go', () => {
    const wall = new TestWall()
    const session = new Session(sourceOf(labOf('voluntary')), wall)
    go(session, 17e9)
    const { steps } = session.run
    for (let i = 1; i <= 30; i++) {
      session.stepBack('event')
      if (i > 1) assert.equal(session.proceed(40), false)
      assert.equal(session.travel?.steps, i)
      wall.advance(33)
    }
    assert.equal(session.isHeld, true)
    assert.equal(session.run.steps, steps)
    wall.advance(150)
    assert.equal(session.isHeld, false)
    assert.ok(session.proceed(40))
    assert.equal(session.run.steps, steps - 30)
  })

  test('while a long run plays one run goes behind it, with which a step back begins; a short one has none', () => {
    for (const [bytes, steps, runs] of [
      ['500kB', 1500, 1],
      ['20MB', 32_000, 2],
    ] as const) {
      let made = 0
      const source = {
        lab: labNamed('voluntary', [
          { path: 'events[3].fetch.bytes', value: bytes },
          { path: 'stop', value: '60s' },
        ]),
        explain: '',
        get replay() {
          made++
          return {}
        },
      }
      const session = new Session(source, new TestWall())
      while (session.run.steps < steps) {
        assert.ok(!session.run.over)
        for (let i = 0; i < 500; i++) session.run.step()
        session.keepUp(1)
      }
      assert.equal(made, runs, bytes)
      const end = session.run.steps
      session.stepBack('event')
      assert.ok(session.proceed(1))
      assert.equal(session.run.steps, end - 1)
      assert.equal(made, 2, bytes)
    }
  })

  const anyUnit = fc.constantFrom<StepUnit>(...STEP_UNITS)
  const anyStart = fc.integer({ min: 0, max: 12e9 })

  test('n steps on and n steps back: every view is as it was, for any n and unit', () => {
    fc.assert(
      fc.property(anyLab, anyStart, anyUnit, fc.integer({ min: 1, max: 12 }), (lab, t, unit, n) => {
        const session = open(lab)
        go(session, t)
        const before = seen(session)
        for (let i = 0; i < n; i++) session.step(unit, [])
        for (let i = 0; i < n; i++) {
          assert.ok(session.stepBack(unit))
          assert.ok(session.proceed(1))
        }
        assert.deepEqual(seen(session), before)
      }),
      { numRuns: 15 },
    )
  })

  test('the same with actions in between, back to the moment behind each', () => {
    const deeds = fc.constantFrom(
      'disconnect: alice',
      'connect: alice',
      'ping: { from: alice, to: 10.8.0.1, count: 2 }',
    )
    const part = fc.record({ entry: deeds, unit: anyUnit, n: fc.integer({ min: 1, max: 6 }) })
    fc.assert(
      fc.property(anyStart, fc.array(part, { minLength: 1, maxLength: 3 }), (t, parts) => {
        const session = open('voluntary')
        go(session, t)
        for (const { entry, unit, n } of parts) {
          const told = session.act([{ entry }])
          assert.ok(told.ok, told.message)
          const before = seen(session)
          for (let i = 0; i < n; i++) session.step(unit, [])
          for (let i = 0; i < n; i++) {
            session.stepBack(unit)
            session.proceed(1)
          }
          assert.deepEqual(seen(session), before)
          // On again, so that the next action begins no other future.
          for (let i = 0; i < n; i++) session.step(unit, [])
        }
        assert.equal(session.futures.length, 1)
      }),
      { numRuns: 15 },
    )
  })

  test('steps back that were never taken on come to the moments where steps on would have stopped', () => {
    fc.assert(
      fc.property(anyLab, anyStart, fc.constantFrom<StepUnit>('event', 'packet', 'interesting'), (lab, t, unit) => {
        const stepping = open(lab)
        const stops = [stepping.run.moment]
        while (stepping.run.now <= t && !stepping.run.over) {
          stepping.step(unit, [])
          stops.push(stepping.run.moment)
        }
        const session = open(lab)
        go(session, t)
        const here = session.run.moment
        const earlier = stops.filter(stop => stop.steps < here.steps || (stop.steps === here.steps && stop.t < here.t))
        for (const stop of earlier.slice(-4).reverse()) {
          // An event less is told by its number alone: where the clock has gone on since, that event comes first.
          session.stepBack(unit)
          session.proceed(1)
          if (unit === 'event') assert.ok(stops.some(({ steps }) => steps === session.run.steps))
          else assert.deepEqual(session.run.moment, stop)
        }
      }),
      { numRuns: 15 },
    )
  })
})

describe('futures', () => {
  const passthrough = (): Session => {
    const session = open('nat-single-passthrough')
    go(session, 22.3e9)
    return session
  }
  const act = (session: Session, entry: string): void => {
    const told = session.act([{ entry }])
    assert.ok(told.ok, told.message)
    assert.ok(session.proceed(1))
  }

  test('going back and acting makes B beside A, and A is kept as it was', () => {
    const session = passthrough()
    const before = seen(session)
    go(session, 9e9)
    act(session, 'nat: { node: nat1, like: linux-pptp }')
    assert.deepEqual(
      session.futures.map(({ name, from }) => [name, from]),
      [
        ['A', undefined],
        ['B', { future: 'A', t: 9_000_000_001 }],
      ],
    )
    assert.equal(session.current.name, 'B')
    go(session, 22.3e9)
    assert.notEqual(seen(session).fingerprint, before.fingerprint)
    session.choose('A')
    assert.ok(session.proceed(1))
    assert.deepEqual(seen(session), before)
  })

  test('acting where nothing more is known makes none', () => {
    const session = passthrough()
    act(session, 'disconnect: carol')
    assert.equal(session.futures.length, 1)
  })

  test('they are compared up to the present time, the one that lags behind being run on', () => {
    const session = passthrough()
    assert.equal(session.compare(undefined), undefined)
    go(session, 9e9)
    act(session, 'nat: { node: nat1, like: linux-pptp }')
    go(session, 30e9)
    const comparison = session.compare(undefined)
    assert.ok(session.work(1))
    assert.equal(comparison?.upTo, 30e9)
    const { rows, first } = comparison?.result ?? {}
    const row = rows?.[first ?? -1]
    assert.deepEqual([row?.a, row?.b?.event, row?.b?.node], [undefined, 'nat-helper', 'nat1'])
    assert.equal(session.futures[0].course.reached.t, 30e9)
  })

  test('a fork without an action is the same future: nothing differs', () => {
    const session = passthrough()
    go(session, 9e9)
    assert.ok(session.fork().ok && session.proceed(1))
    assert.equal(session.run.now, 9e9)
    go(session, 22.3e9)
    const comparison = session.compare('A')
    session.work(1)
    assert.deepEqual(comparison?.result?.differing, [])
  })

  test('at most four, and one that is looked at cannot be forgotten', () => {
    const session = passthrough()
    go(session, 9e9)
    for (const name of ['B', 'C', 'D']) {
      assert.ok(session.fork().ok && session.proceed(1))
      assert.equal(session.current.name, name)
    }
    assert.match(session.fork().message, /There are 4 futures already/)
    assert.equal(session.forget('D').ok, false)
    assert.equal(session.forget('B').ok, true)
    assert.ok(session.fork().ok && session.proceed(1))
    assert.deepEqual(
      session.futures.map(({ name }) => name),
      ['A', 'B', 'C', 'D'],
    )
  })

  test('undo and redo change the future that is looked at, and no other', () => {
    const session = passthrough()
    const before = seen(session)
    go(session, 9e9)
    act(session, 'nat: { node: nat1, like: linux-pptp }')
    go(session, 22.3e9)
    const changed = seen(session)
    assert.ok(session.undo().ok && session.proceed(1))
    assert.equal(seen(session).fingerprint, before.fingerprint)
    assert.ok(session.redo().ok && session.proceed(1))
    assert.deepEqual(seen(session), changed)
    assert.equal(session.futures.length, 2)
  })

  test('a cure that the doctor knows is tried from the beginning, in a future of its own', () => {
    const session = passthrough()
    const drop = session.recorder.events.findLast(event => event.event === 'drop' && event.node === 'nat1')
    assert.ok(drop?.event === 'drop')
    assert.equal(session.curesFor(drop), undefined)
    assert.ok(session.work(1))
    const cures = session.curesFor(drop)
    assert.match(cures?.words ?? '', /A box with a PPTP helper/)
    assert.equal(cures?.trials[0].title, 'nat1: linux-pptp')
    const told = session.cure(0)
    assert.match(told.message, /Future B, nat1: linux-pptp, from 0\.000 s\. A is kept/)
    assert.ok(session.proceed(1))
    assert.deepEqual([session.current.name, session.run.now], ['B', 22.3e9])
    const { tunnels } = session.look()
    assert.deepEqual(
      tunnels.map(({ up }) => up),
      [true, true],
    )
  })
})

describe('going back takes its time', () => {
  /** A clock that goes on whenever somebody looks at it. */
  class HastyWall extends TestWall {
    #looks = 0
    override now = (): number => ++this.#looks * 100
  }

  test('in slices, with the part that is done, and nothing changes until it is there', () => {
    const session = new Session(sourceOf(labOf('tcp-over-vpn')), new HastyWall())
    session.seek(30e9)
    while (!session.proceed(0));
    const { moment } = session.run
    session.seek(20e9)
    assert.equal(session.proceed(0), false)
    const { travel } = session
    assert.ok(travel?.way === 'back' && travel.progress > 0 && travel.progress < 1, String(travel?.progress))
    assert.deepEqual(session.run.moment, moment)
    session.stay()
    assert.equal(session.travel, undefined)
    assert.deepEqual(session.run.moment, moment)
    session.seek(20e9)
    while (!session.proceed(0));
    assert.equal(session.run.now, 20e9)
  })
})
