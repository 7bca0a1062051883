import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { frame } from '../../tui/frame.ts'
import { plainText } from '../../tui/text.ts'
import { golden } from '../support/golden.ts'
import { fileOf, SHOT_NAMES, shotOf } from '../support/tui-frames.ts'
import { modelAt } from '../support/tui-net.ts'

describe('the whole screen', () => {
  for (const name of SHOT_NAMES) {
    test(name, async () => assert.equal(await shotOf(name), golden(fileOf(name))))
  }

  test('cuts a sentence that is too long at a pause of its own', () => {
    const model = modelAt({ lab: 'voluntary', seconds: 0, selection: {} })
    const bottom = (sentence: string): string =>
      plainText(frame(model, { lines: [], sentence, keys: [] }, { columns: 80, rows: 24 })[22])
    assert.match(
      bottom('No tunnel yet: alice has not dialled office. Space starts, . takes one step of it.'),
      /^└─ No tunnel yet: alice has not dialled office\. ─+┘$/,
    )
    assert.match(bottom('x'.repeat(90)), /^└─ x+…─┘$/)
  })

  test('in ASCII has only ASCII, at the same places', async () => {
    const [plain, ascii] = [await shotOf('80x24'), await shotOf('ascii-80x24')]
    assert.match(ascii, /^[ -~\n]*$/)
    const widths = (text: string): number[] => text.split('\n').map(row => Array.from(row).length)
    assert.deepEqual(widths(ascii), widths(plain))
  })
})
