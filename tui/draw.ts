/** What several views draw: rules between panes, rows that fill a pane, text in columns. */
import type { Size } from './model.ts'
import { fit, type Line, type Span, selected, span } from './text.ts'

/** Smaller than the inside of a window of 80x24: one pane, no rules, short words. */
export const isSmall = ({ columns, rows }: Size): boolean => columns < 78 || rows < 20

export interface Heading {
  /** Where it starts; an upright stands there unless it is 0. */
  readonly at: number
  readonly title: string
  /** Its pane has the keys. */
  readonly focus?: boolean
}

/**
 * `─ layers ─────────┬─ octets ────── 2 of 3 ─`: the rule above panes. A frame that sees one at its side joins it.
 */
export function rule(width: number, headings: readonly Heading[], end = '', upright: '┬' | '┴' | '┼' = '┬'): Line {
  const parts: Span[] = []
  headings.forEach(({ at, title, focus }, i) => {
    const next = headings[i + 1]?.at ?? width
    const tail = i === headings.length - 1 && end !== '' ? ` ${end} ─` : ''
    const head = `${at === 0 ? '' : upright}─`
    const room = next - at - head.length - 3
    const whole = title.length + tail.length > room && title.length <= room ? '' : tail
    const text = title.length > room - whole.length ? `${title.slice(0, Math.max(0, room - whole.length - 1))}…` : title
    parts.push(span(head, 'muted'))
    if (title !== '') parts.push(span(` ${text} `, focus ? undefined : 'muted', focus ? { bold: true } : {}))
    const used = head.length + (title === '' ? 0 : text.length + 2) + whole.length
    parts.push(span('─'.repeat(Math.max(0, next - at - used)), 'muted'))
    if (whole !== '') parts.push(span(whole, 'muted'))
  })
  return fit(parts, width)
}

/** Exactly so many lines of exactly so many cells. */
export function fill(lines: readonly Line[], { columns, rows }: Size): Line[] {
  const out = lines.slice(0, Math.max(0, rows)).map(each => fit(each, columns))
  while (out.length < rows) out.push(fit([], columns))
  return out
}

/** Two columns of lines with an upright between them. */
export function beside(a: readonly Line[], b: readonly Line[], at: number, { columns, rows }: Size): Line[] {
  const [left, right] = [fill(a, { columns: at, rows }), fill(b, { columns: columns - at - 1, rows })]
  return left.map((each, i) => [...each, span('│', 'muted'), ...right[i]])
}

/** A row of a list: `►` in front of the selected one, which is in reverse as far as the pane reaches. */
export function row(parts: Line, width: number, chosen: boolean): Line {
  const whole = fit([span(chosen ? '►' : ' '), ...parts], width)
  return chosen ? selected(whole) : whole
}

/** The first row of a window of `rows` in a list of `count` that shows the row `index`, with it in the middle where there is room. */
export const windowStart = (index: number, rows: number, count: number): number =>
  Math.max(0, Math.min(index - Math.floor(rows / 2), count - rows))

export const clamp = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index))

/** Exactly so many rows of a list, with the selected one among them; `none` where there is nothing. */
export function list<T>(
  items: readonly T[],
  selected: number,
  rows: number,
  columns: number,
  focus: boolean,
  cells: (item: T, index: number) => Line,
): Line[] {
  const index = clamp(selected, items.length)
  const start = Math.max(0, windowStart(index, rows, items.length))
  const shown = items
    .slice(start, start + rows)
    .map((item, i) => row(cells(item, start + i), columns, focus && start + i === index))
  return fill(shown.length === 0 ? [[span('  none', 'muted')]] : shown, { columns, rows })
}

/** Words in lines of at most so many cells. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = ''
    }
    current = current === '' ? word : `${current} ${word}`
  }
  return current === '' ? lines : [...lines, current]
}
