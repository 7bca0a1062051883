/**
 * The receiving half of a connection: what has come, what is held back, what window is offered (RFC 9293 §3.3.1,
 * §3.8.6.2.2, §3.10.7.4; window scale RFC 7323 §2).
 *
 *        read           nxt                          edge
 *   -----|--------------|--------xxxxx---xx----------|----
 *    given   held for a     window, with octets that
 *    away    slow reader    came out of order
 *
 * What comes in order to a reader that listens never enters the buffer.
 */
import { Ranges } from './ranges.ts'
import { Ring } from './ring.ts'
import { SackReport } from './sack.ts'
import { add, diff, lt, within } from './seq.ts'

/** Stretches of octets beyond a gap that are kept at a time; more where the window holds more full segments. */
const MIN_STRETCHES = 64

export class Receiver {
  nxt = 0
  paused = false
  /** Where FIN stands, once it has been seen. */
  finSeq: number | undefined = undefined
  /** FIN has been passed: nxt is beyond it. */
  finished = false
  /** Rcv.Wind.Shift of RFC 7323 §2.3. */
  shift = 0
  /** A full segment; what a window update is worth. */
  mss = 0
  #buffer: number
  #read = 0
  /** The furthest right edge that was offered, and the last. */
  #edge = 0
  #told = 0
  readonly #ring = new Ring()
  /** Octets that came out of order; made when the first do. */
  #early: Ranges | undefined = undefined
  /** SACK was agreed upon. */
  sack = false
  /** What acknowledgments tell of them. */
  report: SackReport | undefined = undefined

  constructor(buffer: number) {
    this.#buffer = buffer
  }

  /** The peer's SYN has come. */
  start(irs: number): void {
    const offered = this.wnd // by our SYN, if it was first
    this.nxt = add(irs, 1)
    this.#read = this.nxt
    this.#edge = add(this.nxt, offered)
    this.#told = this.#edge
  }

  /** Without window scale no more than 65 535 octets can be offered. */
  setShift(shift: number): void {
    this.shift = shift
    this.#buffer = Math.min(this.#buffer, 0xffff * 2 ** shift)
  }

  /**
   * RCV.WND: octets that the peer has been told it may send. The last acknowledgment may have told of fewer, by less than
   * the scale can tell; what was offered before stays acceptable (RFC 7323 §2.4).
   */
  get wnd(): number {
    return diff(this.#edge, this.nxt)
  }
  /** Octets in order that the reader has not taken. */
  get held(): number {
    return diff(this.nxt, this.#read) - (this.finished ? 1 : 0)
  }
  get gaps(): boolean {
    return this.#early !== undefined && this.#early.count > 0
  }

  /** The window field of the next segment; a SYN's is not scaled. */
  advertise(syn: boolean): number {
    const shift = syn ? 0 : this.shift
    const room = this.#room
    const offer = this.updateDue ? room : this.wnd
    // Rounded up, not to take back what was offered; but where the buffer ends, down (RFC 7323 §2.4).
    let field = (offer + (1 << shift) - 1) >> shift
    if (field << shift > room) field--
    if (field > 0xffff) field = 0xffff
    const edge = add(this.nxt, field << shift)
    this.#told = edge
    if (lt(this.#edge, edge)) this.#edge = edge
    return field
  }

  /** Would a new window be worth telling? Silly window avoidance, §3.8.6.2.2. */
  get updateDue(): boolean {
    return this.#room - this.wnd >= this.#worth
  }

  /** The peer has been left with less than a segment's room although there is more. */
  get starving(): boolean {
    return diff(this.#told, this.nxt) < this.#worth && this.updateDue
  }

  /** A segment, half of the buffer, or the least that the field can tell. */
  get #worth(): number {
    return Math.max(Math.min(this.mss, this.#buffer >> 1), 1 << this.shift)
  }

  /** Octets beyond nxt that the buffer holds. */
  get #room(): number {
    return Math.max(0, this.#buffer - this.held)
  }

  /**
   * §3.10.7.4, first. One step more lenient: an empty segment at the very edge is taken, because that is where the
   * acknowledgments of a peer stand that has filled the window.
   */
  acceptable(seq: number, length: number): boolean {
    const wnd = this.wnd
    if (length === 0) return within(seq, this.nxt, wnd + 1)
    return within(seq, this.nxt, wnd) || within(add(seq, length - 1), this.nxt, wnd)
  }

  /** How many of the octets before `end` lie beyond the window or beyond FIN. */
  excess(end: number): number {
    const beyond = diff(end, this.#edge)
    return Math.max(0, this.finSeq === undefined ? beyond : Math.max(beyond, diff(end, this.finSeq)))
  }

  inWindow(seq: number): boolean {
    return within(seq, this.nxt, this.wnd)
  }

  /** May the text at `seq` go to the reader without being stored? */
  passesThrough(seq: number): boolean {
    return seq === this.nxt && this.held === 0 && !this.paused
  }

  /** `length` octets in order were handed to the reader. */
  passed(length: number): void {
    this.nxt = add(this.nxt, length)
    this.#read = this.nxt
    this.#close()
  }

  /** Keeps text of the window that cannot be handed on yet; false when there are too many stretches already. */
  store(bytes: Uint8Array, from: number, to: number, seq: number): boolean {
    const end = add(seq, to - from)
    this.#early ??= new Ranges()
    if (seq !== this.nxt && !this.#early.has(seq) && this.#early.count >= this.#mostStretches) return false
    this.#early.add(seq, end)
    this.#ring.reserve(this.#read, diff(end, this.#read))
    this.#ring.put(seq, bytes, from, to)
    this.#close()
    if (this.sack && this.gaps) {
      this.report ??= new SackReport()
      this.report.arrived(seq)
    }
    return true
  }

  get #mostStretches(): number {
    return Math.max(MIN_STRETCHES, Math.floor(this.#buffer / (2 * Math.max(1, this.mss))))
  }

  /** Octets that had come before have come again (RFC 2883); those of seq … end - 1 that had not do not count. */
  repeated(seq: number, end: number): void {
    if (!this.sack) return
    this.report ??= new SackReport()
    if (lt(seq, this.nxt)) this.report.duplicate(seq, lt(end, this.nxt) ? end : this.nxt)
    else if (this.#early?.has(seq)) {
      const to = this.#early.to[this.#early.beyond(seq)]
      this.report.duplicate(seq, lt(end, to) ? end : to)
    }
  }

  /** There is something to tell that only an acknowledgment without text can tell. */
  get insists(): boolean {
    return this.gaps || (this.report?.hasDuplicate ?? false)
  }

  /** SACK blocks that the next acknowledgment has to tell, at the most `limit`. */
  blocks(limit: number): number {
    return this.report?.blocks(this.#early, limit) ?? 0
  }

  /** The next octets for the reader, as many as lie together. */
  take(): Uint8Array {
    const view = this.#ring.view(this.#read, this.held)
    this.#read = add(this.#read, view.length)
    if (this.held === 0 && !this.gaps) this.#ring.release()
    return view
  }

  /** FIN is the next octet and is passed. */
  finish(): void {
    this.nxt = add(this.nxt, 1)
    this.finished = true
  }

  /** Moves nxt over what has become in order. */
  #close(): void {
    const early = this.#early
    if (early === undefined || early.count === 0) return
    if (!lt(this.nxt, early.from[0]) && lt(this.nxt, early.to[0])) this.nxt = early.to[0]
    early.removeBelow(this.nxt)
  }
}
