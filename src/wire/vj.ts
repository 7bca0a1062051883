/**
 * Van Jacobson's compressed TCP/IP headers, for reading only. Read RFC 1144 §3.2 and §A.1; RFC 1332 §4 for their PPP
 * protocol numbers.
 *
 *     compressed (0x002d)                                   uncompressed (0x002f)
 *     | -  C  I  P  S  A  W  U |  change mask               an IP packet whose Protocol field is
 *     | connection number      |  if C                      replaced by the connection number
 *     | TCP checksum           |  2 octets
 *     | urgent pointer, window, ack, sequence, IP id |      each if its bit is set: 1 octet, or 0 and 2 octets
 *     | data                   |
 *
 * Limits: the headers are not rebuilt, which takes every packet since the last uncompressed one.
 */
import { get16, octets } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { PROTOCOL } from './ipv4.ts'

export const COMPRESSED = 0x002d
export const UNCOMPRESSED = 0x002f
const PROTOCOL_AT = 9

const CONNECTION = 0x40
const PUSH = 0x10
/** Deltas in the order in which they stand. */
const DELTAS = [
  [0x01, 'urgentPointer'],
  [0x02, 'windowDelta'],
  [0x04, 'acknowledgmentDelta'],
  [0x08, 'sequenceDelta'],
  [0x20, 'identificationDelta'],
] as const
/** §3.2.3: S, W and U together stand for a packet as long as the one before; A too: for one that echoes it as well. */
const SPECIAL = 0x0b

/** The packet as it was before its protocol number was replaced; undefined if it is too short to have one. */
export function restoreUncompressed(
  b: Uint8Array,
): { readonly packet: Uint8Array; readonly connection: number } | undefined {
  if (b.length <= PROTOCOL_AT) return undefined
  const packet = Uint8Array.from(b)
  packet[PROTOCOL_AT] = PROTOCOL.tcp
  return { packet, connection: b[PROTOCOL_AT] }
}

export function describe(b: Uint8Array, offset: number): Field {
  if (b.length < 3) return { ...layer('vjCompressed', offset, b.length, 'cut off', []), problem: 'truncated' }
  const mask = b[0]
  const fields = [field('changeMask', offset, 1, mask, `0x${mask.toString(16).padStart(2, '0')}`)]
  let at = 1
  if (mask & CONNECTION) fields.push(field('connection', offset + at, 1, b[at++]))
  if (at + 2 > b.length) return { ...layer('vjCompressed', offset, b.length, 'cut off', fields), problem: 'truncated' }
  fields.push(field('tcpChecksum', offset + at, 2, get16(b, at), `0x${get16(b, at).toString(16).padStart(4, '0')}`))
  at += 2
  const special = (mask & SPECIAL) === SPECIAL
  for (const [bit, name] of DELTAS) {
    if ((mask & bit) === 0 || (special && bit <= 0x08)) continue
    const length = b[at] === 0 ? 3 : 1
    if (at + length > b.length)
      return { ...layer('vjCompressed', offset, b.length, 'cut off', fields), problem: 'truncated' }
    fields.push(field(name, offset + at, length, length === 1 ? b[at] : get16(b, at + 1)))
    at += length
  }
  const told = fields.slice(1).filter(f => f.name !== 'tcpChecksum')
  const words = [
    ...told.map(f => `${WORDS[f.name]}${f.text}`),
    ...(special ? ['the usual step'] : []),
    ...(mask & PUSH ? ['push'] : []),
    octets(b.length - at),
  ]
  return layer('vjCompressed', offset, at, words.join(', '), fields)
}

const WORDS: Readonly<Record<string, string>> = {
  connection: 'connection ',
  urgentPointer: 'urgent ',
  windowDelta: 'win +',
  acknowledgmentDelta: 'ack +',
  sequenceDelta: 'seq +',
  identificationDelta: 'id +',
}
