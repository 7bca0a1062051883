/**
 * IPv4 packets at the edges of the simulation, as values with dotted addresses: packets from a TUN device, from user
 * scripts, and the second opinion of `decode`. The codec is ip-packet; this file is its only importer and adds what it
 * lacks: bounds, header length, checksum, addresses that are addresses. The hot path uses ipv4.ts.
 *
 * Limits: ip-packet knows no IP options. `parse` refuses a header with options; `verify` looks at its first 20 octets.
 */
import { decode, encode, checksum as setChecksum } from 'ip-packet'
import { formatIpv4, parseIpv4 } from '../base/address.ts'
import { get16 } from '../base/bytes.ts'
import { bad, good, type Parsed } from '../base/result.ts'
import * as Ipv4 from './ipv4.ts'

export interface EdgePacket {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly ttl: number
  readonly identification: number
  /** Differentiated services and congestion bits: the whole second octet. */
  readonly typeOfService: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In octets, a multiple of 8. */
  readonly fragmentOffset: number
  readonly payload: Uint8Array
}

export function parse(bytes: Uint8Array): Parsed<EdgePacket> {
  const wrong = Ipv4.check(bytes, 0, bytes.length)
  if (wrong) return bad(wrong)
  if (Ipv4.headerLength(bytes, 0) !== Ipv4.HEADER) return bad('bad-length')
  const packet = decode({ buffer: bytes, start: 0, end: bytes.length })
  return good({
    source: packet.sourceIp,
    destination: packet.destinationIp,
    protocol: packet.protocol,
    ttl: packet.ttl,
    identification: packet.identification,
    typeOfService: (packet.dscp << 2) | packet.ecn,
    dontFragment: (packet.flags & 2) !== 0,
    moreFragments: (packet.flags & 1) !== 0,
    fragmentOffset: packet.fragmentOffset * 8,
    payload: packet.data,
  })
}

/** Throws when the value cannot be a packet: it comes from a program, not from a link. */
export function write(packet: EdgePacket): Uint8Array {
  const total = Ipv4.HEADER + packet.payload.length
  if (total > 0xffff) throw new RangeError(`an IPv4 packet has at most 65535 octets, not ${total}`)
  for (const address of [packet.source, packet.destination]) {
    if (parseIpv4(address) === undefined) throw new RangeError(`not an IPv4 address: ${address}`)
  }
  inRange('protocol', packet.protocol, 0xff)
  inRange('ttl', packet.ttl, 0xff)
  inRange('identification', packet.identification, 0xffff)
  inRange('typeOfService', packet.typeOfService, 0xff)
  inRange('fragmentOffset', packet.fragmentOffset / 8, 0x1fff)
  const buffer = new Uint8Array(total)
  encode(
    { buffer, start: 0, end: total },
    {
      version: 4,
      dscp: packet.typeOfService >> 2,
      ecn: packet.typeOfService & 3,
      identification: packet.identification,
      flags: (packet.dontFragment ? 2 : 0) | (packet.moreFragments ? 1 : 0),
      fragmentOffset: packet.fragmentOffset / 8,
      ttl: packet.ttl,
      protocol: packet.protocol,
      sourceIp: packet.source,
      destinationIp: packet.destination,
      data: { byteLength: packet.payload.length, copy: (into, at) => into.set(packet.payload, at) },
    },
  )
  setChecksum(buffer)
  return buffer
}

function inRange(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most) throw new RangeError(`${name} cannot be ${value}`)
}

/**
 * Reads a header that ipv4.ts has found valid a second time; undefined if ip-packet sees the same, otherwise the name of
 * the first field in which they differ.
 */
export function verify(bytes: Uint8Array): string | undefined {
  const header = Uint8Array.from(bytes.subarray(0, Ipv4.HEADER))
  const options = Ipv4.headerLength(bytes, 0) - Ipv4.HEADER
  header[0] = 0x45
  const second = decode({ buffer: header, start: 0, end: header.length })
  const pairs: readonly (readonly [string, string | number, string | number])[] = [
    ['version', bytes[0] >> 4, second.version],
    ['typeOfService', bytes[1], (second.dscp << 2) | second.ecn],
    ['totalLength', Ipv4.totalLength(bytes, 0), second.length],
    ['identification', Ipv4.identification(bytes, 0), second.identification],
    ['dontFragment', Number(Ipv4.dontFragment(bytes, 0)), (second.flags >> 1) & 1],
    ['moreFragments', Number(Ipv4.moreFragments(bytes, 0)), second.flags & 1],
    ['fragmentOffset', Ipv4.fragmentOffset(bytes, 0), second.fragmentOffset * 8],
    ['ttl', Ipv4.ttl(bytes, 0), second.ttl],
    ['protocol', Ipv4.protocol(bytes, 0), second.protocol],
    ['source', formatIpv4(Ipv4.source(bytes, 0)), second.sourceIp],
    ['destination', formatIpv4(Ipv4.destination(bytes, 0)), second.destinationIp],
    ['checksum', get16(bytes, 10), options > 0 ? get16(bytes, 10) : setChecksum(header)],
  ]
  return pairs.find(([, ours, theirs]) => ours !== theirs)?.[0]
}
