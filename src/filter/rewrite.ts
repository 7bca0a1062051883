/**
 * Changes addresses, ports and identifiers of a packet where it stands, and mends the checksums by what was changed
 * (RFC 1624). Read RFC 3022 §4.1 for ports and checksums, §4.3 for the packet that an ICMP error quotes.
 */
import { get16, get32, set16, set32 } from '../base/bytes.ts'
import * as Checksum from '../wire/checksum.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Gre from './gre.ts'
import type { Tuple } from './tuple.ts'

export type Side = 'source' | 'destination'

const { tcp: TCP, udp: UDP, icmp: ICMP, gre: GRE } = Ipv4.PROTOCOL
const IP_CHECKSUM = 10
const TCP_CHECKSUM = 16
const TCP_HEADER = 20
const UDP_CHECKSUM = 6
const ICMP_CHECKSUM = 2
const IDENTIFIER = 4

/** Changes the word at `at` and the checksum at `sumAt`, unless that is below 0. */
function change16(b: Uint8Array, at: number, value: number, sumAt: number): void {
  const before = get16(b, at)
  if (before === value) return
  set16(b, at, value)
  if (sumAt >= 0) set16(b, sumAt, Checksum.update(get16(b, sumAt), before, value))
}

function mend32(b: Uint8Array, sumAt: number, before: number, after: number): void {
  const half = Checksum.update(get16(b, sumAt), before >>> 16, after >>> 16)
  set16(b, sumAt, Checksum.update(half, before & 0xffff, after & 0xffff))
}

/** Where the checksum of the header behind IP stands that covers addresses; -1: there is none. */
function sumOf(b: Uint8Array, protocol: number, at: number, end: number): number {
  // A quoted packet may end after the ports.
  if (protocol === TCP) return end - at >= TCP_HEADER ? at + TCP_CHECKSUM : -1
  // RFC 768: zero is no checksum, and stays so (RFC 3022 §4.1).
  if (protocol === UDP && end - at >= 8 && get16(b, at + UDP_CHECKSUM) !== 0) return at + UDP_CHECKSUM
  return -1
}

/**
 * Gives the packet whose IP header is at `start` the source or destination of the tuple. False: it ends before what has
 * to be changed, and is as it was. `callIds`: call IDs of GRE are changed too; a box that does not read them leaves them.
 */
export function rewrite(b: Uint8Array, start: number, end: number, to: Tuple, side: Side, callIds: boolean): boolean {
  const at = start + Ipv4.headerLength(b, start)
  const protocol = Ipv4.protocol(b, start)
  if (!isLongEnough(protocol, at, end, callIds)) return false
  const sum = sumOf(b, protocol, at, end)
  const addressAt = start + (side === 'source' ? 12 : 16)
  const address = (side === 'source' ? to.source : to.destination) >>> 0
  const before = get32(b, addressAt)
  if (before !== address) {
    set32(b, addressAt, address)
    mend32(b, start + IP_CHECKSUM, before, address)
    if (sum >= 0) mend32(b, sum, before, address)
  }
  const key = side === 'source' ? to.sourceKey : to.destinationKey
  if (protocol === TCP || protocol === UDP) change16(b, at + (side === 'source' ? 0 : 2), key, sum)
  else if (protocol === ICMP) changeIdentifier(b, at, to.sourceKey)
  // The one call ID in a packet is the receiver's.
  else if (protocol === GRE && callIds && side === 'destination') Gre.writeCallId(b, at, key)
  // RFC 768: a checksum that comes out as zero is sent as all ones.
  if (protocol === UDP && sum >= 0 && get16(b, sum) === 0) set16(b, sum, 0xffff)
  return true
}

function isLongEnough(protocol: number, at: number, end: number, callIds: boolean): boolean {
  if (protocol === GRE) return !callIds || !Gre.isTooShort(at, end)
  return (protocol !== TCP && protocol !== UDP && protocol !== ICMP) || end - at >= 8
}

/** Only queries and their answers have one. */
function changeIdentifier(b: Uint8Array, at: number, identifier: number): void {
  if (!Icmp.isError(Icmp.type(b, at))) change16(b, at + IDENTIFIER, identifier, at + ICMP_CHECKSUM)
}

/**
 * Translates the packet that the ICMP error at `at` quotes: it went the other way, so its source is changed where the
 * error's destination is. The checksum of the error is computed anew.
 */
export function rewriteQuoted(
  b: Uint8Array,
  at: number,
  end: number,
  to: Tuple,
  side: Side,
  callIds: boolean,
): boolean {
  if (!rewrite(b, at + Icmp.HEADER, end, to, side === 'source' ? 'destination' : 'source', callIds)) return false
  set16(b, at + ICMP_CHECKSUM, 0)
  set16(b, at + ICMP_CHECKSUM, Checksum.finish(Checksum.sum(b, at, end)))
  return true
}
