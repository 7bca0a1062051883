/** The measured cases, as `npm run nat:truth` plays them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'
import { compare, type Recorded } from './compare.ts'

const recorded: Recorded[] = readFileSync(rootPath('test/nat/baseline-linux-6.18.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

describe('what a Linux kernel was measured to do', () => {
  test('all of it was recorded', () => {
    assert.equal(recorded.length, 71)
  })
  for (const record of recorded) {
    test(`${record.case}: ${record.title}`, () => {
      assert.deepEqual(compare(record).differences, [])
    })
  }
})
