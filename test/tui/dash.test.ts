/** 0 Dash: the views in smaller boxes, and the keys that go to them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Size } from '../../tui/model.ts'
import { plainText, widthOf } from '../../tui/text.ts'
import { PARTS } from '../../tui/views.ts'
import { fc } from '../support/fast-check.ts'
import { recorded } from '../support/scene.ts'
import { modelOf } from '../support/ui.ts'
import { labOf, Robot } from './robot.ts'

const WIDE = { columns: 120, rows: 40 }
const robotOf = (size: Size, lab = 'voluntary'): Robot => new Robot({ lab: labOf(lab), parts: PARTS, size })

describe('the dashboard', () => {
  for (const [columns, rows, view] of [
    [110, 34, 'dash'],
    [109, 34, 'net'],
    [110, 33, 'net'],
    [80, 24, 'net'],
  ] as const) {
    test(`the first view in ${columns}x${rows} is ${view}`, async () => {
      const robot = robotOf({ columns, rows })
      await robot.settle()
      assert.equal(robot.ui.view, view)
      assert.equal(robot.rows[1].includes('0 Dash'), view === 'dash')
      await robot.close()
    })
  }

  test('where there is no room 0 says what it needs', async () => {
    const robot = robotOf({ columns: 80, rows: 24 })
    await robot.press('0')
    assert.ok(robot.text.includes('The dashboard needs 110x34; the window is 80x24.'))
    await robot.resize(120, 40)
    assert.ok(robot.text.includes('─ 2 Tunnels ─'))
    await robot.close()
  })

  test('a digit shows a view alone, 0 and Esc come back', async () => {
    const robot = robotOf(WIDE)
    await robot.press('6')
    assert.equal(robot.ui.view, 'events')
    await robot.press('0')
    assert.equal(robot.ui.view, 'dash')
    await robot.press('3', 'Esc')
    assert.equal(robot.ui.view, 'dash')
    await robot.close()
  })

  test('the keys go to the pane that Tab has come to, and what is chosen there is chosen everywhere', async () => {
    const robot = robotOf(WIDE, 'voluntary')
    await robot.press('Space')
    await robot.wait(4950)
    await robot.press('Space', 'f', 'Tab', 'k', 'k')
    const { journey } = robot.ui.selection
    assert.ok(journey !== undefined)
    assert.ok(robot.text.includes(`packet ${journey},`), 'its layers stand in the pane below')
    await robot.press('Enter')
    assert.deepEqual([robot.ui.view, robot.ui.selection.journey], ['packets', journey])
    await robot.press('Esc')
    assert.equal(robot.ui.view, 'dash')
    await robot.close()
  })

  test('w asks about what is chosen in that pane', async () => {
    const robot = robotOf(WIDE, 'nat-no-helper')
    await robot.press('Space')
    await robot.wait(4950)
    // Net, packets, layers, tunnels, NAT, checks, events.
    await robot.press('Space', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'G', 'w')
    assert.ok(robot.text.includes('WHY was this dropped?'))
    assert.ok(robot.text.includes('dropped at home'))
    await robot.press('w')
    assert.equal(robot.ui.view, 'dash')
    await robot.close()
  })

  test('a filter is of the pane that has the keys', async () => {
    const robot = robotOf(WIDE)
    await robot.press('Space')
    await robot.wait(4950)
    await robot.press('Space', 'Tab', '/', 'c', 'h', 'a', 'p', 'Enter')
    assert.ok(robot.text.includes('CHAP Response'))
    assert.ok(!robot.text.includes('GRE ack'))
    assert.ok(robot.text.includes('√ tunnel by 2 s'), 'the checks are all there')
    await robot.close()
  })

  test('from 160 columns the ladder joins at the right', () => {
    const model = modelOf(recorded('voluntary', 5), { view: 'dash' })
    const head = (columns: number): string => plainText(PARTS.dash.render(model, { columns, rows: 40 }).lines[0])
    assert.match(head(157), /^─ 1 Net ─+┬─ 2 Tunnels ─+$/)
    assert.match(head(158), /^─ 1 Net ─+┬─ 2 Tunnels ─+┬─ 4 Ladder ─+$/)
    assert.equal(PARTS.dash.panes(model, { columns: 157, rows: 40 }), 7)
    assert.equal(PARTS.dash.panes(model, { columns: 158, rows: 40 }), 8)
  })

  test('its panes are the views themselves', () => {
    const model = modelOf(recorded('nat-no-helper', 22.3), { view: 'dash' })
    const rows = PARTS.dash.render(model, { columns: 118, rows: 36 }).lines.map(plainText)
    const inView = { ...model, ui: { ...model.ui, view: 'checks' as const, pane: 0 } }
    const own = PARTS.checks.render(inView, { columns: 47, rows: 7 }).lines.map(plainText)
    const at = rows.findIndex(text => text.includes('─ 7 Checks ─'))
    assert.deepEqual(
      rows.slice(at + 1, at + 8).map(text => text.slice(-47)),
      own,
    )
  })

  test('is exactly as many lines of exactly as many cells as it is given', () => {
    const models = ['voluntary', 'compulsory', 'nat-no-helper'].map(lab => modelOf(recorded(lab, 5), { view: 'dash' }))
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.integer({ min: 10, max: 220 }),
        fc.integer({ min: 3, max: 70 }),
        fc.nat(9),
        (model, columns, rows, pane) => {
          const { lines } = PARTS.dash.render({ ...model, ui: { ...model.ui, pane } }, { columns, rows })
          assert.equal(lines.length, rows)
          for (const line of lines) assert.equal(widthOf(line), columns, plainText(line))
        },
      ),
      { numRuns: 150 },
    )
  })
})
