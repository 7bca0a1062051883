/** Which of the latest sequence numbers have been handed on: one bit each, by number modulo their count. */
export class HandedOn {
  /** So many numbers back it is known; a power of two. */
  readonly span: number
  readonly #bits: number[]

  constructor(atLeast: number) {
    let span = 32
    while (span < atLeast) span *= 2
    this.span = span
    this.#bits = new Array<number>(span >> 5).fill(0)
  }

  has(sequence: number): boolean {
    const bit = sequence & (this.span - 1)
    return (this.#bits[bit >> 5] & (1 << (bit & 31))) !== 0
  }
  add(sequence: number): void {
    const bit = sequence & (this.span - 1)
    this.#bits[bit >> 5] |= 1 << (bit & 31)
  }
  /** These numbers, of this one on, have not been handed on. */
  skip(sequence: number, count: number): void {
    if (count >= this.span) this.#bits.fill(0)
    else {
      for (let i = 0; i < count; i++) {
        const bit = (sequence + i) & (this.span - 1)
        this.#bits[bit >> 5] &= ~(1 << (bit & 31))
      }
    }
  }
}
