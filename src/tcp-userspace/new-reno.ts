/** Slow start and congestion avoidance of RFC 5681 §3.1, with the loss response of §3.2. */
import type { CongestionControl, Flow } from './congestion.ts'

/** Arbitrarily high (§3.1). */
const UNLIMITED = 0x7fff_ffff

export class NewReno implements CongestionControl {
  cwnd: number
  ssthresh = UNLIMITED
  /** Octets acknowledged since the window last grew, in congestion avoidance. */
  #acked = 0
  /** Window and threshold before the last loss. */
  #cwndBefore = 0
  #ssthreshBefore = 0
  readonly #flow: Flow
  readonly #initialWindow: number

  constructor(flow: Flow, initialWindow: number) {
    this.#flow = flow
    this.#initialWindow = initialWindow
    this.cwnd = initialWindow
  }

  onAck(acked: number): void {
    if (this.cwnd < this.ssthresh) {
      this.cwnd += acked // equation (2); who calls sees to its limit
      return
    }
    // One segment for each window of acknowledged octets: the way that §3.1 recommends.
    this.#acked += acked
    if (this.#acked < this.cwnd) return
    this.#acked -= this.cwnd
    this.cwnd += this.#flow.mss
  }

  onLoss(inFlight: number): void {
    this.#cwndBefore = this.cwnd
    this.#ssthreshBefore = this.ssthresh
    this.#halve(inFlight)
    this.cwnd = this.ssthresh
  }

  undo(): void {
    this.cwnd = Math.max(this.cwnd, this.#cwndBefore)
    this.ssthresh = Math.max(this.ssthresh, this.#ssthreshBefore)
  }

  onTimeout(inFlight: number): void {
    this.#halve(inFlight)
    this.cwnd = this.#flow.mss // the loss window
  }

  onIdle(): void {
    this.cwnd = Math.min(this.cwnd, this.#initialWindow)
  }

  /** Equation (4). */
  #halve(inFlight: number): void {
    this.ssthresh = Math.max(inFlight >> 1, 2 * this.#flow.mss)
    this.#acked = 0
  }
}
