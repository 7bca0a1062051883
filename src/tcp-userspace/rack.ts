/**
 * RACK (RFC 8985 §6): a segment is lost when one that was sent later has arrived, and the time for overtaking is over. Since
 * it goes by the time of the last transmission, it finds retransmissions that are lost again, which counting segments cannot.
 *
 *   sent       1   2   3   4                2 again
 *   arrived    1       3                                  RACK.xmit_ts: when 3 was sent
 *   ----------------------------------------------------> time
 *                  2 is lost at RACK.xmit_ts + RACK.rtt + RACK.reo_wnd: until then, or when it will have come, a timer runs
 *
 * Nothing is looked at twice. What was sent once only lies in order of time as of sequence numbers: all before `#lost` is
 * lost or has arrived. What was sent again after that waits in `#copies`, in order of time as well.
 *
 * Where we depart from it:
 * - Where segments overtake each other, as much patience is had as was seen to be needed, and a round trip is not taken to be
 *   shorter than SRTT: an early segment says nothing of the others. The RFC knows quarters of the minimum only, which may be
 *   that of an early segment; it waits for D-SACKs, and we take them as well (§6.2, steps 2 and 4).
 * - The timer runs until all that was sent before RACK.segment is lost, and not until the last one of those that are there
 *   (§6.2, step 5): it saves a search and may be a little longer.
 * - In a timeout a segment that is still to be waited for keeps those behind it from being called lost, as acknowledgments
 *   will do soon (§6.3).
 * - The timestamp of an acknowledgment is asked about segments that it acknowledges, not about those that it SACKs: there it
 *   is that of the segment which came last in order (§6.2, step 2; Linux does not ask it at all).
 */
import { leq, lt } from './seq.ts'
import { Transmissions } from './transmissions.ts'

/** RFC 5681 §3.2; without reordering so many SACKed segments need no patience. */
const DUP_THRESH = 3
/** Recoveries without D-SACK after which patience ends. */
const PERSIST = 16
/** RACK.min_RTT is that of five to ten minutes (Linux’s net.ipv4.tcp_min_rtt_wlen is 300 s). */
const MIN_RTT_WINDOW = 300_000_000_000
/** The ticks of our timestamps are milliseconds. */
const TICK = 1_000_000

interface Copy {
  readonly segment: number
  readonly order: number
}
interface Stretch {
  seq: number
  readonly end: number
}

/** Of connections that have sent nothing again, which most never do. */
const NO_COPIES: Copy[] = []
const NO_STRETCHES: Stretch[] = []

export class Rack {
  /** RACK.reordering_seen */
  reorderingSeen = false
  /** The longest by which a segment has been overtaken. */
  #overtook = 0
  /** RACK.reo_wnd_mult */
  multiplier = 1
  /** When the reordering timer is to run out; not a number if it needs not run. */
  due = Number.NaN
  /** Retransmissions that are lost and not sent again yet, and when the last of them was sent. */
  lostAgain = NO_STRETCHES
  lostAgainSince = Number.NEGATIVE_INFINITY
  readonly #sent = new Transmissions()
  /** RACK.xmit_ts, the number of that transmission, and RACK.rtt */
  #xmitTs = Number.NEGATIVE_INFINITY
  #order = 0
  #rtt = 0
  /** The same of the segments that this acknowledgment tells of. */
  #newestTs = 0
  #newestOrder = 0
  #newestRtt = 0
  #newestOnce = false
  /** RACK.fack, before this acknowledgment and after it: what one tells of has not overtaken each other. */
  #fack: number
  #nextFack: number
  /** RACK.segs_sacked */
  #sacked = 0
  /** Segments before it are lost, or SACKed. */
  #lost = 0
  #copies = NO_COPIES
  /** RACK.dsack_round and RACK.reo_wnd_persist */
  #dsackRound: number | undefined = undefined
  #persist = PERSIST
  /** Minima of this part of the window and of the one before it. */
  #minRecent = Number.POSITIVE_INFINITY
  #minBefore = Number.POSITIVE_INFINITY
  #minSince = Number.NEGATIVE_INFINITY
  /** SND.UNA, and the octet after the last that was sent. */
  #una: number
  #nxt: number

  /** `rtt` is that of the handshake, if it has one. */
  constructor(nxt: number, rtt: number | undefined, now: number) {
    this.#una = nxt
    this.#nxt = nxt
    this.#fack = nxt
    this.#nextFack = nxt
    if (rtt !== undefined) this.#sample(rtt, now)
  }

  /** §6.1. The octets `at` … next - 1 have been sent. */
  sent(at: number, next: number, now: number): void {
    const sent = this.#sent
    if (lt(at, this.#nxt)) {
      for (let n = sent.find(at); n < sent.tail && lt(this.#start(n), next); n++) {
        sent.retransmitted(n, now)
        if (this.#copies === NO_COPIES) this.#copies = []
        this.#copies.push({ segment: n, order: sent.order(n) })
      }
    }
    if (!lt(this.#nxt, next)) return
    sent.append(next, now)
    this.#nxt = next
  }

  /** SND.UNA has moved on. `echoed`: how old the segment is that the timestamp tells of; negative without. */
  acknowledged(una: number, echoed: number, now: number): void {
    const sent = this.#sent
    this.#una = una
    while (sent.head < sent.tail && leq(sent.end(sent.head), una)) {
      if (sent.isSacked(sent.head)) this.#sacked--
      else this.#arrived(sent.head, echoed, now)
      sent.shift()
    }
    if (this.#lost < sent.head) this.#lost = sent.head
  }

  /**
   * The octets from … to - 1 are SACKed for the first time. The timestamp says nothing of them: it is that of the segment that
   * came last in order.
   */
  sacked(from: number, to: number, now: number): void {
    const sent = this.#sent
    for (let n = sent.find(from); n < sent.tail && leq(sent.end(n), to); n++) {
      if (sent.isSacked(n) || lt(this.#start(n), from)) continue
      this.#arrived(n, -1, now)
      sent.sacked(n)
      this.#sacked++
    }
  }

  reneged(): void {
    this.#sent.reneged()
    this.#sacked = 0
  }

  /** §6.2, steps 2 and 3. */
  #arrived(segment: number, echoed: number, now: number): void {
    const sent = this.#sent
    const end = sent.end(segment)
    const sentAt = sent.sentAt(segment)
    const once = !sent.isRetransmitted(segment)
    if (lt(this.#nextFack, end)) this.#nextFack = end
    if (once && lt(end, this.#fack)) {
      this.reorderingSeen = true
      this.#overtook = Math.max(this.#overtook, now - sentAt - this.#rtt)
    }
    // Is it the answer to an earlier copy?
    if (!once && (precedes(echoed, sentAt, now) || now - sentAt < this.minRtt)) return
    if (sent.order(segment) < this.#newestOrder) return
    this.#newestTs = sentAt
    this.#newestOrder = sent.order(segment)
    this.#newestRtt = now - sentAt
    this.#newestOnce = once
  }

  /** D-SACK has come: step 4. */
  duplicate(una: number, nxt: number): void {
    if (this.#dsackRound !== undefined && lt(una, this.#dsackRound)) return
    this.#dsackRound = nxt
    this.multiplier++
    this.#persist = PERSIST
  }

  /** What was sent again had been overtaken by that much more than the usual. */
  needless(age: number): void {
    this.reorderingSeen = true
    this.#overtook = Math.max(this.#overtook, age - this.#rtt)
  }

  /** A recovery is over: step 4. */
  recovered(): void {
    if (--this.#persist > 0) return
    this.multiplier = 1
    this.#overtook = 0
  }

  /** RACK.rtt + RACK.reo_wnd: step 4. */
  #patience(recovering: boolean, srtt: number): number {
    const step = Number.isFinite(this.minRtt) ? Math.floor(this.minRtt / 4) : 0
    const window = Math.min(step * this.multiplier, srtt)
    if (this.reorderingSeen) return Math.max(this.#rtt, srtt) + Math.max(window, Math.floor(1.125 * this.#overtook))
    return this.#rtt + (recovering || this.#sacked >= DUP_THRESH ? 0 : window)
  }

  /** Steps 1, 2 and 5 at the end of an acknowledgment, or when the reordering timer has run out: `RACK_detect_loss()`. */
  detect(recovering: boolean, srtt: number, now: number): void {
    this.#settle(now)
    this.due = Number.NaN
    const sent = this.#sent
    const copies = this.#copies
    if (copies.length === 0 && (this.#lost === sent.tail || !this.#before(this.#lost))) return
    const patience = this.#patience(recovering, srtt)
    let waits = false
    while (copies.length > 0) {
      const { segment, order } = copies[0]
      // What is not lost yet has its turn below.
      const current = segment >= sent.head && segment < this.#lost && sent.order(segment) === order
      if (current && !sent.isSacked(segment)) {
        if (!this.#before(segment)) break
        waits = sent.sentAt(segment) + patience > now
        if (waits) break
        if (this.lostAgain === NO_STRETCHES) this.lostAgain = []
        this.lostAgain.push({ seq: this.#start(segment), end: sent.end(segment) })
        this.lostAgainSince = sent.sentAt(segment)
      }
      copies.shift()
    }
    while (this.#lost < sent.tail && this.#before(this.#lost)) {
      if (!sent.isSacked(this.#lost) && sent.sentAt(this.#lost) + patience > now) {
        waits = true
        break
      }
      this.#lost++
    }
    if (waits) this.due = this.#xmitTs + patience
  }

  #settle(now: number): void {
    this.#fack = this.#nextFack
    if (this.#newestOrder === 0) return
    this.#rtt = this.#newestRtt
    if (this.#newestOnce) this.#sample(this.#newestRtt, now)
    if (this.#newestOrder > this.#order) {
      this.#xmitTs = this.#newestTs
      this.#order = this.#newestOrder
    }
    this.#newestOrder = 0
  }

  /** Step 1: a minimum that forgets, so that a longer path is learnt. */
  #sample(rtt: number, now: number): void {
    if (now - this.#minSince > MIN_RTT_WINDOW) {
      this.#minBefore = this.#minRecent
      this.#minRecent = rtt
      this.#minSince = now
    } else if (rtt < this.#minRecent) this.#minRecent = rtt
  }

  /** RACK.min_RTT */
  get minRtt(): number {
    return Math.min(this.#minRecent, this.#minBefore)
  }

  /** §6.3: the retransmission timer has run out. The segment in front is lost, and what has had its time. */
  timedOut(srtt: number, now: number): void {
    const sent = this.#sent
    this.unmark()
    const patience = this.#patience(true, srtt)
    while (
      this.#lost < sent.tail &&
      (this.#lost === sent.head || sent.isSacked(this.#lost) || sent.sentAt(this.#lost) + patience <= now)
    )
      this.#lost++
  }

  /** All of it is lost, as the path carries no such segments. */
  allLost(): void {
    this.unmark()
    this.#lost = this.#sent.tail
  }

  /** Nothing was lost. */
  unmark(): void {
    this.#lost = this.#sent.head
    this.#copies = NO_COPIES
    this.lostAgain = NO_STRETCHES
    this.due = Number.NaN
  }

  /** What is not SACKed before this is lost. */
  get lostBelow(): number {
    return this.#start(this.#lost)
  }

  #start(segment: number): number {
    return segment === this.#sent.head ? this.#una : this.#sent.end(segment - 1)
  }

  /** Was it sent before RACK.segment? `RACK_sent_after()`, but that we know the order of what was sent at the same time. */
  #before(segment: number): boolean {
    return this.#sent.order(segment) < this.#order
  }
}

/** Was the segment that the peer echoes, `echoed` ago, sent in an earlier tick of our clock than one that was sent at `sentAt`? */
export function precedes(echoed: number, sentAt: number, now: number): boolean {
  return echoed >= 0 && Math.floor(now / TICK) - echoed / TICK < Math.floor(sentAt / TICK)
}
