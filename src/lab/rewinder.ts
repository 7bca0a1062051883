/**
 * Going back in a run: a new run of the same lab with the same actions goes up to the wanted moment, and a recorder
 * watches it. No state is kept by hand, so what comes of it is what was.
 *
 * Two things make it quick. Events and packets are kept only from where the new recorder will still remember them; up to
 * there it counts them. And runs wait parked, some way before the present one: going a step back takes one of them
 * and makes another when there is time (`prepare`). Whoever steps on while a way back is going on makes it shorter
 * (`redirect`): one way serves many steps.
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
/** A way serves for moments up to so many events before its own, too. */
const MARGIN = 1000
/** Runs are parked so that they serve for going back so many events, one after the other. */
const ROOM = 2000 + MARGIN
/** Who may still have to go to an earlier moment stays so many steps before it, or so many times the last change. */
const HOVER = 500
const CHANGES = 30

/** Earlier, by less than nothing: the place from which everything is kept. */
const BEGINNING: Mark = { moment: { t: 0, steps: 0 }, events: 0, journeys: 0 }

/** Where a new recorder has to begin to keep, for moments behind `least`. */
interface Place {
  readonly keepAt: Mark
  readonly least: Mark
}

/** The way to a moment, in slices. */
export class Rewinding {
  #moment: Moment
  readonly #recorder: Recorder
  readonly #known: Recorder
  readonly #placeOf: (moment: Moment) => Place
  #place: Place
  readonly #from: number
  /** How many steps it will have taken at its moment: at most, and at least. */
  #steps: number
  #least: number
  #hover = HOVER
  #keeps = false
  #done = false

  /** @internal `known` has seen the moment. */
  constructor(moment: Moment, recorder: Recorder, known: Recorder, placeOf: (moment: Moment) => Place) {
    this.#moment = moment
    this.#recorder = recorder
    this.#known = known
    this.#placeOf = placeOf
    this.#place = placeOf(moment)
    this.#from = recorder.run.steps
    this.#steps = moment.steps ?? nextSteps(known, moment)
    this.#least = moment.steps ?? lastSteps(known, moment)
  }

  get moment(): Moment {
    return this.#moment
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

  /** Its run, as long as nothing of it is kept: it can still go wherever it has not been. */
  get unused(): Recorder | undefined {
    return this.#keeps ? undefined : this.#recorder
  }

  /** It leads to another moment from now on. False: it has come too far for that. */
  redirect(moment: Moment): boolean {
    const { run } = this.#recorder
    const isPast = moment.steps === undefined ? run.now > moment.t : run.steps > moment.steps
    if (this.#done || isPast) return false
    const place = this.#placeOf(moment)
    const { least: first } = this.#place
    const isForgotten = first !== BEGINNING && !isBefore(first.moment, moment)
    if (this.#keeps ? isForgotten : run.steps > stepsAt(place.keepAt)) return false
    if (!this.#keeps) this.#place = place
    const least = moment.steps ?? lastSteps(this.#known, moment)
    this.#hover = Math.max(this.#hover, CHANGES * (this.#least - least))
    this.#moment = moment
    this.#steps = moment.steps ?? nextSteps(this.#known, moment)
    this.#least = least
    return true
  }

  /** Takes about so many steps; true when it is there. */
  advance(budget = Number.POSITIVE_INFINITY): boolean {
    const { run } = this.#recorder
    const end = run.steps + budget
    if (!this.#reachPlace(budget)) return false
    this.#done = run.reach(this.#moment, Math.max(1, end - run.steps))
    return this.#done
  }

  /** The same, but stays before the moment, which may still become an earlier one; true when it is as near as that. */
  approach(budget: number): boolean {
    const { run } = this.#recorder
    const left = this.#least - this.#hover - run.steps
    if (left <= 0) return true
    const end = run.steps + Math.min(budget, left)
    if (this.#reachPlace(end - run.steps)) run.reach(this.#moment, end - run.steps)
    return run.steps >= this.#least - this.#hover
  }

  #reachPlace(budget: number): boolean {
    if (this.#keeps) return true
    if (!this.#recorder.run.reach(this.#place.keepAt.moment, budget)) return false
    this.#recorder.keep()
    this.#keeps = true
    return true
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
    const placeOf = (moment: Moment): Place => this.#placeOf(moment, known)
    this.#forgetLate(placeOf(moment))
    return new Rewinding(moment, this.#parked.shift() ?? this.#begin(), known, placeOf)
  }

  /** A way that nobody goes to its end: its run waits for another one, if it can. */
  giveBack({ unused }: Rewinding): void {
    if (unused) this.#parked = [unused, ...this.#parked].slice(0, PARKED)
  }

  /**
   * Parks runs for going back from where `known` is, at most `most`; takes about so many steps. True when nothing is left
   * to do.
   */
  prepare(known: Recorder, budget = Number.POSITIVE_INFINITY, most = PARKED): boolean {
    const { marks, eventCount, run } = known
    const place = this.#keepAt(marks, atMost(marks, eventCount - ROOM))
    const goal = stepsAt(place)
    if (goal < this.#worth) return true
    this.#forgetLate(this.#placeOf(run.moment, known))
    const count = Math.max(1, Math.min(most, Math.floor(STEPS / goal)))
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

  /** Those that are too late for this moment are too late for all that come before it; the latest comes first. */
  #forgetLate({ keepAt }: Place): void {
    const parked = this.#parked.filter(({ run }) => run.steps <= stepsAt(keepAt))
    this.#parked = parked.sort((a, b) => b.run.steps - a.run.steps)
  }

  #begin(): Recorder {
    return new Recorder(this.#make(), this.#limits, false)
  }

  #placeOf(moment: Moment, { marks }: Recorder): Place {
    const at = lastMark(marks, mark => isBefore(mark.moment, moment)) ?? BEGINNING
    const least = atMost(marks, at.events - MARGIN) ?? BEGINNING
    return { keepAt: this.#keepAt(marks, least), least }
  }

  /** The last mark from which on all is kept that is still remembered at the other. */
  #keepAt(marks: readonly Mark[], at: Mark = BEGINNING): Mark {
    const event = at.events - this.#limits.events * SLACK
    const journey = at.journeys - this.#limits.journeys * SLACK
    return lastMark(marks, ({ events, journeys }) => events < event && journeys < journey) ?? BEGINNING
  }
}

const stepsAt = ({ moment }: Mark): number => moment.steps ?? 0

const isBefore = (a: Moment, b: Moment): boolean => a.t < b.t && (a.steps ?? 0) < (b.steps ?? Number.POSITIVE_INFINITY)

/** How many steps had been taken at a time, at most. */
const nextSteps = ({ marks, run }: Recorder, { t }: Moment): number =>
  marks.find(mark => mark.moment.t > t)?.moment.steps ?? run.steps

/** And at least. */
const lastSteps = ({ marks }: Recorder, { t }: Moment): number =>
  stepsAt(lastMark(marks, mark => mark.moment.t < t) ?? BEGINNING)

/** The last one with no more events. */
const atMost = (marks: readonly Mark[], count: number): Mark | undefined =>
  lastMark(marks, ({ events }) => events <= count)

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
