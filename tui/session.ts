/**
 * One run in the program: a lab, what is done in it, and who remembers what has happened. Going back is running again: a
 * run is its lab, its seed and its actions, and nothing of its state is kept by hand.
 */
import {
  formatDuration,
  type Lab,
  type LabText,
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
import type { CaptureSource, LiveRun } from '../src/platform/commands/tui.ts'
import { actionAt, type Deed, Deeds, momentOf, type Told } from './deeds.ts'
import { OldPackets } from './older.ts'
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
  /** A run of the lab that goes by itself. */
  readonly live?: LiveRun
  /** `lab` is that of a capture, which makes its run. */
  readonly capture?: CaptureSource
  /** Why nothing can be done in it. */
  readonly fixed?: string
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
  /** What was done in this run. */
  readonly deeds: Deeds | undefined
  /** Packets that are too many for the recorder. */
  readonly archive: OldPackets
  #explain: string
  readonly #wall: Wall
  #rewinder: Rewinder
  #life: Life
  #scene: Scene

  /** `watched`: who watches a run that is there already. */
  constructor(source: SessionSource, wall: Wall, watched?: Recorder) {
    this.source = source
    this.deeds = source.text && new Deeds(source.text, source.lab, source.entries ?? [])
    this.#explain = source.explain
    this.#wall = wall
    this.#rewinder = new Rewinder(this.#make)
    const recorder = watched ?? new Recorder(this.#make())
    this.#scene = sceneOf(recorder)
    this.archive = new OldPackets(this.#make, this.#scene, recorder)
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

  /** The same run from its beginning: same lab, same actions. */
  again(): Run {
    return this.#make()
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

  // What is done

  /** At once, or as soon as nothing else happens at the same nanosecond. */
  act(deeds: readonly Deed[]): Told {
    const { run } = this
    if (!this.deeds) return no(this.source.fixed ?? NO_FILE)
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
    // Runs that wait for going back know nothing of it.
    this.#rewinder = new Rewinder(this.#make)
    const { live, replay } = this.source
    live?.acted(ready.done.entries)
    const more = live ? '' : (replay.inputs?.length ?? 0) > 0 ? ` u takes it back. ${RECORDED}` : ' u takes it back.'
    return { ok: true, message: `${seconds(t)} s: ${ready.done.words}.${more}` }
  }

  undo(): Told {
    if (this.source.live) return no(LIVE)
    if (!this.deeds) return no(this.source.fixed ?? NO_FILE)
    const done = this.deeds.undo()
    if (!done) return no('Nothing was done here that could be taken back. a does something.')
    this.#again()
    return { ok: true, message: `Taken back: ${done.words}. R does it again.` }
  }

  redo(): Told {
    if (this.source.live) return no(LIVE)
    if (!this.deeds) return no(this.source.fixed ?? NO_FILE)
    const done = this.deeds.redo()
    if (!done) return no('Nothing was taken back that could be done again.')
    this.#again()
    return { ok: true, message: `Done again: ${done.words}. u takes it back.` }
  }

  /** The same time in a run of another text, or of another seed. */
  move(text: LabText, explain = this.#explain): Told {
    if (this.source.live) return no(LIVE)
    const problem = this.deeds ? this.deeds.move(text) : (this.source.fixed ?? NO_FILE)
    if (problem !== undefined) return no(problem)
    this.#explain = explain
    this.#again()
    return { ok: true, message: '' }
  }

  /** It stands in this file now. */
  kept(name: string): void {
    this.deeds?.kept()
    this.#explain = `pptp-lab explain ${name}`
  }

  /** `pptp-lab explain`, as far as a command can name this run. */
  get explain(): string {
    return this.#explain
  }

  /** The lab has changed: the same time in its run. */
  #again(): void {
    const { now } = this.run
    this.#rewinder = new Rewinder(this.#make)
    const recorder = new Recorder(this.#make())
    this.archive.watch(recorder)
    this.#life = this.#watch(recorder)
    this.run.advanceTo(now)
  }

  /** The run from its beginning. A fingerprint costs as much as the simulation, and nobody sees it here. */
  #make = (): Run => {
    const { lab, replay, capture } = this.source
    return capture ? capture.begin() : new Run(this.deeds?.lab ?? lab, { fingerprint: false, ...replay })
  }

  #watch(recorder: Recorder): Life {
    const { run } = recorder
    return { run, recorder, player: new Player(run, this.#wall, this.source.limit) }
  }
}

const no = (message: string): Told => ({ ok: false, message })
const OVER = 'The run is over, and nothing can be done any more. t goes to an earlier time.'
const NO_FILE = 'This run has no lab file, so nothing can be done in it.'
/** Who was outside does not know of it. */
const RECORDED = 'What came in from outside stays as recorded.'
const LIVE = 'Real machines have seen it: what is done in a live run cannot be taken back.'
