/** Hands out the lowest number that is free: addresses of a pool, units of an interface. */
export class LowestFree {
  readonly #last: number
  readonly #first: number
  readonly #taken = new Set<number>()
  /** Everything below is taken. */
  #hint: number

  constructor(first: number, last: number) {
    this.#first = first
    this.#last = last
    this.#hint = first
  }

  get used(): number {
    return this.#taken.size
  }

  get free(): number {
    return this.#last - this.#first + 1 - this.#taken.size
  }

  take(): number | undefined {
    while (this.#hint <= this.#last && this.#taken.has(this.#hint)) this.#hint++
    if (this.#hint > this.#last) return undefined
    this.#taken.add(this.#hint)
    return this.#hint++
  }

  /** Takes this very number; false if somebody has it. One that lies outside is nobody's business here. */
  claim(n: number): boolean {
    if (n < this.#first || n > this.#last) return true
    if (this.#taken.has(n)) return false
    this.#taken.add(n)
    return true
  }

  give(n: number): void {
    if (this.#taken.delete(n) && n >= this.#first && n < this.#hint) this.#hint = n
  }
}
