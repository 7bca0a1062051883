/**
 * The header of an MPPE packet: what follows the PPP protocol field 0x00fd. Read RFC 3078 §3; bits A to C come from
 * MPPC, RFC 2118 §3.1.
 *
 *    0                   1
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |A|B|C|D|    Coherency Count    |   encrypted data …
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * A, FLUSHED: the tables were initialised before this packet. B and C mean something to MPPC only. D: encrypted.
 */
import { get16, set16 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'

export const HEADER_LENGTH = 2

export const FLUSHED = 0x8000
const BIT_B = 0x4000
const BIT_C = 0x2000
export const ENCRYPTED = 0x1000
/** Counts run from 0 to 4095 and then start again. */
export const COUNT_MASK = 0x0fff

export const isFlushed = (b: Uint8Array, at: number): boolean => (b[at] & 0x80) !== 0
export const isEncrypted = (b: Uint8Array, at: number): boolean => (b[at] & 0x10) !== 0
export const coherencyCount = (b: Uint8Array, at: number): number => get16(b, at) & COUNT_MASK

/** Writes the header of an encrypted packet; `flushed` is FLUSHED or 0. */
export function writeHeader(b: Uint8Array, at: number, flushed: number, count: number): void {
  set16(b, at, ENCRYPTED | flushed | count)
}

export interface Mppe {
  readonly flushed: boolean
  readonly bitB: boolean
  readonly bitC: boolean
  readonly encrypted: boolean
  readonly coherencyCount: number
  readonly payload: Uint8Array
}

export function parse(bytes: Uint8Array): Parsed<Mppe> {
  if (bytes.length < HEADER_LENGTH) return bad('truncated', bytes.length)
  const flags = get16(bytes, 0)
  return good({
    flushed: isFlushed(bytes, 0),
    bitB: (flags & BIT_B) !== 0,
    bitC: (flags & BIT_C) !== 0,
    encrypted: isEncrypted(bytes, 0),
    coherencyCount: coherencyCount(bytes, 0),
    payload: bytes.subarray(HEADER_LENGTH),
  })
}

export function write(mppe: Mppe): Uint8Array {
  const out = new Uint8Array(HEADER_LENGTH + mppe.payload.length)
  const flags =
    (mppe.flushed ? FLUSHED : 0) | (mppe.bitB ? BIT_B : 0) | (mppe.bitC ? BIT_C : 0) | (mppe.encrypted ? ENCRYPTED : 0)
  set16(out, 0, flags | (mppe.coherencyCount & COUNT_MASK))
  out.set(mppe.payload, HEADER_LENGTH)
  return out
}

export function describe(bytes: Uint8Array, offset: number): Field {
  const parsed = parse(bytes)
  if (!parsed.ok) {
    return { ...layer('mppe', offset, bytes.length, 'MPPE, cut off', []), problem: 'the header has two octets' }
  }
  const { flushed, bitB, bitC, encrypted, coherencyCount: count, payload } = parsed.value
  const words = [flushed ? 'flushed' : '', encrypted ? 'encrypted' : 'not encrypted'].filter(word => word !== '')
  const header = [
    field('flushed', offset, 1, flushed),
    field('bitB', offset, 1, bitB),
    field('bitC', offset, 1, bitC),
    field('encrypted', offset, 1, encrypted),
    field('coherencyCount', offset, 2, count, `${count} (0x${count.toString(16).padStart(3, '0')})`),
  ]
  const text = `MPPE, count ${count}, ${words.join(', ')}`
  return layer('mppe', offset, bytes.length, text, [
    ...header,
    field('payload', offset + HEADER_LENGTH, payload.length, payload.length, `${payload.length} octets`),
  ])
}
