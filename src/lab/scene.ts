/**
 * The whole run at one moment, as every view wants it: machines, links with what is on them, tunnels layer by layer,
 * checks. Plain data that does not change when the run goes on.
 */
import { formatIpv4 } from '../base/address.ts'
import type { SimTime } from '../base/time.ts'
import type { MachineView } from '../base/view.ts'
import type { LineQuality } from '../link/link.ts'
import type { Snapshot } from '../node/node.ts'
import { PPP_TIMERS } from '../node/tunnel-stack.ts'
import type { Standing } from './expect.ts'
import type { Kind, Lab, VpnClientSpec } from './lab.ts'
import type { Hop, MachineRecord, PacketRecord, Recorder } from './recorder.ts'
import { valueAt } from './snapshot.ts'
import { wayTo } from './way.ts'

export interface SceneNode {
  readonly name: string
  readonly kind: Kind
  /** RFC 2637's word for its part in a tunnel. */
  readonly role: 'PNS' | 'PAC' | undefined
  /** Its own addresses on links, `198.51.100.10/24`, in the order of its interfaces. */
  readonly addresses: readonly string[]
  readonly state: Snapshot
  /** Absent: it has power. */
  readonly off?: true
  /** Packets that it has discarded, or that the lines it sends on have. */
  readonly drops: number
}

export interface SceneEnd {
  readonly node: string
  readonly iface: string
  /** `198.51.100.10/24`; absent at a switch. */
  readonly address: string | undefined
}

/** A packet on a link. The record is the recorder's own: it goes on growing. */
export interface Flight {
  readonly packet: PacketRecord
  readonly hop: Hop
}

export interface SceneLink {
  readonly index: number
  readonly ends: readonly [SceneEnd, SceneEnd]
  readonly type: 'ethernet' | 'ip' | 'serial'
  readonly up: boolean
  /** What each end's packets meet. */
  readonly quality: readonly [LineQuality, LineQuality]
  readonly flights: readonly Flight[]
  /** Numbers of the tunnels whose path it is on. */
  readonly tunnels: readonly number[]
}

/** `open`: done. `opening`: on its way. `idle`: not begun. `failed`: given up. */
export type Mark = 'open' | 'opening' | 'idle' | 'failed'

export interface SceneLayer {
  readonly name: 'TCP' | 'ctl' | 'call' | 'LCP' | 'auth' | 'CCP' | 'IPCP'
  /** The state's name; `none` where there is no machine. */
  readonly state: string
  readonly mark: Mark
  /** When it came to this state. */
  readonly since: SimTime | undefined
  /** Requests without an answer, and how many are sent at most (RFC 1661 §4.6). */
  readonly tries: number
  readonly maxTries: number
  /** When the restart timer runs out, if it runs. */
  readonly due: SimTime | undefined
  readonly counters: Readonly<Record<string, number>>
  /** When its timers fire: those that run. */
  readonly timers: Readonly<Record<string, SimTime>>
  /** States entered, in order. */
  readonly entered: readonly { readonly state: string; readonly t: SimTime }[]
}

export interface SceneInside {
  readonly name: 'GRE' | 'MPPE'
  readonly state: string
  readonly counters: Readonly<Record<string, number>>
  readonly timers: Readonly<Record<string, SimTime>>
}

export interface SceneTunnel {
  /** From 1, in the order of the clients. */
  readonly no: number
  readonly client: string
  readonly server: string
  readonly user: string
  /** When its client dialled; undefined: not yet. */
  readonly began: SimTime | undefined
  readonly layers: readonly SceneLayer[]
  /** The data path of the call, and encryption, while they are there. */
  readonly inside: readonly SceneInside[]
  readonly up: boolean
  /** When it came up, if it is up. */
  readonly since: SimTime | undefined
  /** Addresses inside: the client's and the server's. */
  readonly inner: { readonly client: string; readonly server: string } | undefined
  readonly mtu: number | undefined
  /** CCP is open and packets are encrypted. */
  readonly encrypted: boolean
  /** Bits of the key with which its client sends; 0 if it sends in clear. */
  readonly keyBits: number
  /** Why it ended, if it has. */
  readonly end: string | undefined
  /** Indices of the links from client to server. */
  readonly path: readonly number[]
  /** IP packets through the tunnel, as its client counts them. */
  readonly sent: number
  readonly received: number
  /** Of those sent, how many the server has taken out; undefined while it has no call of this client. */
  readonly arrived: number | undefined
  /** What the GRE packets of its call did at the client (docs/snapshot.md); undefined: there has been no call. */
  readonly gre: Readonly<Record<string, number>> | undefined
  /** Octets inside of the tunnel, as its client sees them, of the latest seconds with any. */
  readonly traffic: readonly { readonly second: number; readonly up: number; readonly down: number }[]
}

export interface Scene {
  readonly lab: { readonly name: string; readonly description: string; readonly seed: number }
  readonly t: SimTime
  readonly stop: SimTime
  /** When something happens next. */
  readonly next: SimTime
  readonly over: boolean
  readonly nodes: readonly SceneNode[]
  readonly links: readonly SceneLink[]
  readonly tunnels: readonly SceneTunnel[]
  readonly checks: readonly Standing[]
  readonly drops: number
}

/** Looks at a recorded run now. */
export function sceneOf(recorder: Recorder): Scene {
  const { run } = recorder
  const { lab } = run.simulation
  const states = new Map([...run.simulation.nodes].map(([name, node]) => [name, freeze(node.snapshot())]))
  const tunnels = tunnelsOf(recorder, states)
  return Object.freeze({
    lab: { name: lab.name, description: lab.description, seed: lab.seed },
    t: run.now,
    stop: run.stop,
    next: run.next,
    over: run.over,
    nodes: lab.nodes.map(
      (spec): SceneNode => ({
        name: spec.name,
        kind: spec.kind,
        role: spec.kind === 'client' && spec.pptp ? 'PNS' : spec.kind === 'pptp-server' ? 'PAC' : undefined,
        addresses: spec.interfaces.flatMap(({ ipv4 }) => (ipv4 ? [withLength(ipv4)] : [])),
        state: states.get(spec.name) as Snapshot,
        ...(run.simulation.boots.get(spec.name)?.power.on === false ? { off: true as const } : {}),
        drops: recorder.dropsAt(spec.name),
      }),
    ),
    links: linksOf(recorder, tunnels),
    tunnels,
    checks: run.standing,
    drops: recorder.drops,
  })
}

const withLength = ({ address, prefix }: { address: number; prefix: { length: number } }): string =>
  `${formatIpv4(address)}/${prefix.length}`

function freeze(value: Snapshot): Snapshot {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner as Snapshot)
  return Object.freeze(value)
}

function linksOf(recorder: Recorder, tunnels: readonly SceneTunnel[]): SceneLink[] {
  const { lab, links } = recorder.run.simulation
  const flights = flightsOf(recorder)
  return links.map((link, index): SceneLink => {
    const ends = lab.links[index].ends.map(
      ({ node, iface, ipv4 }): SceneEnd => ({ node, iface, address: ipv4 && withLength(ipv4) }),
    )
    return {
      index,
      ends: [ends[0], ends[1]],
      type: link.type,
      up: link.up,
      quality: [link.quality(0), link.quality(1)],
      flights: flights.get(index) ?? [],
      tunnels: tunnels.filter(({ path, began }) => began !== undefined && path.includes(index)).map(({ no }) => no),
    }
  })
}

/** No packet that was sent longer ago than this is looked for on a link. */
const LONGEST_FLIGHT = 10e9

function flightsOf({ journeys, run }: Recorder): Map<number, Flight[]> {
  const flights = new Map<number, Flight[]>()
  const { now } = run
  for (let i = journeys.length - 1; i >= 0 && journeys[i].t > now - LONGEST_FLIGHT; i--) {
    for (const packet of journeys[i].packets) {
      const hop = packet.hops.at(-1)
      if (hop?.arrives === undefined || hop.arrives <= now) continue
      const list = flights.get(hop.link) ?? []
      list.unshift({ packet, hop })
      flights.set(hop.link, list)
    }
  }
  return flights
}

function tunnelsOf(recorder: Recorder, states: ReadonlyMap<string, Snapshot>): SceneTunnel[] {
  const { lab } = recorder.run.simulation
  const clients = lab.nodes.filter((spec): spec is VpnClientSpec => spec.kind === 'client' && spec.pptp !== undefined)
  return clients.map((spec, index) => tunnelOf(recorder, spec, index + 1, states))
}

function tunnelOf(
  recorder: Recorder,
  spec: VpnClientSpec,
  no: number,
  states: ReadonlyMap<string, Snapshot>,
): SceneTunnel {
  const { lab } = recorder.run.simulation
  const state = states.get(spec.name) as Snapshot
  const server = lab.nodes.find(node => node.interfaces.some(({ ipv4 }) => ipv4?.address === spec.pptp.server))
  const machines = recorder.run.simulation.nodes.get(spec.name)?.machines() ?? {}
  const layers = layersOf(recorder, spec, state, machines)
  const ppp0 = valueAt(state, 'interfaces.ppp0') as Snapshot | undefined
  const ipcp = recorder.machine(spec.name, 'ppp.ipcp')?.entered.at(-1)
  const end = valueAt(state, 'pptp.end') as Snapshot | undefined
  const count = (name: string): number => Number(valueAt(state, `ppp.counters.${name}`) ?? 0)
  const arrived = server && valueAt(states.get(server.name) ?? {}, `calls[${spec.pptp.user}].ppp.counters.received`)
  return {
    no,
    client: spec.name,
    server: server?.name ?? formatIpv4(spec.pptp.server),
    user: spec.pptp.user,
    began: dialled(recorder, spec.name)?.entered[1]?.t,
    layers,
    inside: insideOf(machines),
    up: ppp0 !== undefined,
    since: ppp0 && ipcp?.t,
    inner: ppp0 && { client: String(ppp0.address), server: String(ppp0.network).replace('/32', '') },
    mtu: ppp0 && Number(ppp0.mtu),
    encrypted: valueAt(state, 'ppp.ccp') === 'opened',
    keyBits: Number(/^mppe-(\d+)/.exec(String(valueAt(state, 'ppp.encryption')))?.[1] ?? 0),
    end: end && `${end.layer}: ${end.detail}`,
    path: server ? (wayTo(lab, spec.name, spec.pptp.server)?.links ?? pathBetween(lab, spec.name, server.name)) : [],
    sent: count('sent'),
    received: count('received'),
    gre: valueAt(state, 'pptp.gre') as Readonly<Record<string, number>> | undefined,
    arrived: typeof arrived === 'number' ? arrived : undefined,
    traffic: recorder.traffic(spec.name).map(({ second, in: up, out: down }) => ({ second, up, down })),
  }
}

/** The TCP connection under the latest tunnel of a client. It stays to be looked at after its end. */
const dialled = (recorder: Recorder, client: string): MachineRecord | undefined =>
  recorder.machinesOf(client).findLast(({ machine }) => machine.startsWith('tcp[') && machine.endsWith(':1723]'))

const LAYERS = [
  ['ctl', 'pptp.control'],
  ['call', 'pptp.call'],
  ['LCP', 'ppp.lcp'],
  ['auth', 'ppp.auth'],
  ['CCP', 'ppp.ccp'],
  ['IPCP', 'ppp.ipcp'],
] as const

type Machines = Readonly<Record<string, MachineView>>

function insideOf(machines: Machines): SceneInside[] {
  const all: SceneInside[] = []
  for (const [name, path] of [
    ['GRE', 'pptp.gre'],
    ['MPPE', 'ppp.mppe'],
  ] as const) {
    const machine = machines[path]
    if (machine && machine.state !== 'off') {
      all.push({ name, state: machine.state, counters: machine.counters, timers: machine.timers })
    }
  }
  return all
}

function layersOf(recorder: Recorder, spec: VpnClientSpec, state: Snapshot, machines: Machines): SceneLayer[] {
  const tcp = dialled(recorder, spec.name)
  const view = tcp && machines[tcp.machine]
  const layers: SceneLayer[] = [layerOf('TCP', tcp, tcp?.entered.at(-1)?.state ?? 'none', view)]
  for (const [name, path] of LAYERS) {
    layers.push(layerOf(name, recorder.machine(spec.name, path), String(valueAt(state, path)), machines[path]))
  }
  return layers
}

function layerOf(
  name: SceneLayer['name'],
  record: MachineRecord | undefined,
  state: string,
  machine: MachineView | undefined,
): SceneLayer {
  const terminating = state === 'closing' || state === 'stopping'
  return {
    name,
    state,
    mark: markOf(state),
    since: record?.entered.at(-1)?.t,
    tries: record?.tries ?? 0,
    maxTries: terminating ? PPP_TIMERS.maxTerminate : PPP_TIMERS.maxConfigure,
    due: machine?.timers.restart,
    counters: machine?.counters ?? {},
    timers: machine?.timers ?? {},
    entered: record?.entered.map(({ state, t }) => ({ state, t })) ?? [],
  }
}

const OPEN = new Set(['established', 'opened', 'authenticated'])
const IDLE = new Set(['none', 'idle', 'initial', 'starting', 'closed', 'time-wait', 'dead'])
const FAILED = new Set(['failed', 'stopped'])

function markOf(state: string): Mark {
  if (OPEN.has(state)) return 'open'
  if (FAILED.has(state)) return 'failed'
  return IDLE.has(state) ? 'idle' : 'opening'
}

/** Indices of the links on a shortest way between two machines. */
export function pathBetween(lab: Lab, from: string, to: string): number[] {
  const reached = new Map<string, { readonly link: number; readonly before: string }>()
  const queue = [from]
  for (const node of queue) {
    if (node === to) break
    lab.links.forEach(({ ends }, link) => {
      const side = ends.findIndex(end => end.node === node)
      const other = side < 0 ? undefined : ends[1 - side].node
      if (other === undefined || other === from || reached.has(other)) return
      reached.set(other, { link, before: node })
      queue.push(other)
    })
  }
  const path: number[] = []
  for (let node = to; node !== from; ) {
    const step = reached.get(node)
    if (!step) return []
    path.unshift(step.link)
    node = step.before
  }
  return path
}
