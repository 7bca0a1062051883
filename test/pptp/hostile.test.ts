/** Hostile control messages and GRE packets, in both roles: the documented reaction, and nobody else is touched. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeOf, page, sections, tableRows } from '../support/docs.ts'
import { HOSTILE, react } from '../support/hostile-pptp.ts'

const documented = sections(page('docs/hostile-pptp.md'), 2)

for (const part of HOSTILE) {
  describe(`${part.title}: hostile input (RFC 2637 §1.4, §2, §3, §4)`, () => {
    const rows = new Map(tableRows(documented.get(part.title) ?? '').map(row => [codeOf(row[0]), row.slice(1)]))
    for (const each of part.cases) {
      test(`${each.name}: as docs/hostile-pptp.md says, and the bystander goes on`, () => {
        const { answer, dropped, afterwards, problems } = react(part, each)
        assert.deepEqual(problems, [])
        assert.deepEqual(rows.get(each.name), [answer, dropped, afterwards, each.why])
      })
    }
    test('the page has these cases and no other', () => {
      assert.deepEqual(
        [...rows.keys()],
        part.cases.map(({ name }) => name),
      )
    })
  })
}

test('there are more than 40 control streams and 20 GRE packets', () => {
  const count = (gre: boolean) =>
    HOSTILE.filter(part => (part.gre ?? false) === gre).reduce((n, p) => n + p.cases.length, 0)
  assert.ok(count(false) > 40 && count(true) > 20)
})
