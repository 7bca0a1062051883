/**
 * The program between the screen and the views: holds the run, its recorder and the state of the interface; asks the
 * views for lines when something has changed, at most every 50 ms, and plays the run meanwhile. Paused it makes ready for
 * going back; then it has no timer.
 *
 * Longer than 400 lines, since it is the one place where keys, frames, the run, and a live run with its copies meet.
 */
import { readBreakpoint, type Scene, type SimTime, type Standing, verdictWords } from '../src/index.ts'
import { askNow, dueIn, isOfOld, judgedIn, lostIn, lostWords, stopBefore } from './asking.ts'
import { armed, atHits, withBreak } from './breaks.ts'
import { Captured } from './captured.ts'
import { type CopyKind, copied, copiedFrom } from './copy.ts'
import type { Told } from './deeds.ts'
import type { Effect, Pressed } from './effect.ts'
import { type ExportKind, filesOf, type WriteNew } from './export.ts'
import { type Disk, Files } from './files.ts'
import { formOf, frame, innerSize } from './frame.ts'
import { ONE_FUTURE } from './future.ts'
import { entryOf } from './keys.ts'
import { LiveView } from './live.ts'
import { sentenceOfMenu, withMenu } from './menus.ts'
import type { Model, Rendered, Size, Ui } from './model.ts'
import { type MouseEvent, moused } from './mouse.ts'
import type { Parts } from './parts.ts'
import type { Hit, Wall } from './player.ts'
import { FIRST_UI, modeOf, press } from './press.ts'
import { pressStart } from './press-start.ts'
import type { ScreenEvent } from './screen.ts'
import { Session, type SessionSource } from './session.ts'
import { type Line, line, plainText } from './text.ts'
import { withTour } from './tour.ts'
import { hasRoom } from './views/dash.ts'
import { withExplanation } from './views/explain.ts'
import { help } from './views/help.ts'
import { type Start, type StartChoice, startScreen } from './views/start.ts'
import { dropAskedFor, why } from './views/why.ts'
import { seconds } from './words.ts'

/** What the program needs of the terminal. */
export interface Display {
  readonly size: Size
  draw(lines: readonly Line[], ui: Ui): void
  redraw(): void
  /** To the clipboard of the terminal. */
  copy(text: string): void
  mouse(on: boolean): void
  suspend(): void
}

export interface AppOptions {
  readonly display: Display
  readonly wall: Wall
  /** What is opened first. */
  readonly open: SessionSource | undefined
  /** Where labs are saved and read again. */
  readonly disk: Disk
  /** Labs to choose from when none is given. */
  readonly labs: readonly StartChoice[]
  /** Absent: files cannot be written. */
  readonly writeNew?: WriteNew | undefined
  readonly parts: Parts
  readonly ui?: Partial<Ui>
  /** The program is over, with this exit status. */
  readonly onEnd: (status: number) => void
}

/** Milliseconds between two frames, at least. */
const FRAME = 50
/** While it plays and nothing is on a link, only the clock moves: half as many frames show it. */
const QUIET_FRAME = 100
/** While a live run is looked back at, nothing but how far behind that is. */
const BEHIND_FRAME = 1000
/** So long something may take until it is shown that it goes on: milliseconds. */
const UNSEEN = 200
/** What takes longer is done in slices, between which keys are heard. */
const SLICE = 40
/** Between two pieces of what is done while nobody asks for anything. */
const PAUSE = 5
/** Within so many milliseconds two clicks at one place are a double click. */
const DOUBLE = 400
const QUIT = 0
const INTERRUPTED = 130
/** Characters that go to a clipboard: xterm takes about so many. */
const CLIPBOARD = 70_000

export class App {
  readonly #display: Display
  readonly #wall: Wall
  readonly #parts: Parts
  readonly #writeNew: WriteNew | undefined
  readonly #files: Files
  readonly #onEnd: (status: number) => void
  #start: Start
  /** What is looked at: of a live run its live end, or a copy of what has been. */
  #session: Session | undefined
  #live: LiveView | undefined
  #capture: Captured | undefined
  #ui: Ui
  #timer: (() => void) | undefined
  #drawn = Number.NEGATIVE_INFINITY
  /** The view is looking for something. */
  #looking = false
  /** Something has been made since the last frame that the next one will show. */
  #grown = false
  /** The last click, and when it was. */
  #clicked = { column: -1, row: -1, at: Number.NEGATIVE_INFINITY }
  #ended = false
  /** Questions whose outcome was told. */
  readonly #told = new Set<number>()
  /** Checks of which was told that they are of the lab as written. */
  readonly #toldOld = new Set<string>()
  /** How many questions are not asked for what was done, as it was told last. */
  #lost = 0
  /** The time that somebody wants to go to. */
  #goal: SimTime | undefined

  /** Of a live run: rejects if it fails by a fault of ours. */
  readonly begun: Promise<void> | undefined

  constructor({ display, wall, open, disk, writeNew, labs, parts, ui, onEnd }: AppOptions) {
    this.#display = display
    this.#wall = wall
    this.#parts = parts
    this.#onEnd = onEnd
    this.#writeNew = writeNew
    this.#ui = { ...FIRST_UI, view: hasRoom(display.size) ? 'dash' : 'net', ...ui }
    this.#start = { labs, chosen: 0, filter: '', typing: false }
    this.#files = new Files(disk)
    if (open?.live) this.begun = this.#begin(new LiveView(open, open.live, wall))
    else if (open) this.#openRun(open)
    this.#draw()
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
  /** Where the run stands, for a message about a fault. */
  get place(): string {
    const { lab, t } = this.#session?.scene ?? {}
    return lab ? `lab ${lab.name}, seed ${lab.seed}, at ${((t ?? 0) / 1e9).toFixed(9)} s` : 'no lab is open'
  }

  /** The live run begins; it ends by itself, or with the program. */
  async #begin(live: LiveView): Promise<void> {
    this.#live = live
    this.#open(live.face)
    // Real machines do not wait for an answer.
    this.#ui = { ...this.#ui, running: true, speed: 1, auto: false, quiz: false }
    this.#timer = this.#wall.schedule(FRAME, () => this.#frame())
    await live.run.begin()
    live.over = true
    if (this.#session === live.face) this.#ui = { ...this.#ui, running: false }
    this.#ui = { ...this.#ui, message: live.run.trouble ?? this.#ui.message }
    this.#wake()
  }

  #openRun(source: SessionSource): void {
    const session = new Session(source, this.#wall)
    session.limit = run => stopBefore(run.simulation.lab, this.#ui, run, session.deeds?.since)
    this.#open(session)
  }

  #open(session: Session): void {
    this.#session = session
    const { capture } = session.source
    if (capture) {
      // It has happened: all of it is there, and its first frame is chosen.
      this.#capture = new Captured(capture)
      session.seek(session.run.stop)
      session.proceed(Number.POSITIVE_INFINITY)
      session.look()
      const selection = { ...this.#ui.selection, journey: 1 }
      this.#ui = { ...this.#ui, view: 'packets', follow: false, selection }
    }
    const { scene } = session
    // Something is always selected: the first who will dial, or the first machine.
    const [tunnel] = scene.tunnels
    const selection = { ...this.#ui.selection, node: tunnel?.client ?? scene.nodes[0]?.name, tunnel: tunnel?.no }
    this.#ui = { ...this.#ui, selection }
  }

  event(event: ScreenEvent): void {
    if (this.#ended) return
    if (event.type === 'key') this.#key(event.key)
    else if (event.type === 'mouse') this.#mouse(event)
    this.#wake()
  }

  /** The program ends: nothing is drawn or run any more. */
  end(status: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.()
    this.#onEnd(status)
  }

  #key(key: string): void {
    const session = this.#session
    if (!session) return this.#startKey(key)
    // The key means this moment, not that of the last frame.
    if (this.#ui.running) this.#play(session)
    if (session.travel && entryOf(key, modeOf(this.#ui), this.#ui.view)?.command === 'escape') {
      session.stay()
      return this.#become({ ...this.#ui, message: `Stayed at ${seconds(session.run.now)} s.` })
    }
    this.#obey(session, press(this.#model(session), key, this.#display.size, this.#parts))
  }

  #obey(session: Session, { ui, effect }: Pressed): void {
    const before = this.#ui
    this.#become(ui)
    if (this.#live && this.#leavesLive(this.#live, before, effect)) return
    if (ui.running !== before.running) session.player.pause()
    if (ui.running) this.#become({ ...this.#ui, broke: undefined })
    if (effect !== undefined) this.#effect(session, effect)
    if (ui.asking?.told) this.#told.add(ui.asking.no)
    if (before.asking && !ui.asking && !session.travel) this.#heed(session)
  }

  /** The live end cannot be stopped or stepped: who pauses or goes elsewhere gets a copy. True if the key is done. */
  #leavesLive(live: LiveView, before: Ui, effect: Effect | undefined): boolean {
    if (this.#session !== live.face) return false
    const { now } = live.run.run
    const seek = typeof effect === 'object' && 'seek' in effect ? effect.seek : STEPS.has(effect) ? now : undefined
    const pauses = before.running && !this.#ui.running
    if (this.#ui.speed !== before.speed || this.#ui.auto !== before.auto) {
      const message = 'A live run goes with the clock: other speeds are for looking back (Space).'
      this.#ui = { ...this.#ui, speed: before.speed, auto: before.auto, message }
    }
    if (seek === undefined && !pauses) return false
    if (seek !== undefined && seek >= now && before.running && !STEPS.has(effect)) {
      this.#ui = { ...this.#ui, running: true, message: 'That is still to come: a live run goes with the clock.' }
      return true
    }
    this.#detach(live, seek ?? now)
    return true
  }

  #detach(live: LiveView, t: SimTime): void {
    const known = live.run.known < Math.min(t, live.run.run.now)
    const message = known ? 'More has come in since than is kept to look back: this is the last moment of it.' : ''
    live.detach(t)
    this.#ui = { ...this.#ui, running: !live.over, message }
    this.#copyLive(live, message)
  }

  /** A slice of making the copy that is wanted; once it is made it is what is looked at. */
  #copyLive(live: LiveView, message: string): void {
    const copy = live.advance()
    if (copy) {
      this.#session = copy
      this.#ui = { ...this.#ui, running: false, message }
    } else {
      const share = Math.floor(100 * (live.progress ?? 0))
      this.#ui = { ...this.#ui, message: `Going back: ${share} % of the run is made again. V stays live.` }
    }
  }

  /** Back to the live end. */
  #attach(message = ''): void {
    const live = this.#live
    if (!live) {
      this.#ui = { ...this.#ui, message: 'Nothing here is live: a bridged run is (pptp-lab tui --bridge LAB).' }
      return
    }
    live.stay()
    this.#session = live.face
    const running = !live.over
    this.#ui = { ...this.#ui, running, speed: 1, auto: false, broke: undefined, message }
  }

  #become(ui: Ui): void {
    if (ui.mouse !== this.#ui.mouse) this.#display.mouse(ui.mouse)
    this.#ui = ui
  }

  #effect(session: Session, effect: Effect): void {
    if (isOutside(effect)) return this.#outside(effect)
    if (effect === 'live') return this.#attach()
    if (typeof effect === 'object' && 'breakpoint' in effect) return this.#setBreakpoint(session, effect)
    if (typeof effect === 'object' && 'save' in effect) {
      return this.#tell(this.#files.save(session, effect.save, effect.replace))
    }
    if (typeof effect === 'object' && 'copy' in effect) return this.#say(this.#copy(session, effect.copy))
    if (typeof effect === 'object' && 'export' in effect) return this.#say(this.#export(session, effect.export))
    this.#become({ ...this.#ui, broke: undefined })
    this.#inTime(session, effect)
    this.#goal = typeof effect === 'object' && 'seek' in effect ? effect.seek : undefined
    if (session.proceed(UNSEEN)) this.#heed(session)
  }

  /** Says what has come of it; a line that was not understood stays, to be mended. */
  #tell({ ok, message }: Told, again?: Ui['prompt']): void {
    this.#become({ ...this.#ui, message, ...(ok || !again ? {} : { prompt: again }) })
  }

  /** What goes to another time, or to another future. */
  #inTime(session: Session, effect: InTime): void {
    const { stepBy } = this.#ui
    if (typeof effect === 'object') {
      if ('seek' in effect) return session.seek(effect.seek)
      if ('choose' in effect) return session.choose(effect.choose)
      if ('act' in effect) return this.#tell(session.act(effect.act), effect.again)
      if ('seed' in effect) return this.#tell(this.#files.seed(session, effect.seed))
      return this.#tell('forget' in effect ? session.forget(effect.forget) : session.cure(effect.cure))
    }
    switch (effect) {
      case 'step':
      case 'next':
        return this.#stopAt(session, session.step(effect === 'step' ? stepBy : 'interesting', armed(this.#ui)))
      case 'step-back':
      case 'previous':
        if (session.stepBack(effect === 'step-back' ? stepBy : 'interesting')) return undefined
        return this.#tell({ ok: false, message: 'This is the beginning: nothing is before it.' })
      case 'fork':
      case 'undo':
      case 'redo':
        return this.#tell(session[effect]())
      case 'reload':
        return this.#tell(this.#files.reload(session))
    }
  }

  #setBreakpoint(session: Session, { breakpoint: text, no }: { breakpoint: string; no?: number }): void {
    const { text: source, live, fixed } = session.source
    if (live) return this.#tell({ ok: false, message: ONE_FUTURE })
    const read = source ? readBreakpoint(text, source, session.source.lab) : undefined
    if (read?.ok) return this.#become(withBreak(this.#ui, read.breakpoint, no))
    const about = no === undefined ? {} : { about: String(no) }
    const message = read?.problem ?? fixed ?? 'This run has no lab file, so nobody can say what could happen in it.'
    this.#become({ ...this.#ui, message, prompt: { kind: 'breakpoint', text, ...about } })
  }

  /** A breakpoint was hit, if one was. */
  #stopAt(session: Session, hits: readonly Hit[]): void {
    if (hits.length === 0) return
    session.look()
    this.#become(atHits(this.#model(session), hits))
    session.player.pause()
  }

  #say(message: string): void {
    this.#ui = { ...this.#ui, message }
  }

  #copy(session: Session, kind: CopyKind): string {
    const model = copiedFrom(this.#model(session))
    const text = copied(kind, model, () => viewOf(model, this.#display.size, this.#parts).lines)
    if (text === undefined || text === '') return 'Nothing is selected that could be copied.'
    if (text.length > CLIPBOARD) return `That is ${text.length} characters; a terminal takes ${CLIPBOARD} at most.`
    this.#display.copy(text)
    return `Copied, if the terminal lets it: ${text}`
  }

  #export(session: Session, kind: ExportKind): string {
    const write = this.#writeNew
    if (!write) return 'Files cannot be written here.'
    const files = filesOf(kind, session, this.#model(session), () => this.#lines(session))
    try {
      const names = files.map(({ name, content }) => write(name, content))
      return names.length === 1 ? `Written: ${names[0]}` : `${names.length} files: ${names.join(', ')}`
    } catch (error) {
      return (error as Error).message
    }
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
        this.#become({ ...this.#ui, running: this.#isLiveEnd })
        this.#session?.player.pause()
        return this.#display.suspend()
    }
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
    if (!session) return this.#mouseAtStart(event)
    const again = this.#again(event)
    const { size } = this.#display
    const view = this.#view(session)
    this.#obey(session, moused(this.#model(session), event, size, this.#parts, view.lines, again))
  }

  #mouseAtStart(event: MouseEvent): void {
    const { action, row } = event
    if (action !== 'click') return this.#startKey(action === 'wheel-up' ? 'Up' : 'Down')
    const again = this.#again(event)
    const texts = startScreen(this.#start, this.#display.size).map(plainText)
    const from = texts.findIndex(text => text.startsWith('►'))
    // The list ends with the empty line behind it.
    const end = texts.findIndex((text, at) => at > from && text.trim() === '')
    if (from < 0 || row < 2 || row >= end) return
    if (row === from || again) return this.#startKey('Enter')
    for (let i = 0; i < Math.abs(row - from); i++) this.#startKey(row > from ? 'Down' : 'Up')
  }

  /** Is it the second of two clicks? The list may have moved below the first one. */
  #again({ action, column, row }: MouseEvent): boolean {
    const now = this.#wall.now()
    const before = this.#clicked
    const again = before.column === column && before.row === row && now - before.at < DOUBLE
    if (action === 'click') this.#clicked = { column, row, at: again ? Number.NEGATIVE_INFINITY : now }
    return action === 'click' && again
  }

  get #isLiveEnd(): boolean {
    return this.#session === this.#live?.face && this.#ui.running
  }

  #model(session: Session): Model {
    const { scene, recorder, archive, explain, deeds, futures, current, travel } = session
    const { fixed } = session.source
    const ui = this.#ui
    const comparison = ui.view === 'time' && !ui.running ? session.compare(ui.selection.future) : undefined
    const known = { list: futures, current, comparison, travel }
    const can = { ...(deeds ? { deeds } : {}), ...(fixed === undefined ? {} : { fixed }) }
    const seen = { scene, recorder, archive, ui, explain, futures: known, ...can }
    if (this.#capture) return { ...seen, capture: this.#capture }
    const live = this.#live
    if (live) return { ...seen, live: { behind: live.behind(session), over: live.over } }
    return this.#withCures(session, seen)
  }

  #withCures(session: Session, model: Model): Model {
    const { ui } = model
    const drop = ui.why ? dropAskedFor(model) : undefined
    const cures = drop && session.curesFor(drop)
    return cures ? { ...model, cures } : model
  }

  /** Draws now or when the time of the next frame has come. */
  #wake(): void {
    if (this.#ended) return
    this.#timer?.()
    this.#timer = undefined
    const wait = this.#drawn + FRAME - this.#wall.now()
    if (wait <= 0) this.#frame()
    else this.#timer = this.#wall.schedule(wait, () => this.#frame())
  }

  #frame(): void {
    this.#timer = undefined
    if (this.#live?.progress !== undefined) this.#copyLive(this.#live, '')
    const session = this.#session
    if (session?.travel && session.proceed(SLICE)) this.#heed(session)
    else if (session && this.#ui.running) this.#play(session)
    this.#draw()
    if (this.#ended) return
    if (this.#live?.progress !== undefined) {
      this.#timer = this.#wall.schedule(FRAME, () => this.#frame())
      return
    }
    if (!this.#ui.running) return this.#idle()
    if (session) this.#growing(session)
    const moves = session?.scene.links.some(({ flights }) => flights.length > 0)
    this.#timer = this.#wall.schedule(moves ? FRAME : QUIET_FRAME, () => this.#frame())
  }

  /**
   * What is on its way, looked for or made again comes first and is drawn as it grows; then futures are compared, and going
   * back is made ready.
   */
  #idle(): void {
    this.#timer = undefined
    const session = this.#session
    if (!session) return
    if (session.travel) {
      this.#timer = this.#wall.schedule(PAUSE, () => this.#frame())
      return
    }
    const growing = this.#growing(session)
    const { waits } = session
    const done = session.work(SLICE)
    if (waits && !session.waits) return this.#frame()
    if (!growing && done) return this.#behind(session)
    const wait = this.#drawn + FRAME - this.#wall.now()
    this.#timer = this.#wall.schedule(PAUSE, () => (growing && wait <= PAUSE ? this.#frame() : this.#idle()))
  }

  /** Of a copy of a live run it is told how far behind it is. */
  #behind(session: Session): void {
    if (!this.#live || this.#live.over || session === this.#live.face) return
    this.#timer = this.#wall.schedule(BEHIND_FRAME, () => this.#frame())
  }

  /** Will the next frame show more, though nothing happens? */
  #growing(session: Session): boolean {
    const { view, selection } = this.#ui
    session.archive.want(view === 'packets' || view === 'dash' ? selection.journey : undefined)
    if (!session.archive.isThere) {
      session.remake(SLICE)
      this.#grown = true
    }
    return this.#looking || this.#grown
  }

  #play(session: Session): void {
    const { player, run, scene } = session
    const live = this.#live
    if (session === live?.face) return
    if (this.#ui.auto) this.#ui = { ...this.#ui, speed: player.auto(scene) }
    const hits = session.play(this.#ui.speed, armed(this.#ui))
    if (run.over) this.#ui = { ...this.#ui, running: false }
    else if (live && run.now >= live.run.run.now)
      return this.#attach('Here the copy has caught up with the run: this is live.')
    else if (live && run.now >= live.run.known) this.#ui = { ...this.#ui, running: false }
    this.#stopAt(session, hits)
    this.#heed(session)
  }

  /** Says what the run has shown of checks and questions, and asks what is due on the way to a time. */
  #heed({ run, player, deeds }: Session): void {
    const goal = this.#goal
    this.#goal = undefined
    const { lab } = run.simulation
    const since = deeds?.since ?? Number.POSITIVE_INFINITY
    this.#tellOld(run.standing, since)
    if (!this.#ui.quiz || this.#ui.asking) return
    const { guesses } = this.#ui
    const judged = guesses.size === 0 ? [] : judgedIn(lab, guesses, run.standing, since)
    for (const [i, { asked, guess, outcome }] of judged.entries()) {
      // What was done can be taken back.
      if (outcome === 'open' || outcome === 'changed' || this.#told.has(asked.no)) continue
      this.#told.add(asked.no)
      const where = this.#ui.view === 'checks' ? '' : ' View 7 says what is right, and why.'
      const message = `Question ${asked.no}: ${verdictWords(outcome, guess)}.${where}`
      const selection = { ...this.#ui.selection, check: lab.checks.length + i }
      this.#ui = { ...this.#ui, message, selection }
    }
    const lost = lostIn(lab, this.#ui, since).length
    if (lost > this.#lost) this.#say(`${this.#ui.message} ${lostWords(lost)}`.trimStart())
    this.#lost = lost
    const due = dueIn(lab, this.#ui, run, since)
    if (!due) return
    this.#ui = askNow(this.#ui, due, goal)
    player.pause()
  }

  /** A check that fails after something was done may tell of the lab as written only: nobody is to take it for a mistake. */
  #tellOld(standing: readonly Standing[], since: SimTime): void {
    const old = standing.filter(check => isOfOld(check, since) && !this.#toldOld.has(check.name))
    for (const { name } of old) this.#toldOld.add(name)
    const [first] = old
    if (!first) return
    const which = old.length === 1 ? `The check ${first.name} failed, as it` : `${old.length} checks failed, as they`
    this.#say(`${which} may: you have changed the lab (view 7).`)
  }

  /** The screen as it is without what is open over the view. */
  #lines(session: Session): readonly Line[] {
    return frame(this.#model(session), this.#view(session), this.#display.size).slice(0, -1)
  }

  #view(session: Session): Rendered {
    return viewOf(this.#model(session), this.#display.size, this.#parts)
  }

  #draw(): void {
    this.#drawn = this.#wall.now()
    const { size } = this.#display
    const session = this.#session
    if (!session) return this.#display.draw(startScreen(this.#start, size), this.#ui)
    session.look()
    const model = this.#model(session)
    const view = viewOf(model, size, this.#parts)
    this.#looking = view.more === true
    this.#grown = false
    this.#display.draw(frame(model, view, size), this.#ui)
  }
}

type Outside = 'quit' | 'interrupt' | 'redraw' | 'suspend'
const OUTSIDE: ReadonlySet<unknown> = new Set<Outside>(['quit', 'interrupt', 'redraw', 'suspend'])
const isOutside = (effect: Effect): effect is Outside => OUTSIDE.has(effect)
/** Effects that go on or back by steps. */
const STEPS: ReadonlySet<Effect | undefined> = new Set(['step', 'step-back', 'next', 'previous'])
type InTime = Exclude<
  Effect,
  | Outside
  | 'live'
  | { readonly breakpoint: string }
  | { readonly save: string }
  | { readonly copy: CopyKind }
  | { readonly export: ExportKind }
>

/** A view that fails says so; the run and the other views go on. */
function viewOf(model: Model, screen: Size, parts: Parts): Rendered {
  if (formOf(screen) === 'none') return { lines: [], sentence: '', keys: [] }
  const size = innerSize(screen)
  try {
    const { ui } = model
    const view = ui.why ? why(model, size) : ui.help ? help(model, size) : parts[ui.view].render(model, size)
    const sentence = sentenceOfMenu(model) ?? view.sentence
    return { ...view, sentence, lines: withTour(over(view.lines, model, size), model, size) }
  } catch (error) {
    const text = `This view failed: ${(error as Error).message}. The run is unharmed.`
    return { lines: [line(text)], sentence: 'The other views work.', keys: ['Esc back'] }
  }
}

/** What is open over a view. */
function over(lines: readonly Line[], model: Model, size: Size): readonly Line[] {
  if (model.ui.explained !== undefined) return withExplanation(lines, model, size)
  return withMenu(lines, model, size)
}
