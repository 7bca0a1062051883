/** The way of a packet by interfaces, routes and switches. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { type Lab, lab } from '../../src/index.ts'
import type { LabSource } from '../../src/lab/builder.ts'
import { wayTo } from '../../src/lab/way.ts'
import { shippedLab } from '../support/pictures.ts'

function built(nodes: LabSource['topology']['nodes'], links: LabSource['topology']['links']): Lab {
  const loaded = lab({ name: 'ways', description: 'Ways.', topology: { nodes, links } })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.issues.map(({ message }) => message).join())
  return loaded.lab
}

const joined = (a: string, b: string, from: string, to: string) => ({
  endpoints: [a, b] as [string, string],
  ipv4: [from, to] as [string, string],
})

const ROUND = (routes: string[]): Lab =>
  built(
    {
      pc: { kind: 'host', routes: ['default via 10.1.0.1'] },
      r1: { kind: 'router', routes },
      r2: { kind: 'router', routes: ['10.4.0.0/24 via 10.3.0.2'] },
      r3: { kind: 'router', routes: ['10.4.0.0/24 via 10.5.0.1'] },
      web: { kind: 'host', routes: ['default via 10.4.0.1'] },
    },
    [
      joined('pc:eth0', 'r1:eth0', '10.1.0.2/24', '10.1.0.1/24'),
      joined('r1:eth1', 'r2:eth0', '10.2.0.1/24', '10.2.0.2/24'),
      joined('r2:eth1', 'r3:eth0', '10.3.0.1/24', '10.3.0.2/24'),
      joined('r3:eth1', 'web:eth1', '10.5.0.2/24', '10.5.0.1/24'),
      joined('r1:eth2', 'web:eth0', '10.4.0.1/24', '10.4.0.2/24'),
    ],
  )

describe('the way of a packet', () => {
  test('a connected network is entered at once', () => {
    assert.deepEqual(wayTo(ROUND([]), 'pc', ip('10.4.0.2'))?.nodes, ['pc', 'r1', 'web'])
  })

  test('a longer prefix leads another way than the shortest', () => {
    const way = wayTo(ROUND(['10.4.0.2/32 via 10.2.0.2']), 'pc', ip('10.4.0.2'))
    assert.deepEqual(way?.nodes, ['pc', 'r1', 'r2', 'r3', 'web'])
    assert.deepEqual(way?.links, [0, 1, 2, 3])
  })

  test('without a route, or in a circle, nothing arrives', () => {
    assert.equal(wayTo(ROUND([]), 'pc', ip('192.0.2.9')), undefined)
    const circle = ROUND(['192.0.2.0/24 via 10.1.0.2'])
    assert.equal(wayTo(circle, 'r1', ip('192.0.2.9')), undefined)
  })

  test('a host passes nothing on', () => {
    assert.equal(wayTo(ROUND(['192.0.2.0/24 via 10.4.0.2']), 'pc', ip('192.0.2.9')), undefined)
  })

  test('switches are passed, and the neighbour behind them is found', () => {
    const way = wayTo(shippedLab('voluntary-lan'), 'bob', ip('203.0.113.5'))
    assert.deepEqual(way?.nodes, ['bob', 'sw1', 'home', 'isp', 'office'])
    assert.deepEqual(way?.links, [1, 2, 3, 4])
  })

  test('what is outside takes all that is routed there', () => {
    assert.deepEqual(wayTo(shippedLab('bridge-client'), 'alice', ip('10.99.2.2'))?.nodes, ['alice', 'home', 'real'])
  })

  test('a way to itself has no links', () => {
    assert.deepEqual(wayTo(ROUND([]), 'pc', ip('10.1.0.2')), { links: [], nodes: ['pc'] })
  })
})
