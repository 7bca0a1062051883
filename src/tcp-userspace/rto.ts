/**
 * Round-trip times and the retransmission timeout (RFC 6298).
 *
 * One segment at a time is timed, in nanoseconds. Karn's rule forbids that of a segment that was sent again; there the
 * timestamps option tells the two copies apart, in milliseconds (RFC 7323 §4).
 */
import type { Profile } from './profile.ts'
import { leq } from './seq.ts'

const SECOND = 1_000_000_000

export class Rto {
  /** The timeout now, back-off included. */
  value = SECOND // RFC 6298 (2.1)
  srtt: number | undefined = undefined
  rttvar = 0
  #timing = false
  /** The segment that was being timed was sent again. */
  #spoiled = false
  #timedSeq = 0
  #timedAt = Number.NaN
  readonly #profile: Profile

  constructor(profile: Profile) {
    this.#profile = profile
  }

  /** A segment that ends before `next` has been sent; `fresh` if none of it was sent before. */
  sent(next: number, fresh: boolean, now: number): void {
    if (!fresh) {
      this.#timing = false
      this.#spoiled = true
    } else if (!this.#timing) {
      this.#timing = true
      this.#timedSeq = next
      this.#timedAt = now
    }
  }

  /** Octets before `ack` have arrived; `echoed` is the round trip by the timestamps, negative without. */
  acknowledged(ack: number, now: number, echoed: number): void {
    if (this.#timing && leq(this.#timedSeq, ack)) {
      this.#timing = false
      this.sample(now - this.#timedAt)
    } else if (this.#spoiled && echoed >= 0) this.sample(echoed)
  }

  /** A round trip was measured. */
  sample(r: number): void {
    this.#spoiled = false
    if (this.srtt === undefined) {
      this.srtt = r // (2.2)
      this.rttvar = Math.round(r / 2)
    } else {
      this.rttvar = Math.round((3 * this.rttvar + Math.abs(this.srtt - r)) / 4) // (2.3)
      this.srtt = Math.round((7 * this.srtt + r) / 8)
    }
    const { boundsVariance, minRto } = this.#profile
    const variance = 4 * this.rttvar // the clock's granularity G is 1 ns
    this.value = this.#bounded(this.srtt + (boundsVariance ? Math.max(variance, minRto) : variance))
  }

  /** (5.5) */
  backOff(): void {
    this.value = this.#bounded(this.value * 2)
  }

  /** (5.7) The SYN was sent more than once, so its round trip says nothing. */
  synWasRetransmitted(): void {
    this.value = 3 * SECOND
  }

  #bounded(timeout: number): number {
    return Math.min(Math.max(timeout, this.#profile.minRto), this.#profile.maxRto)
  }
}
