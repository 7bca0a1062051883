/** The help: the table of keys, and the words that appear on the screen. Typing searches both. */
import { KEYS, type KeyEntry, shown } from '../keys.ts'
import { type Model, type Rendered, type Size, VIEW_KEYS } from '../model.ts'
import { ends, fit, type Line, left, line, span } from '../text.ts'

const WORDS: readonly (readonly [string, string])[] = [
  ['PNS', 'the end that asks for the call'],
  ['PAC', 'the end that owns the line'],
  ['OCRQ', 'Outgoing-Call-Request'],
  ['GRE', 'carries PPP between PNS and PAC'],
  ['LCP', 'sets up the PPP link'],
  ['auth', 'who is it? (PAP or CHAP)'],
  ['CCP', 'agrees on the sealing (MPPE)'],
  ['IPCP', 'hands out the inner address'],
  ['sealed', 'encrypted by MPPE'],
  ['way', '● passed ► moving ○ to come × lost'],
]

interface Row {
  readonly name: string
  readonly text: string
  /** Cells of the name. */
  readonly width: number
  /** A heading has no key. */
  readonly heading?: string
}

const KEY_WIDTH = 11
const WORD_WIDTH = 6

/** Every row of the help for a view, in the order of reading: time, here, everywhere, words. */
export function helpRows(model: Model): readonly Row[] {
  const { view } = model.ui
  const works = (entry: KeyEntry): boolean =>
    entry.modes.includes('view') && (entry.views === undefined || entry.views.includes(view))
  const group = (heading: string, name: KeyEntry['group']): Row[] => [
    { name: '', text: '', width: 0, heading },
    ...KEYS.filter(entry => entry.group === name && works(entry)).map(entry => ({
      name: entry.keys.map(shown).join(' '),
      text: entry.help,
      width: KEY_WIDTH,
    })),
  ]
  return [
    ...group('time', 'time'),
    ...group(`here: ${VIEW_KEYS[view].title}`, 'here'),
    ...group('everywhere', 'everywhere'),
    { name: '', text: '', width: 0, heading: 'words' },
    ...WORDS.map(([name, text]) => ({ name, text, width: WORD_WIDTH })),
  ]
}

/** How many pages the help has, and so how far it scrolls. */
export function helpPages(model: Model, size: Size): number {
  return Math.max(1, Math.ceil(helpRows(model).length / rowsOf(size)))
}

const columnsOf = ({ columns }: Size): number => (columns >= 78 ? 2 : 1)
/** Rows of one page: the first line says where we are. */
const rowsOf = (size: Size): number => Math.max(1, size.rows - 1) * columnsOf(size)

/** The page of the first row that the search finds; the present one if there is none. */
export function helpPageOf(model: Model, size: Size): number {
  const { helpSearch, helpScroll } = model.ui
  const first = helpRows(model).findIndex(row => matches(row, helpSearch))
  return first < 0 ? helpScroll : Math.floor(first / rowsOf(size))
}

export function help(model: Model, size: Size): Rendered {
  const { helpSearch, helpScroll } = model.ui
  const rows = helpRows(model)
  const found = rows.filter(row => matches(row, helpSearch))
  const pages = helpPages(model, size)
  const page = Math.min(helpScroll, pages - 1)
  const shownRows = rows.slice(page * rowsOf(size), (page + 1) * rowsOf(size))
  const search = helpSearch === '' ? '' : `search: ${helpSearch}, ${found.length} found`
  const head = ends(
    line(span(' HELP ', undefined, { bold: true }), search),
    line(`${size.columns < 78 ? '' : 'page '}${page + 1} of ${pages} `),
    size.columns,
  )
  const count = columnsOf(size)
  const height = Math.max(1, size.rows - 1)
  const width = Math.floor((size.columns - (count - 1)) / count)
  const lines: Line[] = [fit(head, size.columns)]
  for (let row = 0; row < height; row++) {
    const first = rowLine(shownRows[row], helpSearch, width)
    const second =
      count === 2 ? [span('│', 'muted'), ...rowLine(shownRows[row + height], helpSearch, size.columns - width - 1)] : []
    lines.push(fit(line(...first, ...second), size.columns))
  }
  return {
    lines: lines.slice(0, size.rows),
    sentence: 'The keys that work in this view, and the words of RFC 2637 and RFC 1661.',
    keys: ['/ search', 'jk page', 'Esc close'],
  }
}

const matches = ({ name, text, heading }: Row, search: string): boolean =>
  search !== '' && heading === undefined && `${name} ${text}`.toLowerCase().includes(search.toLowerCase())

function rowLine(row: Row | undefined, search: string, width: number): Line {
  if (row === undefined) return fit([], width)
  if (row.heading !== undefined) return fit(line(span(` ${row.heading} `, 'muted', { underline: true })), width)
  const marked = matches(row, search)
  const style = marked ? { reverse: true } : {}
  const mark = marked ? '►' : ' '
  return fit(
    line(
      mark,
      span(left(row.name, row.width), undefined, { bold: true, ...style }),
      ' ',
      span(row.text, undefined, style),
    ),
    width,
  )
}
