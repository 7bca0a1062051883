/** A packet filter alone, between a `lan` and a `wan` interface, with packets that are made and read by hand. */
import { type Ipv4, ip } from '../../src/base/address.ts'
import { get16, set16 } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { PacketFilter } from '../../src/filter/filter.ts'
import { linux } from '../../src/filter/personalities/linux.ts'
import type { FilterSetup, NatRule, Personality } from '../../src/filter/types.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import * as Udp from '../../src/wire/udp.ts'

export const WAN = ip('198.51.100.1')
const OWN: ReadonlySet<number> = new Set([WAN, ip('192.168.1.1')])
export const MASQUERADE: NatRule = {
  kind: 'source',
  text: 'masquerade behind wan',
  outside: 'wan',
  translate: { by: 'masquerade' },
}

export interface Passed {
  readonly bytes: Uint8Array
  readonly source: number
  readonly destination: number
  readonly sourcePort: number
  readonly destinationPort: number
}

export class Bench {
  readonly world = new World(3)
  readonly filter: PacketFilter
  readonly events: TraceEvent[] = []
  readonly #env = this.world.env('box')

  constructor(setup: Partial<FilterSetup> & { readonly like?: Partial<Personality> } = {}) {
    this.world.trace.listen(event => this.events.push(event))
    const { like, ...rest } = setup
    this.filter = new PacketFilter(
      this.#env,
      {
        addressOf: iface => (iface === 'wan' ? WAN : undefined),
        isOwn: address => OWN.has(address),
        mtuOf: () => 1500,
        unreachable: () => {},
        reset: () => {},
      },
      { personality: { ...linux, ...like }, judge: undefined, nat: [MASQUERADE], helperAt: 'prerouting', ...rest },
    )
  }

  get drops(): string[] {
    return this.events.flatMap(event => (event.event === 'drop' ? [event.reason] : []))
  }
  wait(duration: number): void {
    this.world.scheduler.runUntil(this.world.scheduler.now + duration)
  }

  /** A packet through the box as a router passes it on, or to the box itself; undefined: it was dropped. */
  #through(bytes: Uint8Array, inside: string): Passed | 'own' | undefined {
    const packet = this.#env.packets.from(bytes)
    if (!this.filter.prerouting(packet, inside)) return undefined
    const to = Ipv4Header.destination(packet.bytes, packet.start)
    if (OWN.has(to)) {
      if (!this.filter.input(packet, inside)) return undefined
      packet.release()
      return 'own'
    }
    const outside = to >>> 16 === 0xc0a8 ? 'lan' : 'wan'
    if (!this.filter.forward(packet, inside, outside) || !this.filter.postrouting(packet, outside)) return undefined
    const out = packet.data.slice()
    packet.release()
    return facts(out)
  }
  out(bytes: Uint8Array): Passed | 'own' | undefined {
    return this.#through(bytes, 'lan')
  }
  in(bytes: Uint8Array): Passed | 'own' | undefined {
    return this.#through(bytes, 'wan')
  }
}

export function facts(bytes: Uint8Array): Passed {
  return {
    bytes,
    source: Ipv4Header.source(bytes, 0),
    destination: Ipv4Header.destination(bytes, 0),
    sourcePort: get16(bytes, 20),
    destinationPort: get16(bytes, 22),
  }
}
export function passed(result: Passed | 'own' | undefined): Passed {
  if (result === undefined || result === 'own') throw new Error(`not passed on: ${result}`)
  return result
}

const header = (bytes: Uint8Array, protocol: number, from: Ipv4, to: Ipv4): Uint8Array => {
  Ipv4Header.write(bytes, 0, bytes.length, 7, 0, 64, protocol, from, to)
  return bytes
}

export interface Ends {
  readonly from: Ipv4
  readonly sport: number
  readonly to: Ipv4
  readonly dport: number
}
export const answer = ({ source, sourcePort, destination, destinationPort }: Passed): Ends => ({
  from: destination as Ipv4,
  sport: destinationPort,
  to: source as Ipv4,
  dport: sourcePort,
})

export function udp({ from, sport, to, dport }: Ends, data = Uint8Array.of(1, 2, 3), checksum = true): Uint8Array {
  const b = new Uint8Array(28 + data.length)
  b.set(data, 28)
  Udp.write(b, 20, b.length, from, sport, to, dport)
  if (!checksum) set16(b, 26, 0)
  return header(b, 17, from, to)
}
export function tcp({ from, sport, to, dport }: Ends, flags: number, data = new Uint8Array(0)): Uint8Array {
  const b = new Uint8Array(40 + data.length)
  b.set(data, 40)
  set16(b, 20, sport)
  set16(b, 22, dport)
  b[32] = 0x50
  b[33] = flags
  const sum = Checksum.pseudoHeader(from, to, 6, 20 + data.length) + Checksum.sum(b, 20, b.length)
  set16(b, 36, Checksum.finish(sum))
  return header(b, 6, from, to)
}
export function echo(type: number, from: Ipv4, to: Ipv4, identifier: number, data = new Uint8Array(5)): Uint8Array {
  const b = new Uint8Array(28 + data.length)
  b.set(data, 28)
  Icmp.write(b, 20, b.length, type, 0, ((identifier << 16) | 1) >>> 0)
  return header(b, 1, from, to)
}
/** Enhanced GRE without a payload. */
export function gre(from: Ipv4, to: Ipv4, callId: number): Uint8Array {
  const b = new Uint8Array(28)
  b.set([0x20, 0x01, 0x88, 0x0b, 0, 0, callId >> 8, callId & 255], 20)
  return header(b, 47, from, to)
}
/** An ICMP error that quotes so many octets of a packet. */
export function error(from: Ipv4, to: Ipv4, about: Uint8Array, quoted = about.length, code = 1): Uint8Array {
  const b = new Uint8Array(28 + quoted)
  b.set(about.subarray(0, quoted), 28)
  Icmp.write(b, 20, b.length, 3, code, 0)
  return header(b, 1, from, to)
}

/** Are all checksums right that can be checked? A quoted packet may be cut off. */
export function sumsAreRight(b: Uint8Array, at = 0, whole = true): boolean {
  const head = Ipv4Header.headerLength(b, at)
  if (Checksum.finish(Checksum.sum(b, at, at + head)) !== 0) return false
  const [protocol, data] = [b[at + 9], at + head]
  if (protocol === 1) {
    if (whole && Checksum.finish(Checksum.sum(b, data, b.length)) !== 0) return false
    return !Icmp.isError(b[data]) || sumsAreRight(b, data + 8, b.length - data - 8 >= get16(b, data + 10))
  }
  if (!whole || (protocol !== 6 && protocol !== 17)) return true
  const end = at + get16(b, at + 2)
  if (protocol === 17 && get16(b, data + 6) === 0) return true
  const pseudo = Checksum.pseudoHeader(Ipv4Header.source(b, at), Ipv4Header.destination(b, at), protocol, end - data)
  return Checksum.finish(pseudo + Checksum.sum(b, data, end)) === 0
}
