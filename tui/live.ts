/**
 * A run that goes by itself, with the clock on the wall: a bridge. It is looked at as it is now; who pauses or goes back
 * looks at a copy, made again from what has come in so far, while the run itself goes on.
 */
import type { Lab, SimTime } from '../src/index.ts'
import type { LiveRun } from '../src/platform/commands/tui.ts'
import type { Wall } from './player.ts'
import { Session } from './session.ts'

export class LiveView {
  readonly run: LiveRun
  /** The live end. */
  readonly face: Session
  /** It has come to its end, as wanted or not. */
  over = false
  readonly #wall: Wall

  constructor(run: LiveRun, lab: Lab, explain: string, wall: Wall) {
    this.run = run
    this.#wall = wall
    this.face = new Session({ lab, explain, replay: run.replay }, wall, run.run)
  }

  /** A copy at `t`, or at the last moment that can be made again. */
  copy(t: SimTime): Session {
    const { lab, explain } = this.face.source
    const { replay } = this.run
    const copy = new Session({ lab, explain, replay, limit: () => this.run.known }, this.#wall)
    copy.seek(t)
    return copy
  }

  /** How far a session is behind the live end; undefined for the live end itself. */
  behind(session: Session): SimTime | undefined {
    return session === this.face ? undefined : this.run.run.now - session.run.now
  }
}
