/** The controller of docs/tcp.md, octet by octet. */
import type { CongestionControl, Flow } from 'tcp-userspace'

export class Bold implements CongestionControl {
  cwnd: number
  ssthresh = 0x7fff_ffff
  readonly #flow: Flow

  constructor(flow: Flow, initialWindow: number) {
    this.#flow = flow
    this.cwnd = initialWindow
  }
  onAck(acked: number): void {
    const { mss } = this.#flow
    this.cwnd += this.cwnd < this.ssthresh ? Math.min(acked, mss) : (2 * mss * acked) / this.cwnd
  }
  onLoss(): void {
    this.ssthresh = this.cwnd = Math.max(0.875 * this.cwnd, 2 * this.#flow.mss)
  }
  onTimeout(): void {
    this.ssthresh = Math.max(0.875 * this.cwnd, 2 * this.#flow.mss)
    this.cwnd = this.#flow.mss
  }
  onIdle(): void {}
}
