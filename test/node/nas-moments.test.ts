/**
 * Something goes wrong before any event of the set-up of a call: every line, call ID, address, timer and packet of the
 * access server comes back, whoever is to blame. Here every seventh event, each time others; `npm run test:deep` takes all.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialIns, LINES } from '../support/dial-ins.ts'
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
  test('200 dial-ins and more over 24 lines and two PNSs, one of which crashes and starts again: nothing stays, twice the same', () => {
    const [once, again] = [dialIns(7), dialIns(7)]
    assert.deepEqual(once, again)
    assert.deepEqual(once.wrong, [])
    assert.ok(once.rang >= 200 && once.most > LINES / 2, JSON.stringify(once))
    assert.ok(once.before >= 10 && once.after >= 10, JSON.stringify(once))
  })
})
