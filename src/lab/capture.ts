/**
 * A capture of one link as pcapng, with names for interfaces and hosts, and a comment on every frame that does not arrive,
 * that the machine behind the link discards, or that a machine at either end rewrites. Comments name the packet, so that
 * `explain` can tell the rest.
 *
 * A drop is known only after its frame: frames wait a while before they become blocks. What has been taken with `take`
 * is a whole file at any moment.
 *
 * Of a telephone line it has PPP frames, without flags, escapes and FCS (LINKTYPE_PPP_HDLC), as programs expect them.
 * Octets that make no good frame stand as they are at interfaces of their own (LINKTYPE_USER0), and say what is wrong.
 */
import type { Ipv4 } from '../base/address.ts'
import { concat } from '../base/bytes.ts'
import { DROP_REASONS } from '../base/drop.ts'
import { type SimTime, sec } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Link, TappedFrame } from '../link/link.ts'
import type { SerialLink } from '../link/serial.ts'
import * as Hdlc from '../wire/hdlc.ts'
import * as Pcap from '../wire/pcap.ts'
import type { Lab } from './lab.ts'

/** Longer than a packet waits in one machine, ARP's three seconds included; only a lone fragment waits longer (30 s). */
const WAIT = sec(5)

interface Waiting {
  readonly t: SimTime
  /** Number of the interface. */
  readonly at: number
  readonly from: 0 | 1
  readonly bytes: Uint8Array
  readonly packet: string
  comment: string | undefined
  /** What the machine in front of the link or behind it changes of the packet. */
  readonly notes: string[]
}

/** What a machine has changed of a packet that it has not sent on yet. */
interface Rewritten {
  readonly t: SimTime
  readonly node: string
  readonly notes: string[]
}

/** `alice_eth0-isp_eth0.pcapng`: no colon, which some systems do not allow in names. */
export const captureName = ({ ends }: Link | SerialLink): string =>
  `${ends.map(end => end.name.replace(':', '_')).join('-')}.pcapng`

export class LinkCapture {
  readonly #ends: readonly [string, string]
  readonly #timeZero: number
  readonly #blocks: Uint8Array[]
  #waiting: Waiting[] = []
  readonly #byPacket = new Map<string, Waiting>()
  /** By packet. */
  readonly #rewritten = new Map<string, Rewritten>()
  /** Frames that the link has carried or lost. */
  frames = 0
  /** Telephone lines; 0 on other links. */
  readonly #lines: number

  /** `timeZero` in microseconds since 1970. */
  constructor(
    link: Link | SerialLink,
    names: Iterable<readonly [Ipv4, string]>,
    fingerprint: string,
    timeZero: number = Pcap.TIME_ZERO,
  ) {
    this.#timeZero = timeZero
    this.#ends = [link.ends[0].name, link.ends[1].name]
    this.#lines = link.type === 'serial' ? link.lines[0].length : 0
    const info = (name: string, linkType: number, what = 'what') =>
      Pcap.interfaceBlock({ name, description: `${what} ${name} sends on ${link.name}`, linkType })
    this.#blocks = [
      Pcap.sectionHeader({ fingerprint, timeZero }),
      ...this.#ends.map(name => info(name, LINK_TYPES[link.type])),
      ...(this.#lines > 0
        ? this.#ends.map(name => info(name, Pcap.LINK_TYPE.lineOctets, 'octets of no good frame that'))
        : []),
      Pcap.nameBlock(names),
    ]
  }

  frame(frame: TappedFrame): void {
    if (this.#lines > 0) return this.#octets(frame)
    const { t, from, bytes, packet, fate } = frame
    this.#add({ t, at: from, from, bytes: bytes.slice(), packet, comment: describeFate(fate), notes: [] })
  }

  #add(waiting: Waiting): void {
    const rewritten = this.#rewritten.get(waiting.packet)
    if (rewritten?.node === nodeOf(this.#ends[waiting.from])) {
      waiting.notes.push(...rewritten.notes)
      this.#rewritten.delete(waiting.packet)
    }
    this.frames++
    this.#waiting.push(waiting)
    this.#byPacket.set(waiting.packet, waiting)
  }

  /** Our senders put each frame with both its flags into one run of octets. */
  #octets({ t, from, line, bytes, packet, fate }: TappedFrame): void {
    const said = fate === 'corrupted' ? 'the line flipped bits of it' : describeFate(fate)
    const which = this.#lines > 1 ? [`line ${line}`] : []
    const words = said === undefined ? which : [...which, said]
    const common = { t, from, packet, comment: words.length === 0 ? undefined : words.join(': '), notes: [] }
    const frames = goodFrames(bytes)
    if (!frames) return this.#add({ ...common, at: 2 + from, bytes: bytes.slice() })
    for (const between of frames) {
      const { frame } = Hdlc.withoutEscapes(between)
      this.#add({ ...common, at: from, bytes: frame.subarray(0, -Hdlc.FCS) })
    }
  }

  /** A machine at one end of the link has discarded or rewritten a packet that may have come over it. */
  event(event: TraceEvent): void {
    if (event.event === 'drop') return this.#dropped(event)
    if (event.event !== 'nat' && event.event !== 'nat-helper') return
    if (!this.#ends.some(end => nodeOf(end) === event.node)) return
    const { node, packet, t } = event
    const note = rewriting(event)
    this.#arrivedAt(node, packet)?.notes.push(`then ${note}`)
    const known = this.#rewritten.get(packet)
    if (known?.node === node) known.notes.push(note)
    else this.#rewritten.set(packet, { t, node, notes: [note] })
  }

  /** What was unwrapped and then discarded came in what it was made from. */
  #dropped({ node, packet, parent, layer, reason, rule, entry }: Extract<TraceEvent, { event: 'drop' }>): void {
    if (packet === undefined || layer === 'link' || layer === 'line') return
    const waiting = this.#arrivedAt(node, packet) ?? (parent === undefined ? undefined : this.#arrivedAt(node, parent))
    if (!waiting) return
    const facts = [rule === undefined ? '' : `"${rule}"`, entry === undefined ? '' : `entry: ${entry}`].filter(Boolean)
    const more = facts.length === 0 ? '' : ` (${facts.join('; ')})`
    waiting.comment = `dropped by ${node} (${reason}): ${DROP_REASONS[reason]}${more}`
  }

  /** The frame of this packet that has crossed the link towards the machine. */
  #arrivedAt(node: string, packet: string): Waiting | undefined {
    const waiting = this.#byPacket.get(packet)
    return waiting && nodeOf(this.#ends[1 - waiting.from]) === node ? waiting : undefined
  }

  /** The bytes that are ready at `now`; with `all`, everything. */
  take(now: SimTime, all = false): Uint8Array {
    let ready = 0
    while (ready < this.#waiting.length && (all || this.#waiting[ready].t < now - WAIT)) ready++
    for (const waiting of this.#waiting.splice(0, ready)) {
      const { t, at, bytes, packet } = waiting
      const comment = commentOf(waiting)
      this.#blocks.push(Pcap.packetBlock({ interface: at, timeZero: this.#timeZero, t, bytes, comment }))
      if (this.#byPacket.get(packet) === waiting) this.#byPacket.delete(packet)
    }
    for (const [packet, { t }] of this.#rewritten) {
      if (!all && t >= now - WAIT) break
      this.#rewritten.delete(packet)
    }
    return concat(...this.#blocks.splice(0))
  }
}

/** What stands between the flags of a run of octets; undefined if not all of it is good. */
function goodFrames(bytes: Uint8Array): Uint8Array[] | undefined {
  const frames = [...Hdlc.framesIn(bytes)].map(({ between }) => between)
  return frames.length > 0 && frames.every(between => Hdlc.faultOf(between) === undefined) ? frames : undefined
}

/** As how many frames a capture has what was tapped on the link. */
export const framesOf = (link: Link | SerialLink, bytes: Uint8Array): number =>
  link.type === 'serial' ? (goodFrames(bytes)?.length ?? 1) : 1

const nodeOf = (end: string): string => end.slice(0, end.indexOf(':'))

function commentOf({ comment, notes, packet }: Waiting): string | undefined {
  const all = [...notes, ...(comment === undefined ? [] : [comment])]
  return all.length === 0 ? undefined : `${all.join('; ')} [${packet}]`
}

function rewriting(event: Extract<TraceEvent, { event: 'nat' | 'nat-helper' }>): string {
  const { node, before, after } = event
  const change = (field: string): string => `rewritten by ${node}: ${field} ${before} becomes ${after}`
  if (event.event === 'nat') return `${change(event.field)} ("${event.rule}")`
  return `${change(`${event.field} of ${event.type}`)} (PPTP helper, entry: ${event.entry})`
}

const LINK_TYPES = {
  ethernet: Pcap.LINK_TYPE.ethernet,
  ip: Pcap.LINK_TYPE.raw,
  serial: Pcap.LINK_TYPE.pppSerial,
} as const

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
