/**
 * A capture of one link as pcapng, with names for interfaces and hosts, and a comment on every frame that does not arrive
 * or that the machine behind the link discards.
 *
 * A drop is known only after its frame: frames wait a while before they become blocks. What has been taken with `take`
 * is a whole file at any moment.
 */
import type { Ipv4 } from '../base/address.ts'
import { concat } from '../base/bytes.ts'
import { DROP_REASONS } from '../base/drop.ts'
import { type SimTime, sec } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Link, TappedFrame } from '../link/link.ts'
import * as Pcap from '../wire/pcap.ts'
import type { Lab } from './lab.ts'

/** Longer than a packet waits in one machine, ARP's three seconds included; only a lone fragment waits longer (30 s). */
const WAIT = sec(5)

interface Waiting {
  readonly t: SimTime
  readonly from: 0 | 1
  readonly bytes: Uint8Array
  readonly packet: string
  comment: string | undefined
}

/** `alice_eth0-isp_eth0.pcapng`: no colon, which some systems do not allow in names. */
export const captureName = ({ ends }: Link): string => `${ends.map(end => end.name.replace(':', '_')).join('-')}.pcapng`

export class LinkCapture {
  readonly #ends: readonly [string, string]
  readonly #timeZero: number
  readonly #blocks: Uint8Array[]
  #waiting: Waiting[] = []
  readonly #byPacket = new Map<string, Waiting>()
  /** Frames that the link has carried or lost. */
  frames = 0

  /** `timeZero` in microseconds since 1970. */
  constructor(
    link: Link,
    names: Iterable<readonly [Ipv4, string]>,
    fingerprint: string,
    timeZero: number = Pcap.TIME_ZERO,
  ) {
    this.#timeZero = timeZero
    this.#ends = [link.ends[0].name, link.ends[1].name]
    const linkType = link.type === 'ethernet' ? Pcap.LINK_TYPE.ethernet : Pcap.LINK_TYPE.raw
    const info = (name: string) =>
      Pcap.interfaceBlock({ name, description: `what ${name} sends on ${link.name}`, linkType })
    this.#blocks = [
      Pcap.sectionHeader({ fingerprint, timeZero }),
      info(this.#ends[0]),
      info(this.#ends[1]),
      Pcap.nameBlock(names),
    ]
  }

  frame({ t, from, bytes, packet, fate }: TappedFrame): void {
    this.frames++
    const waiting: Waiting = { t, from, bytes: bytes.slice(), packet, comment: describeFate(fate) }
    this.#waiting.push(waiting)
    this.#byPacket.set(packet, waiting)
  }

  /** A machine at one end of the link has discarded a packet that may have come over it. */
  event(event: TraceEvent): void {
    if (event.event !== 'drop' || event.packet === undefined || event.layer === 'link') return
    const waiting = this.#byPacket.get(event.packet)
    const receiver = waiting && this.#ends[1 - waiting.from].split(':')[0]
    if (!waiting || receiver !== event.node) return
    const rule = event.rule === undefined ? '' : ` ("${event.rule}")`
    waiting.comment = `dropped by ${event.node} (${event.reason}): ${DROP_REASONS[event.reason]}${rule}`
  }

  /** The bytes that are ready at `now`; with `all`, everything. */
  take(now: SimTime, all = false): Uint8Array {
    let ready = 0
    while (ready < this.#waiting.length && (all || this.#waiting[ready].t < now - WAIT)) ready++
    for (const waiting of this.#waiting.splice(0, ready)) {
      const { t, from, bytes, packet, comment } = waiting
      this.#blocks.push(Pcap.packetBlock({ interface: from, timeZero: this.#timeZero, t, bytes, comment }))
      if (this.#byPacket.get(packet) === waiting) this.#byPacket.delete(packet)
    }
    return concat(...this.#blocks.splice(0))
  }
}

/** Addresses of the lab file with the names of their machines. */
export function* hostNames(lab: Lab): Generator<readonly [Ipv4, string]> {
  for (const node of lab.nodes) for (const { ipv4 } of node.interfaces) if (ipv4) yield [ipv4.address, node.name]
}

function describeFate(fate: TappedFrame['fate']): string | undefined {
  if (fate === undefined) return undefined
  if (fate === 'corrupted') return 'the line changed one bit of it'
  if (fate === 'duplicated') return 'the line delivered it twice'
  return `not delivered (${fate}): ${DROP_REASONS[fate]}`
}
