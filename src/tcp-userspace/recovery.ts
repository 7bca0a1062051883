/**
 * What is lost, what is sent again and when, and how much may be sent at all: fast retransmit and recovery by SACK
 * (RFC 6675) or without (RFC 5681 §3.2, RFC 6582), limited transmit (RFC 3042), and recovery after a timeout (RFC 5681
 * §3.1, RFC 6298 §5).
 *
 *   open -- DupThresh duplicates, or SACK blocks that prove a loss --> fast
 *   open, fast -- the retransmission timer runs out ----------------> timeout
 *   fast, timeout -- everything up to `recover` is acknowledged ----> open
 *
 * With SACK, what is lost is told either by counting (RFC 6675) or by time (RFC 8985: rack.ts), which finds lost
 * retransmissions too; counting leaves these to the timer. How much may be sent is the same (`pipe` of RFC 6675).
 * A loss probe (RFC 8985 §7) tells of losses at the tail before the timeout does.
 * After a timeout all that was in flight and is not SACKed counts as lost, by time all that has been so for a round trip, and
 * slow start sends it again.
 *
 * DupThresh is 3 at first, and as large as the reordering that was seen, as Linux has it (RFC 4653 is for the same end);
 * 3 again after a timeout that less patience would have avoided. When D-SACK tells that all that fast recovery has sent
 * again was needless (after RFC 3708), or the echo of its first acknowledgment that the first of it was (RFC 3522), nothing was
 * lost but overtaken: the reduction is undone.
 *
 * Longer than 400 lines, since all states share what is known of losses; scoreboard and window stand elsewhere.
 *
 * Limits: no undo after a timeout (RFC 5682). By counting nothing bounds what one acknowledgment sends (RFC 6937); by time
 * prr.ts does. After NewReno's recovery the window is ssthresh at once (RFC 6582 §3.2, step 3, option 2).
 */
import { type CongestionControl, type CongestionFactory, initialWindow } from './congestion.ts'
import type { Options } from './options.ts'
import { Prr } from './prr.ts'
import { precedes, type Rack } from './rack.ts'
import { Scoreboard } from './scoreboard.ts'
import type { Sender } from './sender.ts'
import { add, diff, leq, lt, max } from './seq.ts'

/** RFC 6675 §2: how far segments may overtake each other before one counts as lost. A line that reorders raises it. */
const DUP_THRESH = 3
/** Linux's net.ipv4.tcp_max_reordering. */
const MAX_DUP_THRESH = 300

export class Recovery {
  phase: 'open' | 'fast' | 'timeout' = 'open'
  /** SACK was agreed upon. */
  sack = false
  /** The segment in front is to be sent again, whatever the window says. */
  front = false
  /** Times that the timer ran out, that fast recovery began, and D-SACK blocks. */
  timeouts = 0
  fastRecoveries = 0
  duplicatesReported = 0
  /** DupThresh, in segments. */
  reordering = DUP_THRESH
  /** Where `nextLost` and its like found a segment, and how many octets of text it has. */
  at = 0
  length = 0
  readonly #sender: Sender
  #congestion: CongestionControl | undefined = undefined
  /** Segments by which an acknowledgment may open the window in slow start. */
  #slowStart = 1
  #board: Scoreboard | undefined = undefined
  /** Losses are found by time, and the window is reduced step by step. */
  #rack: Rack | undefined = undefined
  #prr: Prr | undefined = undefined
  /** Octets that this acknowledgment tells of for the first time. */
  #delivered = 0
  #dupAcks = 0
  /** RecoveryPoint. */
  #recover: number
  /** HighRxt: the octet after the highest that was sent again in this phase. */
  #highRxt: number
  /** The octet after the highest that was sent again at all. */
  #again: number
  /** Where the last fast recovery began, what it sent again and no D-SACK has told of, and by how much that was overtaken. */
  #undoFrom: number
  #unproven = 0
  #overtook = 0
  /** When fast recovery began, and when the window was last reduced. */
  #enteredAt = Number.NEGATIVE_INFINITY
  #reducedAt = Number.NEGATIVE_INFINITY
  /** TLP.end_seq and TLP.is_retrans of RFC 8985 §7.1. */
  #probeEnd: number | undefined = undefined
  #probeAgain = false
  /** FlightSize of RFC 5681 when the probe was sent. */
  #probeFlight = 0
  #rescued = false
  #rescuing = false
  /** What duplicates add to the window of a connection without SACK, as each tells of a segment that has left. */
  #inflation = 0
  #pipe = 0
  #pipeKnown = false

  constructor(sender: Sender) {
    this.#sender = sender
    this.#recover = sender.iss
    this.#highRxt = sender.iss
    this.#again = sender.iss
    this.#undoFrom = sender.iss
  }

  get cwnd(): number {
    return this.#congestion?.cwnd ?? 0
  }
  get ssthresh(): number {
    return this.#congestion?.ssthresh ?? 0
  }
  get sacked(): number {
    return this.#board?.octets ?? 0
  }

  /** The connection is established; a SYN that had to be repeated leaves one segment (RFC 6928 §2). */
  start(factory: CongestionFactory, segments: number, slowStart: number, rack: Rack | undefined): void {
    const { mss } = this.#sender
    this.#slowStart = slowStart
    this.#rack = rack
    this.#congestion = factory(this.#sender, initialWindow(mss, segments))
  }

  /** Octets that the network will take. */
  get allowance(): number {
    const congestion = this.#congestion
    if (congestion === undefined) return 0
    if (this.#rack && this.phase === 'fast') return this.#prr?.quota ?? 0
    const { una, nxt } = this.#sender
    const pipe = this.phase === 'open' && this.#board === undefined ? diff(nxt, una) : this.pipe
    return congestion.cwnd + this.#inflation - pipe
  }

  /** Octets that are thought to be in the network. */
  get pipe(): number {
    if (this.phase === 'open' && this.sacked === 0) return this.#sender.flight
    if (!this.#pipeKnown) {
      this.#pipe = this.#countPipe()
      this.#pipeKnown = true
    }
    return this.#pipe
  }

  /** `SetPipe()`: what is neither SACKed nor lost, and what was sent again. */
  #countPipe(): number {
    const { una, nxt } = this.#sender
    const lost = this.#lostBelow
    const board = this.#board
    const again = max(this.#highRxt, una)
    // RFC 5681 §3.2: FlightSize, in which what was sent again stands once.
    if (!this.sack && this.phase === 'fast') return diff(nxt, una)
    if (!board) return diff(nxt, lost) + diff(again, una)
    return board.holesIn(lost, nxt) + board.holesIn(una, again)
  }

  get #lostBelow(): number {
    if (this.#rack) return this.#rack.lostBelow
    const { una, mss } = this.#sender
    const lost = this.#board?.lostBelow(una, mss, this.#dupThresh) ?? una
    return this.phase === 'timeout' ? max(lost, this.#recover) : lost
  }

  /** The octets `at` … next - 1 were sent, `fresh` if for the first time. */
  sent(at: number, next: number, fresh: boolean, now: number): void {
    this.#rack?.sent(at, next, now)
    if (this.#pipeKnown) this.#pipe += diff(next, at)
    this.#prr?.sent(diff(next, at))
    if (fresh) return
    this.#again = max(this.#again, next)
    if (this.phase === 'fast') this.#unproven++
    if (!this.#rescuing) this.#highRxt = max(this.#highRxt, next)
    this.#rescuing = false
  }

  /** SACK blocks have come; returns how many octets they told of for the first time. */
  blocks(options: Options, now: number): number {
    if (!this.sack) return 0
    const { una, nxt } = this.#sender
    if (options.isDuplicate(una)) this.#sentForNothing(options.from[0])
    this.#board ??= new Scoreboard(this.#rack)
    const board = this.#board
    const highest = board.octets > 0 ? board.highest : una
    const fresh = board.update(options, una, nxt, now)
    if (fresh === 0) return 0
    this.#pipeKnown = false
    this.#delivered += fresh
    this.#overtaken(board.lowestNew, highest)
    return fresh
  }

  /** An acknowledgment has been taken, or the reordering timer has run out: what is lost (RFC 8985 §6.2)? */
  findLosses(srtt: number | undefined, now: number): void {
    const rack = this.#rack
    if (!rack) return
    const { lostBelow } = rack
    const before = rack.lostAgain.length
    rack.detect(this.phase !== 'open', srtt ?? rack.minRtt, now)
    if (rack.lostBelow !== lostBelow) this.#pipeKnown = false
    if (rack.lostAgain.length > before) this.#twice(rack.lostAgainSince, now)
    if (this.phase === 'open' && this.#provesLoss) this.#enter(now)
    if (this.phase === 'fast') this.#prr?.acknowledged(this.#delivered, this.pipe, this.ssthresh, this.#sender.mss)
    this.#delivered = 0
  }

  /** When what may have been overtaken only is to count as lost; not a number if there is nothing to wait for. */
  get reorderingDue(): number {
    return this.#rack?.due ?? Number.NaN
  }

  /** RFC 5681 §4.3: the loss of a retransmission is one more sign of congestion, once for each window. */
  #twice(sentAt: number, now: number): void {
    if (sentAt < this.#reducedAt) return
    this.#reducedAt = now
    this.#congestion?.onLoss(Math.min(this.#sender.flight, this.cwnd), now)
  }

  /** D-SACK of the segment at `seq`. Only if all of fast recovery was needless it was patience that lacked. */
  #sentForNothing(seq: number): void {
    this.duplicatesReported++
    this.#rack?.duplicate(this.#sender.una, this.#sender.nxt)
    this.probeNeedless()
    if (this.#unproven === 0 || lt(seq, this.#undoFrom) || !lt(seq, this.#recover)) return
    this.#unproven--
    if (this.#unproven === 0) this.#undo()
  }

  /** Fast recovery was needless: nothing was lost but overtaken. */
  #undo(): void {
    this.#unproven = 0
    this.#patience(this.#overtook)
    this.#congestion?.undo?.()
    this.#rack?.unmark()
    if (this.phase === 'fast') this.phase = 'open'
  }

  /** The octets at `seq` arrived after those before `highest`. If they were sent once only, they were overtaken. */
  #overtaken(seq: number, highest: number): void {
    if (!lt(seq, highest)) return
    const segments = Math.ceil(diff(highest, seq) / this.#sender.mss)
    if (lt(seq, this.#highRxt)) this.#overtook = Math.max(this.#overtook, segments)
    else if (!lt(seq, this.#again)) this.#patience(segments)
  }

  /** A segment was overtaken by so many others. */
  #patience(segments: number): void {
    this.reordering = Math.min(Math.max(this.reordering, segments + 1), MAX_DUP_THRESH)
  }

  /** More duplicates than segments in flight can never come (RFC 5827 has the same thought). */
  get #dupThresh(): number {
    const { flight, mss } = this.#sender
    return Math.max(DUP_THRESH, Math.min(this.reordering, Math.floor(flight / mss) - 1))
  }

  /** SND.UNA has moved on by `acked`; `flight` was in flight before that. */
  acknowledged(acked: number, flight: number, srtt: number | undefined, echoed: number, now: number): void {
    const { una, mss } = this.#sender
    this.#dupAcks = 0
    this.#rack?.acknowledged(una, echoed, now)
    if (this.phase === 'open' && (this.#board === undefined || this.#board.octets === 0)) {
      this.#inflation = 0
      this.#grow(acked, flight, srtt, now)
      return
    }
    const board = this.#board
    if (board && board.octets > 0) this.#overtaken(add(una, -acked), board.highest)
    this.#delivered += acked - (board?.acknowledged(una) ?? 0)
    this.#highRxt = max(this.#highRxt, una)
    this.#pipeKnown = false
    // RFC 3522: what was sent again first has arrived before its copy could.
    if (this.phase === 'fast' && add(una, -acked) === this.#undoFrom && precedes(echoed, this.#enteredAt, now)) {
      this.#rack?.needless(echoed)
      this.#undo()
    }
    if (this.phase === 'open') this.#grow(acked, flight, srtt, now)
    else if (leq(this.#recover, una)) {
      if (this.phase === 'timeout') this.#grow(acked, flight, srtt, now)
      this.#rack?.recovered()
      this.phase = 'open'
      this.#inflation = 0
    } else if (this.phase === 'timeout') this.#grow(acked, flight, srtt, now)
    else if (!this.sack) {
      // RFC 6582 §3.2, step 3: a partial acknowledgment.
      this.front = true
      this.#inflation += (acked >= mss ? mss : 0) - acked
    }
    if (this.phase === 'open' && this.#provesLoss) this.#enter(now)
  }

  /** Only a window that is used grows: else it would say nothing of the path. */
  #grow(acked: number, flight: number, srtt: number | undefined, now: number): void {
    const congestion = this.#congestion
    if (!congestion) return
    const { cwnd, ssthresh } = congestion
    const { mss } = this.#sender
    const timedOut = this.phase === 'timeout'
    if (cwnd >= ssthresh) {
      if (flight + mss >= cwnd || timedOut) congestion.onAck(acked, flight, srtt, now)
    } else if (2 * flight >= cwnd || timedOut) {
      // RFC 3465 §2.3: after a timeout one acknowledgment may count for what had arrived long before.
      const limit = (timedOut ? 1 : this.#slowStart) * mss
      congestion.onAck(Math.min(acked, limit, Math.max(ssthresh - cwnd, mss)), flight, srtt, now)
    }
  }

  /** An acknowledgment that moves nothing, but tells that a segment has left the network. */
  duplicate(now: number): void {
    const { mss } = this.#sender
    if (this.phase === 'timeout' || this.#rack) return
    if (this.phase === 'fast') {
      if (!this.sack) this.#inflation += mss
      return
    }
    this.#dupAcks++
    if (this.#dupAcks >= this.#dupThresh || this.#provesLoss) this.#enter(now)
    else if (!this.sack) this.#inflation = this.#dupAcks * mss // RFC 3042
  }

  get #provesLoss(): boolean {
    return (this.#rack !== undefined || this.sacked > 0) && lt(this.#sender.una, this.#lostBelow)
  }

  #enter(now: number): void {
    const { una, nxt, mss, flight } = this.#sender
    // RFC 6582 §4.1: without SACK these may be answers to what was sent again needlessly.
    if (!this.sack && !lt(this.#recover, una)) return
    this.fastRecoveries++
    this.phase = 'fast'
    this.#recover = nxt
    this.#highRxt = una
    this.#undoFrom = una
    this.#unproven = 0
    this.#probeEnd = undefined
    this.#enteredAt = now
    this.#reducedAt = now
    this.#overtook = 0
    this.#rescued = false
    this.#prr ??= new Prr()
    this.#prr.begin(flight)
    this.front = true
    this.#pipeKnown = false
    // What limited transmit has sent is not counted (RFC 5681 §3.2, step 2).
    this.#congestion?.onLoss(Math.min(flight, this.cwnd), now)
    this.#inflation = this.sack ? 0 : DUP_THRESH * mss
  }

  /** The retransmission timer ran out, for the `tries`th time for this segment. */
  timedOut(tries: number, srtt: number | undefined, now: number): void {
    this.timeouts++
    // So many SACKed, and still patient: what was seen once is over.
    if (this.phase === 'open' && this.sacked >= DUP_THRESH * this.#sender.mss) this.reordering = DUP_THRESH
    if (tries === 1)
      this.#congestion?.onTimeout(Math.min(this.#sender.flight, Math.max(this.cwnd, this.#sender.mss)), now)
    this.#resend(now)
    this.#rack?.timedOut(srtt ?? 0, now)
  }

  /** All that is in flight is to be sent again, as the window permits: the path has become too narrow for it. */
  resend(now: number): void {
    this.#resend(now)
    this.#rack?.allLost()
  }

  #resend(now: number): void {
    const { una, nxt } = this.#sender
    // RFC 2018 §8: a peer that does not acknowledge what it has SACKed has thrown it away.
    if (this.#board?.has(una)) {
      this.#board.clear()
      this.#rack?.reneged()
    }
    this.phase = 'timeout'
    this.#unproven = 0
    this.#probeEnd = undefined
    this.#reducedAt = now
    this.#recover = nxt
    this.#highRxt = una
    this.#inflation = 0
    this.#dupAcks = 0
    this.#pipeKnown = false
  }

  /** RFC 8985 §7.2: nothing is known to be missing, and no other probe is on its way. */
  get mayProbe(): boolean {
    return this.sack && this.phase === 'open' && this.sacked === 0 && this.#probeEnd === undefined
  }

  /** A loss probe is about to be sent, `again` if it is an old segment; HighRxt stays where it is. */
  probing(again: boolean): void {
    this.#probeAgain = again
    this.#rescuing = again
  }
  probed(): void {
    const { nxt, flight } = this.#sender
    this.#probeEnd = nxt
    this.#probeFlight = flight
  }

  /** RFC 8985 §7.4.2: a segment of the peer tells that the octets of the probe came twice. */
  probeNeedless(): void {
    if (this.#probeEnd !== undefined && leq(this.#probeEnd, this.#sender.una)) this.#probeEnd = undefined
  }

  /** SND.UNA has moved on. RFC 8985 §7.4.2: has the probe repaired a loss that would have gone unseen? */
  probeAnswered(options: Options, now: number): void {
    const { una } = this.#sender
    if (this.#probeEnd === undefined || lt(una, this.#probeEnd)) return
    const seen = !this.#probeAgain || options.isDuplicate(una)
    if (!seen && una === this.#probeEnd) return
    this.#probeEnd = undefined
    // As much as for a loss that is seen at once: half of what was in flight then, of which little is left by now.
    if (!seen) this.#congestion?.onLoss(Math.min(this.#probeFlight, this.cwnd), now)
  }

  onIdle(): void {
    this.#congestion?.onIdle()
  }

  /**
   * Is a segment to be sent again? `at` and `length` say which. `NextSeg()` (1). One that is lost for the second time
   * takes the place in the network of the copy that it replaces.
   */
  nextLost(): boolean {
    if (this.#rack && this.phase !== 'open' && this.#nextLostAgain(this.#rack)) return true
    if (this.phase === 'open' || this.allowance < this.#sender.mss) return false
    return this.#hole(this.#lostBelow)
  }

  #nextLostAgain({ lostAgain }: Rack): boolean {
    while (lostAgain.length > 0) {
      const [stretch] = lostAgain
      const at = max(stretch.seq, this.#sender.una)
      if (lt(at, stretch.end) && !this.#board?.has(at)) {
        if (!this.#text(at)) return false
        const next = add(at, this.length + (this.#sender.carriesFin(at, this.length) ? 1 : 0))
        if (this.length === 0 || !lt(next, stretch.end)) lostAgain.shift()
        else stretch.seq = next
        return true
      }
      lostAgain.shift()
    }
    return false
  }

  /** In fast recovery nothing new can be sent: what is not known to be lost, but not SACKed either. `NextSeg()` (3) and (4). */
  nextDoubtful(): boolean {
    const board = this.#board
    if (this.#rack || !board || board.octets === 0 || this.allowance < this.#sender.mss) return false
    return this.#hole(board.highest) || this.#rescue(board)
  }

  /**
   * The first octets before `end` that were neither SACKed nor sent again. What was sent for the first time in this
   * recovery waits for its end: its loss is one of another window, and the window is to be reduced for it again.
   */
  #hole(end: number): boolean {
    const { una } = this.#sender
    const from = max(this.#highRxt, una)
    const at = this.#board ? this.#board.hole(from) : from
    return lt(at, end) && lt(at, this.#recover) && this.#text(at)
  }

  /** The segment at `at`, as far as the peer's window and what it has already permit. */
  #text(at: number): boolean {
    const { edge } = this.#sender
    if (!lt(at, edge)) return false
    this.at = at
    this.length = this.#sender.textAt(at, Math.min(this.#board?.room(at) ?? 0x7fff_ffff, diff(edge, at)))
    return true
  }

  /** Once in a recovery the last segment may be sent again, lest its loss should need a timeout. */
  #rescue(board: Scoreboard): boolean {
    const { una, nxt, mss } = this.#sender
    if (this.#rescued) return false
    this.#rescued = true
    const at = max(board.lastHole(nxt, mss), una)
    if (board.has(at) || lt(at, this.#highRxt) || !lt(at, nxt) || !this.#text(at)) return false // or sent again already
    this.#rescuing = true // HighRxt stays where it is
    return true
  }
}
