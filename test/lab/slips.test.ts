/** Slips of the hand: the line that is blamed is the one that was changed, wherever a lab is indented wrongly. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { loadLab } from '../../src/lab/load.ts'
import { rootPath } from '../support/root.ts'

const lab = readFileSync(rootPath('topologies/voluntary.yaml'), 'utf8').split('\n')

describe('one line indented wrongly', () => {
  for (const by of [-1, 1]) {
    test(`by ${by}: one message, which names that line or one beside it in its map`, () => {
      let tried = 0
      for (const [i, line] of lab.entries()) {
        const indent = /^ +/.exec(line)?.[0].length
        if (indent === undefined) continue
        // Words further in go on with the words of the item above them: that is YAML, and means something else.
        const [above, here, below] = [lab[i - 1], line, lab[i + 1]].map(
          each => /^ +- ["\w]/.test(each ?? '') && !/: \w/.test(each),
        )
        if (here && (by > 0 ? above : !above && below)) continue
        const bent = lab.with(i, ' '.repeat(indent + by) + line.trimStart())
        const loaded = loadLab(bent.join('\n'), 'bent')
        // The first or only line of a map may stand anywhere below its key.
        if (loaded.ok) continue
        tried++
        const [issue, ...others] = loaded.issues
        assert.deepEqual(others, [], `line ${i + 1}`)
        assert.match(issue.message, / is indented by \d+ spaces?, and /, `line ${i + 1}: ${issue.message}`)
        const name = /^ *(- |[\w-]+)/.exec(line)?.[1].trim() ?? ''
        assert.ok(issue.line === i + 1 || issue.message.includes(`"${name}"`), `line ${i + 1}: ${issue.message}`)
      }
      assert.ok(tried > 20)
    })
  }

  test('windows line ends, comments and brackets over several lines are no trouble', () => {
    const text = 'name: a\r\n# note: x\r\nx-list: [\r\n  a: 1,\r\n]\r\nx-map:\r\n  a: 1\r\n    b: 2\r\n  c: 3\r\n'
    const loaded = loadLab(text, 'a')
    assert.ok(!loaded.ok)
    assert.equal(loaded.issues.length, 1)
    assert.equal(loaded.issues[0].line, 8)
    assert.match(loaded.issues[0].message, /^"b" is indented by 4 spaces, and "a" above it, in the same map, by 2\.$/)
  })
})
