/**
 * A map for what is mostly one, two or three entries, in each of thousands of machines: a `Map` takes some 200 octets
 * before it holds anything. Entries stand in the order in which they came, as in a `Map`, which it becomes when it grows.
 */

/** With more it is a `Map`. */
const FEW = 8
const NONE: readonly never[] = []

export class SmallMap<K, V> {
  /** Key, value, key, value …, while they are few. */
  #few: readonly (K | V)[] = NONE
  #many: Map<K, V> | undefined

  get size(): number {
    return this.#many?.size ?? this.#few.length / 2
  }

  has(key: K): boolean {
    return this.#many ? this.#many.has(key) : this.#find(key) >= 0
  }

  get(key: K): V | undefined {
    if (this.#many) return this.#many.get(key)
    const at = this.#find(key)
    return at < 0 ? undefined : (this.#few[at + 1] as V)
  }

  set(key: K, value: V): void {
    const few = this.#few
    const at = this.#many ? -1 : this.#find(key)
    if (at >= 0) this.#few = few.with(at + 1, value)
    else if (!this.#many && few.length < 2 * FEW) this.#few = few.concat([key, value])
    else {
      this.#many ??= new Map(this)
      this.#few = NONE
      this.#many.set(key, value)
    }
  }

  delete(key: K): boolean {
    if (this.#many) return this.#many.delete(key)
    const at = this.#find(key)
    if (at < 0) return false
    this.#few = this.#few.length === 2 ? NONE : this.#few.toSpliced(at, 2)
    return true
  }

  *[Symbol.iterator](): IterableIterator<[K, V]> {
    if (this.#many) yield* this.#many
    else yield* this.#entries()
  }

  *values(): IterableIterator<V> {
    if (this.#many) yield* this.#many.values()
    else for (const [, value] of this.#entries()) yield value
  }

  /** Those that were there at the beginning, less those that have gone meanwhile: who deletes on the way meets each. */
  *#entries(): IterableIterator<[K, V]> {
    const few = this.#few
    for (let at = 0; at < few.length; at += 2) {
      const key = few[at] as K
      if (few === this.#few || this.has(key)) yield [key, few[at + 1] as V]
    }
  }

  #find(key: K): number {
    const few = this.#few
    for (let at = 0; at < few.length; at += 2) if (few[at] === key) return at
    return -1
  }
}
