/**
 * What our acknowledgments tell of octets that came out of order: SACK blocks (RFC 2018 §4), the duplicate first (D-SACK,
 * RFC 2883 §4).
 */
import type { Ranges } from './ranges.ts'
import { set32 } from './segment.ts'
import { lt } from './seq.ts'

/** With timestamps three blocks fit, without four. */
const MOST = 4
/** NOP, NOP, SACK, length. */
const ALIGNED_SACK = 0x01010500

export class SackReport {
  /** Where the segments began that came last, the latest first: their stretches are told first. */
  readonly #recent: number[] = []
  #duplicateFrom = 0
  #duplicateTo = 0
  /** Blocks of the report being made, as from, to, from, to … */
  readonly #blocks = new Int32Array(2 * MOST)
  #count = 0

  /** A segment that begins at `seq` came out of order. */
  arrived(seq: number): void {
    this.#recent.unshift(seq)
    if (this.#recent.length > MOST) this.#recent.length = MOST
  }

  duplicate(from: number, to: number): void {
    this.#duplicateFrom = from
    this.#duplicateTo = to
  }

  get hasDuplicate(): boolean {
    return this.#duplicateFrom !== this.#duplicateTo
  }

  /** Prepares the report and returns how many blocks it has; a duplicate is told once. */
  blocks(early: Ranges | undefined, limit: number): number {
    this.#count = 0
    if (this.hasDuplicate) {
      this.#push(this.#duplicateFrom, this.#duplicateTo)
      this.#duplicateTo = this.#duplicateFrom
    }
    const told = this.#count
    if (!early || early.count === 0) {
      this.#recent.length = 0
      return told
    }
    for (let n = 0; n < this.#recent.length && this.#count < limit; n++) {
      const at = early.beyond(this.#recent[n])
      if (at === early.count || lt(this.#recent[n], early.from[at])) continue // in order by now
      if (!this.#has(early.from[at], told)) this.#push(early.from[at], early.to[at])
    }
    return this.#count
  }

  #push(from: number, to: number): void {
    this.#blocks[2 * this.#count] = from
    this.#blocks[2 * this.#count + 1] = to
    this.#count++
  }

  #has(from: number, first: number): boolean {
    for (let n = first; n < this.#count; n++) if (this.#blocks[2 * n] === from) return true
    return false
  }

  /** Writes the option with the blocks of the report. */
  write(b: Uint8Array, at: number): void {
    set32(b, at, ALIGNED_SACK | (2 + 8 * this.#count))
    for (let n = 0; n < 2 * this.#count; n++) set32(b, at + 4 + 4 * n, this.#blocks[n])
  }
}

/** How many blocks go into so many octets of options. */
export const blocksIn = (room: number): number => Math.min(MOST, (room - 4) >> 3)
export const sackRoom = (blocks: number): number => (blocks > 0 ? 4 + 8 * blocks : 0)
