/**
 * The help: the table of keys, the words that appear on the screen, and what the lab says of itself. It opens on the keys of
 * the present view; `?` shows those of all. Typing searches everything; Enter tries the key of the chosen row.
 */
import { WORDS } from '../../src/index.ts'
import { GUESS_FIRST, isCovered, isQuizOpen } from '../asking.ts'
import { COMMANDS } from '../commands.ts'
import { wrap } from '../draw.ts'
import { isMatch, wordsOf } from '../filter.ts'
import { KEYS, type KeyEntry, shown } from '../keys.ts'
import { type Model, type Rendered, type Size, VIEW_KEYS, VIEWS } from '../model.ts'
import { ends, fit, type Line, left, line, span } from '../text.ts'
import { COVERED, COVERED_NAME } from './checks.ts'

interface Row {
  readonly name: string
  readonly text: string
  /** Cells of the name. */
  readonly width: number
  /** A heading has no key. */
  readonly heading?: string
  /** What Enter does. */
  readonly entry?: KeyEntry
  /** Or the line that it begins behind `:`. */
  readonly begins?: string
}

const KEY_WIDTH = 11
/** Words of the lab file, and of what it says: as wide as a column of 80. */
const TEXT_WIDTH = 36

const heading = (text: string): Row => ({ name: '', text: '', width: 0, heading: text })

const keyRow = (entry: KeyEntry, where = ''): Row => ({
  name: entry.keys.map(shown).join(' '),
  text: `${entry.help}${where}`,
  width: KEY_WIDTH,
  entry,
})

/** Every row of the help, in the order of reading: time, here, everywhere, words, lab. */
export function helpRows(model: Model): readonly Row[] {
  const keys = model.ui.helpAll ? allKeys() : keysHere(model)
  return [...keys, ...commandRows(), ...wordRows(), ...labRows(model)]
}

const commandRows = (): Row[] => [
  heading('typed behind :'),
  ...Object.entries(COMMANDS).map(([name, { usage, help }]) => ({
    name: `:${name}`,
    text: help,
    width: 8,
    begins: usage === '' ? name : `${name} `,
  })),
]

function keysHere({ ui }: Model): Row[] {
  const { view } = ui
  const works = ({ modes, views }: KeyEntry): boolean =>
    modes.includes('view') && (views === undefined || views.includes(view))
  const group = (title: string, name: KeyEntry['group']): Row[] => [
    heading(title),
    ...KEYS.filter(entry => entry.group === name && works(entry)).map(entry => keyRow(entry)),
  ]
  return [
    ...group('time', 'time'),
    ...group(`here: ${VIEW_KEYS[view].title}`, 'here'),
    ...group('everywhere', 'everywhere'),
  ]
}

/** How the groups are headed where all of them stand. */
export const GROUPS: Readonly<Record<KeyEntry['group'], string>> = {
  time: 'time',
  here: 'in views',
  everywhere: 'everywhere',
  filter: 'while a line is typed',
  menu: 'in lists and boxes',
  question: 'while a question of the lab is open',
  help: 'in the help',
  start: 'before the start',
}

/** In which views a key works, if not in all. */
export const viewsOf = ({ views }: KeyEntry): string =>
  views === undefined || views.length === VIEWS.length ? '' : views.map(view => VIEW_KEYS[view].title).join(', ')

const allKeys = (): Row[] =>
  (Object.keys(GROUPS) as KeyEntry['group'][]).flatMap(group => [
    heading(GROUPS[group]),
    ...KEYS.filter(entry => entry.group === group).map(entry => {
      const where = viewsOf(entry)
      return keyRow(entry, where === '' ? '' : ` (${where})`)
    }),
  ])

const wordRows = (): Row[] => {
  const width = Math.max(...Object.keys(WORDS).map(name => name.length))
  return [heading('words'), ...Object.entries(WORDS).map(([name, { short }]) => ({ name, text: short, width }))]
}

/** What might give an answer away is covered, as in 7 Checks. */
function labRows(model: Model): Row[] {
  const { scene, recorder } = model
  const description = isQuizOpen(model) ? GUESS_FIRST : recorder.run.simulation.lab.description
  const checks = scene.checks.map(check =>
    isCovered(check, model) ? { name: COVERED_NAME, description: COVERED } : check,
  )
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  return [
    heading(`the lab ${scene.lab.name}`),
    ...wrap(description, TEXT_WIDTH).map(text => ({ name: '', text, width: 0 })),
    ...checks.flatMap(({ name, description }) => {
      const [first, ...more] = wrap(description, Math.max(10, TEXT_WIDTH - width))
      return [{ name, text: first ?? '', width }, ...more.map(text => ({ name: '', text, width }))]
    }),
  ]
}

const columnsOf = ({ columns }: Size): number => (columns >= 78 ? 2 : 1)
/** Rows of one page: the first line says where we are. */
export const helpPage = (size: Size): number => Math.max(1, Math.max(1, size.rows - 1) * columnsOf(size))

/** The chosen row: never a heading. */
const chosenRow = (rows: readonly Row[], { helpRow }: Model['ui']): number => {
  const at = Math.max(0, Math.min(rows.length - 1, helpRow))
  return rows[at]?.heading === undefined ? at : at + 1
}

/** The row so many further; headings are passed over. */
export function helpMove(model: Model, by: number): number {
  const rows = helpRows(model)
  const from = chosenRow(rows, model.ui)
  const to = Math.max(0, Math.min(rows.length - 1, from + by))
  if (rows[to].heading === undefined) return to
  return by < 0 && to > 0 ? to - 1 : to + 1
}

/** The first row from the chosen one on that the search finds, in a direction and around the end; the chosen one if there is none. */
export function helpMatch(model: Model, turn: 0 | 1 | -1): number {
  const rows = helpRows(model)
  const from = chosenRow(rows, model.ui)
  const step = turn === 0 ? 1 : turn
  for (let i = turn === 0 ? 0 : 1; i <= rows.length; i++) {
    const at = (((from + i * step) % rows.length) + rows.length) % rows.length
    if (matches(rows[at], model.ui.helpSearch)) return at
  }
  return from
}

/** The key of the chosen row, if it works in the view. */
export function helpKey(model: Model): string | undefined {
  const rows = helpRows(model)
  const { entry } = rows[chosenRow(rows, model.ui)] ?? {}
  const works = entry?.modes.includes('view') && (entry.views?.includes(model.ui.view) ?? true)
  return works ? entry?.keys[0] : undefined
}

/** The line that the chosen row begins. */
export function helpCommand(model: Model): string | undefined {
  const rows = helpRows(model)
  return rows[chosenRow(rows, model.ui)]?.begins
}

export function help(model: Model, size: Size): Rendered {
  const { helpSearch, helpAll } = model.ui
  const rows = helpRows(model)
  const chosen = chosenRow(rows, model.ui)
  const count = rows.filter(row => matches(row, helpSearch)).length
  const perPage = helpPage(size)
  const page = Math.floor(chosen / perPage)
  const first = page * perPage
  const search = wordsOf(helpSearch).length === 0 ? '' : `search: ${helpSearch}, ${count} found`
  const head = ends(
    line(span(` HELP${helpAll ? ', all keys' : ''} `, undefined, { bold: true }), search),
    line(`${size.columns < 78 ? '' : 'page '}${page + 1} of ${Math.max(1, Math.ceil(rows.length / perPage))} `),
    size.columns,
  )
  const columns = columnsOf(size)
  const height = Math.max(1, size.rows - 1)
  const width = Math.floor((size.columns - (columns - 1)) / columns)
  const cell = (at: number, cells: number): Line => rowLine(rows[at], helpSearch, at === chosen, cells)
  const lines: Line[] = [fit(head, size.columns)]
  for (let row = 0; row < height; row++) {
    const second = columns === 2 ? [span('│', 'muted'), ...cell(first + row + height, size.columns - width - 1)] : []
    lines.push(fit(line(...cell(first + row, width), ...second), size.columns))
  }
  return {
    lines: lines.slice(0, size.rows),
    sentence: 'Enter tries the key of the row. In a view e explains what is selected.',
    keys: ['/ search', 'jk row', 'n next found', 'Enter try the key', helpAll ? '? keys here' : '? all keys'],
  }
}

const matches = ({ name, text, heading }: Row, search: string): boolean =>
  heading === undefined && wordsOf(search).length > 0 && isMatch(`${name} ${text}`, search)

function rowLine(row: Row | undefined, search: string, chosen: boolean, width: number): Line {
  if (row === undefined) return fit([], width)
  if (row.heading !== undefined) return fit(line(span(` ${row.heading} `, 'muted', { underline: true })), width)
  const style = chosen ? { reverse: true } : {}
  const found = matches(row, search)
  const mark = chosen ? '►' : found ? '·' : ' '
  const name = row.width === 0 ? [] : [span(left(row.name, row.width), undefined, { bold: true, ...style }), ' ']
  return fit(line(mark, ...name, span(row.text, undefined, found ? { ...style, underline: true } : style)), width)
}
