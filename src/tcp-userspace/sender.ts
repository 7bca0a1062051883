/**
 * The sending half of a connection: what is queued, what is in flight, what the peer's window permits (RFC 9293 §3.3.1,
 * §3.7.4, §3.8.6). What the network permits is in recovery.ts.
 *
 *        una            nxt                     end
 *   -----|--------------|-----------------------|----
 *    acked   in flight     queued, not sent         FIN, once `fin` is set, is the octet at `end`
 */
import { Ring } from './ring.ts'
import { add, diff, leq, lt, max } from './seq.ts'

/** RFC 9293 §3.7.1, MUST-15. */
export const DEFAULT_MSS = 536

export class Sender {
  readonly iss: number
  una: number
  nxt: number
  wnd = 0
  /** The largest window that the peer has offered. */
  maxWnd = 0
  /** What the peer's SYN said, and what is left of it for text on this path (Eff.snd.MSS of §3.7.1). */
  peerMss = DEFAULT_MSS
  mss = DEFAULT_MSS
  /** Snd.Wind.Shift of RFC 7323 §2.3. */
  shift = 0
  /** FIN follows the queued octets. */
  fin = false
  readonly #buffer: number
  readonly #ring = new Ring()
  #synAcked = false
  #end: number
  #wl1 = 0

  constructor(iss: number, buffer: number) {
    this.iss = iss | 0
    this.una = this.iss
    this.nxt = add(this.iss, 1)
    this.#end = this.nxt
    this.#buffer = buffer
  }

  get #first(): number {
    return this.#synAcked ? this.una : add(this.iss, 1)
  }
  /** Octets of text that are not acknowledged yet. */
  get queued(): number {
    return Math.max(0, diff(this.#end, this.#first))
  }
  /** FlightSize of RFC 5681 §2. */
  get flight(): number {
    return diff(this.nxt, this.una)
  }
  get inFlight(): boolean {
    return this.nxt !== this.una
  }
  /** Where the peer's window ends. */
  get edge(): number {
    return add(this.una, this.wnd)
  }
  /**
   * SEG.SEQ of a segment without text: SND.NXT, but never beyond the window. There, after a probe of a closed window,
   * a peer that reads no more takes nothing, not even the news that our own window is open again (§3.10.7.4, first).
   */
  get seqOfNothing(): number {
    return this.#synAcked && lt(this.edge, this.nxt) ? this.edge : this.nxt
  }
  /** Everything, FIN included, has been acknowledged. */
  get done(): boolean {
    return this.una === (this.fin ? add(this.#end, 1) : this.#end)
  }
  get finAcked(): boolean {
    return this.fin && this.una === add(this.#end, 1)
  }

  /** Takes as many octets as the buffer has room for. */
  write(bytes: Uint8Array): number {
    const queued = this.queued
    const taken = Math.min(bytes.length, this.#buffer - queued)
    if (taken <= 0) return 0
    this.#ring.reserve(this.#first, queued + taken)
    this.#ring.put(this.#end, bytes, 0, taken)
    this.#end = add(this.#end, taken)
    return taken
  }

  /** Our SYN is acknowledged. */
  opened(seq: number, ack: number, wnd: number): void {
    this.#synAcked = true
    this.una = ack
    this.#setWindow(seq, wnd)
  }

  /**
   * Octets of text in the next new segment, of which the network takes `allowance`; -1: wait. Full segments go, and so
   * does the rest of the queue when nothing is in flight or Nagle's algorithm is off (§3.7.4), and what is worth half of
   * the largest window (§3.8.6.2.1). FIN does not wait for the acknowledgment of what was sent before it.
   */
  next(noDelay: boolean, allowance: number): number {
    const left = diff(this.#end, this.nxt)
    const usable = diff(add(this.una, this.wnd), this.nxt)
    if (left < 0 || usable <= 0) return -1
    const length = Math.min(left, usable, this.mss)
    if (length > allowance) return -1
    if (length === this.mss) return length
    if (length === left && this.fin) return length
    if (length === 0) return -1
    const alone = noDelay || !this.inFlight
    return alone && (length === left || length * 2 >= this.maxWnd) ? length : -1
  }

  /** Octets of text from `seq` on in one segment, at the most `limit`. */
  textAt(seq: number, limit: number): number {
    return Math.min(Math.max(0, diff(this.#end, seq)), this.mss, limit)
  }

  /**
   * Octets of text in a segment that begins at `una`: a retransmission or a window probe (§3.8.6.1). `anyway`: a window that
   * was taken back is not regarded, since the segment was in the window when it was sent (RFC 7323 §2.4).
   */
  front(anyway = false): number {
    return this.textAt(this.una, Math.max(this.wnd, anyway ? this.flight : 1))
  }

  /** Does FIN go with the segment of `length` octets at `seq`? */
  carriesFin(seq: number, length: number): boolean {
    if (!this.fin || add(seq, length) !== this.#end) return false
    return diff(this.edge, seq) > length || (seq === this.una && length === 0)
  }

  /** Does the segment carry the last queued octet? Then it is pushed (§3.9.1.2, MUST-61). */
  carriesLast(seq: number, length: number): boolean {
    return length > 0 && add(seq, length) === this.#end
  }

  copy(seq: number, length: number, target: Uint8Array, to: number): void {
    this.#ring.copy(seq, length, target, to)
  }

  /** A segment that ends before `next` has been sent. */
  sent(next: number): void {
    this.nxt = max(this.nxt, next)
  }

  /** Octets before `ack` have arrived; una < ack <= nxt. Returns how many of them were text. */
  acknowledged(ack: number): number {
    const text = diff(lt(this.#end, ack) ? this.#end : ack, this.una)
    this.una = ack
    if (!lt(ack, this.#end)) this.#ring.release()
    return text
  }

  /**
   * §3.10.7.4, fifth: an old segment must not change the window. SND.WL2 is not kept: it is never beyond SND.UNA, and
   * what acknowledges less than SND.UNA does not come here.
   */
  updateWindow(seq: number, wnd: number): void {
    if (leq(this.#wl1, seq)) this.#setWindow(seq, wnd)
  }

  #setWindow(seq: number, wnd: number): void {
    this.wnd = wnd
    this.#wl1 = seq
    if (wnd > this.maxWnd) this.maxWnd = wnd
  }
}
