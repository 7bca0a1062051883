/** docs/conformance.md names tests that exist. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { conformance, rowOf } from '../support/conformance.ts'
import { page, sections, tableRows } from '../support/docs.ts'
import { clausesIn, testTitles } from '../support/test-titles.ts'

const text = page('docs/conformance.md')
const tests = new Set(testTitles().map(rowOf))

describe('docs/conformance.md (npm run docs:update)', () => {
  test('every test that it names exists', () => {
    const named = tableRows(text).map(([, title, where]) => `${where}: ${title}`)
    assert.deepEqual(
      named.filter(row => !tests.has(row)),
      [],
    )
  })

  test('has a table for each standard that version 1 is built on, and none is empty', () => {
    const found = [...sections(text, 2)].map(
      ([title, below]) => [title.split(':')[0], tableRows(below).length] as const,
    )
    const rows = new Map(found)
    for (const rfc of [
      768, 791, 792, 826, 1027, 1122, 1320, 1321, 1332, 1334, 1570, 1661, 1877, 1994, 2433, 2548, 2637, 2759, 2865,
      2866, 3078, 3079, 6229, 6298, 9293,
    ])
      assert.ok((rows.get(`RFC ${rfc}`) ?? 0) > 0, `RFC ${rfc}`)
    assert.ok(found.every(([, n]) => n > 0))
    for (const rfc of [1661, 2637, 9293]) assert.ok((rows.get(`RFC ${rfc}`) ?? 0) > 40, `RFC ${rfc}`)
  })

  test('what it would be made of today names the same standards', () => {
    assert.deepEqual([...sections(conformance(), 2).keys()], [...sections(text, 2).keys()])
  })
})

describe('titles of tests', () => {
  test('clauses are found with their standard', () => {
    assert.deepEqual(clausesIn('x (RFC 9293 §3.7.1, §3.9.1.2 MUST-61)'), [
      { standard: 'RFC 9293', clause: '§3.7.1' },
      { standard: 'RFC 9293', clause: '§3.9.1.2' },
    ])
    assert.deepEqual(clausesIn('x (RFC 1122 §4.2.3.9, RFC 5461, RFC 5927 §4.1)'), [
      { standard: 'RFC 1122', clause: '§4.2.3.9' },
      { standard: 'RFC 5461', clause: '' },
      { standard: 'RFC 5927', clause: '§4.1' },
    ])
    assert.deepEqual(clausesIn('x (§4.2.5)', 'RFC 2637'), [{ standard: 'RFC 2637', clause: '§4.2.5' }])
    assert.deepEqual(clausesIn('x (§4.2.5)'), [])
  })
  test('there are as many as the suite has, templates counted once', () =>
    assert.ok(tests.size > 500, String(tests.size)))
  test('one that names no clause has those of the group around it', () => {
    const cell = testTitles().find(({ title }) => title === '… in …: …')
    assert.deepEqual(cell?.clauses, [{ standard: 'RFC 1661', clause: '§4.1' }])
  })
})
