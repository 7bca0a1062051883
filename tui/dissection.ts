/**
 * A packet as the views show it: its layers on the wire, and behind a sealed one the layers of what is inside. Pure
 * results, remembered by the record that they are made from.
 */
import { dissect, type Field, type PacketRecord } from '../src/index.ts'
import type { Model } from './model.ts'

const LINK_TYPES = { ethernet: 1, ip: 101, serial: 147 } as const

/** A layer of the packet; `inner` ones are octets of the clear packet that stand where the cipher text does. */
export interface Layer {
  readonly field: Field
  /** In the tree of folds: two IP headers are two. */
  readonly key: string
  readonly inner: boolean
}

export interface Dissection {
  readonly wire: Uint8Array
  readonly layers: readonly Layer[]
  /** Where cipher text stands on the wire, and what it is in clear if that was seen. */
  readonly sealed: { readonly at: number; readonly length: number; readonly clear: Uint8Array | undefined } | undefined
}

const NOTHING = new Uint8Array(0)
const remembered = new WeakMap<Uint8Array, Dissection>()

/** What is shown of a packet: the octets of its last hop, or those that entered a tunnel. */
export function dissectionOf(packet: PacketRecord, { scene }: Model): Dissection {
  const hop = packet.hops.at(-1)
  const wire = hop?.bytes ?? packet.inside
  if (wire === undefined) return { wire: NOTHING, layers: [], sealed: undefined }
  const clear = clearOf(packet)
  const known = remembered.get(wire)
  // What is inside may become known later than the packet itself.
  if (known && (clear === undefined || known.sealed === undefined || known.sealed.clear !== undefined)) return known
  const made = opened(wire, LINK_TYPES[hop === undefined ? 'ip' : scene.links[hop.link].type], clear)
  remembered.set(wire, made)
  return made
}

/** The packet that was wrapped into this one, or the one that was taken out of it. */
const clearOf = ({ parent, journey, id }: PacketRecord): Uint8Array | undefined =>
  parent?.inside ?? journey.packets.find(packet => packet.parent?.id === id)?.inside

function opened(wire: Uint8Array, linkType: number, clear: Uint8Array | undefined): Dissection {
  const outer = dissect(wire, linkType).children ?? []
  const layers = outer.map((field): Layer => ({ field, key: field.name, inner: false }))
  const mppe = outer.find(({ name }) => name === 'mppe')
  const payload = mppe?.children?.find(({ name }) => name === 'payload')
  if (!payload || !mppe?.text.includes('encrypted')) return { wire, layers, sealed: undefined }
  // In front of the IP packet stands its PPP protocol, whole or compressed (RFC 1661 §6.5).
  const head = clear === undefined ? 0 : payload.length - clear.length
  if (clear === undefined || head < 1 || head > 4) {
    return { wire, layers, sealed: { at: payload.offset, length: payload.length, clear: undefined } }
  }
  const whole = new Uint8Array(payload.length)
  whole.set(clear, head)
  whole[head - 1] = 0x21
  const ppp: Field = {
    name: 'ppp',
    offset: payload.offset,
    length: head,
    text: 'protocol 21: IP',
    children: [{ name: 'protocol', offset: payload.offset, length: head, value: 0x21, text: '0x0021 (IP)' }],
  }
  const inner = (dissect(clear, LINK_TYPES.ip).children ?? []).map(field => moved(field, payload.offset + head))
  for (const field of [ppp, ...inner]) layers.push({ field, key: `inner ${field.name}`, inner: true })
  return { wire, layers, sealed: { at: payload.offset, length: payload.length, clear: whole } }
}

const moved = (field: Field, by: number): Field => ({
  ...field,
  offset: field.offset + by,
  ...(field.children ? { children: field.children.map(child => moved(child, by)) } : {}),
})

/** The field at a path of indices, as far as the path leads. */
export function fieldAt({ layers }: Dissection, path: readonly number[]): Field | undefined {
  let field = layers[path[0]]?.field
  for (const index of path.slice(1)) field = field?.children?.[index] ?? field
  return field
}
