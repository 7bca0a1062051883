/**
 * Packets that the recorder has forgotten: their rows are in the archive, and the details of one that is looked at are made
 * again by a run up to its time, in slices. What that run remembers serves for its neighbours too.
 */
import {
  type Journey,
  type Moment,
  type Recorder,
  Rewinder,
  type Rewinding,
  type Run,
  type Scene,
} from '../src/index.ts'
import { Archive } from './archive.ts'
import type { Older } from './model.ts'

/** Steps of a slice. */
const SLICE = 500
/** So many packets later everything that happened to one is over, as a rule. */
const LATER = 1000

export class OldPackets implements Older {
  readonly rows: Archive
  readonly #rewinder: Rewinder
  readonly #lists: boolean
  #live: Recorder
  #wanted: number | undefined
  /** On its way to the wanted one, and the last that is there. */
  #way: { readonly to: number; readonly rewinding: Rewinding } | undefined
  #there: Recorder | undefined

  /** `make` makes the run anew; `scene` is any of it; `lists`: false where others know the rows. */
  constructor(make: () => Run, scene: Scene, live: Recorder, lists = true) {
    this.#rewinder = new Rewinder(make)
    this.#lists = lists
    this.rows = new Archive(scene, live)
    this.#live = live
    this.watch(live)
  }

  /** The run goes on with this recorder: it is new, or has gone back. */
  watch(live: Recorder): void {
    this.#live.onForget = undefined
    this.#live = live
    if (!this.#lists) return
    this.rows.cut(live.forgotten)
    live.onForget = journeys => this.rows.add(journeys, live.run.now)
  }

  /** The packet that is looked at, if its details are no more remembered. */
  want(no: number | undefined): void {
    const [first, last] = this.#lists ? [this.rows.first, this.rows.last] : [1, this.#live.forgotten]
    this.#wanted = no !== undefined && no <= last && no >= first ? no : undefined
  }

  again(no: number): Journey | number | undefined {
    return this.#there?.journey(no) ?? (this.#way?.to === no ? this.#way.rewinding.progress : undefined)
  }

  /** What is wanted is there, or nothing is. */
  get isThere(): boolean {
    return this.#wanted === undefined || this.#there?.journey(this.#wanted) !== undefined
  }

  /** A slice of the way to what is wanted; true when nothing is left to do. */
  advance(): boolean {
    const wanted = this.#wanted
    if (wanted === undefined || this.isThere) return true
    if (this.#way?.to !== wanted) {
      this.#way = { to: wanted, rewinding: this.#rewinder.to(this.#momentOf(wanted), this.#live) }
    }
    const { rewinding } = this.#way
    if (!rewinding.advance(SLICE)) return false
    this.#there = rewinding.recorder
    this.#way = undefined
    return true
  }

  /** When nothing more happens to it. */
  #momentOf(no: number): Moment {
    const { marks, run } = this.#live
    return marks.find(({ journeys }) => journeys >= no + LATER)?.moment ?? run.moment
  }
}
