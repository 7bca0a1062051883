/** The table of keys in the documentation. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KEY_PAGE, withKeyTable } from '../support/key-table.ts'
import { rootPath } from '../support/root.ts'

test(`the keys in ${KEY_PAGE} are those of tui/keys.ts (npm run docs:update)`, () => {
  const text = readFileSync(rootPath(KEY_PAGE), 'utf8')
  assert.equal(withKeyTable(text), text)
})
