/** A server with two addresses: all of a tunnel comes from the one that was called. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIpv4 } from '../../src/base/address.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'

const OFFICE = { local: '10.8.0.1', pool: '10.8.0.10-10.8.0.20', users: { alice: 'a', bob: 'b' } }
const SOURCE: LabSource = {
  name: 'two-addresses',
  stop: '20s',
  topology: {
    nodes: {
      alice: {
        kind: 'client',
        routes: ['default via 198.51.100.1'],
        pptp: { server: '203.0.113.5', user: 'alice', password: 'a' },
      },
      bob: {
        kind: 'client',
        routes: ['default via 198.51.101.1'],
        pptp: { server: '203.0.114.5', user: 'bob', password: 'b' },
      },
      isp: { kind: 'router' },
      office: { kind: 'pptp-server', routes: ['default via 203.0.113.1'], pptp: OFFICE },
    },
    links: [
      { endpoints: ['alice:eth0', 'isp:eth0'], type: 'ip', ipv4: ['198.51.100.10/24', '198.51.100.1/24'] },
      { endpoints: ['bob:eth0', 'isp:eth1'], type: 'ip', ipv4: ['198.51.101.10/24', '198.51.101.1/24'] },
      { endpoints: ['isp:eth2', 'office:eth0'], type: 'ip', ipv4: ['203.0.113.1/24', '203.0.113.5/24'] },
      { endpoints: ['isp:eth3', 'office:eth1'], type: 'ip', ipv4: ['203.0.114.1/24', '203.0.114.5/24'] },
    ],
  },
  events: [
    { at: '0s', connect: 'alice' },
    { at: '1s', connect: 'bob' },
  ],
}

test('GRE comes from the address of the control connection, whatever way it takes', () => {
  const loaded = lab(SOURCE)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab)
  const heard: Record<string, Set<string>> = { alice: new Set(), bob: new Set() }
  for (const [index, name] of ['alice', 'bob'].entries())
    run.tap(index, ({ bytes, from }) => {
      if (from === 1 && Ipv4.protocol(bytes, 0) === Ipv4.PROTOCOL.gre)
        heard[name].add(formatIpv4(Ipv4.source(bytes, 0)))
    })
  run.advance()
  assert.deepEqual([...heard.alice], ['203.0.113.5'])
  assert.deepEqual([...heard.bob], ['203.0.114.5'])
  for (const name of ['alice', 'bob'])
    assert.equal(valueAt(run.simulation.nodes.get(name)?.snapshot() ?? {}, 'ppp.ipcp'), 'opened', name)
})
