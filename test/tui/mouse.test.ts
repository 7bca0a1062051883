/** The mouse: what a click, a second one and the wheel do, in every view. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PARTS } from '../../tui/views.ts'
import { choicesOf, labOf, Robot } from './robot.ts'

const at = async (lab: string, t: string, ...keys: readonly string[]): Promise<Robot> => {
  const robot = new Robot({ lab: labOf(lab), parts: PARTS })
  await robot.press('M', 't', ...t, 'Enter', ...keys)
  return robot
}
const click = async (robot: Robot, column: number, row: number): Promise<void> => {
  const place = `${column + 1};${row + 1}`
  await robot.send(`\x1b[<0;${place}M\x1b[<0;${place}m`)
}
const wheel = async (robot: Robot, turn: 'up' | 'down', column: number, row: number): Promise<void> =>
  robot.send(`\x1b[<${turn === 'up' ? 64 : 65};${column + 1};${row + 1}M`)
/** Where a text stands on the screen. */
const placeOf = (robot: Robot, text: string): readonly [number, number] => {
  const row = robot.rows.findIndex(each => each.includes(text))
  assert.ok(row >= 0, `${text} is not on the screen:\n${robot.text}`)
  return [robot.rows[row].indexOf(text), row]
}
const later = (robot: Robot): Promise<void> => robot.wait(1000)

describe('a click', () => {
  test('on a row of a list selects it, on the selected one opens it', async () => {
    const robot = await at('voluntary', '5', '7')
    const [column, row] = placeOf(robot, robot.scene.checks[3].name)
    await click(robot, column, row)
    assert.equal(robot.ui.selection.check, 3)
    await robot.press('6')
    const marked = (): number => robot.rows.findIndex(each => each.startsWith('│►'))
    assert.ok(marked() > 5)
    await later(robot)
    await click(robot, 20, marked())
    assert.notEqual(robot.ui.view, 'events')
    await robot.close()
  })

  test('twice in a moment opens, though the list has moved below the first', async () => {
    const robot = await at('voluntary', '5', '6')
    const row = robot.rows[5]
    await click(robot, 20, 5)
    assert.notEqual(robot.rows[5], row, 'the chosen row is in the middle now')
    await click(robot, 20, 5)
    assert.notEqual(robot.ui.view, 'events')
    await robot.close()
  })

  test('in another pane gives it the keys', async () => {
    const robot = await at('voluntary', '5.012', '3')
    const [column, row] = placeOf(robot, '+ GRE')
    await click(robot, column, row)
    assert.equal(robot.ui.pane, 1)
    await later(robot)
    await robot.press('Tab')
    assert.equal(robot.ui.pane, 2)
    await click(robot, 60, 14)
    assert.equal(robot.ui.pane, 2)
    await click(robot, 20, 4)
    assert.equal(robot.ui.pane, 0)
    await robot.close()
  })

  test('on a layer selects it, on the selected one unfolds it', async () => {
    const robot = await at('voluntary', '5.012', '3', 'Tab', 'j')
    await click(robot, ...placeOf(robot, '+ GRE'))
    await later(robot)
    await click(robot, ...placeOf(robot, '+ GRE'))
    assert.match(robot.text, /- GRE.*callId/s)
    await robot.close()
  })

  test('in the net selects machines, links and tunnels; on the selected one looks inside', async () => {
    const robot = await at('voluntary', '5.012', '1')
    await click(robot, ...placeOf(robot, '┌ office'))
    assert.equal(robot.ui.selection.node, 'office')
    await click(robot, ...placeOf(robot, '10 Mb/s'))
    assert.deepEqual([robot.ui.selection.link, robot.ui.selection.node], [0, undefined])
    await later(robot)
    await click(robot, ...placeOf(robot, 'files'))
    assert.equal(robot.ui.selection.node, 'files')
    await later(robot)
    await click(robot, ...placeOf(robot, 'files'))
    assert.notEqual(robot.ui.view, 'net')
    await robot.close()
  })

  test('on the timeline goes to that time, on a name to that view', async () => {
    const robot = await at('voluntary', '5', '1')
    const from = robot.rows[0].indexOf('├')
    const to = robot.rows[0].indexOf('┤')
    await click(robot, to - 1, 0)
    assert.equal(robot.scene.t, robot.scene.stop)
    await click(robot, from + 1, 0)
    assert.equal(robot.scene.t, 0)
    // What is known of the future is drawn otherwise, and as good a place to click.
    assert.match(robot.rows[0], /├■·+┤/)
    await click(robot, to - 1, 0)
    assert.equal(robot.scene.t, robot.scene.stop)
    await click(robot, from + 1, 0)
    await click(robot, from - 3, 0)
    assert.equal(robot.scene.t, 0)
    await click(robot, ...placeOf(robot, '6 Events'))
    assert.equal(robot.ui.view, 'events')
    await robot.close()
  })

  test('on a row of an open list chooses it, and outside of it does nothing', async () => {
    const robot = await at('voluntary', '5', 'x')
    await click(robot, ...placeOf(robot, 'flowchart'))
    assert.ok((robot.ui.menu?.chosen ?? 0) > 1)
    await later(robot)
    await click(robot, 2, 3)
    assert.notEqual(robot.ui.menu, undefined)
    await click(robot, ...placeOf(robot, 'flowchart'))
    assert.ok(robot.files.has('voluntary.mmd'))
    await robot.close()
  })

  test('before the start chooses a lab, and opens it', async () => {
    const labs = choicesOf('voluntary', 'gre-blocked', 'compulsory')
    const robot = new Robot({ parts: PARTS, labs })
    await robot.press('M')
    await click(robot, ...placeOf(robot, 'compulsory'))
    assert.match(robot.text, /^► compulsory/m)
    await later(robot)
    await click(robot, ...placeOf(robot, 'compulsory'))
    assert.equal(robot.scene.lab.name, 'compulsory')
    await robot.close()
  })

  test('does nothing while the mouse is off, and none is asked for', async () => {
    const robot = new Robot({ lab: labOf('voluntary'), parts: PARTS })
    await robot.settle()
    await click(robot, ...placeOf(robot, '6 Events'))
    assert.equal(robot.ui.view, 'net')
    assert.doesNotMatch(robot.written, /\x1b\[\?1000h/)
    await robot.close()
  })
})

describe('the wheel', () => {
  test('walks through the pane that it is over', async () => {
    const robot = await at('nat-no-helper', '25', '5')
    const [column, row] = placeOf(robot, 'policy input')
    await wheel(robot, 'down', column, row)
    assert.deepEqual([robot.ui.pane, robot.ui.selection.rule], [1, 1])
    await wheel(robot, 'up', column, row)
    assert.equal(robot.ui.selection.rule, 0)
    await robot.close()
  })

  test('in the dashboard as well', async () => {
    const robot = new Robot({ lab: labOf('voluntary'), parts: PARTS, size: { columns: 120, rows: 40 } })
    await robot.press('M', 't', '5', 'Enter', '0')
    const [column, row] = placeOf(robot, '6 Events ')
    await wheel(robot, 'up', column, row + 2)
    assert.equal(robot.ui.selection.event, 1)
    await click(robot, ...placeOf(robot, '┌ office'))
    assert.equal(robot.ui.selection.node, 'office')
    await robot.close()
  })
})
