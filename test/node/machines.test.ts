/** Every state machine shows its state, counters, running timers and history (docs/snapshot.md). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { MachineView } from '../../src/base/view.ts'
import { build, Run, type Snapshot, snapshot, type TraceEvent, valueAt } from '../../src/index.ts'
import { labOf } from '../support/captured-run.ts'
import { codeOf, page, sections, tableRows } from '../support/docs.ts'
import { CLOSED, shippedText } from '../support/shipped.ts'
import { TOWN } from '../support/town.ts'

type StateEvent = Extract<TraceEvent, { event: 'state' }>

function runTo(name: string, t: number): { run: Run; changes: StateEvent[]; events: TraceEvent[] } {
  const run = new Run(labOf(name === 'town' ? TOWN : shippedText(name)))
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  run.advanceTo(t)
  return { run, events, changes: events.filter(event => event.event === 'state') }
}

const machinesOf = (run: Run, node: string): Readonly<Record<string, MachineView>> =>
  run.simulation.nodes.get(node)?.machines() ?? {}

describe('a machine', () => {
  for (const name of CLOSED) {
    test(`is in the state, and has the history, that the trace tells: ${name}`, () => {
      let seen = 0
      for (const t of [ms(130), ms(190), ms(260), sec(5), sec(12)]) {
        const { run, changes } = runTo(name, t)
        for (const node of run.simulation.nodes.keys()) {
          const machines = machinesOf(run, node)
          for (const [machine, { state, history, timers }] of Object.entries(machines)) {
            const told = changes.filter(change => change.node === node && change.machine === machine)
            const latest = told.map(({ t, from, to, cause }) => ({ t, from, to, cause })).slice(-history.length)
            if (history.length === 0) continue
            seen++
            assert.deepEqual(history, latest, `${node} ${machine}`)
            assert.equal(state, history.at(-1)?.to)
            for (const due of Object.values(timers)) assert.ok(due >= run.now, `${node} ${machine}`)
          }
        }
      }
      assert.ok(seen > (name === 'port-1723-blocked' ? 5 : 20), 'few machines have been seen')
    })
  }

  test('two control connections from one address have names of their own, in the trace and in the snapshot', () => {
    const { run, changes } = runTo('nat-two-clients', sec(9))
    const isControl = (name: string): boolean => name.startsWith('controls[')
    const told = new Set(changes.flatMap(({ node, machine }) => (node === 'office' ? [machine] : [])))
    const there = Object.keys(machinesOf(run, 'office')).filter(isControl)
    assert.deepEqual([...told].filter(isControl), there)
    assert.match(there.join(' '), /^controls\[198\.51\.100\.20\]\S+ controls\[198\.51\.100\.20:\d+\]\S+$/)
  })

  test('that the trace tells of is there, until what it belongs to is gone', () => {
    const { run, changes } = runTo('voluntary', sec(2))
    for (const { node, machine } of changes) {
      if (!machine.startsWith('tcp[')) assert.ok(machinesOf(run, node)[machine], `${node} ${machine}`)
    }
    const names = Object.keys(machinesOf(run, 'office')).map(machine =>
      machine.replace(/^(tcp|calls|controls)\[[^\]]*\]/, '$1'),
    )
    const layers = ['phase', 'lcp', 'auth', 'ccp', 'mppe', 'ipcp'].map(layer => `calls.ppp.${layer}`)
    assert.deepEqual(names, ['tcp', 'controls.pptp.control', 'calls.pptp.call', 'calls.pptp.gre', ...layers])
    const after = runTo('voluntary', sec(25)).run
    assert.deepEqual(
      Object.keys(machinesOf(after, 'office')).filter(machine => machine.startsWith('calls')),
      [],
    )
  })

  test('tells when its restart timer fires: three seconds after the request (RFC 1661 §4.6)', () => {
    const { run, events } = runTo('voluntary', ms(150))
    const [sent] = events.filter(
      event => event.event === 'ppp-message' && event.node === 'alice' && event.type === 'configure-request',
    )
    const { timers, counters } = machinesOf(run, 'alice')['ppp.lcp']
    assert.deepEqual(timers, { restart: sent.t + sec(3) })
    assert.deepEqual([counters.triesLeft, counters.unanswered, counters.open], [9, 1, 1])
  })

  test('keeps no history where nobody listens', () => {
    const simulation = build(labOf(shippedText('voluntary')))
    simulation.nodes.get('alice')?.start()
    simulation.world.scheduler.runUntil(sec(1))
    simulation.world.scheduler.after(0, 'dial', () => {
      const alice = simulation.nodes.get('alice')
      if (alice && 'connect' in alice && typeof alice.connect === 'function') alice.connect()
    })
    simulation.world.scheduler.runUntil(sec(3))
    const machines = simulation.nodes.get('alice')?.machines() ?? {}
    assert.equal(machines['ppp.ipcp'].state, 'opened')
    for (const { history } of Object.values(machines)) assert.deepEqual(history, [])
  })
})

describe('the snapshot of a simulation', () => {
  test('has the machines, by path, as plain data that stays as it is', () => {
    const { run } = runTo('voluntary', sec(4))
    const before = snapshot(run.simulation)
    const text = JSON.stringify([...before])
    const office = before.get('office') as Snapshot
    assert.equal(valueAt(office, 'machines[calls[0].ppp.lcp].state'), 'opened')
    assert.equal(
      valueAt(office, 'machines[calls[0].ppp.lcp].facts.granted'),
      valueAt(before.get('alice') as Snapshot, 'machines[ppp.lcp].facts.asked'),
    )
    assert.equal(valueAt(office, 'machines[calls[0].ppp.lcp].history[0].to'), 'starting')
    run.advanceTo(sec(9))
    assert.equal(JSON.stringify([...before]), text)
  })
})

describe('docs/snapshot.md, machines', () => {
  const rows = tableRows(sections(page('docs/snapshot.md'), 2).get('Machines') ?? '')
  const words = (cell: string): string[] => [...cell.matchAll(/`(.+?)`/g)].map(match => match[1])
  const documented = new Map(
    rows
      .filter(row => row.length === 4)
      .map(([machine, ...cells]) => [codeOf(machine).replace(/^tcp\[.*/, 'tcp'), cells.map(words)]),
  )

  test('names all counters, timers and facts that machines show in the labs', () => {
    assert.equal(documented.size, 12)
    const met = new Set<string>()
    for (const name of [...CLOSED, 'town']) {
      const { run } = runTo(name, 0)
      for (let t = ms(20); t < sec(31); t += t < ms(600) ? ms(20) : ms(700)) {
        run.advanceTo(t)
        for (const node of run.simulation.nodes.keys()) {
          for (const [machine, { counters, timers, facts }] of Object.entries(machinesOf(run, node))) {
            const known = machine
              .replace(/^(calls|controls|lines(?=\[[^\]]*\]\.ppp))\[[^\]]*\]\./, '')
              .replace(/^dial\.(?=ppp\.)/, '')
              .replace(/^(dial\.)?line(s\[[^\]]*\])?\.call$/, 'line.call')
              .replace(/^lines\[[^\]]*\]/, 'lines[LINE]')
              .replace(/^tcp\[.*/, 'tcp')
              .replace(/#\d+$/, '')
            const list = documented
            const shown = [counters, timers, facts].map(map => Object.keys(map))
            for (const [i, keys] of shown.entries()) {
              for (const key of keys) {
                assert.ok(list.get(known)?.[i].includes(key), `${known} ${key}`)
                met.add(`${known} ${i} ${key}`)
              }
            }
          }
        }
      }
    }
    // What no lab shows in its first 31 seconds: timers of what goes wrong, a telephone call that is over, and counters of echoes that are not asked for.
    const missing = [...documented].flatMap(([machine, lists]) =>
      lists.flatMap((keys, i) =>
        keys.filter(key => !met.has(`${machine} ${i} ${key}`)).map(key => `${machine} ${key}`),
      ),
    )
    const rare = [
      ...['tcp persist', 'tcp fin-wait-2', 'pptp.gre hold', 'ppp.lcp echo', 'ppp.auth peerPatience'],
      ...['line.call answer', 'line.call cause'],
    ]
    assert.deepEqual(
      missing.filter(name => !rare.includes(name)),
      [],
    )
  })
})
