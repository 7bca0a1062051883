import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PARTS } from '../../tui/views.ts'
import { monkey } from '../support/tui-monkey.ts'
import { labOf } from './robot.ts'

for (const [name, seed] of [
  ['voluntary', 1],
  ['voluntary-lan', 2],
  ['dial-up', 3],
  ['compulsory', 4],
  ['compulsory-realms', 5],
] as const) {
  test(`1500 random keys, mouse events and resizes in ${name}: no exception, every line as wide as the window`, () => {
    const { problems, frames, met } = monkey(labOf(name), PARTS, seed, 1500)
    assert.deepEqual(problems, [])
    assert.ok(frames > 500)
    const asks = seed % 2 === 1 && labOf(name).questions.length > 0 ? ['question'] : []
    const modes = ['explain', 'help', 'menu', 'prompt', ...asks, 'typing', 'view', 'why']
    assert.deepEqual([...met].sort(), modes)
  })
}
