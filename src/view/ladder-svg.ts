/**
 * A ladder as a picture in SVG 1.1. It stands alone, runs nothing, and follows the reader's choice of light or dark. Thin: a
 * packet; double: a frame of PPP; thick: sealed by MPPE; a dot: carried across. Everything stands in the cells of a grid, and
 * each text is told its length, so that no words lie on other words, whatever the font.
 */
import { type Ladder, rowSentence } from './ladder.ts'
import { type LadderItem, rowsOf } from './ladder-fold.ts'
import { type Arrow, arrowOf, type Frame, frameOf } from './ladder-frame.ts'
import type { LadderPictureOptions } from './ladder-mermaid.ts'
import { quietWords, secondsText } from './ladder-text.ts'
import { CELL, CHARACTER, escaped, Page, px, textAt } from './svg-page.ts'

/** More columns than these make no picture that anybody can read. */
const COLUMNS = 8
/** Cells: before the first lifeline, and from a lifeline to the next. */
const TIME = 11
const GAP = { least: 20, most: 60 }
/** From row to row; in it the words, and below them the arrow. */
export const PITCH = 1.8
const ARROW = 0.95
/** A picture is for looking at: of a longer ladder the first rows are drawn, and a sentence says so. */
export const MOST_ITEMS = 400

export function ladderSvg(ladder: Ladder, items: readonly LadderItem[], options: LadderPictureOptions = {}): string {
  const shown = items.slice(0, MOST_ITEMS)
  const grid = gridOf(ladder, shown, options)
  const height = shown.length * PITCH
  const page = new Page(Math.max(grid.width, LEGEND_WIDTH, long(ladder.title) + 4))
  page.text(0, ladder.title, 'title')
  const hidden = grid.hidden.flat()
  if (hidden.length > 0) page.row().text(0, `not drawn: ${hidden.join(', ')}`, 'muted')
  page.skip(1.8)
  page.put(2.2, heads(grid))
  page.put(height + 0.8, [...lifelines(grid, height + 0.4), ...shown.flatMap((item, i) => rowMarks(item, grid, i))])
  if (items.length > shown.length) {
    page.text(0, leftSentence(items.length - shown.length), 'fault')
    page.skip(1.4)
  }
  legend(page)
  return page.svg(ladder.title, shown.map(itemSentence).join(' '), LADDER_STYLE)
}

export const leftSentence = (left: number): string =>
  `${left} more rows are not in this picture: choose with --from, --to, --layer, --nodes, --tunnel or --call.`

/** Where everything stands, in cells. */
export interface Grid extends Frame {
  readonly xs: readonly number[]
  readonly width: number
  readonly arrows: ReadonlyMap<LadderItem, Arrow>
}

const long = (text: string): number => Math.ceil(([...text].length * CHARACTER) / CELL.width)

/** Gaps are as wide as the words between their columns want, within reason. */
export function gridOf(ladder: Ladder, items: readonly LadderItem[], { nodes }: LadderPictureOptions): Grid {
  const frame = frameOf(ladder, items.flatMap(rowsOf), { most: COLUMNS, names: nodes })
  const { columns } = frame
  const arrows = new Map<LadderItem, Arrow>()
  for (const item of items) if (item.kind !== 'quiet') arrows.set(item, arrowOf(item, frame, ladder.now))
  const gaps = columns.map((column, i) => {
    const next = columns[i + 1]
    const names = next ? (headWidth(column) + headWidth(next)) / 2 + 4 : headWidth(column) / 2 + 2
    return Math.ceil(next ? Math.max(GAP.least, names) : names)
  })
  // First those of a single gap, then what long arrows still want, shared by the gaps that they cross.
  for (const arrow of arrows.values()) {
    const [a, b] = [Math.min(arrow.from, arrow.to), Math.max(arrow.from, arrow.to)]
    if (b - a === 1) gaps[a] = Math.max(gaps[a], Math.min(GAP.most, long(wordsOf(arrow, 0)) + 4))
    if (b === a)
      gaps[sideOf(a, columns.length)] = Math.max(gaps[sideOf(a, columns.length)], Math.min(GAP.most, stubWidth(arrow)))
  }
  for (const arrow of arrows.values()) {
    const [a, b] = [Math.min(arrow.from, arrow.to), Math.max(arrow.from, arrow.to)]
    const have = gaps.slice(a, b).reduce((sum, gap) => sum + gap, 0)
    const want = Math.min(GAP.most, long(wordsOf(arrow, 0)) + 4)
    for (let i = a; b - a > 1 && have < want && i < b; i++) gaps[i] += Math.ceil((want - have) / (b - a))
  }
  const xs: number[] = []
  let x = TIME + Math.max(2, columns.length > 0 ? Math.ceil(headWidth(columns[0]) / 2) : 0)
  for (const gap of gaps) {
    xs.push(x)
    x += gap
  }
  return { ...frame, xs, width: Math.ceil(x), arrows }
}

const headWidth = ({ name, job }: Frame['columns'][number]): number => Math.max(long(name), long(job)) + 2

/** A row with one column stands at its right, except at the last. */
const sideOf = (column: number, count: number): number => (column === count - 1 && count > 1 ? column - 1 : column)
const stubWidth = (arrow: Arrow): number => long(wordsOf(arrow, 0)) + 6

/** What is said of an arrow; the longest of its words that are no longer than `room`, or the last, cut. */
function wordsOf({ labels, other, dropped, reason }: Arrow, room: number): string {
  const texts = labels.map(text => {
    const named = other === undefined ? text : other.way === 'to' ? `${text} → ${other.name}` : `${other.name}: ${text}`
    return dropped ? `${named} × ${reason}` : named
  })
  if (room === 0) return texts[0]
  const fitting = texts.find(text => long(text) <= room)
  if (fitting !== undefined) return fitting
  const last = texts[texts.length - 1]
  return `${last.slice(0, Math.max(1, Math.floor((room * CELL.width) / CHARACTER) - 1))}…`
}

/** Names in boxes, and what each is for. */
export function heads({ columns, xs }: Grid): string[] {
  return columns.flatMap(({ name, job }, i) => {
    const width = headWidth({ name, job, rank: 0 })
    const box = `<rect class="chip" x="${px((xs[i] - width / 2) * CELL.width)}" y="0" width="${px(width * CELL.width)}" height="${px(2 * CELL.height)}" rx="5"/>`
    return [
      box,
      centred(xs[i], job === '' ? 0.5 : 0.05, name, 'name'),
      job === '' ? '' : centred(xs[i], 0.95, job, 'muted'),
    ]
  })
}

const centred = (x: number, row: number, text: string, role: string): string =>
  textAt(x - ([...text].length * CHARACTER) / CELL.width / 2, row, text, role)

/** From the names down, so many rows. */
export const lifelines = ({ xs }: Grid, rows: number): string[] =>
  xs.map(x => `<path class="life" d="M${px(x * CELL.width)} ${px(-0.2 * CELL.height)}V${px(rows * CELL.height)}"/>`)

/** One row, as a group with a tooltip. */
export function rowMarks(item: LadderItem, grid: Grid, index: number, more = ''): string[] {
  const top = index * PITCH
  const { xs, width } = grid
  if (item.kind === 'quiet') {
    return [
      group(item, more, [textAt(xs[0] + 1.5, top + 0.4, `: ${quietWords(item.length)}`, 'muted halo')], top, width),
    ]
  }
  const time = secondsText(item.t)
  const marks = [textAt(TIME - 2 - long(time), top + 0.4, time, 'time')]
  if (item.kind === 'fold') marks.push(textAt(0, top + 0.4, '+', 'muted'))
  const arrow = grid.arrows.get(item)
  if (item.kind === 'fold' && item.many) marks.push(textAt(xs[0] + 1.5, top + 0.4, item.labels[0], 'muted halo'))
  else if (arrow) marks.push(...arrowMarks(arrow, grid, top))
  return [group(item, more, marks, top, width)]
}

const group = (item: LadderItem, more: string, marks: readonly string[], top: number, width: number): string =>
  `<g class="row"${more}><title>${escaped(itemSentence(item))}</title><rect class="back" x="${px(-8)}" y="${px((top - 0.15) * CELL.height)}" width="${px(width * CELL.width + 16)}" height="${px(PITCH * CELL.height)}"/>${marks.join('')}</g>`

function arrowMarks(arrow: Arrow, { xs }: Grid, top: number): string[] {
  const { from, to, by, dropped, share, both, role, sealed } = arrow
  const y = top + ARROW
  const kind = role === 'bad' ? 'bad' : sealed ? 'sealed' : role
  const words = sealed || role !== 'bad' ? `w-${role}` : 'w-bad'
  if (from === to) return stubMarks(arrow, xs, top, kind)
  const [a, b] = [xs[from], xs[to]]
  const step = b > a ? 1 : -1
  const tip = share === undefined ? b : a + (b - a) * share
  const [start, end] = [a + (both ? step : 0), dropped ? tip : tip - step]
  const marks = pieces(arrow, xs, start, end).map(([x, z, framed]) => line(x, z, y, kind, framed, sealed))
  for (const column of by)
    if ((xs[column] - a) * step > 0 && (tip - xs[column]) * step > 0) marks.push(dot(xs[column], y, kind))
  marks.push(dropped ? cross(tip, y) : head(tip, y, step, kind))
  if (both) marks.push(head(a, y, -step, kind))
  const room = Math.abs(b - a) - 2
  const text = wordsOf(arrow, room)
  return [...marks, textAt(step > 0 ? a + 1 : a - 1 - long(text), top, text, `${words} halo`)]
}

/** The parts of an arrow: in the tunnel, and before or behind it. */
function pieces(
  { double, clear }: Arrow,
  xs: readonly number[],
  from: number,
  to: number,
): [number, number, boolean][] {
  const [low, high] = [Math.min(from, to), Math.max(from, to)]
  if (!double) return [[low, high, false]]
  const bare = clear.map(([a, b]) => [Math.min(xs[a], xs[b]), Math.max(xs[a], xs[b])] as const)
  const cuts = [low, ...bare.flat().filter(x => x > low && x < high), high].sort((x, y) => x - y)
  return cuts.slice(1).map((x, i): [number, number, boolean] => {
    const middle = (cuts[i] + x) / 2
    return [cuts[i], x, !bare.some(([a, b]) => middle > a && middle < b)]
  })
}

/** Beside the only machine that has a column. */
function stubMarks(arrow: Arrow, xs: readonly number[], top: number, kind: string): string[] {
  const { from, other, dropped, double, sealed, role } = arrow
  const y = top + ARROW
  const side = sideOf(from, xs.length) === from ? 1 : -1
  const x = xs[from]
  const next = xs[from + side]
  const room = next === undefined ? GAP.most : Math.abs(next - x) - 3
  const text = wordsOf(arrow, room)
  const end = x + side * Math.min(room, Math.max(4, long(text)))
  const away = other?.way !== 'from'
  const [a, b] = away ? [x, end] : [end, x]
  const step = b > a ? 1 : -1
  const tip = dropped ? cross(b, y) : head(b, y, step, kind)
  const start = side > 0 ? x + 1 : x - 1 - long(text)
  return [line(a, b - (dropped ? 0 : step), y, kind, double, sealed), tip, textAt(start, top, text, `w-${role} halo`)]
}

/** Between two columns: thin, double for PPP, thick where sealed. */
function line(from: number, to: number, y: number, kind: string, double: boolean, sealed: boolean): string {
  const d = `M${px(from * CELL.width)} ${px((y + 0.5) * CELL.height)}H${px(to * CELL.width)}`
  if (!double) return `<path class="arrow a-${kind}" d="${d}"/>`
  return `<path class="arrow wide a-${kind}" d="${d}"/>${sealed ? '' : `<path class="arrow inner" d="${d}"/>`}`
}

function head(x: number, y: number, step: number, kind: string): string {
  const [tip, middle] = [x * CELL.width - step, (y + 0.5) * CELL.height]
  const back = tip - step * 9
  return `<path class="head h-${kind}" d="M${px(tip)} ${px(middle)}L${px(back)} ${px(middle - 4.5)}V${px(middle + 4.5)}Z"/>`
}

function cross(x: number, y: number): string {
  const [cx, cy] = [x * CELL.width, (y + 0.5) * CELL.height]
  return `<path class="arrow a-bad cross" d="M${px(cx - 5)} ${px(cy - 5)}L${px(cx + 5)} ${px(cy + 5)}M${px(cx - 5)} ${px(cy + 5)}L${px(cx + 5)} ${px(cy - 5)}"/>`
}

const dot = (x: number, y: number, kind: string): string =>
  `<circle class="head h-${kind}" cx="${px(x * CELL.width)}" cy="${px((y + 0.5) * CELL.height)}" r="3.5"/>`

/** In words, for those who do not see it. */
export function itemSentence(item: LadderItem): string {
  if (item.kind === 'quiet') return `${quietWords(item.length)}.`
  const time = `${secondsText(item.t)} s: `
  if (item.kind === 'row') return `${time}${rowSentence(item.row)}.`
  const [{ from, to }] = item.rows
  const who = item.many
    ? 'between several machines'
    : `${item.both ? 'between' : 'from'} ${from} ${item.both ? 'and' : 'to'} ${to}`
  return `${time}${item.labels[0]}, ${who}.`
}

const LEGEND: readonly (readonly [string, (y: number, x: number) => string])[] = [
  ['packet', (y, x) => line(x, x + 4, y, 'control', false, false) + head(x + 5, y, 1, 'control')],
  ['PPP frame', (y, x) => line(x, x + 4, y, 'ppp', true, false) + head(x + 5, y, 1, 'ppp')],
  ['sealed by MPPE', (y, x) => line(x, x + 4, y, 'sealed', true, true) + head(x + 5, y, 1, 'sealed')],
  ['carried across', (y, x) => line(x, x + 5, y, 'muted', false, false) + dot(x + 2.5, y, 'muted')],
  ['dropped', (y, x) => line(x, x + 4, y, 'bad', false, false) + cross(x + 4.5, y)],
  ['+ several packets', () => ''],
]
const LEGEND_WIDTH = LEGEND.reduce((sum, [text]) => sum + text.length + 10, 0)

function legend(page: Page): void {
  const marks: string[] = []
  let x = 0
  for (const [text, draw] of LEGEND) {
    const sign = draw(-0.1, x)
    marks.push(sign, textAt(x + (sign === '' ? 0 : 6.5), -0.1, text, 'muted'))
    x += text.length + (sign === '' ? 3 : 10)
  }
  page.put(1, marks)
}

/** Colours of `svg-page.ts`, which has light and dark; what they say, words and strokes say too. */
export const LADDER_STYLE = `
svg{--control:#0969da}
@media(prefers-color-scheme:dark){svg{--control:#58a6ff}}
.life{stroke:var(--line);stroke-width:1;stroke-dasharray:2 3}.time{fill:var(--muted)}.back{fill:none;pointer-events:all}
.halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
.arrow{stroke-width:1.5;stroke:var(--ink)}.wide{stroke-width:5}.inner{stroke:var(--page);stroke-width:2}.cross{stroke-width:2.5}
.head{fill:var(--ink)}.a-control{stroke:var(--control)}.h-control,.w-control{fill:var(--control)}.a-ppp{stroke:var(--open)}.h-ppp,.w-ppp{fill:var(--open)}
.a-sealed{stroke:var(--protected)}.h-sealed,.w-sealed{fill:var(--protected)}.a-bad{stroke:var(--none)}.h-bad,.w-bad{fill:var(--none)}.a-muted{stroke:var(--muted)}.h-muted,.w-muted{fill:var(--muted)}
`
