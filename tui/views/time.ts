/**
 * 8 Time: what was done, and what if. Every future has a line; the one that is looked at stands beside another, and rows
 * are aligned by cause, not by clock (src/lab/difference.ts). Below are the places where a run stops.
 */
import { type DifferenceRow, earliest, type TraceEvent } from '../../src/index.ts'
import { beside, fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import type { Pressed } from '../effect.ts'
import { type Future, ONE_FUTURE } from '../future.ts'
import { breakText } from '../menus.ts'
import type { Futures, Model, Rendered, Selection, Size } from '../model.ts'
import { type Move, step } from '../selection.ts'
import { stopsOf } from '../stops.ts'
import { atPause, ends, type Line, left, line, right, span } from '../text.ts'
import { seconds } from '../words.ts'
import { brief } from './time-event.ts'
import { BEFORE, LEGEND, marksLine, railOf, scaleLine } from './time-rail.ts'

/** Timelines, differences, and the places where a run stops. */
const PANES = 3
export const panes = (_: Model): number => PANES

export function view(model: Model, size: Size): Rendered {
  const { futures } = model
  if (!futures)
    return { lines: fill([], size), sentence: 'Of this run there is only what has happened.', keys: ['t go to a time'] }
  const lines = isSmall(size) ? smallLines(model, futures, size) : wideLines(model, futures, size)
  return { lines: fill(lines, size), sentence: sentenceOf(model, futures), keys: keysOf(model, futures) }
}

const keysOf = ({ ui, live }: Model, { list }: Futures): string[] =>
  live
    ? ['Tab pane', 'm mark', "' go to a mark"]
    : [
        'Tab pane',
        ...(list.length > 1 ? ['n next ≠', ui.pane === 0 ? 'Enter look at it' : 'Enter go there'] : []),
        ...['F fork here', 'u undo', 'R redo', 'b break', 'm mark'],
      ]

// Timelines

function timelines(model: Model, { list, current }: Futures, width: number): Line[] {
  const { ui, scene } = model
  const room = width - BEFORE - 1
  const marks = marksLine(ui, scene.stop, room)
  const rails = list.map(future => {
    const chosen = ui.pane === 0 && future.name === chosenFuture(model).name
    const name = span(`${future.name} `, undefined, { bold: future === current })
    return row([name, ...railOf(future, scene, room, future === current)], width, chosen)
  })
  return [scaleLine(scene.stop, width), ...rails, ...(marks ? [marks] : [])]
}

const chosenFuture = ({ ui, futures }: Model): Future =>
  futures?.list.find(({ name }) => name === ui.selection.future) ?? (futures?.current as Future)

/** `the lab as written`, `from 9.000 s: nat1 becomes like linux-pptp` */
function titleOf({ name, from, done }: Future): string {
  if (!from) return `${name}  the lab as written${done.length === 0 ? '' : ', and what you did'}`
  const own = done.filter(({ t }) => t >= from.t)
  return `${name}  from ${seconds(from.t)} s: ${own[0]?.words ?? 'nothing done yet'}`
}

// Panes

function wideLines(model: Model, futures: Futures, { columns, rows }: Size): Line[] {
  const here = futures.list.length > 1 ? [span(`here: ${futures.current.name} `, undefined, { bold: true })] : []
  const head = [...timelines(model, futures, columns), ends([span(` ${LEGEND}`, 'muted')], here, columns)]
  const stops = stopLines(model, columns)
  const shown = Math.min(Math.max(1, stops.length), Math.max(3, Math.floor((rows - 16) / 2)))
  const room = rows - head.length - 1 - shown
  const at = Math.min(stops.length - 1, model.ui.selection.stop)
  const start = windowStart(at, shown, stops.length)
  const heading = [{ at: 0, title: 'breakpoints and marks', focus: model.ui.pane === 2 }]
  const { comparison } = futures
  const body = comparison
    ? pairLines(model, comparison, { columns, rows: room })
    : aloneLines(futures.current, { columns, rows: room }, model.live ? LIVE : ALONE)
  return [
    ...head,
    ...fill(body, { columns, rows: room }),
    rule(columns, heading, '', comparison ? '┴' : '┬'),
    ...(stops.length === 0 ? [line(span('  b stops the run at what is selected, m sets a mark here.', 'muted'))] : []),
    ...stops.slice(start, start + shown),
  ]
}

function stopLines({ ui }: Model, width: number): Line[] {
  return stopsOf(ui).map(({ name, mark, breakpoint }, i) => {
    const chosen = ui.pane === 2 && i === Math.min(ui.selection.stop, ui.breaks.length + ui.marks.length - 1)
    const text = breakpoint
      ? `when  ${breakText(breakpoint)}`
      : `mark  ${seconds(mark?.t ?? 0)} s  ${named(mark?.name)}`
    return row([span(` ${left(name, 4)}${text}`, breakpoint?.on === false ? 'muted' : undefined)], width, chosen)
  })
}
const named = (name = ''): string => (name === '' ? '' : `"${name}"`)

interface Deed {
  readonly t: number
  readonly text: string
  readonly own: boolean
}

/** What was done in a future as far as it has come, by the lab file and by the user. */
function deedsOf({ course, done }: Future): Deed[] {
  const own = (t: number, text: string): boolean =>
    done.some(each => each.t <= t && each.words.split('; ').some(words => words === text || words.endsWith(` ${text}`)))
  return course.notes.flatMap(event =>
    event.event === 'action' ? [{ t: event.t, text: event.detail, own: own(event.t, event.detail) }] : [],
  )
}

function deedLine({ t, text, own }: Deed, width: number, mark = ' '): Line {
  const who = span(own ? ' yours ' : ' lab ', 'muted')
  const room = width - who.text.length - 10
  return ends(
    [span(`${mark}${right(seconds(t), 8)} ${atPause(text, room) ?? text}`, own ? 'warn' : undefined)],
    [who],
    width,
  )
}

const ALONE =
  'One future so far. Go back with , or t and do something, or press F: another future begins there, and this one is kept beside it.'
const LIVE =
  'A live run has one future: real machines take part in it. What is done with a and : at its live end happens to them too.'

function aloneLines(future: Future, { columns, rows }: Size, text: string): Line[] {
  const deeds = deedsOf(future)
  const hint = wrap(text, columns - 4).map(words => line(span(`  ${words}`, 'muted')))
  const room = Math.max(0, rows - 2 - hint.length)
  const shown = deeds.slice(-room)
  return [
    rule(columns, [{ at: 0, title: `${titleOf(future)}: what was done so far` }]),
    ...(deeds.length === 0 ? [line(span('  Nothing yet.', 'muted'))] : shown.map(deed => deedLine(deed, columns))),
    line(''),
    ...hint,
  ]
}

function pairLines(model: Model, comparison: NonNullable<Futures['comparison']>, size: Size): Line[] {
  const { a, b, result, upTo } = comparison
  const { columns, rows } = size
  const at = Math.floor(columns / 2)
  const heads = (first: string, second: string, focus = false) => [
    { at: 0, title: first, focus },
    { at, title: second, focus },
  ]
  const deeds = pairDeeds(a, b, at, columns - at - 1)
  const deedRows = Math.min(deeds.length, Math.max(3, Math.floor((rows - 4) / 3)))
  const rest = rows - 1 - deedRows - 3
  const difference = result?.rows[result.differing[chosenDifference(model)]]
  const title = !result
    ? 'comparing …'
    : difference === undefined
      ? `nothing differs up to ${seconds(upTo)} s`
      : `difference ${chosenDifference(model) + 1} of ${result.differing.length}`
  const where = difference ? `${seconds(earliest(difference))} s at ${(difference.a ?? difference.b)?.node}` : ''
  return [
    rule(columns, heads(titleOf(a), titleOf(b))),
    ...deeds.slice(0, deedRows),
    rule(columns, heads(title, where, model.ui.pane === 1), '', '┼'),
    ...fill(differenceLines(model, comparison, at, columns, rest), { columns, rows: rest }),
    rule(columns, heads(`at ${seconds(model.scene.t)} s`, `at ${seconds(model.scene.t)} s`), '', '┼'),
    ...beside([summaryOf(a, model.scene.t)], [summaryOf(b, model.scene.t)], at, { columns, rows: 1 }),
  ]
}

/** What was done in both, row by row; what both have in common up to the parting is one row. */
function pairDeeds(a: Future, b: Future, widthA: number, widthB: number): Line[] {
  const [left, right] = [deedsOf(a), deedsOf(b)]
  const keyOf = ({ t, text }: Deed): string => `${t} ${text}`
  const keys = new Map([...left, ...right].map(deed => [keyOf(deed), deed.t]))
  const order = [...keys].sort(([, t], [, u]) => t - u).map(([key]) => key)
  const rows = order.map(key => [left.find(deed => keyOf(deed) === key), right.find(deed => keyOf(deed) === key)])
  // The parting first: what comes before it is the same.
  const parted = Math.max(
    0,
    rows.findIndex(([one, other]) => !one || !other),
  )
  return rows
    .slice(Math.max(0, parted - 1))
    .map(([one, other]) => [
      ...(one ? deedLine(one, widthA, other ? ' ' : '≠') : [span(' '.repeat(widthA))]),
      span('│', 'muted'),
      ...(other ? deedLine(other, widthB, one ? ' ' : '≠') : []),
    ])
}

function differenceLines(
  model: Model,
  { result }: NonNullable<Futures['comparison']>,
  at: number,
  columns: number,
  rows: number,
): Line[] {
  if (!result) return []
  const { differing } = result
  const index = chosenDifference(model)
  // The first stays at the top while it is chosen; what follows from it stands below.
  const start = Math.max(0, Math.min(index - (index > 0 ? 1 : 0), differing.length - rows))
  return differing.slice(start, start + rows).map((i, n) => {
    const pair = result.rows[i]
    const chosen = model.ui.pane === 1 && start + n === index
    const side = (event: TraceEvent | undefined, width: number): Line => row(eventCells(model, event), width, chosen)
    return [
      ...side(pair.a, at),
      span('│', 'muted'),
      ...row([span('≠', 'warn'), ...eventCells(model, pair.b)], columns - at - 1, chosen).slice(1),
    ]
  })
}

function eventCells(model: Model, event: TraceEvent | undefined): Line {
  if (!event) return [span('          nothing of the kind', 'muted')]
  const { text, role } = brief(event, model)
  return [span(`${right(seconds(event.t), 7)} ${event.node} `), span(text, role)]
}

const chosenDifference = ({ ui, futures }: Model): number => {
  const count = futures?.comparison?.result?.differing.length ?? 0
  return Math.max(0, Math.min(count - 1, ui.selection.difference))
}

/** `tunnels 1   drops 10   √3 ×0` */
function summaryOf({ course }: Future, t: number): Line {
  const up = new Set<string>()
  let drops = 0
  for (const event of course.notes) {
    if (event.t > t) break
    if (event.event === 'drop') drops++
    if (event.event !== 'state' || !/^(dial\.)?ppp\.ipcp$/.test(event.machine)) continue
    if (event.to === 'opened') up.add(`${event.node} ${event.machine}`)
    else up.delete(`${event.node} ${event.machine}`)
  }
  const verdicts = course.verdicts.filter(verdict => verdict.t <= t)
  const passed = verdicts.filter(({ ok }) => ok).length
  const more = course.full ? '+' : ''
  return line(
    ` tunnels up ${up.size}   drops `,
    span(`${drops}${more}`, drops > 0 ? 'bad' : undefined),
    '   checks ',
    span(`√${passed}`, passed > 0 ? 'ok' : 'muted'),
    ' ',
    span(`×${verdicts.length - passed}`, verdicts.length > passed ? 'bad' : 'muted'),
  )
}

function smallLines(model: Model, futures: Futures, { columns, rows }: Size): Line[] {
  const head = timelines(model, futures, columns)
  const { result, a, b } = futures.comparison ?? {}
  if (!a || !b) {
    const deeds = deedsOf(futures.current).slice(-(rows - head.length))
    return [...head, ...deeds.map(({ t, text }) => line(`${right(seconds(t), 7)} ${text}`))]
  }
  const index = chosenDifference(model)
  const pairs = (result?.differing ?? []).slice(index).map(i => result?.rows[i] as DifferenceRow)
  const lines = pairs.flatMap(pair => [
    line(span(`≠ ${a.name} `, 'warn'), ...eventCells(model, pair.a)),
    line(span(`  ${b.name} `, 'warn'), ...eventCells(model, pair.b)),
  ])
  const title = !result ? 'comparing …' : lines.length === 0 ? 'nothing differs so far' : `${result.differing.length} ≠`
  return [...head, line(span(title, 'muted')), ...lines]
}

function sentenceOf(model: Model, futures: Futures): string {
  if (model.live) return ONE_FUTURE
  const { list, comparison } = futures
  if (list.length === 1) return 'Every change is an action. Who goes back and acts begins another future.'
  const { result, a, b } = comparison ?? {}
  if (!a || !b) return 'Two futures are held against each other when the run rests.'
  if (!result) return `${a.name} and ${b.name} are being compared; the run rests meanwhile.`
  if (result.first === undefined)
    return `Up to ${seconds(comparison?.upTo ?? 0)} s nothing differs between ${a.name} and ${b.name}.`
  const pair = result.rows[result.differing[chosenDifference(model)]]
  const event = (pair.b ?? pair.a) as TraceEvent
  const other = pair.a && pair.b ? 'in both, and not the same' : pair.b ? `only in ${b.name}` : `only in ${a.name}`
  const [what] = brief(event, model).text.split(',')
  return `${event.node}: ${what}, ${other}. ${result.differing.length} events differ.`
}

// Keys

export function moveSelection(model: Model, move: Move): Selection {
  const { ui, futures } = model
  const { selection } = ui
  const list = futures?.list ?? []
  if (ui.pane === 0) {
    const to = step(move, list.indexOf(chosenFuture(model)), list.length)
    return to === undefined ? selection : { ...selection, future: list[to].name, difference: 0 }
  }
  if (ui.pane === 1) return { ...selection, difference: moved(move, chosenDifference(model), differences(model)) }
  const count = stopsOf(ui).length
  return { ...selection, stop: moved(move, Math.min(selection.stop, Math.max(0, count - 1)), count) }
}

const differences = ({ futures }: Model): number => futures?.comparison?.result?.differing.length ?? 0
const moved = (move: Move, index: number, count: number): number => step(move, index, count) ?? index

/** `n` and `N`: to the next or the previous difference, from wherever one is. */
export function nextDifference(model: Model, way: 1 | -1): Pressed {
  const { ui } = model
  const count = differences(model)
  if (count === 0)
    return { ui: { ...ui, message: 'Nothing differs: there is one future, or the other is the same so far.' } }
  const isThere = ui.pane === 1
  const to = isThere ? Math.max(0, Math.min(count - 1, chosenDifference(model) + way)) : 0
  return { ui: { ...ui, pane: 1, selection: { ...ui.selection, difference: to } } }
}

/** Another future is looked at, or the time of a difference or of a mark, or a breakpoint becomes another. */
export function enter(model: Model): Pressed {
  const { ui, futures } = model
  if (ui.pane === 0) {
    const chosen = chosenFuture(model)
    return chosen === futures?.current ? { ui } : { ui: { ...ui, running: false }, effect: { choose: chosen.name } }
  }
  if (ui.pane === 1) {
    const { result } = futures?.comparison ?? {}
    const pair = result?.rows[result.differing[chosenDifference(model)]]
    return pair ? { ui: { ...ui, running: false }, effect: { seek: earliest(pair) } } : { ui }
  }
  const stops = stopsOf(ui)
  const stop = stops[Math.min(ui.selection.stop, stops.length - 1)]
  if (stop?.mark) return { ui: { ...ui, running: false }, effect: { seek: stop.mark.t } }
  if (!stop?.breakpoint) return { ui }
  const { breakpoint, no } = stop.breakpoint
  return { ui: { ...ui, prompt: { kind: 'breakpoint', text: breakpoint.text, about: String(no) } } }
}
