/**
 * Which of the latest sequence numbers have been handed on: one bit each, by number modulo their count. Most calls lose
 * nothing, and there may be thousands: as long as the numbers follow each other, the first and the last say it all.
 */

const NONE: number[] = []

export class HandedOn {
  /** So many numbers back it is known; a power of two. */
  readonly span: number
  /** Made when the first number is missing. */
  #bits = NONE
  /** Until then: these numbers, the last one excluded, and none before them. */
  #first = 0
  #end = 0

  constructor(atLeast: number) {
    let span = 32
    while (span < atLeast) span *= 2
    this.span = span
  }

  has(sequence: number): boolean {
    if (this.#bits === NONE) return (sequence - this.#first) >>> 0 < (this.#end - this.#first) >>> 0
    const bit = sequence & (this.span - 1)
    return (this.#bits[bit >> 5] & (1 << (bit & 31))) !== 0
  }
  add(sequence: number): void {
    if (this.#bits === NONE && this.#follows(sequence | 0)) return
    const bit = sequence & (this.span - 1)
    this.#bits[bit >> 5] |= 1 << (bit & 31)
  }

  /** False: there are bits now. The numbers are kept signed: so they are small integers to V8. */
  #follows(sequence: number): boolean {
    if (this.#first === this.#end) this.#first = sequence
    else if (sequence !== this.#end) {
      this.#spell()
      return false
    }
    this.#end = (sequence + 1) | 0
    if (((this.#end - this.#first) | 0) > this.span) this.#first = (this.#end - this.span) | 0
    return true
  }

  #spell(): void {
    this.#bits = new Array<number>(this.span >> 5).fill(0)
    for (let n = this.#first; n !== this.#end; n = (n + 1) | 0) this.add(n)
  }

  /** These numbers, of this one on, have not been handed on. */
  skip(sequence: number, count: number): void {
    if (count === 0) return
    if (count >= this.span) {
      this.#bits = NONE
      this.#first = this.#end
    } else {
      if (this.#bits === NONE) this.#spell()
      for (let i = 0; i < count; i++) {
        const bit = (sequence + i) & (this.span - 1)
        this.#bits[bit >> 5] &= ~(1 << (bit & 31))
      }
    }
  }
}
