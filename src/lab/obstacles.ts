/**
 * Does a PPTP tunnel get through the boxes on its way, as the lab file describes them? Nothing is run: the rules of each
 * machine are asked about the four kinds of packet that a tunnel is made of, in every state that tracking may give them.
 *
 * Limits: only what holds whatever happens is said. A tunnel without an obstacle may fail all the same: rules that look
 * at call IDs, boxes with room for one tunnel only, tables that forget, `events`.
 */
import { contains, type Ipv4 } from '../base/address.ts'
import { Packet } from '../base/packet.ts'
import { overridden } from '../filter/override.ts'
import { PERSONALITIES } from '../filter/personalities/index.ts'
import { type Rule, RuleSet } from '../filter/rules.ts'
import type { Chain, PacketState, Personality } from '../filter/types.ts'
import * as Gre from '../wire/gre.ts'
import * as IpHeader from '../wire/ipv4.ts'
import type { Arrival } from './behind.ts'
import type { ConntrackSpec, Lab, NatSpec, NodeSpec } from './lab.ts'

export interface Obstacle {
  readonly node: string
  readonly traffic: 'TCP 1723' | 'GRE'
  /**
   * `drops`: silently; `refuses`: the sender is told; `no helper`: translation finds no way back for GRE; `outgoing only`:
   * nor has it one for calls of an access server, which its helper does not know; `no forward`: the control connection is
   * given to an inside machine, and GRE is not.
   */
  readonly what: 'drops' | 'refuses' | 'no helper' | 'outgoing only' | 'no forward'
  /** It is the client's packets that do not get further, not only the server's. */
  readonly up: boolean
  /** The rule, or the policy; '' where it is none. */
  readonly rule: string
}

/** What boxes must know of a call. */
export interface CallKind {
  /** By Incoming-Call-Request: of an access server. */
  readonly incoming: boolean
  /** Both ends may have the call ID 0: then GRE looks the same in both directions. */
  readonly fromZero: boolean
}

/** The first on the way that stops the control connection, else the first that stops GRE. */
export function obstacleOn(lab: Lab, arrival: Arrival, source: Ipv4, call: CallKind): Obstacle | undefined {
  const steps = stepsOf(lab, arrival, source, call)
  for (const step of steps) {
    const obstacle = refusal(step, 'TCP 1723')
    if (obstacle) return obstacle
  }
  for (const step of steps) {
    const obstacle = translation(step) ?? forwarding(step) ?? refusal(step, 'GRE')
    if (obstacle) return obstacle
  }
  return undefined
}

/** Where a box without a helper has one place for GRE: for each server, or in all. */
export interface GrePlace {
  readonly box: string
  readonly each: 'server' | 'box'
  /** Two callers with the same name want the same place. */
  readonly name: string
}

export function grePlacesOn(lab: Lab, arrival: Arrival, source: Ipv4): GrePlace[] {
  return stepsOf(lab, arrival, source, { incoming: false, fromZero: false }).flatMap((step): GrePlace[] => {
    const { node, translates, server, client } = step
    const { keys } = trackingOf(node).kind.gre
    if (!node.nat || !translates || helps(step) || (keys !== 'none' && keys !== 'one-host')) return []
    if (node.nat.oneToOne.some(({ inside }) => contains(inside, client))) return []
    const each = keys === 'none' ? 'server' : 'box'
    return [{ box: node.name, each, name: `${node.name}${each === 'server' ? ` ${server}` : ''}` }]
  })
}

/** How a machine on the way tracks connections; undefined: not at all. */
export function trackingOf(node: NodeSpec): { readonly kind: Personality; readonly helper: ConntrackSpec['helper'] } {
  const { like, override, helper } = node.nat ?? node.conntrack ?? PLAIN
  return { kind: overridden(PERSONALITIES[like], override), helper }
}
const PLAIN: ConntrackSpec = { like: 'linux', override: {}, helper: 'prerouting' }

/** A machine on the way, and what it sees of the two ends. */
interface Step {
  readonly node: NodeSpec
  readonly place: 'first' | 'between' | 'last'
  /** Its interfaces towards the client and towards the server; '' at the ends. */
  readonly near: string
  readonly far: string
  readonly client: Ipv4
  readonly server: Ipv4
  /** Does it give the client another address? */
  readonly translates: boolean
  /** Has it the address that is called, and gives the call to the server? */
  readonly forwards: boolean
  readonly call: CallKind
}

function stepsOf(lab: Lab, { way, targets }: Arrival, source: Ipv4, call: CallKind): Step[] {
  let client = source
  return way.nodes.flatMap((name, i): Step[] => {
    const node = lab.nodes.find(node => node.name === name)
    if (!node) return []
    const at = (link: number): string => lab.links[link]?.ends.find(end => end.node === name)?.iface ?? ''
    const [near, far] = [at(way.links[i - 1]), at(way.links[i])]
    const place = i === 0 ? 'first' : i === way.nodes.length - 1 ? 'last' : 'between'
    const outside = place === 'between' ? translated(node, near, far, client) : undefined
    const ends = { client, server: targets[i] }
    client = outside ?? client
    const [translates, forwards] = [outside !== undefined, i > 0 && targets[i] !== targets[i - 1]]
    return [{ node, place, near, far, ...ends, translates, forwards, call }]
  })
}

/** The address that a box gives a client that leaves through it. */
function translated({ nat, interfaces }: NodeSpec, near: string, far: string, client: Ipv4): Ipv4 | undefined {
  if (!nat || nat.outside !== far || !nat.inside.includes(near)) return undefined
  const pair = nat.oneToOne.find(({ inside }) => contains(inside, client))
  if (pair) return (pair.outside.network + (client - pair.inside.network)) as Ipv4
  return nat.addresses?.from ?? interfaces.find(({ name }) => name === far)?.ipv4?.address
}

/** GRE has nothing to give way with: without a helper what comes back finds nobody (docs/nat.md). */
function translation(step: Step): Obstacle | undefined {
  const { node, translates, client } = step
  if (!node.nat || !translates) return undefined
  const stop = { node: node.name, traffic: 'GRE', rule: '' } as const
  const { kind } = trackingOf(node)
  if (kind.gre.keys === 'refused') return { ...stop, what: 'drops', up: true }
  if (knowsWhose(step, node.nat, client)) return undefined
  return { ...stop, what: kind.pptp ? 'outgoing only' : 'no helper', up: false }
}

/** GRE to its address is for itself, unless a rule or the helper says whose it is. */
function forwarding(step: Step): Obstacle | undefined {
  const { node, forwards, server } = step
  if (!forwards) return undefined
  const finds =
    node.kind === 'load-balancer'
      ? node.balance.traffic.some(({ protocol }) => protocol === IpHeader.PROTOCOL.gre)
      : !node.nat || knowsWhose(step, node.nat, server)
  return finds ? undefined : { node: node.name, traffic: 'GRE', what: 'no forward', up: true, rule: '' }
}

/** Can GRE that comes to the outside address reach this inside machine? */
function knowsWhose(step: Step, nat: NatSpec, machine: Ipv4): boolean {
  return (
    trackingOf(step.node).kind.gre.keys !== 'call-id' ||
    step.call.fromZero ||
    helps(step) ||
    nat.oneToOne.some(({ inside }) => contains(inside, machine)) ||
    nat.forwards.some(({ protocol }) => protocol === IpHeader.PROTOCOL.gre)
  )
}

/** Does its PPTP helper see the control connection, and know this kind of call? */
function helps({ node, place, call }: Step): boolean {
  const { kind, helper } = trackingOf(node)
  if (!kind.pptp || (call.incoming && kind.pptp.caller === 'opener')) return false
  return helper === 'both' || helper === (place === 'first' ? 'output' : 'prerouting')
}

function refusal(step: Step, traffic: Obstacle['traffic']): Obstacle | undefined {
  const { filter, name } = step.node
  if (!filter) return undefined
  const rules = new RuleSet(filter)
  const chains: readonly [Chain, Chain] =
    step.place === 'first' ? ['output', 'input'] : step.place === 'last' ? ['input', 'output'] : ['forward', 'forward']
  const isByCall = filter.rules.some(({ matches }) => matches.some(({ kind }) => kind === 'call-id'))
  if (traffic === 'GRE' && isByCall) return undefined
  for (const up of [true, false]) {
    const rule = denial(rules, step, traffic, up, chains[up ? 0 : 1])
    if (rule?.denial)
      return { node: name, traffic, what: rule.denial.answer ? 'refuses' : 'drops', up, rule: rule.text }
  }
  return undefined
}

/** What refuses it in the first of its states, if something does in each. */
function denial(rules: RuleSet, step: Step, traffic: Obstacle['traffic'], up: boolean, chain: Chain): Rule | undefined {
  const packet = sample(traffic, up, step)
  // At an end of the way there is one interface only.
  const [inside, outside] = up ? [step.near, step.far] : [step.far, step.near]
  const passage = { chain, packet, inside, outside }
  const deciding = statesOf(rules, step, traffic, up).map(state => rules.deciding({ ...passage, state }))
  return deciding.every(rule => rule.denial) ? deciding[0] : undefined
}

function statesOf(rules: RuleSet, step: Step, traffic: Obstacle['traffic'], up: boolean): PacketState[] {
  const { node, call } = step
  if (!rules.asksState && !node.nat && !node.conntrack) return ['untracked']
  if (traffic === 'TCP 1723') return [up ? 'new' : 'established']
  // Without a helper each direction of GRE is a flow of its own, and never gets an answer.
  const alone = trackingOf(node).kind.gre.keys === 'call-id' && !call.fromZero && !helps(step)
  return alone ? ['new'] : ['new', 'established', 'related']
}

const SYN = 0x02
const SYN_ACK = 0x12
const TCP_HEADER = 20
/** Of a client. */
const ANY_PORT = 49_152
const PPTP_PORT = 1723

/** The first packet of its kind, as far as rules read it. */
function sample(traffic: Obstacle['traffic'], up: boolean, { client, server }: Step): Packet {
  const bytes = new Uint8Array(IpHeader.HEADER + TCP_HEADER)
  const [from, to] = up ? [client, server] : [server, client]
  const protocol = IpHeader.PROTOCOL[traffic === 'GRE' ? 'gre' : 'tcp']
  IpHeader.write(bytes, 0, bytes.length, 0, IpHeader.DF, 64, protocol, from, to)
  const view = new DataView(bytes.buffer, IpHeader.HEADER)
  if (traffic === 'GRE') view.setUint16(2, Gre.PROTOCOL_TYPE)
  else {
    view.setUint16(0, up ? ANY_PORT : PPTP_PORT)
    view.setUint16(2, up ? PPTP_PORT : ANY_PORT)
    view.setUint8(13, up ? SYN : SYN_ACK)
  }
  const packet = new Packet([], bytes, 0)
  packet.end = bytes.length
  return packet
}
