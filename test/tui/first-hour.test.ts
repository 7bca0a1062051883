/** The first hour of a student: the screens of docs/first-hour.md, and the same keys in a larger and a smaller window. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { firstHour, firstHourPage, SAVED } from '../support/first-hour.ts'
import { rootPath } from '../support/root.ts'

describe('the first hour', () => {
  test('docs/first-hour.md shows what the program shows (npm run docs:update)', async () => {
    assert.equal(await firstHourPage(), readFileSync(rootPath('docs/first-hour.md'), 'utf8'))
  })

  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [40, 12],
  ] as const) {
    test(`${columns}x${rows}: the tunnel is found dead, cured in a second future, lost in a third, and kept as a lab`, async () => {
      const seen = await firstHour(columns, rows)
      const screens = seen.map(step => step.rows.join('\n'))
      for (const screen of screens) assert.ok(screen.split('\n').every(row => row.length <= columns))
      for (const { say, shows, rows: lines } of seen) {
        if (shows && columns >= 80) assert.match(lines.join('\n'), shows, say)
      }
      const cured = screens[seen.findIndex(({ say }) => say.startsWith('At 15 s'))]
      assert.match(cured, columns < 80 ? /up/ : /√ all up/)
      assert.match(screens.at(-1) ?? '', new RegExp(SAVED))
    })
  }
})
