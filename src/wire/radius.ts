/**
 * Packets of RADIUS: RFC 2865 §3 to §5 and RFC 2866 §3 to §5; their attributes stand in radius-attributes.ts.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |     Code      |  Identifier   |            Length             |
 *     +---------------+---------------+-------------------------------+
 *     |                   Authenticator (16 octets)                   |
 *     +---------------+---------------+-------------------------------+
 *     |  Attributes: Type 1, Length 1 (these two included), Value
 *     |  Type 26 (Vendor-Specific): Vendor-Id 4, then Type 1, Length 1, Value, and so on
 *
 * A vendor's attribute stands beside the others with its vendor's number; it is written into a Vendor-Specific of its
 * own (RFC 2865 §5.26 allows several in one, and they are read). Octets beyond Length are padding (RFC 2865 §3).
 *
 * Limits: one that is not built as §5.26 suggests stays a Vendor-Specific with its octets. What is hidden by the shared
 * secret stays hidden here; src/radius opens it.
 */
import { formatIpv4 } from '../base/address.ts'
import { concat, get16, get32, hex, set16, set32, toAscii } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import { title } from './cp.ts'
import { quote } from './ppp-options.ts'
import { IETF, ruleOf, TYPE } from './radius-attributes.ts'

export const CODES = {
  'access-request': 1,
  'access-accept': 2,
  'access-reject': 3,
  'accounting-request': 4,
  'accounting-response': 5,
  'access-challenge': 11,
  'status-server': 12,
  'status-client': 13,
} as const
export type Code = keyof typeof CODES

const NAMES = new Map<number, Code>(Object.entries(CODES).map(([name, code]) => [code, name as Code]))

export interface Attribute {
  /** IETF, or the vendor's number. */
  readonly vendor: number
  readonly type: number
  readonly value: Uint8Array
}

export interface Radius {
  readonly code: Code
  readonly id: number
  /** Sixteen octets. */
  readonly authenticator: Uint8Array
  readonly attributes: readonly Attribute[]
}

/** RFC 2865 §3, RFC 2866 §3 */
export const AUTH_PORT = 1812
export const ACCT_PORT = 1813
export const HEADER = 20
export const LONGEST = 4096
export const AUTHENTICATOR = 4
/** Type and length. */
const HEAD = 2
const VENDOR = 4
/** Octets that the value of an attribute may have. */
export const LONGEST_VALUE = 253

export function parse(bytes: Uint8Array): Parsed<Radius> {
  if (bytes.length < HEADER) return bad('truncated', bytes.length)
  const code = NAMES.get(bytes[0])
  if (code === undefined) return bad('bad-type', 0)
  const length = get16(bytes, 2)
  if (length < HEADER || length > LONGEST) return bad('bad-length', 2)
  if (length > bytes.length) return bad('truncated', bytes.length)
  const attributes: Attribute[] = []
  for (let at = HEADER; at < length; at += bytes[at + 1]) {
    if (at + HEAD > length || bytes[at + 1] < HEAD || at + bytes[at + 1] > length) return bad('bad-length', at)
    attributes.push(...readAttribute(bytes.subarray(at, at + bytes[at + 1])))
  }
  return good({ code, id: bytes[1], authenticator: bytes.subarray(AUTHENTICATOR, HEADER), attributes })
}

/** One attribute, or those that a vendor put into one. */
function readAttribute(bytes: Uint8Array): Attribute[] {
  const [type] = bytes
  const value = bytes.subarray(HEAD)
  const whole: Attribute = { vendor: IETF, type, value }
  const places = type === TYPE.vendorSpecific ? vendorPlaces(value) : undefined
  if (!places) return [whole]
  return places.map(({ at, length }) => ({
    vendor: get32(value, 0),
    type: value[at],
    value: value.subarray(at + HEAD, at + length),
  }))
}

/** Where the attributes inside a Vendor-Specific stand; undefined when it is not built as RFC 2865 §5.26 suggests. */
function vendorPlaces(value: Uint8Array): { readonly at: number; readonly length: number }[] | undefined {
  if (value.length < VENDOR + HEAD || get32(value, 0) === IETF) return undefined
  const places: { at: number; length: number }[] = []
  for (let at = VENDOR; at < value.length; at += value[at + 1]) {
    if (at + HEAD > value.length || value[at + 1] < HEAD || at + value[at + 1] > value.length) return undefined
    places.push({ at, length: value[at + 1] })
  }
  return places
}

/** Throws for what cannot be written: values and packets that are too long. */
export function write({ code, id, authenticator, attributes }: Radius): Uint8Array {
  const body = concat(...attributes.map(writeAttribute))
  const bytes = new Uint8Array(HEADER + body.length)
  if (bytes.length > LONGEST) throw new RangeError(`a RADIUS packet of ${bytes.length} octets`)
  bytes[0] = CODES[code]
  bytes[1] = id
  set16(bytes, 2, bytes.length)
  bytes.set(authenticator, AUTHENTICATOR)
  bytes.set(body, HEADER)
  return bytes
}

/** Octets that an attribute takes in a packet. */
export const sizeOf = ({ vendor, value }: Attribute): number =>
  HEAD + (vendor === IETF ? 0 : VENDOR + HEAD) + value.length

function writeAttribute({ vendor, type, value }: Attribute): Uint8Array {
  if (value.length > LONGEST_VALUE - (vendor === IETF ? 0 : VENDOR + HEAD)) {
    throw new RangeError(`a value of ${value.length} octets in attribute ${type} of vendor ${vendor}`)
  }
  const own = concat(Uint8Array.of(type, HEAD + value.length), value)
  if (vendor === IETF) return own
  const head = new Uint8Array(HEAD + VENDOR)
  head[0] = TYPE.vendorSpecific
  head[1] = head.length + own.length
  set32(head, HEAD, vendor)
  return concat(head, own)
}

/** The first attribute of its kind. */
export function find({ attributes }: Radius, type: number, vendor = IETF): Uint8Array | undefined {
  return attributes.find(attribute => attribute.vendor === vendor && attribute.type === type)?.value
}

/** `User-Name` */
export function nameOf({ vendor, type }: Attribute): string {
  return ruleOf(vendor, type)?.name ?? (vendor === IETF ? `attribute ${type}` : `attribute ${type} of vendor ${vendor}`)
}

/** What stands in it, as people read it. */
export function contentOf({ vendor, type, value }: Attribute): string {
  const rule = ruleOf(vendor, type)
  if (rule?.kind === 'text') return quote(value, 253)
  if (rule?.kind === 'hidden') return `hidden, ${value.length} octets`
  if (rule?.kind === 'address' && value.length === 4) return formatIpv4(get32(value, 0))
  if (rule?.kind === 'number' && value.length === 4) {
    const number = get32(value, 0)
    const name = rule.codes?.[number]
    return name === undefined ? String(number) : `${number} (${name})`
  }
  return `0x${hex(value)}`
}

/** One clause for the trace. */
export function show({ attributes }: Radius): string {
  const told = attributes.filter(attribute => ruleOf(attribute.vendor, attribute.type)?.kind !== 'octets')
  return told.map(attribute => `${nameOf(attribute)} ${contentOf(attribute)}`).join(', ')
}

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) {
    return { ...layer('radius', offset, bytes.length, 'RADIUS', []), problem: 'shorter than its header' }
  }
  const code = NAMES.get(bytes[0])
  const length = get16(bytes, 2)
  const end = Math.min(Math.max(length, HEADER), bytes.length)
  const children = [
    field('code', offset, 1, bytes[0], `${bytes[0]} (${code ? title(code) : 'unknown'})`),
    field('identifier', offset + 1, 1, bytes[1]),
    field('length', offset + 2, 2, length),
    field('authenticator', offset + AUTHENTICATOR, 16, hex(bytes.subarray(AUTHENTICATOR, HEADER))),
    ...describeAttributes(bytes.subarray(HEADER, end), offset + HEADER),
  ]
  const name = code ? title(code) : `code ${bytes[0]}`
  const shown = layer('radius', offset, end, `RADIUS ${name}, id ${bytes[1]}`, children)
  const parsed = parse(bytes)
  return parsed.ok ? shown : { ...shown, problem: `not a RADIUS packet: ${parsed.reason}` }
}

function describeAttributes(bytes: Uint8Array, offset: number): Field[] {
  const fields: Field[] = []
  for (let at = 0; at < bytes.length; at += bytes[at + 1]) {
    const rest = bytes.length - at
    if (rest < HEAD || bytes[at + 1] < HEAD || bytes[at + 1] > rest) {
      fields.push({
        ...field('attribute', offset + at, rest, hex(bytes.subarray(at))),
        problem: 'its length does not fit',
      })
      break
    }
    fields.push(describeAttribute(bytes.subarray(at, at + bytes[at + 1]), offset + at))
  }
  return fields
}

function describeAttribute(bytes: Uint8Array, offset: number): Field {
  const value = bytes.subarray(HEAD)
  const places = bytes[0] === TYPE.vendorSpecific ? vendorPlaces(value) : undefined
  if (!places) return showAttribute({ vendor: IETF, type: bytes[0], value }, offset, bytes.length)
  const vendor = get32(value, 0)
  return layer('vendorSpecific', offset, bytes.length, `Vendor-Specific: vendor ${vendor}`, [
    field('vendorId', offset + HEAD, VENDOR, vendor),
    ...places.map(({ at, length }) => {
      const inner = { vendor, type: value[at], value: value.subarray(at + HEAD, at + length) }
      return showAttribute(inner, offset + HEAD + at, length)
    }),
  ])
}

function showAttribute(attribute: Attribute, offset: number, length: number): Field {
  const rule = ruleOf(attribute.vendor, attribute.type)
  const shown = `${nameOf(attribute)}: ${contentOf(attribute)}`
  const value = rule?.kind === 'text' ? toAscii(attribute.value) : hex(attribute.value)
  const made = { ...field('attribute', offset, length, value, shown) }
  const four = rule?.kind === 'address' || rule?.kind === 'number'
  return four && attribute.value.length !== 4 ? { ...made, problem: 'it must have four octets' } : made
}
