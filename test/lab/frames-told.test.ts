import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runOf } from '../support/joined.ts'
import { FrameCount } from '../support/outside/frames.ts'

/** ARP entries last for 60 s: the second ping asks again, and so does the answer to it. Nobody has the address .9. */
const LAB = `
name: frames
stop: 80s
topology:
  nodes:
    a: { kind: host, routes: ["default via 10.0.1.1"] }
    r: { kind: router }
    b: { kind: host, routes: ["default via 10.0.2.1"] }
  links:
    - { endpoints: ["a:eth0", "r:eth0"], ipv4: [10.0.1.2/24, 10.0.1.1/24], delay: 2ms }
    - { endpoints: ["r:eth1", "b:eth0"], ipv4: [10.0.2.1/24, 10.0.2.2/24], delay: 2ms, mtu: 576 }
events:
  - { at: 1s, ping: { from: a, to: b, count: 3, interval: 1ms, size: 1000B } }
  - { at: 65s, ping: { from: a, to: b, count: 3, interval: 1ms } }
  - { at: 70s, ping: { from: b, to: 10.0.1.9, count: 2, interval: 100ms } }
`

describe('frames that the trace tells of', () => {
  const run = runOf(LAB)
  const links = run.simulation.links.map(({ ends }) => ends.map(({ name }) => name))
  const count = new FrameCount(place => (links[1].includes(place) ? 576 : 1500))
  run.listen(({ t: _, node, event, ...fields }) => count.event({ node, event, fields }))
  const captured = links.map(() => 0)
  for (const index of links.keys()) {
    run.tap(index, () => {
      captured[index]++
    })
  }
  /** Each instant at which it is open how many frames there are. */
  const open: number[] = []
  const wrong: string[] = []
  while (!run.over) {
    run.advance(1)
    for (const [index, names] of links.entries()) {
      const { least, most } = count.told(names)
      if (least !== most) open.push(run.now)
      if (captured[index] < least || captured[index] > most) {
        wrong.push(`${run.now} ns, ${names.join(' - ')}: ${captured[index]}, not ${least} to ${most}`)
      }
    }
  }

  test('whenever a run ends, its captures have as many', () => {
    assert.deepEqual(wrong, [])
  })
  test('what waits for an ARP reply is no frame yet', () => {
    const seconds = new Set(open.map(t => Math.floor(t / 1e9)))
    assert.deepEqual([...seconds], [1, 65, 70, 71, 72])
  })
  test('at the end, when nothing waits, the number is known', () => {
    for (const [index, names] of links.entries()) {
      assert.deepEqual(count.told(names), { least: captured[index], most: captured[index] })
    }
    assert.ok(captured.every(frames => frames > 12))
  })
})
