/** A server as people run it, for tests: clients on a LAN, an office with its own network, and what a test wants of both. */
import { ping } from '../../src/app/ping.ts'
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { EventName, TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import type { Client } from '../../src/node/client.ts'
import type { IpNode } from '../../src/node/ip-node.ts'
import type { SimNode } from '../../src/node/node.ts'

export interface OfficePlan {
  /** Of the office's `pptp`, beside `local`. */
  readonly pptp?: Readonly<Record<string, unknown>>
  /** Names of the clients, with what is special about their `pptp`; the user is the client's name, the password `p`. */
  readonly clients?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** More nodes, and more links. */
  readonly nodes?: Readonly<Record<string, unknown>>
  readonly links?: readonly object[]
  /** Of the line between the Internet and the office. */
  readonly road?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<Record<string, string>>
}

const POOL = '10.8.0.10-10.8.0.19'

export function officeLab({
  pptp = {},
  clients = { ann: {} },
  nodes = {},
  links = [],
  road = {},
  files = {},
}: OfficePlan) {
  const names = Object.keys(clients)
  const users = Object.fromEntries(names.map(name => [name, 'p']))
  const text = JSON.stringify({
    name: 't',
    stop: '10000s',
    topology: {
      nodes: {
        sw: { kind: 'switch' },
        isp: { kind: 'router' },
        lan: { kind: 'switch' },
        files: { kind: 'host', routes: ['default via 10.20.0.1'] },
        office: {
          kind: 'pptp-server',
          routes: ['default via 203.0.113.1'],
          pptp: { local: '10.8.0.1', pool: POOL, ...(pptp.radius || pptp.secrets ? {} : { users }), ...pptp },
        },
        ...Object.fromEntries(
          names.map(name => [
            name,
            {
              kind: 'client',
              routes: ['default via 192.0.2.1'],
              pptp: { server: 'office', user: name, password: 'p', routes: ['10.20.0.0/24'], ...clients[name] },
            },
          ]),
        ),
        ...nodes,
      },
      links: [
        { endpoints: ['isp:lan', 'sw:p0'], ipv4: ['192.0.2.1/24', 'none'], delay: '1ms' },
        { endpoints: ['isp:eth1', 'office:eth0'], ipv4: ['203.0.113.1/24', '203.0.113.5/24'], delay: '5ms', ...road },
        { endpoints: ['office:eth1', 'lan:p0'], ipv4: ['10.20.0.1/24', 'none'] },
        { endpoints: ['files:eth0', 'lan:p1'], ipv4: ['10.20.0.5/24', 'none'] },
        ...names.map((name, i) => ({
          endpoints: [`${name}:eth0`, `sw:p${i + 1}`],
          ipv4: [`192.0.2.${10 + i}/24`, 'none'],
        })),
        ...links,
      ],
    },
  })
  const loaded = loadLab(text, 't', [], name => files[name])
  if (!loaded.ok) throw new Error(loaded.issues.map(({ message, path }) => `${path}: ${message}`).join('\n'))
  const run = new Run(loaded.lab)
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  const node = (name: string): SimNode => {
    const found = run.simulation.nodes.get(name)
    if (!found) throw new Error(`no node ${name}`)
    return found
  }
  return {
    run,
    events,
    ipNode: (name: string) => node(name) as IpNode,
    client: (name: string) => node(name) as Client,
    until: (seconds: number) => run.simulation.world.scheduler.runUntil(sec(seconds)),
    seen: <K extends EventName>(event: K, at?: string) =>
      events.filter(
        (e): e is Extract<TraceEvent, { event: K }> => e.event === event && (at === undefined || e.node === at),
      ),
    value: (name: string, path: string) => valueAt(node(name).snapshot(), path),
    routes: (name: string) => (node(name).snapshot() as { routes: string[] }).routes,
    ping: (from: string, to: string, count = 1, size = 56) => {
      const { env, stack } = node(from) as IpNode
      const rest = { interval: sec(1), size, ttl: 64, dontFragment: false, timeout: sec(2) }
      ping(env, stack, { to: ip(to), count, ...rest })
    },
  }
}
