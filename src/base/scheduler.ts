/**
 * The event queue and the virtual clock.
 *
 * Events run in the order of (due time, sequence number); the sequence number is drawn when an event is scheduled, so
 * events of one instant run in the order in which they were scheduled and a run is the same every time.
 */
import type { Duration, SimTime } from './time.ts'

/** A timer that can be armed again and again. One that is re-armed for later costs nothing in the queue. */
export interface Timer {
  /** When it fires; meaningful while `pending`. */
  readonly due: SimTime
  readonly pending: boolean
  /** Arms or re-arms the timer to fire once, `delay` >= 0 nanoseconds from now. */
  arm(delay: Duration): void
  /** The same for a place in the order that was drawn earlier with `Clock.draw`. */
  armAt(due: SimTime, seq: number): void
  cancel(): void
}

/** Whether a machine has power. Without it none of its timers fires. */
export interface Power {
  on: boolean
}
const ALWAYS: Readonly<Power> = { on: true }

/** All that protocol code may know about time. */
export interface Clock {
  readonly now: SimTime
  /** Draws the next sequence number: a place in the order of events of one instant. */
  draw(): number
  /** A timer that is not armed yet. `owner` names it in the trace of a livelock. */
  timer(owner: string, fire: () => void): Timer
  /**
   * The same for one of thousands: `fire` is a function that all of them share, and is given whose timer it is. Without
   * `power` it does not fire.
   */
  timer<T>(owner: string, fire: (whose: T) => void, whose: T, power?: Readonly<Power>): Timer
  /** A timer that fires once, `delay` >= 0 nanoseconds from now. */
  after(delay: Duration, owner: string, fire: () => void): Timer
}

/** Too many events at one instant: two machines answer each other without any time passing. */
export class Livelock extends Error {
  override readonly name = 'Livelock'
}

const EVENTS_PER_INSTANT = 1_000_000
/** So many timers at least are cancelled before the queue is looked through. */
const SWEEP = 1024
/** No sequence number: not armed, or without an entry in the queue. */
const NONE = -1

/**
 * What a field for times holds before it holds one. It is a double: a field that starts with a small integer and gets a
 * large one later gives its object another shape, and V8 throws away all code that was compiled for the first. Sequence
 * numbers stay small for two thousand million events.
 */
export const NEVER = Number.NaN

/** 4-ary heap ordered by (due, seq), whose keys stand in typed arrays. An entry belongs to an owner. */
export class EventQueue<Owner> {
  #due = new Float64Array(1024)
  #seq = new Float64Array(1024)
  readonly #owner: Owner[] = []
  #size = 0

  get size(): number {
    return this.#size
  }
  get firstDue(): SimTime {
    return this.#due[0]
  }
  get firstSeq(): number {
    return this.#seq[0]
  }
  get firstOwner(): Owner {
    return this.#owner[0]
  }

  push(due: SimTime, seq: number, owner: Owner): void {
    if (this.#size === this.#due.length) this.#grow()
    const dues = this.#due
    const seqs = this.#seq
    const owners = this.#owner
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const d = dues[parent]
      if (d < due || (d === due && seqs[parent] < seq)) break
      dues[at] = d
      seqs[at] = seqs[parent]
      owners[at] = owners[parent]
      at = parent
    }
    dues[at] = due
    seqs[at] = seq
    owners[at] = owner
  }

  /** Removes the first entry. */
  pop(): void {
    const last = --this.#size
    const owner = this.#owner.pop() as Owner
    if (last > 0) this.#sink(0, this.#due[last], this.#seq[last], owner)
  }

  /** Gives the first entry a later place: half the price of pop and push. */
  moveFirst(due: SimTime, seq: number): void {
    this.#sink(0, due, seq, this.#owner[0])
  }

  /** Drops all entries that count no more. */
  retain(counts: (owner: Owner, seq: number) => boolean): void {
    const dues = this.#due
    const seqs = this.#seq
    const owners = this.#owner
    let size = 0
    for (let at = 0; at < this.#size; at++) {
      if (!counts(owners[at], seqs[at])) continue
      dues[size] = dues[at]
      seqs[size] = seqs[at]
      owners[size++] = owners[at]
    }
    owners.length = size
    this.#size = size
    for (let at = (size - 2) >> 2; at >= 0; at--) this.#sink(at, dues[at], seqs[at], owners[at])
  }

  /** Puts an entry at this place, and further down if it is later than others. */
  #sink(at: number, due: SimTime, seq: number, owner: Owner): void {
    const dues = this.#due
    const seqs = this.#seq
    const owners = this.#owner
    const size = this.#size
    for (;;) {
      let child = at * 4 + 1
      if (child >= size) break
      let best = child
      let bestDue = dues[child]
      let bestSeq = seqs[child]
      const end = Math.min(child + 4, size)
      while (++child < end) {
        const d = dues[child]
        if (d < bestDue || (d === bestDue && seqs[child] < bestSeq)) {
          best = child
          bestDue = d
          bestSeq = seqs[child]
        }
      }
      if (due < bestDue || (due === bestDue && seq < bestSeq)) break
      dues[at] = bestDue
      seqs[at] = bestSeq
      owners[at] = owners[best]
      at = best
    }
    dues[at] = due
    seqs[at] = seq
    owners[at] = owner
  }

  #grow(): void {
    const length = this.#due.length * 2
    const due = new Float64Array(length)
    const seq = new Float64Array(length)
    due.set(this.#due)
    seq.set(this.#seq)
    this.#due = due
    this.#seq = seq
  }
}

/**
 * A timer owns at most one entry of the queue that counts, the one whose sequence number is `queuedSeq`. Re-armed for
 * later, it leaves the entry where it is and moves it when it comes up; re-armed for earlier, it makes a new entry and
 * the old one is passed over.
 */
class QueuedTimer implements Timer {
  due = NEVER
  /** Its place in the order of events; while it is not armed, `NONE`. */
  seq = NONE
  /** Of its entry; while it has none, `NONE`. */
  queuedDue = NEVER
  queuedSeq = NONE
  readonly owner: string
  readonly power: Readonly<Power>
  readonly #scheduler: Scheduler
  readonly #fire: (whose: unknown) => void
  readonly #whose: unknown

  constructor(
    scheduler: Scheduler,
    owner: string,
    fire: (whose: unknown) => void,
    whose: unknown,
    power: Readonly<Power>,
  ) {
    this.#scheduler = scheduler
    this.owner = owner
    this.#fire = fire
    this.#whose = whose
    this.power = power
  }

  get pending(): boolean {
    return this.seq !== NONE
  }

  fire(): void {
    this.#fire(this.#whose)
  }

  arm(delay: Duration): void {
    if (!(delay >= 0)) throw new Error(`${this.owner}: a timer was armed ${delay} ns into the past`)
    this.armAt(this.#scheduler.now + delay, this.#scheduler.draw())
  }

  armAt(due: SimTime, seq: number): void {
    this.due = due
    this.seq = seq
    const queued = this.queuedSeq !== NONE
    if (queued && (this.queuedDue < due || (this.queuedDue === due && this.queuedSeq <= seq))) return
    this.#scheduler.enqueue(this)
  }

  cancel(): void {
    if (!this.pending) return
    this.seq = NONE
    this.#scheduler.cancelled()
  }
}

/** The virtual clock together with what drives a run: a test, the command line, a browser frame. */
export class Scheduler implements Clock {
  now: SimTime = NEVER
  /** Events that have run. */
  executed = 0
  #nextSeq = 0
  readonly #queue = new EventQueue<QueuedTimer>()
  /** Timers that were cancelled since the queue was last rid of their entries. */
  #cancelled = 0

  constructor() {
    this.now = 0
  }

  draw(): number {
    return this.#nextSeq++
  }

  /** Draws so many places at once, for timers that are armed later and yet come before all that was drawn since. */
  reserve(count: number): number {
    const first = this.#nextSeq
    this.#nextSeq += count
    return first
  }

  timer<T>(owner: string, fire: (whose: T) => void, whose?: T, power: Readonly<Power> = ALWAYS): Timer {
    return new QueuedTimer(this, owner, fire as (whose: unknown) => void, whose, power)
  }

  after(delay: Duration, owner: string, fire: () => void): Timer {
    const timer = this.timer(owner, fire)
    timer.arm(delay)
    return timer
  }

  /** Entries in the queue, cancelled ones included. */
  get size(): number {
    return this.#queue.size
  }

  /** @internal Called by timers only. */
  enqueue(timer: QueuedTimer): void {
    timer.queuedDue = timer.due
    timer.queuedSeq = timer.seq
    this.#queue.push(timer.due, timer.seq, timer)
  }

  /**
   * @internal Called by timers only. An entry that counts no more would keep what its timer keeps until it comes up,
   * which may be a minute; when there may be as many of them as of others they go.
   */
  cancelled(): void {
    if (++this.#cancelled < SWEEP || this.#cancelled < this.#queue.size / 2) return
    this.#cancelled = 0
    this.#queue.retain((timer, seq) => {
      const current = timer.queuedSeq === seq
      if (current && !timer.pending) timer.queuedSeq = NONE
      return current && timer.pending
    })
  }

  /** When the next event is due; undefined when nothing is left. */
  get next(): SimTime | undefined {
    return this.#front()?.due
  }

  /** Whose timer that is, for a human. */
  get nextOwner(): string | undefined {
    return this.#front()?.owner
  }

  /** Runs the next event; false when nothing is left. */
  step(): boolean {
    const timer = this.#front()
    if (!timer) return false
    this.#run(timer)
    return true
  }

  /** Runs everything that is due up to and including `limit` and leaves the clock there. */
  runUntil(limit: SimTime): void {
    let instant = -1
    let count = 0
    for (let timer = this.#front(); timer && timer.due <= limit; timer = this.#front()) {
      if (timer.due !== instant) {
        instant = timer.due
        count = 0
      } else if (++count > EVENTS_PER_INSTANT) {
        throw new Livelock(
          `More than ${EVENTS_PER_INSTANT} events at ${instant} ns and no end in sight; the next one belongs to ${timer.owner}.`,
        )
      }
      this.#run(timer)
    }
    if (limit > this.now) this.now = limit
  }

  /** The timer whose entry is first and counts; passes over what was cancelled or moved. */
  #front(): QueuedTimer | undefined {
    const queue = this.#queue
    while (queue.size > 0) {
      const timer = queue.firstOwner
      const current = queue.firstSeq === timer.queuedSeq
      if (current && timer.pending) {
        if (timer.seq === timer.queuedSeq && timer.due === timer.queuedDue) return timer
        timer.queuedDue = timer.due
        timer.queuedSeq = timer.seq
        queue.moveFirst(timer.due, timer.seq)
      } else {
        if (current) timer.queuedSeq = NONE
        queue.pop()
      }
    }
    return undefined
  }

  /** The entry stays while its timer fires: a timer that arms itself again only has it moved. */
  #run(timer: QueuedTimer): void {
    this.now = timer.due
    this.executed++
    timer.seq = NONE
    if (timer.power.on) timer.fire()
  }
}
