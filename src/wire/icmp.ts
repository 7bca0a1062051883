/**
 * ICMP (RFC 792).
 *
 *     |     Type      |     Code      |          Checksum             |
 *     |  Identifier and Sequence Number, or unused and next-hop MTU   |
 *     |  data of an echo, or the header and first octets of the packet that caused the error  |
 */
import { get16, hex, set16, set32 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import type { Malformed } from '../base/result.ts'
import * as Checksum from './checksum.ts'

export const HEADER = 8
export const TYPE = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const
export const UNREACHABLE = { net: 0, host: 1, protocol: 2, port: 3, fragmentationNeeded: 4 } as const
export const EXCEEDED = { ttl: 0, reassembly: 1 } as const

export const type = (b: Uint8Array, at: number): number => b[at]
export const code = (b: Uint8Array, at: number): number => b[at + 1]
export const identifier = (b: Uint8Array, at: number): number => get16(b, at + 4)
export const sequence = (b: Uint8Array, at: number): number => get16(b, at + 6)
/** The next hop's MTU of a fragmentation-needed error (RFC 1191 §4). */
export const nextHopMtu = (b: Uint8Array, at: number): number => get16(b, at + 6)

export function check(b: Uint8Array, start: number, end: number): Malformed | undefined {
  if (end - start < HEADER) return 'truncated'
  return Checksum.finish(Checksum.sum(b, start, end)) === 0 ? undefined : 'bad-checksum'
}

/** Is it one of the messages about an error, to which no error may be sent (RFC 1122 §3.2.2)? */
export const isError = (type: number): boolean => type === 3 || type === 4 || type === 5 || type === 11 || type === 12

/** Writes a header before what stands in bytes[at + 8 … end - 1], checksum included. */
export function write(b: Uint8Array, at: number, end: number, type: number, code: number, rest: number): void {
  b[at] = type
  b[at + 1] = code
  set16(b, at + 2, 0)
  set32(b, at + 4, rest)
  set16(b, at + 2, Checksum.finish(Checksum.sum(b, at, end)))
}

/** Turns an echo request into its reply, in place. */
export function makeReply(b: Uint8Array, at: number): void {
  const before = get16(b, at)
  b[at] = TYPE.echoReply
  set16(b, at + 2, Checksum.update(get16(b, at + 2), before, get16(b, at)))
}

const UNREACHABLE_NAMES: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'administratively prohibited',
}

/** `echo request`, `host unreachable`, `time exceeded`, … */
export function typeName(type: number, code: number): string {
  if (type === TYPE.echoRequest) return 'echo request'
  if (type === TYPE.echoReply) return 'echo reply'
  if (type === TYPE.timeExceeded) return code === 0 ? 'time exceeded' : 'reassembly time exceeded'
  if (type === TYPE.unreachable) return UNREACHABLE_NAMES[code] ?? `unreachable, code ${code}`
  return `type ${type}, code ${code}`
}

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) return { ...layer('icmp', offset, bytes.length, hex(bytes), []), problem: 'truncated' }
  const kind = type(bytes, 0)
  const echo = kind === TYPE.echoReply || kind === TYPE.echoRequest
  const name = typeName(kind, code(bytes, 0))
  const rest = echo
    ? [field('identifier', offset + 4, 2, identifier(bytes, 0)), field('sequence', offset + 6, 2, sequence(bytes, 0))]
    : [field('nextHopMtu', offset + 6, 2, nextHopMtu(bytes, 0))]
  const text = echo ? `${name} id ${identifier(bytes, 0)} seq ${sequence(bytes, 0)}` : name
  const tree = layer('icmp', offset, HEADER, text, [
    field('type', offset, 1, kind, `${kind} (${name})`),
    field('code', offset + 1, 1, code(bytes, 0)),
    field('checksum', offset + 2, 2, get16(bytes, 2), `0x${get16(bytes, 2).toString(16).padStart(4, '0')}`),
    ...rest,
  ])
  const problem = check(bytes, 0, bytes.length)
  return problem ? { ...tree, problem } : tree
}
