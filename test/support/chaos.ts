/**
 * Runs in which nearly everything goes wrong: random faults on every line, cables pulled, users who dial and hang up at
 * any moment, machines that talk meanwhile. Then the lines are mended and the users hang up, and what must be true of
 * a network at peace is asked: no exception, no tunnel, no address kept, no timer, no packet lost from the books.
 */
import { ANY, formatIpv4, prefixOf } from '../../src/base/address.ts'
import { Packet } from '../../src/base/packet.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { apply } from '../../src/lab/events.ts'
import type { Action, Lab } from '../../src/lab/lab.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import type { LineQuality } from '../../src/link/link.ts'
import { Client } from '../../src/node/client.ts'
import { IpNode } from '../../src/node/ip-node.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import { shippedLab } from './loss.ts'

/** The shipped labs, and such as have more to go wrong. */
export const chaosLabs = (): readonly Lab[] => [
  shippedLab('voluntary'),
  shippedLab('voluntary-lan'),
  shippedLab('no-encryption'),
  shippedLab('wrong-password'),
  // All goes through the tunnel, so the server's own address must not; and the client asks whether the server lives.
  everythingThroughTheTunnel(shippedLab('voluntary', [{ path: 'topology.nodes.alice.pptp.echo', value: '5s' }])),
  // Two users, one address.
  shippedLab('voluntary-lan', [{ path: 'topology.nodes.office.pptp.pool', value: '10.8.0.10-10.8.0.10' }]),
]

function everythingThroughTheTunnel(lab: Lab): Lab {
  const routes = [prefixOf(ANY, 0)]
  return {
    ...lab,
    nodes: lab.nodes.map(n => (n.kind === 'client' && n.pptp ? { ...n, pptp: { ...n.pptp, routes } } : n)),
  }
}

/** The trouble lasts so long; then everybody hangs up, and after so long all must be tidy. */
const TROUBLE = sec(300)
const TIDY = sec(200)
/** TCP repeats for 924 s with the shortest time-out, and what it waits for may double from there. */
const QUIET = sec(4000)

export interface Chaos {
  readonly seed: number
  readonly lab: string
  readonly dials: number
  readonly up: number
  readonly ends: ReadonlyMap<string, number>
  readonly problems: readonly string[]
  readonly fingerprint: string
}

export function chaos(lab: Lab, seed: number): Chaos {
  const packets = countPackets()
  try {
    return new Storm(lab, seed, packets).result()
  } finally {
    packets.stop()
  }
}

class Storm {
  readonly #seed: number
  readonly #run: Run
  readonly #random: Random
  readonly #packets: { readonly out: number }
  readonly #clients: readonly Client[]
  readonly #problems: string[] = []
  readonly #events: TraceEvent[] = []

  constructor(lab: Lab, seed: number, packets: { readonly out: number }) {
    this.#seed = seed
    this.#packets = packets
    this.#random = seededRandom(seed)
    this.#run = new Run({ ...lab, seed, events: [], checks: [], stop: TROUBLE + QUIET })
    this.#clients = [...this.#run.simulation.nodes.values()].filter(node => node instanceof Client)
    this.#run.listen(event => {
      if (KEPT.has(event.event)) this.#events.push(event)
    })
  }

  result(): Chaos {
    const { nodes, lab } = this.#run.simulation
    const routes = () => [...nodes].map(([name, node]) => `${name} ${valueAt(node.snapshot(), 'routes')}`)
    const before = routes()
    // In some runs the lines are good and only the users wild.
    for (const link of this.#random.chance(0.2) ? [] : this.#run.simulation.links) {
      const bad = this.#quality()
      for (const side of [0, 1] as const) link.change(side, this.#random.chance(0.3) ? this.#quality() : bad)
    }
    for (const client of this.#clients) this.#plan(client)
    this.#plug()
    this.#until(TROUBLE)
    this.#mend()
    for (const client of this.#clients) client.disconnect()
    this.#until(TROUBLE + TIDY)
    this.#tidy()
    const after = routes()
    for (const [i, text] of after.entries()) if (text !== before[i]) this.#wrong(`routes: ${text}, before ${before[i]}`)
    this.#until(TROUBLE + QUIET)
    this.#quiet()
    const ends = new Map<string, number>()
    for (const e of this.#events) {
      if (e.event !== 'tunnel-end') continue
      const word = `${e.layer} ${e.reason}`
      ends.set(word, (ends.get(word) ?? 0) + 1)
    }
    const up = this.#events.filter(
      e => e.event === 'interface' && e.to === 'up' && this.#clients.some(c => c.env.node === e.node),
    )
    return {
      seed: this.#seed,
      fingerprint: this.#run.result().fingerprint,
      lab: lab.name,
      dials: this.#clients.reduce((n, client) => n + this.#dialled(client), 0),
      up: up.length,
      ends,
      problems: this.#problems,
    }
  }

  #wrong(problem: string): void {
    this.#problems.push(problem)
  }

  #until(t: number): void {
    try {
      this.#run.simulation.world.scheduler.runUntil(t)
    } catch (error) {
      throw new Error(`seed ${this.#seed} of ${this.#run.simulation.lab.name}`, { cause: error })
    }
  }

  #later(most: number, act: () => void): void {
    const { scheduler } = this.#run.simulation.world
    const delay = this.#random.below(most / 1000) * 1000
    if (scheduler.now + delay < TROUBLE) scheduler.after(delay, 'chaos', act)
  }

  /** Mostly some faults, seldom all of them. */
  #quality(): LineQuality {
    const share = (most: number): number => (this.#random.chance(0.4) ? (this.#random.below(1000) * most) / 1000 : 0)
    return {
      delay: this.#random.below(ms(80)),
      jitter: this.#random.chance(0.5) ? this.#random.below(ms(100)) : 0,
      rate: this.#random.chance(0.3) ? 20_000 + this.#random.below(10_000_000) : 0,
      queue: 2000 + this.#random.below(60_000),
      loss: share(0.3),
      corruption: share(0.1),
      duplication: share(0.4),
      reordering: share(0.4),
      noise: 0,
    }
  }

  #plan(client: Client): void {
    const act = (action: Action): void => apply(this.#run.simulation, action)
    const name = client.env.node
    const targets = [...this.#run.simulation.nodes.values()].filter(node => node instanceof IpNode && node !== client)
    const target = () => {
      const node = targets[this.#random.below(targets.length)] as IpNode
      const interfaces = [...node.stack.interfaces]
      return interfaces[this.#random.below(interfaces.length)].address
    }
    const dial = (): void => {
      client.connect()
      // Often in the middle of the set-up, which takes less than a second on a good line.
      this.#later([ms(100), sec(1), sec(10), sec(150)][this.#random.below(4)], hangUp)
    }
    const hangUp = (): void => {
      client.disconnect()
      this.#later([ms(10), sec(5), sec(40)][this.#random.below(3)], dial)
    }
    const talk = (): void => {
      const from = name
      const to = target()
      const size = 1 + this.#random.below(3000)
      const many = 1 + this.#random.below(20)
      const timeout = sec(10)
      const interval = ms(10) + this.#random.below(ms(500))
      switch (this.#random.below(3)) {
        case 0:
          act({
            at: 0,
            verb: 'ping',
            args: { from, to, count: many, interval, size, ttl: 64, dontFragment: false, timeout },
          })
          break
        case 1:
          act({ at: 0, verb: 'echo', args: { from, to, count: many, interval, size, port: 7 } })
          break
        default:
          act({ at: 0, verb: 'fetch', args: { from, to, bytes: size * 20, port: 5001 } })
      }
      this.#later(sec(30), talk)
    }
    this.#later(sec(5), dial)
    this.#later(sec(20), talk)
  }

  /** Pulls cables and plugs them in again; changes lines. */
  #plug(): void {
    const { links } = this.#run.simulation
    const link = links[this.#random.below(links.length)]
    this.#later(sec(60), () => {
      if (this.#random.chance(0.5)) link.change(this.#random.chance(0.5) ? 0 : 1, this.#quality())
      else {
        link.setUp(false)
        this.#later(sec(this.#random.chance(0.2) ? 200 : 5), () => link.setUp(true))
      }
      this.#plug()
    })
  }

  #mend(): void {
    const good = { jitter: 0, loss: 0, corruption: 0, duplication: 0, reordering: 0, rate: 0, delay: ms(1) }
    for (const link of this.#run.simulation.links) {
      link.setUp(true)
      for (const side of [0, 1] as const) link.change(side, good)
    }
  }

  #tidy(): void {
    const want: readonly (readonly [string, unknown])[] = [
      ['pptp.control', 'idle'],
      ['pptp.call', 'idle'],
      ['ppp.phase', 'dead'],
      ['ppp.ccp', 'initial'],
      ['ppp.ipcp', 'initial'],
      ['interfaces.ppp0', undefined],
    ]
    for (const client of this.#clients) {
      for (const [path, value] of want) {
        const is = valueAt(client.snapshot(), path)
        if (is !== value) this.#wrong(`${client.env.node}: ${path} is ${JSON.stringify(is)}`)
      }
      const told = this.#events.filter(e => e.event === 'tunnel-end' && e.node === client.env.node).length
      if (told !== this.#dialled(client))
        this.#wrong(`${client.env.node}: ${told} ends of ${this.#dialled(client)} tunnels`)
    }
    for (const node of this.#run.simulation.nodes.values()) {
      if (!(node instanceof PptpServer)) continue
      for (const path of ['pool.used', 'pptp.calls', 'ppp.sessions']) {
        const is = valueAt(node.snapshot(), path)
        if (is !== 0) this.#wrong(`${node.env.node}: ${path} is ${is}`)
      }
    }
  }

  #dialled(client: Client): number {
    return this.#events.filter(
      e => e.event === 'state' && e.node === client.env.node && e.to === 'syn-sent' && /:1723\]$/.test(e.machine),
    ).length
  }

  #quiet(): void {
    const { world, nodes } = this.#run.simulation
    const { next } = world.scheduler
    if (next !== undefined) this.#wrong(`something is still due at ${next / 1e9} s`)
    for (const [name, node] of nodes) {
      if (!(node instanceof IpNode)) continue
      for (const { local, remote, state } of node.tcp.connections) {
        const text = `${formatIpv4(local.address)}:${local.port}-${formatIpv4(remote.address)}:${remote.port}`
        if (local.port === 1723 || remote.port === 1723) this.#wrong(`${name}: TCP ${text} is in state ${state}`)
      }
    }
    if (next === undefined && this.#packets.out !== 0) this.#wrong(`${this.#packets.out} packets were not released`)
    for (const e of this.#events) {
      if (e.event === 'fetch-done' && e.detail === 'some octets are wrong') this.#wrong(`${e.node}: ${e.detail}`)
    }
  }
}

const KEPT: ReadonlySet<string> = new Set(['tunnel-end', 'interface', 'state', 'fetch-done'])

/** Counts the packets that are in use, of all pools. */
export function countPackets(): { out: number; stop(): void } {
  const { take, release } = Packet.prototype
  const counter = {
    out: 0,
    stop(): void {
      Packet.prototype.take = take
      Packet.prototype.release = release
    },
  }
  Packet.prototype.take = function (length) {
    counter.out++
    take.call(this, length)
  }
  Packet.prototype.release = function () {
    counter.out--
    release.call(this)
  }
  return counter
}
