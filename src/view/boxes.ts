/** What a machine does to the packets of others, or to those of its own: translation, rules, choice. In a few words. */
import { formatIpv4, formatPrefix } from '../base/address.ts'
import type { NatSpec, NodeSpec } from '../lab/lab.ts'
import { trackingOf } from '../lab/obstacles.ts'
import type { Tunnel } from './tunnels.ts'

export interface Note {
  /** `PPTP helper`: as short as a box wants it. */
  readonly text: string
  /** It stops a tunnel. */
  readonly stops: boolean
}

/** In the box, in its order. */
export function notesOf(node: NodeSpec, tunnels: readonly Tunnel[]): Note[] {
  const stops = tunnels.flatMap(({ obstacle }) => (obstacle?.node === node.name ? [obstacle] : []))
  const own = node.nat || (node.conntrack && trackingOf(node).kind.pptp) ? [helperNote(node)] : []
  const notes = own.map(text => ({ text, stops: stops.some(({ what, rule }) => rule === '' && !OTHER.has(what)) }))
  if (stops.some(({ what }) => what === 'outgoing only')) notes.push({ text: 'no help for ICRQ', stops: true })
  for (const traffic of ['TCP 1723', 'GRE'] as const) {
    const verbs = new Set(stops.filter(stop => stop.traffic === traffic && stop.rule !== '').map(({ what }) => what))
    if (verbs.size > 0) notes.push({ text: `${verbs.size === 1 ? [...verbs][0] : 'stops'} ${traffic}`, stops: true })
  }
  if (stops.some(({ what }) => what === 'no forward')) notes.push({ text: 'no GRE forward', stops: true })
  if (node.kind === 'load-balancer') {
    notes.push({ text: node.balance.persistence === 'source' ? 'by caller' : 'by flow', stops: false })
  }
  if (node.blocksTooBig) notes.push({ text: 'no ICMP too big', stops: false })
  const silent = node.filter && node.kind !== 'firewall' && notes.every(({ stops }) => !stops)
  return silent ? [...notes, { text: 'own firewall', stops: false }] : notes
}

/** They have notes of their own. */
const OTHER: ReadonlySet<string> = new Set(['no forward', 'outgoing only'])

/** What a NAT box makes of GRE, which has no ports (docs/nat.md). */
function helperNote(node: NodeSpec): string {
  const { kind } = trackingOf(node)
  if (kind.gre.keys === 'refused') return 'drops GRE'
  if (kind.gre.keys === 'one-host') return 'GRE to one host'
  if (kind.gre.keys === 'none') return 'one GRE a server'
  return kind.pptp ? 'PPTP helper' : 'no PPTP helper'
}

/** Phrases for a line of its own below the net; none of a machine that only is there. */
export function factsOf(node: NodeSpec): string[] {
  const { nat, conntrack, filter } = node
  const facts = [...(nat ? natFacts(node, nat) : []), ...balanceFacts(node)]
  if (!nat && conntrack && trackingOf(node).kind.pptp) facts.push(`PPTP helper at ${conntrack.helper}`)
  if (node.blocksTooBig) facts.push('makes and passes no ICMP message that a packet was too large')
  if (filter && filter.rules.length + Object.values(filter.policies).filter(one => one === 'drop').length > 0) {
    const { rules, policies } = filter
    const closed = (['input', 'forward', 'output'] as const).filter(chain => policies[chain] === 'drop')
    const count = `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`
    const only = rules.length === 1 ? `rule: ${rules[0].text}` : count
    facts.push([only, ...closed.map(chain => `policy ${chain} drop`)].join(', '))
  }
  return facts
}

function natFacts(node: NodeSpec, { like, inside, outside, addresses, ports, forwards, oneToOne }: NatSpec): string[] {
  const { from, to } = addresses ?? {}
  const range =
    from === undefined || to === undefined ? '' : ` as ${formatIpv4(from)}${to === from ? '' : `-${formatIpv4(to)}`}`
  const own = node.interfaces.find(({ name }) => name === outside)?.ipv4?.address
  const as = range !== '' || own === undefined ? range : ` as ${formatIpv4(own)}`
  return [
    `NAT like ${like}: ${inside.join(', ')} inside, ${outside} outside${as}${ports ? `, ports ${ports.from}-${ports.to}` : ''}`,
    ...forwards.map(({ text }) => `forwards ${text}`),
    ...oneToOne.map(pair => `${plain(formatPrefix(pair.inside))} is ${plain(formatPrefix(pair.outside))} outside`),
  ]
}
/** An address without `/32`. */
const plain = (prefix: string): string => prefix.replace(/\/32$/, '')

function balanceFacts(node: NodeSpec): string[] {
  if (node.kind !== 'load-balancer') return []
  const { servers, traffic, persistence } = node.balance
  const by = persistence === 'source' ? 'one for all flows of a caller' : 'for each flow anew'
  const what = traffic.map(({ text }) => text).join(', ')
  return [`draws ${servers.map(({ name }) => name).join(' or ')} for ${what}, ${by}`]
}
