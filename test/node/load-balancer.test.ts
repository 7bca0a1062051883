/** A load balancer in front of two PPTP servers, as a lab describes it (nat-truth E1). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type LabSource, lab } from '../../src/lab/builder.ts'
import { Recorder } from '../../src/lab/recorder.ts'
import { Run } from '../../src/lab/run.ts'
import { sceneOf } from '../../src/lab/scene.ts'
import { valueAt } from '../../src/lab/snapshot.ts'

const SERVERS = ['office1', 'office2'] as const

interface Played {
  readonly run: Run
  readonly recorder: Recorder
  readonly events: readonly TraceEvent[]
  value(node: string, path: string): unknown
}

function play(balance: object, { seed = 1, callers = 1, front = {} } = {}, events?: LabSource['events']): Played {
  const names = Array.from({ length: callers }, (_, i) => `c${i + 1}`)
  const users = Object.fromEntries(names.map(name => [name, 'secret']))
  const server = { kind: 'pptp-server' as const, routes: ['default via 192.0.2.1'] }
  const pptp = (no: number) => ({ local: '10.8.0.1', pool: `10.8.${no}.10-10.8.${no}.250`, users })
  const loaded = lab({
    name: 'balanced',
    seed,
    stop: '40s',
    topology: {
      nodes: {
        ...Object.fromEntries(
          names.map(name => [
            name,
            {
              kind: 'client' as const,
              routes: ['default via 198.51.100.1'],
              pptp: { server: 'front', user: name, password: 'secret' },
            },
          ]),
        ),
        lan: { kind: 'switch' },
        isp: { kind: 'router' },
        front: {
          kind: 'load-balancer',
          routes: ['default via 203.0.113.1'],
          balance: { outside: 'wan0', servers: [...SERVERS], ...balance },
          ...front,
        },
        dmz: { kind: 'switch' },
        office1: { ...server, pptp: pptp(1) },
        office2: { ...server, pptp: pptp(2) },
      },
      links: [
        ...names.map((name, i) => ({
          endpoints: [`${name}:eth0`, `lan:p${i + 1}`],
          ipv4: [`198.51.100.${i + 11}/24`, 'none'],
        })),
        { endpoints: ['lan:up', 'isp:eth0'], ipv4: ['none', '198.51.100.1/24'], delay: '5ms' },
        { endpoints: ['isp:eth1', 'front:wan0'], ipv4: ['203.0.113.1/24', '203.0.113.5/24'] },
        { endpoints: ['front:lan0', 'dmz:p1'], ipv4: ['192.0.2.1/24', 'none'] },
        { endpoints: ['dmz:p2', 'office1:eth0'], ipv4: ['none', '192.0.2.11/24'] },
        { endpoints: ['dmz:p3', 'office2:eth0'], ipv4: ['none', '192.0.2.12/24'] },
      ],
    },
    events: events ?? names.map(name => ({ at: '0s', connect: name })),
  } as LabSource)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const recorder = new Recorder(new Run(loaded.lab, { until: 20e9 }))
  const { run } = recorder
  const events_: TraceEvent[] = []
  run.simulation.world.trace.listen(event => events_.push(event))
  run.advance()
  const value = (node: string, path: string) => valueAt(run.simulation.nodes.get(node)?.snapshot() ?? {}, path)
  return { run, recorder, events: events_, value }
}

/** Which server has the call of a caller, and is the tunnel up? */
function fates({ value, run }: Played): { server: string | undefined; up: boolean }[] {
  const callers = run.simulation.lab.nodes.filter(({ kind }) => kind === 'client').map(({ name }) => name)
  return callers.map(name => ({
    server: SERVERS.find(server => {
      const flows = value('front', 'filter.entries') as unknown as string[]
      const address = name.replace('c', '198.51.100.1')
      const host = server === 'office1' ? '192.0.2.11' : '192.0.2.12'
      return Object.values(flows).some(flow => flow.includes(`${address}:`) && flow.includes(`${host}:1723`))
    }),
    up: value(name, 'ppp.ipcp') === 'opened',
  }))
}

describe('a load balancer', () => {
  test('draws TCP and GRE of one caller apart: about half of the tunnels come up (nat-truth E1)', () => {
    let up = 0
    let all = 0
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const played = play({}, { seed, callers: 8 })
      all += 8
      up += fates(played).filter(fate => fate.up).length
      const drops = played.events.filter(e => e.event === 'drop' && e.reason === 'gre-unknown-call')
      assert.equal(
        drops.length > 0,
        fates(played).some(fate => !fate.up),
      )
    }
    assert.ok(up > all / 4 && up < (all * 3) / 4, `${up} of ${all}`)
  })

  test('persistence: source brings all flows of one address to one server, and uses both servers', () => {
    const played = play({ persistence: 'source' }, { callers: 8 })
    const all = fates(played)
    assert.ok(all.every(({ up }) => up))
    assert.deepEqual([...new Set(all.map(({ server }) => server))].sort(), [...SERVERS])
    const counts = SERVERS.map(server => [
      played.value('front', `servers[${server}].tcp`),
      played.value('front', `servers[${server}].gre`),
    ])
    for (const [tcp, gre] of counts) assert.equal(tcp, gre)
    assert.equal(Number(counts[0][0]) + Number(counts[1][0]), 8)
  })

  test('a helper that reads the control connection keeps GRE with it', () => {
    for (const seed of [1, 2, 3]) {
      const played = play({}, { seed, callers: 4, front: { conntrack: { like: 'linux-pptp' } } })
      assert.deepEqual(
        fates(played).map(({ up }) => up),
        [true, true, true, true],
      )
    }
  })

  test('with TCP only, GRE of the callers is refused by the balancer itself (nat-truth E1)', () => {
    const played = play({ traffic: ['tcp 1723'] })
    const refused = played.events.filter(e => e.event === 'drop' && e.node === 'front' && e.reason === 'no-protocol')
    assert.ok(refused.length > 0)
    assert.ok(!played.events.some(e => e.event === 'deliver' && e.proto === 'gre' && e.node.startsWith('office')))
  })

  test('servers that are not hidden answer under their own address, and the caller knows no such peer (E1)', () => {
    const played = play({ persistence: 'source', 'hide-servers': false })
    const sources = new Set(
      played.events.flatMap(e => (e.event === 'deliver' && e.node === 'c1' && e.proto === 'gre' ? [e.src] : [])),
    )
    assert.equal(sources.size, 1)
    assert.match([...sources][0] ?? '', /^192\.0\.2\.1[12]$/)
    assert.equal(played.value('c1', 'ppp.ipcp') === 'opened', false)
  })

  test('a scene knows which server has the call', () => {
    const played = play({ persistence: 'source' }, { callers: 4 })
    const scene = sceneOf(played.recorder)
    for (const [i, { server }] of fates(played).entries()) {
      assert.equal(scene.tunnels[i].server, server)
      assert.ok(scene.tunnels[i].path.length === 5)
    }
    assert.deepEqual(
      SERVERS.map(name => scene.nodes.find(node => node.name === name)?.role),
      ['PAC', 'PAC'],
    )
  })
})
