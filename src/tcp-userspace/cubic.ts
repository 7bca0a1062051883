/**
 * CUBIC (RFC 9438): the window grows with the time since the last loss, not with the round trips.
 *
 * The arithmetic is plain + - * / on doubles, so that every engine computes the same; the cube root is our own.
 *
 * Limits: no HyStart++ (§4.10 only recommends it).
 */
import type { CongestionControl, Flow } from './congestion.ts'

const BETA = 0.7 // §4.6
const C = 0.4 // §5.1
/** α of the region where Reno is faster, §4.3. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA)
const UNLIMITED = 0x7fff_ffff

export class Cubic implements CongestionControl {
  ssthresh = UNLIMITED
  /** Windows in octets; not whole, since they grow by parts. */
  #cwnd: number
  #wMax = 0
  /** cwnd_prior: the window before the last decrease, which fast convergence leaves alone. */
  #prior = 0
  /** The window of Reno in its place, §4.3. */
  #wEst = 0
  #epochAt = Number.NaN
  /** Seconds until the window is at the origin of the cubic function, and that origin. */
  #k = 0
  #origin = 0
  /** All of it before the last loss, which may prove to be none. */
  #before: readonly [number, number, number, number, number, number, number, number] | undefined
  readonly #flow: Flow
  readonly #initialWindow: number

  constructor(flow: Flow, initialWindow: number) {
    this.#flow = flow
    this.#initialWindow = initialWindow
    this.#cwnd = initialWindow
  }

  get cwnd(): number {
    return Math.floor(this.#cwnd)
  }

  onAck(acked: number, _inFlight: number, srtt: number | undefined, now: number): void {
    if (this.#cwnd < this.ssthresh) {
      this.#cwnd += acked // RFC 5681, equation (2)
      return
    }
    const { mss } = this.#flow
    if (Number.isNaN(this.#epochAt)) this.#beginEpoch(now)
    const elapsed = (now - this.#epochAt) / 1e9
    const rtt = (srtt ?? 0) / 1e9
    const target = Math.min(Math.max(this.#cubic(elapsed + rtt), this.#cwnd), 1.5 * this.#cwnd) // §4.2
    // §4.3: once Reno's window has reached that of before the loss it grows as fast as Reno's does.
    this.#wEst += (this.#wEst >= this.#prior ? 1 : ALPHA) * (acked / this.#cwnd) * mss
    if (this.#cubic(elapsed) < this.#wEst) this.#cwnd = Math.max(this.#cwnd, this.#wEst)
    else this.#cwnd += ((target - this.#cwnd) / this.#cwnd) * acked // §4.4 and §4.5
  }

  onLoss(inFlight: number): void {
    const { ssthresh } = this
    this.#before = [this.#cwnd, ssthresh, this.#wMax, this.#prior, this.#wEst, this.#epochAt, this.#k, this.#origin]
    this.#decrease(inFlight)
    this.#cwnd = this.ssthresh
  }

  /** §4.9.2 */
  undo(): void {
    if (this.#before === undefined || this.#cwnd >= this.#before[0]) return
    const [cwnd, ssthresh, ...curve] = this.#before
    this.#cwnd = cwnd
    this.ssthresh = ssthresh
    ;[this.#wMax, this.#prior, this.#wEst, this.#epochAt, this.#k, this.#origin] = curve
  }

  /** §4.8 */
  onTimeout(inFlight: number): void {
    this.#decrease(inFlight)
    this.#cwnd = this.#flow.mss
  }

  onIdle(): void {
    this.#cwnd = Math.min(this.#cwnd, this.#initialWindow)
    this.#epochAt = Number.NaN // §5.8: time without data is not time to grow in
  }

  /** §4.6, with the fast convergence of §4.7. */
  #decrease(inFlight: number): void {
    const cwnd = Math.max(this.#cwnd, 2 * this.#flow.mss)
    this.#prior = cwnd
    this.#wMax = cwnd < this.#wMax ? (cwnd * (1 + BETA)) / 2 : cwnd
    this.ssthresh = Math.max(Math.floor(inFlight * BETA), 2 * this.#flow.mss)
    this.#epochAt = Number.NaN
  }

  #beginEpoch(now: number): void {
    this.#epochAt = now
    this.#wEst = this.#cwnd
    this.#origin = Math.max(this.#wMax, this.#cwnd)
    this.#k = cubeRoot((this.#origin - this.#cwnd) / this.#flow.mss / C) // figure 2
  }

  /** Figure 1, in octets. */
  #cubic(seconds: number): number {
    const t = seconds - this.#k
    return C * t * t * t * this.#flow.mss + this.#origin
  }
}

/** By Newton's method, from above; exact enough after it has stopped to fall. */
export function cubeRoot(x: number): number {
  if (x <= 0) return 0
  let root = Math.max(1, x)
  for (;;) {
    const next = (2 * root + x / (root * root)) / 3
    if (next >= root) return root
    root = next
  }
}
