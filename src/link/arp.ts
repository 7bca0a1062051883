/**
 * Address resolution (RFC 826) with what RFC 1122 §2.3.2 asks for: old entries are forgotten, requests are not
 * repeated faster than once a second, and packets wait for the answer.
 *
 * Limits: an address that two machines have is not detected (RFC 5227).
 */
import { ANY, formatIpv4, type Ipv4 } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Sink } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Malformed } from '../base/result.ts'
import type { Timer } from '../base/scheduler.ts'
import { type SimTime, sec } from '../base/time.ts'
import * as Arp from '../wire/arp.ts'
import { BROADCAST, formatMac, isGroup, type Mac, TYPE } from '../wire/ethernet.ts'
import { dropFacts } from '../wire/facts.ts'

const RETRY = sec(1)
/** Linux gives a neighbour three requests; a router then reports host-unreachable after three seconds. */
const TRIES = 3
/** RFC 1122 §2.3.2.1 suggests "on the order of a minute". */
const LIFETIME = sec(60)
const WAITING = 64
/** Neighbours that are remembered or asked for: Linux's gc_thresh3. */
const NEIGHBOURS = 1024

export interface ArpEntry {
  readonly address: Ipv4
  /** Undefined while the answer is awaited. */
  readonly mac: Mac | undefined
  readonly expires: SimTime
}

interface Pending {
  readonly packets: Packet[]
  readonly timer: Timer
  tries: number
}

interface ArpSinks {
  frame(packet: Packet, to: Mac, type: number): void
  unresolved: Sink
  /** Is it an address for which this machine answers, although it is another's (proxy ARP, RFC 1027)? */
  answersFor(address: Ipv4): boolean
}

export class ArpResolver {
  readonly #env: Env
  readonly #iface: string
  readonly #mac: Mac
  #address: Ipv4
  readonly #sinks: ArpSinks
  readonly #entries = new Map<Ipv4, ArpEntry>()
  readonly #pending = new Map<Ipv4, Pending>()

  constructor(env: Env, iface: string, mac: Mac, address: Ipv4, sinks: ArpSinks) {
    this.#env = env
    this.#iface = iface
    this.#mac = mac
    this.#address = address
    this.#sinks = sinks
  }

  /** What is known or asked for; what is too old is forgotten, though it may still stand here. */
  get entries(): ArpEntry[] {
    const { now } = this.#env.clock
    return [...this.#entries.values()].filter(({ mac, expires }) => mac === undefined || expires > now)
  }

  /** The neighbour's MAC address, if it is known and fresh. */
  lookup(address: Ipv4): Mac | undefined {
    const entry = this.#entries.get(address)
    return entry !== undefined && entry.expires > this.#env.clock.now ? entry.mac : undefined
  }

  /** Keeps the packet until the address is resolved, and asks for it if nobody has. */
  wait(packet: Packet, address: Ipv4): void {
    let pending = this.#pending.get(address)
    if (!pending) {
      if (this.#pending.size >= NEIGHBOURS) return this.#refuse(packet, address)
      const timer = this.#env.clock.timer(`arp ${formatIpv4(address)}`, () => this.#retry(address))
      pending = { packets: [], timer, tries: 0 }
      this.#pending.set(address, pending)
      this.#remember({ address, mac: undefined, expires: 0 })
      this.#retry(address)
    }
    if (pending.packets.length < WAITING) pending.packets.push(packet)
    else this.#refuse(packet, address)
  }

  #refuse(packet: Packet, address: Ipv4): void {
    this.#drop(packet, 'arp-queue-full', address)
    packet.release()
  }

  /** This machine has another address here from now on. */
  renumber(address: Ipv4): void {
    this.#address = address
    this.announce()
  }

  announce(): void {
    this.#send('request', BROADCAST, 0, this.#address)
  }

  receive(packet: Packet): void {
    const parsed = Arp.parse(packet.data)
    // RFC 1812 §3.3.2: nobody has a broadcast or multicast address.
    const why = !parsed.ok ? parsed.reason : isGroup(parsed.value.senderMac) ? 'bad-value' : undefined
    if (!parsed.ok || why) {
      this.#drop(packet, 'malformed', undefined, why)
      packet.release()
      return
    }
    packet.release()
    const { operation, senderMac, senderIp, targetIp } = parsed.value
    this.#trace('received', operation, senderIp, targetIp, senderMac)
    const forUs = targetIp === this.#address && senderIp !== this.#address
    // RFC 826, "merge flag": refresh what is known; learn somebody new only if they speak to us.
    // RFC 5227 §2.1.1: a probe has no sender yet.
    if (senderIp !== ANY && (this.#entries.has(senderIp) || forUs)) this.#learn(senderIp, senderMac)
    if (operation !== 'request' || senderIp === targetIp) return
    if (forUs) this.#send('reply', senderMac, senderMac, senderIp)
    else if (this.#sinks.answersFor(targetIp)) this.#send('reply', senderMac, senderMac, senderIp, targetIp)
  }

  #learn(address: Ipv4, mac: Mac): void {
    this.#remember({ address, mac, expires: this.#env.clock.now + LIFETIME })
    const pending = this.#pending.get(address)
    if (!pending) return
    this.#pending.delete(address)
    pending.timer.cancel()
    for (const packet of pending.packets) this.#sinks.frame(packet, mac, TYPE.ipv4)
  }

  /** In the order of what was last heard; the oldest makes room. */
  #remember(entry: ArpEntry): void {
    this.#entries.delete(entry.address)
    this.#entries.set(entry.address, entry)
    if (this.#entries.size <= NEIGHBOURS) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest)
  }

  #retry(address: Ipv4): void {
    const pending = this.#pending.get(address) as Pending
    if (pending.tries < TRIES) {
      pending.tries++
      pending.timer.arm(RETRY)
      this.#send('request', BROADCAST, 0, address)
      return
    }
    this.#pending.delete(address)
    this.#entries.delete(address)
    for (const packet of pending.packets) {
      this.#drop(packet, 'arp-timeout', address)
      this.#sinks.unresolved(packet)
    }
  }

  #send(operation: Arp.Arp['operation'], to: Mac, targetMac: Mac, targetIp: Ipv4, senderIp = this.#address): void {
    const tells = operation === 'reply' || targetIp === this.#address
    this.#trace('sent', operation, senderIp, targetIp, tells ? this.#mac : 0)
    const bytes = Arp.write({ operation, senderMac: this.#mac, senderIp, targetMac, targetIp })
    this.#sinks.frame(this.#env.packets.from(bytes), to, TYPE.arp)
  }

  #trace(way: 'sent' | 'received', operation: Arp.Arp['operation'], sender: Ipv4, target: Ipv4, mac: Mac): void {
    if (!this.#env.trace.on) return
    const type = sender === target ? 'announcement' : operation
    const address = formatIpv4(type === 'request' ? target : sender)
    this.#env.trace.emit('arp', { way, type, iface: this.#iface, address, mac: mac === 0 ? '' : formatMac(mac) })
  }

  #drop(packet: Packet, reason: DropReason, address: Ipv4 | undefined, why?: Malformed): void {
    const detail = address === undefined ? undefined : `${this.#iface} asked for ${formatIpv4(address)}`
    this.#env.trace.drop({ reason, layer: 'arp', ...dropFacts(packet), why, detail })
  }
}
