/**
 * MSS clamping: a TCP SYN that passes has the largest segment that its sender takes (RFC 9293 §3.7.1) lowered to what the
 * way carries, so that no segment needs an ICMP message to be told so. It is what `iptables -j TCPMSS` does, and no RFC.
 *
 * Limits: a SYN without the option is left alone, although its sender means 536. A fragment is left alone.
 */
import { get16, set16 } from '../base/bytes.ts'
import type { Packet } from '../base/packet.ts'
import * as Checksum from '../wire/checksum.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import { Segment as Tcp } from '../wire/tcp.ts'

const HEADERS = Ipv4Header.HEADER + Tcp.HEADER
const END = 0
const NOP = 1
const MSS = 2

/** Octets of TCP data that fit into an IP packet of that size, headers without options. */
export const segmentFor = (mtu: number): number => mtu - HEADERS

/** Lowers the MSS of a SYN that is larger than `largest`; the packet begins with its IP header. */
export function clampMss({ bytes, start, end }: Packet, largest: number): boolean {
  if (Ipv4Header.protocol(bytes, start) !== Ipv4Header.PROTOCOL.tcp || Ipv4Header.isFragment(bytes, start)) return false
  const tcp = start + Ipv4Header.headerLength(bytes, start)
  if (tcp + Tcp.HEADER > end || (Tcp.flags(bytes, tcp) & Tcp.SYN) === 0) return false
  const stop = Math.min(tcp + Tcp.headerLength(bytes, tcp), end)
  for (let at = tcp + Tcp.HEADER; at < stop; ) {
    const kind = bytes[at]
    if (kind === END) return false
    const length = kind === NOP ? 1 : bytes[at + 1]
    if (length < 1 || at + length > stop || (kind !== NOP && length < 2)) return false
    if (kind === MSS && length === 4) return lower(bytes, tcp, at + 2, largest)
    at += length
  }
  return false
}

function lower(bytes: Uint8Array, tcp: number, at: number, largest: number): boolean {
  const before = get16(bytes, at)
  if (before <= largest) return false
  set16(bytes, at, largest)
  // The words of the checksum begin at even places of the segment; the option may not.
  const odd = ((at - tcp) & 1) === 1
  const turned = (word: number): number => (odd ? ((word & 0xff) << 8) | (word >>> 8) : word)
  const checksum = Checksum.update(Tcp.checksumField(bytes, tcp), turned(before), turned(largest))
  Tcp.setChecksumField(bytes, tcp, checksum)
  return true
}
