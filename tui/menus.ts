/** Lists to choose from that open over a view: what stands in each, and what choosing does. */
import { ACT_MENUS } from './acts.ts'
import { openCommand } from './commands.ts'
import { copiesOf } from './copy.ts'
import { wrap } from './draw.ts'
import type { Pressed } from './effect.ts'
import { offersOf } from './export.ts'
import { ownFile } from './files.ts'
import type { Break, MenuKind, Model, Size } from './model.ts'
import { cut, fit, type Line, line, plainText, selected, span } from './text.ts'
import { seconds } from './words.ts'

export interface MenuRow {
  /** Chooses the row at once. */
  readonly key: string
  readonly text: string
  /** Stands behind the text where there is room for that of all rows. */
  readonly more?: string
  /** What a teacher would say about it, while it is chosen. */
  readonly sentence?: string
}

export interface Menu {
  /** `about` is what it was opened for. */
  title(model: Model, about: string): string
  rows(model: Model, about: string): readonly MenuRow[]
  /** What is said instead when there is nothing to choose from. */
  readonly empty: string
  /** `model.ui` has no menu any more. */
  pick(model: Model, index: number, about: string): Pressed
  /** Keys that work besides, as hints tell them: `d delete`. */
  readonly also?: readonly string[]
  delete?(model: Model, index: number): Pressed
  edit?(model: Model, index: number): Pressed
}

export const MENUS: Readonly<Record<MenuKind, Menu>> = {
  ...ACT_MENUS,
  marks: {
    title: () => 'go to a mark',
    rows: ({ ui }) =>
      ui.marks.map(({ letter, t, name }) => ({
        key: letter,
        text: `${seconds(t)} s${name === '' ? '' : `  "${name}"`}`,
      })),
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
    rows: model => [...saveRow(model), ...offersOf(model)],
    empty: 'There is nothing to write.',
    pick: (model, index) => {
      const offer = offersOf(model)[index - saveRow(model).length]
      if (!offer) return { ui: openCommand(model, `save ${ownFile(model.scene.lab.name)}`) }
      return { ui: model.ui, effect: { export: offer.kind } }
    },
  },
  breakpoints: {
    title: () => 'breakpoints',
    rows: ({ ui }) => ui.breaks.map(each => ({ key: String(each.no), text: breakText(each) })),
    empty: 'No breakpoint is set: b sets one for what is selected.',
    also: ['d delete', 'e change'],
    pick: ({ ui }, index) => {
      const breaks = ui.breaks.map((each, i) => (i === index ? { ...each, on: !each.on } : each))
      return { ui: { ...ui, breaks, menu: { kind: 'breakpoints', chosen: index } } }
    },
    delete: ({ ui }, index) => {
      const breaks = ui.breaks.filter((_, i) => i !== index)
      const chosen = Math.min(index, breaks.length - 1)
      return { ui: { ...ui, breaks, ...(breaks.length === 0 ? {} : { menu: { kind: 'breakpoints', chosen } }) } }
    },
    edit: ({ ui }, index) => {
      const { breakpoint, no } = ui.breaks[index]
      return { ui: { ...ui, prompt: { kind: 'breakpoint', text: breakpoint.text, about: String(no) } } }
    },
  },
  futures: {
    title: () => 'forget a future',
    rows: ({ futures }) =>
      (futures?.list ?? [])
        .filter(future => future !== futures?.current)
        .map(({ name, from, done }) => ({
          key: name,
          text: `from ${seconds(from?.t ?? 0)} s, ${done.length} ${done.length === 1 ? 'action' : 'actions'}`,
        })),
    empty: 'There is only one future: F begins another.',
    pick: ({ ui, futures }, index) => {
      const others = (futures?.list ?? []).filter(future => future !== futures?.current)
      return { ui, effect: { forget: others[index].name } }
    },
  },
}

/** The lab itself is written by a line that is typed, since it needs a name. */
const saveRow = ({ deeds }: Model): readonly MenuRow[] =>
  deeds ? [{ key: 'w', text: 'the lab with all that was done, as a lab file ...' }] : []

/** `drop at nat1   on   hit 5 times, last 22.120 s` */
export function breakText({ breakpoint, on, hits, last }: Break): string {
  const times = hits === 1 ? 'once' : `${hits} times`
  const hit = last === undefined ? 'not yet' : `hit ${times}, last ${seconds(last)} s`
  return `${breakpoint.text.padEnd(36)} ${on ? 'on ' : 'off'}  ${hit}`
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
  const names = Math.max(...entries.map(({ text, more }) => (more === undefined ? 0 : text.length)))
  const wide = entries.every(({ more = '' }) => names + more.length + 7 <= widthFor(size))
  const shown = entries.slice(first, first + room).map(({ key, text, more }, i) => {
    const chosen = first + i === menu.chosen
    const words = wide && more !== undefined ? `${text.padEnd(names)}  ${more}` : text
    const whole = line(chosen ? '►' : ' ', span(key.padEnd(2), undefined, { bold: true }), words)
    return chosen ? selected(whole) : whole
  })
  return popUp(lines, title(model, about), shown, 'Esc', size)
}

/** The lines of a view with what may stand next in the line that is typed. */
export function withOffers(lines: readonly Line[], { ui }: Model, size: Size): readonly Line[] {
  const offers = ui.prompt?.offers
  if (!offers) return lines
  const room = widthFor(size) - 4
  const wide = Math.max(...offers.map(word => word.length)) + 2
  const columns = Math.max(1, Math.floor(room / wide))
  const rows = Math.ceil(offers.length / columns)
  const table = Array.from({ length: rows }, (_, row) =>
    offers
      .filter((_, i) => i % rows === row)
      .map(word => word.padEnd(wide))
      .join('')
      .trimEnd(),
  )
  // In a small window one behind the other, which needs fewer rows.
  const texts = rows + 2 <= size.rows ? table : wrap(offers.join(' '), room)
  const inside = texts.map(text => line(` ${text}`))
  return popUp(lines, 'what may stand here', inside, 'type on, or Tab', size, 'bottom')
}

/** What is said of the chosen row of the open menu, in place of the sentence of the view. */
export function sentenceOfMenu(model: Model): string | undefined {
  const { menu } = model.ui
  return menu && MENUS[menu.kind].rows(model, menu.about ?? '')[menu.chosen]?.sentence
}

/** Keys that work in the open menu; where `k` stands for a row it moves nothing. */
export function keysOfMenu(model: Model): readonly string[] {
  const { menu } = model.ui
  const rows = menu ? MENUS[menu.kind].rows(model, menu.about ?? '') : []
  const move = rows.some(({ key }) => key === 'j' || key === 'k') ? 'arrows choose' : 'jk choose'
  return [move, 'Enter take', ...(menu ? (MENUS[menu.kind].also ?? []) : []), 'q Esc close']
}

/** The widest that a box may be. */
const widthFor = ({ columns }: Size): number => columns - (columns >= 78 ? 2 * MARGIN : 0)

/** A box in the middle of a view or at its end, there also in a corner, as wide as its widest line. */
export function popUp(
  lines: readonly Line[],
  title: string,
  inside: readonly Line[],
  end: string,
  size: Size,
  place: 'middle' | 'bottom' | 'left' | 'right' = 'middle',
): Line[] {
  const widest = Math.max(title.length + 4, end.length + 6, ...inside.map(each => plainText(each).length + 1))
  const width = Math.min(widest + 2, widthFor(size))
  const height = Math.min(inside.length + 2, size.rows)
  const free = size.columns - width
  const at = place === 'left' ? 0 : place === 'right' ? free : Math.floor(free / 2)
  const top = place === 'middle' ? Math.floor((size.rows - height) / 2) : size.rows - height
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
