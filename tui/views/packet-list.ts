/** The list of journeys: who sent what to whom, and how far it has come. Of a million only the rows in sight are made. */
import { row, windowStart } from '../draw.ts'
import type { Model } from '../model.ts'
import { type Row, rowOf, type Shown } from '../shown.ts'
import { ends, fit, type Line, left, line, right, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'

/** Number of the selected journey, or of the newest one that is shown. */
export function chosenNo({ ui }: Model, shown: Shown): number | undefined {
  const { journey } = ui.selection
  if (journey !== undefined && shown.indexOf(journey) >= 0) return journey
  return shown.length === 0 ? undefined : shown.at(shown.length - 1)
}

const dotSpan = (dot: string): Span =>
  dot === '×'
    ? span(dot, 'bad')
    : dot === '►'
      ? span(dot, undefined, { bold: true })
      : span(dot, dot === '●' ? 'ok' : 'muted')

/** More nodes than this have no dot of their own. */
const DOTS = 16
/** Where `in MPPE 2` stands in its column. */
const SEAL_AT = 19

function whatCells({ text, seal, role }: Row, width: number): Line {
  const at = Math.max(text.length + 1, Math.min(SEAL_AT, width - seal.length - 1))
  const wide = seal !== '' && width >= at + seal.length
  const whole = seal === '' ? text : wide ? `${left(text, at)}${seal}` : `${text} ${seal.replace('in ', '')}`
  return [span(left(whole, width), role)]
}

/** The head, the rows around the selected one, and the line of the filter: `rows` lines. */
export function listLines(model: Model, shown: Shown, width: number, rows: number, small: boolean): Line[] {
  const chosen = chosenNo(model, shown)
  const index = chosen === undefined ? 0 : shown.indexOf(chosen)
  const count = rows - (small ? 1 : 2)
  const start = windowStart(index, count, shown.length)
  const columns = columnsOf(model, width, small)
  const lines: Line[] = small ? [] : [headLine(model, columns)]
  for (let i = start; i < start + count; i++) {
    const each = i < shown.length ? rowOf(shown.at(i), model) : undefined
    lines.push(each ? row(cellsOf(each, columns), width, each.no === chosen) : [])
  }
  if (shown.length === 0) lines[small ? 0 : 1] = emptyLine(model, shown)
  lines.push(filterLine(model, shown, start, count, width))
  return lines.map(each => fit(each, width))
}

interface Columns {
  readonly no: number
  readonly name: number
  readonly what: number
  readonly dots: number
  readonly small: boolean
}

function columnsOf({ recorder, scene, ui, capture }: Model, width: number, small: boolean): Columns {
  const no = Math.max(small ? 3 : 4, String(recorder.journeys.at(-1)?.no ?? 0).length)
  const longest = Math.max(...scene.nodes.map(({ name }) => name.length), ui.labels === 'addresses' ? 8 : 5)
  // A capture has seen its packets at one place, so they have no way; but its machines are called by their addresses.
  const name = small ? 0 : Math.min(longest, width >= 100 || capture ? 16 : 9)
  const dots = capture ? 0 : Math.min(scene.nodes.length, DOTS)
  // Marker, number, time, from, to and size, with their gaps.
  const way = capture ? 0 : 2 + 4 + dots
  const rest = small ? 1 + no + 8 + 1 + dots : 1 + no + 10 + 2 + (name + 1) * 2 + 5 + way + 1
  return { no, name, what: Math.max(8, width - rest), dots, small }
}

function headLine({ scene }: Model, { no, name, what, dots }: Columns): Line {
  const initials = scene.nodes.slice(0, dots).map(({ name }) => name[0])
  const text = ` ${right('no', no)}${right('time s', 10)}  ${left('from', name + 1)}${left('to', name + 1)}`
  const way = dots === 0 ? '' : `  way ${initials.join('')}`
  return [span(`${text}${left('what', what)}${right('size', 5)}${way}`, 'muted')]
}

function cellsOf(each: Row, { no, name, what, dots, small }: Columns): Line {
  const way = Array.from(each.way.slice(0, dots), dotSpan)
  const cells = whatCells(each, what)
  const number = right(String(each.no), no)
  if (small) return [span(number), span(right(seconds(each.t), 7)), span(' '), ...cells, span(' '), ...way]
  const size = right(String(each.size), 5)
  const head = `${number}${right(seconds(each.t), 10)}  ${left(each.from, name + 1)}${left(each.to, name + 1)}`
  return [span(head), ...cells, span(way.length === 0 ? size : `${size}      `), ...way]
}

function emptyLine({ ui }: Model, { hidden, progress }: Shown): Line {
  if (hidden === 0) return line(span(' Nothing has happened yet. Space starts, . takes one step.', 'muted'))
  if (progress < 1) return line(span(` Looking for ${ui.filter} …`, 'muted'))
  return line(span(` No packet matches ${ui.filter}; ${hidden} are hidden. Esc clears the filter.`, 'muted'))
}

function filterLine({ ui }: Model, shown: Shown, start: number, count: number, width: number): Line {
  const { length, hidden, progress } = shown
  const filter = ui.typing || ui.filter !== '' ? ` filter /${ui.filter}${ui.typing ? '_' : '/'}` : ' / filter'
  const visible = Math.min(count, length - start)
  const range =
    start + visible >= length ? `last ${visible} of ${length} shown` : `${start + 1} to ${start + visible} of ${length}`
  if (width < 78) {
    const brief = length === 0 ? 'none' : `${start + 1}-${start + visible} of ${length}`
    return ends([span(`${filter}  ${brief}`, 'muted')], [span(ui.follow ? 'follow ' : '', 'muted')], width)
  }
  const looked = progress < 1 ? `${Math.floor(progress * 100)} % looked through` : ''
  const parts = [length === 0 ? '' : range, looked, hidden > 0 && progress === 1 ? `${hidden} hidden` : '']
  const text = parts.filter(part => part !== '').join(', ')
  return ends([span(`${filter}   ${text}`, 'muted')], [span(`follow: ${ui.follow ? 'on' : 'off'} `, 'muted')], width)
}
