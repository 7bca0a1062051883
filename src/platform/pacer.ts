/**
 * Keeps the virtual time of a run on the clock of the wall: sleeps until the next event is due, runs it, and lets packets
 * from outside in at the moment of their arrival. Virtual time is never behind a packet that comes in.
 *
 * Timers of Node keep whole milliseconds and are late by some, so the last of them are waited for in turns of the event
 * loop, in which packets are heard.
 */
import type { Run } from '../index.ts'

/** The clock of the wall. */
export interface Wall {
  /** Nanoseconds from any fixed moment. */
  now(): number
  /** Calls after about so many milliseconds; with 0 in the next turn of the event loop. Returns what takes it back. */
  later(milliseconds: number, fire: () => void): () => void
}

export const WALL: Wall = {
  now: () => performance.now() * 1e6,
  later: (milliseconds, fire) => {
    if (milliseconds === 0) {
      const immediate = setImmediate(fire)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(fire, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Waits shorter than this are spent in turns of the event loop: milliseconds. */
const CLOSE = 2
/** The longest time between two calls of `look`: nanoseconds. */
const NAP = 100e6
/** How long one turn may run the simulation before signals and packets are heard: nanoseconds. */
const SLICE = 20e6
/** Events between two looks at the clock. */
const BATCH = 200

export interface PacerOptions {
  /** Seconds of the run in a second; 1 with the outside. */
  readonly speed: number
  /** Called after each turn, and about ten times a second at least. False ends the run. */
  readonly look: () => boolean
}

export class Pacer {
  readonly lateness = new Lateness()
  /** How late virtual time was at the last turn: nanoseconds. */
  late = 0
  readonly #run: Run
  readonly #wall: Wall
  readonly #options: PacerOptions
  readonly #since: number
  #looked = 0
  /** When the next turn comes. */
  #due = Number.POSITIVE_INFINITY
  #takeBack = (): void => {}
  #finish = (): void => {}
  #fail = (_: unknown): void => {}
  #ended = false

  constructor(run: Run, options: PacerOptions, wall: Wall = WALL) {
    this.#run = run
    this.#options = options
    this.#wall = wall
    this.#since = wall.now()
  }

  /** What virtual time should be now. */
  get #target(): number {
    return Math.floor((this.#wall.now() - this.#since) * this.#options.speed)
  }

  /** Goes with the clock until the run is over or `look` says so. */
  play(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
      this.#turn()
    })
  }

  /** Packets have come in by this node, just now: `note` is told their moment before. */
  enter(node: string, packets: readonly Uint8Array[], note: (t: number) => void): void {
    if (this.#ended) return
    this.#guard(() => {
      const t = Math.max(this.#target, this.#run.now + 1)
      note(t)
      this.#measure(t)
      this.#run.enter(t, node, packets)
      this.#sleep()
    })
  }

  #turn(): void {
    this.#guard(() => {
      const target = this.#target
      this.#measure(target)
      const reached = this.#reach(target)
      this.#looked = this.#wall.now()
      if (this.#run.over || !this.#options.look()) this.#end(this.#finish)
      else if (reached) this.#sleep()
      else this.#later(this.#looked, 0)
    })
  }

  /** An exception of the run ends it as one of the caller's. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#end(() => this.#fail(error))
    }
  }

  #end(how: () => void): void {
    if (this.#ended) return
    this.#ended = true
    this.#takeBack()
    how()
  }

  /** False when there was more to do than a slice has time for. */
  #reach(target: number): boolean {
    const end = this.#wall.now() + SLICE
    while (!this.#run.over && this.#run.next <= target) {
      for (let i = 0; i < BATCH && !this.#run.over && this.#run.next <= target; i++) this.#run.advanceTo(this.#run.next)
      if (this.#wall.now() >= end) return false
    }
    this.#run.advanceTo(target)
    return true
  }

  #measure(now: number): void {
    const { next } = this.#run
    const due = next <= now && !this.#run.over
    this.late = due ? (now - next) / this.#options.speed : 0
    if (due) this.lateness.add(this.late)
  }

  #sleep(): void {
    if (this.#ended) return
    const now = this.#wall.now()
    const event = this.#since + this.#run.next / this.#options.speed
    const wait = (Math.min(event, this.#looked + NAP) - now) / 1e6
    this.#later(now, wait > CLOSE ? Math.floor(wait - CLOSE / 2) : 0)
  }

  /** A turn that comes too early does no harm, so only one that would come too late is asked for again. */
  #later(now: number, milliseconds: number): void {
    const due = now + milliseconds * 1e6
    if (due >= this.#due) return
    this.#takeBack()
    this.#due = due
    this.#takeBack = this.#wall.later(milliseconds, () => {
      this.#due = Number.POSITIVE_INFINITY
      this.#turn()
    })
  }
}

/** Upper bounds of the classes of lateness: nanoseconds. */
const CLASSES = [50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6]

/** How late events ran. */
export class Lateness {
  count = 0
  /** Nanoseconds. */
  worst = 0
  readonly #counts: number[] = new Array(CLASSES.length + 1).fill(0)

  add(nanoseconds: number): void {
    this.count++
    this.worst = Math.max(this.worst, nanoseconds)
    const found = CLASSES.findIndex(below => nanoseconds < below)
    this.#counts[found < 0 ? CLASSES.length : found]++
  }

  /** The classes that are not empty; `below` in nanoseconds, undefined in the last one. */
  histogram(): readonly { readonly below: number | undefined; readonly count: number }[] {
    return this.#counts.map((count, i) => ({ below: CLASSES[i], count })).filter(({ count }) => count > 0)
  }
}
