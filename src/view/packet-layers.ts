/**
 * A packet as the views show it: its layers on the wire, and behind a sealed one the layers of what is inside. Pure
 * results, remembered by the record that they are made from.
 */
import type { Field } from '../base/field.ts'
import type { PacketRecord } from '../lab/recorder.ts'
import { dissect } from '../wire/dissect.ts'

/** LINKTYPE_ETHERNET and LINKTYPE_RAW of captures, and octets of a telephone line. */
export const LINK_TYPES = { ethernet: 1, ip: 101, serial: 147 } as const
/** What the link of that index carries. */
export type LinkTypeOf = (link: number) => keyof typeof LINK_TYPES

/** A layer of the packet; `inner` ones are octets of the clear packet that stand where the cipher text does. */
export interface PacketLayer {
  readonly field: Field
  /** In the tree of folds: two IP headers are two. */
  readonly key: string
  readonly inner: boolean
}

export interface Dissection {
  readonly wire: Uint8Array
  readonly layers: readonly PacketLayer[]
  /** Where cipher text stands on the wire, and what it is in clear if that was seen. */
  readonly sealed: { readonly at: number; readonly length: number; readonly clear: Uint8Array | undefined } | undefined
}

const NOTHING = new Uint8Array(0)
const remembered = new WeakMap<Uint8Array, Dissection>()

/** What is shown of a packet: the octets of its last hop, or those that entered a tunnel. */
export function dissectionOf(packet: PacketRecord, linkType: LinkTypeOf): Dissection {
  const hop = packet.hops.at(-1)
  const wire = hop?.bytes ?? packet.inside
  if (wire === undefined) return { wire: NOTHING, layers: [], sealed: undefined }
  const clear = clearOf(packet)
  const known = remembered.get(wire)
  // What is inside may become known later than the packet itself.
  if (known && (clear === undefined || known.sealed === undefined || known.sealed.clear !== undefined)) return known
  const made = opened(wire, LINK_TYPES[hop === undefined ? 'ip' : linkType(hop.link)], clear)
  remembered.set(wire, made)
  return made
}

/** The packet that was wrapped into this one, or the one that was taken out of it. */
export const clearOf = ({ parent, journey, id }: PacketRecord): Uint8Array | undefined =>
  parent?.inside ?? journey.packets.find(packet => packet.parent?.id === id)?.inside

const opened = (wire: Uint8Array, linkType: number, clear: Uint8Array | undefined): Dissection =>
  layersOf(wire, dissect(wire, linkType).children ?? [], clear)

/** The layers of a dissected packet; `clear`: the IP packet that is sealed in it, if that is known. */
export function layersOf(wire: Uint8Array, parts: readonly Field[], clear: Uint8Array | undefined): Dissection {
  const { layers: outer, wireAt } = unframed(parts)
  const layers = outer.map((field): PacketLayer => ({ field: placed(field, wireAt), key: field.name, inner: false }))
  if (outer !== parts) layers.unshift({ field: parts[0], key: parts[0].name, inner: false })
  const mppe = outer.find(({ name }) => name === 'mppe')
  const payload = mppe?.children?.find(({ name }) => name === 'payload')
  if (!payload || !mppe?.text.includes('encrypted')) return { wire, layers, sealed: undefined }
  const at = wireAt(payload.offset)
  const length = wireAt(payload.offset + payload.length) - at
  // In front of the IP packet stands its PPP protocol, whole or compressed (RFC 1661 §6.5).
  const head = clear === undefined ? 0 : payload.length - clear.length
  if (clear === undefined || head < 1 || head > 4) {
    return { wire, layers, sealed: { at, length, clear: undefined } }
  }
  const ppp: Field = {
    name: 'ppp',
    offset: 0,
    length: head,
    text: 'protocol 21: IP',
    children: [{ name: 'protocol', offset: 0, length: head, value: 0x21, text: '0x0021 (IP)' }],
  }
  const ip = (dissect(clear, LINK_TYPES.ip).children ?? []).map(field => placed(field, at => at + head))
  for (const field of [ppp, ...ip]) {
    const inner = placed(field, at => wireAt(payload.offset + at))
    layers.push({ field: inner, key: `inner ${field.name}`, inner: true })
  }
  // Where an octet is escaped on the line, the escape in front of it is not sealed.
  const whole = wire.slice(at, at + length)
  const octetAt = (index: number): number => wireAt(payload.offset + index + 1) - 1 - at
  for (let index = 0; index < head; index++) whole[octetAt(index)] = index === head - 1 ? 0x21 : 0
  for (let index = 0; index < clear.length; index++) whole[octetAt(head + index)] = clear[index]
  return { wire, layers, sealed: { at, length, clear: whole } }
}

/**
 * The layers in an HDLC frame, and where an octet of it stands on the line: escapes are two octets there (RFC 1662 §4.2).
 * Of anything else its layers, and every octet where it is.
 */
function unframed(parts: readonly Field[]): { layers: readonly Field[]; wireAt: (at: number) => number } {
  const [hdlc, inside, ...more] = parts
  const frames = hdlc?.children?.filter(({ name }) => name === 'hdlcFrame') ?? []
  if (hdlc?.name !== 'hdlc' || inside?.name !== 'reassembled' || more.length > 0 || frames.length !== 1)
    return { layers: parts, wireAt: at => at }
  const [frame] = frames
  const escapes = (frame.children ?? []).filter(({ name }) => name === 'escape').map(({ offset }) => offset)
  const wireAt = (at: number): number => {
    let place = frame.offset + at
    for (const taken of escapes) {
      if (taken >= place) break
      place++
    }
    return place
  }
  return { layers: inside.children ?? [], wireAt }
}

const placed = (field: Field, at: (offset: number) => number): Field => ({
  ...field,
  offset: at(field.offset),
  length: at(field.offset + field.length) - at(field.offset),
  ...(field.children ? { children: field.children.map(child => placed(child, at)) } : {}),
})

/** The field at a path of indices, as far as the path leads. */
export function fieldAt({ layers }: Dissection, path: readonly number[]): Field | undefined {
  let field = layers[path[0]]?.field
  for (const index of path.slice(1)) field = field?.children?.[index] ?? field
  return field
}
