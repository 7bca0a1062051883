/** Lists to choose from that open over a view: what stands in each, and what choosing does. */
import { ACT_MENUS } from './acts.ts'
import { copiesOf } from './copy.ts'
import type { Pressed } from './effect.ts'
import { offersOf } from './export.ts'
import type { MenuKind, Model, Size } from './model.ts'
import { cut, fit, type Line, line, plainText, selected, span } from './text.ts'
import { seconds } from './words.ts'

export interface MenuRow {
  /** Chooses the row at once. */
  readonly key: string
  readonly text: string
}

export interface Menu {
  /** `about` is what it was opened for. */
  title(model: Model, about: string): string
  rows(model: Model, about: string): readonly MenuRow[]
  /** What is said instead when there is nothing to choose from. */
  readonly empty: string
  /** `model.ui` has no menu any more. */
  pick(model: Model, index: number, about: string): Pressed
}

export const MENUS: Readonly<Record<MenuKind, Menu>> = {
  ...ACT_MENUS,
  marks: {
    title: () => 'go to a mark',
    rows: ({ ui }) => ui.marks.map(({ letter, t }) => ({ key: letter, text: `${seconds(t)} s` })),
    empty: 'No mark is set: m sets one here.',
    pick: ({ ui }, index) => ({ ui: { ...ui, running: false }, effect: { seek: ui.marks[index].t } }),
  },
  copy: {
    title: () => 'copy',
    rows: copiesOf,
    empty: 'Nothing is selected.',
    pick: (model, index) => ({ ui: model.ui, effect: { copy: copiesOf(model)[index].kind } }),
  },
  export: {
    title: () => 'write a file',
    rows: offersOf,
    empty: 'There is nothing to write.',
    pick: (model, index) => ({ ui: model.ui, effect: { export: offersOf(model)[index].kind } }),
  },
}

/** A menu opens, or says why it does not. */
export function openMenu(model: Model, kind: MenuKind): Pressed {
  const { ui } = model
  const menu = MENUS[kind]
  if (menu.rows(model, '').length === 0) return { ui: { ...ui, message: menu.empty } }
  return { ui: { ...ui, menu: { kind, chosen: 0 } } }
}

/** Columns of the view that stay free on each side of a box, where there is room. */
const MARGIN = 4

/** The lines of a view with the open menu over them. */
export function withMenu(lines: readonly Line[], model: Model, size: Size): readonly Line[] {
  const { menu } = model.ui
  if (!menu) return lines
  const { title, rows } = MENUS[menu.kind]
  const { about = '' } = menu
  const entries = rows(model, about)
  const room = Math.max(1, size.rows - 2)
  const first = Math.max(0, Math.min(menu.chosen - Math.floor(room / 2), entries.length - room))
  const shown = entries.slice(first, first + room).map(({ key, text }, i) => {
    const chosen = first + i === menu.chosen
    const whole = line(chosen ? '►' : ' ', span(key.padEnd(2), undefined, { bold: true }), text)
    return chosen ? selected(whole) : whole
  })
  return popUp(lines, title(model, about), shown, 'Esc', size)
}

/** A box in the middle of a view or at its end, as wide as its widest line. */
export function popUp(
  lines: readonly Line[],
  title: string,
  inside: readonly Line[],
  end: string,
  size: Size,
  place: 'middle' | 'bottom' = 'middle',
): Line[] {
  const widest = Math.max(title.length + 4, end.length + 6, ...inside.map(each => plainText(each).length + 1))
  const width = Math.min(widest + 2, size.columns - (size.columns >= 78 ? 2 * MARGIN : 0))
  const height = Math.min(inside.length + 2, size.rows)
  const at = Math.floor((size.columns - width) / 2)
  const top = place === 'bottom' ? size.rows - height : Math.floor((size.rows - height) / 2)
  const head = `┌ ${title} `.slice(0, width - 1)
  const tail = ` ${end} ─┘`
  const box = [
    line(span(`${head}${'─'.repeat(Math.max(0, width - head.length - 1))}┐`)),
    ...inside.slice(0, height - 2).map(each => line('│', ...fit(each, width - 2), '│')),
    line(span(`└${'─'.repeat(Math.max(0, width - 1 - tail.length))}${tail}`.slice(0, width))),
  ]
  return lines.map((each, row) => {
    const part = box[row - top]
    return part ? [...cut(each, 0, at), ...fit(part, width), ...cut(each, at + width, size.columns)] : each
  })
}
