/**
 * Stretches of octets, sorted and apart from each other: what a receiver holds beyond a gap, what a sender knows to have
 * arrived there.
 *
 *   from[0]  to[0]      from[1]       to[1]
 *      |xxxxxx|             |xxxxxxxxxxx|        to is the octet after the last
 */
import { diff, leq, lt } from './seq.ts'

export class Ranges {
  readonly from: number[] = []
  readonly to: number[] = []
  /** Octets in all of them. */
  octets = 0

  get count(): number {
    return this.from.length
  }

  /** The first stretch that ends beyond `seq`; `count` if none does. */
  beyond(seq: number): number {
    let low = 0
    let high = this.to.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (lt(seq, this.to[middle])) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Is the octet in one of them? */
  has(seq: number): boolean {
    const at = this.beyond(seq)
    return at < this.count && leq(this.from[at], seq)
  }

  /** Adds the octets seq … end - 1, joined with the stretches that they touch, and returns how many were new. */
  add(seq: number, end: number): number {
    const { from, to } = this
    const first = this.beyond(seq - 1)
    let last = first
    let held = 0
    while (last < from.length && leq(from[last], end)) {
      held += diff(to[last], from[last])
      last++
    }
    if (first === last) {
      from.splice(first, 0, seq)
      to.splice(first, 0, end)
    } else {
      from[first] = lt(from[first], seq) ? from[first] : seq
      to[first] = lt(end, to[last - 1]) ? to[last - 1] : end
      from.splice(first + 1, last - first - 1)
      to.splice(first + 1, last - first - 1)
    }
    const fresh = diff(to[first], from[first]) - held
    this.octets += fresh
    return fresh
  }

  /** Forgets the octets before `seq`. */
  removeBelow(seq: number): void {
    const { from, to } = this
    while (to.length > 0 && leq(to[0], seq)) {
      this.octets -= diff(to[0], from[0])
      from.shift()
      to.shift()
    }
    if (from.length > 0 && lt(from[0], seq)) {
      this.octets -= diff(seq, from[0])
      from[0] = seq
    }
  }

  clear(): void {
    this.from.length = 0
    this.to.length = 0
    this.octets = 0
  }

  /** Octets of theirs in seq … end - 1. */
  within(seq: number, end: number): number {
    const { from, to } = this
    let octets = 0
    for (let at = this.beyond(seq); at < from.length && lt(from[at], end); at++) {
      octets += diff(lt(end, to[at]) ? end : to[at], lt(from[at], seq) ? seq : from[at])
    }
    return octets
  }
}
