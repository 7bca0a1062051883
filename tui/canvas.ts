/** A grid of cells to draw on. What is drawn later covers what was there; what is outside is cut off. */
import type { Line, Role, Span } from './text.ts'

export type Style = Omit<Span, 'text'>
interface Cell extends Style {
  readonly text: string
}
const EMPTY: Cell = { text: ' ' }

export class Canvas {
  readonly columns: number
  readonly rows: number
  readonly #cells: Cell[][]

  constructor(columns: number, rows: number) {
    this.columns = Math.max(0, columns)
    this.rows = Math.max(0, rows)
    this.#cells = Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, () => EMPTY))
  }

  text(x: number, y: number, text: string, role?: Role, style: Omit<Style, 'role'> = {}): void {
    const row = this.#cells[y]
    if (!row) return
    for (let i = 0; i < text.length; i++) {
      if (x + i < 0 || x + i >= this.columns) continue
      row[x + i] = { text: text[i], ...(role === undefined ? {} : { role }), ...style }
    }
  }

  /** The character there; a space outside. */
  at(x: number, y: number): string {
    return this.#cells[y]?.[x]?.text ?? ' '
  }

  free(x: number, y: number, length: number): boolean {
    if (x < 0 || y < 0 || y >= this.rows || x + length > this.columns) return false
    for (let i = 0; i < length; i++) if (this.at(x + i, y) !== ' ') return false
    return true
  }

  /** A part of the drawing as lines, so many cells wide: what is seen through a window. */
  lines(x = 0, y = 0, columns = this.columns, rows = this.rows): Line[] {
    return Array.from({ length: rows }, (_, row) =>
      spansOf(Array.from({ length: columns }, (_, column) => this.#cells[y + row]?.[x + column] ?? EMPTY)),
    )
  }
}

function spansOf(cells: readonly Cell[]): Line {
  const spans: Span[] = []
  for (const cell of cells) {
    const last = spans.at(-1)
    if (last && sameStyle(last, cell)) spans[spans.length - 1] = { ...last, text: last.text + cell.text }
    else spans.push(cell)
  }
  return spans
}

const sameStyle = (a: Style, b: Style): boolean =>
  a.role === b.role && a.bold === b.bold && a.underline === b.underline && a.reverse === b.reverse
