/**
 * Something goes wrong before any event of the set-up of a call: every line, call ID, address, timer and packet of the
 * access server comes back, whoever is to blame. Here every seventh event, each time others; `npm run test:deep` takes all.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ms } from '../../src/base/time.ts'
import { BLUE, NOTHING, nasLab, RED } from '../support/nas-lab.ts'
import { hangUpOnOdd, ODD, PLANS, strike, TROUBLES } from '../support/nas-moments.ts'

const EVERY = 7
/** From which event on, so that together all are struck. */
let first = 0

/** `at` is told the number of an event, until there is none. */
function moments(at: (event: number) => string[] | undefined): number {
  let struck = 0
  for (let event = first++ % EVERY; ; event += EVERY) {
    const wrong = at(event)
    if (!wrong) return struck
    assert.deepEqual(wrong, [], `before event ${event}`)
    struck++
  }
}

describe('at every moment of a call', () => {
  for (const [how, plan] of Object.entries(PLANS)) {
    for (const [trouble, act] of Object.entries(TROUBLES)) {
      test(`${how}: ${trouble}`, () => {
        assert.ok(moments(event => strike(plan, act, event)) >= 3)
      })
    }
  }
})

describe('a PNS that does odd things, and a caller who hangs up at any moment', () => {
  for (const [oddity, act] of Object.entries(ODD)) {
    test(oddity, () => {
      assert.deepEqual(hangUpOnOdd(act, Infinity), [])
      assert.ok(moments(event => hangUpOnOdd(act, event)) >= 3)
    })
  }
})

describe('many callers at random times', () => {
  const LINES = 24
  const CALLERS = Array.from({ length: 30 }, (_, i) => `c${i}`)
  const step = fc.record({ who: fc.constantFrom(...CALLERS), at: fc.integer({ min: 0, max: 400_000 }) })

  test('more than 200 dial-ins and hang-ups over 24 lines and two PNSs, one of which crashes: nothing stays, twice the same', () => {
    const arbitrary = fc.record({
      dials: fc.array(step, { minLength: 900, maxLength: 900 }),
      hangUps: fc.array(step, { minLength: 900, maxLength: 900 }),
      crashAt: fc.integer({ min: 60_000, max: 200_000 }),
    })
    const [plan] = fc.sample(arbitrary, { seed: 7, numRuns: 1 })
    const play = () => {
      const t = nasLab({
        callers: Object.fromEntries(CALLERS.map(name => [name, {}])),
        trunk: { lines: LINES },
        nas: { tunnels: [{ calling: '*1', to: [RED, BLUE] }, { to: [BLUE, RED] }] },
      })
      const { scheduler } = t.simulation.world
      for (const { who, at } of plan.dials) scheduler.after(ms(at), 'test', () => t.dial(who))
      for (const { who, at } of plan.hangUps) scheduler.after(ms(at), 'test', () => t.hangUp(who))
      scheduler.after(ms(plan.crashAt), 'test', () => t.crash('red'))
      let most = 0
      for (let at = 0; at <= 400; at++) {
        t.until(at)
        most = Math.max(most, Number(t.value('nas', 'line.busy')))
      }
      t.hangUp(...CALLERS)
      t.until(600)
      assert.deepEqual(t.inUse(), NOTHING)
      assert.deepEqual([t.value('blue', 'pptp.calls'), t.value('blue', 'pool.used')], [0, 0])
      const rang = t.seen('tunnel-rule').length
      return { most, rang, fingerprint: t.run.result().fingerprint }
    }
    const [once, again] = [play(), play()]
    assert.ok(once.rang >= 200 && once.most > LINES / 2, JSON.stringify(once))
    assert.deepEqual(once, again)
  })
})
