/** A lab as what a drawing of it says, in whatever form: nodes by kind, links with what they do, tunnels on their ways. */
import { formatIpv4, formatPrefix } from '../base/address.ts'
import type { Kind, Lab, LinkSpec, NodeSpec } from '../lab/lab.ts'
import { factsOf, type Note, notesOf } from './boxes.ts'
import { type QualityWords, qualityWords } from './quality.ts'
import { isCut, type Protection, reachOf, type Tunnel, tunnelsOf } from './tunnels.ts'

export interface Picture {
  readonly name: string
  readonly description: string
  readonly nodes: readonly PictureNode[]
  readonly links: readonly PictureLink[]
  readonly tunnels: readonly Tunnel[]
}

export interface PictureNode {
  readonly name: string
  readonly kind: Kind
  /** `client`; a kind that has no other word is its own. */
  readonly job: string
  /** RFC 2637's word for its part in a tunnel, or ''. */
  readonly role: string
  /** Not simulated: what is behind a door. */
  readonly outside: boolean
  /** Its own on links, `198.51.100.10`. */
  readonly addresses: readonly string[]
  /** What it does to packets, line by line. */
  readonly notes: readonly Note[]
  /** The same at length. */
  readonly facts: readonly string[]
}

export interface PictureLink {
  readonly index: number
  readonly ends: readonly [PictureEnd, PictureEnd]
  /** A telephone line, not a cable. */
  readonly serial: boolean
  /** `24 lines`, `line`; '' of what is none. */
  readonly lines: string
  /** `198.51.100.0/24`, or '' */
  readonly network: string
  /** As its first end sees it; and as its second. */
  readonly quality: readonly [QualityWords, QualityWords]
  /** Those that pass over it. */
  readonly tunnels: readonly Tunnel[]
  /** All of them are stopped before: nothing of them is seen here. */
  readonly dead: boolean
  /** Those that may come to it instead of their own way. */
  readonly spare: readonly Tunnel[]
  /** What packets are here before or behind a tunnel; undefined where there are none. */
  readonly leg: Protection | undefined
}

export interface PictureEnd {
  readonly node: string
  readonly iface: string
  /** `198.51.100.10/24`, or '' */
  readonly address: string
  /** `.10`, or '' */
  readonly host: string
  /** Of a box that translates: `inside` or `outside`. */
  readonly side: string
}

export function pictureOf(lab: Lab): Picture {
  const tunnels = tunnelsOf(lab)
  return {
    name: lab.name,
    description: lab.description,
    nodes: lab.nodes.map(node => pictureNode(node, roleOf(node, lab, tunnels), tunnels)),
    links: lab.links.map((link, index) => pictureLink(lab, link, index, tunnels)),
    tunnels,
  }
}

/** Of a voluntary tunnel the caller is the PNS; an access server is the PAC, and whom it calls the PNS (RFC 2637 §1.2). */
function roleOf(
  { name, kind }: { readonly name: string; readonly kind: string },
  lab: Lab,
  tunnels: readonly Tunnel[],
) {
  const { nodes } = lab
  if (kind === 'nas') return isPac(lab, name) ? 'PAC' : ''
  if (kind === 'client') return tunnels.some(({ client }) => client === name) ? 'PNS' : ''
  if (kind !== 'pptp-server') return ''
  const callers = tunnels.filter(({ server }) => server === name).map(({ client }) => client)
  const called = nodes.some(node => node.kind === 'client' && callers.includes(node.name))
  return called || !nodes.some(node => isPac(lab, node.name)) ? 'PAC' : 'PNS'
}
/** An access server that carries calls elsewhere, or makes them for a PNS; others only take callers in. */
const isPac = ({ nodes, events }: Lab, name: string): boolean =>
  nodes.some(
    node =>
      node.name === name &&
      node.kind === 'nas' &&
      (node.nas.tunnels.length > 0 || events.some(({ verb }) => verb === 'call')),
  )

const JOBS: ReadonlyMap<string, string> = new Map([
  ['pptp-server', 'server'],
  ['radius', 'RADIUS'],
  ['nas', 'NAS'],
  ['pstn', 'PSTN'],
  ['load-balancer', 'balancer'],
  ['tun', 'outside'],
  ['udp', 'outside'],
])

function pictureNode(node: NodeSpec, role: PictureNode['role'], tunnels: readonly Tunnel[]): PictureNode {
  const { name, kind, interfaces, nat } = node
  const job = nat ? 'NAT' : (JOBS.get(kind) ?? kind)
  return {
    name,
    kind,
    job,
    role,
    outside: job === 'outside',
    addresses: interfaces.flatMap(({ ipv4 }) => (ipv4 ? [formatIpv4(ipv4.address)] : [])),
    notes: notesOf(node, tunnels),
    facts: factsOf(node),
  }
}

export const lastOctet = (address: string): string => address.slice(address.lastIndexOf('.'))

function pictureLink({ nodes }: Lab, link: LinkSpec, index: number, tunnels: readonly Tunnel[]): PictureLink {
  const end = ({ node, iface, ipv4 }: LinkSpec['ends'][0]): PictureEnd => {
    const host = ipv4 ? formatIpv4(ipv4.address) : ''
    const nat = nodes.find(({ name }) => name === node)?.nat
    const side = nat?.inside.includes(iface) ? 'inside' : nat?.outside === iface ? 'outside' : ''
    return { node, iface, address: ipv4 ? `${host}/${ipv4.prefix.length}` : '', host: lastOctet(host), side }
  }
  const [a, b] = link.ends
  const ipv4 = a.ipv4 ?? b.ipv4
  const serial = link.type === 'serial'
  const own = tunnels.filter(({ way }) => way.links.includes(index))
  const legs = tunnels.flatMap(({ before, behind }) => [before, behind]).filter(({ links }) => links.includes(index))
  return {
    index,
    ends: [end(a), end(b)],
    serial,
    lines: !serial ? '' : link.lines > 1 ? `${link.lines} lines` : 'line',
    network: ipv4 ? formatPrefix(ipv4.prefix) : '',
    quality: [qualityWords([a.sends, b.sends]), qualityWords([b.sends, a.sends])],
    tunnels: own,
    dead: own.length > 0 && own.every(tunnel => tunnel.way.links.indexOf(index) >= reachOf(tunnel)),
    spare: tunnels.filter(one => !own.includes(one) && one.others.some(({ way }) => way.links.includes(index))),
    leg: WORST.find(one => legs.some(({ protection }) => protection === one)),
  }
}

/** What is said of a link where it is not the same for all. */
const WORST = ['clear', 'open', 'protected'] as const satisfies readonly Protection[]

/** `15 ms, 10 Mb/s, 1 % loss`; a telephone line says that it is one. */
export function linkWords({ quality, lines }: PictureLink, from: 0 | 1 = 0): string {
  const { delay, rate, faults } = quality[from]
  return [lines, delay, rate, ...faults].filter(word => word !== '').join(', ')
}

/** `1-3, 5`: numbers in order, as short as they can be said. */
export function numbers(list: readonly number[]): string {
  const runs: [number, number][] = []
  for (const no of list) {
    const last = runs.at(-1)
    if (last && no === last[1] + 1) last[1] = no
    else runs.push([no, no])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}${to === from + 1 ? ',' : '-'}${to}`)).join(',')
}

export const PROTECTION_WORDS: Readonly<Record<Protection, string>> = {
  protected: 'protected',
  clear: 'clear',
  none: 'no tunnel',
  open: 'protected or clear',
}

// The way of a tunnel as a strip: `pc ─── branch ═══ isp ═══ office ─── files`.

export interface Strip {
  readonly no: number
  /** From the client's side to the server's. */
  readonly legs: readonly StripLeg[]
  /** What is to be said of it, sentence by sentence. */
  readonly facts: readonly string[]
}
export interface StripLeg {
  /** Its nodes in order; the last is the first of the next leg. */
  readonly nodes: readonly string[]
  /** `clear` outside of the tunnel. */
  readonly protection: Protection
  readonly inside: boolean
  /** Behind what stops it. */
  readonly dead?: true
}

export function stripOf(tunnel: Tunnel): Strip {
  const { no, client, server, others, way, protection, because, before, behind, inner, routes, obstacle } = tunnel
  const nodes = way.nodes.map(name => (name === obstacle?.node ? `× ${name}` : name))
  const last = nodes[nodes.length - 1]
  if (way.nodes[way.nodes.length - 1] !== server)
    nodes[nodes.length - 1] = last === client ? last : `${last} (${server})`
  if (nodes.length === 1) nodes.push(server)
  const reach = reachOf(tunnel)
  const legs: StripLeg[] = isCut(tunnel)
    ? [
        { nodes: nodes.slice(0, reach + 1), protection, inside: true },
        { nodes: nodes.slice(reach), protection, inside: true, dead: true },
      ]
    : [{ nodes, protection, inside: true }]
  if (before.nodes.length > 0) {
    const first = before.inRow ? before.nodes : [several(before.nodes)]
    legs.unshift({ nodes: [...first, nodes[0]], protection: before.protection, inside: false })
  }
  if (behind.nodes.length > 0) {
    legs.push({ nodes: [nodes[nodes.length - 1], several(behind.nodes)], protection: 'clear', inside: false })
  }
  const leads = routes.length > 0 && protection !== 'none' ? `for ${routes.join(', ')}` : ''
  const inside = inner && protection !== 'none' ? `inside ${inner.client} to ${inner.server}` : ''
  const facts = [
    because,
    ...new Set(others.map(({ when }) => `${when}: ${serversIn(others, when)}`)),
    ...(inside || leads ? [[inside, leads].filter(word => word !== '').join(', ')] : []),
  ]
  return { no, legs, facts }
}

const serversIn = (others: Tunnel['others'], when: string): string =>
  others.flatMap(other => (other.when === when ? [other.server] : [])).join(' or ')

const several = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`

/** A strip in cells of one row: nodes, the lines between them, and in a row below what each leg is. */
export interface StripPlan {
  readonly nodes: readonly StripText[]
  readonly lines: readonly {
    readonly x: number
    readonly length: number
    readonly protection: Protection
    readonly inside: boolean
    readonly dead: boolean
  }[]
  readonly words: readonly StripText[]
  readonly columns: number
}
export interface StripText {
  readonly x: number
  readonly text: string
}

export function stripPlan(legs: readonly StripLeg[]): StripPlan {
  const nodes: StripText[] = [{ x: 0, text: legs[0].nodes[0] }]
  const lines: StripPlan['lines'][number][] = []
  const words: StripText[] = []
  let x = nodes[0].text.length
  for (const { nodes: names, protection, inside, dead = false } of legs) {
    const text = dead ? '' : PROTECTION_WORDS[protection]
    const between = names.slice(1, -1).reduce((sum, name) => sum + name.length + 2, 0)
    // As long as it must be for its words, and three at least.
    const length = Math.max(3, Math.ceil((text.length - between) / (names.length - 1)))
    const from = x + 1
    let to = from
    for (const name of names.slice(1)) {
      lines.push({ x: x + 1, length, protection, inside, dead })
      to = x + 1 + length
      nodes.push({ x: to + 1, text: name })
      x = to + 1 + name.length
    }
    if (text !== '') words.push({ x: from + ((to - from - text.length) >> 1), text })
  }
  return { nodes, lines, words, columns: x }
}

/** Sentences in lines, broken between words. */
export function wrapped(sentences: readonly string[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  const words = sentences
    .map((text, i) => (i < sentences.length - 1 ? `${text};` : text))
    .join(' ')
    .split(' ')
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

/** The same, with lines as even as can be: no word stands alone in the last one. */
export function balanced(text: string, width: number): string[] {
  const { length } = wrapped([text], width)
  let least = width
  while (length > 1 && least > 1 && wrapped([text], least - 1).length === length) least--
  return wrapped([text], least)
}
