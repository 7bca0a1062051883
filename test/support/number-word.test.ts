import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { numberWord } from './number-word.ts'
import { rootPath } from './root.ts'

test('a word of a heavy suite that is no number, or names no part, ends it: it does not pass with nothing done', () => {
  assert.equal(numberWord(0, 7, []), 7)
  assert.equal(numberWord(1, 7, ['a', '12']), 12)
  for (const word of ['doctor', '', '-1', '1e3', 'NaN', '1.5']) assert.throws(() => numberWord(0, 7, [word]), word)
  const deep = (...words: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [rootPath('dist/test/heavy/deep.js'), ...words], {
      encoding: 'utf8',
    })
    return { status, stdout }
  }
  assert.equal(deep('doctor', 'x').status, 1)
  assert.equal(deep('no-such-walk').status, 1)
  const { status, stdout } = deep('tcp-model', '5', '3')
  assert.match(stdout, /^3 seeds, [1-9]\d* segments, 0 wrong/)
  assert.equal(status, 0)
})
