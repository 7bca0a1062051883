/**
 * A filter over rows of the archive, from the newest to the oldest, a piece at a time: a million rows take longer than a
 * frame. A word of the filter is looked for in each word of the archive once; a row is then a matter of a few numbers.
 */
import type { Archive, Words } from './archive.ts'
import { brief } from './views/packet-row.ts'

/** Rows that are looked at in one piece; fewer where digits have to be written out for each. */
const PIECE = 50_000
const SLOW_PIECE = 10_000

/** What stands in every row, in front of what it says. */
const LABELS = ['no', 'from', 'to', 'proto']

/** For each word of a table: has it what is looked for? Filled as far as the table has grown. */
class Verdicts {
  readonly #words: Words
  readonly #has: (word: string) => boolean
  readonly #known: boolean[] = []

  constructor(words: Words, has: (word: string) => boolean) {
    this.#words = words
    this.#has = has
  }
  at(number: number): boolean {
    for (let i = this.#known.length; i <= number; i++) this.#known.push(this.#has(this.#words.word(i).toLowerCase()))
    return this.#known[number]
  }
}

/** Is one word of the filter in a row? */
type Test = (no: number) => boolean

export interface SearchOptions {
  /** In small letters, without spaces in them. */
  readonly words: readonly string[]
  readonly labels: 'names' | 'addresses'
  /** Names of addresses. */
  readonly nameOf: (address: string) => string | undefined
}

export class Search {
  readonly #archive: Archive
  readonly #tests: readonly Test[]
  readonly #piece: number
  /** Rows that match, newest first, of those from `#low` on that were there at the beginning; then those that came. */
  readonly #older: number[] = []
  readonly #newer: number[] = []
  readonly #cuts: number
  /** Rows from `#low` up to and without `#high` have been looked at. */
  #low: number
  #high: number

  constructor(archive: Archive, options: SearchOptions) {
    this.#archive = archive
    this.#cuts = archive.cuts
    this.#low = archive.last + 1
    this.#high = this.#low
    this.#tests = options.words.map(word => testOf(archive, word, options))
    this.#piece = options.words.some(hasDigit) ? SLOW_PIECE : PIECE
  }

  /** How many rows have been found. */
  get length(): number {
    return this.#older.length + this.#newer.length
  }
  /** What share of the rows has been looked at, 0 … 1. */
  get progress(): number {
    const { first } = this.#archive
    return this.#low <= first ? 1 : (this.#high - this.#low) / Math.max(1, this.#high - first)
  }
  get done(): boolean {
    return this.#low <= this.#archive.first
  }

  /** Still of this archive? A run that has gone back has fewer rows. */
  get isValid(): boolean {
    return this.#cuts === this.#archive.cuts
  }

  /** Number of the packet in row `index` of those found, oldest first. */
  at(index: number): number {
    const { length } = this.#older
    return index < length ? this.#older[length - 1 - index] : this.#newer[index - length]
  }

  /** Its row; -1 if it does not match, or has not been looked at. */
  indexOf(no: number): number {
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.at(middle) < no) low = middle + 1
      else high = middle
    }
    return low < this.length && this.at(low) === no ? low : -1
  }

  /** One piece more. */
  advance(): void {
    const { first, last } = this.#archive
    for (; this.#high <= last; this.#high++) if (this.#matches(this.#high)) this.#newer.push(this.#high)
    const end = Math.max(first, this.#low - this.#piece)
    while (this.#low > end) if (this.#matches(--this.#low)) this.#older.push(this.#low)
    while (this.#older.length > 0 && this.#older[this.#older.length - 1] < first) this.#older.pop()
  }

  #matches(no: number): boolean {
    for (const test of this.#tests) if (!test(no)) return false
    return true
  }
}

const hasDigit = (word: string): boolean => /\d/.test(word)

function testOf(archive: Archive, word: string, { labels, nameOf }: SearchOptions): Test {
  const has = (text: string): boolean => text.includes(word)
  if (LABELS.some(has)) return () => true
  const { names, addresses, texts, protocols } = archive
  const inName = new Verdicts(names, has)
  const inAddress = new Verdicts(addresses, address => has(brief(address)))
  // A target by its name; without one, the machine that got the packet counts.
  const named = new Verdicts(addresses, address => nameOf(address) !== undefined)
  const inTarget = new Verdicts(addresses, address => has((nameOf(address) ?? address).toLowerCase()))
  const inText = new Verdicts(texts, text => has(text.slice(text.indexOf(' ') + 1)))
  const inProtocols = new Verdicts(protocols, has)
  const inSeal = has('in') || has('mppe')
  const numbers = hasDigit(word)
  const byName = (no: number): boolean => {
    if (inName.at(archive.cell(no, 'maker'))) return true
    const target = archive.cell(no, 'target')
    if (named.at(target)) return inTarget.at(target)
    const receiver = archive.cell(no, 'receiver')
    return receiver === 0 ? inTarget.at(target) : inName.at(receiver)
  }
  const byAddress = (no: number): boolean => {
    const source = archive.cell(no, 'source')
    if (source === 0) return byName(no)
    return inAddress.at(source) || inAddress.at(archive.cell(no, 'target'))
  }
  const byPeer = labels === 'addresses' ? byAddress : byName
  return no => {
    if (byPeer(no) || inText.at(archive.cell(no, 'what')) || inProtocols.at(archive.cell(no, 'protocols'))) return true
    if (inSeal && archive.cell(no, 'seal') !== 0) return true
    if (!numbers) return false
    const { text, seal } = archive.row(no)
    return has(String(no)) || has(text.toLowerCase()) || has(seal)
  }
}
