/**
 * The program between the screen and the views: holds the run, its recorder and the state of the interface; asks the
 * views for lines when something has changed, at most every 50 ms, and plays the run meanwhile. Paused it makes ready for
 * going back; then it has no timer.
 */
import { type Lab, type LabText, type RunOptions, type Scene, type SimTime, verdictWords } from '../src/index.ts'
import { askNow, dueIn, judgedIn, stopBefore } from './asking.ts'
import { type CopyKind, copied } from './copy.ts'
import type { Effect } from './effect.ts'
import { type ExportKind, filesOf, type WriteNew } from './export.ts'
import { formOf, frame, innerSize, tabAt } from './frame.ts'
import { goTo } from './go.ts'
import { withMenu } from './menus.ts'
import type { Model, Rendered, Size, Ui } from './model.ts'
import type { Parts } from './parts.ts'
import type { Wall } from './player.ts'
import { FIRST_UI, press } from './press.ts'
import { pressStart } from './press-start.ts'
import type { ScreenEvent } from './screen.ts'
import { Session } from './session.ts'
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
  readonly lab: Lab | undefined
  /** Of a recorded run. */
  readonly replay?: RunOptions
  /** The `pptp-lab explain` of it. */
  readonly explain: string
  /** Labs to choose from when none is given. */
  readonly labs: readonly StartChoice[]
  /** Of what the lab is made. */
  readonly text?: LabText | undefined
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
  readonly #writeNew: WriteNew | undefined
  readonly #onEnd: (status: number) => void
  #start: Start
  #session: Session | undefined
  #ui: Ui
  #timer: (() => void) | undefined
  #drawn = Number.NEGATIVE_INFINITY
  /** The view is looking for something. */
  #looking = false
  /** The old packet that is looked at is there. */
  #remade = true
  #ended = false
  /** Questions whose outcome was told. */
  readonly #told = new Set<number>()

  constructor({ display, wall, lab, text, writeNew, replay, explain, labs, parts, ui, onEnd }: AppOptions) {
    this.#display = display
    this.#wall = wall
    this.#parts = parts
    this.#onEnd = onEnd
    this.#writeNew = writeNew
    this.#ui = { ...FIRST_UI, view: hasRoom(display.size) ? 'dash' : 'net', ...ui }
    this.#start = { labs, chosen: 0, filter: '', typing: false }
    if (lab) this.#open(lab, explain, replay, text)
    this.#draw()
  }

  get ui(): Ui {
    return this.#ui
  }
  get scene(): Scene | undefined {
    return this.#session?.scene
  }
  /** Where the run stands, for a message about a fault. */
  get place(): string {
    const { lab, t } = this.#session?.scene ?? {}
    return lab ? `lab ${lab.name}, seed ${lab.seed}, at ${((t ?? 0) / 1e9).toFixed(9)} s` : 'no lab is open'
  }

  #open(lab: Lab, explain: string, replay: RunOptions = {}, text?: LabText): void {
    const source = { lab, replay, explain, ...(text ? { text } : {}) }
    this.#session = new Session(source, this.#wall)
    this.#session.limit = run => stopBefore(lab, this.#ui, run)
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
    const before = this.#ui
    const { ui, effect } = press(this.#model(session), key, this.#display.size, this.#parts)
    this.#become(ui)
    if (ui.running !== before.running) session.player.pause()
    if (effect !== undefined) this.#effect(session, effect)
    if (ui.asking?.told) this.#told.add(ui.asking.no)
    if (before.asking && !ui.asking) this.#heed(session)
  }

  #become(ui: Ui): void {
    if (ui.mouse !== this.#ui.mouse) this.#display.mouse(ui.mouse)
    this.#ui = ui
  }

  #effect(session: Session, effect: Effect): void {
    if (effect === 'step') session.player.step(this.#ui.stepBy)
    else if (typeof effect === 'string') this.#outside(effect)
    else if ('copy' in effect) this.#say(this.#copy(session, effect.copy))
    else if ('export' in effect) this.#say(this.#export(session, effect.export))
    else session.seek(effect.seek)
    if (effect === 'step') this.#heed(session)
    else if (typeof effect !== 'string' && 'seek' in effect) this.#heed(session, effect.seek)
  }

  #say(message: string): void {
    this.#ui = { ...this.#ui, message }
  }

  #copy(session: Session, kind: CopyKind): string {
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
        this.#become({ ...this.#ui, running: false })
        this.#session?.player.pause()
        return this.#display.suspend()
    }
  }

  #startKey(key: string): void {
    const { start, open, effect } = pressStart(this.#start, key)
    this.#start = start
    if (open) this.#open(open.lab, open.explain)
    if (effect) this.#outside(effect)
  }

  #mouse({ action, column, row }: Extract<ScreenEvent, { type: 'mouse' }>): void {
    if (!this.#ui.mouse) return
    if (action === 'wheel-up') return this.#key('Up')
    if (action === 'wheel-down') return this.#key('Down')
    if (
      !this.#session ||
      this.#ui.help ||
      this.#ui.typing ||
      this.#ui.menu ||
      this.#ui.prompt ||
      this.#ui.asking ||
      row !== 1
    )
      return
    const view = tabAt(this.#ui.view, column, this.#display.size)
    if (view !== undefined) this.#become(goTo(this.#ui, view))
  }

  #model({ scene, recorder, source, archive }: Session): Model {
    return { scene, recorder, archive, ui: this.#ui, explain: source.explain }
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
    if (session && this.#ui.running) this.#play(session)
    this.#draw()
    if (this.#ended) return
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
    if (!growing && session.prepare()) return
    const wait = this.#drawn + FRAME - this.#wall.now()
    this.#timer = this.#wall.schedule(PAUSE, () => (growing && wait <= PAUSE ? this.#frame() : this.#idle()))
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
    if (this.#ui.auto) this.#ui = { ...this.#ui, speed: player.auto(scene) }
    player.play(this.#ui.speed)
    if (run.over) this.#ui = { ...this.#ui, running: false }
    this.#heed(session)
  }

  /** The questions of the lab: says what the run has shown, and asks what is due on the way to `goal`. */
  #heed({ run, player, source: { lab } }: Session, goal?: SimTime): void {
    if (!this.#ui.quiz || this.#ui.asking) return
    const { guesses } = this.#ui
    const judged = guesses.size === 0 ? [] : judgedIn(lab, guesses, run.standing)
    for (const [i, { asked, guess, outcome }] of judged.entries()) {
      if (outcome === 'open' || this.#told.has(asked.no)) continue
      this.#told.add(asked.no)
      const where = this.#ui.view === 'checks' ? '' : ' View 7 says what is right, and why.'
      const message = `Question ${asked.no}: ${verdictWords(outcome, guess)}.${where}`
      const selection = { ...this.#ui.selection, check: lab.checks.length + i }
      this.#ui = { ...this.#ui, message, selection }
    }
    const due = dueIn(lab, this.#ui, run)
    if (!due) return
    this.#ui = askNow(this.#ui, due, goal)
    player.pause()
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
