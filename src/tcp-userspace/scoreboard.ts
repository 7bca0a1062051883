/**
 * What the peer has told of octets that it holds beyond a gap: the scoreboard of RFC 6675 §3 and §4, and what of SACK
 * (RFC 2018) and D-SACK (RFC 2883) it is made from.
 *
 *        una     #highRxt                             nxt
 *   -----|----------|----xxxx------xxx----xxxxxx-------|
 *         sent again  lost  ?  lost  ^ lost below here, if DupThresh is 3 and each x a segment
 *
 * The last range and those before it are counted until they prove the loss of what lies below them.
 */
import type { Options } from './options.ts'
import type { Rack } from './rack.ts'
import { Ranges } from './ranges.ts'
import { add, diff, leq, lt } from './seq.ts'

export class Scoreboard {
  /** The lowest octet that the last `update` told of for the first time. */
  lowestNew = 0
  readonly #sacked = new Ranges()
  /** It is told of what has arrived. */
  readonly #rack: Rack | undefined

  constructor(rack?: Rack) {
    this.#rack = rack
  }

  get octets(): number {
    return this.#sacked.octets
  }
  /** The octet after the highest that was SACKed; only if there are any. */
  get highest(): number {
    return this.#sacked.to[this.#sacked.count - 1]
  }

  has(seq: number): boolean {
    return this.#sacked.has(seq)
  }

  /** Takes the blocks of an acknowledgment and returns how many octets they tell of for the first time: `Update()`. */
  update({ blocks, from, to }: Options, una: number, nxt: number, now = 0): number {
    let fresh = 0
    for (let n = 0; n < blocks; n++) {
      // What is not in flight is a D-SACK (RFC 2883 §4) or rubbish.
      if (!lt(from[n], to[n]) || !lt(una, to[n]) || lt(from[n], una) || lt(nxt, to[n])) continue
      const hole = this.hole(from[n])
      if (!lt(hole, to[n])) continue
      if (fresh === 0 || lt(hole, this.lowestNew)) this.lowestNew = hole
      if (this.#rack) this.#tell(this.#rack, hole, to[n], now)
      fresh += this.#sacked.add(from[n], to[n])
    }
    return fresh
  }

  /** What between the hole and `to` is not SACKed yet. */
  #tell(rack: Rack, hole: number, to: number, now: number): void {
    for (let seq = hole; lt(seq, to); seq = this.hole(seq)) {
      const end = add(seq, Math.min(this.room(seq), diff(to, seq)))
      rack.sacked(seq, end, now)
      seq = end
    }
  }

  /** Returns how many of the octets before `una` had been SACKed. */
  acknowledged(una: number): number {
    const { octets } = this.#sacked
    this.#sacked.removeBelow(una)
    return octets - this.#sacked.octets
  }

  clear(): void {
    this.#sacked.clear()
  }

  /** What is not SACKed before this is lost: `IsLost()` for all octets at once. */
  lostBelow(una: number, mss: number, dupThresh: number): number {
    const { from, to, count } = this.#sacked
    let octets = 0
    for (let at = count - 1; at >= 0; at--) {
      octets += diff(to[at], from[at])
      if (count - at >= dupThresh || octets > (dupThresh - 1) * mss) return from[at]
    }
    return una
  }

  /** Octets of seq … end - 1 that are not SACKed. */
  holesIn(seq: number, end: number): number {
    return lt(seq, end) ? diff(end, seq) - this.#sacked.within(seq, end) : 0
  }

  /** The first octet from `seq` on that is not SACKed. */
  hole(seq: number): number {
    const { from, to, count } = this.#sacked
    const at = this.#sacked.beyond(seq)
    return at < count && leq(from[at], seq) ? to[at] : seq
  }

  /** How long the hole at `seq` is; without end beyond the highest SACKed octet. */
  room(seq: number): number {
    const at = this.#sacked.beyond(seq)
    return at < this.#sacked.count ? diff(this.#sacked.from[at], seq) : 0x7fff_ffff
  }

  /** Where the last hole before `end` begins; it is part of the highest octets that were not SACKed. */
  lastHole(end: number, mss: number): number {
    const { from, to, count } = this.#sacked
    const below = count > 0 && to[count - 1] === end ? count - 1 : count
    const top = below < count ? from[below] : end
    const bottom = below > 0 ? to[below - 1] : undefined
    const start = add(top, -mss)
    return bottom !== undefined && lt(start, bottom) ? bottom : start
  }
}
