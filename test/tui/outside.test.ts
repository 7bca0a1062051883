/** A caller from outside the simulation: he has no machine in the lab, and every view can be looked at all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recorder } from '../../src/index.ts'
import { PARTS } from '../../tui/views.ts'
import { HOME, OFFICE, runJoined, runOf, Side, TIME_ZERO } from '../support/joined.ts'
import { modelOf } from '../support/ui.ts'

test('a caller from outside is shown in every view, on every screen', () => {
  const sides = [HOME, OFFICE].map(text => new Side(runOf(text, [], { timeZero: TIME_ZERO }), 'internet'))
  const recorder = new Recorder(sides[1].run)
  const shown = new Map<string, string>()
  let next = 0
  recorder.run.listen(({ t }) => {
    if (t < next) return
    next = t + 1e9
    for (const [name, { render }] of Object.entries(PARTS)) {
      for (const size of [
        { columns: 78, rows: 20 },
        { columns: 118, rows: 36 },
        { columns: 38, rows: 8 },
      ]) {
        for (const node of ['internet', 'office', undefined]) {
          const { lines, sentence } = render(modelOf(recorder, {}, { node, tunnel: 1 }), size)
          assert.ok(sentence.length > 0)
          const text = lines.map(spans => spans.map(span => span.text).join('')).join('\n')
          assert.ok(!/undefined|NaN/.test(text), `${name} at ${t}: ${text}`)
          if (t > 9e9 && t < 11e9 && size.columns === 78) shown.set(`${name} ${node}`, text)
        }
      }
    }
  })
  runJoined(sides[0], sides[1])
  const tunnels = shown.get('tunnels office') ?? ''
  assert.match(tunnels, /► 1 internet→of… internet … {2}√ {3}√ {3}√ {4}√ {4}√ {4}√ {4}√ {3}10\.8\.0\.10 ↑√ ↓√/)
  assert.match(tunnels, /the other machines of office ─/)
  assert.match(shown.get('net internet') ?? '', /tunnel 1 {2}MPPE 128/)
})
