/**
 * The program between the screen and the views: holds the run, its recorder and the state of the interface; asks the
 * views for lines when something has changed, at most every 50 ms, and plays the run meanwhile. Paused it makes ready for
 * going back; then it has no timer.
 *
 * Longer than 400 lines, since it is the one place where keys, frames, the run, and a live run with its copies meet.
 */
import type { Scene, SimTime } from '../src/index.ts'
import { Captured } from './captured.ts'
import { type CopyKind, copied } from './copy.ts'
import type { Told } from './deeds.ts'
import type { Effect } from './effect.ts'
import { type ExportKind, filesOf, type WriteNew } from './export.ts'
import { type Disk, Files } from './files.ts'
import { formOf, frame, innerSize, tabAt } from './frame.ts'
import { goTo } from './go.ts'
import { LiveView } from './live.ts'
import { withMenu } from './menus.ts'
import type { Model, Rendered, Size, Ui } from './model.ts'
import type { Parts } from './parts.ts'
import type { Wall } from './player.ts'
import { FIRST_UI, press } from './press.ts'
import { pressStart } from './press-start.ts'
import type { ScreenEvent } from './screen.ts'
import { Session, type SessionSource } from './session.ts'
import { type Line, line } from './text.ts'
import { withTour } from './tour.ts'
import { hasRoom } from './views/dash.ts'
import { withExplanation } from './views/explain.ts'
import { help } from './views/help.ts'
import { type Start, type StartChoice, startScreen } from './views/start.ts'
import { why } from './views/why.ts'

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
/** Between two pieces of what is done while nobody asks for anything. */
const PAUSE = 5
const QUIT = 0
const INTERRUPTED = 130
/** Characters that go to a clipboard: xterm takes about so many. */
const CLIPBOARD = 70_000

export class App {
  readonly #display: Display
  readonly #wall: Wall
  readonly #parts: Parts
  readonly #files: Files
  readonly #writeNew: WriteNew | undefined
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
  /** The old packet that is looked at is there. */
  #remade = true
  #ended = false

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
    else if (open) this.#open(new Session(open, wall))
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
    this.#ui = { ...this.#ui, running: true, speed: 1, auto: false }
    this.#timer = this.#wall.schedule(FRAME, () => this.#frame())
    await live.run.begin()
    live.over = true
    if (this.#session === live.face) this.#ui = { ...this.#ui, running: false }
    this.#ui = { ...this.#ui, message: live.run.trouble ?? this.#ui.message }
    this.#wake()
  }

  #open(session: Session): void {
    this.#session = session
    const { capture } = session.source
    if (capture) {
      // It has happened: all of it is there, and its first frame is chosen.
      this.#capture = new Captured(capture)
      session.seek(session.run.stop)
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
    const before = this.#ui
    const { ui, effect } = press(this.#model(session), key, this.#display.size, this.#parts)
    this.#become(ui)
    if (this.#live && this.#leavesLive(this.#live, before, effect)) return
    if (ui.running !== before.running) session.player.pause()
    if (effect !== undefined) this.#effect(session, effect)
  }

  /** The live end cannot be stopped or stepped: who pauses or goes elsewhere gets a copy. True if the key is done. */
  #leavesLive(live: LiveView, before: Ui, effect: Effect | undefined): boolean {
    if (this.#session !== live.face) return false
    const seek = typeof effect === 'object' && 'seek' in effect ? effect.seek : undefined
    const pauses = before.running && !this.#ui.running
    if (this.#ui.speed !== before.speed || this.#ui.auto !== before.auto) {
      const message = 'A live run goes with the clock: other speeds are for looking back (Space).'
      this.#ui = { ...this.#ui, speed: before.speed, auto: before.auto, message }
    }
    if (seek === undefined && !pauses) return false
    if (seek !== undefined && seek >= live.run.run.now && before.running) {
      this.#ui = { ...this.#ui, running: true, message: 'That is still to come: a live run goes with the clock.' }
      return true
    }
    this.#detach(live, seek ?? live.run.run.now)
    return true
  }

  #detach(live: LiveView, t: SimTime): void {
    const known = live.run.known < Math.min(t, live.run.run.now)
    const message = known ? 'More has come in since than is kept to look back: this is the last moment of it.' : ''
    live.detach(t)
    this.#ui = { ...this.#ui, running: !live.over, message }
    this.#copy(live, message)
  }

  /** A slice of making the copy that is wanted; once it is made it is what is looked at. */
  #copy(live: LiveView, message: string): void {
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
    this.#ui = { ...this.#ui, running, speed: 1, auto: false, message }
  }

  #become(ui: Ui): void {
    if (ui.mouse !== this.#ui.mouse) this.#display.mouse(ui.mouse)
    this.#ui = ui
  }

  #effect(session: Session, effect: Effect): void {
    if (effect === 'step') session.player.step(this.#ui.stepBy)
    else if (effect === 'live') this.#attach()
    else if (effect === 'undo') this.#tell(session.undo())
    else if (effect === 'redo') this.#tell(session.redo())
    else if (effect === 'reload') this.#tell(this.#files.reload(session))
    else if (typeof effect === 'string') this.#outside(effect)
    else if ('seek' in effect) session.seek(effect.seek)
    else if ('act' in effect) this.#tell(session.act(effect.act), effect.again)
    else if ('save' in effect) this.#tell(this.#files.save(session, effect.save, effect.replace))
    else if ('copy' in effect) this.#say(this.#copyOut(session, effect.copy))
    else if ('export' in effect) this.#say(this.#export(session, effect.export))
    else this.#tell(this.#files.seed(session, effect.seed))
  }

  /** Says what has come of it; a line that was not understood stays, to be mended. */
  #tell({ ok, message }: Told, again?: Ui['prompt']): void {
    this.#become({ ...this.#ui, message, ...(ok || !again ? {} : { prompt: again }) })
  }

  #say(message: string): void {
    this.#ui = { ...this.#ui, message }
  }

  #copyOut(session: Session, kind: CopyKind): string {
    const text = copied(kind, this.#model(session), () => this.#view(session).lines)
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

  #outside(effect: 'quit' | 'interrupt' | 'redraw' | 'suspend'): void {
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
    const { start, open, effect } = pressStart(this.#start, key)
    this.#start = start
    if (open) this.#open(new Session(open, this.#wall))
    if (effect) this.#outside(effect)
  }

  #mouse({ action, column, row }: Extract<ScreenEvent, { type: 'mouse' }>): void {
    if (!this.#ui.mouse) return
    if (action === 'wheel-up') return this.#key('Up')
    if (action === 'wheel-down') return this.#key('Down')
    if (!this.#session || this.#ui.help || this.#ui.typing || this.#ui.menu || this.#ui.prompt || row !== 1) return
    const view = tabAt(this.#ui.view, column, this.#display.size)
    if (view !== undefined) this.#become(goTo(this.#ui, view))
  }

  get #isLiveEnd(): boolean {
    return this.#session === this.#live?.face && this.#ui.running
  }

  #model(session: Session): Model {
    const { scene, recorder, archive, explain, deeds } = session
    const { fixed } = session.source
    const can = { ...(deeds ? { deeds } : {}), ...(fixed === undefined ? {} : { fixed }) }
    const model = { scene, recorder, archive, ui: this.#ui, explain, ...can }
    if (this.#capture) return { ...model, capture: this.#capture }
    const live = this.#live
    return live ? { ...model, live: { behind: live.behind(session), over: live.over } } : model
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
    if (this.#live?.progress !== undefined) this.#copy(this.#live, '')
    const session = this.#session
    if (session && this.#ui.running) this.#play(session)
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

  /** What is looked for or made again comes first and is drawn as it grows; then going back is made ready. */
  #idle(): void {
    this.#timer = undefined
    const session = this.#session
    if (!session) return
    const growing = this.#growing(session)
    if (!growing && session.prepare()) return this.#behind(session)
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
    const before = this.#remade
    this.#remade = session.remake()
    return this.#looking || !this.#remade || !before
  }

  #play(session: Session): void {
    const { player, run, scene } = session
    const live = this.#live
    if (session === live?.face) return
    if (this.#ui.auto) this.#ui = { ...this.#ui, speed: player.auto(scene) }
    player.play(this.#ui.speed)
    if (run.over) this.#ui = { ...this.#ui, running: false }
    else if (live && run.now >= live.run.run.now)
      this.#attach('Here the copy has caught up with the run: this is live.')
    else if (live && run.now >= live.run.known) this.#ui = { ...this.#ui, running: false }
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
    this.#display.draw(frame(model, view, size), this.#ui)
  }
}

/** A view that fails says so; the run and the other views go on. */
function viewOf(model: Model, screen: Size, parts: Parts): Rendered {
  if (formOf(screen) === 'none') return { lines: [], sentence: '', keys: [] }
  const size = innerSize(screen)
  try {
    const { ui } = model
    const view = ui.why ? why(model, size) : ui.help ? help(model, size) : parts[ui.view].render(model, size)
    return { ...view, lines: withTour(over(view.lines, model, size), model, size) }
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
