/**
 * Plays a run against a clock that is given: virtual time follows the wall at a speed, or goes step by step. No timer is
 * set here: who drives it says when to look.
 */
import type { EventName, Run, Scene, TraceEvent } from '../src/index.ts'
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

const PACKET: ReadonlySet<EventName> = new Set(['send', 'forward', 'deliver', 'drop'])
const INTERESTING: ReadonlySet<EventName> = new Set(['state', 'drop', 'action', 'tunnel-end', 'interface'])

export class Player {
  readonly #run: Run
  readonly #wall: Wall
  /** Virtual and wall time are counted from here: at the start, and whenever the speed changes. */
  #origin: { readonly wall: number; readonly virtual: number; readonly speed: number } | undefined
  /** It goes no further than this. */
  readonly #limit: () => number
  #packets = 0
  #interesting = 0

  constructor(run: Run, wall: Wall, limit: () => number = () => Number.POSITIVE_INFINITY) {
    this.#run = run
    this.#wall = wall
    this.#limit = limit
    run.listen(event => this.#event(event))
  }

  #event({ event }: TraceEvent): void {
    if (PACKET.has(event)) this.#packets++
    if (INTERESTING.has(event)) this.#interesting++
  }

  /** The clock of the wall counts from now: after a pause. */
  pause(): void {
    this.#origin = undefined
  }

  /** Runs up to where virtual time should be now. */
  play(speed: number): void {
    if (speed === Number.POSITIVE_INFINITY) return this.#hurry()
    const wall = this.#wall.now()
    if (this.#origin?.speed !== speed) this.#origin = { wall, virtual: this.#run.now, speed }
    const { wall: since, virtual } = this.#origin
    const target = Math.min(this.#limit(), Math.floor(virtual + (wall - since) * 1e6 * speed))
    if (target > this.#run.now && !this.#reach(target)) this.#origin = undefined
  }

  /** False when there was more to do than a slice has time for: virtual time then goes slower than asked. */
  #reach(target: number): boolean {
    const run = this.#run
    const end = this.#wall.now() + SLICE
    while (!run.over && run.next <= target) {
      for (let i = 0; i < BATCH && !run.over && run.next <= target; i++) run.advanceTo(run.next)
      if (this.#wall.now() >= end) return false
    }
    run.advanceTo(target)
    return true
  }

  #hurry(): void {
    this.#origin = undefined
    const limit = this.#limit()
    if (limit < this.#run.stop) {
      this.#reach(limit)
      return
    }
    const end = this.#wall.now() + SLICE
    while (!this.#run.over) {
      this.#run.advance(BATCH)
      if (this.#wall.now() >= end) return
    }
  }

  /** Speed that lets the shortest flight be seen; runs through quiet at once. */
  auto(scene: Scene): number {
    const flights = scene.links.flatMap(link => link.flights)
    if (flights.length === 0) {
      const next = Math.min(this.#run.next, this.#limit())
      if (next - this.#run.now > QUIET) this.#run.advanceTo(next)
      return 1
    }
    const shortest = Math.min(...flights.map(({ hop }) => (hop.arrives ?? hop.sent) - hop.sent)) / 1e9
    return Math.min(1, Math.max(SLOWEST, Number((shortest / FLIGHT).toPrecision(2))))
  }

  step(unit: StepUnit): void {
    this.#origin = undefined
    switch (unit) {
      case 'event':
        return this.#mayStep ? this.#run.step() : undefined
      case '1 ms':
        return this.#run.advanceTo(Math.min(this.#run.now + 1e6, this.#limit()))
      case 'packet':
        return this.#stepUntil(() => this.#packets)
      case 'interesting':
        return this.#stepUntil(() => this.#interesting + this.#verdicts())
    }
  }

  get #mayStep(): boolean {
    return this.#run.next <= this.#limit()
  }

  #verdicts(): number {
    return this.#run.standing.filter(({ state }) => state !== 'open').length
  }

  #stepUntil(count: () => number): void {
    const before = count()
    for (let i = 0; i < STEP_LIMIT && !this.#run.over && this.#mayStep && count() === before; i++) this.#run.step()
  }
}
