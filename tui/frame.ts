/**
 * What is always on the screen, around a view: the run and the clock above, the views in the upper border, a sentence in
 * the lower one, the keys below. Under 80x24 the borders and the sentence go; under 40x12 only the sentence is left
 * that says so.
 */
import type { Scene, SimTime } from '../src/index.ts'
import { keysOfMenu } from './menus.ts'
import {
  type Futures,
  type Model,
  type Rendered,
  type Size,
  type Ui,
  VIEW_KEYS,
  VIEWS,
  type ViewName,
} from './model.ts'
import { PROMPTS } from './prompts.ts'
import { ends, fit, type Line, line, plainText, type Span, span, widthOf } from './text.ts'
import { hasRoom } from './views/dash.ts'
import { seconds } from './words.ts'

const FULL: Size = { columns: 80, rows: 24 }
const LEAST: Size = { columns: 40, rows: 12 }

export type Form = 'full' | 'small' | 'none'

export function formOf({ columns, rows }: Size): Form {
  if (columns >= FULL.columns && rows >= FULL.rows) return 'full'
  return columns >= LEAST.columns && rows >= LEAST.rows ? 'small' : 'none'
}

/** The room of a view inside the frame. */
export function innerSize(size: Size): Size {
  return formOf(size) === 'full'
    ? { columns: size.columns - 2, rows: size.rows - 4 }
    : { columns: size.columns, rows: size.rows - 3 }
}

/** The whole screen: exactly `rows` lines of exactly `columns` cells. */
export function frame(model: Model, view: Rendered, size: Size): readonly Line[] {
  const { columns, rows } = size
  const { ui } = model
  const said = saidOf(model, view)
  switch (formOf(size)) {
    case 'full': {
      // What was said can be longer than the border: it begins above it, and nothing of it is lost.
      const isWhole = said === view.sentence && !ui.menu && shortened(said, columns - 4) !== undefined
      const told = isWhole ? [said] : wrap(said, columns - 6)
      const above = told.slice(0, -1).map(text => line(` ${text}`))
      const lines = filled(view.lines.slice(0, rows - 4), rows - 4, columns - 2)
      const over = above.length === 0 ? [] : [line(span('─'.repeat(columns - 2), 'muted')), ...above]
      return [
        statusOf(model, columns),
        tabsOf(ui.view, size),
        ...inside([...withoutLastRule(lines, over.length), ...over], columns, rows - 4),
        bottomOf(told.at(-1) ?? '', columns),
        hintsOf(keysOf(model, view), model, columns),
      ]
    }
    case 'small': {
      // What was said goes over the end of the view, so that a line that is being typed stays in sight.
      const told = said === view.sentence ? [] : wrap(said, columns).slice(0, rows - 3)
      const lines = view.lines.slice(0, rows - 3 - told.length).map(part => fit(part, columns))
      return [
        shortStatusOf(model, columns),
        shortTabsOf(ui.view, size),
        ...filled(lines, rows - 3 - told.length, columns),
        ...told.map(part => fit(line(part), columns)),
        hintsOf(keysOf(model, view), model, columns),
      ]
    }
    case 'none':
      return tooSmall(size, [shortStatusOf(model, columns)])
  }
}

/** What of a view stands above so many lines that lie over its end; a rule there would stand twice. */
function withoutLastRule(lines: readonly Line[], over: number): readonly Line[] {
  const above = lines.slice(0, lines.length - over)
  const isRule = over > 0 && /^─+ *$/.test(plainText(above.at(-1) ?? []))
  return isRule ? [...above.slice(0, -1), line('')] : above
}

/** Whoever looks back at a live run wants to know the way to its end; while a run goes on its key stops it. */
function keysOf({ live, ui }: Model, { keys }: Rendered): readonly string[] {
  const now = ui.running ? keys.map(key => (key === 'Space run' ? 'Space pause' : key)) : keys
  return live?.behind === undefined ? now : ['V live', ...now]
}

/** In place of the sentence stands what the last key has come to, or what goes on. */
function saidOf({ ui, futures }: Model, view: Rendered): string {
  const travel = futures?.travel
  if (travel) return `${travelWords(travel)} to ${seconds(travel.to)} s. Esc stays here.`
  return ui.message || view.sentence
}

function travelWords({ way, steps = 1 }: NonNullable<Futures['travel']>): string {
  if (way === 'on') return 'Running on'
  return steps > 1 ? `${steps} steps back: running again` : 'Running again'
}

/** What is shown where not even the small form fits. */
export function tooSmall({ columns, rows }: Size, above: readonly Line[]): readonly Line[] {
  const sentence = `This needs ${LEAST.columns}x${LEAST.rows}; the window is ${columns}x${rows}.`
  const text = wrap(sentence, columns).map(part => fit(line(part), columns))
  // The sentence matters more than the line above it.
  const lines = rows > text.length ? [...above, ...text] : text
  return filled(lines.slice(0, rows), rows, columns)
}

const filled = (lines: readonly Line[], rows: number, columns: number): Line[] => [
  ...lines,
  ...Array.from({ length: Math.max(0, rows - lines.length) }, () => line(' '.repeat(columns))),
]

/** Words in lines of at most so many cells. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (longer.length > width && current !== '') {
      lines.push(current)
      current = word
    } else current = longer
  }
  return [...lines, current]
}

interface RunState {
  readonly sign: string
  readonly ascii: string
  readonly word: string
}
const RUNNING: RunState = { sign: '►', ascii: '>', word: 'RUN' }
const PAUSED: RunState = { sign: '║', ascii: '||', word: 'PAUSED' }
const ENDED: RunState = { sign: '■', ascii: '#', word: 'END' }
const ASKS: RunState = { sign: '?', ascii: '?', word: 'QUESTION' }

/** An open question stands before anything that happens at its moment. */
const momentOf = ({ t }: Scene, { asking }: Ui): number => asking?.t ?? t

const BACK: RunState = { sign: '◄', ascii: '<', word: 'BACK' }
const ON: RunState = { sign: '►', ascii: '>', word: 'ON' }
const BROKEN: RunState = { sign: '●', ascii: '*', word: 'BREAK' }

function stateOf({ scene, ui: { running, asking, ascii, broke }, futures, live }: Model): string {
  const signOf = ({ sign, ascii: plain, word }: RunState): string => `${ascii ? plain : sign} ${word}`
  const travel = futures?.travel
  if (travel) return `${signOf(travel.way === 'back' ? BACK : ON)} ${Math.floor(travel.progress * 100)} %`
  if (broke !== undefined && !running) return `${signOf(BROKEN)} b${broke}`
  if (asking) return signOf(ASKS)
  const over = scene.over || (live?.behind === undefined && live?.over === true)
  const state = over ? ENDED : running ? RUNNING : PAUSED
  // Of a bridged run: is it the run itself, or a copy of what has been?
  if (live?.behind !== undefined)
    return signOf({ ...state, word: `DETACHED ${Math.floor(live.behind / 1e9)} s behind` })
  return signOf(live && !over ? { ...state, word: 'LIVE' } : state)
}

/** The shortest spelling of a length: `30 s`. */
const roundSeconds = (t: number): string => String(Number((t / 1e9).toFixed(3)))

export function speedOf({ auto, speed }: Ui): string {
  if (auto) return 'auto'
  return speed === Number.POSITIVE_INFINITY ? 'max' : `${speed}x`
}

function statusOf(model: Model, columns: number): Line {
  const { scene, ui, live } = model
  const wide = columns >= 100
  const state = span(` ${stateOf(model).padEnd(10)}`, undefined, { bold: true })
  const time = ` ${seconds(momentOf(scene, ui)).padStart(6)} s `
  const length = ` ${roundSeconds(scene.stop)} s${speedOf(ui).padStart(5)}`
  const step = wide ? `  step: ${ui.stepBy}` : ''
  const drops = wide && scene.drops > 0 ? `drops ${scene.drops}  ` : ''
  const seed = (live && !wide) || model.capture ? '  ' : `  seed ${scene.lab.seed}  `
  const checks = checksOf(model)
  const fixed = state.text.length + time.length + length.length + step.length + 2
  const behind = drops.length + seed.length + widthOf(checks) + 1
  const most = Math.max(8, Math.floor(columns / 5))
  const room = columns - fixed - behind - scene.lab.name.length
  const timeline = timelineOf(model, Math.min(most, Math.max(8, room)))
  const name = scene.lab.name.slice(0, Math.max(0, columns - fixed - behind - widthOf(timeline)))
  return ends(
    line(state, time, ...timeline, length, span(step, 'muted')),
    line(span(drops, 'bad'), name, span(seed, 'muted'), ...checks, ' '),
    columns,
  )
}

/** The time that stands at a column of the timeline; undefined beside it. */
export function timeAt(model: Model, column: number, size: Size): SimTime | undefined {
  const { scene } = model
  const small = formOf(size) !== 'full'
  const text = plainText(small ? shortStatusOf(model, size.columns) : statusOf(model, size.columns))
  const from = small ? text.search(/[─■·]{3}/) : text.indexOf('├') + 1
  const length = /^[─■·]*/.exec(text.slice(from))?.[0].length ?? 0
  const at = column - from
  if (from < 0 || at < 0 || at >= length) return undefined
  return length < 2 ? scene.t : Math.round((scene.stop * at) / (length - 1))
}

function shortStatusOf(model: Model, columns: number): Line {
  const { scene, ui } = model
  // Of a copy there is room for how far it is behind, or for how long it takes, not for both.
  const detached = model.live?.behind !== undefined
  const state = span(stateOf(model).replace('DETACHED ', ''), undefined, { bold: true })
  const time = ` ${seconds(momentOf(scene, ui))}s `
  const length = detached ? ` ${speedOf(ui)}` : ` ${roundSeconds(scene.stop)}s ${speedOf(ui)}`
  const checks = checksOf(model)
  const room = columns - state.text.length - time.length - length.length - widthOf(checks) - 2
  const timeline = room >= 3 ? railOf(model, Math.min(room, 8)) : []
  return ends(line(state, time, ...timeline, length), line(...checks, ' '), columns)
}

/** `├──■···────────┤`: what has happened, now, what is known of the future; of what has never run nothing is told. */
const timelineOf = (model: Model, width: number): Line =>
  line(span('├', 'muted'), ...railOf(model, width - 2), span('┤', 'muted'))

function railOf({ scene: { t, stop }, futures }: Model, width: number): Line {
  const cellOf = (at: number): number => (stop > 0 ? Math.min(width - 1, Math.floor(((width - 1) * at) / stop)) : 0)
  const now = cellOf(t)
  const known = Math.max(0, cellOf(futures?.current.course.reached.t ?? t) - now)
  const rest = '─'.repeat(width - 1 - now - known)
  return line(span('─'.repeat(now), 'muted'), '■', span('·'.repeat(known) + rest, 'muted'))
}

function checksOf({ scene: { checks }, capture }: Model): Line {
  if (capture) return line(span(`${capture.source.frames} frames`, 'muted'))
  const count = (state: 'passed' | 'failed' | 'open'): number => checks.filter(check => check.state === state).length
  const [passed, failed] = [count('passed'), count('failed')]
  return line(
    span(`√${passed}`, passed > 0 ? 'ok' : 'muted'),
    ' ',
    span(`×${failed}`, failed > 0 ? 'bad' : 'muted'),
    ' ',
    span(`?${count('open')}`, 'muted'),
  )
}

const titleOf = (view: ViewName): string => `${VIEW_KEYS[view].key} ${VIEW_KEYS[view].title}`

/** The dashboard has a name where there is room for it, or where one has gone to it all the same. */
const tabsShown = (current: ViewName, size: Size): ViewName[] =>
  VIEWS.filter(view => view !== 'dash' || current === 'dash' || hasRoom(size))

function tabsOf(current: ViewName, size: Size): Line {
  const spans = tabsShown(current, size).flatMap((view): Span[] => {
    const here = view === current
    const text = here ? `[${titleOf(view)}]` : titleOf(view)
    return [here ? span(text, undefined, { bold: true, reverse: true }) : span(text), span('─', 'muted')]
  })
  return border('┌─', spans, '┐', size.columns)
}

/** Which view's name stands at a column of the tabs. */
export function tabAt(current: ViewName, column: number, size: Size): ViewName | undefined {
  const form = formOf(size)
  let at = form === 'full' ? 2 : 0
  for (const view of tabsShown(current, size)) {
    const text = form === 'full' ? titleOf(view) : VIEW_KEYS[view].short
    const width = text.length + (view === current ? 2 : 0)
    if (column >= at && column < at + width) return view
    at += width + 1
  }
  return undefined
}

function shortTabsOf(current: ViewName, size: Size): Line {
  const spans = tabsShown(current, size).flatMap((view): (Span | string)[] => {
    const { short } = VIEW_KEYS[view]
    return [view === current ? span(`[${short}]`, undefined, { bold: true, reverse: true }) : short, ' ']
  })
  return fit(line(...spans), size.columns)
}

const bottomOf = (sentence: string, columns: number): Line =>
  border('└─', sentence === '' ? [] : fitSentence(sentence, columns - 4), '┘', columns)

/** What has room: of a longer sentence as much as ends at a pause of its own, with a full stop. */
function fitSentence(sentence: string, width: number): Line {
  const short = shortened(sentence, width)
  return short === undefined ? fit(line(` ${sentence} `), width) : line(` ${short} `)
}

/** Undefined: there is no such pause. */
function shortened(sentence: string, width: number): string | undefined {
  if (sentence.length + 2 <= width) return sentence
  const fits = (pause: RegExp): number | undefined =>
    [...sentence.matchAll(pause)].map(({ index }) => index).findLast(at => at + 3 <= width && at * 2 >= width)
  const end = fits(/(?<=\w)\.(?= )/g) ?? fits(/[,:;](?= )/g)
  return end === undefined ? undefined : `${sentence.slice(0, end)}.`
}

function border(start: string, inside: Line, end: string, columns: number): Line {
  const rest = columns - start.length - end.length - widthOf(inside)
  return fit(line(span(start, 'muted'), ...inside, span(`${'─'.repeat(Math.max(0, rest))}${end}`, 'muted')), columns)
}

/** Lines between the borders; a line of the view that begins or ends as a border is joined to them. */
function inside(lines: readonly Line[], columns: number, rows: number): Line[] {
  return filled(
    lines.slice(0, rows).map(part => fit(part, columns - 2)),
    rows,
    columns - 2,
  ).map(part => {
    const text = plainText(part)
    return line(span(text.startsWith('─') ? '├' : '│', 'muted'), ...part, span(text.endsWith('─') ? '┤' : '│', 'muted'))
  })
}

function hintsOf(keys: readonly string[], model: Model, columns: number): Line {
  const { ui } = model
  if (ui.prompt) {
    const { about = '' } = ui.prompt
    const { label: short, labelOf, keys: all, nothing } = PROMPTS[ui.prompt.kind]
    const label = labelOf?.(model, about) ?? short
    const empty = ui.prompt.text === '' ? (nothing?.(model).hint ?? '') : ''
    const keys = all.map((key, i) => (i === 0 && empty !== '' ? `${key}: ${empty}` : key))
    const typed = `${ui.prompt.text}_`
    const free = columns - label.length - 2
    // The text matters more than the keys; of a long one the end is seen, where the next letter comes.
    const shown = keys.filter((_, i) => typed.length + keys.slice(0, i + 1).join('  ').length + 2 <= free)
    const hints = shown.flatMap(key => ['  ', ...hint(key)])
    const seen = typed.slice(-Math.max(10, free))
    return fit(line(span(` ${label} `, 'muted'), span(seen, undefined, { bold: true }), ...hints), columns)
  }
  if (ui.menu) return fit(line(...keysOfMenu(model).flatMap((key, i) => [i === 0 ? ' ' : '  ', ...hint(key)])), columns)
  if (ui.explained !== undefined) return fit(line(' ', ...hint('jk more words'), '  ', ...hint('q Esc close')), columns)
  if (ui.typing) {
    const typed = `/${ui.help ? ui.helpSearch : ui.filter}_`
    return fit(
      line(
        span(` ${typed}`, undefined, { bold: true }),
        '   ',
        ...hint(ui.help ? 'Enter go there' : 'Enter keep'),
        '  ',
        ...hint('Esc clear'),
      ),
      columns,
    )
  }
  const last = ui.help ? 'q close' : '? help'
  const room = columns - last.length - 2
  // A filter that is kept hides rows: it is said in front of everything else.
  const kept = ui.filter === '' ? '' : `/${ui.filter.slice(0, 20)}`
  const spans: (Span | string)[] = [' ', span(kept, undefined, { bold: true })]
  let used = 1 + kept.length
  for (const key of keys) {
    const gap = used === 1 ? '' : '  '
    if (used + gap.length + key.length > room - 1) break
    spans.push(gap, ...hint(key))
    used += gap.length + key.length
  }
  return ends(line(...spans), line(...hint(last), ' '), columns)
}

/** `Tab machines`: the key bold, what it does muted. */
function hint(text: string): Span[] {
  const at = text.indexOf(' ')
  return at < 0
    ? [span(text, undefined, { bold: true })]
    : [span(text.slice(0, at), undefined, { bold: true }), span(text.slice(at), 'muted')]
}
