/**
 * One future of a lab: what is done in it, the run that goes through it, and all that is known of it, also of the part
 * from which the run has gone back.
 */
import {
  Course,
  type Lab,
  type Moment,
  Recorder,
  Rewinder,
  type Rewinding,
  Run,
  type RunOptions,
  type SimTime,
  sceneOf,
} from '../src/index.ts'
import type { CaptureSource } from '../src/platform/commands/tui.ts'
import type { Deeds, Done } from './deeds.ts'
import { OldPackets } from './older.ts'
import { Player, type Wall } from './player.ts'

export const NAMES = ['A', 'B', 'C', 'D'] as const
export type FutureName = (typeof NAMES)[number]

/** From where a future goes its own way. */
export interface Parting {
  readonly future: FutureName
  readonly t: SimTime
}

/** Of a live run. */
export const ONE_FUTURE = 'A live run has one future and stops for nobody: Space looks back at it.'

export interface FutureSpec {
  readonly name: FutureName
  /** Without deeds. */
  readonly lab: Lab
  /** Absent: of this run there is no lab file, so nothing can be done in it. */
  readonly deeds: Deeds | undefined
  /** Undefined: it is the lab as it was opened. */
  readonly from: Parting | undefined
}

/** Of what the runs of all futures are made. */
export interface Origin {
  /** Of a recorded run. */
  readonly replay: RunOptions
  /** The lab is that of a capture, which makes its run. */
  readonly capture?: CaptureSource
}

/** A run that goes on already, and who watches it. */
export interface Watched {
  readonly recorder: Recorder
  /** Of what it has come through; absent: it is at its beginning. */
  readonly course?: Course
}

export interface Life {
  readonly run: Run
  readonly recorder: Recorder
  readonly player: Player
}

export class Future {
  readonly name: FutureName
  readonly from: Parting | undefined
  readonly deeds: Deeds | undefined
  readonly course: Course
  /** Packets that are too many for the recorder. */
  readonly archive: OldPackets
  readonly #written: Lab
  readonly #origin: Origin
  readonly #wall: Wall
  readonly #limit: (run: Run) => SimTime
  #rewinder: Rewinder
  #life: Life

  /** `limit` is asked for a moment that a run must not enter; `watched`: a run that is there already. */
  constructor(
    { name, lab, deeds, from }: FutureSpec,
    origin: Origin,
    wall: Wall,
    limit: (run: Run) => SimTime,
    watched?: Watched,
  ) {
    this.name = name
    this.from = from
    this.deeds = deeds
    this.#written = lab
    this.#origin = origin
    this.#wall = wall
    this.#limit = limit
    this.#rewinder = new Rewinder(() => this.#run())
    this.course = watched?.course ?? new Course()
    if (watched && !watched.course) this.course.watch(watched.recorder.run)
    const recorder = watched?.recorder ?? new Recorder(this.#run())
    // Of a capture the rows are those of its reader.
    this.archive = new OldPackets(() => this.#run(), sceneOf(recorder), recorder, origin.capture === undefined)
    this.#life = this.#lifeOf(recorder)
  }

  get lab(): Lab {
    return this.deeds?.lab ?? this.#written
  }
  get done(): readonly Done[] {
    return this.deeds?.done ?? []
  }
  get life(): Life {
    return this.#life
  }
  get spec(): FutureSpec {
    return { name: this.name, lab: this.#written, deeds: this.deeds, from: this.from }
  }

  /** Is anything known of what comes behind this moment, so that acting now would make it untrue? */
  knowsMoreThan(t: SimTime): boolean {
    return this.course.reached.t > t || this.done.some(done => done.t > t)
  }

  /** The run has been brought somewhere. */
  noteReached(): void {
    this.course.reach(this.#life.run.moment)
  }

  /** The run has been acted on: going back makes runs with what was done. */
  acted(): void {
    this.#rewinder = new Rewinder(() => this.#run())
    this.noteReached()
  }

  /** The way back to a moment that this run has passed. */
  rewindTo(moment: Moment): Rewinding {
    return this.#rewinder.to(moment, this.#life.recorder)
  }

  /** It has come there. */
  rewound({ recorder }: Rewinding): void {
    this.archive.watch(recorder)
    this.#life = this.#lifeOf(recorder)
  }

  /** Nobody goes it to its end. */
  giveBack(rewinding: Rewinding): void {
    this.#rewinder.giveBack(rewinding)
  }

  /** Makes going back quicker, while there is time, `most` times; true when nothing is left to do. */
  prepare(steps: number, most?: number): boolean {
    return this.#rewinder.prepare(this.#life.recorder, steps, most)
  }

  /** The same run from its beginning: same lab, same actions. A fingerprint costs as much as the simulation, and nobody sees it here. */
  fresh(): Run {
    const { replay, capture } = this.#origin
    return capture ? capture.begin() : new Run(this.lab, { fingerprint: false, ...replay })
  }

  #run(): Run {
    const run = this.fresh()
    this.course.watch(run)
    return run
  }

  #lifeOf(recorder: Recorder): Life {
    const { run } = recorder
    return { run, recorder, player: new Player(run, this.#wall, () => this.#limit(run)) }
  }
}
