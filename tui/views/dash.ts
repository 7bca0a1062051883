/**
 * 0 Dash: all at once, where there is room. Its panes are the views themselves in smaller boxes, which show the form
 * that has room; the selection is one everywhere. A digit shows one of them alone, and 0 comes back.
 */
import { fill, isSmall, rule, wrap } from '../draw.ts'
import { goTo } from '../go.ts'
import { type Model, type Rendered, type Size, type Ui, VIEW_KEYS, type ViewName } from '../model.ts'
import type { Own, Part, Parts } from '../parts.ts'
import { type Line, line, plainText, span } from '../text.ts'

/** The whole window, as people know it. */
const NEEDS: Size = { columns: 110, rows: 34 }
/** The window around the room of a view: smaller than 80x24 it has no borders. */
const windowOf = (size: Size): Size =>
  isSmall(size) ? { columns: size.columns, rows: size.rows + 3 } : { columns: size.columns + 2, rows: size.rows + 4 }
/** From this width on there is a third column. */
const WIDE = 160

export const hasRoom = ({ columns, rows }: Size): boolean => columns >= NEEDS.columns && rows >= NEEDS.rows

type Others = Omit<Parts, 'dash'>

interface Pane {
  readonly view: Exclude<ViewName, 'dash'>
  /** Which pane of the view. */
  readonly pane: number
  readonly title?: string
  /** Its part of the rows of the column. */
  readonly share: number
}
interface Column {
  /** Its part of the width. */
  readonly share: number
  readonly panes: readonly Pane[]
}

const LEFT: Column = {
  share: 0.6,
  panes: [
    { view: 'net', pane: 0, share: 0.52 },
    { view: 'packets', pane: 0, share: 0.25 },
    { view: 'packets', pane: 1, share: 0.23, title: 'layers' },
  ],
}
const RIGHT: Column = {
  share: 0.4,
  panes: [
    { view: 'tunnels', pane: 0, share: 0.28 },
    { view: 'nat', pane: 0, share: 0.22 },
    { view: 'checks', pane: 0, share: 0.22 },
    { view: 'events', pane: 0, share: 0.28 },
  ],
}
/** What joins where there is room for it. */
const THIRD: Column = { share: 0.36, panes: [{ view: 'ladder', pane: 0, share: 1 }] }

const columnsOf = (size: Size): readonly Column[] =>
  windowOf(size).columns >= WIDE ? [{ ...LEFT, share: 0.38 }, { ...RIGHT, share: 0.26 }, THIRD] : [LEFT, RIGHT]

/** The model as the pane has it that has the keys; the panes of a third column come last. */
export function focused(model: Model): Model {
  const panes = [LEFT, RIGHT, THIRD].flatMap(({ panes }) => panes)
  return inside(model, panes[model.ui.pane % panes.length])
}

const panesOf = (size: Size): readonly Pane[] => columnsOf(size).flatMap(({ panes }) => panes)
const focusOf = ({ ui }: Model, size: Size): Pane => {
  const panes = panesOf(size)
  return panes[ui.pane % panes.length]
}

/** The model as the view of a pane sees it. */
const inside = (model: Model, { view, pane }: Pane): Model => ({ ...model, ui: { ...model.ui, view, pane } })

export const dashPart = (others: Others): Part => ({
  render: (model, size) => render(others, model, size),
  panes: (_, size) => panesOf(size).length,
  press: (model, own, size) => press(others, model, own, size),
})

/** Which pane is at a cell, and from where to where. */
export function paneAt(x: number, y: number, size: Size) {
  let pane = 0
  let left = 0
  const columns = columnsOf(size)
  for (const [i, { share, panes }] of columns.entries()) {
    const width = i === columns.length - 1 ? size.columns - left : Math.floor(size.columns * share)
    let top = 0
    for (const rows of heightsOf(panes, size.rows)) {
      const bottom = top + rows
      if (x >= left && x < left + width && y > top && y <= bottom)
        return { pane, left, right: left + width - 1, top: top + 1, bottom }
      top = bottom + 1
      pane++
    }
    left += width + 1
  }
  return undefined
}

/** Rows of the panes of a column, without the rules above them. */
function heightsOf(panes: readonly Pane[], rows: number): number[] {
  const room = rows - panes.length
  let left = room
  return panes.map(({ share }, i) => {
    const count = i === panes.length - 1 ? left : Math.floor(room * share)
    left -= count
    return count
  })
}

function render(others: Others, model: Model, size: Size): Rendered {
  if (!hasRoom(windowOf(size))) return tooSmall(size)
  const focus = focusOf(model, size)
  const columns = columnsOf(size)
  let x = 0
  let lines: Line[] = []
  let sentence = ''
  columns.forEach(({ share, panes }, i) => {
    const last = i === columns.length - 1
    const width = last ? size.columns - x : Math.floor(size.columns * share)
    const made = columnOf(others, model, panes, focus, { columns: width, rows: size.rows })
    sentence ||= made.sentence
    lines = i === 0 ? made.lines : lines.map((each, row) => joined(each, made.lines[row], row === 0))
    x += width + 1
  })
  return { lines, sentence, keys: KEYS }
}

const KEYS = ['Space run', '. step', '1-9 enlarge', 'Tab pane', 'hjkl move', 'Enter look inside', 'w why', '/ filter']

/** Its lines, and what the pane that has the keys says, if it is one of these. */
function columnOf(others: Others, model: Model, panes: readonly Pane[], focus: Pane, { columns, rows }: Size) {
  const heights = heightsOf(panes, rows)
  let sentence = ''
  const lines = panes.flatMap((each, i) => {
    const count = heights[i]
    const { key, title } = VIEW_KEYS[each.view]
    const head = rule(columns, [{ at: 0, title: each.title ?? `${key} ${title}`, focus: each === focus }])
    // The filter is that of the pane that has the keys.
    const seen = inside(each === focus ? model : { ...model, ui: { ...model.ui, filter: '' } }, each)
    const made = others[each.view].render(seen, { columns, rows: count })
    if (each === focus) sentence = made.sentence
    return [head, ...made.lines]
  })
  return { lines, sentence }
}

/** Two columns with an upright between them, which a rule at its side joins. */
function joined(a: Line, b: Line, first: boolean): Line {
  const [before, after] = [plainText(a).endsWith('─'), plainText(b).startsWith('─')]
  const both = before && after
  const upright = both ? (first ? '┬' : '┼') : before ? '┤' : after ? '├' : '│'
  return [...a, span(upright, 'muted'), ...b]
}

function tooSmall(size: Size): Rendered {
  const { columns, rows } = size
  const window = windowOf(size)
  const text = `The dashboard needs ${NEEDS.columns}x${NEEDS.rows}; the window is ${window.columns}x${window.rows}.`
  const words = [...wrap(text, columns - 2), 'A digit shows one view.'].map(each => line(` ${each}`))
  return {
    lines: fill([line(''), ...words], size).slice(0, rows),
    sentence: 'All views at once need more room than there is.',
    keys: ['1-9 view'],
  }
}

/** The keys go to the view of the pane; where one leads to another view, or deeper into this one, that view is shown alone. */
function press(others: Others, model: Model, own: Own, size: Size): Ui {
  const { ui } = model
  const focus = focusOf(model, size)
  const after = others[focus.view].press(inside(model, focus), own, size)
  if (after.view === focus.view && after.pane === focus.pane) {
    return { ...after, view: ui.view, pane: ui.pane, history: ui.history }
  }
  return { ...after, ...goTo(ui, after.view), pane: after.pane, selection: after.selection, filter: after.filter }
}
