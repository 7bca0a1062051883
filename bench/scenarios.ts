/**
 * Whole-simulation scenarios that other simulators run too: a chain of routers with UDP, a dumbbell with TCP. The network
 * is a lab, built by the public engine; every octet of payload is real, checksummed on each hop that must, and compared
 * at the sink.
 */

import type { TcpOptions } from 'tcp-userspace'
import { fillPattern } from '../src/app/pattern.ts'
import { ip } from '../src/base/address.ts'
import { ms, sec } from '../src/base/time.ts'
import { PacketFilter } from '../src/filter/filter.ts'
import { PERSONALITIES } from '../src/filter/personalities/index.ts'
import type { NatRule } from '../src/filter/types.ts'
import { TcpLayer } from '../src/ip/tcp.ts'
import { build, type Simulation } from '../src/lab/build.ts'
import { loadLab } from '../src/lab/load.ts'
import type { Client } from '../src/node/client.ts'
import { IpNode } from '../src/node/ip-node.ts'
import { isPattern } from './content.ts'

export interface Outcome {
  readonly wall_s: number
  readonly cpu_s: number
  readonly hops: number
  readonly events: number
  readonly rx_bytes: number
  /** What arrived, in Mbit of simulated time from the beginning to the last octet. */
  readonly goodput_mbit: number
  readonly drops: Readonly<Record<string, number>>
  /** Everything that was sent arrived, in order, with the right content. */
  readonly verified: boolean
}

const address = (net: number, host: number): string => `10.${net >> 8}.${net & 255}.${host}/30`
const bare = (text: string): string => text.split('/')[0]

function simulate(nodes: readonly string[], links: readonly string[]): Simulation {
  const text = `name: bench\nstop: 1000s\ntopology:\n  nodes:\n${nodes.map(n => `    ${n}\n`).join('')}  links:\n${links.map(l => `    - ${l}\n`).join('')}`
  const loaded = loadLab(text, 'bench')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues[0]))
  return build(loaded.lab)
}

const mbit = (octets: number, nanoseconds: number): number => Math.round((octets * 8e5) / nanoseconds) / 100

const nodeOf = ({ nodes }: Simulation, name: string): IpNode => {
  const node = nodes.get(name)
  if (!(node instanceof IpNode)) throw new Error(name)
  return node
}

/** Runs until nothing is left or `done` says so, and measures that alone. */
function measure(simulation: Simulation, done: () => boolean): Omit<Outcome, 'rx_bytes' | 'goodput_mbit' | 'verified'> {
  const { scheduler, trace } = simulation.world
  const cpu = process.cpuUsage()
  const start = process.hrtime.bigint()
  while (!done() && scheduler.next !== undefined) scheduler.runUntil(scheduler.now + ms(10))
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  const used = process.cpuUsage(cpu)
  return {
    wall_s: wall,
    cpu_s: (used.user + used.system) / 1e6,
    hops: simulation.links.reduce((sum, link) => sum + link.carried, 0),
    events: scheduler.executed,
    drops: Object.fromEntries(trace.drops),
  }
}

/**
 * A host, `routers` routers and a host in a row, 1 Gbit/s and 10 ms a link; UDP at 80 % of the rate. With `flows` above 0
 * the router in the middle tracks connections and masquerades, and the packets come from so many ports in turn.
 */
export function chain(routers: number, ipLength: number, packets: number, flows = 0): Outcome {
  const last = routers + 1
  const name = (i: number): string => (i === 0 ? 'source' : i === last ? 'sink' : `r${i}`)
  const nodes = Array.from({ length: last + 1 }, (_, i) => {
    const via = i < last ? bare(address(i, 2)) : bare(address(last - 1, 1))
    return `${name(i)}: { kind: ${i === 0 || i === last ? 'host' : 'router'}, routes: ["default via ${via}"] }`
  })
  const links = Array.from({ length: last }, (_, i) => {
    const ends = `"${name(i)}:right", "${name(i + 1)}:left"`
    return `{ endpoints: [${ends}], type: ip, ipv4: [${address(i, 1)}, ${address(i, 2)}], rate: 1gbit, delay: 10ms, queue: 1500kB }`
  })
  const simulation = simulate(nodes, links)
  const { scheduler } = simulation.world
  const size = ipLength - 28
  let received = 0
  let octets = 0
  let lastAt = 0
  let right = true
  const take = ({ data }: { readonly data: Uint8Array }): void => {
    right &&= data.length === size && isPattern(data, received * size)
    received++
    octets += data.length
    lastAt = scheduler.now
  }
  for (const port of flows > 60_000 ? [9, 10] : [9]) nodeOf(simulation, 'sink').udp.open(port, take)
  if (flows > 0) masquerade(nodeOf(simulation, `r${(routers + 1) >> 1}`))
  const source = nodeOf(simulation, 'source')
  const sockets = Array.from({ length: Math.max(1, Math.min(flows, 59_999)) }, (_, i) =>
    source.udp.open(flows > 0 ? 2000 + i : 9, () => {}),
  )
  const data = new Uint8Array(size)
  const interval = Math.round((ipLength + 2) * 8 * 1.25)
  const to = ip(bare(address(last - 1, 2)))
  let sent = 0
  const timer = scheduler.timer('source', () => {
    fillPattern(data, sent * size)
    sockets[sent % sockets.length].send(to, flows > 60_000 && sent & 1 ? 10 : 9, data)
    if (++sent < packets) timer.arm(interval)
  })
  timer.arm(ms(1))
  const measured = measure(simulation, () => received === packets)
  const goodput_mbit = mbit(octets, lastAt)
  return { ...measured, rx_bytes: octets, goodput_mbit, verified: right && received === packets }
}

/** Masquerading behind the interface to the right, as `linux`. */
function masquerade(node: IpNode): void {
  const { stack, tcp } = node
  const nat: NatRule = { kind: 'source', text: 'masquerade', outside: 'right', translate: { by: 'masquerade' } }
  stack.hooks = new PacketFilter(
    node.env,
    {
      addressOf: iface => stack.interface(iface)?.address,
      isOwn: own => stack.isOwn(own),
      mtuOf: iface => stack.interface(iface)?.port.mtu,
      unreachable: (about, code) => stack.icmp.unreachable(about, code),
      reset: about => tcp.refuse(about),
    },
    { personality: PERSONALITIES.linux, judge: undefined, nat: [nat], helperAt: 'prerouting' },
  )
}

export interface DumbbellOptions {
  readonly flows: number
  readonly bytes: number
  /** Of the link in the middle. */
  readonly rate: string
  readonly queue: string
  /** Socket buffers in octets. */
  readonly buffer: number
  /** What both ends have beside their buffers. */
  readonly tcp?: TcpOptions
}

/** `flows` hosts on each side of two routers, each pair with one TCP stream; 100 Mbit/s and 1 ms to the hosts. */
export function dumbbell({ flows, bytes, rate, queue, buffer, tcp: more }: DumbbellOptions): Outcome {
  const nodes = [
    'left: { kind: router, routes: ["default via 10.0.0.2"] }',
    'right: { kind: router, routes: ["default via 10.0.0.1"] }',
  ]
  const common = 'type: ip, mtu: 1440'
  const links = [
    `{ endpoints: ["left:m", "right:m"], ${common}, ipv4: [10.0.0.1/30, 10.0.0.2/30], rate: ${rate}, delay: 10ms, queue: ${queue} }`,
  ]
  for (let i = 0; i < flows; i++) {
    for (const [side, router, net] of [
      ['a', 'left', 256 + i],
      ['b', 'right', 4096 + i],
    ] as const) {
      const [host, gateway] = [address(net * 1, 1), address(net, 2)]
      nodes.push(`${side}${i}: { kind: host, routes: ["default via ${bare(gateway)}"] }`)
      links.push(
        `{ endpoints: ["${side}${i}:e", "${router}:p${i}"], ${common}, ipv4: [${host}, ${gateway}], rate: 100mbit, delay: 1ms, queue: ${queue} }`,
      )
    }
  }
  const simulation = simulate(nodes, links)
  const { scheduler } = simulation.world
  const each = Math.floor(bytes / flows)
  const options = { ...more, sendBuffer: buffer, receiveBuffer: buffer }
  let octets = 0
  let lastAt = 0
  let right = true
  for (let i = 0; i < flows; i++) {
    const sink = nodeOf(simulation, `b${i}`)
    let received = 0
    new TcpLayer(sink.env.scope('bench'), sink.stack, options).listen(5001, () => ({
      data: piece => {
        right &&= isPattern(piece, received)
        received += piece.length
        octets += piece.length
        lastAt = scheduler.now
      },
    }))
    const source = nodeOf(simulation, `a${i}`)
    const tcp = new TcpLayer(source.env.scope('bench'), source.stack, options)
    scheduler.after(ms(1 + (i % 10)), 'bulk', () => send(tcp, bare(address(4096 + i, 1)), each))
  }
  const measured = measure(simulation, () => octets === each * flows)
  const goodput_mbit = mbit(octets, lastAt)
  return { ...measured, rx_bytes: octets, goodput_mbit, verified: right && octets === each * flows }
}

/** Writes `total` octets as fast as the connection takes them. */
function send(tcp: TcpLayer, to: string, total: number): void {
  const chunk = new Uint8Array(16_384)
  let written = 0
  const write = (): void => {
    while (written < total) {
      const piece = chunk.subarray(0, Math.min(chunk.length, total - written))
      fillPattern(piece, written)
      const taken = connection?.write(piece) ?? 0
      written += taken
      if (taken < piece.length) return
    }
    connection?.end()
  }
  const connection = tcp.connect(ip(to), 5001, { opened: write, writable: write })
}

const CALLER = 'kind: client, pptp: { server: office, user: u, password: p, auth: ms-chap-v2, mppe: required }'
const OFFICE =
  'kind: pptp-server, pptp: { local: 172.16.0.1, pool: 172.17.0.0-172.20.255.255, users: { u: p }, auth: ms-chap-v2, mppe: required }'

/** A listener keeps 128 half-open connections: with some that wait their turn, none has to ask twice. */
const BETWEEN_CALLS = ms(1)

/** `count` clients at one router, which dial one server, one after the other. `up`: is the tunnel of each? */
function callers(count: number): { readonly simulation: Simulation; up(): boolean } {
  const nodes = ['isp: { kind: router }', `office: { ${OFFICE}, routes: ["default via 10.0.0.1"] }`]
  const links = ['{ endpoints: ["isp:m", "office:m"], type: ip, ipv4: [10.0.0.1/30, 10.0.0.2/30], delay: 5ms }']
  for (let i = 0; i < count; i++) {
    nodes.push(`c${i}: { ${CALLER}, routes: ["default via ${bare(address(256 + i, 2))}"] }`)
    links.push(
      `{ endpoints: ["c${i}:e", "isp:p${i}"], type: ip, ipv4: [${address(256 + i, 1)}, ${address(256 + i, 2)}], delay: 5ms }`,
    )
  }
  const simulation = simulate(nodes, links)
  const clients = Array.from({ length: count }, (_, i) => simulation.nodes.get(`c${i}`) as Client)
  for (const [i, node] of clients.entries()) {
    simulation.world.scheduler.after(i * BETWEEN_CALLS, 'dial', () => node.connect())
  }
  return { simulation, up: () => clients.at(-1)?.tunnelUp === true && clients.every(node => node.tunnelUp) }
}

/**
 * From the first dial until every IPCP is open, encryption agreed: complete sessions. The lab is read and built before
 * and not measured.
 */
export function sessions(count: number): Outcome & { readonly sessions: number } {
  const { simulation, up } = callers(count)
  const { scheduler } = simulation.world
  const limit = count * BETWEEN_CALLS + sec(60)
  const measured = measure(simulation, () => up() || scheduler.now > limit)
  return { ...measured, rx_bytes: 0, goodput_mbit: 0, verified: up(), sessions: count }
}

/**
 * Octets that a session costs while it is idle, with its client and its line: heap and buffers. Collects garbage if the
 * process may (`--expose-gc`); else it is an upper bound.
 */
export function idleSessions(count: number): number {
  const collect = (): number => {
    ;(globalThis as { gc?: () => void }).gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = collect()
  const { simulation, up } = callers(count)
  simulation.world.scheduler.runUntil(count * BETWEEN_CALLS + sec(20))
  const after = collect()
  if (!up()) throw new Error(`not all of ${count} sessions are up`)
  return (after - before) / count
}

/** UDP from a client through its tunnel to the server: every layer of two nodes, with MPPE-128. */
export function mppeThroughNodes(ipLength: number, packets: number): Outcome & { readonly packets: number } {
  const simulation = simulate(
    [`c0: { ${CALLER} }`, `office: { ${OFFICE} }`],
    ['{ endpoints: ["c0:e", "office:e"], type: ip, ipv4: [10.0.0.1/30, 10.0.0.2/30], delay: 100us }'],
  )
  const { scheduler } = simulation.world
  const client = simulation.nodes.get('c0') as Client
  client.connect()
  scheduler.runUntil(sec(5))
  const size = ipLength - 28
  let received = 0
  let right = true
  nodeOf(simulation, 'office').udp.open(9, ({ data }) => {
    right &&= data.length === size && isPattern(data, received * size)
    received++
  })
  const socket = client.udp.open(9, () => {})
  const data = new Uint8Array(size)
  let sent = 0
  const timer = scheduler.timer('source', () => {
    fillPattern(data, sent * size)
    socket.send(ip('172.16.0.1'), 9, data)
    if (++sent < packets) timer.arm(20_000)
  })
  timer.arm(0)
  const limit = scheduler.now + sec(60)
  const measured = measure(simulation, () => received === packets || scheduler.now > limit)
  const verified = right && received === packets
  return { ...measured, rx_bytes: received * size, goodput_mbit: 0, verified, packets: received }
}
