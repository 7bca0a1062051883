/**
 * What must be true of NAT boxes whatever goes through them (issue: properties of translation), in the networks of
 * nat-lab.ts, under tunnels, TCP, UDP, ICMP, fragments, floods, reboots and exchanged boxes:
 *
 *     checksums   every packet on every line has right ones, quoted packets in ICMP errors too
 *     sharing     what a box shows outside stands for one inside conversation at a time
 *     limits      no table has more entries, no host more ports, and no port is outside the range, than the box allows
 *     memory      when all is over and every timeout has passed, nothing at all is remembered
 *
 * They are asked of the frames on the lines and of the events, not of the tables.
 */
import { ping } from '../../src/app/ping.ts'
import { formatIpv4, type Ipv4 as Ipv4Address, ip } from '../../src/base/address.ts'
import { get16, get32 } from '../../src/base/bytes.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { PacketFilter } from '../../src/filter/filter.ts'
import { apply } from '../../src/lab/events.ts'
import { PERSONALITIES } from '../../src/lab/filter.ts'
import type { Action } from '../../src/lab/lab.ts'
import { Run } from '../../src/lab/run.ts'
import type { TappedFrame } from '../../src/link/link.ts'
import { Client } from '../../src/node/client.ts'
import { IpNode } from '../../src/node/ip-node.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { type Box, natLab } from './nat-lab.ts'

const { tcp: TCP, udp: UDP, icmp: ICMP, gre: GRE } = Ipv4.PROTOCOL
const ETHERNET = 14
/** Traffic begins up to then; then users hang up, and after so long every timeout has passed (five days and more). */
const TRAFFIC = sec(90)
const HANG_UP = sec(100)
const END = sec(1_500_000)

export interface NatStorm {
  readonly problems: readonly string[]
  /** So much was looked at: a storm in a glass of water proves nothing. */
  readonly seen: { frames: number; translated: number; tunnels: number; flows: number; errors: number; whole: number }
}

/** `spoil` may break a box on purpose, to see that it is found. */
export function natStorm(seed: number, spoil: (filter: PacketFilter, box: Box) => void = () => {}): NatStorm {
  return new Storm(seed, spoil).result()
}

/** Wrong checksums of a whole IP packet, or of what an error quotes. */
function badSums(b: Uint8Array, at: number, end: number): string | undefined {
  const head = Ipv4.headerLength(b, at)
  if (Checksum.finish(Checksum.sum(b, at, at + head)) !== 0) return 'IP header'
  if (Ipv4.isFragment(b, at)) return undefined
  const data = at + head
  const stop = at + Ipv4.totalLength(b, at)
  const whole = stop <= end
  const protocol = Ipv4.protocol(b, at)
  if (protocol === ICMP) {
    if (whole && Checksum.finish(Checksum.sum(b, data, stop)) !== 0) return 'ICMP'
    if (!Icmp.isError(b[data]) || data + Icmp.HEADER + Ipv4.HEADER > end) return undefined
    const quoted = badSums(b, data + Icmp.HEADER, Math.min(stop, end))
    return quoted === undefined ? undefined : `${quoted}, quoted`
  }
  if (!whole || (protocol !== TCP && protocol !== UDP)) return undefined
  if (protocol === UDP && get16(b, data + 6) === 0) return undefined
  const pseudo = Checksum.pseudoHeader(Ipv4.source(b, at), Ipv4.destination(b, at), protocol, stop - data)
  return Checksum.finish(pseudo + Checksum.sum(b, data, stop)) === 0 ? undefined : protocol === TCP ? 'TCP' : 'UDP'
}

/** Two ends as entries of the trace write them; undefined: an ICMP error, a fragment, another protocol. */
interface Ends {
  readonly protocol: number
  readonly source: string
  readonly destination: string
  readonly port: number
}
function endsOf(b: Uint8Array, at: number): Ends | undefined {
  const protocol = Ipv4.protocol(b, at)
  const data = at + Ipv4.headerLength(b, at)
  if (Ipv4.isFragment(b, at)) return undefined
  const [source, destination] = [formatIpv4(Ipv4.source(b, at)), formatIpv4(Ipv4.destination(b, at))]
  const port = get16(b, data)
  if (protocol === TCP || protocol === UDP)
    return { protocol, source: `${source}:${port}`, destination: `${destination}:${get16(b, data + 2)}`, port }
  if (protocol === ICMP && (b[data] === 8 || b[data] === 0)) {
    const id = ` id ${Icmp.identifier(b, data)}`
    return { protocol, source: source + id, destination: destination + id, port: 0 }
  }
  if (protocol === GRE && (get32(b, data) & 0xffff) === 0x880b)
    return { protocol, source, destination: `${destination}/${get16(b, data + 6)}`, port: 0 }
  return undefined
}
/** From inside to outside. */
const turned = ({ protocol, source, destination, port }: Ends): Ends => ({
  protocol,
  source: destination,
  destination: source,
  port,
})
const nameOf = ({ protocol, source, destination }: Ends): string => `${protocol} ${source} > ${destination}`

/** Flows of one name: how many live, and when the latest of them has begun, and the first, counted in events. */
interface Live {
  readonly count: number
  readonly begun: number
  readonly first: number
}
const NONE: Live = { count: 0, begun: 0, first: 0 }

/** What is known of a box by its lines. */
class Watched {
  readonly box: Box
  readonly filter: PacketFilter
  /** Packets that have come in at one side, by id, as they were there. */
  readonly in = { lan0: new Map<string, Ends>(), wan0: new Map<string, Ends>() }
  /** What stands for what: outside to inside, and the latest from inside to outside. */
  readonly #shown = new Map<string, { readonly inside: string; readonly flow: string; readonly first: number }>()
  readonly #latest = new Map<string, string>()
  readonly #live = new Map<string, Live>()
  #begun = 0
  flows = 0

  constructor(box: Box, filter: PacketFilter) {
    this.box = box
    this.filter = filter
  }

  event(proto: string, entry: string, change: 1 | -1): void {
    this.flows += change
    this.#begun++
    for (const name of namesOf(proto, entry)) {
      const { count, begun, first } = this.#live.get(name) ?? NONE
      const now = this.#begun
      if (change < 0) this.#live.set(name, { count: count - 1, begun, first })
      else this.#live.set(name, { count: count + 1, begun: now, first: count === 0 ? now : first })
    }
  }

  #flowOf(name: string): Live {
    const found = this.#live.get(name)
    return found !== undefined && found.count > 0 ? found : NONE
  }

  /**
   * The one outside stands for the other inside. Who it stood for until now, if his flow has lived since then and nothing
   * else has stood for him. `yields`: an older flow may give way to a newer one.
   */
  stands(outside: string, inside: string, flow: string, yields: boolean): string | undefined {
    const before = this.#shown.get(outside)
    const { first, begun } = this.#flowOf(flow)
    this.#shown.set(outside, { inside, flow, first })
    const isLast = before && this.#latest.get(before.inside) === outside
    this.#latest.set(inside, outside)
    if (!before || before.inside === inside || !isLast) return undefined
    const other = this.#flowOf(before.flow)
    return other.count === 0 || other.first !== before.first || (yields && begun > other.begun)
      ? undefined
      : before.inside
  }

  /** As the box sees the ends of GRE: with call IDs, or addresses alone. */
  seenAs(ends: Ends): Ends {
    if (ends.protocol !== GRE || this.filter.setup.personality.gre.keys !== 'none') return ends
    return { ...ends, destination: ends.destination.replace(/\/.*/, '/0') }
  }
}
/** As entries of the trace write it. */
const tupleOf = ({ protocol, source, destination }: Ends): string =>
  `${Ipv4.protocolName(protocol)} ${protocol === ICMP ? source.replace(/ id.*/, '') : source} > ${destination}`
const fromOf = ({ protocol, source }: Ends): string => `from ${Ipv4.protocolName(protocol)} ${source}`
/** The ends of GRE on both sides of a box, in one order. */
const both = (one: string, other: string): string => `gre ${[one, other].sort().join(' ')}`

class Storm {
  readonly #seed: number
  readonly #random: Random
  readonly #run: Run
  readonly #targets: readonly string[]
  readonly #clients: readonly Client[]
  readonly #boxes = new Map<string, Watched>()
  readonly #problems: string[] = []
  readonly #seen = { frames: 0, translated: 0, tunnels: 0, flows: 0, errors: 0, whole: 0 }
  /** Fragments by link, direction, ends and identification, until they make a whole. */
  readonly #pieces = new Map<string, Uint8Array[]>()

  constructor(seed: number, spoil: (filter: PacketFilter, box: Box) => void) {
    const { lab, boxes, clients, targets } = natLab(seed)
    this.#seed = seed
    this.#random = seededRandom(seed).fork('storm')
    this.#targets = targets
    this.#run = new Run(lab, { fingerprint: false })
    const { nodes, links } = this.#run.simulation
    this.#clients = clients.map(name => nodes.get(name)).filter(node => node instanceof Client)
    for (const box of boxes) {
      const node = nodes.get(box.name)
      if (!(node instanceof IpNode) || !node.filtering) throw new Error(box.name)
      spoil(node.filtering.filter, box)
      this.#boxes.set(box.name, new Watched(box, node.filtering.filter))
    }
    this.#run.listen(event => this.#event(event), false)
    for (const index of links.keys()) this.#run.tap(index, frame => this.#frame(index, frame))
  }

  result(): NatStorm {
    const { nodes } = this.#run.simulation
    for (let i = 8 + this.#random.below(25); i > 0; i--) this.#at(this.#below(TRAFFIC), this.#anything())
    for (const client of this.#clients) {
      if (this.#random.chance(0.8)) this.#at(this.#below(sec(10)), () => client.connect())
      this.#at(HANG_UP, () => client.disconnect())
    }
    this.#run.advanceTo(END)
    for (const { box, filter } of this.#boxes.values())
      if (filter.held !== 0) this.#wrong(`memory: ${box.name} remembers ${filter.held} things`)
    for (const [name, node] of nodes)
      if (node instanceof Client && node.tunnelUp) this.#wrong(`${name} still has a tunnel`)
    return { problems: this.#problems, seen: this.#seen }
  }

  #wrong(problem: string): void {
    const t = this.#run.now / 1e9
    if (this.#problems.length < 20) this.#problems.push(`seed ${this.#seed}, ${t} s: ${problem}`)
  }
  #below(most: number): number {
    return this.#random.below(most / 1000) * 1000
  }
  #at(t: number, act: () => void): void {
    this.#run.simulation.world.scheduler.after(t, 'storm', act)
  }
  #pick<T>(all: readonly T[]): T {
    return all[this.#random.below(all.length)]
  }

  // What people, and worse, do

  #anything(): () => void {
    const { nodes } = this.#run.simulation
    const web = nodes.get('web')
    const client = this.#pick(this.#clients)
    const from = web instanceof IpNode && this.#random.chance(0.15) ? web : client
    const to = this.#pick(this.#targets)
    const size = this.#pick([8, 56, 600, 1472, 3000])
    const box = this.#pick([...this.#boxes.keys()])
    switch (this.#random.below(12)) {
      case 0:
        return () => client.disconnect()
      case 1:
      case 2: {
        const options = { count: 3, interval: ms(200), size, ttl: this.#pick([1, 2, 3, 64]), timeout: sec(5) }
        return () => ping(from.env, from.stack, { to: ip(to), dontFragment: this.#random.chance(0.3), ...options })
      }
      case 3:
      case 4:
        return this.#action({ verb: 'fetch', args: { from: from.env.node, to: ip(to), bytes: 30_000, port: 5001 } })
      case 5:
        return this.#flood(from, to)
      case 6:
        return this.#action({ verb: 'nat', args: { node: box, flush: true } })
      case 7:
        return this.#action({ verb: 'nat', args: { node: box, like: this.#pick(PERSONALITIES) } })
      case 8:
        return () => from.tcp.connect(ip(to), 1 + this.#random.below(100), {})?.end()
      case 9:
        return () => client.connect()
      default:
        return this.#datagrams(from, to, this.#pick([7, 9, 10, 11, 1234]), size)
    }
  }

  #action(action: object): () => void {
    return () => apply(this.#run.simulation, { at: 0, ...action } as Action)
  }

  #datagrams(from: IpNode, to: string, port: number, size: number): () => void {
    return () => {
      const socket = from.udp.openAny(() => {})
      for (let i = 0; i < 5; i++) this.#at(i * ms(500), () => socket?.send(ip(to), port, new Uint8Array(size)))
      this.#at(sec(20), () => socket?.close())
    }
  }

  /** As many flows as fit into no small table. */
  #flood(from: IpNode, to: string): () => void {
    const port = this.#pick([1, 50])
    return () => {
      const socket = from.udp.openAny(() => {})
      for (let i = 0; i < 100; i++) this.#at(i * ms(3), () => socket?.send(ip(to), port + i, new Uint8Array(10)))
      this.#at(sec(20), () => socket?.close())
    }
  }

  // What is seen of it

  #event(event: TraceEvent): void {
    if (
      event.event === 'interface' &&
      event.to === 'up' &&
      this.#run.simulation.nodes.get(event.node) instanceof Client
    )
      this.#seen.tunnels++
    if (event.event !== 'flow') return
    const watched = this.#boxes.get(event.node)
    if (!watched) return
    const change = event.action === 'begin' ? 1 : -1
    watched.event(event.proto, event.entry, change)
    if (change < 0) return
    this.#seen.flows++
    const { box, filter, flows } = watched
    if (flows > box.limit) this.#wrong(`limits: ${box.name} keeps ${flows} flows, ${box.limit} at most`)
    if (box.perHost > 0) this.#shares(box, filter)
  }

  #shares({ name, perHost }: Box, filter: PacketFilter): void {
    const hosts = new Map<number, number>()
    for (const { inside } of filter.nat.mappings.all) hosts.set(inside, (hosts.get(inside) ?? 0) + 1)
    for (const [host, count] of hosts)
      if (count > perHost)
        this.#wrong(
          `limits: ${name} gives ${formatIpv4((host >>> 0) as Ipv4Address)} ${count} ports, ${perHost} at most`,
        )
  }

  #frame(index: number, { bytes, packet, from, fate }: TappedFrame): void {
    const link = this.#run.simulation.lab.links[index]
    if (get16(bytes, 12) !== 0x0800 || fate === 'corrupted') return
    this.#seen.frames++
    const end = ETHERNET + Ipv4.totalLength(bytes, ETHERNET)
    const bad = badSums(bytes, ETHERNET, end)
    if (bad !== undefined) this.#wrong(`checksums: ${bad} of ${packet} from ${link.ends[from].node}`)
    if (Ipv4.protocol(bytes, ETHERNET) === ICMP && Icmp.isError(bytes[ETHERNET + 20])) this.#seen.errors++
    this.#piece(`${index} ${from}`, bytes.slice(ETHERNET, end), link.ends[from].node)
    const ends = endsOf(bytes, ETHERNET)
    if (!ends) return
    for (const side of [0, 1]) {
      const { node, iface } = link.ends[side]
      const watched = this.#boxes.get(node)
      if (!watched || (iface !== 'lan0' && iface !== 'wan0')) continue
      if (side !== from) watched.in[iface].set(packet, ends)
      else this.#left(watched, iface, packet, ends)
    }
  }

  /** Fragments are judged when all of a datagram have passed on one line. */
  #piece(where: string, b: Uint8Array, node: string): void {
    if (!Ipv4.isFragment(b, 0)) return
    const key = `${where} ${get32(b, 12)} ${get32(b, 16)} ${Ipv4.protocol(b, 0)} ${Ipv4.identification(b, 0)}`
    const all = this.#pieces.get(key) ?? []
    this.#pieces.set(key, all)
    if (all.some(one => Ipv4.fragmentOffset(one, 0) === Ipv4.fragmentOffset(b, 0))) return
    all.push(b)
    const last = all.find(one => !Ipv4.moreFragments(one, 0))
    if (!last) return
    const total = Ipv4.fragmentOffset(last, 0) + last.length - 20
    if (all.reduce((sum, one) => sum + one.length - 20, 0) !== total) return
    const whole = new Uint8Array(20 + total)
    for (const one of all) whole.set(one.subarray(20), 20 + Ipv4.fragmentOffset(one, 0))
    const first = all.find(one => Ipv4.fragmentOffset(one, 0) === 0) ?? b
    whole.set(first.subarray(0, 20))
    whole[2] = whole.length >> 8
    whole[3] = whole.length & 255
    whole[6] = 0
    whole[7] = 0
    Ipv4.setChecksum(whole, 0)
    this.#seen.whole++
    const bad = badSums(whole, 0, whole.length)
    if (bad !== undefined) this.#wrong(`checksums: ${bad} of fragments from ${node}`)
    this.#pieces.delete(key)
  }

  /** A packet has left a box at one side; if it came in at the other, one of the two stands for the other. */
  #left(watched: Watched, iface: 'lan0' | 'wan0', packet: string, ends: Ends): void {
    const { box } = watched
    const came = watched.in[iface === 'wan0' ? 'lan0' : 'wan0'].get(packet)
    if (!came || came.protocol !== ends.protocol) return
    const outwards = iface === 'wan0'
    if (nameOf(came) !== nameOf(ends)) this.#seen.translated++
    const stands = (outside: string, inside: string, flow: string, yields = false): void => {
      const before = watched.stands(outside, inside, flow, yields)
      if (before) this.#wrong(`sharing: at ${box.name} ${outside} stands for ${before} and for ${inside}`)
    }
    if (ends.protocol === GRE) {
      const [one, other] = [watched.seenAs(came), watched.seenAs(ends)]
      // What a port forward took for its own until the helper heard of the call (case B6) is reached no more.
      if (!outwards) stands(nameOf(one), nameOf(other), both(one.destination, other.destination), true)
      // With call IDs a packet that leaves says nothing of its sender but the address, which all have in common.
      else if (one !== came) stands(nameOf(other), nameOf(one), `gre ${one.source} > ${one.destination}`)
      return
    }
    const [outside, inside] = outwards ? [ends, came] : [turned(came), turned(ends)]
    stands(nameOf(outside), nameOf(inside), tupleOf(inside))
    if (ends.protocol === ICMP) return
    // RFC 4787 §4.1: an outside port is one inside port's, whatever the other end.
    const { mapping } = watched.filter.setup.personality
    const of = `${ends.protocol} `
    if (mapping === 'endpoint-independent') stands(of + outside.source, of + inside.source, fromOf(inside))
    const { port } = ends
    if (!outwards || port === came.port || came.port < 1024) return
    if (port < box.ports.from || port > box.ports.to)
      this.#wrong(`limits: ${box.name} gives port ${port} for ${came.port}`)
  }
}

/** Both directions of an entry and who sends; of GRE the pairs of ends too, since a packet has one of their call IDs. */
function namesOf(proto: string, entry: string): string[] {
  const tuples = entry.split(', answers ')
  const sources = tuples.map(tuple => `from ${proto} ${tuple.split(' ')[0]}`)
  if (proto !== 'gre') return [...tuples.map(tuple => `${proto} ${tuple}`), ...sources]
  const ends = tuples.flatMap(tuple => tuple.split(' > '))
  const ways = tuples.map(tuple => `gre ${tuple.replace(/\/\d+ /, ' ')}`)
  return [...new Set([...ends.flatMap(one => ends.map(other => both(one, other))), ...ways])]
}
