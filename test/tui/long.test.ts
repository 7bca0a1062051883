/** A long run in the program: old packets are listed, found and made again, and then nothing is done any more. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Lab, load } from '../../src/index.ts'
import { PARTS } from '../../tui/views.ts'
import { Robot } from './robot.ts'

const PACKETS = 12_000

/** More packets than the recorder remembers. */
function flood(): Lab {
  const loaded = load(
    `
name: flood
stop: 20s
topology:
  nodes:
    alice: { kind: host, routes: ["default via 10.0.0.1"] }
    isp: { kind: router }
    office: { kind: host, routes: ["default via 10.1.0.1"] }
  links:
    - { endpoints: ["alice:eth0", "isp:eth0"], ipv4: [10.0.0.2/24, 10.0.0.1/24], delay: 1ms }
    - { endpoints: ["isp:eth1", "office:eth0"], ipv4: [10.1.0.1/24, 10.1.0.2/24], delay: 1ms }
events:
  - { at: 1s, flood: { from: alice, to: office, flows: ${PACKETS}, interval: 1ms } }
`,
    'flood',
  )
  assert.ok(loaded.ok)
  return loaded.lab
}

describe('a run with more packets than are remembered', () => {
  test('lists the first one, makes its octets again, finds it, goes back, and is still then', async () => {
    const robot = new Robot({
      open: { lab: flood(), replay: {}, explain: 'pptp-lab explain' },
      parts: PARTS,
      ui: { view: 'packets' },
    })
    await robot.press('t', '1', '4', 'Enter')
    assert.match(robot.text, /last 3 of 120\d\d shown/)
    await robot.press('g')
    await robot.wait(500)
    assert.match(robot.rows[3], /^│► +1 +0\.000 +alice +all +ARP \.2 is here/)
    assert.match(robot.text, /packet 1, 42 octets/)
    await robot.press('PgDn')
    await robot.wait(500)
    assert.match(robot.text, /► +11 +\S+ +alice +office +UDP \d+ → 9/)
    assert.match(robot.text, /\+ UDP/)
    assert.equal(robot.wall.timers, 0)

    await robot.press('/', 'a', 'r', 'p', 'Enter')
    await robot.wait(2000)
    assert.match(robot.text, /last \d of \d+ shown, 12\d\d\d hidden/)
    assert.equal(robot.wall.timers, 0)

    await robot.press('Esc', 't', '2', 'Enter', 'G')
    await robot.wait(500)
    assert.match(robot.text, /last 3 of 10\d\d shown/)
    assert.equal(robot.wall.timers, 0)
    await robot.press('q')
  })
})
