/**
 * The IPv4 layer of one node: input, forwarding, output, local delivery.
 *
 * Read RFC 791, RFC 1122 §3 (hosts) and RFC 1812 §4-5 (routers). A packet is one buffer: forwarding touches its TTL and
 * checksum in place and parses nothing else.
 *
 * Limits: no multicast delivery, no source routing, no redirects.
 */
import { BROADCAST, broadcastOf, contains, type Ipv4, isMulticast, type Prefix } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { IpPort } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Malformed } from '../base/result.ts'
import { dropFacts, ipFacts } from '../wire/facts.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import { fragment, Reassembler } from './fragment.ts'
import { IcmpLayer } from './icmp.ts'
import type { IpInterface } from './interface.ts'
import { formatRoute, type Route, type RouteSpec, RouteTable } from './route.ts'

/** Gets a packet whose protocol it handles; packet.start is at the IP header. The handler owns the packet. */
export type ProtocolHandler = (packet: Packet, iface: IpInterface) => void

export interface OutputOptions {
  readonly ttl?: number
  readonly dontFragment?: boolean
  /** Defaults to the address of the interface that the route names. */
  readonly source?: Ipv4
}

const DEFAULT_TTL = 64
const NO_OPTIONS: OutputOptions = {}

export class IpStack {
  readonly routes = new RouteTable()
  readonly icmp: IcmpLayer
  readonly #env: Env
  readonly #forwarding: boolean
  readonly #interfaces = new Map<string, IpInterface>()
  /** Addresses of this node and the broadcast addresses of its networks, with how many interfaces have each. */
  readonly #local = new Map<number, number>([[BROADCAST, 1]])
  readonly #handlers: (ProtocolHandler | undefined)[] = new Array(256)
  readonly #reassembler: Reassembler
  #identification: number

  constructor(env: Env, forwarding: boolean) {
    this.#env = env
    this.#forwarding = forwarding
    this.#identification = env.random.fork('ip-id').uint32()
    this.icmp = new IcmpLayer(env, this)
    this.handle(Ipv4Header.PROTOCOL.icmp, packet => this.icmp.receive(packet))
    this.#reassembler = new Reassembler(env, {
      dropped: (packet, reason) => this.drop(packet, reason),
      expired: first => first && this.icmp.timeExceeded(first, Icmp.EXCEEDED.reassembly),
    })
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
    this.#countLocal(iface, 1)
    this.addRoute({ prefix, dev: port.name })
    return iface
  }

  /** Removes an interface with every route that leaves by it. */
  removeInterface(name: string): void {
    const iface = this.#interfaces.get(name)
    if (!iface) return
    this.#interfaces.delete(name)
    this.#countLocal(iface, -1)
    for (const route of this.routes.by(iface)) this.removeRoute(route)
  }

  /** A server has the same address on every ppp interface, so addresses are counted. */
  #countLocal({ address, prefix }: IpInterface, change: 1 | -1): void {
    for (const own of [address, broadcastOf(prefix)]) {
      if (own === undefined) continue
      const count = (this.#local.get(own) ?? 0) + change
      if (count > 0) this.#local.set(own, count)
      else this.#local.delete(own)
    }
  }

  /** Adds a route; undefined when there is no such interface, or its gateway is in none of the networks. */
  addRoute(spec: RouteSpec): Route | undefined {
    const towards = spec.via === undefined ? undefined : this.interfaceTowards(spec.via)
    const iface = spec.dev === undefined ? towards : this.#interfaces.get(spec.dev)
    if (!iface) return undefined
    const route: Route = { prefix: spec.prefix, via: spec.via, iface }
    this.routes.add(route)
    this.#env.trace.emit('route', { action: 'add', route: formatRoute(route) })
    return route
  }

  /** Removes a route; the one that it had displaced is in use again. */
  removeRoute(route: Route): void {
    if (!this.routes.remove(route)) return
    this.#env.trace.emit('route', { action: 'remove', route: formatRoute(route) })
    const back = this.routes.at(route.prefix)
    if (back) this.#env.trace.emit('route', { action: 'add', route: formatRoute(back) })
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
    if (this.isLocal(destination)) return destination
    return this.routes.lookup(destination)?.iface.address
  }

  /** The MTU of the interface by which packets to this destination leave. */
  mtuTowards(destination: Ipv4): number | undefined {
    return this.routes.lookup(destination)?.iface.port.mtu
  }

  isLocal(address: Ipv4): boolean {
    return this.#local.has(address)
  }

  handle(protocol: number, handler: ProtocolHandler): void {
    this.#handlers[protocol] = handler
  }

  /** The same by name, for ports that come and go. */
  receiveFrom(name: string, packet: Packet): void {
    const iface = this.#interfaces.get(name)
    if (iface) this.receive(packet, iface)
    else {
      this.drop(packet, 'interface-down')
      packet.release()
    }
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
    const source = Ipv4Header.source(bytes, start)
    if (isMulticast(source) || source === BROADCAST) {
      this.drop(packet, 'martian')
      packet.release()
      return
    }
    const destination = Ipv4Header.destination(bytes, start)
    if (this.#local.has(destination)) this.#deliver(packet, iface)
    else if (this.#forwarding && !isMulticast(destination)) this.#forward(packet, destination)
    else {
      this.drop(packet, 'not-for-us')
      packet.release()
    }
  }

  #deliver(packet: Packet, iface: IpInterface): void {
    let whole: Packet | undefined = packet
    if (Ipv4Header.isFragment(packet.bytes, packet.start)) {
      whole = this.#reassembler.receive(packet)
      if (!whole) return
    }
    const handler = this.#handlers[Ipv4Header.protocol(whole.bytes, whole.start)]
    if (!handler) {
      this.drop(whole, 'no-protocol')
      this.icmp.unreachable(whole, Icmp.UNREACHABLE.protocol)
      whole.release()
      return
    }
    if (this.#env.trace.on) this.#env.trace.emit('deliver', ipFacts(whole, iface.port.name))
    handler(whole, iface)
  }

  #forward(packet: Packet, destination: Ipv4): void {
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
    const { iface } = route
    const mtu = iface.port.mtu
    if (packet.length > mtu && Ipv4Header.dontFragment(bytes, start)) {
      this.drop(packet, 'fragmentation-needed', `${packet.length} octets, ${iface.port.name} carries ${mtu}`)
      this.icmp.fragmentationNeeded(packet, mtu)
      packet.release()
      return
    }
    Ipv4Header.decrementTtl(bytes, start)
    if (this.#env.trace.on) this.#env.trace.emit('forward', ipFacts(packet, iface.port.name))
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
    const local = this.#local.has(destination) && !isBroadcast(destination, this.#interfaces.values())
    const route = this.routes.lookup(destination)
    const iface = local ? this.#ownerOf(destination) : route?.iface
    const source = options.source ?? iface?.address ?? (0 as Ipv4)
    const at = packet.prepend(Ipv4Header.HEADER)
    this.#identification = (this.#identification + 1) & 0xffff
    const flags = options.dontFragment ? Ipv4Header.DF : 0
    const ttl = options.ttl ?? DEFAULT_TTL
    Ipv4Header.write(packet.bytes, at, packet.length, this.#identification, flags, ttl, protocol, source, destination)
    const trouble = !iface ? 'no-route' : !iface.port.up ? 'interface-down' : undefined
    if (!iface || trouble) {
      const reason = trouble ?? 'no-route'
      this.drop(packet, reason)
      packet.release()
      return reason
    }
    if (options.dontFragment && packet.length > iface.port.mtu) {
      this.drop(packet, 'fragmentation-needed', `${packet.length} octets, ${iface.port.name} carries ${iface.port.mtu}`)
      packet.release()
      return 'fragmentation-needed'
    }
    if (this.#env.trace.on) this.#env.trace.emit('send', ipFacts(packet, iface.port.name))
    // What a node sends to itself passes through the event queue too: no layer is entered twice at once.
    if (local) this.#env.clock.after(0, 'loopback', () => this.receive(packet, iface))
    else this.#transmit(packet, iface, route?.via ?? destination)
    return undefined
  }

  #ownerOf(address: Ipv4): IpInterface | undefined {
    for (const iface of this.#interfaces.values()) if (iface.address === address) return iface
    return undefined
  }

  /** Traces a drop; the caller still owns the packet. */
  drop(packet: Packet, reason: DropReason, detail?: string): void {
    this.#env.trace.drop({ reason, layer: 'ip', ...dropFacts(packet), detail })
  }

  #dropMalformed(packet: Packet, why: Malformed): void {
    const reason = why === 'bad-checksum' ? 'bad-checksum' : 'malformed'
    this.#env.trace.drop({ reason, layer: 'ip', ...dropFacts(packet), why })
    packet.release()
  }
}

function isBroadcast(address: Ipv4, interfaces: Iterable<IpInterface>): boolean {
  if (address === BROADCAST) return true
  for (const { prefix } of interfaces) if (broadcastOf(prefix) === address) return true
  return false
}
