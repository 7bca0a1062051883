/** The verb `shutdown`: the PPTP service of a machine ends. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { shippedText } from '../support/shipped.ts'

/** The lab `voluntary` with these events alone. */
function eventsOf(...events: string[]): TraceEvent[] {
  const lines = events.map(event => `  - { ${event} }\n`).join('')
  const text = shippedText('voluntary').replace(/^events:\n(?: {2}- .*\n)+/m, `events:\n${lines}`)
  const loaded = loadLab(text, 'lab')
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab, {})
  const heard: TraceEvent[] = []
  run.listen(event => heard.push(event))
  run.advance()
  return heard
}
const said = (events: readonly TraceEvent[], since: number): string[] =>
  events
    .filter(e => e.t >= since)
    .flatMap(e => (e.event === 'pptp-message' && e.way === 'sent' ? [`${e.node} ${e.type}`] : []))
const ends = (events: readonly TraceEvent[]): string[] =>
  events.flatMap(e => (e.event === 'tunnel-end' ? [`${e.node} ${e.layer} ${e.reason}`] : []))
const STOPPED = ['stop-control-connection-request', 'stop-control-connection-reply']

describe('a PPTP service that is shut down', () => {
  for (const [node, other] of [
    ['office', 'alice'],
    ['alice', 'office'],
  ]) {
    test(`of ${node}: the control connection is stopped, Stop-Local-Shutdown (RFC 2637 §2.3), and the call goes with it`, () => {
      const events = eventsOf('at: 0s, connect: alice', `at: 5s, shutdown: ${node}`)
      assert.deepEqual(said(events, sec(5)), [`${node} ${STOPPED[0]}`, `${other} ${STOPPED[1]}`])
      const request = events.find(e => e.event === 'pptp-message' && e.type === STOPPED[0] && e.way === 'received')
      assert.ok(request?.event === 'pptp-message' && request.node === other)
      assert.match(request.detail, /reason 3 \(Stop-Local-Shutdown\)/)
      assert.deepEqual(ends(events).sort(), [`${node} pptp cleared`, `${other} pptp stopped-by-peer`].sort())
      assert.ok(!events.some(e => e.t > sec(5) && e.event === 'ppp-message'), 'PPP says nothing any more')
    })
  }
  test('the machine goes on: a caller may dial again', () => {
    const events = eventsOf('at: 0s, connect: alice', 'at: 5s, shutdown: office', 'at: 6s, connect: alice')
    const ups = events.filter(e => e.node === 'alice' && e.event === 'interface' && e.to === 'up')
    assert.equal(ups.length, 2)
  })
  test('of a client that has no tunnel: nothing', () => {
    const events = eventsOf('at: 1s, shutdown: alice')
    assert.deepEqual(said(events, 0), [])
  })
  for (const [node, cause] of [
    ['office', 'nas-request'],
    ['alice', 'user-request'],
  ]) {
    test(`of ${node}: the account says ${cause} (RFC 2866 §5.10)`, () => {
      const account = eventsOf('at: 0s, connect: alice', `at: 5s, shutdown: ${node}`).find(e => e.event === 'account')
      assert.equal(account?.event === 'account' && account.cause, cause)
    })
  }
})
