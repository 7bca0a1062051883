/** Going back, breakpoints and futures, as who presses the keys sees them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot } from './robot.ts'

const open = (lab = 'nat-single-passthrough'): Robot => new Robot({ lab: labOf(lab), parts: PARTS })
const typed = (text: string): string[] => [...text].map(letter => (letter === ' ' ? 'Space' : letter))
const goTo = (seconds: string): string[] => ['t', ...typed(seconds), 'Enter']
const say = (line: string): string[] => [':', ...typed(line), 'Enter']

describe('futures', () => {
  test('going back and acting begins B; Enter in 8 Time goes to the other one and back', async () => {
    const robot = open()
    await robot.press(...goTo('22.3'), ...goTo('9'), ...say('nat { node: nat1, like: linux-pptp }'))
    assert.match(robot.rows[22], /Future B, 9\.000 s: nat1 becomes like linux-pptp\. A is kept in 8 Time\./)
    await robot.press(...goTo('22.3'), '8')
    assert.match(robot.text, /├─ A {2}the lab as written ─+┬─ B {2}from 9\.000 s: nat1 becomes/)
    assert.match(robot.text, /├─ difference 1 of \d+ ─+┼─ 10\.080 s at nat1 ─/)
    assert.match(robot.text, /≠ 10\.080 nat1 OCRQ callId 53838 → /)
    assert.match(robot.text, /tunnels up 1 {3}drops 11.*│ tunnels up 2 {3}drops 1 /)
    assert.match(robot.text, /here: B/)
    await robot.press('k', 'Enter')
    assert.match(robot.text, /here: A/)
    assert.equal(robot.scene.t, 22.3e9)
    assert.equal(robot.session.current.name, 'A')
    await robot.press('j', 'Enter')
    assert.match(robot.text, /here: B/)
    await robot.close()
  })

  test('n goes from difference to difference, N back, Enter to the time of one', async () => {
    const robot = open()
    await robot.press('8', 'n')
    assert.match(robot.rows[22], /Nothing differs/)
    await robot.press(...goTo('22.3'), ...goTo('9'), ...say('nat { node: nat1, like: linux-pptp }'), ...goTo('22.3'))
    await robot.press('n')
    assert.deepEqual([robot.ui.pane, robot.ui.selection.difference], [1, 0])
    await robot.press('n', 'n', 'N')
    assert.equal(robot.ui.selection.difference, 1)
    await robot.press('N', 'Enter')
    assert.equal(
      robot.scene.t,
      robot.session.futures[1].course.notes.find(note => note.t > 10.05e9 && note.node === 'nat1')?.t,
    )
    await robot.close()
  })

  test('undo in a fork leaves the other future alone, and redo does it again', async () => {
    const robot = open()
    await robot.press(...goTo('22.3'), ...goTo('9'), ...say('nat { node: nat1, like: linux-pptp }'), ...goTo('12'))
    const up = () => robot.scene.tunnels.map(tunnel => tunnel.up)
    assert.deepEqual(up(), [true, true])
    await robot.press('u')
    assert.deepEqual(up(), [true, false])
    await robot.press('R')
    assert.deepEqual(up(), [true, true])
    assert.equal(robot.session.futures.length, 2)
    await robot.close()
  })

  test('what is compared is not waited for: the view is there, and keys are heard', async () => {
    const robot = open('tcp-over-vpn')
    await robot.press(...goTo('30'), ...goTo('9'), 'F', '8')
    robot.wall.perLook = 60
    await robot.press(...goTo('30'))
    await robot.press('j')
    robot.wall.perLook = 0
    await robot.wait(1000)
    assert.match(robot.text, /nothing differs up to 30\.000 s/)
    await robot.close()
  })
})

describe('why a packet was dropped', () => {
  test('the digits try what the doctor knows, each in a fork', async () => {
    for (const [key, title] of [
      ['1', 'nat1: linux-pptp'],
      ['2', 'nat1: cisco'],
    ] as const) {
      const robot = open()
      await robot.press(...goTo('22.3'), '5', 'Tab', 'Tab', 'j', 'w')
      assert.match(robot.text, /what would help\s+│\n│ +1 nat1: linux-pptp {3}2 nat1: cisco/)
      assert.match(robot.rows[23], /1-2 try a cure in a fork/)
      await robot.press(key)
      assert.equal(robot.ui.why, false)
      assert.ok(robot.rows[22].includes(`Future B, ${title}, from 0.000 s.`), robot.rows[22])
      assert.equal(robot.scene.t, 22.3e9)
      assert.deepEqual(
        robot.scene.tunnels.map(({ up }) => up),
        [true, true],
      )
      await robot.close()
    }
  })

  test('of cures that no key can try it says where they stand', async () => {
    const robot = new Robot({ lab: labOf('mtu-blackhole'), parts: PARTS, ui: { quiz: false } })
    await robot.press(...goTo('30'), '6', '/', 'g', 'u', 'a', 'r', 'd', ' ', 'd', 'r', 'o', 'p', 'Enter', 'w')
    await robot.wait(2000)
    assert.match(robot.text, /None of it has a key/)
    assert.doesNotMatch(robot.rows[23], /try a cure/)
    await robot.close()
  })

  test('of a drop that has to do with nothing wrong it says so', async () => {
    const robot = open()
    await robot.press(...goTo('22.3'), '5', 'Tab', 'Tab', 'w')
    assert.match(robot.text, /The doctor finds nothing wrong that has to do with it\./)
    await robot.close()
  })

  test('a digit without a cure says so', async () => {
    const robot = open()
    await robot.press(...goTo('22.3'), '5', 'Tab', 'Tab', 'w', '3')
    assert.match(robot.rows[22], /There is no such cure/)
    await robot.close()
  })
})

describe('the way to another time', () => {
  test('is shown when it takes long, and Esc stays', async () => {
    const robot = open('overhead')
    await robot.press(...goTo('45'))
    const before = robot.rows.slice(1, 22)
    robot.wall.perLook = 400
    await robot.press(...goTo('20'))
    assert.match(robot.rows[0], /^ ◄ BACK \d+ % /)
    assert.match(robot.rows[22], /Running again to 20\.000 s\. Esc stays here\./)
    await robot.press('Esc')
    assert.match(robot.rows[0], /^ ║ PAUSED {3}45\.000 s/)
    assert.match(robot.rows[22], /Stayed at 45\.000 s/)
    assert.deepEqual(robot.rows.slice(1, 22), before)
    await robot.press(...goTo('20'))
    robot.wall.perLook = 0
    await robot.wait(5000)
    assert.match(robot.rows[0], /^ ║ PAUSED {3}20\.000 s/)
    assert.equal(robot.wall.timers, 0)
    await robot.close()
  })

  test('t and Enter go to the time of what is selected, which is told', async () => {
    const robot = open()
    await robot.press(...goTo('22.3'), '6', 'k', 'k', 't')
    assert.match(robot.rows[23], /^ go to _ {2}Enter go: \d+\.\d{3} s, \S+ at \S+/)
    const [, time] = /Enter go: (\d+\.\d{3}) s/.exec(robot.rows[23]) ?? []
    await robot.press('Enter')
    assert.equal((Math.floor(robot.scene.t / 1e6) / 1e3).toFixed(3), time)
    await robot.press('1', 't', 'Enter')
    assert.match(robot.rows[22], /Nothing is selected that has a time/)
    await robot.close()
  })
})

describe('breakpoints', () => {
  const stopsAt = async (text: string, lab?: string): Promise<Robot> => {
    const robot = open(lab)
    await robot.press(
      'b',
      ...Array<string>(40).fill('Backspace'),
      ...typed(text),
      'Enter',
      ...Array<string>(8).fill('+'),
      'Space',
    )
    await robot.wait(3000)
    assert.match(robot.rows[0], /^ ● BREAK b1 /, robot.rows[22])
    return robot
  }

  test('a state: the run stands right behind the step that came to it', async () => {
    const robot = await stopsAt('state dave.ppp.lcp to stopped')
    assert.match(robot.rows[22], /b1, state dave\.ppp\.lcp to stopped: dave LCP/)
    assert.equal(robot.session.recorder.machine('dave', 'ppp.lcp')?.entered.at(-1)?.state, 'stopped')
    assert.equal(robot.ui.selection.node, 'dave')
    await robot.close()
  })

  test('a packet: it is the selected one in every view', async () => {
    const robot = await stopsAt('packet proto gre and from dave')
    await robot.press('3')
    assert.match(robot.text, /►\s*\d+ +10\.1\d\d +dave/)
    await robot.close()
  })

  test('the verdict of a check', async () => {
    const robot = await stopsAt('check control')
    assert.match(robot.rows[22], /b1, check control: the verdict of control/)
    assert.equal(robot.scene.checks[robot.ui.selection.check].name, 'control')
    assert.equal(robot.scene.t, 13e9)
    await robot.close()
  })

  test('whoever goes to a later time is stopped on the way, and goes on from there; back it passes them all', async () => {
    const robot = await stopsAt('check control')
    await robot.press(...goTo('5'))
    assert.match(robot.rows[0], /^ ║ PAUSED {4}5\.000 s/)
    await robot.press(...goTo('20'))
    assert.match(robot.rows[0], /^ ● BREAK b1 +13\.000 s/)
    assert.match(robot.rows[22], /b1, check control: the verdict of control\. On the way to 20\.000 s\./)
    await robot.press(...goTo('20'))
    assert.match(robot.rows[0], /^ ║ PAUSED {3}20\.000 s/)
    await robot.press(...goTo('1'))
    assert.match(robot.rows[0], /^ ║ PAUSED {4}1\.000 s/)
    await robot.close()
  })

  test('on a way that takes long, too', async () => {
    const robot = await stopsAt('check control')
    await robot.press(...goTo('5'))
    robot.wall.perLook = 400
    await robot.press(...goTo('20'))
    robot.wall.perLook = 0
    await robot.wait(5000)
    assert.match(robot.rows[0], /^ ● BREAK b1 +13\.000 s/)
    assert.match(robot.rows[22], /On the way to 20\.000 s\./)
    await robot.close()
  })

  test('one that is off does not stop the run', async () => {
    const robot = open()
    await robot.press('b', 'Enter', 'B', 'Enter', 'Esc', ...goTo('30'))
    assert.match(robot.rows[0], /^ ║ PAUSED/)
    await robot.press(...Array<string>(8).fill('+'), 'Space')
    await robot.wait(2000)
    assert.match(robot.rows[0], /^ ■ END/)
    await robot.close()
  })
})
