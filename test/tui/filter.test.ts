/** `/` in every list: rows that do not match go, and come back with Esc. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PARTS } from '../../tui/views.ts'
import { choicesOf, labOf, Robot } from './robot.ts'

const at = async (lab: string, t: string, ...keys: readonly string[]): Promise<Robot> => {
  const robot = new Robot({ lab: labOf(lab), parts: PARTS })
  await robot.press('t', ...t, 'Enter', ...keys)
  return robot
}
const typed = (text: string): readonly string[] => [
  '/',
  ...text
    .replaceAll(' ', '_')
    .split('')
    .map(c => (c === '_' ? 'Space' : c)),
  'Enter',
]

describe('a filter', () => {
  test('of tunnels: who is in them, and how they are', async () => {
    const robot = await at('nat-two-clients', '20', '2')
    const all = robot.text
    const names = robot.scene.tunnels.map(({ client, server }) => `${client}→${server}`)
    assert.ok(names.length > 1)
    await robot.press(...typed(`from ${robot.scene.tunnels[1].client}`))
    assert.ok(robot.text.includes(names[1]))
    assert.ok(!robot.text.includes(`1 ${names[0]}`))
    assert.match(robot.rows[23], /^ \/from \w+ {2}jk tunnel/)
    await robot.press('e')
    assert.ok(robot.text.includes(` at ${robot.scene.tunnels[1].client}`), 'what is explained is what is shown')
    await robot.press('Esc', 'Esc')
    assert.equal(robot.text, all)
    await robot.press(...typed('nobody'))
    assert.match(robot.text, /No tunnel matches nobody; \d are hidden\. Esc clears the filter\./)
    await robot.close()
  })

  test('of checks', async () => {
    const robot = await at('voluntary', '5', '7')
    const { checks } = robot.scene
    await robot.press(...typed(checks[2].name))
    assert.ok(robot.rows[3].includes(checks[2].name))
    assert.ok(!robot.rows[4].includes(checks[3].name))
    await robot.press('Esc', ...typed('passed'))
    const passed = checks.filter(({ state }) => state === 'passed').length
    assert.equal(robot.rows.slice(3).filter(row => row.includes(' √ ')).length, passed)
    await robot.close()
  })

  test('of what a box remembers, its rules and its drops', async () => {
    const robot = await at('nat-no-helper', '25', '5')
    await robot.press(...typed('tcp'))
    assert.equal(robot.rows.filter(row => / gre +\d/.test(row)).length, 0)
    assert.equal(robot.rows.filter(row => / tcp +\d/.test(row)).length, 1)
    await robot.press('Esc', ...typed('no-protocol'))
    assert.equal(robot.rows.filter(row => /^│. (policy|nat) /.test(row)).length, 0)
    assert.equal(robot.rows.filter(row => row.includes('× home')).length, 1)
    await robot.close()
  })

  test('in the net searches a machine; n and N go on', async () => {
    const robot = await at('voluntary', '5', '/', 'f', 'i', 'l')
    assert.equal(robot.ui.selection.node, 'files')
    await robot.press('Enter', 'Esc', ...typed('203.0.113'))
    const first = robot.ui.selection.node
    await robot.press('n')
    const second = robot.ui.selection.node
    assert.notEqual(first, second)
    await robot.press('N')
    assert.equal(robot.ui.selection.node, first)
    assert.deepEqual([first, second].sort(), ['isp', 'office'])
    await robot.close()
  })

  test('n and N walk through the rows of the pane that has the keys', async () => {
    const robot = await at('nat-no-helper', '25', '5', 'Tab', 'n')
    assert.equal(robot.ui.selection.rule, 1)
    await robot.press('N')
    assert.equal(robot.ui.selection.rule, 0)
    await robot.close()
  })

  test('of labs, before the start', async () => {
    const labs = choicesOf('voluntary', 'gre-blocked', 'compulsory')
    const robot = new Robot({ parts: PARTS, labs })
    await robot.press('/', 'g', 'r', 'e', '-')
    assert.match(robot.rows[0], /1 of 3 labs/)
    assert.match(robot.text, /^► gre-blocked/m)
    assert.match(robot.rows[23], /^ \/gre-_ {3}Enter keep/)
    await robot.press('Backspace', 'Esc')
    assert.match(robot.rows[0], / 3 labs/)
    await robot.press(...typed('zzz'))
    assert.match(robot.text, /No lab matches zzz; Esc clears the filter\./)
    await robot.press('Enter', 'Esc', ...typed('gre-b'), 'Enter')
    assert.equal(robot.scene.lab.name, 'gre-blocked')
    await robot.close()
  })

  test('labs of the user stand before those of the program, and say so', async () => {
    const [own, ...others] = choicesOf('voluntary', 'gre-blocked', 'compulsory')
    const robot = new Robot({ parts: PARTS, labs: [{ ...own, name: 'my-first.yaml', own: true }, ...others] })
    await robot.settle()
    assert.match(robot.rows[2], /^► my-first\.yaml {2}yours: Alice dials/)
    assert.match(robot.rows[3], /^ {2}gre-blocked {4}(?!yours)/)
    await robot.press(...typed('yours'))
    assert.match(robot.rows[0], / 1 of 3 labs/)
    await robot.close()
  })

  test('of labs: Down goes into the list', async () => {
    const robot = new Robot({ parts: PARTS, labs: choicesOf('voluntary', 'gre-blocked', 'compulsory') })
    await robot.press('/', 'a', 'Down')
    assert.match(robot.rows[23], /^ \/a {2}jk choose/)
    await robot.press('Down')
    assert.match(robot.text, /^► gre-blocked/m)
    await robot.close()
  })
})
