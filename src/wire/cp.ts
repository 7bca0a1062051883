/**
 * Packets of the control protocols LCP, IPCP and CCP: RFC 1661 §5, RFC 1570 §1, RFC 1962 §3.
 *
 *     0               1               2               3
 *     +---------------+---------------+-------------------------------+
 *     |     Code      |  Identifier   |            Length             |
 *     +---------------+---------------+-------------------------------+
 *     |  codes 1-4: options, each  | Type | Length | Data …
 *     |  codes 5, 6, 14, 15: data
 *     |  code 7: the rejected packet
 *     |  code 8: rejected protocol (2), rejected information
 *     |  codes 9-12: magic number (4), data
 *     |  code 13: magic number (4), seconds remaining (4), message
 *
 * Octets beyond Length are padding and passed over (RFC 1661 §5).
 */
import { concat, get16, get32, hex, set16, set32 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import * as Ppp from './ppp.ts'
import { describeOption, quote, type RawOption, showOptions } from './ppp-options.ts'

export const CODES = {
  'configure-request': 1,
  'configure-ack': 2,
  'configure-nak': 3,
  'configure-reject': 4,
  'terminate-request': 5,
  'terminate-ack': 6,
  'code-reject': 7,
  'protocol-reject': 8,
  'echo-request': 9,
  'echo-reply': 10,
  'discard-request': 11,
  identification: 12,
  'time-remaining': 13,
  'reset-request': 14,
  'reset-ack': 15,
} as const
export type CpType = keyof typeof CODES

export type ConfigureType = 'configure-request' | 'configure-ack' | 'configure-nak' | 'configure-reject'
export type DataType = 'terminate-request' | 'terminate-ack' | 'code-reject' | 'reset-request' | 'reset-ack'
export type MagicType = 'echo-request' | 'echo-reply' | 'discard-request' | 'identification'

export interface Configure {
  readonly type: ConfigureType
  readonly id: number
  readonly options: readonly RawOption[]
}
/** `data` of a Code-Reject is the rejected packet. */
export interface Plain {
  readonly type: DataType
  readonly id: number
  readonly data: Uint8Array
}
export interface WithMagic {
  readonly type: MagicType
  readonly id: number
  readonly magic: number
  readonly data: Uint8Array
}
/** RFC 1570: how long the session may still last; all ones: without end. */
export interface TimeRemaining {
  readonly type: 'time-remaining'
  readonly id: number
  readonly magic: number
  readonly seconds: number
  readonly data: Uint8Array
}
export interface ProtocolReject {
  readonly type: 'protocol-reject'
  readonly id: number
  readonly protocol: number
  readonly data: Uint8Array
}
/** A code that no RFC named above defines. */
export interface UnknownCode {
  readonly type: 'unknown'
  readonly code: number
  readonly id: number
  readonly data: Uint8Array
}
export type Cp = Configure | Plain | WithMagic | TimeRemaining | ProtocolReject | UnknownCode

const NAMES: readonly (CpType | undefined)[] = Object.entries(CODES).reduce<(CpType | undefined)[]>(
  (names, [name, code]) => {
    names[code] = name as CpType
    return names
  },
  [],
)
const HEADER = 4

export function parse(bytes: Uint8Array): Parsed<Cp> {
  if (bytes.length < HEADER) return bad('truncated', bytes.length)
  const length = get16(bytes, 2)
  if (length < HEADER) return bad('bad-length', 2)
  if (length > bytes.length) return bad('truncated', bytes.length)
  const code = bytes[0]
  const id = bytes[1]
  const type = NAMES[code]
  switch (type) {
    case 'configure-request':
    case 'configure-ack':
    case 'configure-nak':
    case 'configure-reject': {
      const options = parseOptions(bytes, HEADER, length)
      return options.ok ? good({ type, id, options: options.value }) : options
    }
  }
  const data = bytes.subarray(HEADER, length)
  switch (type) {
    case undefined:
      return good({ type: 'unknown', code, id, data })
    case 'protocol-reject':
      if (data.length < 2) return bad('bad-length', 2)
      return good({ type, id, protocol: get16(data, 0), data: data.subarray(2) })
    case 'echo-request':
    case 'echo-reply':
    case 'discard-request':
    case 'identification':
      if (data.length < 4) return bad('bad-length', 2)
      return good({ type, id, magic: get32(data, 0), data: data.subarray(4) })
    case 'time-remaining':
      if (data.length < 8) return bad('bad-length', 2)
      return good({ type, id, magic: get32(data, 0), seconds: get32(data, 4), data: data.subarray(8) })
    default:
      return good({ type, id, data })
  }
}

/** The options of a Configure packet (RFC 1661 §6) in bytes[from … to - 1]. */
export function parseOptions(bytes: Uint8Array, from = 0, to = bytes.length): Parsed<readonly RawOption[]> {
  const options: RawOption[] = []
  for (let at = from; at < to; ) {
    const end = at + 1 < to ? at + bytes[at + 1] : at
    if (end < at + 2 || end > to) return bad('bad-length', Math.min(at + 1, to))
    options.push({ type: bytes[at], body: bytes.subarray(at + 2, end) })
    at = end
  }
  return good(options)
}

export function writeOptions(options: readonly RawOption[]): Uint8Array {
  let length = 0
  for (const { body } of options) length += 2 + body.length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const { type, body } of options) {
    bytes[at] = type
    bytes[at + 1] = body.length + 2
    bytes.set(body, at + 2)
    at += body.length + 2
  }
  return bytes
}

export function write(value: Cp): Uint8Array {
  const body = writeBody(value)
  const bytes = new Uint8Array(HEADER + body.length)
  bytes[0] = value.type === 'unknown' ? value.code : CODES[value.type]
  bytes[1] = value.id
  set16(bytes, 2, bytes.length)
  bytes.set(body, HEADER)
  return bytes
}

function writeBody(value: Cp): Uint8Array {
  if ('options' in value) return writeOptions(value.options)
  if ('seconds' in value) {
    const numbers = new Uint8Array(8)
    set32(numbers, 0, value.magic)
    set32(numbers, 4, value.seconds)
    return concat(numbers, value.data)
  }
  if ('magic' in value) {
    const magic = new Uint8Array(4)
    set32(magic, 0, value.magic)
    return concat(magic, value.data)
  }
  if ('protocol' in value) return concat(Uint8Array.of(value.protocol >>> 8, value.protocol), value.data)
  return value.data
}

/** What a person wants to know of a packet besides its type and identifier. */
export function show(protocol: number, value: Cp): string {
  switch (value.type) {
    case 'configure-request':
    case 'configure-ack':
    case 'configure-nak':
    case 'configure-reject':
      return value.options.length > 0 ? showOptions(protocol, value.options) : 'no options'
    case 'protocol-reject':
      return `protocol ${Ppp.protocolName(value.protocol)}`
    case 'code-reject':
      return `code ${value.data.length > 0 ? value.data[0] : 'missing'}`
    case 'echo-request':
    case 'echo-reply':
    case 'discard-request':
      return `magic 0x${value.magic.toString(16).padStart(8, '0')}`
    case 'time-remaining':
      return `${showSeconds(value.seconds)}${value.data.length > 0 ? `, ${quote(value.data)}` : ''}`
    case 'unknown':
      return `code ${value.code}`
    default:
      return value.data.length > 0 ? quote(value.data) : ''
  }
}

const showSeconds = (seconds: number): string => (seconds === 0xffffffff ? 'without end' : `${seconds} s`)

/** RFC spelling of a type: `Configure-Request`. */
export const title = (type: string): string => type.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** `protocol` says whose options these are. */
export function describe(bytes: Uint8Array, offset: number, protocol: number = Ppp.LCP): Field {
  return describePacket(bytes, offset, protocol, false)
}

/** A rejected packet inside of a rejected packet stays octets, so that no sender chooses how deep we go. */
function describePacket(bytes: Uint8Array, offset: number, protocol: number, rejected: boolean): Field {
  const name = Ppp.protocolName(protocol)
  if (bytes.length < HEADER) {
    return { ...layer(name, offset, bytes.length, name.toUpperCase(), []), problem: 'shorter than its header' }
  }
  const [code, id] = bytes
  const length = get16(bytes, 2)
  const type = NAMES[code] ?? 'unknown'
  const children = [
    field('code', offset, 1, code, `${code} (${title(type)})`),
    field('identifier', offset + 1, 1, id),
    field('length', offset + 2, 2, length),
  ]
  const end = Math.min(Math.max(length, HEADER), bytes.length)
  children.push(...describeBody(type, bytes.subarray(HEADER, end), offset + HEADER, protocol, rejected))
  const text = `${name.toUpperCase()} ${title(type)}, id ${id}`
  const shown = layer(name, offset, end, text, children)
  if (length < HEADER) return { ...shown, problem: 'the length is shorter than the header' }
  return length > bytes.length ? { ...shown, problem: 'the length goes beyond the end of the packet' } : shown
}

function describeBody(
  type: CpType | 'unknown',
  data: Uint8Array,
  offset: number,
  protocol: number,
  rejected: boolean,
): Field[] {
  switch (type) {
    case 'configure-request':
    case 'configure-ack':
    case 'configure-nak':
    case 'configure-reject':
      return describeOptions(data, offset, protocol)
    case 'protocol-reject':
      if (data.length < 2) return rest('data', data, offset)
      return [
        field('rejectedProtocol', offset, 2, get16(data, 0), Ppp.showProtocol(get16(data, 0))),
        ...describeRejected(data.subarray(2), offset + 2, get16(data, 0), rejected),
      ]
    case 'code-reject':
      return describeRejected(data, offset, protocol, rejected)
    case 'echo-request':
    case 'echo-reply':
    case 'discard-request':
    case 'identification':
      if (data.length < 4) return rest('data', data, offset)
      return [
        field('magic', offset, 4, get32(data, 0), `0x${hex(data.subarray(0, 4))}`),
        ...rest('data', data.subarray(4), offset + 4),
      ]
    case 'time-remaining':
      if (data.length < 8) return rest('data', data, offset)
      return [
        field('magic', offset, 4, get32(data, 0), `0x${hex(data.subarray(0, 4))}`),
        field('secondsRemaining', offset + 4, 4, get32(data, 4), showSeconds(get32(data, 4))),
        ...rest('message', data.subarray(8), offset + 8),
      ]
    default:
      return rest('data', data, offset)
  }
}

const CONTROL: readonly number[] = [Ppp.LCP, Ppp.IPCP, Ppp.CCP, Ppp.IPV6CP]

function describeRejected(data: Uint8Array, offset: number, protocol: number, rejected: boolean): Field[] {
  return CONTROL.includes(protocol) && data.length >= HEADER && !rejected
    ? [describePacket(data, offset, protocol, true)]
    : rest('rejectedInformation', data, offset)
}

/** As many options as can be read; the first that cannot is named and ends the list. */
function describeOptions(data: Uint8Array, offset: number, protocol: number): Field[] {
  const fields: Field[] = []
  for (let at = 0; at < data.length; ) {
    const length = data[at + 1] ?? 0
    if (length < 2 || at + length > data.length) {
      const broken = layer('option', offset + at, data.length - at, hex(data.subarray(at)), [])
      fields.push({ ...broken, problem: 'the length of this option does not fit' })
      break
    }
    const option = { type: data[at], body: data.subarray(at + 2, at + length) }
    fields.push(describeOption(protocol, option, offset + at))
    at += length
  }
  return fields
}

const rest = (name: string, data: Uint8Array, offset: number): Field[] =>
  data.length > 0 ? [field(name, offset, data.length, hex(data), quote(data))] : []
