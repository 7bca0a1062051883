/**
 * A VPN server of ours with a user at work in the tunnel (alice, MPPE, a ping every 20 ms), and beside her a machine that
 * speaks raw octets to TCP port 1723. Virtual time: what the real server was given in two minutes takes none here.
 *
 *     alice ──┐
 *             isp ── office
 *     probe ──┘
 */
import { ip } from '../../src/base/address.ts'
import { concat } from '../../src/base/bytes.ts'
import { type Duration, ms, type SimTime, sec } from '../../src/base/time.ts'
import { ConnectionStream } from '../../src/ip/tcp.ts'
import { Client } from '../../src/node/client.ts'
import type { Host } from '../../src/node/host.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import { Net } from './net.ts'
import { type OddCase, PART_GAP, STEP_GAP, type Standing } from './odd-control.ts'

const OFFICE = ip('203.0.113.5')
const TUNNEL = '10.8.0.1'
const PING_EVERY = ms(20)

/** One connection of the probing machine. */
export class Probe {
  readonly said: Uint8Array[] = []
  standing: Standing = { end: 'open' }
  readonly #stream: ConnectionStream
  readonly #lab: OddLab
  #opened: SimTime
  #closed = false

  constructor(lab: OddLab, opened: () => void) {
    this.#lab = lab
    this.#opened = lab.now
    this.#stream = new ConnectionStream({
      opened: () => {
        this.#opened = lab.now
        opened()
      },
      data: bytes => this.said.push(bytes.slice()),
      ended: () => this.#ended('closed'),
      closed: reason => this.#ended(reason === 'closed' ? 'closed' : 'reset'),
    })
    const connection = lab.probe.tcp.connect(OFFICE, 1723, this.#stream)
    if (!connection) throw new Error('no way to the server')
    this.#stream.attach(connection)
  }

  get received(): Uint8Array {
    return concat(...this.said)
  }
  get over(): boolean {
    return this.standing.end !== 'open'
  }
  #ended(end: 'closed' | 'reset'): void {
    if (!this.over && !this.#closed) this.standing = { end, after: (this.#lab.now - this.#opened) / 1e6 }
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes)
  }
  /** What the server does from now on is no answer to what was sent. */
  close(): void {
    this.#closed = true
    this.#stream.end()
  }
  abort(): void {
    this.#closed = true
    this.#stream.abort()
  }
}

export class OddLab {
  readonly net: Net
  readonly office: PptpServer
  readonly alice: Client
  readonly probe: Host
  #pings = 0

  constructor(seed = 1) {
    this.net = new Net(seed)
    const { net } = this
    const server = {
      local: ip(TUNNEL),
      pool: { first: ip('10.8.0.10'), last: ip('10.8.0.99') },
      users: new Map([['alice', 'wonderland']]),
      auth: ['ms-chap-v2' as const],
      mppe: 'required' as const,
      dns: [],
    }
    this.office = new PptpServer(net.world.env('office'), net.routes(['default via 203.0.113.1']), server)
    const user = { server: OFFICE, user: 'alice', password: 'wonderland', auth: server.auth, mppe: server.mppe }
    const machine = { ...user, routes: [], dns: false }
    this.alice = new Client(net.world.env('alice'), net.routes(['default via 198.51.100.1']), machine)
    this.probe = net.host('probe', 'default via 192.0.2.1')
    const isp = net.router('isp')
    net.link([isp, 'eth0', '203.0.113.1/24'], [this.office, 'eth0', '203.0.113.5/24'], { delay: ms(1) })
    net.link([isp, 'eth1', '198.51.100.1/24'], [this.alice, 'eth0', '198.51.100.10/24'], { delay: ms(1) })
    net.link([isp, 'eth2', '192.0.2.1/24'], [this.probe, 'eth0', '192.0.2.10/24'], { delay: ms(1) })
  }

  get now(): SimTime {
    return this.net.world.scheduler.now
  }
  pass(time: Duration): void {
    this.net.run(this.now + time)
  }

  /** Alice dials, and pings through the tunnel from then on. */
  dial(): void {
    this.alice.connect()
    this.pass(sec(2))
    if (!this.alice.tunnelUp) throw new Error('no tunnel')
  }
  ping(time: Duration): void {
    const count = Math.floor(time / PING_EVERY)
    this.#pings += count
    this.net.ping(this.alice, TUNNEL, { count, interval: PING_EVERY })
  }

  play({ steps, listen }: OddCase): Probe {
    let open = false
    const probe = new Probe(this, () => (open = true))
    while (!open) this.pass(ms(1))
    for (const step of steps) {
      for (const part of step) {
        if (probe.over) break
        probe.write(part)
        if (step.length > 1) this.pass(ms(PART_GAP))
      }
      if (!probe.over) this.pass(ms(STEP_GAP))
    }
    for (const until = this.now + ms(listen); this.now < until && !probe.over; ) this.pass(ms(100))
    probe.close()
    this.pass(ms(200))
    return probe
  }

  /** What alice noticed of the others: nothing, if these are none. */
  disturbances(): string[] {
    const replies = this.net.seen('ping-reply', 'alice')
    const problems: string[] = []
    if (replies.length !== this.#pings) problems.push(`${this.#pings} pings, ${replies.length} replies`)
    const slow = replies.filter(r => r.rtt !== replies[0].rtt)
    if (slow.length > 0) problems.push(`${slow.length} replies took longer or shorter than the first`)
    if (!this.alice.tunnelUp) problems.push('the tunnel is down')
    const drops = this.net.seen('drop').filter(d => d.node === 'alice' || d.layer === 'gre' || d.layer === 'mppe')
    return [...problems, ...drops.map(d => `${d.node} dropped ${d.reason}: ${d.detail}`)]
  }

  /** Tables of the server that are not as before anybody dialled. */
  leftovers(): string[] {
    const { calls, pptp, ppp, pool, tcp, interfaces } = this.office.snapshot() as Record<
      string,
      Record<string, unknown>
    >
    const wrong: string[] = []
    if (Object.keys(calls).length > 0 || pptp.calls !== 0) wrong.push(`calls ${JSON.stringify(calls)}`)
    if (ppp.sessions !== 0) wrong.push(`${ppp.sessions} sessions`)
    if (pool.used !== 0) wrong.push(`${pool.used} addresses in use`)
    if (Object.keys(tcp).length > 0) wrong.push(`TCP ${Object.keys(tcp).join(', ')}`)
    const names = Object.keys(interfaces).filter(name => name.startsWith('ppp'))
    if (names.length > 0) wrong.push(`interfaces ${names.join(', ')}`)
    // An open control connection and a TCP connection that is going wait for something.
    const { next } = this.net.world.scheduler
    if (next !== undefined) wrong.push(`something is due at ${next / 1e9} s`)
    return wrong
  }
}
