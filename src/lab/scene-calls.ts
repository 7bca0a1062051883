/**
 * Where a telephone call of a scene goes: over which lines, to which line of an access server, and what becomes of it
 * there. While there is a call, as the machines have it; after it, where it went last; before it, as the lab file says it
 * would be.
 */
import { formatIpv4, type Ipv4, parseIpv4 } from '../base/address.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Snapshot } from '../node/node.ts'
import { type DialledCall, type Dialler, dialledCalls } from './dialled.ts'
import type { InterfaceSpec, Lab, NodeSpec } from './lab.ts'
import { valueAt } from './snapshot.ts'

/** One line of a serial link. */
export interface SceneLine {
  /** Index of the link. */
  readonly link: number
  /** From 1. */
  readonly line: number
}

export interface LineCall {
  readonly nas: string
  /** From the computer to the access server. */
  readonly lines: readonly SceneLine[]
  /** The PNS that has it, is asked, or would be; undefined: PPP ends at the access server. */
  readonly pns: Ipv4 | undefined
  /** State of its line at the access server, while there is a call. */
  readonly at: Snapshot | undefined
}

type States = ReadonlyMap<string, Snapshot>

/** Undefined: it does not come to an access server. */
export function lineCallOf(
  lab: Lab,
  client: Dialler,
  states: States,
  events: readonly TraceEvent[],
): LineCall | undefined {
  const circuit = circuitOf(lab, client, states)
  const planned = dialledCalls(lab).find(call => call.client === client)
  if (!circuit) return planned && { ...plan(planned), pns: lastPns(lab, planned, events), at: undefined }
  const { nas, lines, at } = circuit
  const pns = typeof at.pns === 'string' ? parseIpv4(at.pns) : undefined
  const planHere = planned?.nas.name === nas ? plan(planned).pns : undefined
  return { nas, lines, at, pns: pns ?? (at.use === 'local' ? undefined : planHere) }
}

function plan({ nas, to, links }: DialledCall): Omit<LineCall, 'at'> {
  return { nas: nas.name, lines: links.map(link => ({ link, line: 1 })), pns: to === 'local' ? undefined : to[0] }
}

/** The PNS that had the latest call of this client, or was asked last; before any, the one that would be asked first. */
function lastPns(lab: Lab, planned: DialledCall, events: readonly TraceEvent[]): Ipv4 | undefined {
  const { nas, links, nodes } = planned
  const first = lab.links[links[0]].ends
  const ours = first[0].node === nodes[0] ? first : [first[1], first[0]]
  const network = lab.nodes.find(node => node.name === ours[1].node)
  const number = network?.kind === 'pstn' ? network.pstn.numbers.get(ours[1].iface) : undefined
  const isOurs = (event: TraceEvent): boolean =>
    event.event === 'tunnel-rule' &&
    event.node === nas.name &&
    (number === undefined ? event.line === ours[1].iface : event.calling === number)
  const from = events.findLastIndex(isOurs)
  const rule = events[from]
  const dialled = lastDialled(planned.client, planned.nas.name, number, events, from)
  if (dialled !== undefined) return dialled
  if (rule?.event !== 'tunnel-rule') return plan(planned).pns
  const asked = rule.to.split(' ').map(parseIpv4)
  let at = 0
  for (let i = from + 1; i < events.length; i++) {
    const event = events[i]
    if (event.node !== nas.name || (event.event !== 'pns-passed' && event.event !== 'tunnel-rule')) continue
    if (event.line !== rule.line) continue
    // Somebody else is on that line.
    if (event.event === 'tunnel-rule') break
    at = Math.min(at + 1, asked.length - 1)
  }
  return asked[at]
}

/** The PNS that has asked for this client's number since, by Outgoing-Call-Request. */
function lastDialled(
  client: Dialler,
  nas: string,
  number: string | undefined,
  events: readonly TraceEvent[],
  since: number,
): Ipv4 | undefined {
  const isOurs = (event: TraceEvent): boolean =>
    event.event === 'pptp-message' &&
    event.node === nas &&
    event.type === 'outgoing-call-request' &&
    event.way === 'received' &&
    event.detail.includes(`number ${number},`)
  const at = number === undefined ? -1 : events.findLastIndex(isOurs)
  if (at <= since) return undefined
  // Who is busy with a call of his own is not reached by it.
  const rings = (event: TraceEvent, i: number): boolean =>
    i > at &&
    event.event === 'line-signal' &&
    event.node === client.name &&
    event.type === 'setup' &&
    event.way === 'received'
  const event = events[at]
  return event.event === 'pptp-message' && events.some(rings) ? parseIpv4(event.peer) : undefined
}

/** The lines that are joined for it now, by the telephone network or by the cable alone. */
function circuitOf(lab: Lab, client: Dialler, states: States) {
  const own = client.interfaces.find(({ link }) => lab.links[link].type === 'serial')
  if (!own || lineState(states, client.name, own.name)?.call === 'idle') return undefined
  const near = otherEnd(lab, own)
  const lines: SceneLine[] = [{ link: own.link, line: 1 }]
  if (near.node?.kind === 'nas') return atNas(near.node, near.iface.name, lines, states)
  const to = near.node && lineState(states, near.node.name, near.iface.name)?.to
  if (near.node?.kind !== 'pstn' || typeof to !== 'string') return undefined
  const [port, line] = to.split('.')
  const out = near.node.interfaces.find(({ name }) => name === port)
  const far = out && otherEnd(lab, out)
  if (!out || far?.node?.kind !== 'nas') return undefined
  const name = line === undefined ? far.iface.name : `${far.iface.name}.${line}`
  return atNas(far.node, name, [...lines, { link: out.link, line: Number(line ?? 1) }], states)
}

function atNas(nas: NodeSpec, line: string, lines: readonly SceneLine[], states: States) {
  const at = lineState(states, nas.name, line)
  return at && at.call !== 'idle' ? { nas: nas.name, lines, at } : undefined
}

/** What a node says of one of its telephone lines. */
export function lineState(states: States, node: string, line: string): Snapshot | undefined {
  const state = states.get(node) ?? {}
  const own = valueAt(state, 'dial.line') ?? valueAt(state, 'line')
  if (state.kind === 'client') return typeof own === 'object' ? (own as Snapshot) : undefined
  return valueAt(state, `lines[${line}]`) as Snapshot | undefined
}

function otherEnd(lab: Lab, { link, side }: InterfaceSpec): { node: NodeSpec | undefined; iface: InterfaceSpec } {
  const end = lab.links[link].ends[1 - side]
  const node = lab.nodes.find(({ name }) => name === end.node)
  const iface = node?.interfaces.find(({ name }) => name === end.iface) as InterfaceSpec
  return { node, iface }
}

/** The machine with an address, or the address. */
export const nodeAt = (lab: Lab, address: Ipv4): string =>
  lab.nodes.find(({ interfaces }) => interfaces.some(({ ipv4 }) => ipv4?.address === address))?.name ??
  formatIpv4(address)
