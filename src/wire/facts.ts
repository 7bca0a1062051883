/** What the trace says of a packet, read from its bytes. Only called while somebody listens. */
import { formatIpv4 } from '../base/address.ts'
import type { Packet } from '../base/packet.ts'
import type { PacketFacts } from '../base/trace.ts'
import * as Ethernet from './ethernet.ts'
import * as Ipv4 from './ipv4.ts'

/** Of a packet that starts with a valid IPv4 header. */
export function ipFacts(packet: Packet, iface: string): PacketFacts {
  const { bytes, start } = packet
  return {
    packet: packet.id,
    parent: packet.parent,
    proto: Ipv4.protocolName(Ipv4.protocol(bytes, start)),
    src: formatIpv4(Ipv4.source(bytes, start)),
    dst: formatIpv4(Ipv4.destination(bytes, start)),
    length: packet.length,
    iface,
  }
}

/** For drops: whatever can be said of bytes that may be no IPv4 packet at all. */
export function dropFacts(
  packet: Packet,
  at = packet.start,
): { packet: string; parent?: string; proto?: string; src?: string; dst?: string } {
  const { bytes, end } = packet
  const { id, parent } = packet
  const made = parent === undefined ? { packet: id } : { packet: id, parent }
  if (end - at < Ipv4.HEADER || bytes[at] >> 4 !== 4) return made
  return {
    ...made,
    proto: Ipv4.protocolName(Ipv4.protocol(bytes, at)),
    src: formatIpv4(Ipv4.source(bytes, at)),
    dst: formatIpv4(Ipv4.destination(bytes, at)),
  }
}

/** For drops on a link, whose frames may start with an Ethernet header. */
export function linkFacts(packet: Packet, type: 'ethernet' | 'ip'): ReturnType<typeof dropFacts> {
  if (type === 'ip') return dropFacts(packet)
  const { bytes, start, length } = packet
  if (length < Ethernet.HEADER) return dropFacts(packet, packet.end)
  const kind = Ethernet.type(bytes, start)
  if (kind === Ethernet.TYPE.ipv4) return dropFacts(packet, start + Ethernet.HEADER)
  const made = dropFacts(packet, packet.end)
  return kind === Ethernet.TYPE.arp ? { ...made, proto: 'arp' } : made
}
