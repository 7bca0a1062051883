/** Small packets for tests, with right lengths and checksums. */
import { type Ipv4 as Address, ip } from '../../src/base/address.ts'
import { concat, unhex } from '../../src/base/bytes.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Icmp from '../../src/wire/icmp.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { Segment as Tcp } from '../../src/wire/tcp.ts'
import * as Udp from '../../src/wire/udp.ts'

export const A = ip('192.0.2.1')
export const B = ip('192.0.2.2')

/** `fragment` is the word of flags and offset. */
export function ipv4(protocol: number, payload: Uint8Array, from = A, to = B, id = 1, fragment = 0): Uint8Array {
  const out = concat(new Uint8Array(Ipv4.HEADER), payload)
  Ipv4.write(out, 0, out.length, id, fragment, 64, protocol, from, to)
  return out
}

export const ethernet = (type: number, payload: Uint8Array, tag = ''): Uint8Array =>
  concat(unhex(`020000000002 020000000001 ${tag}`), Uint8Array.of(type >>> 8, type), payload)

export function icmp(type: number, code: number, payload: Uint8Array): Uint8Array {
  const out = concat(new Uint8Array(Icmp.HEADER), payload)
  Icmp.write(out, 0, out.length, type, code, 0)
  return out
}

export function udp(payload: Uint8Array, from = A, to = B): Uint8Array {
  const out = concat(new Uint8Array(Udp.HEADER), payload)
  Udp.write(out, 0, out.length, from, 5000, to, 7)
  return out
}

export interface SegmentOptions {
  readonly from?: Address
  readonly to?: Address
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly seq?: number
  readonly ack?: number
  readonly flags?: number
}

/** From A's port 40000 to B's port 1723 unless the options say otherwise. */
export function tcp(payload: Uint8Array, options: SegmentOptions = {}): Uint8Array {
  const { from = A, to = B, sourcePort = 40000, destinationPort = 1723, seq = 0, ack = 0, flags = Tcp.ACK } = options
  const out = Tcp.write({
    sourcePort,
    destinationPort,
    sequence: seq,
    acknowledgment: ack,
    flags,
    window: 1000,
    checksum: 0,
    urgentPointer: 0,
    options: [],
    payload,
  })
  Tcp.seal(out, 0, out.length, from, to)
  return ipv4(Ipv4.PROTOCOL.tcp, out, from, to)
}

export const ppp = (protocol: number, info: Uint8Array): Uint8Array =>
  Ppp.write({ addressCompressed: false, protocolCompressed: false, protocol, info })

export const gre = (callId: number, sequenceNumber: number, payload: Uint8Array, from = A, to = B): Uint8Array =>
  ipv4(Ipv4.PROTOCOL.gre, Gre.write({ callId, sequenceNumber, acknowledgmentNumber: undefined, payload }), from, to)
