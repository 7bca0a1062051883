/**
 * What a frame weighs: every octet goes to the layer that it belongs to. Nothing is computed from constants: headers are
 * measured in the frame. Of what is encrypted in it the lengths of the headers must be given.
 *
 * Limits: fragments and what a telephone line carries are not looked into.
 */
import type { LinkType } from '../link/link.ts'
import * as Ethernet from '../wire/ethernet.ts'
import * as Gre from '../wire/gre.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Mppe from '../wire/mppe.ts'
import * as Ppp from '../wire/ppp.ts'
import * as Pptp from '../wire/pptp.ts'
import { Segment } from '../wire/tcp.ts'
import * as Udp from '../wire/udp.ts'

/** From the outside to the inside. `mppe`: its header and the protocol number that it hides. */
export const LAYERS = [
  'ethernet',
  'ip',
  'tcp',
  'gre',
  'ppp',
  'mppe',
  'inner-ip',
  'inner-transport',
  'payload',
  /** Of a control packet of PPTP or PPP. */
  'message',
  /** What is no packet of ours, cannot be seen, or follows the packet. */
  'rest',
] as const
export type Layer = (typeof LAYERS)[number]
export type Weight = { [L in Layer]: number }

/** `data`: an IP packet of the user. `acknowledgment`: GRE with nothing in it. */
export const FRAME_KINDS = ['data', 'acknowledgment', 'ppp-control', 'pptp-control', 'other'] as const
export type FrameKind = (typeof FRAME_KINDS)[number]

export interface Weighed {
  readonly kind: FrameKind
  readonly layers: Weight
}

/** The headers of an IP packet before it is encrypted. */
export interface Clear {
  readonly length: number
  readonly ip: number
  readonly transport: number
}

export const noWeight = (): Weight => Object.fromEntries(LAYERS.map(layer => [layer, 0])) as Weight

/** The headers of the IP packet in bytes[start … end - 1]; undefined if it is none. */
export function measure(b: Uint8Array, start: number, end: number): Clear | undefined {
  if (Ipv4.check(b, start, end) !== undefined) return undefined
  const ip = Ipv4.headerLength(b, start)
  const length = Ipv4.totalLength(b, start)
  const room = length - ip
  if (Ipv4.fragmentOffset(b, start) > 0) return { length, ip, transport: 0 }
  return { length, ip, transport: Math.min(room, transportHeader(b, start, start + ip, room)) }
}

const ICMP_HEADER = 8

function transportHeader(b: Uint8Array, ip: number, at: number, room: number): number {
  switch (Ipv4.protocol(b, ip)) {
    case Ipv4.PROTOCOL.tcp:
      return room < Segment.HEADER ? 0 : Segment.headerLength(b, at)
    case Ipv4.PROTOCOL.udp:
      return Udp.HEADER
    case Ipv4.PROTOCOL.icmp:
      return ICMP_HEADER
    default:
      return 0
  }
}

/** Gives every octet of a frame to its layer. `clear` is what an encrypted packet was before. */
export function weigh(type: LinkType | 'serial', frame: Uint8Array, clear?: Clear): Weighed {
  const layers = noWeight()
  if (type === 'serial') return unread(layers, frame, 0)
  let at = 0
  if (type === 'ethernet') {
    at = layers.ethernet = Math.min(frame.length, Ethernet.HEADER)
    if (at < Ethernet.HEADER || Ethernet.type(frame, 0) !== Ethernet.TYPE.ipv4) return unread(layers, frame, at)
  }
  if (Ipv4.check(frame, at, frame.length) !== undefined) return unread(layers, frame, at)
  const start = at
  const end = start + Ipv4.totalLength(frame, start)
  layers.rest = frame.length - end
  at += layers.ip = Ipv4.headerLength(frame, start)
  const protocol = Ipv4.isFragment(frame, start) ? undefined : Ipv4.protocol(frame, start)
  if (protocol === Ipv4.PROTOCOL.gre && Gre.check(frame, at, end) === undefined) {
    return { kind: weighGre(layers, frame, at, end, clear), layers }
  }
  if (protocol === Ipv4.PROTOCOL.tcp && isControl(frame, at, end)) {
    layers.tcp = Math.min(end - at, Segment.headerLength(frame, at))
    layers.message = end - at - layers.tcp
    return { kind: 'pptp-control', layers }
  }
  layers.rest += end - at
  return { kind: 'other', layers }
}

function unread(layers: Weight, frame: Uint8Array, at: number): Weighed {
  layers.rest = frame.length - at
  return { kind: 'other', layers }
}

const isControl = (b: Uint8Array, at: number, end: number): boolean =>
  end - at >= Segment.HEADER &&
  (Segment.sourcePort(b, at) === Pptp.PORT || Segment.destinationPort(b, at) === Pptp.PORT)

function weighGre(layers: Weight, b: Uint8Array, start: number, last: number, clear: Clear | undefined): FrameKind {
  layers.gre = Gre.headerLength(b, start)
  const end = start + layers.gre + Gre.payloadLength(b, start)
  layers.rest += last - end
  if (!Gre.hasSequence(b, start)) return 'acknowledgment'
  const ppp = start + layers.gre
  const number = Ppp.protocolOffset(b, ppp, end)
  const protocol = Ppp.protocolAt(b, number, end)
  if (protocol < 0) {
    layers.rest += end - ppp
    return 'other'
  }
  const at = number + Ppp.protocolLength(b, number)
  layers.ppp = at - ppp
  if (protocol === Ppp.IP) return weighInside(layers, measure(b, at, end), end - at)
  if (protocol === Ppp.COMPRESSED && end - at > Mppe.HEADER_LENGTH) {
    // Behind the header, encrypted, stands the packet with its own protocol number of one or two octets.
    const hidden = clear === undefined ? 0 : end - at - Mppe.HEADER_LENGTH - clear.length
    layers.mppe = Mppe.HEADER_LENGTH + hidden
    return weighInside(layers, clear, end - at - layers.mppe)
  }
  layers.message = end - at
  return 'ppp-control'
}

function weighInside(layers: Weight, clear: Clear | undefined, length: number): FrameKind {
  if (clear) {
    layers['inner-ip'] = clear.ip
    layers['inner-transport'] = clear.transport
    layers.payload = clear.length - clear.ip - clear.transport
    layers.rest += length - clear.length
  } else layers.rest += length
  return 'data'
}
