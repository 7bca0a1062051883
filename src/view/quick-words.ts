/**
 * What a packet of ordinary data is called, read straight from its octets: TCP, UDP, echoes and GRE acknowledgments, in clear
 * or sealed. A list of many packets asks for each of them, and to dissect it would take fifty times as long.
 *
 * Limits: everything else is left to those who dissect: control messages, PPP, fragments, IP options, errors.
 */
import * as Ethernet from '../wire/ethernet.ts'
import * as Gre from '../wire/gre.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Mppe from '../wire/mppe.ts'
import * as Ppp from '../wire/ppp.ts'
import { Segment as Tcp } from '../wire/tcp.ts'
import * as Udp from '../wire/udp.ts'

export interface QuickWords {
  /** `TCP ACK to 5001, 1360` */
  readonly text: string
  /** The count of MPPE that it is sealed with; undefined: it is in clear. */
  readonly sealed: number | undefined
  readonly layer: 'tcp' | 'udp' | 'icmp' | 'gre'
}

/** The control connection of PPTP (RFC 2637 §1.3) and RADIUS: what is in them has names of its own. */
const NAMED_PORTS: ReadonlySet<number> = new Set([1723, 1812, 1813, 1645, 1646])
const WITHOUT_OPTIONS = 0x45

/** `clear`: the IP packet that is sealed in it, as far as it is known. */
export function quickWords(
  wire: Uint8Array,
  linkType: 'ethernet' | 'ip' | 'serial',
  clear: Uint8Array | undefined,
): QuickWords | undefined {
  if (linkType === 'serial') return undefined
  const at = linkType === 'ethernet' ? Ethernet.HEADER : 0
  if (linkType === 'ethernet' && (wire.length <= at || Ethernet.type(wire, 0) !== Ethernet.TYPE.ipv4)) return undefined
  const end = endOf(wire, at)
  if (end === undefined) return undefined
  return Ipv4.protocol(wire, at) === Ipv4.PROTOCOL.gre
    ? ofGre(wire, at + Ipv4.HEADER, end, clear)
    : ofIp(wire, at, end, undefined)
}

/** Where a whole IP packet with a plain header ends. */
function endOf(b: Uint8Array, at: number): number | undefined {
  if (b.length < at + Ipv4.HEADER || b[at] !== WITHOUT_OPTIONS || Ipv4.isFragment(b, at)) return undefined
  const end = at + Ipv4.totalLength(b, at)
  return end > b.length || end < at + Ipv4.HEADER ? undefined : end
}

function ofGre(b: Uint8Array, at: number, end: number, clear: Uint8Array | undefined): QuickWords | undefined {
  if (Gre.check(b, at, end) !== undefined) return undefined
  if (!Gre.hasSequence(b, at)) {
    return Gre.hasAcknowledgment(b, at)
      ? { text: `GRE ack ${Gre.acknowledgmentNumber(b, at)}, no data`, sealed: undefined, layer: 'gre' }
      : undefined
  }
  if (clear === undefined) return undefined
  const start = at + Gre.headerLength(b, at)
  const payload = start + Gre.payloadLength(b, at)
  const ppp = Ppp.parse(b.subarray(start, payload))
  if (!ppp.ok || ppp.value.protocol !== Ppp.COMPRESSED) return undefined
  const { info } = ppp.value
  if (info.length < Mppe.HEADER_LENGTH || (info[0] & 0x70) !== 0x10) return undefined
  // In front of the IP packet stands its PPP protocol.
  const head = info.length - Mppe.HEADER_LENGTH - clear.length
  if (head < 1 || head > 4) return undefined
  const whole = endOf(clear, 0)
  return whole === undefined ? undefined : ofIp(clear, 0, whole, Mppe.coherencyCount(info, 0))
}

function ofIp(b: Uint8Array, at: number, end: number, sealed: number | undefined): QuickWords | undefined {
  const start = at + Ipv4.HEADER
  const length = end - start
  switch (Ipv4.protocol(b, at)) {
    case Ipv4.PROTOCOL.tcp: {
      const text = ofTcp(b, start, length)
      return text === undefined ? undefined : { text, sealed, layer: 'tcp' }
    }
    case Ipv4.PROTOCOL.udp: {
      if (length < Udp.HEADER) return undefined
      const [from, to] = [Udp.sourcePort(b, start), Udp.destinationPort(b, start)]
      if (NAMED_PORTS.has(from) || NAMED_PORTS.has(to)) return undefined
      return { text: `UDP ${from} → ${to}${dataOf(length - Udp.HEADER)}`, sealed, layer: 'udp' }
    }
    case Ipv4.PROTOCOL.icmp: {
      if (length < Icmp.HEADER || Icmp.code(b, start) !== 0) return undefined
      const type = Icmp.type(b, start)
      const name = type === Icmp.TYPE.echoRequest ? 'request' : type === Icmp.TYPE.echoReply ? 'reply' : undefined
      return name && { text: `echo ${name} ${Icmp.sequence(b, start)}`, sealed, layer: 'icmp' }
    }
    default:
      return undefined
  }
}

function ofTcp(b: Uint8Array, at: number, length: number): string | undefined {
  if (length < Tcp.HEADER) return undefined
  const data = length - Tcp.headerLength(b, at)
  const [from, to] = [Tcp.sourcePort(b, at), Tcp.destinationPort(b, at)]
  if (data < 0 || data === length || (data > 0 && (NAMED_PORTS.has(from) || NAMED_PORTS.has(to)))) return undefined
  const way = from < to ? `from ${from}` : `to ${to}`
  return `TCP ${Tcp.flagNames(Tcp.flags(b, at)).replaceAll(', ', ' ')} ${way}${dataOf(data)}`
}

const dataOf = (octets: number): string => (octets > 0 ? `, ${octets}` : '')
