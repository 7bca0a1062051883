/** The packets of a capture: their layers are those of the reader of captures, which remembers what came before. */
import {
  type Dissection,
  type Field,
  type Ladder,
  ladderOfCapture,
  layersOf,
  layerWords,
  type PacketRecord,
  type SimTime,
  type What,
} from '../src/index.ts'
import type { CaptureSource } from '../src/platform/commands/tui.ts'
import type { Ui } from './model.ts'
import type { Row, Shown } from './shown.ts'
import { brief, type Peers } from './views/packet-row.ts'

/** Packets whose layers are remembered: more than any screen shows. */
const REMEMBERED = 400
/** Frames that a filter looks through at a time, so that keys are still heard. */
const PIECE = 3000
/** So many frames are rows of the ladder: the beginning of a capture. */
export const LADDER = 3000
/** Octets in front of an IP packet that say so: whole, or compressed (RFC 1661 §6.5). */
const IP_HEADS = [0x0021, 0x21] as const

export class Captured {
  readonly source: CaptureSource
  readonly #dissections = new Map<number, Dissection>()
  readonly #words: (What | undefined)[] = []
  #ladder: { readonly whole: Ladder; readonly count: number; readonly shown: Ladder } | undefined
  /** What the filter has found so far. */
  #found: { readonly key: string; looked: number; readonly numbers: number[] } = { key: '', looked: 0, numbers: [] }

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
    return this.#what(frameOf(packet))
  }

  callOf(packet: PacketRecord): number | undefined {
    return this.source.frame(frameOf(packet)).call
  }

  /** Who sent it to whom. */
  peersOf(packet: PacketRecord, labels: Ui['labels']): Peers {
    return this.#peers(frameOf(packet), labels)
  }

  row(no: number, labels: Ui['labels']): Row {
    const { t, size, ip } = this.source.frame(no - 1)
    const { text, seal, role } = this.#what(no - 1)
    return { no, t, ...this.#peers(no - 1, labels), text, seal, role, size, way: '', protocols: ip?.proto ?? '' }
  }

  /** Of the first `count` frames; so many of them as it has room for. */
  ladder(count: number, now: SimTime): Ladder {
    if (this.#ladder?.count === count) return this.#ladder.shown
    const { source } = this
    const whole = this.#ladder?.whole ?? ladderOfCapture(source.firstFrames(LADDER), source.lab.name)
    const shown = { ...whole, rows: whole.rows.slice(0, count), now }
    this.#ladder = { whole, count, shown }
    return shown
  }

  /** The first `count` frames, those with all of the words. */
  shown(count: number, words: readonly string[], labels: Ui['labels']): Shown {
    if (words.length === 0) {
      const indexOf = (no: number): number => (no <= count ? no - 1 : -1)
      return { length: count, hidden: 0, progress: 1, at: index => index + 1, indexOf }
    }
    const key = `${labels} ${words.join(' ')}`
    if (this.#found.key !== key) this.#found = { key, looked: 0, numbers: [] }
    const found = this.#found
    const end = Math.min(count, found.looked + PIECE)
    for (; found.looked < end; found.looked++) {
      const hay = this.#hay(found.looked, labels)
      if (words.every(word => hay.includes(word))) found.numbers.push(found.looked + 1)
    }
    // Time may have gone back since.
    const length = place(found.numbers, count + 1)
    const progress = found.looked >= count ? 1 : found.looked / count
    const indexOf = (no: number): number => {
      const index = place(found.numbers, no)
      return index < length && found.numbers[index] === no ? index : -1
    }
    return { length, hidden: count - length, progress, at: index => found.numbers[index], indexOf }
  }

  #hay(index: number, labels: Ui['labels']): string {
    const { ip } = this.source.frame(index)
    const { from, to } = this.#peers(index, labels)
    const { text, seal } = this.#what(index)
    return ['no', index + 1, 'from', from, 'to', to, text, seal, 'proto', ip?.proto ?? ''].join(' ').toLowerCase()
  }

  #peers(index: number, labels: Ui['labels']): Peers {
    const { from, to, ip } = this.source.frame(index)
    return labels === 'addresses' && ip ? { from: brief(ip.src), to: brief(ip.dst) } : { from, to }
  }

  #what(index: number): What {
    this.#words[index] ??= wordsOf(this.source.tree(index))
    return this.#words[index]
  }
}

/** How many of the numbers are smaller; they stand in their order. */
function place(numbers: readonly number[], no: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle] < no) low = middle + 1
    else high = middle
  }
  return low
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
