/**
 * A run that goes by itself, with the clock on the wall: a bridge. It is looked at as it is now; who pauses or goes back
 * looks at a copy, made again from what has come in so far, while the run itself goes on. A long run is made again in
 * slices: the run has a turn between any two, and keys are heard.
 */
import { Recorder, type Rewinding, type SimTime } from '../src/index.ts'
import type { LiveRun } from '../src/platform/commands/tui.ts'
import type { Wall } from './player.ts'
import { Session, type SessionSource } from './session.ts'

/** How long a copy is made at a time: milliseconds; steps between two looks at the wall. */
const SLICE = 15
const BATCH = 500

const COPY = 'This is a copy of what has been, and nothing can be done in it. V goes back to the live run.'

export class LiveView {
  readonly run: LiveRun
  /** The live end. */
  readonly face: Session
  /** It has come to its end, as wanted or not. */
  over = false
  readonly #wall: Wall
  #way: Rewinding | undefined

  constructor(source: SessionSource, run: LiveRun, wall: Wall) {
    this.run = run
    this.#wall = wall
    this.face = new Session({ ...source, replay: run.replay }, wall, { recorder: new Recorder(run.run) })
  }

  /** A copy is wanted of `t`, or of the last moment that can be made again: `advance` makes it. */
  detach(t: SimTime): void {
    this.#way = this.face.wayTo({ t: Math.min(t, this.run.known) })
  }

  /** No copy is wanted any more. */
  stay(): void {
    this.#way = undefined
  }

  /** How far the copy is that is being made, 0 … 1; undefined: none is. */
  get progress(): number | undefined {
    return this.#way?.progress
  }

  /** A slice of making the copy. The copy, when it is made. */
  advance(): Session | undefined {
    const end = this.#wall.now() + SLICE
    do {
      if (this.#way?.advance(BATCH)) return this.#copy(this.#way)
    } while (this.#way && this.#wall.now() < end)
    return undefined
  }

  #copy({ recorder }: Rewinding): Session {
    this.#way = undefined
    const { source, deeds, explain, current } = this.face
    const lab = deeds?.lab ?? source.lab
    const { replay } = this.run
    // What the run has come through, and its copies will.
    const watched = { recorder, course: current.course }
    const copy = new Session({ lab, explain, replay, fixed: COPY }, this.#wall, watched)
    copy.limit = () => this.run.known + 1
    return copy
  }

  /** How far a session is behind the live end; undefined for the live end itself. */
  behind(session: Session): SimTime | undefined {
    return session === this.face ? undefined : this.run.run.now - session.run.now
  }
}
