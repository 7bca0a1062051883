/** The packets of a capture: their layers are those of the reader of captures, which remembers what came before. */
import { type Dissection, type Field, layersOf, layerWords, type PacketRecord, type What } from '../src/index.ts'
import type { CaptureSource } from '../src/platform/commands/tui.ts'

/** Packets whose layers are remembered: more than any screen shows. */
const REMEMBERED = 400
/** Octets in front of an IP packet that say so: whole, or compressed (RFC 1661 §6.5). */
const IP_HEADS = [0x0021, 0x21] as const

export class Captured {
  readonly source: CaptureSource
  readonly #dissections = new Map<number, Dissection>()
  readonly #words: (What | undefined)[] = []

  constructor(source: CaptureSource) {
    this.source = source
  }

  dissection(packet: PacketRecord): Dissection {
    const index = frameOf(packet)
    const known = this.#dissections.get(index)
    if (known) return known
    const [oldest] = this.#dissections.keys()
    if (this.#dissections.size >= REMEMBERED) this.#dissections.delete(oldest)
    const wire = packet.hops[0].bytes
    const layers = (this.source.tree(index).children ?? []).filter(({ name }) => name !== 'decrypted')
    const made = layersOf(wire, layers.map(unplaced), clearOf(this.source.opened(index), layers))
    this.#dissections.set(index, made)
    return made
  }

  /** In a few words; all of them are remembered, since a filter asks for all. */
  what(packet: PacketRecord): What {
    const index = frameOf(packet)
    this.#words[index] ??= wordsOf(this.source.tree(index))
    return this.#words[index]
  }

  receiverOf(packet: PacketRecord): string {
    return this.source.receiverOf(frameOf(packet))
  }
  callOf(packet: PacketRecord): number | undefined {
    return this.source.callOf(frameOf(packet))
  }
}

/** The number of a journey is that of its frame. */
const frameOf = ({ journey }: PacketRecord): number => journey.no - 1

/** What was put together from several packets stands in none of them: its fields are shown, and no octets of their own. */
function unplaced(field: Field): Field {
  if (field.name !== 'reassembled') return field
  const { offset, length } = field
  const inside = (each: Field): Field => ({
    ...each,
    offset,
    length,
    ...(each.children ? { children: each.children.map(inside) } : {}),
  })
  return { ...field, ...(field.children ? { children: field.children.map(inside) } : {}) }
}

/** The IP packet in what was sealed, if it was sealed in this frame alone. */
function clearOf(opened: Uint8Array | undefined, layers: readonly Field[]): Uint8Array | undefined {
  if (opened === undefined || !layers.some(({ name }) => name === 'mppe')) return undefined
  const [first, second] = opened
  if (first === IP_HEADS[1]) return opened.subarray(1)
  return (first << 8) + second === IP_HEADS[0] ? opened.subarray(2) : undefined
}

function wordsOf(tree: Field): What {
  const outer: Field[] = []
  let inside: readonly Field[] | undefined
  const take = (fields: readonly Field[]): void => {
    for (const field of fields) {
      if (field.name === 'decrypted') inside = field.children ?? []
      else if (field.name === 'reassembled') take(field.children ?? [])
      else outer.push(field)
    }
  }
  take(tree.children ?? [])
  const sealed = outer.some(({ name, text }) => name === 'mppe' && text.includes('encrypted'))
  return layerWords(outer, inside, sealed)
}
