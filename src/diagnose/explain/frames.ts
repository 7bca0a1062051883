/** What a tapped frame is: where its IP packet begins, and how a reader sees it. */
import { get16 } from '../../base/bytes.ts'
import type { Link, TappedFrame } from '../../link/link.ts'
import type { SerialLink } from '../../link/serial.ts'
import { dissect } from '../../wire/dissect.ts'
import * as Ethernet from '../../wire/ethernet.ts'
import * as Ipv4 from '../../wire/ipv4.ts'
import { oneLine } from '../../wire/one-line.ts'
import * as Pcap from '../../wire/pcap.ts'

/** The IP packet of a frame, without what is behind it; undefined if it carries none that can be read. */
export function ipIn(link: Link | SerialLink, bytes: Uint8Array): Uint8Array | undefined {
  if (link.type === 'serial') return undefined
  const at = link.type === 'ethernet' ? Ethernet.HEADER : 0
  if (at > 0 && (bytes.length < at || Ethernet.type(bytes, 0) !== Ethernet.TYPE.ipv4)) return undefined
  if (Ipv4.check(bytes, at, bytes.length)) return undefined
  return bytes.subarray(at, at + get16(bytes, at + 2))
}

const LINK_TYPES = {
  ethernet: Pcap.LINK_TYPE.ethernet,
  ip: Pcap.LINK_TYPE.raw,
  serial: Pcap.LINK_TYPE.lineOctets,
} as const

/** A frame in one line. */
export const describeFrame = (link: Link | SerialLink, bytes: Uint8Array): string =>
  oneLine(dissect(bytes, LINK_TYPES[link.type]))
/** An IP packet in one line. */
export const describePacket = (bytes: Uint8Array): string => oneLine(dissect(bytes, Pcap.LINK_TYPE.raw))

/** The machines of a frame's two ends: who sent it, and who stands at the other end. */
export function endsOf(link: Link | SerialLink, { from }: Pick<TappedFrame, 'from'>): readonly [string, string] {
  const names = link.ends.map(({ name }) => name.slice(0, name.indexOf(':')))
  return [names[from], names[1 - from]]
}

/** `alice` of `alice#33` */
export const makerOf = (packet: string): string => packet.slice(0, packet.lastIndexOf('#'))
