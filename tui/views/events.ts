/**
 * 6 Events: what happened, where, and what was dropped for which reason. Without a filter it is the story; a filter
 * searches every state and message too, but not the single packets: those are in 3 Packets.
 */
import {
  DROP_REASONS,
  explainEvent,
  explainMessage,
  type Journey,
  type SceneLayer,
  type TraceEvent,
} from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import { wordsOf } from '../filter.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { derive, type Move, makerOf, step } from '../selection.ts'
import { ends, type Line, left, line, type Role, right, span } from '../text.ts'
import { rareEvents, type Told, toldOf } from '../told.ts'
import { whatIs } from '../what.ts'
import { seconds } from '../words.ts'
import { stateName } from './machine.ts'
import { peersOf } from './packet-row.ts'

export const panes = (_: Model): number => 1

type Kind = 'drop' | 'state' | 'pptp' | 'ppp' | 'line' | 'note'
interface EventRow {
  readonly event: TraceEvent
  readonly kind: Kind
  readonly text: string
  /** Of a drop. */
  readonly reason: string
  readonly role: Role | undefined
  /** It is part of the story. */
  readonly told: boolean
  readonly hay: string
}

const remembered = new WeakMap<TraceEvent, EventRow>()
const KINDS: Readonly<Partial<Record<TraceEvent['event'], Kind>>> = {
  drop: 'drop',
  state: 'state',
  'pptp-message': 'pptp',
  'ppp-message': 'ppp',
  'line-signal': 'line',
  'tunnel-rule': 'line',
}

function rowOf(event: TraceEvent, model: Model, told: Told | undefined): EventRow {
  const known = remembered.get(event)
  if (known) return known
  const story = told?.short
  const kind = KINDS[event.event] ?? 'note'
  const text = event.event === 'drop' ? dropText(event, model) : event.event === 'state' ? stateText(event) : undefined
  const whole = text ?? brief((story ?? told?.long)?.text ?? event.event)
  const reason = event.event === 'drop' ? event.reason : ''
  const made: EventRow = {
    event,
    kind,
    text: whole,
    reason,
    role:
      story?.tone === 'good' ? 'ok' : story?.tone === 'bad' ? 'bad' : story?.tone === 'faint' ? 'muted' : ROLES[kind],
    told: story !== undefined,
    hay: `${event.node} ${kind} ${event.event} ${whole} ${reason}`.toLowerCase(),
  }
  remembered.set(event, made)
  return made
}

/** Names without their addresses, and the words for requests that other views use. */
const brief = (text: string): string =>
  text
    .replace(/(\w) \(\d+\.\d+\.\d+\.\d+\)/g, '$1')
    .replace(/Configure-/g, 'Conf-')
    .replace(/Terminate-/g, 'Term-')
    .replace(/(Conf|Term)-Request/g, '$1-Req')

const ROLES: Readonly<Partial<Record<Kind, Role>>> = { pptp: 'control', line: 'control', ppp: 'ppp', drop: 'bad' }

/** `× LCP Conf-Req 5  dave → office` */
function dropText(event: Extract<TraceEvent, { event: 'drop' }>, model: Model): string {
  const packet = event.packet === undefined ? undefined : model.recorder.packet(event.packet)
  if (!packet) return `× ${event.layer.toUpperCase()} ${event.detail ?? ''}`.trim()
  const { from, to } = peersOf(packet.journey, model)
  return `× ${whatIs(packet, model).text}  ${from} → ${to}`
}

const MACHINES: Readonly<Record<string, string>> = {
  control: 'control',
  call: 'call',
  lcp: 'LCP',
  ccp: 'CCP',
  ipcp: 'IPCP',
  auth: 'auth',
  phase: 'PPP',
}

/** `LCP Ack-Sent → Opened`, of a server with the call it is of. */
function stateText({ machine, from, to }: Extract<TraceEvent, { event: 'state' }>): string {
  const last = machine.split('.').at(-1) ?? ''
  const part = machine.startsWith('tcp[') ? 'TCP' : isLine(machine) ? 'line' : (MACHINES[last] ?? machine)
  const call = /^calls\[([^\]]+)\]/.exec(machine)?.[1]
  return `${part} ${stateName(from)} → ${stateName(to)}${call === undefined ? '' : `  call ${call}`}`
}

/** Events that the filter lets through, newest first. */
function rowsShown(model: Model): EventRow[] {
  const words = wordsOf(model.ui.filter)
  const rows: EventRow[] = []
  const events = rareEvents(model.recorder)
  const told = toldOf(model.recorder)
  for (let i = events.length - 1; i >= 0; i--) {
    const each = rowOf(events[i], model, told.get(events[i]))
    if (words.length === 0 ? each.told : words.every(word => each.hay.includes(word))) rows.push(each)
  }
  return rows
}

const chosenIndex = ({ ui }: Model, rows: readonly EventRow[]): number =>
  Math.max(0, Math.min(rows.length - 1, ui.selection.event))

export function view(model: Model, size: Size): Rendered {
  const rows = rowsShown(model)
  const index = chosenIndex(model, rows)
  const small = isSmall(size)
  const longest = Math.max(4, ...model.scene.nodes.map(({ name }) => name.length))
  const node = Math.min(longest, small ? 6 : 12)
  const whole = small ? [] : wholeLines(rows[index], size.columns, node)
  const count = size.rows - (small ? 1 : 2) - whole.length
  // The newest stands at the bottom.
  const at = rows.length - 1 - index
  const start = windowStart(at, count, rows.length)
  const lines: Line[] = small ? [] : [headLine(size.columns, node)]
  for (let i = start; i < Math.min(rows.length, start + count); i++) {
    const each = rows[rows.length - 1 - i]
    lines.push(row(cells(each, size.columns, node, small), size.columns, i === at))
  }
  if (rows.length === 0) lines[small ? 0 : 1] = emptyLine(model)
  const filled = fill(lines, { columns: size.columns, rows: size.rows - 1 - whole.length })
  return {
    lines: fill([...filled, ...whole, footLine(model, rows, size.columns, small)], size),
    sentence: sentenceOf(model, rows[index]),
    keys: ['jk event', 'Enter go there', '/ filter', 'g first', 'G last'],
  }
}

const headLine = (width: number, node: number): Line =>
  ends([span(`    time s  ${left('node', node)}  what`, 'muted')], [span('reason            ', 'muted')], width)

const REASON = 18

/** Cells of the text, and of the reason behind it. */
const roomOf = (width: number, time: number, node: number): number => width - 1 - time - 4 - node

/** What the list cuts of the chosen event stands whole below it. */
function wholeLines(chosen: EventRow | undefined, width: number, node: number): Line[] {
  if (!chosen) return []
  const { text, reason } = chosen
  const room = roomOf(width, 9, node) - (reason === '' ? 0 : REASON + 1)
  if (text.length <= room) return []
  return [rule(width, [{ at: 0, title: '' }]), ...wrap(text, width - 4).map(words => line(span(`  ${words}`)))]
}

function cells({ event, text, reason, role, kind }: EventRow, width: number, node: number, small: boolean): Line {
  const time = right(seconds(event.t), small ? 7 : 9)
  const head = span(`${time}  ${left(event.node, node)}  `)
  const room = roomOf(width, time.length, node)
  if (reason === '' || small) return [head, span(text, role)]
  return [head, span(`${left(text, room - REASON - 1)} `, kind === 'drop' ? 'bad' : role), span(reason, 'muted')]
}

function emptyLine({ recorder, ui }: Model): Line {
  if (recorder.events.length === 0) {
    return line(span(' Nothing has happened yet. Space starts, . takes one step.', 'muted'))
  }
  return line(span(` No event matches ${ui.filter}. Esc clears the filter.`, 'muted'))
}

function footLine({ ui, scene }: Model, rows: readonly EventRow[], width: number, small: boolean): Line {
  const filter = ui.typing || ui.filter !== '' ? ` / ${ui.filter}${ui.typing ? '_' : ''}` : ' / filter'
  const kinds = small ? '' : '   kind drop, state, pptp, ppp, line, note'
  const drops = `${scene.drops} ${scene.drops === 1 ? 'drop' : 'drops'}`
  return ends([span(`${filter}${kinds}`, 'muted')], [span(`${drops}  ${rows.length} shown `, 'muted')], width)
}

// The sentence

function sentenceOf(model: Model, chosen: EventRow | undefined): string {
  if (!chosen) return model.recorder.events.length === 0 ? 'Nothing has happened yet.' : 'Nothing here matches.'
  const { event } = chosen
  if (event.event === 'drop') return DROP_REASONS[event.reason]
  if (event.event === 'pptp-message' || event.event === 'ppp-message')
    return explainMessage(event.event === 'pptp-message' ? 'pptp' : 'ppp', event.type)?.text ?? `${chosen.text}.`
  if (event.event === 'line-signal') return explainEvent(event)[0].text
  if (event.event === 'tunnel-rule') return ruleSentence(event)
  if (event.event === 'state') return `${event.node}: ${stateText(event)}, because of ${event.cause}.`
  const whole = chosen.text.startsWith(`${event.node} `) ? chosen.text : `${event.node}: ${chosen.text}`
  return `${whole}${/[.?]$/.test(whole) ? '' : '.'}`
}

/** Which rule took a call. */
const ruleSentence = ({ rule, to }: Extract<TraceEvent, { event: 'tunnel-rule' }>): string =>
  to === 'local'
    ? `The rule that won: ${rule}. The call ends here, and no tunnel begins.`
    : `The rule that won: ${rule}. The call gets a tunnel, though the caller asked for none.`

// Moves

export function moveSelection(model: Model, move: Move): Selection {
  const rows = rowsShown(model)
  // Down is later, and counts from the newest.
  const to = step(move, rows.length - 1 - chosenIndex(model, rows), rows.length)
  if (to === undefined) return model.ui.selection
  const event = rows.length - 1 - to
  return { ...derive(model, partOf(model, rows[event].event)), event }
}

/** What an event is about: its packet, or its machine. */
function partOf(model: Model, event: TraceEvent): Partial<Selection> {
  if (model.capture) return { journey: frameOf(model, event)?.no }
  const packet = event.event === 'drop' && event.packet !== undefined ? model.recorder.packet(event.packet) : undefined
  if (packet) return { journey: packet.journey.no, form: packet.journey.packets.indexOf(packet), node: event.node }
  const known = model.scene.nodes.some(({ name }) => name === event.node)
  const name = layerOf(event)
  const layer = name === undefined ? -1 : (model.scene.tunnels[0]?.layers ?? []).findIndex(each => each.name === name)
  return { ...(known ? { node: event.node } : {}), ...(layer < 0 ? {} : { layer }) }
}

/** Of a capture: the frame in which a message was. */
const frameOf = ({ recorder }: Model, { t, node }: TraceEvent): Journey | undefined =>
  recorder.journeys.find(journey => journey.t === t && makerOf(journey.packets[0].id) === node)

const LAYERS: Readonly<Record<string, SceneLayer['name']>> = {
  control: 'ctl',
  call: 'call',
  lcp: 'LCP',
  auth: 'auth',
  pap: 'auth',
  chap: 'auth',
  ccp: 'CCP',
  ipcp: 'IPCP',
}

function layerOf(event: TraceEvent): SceneLayer['name'] | undefined {
  switch (event.event) {
    case 'pptp-message':
      return /call|link-info|wan-error/.test(event.type) ? 'call' : 'ctl'
    case 'ppp-message':
      return LAYERS[event.proto]
    case 'line-signal':
      return 'line'
    case 'state':
      if (event.machine.startsWith('tcp[')) return 'TCP'
      return isLine(event.machine) ? 'line' : LAYERS[event.machine.split('.').at(-1) ?? '']
    default:
      return undefined
  }
}

/** `line.call`, `dial.line.call`, `lines[tty0].call`: a telephone call, not one of PPTP. */
const isLine = (machine: string): boolean => /(^|\.)line\.call$|^lines\[[^\]]+\]\.call$/.test(machine)

/** To the packet that was dropped, to the machine that changed, or to the node. */
export function enter(model: Model): Partial<Ui> {
  const rows = rowsShown(model)
  const chosen = rows[chosenIndex(model, rows)]
  if (!chosen) return {}
  const part = partOf(model, chosen.event)
  const selection = derive(model, part)
  if (part.journey !== undefined) return { view: 'packets', pane: 0, filter: '', selection }
  if (part.layer !== undefined) return { view: 'tunnels', pane: 1, filter: '', selection }
  return part.node === undefined ? {} : { view: 'net', pane: 0, filter: '', selection }
}

export function chosenEvent(model: Model): TraceEvent | undefined {
  const rows = rowsShown(model)
  return rows[chosenIndex(model, rows)]?.event
}

/** The chosen event, if it is a drop. */
export function dropOf(model: Model): Extract<TraceEvent, { event: 'drop' }> | undefined {
  const event = chosenEvent(model)
  return event?.event === 'drop' ? event : undefined
}
