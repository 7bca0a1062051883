/**
 * The whole table of a machine as its RFC prints it, events by states: the column of the present state in full, of the
 * others the next state only where there is no room for more; the event that led here is marked. Below: the latest
 * transitions, and the timers.
 */
import { type MachineTable, machineTableOf, type SceneLayer, type SceneTunnel } from '../../src/index.ts'
import { row, rule, windowStart } from '../draw.ts'
import type { Size } from '../model.ts'
import { type Line, left, right, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'
import { stateName } from './machine.ts'
import { timerLines } from './timers.ts'

/** The latest that are shown. */
const TRANSITIONS = 10

/** The event that led to the present state. */
const lastCause = ({ entered }: SceneLayer): string => entered.at(-1)?.cause ?? ''

/** Which row is chosen: that of the last event, until another is. */
export function eventAt(table: MachineTable, layer: SceneLayer, transition: number): number {
  if (transition >= 0) return Math.min(transition, table.events.length - 1)
  return Math.max(0, table.events.indexOf(lastCause(layer)))
}

/** `irc,scr/6`, as RFC 1661 prints it. */
function cellText(table: MachineTable, event: string, state: string): string {
  const cell = table.cell(event, state)
  if (!cell) return '-'
  const next = table.states.indexOf(cell.next)
  return cell.actions.length === 0 ? String(next) : `${cell.actions.join(',')}/${next}`
}
const shortText = (table: MachineTable, event: string, state: string): string => {
  const cell = table.cell(event, state)
  return cell ? `${cell.actions.length > 0 ? '·/' : ''}${table.states.indexOf(cell.next)}` : '-'
}

/** Lower screens show nothing below the table. */
const LOW = 14

/** The table alone needs so many rows. */
export const tableRows = (tunnel: SceneTunnel, layer: SceneLayer): number => {
  const table = machineTableOf(layer, tunnel)
  return table ? table.events.length + 2 : 0
}

export function tableLines(
  tunnel: SceneTunnel,
  layer: SceneLayer,
  transition: number,
  now: number,
  { columns, rows }: Size,
  focus: boolean,
): Line[] {
  const table = machineTableOf(layer, tunnel)
  const timers = timerLines(tunnel, now, columns)
  const history = historyOf(layer)
  if (!table) {
    return [
      rule(columns, [{ at: 0, title: `${layer.name} of ${layer.node}`, focus }]),
      [span('  There is no table of it: its states are drawn one step back, Esc.', 'muted')],
      ...(history.length === 0
        ? [[span(`  Nothing has happened to it: it is ${stateName(layer.state)}.`, 'muted')]]
        : []),
      ...lower(history, timers, { columns, rows: rows - 2 }),
    ]
  }
  const full = 2 + table.events.length
  const kept = rows < LOW ? 0 : Math.min(lowerRows(history, timers), Math.max(5, rows - full))
  const count = Math.max(1, Math.min(table.events.length, rows - 2 - kept))
  const chosen = eventAt(table, layer, transition)
  const start = windowStart(chosen, count, table.events.length)
  const widths = widthsOf(table, layer, columns)
  const hidden = count < table.events.length ? `, ${start + 1} to ${start + count} of ${table.events.length}` : ''
  return [
    rule(
      columns,
      [{ at: 0, title: `${layer.name} of ${layer.node}: ${table.title}`, focus }],
      `${table.source.replace('§', '')}${hidden}`,
    ),
    headOf(table, layer, widths),
    ...table.events.slice(start, start + count).map((event, i) => {
      const here = event === lastCause(layer)
      const cells = table.states.map((state, at) => cellOf(table, layer, event, state, widths.cells[at], here))
      return row(
        [span(left(event, widths.event), undefined, here ? { bold: true } : {}), ...cells],
        columns,
        start + i === chosen,
      )
    }),
    ...lower(history, timers, { columns, rows: rows - 2 - count }),
  ]
}

/** A column that says something has so many cells. */
const NARROW = 12

interface Widths {
  readonly event: number
  readonly cells: readonly number[]
}

/** Every column in full, if all have room; else only that of the present state. */
function widthsOf(table: MachineTable, { state }: SceneLayer, columns: number): Widths {
  const event = Math.max(...table.events.map(each => each.length)) + 1
  const whole = table.states.map((each, i) => {
    const texts = table.events.map(name => cellText(table, name, each).length)
    return Math.max(titleOf(i, each).length + 2, ...texts) + 1
  })
  const room = columns - 1 - event
  if (whole.reduce((sum, each) => sum + each, 0) <= room) return { event, cells: whole }
  const least = 4
  const wanted = table.states.indexOf(state)
  const others = table.states.length - 1
  // A narrow screen has room for the present state only.
  if (others * least + NARROW > room) {
    return { event, cells: table.states.map((_, i) => (i === wanted ? room : 0)) }
  }
  const present = Math.min(whole[wanted] ?? 0, room - others * least)
  const other = Math.max(least, Math.min(6, Math.floor((room - present) / Math.max(1, others))))
  const cells = table.states.map((_, i) => (i === wanted ? Math.max(least, room - others * other) : other))
  return { event, cells: cells.map((width, i) => (i === wanted ? Math.min(width, Math.max(present, least)) : width)) }
}

const titleOf = (index: number, state: string): string => `${index} ${stateName(state)}`

function headOf(table: MachineTable, { state }: SceneLayer, { event, cells }: Widths): Line {
  const heads = table.states.map((each, i): Span => {
    if (each === state) return span(left(`[${titleOf(i, each)}]`, cells[i]), undefined, { bold: true })
    const title = titleOf(i, each)
    return span(left(title.length < cells[i] ? title : String(i), cells[i]), 'muted')
  })
  return [span(` ${left('event', event)}`, 'muted'), ...heads]
}

function cellOf(
  table: MachineTable,
  layer: SceneLayer,
  event: string,
  state: string,
  width: number,
  here: boolean,
): Span {
  const whole = cellText(table, event, state)
  const text = whole.length < width ? whole : shortText(table, event, state)
  if (state !== layer.state) return span(left(text, width), 'muted')
  return span(left(text, width), table.cell(event, state) ? undefined : 'muted', here ? { bold: true } : {})
}

function historyOf({ entered }: SceneLayer): Line[] {
  return entered.slice(1).map(({ state, t, cause }, i): Line => {
    const change = `${stateName(entered[i].state)} → ${stateName(state)}`
    return [span(`${right(seconds(t), 9)}  `, 'muted'), span(left(change, 34)), span(cause, 'muted')]
  })
}

const lowerRows = (history: readonly Line[], timers: readonly Line[]): number =>
  (history.length > 0 ? 1 + Math.min(TRANSITIONS, history.length) : 0) + (timers.length > 0 ? 1 + timers.length : 0)

/** The timers that fire first, and the latest transitions: these have what is left. */
function lower(history: readonly Line[], timers: readonly Line[], { columns, rows }: Size): Line[] {
  const forTimers = timers.length === 0 ? 0 : Math.min(timers.length + 1, Math.max(2, rows - 4))
  const room = rows - forTimers - 1
  const shown = room < 1 ? [] : history.slice(-Math.min(TRANSITIONS, room))
  return [
    ...(shown.length > 0 ? [rule(columns, [{ at: 0, title: 'how it came there' }], 'by which event'), ...shown] : []),
    ...(forTimers > 1 ? [rule(columns, [{ at: 0, title: 'timers' }]), ...timers.slice(0, forTimers - 1)] : []),
  ]
}

// The sentence

const ACTIONS: Readonly<Record<string, string>> = {
  tlu: 'tell the layers above that it is up',
  tld: 'tell them that it is down',
  tls: 'ask for the layer below',
  tlf: 'give up the layer below',
  irc: 'fill the restart counter',
  zrc: 'empty the restart counter',
  scr: 'send Configure-Request',
  sca: 'send Configure-Ack',
  scn: 'send Configure-Nak or Reject',
  str: 'send Terminate-Request',
  sta: 'send Terminate-Ack',
  scj: 'send Code-Reject',
  ser: 'send Echo-Reply',
}
const EVENTS: Readonly<Record<string, string>> = {
  up: 'The layer below is up',
  down: 'The layer below is down',
  open: 'Somebody wants it open',
  close: 'Somebody wants it closed',
  'to+': 'Time-out, and there are tries left',
  'to-': 'Time-out, and no tries are left',
  'rcr+': 'A good Configure-Request came',
  'rcr-': 'A Configure-Request came that is not good',
  rca: 'Configure-Ack came',
  rcn: 'Configure-Nak or Reject came',
  rtr: 'Terminate-Request came',
  rta: 'Terminate-Ack came',
  ruc: 'An unknown code came',
  'rxj+': 'A Reject came that can be borne',
  'rxj-': 'A Reject came that ends all',
  rxr: 'Echo or Discard came',
}

/** `A good Configure-Request came: on to Ack-Sent; send Configure-Ack.` Until a row is chosen, what led here. */
export function tableSentence(tunnel: SceneTunnel, layer: SceneLayer, transition: number): string {
  const table = machineTableOf(layer, tunnel)
  if (!table) return 'Its states and what led to each.'
  const event = table.events[eventAt(table, layer, transition)]
  const before = transition < 0 && event === lastCause(layer) ? layer.entered.at(-2)?.state : undefined
  const state = before ?? layer.state
  const cell = table.cell(event, state)
  const what = EVENTS[event] ?? `${event.charAt(0).toUpperCase()}${event.slice(1).replaceAll('-', ' ')}`
  if (!cell) return `${what}: that cannot happen in ${stateName(state)}.`
  const actions = cell.actions.map(each => ACTIONS[each] ?? each.replaceAll('-', ' ')).join(', ')
  const next = cell.next === state ? `it stays ${stateName(cell.next)}` : `on to ${stateName(cell.next)}`
  return `${what}${before === undefined ? '' : ` in ${stateName(state)}`}: ${next}${actions === '' ? '' : `; ${actions}`}.`
}
