/**
 * One run in the program: a lab, what is done in it, and who remembers what has happened. Going back is running again: a
 * run is its lab, its seed and its actions, and nothing of its state is kept by hand.
 */
import {
  formatDuration,
  type Lab,
  type LabText,
  Recorder,
  Run,
  type RunOptions,
  type Scene,
  type SimTime,
  sceneOf,
} from '../src/index.ts'
import { actionAt, type Deed, Deeds, momentOf, type Told } from './deeds.ts'
import { Player, type Wall } from './player.ts'
import { seconds } from './words.ts'

export interface SessionSource {
  readonly lab: Lab
  /** Of a recorded run. */
  readonly replay: RunOptions
  /** The `pptp-lab explain` of it. */
  readonly explain: string
  /** What the lab was made from; without it nothing can be done in its run. */
  readonly text?: LabText
  /** What of its events is no part of that text: a recorded run has such. */
  readonly entries?: readonly string[]
}

interface Life {
  readonly run: Run
  readonly recorder: Recorder
  readonly player: Player
}

export class Session {
  readonly source: SessionSource
  /** What was done in this run. */
  readonly deeds: Deeds | undefined
  #explain: string
  readonly #wall: Wall
  #life: Life
  #scene: Scene

  constructor(source: SessionSource, wall: Wall) {
    this.source = source
    this.deeds = source.text && new Deeds(source.text, source.lab, source.entries ?? [])
    this.#explain = source.explain
    this.#wall = wall
    this.#life = this.#begin()
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
    this.run.advanceTo(t)
    this.player.pause()
  }

  // What is done

  /** At once, or as soon as nothing else happens at the same nanosecond. */
  act(deeds: readonly Deed[]): Told {
    const { run } = this
    if (!this.deeds) return no('This run has no lab file, so nothing can be done in it.')
    const late = deeds.find(({ at = Infinity }) => at <= run.now)
    if (late) return no(`${formatDuration(late.at ?? 0)} is over: it is ${seconds(run.now)} s. t goes back.`)
    const first = this.deeds.with(deeds, run.now + 1)
    if (typeof first === 'string') return no(run.now < run.stop ? first : OVER)
    const t = run.quiet()
    if (t === undefined) return no(OVER)
    const ready = t === first.done.t ? first : this.deeds.with(deeds, t)
    if (typeof ready === 'string') return no(ready)
    for (const deed of deeds) {
      const action = actionAt(ready.lab, momentOf(deed, t))
      if (action?.at === t) run.act(action)
      else if (action) run.plan(action)
    }
    this.deeds.add(ready)
    return { ok: true, message: `${seconds(t)} s: ${ready.done.words}. u takes it back.` }
  }

  undo(): Told {
    const done = this.deeds?.undo()
    if (!done) return no('Nothing was done here that could be taken back. a does something.')
    this.#again()
    return { ok: true, message: `Taken back: ${done.words}. R does it again.` }
  }

  redo(): Told {
    const done = this.deeds?.redo()
    if (!done) return no('Nothing was taken back that could be done again.')
    this.#again()
    return { ok: true, message: `Done again: ${done.words}. u takes it back.` }
  }

  /** The same time in a run of another text, or of another seed. */
  move(text: LabText, explain = this.#explain): Told {
    const problem = this.deeds ? this.deeds.move(text) : 'This run has no lab file.'
    if (problem !== undefined) return no(problem)
    this.#explain = explain
    this.#again()
    return { ok: true, message: '' }
  }

  /** It stands in this file now. */
  kept(name: string): void {
    this.deeds?.kept()
    this.#explain = `pptp-lab explain ${/^[\w./=:@-]+$/.test(name) ? name : `'${name}'`}`
  }

  /** `pptp-lab explain`, as far as a command can name this run. */
  get explain(): string {
    return this.#explain
  }

  /** The lab has changed: the same time in its run. */
  #again(): void {
    const { now } = this.run
    this.#life = this.#begin()
    this.run.advanceTo(now)
  }

  #begin(): Life {
    const run = new Run(this.deeds?.lab ?? this.source.lab, this.source.replay)
    return { run, recorder: new Recorder(run), player: new Player(run, this.#wall) }
  }
}

const no = (message: string): Told => ({ ok: false, message })
const OVER = 'The run is over, and nothing can be done any more. t goes to an earlier time.'
