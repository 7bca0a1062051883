/**
 * A port whose other end is outside the simulation: packets of a real network come in and go out as the bytes they are.
 *
 * It is also the guard at the door: only the networks that the lab names may be talked to, so that a lab can never turn
 * the machine it runs on into a way between networks that nobody meant.
 *
 * Limits: on an Ethernet link the guard looks at IPv4 packets without VLAN tag; ARP and what no machine of ours reads
 * pass.
 */
import { contains, formatIpv4, type Ipv4, type Prefix } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import * as Ethernet from '../wire/ethernet.ts'
import { ipFacts, linkFacts } from '../wire/facts.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { LinkEnd } from './link.ts'

export class ExternalPort {
  /** What takes packets out; without it they end here. The view is valid during the call only. */
  leave: ((bytes: Uint8Array) => void) | undefined
  /** Packets that came in and went out, those that the guard stopped not counted. */
  entered = 0
  left = 0
  readonly name: string
  readonly #env: Env
  readonly #end: LinkEnd
  readonly #networks: readonly Prefix[] | undefined
  /** Where an IP packet begins in a frame of this link. */
  readonly #ipAt: number

  /** `networks` are those that may be talked to; undefined: all. */
  constructor(env: Env, name: string, end: LinkEnd, networks: readonly Prefix[] | undefined) {
    this.#env = env
    this.name = name
    this.#end = end
    this.#networks = networks
    this.#ipAt = end.type === 'ethernet' ? Ethernet.HEADER : 0
    end.receive = packet => this.#out(packet)
  }

  /** A packet (a frame, on Ethernet) comes in from outside. The bytes are copied. */
  enter(bytes: Uint8Array): void {
    const packet = this.#env.packets.from(bytes)
    if (packet.length < this.#ipAt + 1) return this.#drop(packet, 'malformed', 'truncated')
    if (packet.length > this.#ipAt + this.#end.mtu) return this.#drop(packet, 'malformed', 'bad-length')
    const ip = this.#ipIn(packet)
    if (ip === undefined) return this.#in(packet)
    if (packet.bytes[ip] >> 4 !== 4) return this.#drop(packet, 'not-ipv4')
    if (packet.end - ip < Ipv4Header.HEADER) return this.#drop(packet, 'malformed', 'truncated')
    const source = Ipv4Header.source(packet.bytes, ip)
    if (!this.#allows(source)) return this.#drop(packet, 'outside-range', undefined, source)
    if (this.#env.trace.packets) this.#tell('send', packet, ip)
    this.#in(packet)
  }

  #in(packet: Packet): void {
    this.entered++
    this.#end.send(packet)
  }

  #out(packet: Packet): void {
    const ip = this.#ipIn(packet)
    if (ip !== undefined && packet.end - ip >= Ipv4Header.HEADER) {
      const destination = Ipv4Header.destination(packet.bytes, ip)
      if (!this.#allows(destination)) return this.#drop(packet, 'outside-range', undefined, destination)
      if (this.#env.trace.packets) this.#tell('deliver', packet, ip)
    }
    this.left++
    this.leave?.(packet.data)
    packet.release()
  }

  /** Where the IP packet begins; undefined when the frame carries none. */
  #ipIn(packet: Packet): number | undefined {
    if (this.#ipAt === 0) return packet.start
    if (packet.length < Ethernet.HEADER) return undefined
    const isIp = Ethernet.type(packet.bytes, packet.start) === Ethernet.TYPE.ipv4
    return isIp ? packet.start + Ethernet.HEADER : undefined
  }

  #allows(address: Ipv4): boolean {
    if (this.#networks === undefined) return true
    for (const network of this.#networks) if (contains(network, address)) return true
    return false
  }

  /** The trace tells of the IP packet, whatever frames it. */
  #tell(event: 'send' | 'deliver', packet: Packet, ip: number): void {
    const frame = packet.start
    packet.start = ip
    this.#env.trace.emit(event, ipFacts(packet, this.name))
    packet.start = frame
  }

  #drop(packet: Packet, reason: DropReason, why?: 'truncated' | 'bad-length', end?: Ipv4): void {
    const detail = end === undefined ? undefined : `${formatIpv4(end)} is in none of them`
    this.#env.trace.drop({ reason, layer: 'external', ...linkFacts(packet, this.#end.type), why, detail })
    packet.release()
  }
}
