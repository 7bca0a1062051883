/**
 * Any packet as a tree of fields. The frame's children are its layers, outermost first; a layer holds its own fields,
 * and what is quoted in it (ICMP errors, Protocol-Reject) as a field with layers of its own.
 *
 * Below a field named `reassembled` offsets count from the first octet of the packet that was put together; everywhere
 * else from the first octet of the frame.
 *
 * By itself it knows this one packet only. A reader that remembers earlier ones (src/decode) passes a Memory.
 *
 * Longer than 400 lines, since it is one descent through all layers; the formats stand in their own files.
 *
 * Limits: IPv6, EAP and the payload of compressed or encrypted packets are shown as octets.
 */
import type { Ipv4 as Address } from '../base/address.ts'
import { get16, get32, hex, octets } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import type { Malformed } from '../base/result.ts'
import * as Arp from './arp.ts'
import * as Chap from './chap.ts'
import * as Checksum from './checksum.ts'
import * as Cp from './cp.ts'
import * as Ethernet from './ethernet.ts'
import * as Gre from './gre.ts'
import * as Hdlc from './hdlc.ts'
import * as Icmp from './icmp.ts'
import * as Ipv4 from './ipv4.ts'
import * as Edge from './ipv4-edge.ts'
import * as Mppe from './mppe.ts'
import * as Pap from './pap.ts'
import { LINK_TYPE } from './pcap.ts'
import * as Ppp from './ppp.ts'
import { CCP_OPTIONS, CHAP_ALGORITHMS } from './ppp-options.ts'
import * as Pptp from './pptp.ts'
import * as Radius from './radius.ts'
import { Segment as Tcp } from './tcp.ts'
import * as Udp from './udp.ts'
import * as Vj from './vj.ts'

/** A TCP segment on its way from one address to another. */
export interface SegmentInfo {
  readonly source: Address
  readonly destination: Address
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  /** Undefined without the ACK bit. */
  readonly acknowledgment: number | undefined
  readonly flags: number
  readonly payload: Uint8Array
  /** Where the payload starts in the frame. */
  readonly offset: number
}

/** What a reader that remembers can say of a segment. */
export interface SegmentNotes {
  /** Octets since the start of the stream; undefined if its start was not seen. */
  readonly relativeSequence: number | undefined
  readonly relativeAcknowledgment: number | undefined
  /** Its octets were seen before, or others of a later place were. */
  readonly order: 'repeated' | 'late' | undefined
  /** What of a control connection ends in this segment; undefined for other connections. */
  readonly control: readonly Field[] | undefined
}

/** One direction of a PPP link. */
export interface PppView {
  /** CHAP algorithm under which this sender sends a packet with that code; undefined if its agreement was not seen. */
  chapAlgorithm(code: number): number | undefined
  /** CCP option that this sender's compressed packets follow; undefined if its agreement was not seen. */
  readonly compression: number | undefined
  /** Is told of every packet of a control protocol and of CHAP. */
  note(protocol: number, packet: Uint8Array): void
  /** What is in a packet of MPPE, which begins with its header: undefined if nobody knows. */
  open?(packet: Uint8Array): Opened | undefined
}

/** What was encrypted, its PPP protocol field first; or why it cannot be read. */
export type Opened = { readonly bytes: Uint8Array } | { readonly problem: string }

/** What a reader that remembers can say of a GRE packet. */
export interface CallNotes {
  readonly view: PppView
  /** How its sequence number follows the ones before, if not as the next: `2 missing before it`. */
  readonly order: string | undefined
}

/** What earlier packets have told. */
export interface Memory {
  /** The datagram that a fragment completes. */
  datagram(
    packet: Uint8Array,
  ): { readonly bytes: Uint8Array; readonly fragments: number; readonly overlap: boolean } | undefined
  segment(segment: SegmentInfo): SegmentNotes
  call(source: Address, destination: Address, callId: number, sequence: number | undefined): CallNotes
  /** PPP without a tunnel around it: a line. */
  line(): PppView
}

/** Nothing real nests deeper; a packet that does is shown as octets. */
const DEEPEST = 12

export function dissect(bytes: Uint8Array, linkType: number, memory?: Memory): Field {
  const walk = new Walk(memory, 0)
  walk.link(bytes, linkType)
  return layer('frame', 0, bytes.length, octets(bytes.length), walk.layers)
}

/**
 * What is wrong in a tree, with its place in the frame. That a quoted packet is cut off is not: an error quotes its first
 * octets only.
 */
export function problemsOf(
  tree: Field,
  quoted = false,
  offset = tree.offset,
): { readonly offset: number; readonly reason: string }[] {
  const own =
    tree.problem !== undefined && !(quoted && CUT_OFF.test(tree.problem))
      ? [{ offset, reason: `${tree.name}: ${tree.problem}` }]
      : []
  const inside = quoted || tree.name === 'quoted'
  const elsewhere = tree.name === 'reassembled' || offset !== tree.offset
  return [
    ...own,
    ...(tree.children ?? []).flatMap(child => problemsOf(child, inside, elsewhere ? offset : child.offset)),
  ]
}
const CUT_OFF = /truncated|longer than the octets|beyond the end|bad-checksum|bad-length/

class Walk {
  readonly layers: Field[] = []
  readonly #memory: Memory | undefined
  #depth: number

  constructor(memory: Memory | undefined, depth: number) {
    this.#memory = memory
    this.#depth = depth
  }

  link(b: Uint8Array, linkType: number): void {
    if (linkType === LINK_TYPE.ethernet) this.#ethernet(b, 0)
    else if (linkType === LINK_TYPE.raw || linkType === LINK_TYPE.ipv4) this.#network(0x0800, b, 0)
    else if (linkType === LINK_TYPE.ppp || linkType === LINK_TYPE.pppSerial) this.#ppp(b, 0, this.#memory?.line())
    else if (linkType === LINK_TYPE.linuxCooked) this.#cooked(b, 16, 14)
    else if (linkType === LINK_TYPE.linuxCooked2) this.#cooked(b, 20, 0)
    else if (linkType === LINK_TYPE.lineOctets) this.#line(b)
    else this.#data(b, 0, `link type ${linkType} is not read here`)
  }

  /** Octets of a telephone line: flags, escapes, FCS; and every frame in them without these. */
  #line(b: Uint8Array): void {
    this.layers.push(Hdlc.describe(b, 0))
    for (const { at, between } of Hdlc.framesIn(b)) {
      if (Hdlc.faultOf(between) !== undefined) continue
      const { frame } = Hdlc.withoutEscapes(between)
      const inner = new Walk(this.#memory, this.#depth + 1)
      inner.#ppp(frame.subarray(0, -Hdlc.FCS), 0, this.#memory?.line())
      const text = `frame of ${octets(frame.length - Hdlc.FCS)}, without escapes and FCS`
      this.layers.push(layer('reassembled', at, between.length, text, inner.layers))
    }
  }

  #ethernet(b: Uint8Array, at: number): void {
    this.layers.push(Ethernet.describe(b, at))
    if (b.length < Ethernet.HEADER) return
    let next = at + Ethernet.HEADER
    let type = Ethernet.type(b, at)
    while (TAGS.has(type) && next + 4 <= b.length) {
      const tag = get16(b, next)
      this.layers.push(
        layer('vlan', next, 4, `VLAN ${tag & 0xfff}`, [
          field('priority', next, 1, tag >> 13),
          field('id', next, 2, tag & 0xfff),
          field('type', next + 2, 2, get16(b, next + 2), Ppp.hex16(get16(b, next + 2))),
        ]),
      )
      type = get16(b, next + 2)
      next += 4
    }
    this.#network(type, b.subarray(next), next)
  }

  /** A capture of all interfaces at once, as tcpdump makes it (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2). */
  #cooked(b: Uint8Array, length: number, typeAt: number): void {
    if (b.length < length) {
      this.#data(b, 0, 'shorter than its header')
      return
    }
    const type = get16(b, typeAt)
    this.layers.push(
      layer('cooked', 0, length, 'Linux cooked capture', [field('type', typeAt, 2, type, Ppp.hex16(type))]),
    )
    this.#network(type, b.subarray(length), length)
  }

  #network(type: number, b: Uint8Array, offset: number): void {
    if (type === Ethernet.TYPE.ipv4) this.#ipv4(b, offset)
    else if (type === Ethernet.TYPE.arp) this.layers.push(Arp.describe(b, offset))
    else this.#data(b, offset, undefined, type === 0x86dd ? 'IPv6' : `Ethernet type ${Ppp.hex16(type)}`)
  }

  #ipv4(b: Uint8Array, offset: number): void {
    const wrong = Ipv4.check(b, 0, b.length)
    const header = Ipv4.describe(b, offset)
    const readable = wrong === undefined || wrong === 'bad-checksum' || (wrong === 'truncated' && hasFields(header))
    if (!readable || this.#depth++ > DEEPEST) {
      this.layers.push(header)
      return
    }
    const second = wrong === undefined ? Edge.verify(b) : undefined
    this.layers.push(second === undefined ? header : { ...header, problem: `ip-packet reads another ${second}` })
    const length = Ipv4.headerLength(b, 0)
    const payload = b.subarray(length, Math.min(Ipv4.totalLength(b, 0), b.length))
    if (Ipv4.isFragment(b, 0)) this.#fragment(b, payload, offset, wrong === undefined)
    else this.#transport(b, payload, offset + length, wrong !== 'truncated')
    const padding = b.length - Ipv4.totalLength(b, 0)
    if (padding > 0)
      this.layers.push(field('padding', offset + b.length - padding, padding, padding, `${padding} octets`))
  }

  #fragment(packet: Uint8Array, payload: Uint8Array, offset: number, good: boolean): void {
    const first = Ipv4.fragmentOffset(packet, 0)
    const at = offset + Ipv4.headerLength(packet, 0)
    const more = Ipv4.moreFragments(packet, 0) ? ', more follow' : ', the last'
    const id = Ppp.hex16(Ipv4.identification(packet, 0))
    const text = `octets ${first}-${first + payload.length - 1} of ${id} (${Ipv4.protocolName(packet[9])})${more}`
    this.layers.push(layer('fragment', at, payload.length, text, []))
    const whole = good ? this.#memory?.datagram(packet) : undefined
    if (whole) {
      const inner = new Walk(this.#memory, this.#depth + 1)
      const length = Ipv4.headerLength(whole.bytes, 0)
      inner.#transport(whole.bytes, whole.bytes.subarray(length), length, true)
      const summary = `${whole.fragments} fragments, ${whole.bytes.length} octets`
      const reassembled = layer('reassembled', at, payload.length, summary, inner.layers)
      this.layers.push(whole.overlap ? { ...reassembled, problem: 'its fragments overlap' } : reassembled)
    } else if (first === 0 && !this.#memory) this.#transport(packet, payload, at, false)
  }

  /** `complete`: all octets are there, so a checksum over them can be judged. */
  #transport(packet: Uint8Array, payload: Uint8Array, offset: number, complete: boolean): void {
    const source = Ipv4.source(packet, 0)
    const destination = Ipv4.destination(packet, 0)
    const protocol = Ipv4.protocol(packet, 0)
    if (protocol === Ipv4.PROTOCOL.icmp) this.#icmp(payload, offset)
    else if (protocol === Ipv4.PROTOCOL.tcp) this.#tcp(payload, offset, source, destination, complete)
    else if (protocol === Ipv4.PROTOCOL.udp) this.#udp(payload, offset, source, destination, complete)
    else if (protocol === Ipv4.PROTOCOL.gre) this.#gre(payload, offset, source, destination)
    else this.#data(payload, offset, undefined, `IP protocol ${protocol}`)
  }

  #icmp(b: Uint8Array, offset: number): void {
    const header = Icmp.describe(b, offset)
    if (b.length <= Icmp.HEADER) {
      this.layers.push(header)
      return
    }
    const rest = b.subarray(Icmp.HEADER)
    const at = offset + Icmp.HEADER
    if (!Icmp.isError(Icmp.type(b, 0))) {
      this.layers.push(header)
      this.#data(rest, at)
      return
    }
    // Nothing is remembered of a quoted packet: it has been seen before, or went another way.
    const inner = new Walk(undefined, this.#depth + 1)
    inner.#ipv4(rest, at)
    const quoted = layer('quoted', at, rest.length, 'the packet that caused it', inner.layers)
    this.layers.push({ ...header, length: b.length, children: [...(header.children ?? []), quoted] })
  }

  #udp(b: Uint8Array, offset: number, source: Address, destination: Address, complete: boolean): void {
    const header = Udp.describe(b, offset)
    const wrong = complete ? isWrongUdp(b, source, destination) : undefined
    this.layers.push(wrong ? { ...header, problem: wrong } : header)
    if (b.length <= Udp.HEADER) return
    const payload = b.subarray(Udp.HEADER)
    if (isRadius(Udp.sourcePort(b, 0)) || isRadius(Udp.destinationPort(b, 0))) {
      this.layers.push(Radius.describe(payload, offset + Udp.HEADER))
    } else this.#data(payload, offset + Udp.HEADER)
  }

  #tcp(b: Uint8Array, offset: number, source: Address, destination: Address, complete: boolean): void {
    const header = Tcp.describe(b, offset)
    const length = b.length < Tcp.HEADER ? b.length : Tcp.headerLength(b, 0)
    if (length < Tcp.HEADER || length > b.length) {
      this.layers.push(header)
      return
    }
    const payload = b.subarray(length)
    const segment: SegmentInfo = {
      source,
      destination,
      sourcePort: Tcp.sourcePort(b, 0),
      destinationPort: Tcp.destinationPort(b, 0),
      sequence: Tcp.sequence(b, 0),
      acknowledgment: Tcp.flags(b, 0) & Tcp.ACK ? Tcp.acknowledgment(b, 0) : undefined,
      flags: Tcp.flags(b, 0),
      payload,
      offset: offset + length,
    }
    const notes = this.#memory?.segment(segment)
    const extra = notes ? noteFields(notes, offset) : []
    const wrong = complete && header.problem === undefined && isWrongTcp(b, source, destination)
    const problem = wrong ? { problem: 'bad-checksum' } : {}
    this.layers.push({ ...header, ...problem, children: [...(header.children ?? []), ...extra] })
    const control = notes?.control ?? []
    if (payload.length === 0 && control.length === 0) return
    const isControl = segment.sourcePort === Pptp.PORT || segment.destinationPort === Pptp.PORT
    if (!isControl) {
      this.#data(payload, offset + length)
      return
    }
    const messages = notes?.control ?? controlMessages(payload, offset + length)
    // What has no header yet, or was there before, is no message and does not count as one.
    const name = messages.every(message => message.name === 'data') ? 'controlStream' : 'pptp'
    this.layers.push(
      layer(name, offset + length, payload.length, `${octets(payload.length)} of control stream`, messages),
    )
  }

  #gre(b: Uint8Array, offset: number, source: Address, destination: Address): void {
    const wrong = Gre.check(b, 0, b.length)
    const header = Gre.describe(b, offset)
    if (wrong === 'bad-version' || wrong === 'wrong-protocol' || b.length < 4) {
      this.layers.push(header)
      this.#data(b.subarray(4), offset + 4)
      return
    }
    const start = Gre.headerLength(b, 0)
    if (b.length < start) {
      this.layers.push(header)
      return
    }
    const sequence = Gre.hasSequence(b, 0) ? Gre.sequenceNumber(b, 0) : undefined
    const notes = this.#memory?.call(source, destination, Gre.callId(b, 0), sequence)
    const order = notes?.order === undefined ? [] : [field('order', offset + SEQUENCE_OF_GRE, 4, notes.order)]
    this.layers.push({ ...header, children: [...(header.children ?? []), ...order] })
    const payload = b.subarray(start, Math.min(b.length, start + Gre.payloadLength(b, 0)))
    if (payload.length > 0) this.#ppp(payload, offset + start, notes?.view)
  }

  #ppp(b: Uint8Array, offset: number, view: PppView | undefined): void {
    const parsed = Ppp.parse(b)
    this.layers.push(Ppp.describe(b, offset))
    if (!parsed.ok) return
    const { protocol, info } = parsed.value
    this.#pppInformation(protocol, info, offset + b.length - info.length, view)
  }

  #pppInformation(protocol: number, info: Uint8Array, offset: number, view: PppView | undefined): void {
    if (protocol === Ppp.IP) this.#ipv4(info, offset)
    else if (protocol === Vj.UNCOMPRESSED) this.#vjUncompressed(info, offset)
    else if (protocol === Vj.COMPRESSED) this.layers.push(Vj.describe(info, offset))
    else if (protocol === Ppp.COMPRESSED) this.#compressed(info, offset, view)
    else if (protocol === Ppp.PAP) this.layers.push(Pap.describe(info, offset))
    else if (protocol === Ppp.CHAP) this.#chap(info, offset, view)
    else if (isControlProtocol(protocol)) this.#controlProtocol(protocol, info, offset, view)
    else this.#data(info, offset, undefined, `PPP ${Ppp.protocolName(protocol)}`)
  }

  #vjUncompressed(info: Uint8Array, offset: number): void {
    const restored = Vj.restoreUncompressed(info)
    if (!restored) {
      this.#data(info, offset, 'truncated', 'VJ')
      return
    }
    const connection = field('connection', offset + 9, 1, restored.connection)
    this.layers.push(layer('vjUncompressed', offset + 9, 1, `connection ${restored.connection}`, [connection]))
    this.#ipv4(restored.packet, offset)
  }

  #controlProtocol(protocol: number, info: Uint8Array, offset: number, view: PppView | undefined): void {
    const packet = Cp.describe(info, offset, protocol)
    const parsed = Cp.parse(info)
    view?.note(protocol, info)
    if (!parsed.ok || parsed.value.type !== 'protocol-reject' || this.#depth > DEEPEST) {
      this.layers.push(packet)
      return
    }
    const { protocol: rejected, data } = parsed.value
    const at = offset + packet.length - data.length
    const inner = new Walk(undefined, this.#depth + 1)
    inner.#pppInformation(rejected, data, at, view && new Rejected(view))
    const quoted = layer('quoted', at, data.length, `the rejected packet, ${Ppp.protocolName(rejected)}`, inner.layers)
    const head = (packet.children ?? []).filter(child => child.offset < at)
    this.layers.push({ ...packet, children: [...head, quoted] })
  }

  #chap(info: Uint8Array, offset: number, view: PppView | undefined): void {
    view?.note(Ppp.CHAP, info)
    const packet = Chap.describe(info, offset)
    const algorithm = info.length > 0 ? view?.chapAlgorithm(info[0]) : undefined
    if (algorithm === undefined) this.layers.push(packet)
    else {
      const note = { ...field('algorithm', offset, 0, algorithm, ALGORITHMS.get(algorithm) ?? String(algorithm)) }
      this.layers.push({ ...packet, children: [...(packet.children ?? []), note] })
    }
  }

  #compressed(info: Uint8Array, offset: number, view: PppView | undefined): void {
    const option = view?.compression
    const agreed = option === CCP_OPTIONS.mppe
    // Without a negotiation to look at: what PPTP peers send is MPPE, and its header can be told by its bits.
    const probable = option === undefined && info.length >= Mppe.HEADER_LENGTH && (info[0] & 0x70) === 0x10
    if (agreed || probable) this.#mppe(info, offset, view)
    else {
      const name = COMPRESSORS.get(option ?? -1) ?? 'compressed'
      this.layers.push(layer(name, offset, info.length, `${octets(info.length)}`, []))
    }
  }

  /** Every octet stands where the encrypted one stood. */
  #mppe(info: Uint8Array, offset: number, view: PppView | undefined): void {
    const header = Mppe.describe(info, offset)
    const opened = this.#depth > DEEPEST ? undefined : view?.open?.(info)
    if (opened === undefined || 'problem' in opened) {
      this.layers.push(opened ? { ...header, problem: opened.problem } : header)
      return
    }
    const inner = new Walk(this.#memory, this.#depth + 1)
    inner.#ppp(opened.bytes, offset + Mppe.HEADER_LENGTH, undefined)
    const { length } = opened.bytes
    this.layers.push(header, layer('decrypted', offset + Mppe.HEADER_LENGTH, length, octets(length), inner.layers))
  }

  #data(b: Uint8Array, offset: number, problem?: string, what = ''): void {
    if (b.length === 0 && problem === undefined) return
    const start = hex(b.subarray(0, 16))
    const shown = {
      ...field('data', offset, b.length, start),
      text: `${what === '' ? '' : `${what}, `}${octets(b.length)}`,
    }
    this.layers.push(problem === undefined ? shown : { ...shown, problem })
  }
}

/** A rejected packet follows the agreements of the one who sent it, and makes none. */
class Rejected implements PppView {
  readonly compression = undefined
  readonly #view: PppView

  constructor(view: PppView) {
    this.#view = view
  }
  chapAlgorithm(code: number): number | undefined {
    return this.#view.chapAlgorithm(code)
  }
  note(): void {}
}

const SEQUENCE_OF_GRE = 8

/** A host that leaves the checksum to its network card writes the pseudo header's sum, and a capture shows that. */
const isLeftToCard = (stated: number, pseudoHeader: number): boolean =>
  stated === (~Checksum.finish(pseudoHeader) & 0xffff)

function isWrongTcp(b: Uint8Array, source: Address, destination: Address): boolean {
  const pseudoHeader = Checksum.pseudoHeader(source, destination, Ipv4.PROTOCOL.tcp, b.length)
  const wrong = Checksum.finish(pseudoHeader + Checksum.sum(b, 0, b.length)) !== 0
  return wrong && !isLeftToCard(Tcp.checksumField(b, 0), pseudoHeader)
}

const isRadius = (port: number): boolean => port === Radius.AUTH_PORT || port === Radius.ACCT_PORT

function isWrongUdp(b: Uint8Array, source: Address, destination: Address): Malformed | undefined {
  const wrong = Udp.check(b, 0, b.length, source, destination)
  const pseudoHeader = Checksum.pseudoHeader(source, destination, Ipv4.PROTOCOL.udp, b.length)
  return wrong === 'bad-checksum' && isLeftToCard(get16(b, 6), pseudoHeader) ? undefined : wrong
}

const hasFields = (header: Field): boolean => (header.children?.length ?? 0) > 0

const TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8])

/** RFC 1661 §2: 8xxx are the network control protocols, cxxx the link layer's; of these LCP has their packet format. */
const isControlProtocol = (protocol: number): boolean =>
  protocol === Ppp.LCP || (protocol >= 0x8000 && protocol < 0xc000)

const ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [CHAP_ALGORITHMS.md5, 'MD5'],
  [CHAP_ALGORITHMS.msChap, 'MS-CHAP'],
  [CHAP_ALGORITHMS.msChapV2, 'MS-CHAPv2'],
])
/** Options of CCP other than MPPE, by the numbers of the IANA registry; 24 is Deflate before RFC 1979. */
const COMPRESSORS: ReadonlyMap<number, string> = new Map([
  [1, 'predictor'],
  [2, 'predictor'],
  [17, 'stac'],
  [21, 'bsd'],
  [24, 'deflate'],
  [26, 'deflate'],
])

function noteFields(notes: SegmentNotes, offset: number): Field[] {
  const out: Field[] = []
  const { relativeSequence, relativeAcknowledgment } = notes
  if (relativeSequence !== undefined) out.push(field('relativeSequence', offset + 4, 4, relativeSequence))
  if (relativeAcknowledgment !== undefined) {
    out.push(field('relativeAcknowledgment', offset + 8, 4, relativeAcknowledgment))
  }
  if (notes.order) {
    out.push(field('order', offset + 4, 4, notes.order, notes.order === 'late' ? 'out of order' : 'sent before'))
  }
  return out
}

/** A whole control message, its text being what a reader wants to know of it. */
export function describeMessage(message: Uint8Array, offset: number): Field {
  const parsed = Pptp.parse(message)
  const described = Pptp.describe(message, offset)
  return parsed.ok ? { ...described, text: `${described.text}: ${Pptp.summary(parsed.value)}` } : described
}

/** The messages of a segment that starts with one; what is no whole message is shown as octets. */
function controlMessages(b: Uint8Array, offset: number): Field[] {
  const out: Field[] = []
  let at = 0
  while (b.length - at >= Pptp.HEADER_LENGTH && get32(b, at + 4) === Pptp.MAGIC_COOKIE) {
    const length = get16(b, at)
    if (length < Pptp.HEADER_LENGTH || length > b.length - at) break
    out.push(describeMessage(b.subarray(at, at + length), offset + at))
    at += length
  }
  if (at < b.length)
    out.push(field('data', offset + at, b.length - at, hex(b.subarray(at, at + 16)), `${octets(b.length - at)}`))
  return out
}
