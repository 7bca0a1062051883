/**
 * The program between the screen and the views: holds the run, its recorder and the state of the interface; asks the
 * views for lines when something has changed, at most every 50 ms, and plays the run meanwhile. Paused it makes ready for
 * going back; then it has no timer.
 */
import { readBreakpoint, type Scene } from '../src/index.ts'
import { armed, atHits, withBreak } from './breaks.ts'
import type { Told } from './deeds.ts'
import type { Effect } from './effect.ts'
import { type Disk, Files } from './files.ts'
import { formOf, frame, innerSize, tabAt } from './frame.ts'
import { goTo } from './go.ts'
import { entryOf } from './keys.ts'
import { sentenceOfMenu, withMenu } from './menus.ts'
import type { Model, Rendered, Size, Ui } from './model.ts'
import type { Parts } from './parts.ts'
import type { Hit, Wall } from './player.ts'
import { FIRST_UI, modeOf, press } from './press.ts'
import type { ScreenEvent } from './screen.ts'
import { Session, type SessionSource } from './session.ts'
import { type Line, line } from './text.ts'
import { hasRoom } from './views/dash.ts'
import { help } from './views/help.ts'
import { type Start, type StartChoice, startScreen } from './views/start.ts'
import { dropAskedFor, why } from './views/why.ts'
import { seconds } from './words.ts'

/** What the program needs of the terminal. */
export interface Display {
  readonly size: Size
  draw(lines: readonly Line[], ui: Ui): void
  redraw(): void
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
  readonly parts: Parts
  readonly ui?: Partial<Ui>
  /** The program is over, with this exit status. */
  readonly onEnd: (status: number) => void
}

/** Milliseconds between two frames, at least. */
const FRAME = 50
/** While it plays and nothing is on a link, only the clock moves: half as many frames show it. */
const QUIET_FRAME = 100
/** So long something may take until it is shown that it goes on: milliseconds. */
const UNSEEN = 200
/** What takes longer is done in slices, between which keys are heard. */
const SLICE = 40
/** Between two pieces of what is done while nobody asks for anything. */
const PAUSE = 5
const QUIT = 0
const INTERRUPTED = 130

export class App {
  readonly #display: Display
  readonly #wall: Wall
  readonly #parts: Parts
  readonly #files: Files
  readonly #onEnd: (status: number) => void
  #start: Start
  #session: Session | undefined
  #ui: Ui
  #timer: (() => void) | undefined
  #drawn = Number.NEGATIVE_INFINITY
  /** The view is looking for something. */
  #looking = false
  /** Something has been made since the last frame that the next one will show. */
  #grown = false
  #ended = false

  constructor({ display, wall, open, disk, labs, parts, ui, onEnd }: AppOptions) {
    this.#display = display
    this.#wall = wall
    this.#parts = parts
    this.#onEnd = onEnd
    this.#ui = { ...FIRST_UI, view: hasRoom(display.size) ? 'dash' : 'net', ...ui }
    this.#start = { labs, chosen: 0 }
    this.#files = new Files(disk)
    if (open) this.#open(open)
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

  #open(source: SessionSource): void {
    this.#session = new Session(source, this.#wall)
    const { scene } = this.#session
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
    const before = this.#ui
    const { ui, effect } = press(this.#model(session), key, this.#display.size, this.#parts)
    this.#become(ui)
    if (ui.running !== before.running) session.player.pause()
    if (ui.running) this.#become({ ...ui, broke: undefined })
    if (effect !== undefined) this.#effect(session, effect)
  }

  #become(ui: Ui): void {
    if (ui.mouse !== this.#ui.mouse) this.#display.mouse(ui.mouse)
    this.#ui = ui
  }

  #effect(session: Session, effect: Effect): void {
    if (isOutside(effect)) return this.#outside(effect)
    if (typeof effect === 'object' && 'breakpoint' in effect) return this.#setBreakpoint(session, effect)
    if (typeof effect === 'object' && 'save' in effect) {
      return this.#tell(this.#files.save(session, effect.save, effect.replace))
    }
    this.#become({ ...this.#ui, broke: undefined })
    this.#inTime(session, effect)
    session.proceed(UNSEEN)
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
    const { text: source } = session.source
    const read = source ? readBreakpoint(text, source, session.source.lab) : undefined
    if (read?.ok) return this.#become(withBreak(this.#ui, read.breakpoint, no))
    const about = no === undefined ? {} : { about: String(no) }
    const message = read?.problem ?? 'This run has no lab file, so nobody can say what could happen in it.'
    this.#become({ ...this.#ui, message, prompt: { kind: 'breakpoint', text, ...about } })
  }

  /** A breakpoint was hit, if one was. */
  #stopAt(session: Session, hits: readonly Hit[]): void {
    if (hits.length === 0) return
    session.look()
    this.#become(atHits(this.#model(session), hits))
    session.player.pause()
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
        this.#become({ ...this.#ui, running: false })
        this.#session?.player.pause()
        return this.#display.suspend()
    }
  }

  #startKey(key: string): void {
    const { labs, chosen } = this.#start
    const command = entryOf(key, 'start', this.#ui.view)?.command
    const choose = (to: number): void => {
      this.#start = { labs, chosen: Math.max(0, Math.min(labs.length - 1, to)) }
    }
    switch (command) {
      case 'down':
        return choose(chosen + 1)
      case 'up':
        return choose(chosen - 1)
      case 'first':
      case 'pageUp':
        return choose(0)
      case 'last':
      case 'pageDown':
        return choose(labs.length - 1)
      case 'accept':
        return labs.length > 0 ? this.#open(labs[chosen]) : undefined
      case 'quit':
      case 'interrupt':
      case 'redraw':
      case 'suspend':
        return this.#outside(command)
      default:
    }
  }

  #mouse({ action, column, row }: Extract<ScreenEvent, { type: 'mouse' }>): void {
    if (!this.#ui.mouse) return
    if (action === 'wheel-up') return this.#key('Up')
    if (action === 'wheel-down') return this.#key('Down')
    if (!this.#session || this.#ui.help || this.#ui.typing || this.#ui.menu || this.#ui.prompt || row !== 1) return
    const view = tabAt(this.#ui.view, column, this.#display.size)
    if (view !== undefined) this.#become(goTo(this.#ui, view))
  }

  #model(session: Session): Model {
    const { scene, recorder, archive, explain, deeds, futures, current, travel } = session
    const ui = this.#ui
    const comparison = ui.view === 'time' && !ui.running ? session.compare(ui.selection.future) : undefined
    const known = { list: futures, current, comparison, travel }
    const model = { scene, recorder, archive, ui, explain, futures: known, ...(deeds ? { deeds } : {}) }
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
    const session = this.#session
    if (session?.travel) session.proceed(SLICE)
    else if (session && this.#ui.running) this.#play(session)
    this.#draw()
    if (this.#ended) return
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
    if (!growing && done) return
    const wait = this.#drawn + FRAME - this.#wall.now()
    this.#timer = this.#wall.schedule(PAUSE, () => (growing && wait <= PAUSE ? this.#frame() : this.#idle()))
  }

  /** Will the next frame show more, though nothing happens? */
  #growing(session: Session): boolean {
    const { view, selection } = this.#ui
    session.archive.want(view === 'packets' ? selection.journey : undefined)
    if (!session.archive.isThere) {
      session.remake()
      this.#grown = true
    }
    return this.#looking || this.#grown
  }

  #play(session: Session): void {
    const { player, scene } = session
    if (this.#ui.auto) this.#ui = { ...this.#ui, speed: player.auto(scene) }
    const hits = session.play(this.#ui.speed, armed(this.#ui))
    if (session.run.over) this.#ui = { ...this.#ui, running: false }
    this.#stopAt(session, hits)
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
type InTime = Exclude<Effect, Outside | { readonly breakpoint: string } | { readonly save: string }>

/** A view that fails says so; the run and the other views go on. */
function viewOf(model: Model, screen: Size, parts: Parts): Rendered {
  if (formOf(screen) === 'none') return { lines: [], sentence: '', keys: [] }
  const size = innerSize(screen)
  try {
    if (model.ui.why) return why(model, size)
    const view = model.ui.help ? help(model, size) : parts[model.ui.view].render(model, size)
    if (!model.ui.menu) return view
    const sentence = sentenceOfMenu(model) ?? view.sentence
    return { ...view, sentence, lines: withMenu(view.lines, model, size) }
  } catch (error) {
    const text = `This view failed: ${(error as Error).message}. The run is unharmed.`
    return { lines: [line(text)], sentence: 'The other views work.', keys: ['Esc back'] }
  }
}
