/** What the line below says of a step. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dueNext } from '../../tui/stepped.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot } from './robot.ts'

const at = async (lab: string, time: string, ...keys: readonly string[]): Promise<Robot> => {
  const robot = new Robot({ lab: labOf(lab), parts: PARTS })
  await robot.press('t', ...time, 'Enter', ...keys)
  return robot
}
/** What is said after each of so many keys. */
async function saidAfter(robot: Robot, key: string, count: number): Promise<string[]> {
  const all: string[] = []
  for (let i = 0; i < count; i++) {
    await robot.press(key)
    all.push(robot.ui.message)
  }
  await robot.close()
  return all
}

describe('after a step the line below says what it was', () => {
  test('an act, packets that come by, and an answer', async () => {
    const all = await saidAfter(await at('voluntary', '2.5'), '.', 9)
    assert.equal(all[0], '3.000 s, alice pings files (10.20.0.5): 5 echo requests with 56 octets.')
    assert.equal(all[1], '3.015 s, isp passes on echo request 1, in MPPE 0.')
    assert.equal(all[8], '3.040 s, alice: ping 1: files (10.20.0.5) answers after 40.2 ms.')
  })
  test('a timer, and what comes of it', async () => {
    const [ack] = await saidAfter(await at('voluntary', '3.06'), '.', 1)
    assert.equal(ack, "3.090 s, alice's GRE ack delay timer: alice sends GRE ack 9, no data.")
    const robot = await at('nat-no-helper', '25')
    const all = await saidAfter(robot, '.', 12)
    assert.ok(
      all.some(line => /^27\.130 s, office's LCP restart timer: LCP Configure-Request 1 to home\.$/.test(line)),
      all.join('\n'),
    )
  })
  test('a timer of which nothing is seen is named as far as it can be, and the end is no timer', async () => {
    const all = await saidAfter(await at('nat-timeout', '8'), '.', 300)
    assert.ok(all.some(line => / s, the conntrack timer runs out, and nothing is seen of it\.$/.test(line)))
    assert.deepEqual(await saidAfter(await at('voluntary', '29.9'), '.', 2), ['', ''])
  })
  test('a drop, and no more than has room in the narrowest border', async () => {
    const all = await saidAfter(await at('nat-no-helper', '20'), '>', 6)
    for (const line of all) assert.match(line, /^2\d\.\d{3} s, home: drops GRE from office to home \(no-protocol/)
    for (const line of all) assert.ok(line.length < 76, line)
  })
  test('of steps by packets the packet, of milliseconds nothing where nothing happens', async () => {
    const packet = await saidAfter(await at('voluntary', '3', 's'), '.', 1)
    assert.deepEqual(packet, ['3.015 s, isp passes on echo request 1, in MPPE 0.'])
    assert.deepEqual(await saidAfter(await at('voluntary', '3.05', 's', 's'), '.', 2), ['', ''])
  })
  test('and the drawing says what comes next: the act, the timer, the arrival, the end', async () => {
    const next = async (time: string): Promise<string> => {
      const robot = await at('voluntary', time)
      const { session } = robot
      const { node, words } = dueNext({ scene: robot.scene, recorder: session.recorder, ui: robot.ui, explain: '' })
      await robot.close()
      return `${node} ${words}`.trim()
    }
    assert.equal(await next('2.5'), 'act: ping')
    assert.equal(await next('3.01'), 'isp it arrives')
    assert.equal(await next('3.06'), 'alice GRE ack delay')
    assert.equal(await next('29'), 'the end')
  })
})
