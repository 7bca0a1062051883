/**
 * Enhanced GRE, the data path of PPTP. Read RFC 2637 §4.1; RFC 1701 for what it enhances.
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-----+-+---------+-----+-----------------------------+
 *  |C|R|K|S|s|Recur|A|  Flags  | Ver |    Protocol Type 0x880b     |
 *  +-+-+-+-+-+-----+-+---------+-----+-----------------------------+
 *  |     Key: Payload Length         |        Key: Call ID         |
 *  +---------------------------------+-----------------------------+
 *  |              Sequence Number, present if S is set             |
 *  +---------------------------------------------------------------+
 *  |           Acknowledgment Number, present if A is set          |
 *  +---------------------------------------------------------------+
 *
 * The call ID is that of the receiver.
 *
 * Limits: GRE of other versions or with another payload is told by `check` and described by its first four octets.
 */
import { get16, get32, set16, set32 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Malformed, type Parsed } from '../base/result.ts'

export const PROTOCOL_TYPE = 0x880b
const KEY = 0x2000
const SEQUENCE = 0x1000
const ACKNOWLEDGMENT = 0x0080
const VERSION_BITS = 0x0007
const VERSION = 1

const PROTOCOL_AT = 2
const PAYLOAD_LENGTH_AT = 4
const CALL_ID_AT = 6
const OPTIONAL_AT = 8

export const version = (b: Uint8Array, at: number): number => get16(b, at) & VERSION_BITS
export const protocolType = (b: Uint8Array, at: number): number => get16(b, at + PROTOCOL_AT)
export const hasSequence = (b: Uint8Array, at: number): boolean => (get16(b, at) & SEQUENCE) !== 0
export const hasAcknowledgment = (b: Uint8Array, at: number): boolean => (get16(b, at) & ACKNOWLEDGMENT) !== 0
export const payloadLength = (b: Uint8Array, at: number): number => get16(b, at + PAYLOAD_LENGTH_AT)
export const callId = (b: Uint8Array, at: number): number => get16(b, at + CALL_ID_AT)
/** Meaningful if `hasSequence`. */
export const sequenceNumber = (b: Uint8Array, at: number): number => get32(b, at + OPTIONAL_AT)
/** Meaningful if `hasAcknowledgment`. */
export const acknowledgmentNumber = (b: Uint8Array, at: number): number => get32(b, at + headerLength(b, at) - 4)
export const headerLength = (b: Uint8Array, at: number): number => sizeOf(hasSequence(b, at), hasAcknowledgment(b, at))

export const sizeOf = (sequence: boolean, acknowledgment: boolean): number =>
  OPTIONAL_AT + (sequence ? 4 : 0) + (acknowledgment ? 4 : 0)

/** Writes the header at `at`; `sequence` and `acknowledgment` below 0 are left out. Returns its length. */
export function writeHeader(
  b: Uint8Array,
  at: number,
  id: number,
  length: number,
  sequence: number,
  acknowledgment: number,
): number {
  set16(b, at, KEY | VERSION | (sequence >= 0 ? SEQUENCE : 0) | (acknowledgment >= 0 ? ACKNOWLEDGMENT : 0))
  set16(b, at + PROTOCOL_AT, PROTOCOL_TYPE)
  set16(b, at + PAYLOAD_LENGTH_AT, length)
  set16(b, at + CALL_ID_AT, id)
  let next = at + OPTIONAL_AT
  if (sequence >= 0) {
    set32(b, next, sequence)
    next += 4
  }
  if (acknowledgment >= 0) {
    set32(b, next, acknowledgment)
    next += 4
  }
  return next - at
}

/** What is wrong with the packet that starts at `at` and ends before `end`; undefined: every accessor may be used. */
export function check(b: Uint8Array, at: number, end: number): Malformed | undefined {
  if (end - at < 4) return 'truncated'
  const flags = get16(b, at)
  if ((flags & VERSION_BITS) !== VERSION) return 'bad-version'
  if (get16(b, at + PROTOCOL_AT) !== PROTOCOL_TYPE) return 'wrong-protocol'
  if ((flags & ~(SEQUENCE | ACKNOWLEDGMENT)) !== (KEY | VERSION)) return 'reserved-bits'
  if (end - at < OPTIONAL_AT) return 'truncated'
  const length = get16(b, at + PAYLOAD_LENGTH_AT)
  if (at + headerLength(b, at) + length > end) return 'truncated'
  // A payload has a number (§4.1, S); only the longer direction is open: what follows the payload is padding.
  if ((flags & SEQUENCE) === 0 && length > 0) return 'bad-length'
  return undefined
}

export interface Gre {
  /** The receiver's. */
  readonly callId: number
  readonly sequenceNumber: number | undefined
  readonly acknowledgmentNumber: number | undefined
  /** A PPP frame; empty in a packet that only acknowledges. */
  readonly payload: Uint8Array
}

export function parse(b: Uint8Array): Parsed<Gre> {
  const reason = check(b, 0, b.length)
  if (reason) return bad(reason, reason === 'truncated' ? b.length : OFFSETS[reason])
  const start = headerLength(b, 0)
  return good({
    callId: callId(b, 0),
    sequenceNumber: hasSequence(b, 0) ? sequenceNumber(b, 0) : undefined,
    acknowledgmentNumber: hasAcknowledgment(b, 0) ? acknowledgmentNumber(b, 0) : undefined,
    payload: b.subarray(start, start + payloadLength(b, 0)),
  })
}
const OFFSETS: Readonly<Partial<Record<Malformed, number>>> = { 'wrong-protocol': 2, 'bad-length': 4 }

export function write(gre: Gre): Uint8Array {
  const { sequenceNumber: sequence, acknowledgmentNumber: acknowledgment, payload } = gre
  const start = sizeOf(sequence !== undefined, acknowledgment !== undefined)
  const out = new Uint8Array(start + payload.length)
  writeHeader(out, 0, gre.callId, payload.length, sequence ?? -1, acknowledgment ?? -1)
  out.set(payload, start)
  return out
}

/** The header as a tree of fields. The payload is another layer's. */
export function describe(b: Uint8Array, offset: number): Field {
  const problem = check(b, 0, b.length)
  if (b.length < 4) {
    return { ...layer('gre', offset, b.length, 'GRE, cut off', []), problem: PROBLEMS.truncated as string }
  }
  const flags = get16(b, 0)
  const protocol = protocolType(b, 0)
  const children: Field[] = [
    field('flags', offset, 2, flags, `0x${flags.toString(16).padStart(4, '0')}${flagText(flags)}`),
    field('protocolType', offset + PROTOCOL_AT, 2, protocol, `0x${protocol.toString(16).padStart(4, '0')}`),
  ]
  if (version(b, 0) !== VERSION || protocol !== PROTOCOL_TYPE) {
    const other = layer('gre', offset, 4, `GRE version ${version(b, 0)}, not PPTP`, children)
    return problem ? { ...other, problem: PROBLEMS[problem] ?? problem } : other
  }
  const length = Math.min(b.length, headerLength(b, 0))
  if (b.length >= OPTIONAL_AT) {
    children.push(field('payloadLength', offset + PAYLOAD_LENGTH_AT, 2, payloadLength(b, 0)))
    children.push(field('callId', offset + CALL_ID_AT, 2, callId(b, 0)))
  }
  let text = b.length >= OPTIONAL_AT ? `call ${callId(b, 0)}` : 'cut off'
  if (hasSequence(b, 0) && b.length >= OPTIONAL_AT + 4) {
    children.push(field('sequenceNumber', offset + OPTIONAL_AT, 4, sequenceNumber(b, 0)))
    text += `, seq ${sequenceNumber(b, 0)}`
  }
  if (hasAcknowledgment(b, 0) && b.length >= headerLength(b, 0)) {
    children.push(field('acknowledgmentNumber', offset + length - 4, 4, acknowledgmentNumber(b, 0)))
    text += `, ack ${acknowledgmentNumber(b, 0)}`
  }
  const whole = layer('gre', offset, length, `Enhanced GRE, ${text}`, children)
  return problem ? { ...whole, problem: PROBLEMS[problem] ?? problem } : whole
}
const PROBLEMS: Readonly<Partial<Record<Malformed, string>>> = {
  truncated: 'the packet is longer than the octets that are there',
  'bad-version': 'not the enhanced GRE of PPTP',
  'wrong-protocol': 'the payload is not PPP',
  'reserved-bits': 'K must be set; C, R, s, Recur and Flags must be zero',
  'bad-length': 'a payload without a sequence number',
}
const FLAGS: readonly (readonly [number, string])[] = [
  [0x8000, 'C'],
  [0x4000, 'R'],
  [KEY, 'K'],
  [SEQUENCE, 'S'],
  [0x0800, 's'],
  [ACKNOWLEDGMENT, 'A'],
]
function flagText(flags: number): string {
  const set = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter)
  return ` (${[...set, `version ${flags & VERSION_BITS}`].join(' ')})`
}
