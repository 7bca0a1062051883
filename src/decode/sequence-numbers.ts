/** The GRE sequence numbers of one direction of a call (RFC 2637 §4.3), as a capture shows them. */
export class SequenceNumbers {
  /** The lowest number seen and the one after the highest, once there is one. */
  #first: number | undefined
  #next = 0
  /** Between the two, not seen. */
  readonly #missing = new Set<number>()

  /** What is to be said of a number; undefined if it is the next. */
  note(sequence: number): string | undefined {
    this.#first ??= this.#next = sequence
    const ahead = (sequence - this.#next) | 0
    const below = (this.#first - sequence) | 0
    if (ahead >= 0) {
      this.#miss(this.#next, ahead)
      this.#next = (sequence + 1) >>> 0
      return ahead === 0 ? undefined : `${ahead} missing before it`
    }
    if (below > 0) {
      this.#miss(sequence + 1, below - 1)
      this.#first = sequence
      return 'out of order'
    }
    return this.#missing.delete(sequence) ? 'out of order' : 'sent before'
  }

  #miss(from: number, count: number): void {
    if (count > WIDEST) return
    for (let i = 0; i < count; i++) this.#missing.add((from + i) >>> 0)
  }
}

/** A jump beyond any window is another count, not that many lost packets. */
const WIDEST = 65_536
