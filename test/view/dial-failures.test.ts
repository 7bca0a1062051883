/** What users see when a dial-up fails: on the line, and in PPP. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LINE_END_REASONS, type LineEndReason } from '../../src/base/dial-end.ts'
import { TUNNEL_END_REASONS, TUNNEL_LAYERS, type TunnelEndReason } from '../../src/base/tunnel-end.ts'
import { Run } from '../../src/lab/run.ts'
import { dialAppearanceOf, LINE_FAILURES } from '../../src/view/dial-failures.ts'
import { FailureWatch, failureLines } from '../../src/view/failed.ts'
import { isFailure, WINDOWS } from '../../src/view/failures.ts'
import { Story } from '../../src/view/story.ts'
import { labOf } from '../support/captured-run.ts'
import { shippedText } from '../support/shipped.ts'

describe('the list of what users of a modem see', () => {
  test('has an entry for every end of a line that is a failure, and for no other', () => {
    const failures = (Object.keys(LINE_END_REASONS) as LineEndReason[]).filter(
      reason => LINE_END_REASONS[reason] === 'failure',
    )
    assert.deepEqual(Object.keys(LINE_FAILURES).sort(), failures.sort())
  })

  test('the numbers that name the tone are the right ones: busy, no answer, no dial tone', () => {
    const { busy, 'no-answer': silent, 'no-carrier': dead } = LINE_FAILURES
    assert.deepEqual([busy.windows, silent.windows, dead.windows], [676, 678, 680])
    assert.deepEqual([WINDOWS[676][0], WINDOWS[678][0], WINDOWS[680][0]], ['LINE_BUSY', 'NO_ANSWER', 'NO_DIALTONE'])
  })

  test('what fails in PPP has its entry, without the numbers and lines that only tunnels have', () => {
    const layers = TUNNEL_LAYERS.filter(layer => layer !== 'tcp' && layer !== 'pptp')
    const reasons = (Object.keys(TUNNEL_END_REASONS) as TunnelEndReason[]).filter(isFailure)
    for (const reason of ['timeout', 'auth-failed', 'peer-closed', 'no-address', 'echo-timeout'] as const) {
      assert.ok(reasons.includes(reason))
      for (const layer of layers) {
        for (const up of [false, true]) {
          const found = dialAppearanceOf({ layer, reason, tries: 1, detail: '' }, true, up)
          assert.ok(found)
          for (const code of [found.windows, ...(found.also ?? [])]) assert.ok(code < 800 || code > 809, String(code))
          assert.equal(found.server, undefined)
        }
      }
    }
  })

  test('who is cut off after PPP was up sees another number than before; who hangs up sees none', () => {
    const cut = { layer: 'line', reason: 'no-carrier', tries: 0, detail: '' } as const
    const released = { ...cut, reason: 'released' } as const
    assert.deepEqual(
      [false, true].map(up => dialAppearanceOf(cut, true, up)?.windows),
      [628, 629],
    )
    assert.deepEqual(
      [false, true].map(up => dialAppearanceOf(released, true, up)?.windows),
      [619, undefined],
    )
    assert.equal(dialAppearanceOf({ ...cut, reason: 'hung-up' }, true, false), undefined)
  })
})

function watched(text: string): { watch: FailureWatch; story: string } {
  const lab = labOf(text)
  const run = new Run(lab)
  const watch = new FailureWatch(lab)
  const story = new Story({ verbose: false, names: new Map() })
  const lines: string[] = []
  run.listen(event => {
    watch.event(event)
    lines.push(story.tell(event)?.text ?? '')
  })
  run.advance()
  return { watch, story: lines.join('\n') }
}

describe('a dial-up that fails shows what Windows and Linux would show', () => {
  const compulsory = shippedText('compulsory')
  const cases: readonly (readonly [string, string, readonly number[], RegExp])[] = [
    ['busy, and turned away', shippedText('busy-lines'), [678, 676], /Linux: Failed \(BUSY\)/],
    [
      'a number that nobody takes',
      compulsory.replace('"5550100", user', '"5550199", user'),
      [678],
      /Connect script failed/,
    ],
    [
      'a wrong password',
      compulsory.replace('bob, password: builder }', 'bob, password: plumber }'),
      [691],
      /CHAP authentication failed/,
    ],
    [
      'a line that is not plugged in',
      compulsory.replace(
        '{ at: 0s, dial: bob }',
        '{ at: 0s, link: { between: [bob, nas], down: true } }\n  - { at: 1s, dial: bob }',
      ),
      [680],
      /Failed \(NO DIALTONE\)/,
    ],
    [
      'a carrier that is lost',
      compulsory.replace('events:', 'events:\n  - { at: 8s, link: { between: [bob, nas], down: true } }'),
      [629],
      /Modem hangup/,
    ],
    ['a wish', compulsory, [], /^$/],
  ]
  for (const [name, text, codes, line] of cases) {
    test(name, () => {
      const { watch, story } = watched(text)
      assert.deepEqual(
        watch.failed.map(({ what, windows }) => [what, windows.number]),
        codes.map(code => ['dial-up', code]),
      )
      assert.match(watch.failed.flatMap(failureLines).join('\n'), line)
      for (const code of codes) assert.ok(story.includes(`[Windows would show error ${code}]`), story)
    })
  }

  test('who is called looks at no screen', () => {
    assert.deepEqual(watched(shippedText('outgoing-call')).watch.failed, [])
  })

  test('of a computer with both, an open line makes no open tunnel', () => {
    const refused = shippedText('voluntary-over-dial-up').replace(
      'pptp: { server: company, user: bob, password: builder',
      'pptp: { server: company, user: bob, password: wrong',
    )
    const [failed, ...more] = watched(refused).watch.failed
    assert.deepEqual([more.length, failed.what, failed.up, failed.windows.number], [0, 'tunnel', false, 691])
  })
})
