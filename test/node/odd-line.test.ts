/** Hostile and spoiled octets on a telephone line: what docs/hostile-line.md says is what happens, and the other way round. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeOf, page, tableRows } from '../support/docs.ts'
import { ODD_OCTETS, play } from '../support/odd-line.ts'

/** `frames | dropped | counted` by the name of the case. */
const rows = new Map(
  tableRows(page('docs/hostile-line.md')).map(([name, frames, dropped, counted, why]) => [
    codeOf(name),
    { line: [frames, dropped, counted].join(' | '), why },
  ]),
)

describe('odd octets on a line, as docs/hostile-line.md has them (RFC 1662 §4)', () => {
  for (const octets of ODD_OCTETS) {
    test(`${octets.name}: as the page says, and the next good frame is read`, () => {
      const { line, lastRead } = play(octets)
      const row = rows.get(octets.name)
      assert.ok(row, `docs/hostile-line.md has no row for it: ${line}`)
      assert.equal(line, row.line)
      assert.ok(row.why.length > 0)
      assert.ok(lastRead)
    })
  }
  test('the page has these cases and no other', () => {
    assert.deepEqual(
      [...rows.keys()],
      ODD_OCTETS.map(({ name }) => name),
    )
  })
})
