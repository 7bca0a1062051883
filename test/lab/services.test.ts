/** `services` of a lab: which service answers where, from the file to a connection. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NAMED_SERVICES, SERVICES } from '../../src/app/services.ts'
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import { load, Run } from '../../src/index.ts'
import { IpNode } from '../../src/node/ip-node.ts'

function labWith(topology: string, events = '[]') {
  const loaded = load(
    `name: x\nstop: 30s\ntopology:\n${topology}\n  links: [{ endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24], delay: 1ms }]\nevents: ${events}\n`,
    'x',
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.lab
}
const servicesIn = (topology: string): string[] =>
  labWith(topology).services.map(({ node, service, port }) => `${node} ${service} ${port}`)

describe('services in a lab file', () => {
  test('each name has its usual port, or the one that is written', () => {
    const nodes =
      '  nodes: { a: { kind: host, services: [echo, discard, chargen, http, "http:8080"] }, b: { kind: router } }'
    assert.deepEqual(servicesIn(nodes), ['a echo 7', 'a discard 9', 'a chargen 19', 'a http 80', 'a http 8080'])
  })
  test('defaults are for every node that has an IP stack; a kind replaces them, and a node its kind', () => {
    const pptp = 'pptp: { server: b, user: u, password: p }'
    const nodes = (more: string) => `${more}
  nodes:
    a: { kind: client, ${pptp} }
    b: { kind: router }
    c: { kind: switch }
    d: { kind: host, services: [] }`
    assert.deepEqual(servicesIn(nodes('  defaults: { services: [http] }')), ['a http 80', 'b http 80'])
    const kinds = '  defaults: { services: [http] }\n  kinds: { router: { services: [echo, "discard:99"] } }'
    assert.deepEqual(servicesIn(nodes(kinds)), ['a http 80', 'b echo 7', 'b discard 99'])
  })
  test('what an end system answers by itself keeps its TCP ports, and UDP has others; a router has all free', () => {
    assert.deepEqual(
      servicesIn('  nodes: { a: { kind: host, services: [echo] }, b: { kind: router, services: ["http:5001"] } }'),
      ['a echo 7', 'b http 5001'],
    )
    for (const [kind, service, events] of [
      ['host', 'http:5001', '[]'],
      ['host', 'http:99', '[{ at: 1s, fetch: { from: a, to: b, bytes: 1kB, port: 99 } }]'],
    ]) {
      const text = `name: x\ntopology:\n  nodes: { a: { kind: ${kind}, services: ["${service}"] }, b: { kind: router } }\n  links: [{ endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }]\nevents: ${events}\n`
      const loaded = load(text, 'x')
      assert.ok(!loaded.ok)
      assert.match(loaded.issues[0].message, /is taken: the service for fetch answers there/)
      assert.equal(loaded.issues[0].path, 'topology.nodes.a.services[0]')
    }
  })
})

describe('services in a run', () => {
  test('each answers where it should, and nobody elsewhere; a node without the key answers none of them', () => {
    const lab = labWith(
      '  nodes: { a: { kind: host }, b: { kind: router, services: [echo, "discard:1009", chargen, http] } }',
    )
    const run = new Run(lab)
    const [a, b] = ['a', 'b'].map(name => run.simulation.nodes.get(name))
    assert.ok(a instanceof IpNode && b instanceof IpNode)
    const fates = new Map<string, string>()
    const knock = (from: IpNode, to: string, port: number): void => {
      const key = `${to}:${port}`
      const connection = from.tcp.connect(ip(to), port, {
        opened: () => {
          fates.set(key, 'open')
          connection?.end()
        },
        closed: reason => {
          if (!fates.has(key)) fates.set(key, reason)
        },
      })
    }
    for (const port of [7, 9, 19, 80, 1009]) {
      knock(a, '10.0.0.2', port)
      knock(b, '10.0.0.1', port)
    }
    run.advanceTo(sec(10))
    assert.deepEqual(
      [...fates].filter(([, fate]) => fate === 'open').map(([key]) => key),
      ['10.0.0.2:7', '10.0.0.2:19', '10.0.0.2:80', '10.0.0.2:1009'],
    )
    assert.equal(fates.size, 10)
  })
  test('a lab that names none has the fingerprint that it had before there were any: nothing but a port is opened', () => {
    const nodes = (services: string) => `  nodes: { a: { kind: host }, b: { kind: host${services} } }`
    const events = '[{ at: 1s, fetch: { from: a, to: b, bytes: 50kB } }, { at: 2s, ping: { from: a, to: b } }]'
    const [without, with_] = ['', `, services: [${NAMED_SERVICES.join(', ')}]`].map(services => {
      const run = new Run(labWith(nodes(services), events))
      run.advance()
      return run.result()
    })
    assert.equal(with_.fingerprint, without.fingerprint)
    assert.ok(without.events > 100)
  })
  test('the table has a service for every name that a file may use', () => {
    for (const name of NAMED_SERVICES) assert.equal(SERVICES[name].protocol, 'tcp')
  })
})
