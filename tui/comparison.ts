/** Holds two futures against each other, in slices: the one that lags behind is run on first. */
import { type Difference, difference, type SimTime, type TraceEvent } from '../src/index.ts'
import type { Future } from './future.ts'

/** Steps between two looks at the wall. */
const BATCH = 2000

export class Comparison {
  readonly a: Future
  readonly b: Future
  /** What both have come through. */
  readonly upTo: SimTime
  #work: Generator<undefined, Difference> | undefined
  #result: Difference | undefined

  constructor(a: Future, b: Future, now: SimTime) {
    this.a = a
    this.b = b
    this.upTo = Math.max(now, Math.min(a.course.reached.t, b.course.reached.t))
  }

  get result(): Difference | undefined {
    return this.#result
  }

  /** Is it still what would be compared now? */
  isFor(a: Future, b: Future, now: SimTime): boolean {
    return this.a === a && this.b === b && this.upTo >= now
  }

  /** A slice of the work; true when it is done. */
  proceed(): boolean {
    if (this.#result) return true
    if (!this.#bring(this.a) || !this.#bring(this.b)) return false
    this.#work ??= difference(notesUpTo(this.a, this.upTo), notesUpTo(this.b, this.upTo))
    const step = this.#work.next()
    if (step.done) this.#result = step.value
    return step.done === true
  }

  #bring(future: Future): boolean {
    if (future.course.reached.t >= this.upTo) return true
    const there = future.life.run.reach({ t: this.upTo }, BATCH)
    future.noteReached()
    return there
  }
}

const notesUpTo = ({ course: { notes } }: Future, t: SimTime): readonly TraceEvent[] =>
  notes.filter(event => event.t <= t)
