/** `e`: what is selected is explained in every view, and the box stays in its window. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot } from './robot.ts'

const at = async (lab: string, t: string, ...keys: readonly string[]): Promise<Robot> => {
  const robot = new Robot({ lab: labOf(lab), parts: PARTS })
  await robot.press('t', ...t, 'Enter', ...keys, 'e')
  return robot
}

describe('e explains', () => {
  for (const [what, lab, t, keys, expected] of [
    ['the innermost layer of a packet', 'voluntary', '5.012', ['3'], /┌ ICMP ─.*echo request.*RFC 792/s],
    [
      'the chosen field',
      'voluntary',
      '5.012',
      ['3', 'Tab', 'j', 'j', 'j', 'Enter', 'j', 'j', 'j', 'j'],
      /┌ callId of GRE ─/,
    ],
    [
      'a control message, with its section',
      'voluntary',
      '0.15',
      ['3', '/', 'o', 'c', 'r', 'p', 'Enter'],
      /RFC 2637 §2\.8/,
    ],
    ['the state of a machine', 'voluntary', '5', ['2'], /┌ Opened ─.*state of LCP at alice.*RFC 1661 §4\.2/s],
    ['an entry of NAT', 'nat-no-helper', '25', ['5', 'G'], /┌ Unanswered ─.*one direction only/s],
    ['a drop', 'nat-no-helper', '25', ['5', 'Tab', 'Tab'], /┌ no-protocol ─.*handles its IP protocol/s],
    ['the drop that w tells of', 'nat-no-helper', '25', ['5', 'Tab', 'Tab', 'w'], /┌ no-protocol ─/],
    ['an event', 'voluntary', '0.2', ['6', '/', 'l', 'c', 'p', 'Enter'], /┌ (Configure|Opened|Ack-)/],
    ['a check', 'voluntary', '5', ['7'], /judged by .*must become true at some moment/s],
    ['a machine of the net', 'voluntary', '5', ['1'], /┌ client ─.*RFC 2637 §1\.2/s],
  ] as const) {
    test(what, async () => {
      const robot = await at(lab, t, ...keys)
      assert.match(robot.text, expected)
      await robot.press('j', 'G', 'g', 'Esc')
      assert.equal(robot.ui.explained, undefined)
      await robot.close()
    })
  }

  test('and w asks for the drop of the packet that the filter shows', async () => {
    const robot = await at('nat-no-helper', '25', '3', '/', 'd', 'r', 'o', 'p', 'Enter')
    assert.match(robot.text, /┌ no-protocol ─/)
    await robot.press('Esc', 'w')
    assert.match(robot.text, /WHY was this dropped\?.*no-protocol/s)
    await robot.close()
  })

  test('codes of a field, as many as there is room for', async () => {
    const robot = await at('voluntary', '0.15', '3', '/', 'o', 'c', 'r', 'p', 'Enter', 'Tab', 'j', 'j', 'j', 'j')
    await robot.press('Esc', 'Enter', 'j', 'Enter', 'j', 'j', 'j', 'j', 'e')
    assert.match(robot.text, /┌ controlMessageType of PPTP ─.*1 {2}Start-Control-Connection-Request.*and \d+ more/s)
    await robot.resize(120, 40)
    assert.match(robot.text, /15 {2}Set-Link-Info/)
    await robot.close()
  })

  test('in 40x12 the box is as wide as the window', async () => {
    const robot = await at('voluntary', '5.012', '3')
    await robot.resize(40, 12)
    assert.match(robot.text, /┌ ICMP ─/)
    assert.equal(robot.ui.explained, 0)
    await robot.close()
  })
})
