/** Hostile PPP: what docs/hostile-ppp.md says is what happens, and the other way round. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { PppConfig } from '../../src/ppp/config.ts'
import { codeOf, page, tableRows } from '../support/docs.ts'
import { ODD_CONVERSATIONS, play } from '../support/odd-ppp.ts'
import { alone, CLIENT } from '../support/ppp.ts'

/** `answers | dropped | afterwards` by the name of the conversation. */
const rows = new Map(
  tableRows(page('docs/hostile-ppp.md')).map(([name, answer, dropped, where, why]) => [
    codeOf(name),
    { line: [codeOf(answer), dropped, where].join(' | '), why },
  ]),
)

describe('hostile PPP conversations, as docs/hostile-ppp.md has them', () => {
  for (const conversation of ODD_CONVERSATIONS) {
    test(`${conversation.situation}: ${conversation.name}`, () => {
      const { line, left } = play(conversation)
      const row = rows.get(conversation.name)
      assert.ok(row, `docs/hostile-ppp.md has no row for it: ${line}`)
      assert.equal(line, row.line)
      assert.ok(row.why.length > 0)
      assert.deepEqual(left, { timers: false, ends: 1 })
    })
  }
  test('every row is a conversation, and each name stands once', () => {
    const names = ODD_CONVERSATIONS.map(({ name }) => name)
    assert.deepEqual([...rows.keys()], names)
    assert.equal(tableRows(page('docs/hostile-ppp.md')).length, names.length)
    assert.ok(names.length >= 40)
  })
})

describe('a flood', () => {
  const COUNT = 10_000
  for (const [name, frame] of [
    ['Configure-Requests', 'ff03c02101010004'],
    ['Echo-Requests', 'ff03c0210909000811223344'],
    ['Terminate-Acks', 'ff03c02106090004'],
    ['Configure-Naks without an option', 'ff03c02103010004'],
    ['unknown codes', 'ff03c021ff090004'],
    ['Challenges', `c223010700150f${'ab'.repeat(15)}00`],
    ['unknown protocols', '1001aabb'],
  ] as const) {
    test(`${COUNT} ${name}: two answers each at most, and nothing piles up`, () => {
      const a = alone({ ourself: CLIENT.ourself as NonNullable<PppConfig['ourself']> })
      a.us.session.open()
      const timers = new Set<unknown>()
      for (let n = 0; n < COUNT; n++) {
        a.peer.raw(frame)
        timers.add(a.world.scheduler.next)
      }
      assert.ok(a.peer.frames().length <= 2 * COUNT + 1)
      assert.ok(timers.size <= 2)
      a.us.session.lowerDown()
      a.advance(sec(1))
      assert.equal(a.world.scheduler.next, undefined)
    })
  }
})
