/** What the doctor knows against a drop, looked up in slices: it watches the run again, and a little further. */
import {
  cureOf,
  DoctorWatch,
  type DropEvent,
  examine,
  findingFor,
  Run,
  type RunOptions,
  type SimTime,
  type Trial,
  trialsOf,
} from '../src/index.ts'
import type { Future } from './future.ts'

/** Steps between two looks at the wall. */
const BATCH = 2000
/** Who waits for LCP gives up after half a minute: only then is it sure what is wrong. */
const FURTHER = 40e9

export interface Cures {
  /** The doctor's words; empty: the doctor finds nothing wrong that has to do with it. */
  readonly words: string
  readonly trials: readonly Trial[]
}

export class CureSearch {
  readonly future: Future
  readonly drop: DropEvent
  readonly #run: Run
  readonly #watch: DoctorWatch
  readonly #end: SimTime
  #found: Cures | undefined

  constructor(future: Future, drop: DropEvent, options: RunOptions) {
    this.future = future
    this.drop = drop
    this.#run = new Run(future.lab, { ...options, fingerprint: false })
    this.#watch = new DoctorWatch(this.#run)
    this.#end = Math.min(this.#run.stop, drop.t + FURTHER)
  }

  get found(): Cures | undefined {
    return this.#found
  }

  /** A slice of the work; true when it is done. */
  proceed(): boolean {
    if (this.#found) return true
    if (!this.#run.reach({ t: this.#end }, BATCH)) return false
    const finding = findingFor(examine(this.#watch.facts()), this.drop)
    this.#found = finding
      ? { words: cureOf(finding), trials: trialsOf(finding, this.future.lab) }
      : { words: '', trials: [] }
    return true
  }
}
