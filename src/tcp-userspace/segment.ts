/**
 * TCP segments (RFC 9293 §3.1, §3.2; window scale and timestamps RFC 7323; SACK RFC 2018).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-------------------------------+
 *   |          Source Port          |       Destination Port        |
 *   +-------------------------------+-------------------------------+
 *   |                        Sequence Number                        |
 *   +---------------------------------------------------------------+
 *   |                    Acknowledgment Number                      |
 *   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 *   |  Data |       |C|E|U|A|P|R|S|F|                               |
 *   | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 *   |       |       |R|E|G|K|H|T|N|N|                               |
 *   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 *   |           Checksum            |         Urgent Pointer        |
 *   +-------------------------------+-------------------------------+
 *   |                           [Options]                           |
 *   +---------------------------------------------------------------+
 *
 * Limits: values of options are raw octets here; options.ts reads those that the stack uses. The reserved bits are ignored
 * when read and zero when written. What follows an End of Option List is not kept.
 */
import { checksum } from './checksum.ts'

/** Octets of a header without options. */
export const HEADER = 20

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10
export const URG = 0x20
export const ECE = 0x40
export const CWR = 0x80

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const

export const OPTION = {
  end: 0,
  noOperation: 1,
  maximumSegmentSize: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
} as const
const OPTION_NAMES: Readonly<Record<number, string>> = {
  0: 'endOfOptionList',
  1: 'noOperation',
  2: 'maximumSegmentSize',
  3: 'windowScale',
  4: 'sackPermitted',
  5: 'sack',
  8: 'timestamps',
}

// Accessors over (bytes, where the header starts). They allocate nothing and check nothing.

export const get16 = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1]
export const get32 = (b: Uint8Array, at: number): number =>
  ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0
export function set16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8
  b[at + 1] = value
}
export function set32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
}

export const sourcePort = (b: Uint8Array, at: number): number => get16(b, at)
export const destinationPort = (b: Uint8Array, at: number): number => get16(b, at + 2)
export const sequence = (b: Uint8Array, at: number): number => get32(b, at + 4)
export const acknowledgment = (b: Uint8Array, at: number): number => get32(b, at + 8)
/** Octets of header and options, from the data offset. */
export const headerLength = (b: Uint8Array, at: number): number => (b[at + 12] >>> 4) * 4
export const flags = (b: Uint8Array, at: number): number => b[at + 13]
export const window = (b: Uint8Array, at: number): number => get16(b, at + 14)
export const checksumField = (b: Uint8Array, at: number): number => get16(b, at + 16)
export const urgentPointer = (b: Uint8Array, at: number): number => get16(b, at + 18)

export const setChecksumField = (b: Uint8Array, at: number, value: number): void => set16(b, at + 16, value)

/** Writes a header whose options, `length - 20` octets of them, are the caller's; checksum and urgent pointer are zero. */
export function writeHeader(
  b: Uint8Array,
  at: number,
  length: number,
  source: number,
  destination: number,
  seq: number,
  ack: number,
  bits: number,
  wnd: number,
): void {
  set16(b, at, source)
  set16(b, at + 2, destination)
  set32(b, at + 4, seq)
  set32(b, at + 8, ack)
  b[at + 12] = length << 2
  b[at + 13] = bits
  set16(b, at + 14, wnd)
  set32(b, at + 16, 0)
}

/** Fills in the checksum of a finished segment. */
export function seal(b: Uint8Array, start: number, end: number, source: number, destination: number): void {
  set16(b, start + 16, 0)
  set16(b, start + 16, checksum(b, start, end, source, destination))
}

// The codec over values.

export interface Option {
  readonly kind: number
  /** What follows kind and length; empty for a no-operation. */
  readonly data: Uint8Array
}

export interface Segment {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgment: number
  /** The eight control bits, FIN = 1 … CWR = 128. */
  readonly flags: number
  readonly window: number
  readonly checksum: number
  readonly urgentPointer: number
  readonly options: readonly Option[]
  readonly payload: Uint8Array
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: 'truncated' | 'bad-length'; readonly offset: number }

const bad = (reason: 'truncated' | 'bad-length', offset: number): Parsed<never> => ({ ok: false, reason, offset })

export function parse(bytes: Uint8Array): Parsed<Segment> {
  if (bytes.length < HEADER) return bad('truncated', bytes.length)
  const length = headerLength(bytes, 0)
  if (length < HEADER) return bad('bad-length', 12)
  if (length > bytes.length) return bad('truncated', bytes.length)
  const options: Option[] = []
  for (let at = HEADER; at < length && bytes[at] !== OPTION.end; ) {
    const size = optionSize(bytes, at, length)
    if (size === 0) return bad('bad-length', at)
    options.push({ kind: bytes[at], data: bytes.subarray(at + 2, at + size) })
    at += size
  }
  return {
    ok: true,
    value: {
      sourcePort: sourcePort(bytes, 0),
      destinationPort: destinationPort(bytes, 0),
      sequence: sequence(bytes, 0),
      acknowledgment: acknowledgment(bytes, 0),
      flags: flags(bytes, 0),
      window: window(bytes, 0),
      checksum: checksumField(bytes, 0),
      urgentPointer: urgentPointer(bytes, 0),
      options,
      payload: bytes.subarray(length),
    },
  }
}

/** Octets of the option at `at`, or 0 when its length is wrong. */
function optionSize(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === OPTION.noOperation) return 1
  if (at + 1 >= end) return 0
  const size = bytes[at + 1]
  return size >= 2 && at + size <= end ? size : 0
}

/** Writes the value as it is, its checksum included; see `seal`. Options are padded with zeros to whole 32-bit words. */
export function write(value: Segment): Uint8Array {
  let length = HEADER
  for (const option of value.options) length += option.kind === OPTION.noOperation ? 1 : 2 + option.data.length
  length = (length + 3) & ~3
  const bytes = new Uint8Array(length + value.payload.length)
  const { sourcePort, destinationPort, sequence, acknowledgment, flags, window } = value
  writeHeader(bytes, 0, length, sourcePort, destinationPort, sequence, acknowledgment, flags, window)
  set16(bytes, 16, value.checksum)
  set16(bytes, 18, value.urgentPointer)
  let at = HEADER
  for (const { kind, data } of value.options) {
    bytes[at++] = kind
    if (kind === OPTION.noOperation) continue
    bytes[at++] = 2 + data.length
    bytes.set(data, at)
    at += data.length
  }
  bytes.set(value.payload, length)
  return bytes
}

// For people.

/** A part of the segment with its place in the frame. */
export interface Field {
  readonly name: string
  readonly offset: number
  readonly length: number
  readonly value?: number | string | boolean
  readonly text: string
  readonly problem?: string
  readonly children?: readonly Field[]
}

/** `SYN, ACK` */
export function flagNames(bits: number): string {
  return FLAG_NAMES.filter((_, n) => bits & (1 << n)).join(', ') || 'none'
}

/** The header as a tree; `offset` is where `bytes` starts in the frame. The text itself is not described. */
export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) {
    return { name: 'tcp', offset, length: bytes.length, text: 'TCP', problem: 'it ends before its header does' }
  }
  const number = (name: string, at: number, length: number, value: number, text = String(value)): Field => ({
    name,
    offset: offset + at,
    length,
    value,
    text,
  })
  const stated = headerLength(bytes, 0)
  const length = Math.min(Math.max(stated, HEADER), bytes.length)
  const dataOffset = number('dataOffset', 12, 1, stated, `${stated} octets`)
  const bits = flags(bytes, 0)
  return {
    name: 'tcp',
    offset,
    length,
    text: `TCP ${sourcePort(bytes, 0)} > ${destinationPort(bytes, 0)} [${flagNames(bits)}]`,
    children: [
      number('sourcePort', 0, 2, sourcePort(bytes, 0)),
      number('destinationPort', 2, 2, destinationPort(bytes, 0)),
      number('sequence', 4, 4, sequence(bytes, 0)),
      number('acknowledgment', 8, 4, acknowledgment(bytes, 0)),
      stated === length ? dataOffset : { ...dataOffset, problem: 'the data offset does not fit the segment' },
      number('flags', 13, 1, bits, flagNames(bits)),
      number('window', 14, 2, window(bytes, 0)),
      number('checksum', 16, 2, checksumField(bytes, 0), `0x${checksumField(bytes, 0).toString(16).padStart(4, '0')}`),
      number('urgentPointer', 18, 2, urgentPointer(bytes, 0)),
      ...describeOptions(bytes, length, offset),
    ],
  }
}

function describeOptions(bytes: Uint8Array, end: number, offset: number): Field[] {
  const fields: Field[] = []
  for (let at = HEADER; at < end; ) {
    const kind = bytes[at]
    const name = OPTION_NAMES[kind] ?? `option${kind}`
    if (kind === OPTION.end) {
      fields.push({ name, offset: offset + at, length: end - at, text: 'End of option list' })
      break
    }
    const size = optionSize(bytes, at, end)
    if (size === 0) {
      const problem = 'the length of the option is wrong'
      fields.push({ name, offset: offset + at, length: end - at, text: name, problem })
      break
    }
    fields.push(describeOption(bytes, at, size, name, offset))
    at += size
  }
  return fields
}

function describeOption(bytes: Uint8Array, at: number, size: number, name: string, offset: number): Field {
  const place = { name, offset: offset + at, length: size }
  const kind = bytes[at]
  if (kind === OPTION.maximumSegmentSize && size === 4) {
    return { ...place, value: get16(bytes, at + 2), text: String(get16(bytes, at + 2)) }
  }
  if (kind === OPTION.windowScale && size === 3) {
    return { ...place, value: bytes[at + 2], text: `${bytes[at + 2]} (multiply by ${2 ** bytes[at + 2]})` }
  }
  if (kind === OPTION.sackPermitted && size === 2) return { ...place, text: 'SACK permitted' }
  if (kind === OPTION.timestamps && size === 10) {
    return { ...place, text: `value ${get32(bytes, at + 2)}, echo ${get32(bytes, at + 6)}` }
  }
  if (kind === OPTION.sack && size % 8 === 2) {
    const blocks = Array.from({ length: (size - 2) / 8 }, (_, n) => {
      const block = at + 2 + 8 * n
      return `${get32(bytes, block)}-${get32(bytes, block + 4)}`
    })
    return { ...place, text: blocks.join(', ') || 'no block' }
  }
  const wrong = kind in OPTION_NAMES && kind !== OPTION.noOperation
  return { ...place, text: `${size} octets`, ...(wrong ? { problem: 'the length of the option is wrong' } : {}) }
}
