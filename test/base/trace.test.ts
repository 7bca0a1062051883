/** Who is told what. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { World } from '../../src/base/env.ts'

const PACKET = { packet: 'a#1', proto: 'udp', src: '10.0.0.1', dst: '10.0.0.2', length: 28, iface: 'eth0' }

describe('the trace', () => {
  test('without a listener asks for nothing', () => {
    const { trace } = new World(1).env('a')
    assert.ok(!trace.on && !trace.packets)
  })
  test('tells a listener that does not want those of every packet all other events', () => {
    const world = new World(1)
    const { trace } = world.env('a')
    const rare: string[] = []
    world.trace.listen(({ event }) => rare.push(event), false)
    assert.ok(trace.on && !trace.packets)
    const all: string[] = []
    world.trace.listen(({ event }) => all.push(event))
    assert.ok(trace.on && trace.packets)
    for (const event of ['send', 'forward', 'deliver'] as const) trace.emit(event, PACKET)
    trace.emit('route', { action: 'add', route: 'default dev eth0' })
    trace.drop({ reason: 'no-route', layer: 'ip' })
    assert.deepEqual(rare, ['route', 'drop'])
    assert.deepEqual(all, ['send', 'forward', 'deliver', 'route', 'drop'])
  })
})
