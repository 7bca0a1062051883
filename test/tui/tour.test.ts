/** The tour of the first start. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { questionsOf } from '../../src/index.ts'
import { KEYS } from '../../tui/keys.ts'
import { TOUR } from '../../tui/tour.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot } from './robot.ts'

const start = async (size = { columns: 80, rows: 24 }): Promise<Robot> => {
  const robot = new Robot({ lab: labOf('voluntary'), parts: PARTS, size, ui: { tour: 0 } })
  await robot.settle()
  return robot
}

/** What stands in the box, as running text. */
const boxOf = (robot: Robot): string => {
  const top = robot.rows.findIndex(row => row.includes('┌ tour '))
  if (top < 0) return ''
  const left = robot.rows[top].indexOf('┌ tour ')
  const inside = robot.rows.slice(top).map(
    row =>
      row
        .slice(left)
        .split(/[│┐┘]/)
        .filter(part => part !== '')[0],
  )
  return inside.join(' ').replace(/ +/g, ' ')
}

describe('the tour', () => {
  test('names keys that do what it waits for', () => {
    for (const { text, command } of TOUR) {
      const named = [...text.matchAll(/\{([^}]+)\}/g)].map(([, key]) => key)
      const keys = KEYS.filter(each => each.command === command && each.modes.includes('view')).flatMap(
        each => each.keys,
      )
      assert.ok(
        named.some(key => keys.includes(key)),
        text,
      )
      for (const key of named)
        assert.ok(
          KEYS.some(each => each.keys.includes(key)),
          key,
        )
    }
  })

  test('goes on when the key was pressed that it teaches, and ends', async () => {
    const robot = await start()
    assert.match(boxOf(robot), /┌ tour 1 of 8 ─.*Space lets it run/s)
    await robot.press('2')
    assert.equal(robot.ui.tour, 0, 'another key does what it does, and the step stays')
    await robot.press('1', 'Space')
    assert.match(boxOf(robot), /┌ tour 2 of 8 ─/)
    await robot.wait(1500)
    await robot.press('Space', '.', '2', '3', 'e')
    assert.match(boxOf(robot), /┌ tour 7 of 8 ─/)
    assert.equal(robot.ui.explained, 0)
    await robot.press('Esc')
    assert.deepEqual([robot.ui.explained, robot.ui.tour], [undefined, 6], 'Esc closes the box, not the tour')
    await robot.press('t', ...'0.2', 'Enter')
    assert.equal(robot.scene.t, 0.2e9)
    assert.match(boxOf(robot), /┌ tour 8 of 8 ─/)
    await robot.press('?')
    assert.equal(robot.ui.tour, undefined)
    await robot.press('q')
    assert.doesNotMatch(robot.text, /tour/)
    await robot.close()
  })

  test('Esc skips it and stays in the view', async () => {
    const robot = await start()
    await robot.press('2', 'Esc')
    assert.deepEqual([robot.ui.tour, robot.ui.view], [undefined, 'tunnels'])
    assert.match(robot.rows[22], /The tour is skipped/)
    await robot.close()
  })

  test('each step stands whole in a small window', async () => {
    const robot = await start({ columns: 40, rows: 12 })
    for (const { text } of TOUR) {
      assert.ok(boxOf(robot).includes(text.replaceAll(/[{}]/g, '')), `${text} is not in ${boxOf(robot)}`)
      const { tour = 0 } = robot.ui
      const keys = [['Space'], ['Space'], ['.'], ['2'], ['3'], ['e', 'Esc'], ['t', 'Esc'], ['?']][tour]
      await robot.press(...keys)
    }
    assert.equal(robot.ui.tour, undefined)
    await robot.close()
  })

  /** At 0 s and later, only later, in the midst of what the tour shows, and none. */
  for (const name of [
    'voluntary',
    'mtu-blackhole',
    'server-crash',
    'nat-no-helper',
    'gre-blocked',
    'nat-two-clients',
  ]) {
    test(`loses no question, and makes its points, at the first start of ${name}`, async () => {
      const lab = labOf(name)
      const robot = new Robot({ lab, parts: PARTS, ui: { tour: 0, quiz: true } })
      const asked: [number, number][] = []
      const skip = async (): Promise<void> => {
        for (let i = 0; i < 9 && robot.ui.asking; i++) {
          const { no, t } = robot.ui.asking
          asked.push([no, t])
          assert.ok(robot.scene.next >= t, 'nothing of its moment has happened')
          await robot.press('S', ...(questionsOf(lab)[no - 1].shows === undefined ? ['Enter'] : []))
        }
      }
      for (const keys of [['Space'], ['Space'], ['.'], ['2'], ['3'], ['e'], ['Esc', 't', ...'0.2', 'Enter']]) {
        await robot.press(...keys)
        await skip()
        await robot.wait(300)
        await skip()
        if (keys[0] === 'e') assert.equal(robot.ui.explained, 0, 'there is a packet to be explained')
      }
      assert.match(boxOf(robot), /┌ tour 8 of 8 ─/)
      assert.equal(robot.scene.t, 0.2e9)
      await robot.press('?', 'Esc')
      assert.equal(robot.ui.tour, undefined)
      await robot.press('t', '1', '0', '0', '0', 'Enter')
      await skip()
      assert.ok(robot.scene.over)
      assert.deepEqual(
        asked,
        questionsOf(lab).map(({ no, t }) => [no, t]),
      )
      await robot.close()
    })
  }
})
