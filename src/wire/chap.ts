/**
 * Packets of the Challenge Handshake Authentication Protocol: RFC 1994 §4, with the values and messages of MS-CHAP,
 * RFC 2433 §4 to §9, and of its version 2, RFC 2759 §3 to §7.
 *
 *     +--------+------------+----------------+
 *     |  Code  | Identifier |     Length     |
 *     +--------+------------+----------------+------------------------
 *     | codes 1, 2: Value-Size, Value, Name (all that remains)
 *     | codes 3, 4: Message (all that remains)
 *     | codes 5, 6, 7: Change-Password of MS-CHAP (5 and 6) and MS-CHAPv2 (7)
 *
 * The value of an MS-CHAP Response: LM-Response 24, NT-Response 24, Use-NT-Response 1.
 * The value of an MS-CHAPv2 Response: Peer-Challenge 16, Reserved 8 (zero), NT-Response 24, Flags 1 (zero).
 * Octets beyond Length are padding and passed over.
 */
import { concat, equal, get16, hex, set16, toAscii, unhex } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import { title } from './cp.ts'
import { quote } from './ppp-options.ts'

export const CODES = { challenge: 1, response: 2, success: 3, failure: 4 } as const

/** Length of a Change-Password packet by its code: RFC 2433 §8 and §9, RFC 2759 §7. */
const CHANGE_PASSWORD: Readonly<Record<number, number>> = { 5: 72, 6: 1118, 7: 586 }

export interface WithValue {
  readonly type: 'challenge' | 'response'
  readonly id: number
  readonly value: Uint8Array
  readonly name: Uint8Array
}
export interface WithMessage {
  readonly type: 'success' | 'failure'
  readonly id: number
  readonly message: Uint8Array
}
/** What an expired password is to be replaced by, encrypted. */
export interface ChangePassword {
  readonly type: 'change-password'
  readonly code: number
  readonly id: number
  readonly data: Uint8Array
}
export type Chap = WithValue | WithMessage | ChangePassword

const TYPES = [undefined, 'challenge', 'response', 'success', 'failure'] as const
const HEADER = 4

export function parse(bytes: Uint8Array): Parsed<Chap> {
  if (bytes.length < HEADER) return bad('truncated', bytes.length)
  const length = get16(bytes, 2)
  if (length < HEADER) return bad('bad-length', 2)
  if (length > bytes.length) return bad('truncated', bytes.length)
  const [code, id] = bytes
  if (CHANGE_PASSWORD[code] !== undefined) {
    if (length !== CHANGE_PASSWORD[code]) return bad('bad-length', 2)
    return good({ type: 'change-password', code, id, data: bytes.subarray(HEADER, length) })
  }
  const type = TYPES[code]
  if (type === undefined) return bad('bad-type', 0)
  if (type === 'success' || type === 'failure') return good({ type, id, message: bytes.subarray(HEADER, length) })
  const size = length > HEADER ? bytes[HEADER] : 0
  const end = HEADER + 1 + size
  // RFC 1994 §4.1: a value has one octet at least.
  if (size === 0 || end > length) return bad('bad-length', HEADER)
  return good({ type, id, value: bytes.subarray(HEADER + 1, end), name: bytes.subarray(end, length) })
}

export function write(packet: Chap): Uint8Array {
  const body = writeBody(packet)
  const bytes = new Uint8Array(HEADER + body.length)
  bytes[0] = packet.type === 'change-password' ? packet.code : CODES[packet.type]
  bytes[1] = packet.id
  set16(bytes, 2, bytes.length)
  bytes.set(body, HEADER)
  return bytes
}

function writeBody(packet: Chap): Uint8Array {
  if ('message' in packet) return packet.message
  if ('data' in packet) return packet.data
  return concat(Uint8Array.of(packet.value.length), packet.value, packet.name)
}

/** The value of an MS-CHAP Response (RFC 2433 §5); the LAN Manager response is read by nobody. */
export interface MsChapResponse {
  readonly ntResponse: Uint8Array
  /** The Windows NT response counts, and the LAN Manager response does not. */
  readonly useNtResponse: boolean
}

/** Undefined when it is not 49 octets. */
export function readMsChapResponse(value: Uint8Array): MsChapResponse | undefined {
  if (value.length !== RESPONSE) return undefined
  return { ntResponse: value.subarray(24, 48), useNtResponse: value[48] === 1 }
}

/** The LAN Manager response is left zero (RFC 2433 §5). */
export function writeMsChapResponse({ ntResponse, useNtResponse }: MsChapResponse): Uint8Array {
  const value = new Uint8Array(RESPONSE)
  value.set(ntResponse, 24)
  value[48] = useNtResponse ? 1 : 0
  return value
}

/** The value of an MS-CHAPv2 Response. */
export interface MsChapV2Response {
  readonly peerChallenge: Uint8Array
  readonly ntResponse: Uint8Array
}
/** Octets of the value of a Response: RFC 2433 §5, RFC 2759 §4. */
const RESPONSE = 49

/** Undefined when it is not 49 octets with the reserved ones and the flags zero (RFC 2759 §4). */
export function readMsChapV2Response(value: Uint8Array): MsChapV2Response | undefined {
  if (value.length !== RESPONSE || !equal(value.subarray(16, 24), new Uint8Array(8)) || value[48] !== 0) {
    return undefined
  }
  return { peerChallenge: value.subarray(0, 16), ntResponse: value.subarray(24, 48) }
}

export function writeMsChapV2Response({ peerChallenge, ntResponse }: MsChapV2Response): Uint8Array {
  const value = new Uint8Array(RESPONSE)
  value.set(peerChallenge, 0)
  value.set(ntResponse, 24)
  return value
}

/** The authenticator response of a Success message `S=<40 hexadecimal digits> M=<text>` (RFC 2759 §5). */
export function readMsChapV2Success(message: Uint8Array): Uint8Array | undefined {
  const match = /^S=([0-9A-Fa-f]{40})(?: |$)/.exec(toAscii(message))
  return match ? unhex(match[1]) : undefined
}

/** A Failure message `E=eeeeeeeeee R=r C=cc… V=vvvvvvvvvv M=<msg>` (RFC 2433 §7, RFC 2759 §6). */
export interface MsChapFailure {
  readonly error: number
  readonly retry: boolean
  readonly challenge: Uint8Array | undefined
  readonly version: number | undefined
  readonly message: string
}

/** Reads what real servers send too: any subset after `E=`, version 0 or 3; a challenge of version 1 has 8 octets. */
export function readMsChapFailure(message: Uint8Array): MsChapFailure | undefined {
  const [fields, ...text] = toAscii(message).split(/(?:^| )M=/)
  const error = /^E=(\d{1,10})(?: |$)/.exec(fields)
  if (!error) return undefined
  const challenge = / C=([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})(?: |$)/.exec(fields)
  const version = / V=(\d{1,10})(?: |$)/.exec(fields)
  return {
    error: Number(error[1]),
    retry: / R=1(?: |$)/.test(fields),
    challenge: challenge ? unhex(challenge[1]) : undefined,
    version: version ? Number(version[1]) : undefined,
    message: text.join(' M='),
  }
}

/** One clause for the trace. */
export function show(packet: Chap): string {
  if ('message' in packet) return quote(packet.message)
  if ('data' in packet) return `code ${packet.code}`
  return `value of ${packet.value.length} octets, name ${quote(packet.name)}`
}

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) {
    return { ...layer('chap', offset, bytes.length, 'CHAP', []), problem: 'shorter than its header' }
  }
  const [code, id] = bytes
  const type = CHANGE_PASSWORD[code] === undefined ? TYPES[code] : 'change-password'
  const length = get16(bytes, 2)
  const end = Math.min(Math.max(length, HEADER), bytes.length)
  const children = [
    field('code', offset, 1, code, `${code} (${type ? title(type) : 'unknown'})`),
    field('identifier', offset + 1, 1, id),
    field('length', offset + 2, 2, length),
  ]
  const parsed = parse(bytes)
  if (parsed.ok) children.push(...describeBody(parsed.value, offset + HEADER))
  const shown = layer('chap', offset, end, `CHAP ${type ? title(type) : `code ${code}`}, id ${id}`, children)
  return parsed.ok ? shown : { ...shown, problem: `not a CHAP packet: ${parsed.reason}` }
}

function describeBody(packet: Chap, offset: number): Field[] {
  if ('message' in packet)
    return [field('message', offset, packet.message.length, toAscii(packet.message), quote(packet.message, 400))]
  if ('data' in packet) return [field('data', offset, packet.data.length, hex(packet.data))]
  const { value, name } = packet
  const shown = field('value', offset + 1, value.length, hex(value))
  const parts = packet.type === 'response' ? describeResponse(value, offset + 1) : []
  return [
    field('valueSize', offset, 1, value.length),
    parts.length > 0 ? { ...shown, children: parts } : shown,
    field('name', offset + 1 + value.length, name.length, toAscii(name), quote(name)),
  ]
}

/** The last octet tells the versions apart: 1, or the flags of version 2, which are zero. */
function describeResponse(value: Uint8Array, offset: number): Field[] {
  const part = (name: string, from: number, to: number): Field =>
    field(name, offset + from, to - from, hex(value.subarray(from, to)))
  if (readMsChapV2Response(value)) {
    return [
      part('peerChallenge', 0, 16),
      part('reserved', 16, 24),
      part('ntResponse', 24, 48),
      field('flags', offset + 48, 1, value[48]),
    ]
  }
  if (!readMsChapResponse(value)?.useNtResponse) return []
  return [
    part('lmResponse', 0, 24),
    part('ntResponse', 24, 48),
    field('useNtResponse', offset + 48, 1, value[48], 'the NT response counts'),
  ]
}
