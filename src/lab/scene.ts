/**
 * The whole run at one moment, as every view wants it: machines, links with what is on them, tunnels layer by layer,
 * checks. Plain data that does not change when the run goes on.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { SimTime } from '../base/time.ts'
import type { LineQuality } from '../link/link.ts'
import type { Snapshot } from '../node/node.ts'
import { serversBehind } from './behind.ts'
import type { Standing } from './expect.ts'
import type { Heard } from './hearing.ts'
import type { Kind, Lab, LinkSpec, NodeSpec } from './lab.ts'
import type { Flight, Recorder } from './recorder.ts'
import { lineState, type SceneLine } from './scene-calls.ts'
import { type SceneSignal, signalsOn } from './scene-signals.ts'
import { tunnelsOf } from './scene-tunnels.ts'

export interface SceneNode {
  readonly name: string
  readonly kind: Kind
  /** RFC 2637's word for its part in tunnels. Of a server that users dial themselves it is PAC, of one that an access server dials PNS. */
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

export interface SceneLink {
  readonly index: number
  readonly ends: readonly [SceneEnd, SceneEnd]
  readonly type: 'ethernet' | 'ip' | 'serial'
  readonly up: boolean
  /** What each end's packets meet. */
  readonly quality: readonly [LineQuality, LineQuality]
  readonly flights: readonly Flight[]
  /** Of a serial link: how many telephone lines it has, and on how many there is a call. */
  readonly lines: { readonly all: number; readonly busy: number } | undefined
  /** Signals of its telephone lines on their way. */
  readonly signals: readonly SceneSignal[]
  /** Numbers of the tunnels whose path it is on. */
  readonly tunnels: readonly number[]
}

/** `open`: done. `opening`: on its way. `idle`: not begun. `failed`: given up. `absent`: there is none, nor will there be. */
export type Mark = 'open' | 'opening' | 'idle' | 'failed' | 'absent'

export interface SceneLayer {
  readonly name: 'line' | 'TCP' | 'ctl' | 'call' | 'LCP' | 'auth' | 'CCP' | 'IPCP'
  /** The node whose machine it is: of a compulsory tunnel TCP, control connection and call are those of the NAS. */
  readonly node: string
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
  /** What it has agreed on, in words. */
  readonly facts: Readonly<Record<string, string>>
  /** When its timers fire: those that run. */
  readonly timers: Readonly<Record<string, SimTime>>
  /** States entered, in order, and by which event. */
  readonly entered: readonly { readonly state: string; readonly t: SimTime; readonly cause: string }[]
}

export interface SceneInside {
  readonly name: 'GRE' | 'MPPE'
  readonly state: string
  readonly counters: Readonly<Record<string, number>>
  readonly timers: Readonly<Record<string, SimTime>>
}

/**
 * Who had the tunnel made: the user's own computer, or the access server that he has dialled. `local`: a call that ends
 * at the access server; there is PPP, and no tunnel.
 */
export type TunnelKind = 'voluntary' | 'compulsory' | 'local'

export interface SceneTunnel {
  /** From 1, in the order of the clients; those that have PPTP come first. */
  readonly no: number
  readonly kind: TunnelKind
  /** The user's computer: where PPP begins. */
  readonly client: string
  /** Where the tunnel begins: the client, or the access server. */
  readonly entry: string
  /** Where tunnel and PPP end. */
  readonly server: string
  /** Which of the two asked for the call, and was PNS or PAC by that; of a call without a tunnel who dialled. */
  readonly beganBy: { readonly node: string; readonly role: 'PNS' | 'PAC' | undefined }
  /** The telephone lines of a dialled session, from the client to the access server. */
  readonly lines: readonly SceneLine[]
  /** The rule of the access server that took its call. */
  readonly rule: string | undefined
  /** Call IDs that stand in GRE packets on their way to the entry, and to the server. */
  readonly callIds: { readonly entry: number | undefined; readonly server: number | undefined }
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
  /** Indices of the links from entry to server. */
  readonly path: readonly number[]
  /** IP packets through the tunnel, as its client counts them. */
  readonly sent: number
  readonly received: number
  /** Of those sent, how many the server has taken out; undefined while it has no call of this client. */
  readonly arrived: number | undefined
  /** Who hears whom: GRE packets that got from the entry to the server, and back; undefined where an end is outside of the lab. */
  readonly heard: Heard | undefined
  /** What the GRE packets of its call did at its entry (docs/snapshot.md); undefined: there has been no call. */
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
        role: roleOf(lab, spec),
        addresses: spec.interfaces.flatMap(({ ipv4 }) => (ipv4 ? [withLength(ipv4)] : [])),
        state: states.get(spec.name) as Snapshot,
        ...(run.simulation.boots.get(spec.name)?.power.on === false ? { off: true as const } : {}),
        drops: recorder.dropsAt(spec.name),
      }),
    ),
    links: linksOf(recorder, tunnels, states),
    tunnels,
    checks: run.standing,
    drops: recorder.drops,
  })
}

function roleOf(lab: Lab, spec: NodeSpec): SceneNode['role'] {
  const { nodes } = lab
  if (spec.kind === 'client') return spec.pptp ? 'PNS' : undefined
  if (spec.kind === 'nas') return spec.nas.tunnels.some(({ to }) => to !== 'local') ? 'PAC' : undefined
  if (spec.kind !== 'pptp-server') return undefined
  const isOurs = (address: number): boolean => spec.interfaces.some(({ ipv4 }) => ipv4?.address === address)
  const isCalled = (address: Ipv4): boolean => serversBehind(lab, address).some(isOurs)
  if (nodes.some(node => node.kind === 'client' && node.pptp && isCalled(node.pptp.server))) return 'PAC'
  const named = nodes.some(
    node => node.kind === 'nas' && node.nas.tunnels.some(({ to }) => to !== 'local' && to.some(isOurs)),
  )
  return named ? 'PNS' : 'PAC'
}

const withLength = ({ address, prefix }: { address: number; prefix: { length: number } }): string =>
  `${formatIpv4(address)}/${prefix.length}`

function freeze(value: Snapshot): Snapshot {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner as Snapshot)
  return Object.freeze(value)
}

function linksOf(
  recorder: Recorder,
  tunnels: readonly SceneTunnel[],
  states: ReadonlyMap<string, Snapshot>,
): SceneLink[] {
  const { lab, links } = recorder.run.simulation
  const flights = flightsOf(recorder)
  const signals = signalsOn(recorder)
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
      lines: link.type === 'serial' ? linesOf(lab.links[index], states) : undefined,
      signals: signals.get(index) ?? [],
      tunnels: tunnels.filter(({ path, began }) => began !== undefined && path.includes(index)).map(({ no }) => no),
    }
  })
}

function linesOf({ ends: [{ node, iface }], lines }: LinkSpec, states: ReadonlyMap<string, Snapshot>) {
  const names = Array.from({ length: lines }, (_, i) => (lines === 1 ? iface : `${iface}.${i + 1}`))
  const busy = names.filter(name => (lineState(states, node, name)?.call ?? 'idle') !== 'idle').length
  return { all: lines, busy }
}

function flightsOf(recorder: Recorder): Map<number, Flight[]> {
  const flights = new Map<number, Flight[]>()
  for (const flight of recorder.flights) {
    const list = flights.get(flight.hop.link)
    if (list) list.push(flight)
    else flights.set(flight.hop.link, [flight])
  }
  return flights
}
