/**
 * Where a client that dials comes out: the telephone network, the access server, and the rule there that takes its call,
 * as the lab file says it. Nothing is run.
 *
 * Limits: a rule that looks at the line is judged by the first line of the access server that the number rings.
 */
import type { Ipv4 } from '../base/address.ts'
import { choose } from '../node/tunnel-rules.ts'
import type { ClientSpec, DialSpec, Lab, LinkSpec, NasSpec, NodeSpec } from './lab.ts'

export type Dialler = ClientSpec & { readonly dial: DialSpec }

export interface DialledCall {
  readonly client: Dialler
  readonly nas: NasSpec
  /** The rule that takes it, and what it says. */
  readonly rule: string
  readonly to: NasSpec['nas']['tunnels'][number]['to']
  /** Indices of the telephone lines from the client to the access server, and the nodes on them. */
  readonly links: readonly number[]
  readonly nodes: readonly string[]
}

export function dialledCalls(lab: Lab): DialledCall[] {
  const diallers = lab.nodes.filter((node): node is Dialler => node.kind === 'client' && node.dial !== undefined)
  return diallers.flatMap(client => callOf(lab, client) ?? [])
}

function callOf(lab: Lab, client: Dialler): DialledCall | undefined {
  for (const [index, link] of lab.links.entries()) {
    if (link.type !== 'serial') continue
    const ends = endsFrom(link, client.name)
    if (!ends) continue
    const far = ends[1]
    const node = nodeOf(lab, far.node)
    if (node?.kind === 'nas') return taken(client, node, '', far.iface, [index], [])
    if (node?.kind !== 'pstn') continue
    const calling = node.pstn.numbers.get(far.iface) ?? ''
    const port = [...node.pstn.numbers].find(([, number]) => number === client.dial.number)?.[0]
    const trunk = lab.links.findIndex(({ ends }) => ends.some(end => end.node === node.name && end.iface === port))
    const other = trunk < 0 ? undefined : endsFrom(lab.links[trunk], node.name)?.[1]
    const nas = other && nodeOf(lab, other.node)
    if (other && nas?.kind === 'nas') return taken(client, nas, calling, other.iface, [index, trunk], [node.name])
  }
  return undefined
}

/** A call that a PNS asks an access server to make, as `events` have it. */
export interface AskedCall {
  readonly server: string
  readonly nas: NasSpec
  /** The address at which the PNS calls the access server. */
  readonly via: Ipv4
  readonly number: string
  readonly client: Dialler
  /** From the client to the access server. */
  readonly links: readonly number[]
  readonly nodes: readonly string[]
}

/** Each number once, and only those that ring somewhere. */
export function askedCalls(lab: Lab): AskedCall[] {
  const calls: AskedCall[] = []
  for (const { verb, args } of lab.events) {
    if (verb !== 'call') continue
    const { from, via, number } = args
    const nas = lab.nodes.find(({ interfaces }) => interfaces.some(({ ipv4 }) => ipv4?.address === via))
    if (nas?.kind !== 'nas' || calls.some(call => call.server === from && call.number === number)) continue
    const rung = rungBy(lab, nas.name, number)
    if (rung) calls.push({ server: from, nas, via, number, ...rung })
  }
  return calls
}

function rungBy(lab: Lab, nas: string, number: string): Pick<AskedCall, 'client' | 'links' | 'nodes'> | undefined {
  for (const [trunk, link] of lab.links.entries()) {
    const pstn = nodeOf(lab, endsFrom(link, nas)?.[1].node ?? '')
    if (pstn?.kind !== 'pstn') continue
    const port = [...pstn.pstn.numbers].find(([, own]) => own === number)?.[0]
    const line = lab.links.findIndex(({ ends }) => ends.some(end => end.node === pstn.name && end.iface === port))
    const client = line < 0 ? undefined : nodeOf(lab, endsFrom(lab.links[line], pstn.name)?.[1].node ?? '')
    if (client?.kind !== 'client' || client.dial === undefined) continue
    return { client: client as Dialler, links: [line, trunk], nodes: [client.name, pstn.name, nas] }
  }
  return undefined
}

function taken(
  client: Dialler,
  nas: NasSpec,
  calling: string,
  line: string,
  links: readonly number[],
  between: readonly string[],
): DialledCall | undefined {
  const { number, user } = client.dial
  const choice = choose(nas.nas.tunnels, { called: number, calling, line, user })
  return choice && { client, nas, rule: choice.rule, to: choice.to, links, nodes: [client.name, ...between, nas.name] }
}

const nodeOf = ({ nodes }: Lab, name: string): NodeSpec | undefined => nodes.find(node => node.name === name)

/** The end of a link at a node, and the other. */
function endsFrom(
  { ends: [a, b] }: LinkSpec,
  node: string,
): readonly [LinkSpec['ends'][0], LinkSpec['ends'][0]] | undefined {
  if (a.node === node) return [a, b]
  return b.node === node ? [b, a] : undefined
}
