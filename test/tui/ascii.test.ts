import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ascii, wantsAscii } from '../../tui/ascii.ts'
import { line, plainText, span, widthOf } from '../../tui/text.ts'
import { fc } from '../support/fast-check.ts'

const asciiText = (text: string): string => plainText(ascii(line(text)))

describe('ASCII', () => {
  const PAIRS: readonly (readonly [string, string])[] = [
    [
      '┌─[1 Net]─2 Tunnels─3 Packets─────────────────────────────────────────────────┐',
      '+-[1 Net]-2 Tunnels-3 Packets-------------------------------------------------+',
    ],
    [
      '│ ┌ alice ──────┐  15 ms  ┌ isp ────┐   5 ms  ┌ office ─────┐        ┌ files ┐ │',
      '| + alice ------+  15 ms  + isp ----+   5 ms  + office -----+        + files + |',
    ],
    [
      '│ │ client  PNS ╞═══════D►╡ router  ╞═════════╡ server  PAC ├────────┤ host  │ │',
      '| | client  PNS |=======D>| router  |=========| server  PAC |--------| host  | |',
    ],
    ['│ └──────╥──────┘         └─────────┘ │', '| +-----##------+         +---------+ |'],
    ['│        ║ 10.8.0.10         10.8.0.1 ║', '|       ## 10.8.0.10         10.8.0.1 #'],
    ['│        ╚════ echo request 3 ►═══════╝', '|       ##==== echo request 3 >=======#'],
    ['├─ alice ──────────┬─ what happens ───┤', '+- alice ----------+- what happens ---+'],
    [' ├──■───────────┤ 30 s   √1 ×0 ?3 ', ' |--#-----------| 30 s   v1 x0 ?3 '],
    ['√×·●○►◄═▒■□≠→', 'vx.*o><=%#-!>'],
  ]
  for (const [from, to] of PAIRS) {
    test(`${from} becomes ${to}`, () => assert.equal(asciiText(from), to))
  }

  test('nothing but ASCII, cell for cell, and the spans stay as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'ab ─│║╔╗╚╝╥√×▒…§é') })), texts => {
        const before = line(...texts.map(text => span(text, 'ok')))
        const after = ascii(before)
        assert.equal(widthOf(after), widthOf(before))
        assert.match(plainText(after), /^[ -~]*$/)
        assert.deepEqual(
          after.map(({ text, role }) => [text.length, role]),
          before.map(({ text, role }) => [text.length, role]),
        )
      }),
    )
  })

  test('is chosen where the locale has no UTF-8, or the terminal is dumb or a VT', () => {
    assert.equal(wantsAscii({ LANG: 'en_US.UTF-8', TERM: 'xterm' }), false)
    assert.equal(wantsAscii({ LANG: 'C.utf8', TERM: 'linux' }), false)
    assert.equal(wantsAscii({ LANG: 'C', TERM: 'xterm' }), true)
    assert.equal(wantsAscii({ LC_ALL: 'C', LANG: 'en_US.UTF-8', TERM: 'xterm' }), true)
    assert.equal(wantsAscii({ LANG: 'C.UTF-8', TERM: 'vt100' }), true)
    assert.equal(wantsAscii({ LANG: 'C.UTF-8', TERM: 'dumb' }), true)
  })
})
