/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 *     hardware type 1 (2) | protocol 0x0800 (2) | 6 | 4 | operation (2)
 *     sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4)
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { get16, get32, hex, set16, set32 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import { formatMac, getMac, type Mac, setMac } from './ethernet.ts'

const LENGTH = 28
const OPERATION = { request: 1, reply: 2 } as const

export interface Arp {
  readonly operation: keyof typeof OPERATION
  readonly senderMac: Mac
  readonly senderIp: Ipv4
  readonly targetMac: Mac
  readonly targetIp: Ipv4
}

export function parse(b: Uint8Array): Parsed<Arp> {
  if (b.length < LENGTH) return bad('truncated', b.length)
  if (get16(b, 0) !== 1 || get16(b, 2) !== 0x0800) return bad('wrong-protocol')
  if (b[4] !== 6 || b[5] !== 4) return bad('bad-length', 4)
  const operation = get16(b, 6)
  if (operation !== 1 && operation !== 2) return bad('bad-type', 6)
  return good({
    operation: operation === 1 ? 'request' : 'reply',
    senderMac: getMac(b, 8),
    senderIp: get32(b, 14) as Ipv4,
    targetMac: getMac(b, 18),
    targetIp: get32(b, 24) as Ipv4,
  })
}

export function write(arp: Arp): Uint8Array {
  const b = new Uint8Array(LENGTH)
  set16(b, 0, 1)
  set16(b, 2, 0x0800)
  b[4] = 6
  b[5] = 4
  set16(b, 6, OPERATION[arp.operation])
  setMac(b, 8, arp.senderMac)
  set32(b, 14, arp.senderIp)
  setMac(b, 18, arp.targetMac)
  set32(b, 24, arp.targetIp)
  return b
}

export function describe(bytes: Uint8Array, offset: number): Field {
  const parsed = parse(bytes)
  if (!parsed.ok)
    return { ...layer('arp', offset, bytes.length, hex(bytes.subarray(0, 16)), []), problem: parsed.reason }
  const arp = parsed.value
  const text =
    arp.operation === 'reply'
      ? `${formatIpv4(arp.senderIp)} is at ${formatMac(arp.senderMac)}`
      : arp.senderIp === arp.targetIp
        ? `announcement: ${formatIpv4(arp.senderIp)} is at ${formatMac(arp.senderMac)}`
        : `who has ${formatIpv4(arp.targetIp)}? tell ${formatIpv4(arp.senderIp)}`
  return layer('arp', offset, LENGTH, text, [
    field('operation', offset + 6, 2, OPERATION[arp.operation], arp.operation),
    field('senderMac', offset + 8, 6, formatMac(arp.senderMac)),
    field('senderIp', offset + 14, 4, formatIpv4(arp.senderIp)),
    field('targetMac', offset + 18, 6, formatMac(arp.targetMac)),
    field('targetIp', offset + 24, 4, formatIpv4(arp.targetIp)),
  ])
}
