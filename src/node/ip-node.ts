/** The common part of all machines that speak IP: ports, stack, routes, and the small services of a lab. */
import { contains, formatIpv4, formatPrefix, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { IpPort, Sink } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { MachineView } from '../base/view.ts'
import type { IpInterface } from '../ip/interface.ts'
import { formatRoute, type RouteSpec } from '../ip/route.ts'
import { IpStack } from '../ip/stack.ts'
import { connectionName, TcpLayer, type TcpOptions, tcpMachine } from '../ip/tcp.ts'
import { UdpLayer } from '../ip/udp.ts'
import { EthernetPort } from '../link/ethernet.ts'
import type { LinkEnd } from '../link/link.ts'
import { RawPort } from '../link/raw.ts'
import { formatMac } from '../wire/ethernet.ts'
import { Filtering, type FilteringConfig, makeFiltering, type RuleChange } from './filtering.ts'
import { macFor } from './mac.ts'
import type { PortAddress, SimNode, Snapshot } from './node.ts'

/**
 * An IP packet inside a tunnel: as it enters a ppp interface, before it is encrypted, or leaves it, decrypted. Or a PPP frame
 * that an access server carries from a line into a tunnel as it is.
 */
export interface InsidePacket {
  readonly iface: string
  /** Into the tunnel, or out of it; `through`: a frame, and `iface` is the line. */
  readonly way: 'in' | 'out' | 'through'
  readonly packet: string
  /** The packet it was made from: when it leaves, the one that carried it. */
  readonly parent: string | undefined
  /** Valid during the call only. */
  readonly bytes: Uint8Array
}

export abstract class IpNode implements SimNode {
  abstract readonly kind: string
  /** Set by who wants to see what its ppp interfaces carry in clear. */
  inside: ((packet: InsidePacket) => void) | undefined
  readonly env: Env
  readonly stack: IpStack
  readonly udp: UdpLayer
  readonly tcp: TcpLayer
  readonly #ethernet: EthernetPort[] = []
  readonly #configured: readonly RouteSpec[]
  /** Its packet filter; undefined: everything passes. */
  filtering: Filtering | undefined

  /** `routes` are the configured ones; those whose interface does not exist yet wait for it. `tcp` is for all connections. */
  constructor(env: Env, forwarding: boolean, routes: readonly RouteSpec[], tcp: TcpOptions) {
    this.env = env
    this.stack = new IpStack(env, forwarding)
    this.udp = new UdpLayer(env, this.stack)
    this.tcp = new TcpLayer(env, this.stack, tcp)
    this.#configured = routes
  }

  plug(port: string, end: LinkEnd, address: PortAddress | undefined): void {
    if (!address) throw new Error(`${end.name} needs an address`)
    // What arrives needs the interface, which needs the port: both exist before the first packet comes.
    const up = (packet: Packet): void => this.stack.receive(packet, iface)
    const made = end.type === 'ethernet' ? this.#ethernetPort(port, end, address, up) : new RawPort(port, end, up)
    const iface = this.addInterface(made, address)
  }

  #ethernetPort(name: string, end: LinkEnd, { address, prefix }: PortAddress, up: Sink): IpPort {
    const port = new EthernetPort(this.env.scope(name), end, {
      name,
      mac: macFor(end.name),
      address,
      prefix,
      up,
      unresolved: packet => this.stack.undeliverable(packet),
      answersFor: wanted => this.answersFor(wanted),
    })
    this.#ethernet.push(port)
    return port
  }

  /** Does it answer ARP requests for this address of another machine? */
  protected answersFor(address: Ipv4): boolean {
    return this.filtering?.answersFor(address) ?? false
  }

  /** A machine without rules gets its first one. */
  change(rules: RuleChange): void {
    this.filtering ??= new Filtering(this, {})
    this.filtering.changeRules(rules)
  }

  /** Puts a packet filter into the machine. */
  fit(config: FilteringConfig): void {
    this.filtering = makeFiltering(this, config)
  }

  /** Adds an interface and the configured routes that were waiting for it. */
  addInterface(port: IpPort, { address, prefix }: PortAddress): IpInterface {
    const iface = this.stack.addInterface(port, address, prefix)
    this.filtering?.readdress()
    for (const route of this.#configured) if (this.#leavesBy(iface, route)) this.stack.addRoute(route)
    return iface
  }

  /** Gives an interface another address of its network, and tells the neighbours. */
  renumber(name: string, address: Ipv4): void {
    this.stack.renumber(name, address)
    this.#ethernet.find(port => port.name === name)?.renumber(address)
    this.env.trace.emit('interface', { iface: name, to: 'up', detail: `${formatIpv4(address)}, another address` })
  }

  #leavesBy(iface: IpInterface, { dev, via }: RouteSpec): boolean {
    if (dev !== undefined) return dev === iface.port.name
    // A server has thousands of ppp interfaces: all are asked only where this one is among the answers.
    return via !== undefined && contains(iface.prefix, via) && this.stack.interfaceTowards(via) === iface
  }

  start(): void {
    for (const port of this.#ethernet) port.announce()
  }

  machines(): Record<string, MachineView> {
    const machines: Record<string, MachineView> = {}
    for (const connection of this.tcp.connections) machines[tcpMachine(connection)] = this.tcp.view(connection)
    return machines
  }

  snapshot(): Snapshot {
    const interfaces: Record<string, Snapshot> = {}
    for (const { port, address, prefix } of this.stack.interfaces) {
      interfaces[port.name] = {
        address: formatIpv4(address),
        network: formatPrefix(prefix),
        mtu: port.mtu,
        up: port.up,
        ...(port instanceof EthernetPort ? { mac: formatMac(port.mac) } : {}),
      }
    }
    const arp: Record<string, string> = {}
    for (const port of this.#ethernet) {
      for (const { address, mac } of port.neighbours)
        arp[formatIpv4(address)] = mac === undefined ? 'incomplete' : formatMac(mac)
    }
    const tcp: Record<string, Snapshot> = {}
    for (const connection of this.tcp.connections) {
      const { state, sndUna, sndNxt, rcvNxt, rto, retransmits } = connection
      const { srtt, cwnd, ssthresh, mss } = connection.info()
      const facts = { state, sndUna, sndNxt, rcvNxt, rto, retransmits, srtt, cwnd, ssthresh, mss }
      tcp[connectionName(connection)] = facts
    }
    const routes = this.stack.routes.all.map(formatRoute)
    const filter = this.filtering?.snapshot()
    return { kind: this.kind, interfaces, routes, arp, tcp, ...(filter ? { filter } : {}) }
  }
}
