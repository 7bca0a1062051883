/**
 * PPP frames as PPTP carries them: RFC 1661 §2, with the address and control fields of RFC 1662 §3.1 in front.
 *
 *     +---------+---------+------------------+-------------------
 *     | Address | Control |     Protocol     |  Information …
 *     |  0xff   |  0x03   |  1 or 2 octets   |
 *     +---------+---------+------------------+-------------------
 *
 * Address and control are absent when compressed (RFC 1661 §6.6); a protocol number below 0x100 may then be one octet
 * (§6.5). The last octet of a protocol number is odd, every other even, so a reader needs no negotiation to tell.
 *
 * Limits: no flag sequence, no FCS and no octet stuffing: enhanced GRE delimits the frame and IP checks nothing of it.
 */
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'

export const IP = 0x0021
/** A compressed, or with MPPE encrypted, packet (RFC 1962 §2). */
export const COMPRESSED = 0x00fd
export const IPCP = 0x8021
export const IPV6CP = 0x8057
export const CCP = 0x80fd
export const LCP = 0xc021
export const PAP = 0xc023
export const LQR = 0xc025
export const CHAP = 0xc223

const NAMES: Readonly<Record<number, string>> = {
  [IP]: 'ip',
  45: 'vj-compressed-tcp',
  47: 'vj-uncompressed-tcp',
  61: 'multilink',
  87: 'ipv6',
  [COMPRESSED]: 'compressed',
  [IPCP]: 'ipcp',
  [IPV6CP]: 'ipv6cp',
  [CCP]: 'ccp',
  32851: 'ecp',
  [LCP]: 'lcp',
  [PAP]: 'pap',
  [LQR]: 'lqr',
  [CHAP]: 'chap',
  49703: 'eap',
}
/** `lcp`, or the number when it has no name here. */
export const protocolName = (protocol: number): string => NAMES[protocol] ?? hex16(protocol)
/** `0x00fd (compressed)` */
export const showProtocol = (protocol: number): string => `${hex16(protocol)} (${protocolName(protocol)})`
export const hex16 = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`

export interface Ppp {
  /** Were the address and control fields left out? */
  readonly addressCompressed: boolean
  /** Was the protocol number one octet? */
  readonly protocolCompressed: boolean
  readonly protocol: number
  readonly info: Uint8Array
}

/** Where the protocol number starts in a frame at `at`. */
export const protocolOffset = (b: Uint8Array, at: number, end: number): number =>
  end - at >= 2 && b[at] === 0xff && b[at + 1] === 0x03 ? at + 2 : at

/** The protocol number that starts at `at`, or -1 if none stands there. */
export function protocolAt(b: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  if (b[at] & 1) return b[at]
  return at + 1 < end && b[at + 1] & 1 ? (b[at] << 8) | b[at + 1] : -1
}

/** Octets of the protocol number that starts at `at`. */
export const protocolLength = (b: Uint8Array, at: number): number => (b[at] & 1 ? 1 : 2)

/** Octets in front of the information. */
export const headerLength = (protocol: number, addressCompressed: boolean, protocolCompressed: boolean): number =>
  (addressCompressed ? 0 : 2) + (protocolCompressed && protocol < 0x100 ? 1 : 2)

/** Writes the header at `at`, where `headerLength` octets of room are. */
export function writeHeader(
  b: Uint8Array,
  at: number,
  protocol: number,
  addressCompressed: boolean,
  protocolCompressed: boolean,
): void {
  if (!addressCompressed) {
    b[at++] = 0xff
    b[at++] = 0x03
  }
  if (!protocolCompressed || protocol >= 0x100) b[at++] = protocol >>> 8
  b[at] = protocol
}

export function parse(bytes: Uint8Array): Parsed<Ppp> {
  const at = protocolOffset(bytes, 0, bytes.length)
  const protocol = protocolAt(bytes, at, bytes.length)
  if (protocol < 0) return bytes.length - at < 2 ? bad('truncated', at) : bad('bad-value', at)
  const length = protocolLength(bytes, at)
  return good({
    addressCompressed: at === 0,
    protocolCompressed: length === 1,
    protocol,
    info: bytes.subarray(at + length),
  })
}

export function write(value: Ppp): Uint8Array {
  const header = headerLength(value.protocol, value.addressCompressed, value.protocolCompressed)
  const bytes = new Uint8Array(header + value.info.length)
  writeHeader(bytes, 0, value.protocol, value.addressCompressed, value.protocolCompressed)
  bytes.set(value.info, header)
  return bytes
}

export function describe(bytes: Uint8Array, offset: number): Field {
  const children: Field[] = []
  const at = protocolOffset(bytes, 0, bytes.length)
  if (at > 0) {
    children.push(field('address', offset, 1, 0xff, '0xff (all stations)'))
    children.push(field('control', offset + 1, 1, 3, '0x03 (unnumbered information)'))
  }
  const protocol = protocolAt(bytes, at, bytes.length)
  if (protocol < 0) {
    const problem = 'no PPP protocol number stands here'
    return { ...layer('ppp', offset, bytes.length, 'PPP', children), problem }
  }
  const length = protocolLength(bytes, at)
  children.push(field('protocol', offset + at, length, protocol, showProtocol(protocol)))
  return layer('ppp', offset, at + length, `PPP ${protocolName(protocol)}`, children)
}
