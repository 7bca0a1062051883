/**
 * When each segment in flight was sent for the last time (Segment.xmit_ts of RFC 8985 §5.1), in order of sequence numbers.
 *
 *      head                           tail       they are numbered from the first one of the connection
 *   -----|---------|--------|---- … ----|
 *       una       end      end         nxt
 *
 * A segment begins where the one before it ends, the first one at SND.UNA. What is sent again in other pieces than before
 * counts for every segment of which it has a part. Lies in a ring that grows as it is needed; nothing while nothing is in flight.
 */
import { lt } from './seq.ts'

/** Fields of a segment: its end, when it was sent last, the number of that transmission, and what became of the segment. */
const FIELDS = 4
/** Segments in the first ring. */
const FIRST = 4
const NOTHING = new Float64Array(0)
/** It was sent more than once; it is SACKed. */
const AGAIN = 1
const SACKED = 2

export class Transmissions {
  head = 0
  tail = 0
  #fields = NOTHING
  #mask = -1
  /** Of transmissions. */
  #count = 0

  append(end: number, now: number): void {
    if (this.tail - this.head > this.#mask) this.#grow()
    const at = this.#at(this.tail++)
    this.#fields[at] = end
    this.#fields[at + 1] = now
    this.#fields[at + 2] = ++this.#count
    this.#fields[at + 3] = 0
  }

  /** The first one is acknowledged. */
  shift(): void {
    this.head++
    if (this.head < this.tail) return
    this.#fields = NOTHING
    this.#mask = -1
  }

  end(segment: number): number {
    return this.#fields[this.#at(segment)]
  }
  sentAt(segment: number): number {
    return this.#fields[this.#at(segment) + 1]
  }
  /** What was sent later has a larger one, also at the same time. */
  order(segment: number): number {
    return this.#fields[this.#at(segment) + 2]
  }
  isRetransmitted(segment: number): boolean {
    return (this.#fields[this.#at(segment) + 3] & AGAIN) !== 0
  }
  isSacked(segment: number): boolean {
    return (this.#fields[this.#at(segment) + 3] & SACKED) !== 0
  }

  retransmitted(segment: number, now: number): void {
    const at = this.#at(segment)
    this.#fields[at + 1] = now
    this.#fields[at + 2] = ++this.#count
    this.#fields[at + 3] |= AGAIN
  }
  sacked(segment: number): void {
    this.#fields[this.#at(segment) + 3] |= SACKED
  }
  /** The peer has thrown away what it had SACKed (RFC 2018 §8). */
  reneged(): void {
    for (let n = this.head; n < this.tail; n++) this.#fields[this.#at(n) + 3] &= ~SACKED
  }

  /** The segment that has the octet; `tail` if none has. */
  find(seq: number): number {
    let low = this.head
    let high = this.tail
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (lt(seq, this.end(middle))) high = middle
      else low = middle + 1
    }
    return low
  }

  #at(segment: number): number {
    return (segment & this.#mask) * FIELDS
  }

  #grow(): void {
    const old = this.#fields
    const oldMask = this.#mask
    const capacity = Math.max(FIRST, 2 * (oldMask + 1))
    this.#fields = new Float64Array(capacity * FIELDS)
    this.#mask = capacity - 1
    for (let n = this.head; n < this.tail; n++) {
      const from = (n & oldMask) * FIELDS
      this.#fields.set(old.subarray(from, from + FIELDS), this.#at(n))
    }
  }
}
