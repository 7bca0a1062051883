/**
 * Packets of the Password Authentication Protocol: RFC 1334 §2.
 *
 *     +--------+------------+----------------+
 *     |  Code  | Identifier |     Length     |
 *     +--------+------------+----------------+------------------------
 *     | code 1: Peer-ID Length, Peer-ID, Passwd-Length, Password
 *     | codes 2, 3: Msg-Length, Message
 *
 * Octets beyond Length are padding and passed over. Some peers leave the message out altogether; that is read as an
 * empty one and written with its length, as the RFC says.
 */
import { concat, get16, set16, toAscii } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import { title } from './cp.ts'
import { quote } from './ppp-options.ts'

export const CODES = { 'authenticate-request': 1, 'authenticate-ack': 2, 'authenticate-nak': 3 } as const

export interface AuthenticateRequest {
  readonly type: 'authenticate-request'
  readonly id: number
  readonly peerId: Uint8Array
  readonly password: Uint8Array
}
export interface AuthenticateReply {
  readonly type: 'authenticate-ack' | 'authenticate-nak'
  readonly id: number
  readonly message: Uint8Array
}
export type Pap = AuthenticateRequest | AuthenticateReply

const TYPES = [undefined, 'authenticate-request', 'authenticate-ack', 'authenticate-nak'] as const
const HEADER = 4

export function parse(bytes: Uint8Array): Parsed<Pap> {
  if (bytes.length < HEADER) return bad('truncated', bytes.length)
  const length = get16(bytes, 2)
  if (length < HEADER) return bad('bad-length', 2)
  if (length > bytes.length) return bad('truncated', bytes.length)
  const [code, id] = bytes
  const type = TYPES[code]
  if (type === undefined) return bad('bad-type', 0)
  if (type === 'authenticate-request') {
    const peerId = counted(bytes, HEADER, length)
    const password = peerId && counted(bytes, HEADER + 1 + peerId.length, length)
    return password ? good({ type, id, peerId, password }) : bad('bad-length', HEADER)
  }
  const message = length === HEADER ? bytes.subarray(HEADER, HEADER) : counted(bytes, HEADER, length)
  return message ? good({ type, id, message }) : bad('bad-length', HEADER)
}

/** A length octet and as many octets after it; undefined when they are not there. */
function counted(bytes: Uint8Array, at: number, end: number): Uint8Array | undefined {
  return at < end && at + 1 + bytes[at] <= end ? bytes.subarray(at + 1, at + 1 + bytes[at]) : undefined
}

export function write(value: Pap): Uint8Array {
  const parts = value.type === 'authenticate-request' ? [value.peerId, value.password] : [value.message]
  const body = concat(...parts.map(part => concat(Uint8Array.of(part.length), part)))
  const bytes = new Uint8Array(HEADER + body.length)
  bytes[0] = CODES[value.type]
  bytes[1] = value.id
  set16(bytes, 2, bytes.length)
  bytes.set(body, HEADER)
  return bytes
}

/** One clause for the trace, which never shows a password. */
export const show = (value: Pap): string =>
  value.type === 'authenticate-request' ? `user ${quote(value.peerId)}` : quote(value.message)

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) {
    return { ...layer('pap', offset, bytes.length, 'PAP', []), problem: 'shorter than its header' }
  }
  const [code, id] = bytes
  const type = TYPES[code]
  const length = get16(bytes, 2)
  const end = Math.min(Math.max(length, HEADER), bytes.length)
  const names = type === 'authenticate-request' ? ['peerId', 'password'] : ['message']
  const children = [
    field('code', offset, 1, code, `${code} (${type ? title(type) : 'unknown'})`),
    field('identifier', offset + 1, 1, id),
    field('length', offset + 2, 2, length),
  ]
  let at = HEADER
  for (const name of type ? names : []) {
    const value = counted(bytes, at, end)
    if (!value) break
    children.push(field(`${name}Length`, offset + at, 1, value.length))
    children.push(field(name, offset + at + 1, value.length, toAscii(value), quote(value)))
    at += 1 + value.length
  }
  const shown = layer('pap', offset, end, `PAP ${type ? title(type) : `code ${code}`}, id ${id}`, children)
  const parsed = parse(bytes)
  return parsed.ok ? shown : { ...shown, problem: `not a PAP packet: ${parsed.reason}` }
}
