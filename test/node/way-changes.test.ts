/** What changes the way of packets while a lab runs: other routes, rules at routers, a smaller MSS; and a flood of flows. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'

/** A host, a router, and two ways to another host: over `near`, and over `far`. */
function play(events: NonNullable<LabSource['events']>, nodes: Record<string, object> = {}, mtu = 1500) {
  const loaded = lab({
    name: 'ways',
    stop: '60s',
    topology: {
      nodes: {
        ann: { kind: 'host', routes: ['default via 10.0.0.1'], ...nodes.ann },
        near: { kind: 'router', routes: ['10.3.0.0/24 via 10.1.0.2'], ...nodes.near },
        far: { kind: 'router', routes: ['10.0.0.0/24 via 10.1.0.1'], ...nodes.far },
        out: { kind: 'host', routes: ['default via 10.3.0.1'], services: ['echo'] },
      },
      links: [
        { endpoints: ['ann:eth0', 'near:eth0'], ipv4: ['10.0.0.2/24', '10.0.0.1/24'] },
        { endpoints: ['near:eth1', 'far:eth0'], ipv4: ['10.1.0.1/24', '10.1.0.2/24'], mtu },
        { endpoints: ['near:eth2', 'far:eth2'], ipv4: ['10.2.0.1/24', '10.2.0.2/24'], delay: '100ms' },
        { endpoints: ['far:eth1', 'out:eth0'], ipv4: ['10.3.0.1/24', '10.3.0.2/24'] },
      ],
    },
    events,
  } as unknown as LabSource)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab)
  const heard: TraceEvent[] = []
  run.simulation.world.trace.listen(event => heard.push(event))
  run.advance()
  const value = (node: string, path: string) => valueAt(run.simulation.nodes.get(node)?.snapshot() ?? {}, path)
  return { events: heard, value }
}
const drops = ({ events }: { events: TraceEvent[] }, node: string): string[] =>
  events.flatMap(e => (e.event === 'drop' && e.node === node ? [e.reason] : []))
const rtts = ({ events }: { events: TraceEvent[] }): number[] =>
  events.flatMap(e => (e.event === 'ping-reply' ? [e.rtt] : []))

describe('the verb route', () => {
  const ping = (at: string) => ({ at, ping: { from: 'ann', to: 'out' } })

  test('a route takes the place of another, and gives it back', () => {
    const [before, asymmetric, after] = rtts(
      play([
        ping('1s'),
        { at: '2s', route: { node: 'near', add: '10.3.0.0/24 via 10.2.0.2' } },
        ping('3s'),
        { at: '4s', route: { node: 'near', remove: '10.3.0.0/24 via 10.2.0.2' } },
        ping('5s'),
      ]),
    )
    assert.ok(before < 1e6 && after < 1e6)
    assert.ok(asymmetric >= 100e6 && asymmetric <= 300e6, `${asymmetric}`)
  })

  test('without a route there is no way; one that does not fit is not removed', () => {
    const played = play([
      { at: '1s', route: { node: 'near', remove: '10.3.0.0/24 via 10.2.0.2' } },
      ping('2s'),
      { at: '3s', route: { node: 'near', remove: '10.3.0.0/24 via 10.1.0.2' } },
      ping('4s'),
    ])
    assert.equal(rtts(played).length, 1)
    assert.deepEqual(drops(played, 'near'), ['no-route'])
  })
})

describe('the verb flood', () => {
  test('each datagram is a flow of its own, and the limit of the table holds: old flows make room', () => {
    const box = { kind: 'firewall', filter: ['forward accept state new,established'] }
    const limit = { conntrack: { like: 'linux', override: { limit: 50 } } }
    const flood = { at: '1s', flood: { from: 'ann', to: 'out', flows: 80, interval: '10ms' } }
    const { events } = play([flood], { near: { ...box, ...limit } })
    let most = 0
    let now = 0
    for (const e of events) {
      if (e.event !== 'flow' || e.node !== 'near') continue
      now += e.action === 'begin' ? 1 : -1
      most = Math.max(most, now)
    }
    assert.equal(events.filter(e => e.event === 'flow' && e.action === 'begin').length, 80)
    assert.equal(most, 50)
    assert.equal(events.filter(e => e.event === 'forward' && e.node === 'near' && e.proto === 'udp').length, 80)
  })
})

describe('filter and mss-clamp of a router', () => {
  test('a router may drop, and counts', () => {
    const played = play([{ at: '1s', ping: { from: 'ann', to: 'out' } }], {
      far: { filter: ['forward drop proto icmp'] },
    })
    assert.deepEqual(drops(played, 'far'), ['filter-drop'])
    assert.equal(played.value('far', 'filter.dropped'), 1)
  })

  const fetch = [{ at: '1s', fetch: { from: 'ann', to: 'out', bytes: '100kB' } }]
  const tooBig = (played: ReturnType<typeof play>): number =>
    drops(played, 'near')
      .concat(drops(played, 'far'))
      .filter(reason => reason === 'fragmentation-needed').length

  test('mss-clamp: interfaces lowers the MSS to what the smaller link carries, less 40 (nat-truth C14)', () => {
    assert.ok(tooBig(play(fetch, {}, 1400)) > 0)
    const clamped = play(fetch, { near: { 'mss-clamp': 'interfaces' } }, 1400)
    assert.equal(tooBig(clamped), 0)
    const told = clamped.events.filter(e => e.event === 'nat' && e.field === 'mss')
    assert.deepEqual(
      told.map(e => (e.event === 'nat' ? [e.before, e.after] : [])),
      [
        ['1460', '1360'],
        ['1460', '1360'],
      ],
    )
  })

  test('mss-clamp: a number', () => {
    const clamped = play(fetch, { near: { 'mss-clamp': 1000 } })
    assert.ok(clamped.events.some(e => e.event === 'nat' && e.field === 'mss' && e.after === '1000'))
    assert.ok(clamped.events.some(e => e.event === 'fetch-done' && e.ok))
  })
})
