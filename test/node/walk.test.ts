/**
 * The short form of the bounded walk (npm run test:deep walks further): from every state that faults can lead to, both ends
 * come to Opened, or to Closed with a reason, once nothing goes wrong any more.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Choice, type Walkable, walk } from '../support/walk.ts'
import { PppPair, PptpPair } from '../support/walk-ends.ts'
import { belowFloor, WALKS, walkOf } from '../support/walks.ts'

describe('a bounded walk', () => {
  for (const [name, { what }] of Object.entries(WALKS)) {
    test(`finds no state from which ${what} do not come to an end (RFC 1661 §4, RFC 2637 §3)`, () => {
      const report = walkOf(name, 'short')
      assert.deepEqual(report.stuck, [])
      assert.equal(belowFloor(name, 'short', report), undefined)
      assert.ok(report.endings.has('both open'))
      for (const outcome of report.endings.keys())
        assert.match(outcome, /^both open$|^client closed \(.+\), server closed \(.+\)$/)
    })
  }

  test('notices when it comes to less than it did', () => {
    const report = walkOf('ppp', 'short', { faults: 0, states: 1000 })
    assert.match(belowFloor('ppp', 'short', report) ?? '', /^BELOW THE FLOOR/)
  })

  test('goes the same way every time', () => {
    const bounds = { faults: 1, states: 300 }
    assert.deepEqual(walkOf('ppp', 'short', bounds), walkOf('ppp', 'short', bounds))
  })
})

describe('a stuck state that was planted is found', () => {
  const planted: readonly (readonly [string, () => Walkable])[] = [
    ['LCP of one end never repeats', () => new PppPair({ deadTimer: { end: 'client', owner: /ppp\.lcp restart/ } })],
    ['CCP of one end never repeats', () => new PppPair({ deadTimer: { end: 'server', owner: /ppp\.ccp restart/ } })],
    [
      'the authenticator never repeats its Challenge',
      () => new PppPair({ deadTimer: { end: 'server', owner: /chap challenge/ } }),
    ],
    [
      'a PNS waits for the reply to its call without a time-out',
      () => new PptpPair({ messages: 3, deadTimer: { end: 'client', owner: /^pptp\.call/ } }),
    ],
  ]
  for (const [what, make] of planted) {
    test(what, () => {
      const { stuck } = walk(make, { faults: 1, states: 2000 })
      assert.ok(stuck.length > 0)
      // One lost message is enough, and the trace shows it.
      assert.equal(stuck[0].trace.filter(step => step.startsWith('!')).length, 1)
      assert.match(stuck[0].why, /for ever|nothing can happen/)
    })
  }
})

/** A walk over numbers, for what the walk itself does. */
class Numbers implements Walkable {
  at = 0
  readonly #steps: (at: number) => readonly (readonly [to: number, fault?: 'fault'])[]
  readonly #end: number

  constructor(end: number, steps: (at: number) => readonly (readonly [to: number, fault?: 'fault'])[]) {
    this.#end = end
    this.#steps = steps
  }
  choices(): readonly Choice[] {
    return this.#steps(this.at).map(([to, fault], i) => ({
      what: () => `${to}`,
      fault: fault !== undefined,
      fair: i === 0,
    }))
  }
  take(index: number): void {
    this.at = this.#steps(this.at)[index][0]
  }
  key(): string {
    return String(this.at)
  }
  get outcome(): string | undefined {
    return this.at === this.#end ? 'there' : undefined
  }
  describe(): string {
    return `at ${this.at}`
  }
}

describe('the walk itself', () => {
  const faultless = { faults: 3, states: 1000 }

  test('counts states and transitions, and knows the shortest way with the fewest faults', () => {
    const line = walk(() => new Numbers(5, at => [[at + 1], [5, 'fault']]), faultless)
    assert.deepEqual([line.states, line.transitions, line.complete], [6, 10, 3])
    assert.deepEqual(line.endings.get('there'), { states: 1, faults: 0, trace: ['  1', '  2', '  3', '  4', '  5'] })
    assert.deepEqual(line.stuck, [])
    const dear = walk(() => new Numbers(5, at => [[at < 4 ? at + 1 : 4], [at === 2 ? 5 : at, 'fault']]), faultless)
    assert.deepEqual(dear.endings.get('there')?.trace, ['  1', '  2', '! 5'])
  })

  test('tells a circle and a place without a way out', () => {
    const circle = walk(() => new Numbers(9, at => [[(at + 1) % 3]]), faultless)
    assert.equal(circle.stuck.length, 3)
    assert.equal(circle.stuck[0].why, 'at 0: for ever 1, 2, 0')
    const alley = walk(() => new Numbers(9, at => (at === 2 ? [] : [[at + 1]])), faultless)
    assert.equal(alley.stuck[0].why, 'at 0: nothing can happen after 1, 2')
  })

  test('goes no further than its bounds, and follows the fair way beyond them', () => {
    const far = (end: number) => walk(() => new Numbers(end, at => [[at + 1]]), { faults: 0, states: 10 })
    assert.deepEqual([far(50).states, far(50).complete, far(50).stuck.length], [10, -1, 0])
    assert.equal(
      walk(() => new Numbers(50, at => [[at < 20 ? at + 1 : 15]]), { faults: 0, states: 10 }).stuck.length,
      5,
    )
  })
})
