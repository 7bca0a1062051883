/**
 * The latest of things that are counted from the beginning. Which of them are remembered is a matter of their count alone:
 * who began to keep them late remembers the same as who kept all, once enough have come.
 */

/** In units of the limit: so many come before the oldest are forgotten, all at once. */
export const SLACK = 1.25

export class Latest<T> {
  readonly #limit: number
  /** Those that were kept and are not forgotten. */
  #items: T[] = []
  #count = 0
  #gone = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Oldest first. */
  get items(): readonly T[] {
    return this.#items
  }
  /** How many there have been. */
  get count(): number {
    return this.#count
  }
  /** How many of them are forgotten: the first ones. */
  get gone(): number {
    return this.#gone
  }

  /** One more. Returns those that are forgotten for it. */
  add(item: T): readonly T[] {
    this.#items.push(item)
    return this.pass()
  }

  /** One more that is only counted: none may have been kept before. */
  pass(): readonly T[] {
    if (++this.#count - this.#gone <= this.#limit * SLACK) return NONE
    this.#gone = this.#count - this.#limit
    const kept = Math.min(this.#items.length, this.#limit)
    const forgotten = this.#items.slice(0, this.#items.length - kept)
    if (forgotten.length > 0) this.#items = this.#items.slice(-kept)
    return forgotten
  }
}

const NONE: readonly never[] = []
