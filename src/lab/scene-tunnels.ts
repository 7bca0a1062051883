/** The tunnels of a scene, and the telephone calls that end at an access server: layer by layer. */
import { contains, formatIpv4, type Ipv4, parseIpv4 } from '../base/address.ts'
import type { SimTime } from '../base/time.ts'
import type { MachineView } from '../base/view.ts'
import type { Snapshot } from '../node/node.ts'
import { PPP_TIMERS } from '../node/tunnel-stack.ts'
import { serversBehind, wayOfCall } from './behind.ts'
import type { Dialler } from './dialled.ts'
import type { NodeSpec, ServerSpec, VpnClientSpec } from './lab.ts'
import type { MachineRecord, Recorder } from './recorder.ts'
import type { Mark, SceneInside, SceneLayer, SceneTunnel } from './scene.ts'
import { type LineCall, lineCallOf, nodeAt } from './scene-calls.ts'
import { valueAt } from './snapshot.ts'
import { pathBetween, wayTo } from './way.ts'

type States = ReadonlyMap<string, Snapshot>
type Machines = Readonly<Record<string, MachineView>>

/** Where the parts of a session are: PPP at the user's computer, PPTP at the entry of the tunnel. */
interface Places {
  readonly client: string
  readonly entry: string
  /** Of PPP at the client: its interface, and what stands before the names of its machines. */
  readonly iface: string
  readonly ppp: string
  /** The machine of the telephone line; `has`: this session uses it. */
  readonly line: { readonly name: string; readonly has: boolean } | undefined
  /** Machines of PPTP at the entry; undefined: there is none in this session. */
  readonly pptp: Pptp | undefined
}

interface Pptp {
  /** The address that was called; '' where the one who called is no machine of the lab. */
  readonly called: string
  readonly tcp: MachineRecord | undefined
  readonly control: string
  readonly call: string
  readonly gre: string
}

export function tunnelsOf(recorder: Recorder, states: States): SceneTunnel[] {
  const { lab } = recorder.run.simulation
  const hasLines = lab.links.some(({ type }) => type === 'serial')
  const clients = lab.nodes.filter((spec): spec is VpnClientSpec => spec.kind === 'client' && spec.pptp !== undefined)
  const diallers = lab.nodes.filter((spec): spec is Dialler => spec.kind === 'client' && spec.dial !== undefined)
  const own = clients.map(spec => voluntary(recorder, spec, states, hasLines))
  const dialled = diallers.flatMap(spec => {
    const call = lineCallOf(lab, spec, states, recorder.events)
    return call ? [throughLine(recorder, spec, call, states)] : []
  })
  const outside = lab.nodes.flatMap(spec => (spec.kind === 'pptp-server' ? fromOutside(recorder, spec, states) : []))
  const all = [...own, ...dialled, ...outside]
  return all.map((tunnel, i) => ({ no: i + 1, ...tunnel, arrived: arrivedOf(tunnel, all, states) }))
}

/** The server counts for each of its calls, and has them by user: of several calls of one user only the latest is there. */
function arrivedOf(tunnel: Unnumbered, all: readonly Unnumbered[], states: States): number | undefined {
  const { server, user, callIds, arrived } = tunnel
  const isShared = all.some(other => other !== tunnel && other.up && other.server === server && other.user === user)
  const theirs = valueAt(states.get(server) ?? {}, `calls[${user}].callId`)
  return isShared && theirs !== callIds.server ? undefined : arrived
}

/**
 * Callers that are no machines of the lab, while their calls last: as the server has them. They stand at the door that
 * they come in by.
 */
function fromOutside(recorder: Recorder, { name: server }: ServerSpec, states: States): Unnumbered[] {
  const { lab } = recorder.run.simulation
  const doors = lab.nodes.filter(({ kind }) => kind === 'tun' || kind === 'udp')
  const state = states.get(server)
  if (doors.length === 0 || !state) return []
  const calls = Object.entries((state.calls ?? {}) as Readonly<Record<string, Snapshot>>)
  return calls.flatMap(([label, call]): Unnumbered[] => {
    const peer = String(call.peer)
    const address = parseIpv4(peer)
    if (address === undefined || nodeAt(lab, address) !== peer) return []
    const door = doorOf(doors, address).name
    const own = `calls[${call.callId}]`
    const tcp = recorder.machinesOf(server).findLast(({ machine }) => machine.includes(`:1723-${peer}:`))
    const places: Places = {
      client: server,
      entry: server,
      iface: String(call.iface),
      ppp: `${own}.ppp`,
      line: lab.links.some(({ type }) => type === 'serial') ? { name: 'line.call', has: false } : undefined,
      pptp: {
        called: '',
        tcp,
        control: `controls[${peer}].pptp.control`,
        call: `${own}.pptp.call`,
        gre: `${own}.pptp.gre`,
      },
    }
    const session = sessionOf(recorder, places, server, label, states, `calls[${label}].ppp`)
    const { inner, callIds, sent, received } = session
    return [
      {
        ...session,
        client: door,
        entry: door,
        kind: 'voluntary',
        beganBy: { node: door, role: 'PNS' },
        callIds: { entry: callIds.server, server: callIds.entry },
        inner: inner && { client: inner.server, server: inner.client },
        sent: received,
        arrived: received,
        received: sent,
        traffic: [],
        lines: [],
        rule: undefined,
        began: tcp?.entered[0]?.t,
        path: pathBetween(lab, door, server),
        gre: valueAt(state, `calls[${label}].pptp.gre`) as SceneTunnel['gre'],
        end: undefined,
      },
    ]
  })
}

/** The door whose networks have the address. */
const doorOf = (doors: readonly NodeSpec[], address: Ipv4): NodeSpec =>
  doors.find(door => 'networks' in door && door.networks?.some(prefix => contains(prefix, address))) ?? doors[0]

type Unnumbered = Omit<SceneTunnel, 'no'>

function voluntary(recorder: Recorder, spec: VpnClientSpec, states: States, hasLines: boolean): Unnumbered {
  const { lab } = recorder.run.simulation
  const { name, pptp } = spec
  const tcp = dialledFrom(recorder, name)
  const places: Places = {
    client: name,
    entry: name,
    // Of a computer that dials besides, ppp0 is its telephone line.
    iface: spec.dial ? 'ppp1' : 'ppp0',
    ppp: 'ppp',
    line: hasLines ? { name: 'dial.line.call', has: spec.dial !== undefined } : undefined,
    pptp: { called: formatIpv4(pptp.server), tcp, control: 'pptp.control', call: 'pptp.call', gre: 'pptp.gre' },
  }
  // Of the servers of a balancer the one that has the call.
  const behind = serversBehind(lab, pptp.server)
  const called = (address: Ipv4): boolean =>
    valueAt(states.get(nodeAt(lab, address)) ?? {}, `calls[${pptp.user}]`) !== undefined
  const address = behind.find(called) ?? behind[0]
  const server = nodeAt(lab, address)
  const isHere = lab.nodes.some(node => node.name === server)
  const state = states.get(name) as Snapshot
  return {
    ...sessionOf(recorder, places, server, pptp.user, states),
    kind: 'voluntary',
    beganBy: { node: name, role: 'PNS' },
    lines: [],
    rule: undefined,
    began: tcp?.entered[1]?.t,
    path: isHere ? (wayOfCall(lab, name, pptp.server, address)?.links ?? pathBetween(lab, name, server)) : [],
    gre: valueAt(state, 'pptp.gre') as SceneTunnel['gre'],
    end: endText(valueAt(state, 'pptp.end')),
  }
}

function throughLine(recorder: Recorder, spec: Dialler, call: LineCall, states: States): Unnumbered {
  const { lab } = recorder.run.simulation
  const { nas, pns, at, lines } = call
  const both = spec.pptp !== undefined
  const lineName = both ? 'dial.line.call' : 'line.call'
  const callId = at && valueAt(at, 'pptp.callId')
  const peer = pns === undefined ? '' : formatIpv4(pns)
  const callPath = callId === undefined ? 'no call' : `calls[${callId}].pptp`
  const places: Places = {
    client: spec.name,
    entry: nas,
    iface: 'ppp0',
    ppp: both ? 'dial.ppp' : 'ppp',
    line: { name: lineName, has: true },
    pptp:
      pns === undefined
        ? undefined
        : {
            called: peer,
            tcp: at && dialledFrom(recorder, nas, peer),
            control: at ? `controls[${peer}].pptp.control` : 'no call',
            call: `${callPath}.call`,
            gre: `${callPath}.gre`,
          },
  }
  const server = pns === undefined ? nas : nodeAt(lab, pns)
  const begun = recorder.machine(spec.name, lineName)?.entered
  const first = begun?.findLast(({ state }) => state === 'dialling' || state === 'ringing')
  const called = first?.state === 'ringing'
  const state = states.get(spec.name) as Snapshot
  const end = valueAt(state, both ? 'dial.line.end' : 'line.end')
  return {
    ...sessionOf(recorder, places, server, spec.dial.user, states),
    kind: pns === undefined ? 'local' : 'compulsory',
    beganBy:
      pns === undefined
        ? { node: called ? nas : spec.name, role: undefined }
        : called
          ? { node: server, role: 'PNS' }
          : { node: nas, role: 'PAC' },
    lines,
    rule: at && typeof at.rule === 'string' ? at.rule : undefined,
    began: first?.t,
    path: pns === undefined ? [] : (wayTo(lab, nas, pns)?.links ?? pathBetween(lab, nas, server)),
    gre: at && (valueAt(at, 'pptp.gre') as SceneTunnel['gre']),
    end: begun?.at(-1)?.state === 'idle' ? endText(end) : undefined,
  }
}

const endText = (end: unknown): string | undefined => {
  const { layer, detail } = (end ?? {}) as Snapshot
  return end === undefined ? undefined : `${layer}: ${detail}`
}

/** What is the same for all of them. */
function sessionOf(
  recorder: Recorder,
  places: Places,
  server: string,
  user: string,
  states: States,
  /** Where its PPP stands in the snapshot. */
  shown = places.ppp,
) {
  const { client, entry, iface, ppp } = places
  const { nodes } = recorder.run.simulation
  const state = states.get(client) as Snapshot
  const ours = nodes.get(client)?.machines() ?? {}
  const entrys = entry === client ? ours : (nodes.get(entry)?.machines() ?? {})
  const face = valueAt(state, `interfaces.${iface}`) as Snapshot | undefined
  const count = (name: string): number => Number(valueAt(state, `${shown}.counters.${name}`) ?? 0)
  const arrived = valueAt(states.get(server) ?? {}, `calls[${user}].ppp.counters.received`)
  const { callId, peerCallId } = entrys[places.pptp?.call ?? '']?.facts ?? {}
  // A helper on the way may have given the call of the entry another ID: the server knows that one. Users are known late.
  const theirs = valueAt(states.get(server) ?? {}, `calls[${user}].callId`) ?? peerCallId
  const answers = nodes.get(server)?.machines()[`calls[${theirs}].pptp.call`]?.facts.peerCallId
  const call = {
    there: entry !== client && peerCallId !== undefined ? { node: entry, callId: Number(peerCallId) } : undefined,
    back: answers === undefined ? undefined : { node: server, callId: Number(answers) },
    since: begunAt(recorder.machine(entry, places.pptp?.call ?? '')),
  }
  return {
    client,
    entry,
    server,
    user,
    callIds: {
      entry: callId === undefined ? undefined : Number(callId),
      server: peerCallId === undefined ? undefined : Number(peerCallId),
    },
    layers: layersOf(recorder, places, state, ours, entrys, face !== undefined, shown),
    inside: [...insideOf('GRE', places.pptp && entrys[places.pptp.gre]), ...insideOf('MPPE', ours[`${ppp}.mppe`])],
    up: face !== undefined,
    since: face && recorder.machine(client, `${ppp}.ipcp`)?.entered.at(-1)?.t,
    inner: face && { client: String(face.address), server: String(face.network).replace('/32', '') },
    mtu: face && Number(face.mtu),
    encrypted: valueAt(state, `${shown}.ccp`) === 'opened',
    keyBits: Number(/^mppe-(\d+)/.exec(String(valueAt(state, `${shown}.encryption`)))?.[1] ?? 0),
    sent: count('sent'),
    received: count('received'),
    arrived: typeof arrived === 'number' ? arrived : undefined,
    heard: places.pptp && nodes.has(server) ? recorder.hearing.between(entry, places.pptp.called, call) : undefined,
    traffic: recorder.traffic(client).map(({ second, in: up, out: down }) => ({ second, up, down })),
  }
}

/** When a machine left its first state last. */
const begunAt = (record: MachineRecord | undefined): SimTime | undefined =>
  record?.entered.findLast((_, i, all) => all[i - 1]?.state === 'idle')?.t

function insideOf(name: SceneInside['name'], machine: MachineView | undefined): SceneInside[] {
  if (!machine || machine.state === 'off') return []
  return [{ name, state: machine.state, counters: machine.counters, timers: machine.timers }]
}

/** The TCP connection under the latest tunnel of a node, to a PNS if it is named. It stays to be looked at after its end. */
const dialledFrom = (recorder: Recorder, node: string, peer = ''): MachineRecord | undefined =>
  recorder
    .machinesOf(node)
    .findLast(({ machine }) => machine.startsWith('tcp[') && machine.endsWith(`${peer === '' ? '' : `-${peer}`}:1723]`))

const PPP_LAYERS = [
  ['LCP', 'lcp'],
  ['auth', 'auth'],
  ['CCP', 'ccp'],
  ['IPCP', 'ipcp'],
] as const

function layersOf(
  recorder: Recorder,
  { client, entry, ppp, line, pptp }: Places,
  state: Snapshot,
  ours: Machines,
  entrys: Machines,
  up: boolean,
  shown: string,
): SceneLayer[] {
  const layer = (name: SceneLayer['name'], node: string, machine: string, all: Machines): SceneLayer =>
    layerOf(name, node, recorder.machine(node, machine), all[machine])
  const layers: SceneLayer[] = []
  if (line) layers.push(line.has ? layer('line', client, line.name, ours) : absent('line', client))
  if (pptp) {
    const { tcp, control, call } = pptp
    layers.push(layerOf('TCP', entry, tcp, tcp && entrys[tcp.machine]))
    layers.push(layer('ctl', entry, control, entrys), layer('call', entry, call, entrys))
  } else layers.push(absent('TCP', entry), absent('ctl', entry), absent('call', entry))
  for (const [name, machine] of PPP_LAYERS) {
    const path = `${ppp}.${machine}`
    const made = layerOf(
      name,
      client,
      recorder.machine(client, path),
      ours[path],
      String(valueAt(state, `${shown}.${machine}`)),
    )
    // The other side has no CCP, and all else is open: nothing has failed.
    layers.push(name === 'CCP' && up && made.mark === 'failed' ? { ...made, mark: 'absent' } : made)
  }
  return layers
}

const absent = (name: SceneLayer['name'], node: string): SceneLayer => ({
  ...layerOf(name, node, undefined, undefined),
  mark: 'absent',
})

function layerOf(
  name: SceneLayer['name'],
  node: string,
  record: MachineRecord | undefined,
  machine: MachineView | undefined,
  state = machine?.state ?? record?.entered.at(-1)?.state ?? 'none',
): SceneLayer {
  const terminating = state === 'closing' || state === 'stopping'
  return {
    name,
    node,
    state,
    mark: markOf(state),
    since: record?.entered.at(-1)?.t,
    tries: record?.tries ?? 0,
    maxTries: terminating ? PPP_TIMERS.maxTerminate : PPP_TIMERS.maxConfigure,
    due: machine?.timers.restart,
    counters: machine?.counters ?? {},
    facts: machine?.facts ?? {},
    timers: machine?.timers ?? {},
    entered: record?.entered.map(({ state, t, cause }) => ({ state, t, cause })) ?? [],
  }
}

const OPEN = new Set(['established', 'opened', 'authenticated', 'connected'])
const IDLE = new Set(['none', 'idle', 'initial', 'starting', 'closed', 'time-wait', 'dead'])
const FAILED = new Set(['failed', 'stopped'])

function markOf(state: string): Mark {
  if (OPEN.has(state)) return 'open'
  if (FAILED.has(state)) return 'failed'
  return IDLE.has(state) ? 'idle' : 'opening'
}
