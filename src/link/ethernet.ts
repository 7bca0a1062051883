/** An Ethernet port with an IPv4 address: frames, and MAC addresses by ARP. */
import { BROADCAST, broadcastOf, type Ipv4, isMulticast, type Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { IpPort, Sink } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import * as Ethernet from '../wire/ethernet.ts'
import { linkFacts } from '../wire/facts.ts'
import { type ArpEntry, ArpResolver } from './arp.ts'
import type { LinkEnd } from './link.ts'

export interface EthernetOptions {
  readonly name: string
  readonly mac: Ethernet.Mac
  readonly address: Ipv4
  readonly prefix: Prefix
  /** IP packets that have arrived. */
  readonly up: Sink
  /** IP packets whose next hop nobody has; already traced, ownership passes on. */
  readonly unresolved: Sink
  /** Addresses of others for which ARP requests are answered (proxy ARP); absent: none. */
  answersFor?(address: Ipv4): boolean
}

export class EthernetPort implements IpPort {
  readonly name: string
  readonly mac: Ethernet.Mac
  readonly #env: Env
  readonly #end: LinkEnd
  readonly #options: EthernetOptions
  readonly #arp: ArpResolver
  readonly #broadcast: Ipv4 | undefined

  constructor(env: Env, end: LinkEnd, options: EthernetOptions) {
    this.name = options.name
    this.mac = options.mac
    this.#env = env
    this.#end = end
    this.#options = options
    this.#broadcast = broadcastOf(options.prefix)
    this.#arp = new ArpResolver(env, options.name, options.mac, options.address, {
      frame: (packet, mac, type) => this.#frame(packet, mac, type),
      unresolved: options.unresolved,
      answersFor: address => options.answersFor?.(address) ?? false,
    })
    end.receive = packet => this.#receive(packet)
  }

  get mtu(): number {
    return this.#end.mtu
  }
  get up(): boolean {
    return this.#end.up
  }
  get neighbours(): readonly ArpEntry[] {
    return this.#arp.entries
  }

  /** Tells the network who is here (gratuitous ARP, RFC 5227 §3). */
  announce(): void {
    this.#arp.announce()
  }

  renumber(address: Ipv4): void {
    this.#arp.renumber(address)
  }

  send(packet: Packet, nextHop: Ipv4): void {
    if (nextHop === BROADCAST || nextHop === this.#broadcast) {
      this.#frame(packet, Ethernet.BROADCAST, Ethernet.TYPE.ipv4)
    } else if (isMulticast(nextHop)) {
      // RFC 1112 §6.4: the low 23 bits behind 01:00:5e.
      this.#frame(packet, 0x01005e000000 + (nextHop & 0x7fffff), Ethernet.TYPE.ipv4)
    } else {
      const mac = this.#arp.lookup(nextHop)
      if (mac !== undefined) this.#frame(packet, mac, Ethernet.TYPE.ipv4)
      else this.#arp.wait(packet, nextHop)
    }
  }

  #frame(packet: Packet, to: Ethernet.Mac, type: number): void {
    Ethernet.write(packet.bytes, packet.prepend(Ethernet.HEADER), to, this.mac, type)
    this.#end.send(packet)
  }

  #receive(frame: Packet): void {
    const { bytes, start } = frame
    if (frame.length < Ethernet.HEADER) return this.#drop(frame, 'malformed')
    const to = Ethernet.destination(bytes, start)
    if (to !== this.mac && !Ethernet.isGroup(to)) return this.#drop(frame, 'not-for-us')
    const type = Ethernet.type(bytes, start)
    if (type !== Ethernet.TYPE.ipv4 && type !== Ethernet.TYPE.arp) return this.#drop(frame, 'unknown-ethertype')
    frame.start += Ethernet.HEADER
    if (type === Ethernet.TYPE.arp) this.#arp.receive(frame)
    else this.#options.up(frame)
  }

  #drop(frame: Packet, reason: 'malformed' | 'not-for-us' | 'unknown-ethertype'): void {
    const why = reason === 'malformed' ? { why: 'truncated' as const } : {}
    this.#env.trace.drop({ reason, layer: 'ethernet', ...linkFacts(frame, 'ethernet'), ...why })
    frame.release()
  }
}
