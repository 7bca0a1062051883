/** Each file in test/bad-topologies gives exactly the messages in its `.expected`. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { loadLab } from '../../src/lab/load.ts'
import { badPath, badTopologies, complaints } from '../support/bad-topologies.ts'

describe('bad lab files', () => {
  test('there are enough of them', () => assert.ok(badTopologies().length >= 24))

  for (const name of badTopologies()) {
    test(name, () => {
      const expected = readFileSync(badPath(name.replace('.yaml', '.expected')), 'utf8')
      assert.equal(complaints(name), expected.replaceAll('\r\n', '\n'))
    })

    test(`${name}: every message points into the file, in order`, () => {
      const text = readFileSync(badPath(name), 'utf8')
      const loaded = loadLab(text, name)
      assert.ok(!loaded.ok && loaded.issues.length > 0)
      const lines = text.split('\n')
      let before = [0, 0]
      for (const { line, column, endColumn, excerpt, message } of loaded.issues) {
        assert.equal(excerpt, lines[line - 1])
        assert.ok(column >= 1 && endColumn > column && column <= excerpt.length + 1, message)
        assert.ok(line > before[0] || (line === before[0] && column >= before[1]), 'sorted by place')
        before = [line, column]
        assert.match(message, /[.?]$/)
      }
    })
  }
})
