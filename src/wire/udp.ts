/**
 * UDP (RFC 768).
 *
 *     |          Source Port          |       Destination Port        |
 *     |            Length             |           Checksum            |
 */
import { get16, hex, set16 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import type { Malformed } from '../base/result.ts'
import * as Checksum from './checksum.ts'

export const HEADER = 8
const PROTOCOL = 17

export const sourcePort = (b: Uint8Array, at: number): number => get16(b, at)
export const destinationPort = (b: Uint8Array, at: number): number => get16(b, at + 2)
export const length = (b: Uint8Array, at: number): number => get16(b, at + 4)

/** A checksum of zero means that the sender made none (RFC 768). */
export function check(
  b: Uint8Array,
  start: number,
  end: number,
  source: number,
  destination: number,
): Malformed | undefined {
  if (end - start < HEADER) return 'truncated'
  const size = length(b, start)
  if (size < HEADER || size > end - start) return 'bad-length'
  if (get16(b, start + 6) === 0) return undefined
  const total = Checksum.pseudoHeader(source, destination, PROTOCOL, size) + Checksum.sum(b, start, start + size)
  return Checksum.finish(total) === 0 ? undefined : 'bad-checksum'
}

/** Writes a header before what stands in bytes[at + 8 … end - 1]. */
export function write(
  b: Uint8Array,
  at: number,
  end: number,
  source: number,
  sourcePort: number,
  destination: number,
  destinationPort: number,
): void {
  set16(b, at, sourcePort)
  set16(b, at + 2, destinationPort)
  set16(b, at + 4, end - at)
  set16(b, at + 6, 0)
  const total = Checksum.pseudoHeader(source, destination, PROTOCOL, end - at) + Checksum.sum(b, at, end)
  // RFC 768: a computed zero is sent as all ones, because zero says "no checksum".
  set16(b, at + 6, Checksum.finish(total) || 0xffff)
}

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) return { ...layer('udp', offset, bytes.length, hex(bytes), []), problem: 'truncated' }
  return layer('udp', offset, HEADER, `${sourcePort(bytes, 0)} > ${destinationPort(bytes, 0)}`, [
    field('sourcePort', offset, 2, sourcePort(bytes, 0)),
    field('destinationPort', offset + 2, 2, destinationPort(bytes, 0)),
    field('length', offset + 4, 2, length(bytes, 0)),
    field('checksum', offset + 6, 2, get16(bytes, 6), `0x${get16(bytes, 6).toString(16).padStart(4, '0')}`),
  ])
}
