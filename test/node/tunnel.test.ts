import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ping } from '../../src/app/ping.ts'
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { EventName, TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import type { Client } from '../../src/node/client.ts'
import type { SimNode } from '../../src/node/node.ts'

interface Options {
  /** Networks to be reached through the tunnel. */
  readonly routes?: string
  /** Configured routes of the client's machine. */
  readonly machine?: string
  /** Configured routes of the server's. */
  readonly office?: string
  readonly pool?: string
  readonly clients?: readonly string[]
}

/** Clients on one LAN with a router, behind it an office and a public web server. */
function lab({
  routes = '[10.20.0.0/24]',
  machine = '',
  office = '',
  pool = '10.8.0.10-10.8.0.11',
  clients = ['ann'],
}: Options) {
  const text = `
name: t
stop: 1000s
topology:
  nodes:
    sw: { kind: switch }
    isp: { kind: router }
    web: { kind: host, routes: ["default via 198.51.100.1"] }
    files: { kind: host, routes: ["default via 10.20.0.1"] }
    office: { kind: pptp-server, routes: ["default via 203.0.113.1"${office}], pptp: { local: 10.8.0.1, pool: ${pool}, users: { u: p } } }
${clients.map(c => `    ${c}: { kind: client, routes: ["default via 192.0.2.1"${machine}], pptp: { server: office, user: u, password: p, mppe: required, routes: ${routes} } }`).join('\n')}
  links:
    - { endpoints: ["isp:lan", "sw:p0"], ipv4: [192.0.2.1/24, none], delay: 1ms }
    - { endpoints: ["isp:eth1", "office:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24], delay: 5ms }
    - { endpoints: ["isp:eth2", "web:eth0"], ipv4: [198.51.100.1/24, 198.51.100.80/24], delay: 1ms }
    - { endpoints: ["office:eth1", "files:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }
${clients.map((c, i) => `    - { endpoints: ["${c}:eth0", "sw:p${i + 1}"], ipv4: [192.0.2.${10 + i}/24, none], delay: 1ms }`).join('\n')}
`
  const loaded = loadLab(text, 't')
  if (!loaded.ok) throw new Error(loaded.issues.map(i => i.message).join('\n'))
  const run = new Run(loaded.lab)
  const events: TraceEvent[] = []
  run.listen(e => events.push(e))
  const { scheduler } = run.simulation.world
  const node = (name: string) => run.simulation.nodes.get(name) as SimNode
  return {
    run,
    client: (name: string) => node(name) as Client,
    until: (s: number) => scheduler.runUntil(sec(s)),
    seen: <K extends EventName>(event: K, node?: string) =>
      events.filter(
        (e): e is Extract<TraceEvent, { event: K }> => e.event === event && (node === undefined || e.node === node),
      ),
    routes: (name: string) => (node(name).snapshot() as { routes: string[] }).routes,
  }
}

describe('the ppp interface of a client (decision 17)', () => {
  test('the peer gets a /32, the configured networks their routes, and all go when IPCP closes', () => {
    const t = lab({})
    const before = t.routes('ann')
    t.client('ann').connect()
    t.until(2)
    const added = t.routes('ann').filter(route => !before.includes(route))
    assert.deepEqual(added.sort(), ['10.20.0.0/24 dev ppp0', '10.8.0.1/32 dev ppp0'])
    t.client('ann').disconnect()
    t.until(4)
    assert.deepEqual(t.routes('ann'), before)
  })
  test('a default route through the tunnel pins the server to the old next hop, and the old default comes back', () => {
    const t = lab({ routes: '[default]' })
    const before = t.routes('ann')
    t.client('ann').connect()
    t.until(2)
    const now = t.routes('ann')
    assert.ok(now.includes('default dev ppp0') && now.includes('203.0.113.5/32 via 192.0.2.1 dev eth0'), now.join('\n'))
    assert.ok(!now.includes('default via 192.0.2.1 dev eth0'))
    t.client('ann').disconnect()
    t.until(4)
    assert.deepEqual(t.routes('ann').sort(), before.sort())
  })
  test('a configured route for ppp0 waits for it', () => {
    const t = lab({ routes: '[]', machine: ', "10.20.0.0/16 dev ppp0"' })
    assert.ok(!t.routes('ann').some(route => route.includes('ppp0')))
    t.client('ann').connect()
    t.until(2)
    assert.ok(t.routes('ann').includes('10.20.0.0/16 dev ppp0'))
  })
  test('a packet that is routed into the tunnel that carries it is dropped: tunnel-loop', () => {
    const t = lab({ office: ', "192.0.2.0/24 dev ppp0"' })
    t.client('ann').connect()
    t.until(2)
    const ann = t.client('ann')
    const to = {
      to: ip('10.20.0.5'),
      count: 1,
      interval: sec(1),
      size: 56,
      ttl: 64,
      dontFragment: false,
      timeout: sec(1),
    }
    ping(ann.env, ann.stack, to)
    t.until(3)
    const loops = t.seen('drop', 'office').filter(e => e.reason === 'tunnel-loop')
    assert.ok(loops.length > 0)
    assert.equal(loops[0].proto, 'gre')
  })
})

describe('calls of a server', () => {
  test('interfaces are numbered and addresses given lowest first, and both are free again after the call', () => {
    const t = lab({ clients: ['ann', 'ben'] })
    const ups = (): string[] =>
      t
        .seen('interface', 'office')
        .filter(e => e.to === 'up')
        .map(e => `${e.iface} ${e.detail.split(', ')[1]}`)
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(2)
    t.client('ann').disconnect()
    t.until(4)
    t.client('ann').connect()
    t.until(6)
    assert.deepEqual(ups(), ['ppp0 peer 10.8.0.10', 'ppp1 peer 10.8.0.11', 'ppp0 peer 10.8.0.10'])
  })
  test('without an address to give a call is refused with General Error, no resource (RFC 2637 §2.8)', () => {
    const t = lab({ clients: ['ann', 'ben'], pool: '10.8.0.10-10.8.0.10' })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(3)
    const replies = t.seen('pptp-message', 'office').filter(e => e.type === 'outgoing-call-reply')
    assert.match(replies[1].detail, /result 2 .*error 4/)
    assert.equal(t.client('ben').tunnelUp, false)
    assert.equal(t.client('ann').tunnelUp, true)
  })
  test('a second tunnel of one client draws other numbers than the first', () => {
    const t = lab({})
    const request = (): string[] =>
      t
        .seen('ppp-message', 'ann')
        .filter(e => e.proto === 'lcp' && e.type === 'configure-request' && e.way === 'sent')
        .map(e => e.detail)
    const calls = (): string[] =>
      t
        .seen('pptp-message', 'ann')
        .filter(e => e.type === 'outgoing-call-request')
        .map(e => e.detail)
    t.client('ann').connect()
    t.until(2)
    t.client('ann').disconnect()
    t.until(4)
    t.client('ann').connect()
    t.until(6)
    assert.equal(new Set(request()).size, 2)
    assert.equal(new Set(calls()).size, 2)
  })
  test('connecting twice is connecting once', () => {
    const t = lab({})
    t.client('ann').connect()
    t.client('ann').connect()
    t.until(2)
    t.client('ann').connect()
    t.until(3)
    assert.equal(t.seen('pptp-message', 'ann').filter(e => e.type === 'start-control-connection-request').length, 1)
  })
})
