import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { golden } from '../support/golden.ts'
import { fileOf, SHOT_NAMES, shotOf } from '../support/tui-frames.ts'

describe('the whole screen', () => {
  for (const name of SHOT_NAMES) {
    test(name, async () => assert.equal(await shotOf(name), golden(fileOf(name))))
  }

  test('in ASCII has only ASCII, at the same places', async () => {
    const [plain, ascii] = [await shotOf('80x24'), await shotOf('ascii-80x24')]
    assert.match(ascii, /^[ -~\n]*$/)
    const widths = (text: string): number[] => text.split('\n').map(row => Array.from(row).length)
    assert.deepEqual(widths(ascii), widths(plain))
  })
})
