/** The verb `crash`: a machine loses its power. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { shippedText } from '../support/shipped.ts'

function runOf(text: string): { run: Run; events: TraceEvent[] } {
  const loaded = loadLab(text, 'lab')
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab, {})
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  run.advance()
  return { run, events }
}
const withEvents = (...events: string[]): string =>
  shippedText('voluntary').replace(
    /^events:\n(?: {2}- .*\n)+/m,
    `events:\n${events.map(e => `  - { ${e} }\n`).join('')}`,
  )

describe('a machine without power', () => {
  test('says nothing any more: no packet, no state, no timer', () => {
    const { events } = runOf(
      withEvents('at: 0s, connect: alice', 'at: 5s, crash: office', 'at: 6s, ping: { from: alice, to: office }'),
    )
    const after = events.filter(e => e.node === 'office' && e.t > sec(5))
    assert.ok(after.length > 0, 'what reaches it is told')
    assert.deepEqual([...new Set(after.map(e => (e.event === 'drop' ? e.reason : e.event)))], ['power-off'])
  })
  test('what was on its lines arrives', () => {
    const { events } = runOf(
      withEvents('at: 0s, connect: alice', 'at: 5s, ping: { from: alice, to: office }', 'at: 5s, crash: alice'),
    )
    assert.equal(events.filter(e => e.event === 'send' && e.node === 'alice' && e.t === sec(5)).length, 1)
    assert.ok(events.some(e => e.event === 'deliver' && e.node === 'office' && e.proto === 'icmp' && e.t > sec(5)))
  })
  test('does nothing that the lab asks for, and crashes once', () => {
    const { run, events } = runOf(
      withEvents(
        'at: 0s, crash: alice',
        'at: 1s, connect: alice',
        'at: 2s, ping: { from: alice, to: files }',
        'at: 3s, crash: alice',
      ),
    )
    assert.deepEqual(
      events.filter(e => e.node === 'alice' && (e.event === 'send' || e.event === 'state')),
      [],
    )
    assert.equal(run.simulation.power.get('alice')?.on, false)
    assert.equal(run.simulation.power.get('office')?.on, true)
  })
  test('changes nothing before it happens: the same run until then', () => {
    const until = (text: string) => runOf(text).events.filter(e => e.t < sec(5) && e.event !== 'action')
    assert.deepEqual(
      until(withEvents('at: 0s, connect: alice', 'at: 5s, crash: office')),
      until(withEvents('at: 0s, connect: alice')),
    )
  })
})
