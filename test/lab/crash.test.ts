/** The verbs `crash` and `restart`: a machine loses its power, and starts anew. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { type NasLab, NOTHING, nasLab } from '../support/nas-lab.ts'
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
    assert.equal(run.simulation.boots.get('alice')?.power.on, false)
    assert.equal(run.simulation.boots.get('office')?.power.on, true)
  })
  test('changes nothing before it happens: the same run until then', () => {
    const until = (text: string) => runOf(text).events.filter(e => e.t < sec(5) && e.event !== 'action')
    assert.deepEqual(
      until(withEvents('at: 0s, connect: alice', 'at: 5s, crash: office')),
      until(withEvents('at: 0s, connect: alice')),
    )
  })
})

describe('a machine that starts anew', () => {
  const upAt = (events: readonly TraceEvent[]): number[] =>
    events.flatMap(e =>
      e.event === 'state' && e.node === 'alice' && e.machine === 'ppp.ipcp' && e.to === 'opened' ? [e.t] : [],
    )
  const REBOOT = ['at: 0s, connect: alice', 'at: 5s, crash: office', 'at: 10s, restart: office']

  test('has forgotten the tunnel, and says so when the peer speaks of it (RST)', () => {
    const { events } = runOf(
      withEvents('at: 0s, connect: alice', 'at: 5s, restart: office', 'at: 6s, disconnect: alice'),
    )
    const ends = events.filter(
      e => e.event === 'state' && e.node === 'alice' && e.machine === 'pptp.control' && e.to === 'idle',
    )
    assert.equal(ends.length, 1)
    // Two Terminate-Requests stay unanswered, 3 s each; then Call-Clear-Request meets a TCP that knows nothing.
    assert.ok(ends[0].t > sec(12) && ends[0].t < sec(12.1), `at ${ends[0].t}`)
  })
  test('takes a new tunnel, and answers with its services', () => {
    const { run, events } = runOf(
      withEvents(
        ...REBOOT,
        'at: 11s, disconnect: alice',
        'at: 18s, connect: alice',
        'at: 21s, restart: files',
        'at: 22s, ping: { from: alice, to: files }',
        'at: 23s, fetch: { from: alice, to: files, bytes: 10kB }',
      ),
    )
    assert.equal(upAt(events).length, 2)
    assert.ok(events.some(e => e.event === 'ping-reply' && e.node === 'alice' && e.t > sec(22)))
    assert.ok(events.some(e => e.event === 'fetch-done' && e.node === 'alice' && e.ok))
    assert.equal(run.simulation.boots.get('office')?.number, 2)
  })
  test('draws other numbers than the first time, and packets keep their numbering', () => {
    const { events } = runOf(withEvents(...REBOOT, 'at: 11s, disconnect: alice', 'at: 18s, connect: alice'))
    const replies = events.flatMap(e =>
      e.event === 'pptp-message' && e.node === 'office' && e.type === 'outgoing-call-reply' && e.way === 'sent'
        ? [e.detail]
        : [],
    )
    assert.equal(replies.length, 2)
    assert.notEqual(replies[0], replies[1])
    const sent = events.flatMap(e => (e.event === 'send' && e.node === 'office' ? [e.packet] : []))
    assert.equal(new Set(sent).size, sent.length)
  })
  test('leaves no timer of its first life behind, and a run with it is the same twice', () => {
    const text = withEvents(...REBOOT, 'at: 11s, disconnect: alice')
    assert.deepEqual(runOf(text).events, runOf(text).events)
    const { events } = runOf(text)
    assert.deepEqual(
      events.filter(e => e.node === 'office' && e.t > sec(5) && e.t < sec(10) && e.event !== 'drop'),
      [],
    )
  })
})

describe('a machine on telephone lines that starts anew', () => {
  /** Bob is up by 10 s; the machine loses its power at 20 s for so long; then all can be used as before. */
  const usedAgain = (t: NasLab, machine: string, off: number): void => {
    t.dial('bob')
    t.until(10)
    assert.equal(t.value('bob', 'ppp.ipcp'), 'opened')
    t.until(20)
    if (off > 0) t.crash(machine)
    t.until(20 + off)
    t.restart(machine)
    t.until(40 + off)
    t.dial('bob')
    t.until(60 + off)
    assert.equal(t.value('bob', 'ppp.ipcp'), 'opened', `${machine}, off for ${off} s`)
    assert.equal(t.value('pstn', 'pstn.circuits'), 1)
    t.hangUp('bob')
    t.until(400 + off)
    assert.deepEqual(t.inUse(), NOTHING)
    assert.equal(t.value('red', 'pool.used'), 0)
  }
  const lineEnds = (t: NasLab, node: string) =>
    t.seen('dial-end', node).map(({ layer, reason }) => `${layer} ${reason}`)

  for (const off of [0, 5]) {
    test(`an access server, off for ${off} s: its calls have lost their carrier, and it takes calls again`, () => {
      const t = nasLab({})
      usedAgain(t, 'nas', off)
      assert.equal(lineEnds(t, 'bob')[0], 'line no-carrier')
    })
    test(`a telephone network, off for ${off} s: both ends of a call have lost their carrier`, () => {
      const t = nasLab({})
      usedAgain(t, 'pstn', off)
      assert.equal(lineEnds(t, 'bob')[0], 'line no-carrier')
      const released = t.seen('line-signal', 'nas').find(({ type, way }) => type === 'release' && way === 'received')
      assert.equal(released?.cause, 41)
    })
    test(`a client, off for ${off} s: what was held for it is freed, and it dials again`, () => {
      const t = nasLab({})
      usedAgain(t, 'bob', off)
    })
    test(`a client with a session in the access server, off for ${off} s`, () => {
      const t = nasLab({
        nas: { tunnels: {}, ppp: { local: '10.7.0.1', pool: '10.7.0.10-10.7.0.19', users: { bob: 'p' } } },
      })
      usedAgain(t, 'bob', off)
    })
    test(`a PNS, off for ${off} s: it takes calls again, by a new control connection`, () => {
      const t = nasLab({})
      t.dial('bob')
      t.until(20)
      if (off > 0) t.crash('red')
      t.until(20 + off)
      t.restart('red')
      // The Echo-Request of the access server is the first word that the new one hears.
      t.until(300)
      t.hangUp('bob')
      t.until(330)
      t.dial('bob')
      t.until(350)
      assert.equal(t.value('bob', 'ppp.ipcp'), 'opened')
      t.hangUp('bob')
      t.until(700)
      assert.deepEqual(t.inUse(), NOTHING)
      assert.equal(t.value('red', 'pool.used'), 0)
    })
  }

  test('what the other end still says of the old call is nothing for it: it dials in the instant in which it starts', () => {
    const t = nasLab({})
    t.dial('bob')
    t.until(20)
    t.restart('bob')
    t.dial('bob')
    t.until(40)
    assert.equal(t.value('bob', 'ppp.ipcp'), 'opened')
    assert.deepEqual(lineEnds(t, 'bob'), [])
  })

  test('a call that rang in vain is let go with cause 27 when the machine is there again', () => {
    const t = nasLab({})
    t.crash('nas')
    t.dial('bob')
    t.until(5)
    t.restart('nas')
    t.until(10)
    assert.deepEqual(lineEnds(t, 'bob'), ['line out-of-order'])
    t.dial('bob')
    t.until(30)
    assert.equal(t.value('bob', 'ppp.ipcp'), 'opened')
  })

  test('draws other call IDs and magic numbers than the first time, and a run with it is the same twice', () => {
    const made = [0, 1].map(() => {
      const t = nasLab({})
      usedAgain(t, 'nas', 5)
      return t.events
    })
    assert.deepEqual(made[0], made[1])
    const ids = made[0].flatMap(e =>
      e.event === 'pptp-message' && e.node === 'nas' && e.type === 'incoming-call-request' ? [e.detail] : [],
    )
    assert.equal(ids.length, 2)
    assert.notEqual(ids[0], ids[1])
  })
})
