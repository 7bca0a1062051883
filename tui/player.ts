/**
 * Plays a run against a clock that is given: virtual time follows the wall at a speed, or goes step by step. No timer is
 * set here: who drives it says when to look.
 */
import {
  type Breakpoint,
  INTERESTING_EVENTS,
  PACKET_EVENTS,
  type Run,
  type Scene,
  type SimTime,
  type TraceEvent,
  type Verdict,
} from '../src/index.ts'
import type { StepUnit } from './model.ts'

/** The clock of the wall, in milliseconds. */
export interface Wall {
  now(): number
  /** Calls later; returns what takes it back. */
  schedule(delay: number, fire: () => void): () => void
}

/** How long one look may run the simulation, so that keys are still heard: milliseconds. */
const SLICE = 30
/** Events between two looks at the wall. */
const BATCH = 200
/** A step by packet or to something interesting gives up after so many events, and can be repeated. */
const STEP_LIMIT = 100_000

/** With auto speed a flight takes so long: seconds. */
const FLIGHT = 0.8
/** With auto speed gaps longer than this are run through at once: nanoseconds. */
const QUIET = 100e6
const SLOWEST = 0.01

/** A breakpoint has stopped the run. */
export interface Hit {
  readonly breakpoint: Breakpoint
  /** Absent: it was the verdict of a check. */
  readonly event?: TraceEvent
}

export class Player {
  readonly #run: Run
  readonly #wall: Wall
  readonly #limit: () => SimTime
  /** Virtual and wall time are counted from here: at the start, and whenever the speed changes. */
  #origin: { readonly wall: number; readonly virtual: number; readonly speed: number } | undefined
  #packets = 0
  #interesting = 0
  /** While it plays or steps, and only then, breakpoints are heeded. */
  #armed: readonly Breakpoint[] = []
  #hits: Hit[] = []

  /** `limit` is asked for a moment that the run must not enter. */
  constructor(run: Run, wall: Wall, limit: () => SimTime = () => Number.POSITIVE_INFINITY) {
    this.#run = run
    this.#wall = wall
    this.#limit = limit
    run.listen(event => this.#event(event))
    run.onVerdict(verdict => this.#verdict(verdict))
  }

  #event(event: TraceEvent): void {
    if (PACKET_EVENTS.has(event.event)) this.#packets++
    if (INTERESTING_EVENTS.has(event.event)) this.#interesting++
    for (const breakpoint of this.#armed) if (breakpoint.hits(event)) this.#hits.push({ breakpoint, event })
  }

  #verdict({ name, ok }: Verdict): void {
    this.#interesting++
    for (const breakpoint of this.#armed) {
      const { check } = breakpoint
      const fits = check?.state === undefined || (check.state === 'passed') === ok
      if (check?.name === name && fits) this.#hits.push({ breakpoint })
    }
  }

  /** What was hit since it was asked last, in order. */
  takeHits(): readonly Hit[] {
    return this.#hits.splice(0)
  }

  /** The clock of the wall counts from now: after a pause. */
  pause(): void {
    this.#origin = undefined
  }

  /** Runs up to where virtual time should be now, or to a breakpoint: it stops right behind the step that hits one. */
  play(speed: number, breakpoints: readonly Breakpoint[] = []): void {
    this.#armed = breakpoints
    this.#play(speed)
    this.#armed = []
  }

  #play(speed: number): void {
    if (speed === Number.POSITIVE_INFINITY) return this.#hurry()
    const wall = this.#wall.now()
    if (this.#origin?.speed !== speed) this.#origin = { wall, virtual: this.#run.now, speed }
    const { wall: since, virtual } = this.#origin
    const target = Math.min(Math.floor(virtual + (wall - since) * 1e6 * speed), this.#last)
    if (target > this.#run.now && !this.#reach(target)) this.#origin = undefined
  }

  /** The last nanosecond that may be entered. */
  get #last(): SimTime {
    return this.#limit() - 1
  }

  /** Nothing more can happen before the limit: the clock goes there. */
  #atLimit(): boolean {
    if (this.#run.next <= this.#last) return false
    this.#run.advanceTo(this.#last)
    return true
  }

  /** Goes on to a time, or to a breakpoint, so many steps at most; true when it is there. */
  goOn(t: SimTime, steps: number, breakpoints: readonly Breakpoint[]): boolean {
    const run = this.#run
    this.#armed = breakpoints
    for (let i = 0; i < steps && !run.over && run.next <= t && this.#hits.length === 0; i++) run.step()
    this.#armed = []
    if (this.#hits.length > 0) return true
    if (!run.over && run.next <= t) return false
    run.advanceTo(t)
    return true
  }

  /** False when there was more to do than a slice has time for: virtual time then goes slower than asked. */
  #reach(target: number): boolean {
    const run = this.#run
    const end = this.#wall.now() + SLICE
    while (!run.over && run.next <= target) {
      for (let i = 0; i < BATCH && !run.over && run.next <= target; i++) {
        this.#on()
        if (this.#hits.length > 0) return false
      }
      if (this.#wall.now() >= end) return false
    }
    run.advanceTo(target)
    return true
  }

  /** An instant; with breakpoints only one step of it. */
  #on(): void {
    if (this.#armed.length > 0) this.#run.step()
    else this.#run.advanceTo(this.#run.next)
  }

  #hurry(): void {
    this.#origin = undefined
    const end = this.#wall.now() + SLICE
    while (!this.#run.over && !this.#atLimit()) {
      for (let i = 0; i < BATCH && !this.#run.over && !this.#atLimit() && this.#hits.length === 0; i++) this.#on()
      if (this.#hits.length > 0 || this.#wall.now() >= end) return
    }
  }

  /** Speed that lets the shortest flight be seen; runs through quiet at once. */
  auto(scene: Scene): number {
    const flights = scene.links.flatMap(link => link.flights)
    if (flights.length === 0) {
      if (this.#run.next - this.#run.now > QUIET) this.#run.advanceTo(Math.min(this.#run.next, this.#last))
      return 1
    }
    const shortest = Math.min(...flights.map(({ hop }) => (hop.arrives ?? hop.sent) - hop.sent)) / 1e9
    return Math.min(1, Math.max(SLOWEST, Number((shortest / FLIGHT).toPrecision(2))))
  }

  step(unit: StepUnit, breakpoints: readonly Breakpoint[] = []): void {
    this.#armed = breakpoints
    this.#step(unit)
    this.#armed = []
  }

  #step(unit: StepUnit): void {
    this.#origin = undefined
    switch (unit) {
      case 'event':
        return this.#one()
      case '1 ms':
        return this.#millisecond()
      case 'packet':
        return this.#stepUntil(() => this.#packets)
      case 'interesting':
        return this.#stepUntil(() => this.#interesting)
    }
  }

  #millisecond(): void {
    const run = this.#run
    const target = Math.min(run.now + 1e6, this.#last)
    if (this.#armed.length > 0) while (!run.over && run.next <= target && this.#hits.length === 0) run.step()
    if (this.#hits.length === 0) run.advanceTo(target)
  }

  #one(): void {
    if (!this.#atLimit()) this.#run.step()
  }

  #stepUntil(count: () => number): void {
    const before = count()
    for (let i = 0; i < STEP_LIMIT && !this.#run.over && !this.#atLimit() && count() === before; i++) {
      this.#run.step()
      if (this.#hits.length > 0) return
    }
  }
}
