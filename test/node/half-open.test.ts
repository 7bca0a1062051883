/**
 * The line dies for good at any moment of the set-up or the clearing, in both directions or in one: both ends notice, each in bounded
 * time, and nothing of the tunnel is left. The longest wait is that for a SYN (131 s, TCP's profile), then that for the
 * echo of the control connection (120 s, RFC 2637 §3.1.4).
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import { Client } from '../../src/node/client.ts'
import { shippedLab } from '../support/loss.ts'

const lab = { ...shippedLab('voluntary'), events: [], checks: [], stop: sec(3000) }
const BOUND = sec(135)
/** Until both ends are content with each other and the tunnel is up. */
const SET_UP = 350

function cut(at: number, sides: readonly (0 | 1)[], hangUp?: number): readonly TraceEvent[] {
  const run = new Run(lab)
  const { nodes, links, world } = run.simulation
  const alice = nodes.get('alice')
  const office = nodes.get('office')
  assert.ok(alice instanceof Client && office)
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  world.scheduler.after(0, 'test', () => alice.connect())
  if (hangUp !== undefined) world.scheduler.after(hangUp, 'test', () => alice.disconnect())
  world.scheduler.after(at, 'test', () => {
    for (const side of sides) links[0].change(side, { loss: 1 })
  })
  world.scheduler.runUntil(at + BOUND)
  const said = `cut at ${at / 1e6} ms`
  const a = alice.snapshot()
  assert.deepEqual(
    ['pptp.control', 'pptp.call', 'ppp.phase'].map(p => valueAt(a, p)),
    ['idle', 'idle', 'dead'],
    said,
  )
  const o = office.snapshot()
  assert.deepEqual(
    ['pptp.calls', 'pool.used', 'ppp.sessions'].map(p => valueAt(o, p)),
    [0, 0, 0],
    said,
  )
  assert.equal(events.filter(e => e.event === 'tunnel-end' && e.node === 'alice').length, 1, said)
  assert.ok(events.filter(e => e.event === 'tunnel-end' && e.node === 'office').length <= 1, said)
  // TCP may still say its farewell into the void; nothing else is due, and TCP ends too.
  world.scheduler.runUntil(sec(3000))
  assert.equal(world.scheduler.next, undefined, said)
  for (const node of [alice, office]) assert.deepEqual(valueAt(node.snapshot(), 'tcp'), {}, said)
  return events
}

describe('a line that dies at the wrong moment', () => {
  for (const [name, sides] of [
    ['in both directions', [0, 1]],
    ['towards the server', [0]],
    ['towards the client', [1]],
  ] as const) {
    test(`during the set-up, ${name}`, () => {
      const reasons = new Set<string>()
      for (let at = 0; at <= SET_UP; at += 7) {
        for (const e of cut(ms(at), sides))
          if (e.event === 'tunnel-end') reasons.add(`${e.node} ${e.layer} ${e.reason}`)
      }
      assert.ok(reasons.size >= 3, [...reasons].join(', '))
    })
  }

  test('while it is cleared', () => {
    const hangUp = sec(2)
    for (const sides of [[0, 1], [0], [1]] as const) {
      for (let after = 0; after <= 200; after += 5) {
        const ends = cut(hangUp + ms(after), sides, hangUp).filter(e => e.event === 'tunnel-end')
        const [mine] = ends.filter(e => e.node === 'alice')
        assert.deepEqual([mine.layer, mine.reason], ['lcp', 'closed'])
      }
    }
  })

  test('the user hangs up at every moment: both ends are free at once, and nobody waits for a time-out', () => {
    for (let at = 0; at <= SET_UP; at += 3) {
      const run = new Run(lab)
      const { nodes, world } = run.simulation
      const alice = nodes.get('alice') as Client
      world.scheduler.after(0, 'test', () => alice.connect())
      world.scheduler.after(ms(at), 'test', () => alice.disconnect())
      world.scheduler.runUntil(ms(at) + sec(1))
      const said = `after ${at} ms`
      assert.equal(valueAt(alice.snapshot(), 'pptp.control'), 'idle', said)
      assert.equal(valueAt((nodes.get('office') as Client).snapshot(), 'pptp.calls'), 0, said)
      // What is left is TIME-WAIT, or the SYN,ACK to one who has gone away.
      world.scheduler.runUntil(ms(at) + sec(200))
      assert.equal(world.scheduler.next, undefined, said)
    }
  })
})
