/**
 * Proportional rate reduction (RFC 6937 §3.1): how much may be sent in fast recovery. While more is in the network than
 * `ssthresh`, so many octets for each that arrives that `ssthresh` is reached when all of the flight is accounted for; below it,
 * as many as arrive and one segment more (PRR-SSRB). So a loss of half a window, which RACK may find at once, is no reason to
 * send half a window at once.
 */
export class Prr {
  /** sndcnt, less what has been sent of it. */
  quota = 0
  /** RecoverFS, prr_delivered and prr_out */
  #flight = 0
  #delivered = 0
  #out = 0

  begin(flight: number): void {
    this.quota = 0
    this.#flight = flight
    this.#delivered = 0
    this.#out = 0
  }

  sent(octets: number): void {
    this.#out += octets
    this.quota -= octets
  }

  /** An acknowledgment tells of `delivered` octets. */
  acknowledged(delivered: number, pipe: number, ssthresh: number, mss: number): void {
    this.#delivered += delivered
    if (pipe > ssthresh) this.quota = Math.ceil((this.#delivered * ssthresh) / this.#flight) - this.#out
    else this.quota = Math.min(ssthresh - pipe, Math.max(this.#delivered - this.#out, delivered) + mss)
  }
}
