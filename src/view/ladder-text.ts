/**
 * A ladder as text: a column for each machine, an arrow for each row. Single line: a packet or a signal; double: a frame of
 * PPP; `▒` on both sides of the words: sealed by MPPE; `╪` and `┼`: carried across; an arrow that stops short has not
 * arrived yet, one that ends in `×` never will.
 */
import { asciiCell } from './ascii.ts'
import type { Ladder, LadderRow } from './ladder.ts'
import type { LadderItem } from './ladder-fold.ts'
import { rowsOf } from './ladder-fold.ts'
import { type Arrow, arrowOf, type Choice, type Frame, frameOf } from './ladder-frame.ts'
import type { WordRole } from './packet-words.ts'

export interface LadderSpan {
  readonly text: string
  readonly role: WordRole | undefined
}
export type LadderLine = readonly LadderSpan[]

/** Marker of the selection, of a group, and the time: what stands before the first column. */
export const TIME_COLUMN = 12
/** Between two columns, at least. */
const GAP = 16

export interface TextFrame extends Frame {
  readonly width: number
  /** Where the lifelines are. */
  readonly xs: readonly number[]
}

/** As many columns as have room in `width`. */
export function textFrame(
  ladder: Ladder,
  rows: readonly LadderRow[],
  width: number,
  choice: Omit<Choice, 'most'> = {},
): TextFrame {
  const most = Math.max(2, 1 + Math.floor((width - TIME_COLUMN - 6) / GAP))
  const frame = frameOf(ladder, rows, { ...choice, most })
  const { columns } = frame
  const last = columns.length - 1
  const half = (i: number): number => Math.floor(Math.min(headWidth(frame, i), GAP) / 2)
  const left = TIME_COLUMN + Math.max(1, Math.min(half(0), 6))
  const right = Math.max(left + last, width - 2 - Math.max(1, half(last)))
  const xs = columns.map((_, i) => (last === 0 ? left : Math.round(left + ((right - left) * i) / last)))
  return { ...frame, width, xs }
}

const headWidth = ({ columns }: Frame, i: number): number =>
  Math.max(columns[i]?.name.length ?? 0, columns[i]?.job.length ?? 0)

/** Names, and below them jobs and what is left out between two columns. */
export function headLines(frame: TextFrame): LadderLine[] {
  const { columns, hidden, xs, width } = frame
  const names = new Cells(width)
  const jobs = new Cells(width)
  names.put(3, 'sent s', 'muted')
  for (const [i, { name, job }] of columns.entries()) {
    const room = Math.min(xs[i + 1] ?? 2 * width, width + xs[i]) - xs[i] - 1
    names.centre(xs[i], clip(name, room), undefined, TIME_COLUMN - 1)
    jobs.centre(xs[i], clip(job, room), 'muted', TIME_COLUMN - 1)
  }
  for (const [i, without] of hidden.entries()) {
    if (without.length === 0) continue
    const middle = Math.round((xs[i] + (xs[i + 1] ?? width)) / 2)
    for (const text of [`${without.join(', ')} hidden`, `${without.length} hidden`]) {
      if (jobs.isFree(middle - Math.floor(text.length / 2) - 2, text.length + 4)) {
        jobs.centre(middle, text, 'muted')
        break
      }
    }
  }
  return jobs.isFree(0, width) ? [names.line()] : [names.line(), jobs.line()]
}

/** One row, one group or one silence. */
export function itemLine(item: LadderItem, frame: TextFrame, now: number): LadderLine {
  const cells = new Cells(frame.width)
  for (const x of frame.xs) cells.put(x, '│', 'muted')
  if (item.kind === 'quiet') {
    cells.put(4, `: ${quietWords(item.length)}`, 'muted')
    for (const x of frame.xs) if (x > TIME_COLUMN + 8) cells.put(x, ':', 'muted')
    return cells.line()
  }
  if (item.kind === 'fold') cells.put(1, '+', undefined)
  else if (item.opened) cells.put(1, '-', 'muted')
  const time = secondsText(item.t)
  cells.put(Math.max(2, 9 - time.length), time, undefined)
  if (item.kind === 'fold' && item.many) cells.put(frame.xs[0] + 2, `${item.labels[0]} `, 'muted')
  else draw(cells, frame, arrowOf(item, frame, now))
  return cells.line()
}

/** `9.6 s quiet` */
export const quietWords = (length: number): string => `${(Math.floor(length / 1e8) / 10).toFixed(1)} s quiet`

/** `5.012`: cut off, not rounded. */
export const secondsText = (ns: number): string => (Math.floor(ns / 1e6) / 1e3).toFixed(3)

function draw(cells: Cells, frame: TextFrame, arrow: Arrow): void {
  const { xs } = frame
  const [a, b] = [xs[arrow.from], xs[arrow.to]]
  if (a === b) return stub(cells, frame, a, arrow)
  const step = b > a ? 1 : -1
  const tip = tipOf(arrow, a, b, step)
  const role = lineRole(arrow)
  const clear = arrow.clear.map(([from, to]) => [Math.min(xs[from], xs[to]), Math.max(xs[from], xs[to])])
  const framed = (x: number): boolean => arrow.double && !clear.some(([from, to]) => x > from && x < to)
  for (let x = a + step; (tip - x) * step > 0; x += step) {
    const column = xs.indexOf(x)
    if (column < 0) cells.put(x, framed(x) ? '═' : '─', role)
    else if (arrow.by.includes(column)) cells.put(x, arrow.double ? '╪' : '┼', role)
  }
  if (arrow.dropped) cells.put(tip, '×', 'bad')
  else cells.put(tip, step > 0 ? '►' : '◄', role)
  if (arrow.both) cells.put(a + step, step > 0 ? '◄' : '►', role)
  const texts = textsOf(arrow)
  const told = arrow.dropped && besideTip(cells, frame, tip, step, arrow.reason, 'bad')
  const long = arrow.dropped && !told ? texts.map(text => `${text} × ${arrow.reason}`) : []
  label(cells, frame, arrow, tip, [...long, ...texts])
}

const lineRole = ({ sealed, role }: Arrow): WordRole => (sealed && role !== 'bad' ? 'sealed' : role)

/** Where the arrow ends: beside its goal, or before it where it is or has died. */
function tipOf({ share, dropped }: Arrow, a: number, b: number, step: number): number {
  if (share === undefined) return dropped ? b : b - step
  return Math.round(a + (b - a) * share)
}

/** What is said of the arrow, the longest first, with the name of an end that has no column. */
const textsOf = ({ labels, other }: Arrow): string[] =>
  labels.map(text =>
    other === undefined ? text : other.way === 'to' ? `${text} → ${other.name}` : `${other.name}: ${text}`,
  )

/** Words behind the tip, if there is room before the next lifeline or none comes. */
function besideTip(
  cells: Cells,
  { xs, width }: TextFrame,
  tip: number,
  step: number,
  words: string,
  role: WordRole,
): boolean {
  const text = ` ${words} `
  const start = step > 0 ? tip + 1 : tip - text.length
  const end = start + text.length
  const cut = xs.some(x => x >= start && x < end)
  if (cut || start < TIME_COLUMN - 1 || end > width) return false
  cells.put(start, text, role)
  return true
}

/** The words go where the arrow begins, or to the first part of it in which they have room. */
function label(
  cells: Cells,
  frame: TextFrame,
  { from, by, both, dropped, share, role, clear }: Arrow,
  tip: number,
  texts: readonly string[],
): void {
  const { xs } = frame
  const a = xs[from]
  const step = tip > a ? 1 : -1
  const marks = [a, ...by.map(column => xs[column]).filter(x => (x - a) * step > 0 && (tip - x) * step > 0), tip]
  marks.sort((x, y) => (x - y) * step)
  // What is said of a sealed packet stands where it is sealed, if there is room.
  const bare = (i: number): boolean =>
    clear.some(([u, v]) => [marks[i], marks[i + 1]].every(x => x === xs[u] || x === xs[v]))
  const parts = marks.slice(1).map((_, i) => i)
  const order = [...parts.filter(i => !bare(i)), ...parts.filter(bare)]
  for (const text of texts) {
    for (const lead of [2, 1]) {
      for (const i of order) {
        const dashes = lead + (i === 0 && both ? 1 : 0)
        if (text.length <= roomIn(marks[i], marks[i + 1], dashes, lead)) {
          return write(cells, marks[i], step, dashes, text, role)
        }
      }
    }
  }
  // What has just set out has more room in front of it.
  const isUnderWay = share !== undefined && !dropped
  if (isUnderWay && texts.some(text => besideTip(cells, frame, tip, step, text, role))) return
  const dashes = both ? 2 : 1
  const whole = roomIn(a, tip, dashes, 1)
  if (whole > 0) write(cells, a, step, dashes, clip(texts[texts.length - 1], whole), dropped ? 'bad' : role)
}

/** For words between two marks: spaces around them, dashes before, and behind them one, or the head alone. */
const roomIn = (x: number, y: number, before: number, behind: number): number =>
  Math.abs(y - x) - 1 - 2 - before - (behind - 1)

/** ` words ` behind so many dashes from `x`. */
function write(cells: Cells, x: number, step: number, dashes: number, text: string, role: WordRole): void {
  const padded = ` ${text} `
  cells.put(step > 0 ? x + dashes + 1 : x - dashes - padded.length, padded, role)
}

/** A row of which only one machine has a column: it stands beside it, to the side that has room. */
function stub(cells: Cells, { xs, width }: TextFrame, x: number, arrow: Arrow): void {
  const { other, dropped, reason, role } = arrow
  const at = xs.indexOf(x)
  const rightRoom = (xs[at + 1] ?? width) - x - 1
  const leftRoom = x - (xs[at - 1] ?? TIME_COLUMN - 2) - 1
  const toRight = rightRoom >= leftRoom
  const room = Math.max(rightRoom, leftRoom)
  const away = other?.way !== 'from'
  const dash = arrow.double ? '══' : '──'
  const head = dropped ? '×' : away === toRight ? '►' : '◄'
  const name = other === undefined ? '' : other.name
  const end = dropped ? [name, reason].filter(word => word !== '').join(': ') : name
  const body = (text: string): string =>
    toRight
      ? away
        ? `${dash} ${text} ${dash[0]}${head} ${end}`
        : `${head}${dash} ${text} ${dash[0]} ${end}`
      : away
        ? `${end} ${head}${dash[0]} ${text} ${dash}`
        : `${end} ${dash[0]} ${text} ${dash}${head}`
  const texts = arrow.labels.map(body)
  const fitting = texts.find(text => text.length <= room)
  const shown = fitting ?? clip(texts[texts.length - 1], room)
  cells.put(toRight ? x + 1 : x - shown.length, shown, dropped ? 'bad' : role)
}

const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`

/** A line as cells. */
class Cells {
  readonly #cells: string[]
  readonly #roles: (WordRole | undefined)[]

  constructor(width: number) {
    this.#cells = new Array<string>(width).fill(' ')
    this.#roles = new Array<WordRole | undefined>(width).fill(undefined)
  }

  put(x: number, text: string, role: WordRole | undefined): void {
    let at = x
    for (const character of text) {
      if (at >= 0 && at < this.#cells.length) {
        this.#cells[at] = character
        this.#roles[at] = role
      }
      at++
    }
  }

  /** Around `x`, but not over either end of the line. */
  centre(x: number, text: string, role: WordRole | undefined, least = 0): void {
    const start = Math.min(x - Math.floor(text.length / 2), this.#cells.length - text.length)
    this.put(Math.max(least, start), text, role)
  }

  isFree(x: number, length: number): boolean {
    return x >= 0 && this.#cells.slice(x, x + length).every(cell => cell === ' ')
  }

  line(): LadderLine {
    const spans: { text: string; role: WordRole | undefined }[] = []
    for (const [i, cell] of this.#cells.entries()) {
      const last = spans.at(-1)
      if (last && last.role === this.#roles[i]) last.text += cell
      else spans.push({ text: cell, role: this.#roles[i] })
    }
    return spans
  }
}

export interface LadderTextOptions {
  readonly width: number
  readonly nodes?: ReadonlySet<string> | undefined
  readonly ascii?: boolean
}

/** The whole ladder, without spaces at the ends of its lines. */
export function ladderText(ladder: Ladder, items: readonly LadderItem[], options: LadderTextOptions): string {
  const { width, nodes, ascii = false } = options
  const frame = textFrame(ladder, items.flatMap(rowsOf), width, { names: nodes })
  const lines = [...headLines(frame), ...items.map(item => itemLine(item, frame, ladder.now))]
  const texts = lines.map(line => line.map(({ text }) => text).join(''))
  const shown = ascii ? texts.map(text => Array.from(text, asciiCell).join('')) : texts
  return shown.map(text => `${text.trimEnd()}\n`).join('')
}
