/**
 * What the program has open: a lab, up to four futures of it, and the one that is looked at. Going back is running again:
 * a run is its lab, its seed and its actions, and nothing of its state is kept by hand. What takes long is done in slices,
 * so that keys are heard in between.
 *
 * Longer than 400 lines, since it is the one place that knows which future is looked at and what is under way.
 */
import {
  type Breakpoint,
  type DropEvent,
  formatDuration,
  type Lab,
  type LabText,
  type Moment,
  type Recorder,
  type Rewinding,
  type Run,
  type Scene,
  type SimTime,
  sceneOf,
} from '../src/index.ts'
import type { LiveRun } from '../src/platform/commands/tui.ts'
import { Comparison } from './comparison.ts'
import { CureSearch, type Cures } from './cures.ts'
import { actionAt, type Deed, Deeds, momentOf, type Told } from './deeds.ts'
import { Future, type FutureName, type FutureSpec, NAMES, ONE_FUTURE, type Origin, type Watched } from './future.ts'
import type { StepUnit } from './model.ts'
import type { Hit, Player, Wall } from './player.ts'
import { Trail } from './trail.ts'
import { type Destination, type Travel, Travelling } from './travel.ts'
import { seconds } from './words.ts'

export interface SessionSource extends Origin {
  readonly lab: Lab
  /** The `pptp-lab explain` of it. */
  readonly explain: string
  /** What the lab was made from; without it nothing can be done in its run. */
  readonly text?: LabText
  /** What of its events is no part of that text: a recorded run has such. */
  readonly entries?: readonly string[]
  /** A run of the lab that goes by itself. */
  readonly live?: LiveRun
  /** Why nothing can be done in it. */
  readonly fixed?: string
}

const no = (message: string): Told => ({ ok: false, message })
const OVER = 'The run is over, and nothing can be done any more. t goes to an earlier time.'
const NO_FILE = 'This run has no lab file, so nothing can be done in it.'
/** Who was outside does not know of it. */
const RECORDED = ' What came in from outside stays as recorded.'
const LIVE = 'Real machines have seen it: what is done in a live run cannot be taken back.'

/** Steps that a run is prepared for going back between two looks at the wall. */
const PREPARE = 500

export class Session {
  /** Asked for a moment that the run must not enter: somebody wants to say something before. */
  limit: (run: Run) => SimTime = () => Number.POSITIVE_INFINITY
  readonly source: SessionSource
  readonly #wall: Wall
  #explain: string
  #futures: readonly Future[]
  #current: Future
  #scene: Scene
  #way: Travelling | undefined
  #comparison: Comparison | undefined
  #search: CureSearch | undefined
  readonly #trail = new Trail()

  /** `watched`: a run that is there already. */
  constructor(source: SessionSource, wall: Wall, watched?: Watched) {
    this.source = source
    this.#wall = wall
    this.#explain = source.explain
    const { lab, text, entries = [] } = source
    const deeds = text && new Deeds(text, lab, entries)
    this.#current = this.#futureOf({ name: NAMES[0], lab, deeds, from: undefined }, watched)
    this.#futures = [this.#current]
    this.#scene = sceneOf(this.recorder)
  }

  get run(): Run {
    return this.#current.life.run
  }
  get recorder(): Recorder {
    return this.#current.life.recorder
  }
  get player(): Player {
    return this.#current.life.player
  }
  /** As of the last look. */
  get scene(): Scene {
    return this.#scene
  }
  get archive(): Future['archive'] {
    return this.#current.archive
  }
  get futures(): readonly Future[] {
    return this.#futures
  }
  get current(): Future {
    return this.#current
  }

  /** What was done in the future that is looked at. */
  get deeds(): Deeds | undefined {
    return this.#current.deeds
  }
  /** `pptp-lab explain`, as far as a command can name this run. */
  get explain(): string {
    return this.#explain
  }

  look(): Scene {
    this.#current.noteReached()
    this.#scene = sceneOf(this.recorder)
    return this.#scene
  }

  // Time

  get travel(): Travel | undefined {
    return this.#way?.told
  }

  /** Steps back come in faster than the run can be made again: where they lead is shown when no more of them come. */
  get isHeld(): boolean {
    return this.#way?.isHeld ?? false
  }

  /**
   * To a time, before or after the present one; everything due at it has happened then. `proceed` goes the way: a later time
   * may not be reached because of a breakpoint, an earlier one is.
   */
  seek(t: SimTime, breakpoints: readonly Breakpoint[] = []): void {
    this.#trail.forget()
    this.#go({ t: Math.min(t, this.run.stop, this.limit(this.run) - 1) }, breakpoints)
  }

  step(unit: StepUnit, breakpoints: readonly Breakpoint[]): readonly Hit[] {
    this.stay()
    const { run } = this
    const from = run.moment
    this.player.step(unit, breakpoints)
    this.#trail.taken(unit, from, run.moment)
    return this.player.takeHits()
  }

  /** False: there is nothing before. Who is on the way back already goes a step further. */
  stepBack(unit: StepUnit): boolean {
    const way = this.#way
    const goal = way && way.steps > 0 && (way.to.steps !== undefined || unit === '1 ms') ? way.to : undefined
    if (!goal) this.stay()
    const here = goal ? { t: goal.t, steps: goal.steps ?? this.run.steps } : this.run.moment
    const to = this.#trail.back(unit, here, this.#current.course)
    if (!to) return false
    if (!goal || !way?.redirect(to)) this.#go(to)
    this.#way?.wanted(goal ? (way?.steps ?? 0) + 1 : 1)
    return true
  }

  #go(to: Moment, breakpoints: readonly Breakpoint[] = []): void {
    const { run } = this
    const isBack = to.t < run.now || (to.steps !== undefined && to.steps < run.steps)
    this.#begin({ future: this.#current, to, from: run.now, breakpoints }, isBack)
    this.player.pause()
  }

  /** Who was on another way gives it up. */
  #begin(destination: Destination, isBack: boolean): void {
    this.#giveUp()
    const { future, to } = destination
    this.#way = new Travelling(destination, isBack ? future.rewindTo(to) : undefined, this.#wall)
  }

  /** The way to a moment at which the present run has been; the session stays where it is. */
  wayTo(moment: Moment): Rewinding {
    return this.#current.rewindTo(moment)
  }

  /** The same run from its beginning: same lab, same actions. */
  fresh(): Run {
    return this.#current.fresh()
  }

  /** Goes on with what was begun, for so many milliseconds of the wall; true when it is there. */
  proceed(milliseconds: number): boolean {
    const way = this.#way
    if (!way) return true
    if (!way.proceed(milliseconds)) return false
    this.#arrive(way)
    return true
  }

  #arrive({ rewinding, destination: { future, isNew } }: Travelling): void {
    this.#way = undefined
    if (rewinding) future.rewound(rewinding)
    if (isNew) {
      const others = this.#futures.filter(({ name }) => name !== future.name)
      this.#futures = [...others, future].sort((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name))
    }
    this.#current = future
    future.noteReached()
    this.player.pause()
  }

  /** What was begun is given up: the run stays where it is, if it can. */
  stay(): void {
    if (this.#way?.destination.mustArrive) this.proceed(Number.POSITIVE_INFINITY)
    this.#giveUp()
  }

  #giveUp(): void {
    const { rewinding, destination } = this.#way ?? {}
    if (rewinding) destination?.future.giveBack(rewinding)
    this.#way = undefined
  }

  play(speed: number, breakpoints: readonly Breakpoint[]): readonly Hit[] {
    this.stay()
    this.#trail.forget()
    this.player.play(speed, breakpoints)
    return this.player.takeHits()
  }

  /** While it plays: one run goes behind it, some way off, for so many milliseconds; true when it is near enough. */
  keepUp(milliseconds: number): boolean {
    const end = this.#wall.now() + milliseconds
    while (!this.#current.prepare(PREPARE, 1)) if (this.#wall.now() >= end) return false
    return true
  }

  // What is done while the run rests

  /** The present future beside another one, in the order of their names; undefined: there is no other. */
  compare(name: FutureName | undefined): Comparison | undefined {
    const others = this.#futures.filter(future => future !== this.#current)
    const wanted = others.find(future => future.name === name)
    const other = wanted ?? others.find(future => future.name === this.#current.from?.future) ?? others[0]
    if (!other) return undefined
    const [a, b] = this.#futures.filter(future => future === other || future === this.#current)
    const { now } = this.run
    if (!this.#comparison?.isFor(a, b, now)) this.#comparison = new Comparison(a, b, now)
    return this.#comparison
  }

  /** What would help against this drop; undefined: it is being looked up. */
  curesFor(drop: DropEvent): Cures | undefined {
    const { future, drop: known } = this.#search ?? {}
    if (future !== this.#current || known?.t !== drop.t || known.node !== drop.node || known.packet !== drop.packet) {
      this.#search = new CureSearch(this.#current, drop, this.source.replay)
    }
    return this.#search?.found
  }

  /** Makes an old packet again that is looked at, for so many milliseconds; true when nothing is left to do. */
  remake(milliseconds = 20): boolean {
    const end = this.#wall.now() + milliseconds
    while (!this.archive.advance()) if (this.#wall.now() >= end) return false
    return true
  }

  /** Is something not there yet that somebody wants to see? */
  get waits(): boolean {
    const isComparing = this.#comparison !== undefined && !this.#comparison.result
    return isComparing || (this.#search !== undefined && !this.#search.found)
  }

  /** For so many milliseconds; true when nothing is left to do: to compare, to look up, to go back faster. */
  work(milliseconds: number): boolean {
    const end = this.#wall.now() + milliseconds
    const jobs = [
      () => this.#comparison?.proceed() ?? true,
      () => this.#search?.proceed() ?? true,
      () => this.#current.prepare(PREPARE),
    ]
    for (const job of jobs) {
      while (!job()) if (this.#wall.now() >= end) return false
    }
    return true
  }

  // What is done

  /**
   * At once, or as soon as nothing else happens at the same nanosecond. Where more is known of this future, another one
   * begins.
   */
  act(deeds: readonly Deed[]): Told {
    this.stay()
    const { run } = this
    const known = this.deeds
    if (!known) return no(this.#fixed)
    const late = deeds.find(({ at = Number.POSITIVE_INFINITY }) => at <= run.now)
    if (late) return no(`${formatDuration(late.at ?? 0)} is over: it is ${seconds(run.now)} s. t goes back.`)
    const first = known.with(deeds, run.now + 1)
    if (typeof first === 'string') return no(run.now < run.stop ? first : OVER)
    const t = run.quiet()
    if (t === undefined) return no(OVER)
    if (this.#current.knowsMoreThan(t)) return this.#actElsewhere(known, deeds, t)
    const ready = t === first.done.t ? first : known.with(deeds, t)
    if (typeof ready === 'string') return no(ready)
    for (const deed of deeds) {
      const action = actionAt(ready.lab, momentOf(deed, t))
      if (action?.at === t) run.act(action)
      else if (action) run.plan(action)
    }
    known.add(ready)
    this.#current.acted()
    this.#trail.forget()
    const { live } = this.source
    live?.acted(ready.done.entries)
    const back = live ? '' : ' u takes it back.'
    return { ok: true, message: `${seconds(t)} s: ${ready.done.words}.${back}${this.#recorded}` }
  }

  /** Why nothing can be done in a run without deeds. */
  get #fixed(): string {
    return this.source.fixed ?? NO_FILE
  }

  get #recorded(): string {
    const { live, replay } = this.source
    return !live && (replay.inputs?.length ?? 0) > 0 ? RECORDED : ''
  }

  #actElsewhere(known: Deeds, deeds: readonly Deed[], t: SimTime): Told {
    const before = known.until(t)
    const made = typeof before === 'string' ? before : before.after(deeds, t)
    if (typeof made === 'string') return no(made)
    return this.#fork(made, t, { t }, `${seconds(t)} s: ${made.done.at(-1)?.words}`)
  }

  /** Another future begins here; what is known of this one is kept. */
  fork(): Told {
    if (this.source.live) return no(ONE_FUTURE)
    this.stay()
    const { moment, now } = this.run
    const made = this.deeds?.until(now) ?? this.#fixed
    return typeof made === 'string' ? no(made) : this.#fork(made, now, moment, 'what you do now happens there')
  }

  /** The cure of that number, in a future of its own, up to the present time. */
  cure(index: number): Told {
    this.stay()
    const { now } = this.run
    const trial = this.#search?.found?.trials[index]
    if (!trial) return no('There is no such cure.')
    const before = this.deeds?.until(now) ?? this.#fixed
    if (typeof before === 'string') return no(before)
    const t = trial.when === 'start' ? 0 : now + 1
    const deeds = trial.acts.map(({ after, body }): Deed => ({ entry: body, at: t + after }))
    const made = before.after(deeds, t)
    if (typeof made === 'string') return no(made)
    return this.#fork(made, t, { t: Math.max(now, t) }, `${trial.title}, from ${seconds(t)} s`)
  }

  undo(): Told {
    if (this.source.live) return no(LIVE)
    if (!this.deeds) return no(this.#fixed)
    const done = this.deeds.undo()
    if (!done) return no('Nothing was done here that could be taken back. a does something.')
    this.#again()
    return { ok: true, message: `Taken back: ${done.words}. R does it again.` }
  }

  redo(): Told {
    if (this.source.live) return no(LIVE)
    if (!this.deeds) return no(this.#fixed)
    const done = this.deeds.redo()
    if (!done) return no('Nothing was taken back that could be done again.')
    this.#again()
    return { ok: true, message: `Done again: ${done.words}. u takes it back.` }
  }

  /** The same time in a run of another text, or of another seed; other futures are forgotten. */
  move(text: LabText, explain = this.#explain): Told {
    if (this.source.live) return no(LIVE)
    const problem = this.deeds ? this.deeds.move(text) : this.#fixed
    if (problem !== undefined) return no(problem)
    this.#explain = explain
    this.#futures = [this.#current]
    this.#again()
    return { ok: true, message: '' }
  }

  /** It stands in this file now. */
  kept(name: string): void {
    this.deeds?.kept(name)
    this.#explain = `pptp-lab explain ${/^[\w./=:@-]+$/.test(name) ? name : `'${name}'`}`
  }

  #futureOf(spec: FutureSpec, watched?: Watched): Future {
    return new Future(spec, this.source, this.#wall, run => this.limit(run), watched)
  }

  /** The lab has changed: the same time in its run. */
  #again(): void {
    const future = this.#futureOf(this.#current.spec)
    this.#begin({ future, to: { t: this.run.now }, from: 0, isNew: true, mustArrive: true }, false)
    this.#trail.forget()
  }

  // Futures

  /** It is looked at from now on, at the present time. */
  choose(name: FutureName): void {
    const future = this.#futures.find(each => each.name === name)
    if (!future || future === this.#current) return
    const to = { t: this.run.now }
    const { now } = future.life.run
    this.#begin({ future, to, from: now }, now > to.t)
    this.#trail.forget()
  }

  /** A future is forgotten; not the one that is looked at. */
  forget(name: FutureName): Told {
    const future = this.#futures.find(each => each.name === name)
    if (!future || future === this.#current) return no(`${name} is looked at: choose another one first.`)
    this.#futures = this.#futures.filter(each => each !== future)
    return { ok: true, message: `The future ${name} is forgotten.` }
  }

  #fork(deeds: Deeds, t: SimTime, to: Moment, what: string): Told {
    const name = NAMES.find(free => !this.#futures.some(future => future.name === free))
    if (name === undefined) return no(`There are ${NAMES.length} futures already. X in 8 Time forgets one.`)
    const spec: FutureSpec = { name, lab: deeds.lab, deeds, from: { future: this.#current.name, t } }
    this.#begin({ future: this.#futureOf(spec), to, from: 0, isNew: true }, false)
    this.#trail.forget()
    return { ok: true, message: `Future ${name}, ${what}. ${this.#current.name} is kept in 8 Time.${this.#recorded}` }
  }
}
