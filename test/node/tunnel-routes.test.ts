/** The routes of a voluntary tunnel: they come with IPCP and go with it, and none leads the tunnel into itself. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY, type Ipv4, ip, prefixOf } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Lab, NodeSpec } from '../../src/lab/lab.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import type { Client } from '../../src/node/client.ts'
import { LowestFree } from '../../src/node/lowest-free.ts'
import { shippedLab } from '../support/loss.ts'

const voluntary = shippedLab('voluntary')

function changed(change: (node: NodeSpec) => NodeSpec): Lab {
  return { ...voluntary, nodes: voluntary.nodes.map(change) }
}

/** Alice's routes before, during and after the tunnel, and every drop on the way. */
function routesOf(lab: Lab) {
  const run = new Run({ ...lab, checks: [] })
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  const alice = run.simulation.nodes.get('alice') as Client
  const routes = () => valueAt(alice.snapshot(), 'routes') as readonly string[]
  const before = routes()
  run.simulation.world.scheduler.runUntil(sec(15))
  const during = routes()
  run.simulation.world.scheduler.runUntil(sec(30))
  return {
    before,
    during,
    after: routes(),
    reasons: events.flatMap(e => (e.event === 'drop' ? [e.reason] : [])),
    replies: events.filter(e => e.event === 'ping-reply').length,
    fetched: events.some(e => e.event === 'fetch-done' && e.ok),
  }
}

const PIN = '203.0.113.5/32 via 198.51.100.1 dev eth0'

describe('routes of a tunnel (decision: traffic enters it because of a route)', () => {
  test('configured networks and the peer lead into it; the server is not pinned without need', () => {
    const { before, during, after, reasons } = routesOf(voluntary)
    assert.deepEqual(
      during.filter(route => !before.includes(route)),
      ['10.8.0.1/32 dev ppp0', '10.20.0.0/24 dev ppp0'],
    )
    assert.deepEqual([after, reasons], [before, []])
  })
  test('everything through the tunnel: the server is pinned, the old default route comes back', () => {
    const lab = changed(n =>
      n.kind === 'client' && n.pptp ? { ...n, pptp: { ...n.pptp, routes: [prefixOf(ANY, 0)] } } : n,
    )
    const { before, during, after, reasons, replies, fetched } = routesOf(lab)
    assert.deepEqual(during, ['10.8.0.1/32 dev ppp0', PIN, '198.51.100.0/24 dev eth0', 'default dev ppp0'])
    assert.deepEqual([after, reasons, replies, fetched], [before, [], 5, true])
  })
  test('a route of the lab that waits for ppp0 covers the server as well', () => {
    const lab = changed(n =>
      n.kind === 'client' ? { ...n, routes: [...n.routes, { prefix: prefixOf(ANY, 0), dev: 'ppp0' }] } : n,
    )
    const { before, during, after, reasons, replies, fetched } = routesOf(lab)
    assert.ok(during.includes(PIN) && during.includes('default dev ppp0'), `${during}`)
    assert.deepEqual([after, reasons, replies, fetched], [before, [], 5, true])
  })
  test('so does the route to a peer that has the address of the server', () => {
    const local: Ipv4 = ip('203.0.113.5')
    const lab = changed(n => (n.kind === 'pptp-server' ? { ...n, pptp: { ...n.pptp, local } } : n))
    const { before, during, after, reasons, replies, fetched } = routesOf(lab)
    assert.ok(during.includes(PIN) && !during.includes('203.0.113.5/32 dev ppp0'), `${during}`)
    assert.deepEqual([after, reasons, replies, fetched], [before, [], 5, true])
  })
  test('a tunnel that is routed into itself says so', () => {
    const run = new Run({ ...voluntary, checks: [] })
    const reasons: string[] = []
    run.listen(event => event.event === 'drop' && reasons.push(`${event.node} ${event.reason}`))
    const { nodes, world } = run.simulation
    const alice = nodes.get('alice') as Client
    world.scheduler.after(sec(3), 'test', () => {
      alice.stack.addRoute({ prefix: prefixOf(ip('203.0.113.5'), 32), dev: 'ppp0' })
    })
    world.scheduler.runUntil(sec(4))
    assert.ok(reasons.includes('alice tunnel-loop'))
    assert.deepEqual(new Set(reasons), new Set(['alice tunnel-loop']))
  })
  test('who is connected already does not dial again; who comes back gets the first interface and address again', () => {
    const run = new Run({ ...voluntary, events: [], checks: [], stop: sec(100) })
    const events: TraceEvent[] = []
    run.listen(event => events.push(event))
    const { nodes, world } = run.simulation
    const alice = nodes.get('alice') as Client
    for (const [t, act] of [
      [0, 'connect'],
      [0, 'connect'],
      [5, 'connect'],
      [10, 'disconnect'],
      [20, 'connect'],
    ] as const) {
      world.scheduler.after(sec(t), 'test', () => alice[act]())
    }
    world.scheduler.runUntil(sec(30))
    const ups = events.flatMap(e =>
      e.event === 'interface' && e.to === 'up' ? [`${e.node} ${e.iface} ${e.detail}`] : [],
    )
    assert.equal(ups.length, 4)
    assert.deepEqual(ups.slice(0, 2), ups.slice(2))
    assert.ok(
      ups.some(up => up.startsWith('office ppp0 10.8.0.1, peer 10.8.0.10,')),
      `${ups}`,
    )
  })
})

describe('the lowest free number', () => {
  test('is given, to the last; what comes back is given again, lowest first, and counted once', () => {
    const free = new LowestFree(3, 6)
    assert.deepEqual([free.take(), free.take(), free.take(), free.take(), free.take()], [3, 4, 5, 6, undefined])
    assert.deepEqual([free.used, free.free], [4, 0])
    free.give(5)
    free.give(3)
    free.give(3)
    free.give(99)
    assert.deepEqual([free.used, free.free], [2, 2])
    assert.deepEqual([free.take(), free.take(), free.take()], [3, 5, undefined])
  })
})
