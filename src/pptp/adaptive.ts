/** The adaptive time-out of acknowledgments: ATO, RTT and DEV of RFC 2637 §4.4.1. */
import type { Duration } from '../base/time.ts'

export class AdaptiveTimeOut {
  ato: Duration
  rtt: Duration
  readonly #least: Duration
  readonly #most: Duration
  #dev: Duration = 0

  /** The round trip starts at the peer's processing delay. */
  constructor(rtt: Duration, least: Duration, most: Duration) {
    this.rtt = rtt
    this.#least = least
    this.#most = most
    this.ato = this.#bounded(rtt)
  }

  /** §4.4.1 with its gains: alpha 1/8, beta 1/4, chi 4. */
  sample(sample: Duration): void {
    const diff = sample - this.rtt
    this.#dev += Math.trunc((Math.abs(diff) - this.#dev) / 4)
    this.rtt += Math.trunc(diff / 8)
    this.ato = this.#bounded(this.rtt + 4 * this.#dev)
  }

  /** §4.4.2: twice the round trip. */
  timedOut(): void {
    this.rtt = Math.min(2 * Math.max(this.rtt, this.#least), this.#most)
    this.ato = this.#bounded(this.rtt + 4 * this.#dev)
  }

  #bounded(timeOut: Duration): Duration {
    return Math.min(Math.max(timeOut, this.#least), this.#most)
  }
}
