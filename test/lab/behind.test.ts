/** Who answers at an address, and the way there. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatIpv4, ip } from '../../src/base/address.ts'
import { serversBehind, wayOfCall } from '../../src/lab/behind.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { tunnelsOf } from '../../src/view/tunnels.ts'
import { shippedLab } from '../support/pictures.ts'

/** A caller, an outer box, an inner box, a server. */
function chain(outer: object, inner: object, server = '203.0.113.5'): Lab {
  const loaded = lab({
    name: 'chain',
    topology: {
      nodes: {
        pc: { kind: 'client', routes: ['default via 203.0.113.1'], pptp: { server, user: 'a', password: 'b' } },
        outer: { kind: 'firewall', routes: ['192.0.2.0/24 via 10.0.0.2'], ...outer },
        inner: { kind: 'firewall', ...inner },
        office: {
          kind: 'pptp-server',
          routes: ['default via 192.0.2.1'],
          pptp: { local: '10.8.0.1', pool: '10.8.0.10-10.8.0.19', users: { a: 'b' } },
        },
      },
      links: [
        { endpoints: ['pc:eth0', 'outer:wan0'], ipv4: ['203.0.113.9/24', '203.0.113.5/24'] },
        { endpoints: ['outer:lan0', 'inner:wan0'], ipv4: ['10.0.0.1/24', '10.0.0.2/24'] },
        { endpoints: ['inner:lan0', 'office:eth0'], ipv4: ['192.0.2.1/24', '192.0.2.5/24'] },
      ],
    },
  } as unknown as LabSource)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.lab
}
const NAT = { inside: ['lan0'], outside: 'wan0' }
const behind = (of: Lab, address = '203.0.113.5'): string[] => serversBehind(of, ip(address)).map(formatIpv4)

describe('who answers at an address', () => {
  test('itself, where nobody translates', () => {
    assert.deepEqual(behind(chain({}, {}), '192.0.2.5'), ['192.0.2.5'])
    assert.deepEqual(behind(chain({ nat: NAT }, {})), ['203.0.113.5'])
  })
  test('who a forward of port 1723 names, through two boxes too', () => {
    const twice = chain(
      { nat: { ...NAT, forward: ['gre to inner', 'tcp 1000-2000 to inner'] } },
      { nat: { ...NAT, forward: ['tcp 1723 to office'] } },
    )
    assert.deepEqual(behind(twice), ['192.0.2.5'])
    assert.deepEqual(wayOfCall(twice, 'pc', ip('203.0.113.5'), ip('192.0.2.5')), {
      links: [0, 1, 2],
      nodes: ['pc', 'outer', 'inner', 'office'],
    })
  })
  test('not who gets another port', () => {
    for (const forward of ['tcp 80 to office', 'tcp 1723 to office:80'])
      assert.deepEqual(behind(chain({ nat: { ...NAT, forward: [forward] } }, {})), ['203.0.113.5'])
  })
  test('whose one-to-one address it is', () => {
    const pair = chain({ nat: { ...NAT, 'one-to-one': { '192.0.2.0/28': '203.0.113.32/28' } } }, {}, '203.0.113.37')
    assert.deepEqual(behind(pair, '203.0.113.37'), ['192.0.2.5'])
    assert.deepEqual(tunnelsOf(pair)[0].way.nodes, ['pc', 'outer', 'inner', 'office'])
    assert.equal(tunnelsOf(pair)[0].server, 'office')
  })
  test('the box itself, where forwards go in a circle', () => {
    const circle = chain(
      { nat: { ...NAT, forward: ['tcp 1723 to inner'] } },
      { nat: { ...NAT, forward: ['tcp 1723 to 203.0.113.5'] } },
    )
    assert.deepEqual(behind(circle), ['203.0.113.5'])
  })
  test('each server of a balancer; a picture ends at the balancer', () => {
    const balanced = shippedLab('load-balancer')
    assert.deepEqual(behind(balanced), ['192.0.2.11', '192.0.2.12'])
    const [tunnel] = tunnelsOf(balanced)
    assert.deepEqual([tunnel.server, tunnel.way.nodes], ['front', ['alice', 'lan', 'isp', 'front']])
    assert.equal(tunnel.protection, 'protected')
  })
})
