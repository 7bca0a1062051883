/**
 * Nodes, interfaces, links, addresses: what the parts of `topology` mean for each other.
 *
 * Everything is checked as far as it can be read: what is malformed has been reported by the schema and is passed over
 * here, so that one slip does not hide the next.
 *
 * Longer than 400 lines, since nodes and links depend on each other; what a node says of itself is read elsewhere.
 */
import {
  contains,
  formatIpv4,
  formatPrefix,
  type Ipv4,
  parseInterface,
  parseIpv4,
  parsePrefix,
} from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import { readBalance } from './balance.ts'
import { readFilter, readTracking } from './filter.ts'
import type {
  InterfaceAddress,
  InterfaceSpec,
  Kind,
  LineQuality,
  LinkEnd,
  LinkSpec,
  NodeSpec,
  QualityChange,
  RouteSpec,
} from './lab.ts'
import { ENDPOINT, splitRoute } from './leaf.ts'
import { readNas } from './nas.ts'
import { readNat } from './nat.ts'
import { suggest } from './nearest.ts'
import { network, sameNetwork, unfit } from './networks.ts'
import { readTun, readUdp } from './outside.ts'
import { readAccess, readClient } from './pptp.ts'
import { readRadiusNode } from './radius.ts'
import { DEFAULTS, KINDS } from './schema.ts'
import { readTcp } from './tcp.ts'
import { checkLine, isSerial, readDial, readPstn, DEFAULTS as SERIAL } from './telephone.ts'
import {
  child,
  emptyMap,
  entries,
  type Issues,
  integer,
  items,
  type MapTree,
  overlay,
  type Tree,
  text,
} from './tree.ts'
import { parsePercentage, parseRate, parseSize } from './units.ts'
import { readQualities, DEFAULTS as VERB_DEFAULTS } from './verbs.ts'

/** A node while it is read. */
export interface NodeDraft {
  readonly name: string
  /** Undefined: there is none, or nobody knows it. */
  readonly kind: Kind | undefined
  /** As in the file, for its place. */
  readonly tree: Tree
  /** With the defaults and its kind laid under it. */
  readonly merged: Tree
  readonly interfaces: InterfaceSpec[]
}

interface EndDraft {
  readonly node: NodeDraft
  readonly iface: string
  readonly tree: Tree
  ipv4?: InterfaceAddress
  ipv4Tree?: Tree
}

/** A link both of whose ends could be read. */
export interface LinkDraft {
  readonly index: number
  readonly tree: Tree
  readonly ends: readonly [EndDraft, EndDraft]
  /** False when an interface of it belongs to another link too: it says nothing about who meets whom. */
  readonly sound: boolean
}

export class Topology {
  readonly nodes = new Map<string, NodeDraft>()
  readonly links: LinkDraft[] = []
  readonly issues: Issues
  /** Links that are telephone lines, once all links are known. */
  #serial: ReadonlySet<number> | undefined
  /** False when an end or an address could not be read: then a route may be right and only seem wrong. */
  #allRead = true

  /** Texts of the files that the lab names. */
  readonly files = new Map<string, string>()
  readonly #readFile: (name: string) => string | undefined

  constructor(tree: Tree | undefined, issues: Issues, readFile: (name: string) => string | undefined) {
    this.issues = issues
    this.#readFile = readFile
    for (const [name, node] of entries(child(tree, 'nodes'))) this.#addNode(name, node, tree)
    for (const [index, link] of items(child(tree, 'links')).entries()) this.#addLink(index, link)
    this.#broadcastDomains()
  }

  /** Another file of the lab; it is remembered with it. */
  readFile(name: string): string | undefined {
    const text = this.files.get(name) ?? this.#readFile(name)
    if (text !== undefined) this.files.set(name, text)
    return text
  }

  get allRead(): boolean {
    return this.#allRead
  }

  /** The first address of a node, which is what its name means. */
  addressOf(node: NodeDraft): Ipv4 | undefined {
    return node.interfaces.find(iface => iface.ipv4)?.ipv4?.address
  }

  /** `isp:eth0`, who has the address from the beginning. */
  ownerOf(address: Ipv4): string | undefined {
    for (const { name, interfaces } of this.nodes.values()) {
      const iface = interfaces.find(({ ipv4 }) => ipv4?.address === address)
      if (iface) return `${name}:${iface.name}`
    }
    return undefined
  }

  // Nodes

  #addNode(name: string, tree: Tree, topology: Tree | undefined): void {
    const written = text(child(tree, 'kind'))
    const kind = KINDS.find(known => known === written)
    const base = kind && overlay(this.#defaultsFor(kind, topology), child(child(topology, 'kinds'), kind))
    this.nodes.set(name, { name, kind, tree, merged: overlay(base, tree) ?? tree, interfaces: [] })
  }

  /** Of the defaults, what this kind has a use for. */
  #defaultsFor(kind: Kind, topology: Tree | undefined): Tree | undefined {
    const defaults = child(topology, 'defaults')
    if (defaults?.kind !== 'map' || !hasStack(kind)) return undefined
    const useful: MapTree = emptyMap(defaults.path, defaults.mark)
    for (const [key, value] of defaults.entries) {
      if (key !== 'pptp' || kind === 'client' || kind === 'pptp-server') useful.entries.set(key, value)
    }
    return useful
  }

  // Links

  #addLink(index: number, tree: Tree): void {
    const ends = items(child(tree, 'endpoints')).map(end => this.#end(end))
    const drafts = ends.filter(end => end !== undefined)
    const claimed = drafts.map((end, side) => this.#claim(end, index, side === 0 ? 0 : 1))
    if (ends.length !== 2 || drafts.length !== 2) {
      this.#allRead = false
      return
    }
    const link: LinkDraft = { index, tree, ends: [drafts[0], drafts[1]], sound: !claimed.includes(false) }
    this.#allRead = this.#allRead && link.sound
    if (drafts[0].node === drafts[1].node) {
      this.#allRead = false
      this.issues.value(drafts[1].tree, `${drafts[0].node.name} is linked to itself.`)
      return
    }
    checkLine(tree, drafts, this.issues)
    const carries = child(tree, 'type')
    for (const { node } of drafts) {
      if (node.kind === 'tun' && text(carries) !== 'ip') {
        this.issues.value(
          carries ?? tree,
          `${node.name} is a TUN device, and that carries bare IP packets, not Ethernet frames.`,
          'type: ip',
        )
      }
      if (carries && text(carries) === 'ip' && node.kind === 'switch') {
        this.issues.value(
          carries,
          `${node.name} is a switch, and a switch passes on Ethernet frames, not bare IP packets.`,
        )
      }
    }
    this.links.push(link)
    // A telephone network has lines only: that has been said.
    if (isSerial(tree) || drafts.some(({ node }) => node.kind === 'pstn')) return
    this.#addresses(link)
    this.#oneNetwork(link)
  }

  #end(tree: Tree): EndDraft | undefined {
    const match = ENDPOINT.exec(text(tree) ?? '')
    if (!match) return undefined
    const node = this.nodes.get(match[1])
    if (!node) {
      this.issues.value(tree, `There is no node ${match[1]}.`, suggest(match[1], this.nodes.keys()))
      return undefined
    }
    if (/^(ppp\d*|lo)$/.test(match[2])) {
      this.issues.value(tree, `The name ${match[2]} is taken: the machine makes such interfaces by itself.`)
    }
    return { node, iface: match[2], tree }
  }

  /** Notes the interface with its node. An end whose link is broken counts too: its name is in use. */
  #claim(end: EndDraft, link: number, side: 0 | 1): boolean {
    const { node, iface } = end
    const earlier = node.interfaces.find(other => other.name === iface)
    if (earlier) {
      const where = earlier.link === link ? 'the other end of this link' : `topology.links[${earlier.link}]`
      this.issues.value(end.tree, `${node.name}:${iface} is used twice, here and in ${where}.`)
      return false
    }
    node.interfaces.push({ name: iface, link, side })
    return true
  }

  #addresses(link: LinkDraft): void {
    const list = child(link.tree, 'ipv4')
    const written = items(list)
    for (const [side, end] of link.ends.entries()) {
      const entry = written[side]
      const name = `${end.node.name}:${end.iface}`
      if (hasNoAddresses(end.node.kind)) {
        if (entry && text(entry) !== 'none') this.#superfluous(end.node, name, entry)
      } else if (list && written.length !== 2) {
        this.#allRead = false
      } else if (!entry || text(entry) === 'none') {
        this.#allRead = false
        const message = `${name} needs an address.`
        const hint = 'ipv4: one entry for each end, such as [192.0.2.1/24, 192.0.2.2/24]'
        if (entry) this.issues.value(entry, message, hint)
        else this.issues.value(end.tree, message, hint)
      } else {
        this.#address(link, end, side, entry)
      }
    }
  }

  #superfluous(node: NodeDraft, name: string, entry: Tree): void {
    if (node.kind === 'switch') {
      return this.issues.value(entry, `${name} is a port of a switch, and those have no address.`, 'write none')
    }
    const where = node.kind === 'tun' ? '; what its device gets stands in tun.ipv4' : ''
    this.issues.value(entry, `${name} is outside the simulation and has no address in it${where}.`, 'write none')
  }

  #address(link: LinkDraft, end: EndDraft, side: number, entry: Tree): void {
    const ipv4 = parseInterface(text(entry) ?? '')
    const problem = ipv4 && unfit(ipv4)
    if (problem !== undefined) this.issues.value(entry, problem)
    if (!ipv4 || problem !== undefined) {
      this.#allRead = false
      return
    }
    end.ipv4 = ipv4
    end.ipv4Tree = entry
    const { interfaces } = end.node
    const at = interfaces.findIndex(iface => iface.link === link.index && iface.side === side)
    const own = interfaces.find((iface, i) => i !== at && iface.ipv4?.address === ipv4.address)
    if (own) this.issues.value(entry, `${end.node.name} has ${formatIpv4(ipv4.address)} already, at ${own.name}.`)
    const there = interfaces[at]
    if (there) interfaces[at] = { name: there.name, link: there.link, side: there.side, ipv4 }
  }

  /** Between two machines without a switch: the usual slip, and one sentence for it. */
  #oneNetwork(link: LinkDraft): void {
    const [a, b] = link.ends
    if (!a.ipv4 || !b.ipv4 || !b.ipv4Tree || sameNetwork(a.ipv4, b.ipv4)) return
    const list = child(link.tree, 'ipv4') as Tree
    this.issues.value(
      list,
      `The two ends of a link must be in one network, and ${network(a.ipv4)} is not ${network(b.ipv4)}.`,
    )
  }

  // Broadcast domains: links that meet in switches.

  #broadcastDomains(): void {
    const roots = new Map<string, string>()
    const rootOf = (port: string): string => {
      const root = roots.get(port)
      return root === undefined ? port : rootOf(root)
    }
    const pointOf = (end: EndDraft) => (end.node.kind === 'switch' ? end.node.name : `${end.node.name}:${end.iface}`)
    const links = this.links.filter(link => link.sound)
    for (const { ends, tree } of links) {
      const [a, b] = ends.map(end => rootOf(pointOf(end)))
      if (a !== b) roots.set(a, b)
      else if (ends.every(end => end.node.kind === 'switch')) {
        this.issues.value(
          child(tree, 'endpoints') as Tree,
          'This link closes a loop of switches: they have no spanning tree, and frames would circle for ever.',
        )
      }
    }
    const domains = new Map<string, EndDraft[]>()
    for (const end of links.flatMap(link => link.ends)) {
      if (!end.ipv4) continue
      const root = rootOf(pointOf(end))
      domains.set(root, [...(domains.get(root) ?? []), end])
    }
    for (const ends of domains.values()) this.#checkDomain(ends)
  }

  #checkDomain(ends: readonly EndDraft[]): void {
    const owners = new Map<Ipv4, EndDraft>()
    for (const end of ends) {
      const { ipv4, ipv4Tree } = end as Required<EndDraft>
      const owner = owners.get(ipv4.address)
      if (owner && owner.node !== end.node) {
        const both = `${owner.node.name}:${owner.iface} has it too`
        this.issues.value(ipv4Tree, `${formatIpv4(ipv4.address)} is given twice in one network: ${both}.`)
      }
      owners.set(ipv4.address, owner ?? end)
      const first = ends[0].ipv4 as InterfaceAddress
      const direct = this.links.some(link => link.ends.includes(end) && link.ends.includes(ends[0]))
      if (direct || sameNetwork(first, ipv4)) continue
      const other = `${ends[0].node.name}:${ends[0].iface}`
      this.issues.value(
        ipv4Tree,
        `What hangs on one switch must be in one network: ${network(ipv4)} is not ${network(first)}, that of ${other}.`,
      )
    }
  }

  // What is made of it

  linkSpecs(): LinkSpec[] {
    return this.links.map(({ tree, ends }) => {
      const nodes = [ends[0].node.name, ends[1].node.name] as const
      const sends = readQualities(tree, nodes, (at, message, hint) => {
        this.issues.value(at, message, hint)
        return undefined
      })
      const usual = isSerial(tree) ? SERIAL_QUALITY : VERB_DEFAULTS.quality
      const there = quality(sends[0], usual)
      // Most lines are alike in both directions.
      const back = alike(...sends) ? there : quality(sends[1], usual)
      const [a, b] = ends.map(({ node: { name: node }, iface, ipv4 }, side): LinkEnd => {
        const sends = side === 0 ? there : back
        return ipv4 ? { node, iface, ipv4, sends } : { node, iface, sends }
      })
      const type = LINK_TYPES.find(known => known === text(child(tree, 'type'))) ?? DEFAULTS.type
      return {
        name: ends.map(end => `${end.node.name}:${end.iface}`).join('-'),
        type,
        lines: integer(child(tree, 'lines')) ?? SERIAL.lines,
        mtu: integer(child(tree, 'mtu')) ?? DEFAULTS.mtu,
        ends: [a, b],
      }
    })
  }

  /** Undefined when a node is not fit to be built; the reason has been reported. */
  nodeSpec(node: NodeDraft): NodeSpec | undefined {
    const { name, kind, merged, interfaces } = node
    const routes = hasStack(kind) ? this.#routes(node) : []
    const tcp = hasStack(kind) ? readTcp(child(merged, 'tcp')) : undefined
    // Arrays without room to grow, and what is spread last: what follows a spread gives every object a hidden class of its own, which costs more than the object.
    const common = {
      name,
      interfaces: interfaces.slice(),
      routes: routes.slice(),
      ...(tcp === undefined ? {} : { tcp }),
      ...(hasStack(kind) && blocksTooBig(merged) ? { blocksTooBig: true } : {}),
      ...(hasStack(kind) ? this.#filter(node) : {}),
    }
    if (kind === 'client') {
      const dial = readDial(node, this.#linesOf(node), this)
      if (!callsServer(node)) return dial && { kind, dial, ...common }
      const pptp = readClient(node, this)
      if (!pptp) return undefined
      return dial ? { kind, pptp, dial, ...common } : { kind, pptp, ...common }
    }
    if (kind === 'pstn') {
      const pstn = readPstn(node, this)
      return pstn && { kind, pstn, ...common }
    }
    if (kind === 'nas') {
      const ports = this.#linesOf(node).map(({ name: port, link }) => ({ name: port, lines: this.#channelsOf(link) }))
      const nas = readNas(node, ports, this)
      return nas && { kind, nas, ...common }
    }
    if (kind === 'pptp-server') {
      const pptp = readAccess(node, 'pptp', this)
      return pptp && { kind, pptp, ...common }
    }
    if (kind === 'load-balancer') {
      const balance = readBalance(node, this)
      return balance && { kind, balance, ...common }
    }
    if (kind === 'radius') {
      const radius = readRadiusNode(node, this)
      return radius && { kind, radius, ...common }
    }
    if (kind === 'tun') return readTun(node, this)
    if (kind === 'udp') return readUdp(node, this)
    return kind && merged.kind === 'map' ? { kind, ...common } : undefined
  }

  /** What it lets pass, and what it translates. */
  #filter(node: NodeDraft): Pick<NodeSpec, 'filter' | 'conntrack' | 'nat' | 'clampMss'> {
    const filter = readFilter(node, this)
    const tracking = child(node.merged, 'conntrack')
    const conntrack = tracking && readTracking(tracking, false, this)
    const nat = readNat(node, filter, this)
    const clamp = standsInTheMiddle(node) ? child(node.merged, 'mss-clamp') : undefined
    const clampMss = text(clamp) === 'interfaces' ? 'interfaces' : integer(clamp)
    if (tracking && child(node.merged, 'nat')) {
      this.issues.key(
        tracking,
        `${node.name} has nat, and that says how connections are kept track of.`,
        'write it there',
      )
    }
    return {
      ...(filter === undefined ? {} : { filter }),
      ...(conntrack === undefined ? {} : { conntrack }),
      ...(nat === undefined ? {} : { nat }),
      ...(clampMss === undefined ? {} : { clampMss }),
    }
  }

  /** Its interfaces that are telephone lines. */
  #linesOf({ interfaces }: NodeDraft): InterfaceSpec[] {
    this.#serial ??= new Set(this.links.filter(({ tree }) => isSerial(tree)).map(({ index }) => index))
    const serial = this.#serial
    return interfaces.filter(({ link }) => serial.has(link))
  }

  #channelsOf(index: number): number {
    const link = this.links.find(known => known.index === index)
    return integer(child(link?.tree, 'lines')) ?? SERIAL.lines
  }

  #routes(node: NodeDraft): RouteSpec[] {
    const routes: RouteSpec[] = []
    const known = new Set<string>()
    for (const tree of items(child(node.merged, 'routes'))) {
      const prefix = parsePrefix(splitRoute(text(tree) ?? '')?.prefix ?? '')
      if (!prefix) continue
      if (known.has(formatPrefix(prefix))) {
        this.issues.value(tree, `${node.name} has a second route to ${formatPrefix(prefix)} here.`)
        continue
      }
      known.add(formatPrefix(prefix))
      const route = this.readRoute(node, tree)
      if (route) routes.push(route)
    }
    return routes
  }

  /** A route of a node; what is wrong with its gateway or its interface is reported. */
  readRoute(node: NodeDraft, tree: Tree): RouteSpec | undefined {
    const parts = splitRoute(text(tree) ?? '')
    const prefix = parts && parsePrefix(parts.prefix)
    if (!prefix) return undefined
    const via = parts.via === undefined ? undefined : parseIpv4(parts.via)
    const dev = this.#dev(node, parts.dev, tree)
    if (via !== undefined) this.#gateway(node, via, parts.dev, tree)
    return { prefix, ...(via === undefined ? {} : { via }), ...(dev === undefined ? {} : { dev }) }
  }

  #dev(node: NodeDraft, dev: string | undefined, tree: Tree): string | undefined {
    const tunnels = node.kind === 'client' || node.kind === 'pptp-server' || node.kind === 'nas'
    if (dev === undefined || (tunnels && /^ppp\d+$/.test(dev))) return dev
    const names = node.interfaces.map(iface => iface.name)
    if (this.#allRead && !names.includes(dev))
      this.issues.value(tree, `${node.name} has no interface ${dev}.`, suggest(dev, names))
    return dev
  }

  #gateway(node: NodeDraft, via: Ipv4, dev: string | undefined, tree: Tree): void {
    if (dev !== undefined && /^ppp\d+$/.test(dev)) return
    const attached = node.interfaces.filter(iface => iface.ipv4 && (dev === undefined || iface.name === dev))
    if (attached.some(iface => iface.ipv4?.address === via)) {
      this.issues.value(tree, `The gateway ${formatIpv4(via)} is ${node.name} itself.`)
    } else if (this.#allRead && !attached.some(iface => iface.ipv4 && contains(iface.ipv4.prefix, via))) {
      const networks = attached.map(iface => (iface.ipv4 ? `${iface.name} ${network(iface.ipv4)}` : ''))
      this.issues.value(
        tree,
        `The gateway ${formatIpv4(via)} is on no network that ${node.name} is attached to${dev ? ` by ${dev}` : ''}.`,
        networks.length > 0 ? `attached: ${networks.join(', ')}` : undefined,
      )
    }
  }

  /** An address, or that of a named node; `self` may not be meant. */
  address(tree: Tree | undefined, self?: NodeDraft): Ipv4 | undefined {
    const written = text(tree)
    if (!tree || written === undefined) return undefined
    const literal = parseIpv4(written)
    if (literal !== undefined || /^\d/.test(written)) return literal
    const node = this.nodes.get(written)
    if (!node) {
      this.issues.value(tree, `There is no node ${written}.`, suggest(written, this.nodes.keys()))
      return undefined
    }
    if (node === self) {
      this.issues.value(tree, `${written} would call itself.`)
      return undefined
    }
    const address = this.addressOf(node)
    // A node whose addresses are malformed has been reported; a switch, or what is outside, has none by nature.
    const bare = node.interfaces.length === this.#linesOf(node).length
    if (address === undefined && (hasNoAddresses(node.kind) || bare)) {
      const lines = node.kind === 'client' && bare && node.interfaces.length > 0
      const hint = lines ? 'PPP gives it one when a call is up: write the address' : undefined
      this.issues.value(tree, `${written} has no address.`, hint)
    }
    return address
  }
}

/** `icmp: { fragmentation-needed: off }` */
const blocksTooBig = (node: Tree): boolean => text(child(child(node, 'icmp'), 'fragmentation-needed')) === 'off'

/** Of a client or a server `mss-clamp` is a word of its tunnels. */
const standsInTheMiddle = ({ kind }: NodeDraft): boolean =>
  kind === 'router' || kind === 'firewall' || kind === 'load-balancer'

/** A switch, or what is outside the simulation, has no IP stack here, no routes and no addresses. */
const hasStack = (kind: Kind | undefined): boolean => kind !== undefined && !hasNoAddresses(kind)
const hasNoAddresses = (kind: Kind | undefined): boolean =>
  kind === 'switch' || kind === 'tun' || kind === 'udp' || kind === 'pstn'

/** Does a client have a tunnel of its own? What the defaults say of tunnels does not make one of a telephone line. */
export const callsServer = ({ tree, merged }: NodeDraft): boolean =>
  !child(merged, 'dial') || child(tree, 'pptp') !== undefined || child(child(merged, 'pptp'), 'server') !== undefined

const LINK_TYPES = ['ethernet', 'ip', 'serial'] as const
const SERIAL_QUALITY = { ...VERB_DEFAULTS.quality, ...SERIAL }

function alike(a: QualityChange, b: QualityChange): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof QualityChange)[]
  return keys.every(key => a[key] === b[key])
}

/** What is not said is as usual; a rate of null is no limit, and said. */
function quality(change: QualityChange, usual: { readonly [K in keyof LineQuality]-?: string }): LineQuality {
  const rate = change.rate === undefined ? parseRate(usual.rate) : (change.rate ?? undefined)
  return {
    delay: change.delay ?? (parseDuration(usual.delay) as number),
    jitter: change.jitter ?? (parseDuration(usual.jitter) as number),
    ...(rate === undefined ? {} : { rate }),
    queue: change.queue ?? (parseSize(usual.queue) as number),
    loss: change.loss ?? (parsePercentage(usual.loss) as number),
    corruption: change.corruption ?? (parsePercentage(usual.corruption) as number),
    duplication: change.duplication ?? (parsePercentage(usual.duplication) as number),
    reordering: change.reordering ?? (parsePercentage(usual.reordering) as number),
    noise: change.noise ?? (parsePercentage(usual.noise) as number),
  }
}
