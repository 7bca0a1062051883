/**
 * The program between the screen and the views: what is looked at and the state of the interface. A key makes another state and
 * may ask for more (press.ts); what was asked for is carried out here or by those who can; then a frame is drawn of what there is.
 *
 * A little longer than 400 lines, since it is the one place where keys, time and frames meet; what each of them needs is elsewhere.
 */
import type { Scene, SimTime } from '../src/index.ts'
import type { AppOptions, Display } from './app-options.ts'
import { stopBefore } from './asking.ts'
import { armed, atHits, breakTyped } from './breaks.ts'
import { Captured } from './captured.ts'
import { Clicks } from './clicks.ts'
import type { Told } from './deeds.ts'
import { type Effect, type InTime, isOutside, type Outside, type Pressed } from './effect.ts'
import type { WriteNew } from './export.ts'
import { Files } from './files.ts'
import { formOf, frame } from './frame.ts'
import { FRAME, Frames, type Next, type Stage } from './frames.ts'
import type { FutureName } from './future.ts'
import { copyOut, writeOut } from './hand-out.ts'
import { goInTime } from './in-time.ts'
import { entryOf } from './keys.ts'
import { LiveView } from './live.ts'
import { atLiveEnd, attached, towardsCopy } from './live-end.ts'
import { firstLook, inFuture, type Looking, modelOf } from './looking.ts'
import type { Model, Ui } from './model.ts'
import { type MouseEvent, moused } from './mouse.ts'
import { mousedAtStart } from './mouse-start.ts'
import type { Parts } from './parts.ts'
import type { Hit, Wall } from './player.ts'
import { FIRST_UI, modeOf, press } from './press.ts'
import { pressStart } from './press-start.ts'
import { Quizmaster } from './quizmaster.ts'
import type { ScreenEvent } from './screen.ts'
import { Session, type SessionSource } from './session.ts'
import { LIVE_SLICES, SLICES, type Slices } from './slices.ts'
import type { Line } from './text.ts'
import { hasRoom } from './views/dash.ts'
import { type Start, startScreen } from './views/start.ts'
import { viewOf } from './whole-view.ts'
import { seconds } from './words.ts'

/** While it plays and nothing is on a link, only the clock moves: half as many frames show it. */
const QUIET_FRAME = 100
/** While a live run is looked back at, nothing but how far behind that is. */
const BEHIND_FRAME = 1000
/** Between two pieces of what is done while nobody asks for anything. */
const PAUSE = 2
const QUIT = 0
const INTERRUPTED = 130

export class App implements Stage {
  readonly #display: Display
  readonly #wall: Wall
  readonly #parts: Parts
  readonly #writeNew: WriteNew | undefined
  readonly #isFirstTime: (() => boolean) | undefined
  readonly #files: Files
  readonly #frames: Frames
  readonly #clicks: Clicks
  readonly #quiz = new Quizmaster()
  readonly #onEnd: (status: number) => void
  #start: Start
  /** What is looked at: of a live run its live end, or a copy of what has been. */
  #session: Session | undefined
  #live: LiveView | undefined
  #capture: Captured | undefined
  #ui: Ui
  /** The view is looking for something. */
  #searching = false
  /** Something has been made since the last frame that the next one will show. */
  #grown = false
  #ended = false
  /** The future that was drawn last. */
  #future: FutureName = 'A'
  /** The time that somebody wants to go to. */
  #goal: SimTime | undefined

  /** Of a live run: rejects if it fails by a fault of ours. */
  readonly begun: Promise<void> | undefined

  constructor({ display, wall, open, disk, writeNew, labs, parts, ui, isFirstTime, onEnd }: AppOptions) {
    this.#display = display
    this.#wall = wall
    this.#parts = parts
    this.#onEnd = onEnd
    this.#writeNew = writeNew
    this.#isFirstTime = isFirstTime
    this.#frames = new Frames(wall, this)
    this.#clicks = new Clicks(wall)
    this.#ui = { ...FIRST_UI, view: hasRoom(display.size) ? 'dash' : 'net', ...ui }
    this.#start = { labs, chosen: 0, filter: '', typing: false }
    this.#files = new Files(disk)
    if (open?.live) this.begun = this.#begin(new LiveView(open, open.live, wall))
    else if (open) this.#openRun(open)
    this.#draw()
    if (this.#live || this.#session?.travel) this.#frames.wake()
  }

  get ui(): Ui {
    return this.#ui
  }
  get session(): Session | undefined {
    return this.#session
  }
  get scene(): Scene | undefined {
    return this.#session?.scene
  }

  // What is opened

  /** The live run begins; it ends by itself, or with the program. */
  async #begin(live: LiveView): Promise<void> {
    this.#live = live
    this.#open(live.face)
    // Real machines do not wait for an answer.
    this.#ui = { ...this.#ui, running: true, speed: 1, auto: false, quiz: false }
    await live.run.begin()
    live.over = true
    if (this.#session === live.face) this.#ui = { ...this.#ui, running: false }
    this.#ui = { ...this.#ui, message: live.run.trouble ?? this.#ui.message }
    this.#frames.wake()
  }

  #openRun(source: SessionSource): void {
    const session = new Session(source, this.#wall)
    if (this.#isFirstTime?.()) this.#ui = { ...this.#ui, tour: 0 }
    session.limit = run => stopBefore(run.simulation.lab, this.#ui, run, session.deeds?.since)
    this.#open(session)
  }

  #open(session: Session): void {
    this.#session = session
    const { capture } = session.source
    if (capture) {
      // It has happened: all of it is gone through.
      this.#capture = new Captured(capture)
      session.seek(session.run.stop)
      session.proceed(SLICES.unseen)
      session.look()
    }
    this.#ui = firstLook({ session, ui: this.#ui })
  }

  // What the user does

  event(event: ScreenEvent): void {
    if (this.#ended) return
    if (event.type === 'key') this.#key(event.key)
    else if (event.type === 'mouse') this.#mouse(event)
    this.#frames.wake()
  }

  /** The program ends: nothing is drawn or run any more. */
  end(status: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#frames.end()
    this.#onEnd(status)
  }

  #key(key: string): void {
    const session = this.#session
    if (!session) return this.#startKey(key)
    // The key means this moment, not that of the last frame.
    if (this.#ui.running) this.#play(session)
    if (session.travel && entryOf(key, modeOf(this.#ui), this.#ui.view)?.command === 'escape') {
      session.stay()
      return this.#say(`Stayed at ${seconds(session.run.now)} s.`)
    }
    this.#obey(session, press(this.#model(session), key, this.#display.size, this.#parts))
  }

  #startKey(key: string): void {
    const { start, open, effect, mouse } = pressStart(this.#start, key)
    if (mouse) this.#become({ ...this.#ui, mouse: !this.#ui.mouse })
    this.#start = start
    if (open) this.#openRun(open)
    if (effect) this.#outside(effect)
  }

  #mouse(event: MouseEvent): void {
    if (!this.#ui.mouse) return
    const session = this.#session
    const { size } = this.#display
    const again = this.#clicks.again(event)
    if (!session) {
      for (const key of mousedAtStart(this.#start, event, size, again)) this.#startKey(key)
      return
    }
    const model = this.#model(session)
    const { lines } = viewOf(model, size, this.#parts)
    this.#obey(session, moused(model, event, size, this.#parts, lines, again))
  }

  #obey(session: Session, { ui, effect }: Pressed): void {
    const before = this.#ui
    this.#become(ui)
    if (this.#live) {
      const { done, ...looking } = atLiveEnd(this.#live, { session, ui }, before, effect)
      this.#look(looking)
      if (done) return
    }
    if (ui.running !== before.running) session.player.pause()
    if (ui.running) this.#become({ ...this.#ui, broke: undefined })
    if (effect !== undefined) this.#effect(session, effect)
    if (before.asking && !ui.asking && !session.travel) this.#heed(session)
  }

  #become(ui: Ui): void {
    if (ui.mouse !== this.#ui.mouse) this.#display.mouse(ui.mouse)
    this.#ui = ui
  }

  #look({ session, ui }: Looking): void {
    this.#session = session
    this.#ui = ui
  }

  #say(message: string): void {
    this.#ui = { ...this.#ui, message }
  }

  /** Says what has come of it; a line that was not understood stays, to be mended. */
  #tell({ ok, message }: Told, again?: Ui['prompt']): void {
    this.#ui = { ...this.#ui, message, ...(ok || !again ? {} : { prompt: again }) }
  }

  // What that asks for

  #effect(session: Session, effect: Effect): void {
    const { size } = this.#display
    if (isOutside(effect)) return this.#outside(effect)
    if (effect === 'live') return this.#look(attached(this.#live, { session, ui: this.#ui }))
    if (typeof effect === 'string') return this.#inTime(session, effect)
    if ('breakpoint' in effect) {
      return this.#become(breakTyped(this.#ui, session.source, effect.breakpoint, effect.no))
    }
    if ('save' in effect) {
      const { save: name, replace } = effect
      const again = { kind: 'command', text: `save${replace ? '!' : ''} ${name}` } as const
      return this.#tell(this.#files.save(session, name, replace), again)
    }
    if ('copy' in effect) {
      const linesOf = (model: Model): readonly Line[] => viewOf(model, size, this.#parts).lines
      return this.#say(copyOut(effect.copy, this.#model(session), linesOf, text => this.#display.copy(text)))
    }
    if ('export' in effect) {
      const model = this.#model(session)
      return this.#say(writeOut(effect.export, session, model, () => this.#screen(session), this.#writeNew))
    }
    this.#inTime(session, effect)
  }

  #inTime(session: Session, effect: InTime): void {
    this.#become({ ...this.#ui, broke: undefined })
    const model = (): Model => this.#model(session)
    const { told, again, hits, sentence } = goInTime({ session, ui: this.#ui }, this.#files, model, effect)
    if (told) this.#tell(told, again)
    // A small window has no room for both.
    const isRead = this.#ui.tour === undefined || formOf(this.#display.size) === 'full'
    if (sentence !== undefined && isRead) this.#say(sentence)
    if (hits) this.#stopAt(session, hits)
    this.#goal = typeof effect === 'object' && 'seek' in effect ? effect.seek : undefined
    if (!session.isHeld && session.proceed(this.#slices.unseen)) this.#arrived(session)
  }

  #outside(effect: Outside): void {
    switch (effect) {
      case 'quit':
        return this.end(QUIT)
      case 'interrupt':
        return this.end(INTERRUPTED)
      case 'redraw':
        return this.#display.redraw()
      case 'suspend':
        this.#become({ ...this.#ui, running: this.#ui.running && this.#session === this.#live?.face })
        this.#session?.player.pause()
        return this.#display.suspend()
    }
  }

  /** It has come where somebody wanted to go, or to a breakpoint on the way. */
  #arrived(session: Session): void {
    this.#stopAt(session, session.player.takeHits())
    this.#heed(session)
  }

  /** A breakpoint was hit, if one was. */
  #stopAt(session: Session, hits: readonly Hit[]): void {
    if (hits.length === 0) return
    session.look()
    this.#become(atHits(this.#model(session), hits, this.#goal))
    session.player.pause()
  }

  /** The run has come somewhere: the checks and the questions of the lab. */
  #heed(session: Session): void {
    this.#ui = this.#quiz.heed({ session, ui: this.#ui }, this.#goal)
    this.#goal = undefined
  }

  // What goes on by itself

  frame(): Next {
    const live = this.#live
    if (this.#session && live?.progress !== undefined) {
      this.#look(towardsCopy(live, { session: this.#session, ui: this.#ui }, ''))
    }
    const session = this.#session
    if (session?.travel && session.proceed(this.#slices.work)) this.#arrived(session)
    else if (session && this.#ui.running) this.#play(session)
    this.#draw()
    if (live?.progress !== undefined) return { what: 'frame', in: FRAME }
    if (session?.travel) return { what: 'idle', in: session.isHeld ? FRAME / 2 : PAUSE }
    if (!session || !this.#ui.running) return this.idle()
    this.#growing(session)
    const moves = session.scene.links.some(({ flights }) => flights.length > 0)
    return { what: 'frame', in: (moves ? FRAME : QUIET_FRAME) - this.#beside(session) }
  }

  get #slices(): Slices {
    return this.#live && !this.#live.over ? LIVE_SLICES : SLICES
  }

  /** While it plays, going back is made ready: what that has taken, in milliseconds. */
  #beside(session: Session): number {
    if (session === this.#live?.face) return 0
    const start = this.#wall.now()
    session.keepUp(this.#slices.beside)
    return this.#wall.now() - start
  }

  /**
   * What is on its way, looked for or made again comes first and is drawn as it grows; then futures are compared, and going
   * back is made ready.
   */
  idle(): Next {
    const session = this.#session
    if (!session) return undefined
    if (session.travel) return this.#onTheWay(session)
    const growing = this.#growing(session)
    const { waits } = session
    const done = session.work(this.#slices.work)
    if (waits && !session.waits) return { what: 'frame', in: 0 }
    if (!growing && done) return this.#behind(session)
    return { what: growing && this.#frames.wait <= PAUSE ? 'frame' : 'idle', in: PAUSE }
  }

  /** How far it is need not be shown often: a frame may take as long as a slice of the way. */
  #onTheWay(session: Session): Next {
    if (session.isHeld || this.#frames.wait <= -FRAME) return { what: 'frame', in: 0 }
    if (!session.proceed(this.#slices.work)) return { what: 'idle', in: PAUSE }
    this.#arrived(session)
    return { what: 'frame', in: 0 }
  }

  /** Of a copy of a live run it is told how far behind it is. */
  #behind(session: Session): Next {
    if (!this.#live || this.#live.over || session === this.#live.face) return undefined
    return { what: 'frame', in: BEHIND_FRAME }
  }

  /** Will the next frame show more, though nothing happens? */
  #growing(session: Session): boolean {
    const { view, selection } = this.#ui
    session.archive.want(view === 'packets' || view === 'dash' ? selection.journey : undefined)
    if (!session.archive.isThere) {
      session.remake(this.#slices.work)
      this.#grown = true
    }
    return this.#searching || this.#grown
  }

  #play(session: Session): void {
    const { player, run, scene } = session
    const live = this.#live
    if (session === live?.face || session.travel) return
    if (this.#ui.auto) this.#ui = { ...this.#ui, speed: player.auto(scene) }
    const hits = session.play(this.#ui.speed, armed(this.#ui))
    if (run.over) this.#ui = { ...this.#ui, running: false }
    else if (live && run.now >= live.run.run.now) {
      const message = 'Here the copy has caught up with the run: this is live.'
      return this.#look(attached(live, { session, ui: this.#ui }, message))
    } else if (live && run.now >= live.run.known) this.#ui = { ...this.#ui, running: false }
    this.#stopAt(session, hits)
    this.#heed(session)
  }

  // What is drawn

  #model(session: Session): Model {
    return modelOf({ session, ui: this.#ui }, this.#live, this.#capture)
  }

  /** The screen as it is without what is open over the view. */
  #screen(session: Session): readonly Line[] {
    const { size } = this.#display
    const model = this.#model(session)
    return frame(model, viewOf(model, size, this.#parts), size).slice(0, -1)
  }

  #draw(): void {
    this.#frames.drawn()
    const { size } = this.#display
    const session = this.#session
    if (!session) return this.#display.draw(startScreen(this.#start, size), this.#ui)
    session.look()
    this.#ui = inFuture({ session, ui: this.#ui }, this.#future)
    this.#future = session.current.name
    const model = this.#model(session)
    const view = viewOf(model, size, this.#parts)
    this.#searching = view.more === true
    this.#grown = false
    this.#display.draw(frame(model, view, size), this.#ui)
  }
}
