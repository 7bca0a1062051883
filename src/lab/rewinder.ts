/**
 * Going back in a run: a new run of the same lab with the same actions goes up to the wanted moment, and a recorder
 * watches it. No state is kept by hand, so what comes of it is what was.
 *
 * Two things make it quick. Events and packets are kept only from where the new recorder will still remember them; up to
 * there it counts them. And runs wait parked, some way before the present one: going a step back takes one of them
 * and makes another when there is time (`prepare`).
 */
import { SLACK } from './latest.ts'
import { LIMITS, type Mark, Recorder, type RecorderLimits } from './recorder.ts'
import type { Moment, Run } from './run.ts'

/** So many runs wait at most, as each can be used once; and so many steps are taken for all of them together, at most. */
const PARKED = 5
const STEPS = 400_000
/** Runs are parked where so many steps would have to be taken otherwise: fewer take no time that anybody feels. */
const WORTH = 10_000
/** A run that waits goes on when the place where it should be is so many steps away. */
const NEAR = 2000
/** Runs are parked so that they serve for going back so many events, one after the other. */
const ROOM = 2000

/** Earlier, by less than nothing: the place from which everything is kept. */
const BEGINNING: Mark = { moment: { t: 0, steps: 0 }, events: 0, journeys: 0 }

/** The way to a moment, in slices. */
export class Rewinding {
  readonly moment: Moment
  readonly #recorder: Recorder
  readonly #keepAt: Mark
  readonly #from: number
  readonly #steps: number
  #keeps = false
  #done = false

  /** @internal `steps`: how many it will have taken, as far as that is known. */
  constructor(moment: Moment, recorder: Recorder, keepAt: Mark, steps: number) {
    this.moment = moment
    this.#recorder = recorder
    this.#keepAt = keepAt
    this.#from = recorder.run.steps
    this.#steps = steps
  }

  get done(): boolean {
    return this.#done
  }

  /** 0 … 1 */
  get progress(): number {
    const whole = this.#steps - this.#from
    return this.#done || whole <= 0 ? 1 : Math.min(1, (this.#recorder.run.steps - this.#from) / whole)
  }

  /** The run as it was at the moment, and what there is to remember of it. Not before `done`. */
  get recorder(): Recorder {
    if (!this.#done) throw new Error('the run is still on its way')
    return this.#recorder
  }

  /** Takes about so many steps; true when it is there. */
  advance(budget = Number.POSITIVE_INFINITY): boolean {
    const { run } = this.#recorder
    const end = run.steps + budget
    if (!this.#keeps) {
      if (!run.reach(this.#keepAt.moment, budget)) return false
      this.#recorder.keep()
      this.#keeps = true
    }
    this.#done = run.reach(this.moment, Math.max(1, end - run.steps))
    return this.#done
  }
}

export class Rewinder {
  readonly #make: () => Run
  readonly #limits: RecorderLimits
  readonly #worth: number
  /** Each with its run. */
  #parked: Recorder[] = []

  /** `make` makes the same run each time: same lab, same options, same actions. */
  constructor(make: () => Run, limits: RecorderLimits = LIMITS, worth = WORTH) {
    this.#make = make
    this.#limits = limits
    this.#worth = worth
  }

  /** The way to a moment that `known`, which watches such a run, has seen. */
  to(moment: Moment, known: Recorder): Rewinding {
    const at = lastMark(known.marks, mark => isBefore(mark.moment, moment))
    const keepAt = this.#keepAt(known.marks, at)
    const steps = keepAt.moment.steps ?? 0
    // Those that are too late for this moment are too late for all that come before it.
    this.#parked = this.#parked.filter(({ run }) => run.steps <= steps).sort((a, b) => b.run.steps - a.run.steps)
    const recorder = this.#parked.shift() ?? this.#begin()
    return new Rewinding(moment, recorder, keepAt, moment.steps ?? nextSteps(known, moment))
  }

  /** Parks runs for going back from where `known` is; takes about so many steps. True when nothing is left to do. */
  prepare(known: Recorder, budget = Number.POSITIVE_INFINITY): boolean {
    const { marks, eventCount } = known
    const place = this.#keepAt(
      marks,
      lastMark(marks, ({ events }) => events <= eventCount - ROOM),
    )
    const goal = place.moment.steps ?? 0
    if (goal < this.#worth) return true
    const count = Math.max(1, Math.min(PARKED, Math.floor(STEPS / goal)))
    let left = budget
    for (let i = 0; i < count; i++) {
      const recorder = this.#parked[i] ?? this.#begin()
      this.#parked[i] = recorder
      const { run } = recorder
      const from = run.steps
      if (goal - from < NEAR && from > 0) continue
      if (!run.reach(place.moment, left)) return false
      left -= run.steps - from
      if (left <= 0) return i === count - 1
    }
    return true
  }

  #begin(): Recorder {
    return new Recorder(this.#make(), this.#limits, false)
  }

  /** The last mark from which on all is kept that is still remembered at the other. */
  #keepAt(marks: readonly Mark[], at: Mark = BEGINNING): Mark {
    const event = at.events - this.#limits.events * SLACK
    const journey = at.journeys - this.#limits.journeys * SLACK
    return lastMark(marks, ({ events, journeys }) => events < event && journeys < journey) ?? BEGINNING
  }
}

const isBefore = (a: Moment, b: Moment): boolean => a.t < b.t && (a.steps ?? 0) < (b.steps ?? Number.POSITIVE_INFINITY)

/** How many steps had been taken at a time, at most. */
const nextSteps = ({ marks, run }: Recorder, { t }: Moment): number =>
  marks.find(mark => mark.moment.t > t)?.moment.steps ?? run.steps

/** The last that is early enough: marks stand in their order. */
function lastMark(marks: readonly Mark[], isEarly: (mark: Mark) => boolean): Mark | undefined {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isEarly(marks[middle])) low = middle + 1
    else high = middle
  }
  return marks[low - 1]
}
