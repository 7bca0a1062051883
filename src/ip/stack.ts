/**
 * The IPv4 layer of one node: input, forwarding, output, local delivery.
 *
 * Read RFC 791, RFC 1122 §3 (hosts) and RFC 1812 §4-5 (routers). A packet is one buffer: forwarding touches its TTL and
 * checksum in place and parses nothing else.
 *
 * Limits: no multicast delivery, no source routing, no redirects.
 */
import {
  ANY,
  BROADCAST,
  broadcastOf,
  contains,
  type Ipv4,
  isLoopback,
  isMulticast,
  isUnicast,
  type Prefix,
} from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { PacketHooks } from '../base/hooks.ts'
import type { IpPort } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Malformed } from '../base/result.ts'
import { SmallMap } from '../base/small-map.ts'
import { dropFacts, ipFacts } from '../wire/facts.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import { AddressCounts } from './address-counts.ts'
import { fragment, Reassembler } from './fragment.ts'
import { type IcmpError, IcmpLayer } from './icmp.ts'
import type { IpInterface } from './interface.ts'
import { formatRoute, type Route, type RouteSpec, RouteTable } from './route.ts'

/** What handles a protocol over IP. */
export interface PacketHandler {
  /** packet.start is at the IP header; the handler owns the packet. */
  receive(packet: Packet): void
  /** An ICMP error has come about a packet of this protocol that this node sent. */
  icmpError?(error: IcmpError): void
}

export interface OutputOptions {
  readonly ttl?: number
  readonly dontFragment?: boolean
  /** Defaults to the address of the interface that the route names. */
  readonly source?: Ipv4
}

const DEFAULT_TTL = 64
const NO_OPTIONS: OutputOptions = {}
/** What the trace calls the way of a node to itself. It has no MTU and cannot be down. */
const LOOPBACK = 'lo'

export class IpStack {
  readonly routes = new RouteTable()
  readonly icmp: IcmpLayer
  /** False: no ICMP message that a packet was too large is made here or passed on, as where somebody blocks ICMP. */
  tellsTooBig = true
  /** A packet filter that looks at what comes, passes and goes. */
  hooks: PacketHooks | undefined
  readonly #env: Env
  readonly #forwarding: boolean
  readonly #interfaces = new SmallMap<string, IpInterface>()
  /** Addresses of this node, with how many interfaces have each. */
  readonly #own = new AddressCounts()
  /** The broadcast addresses of its networks, counted as well. */
  readonly #broadcasts = new AddressCounts()
  readonly #handlers = new Map<number, PacketHandler>()
  /** Made for the first fragment. */
  #reassembler: Reassembler | undefined
  /** The same in front of a packet filter that wants whole datagrams. */
  #defragmenter: Reassembler | undefined
  #identification: number

  constructor(env: Env, forwarding: boolean) {
    this.#env = env
    this.#forwarding = forwarding
    this.#broadcasts.add(BROADCAST)
    this.#identification = env.random.fork('ip/ip-id').uint32()
    this.icmp = new IcmpLayer(env, this)
    this.handle(Ipv4Header.PROTOCOL.icmp, this.icmp)
  }

  get interfaces(): IterableIterator<IpInterface> {
    return this.#interfaces.values()
  }

  interface(name: string): IpInterface | undefined {
    return this.#interfaces.get(name)
  }

  /** Adds an interface and the route to its network. */
  addInterface(port: IpPort, address: Ipv4, prefix: Prefix): IpInterface {
    const iface: IpInterface = { port, address, prefix }
    this.#interfaces.set(port.name, iface)
    this.#count(iface, 'add')
    this.addRoute({ prefix, dev: port.name })
    return iface
  }

  /** Removes an interface with every route that leaves by it. */
  removeInterface(name: string): void {
    const iface = this.#interfaces.get(name)
    if (!iface) return
    this.#interfaces.delete(name)
    this.#count(iface, 'remove')
    for (const route of this.routes.by(iface)) this.removeRoute(route)
  }

  /** Gives an interface another address of its network; its routes stay. */
  renumber(name: string, address: Ipv4): void {
    const iface = this.#interfaces.get(name)
    if (!iface) return
    this.#count(iface, 'remove')
    iface.address = address
    this.#count(iface, 'add')
  }

  #count({ address, prefix }: IpInterface, change: 'add' | 'remove'): void {
    const broadcast = broadcastOf(prefix)
    this.#own[change](address)
    if (broadcast !== undefined) this.#broadcasts[change](broadcast)
  }

  /** Adds a route; undefined when there is no such interface, or its gateway is in none of the networks. */
  addRoute(spec: RouteSpec): Route | undefined {
    const towards = spec.via === undefined ? undefined : this.interfaceTowards(spec.via)
    const iface = spec.dev === undefined ? towards : this.#interfaces.get(spec.dev)
    if (!iface) return undefined
    const route: Route = { prefix: spec.prefix, via: spec.via, iface }
    this.routes.add(route)
    this.#tell('add', route)
    return route
  }

  /** Removes a route; the one that it had displaced is in use again. */
  removeRoute(route: Route): void {
    if (!this.routes.remove(route)) return
    this.#tell('remove', route)
    const back = this.routes.at(route.prefix)
    if (back) this.#tell('add', back)
  }

  #tell(action: 'add' | 'remove', route: Route): void {
    if (this.#env.trace.on) this.#env.trace.emit('route', { action, route: formatRoute(route) })
  }

  /** The interface whose network holds the address; of several the one with the smallest network. */
  interfaceTowards(address: Ipv4): IpInterface | undefined {
    let best: IpInterface | undefined
    for (const iface of this.#interfaces.values()) {
      if (contains(iface.prefix, address) && (!best || iface.prefix.length > best.prefix.length)) best = iface
    }
    return best
  }

  /** The source address that a packet to this destination would get. */
  sourceFor(destination: Ipv4): Ipv4 | undefined {
    if (this.isOwn(destination)) return destination
    return this.routes.lookup(destination)?.iface.address
  }

  /** The MTU of the interface by which packets to this destination leave. */
  mtuTowards(destination: Ipv4): number | undefined {
    return this.routes.lookup(destination)?.iface.port.mtu
  }

  /** Is it an address of this machine, and not that of a whole network? */
  isOwn(address: Ipv4): boolean {
    return this.#own.has(address) || isLoopback(address)
  }

  /** A broadcast address of any network that this machine stands in. */
  isBroadcast(address: Ipv4): boolean {
    return this.#broadcasts.has(address)
  }

  handlerOf(protocol: number): PacketHandler | undefined {
    return this.#handlers.get(protocol)
  }
  handle(protocol: number, handler: PacketHandler): void {
    this.#handlers.set(protocol, handler)
  }

  /** The same by name, for ports that come and go. */
  receiveFrom(name: string, packet: Packet): void {
    const iface = this.#interfaces.get(name)
    if (iface) this.receive(packet, iface)
    else this.#discard(packet, 'interface-down')
  }

  /** No neighbour answered for the next hop of this packet, which starts with its IP header and has been traced. */
  undeliverable(packet: Packet): void {
    this.icmp.unreachable(packet, Icmp.UNREACHABLE.host)
    packet.release()
  }

  /** A packet has arrived at an interface. */
  receive(packet: Packet, iface: IpInterface): void {
    const { bytes, start } = packet
    const trouble = Ipv4Header.check(bytes, start, packet.end)
    if (trouble) {
      this.#dropMalformed(packet, trouble)
      return
    }
    packet.end = start + Ipv4Header.totalLength(bytes, start)
    if (this.hooks) this.#filterIncoming(this.hooks, packet, iface)
    else this.#route(packet, iface)
  }

  #filterIncoming(hooks: PacketHooks, packet: Packet, iface: IpInterface): void {
    let whole: Packet | undefined = packet
    if (hooks.wantsWhole && Ipv4Header.isFragment(packet.bytes, packet.start)) {
      this.#defragmenter ??= this.#makeReassembler()
      whole = this.#defragmenter.receive(packet)
    }
    if (whole && hooks.prerouting(whole, iface.port.name)) this.#route(whole, iface)
  }

  /** For this machine, or to be passed on? */
  #route(packet: Packet, iface: IpInterface): void {
    const { bytes, start } = packet
    const source = Ipv4Header.source(bytes, start)
    const destination = Ipv4Header.destination(bytes, start)
    if (this.#own.has(destination) || this.#broadcasts.has(destination)) {
      // RFC 1122 §3.2.1.3: a source is one machine; one that does not know its address yet can only broadcast.
      const nameless = source === ANY && destination === BROADCAST
      if (this.#broadcasts.has(source) || !(isUnicast(source) || nameless)) this.#discard(packet, 'martian')
      else this.#deliver(packet, iface.port.name)
    } else if (!this.#forwarding || isMulticast(destination)) this.#discard(packet, 'not-for-us')
    // RFC 1812 §5.3.7
    else if (!isUnicast(source) || !isUnicast(destination)) this.#discard(packet, 'martian')
    else this.#forward(packet, destination, iface.port.name)
  }

  #deliver(packet: Packet, iface: string): void {
    let whole: Packet | undefined = packet
    if (Ipv4Header.isFragment(packet.bytes, packet.start)) {
      this.#reassembler ??= this.#makeReassembler()
      whole = this.#reassembler.receive(packet)
      if (!whole) return
    }
    if (this.hooks && !this.hooks.input(whole, iface)) return
    const handler = this.#handlers.get(Ipv4Header.protocol(whole.bytes, whole.start))
    if (!handler) {
      this.drop(whole, 'no-protocol', undefined, this.hooks?.entryOf(whole))
      this.icmp.unreachable(whole, Icmp.UNREACHABLE.protocol)
      whole.release()
      return
    }
    if (this.#env.trace.packets) this.#env.trace.emit('deliver', ipFacts(whole, iface))
    handler.receive(whole)
  }

  #makeReassembler(): Reassembler {
    return new Reassembler(this.#env, {
      dropped: (packet, reason) => this.drop(packet, reason),
      expired: first => first && this.icmp.timeExceeded(first, Icmp.EXCEEDED.reassembly),
    })
  }

  #forward(packet: Packet, destination: Ipv4, inside: string): void {
    const { bytes, start } = packet
    if (Ipv4Header.ttl(bytes, start) <= 1) {
      this.drop(packet, 'ttl-expired')
      this.icmp.timeExceeded(packet, Icmp.EXCEEDED.ttl)
      packet.release()
      return
    }
    const route = this.routes.lookup(destination)
    if (!route) {
      this.drop(packet, 'no-route')
      this.icmp.unreachable(packet, Icmp.UNREACHABLE.net)
      packet.release()
      return
    }
    if (!this.tellsTooBig && isTooBig(packet)) {
      this.#discard(packet, 'icmp-blocked')
      return
    }
    const { iface } = route
    const mtu = iface.port.mtu
    if (packet.length > mtu && Ipv4Header.dontFragment(bytes, start)) {
      this.drop(packet, 'fragmentation-needed', `${packet.length} octets, ${iface.port.name} carries ${mtu}`)
      if (this.tellsTooBig) this.icmp.fragmentationNeeded(packet, mtu)
      packet.release()
      return
    }
    Ipv4Header.decrementTtl(bytes, start)
    const { hooks } = this
    if (hooks && !(hooks.forward(packet, inside, iface.port.name) && hooks.postrouting(packet, iface.port.name))) return
    if (this.#env.trace.packets) this.#env.trace.emit('forward', ipFacts(packet, iface.port.name))
    this.#transmit(packet, iface, route.via ?? destination)
  }

  /** Cuts into fragments what is too large and hands the packet to the interface. */
  #transmit(packet: Packet, iface: IpInterface, nextHop: Ipv4): void {
    if (packet.length <= iface.port.mtu) iface.port.send(packet, nextHop)
    else for (const piece of fragment(this.#env, packet, iface.port.mtu)) iface.port.send(piece, nextHop)
  }

  /**
   * Sends a packet of this node: writes the IP header in front of the payload and finds the way. Returns why it could
   * not leave, if so; that has been traced then, and the packet released.
   */
  output(
    packet: Packet,
    destination: Ipv4,
    protocol: number,
    options: OutputOptions = NO_OPTIONS,
  ): DropReason | undefined {
    let local = this.isOwn(destination)
    let route = local ? undefined : this.routes.lookup(destination)
    let iface = route?.iface
    const source = options.source ?? (local ? destination : iface?.address) ?? ANY
    const at = packet.prepend(Ipv4Header.HEADER)
    this.#identification = (this.#identification + 1) & 0xffff
    const flags = options.dontFragment ? Ipv4Header.DF : 0
    const ttl = options.ttl ?? DEFAULT_TTL
    Ipv4Header.write(packet.bytes, at, packet.length, this.#identification, flags, ttl, protocol, source, destination)
    let target = destination
    if (this.hooks) {
      if (!this.hooks.output(packet, local ? LOOPBACK : (iface?.port.name ?? ''))) return 'filter-drop'
      target = Ipv4Header.destination(packet.bytes, packet.start)
      if (target !== destination) {
        local = this.isOwn(target)
        route = local ? undefined : this.routes.lookup(target)
        iface = route?.iface
      }
    }
    if (local) {
      this.#loop(packet)
      return undefined
    }
    if (!iface?.port.up) {
      const reason = iface ? 'interface-down' : 'no-route'
      this.#discard(packet, reason)
      return reason
    }
    if (options.dontFragment && packet.length > iface.port.mtu) {
      this.#discard(
        packet,
        'fragmentation-needed',
        `${packet.length} octets, ${iface.port.name} carries ${iface.port.mtu}`,
      )
      return 'fragmentation-needed'
    }
    if (this.hooks && !this.hooks.postrouting(packet, iface.port.name)) return 'filter-drop'
    if (this.#env.trace.packets) this.#env.trace.emit('send', ipFacts(packet, iface.port.name))
    // The limited broadcast is for the network of the interface: no gateway passes it on (RFC 1122 §3.3.6).
    this.#transmit(packet, iface, target === BROADCAST ? target : (route?.via ?? target))
    return undefined
  }

  /** What a node sends to itself passes through the event queue: no layer is entered twice at once. */
  #loop(packet: Packet): void {
    const { hooks } = this
    if (hooks && !hooks.postrouting(packet, LOOPBACK)) return
    if (this.#env.trace.packets) this.#env.trace.emit('send', ipFacts(packet, LOOPBACK))
    this.#env.clock.after(0, 'loopback', () => {
      if (!this.hooks || this.hooks.prerouting(packet, LOOPBACK)) this.#deliver(packet, LOOPBACK)
    })
  }

  /** Traces a drop; the caller still owns the packet. */
  drop(packet: Packet, reason: DropReason, detail?: string, entry?: string): void {
    this.#env.trace.drop({ reason, layer: 'ip', ...dropFacts(packet), detail, entry })
  }

  #discard(packet: Packet, reason: DropReason, detail?: string): void {
    this.drop(packet, reason, detail)
    packet.release()
  }

  #dropMalformed(packet: Packet, why: Malformed): void {
    const reason = why === 'bad-checksum' ? 'bad-checksum' : 'malformed'
    this.#env.trace.drop({ reason, layer: 'ip', ...dropFacts(packet), why })
    packet.release()
  }
}

/** An ICMP message that a packet was too large to be passed on. */
function isTooBig({ bytes, start, end }: Packet): boolean {
  if (Ipv4Header.protocol(bytes, start) !== Ipv4Header.PROTOCOL.icmp || Ipv4Header.fragmentOffset(bytes, start) > 0)
    return false
  const at = start + Ipv4Header.headerLength(bytes, start)
  const needed = Icmp.UNREACHABLE.fragmentationNeeded
  return at + 2 <= end && Icmp.type(bytes, at) === Icmp.TYPE.unreachable && Icmp.code(bytes, at) === needed
}
