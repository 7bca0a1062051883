/**
 * What the list of packets says of those that the recorder has forgotten: thirty octets for each. Words are kept once, and
 * a packet has their numbers. Of more than two million packets the oldest rows are forgotten too.
 *
 * Limits: of each kind of word 65 535 are kept; what has more is shown by a shorter word.
 */
import type { Journey, PacketRecord, Recorder, Scene } from '../src/index.ts'
import type { Model } from './model.ts'
import { FIRST_UI } from './press.ts'
import { rowWords } from './row-words.ts'
import { makerOf, shownForm } from './selection.ts'
import type { Role } from './text.ts'
import { deliveredTo, factsOf, protocolsOf, receiverOf, wayOf } from './views/packet-row.ts'

/** Rows that are kept together and forgotten together. */
const CHUNK = 65_536
const CHUNKS = 32
/** Columns of a chunk. */
const COLUMNS = ['maker', 'source', 'target', 'receiver', 'what', 'seal', 'protocols', 'way', 'size'] as const
type Column = (typeof COLUMNS)[number]
const WIDTH = COLUMNS.length

/** Words by their numbers. */
export class Words {
  readonly #numbers = new Map<string, number>()
  readonly #words: string[] = []

  constructor(first: string) {
    this.number(first)
  }
  get count(): number {
    return this.#words.length
  }
  /** That of the first word, if there is no room. */
  number(word: string): number {
    const known = this.#numbers.get(word)
    if (known !== undefined) return known
    if (this.#words.length > 0xffff) return 0
    this.#numbers.set(word, this.#words.length)
    return this.#words.push(word) - 1
  }
  word(number: number): string {
    return this.#words[number]
  }
}

/** Stands in a text for its last number, which is kept apart. */
export const HOLE = '\u0000'

interface Chunk {
  readonly times: Float64Array
  readonly numbers: Uint32Array
  readonly cells: Uint16Array
}

/** One row, in words. */
export interface OldRow {
  readonly no: number
  readonly t: number
  readonly maker: string
  /** Addresses of the IP packet; empty if it is none. */
  readonly source: string
  readonly target: string
  /** Who got it, or was to get it; may be empty. */
  readonly receiver: string
  readonly text: string
  readonly seal: string
  readonly role: Role
  readonly protocols: string
  readonly way: string
  readonly size: number
}

export class Archive {
  readonly names = new Words('')
  readonly addresses = new Words('')
  readonly texts = new Words('plain packet')
  readonly protocols = new Words('')
  readonly #ways = new Words('')
  readonly #scene: Scene
  readonly #recorder: Recorder
  readonly #chunks = new Map<number, Chunk>()
  /** How often the run has gone back behind what was here. */
  cuts = 0
  #last = 0
  #first = 1

  /** `scene` and `recorder`: any of the run, of which only what does not change is used. */
  constructor(scene: Scene, recorder: Recorder) {
    this.#scene = scene
    this.#recorder = recorder
  }

  /** The number of the last row. */
  get last(): number {
    return this.#last
  }
  /** The number of the first row that is still there. */
  get first(): number {
    return this.#first
  }

  /** Journeys whose numbers follow that of the last row; `t`: when they were looked at. */
  add(journeys: readonly Journey[], t: number): void {
    const model = { scene: { ...this.#scene, t }, recorder: this.#recorder, ui: FIRST_UI, explain: '' }
    for (const journey of journeys) this.#add(journey, model)
  }

  /** The run is gone back: later rows are no more. */
  cut(last: number): void {
    if (last >= this.#last) return
    this.#last = last
    this.cuts++
    for (const index of this.#chunks.keys()) if (index * CHUNK >= last) this.#chunks.delete(index)
    this.#first = Math.min(this.#first, this.#last + 1)
  }

  row(no: number): OldRow {
    const { times, numbers } = this.#chunk(no)
    const index = (no - 1) % CHUNK
    const cell = (column: Column): number => this.cell(no, column)
    const [role, text] = split(this.texts.word(cell('what')))
    const seal = cell('seal')
    return {
      no,
      t: times[index],
      maker: this.names.word(cell('maker')),
      source: this.addresses.word(cell('source')),
      target: this.addresses.word(cell('target')),
      receiver: this.names.word(cell('receiver')),
      text: text.replace(HOLE, String(numbers[index])),
      seal: seal === 0 ? '' : seal === UNKNOWN_SEAL ? 'in MPPE ?' : `in MPPE ${seal - 1}`,
      role: role as Role,
      protocols: this.protocols.word(cell('protocols')),
      way: this.#ways.word(cell('way')),
      size: cell('size'),
    }
  }

  /** A number of a word, for those who look through many rows. */
  cell(no: number, column: Column): number {
    return this.#chunk(no).cells[((no - 1) % CHUNK) * WIDTH + COLUMNS.indexOf(column)]
  }

  #chunk(no: number): Chunk {
    const chunk = this.#chunks.get(Math.floor((no - 1) / CHUNK))
    if (!chunk) throw new Error(`packet ${no} is not in the archive`)
    return chunk
  }

  #add(journey: Journey, model: Model): void {
    const at = this.#last++
    const index = Math.floor(at / CHUNK)
    let chunk = this.#chunks.get(index)
    if (!chunk) {
      this.#chunks.set(index, (chunk = fresh()))
      this.#chunks.delete(index - CHUNKS)
      this.#first = Math.max(this.#first, (index - CHUNKS + 1) * CHUNK + 1)
    }
    const [first] = journey.packets
    const facts = factsOf(journey)
    const { text, seal, role } = rowWords(journey, model)
    const [pattern, number] = holed(text)
    const row = at % CHUNK
    chunk.times[row] = journey.t
    chunk.numbers[row] = number
    const count = /^in MPPE (\d+)$/.exec(seal)?.[1]
    chunk.cells.set(
      [
        this.names.number(makerOf(first.id)),
        this.addresses.number(facts?.src ?? ''),
        this.addresses.number(facts?.dst ?? ''),
        this.names.number(deliveredTo(journey) ?? (facts ? '' : receiverOf(first, model))),
        this.texts.number(`${role} ${pattern}`),
        seal === '' ? 0 : count === undefined ? UNKNOWN_SEAL : Number(count) + 1,
        this.protocols.number(protocolsOf(journey, model)),
        this.#ways.number(wayOf(journey, model).join('')),
        Math.min(0xffff, sizeOf(shownForm(journey, model.ui.selection))),
      ],
      row * WIDTH,
    )
  }
}

/** Of MPPE the count has twelve bits. */
const UNKNOWN_SEAL = 0xffff

const fresh = (): Chunk => ({
  times: new Float64Array(CHUNK),
  numbers: new Uint32Array(CHUNK),
  cells: new Uint16Array(CHUNK * WIDTH),
})

/** `TCP ACK to 5001, 1360`: the pattern and the number; 0 where none has room. */
function holed(text: string): readonly [string, number] {
  const found = /\d+(?=\D*$)/.exec(text)
  const number = Number(found?.[0])
  // Zeroes in front, and what is no number of 32 bits, stay in the text.
  if (!found || String(number) !== found[0] || number > 0xffff_ffff) return [text, 0]
  return [text.slice(0, found.index) + HOLE + text.slice(found.index + found[0].length), number]
}

const split = (word: string): readonly [string, string] => {
  const at = word.indexOf(' ')
  return [word.slice(0, at), word.slice(at + 1)]
}

/** How large a packet is on the wire. */
export const sizeOf = ({ hops, inside, facts }: PacketRecord): number =>
  hops.at(-1)?.bytes.length ?? inside?.length ?? facts?.length ?? 0
