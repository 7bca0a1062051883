/** 4 Ladder: who said what in which order, because of what. Rows, and the facts of the selected one. */
import {
  chosenRows,
  DROP_REASONS,
  foldRows,
  headLines,
  itemLine,
  type Ladder,
  type LadderItem,
  type LadderRow,
  ladderHtml,
  ladderMermaid,
  ladderSvg,
  ladderText,
  type Recorder,
  RunLadder,
  rowFacts,
  rowsOf,
  type Scene,
  textFrame,
} from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import { goTo } from '../go.ts'
import type { LadderUi, Model, Rendered, Size, Ui } from '../model.ts'
import type { Own } from '../parts.ts'
import { derive, type Move, step } from '../selection.ts'
import { type Line, span } from '../text.ts'
import { seconds } from '../words.ts'

const FIRST: LadderUi = { row: undefined, turned: new Set(), allOpen: false, tunnel: undefined }
const uiOf = ({ ui }: Model): LadderUi => ui.ladder ?? FIRST

const makers = new WeakMap<Recorder, RunLadder>()
const ladders = new WeakMap<Scene, Ladder>()

/** The rows of this moment; those that are over are remembered with their journeys. */
function ladderOf({ recorder, scene, capture }: Model): Ladder {
  if (capture) return capture.ladder(recorder.journeyCount, scene.t)
  let ladder = ladders.get(scene)
  if (ladder) return ladder
  const maker = makers.get(recorder) ?? new RunLadder(recorder)
  makers.set(recorder, maker)
  ladder = maker.ladder(scene.tunnels)
  ladders.set(scene, ladder)
  return ladder
}

/** A row by something that stays when others come: its first packet, or when and by whom a signal was given. */
const rowKey = (row: LadderRow): string => `${packetOf(row) ?? `${row.t} ${row.from} ${row.label}`}`

/** Number of its first packet; of a capture that of the frame. */
const packetOf = ({ journeys, frame }: LadderRow): number | undefined => journeys[0]?.no ?? frame

interface Shown {
  readonly ladder: Ladder
  readonly rows: readonly LadderRow[]
  readonly items: readonly LadderItem[]
  /** Index of the selected item; -1: there is none. */
  readonly at: number
  /** The row of it that is meant. */
  readonly row: LadderRow | undefined
  /** None was chosen. */
  readonly newest: boolean
}

function shownOf(model: Model): Shown {
  const ladder = ladderOf(model)
  const { turned, allOpen, tunnel } = uiOf(model)
  const words = model.ui.filter.toLowerCase().split(/\s+/)
  const rows = chosenRows(ladder, { call: tunnel, words: words.filter(word => word !== '') })
  const items = foldRows(rows, first => turned.has(rowKey(first)) !== allOpen)
  const chosen = chosenRow(model, rows)
  // Until one is chosen it is the newest, in whatever group that is.
  const row = chosen ?? rows.at(-1)
  const at = row ? items.findIndex(item => rowsOf(item).includes(row)) : -1
  return { ladder, rows, items, at, row, newest: chosen === undefined }
}

/** The row that was chosen here, unless another packet was chosen elsewhere since. */
function chosenRow(model: Model, rows: readonly LadderRow[]): LadderRow | undefined {
  const { journey } = model.ui.selection
  const { row: key } = uiOf(model)
  const has = (row: LadderRow): boolean =>
    (journey !== undefined && row.frame === journey) || row.journeys.some(({ no }) => no === journey)
  const own = key === undefined ? undefined : rows.find(each => rowKey(each) === key)
  if (own && (packetOf(own) === undefined || has(own))) return own
  return journey === undefined ? undefined : rows.find(has)
}

export function view(model: Model, size: Size): Rendered {
  const shown = shownOf(model)
  return { lines: fill(linesOf(model, shown, size), size), sentence: sentenceOf(model, shown), keys: keysOf(shown) }
}

const keysOf = ({ items, at }: Shown): string[] => [
  'jk row',
  ...(at < 0 ? [] : ['Enter packet']),
  ...(items[at]?.kind === 'fold' ? ['z open'] : ['z fold']),
  'Z all',
  'c cause',
  '/ filter',
  'L one tunnel',
  'f follow',
]

function linesOf(model: Model, shown: Shown, size: Size): Line[] {
  const { columns, rows } = size
  const small = isSmall(size)
  const { ladder, items, at } = shown
  const frame = textFrame(ladder, shown.rows, columns, { steady: uiOf(model).tunnel === undefined })
  const heads = headLines(frame).map(line => line.map(({ text, role }) => span(text, role)))
  const head = small ? heads.slice(0, 1) : heads
  const facts = small ? 2 : Math.max(3, Math.min(10, Math.floor(rows / 5)))
  const room = rows - head.length - facts - (small ? 0 : 1)
  const tail = nowLines(model, ladder, columns)
  const count = items.length + tail.length
  const end = Math.max(0, count - room)
  const start = shown.newest ? Math.min(end, Math.max(0, at)) : windowStart(at, room, count)
  const seen = items.slice(start, start + room).map((item, i) => {
    const line = itemLine(item, frame, ladder.now).map(({ text, role }) => span(text, role))
    // The marker of the selection stands in the first cell.
    const [first, ...rest] = line
    return row([{ ...first, text: first.text.slice(1) }, ...rest], columns, start + i === at)
  })
  const body = items.length === 0 ? [emptyLine(model)] : [...seen, ...tail.slice(0, Math.max(0, room - seen.length))]
  const list = fill(body, { columns, rows: room })
  const told = fill(factLines(model, shown, columns, facts), { columns, rows: facts })
  if (small) return [...head, ...list, ...told]
  return [
    ...head,
    ...list,
    rule(columns, [{ at: 0, title: titleOf(shown), focus: true }], statusOf(model, shown)),
    ...told,
  ]
}

/** Where the clock stands, and what will come first as far as it is known. */
function nowLines({ scene }: Model, ladder: Ladder, columns: number): Line[] {
  const end = ` ${seconds(scene.t)} ═`
  const now = `  now ${'═'.repeat(Math.max(0, columns - 6 - end.length))}${end}`
  if (scene.over) return [[span(now, 'muted')]]
  return [[span(now, 'muted')], [span(`  next    ${seconds(scene.next)} ${nextWords(scene, ladder)}`, 'muted')]]
}

function nextWords(scene: Scene, { rows }: Ladder): string {
  const coming = rows.find(({ fate, legs }) => fate.kind === 'flying' && legs.at(-1)?.arrives === scene.next)
  const leg = coming?.legs.at(-1)
  if (coming && leg) {
    return leg.to === coming.to ? `${leg.to} gets ${coming.label}` : `${leg.to} gets ${coming.label}, for ${coming.to}`
  }
  return scene.next >= scene.stop ? 'the end' : 'a timer or an action'
}

function titleOf({ items, at, row: chosen }: Shown): string {
  const item = items[at]
  if (!item || !chosen) return 'facts'
  if (item.kind === 'fold')
    return item.many ? item.labels[0] : `${item.labels[0]}, ${item.rows[0].from} and ${item.rows[0].to}`
  return `${[chosen.label, chosen.more, chosen.seal].filter(word => word !== '').join(' ')}, ${chosen.from} → ${chosen.to}`
}

function statusOf(model: Model, { rows, ladder, row: chosen, items, at }: Shown): string {
  const { filter, typing } = model.ui
  const { tunnel } = uiOf(model)
  const hidden = ladder.rows.length - rows.length
  const octets = items[at]?.kind === 'row' && chosen && chosen.octets > 0 ? `${chosen.octets} octets` : ''
  return [
    filter !== '' || typing ? `/${filter}${typing ? '_' : '/'}` : '',
    tunnel === undefined ? '' : `tunnel ${tunnel} only`,
    hidden > 0 ? `${hidden} hidden` : octets,
  ]
    .filter(word => word !== '')
    .join('  ')
}

function factLines(model: Model, { ladder, items, at, row: chosen }: Shown, columns: number, rows: number): Line[] {
  const item = items[at]
  if (!item || !chosen) return []
  if (model.ui.typing && columns < 78) return [[span(` /${model.ui.filter}_`)]]
  const texts =
    item.kind === 'fold'
      ? item.rows.map(each => `${seconds(each.t)} ${each.label}, ${each.from} → ${each.to}`)
      : rowFacts(ladder, chosen, true)
  const whole = texts.flatMap(text => wrap(text, columns - 6).map((part, i) => (i === 0 ? `  ${part}` : `    ${part}`)))
  const cut =
    whole.length > rows ? [...whole.slice(0, rows - 1), `  … and ${whole.length - rows + 1} more lines`] : whole
  return cut.map(text => [span(text)])
}

function emptyLine(model: Model): Line {
  const { ui } = model
  const all = ladderOf(model).rows.length
  if (all === 0) return [span(' Nothing has happened yet. Space starts, . takes one step.', 'muted')]
  if (ui.filter === '')
    return [span(` Nothing of tunnel ${uiOf(model).tunnel} yet; ${all} rows are hidden. L shows them.`, 'muted')]
  return [span(` No row matches ${ui.filter}; ${all} are hidden. Esc clears the filter.`, 'muted')]
}

/** What a teacher would say about the row. */
function sentenceOf(model: Model, { items, at, row: chosen }: Shown): string {
  const item = items[at]
  if (!item || !chosen) return 'Each packet is a row here: from whom, to whom, and who carried it.'
  const { via, ppp, seal, fate, meaning, from, to } = chosen
  if (item.kind === 'fold')
    return item.dropped > 0 ? FOLD_DROPPED : `One line for ${item.rows.length} packets: z opens it.`
  if (fate.kind === 'dropped') return `${fate.node} dropped it. ${DROP_REASONS[fate.reason]}`
  const carriers = via.filter(name => kindOf(model, name) === 'nas')
  if (ppp && carriers.length > 0) {
    return `╪ ${carriers.join(', ')} only carries PPP frames; the conversation is ${from} with ${to}.`
  }
  if (seal !== '') return 'It is sealed from one end of the tunnel to the other; who carries it cannot read it.'
  return LAYERS[meaning.layer] ?? ''
}
const FOLD_DROPPED = 'Some of these packets never arrived: z opens the line.'

const kindOf = ({ scene }: Model, name: string): string | undefined =>
  scene.nodes.find(node => node.name === name)?.kind

const LAYERS: Readonly<Record<LadderRow['meaning']['layer'], string>> = {
  line: 'A signal of the telephone network goes beside the octets of the line.',
  arp: 'ARP asks who has an address: on Ethernet every first packet waits for it.',
  radius: 'The access server asks its RADIUS server who the user is.',
  tcp: 'TCP carries the control connection; the tunnel itself does not use it.',
  control: 'The control connection agrees on the call; the call IDs name it in every GRE packet.',
  gre: 'GRE acknowledges what has come, so that its sender knows the window is free.',
  lcp: 'LCP agrees how the link is used, each end for what it receives.',
  auth: 'Who is it? Until this is answered the link carries nothing else.',
  ccp: 'CCP agrees on the sealing; each end asks for what it wants to receive.',
  ipcp: 'IPCP hands out the inner address.',
  data: 'What the tunnel is for: a packet of the user, in clear.',
  ip: 'A packet outside of any tunnel: everyone on its way can read it.',
}

// Moves.

export function press(model: Model, own: Own): Ui {
  switch (own) {
    case 'enter':
      return toPacket(model)
    case 'fold':
      return turn(model)
    case 'foldAll':
      return { ...model.ui, ladder: { ...uiOf(model), allOpen: !uiOf(model).allOpen, turned: new Set() } }
    case 'cause':
      return toCause(model)
    case 'consequence':
      return toConsequence(model)
    case 'tunnelLadder':
      return ofTunnel(model)
    case 'previousOfFlow':
    case 'nextOfFlow':
      return model.ui
    default:
      return walk(model, own)
  }
}

function walk(model: Model, move: Move): Ui {
  const { items, at } = shownOf(model)
  const walkable = items.flatMap((item, i) => (item.kind === 'quiet' ? [] : [i]))
  const to = step(move, walkable.indexOf(at), walkable.length)
  const item = to === undefined ? undefined : items[walkable[to]]
  return item ? choose(model, rowsOf(item)[0]) : model.ui
}

function choose(model: Model, chosen: LadderRow): Ui {
  const journey = packetOf(chosen)
  const selection = journey === undefined ? model.ui.selection : derive(model, { journey })
  return { ...model.ui, follow: false, selection, ladder: { ...uiOf(model), row: rowKey(chosen) } }
}

/** The packet of the row, or the first of a group, in 3 Packets. */
function toPacket(model: Model): Ui {
  const { row: chosen } = shownOf(model)
  if (!chosen) return model.ui
  if (packetOf(chosen) === undefined) return { ...model.ui, message: 'A signal of the telephone network is no packet.' }
  return goTo(choose(model, chosen), 'packets')
}

/** Opens the group, or folds the one that the row is of. */
function turn(model: Model): Ui {
  const { rows, items, at, row: chosen } = shownOf(model)
  if (!chosen) return model.ui
  const { turned, allOpen } = uiOf(model)
  const item = items[at]
  const group = item.kind === 'fold' ? item : foldRows(rows, () => false).find(each => rowsOf(each).includes(chosen))
  if (group?.kind !== 'fold') return { ...model.ui, message: 'This row stands alone: there is nothing to fold.' }
  const key = rowKey(group.rows[0])
  const next = new Set(turned)
  const open = turned.has(key) !== allOpen
  if (open === allOpen) next.add(key)
  else next.delete(key)
  const { ladder } = choose(model, chosen)
  return { ...choose(model, chosen), ladder: { ...(ladder ?? FIRST), turned: next } }
}

function toCause(model: Model): Ui {
  const { ladder, row: chosen, rows } = shownOf(model)
  if (!chosen) return model.ui
  const { cause, from } = chosen
  if (cause === undefined) return { ...model.ui, message: `No packet brought it about: a timer of ${from} did.` }
  if (cause.kind === 'action') return { ...model.ui, message: `An action brought it about: ${cause.text}.` }
  const found = ladder.rows[cause.no - 1]
  return rows.includes(found)
    ? choose(model, found)
    : { ...model.ui, message: `Its cause is hidden: ${found.label}, ${found.from} → ${found.to}.` }
}

function toConsequence(model: Model): Ui {
  const { row: chosen, rows } = shownOf(model)
  if (!chosen) return model.ui
  const found = rows.find(({ cause }) => cause?.kind === 'row' && cause.no === chosen.no)
  return found ? choose(model, found) : { ...model.ui, message: 'Nothing has come of it so far.' }
}

/** Only the selected tunnel; here, all of them again. */
export function ofTunnel(model: Model): Ui {
  const { ui, scene } = model
  const own = uiOf(model)
  if (ui.view === 'ladder' && own.tunnel !== undefined) return { ...ui, ladder: { ...own, tunnel: undefined } }
  const tunnel = scene.tunnels.find(({ no }) => no === ui.selection.tunnel) ?? scene.tunnels[0]
  if (!tunnel) return { ...ui, message: 'There is no tunnel in this lab.' }
  return { ...goTo(ui, 'ladder'), ladder: { ...own, tunnel: tunnel.no } }
}

export type LadderExport = 'text' | 'mermaid' | 'svg' | 'html'

/** What is shown, in a form to be kept: `pptp-lab ladder` writes the same. */
export function exported(model: Model, format: LadderExport): string {
  const { ladder, items } = shownOf(model)
  if (format === 'mermaid') return ladderMermaid(ladder, items)
  if (format === 'svg') return ladderSvg(ladder, items)
  return format === 'html' ? ladderHtml(ladder, items) : ladderText(ladder, items, { width: 100 })
}
