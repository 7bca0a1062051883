/**
 * The IPv4 header (RFC 791 §3.1), for the hot path: accessors over (bytes, offset), nothing is allocated.
 *
 *      0                   1                   2                   3
 *     |Version|  IHL  |Type of Service|          Total Length         |
 *     |         Identification        |Flags|      Fragment Offset    |
 *     |  Time to Live |    Protocol   |         Header Checksum       |
 *     |                       Source Address                          |
 *     |                    Destination Address                        |
 *     |                    Options                    |    Padding    |
 *
 * Limits: options are carried, copied into fragments as RFC 791 says and described, but none is acted upon.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { get16, get32, hex, set16, set32 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import type { Malformed } from '../base/result.ts'
import * as Checksum from './checksum.ts'

export const HEADER = 20
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, gre: 47 } as const
const PROTOCOL_NAMES = new Map<number, string>(Object.entries(PROTOCOL).map(([name, number]) => [number, name]))
/** `icmp`, `tcp`, `udp`, `gre`, or the number as text. */
export const protocolName = (protocol: number): string => PROTOCOL_NAMES.get(protocol) ?? String(protocol)

export const headerLength = (b: Uint8Array, at: number): number => (b[at] & 15) << 2
export const totalLength = (b: Uint8Array, at: number): number => get16(b, at + 2)
export const identification = (b: Uint8Array, at: number): number => get16(b, at + 4)
export const dontFragment = (b: Uint8Array, at: number): boolean => (b[at + 6] & 0x40) !== 0
export const moreFragments = (b: Uint8Array, at: number): boolean => (b[at + 6] & 0x20) !== 0
/** In octets. */
export const fragmentOffset = (b: Uint8Array, at: number): number => (get16(b, at + 6) & 0x1fff) << 3
/** Part of a larger datagram: MF or an offset. */
export const isFragment = (b: Uint8Array, at: number): boolean => (get16(b, at + 6) & 0x3fff) !== 0
export const ttl = (b: Uint8Array, at: number): number => b[at + 8]
export const protocol = (b: Uint8Array, at: number): number => b[at + 9]
export const source = (b: Uint8Array, at: number): Ipv4 => get32(b, at + 12) as Ipv4
export const destination = (b: Uint8Array, at: number): Ipv4 => get32(b, at + 16) as Ipv4

/** The sum of a header without options: every router computes it for every packet. */
function plainSum(b: Uint8Array, at: number): number {
  const high = b[at] + b[at + 2] + b[at + 4] + b[at + 6] + b[at + 8] + b[at + 10] + b[at + 12] + b[at + 14] + b[at + 16]
  const low =
    b[at + 1] + b[at + 3] + b[at + 5] + b[at + 7] + b[at + 9] + b[at + 11] + b[at + 13] + b[at + 15] + b[at + 17]
  return ((high + b[at + 18]) << 8) + low + b[at + 19]
}

/** Is a valid IPv4 packet in bytes[start … end - 1]? Longer is allowed: lower layers pad. */
export function check(b: Uint8Array, start: number, end: number): Malformed | undefined {
  if (end - start < HEADER) return 'truncated'
  if (b[start] >> 4 !== 4) return 'bad-version'
  const header = headerLength(b, start)
  const total = totalLength(b, start)
  if (header < HEADER || total < header) return 'bad-length'
  if (end - start < total) return 'truncated'
  const sum = header === HEADER ? plainSum(b, start) : Checksum.sum(b, start, start + header)
  return Checksum.finish(sum) === 0 ? undefined : 'bad-checksum'
}

/** Writes a header without options in front of a payload, checksum included. `fragment` is the flags and offset word. */
export function write(
  b: Uint8Array,
  at: number,
  total: number,
  id: number,
  fragment: number,
  ttl: number,
  protocol: number,
  source: Ipv4,
  destination: Ipv4,
): void {
  b[at] = 0x45
  b[at + 1] = 0
  set16(b, at + 2, total)
  set16(b, at + 4, id)
  set16(b, at + 6, fragment)
  b[at + 8] = ttl
  b[at + 9] = protocol
  set16(b, at + 10, 0)
  set32(b, at + 12, source)
  set32(b, at + 16, destination)
  set16(b, at + 10, Checksum.finish(Checksum.sum(b, at, at + HEADER)))
}

export const DF = 0x4000
export const MF = 0x2000

/** Lowers the time to live by one and mends the checksum (RFC 1624). */
export function decrementTtl(b: Uint8Array, at: number): void {
  const before = get16(b, at + 8)
  const after = before - 0x100
  b[at + 8]--
  set16(b, at + 10, Checksum.update(get16(b, at + 10), before, after))
}

/** Computes the checksum of a whole header anew. */
export function setChecksum(b: Uint8Array, at: number): void {
  set16(b, at + 10, 0)
  set16(b, at + 10, Checksum.finish(Checksum.sum(b, at, at + headerLength(b, at))))
}

const OPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'end of options',
  1: 'no operation',
  7: 'record route',
  68: 'timestamp',
  131: 'loose source route',
  137: 'strict source route',
  148: 'router alert',
}

function describeOptions(b: Uint8Array, from: number, to: number, offset: number): Field[] {
  const out: Field[] = []
  for (let at = from; at < to; ) {
    const type = b[at]
    const length = type < 2 ? 1 : at + 1 < to ? b[at + 1] : 0
    const name = OPTION_NAMES[type] ?? `option ${type}`
    if (length < 1 || (type >= 2 && length < 2) || at + length > to) {
      out.push({ ...field('option', offset + at, to - at, type, name), problem: 'bad-length' })
      break
    }
    out.push(field('option', offset + at, length, type, name))
    at += length
    if (type === 0) break
  }
  return out
}

export function describe(bytes: Uint8Array, offset: number): Field {
  const problem = check(bytes, 0, bytes.length)
  const header = bytes.length > 0 ? headerLength(bytes, 0) : 0
  if (bytes.length < HEADER || header < HEADER || header > bytes.length) {
    return { ...layer('ipv4', offset, bytes.length, hex(bytes.subarray(0, 20)), []), problem: problem ?? 'truncated' }
  }
  const word = get16(bytes, 6)
  const flags = `${word & DF ? 'DF' : ''}${word & DF && word & MF ? ' ' : ''}${word & MF ? 'MF' : ''}` || 'none'
  const tree = layer('ipv4', offset, header, `${formatIpv4(source(bytes, 0))} > ${formatIpv4(destination(bytes, 0))}`, [
    field('version', offset, 1, bytes[0] >> 4),
    field('headerLength', offset, 1, header),
    field('typeOfService', offset + 1, 1, bytes[1]),
    field('totalLength', offset + 2, 2, totalLength(bytes, 0)),
    field(
      'identification',
      offset + 4,
      2,
      identification(bytes, 0),
      `0x${identification(bytes, 0).toString(16).padStart(4, '0')}`,
    ),
    field('flags', offset + 6, 1, word >> 13, flags),
    field('fragmentOffset', offset + 6, 2, fragmentOffset(bytes, 0)),
    field('ttl', offset + 8, 1, bytes[8]),
    field('protocol', offset + 9, 1, bytes[9], `${bytes[9]} (${protocolName(bytes[9])})`),
    field('checksum', offset + 10, 2, get16(bytes, 10), `0x${get16(bytes, 10).toString(16).padStart(4, '0')}`),
    field('source', offset + 12, 4, formatIpv4(source(bytes, 0))),
    field('destination', offset + 16, 4, formatIpv4(destination(bytes, 0))),
    ...describeOptions(bytes, HEADER, header, offset),
  ])
  return problem ? { ...tree, problem } : tree
}
