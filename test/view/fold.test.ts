/** Bursts of equal lines are folded, and nothing is lost by it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { Fold } from '../../src/view/fold.ts'
import type { StoryLine } from '../../src/view/story.ts'
import { fc } from '../support/fast-check.ts'

const line = (t: number, node: string, text: string): StoryLine => ({
  t,
  node,
  text,
  mark: 'user',
  depth: 0,
  tone: 'plain',
})
const fold = (lines: readonly StoryLine[], end = sec(100)): StoryLine[] => {
  const folded = new Fold()
  return [...lines.flatMap(each => folded.add(each)), ...folded.end(end)]
}
const burst = (count: number, node: string, from = 0, step = ms(10)): StoryLine[] =>
  Array.from({ length: count }, (_, i) => line(from + i * step, node, `ping ${i + 1}: files answers after 30.${i} ms`))
const more = ({ text }: StoryLine): number => Number(/^… (\d+) more like this/.exec(text)?.[1] ?? 0)

describe('a burst of lines that differ in numbers only', () => {
  test('is told by its first five and a line with the number of the others', () => {
    const told = fold(burst(100, 'bob'))
    assert.equal(told.length, 6)
    assert.deepEqual([told[5].text, told[5].t], ['… 95 more like this until 0.990000 s: ping 100', ms(990 + 500)])
  })
  test('of five is told whole, and so is one without hurry', () => {
    assert.deepEqual(fold(burst(5, 'bob')), burst(5, 'bob'))
    assert.deepEqual(fold(burst(50, 'bob', 0, sec(1))), burst(50, 'bob', 0, sec(1)))
  })
  test('is that of one machine', () => {
    const lines = [...burst(4, 'bob'), ...burst(4, 'carol')].sort((a, b) => a.t - b.t)
    assert.deepEqual(fold(lines), lines)
  })
  test('begins anew after a pause', () => {
    const told = fold([...burst(7, 'bob'), ...burst(7, 'bob', sec(5))])
    assert.deepEqual(told.map(more), [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2])
  })
})

test('no line is lost by folding, and times never go back', () => {
  const anyLines = fc.array(
    fc.record({
      gap: fc.integer({ min: 0, max: 700 }),
      node: fc.constantFrom('a', 'b', 'c'),
      words: fc.constantFrom('x 1', 'y 2'),
    }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(anyLines, drawn => {
      let t = 0
      const lines = drawn.map(({ gap, node, words }) => line((t += ms(gap / 4)), node, words))
      const told = fold(lines, t)
      assert.equal(
        told.reduce((sum, each) => sum + (more(each) || 1), 0),
        lines.length,
      )
      for (let i = 1; i < told.length; i++) assert.ok(told[i].t >= told[i - 1].t)
    }),
  )
})
