/**
 * On the way to another time, in slices, so that keys are heard in between. Back it is a run made again; steps back that come in
 * meanwhile are added to it. On it is the future's own run, which may stop at a breakpoint.
 */
import type { Breakpoint, Moment, Rewinding, SimTime } from '../src/index.ts'
import type { Future } from './future.ts'
import type { Wall } from './player.ts'

/** What is told of it. */
export interface Travel {
  readonly way: 'back' | 'on'
  readonly to: SimTime
  /** 0 … 1 */
  readonly progress: number
  /** It goes so many steps back. */
  readonly steps?: number
}

export interface Destination {
  readonly future: Future
  readonly to: Moment
  readonly from: SimTime
  /** The future is not among the others yet, or takes the place of that of its name. */
  readonly isNew?: true
  /** Nobody can stay: what was done there has changed. */
  readonly mustArrive?: true
  /** On the way on it ends at these, too. */
  readonly breakpoints?: readonly Breakpoint[]
}

/** Steps between two looks at the wall. */
const BATCH = 500
/** A key that is held comes again within so many milliseconds. */
const HELD = 150

export class Travelling {
  readonly destination: Destination
  /** Absent: the future's own run goes on. */
  readonly rewinding: Rewinding | undefined
  readonly #wall: Wall
  #to: Moment
  /** Of a way back by steps: how many, and when (on the wall) the last of them was wanted. */
  #steps = 0
  #since = Number.NEGATIVE_INFINITY

  constructor(destination: Destination, rewinding: Rewinding | undefined, wall: Wall) {
    this.destination = destination
    this.rewinding = rewinding
    this.#wall = wall
    this.#to = destination.to
  }

  get to(): Moment {
    return this.#to
  }
  /** 0: it does not go back by steps. */
  get steps(): number {
    return this.#steps
  }
  get told(): Travel {
    const { future, from, isNew } = this.destination
    const { t: to } = this.#to
    const whole = to - from
    const progress = this.rewinding?.progress ?? (whole <= 0 ? 1 : Math.min(1, (future.life.run.now - from) / whole))
    const way = this.rewinding || isNew ? 'back' : 'on'
    return { way, to, progress, ...(this.#steps > 0 ? { steps: this.#steps } : {}) }
  }

  /** It is a way back by so many steps. */
  wanted(steps: number): void {
    this.#steps = steps
    this.#since = this.#wall.now()
  }

  /** It goes further back. False: for that it has come too far. */
  redirect(to: Moment): boolean {
    if (!this.rewinding?.redirect(to)) return false
    this.#to = to
    return true
  }

  /** Steps back come in faster than the run can be made again: it waits before the moment until no more of them come. */
  get isHeld(): boolean {
    return this.#steps > 1 && this.#wall.now() - this.#since < HELD
  }

  /** For so many milliseconds of the wall; true when it is there. */
  proceed(milliseconds: number): boolean {
    const end = this.#wall.now() + milliseconds
    do {
      if (this.rewinding && this.isHeld) {
        if (this.rewinding.approach(BATCH)) return false
      } else if (this.rewinding?.advance(BATCH) ?? this.#goOn()) return true
    } while (this.#wall.now() < end)
    return false
  }

  #goOn(): boolean {
    const { future, breakpoints = [] } = this.destination
    const { run, player } = future.life
    return breakpoints.length > 0 ? player.goOn(this.#to.t, BATCH, breakpoints) : run.reach(this.#to, BATCH)
  }
}
