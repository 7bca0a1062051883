/**
 * One run in the program: a lab, what is done in it, and who remembers what has happened. Going back is running again: a
 * run is its lab, its seed and its actions, and nothing of its state is kept by hand.
 */
import {
  type Lab,
  type Moment,
  Recorder,
  Rewinder,
  type Rewinding,
  Run,
  type RunOptions,
  type Scene,
  type SimTime,
  sceneOf,
} from '../src/index.ts'
import { OldPackets } from './older.ts'
import { Player, type Wall } from './player.ts'

export interface SessionSource {
  readonly lab: Lab
  /** Of a recorded run. */
  readonly replay: RunOptions
  /** The `pptp-lab explain` of it. */
  readonly explain: string
  /** Makes the run, each time the same; absent: it is that of the lab and the replay. */
  readonly make?: () => Run
  /** A copy of a live run never overtakes it. */
  readonly limit?: () => SimTime
}

/** How long other runs go on at a time, so that keys are still heard: milliseconds; steps between two looks at the wall. */
const SLICE = 20
const BATCH = 500

interface Life {
  readonly run: Run
  readonly recorder: Recorder
  readonly player: Player
}

export class Session {
  readonly source: SessionSource
  readonly #wall: Wall
  readonly #rewinder: Rewinder
  /** Packets that are too many for the recorder. */
  readonly archive: OldPackets
  #life: Life
  #scene: Scene

  /** `watched`: who watches a run that is there already. */
  constructor(source: SessionSource, wall: Wall, watched?: Recorder) {
    this.source = source
    this.#wall = wall
    const { lab, replay } = source
    // A fingerprint costs as much as the simulation, and nobody sees it here.
    const make = source.make ?? ((): Run => new Run(lab, { fingerprint: false, ...replay }))
    this.#rewinder = new Rewinder(make)
    const recorder = watched ?? new Recorder(make())
    this.#scene = sceneOf(recorder)
    this.archive = new OldPackets(make, this.#scene, recorder)
    this.#life = this.#watch(recorder)
  }

  get run(): Run {
    return this.#life.run
  }
  get recorder(): Recorder {
    return this.#life.recorder
  }
  get player(): Player {
    return this.#life.player
  }
  /** As of the last look. */
  get scene(): Scene {
    return this.#scene
  }

  look(): Scene {
    this.#scene = sceneOf(this.recorder)
    return this.#scene
  }

  /** To a time, before or after the present one; everything due at it has happened then. */
  seek(t: SimTime): void {
    if (t < this.run.now) this.back({ t })
    this.run.advanceTo(Math.min(t, this.source.limit?.() ?? t))
    this.player.pause()
  }

  /** To a moment at which the run has been. */
  back(moment: Moment): void {
    const way = this.wayTo(moment)
    way.advance()
    this.archive.watch(way.recorder)
    this.#life = this.#watch(way.recorder)
  }

  /** The way to a moment at which the run has been; the session stays where it is. */
  wayTo(moment: Moment): Rewinding {
    return this.#rewinder.to(moment, this.recorder)
  }

  /** A slice of what makes an old packet again that is looked at. True when nothing is left to do. */
  remake(): boolean {
    return this.#slice(() => this.archive.advance())
  }

  /** A slice of what makes runs ready for going back. True when nothing is left to do. */
  prepare(): boolean {
    return this.#slice(() => this.#rewinder.prepare(this.recorder, BATCH))
  }

  #slice(work: () => boolean): boolean {
    const end = this.#wall.now() + SLICE
    do if (work()) return true
    while (this.#wall.now() < end)
    return false
  }

  #watch(recorder: Recorder): Life {
    const { run } = recorder
    return { run, recorder, player: new Player(run, this.#wall, this.source.limit) }
  }
}
