/**
 * One run in the program: a lab, what is done in it, and who remembers what has happened. Going back is running again: a
 * run is its lab, its seed and its actions, and nothing of its state is kept by hand.
 */
import {
  type Lab,
  Recorder,
  type RecorderLimits,
  Run,
  type RunOptions,
  type Scene,
  type SimTime,
  sceneOf,
} from '../src/index.ts'
import { Player, type Wall } from './player.ts'

export interface SessionSource {
  readonly lab: Lab
  /** Of a recorded run. */
  readonly replay: RunOptions
  /** The `pptp-lab explain` of it. */
  readonly explain: string
  /** Makes the run, each time the same; absent: it is that of the lab and the replay. */
  readonly make?: () => Run
  readonly limits?: RecorderLimits
  /** A copy of a live run never overtakes it. */
  readonly limit?: () => SimTime
}

interface Life {
  readonly run: Run
  readonly recorder: Recorder
  readonly player: Player
}

export class Session {
  readonly source: SessionSource
  readonly #wall: Wall
  #life: Life
  #scene: Scene

  /** `run`: one that is there already, and that somebody else drives. */
  constructor(source: SessionSource, wall: Wall, run?: Run) {
    this.source = source
    this.#wall = wall
    this.#life = this.#begin(run)
    this.#scene = sceneOf(this.#life.recorder)
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
    if (t < this.run.now) this.#life = this.#begin()
    this.run.advanceTo(Math.min(t, this.source.limit?.() ?? t))
    this.player.pause()
  }

  #begin(run = this.#make()): Life {
    return {
      run,
      recorder: new Recorder(run, this.source.limits),
      player: new Player(run, this.#wall, this.source.limit),
    }
  }

  #make(): Run {
    const { make, lab, replay } = this.source
    return make ? make() : new Run(lab, replay)
  }
}
