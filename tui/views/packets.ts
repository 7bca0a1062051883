/**
 * 3 Packets: what exactly was sent. The list of journeys, the ruler of nested layers, the tree of layers, and the octets
 * on the wire beside what they are in clear.
 */
import { DROP_REASONS, type Field, type Journey, type PacketRecord } from '../../src/index.ts'
import { type Dissection, dissectionOf, fieldAt } from '../dissection.ts'
import { beside, fill, isSmall, rule, windowStart } from '../draw.ts'
import { journeyOf, type Model, type Rendered, type Selection, type Size, type Ui } from '../model.ts'
import { derive, type Move, makerOf, shownForm, step } from '../selection.ts'
import { type Row, rowOf, type Shown, shownOf } from '../shown.ts'
import { type Line, selected, span } from '../text.ts'
import { chosenNo, listLines } from './packet-list.ts'
import { octetLines } from './packet-octets.ts'
import { rowAt, rulerLines, type TreeRow, treeRows } from './packet-tree.ts'

/** List, layers, octets. */
export const panes = (_: Model): number => 3

interface Chosen {
  readonly journey: Journey
  readonly packet: PacketRecord
  readonly dissection: Dissection
  readonly rows: readonly TreeRow[]
  readonly field: Field | undefined
}

/** Undefined: nothing is shown, or what was chosen is being made again. */
function chosenOf(model: Model, shown: Shown): Chosen | undefined {
  const no = chosenNo(model, shown)
  const journey = no === undefined ? undefined : journeyOf(model, no)
  if (!journey) return undefined
  const packet = shownForm(journey, model.ui.selection)
  const dissection = dissectionOf(packet, model)
  const { field } = model.ui.selection
  return {
    journey,
    packet,
    dissection,
    rows: treeRows(dissection, model, makerOf(packet.id)),
    field: field.length === 0 ? undefined : fieldAt(dissection, field),
  }
}

/** The packet that the layers and octets are of: the selected one, if the filter shows it. */
export function chosenPacket(model: Model): Pick<Chosen, 'packet' | 'dissection' | 'journey'> | undefined {
  return chosenOf(model, shownOf(model))
}

export function view(model: Model, size: Size): Rendered {
  const shown = shownOf(model)
  const chosen = chosenOf(model, shown)
  const lines = isSmall(size) ? smallLines(model, shown, chosen, size) : wideLines(model, shown, chosen, size)
  return {
    lines: fill(lines, size),
    sentence: sentenceOf(model, shown, chosen),
    keys: KEYS[model.ui.pane] ?? KEYS[0],
    more: shown.progress < 1,
  }
}

const KEYS: readonly (readonly string[])[] = [
  ['jk packet', 'hl form', 'Tab layers', 'Enter look inside', '[ ] same flow', '/ filter', 'f follow'],
  ['jk layer', 'hl in and out', 'Enter unfold', 'e explain', 'z all', 'Tab octets', 'i lens'],
  ['hjkl octets', 'Tab packets', 'i lens'],
]

function smallLines(model: Model, shown: Shown, chosen: Chosen | undefined, { columns, rows }: Size): Line[] {
  const { pane, lens } = model.ui
  if (pane === 0 || !chosen) return listLines(model, shown, columns, rows, true)
  const title = [span(titleOf(model, chosen), 'muted')]
  if (pane === 1) return [title, ...treeLines(model, chosen, columns, rows - 1)]
  return [title, ...octetLines(chosen.dissection, chosen.field, lens, columns, rows - 1)]
}

/** Columns of the tree, so that the octets have the rest. */
const treeWidth = (columns: number): number => Math.max(38, Math.min(64, columns - OCTETS))
/** What sixteen octets a row take, twice. */
const OCTETS = 92

function wideLines(model: Model, shown: Shown, chosen: Chosen | undefined, { columns, rows }: Size): Line[] {
  const { pane, lens, selection } = model.ui
  const empty = shown.length === 0
  const listRows = empty ? rows : 2 + Math.max(3, Math.floor((rows - 6) * (rows < 30 ? 0.25 : 0.4)))
  const list = listLines(model, shown, columns, listRows, false)
  if (empty) return list
  if (!chosen) return [...list, ...againLines(model, shown, columns)]
  const forms = chosen.journey.packets.filter(({ hops }) => hops.length > 0)
  const form = forms.length > 1 ? `form ${forms.indexOf(chosen.packet) + 1} of ${forms.length}` : ''
  const rest = rows - listRows - 4
  const tree = treeWidth(columns)
  return [
    ...list,
    rule(columns, [{ at: 0, title: titleOf(model, chosen), focus: pane === 0 }], form),
    ...rulerLines(chosen.dissection, selection.field[0], columns),
    rule(columns, [
      { at: 0, title: 'layers', focus: pane === 1 },
      { at: tree, title: 'octets', focus: pane === 2 },
    ]),
    ...beside(
      treeLines(model, chosen, tree, rest),
      octetLines(chosen.dissection, chosen.field, lens, columns - tree - 1, rest),
      tree,
      { columns, rows: rest },
    ),
  ]
}

/** In place of the layers of an old packet, while it is made again. */
function againLines(model: Model, shown: Shown, width: number): Line[] {
  const no = chosenNo(model, shown) ?? 0
  const done = model.archive?.again(no)
  const share = typeof done === 'number' ? ` ${Math.floor(done * 100)} %` : ''
  return [
    rule(width, [{ at: 0, title: `packet ${no} …`, focus: model.ui.pane === 0 }]),
    [span(` Its octets are forgotten. They are made again by a run up to its time …${share}`, 'muted')],
  ]
}

function treeLines(model: Model, { rows }: Chosen, width: number, count: number): Line[] {
  const at = rowAt(rows, model.ui.selection.field)
  const start = windowStart(Math.max(0, at), count, rows.length)
  return fill(
    rows.slice(start, start + count).map(({ line }, i) => {
      const here = start + i === at
      const whole = [span(here ? '►' : ' '), ...line]
      return here ? selected(fill([whole], { columns: width, rows: 1 })[0]) : whole
    }),
    { columns: width, rows: count },
  )
}

function titleOf({ scene, capture }: Model, { journey, packet, dissection }: Chosen): string {
  const hop = packet.hops.at(-1)
  if (capture) {
    const call = capture.callOf(packet)
    return `frame ${journey.no}, ${dissection.wire.length} octets${call === undefined ? '' : `, of call ${call}`}`
  }
  const start = `packet ${journey.no}, ${dissection.wire.length} octets`
  if (packet.drop) return `${start}, dropped at ${packet.drop.node}`
  if (!hop) return start
  const [from, to] = [scene.links[hop.link].ends[hop.from].node, scene.links[hop.link].ends[1 - hop.from].node]
  if (hop.arrives === undefined) return `${start}, lost between ${from} and ${to}`
  return hop.arrives > scene.t ? `${start} between ${from} and ${to}` : `${start}, arrived at ${to}`
}

const octet = (at: number): string => at.toString(16).padStart(3, '0')

function sentenceOf(model: Model, shown: Shown, chosen: Chosen | undefined): string {
  if (!chosen && shown.length > 0) return 'This packet is old: a run of the same lab makes its details again.'
  if (!chosen) return model.recorder.journeys.length === 0 ? 'No packet has been sent yet.' : 'Nothing here matches.'
  const { packet, dissection, field } = chosen
  if (packet.drop) return `${packet.drop.node} dropped it. ${DROP_REASONS[packet.drop.reason]}`
  if (model.capture && field === undefined && dissection.layers.some(layer => layer.field.name === 'fragment')) {
    const whole = dissection.layers.some(layer => layer.field.name === 'reassembled')
    return whole
      ? 'With this fragment the packet is whole: its layers stand below.'
      : 'A fragment: what is in the packet shows when it is whole.'
  }
  if (model.capture && field === undefined && dissection.sealed) {
    if (dissection.sealed.clear) return 'The data in it is sealed; the password has opened it.'
    return 'The data in it is sealed. --password USER=PASSWORD opens it, if the capture has the authentication.'
  }
  const blind = dissection.sealed ? onlookers(model, chosen) : []
  const inner = dissection.layers[model.ui.selection.field[0]]?.inner === true
  const sees = blind.length === 1 ? 'sees' : 'see'
  const cover = blind.length === 0 ? '' : `${blind.join(' and ')} ${sees} only the left column. `
  if (field && dissection.layers[model.ui.selection.field[0]]?.field.name === 'reassembled')
    return 'It was put together: its octets stand in several frames.'
  if (field) {
    const end = field.offset + Math.max(1, field.length) - 1
    const place = field.length === 1 ? `octet ${octet(field.offset)}` : `octets ${octet(field.offset)} to ${octet(end)}`
    return `${inner ? cover : ''}${layerWords(chosen, model)} is ${place}.`
  }
  if (dissection.sealed) return cover === '' ? 'The data in it is sealed.' : cover.trim()
  return 'Nothing in it is sealed: everyone on its way can read it.'
}

const PARTS: Readonly<Record<string, string>> = { data: 'part', hdlc: 'frame' }

/** `The inner IP header`, `callId of GRE` */
function layerWords({ dissection, field }: Chosen, { ui }: Model): string {
  const layer = dissection.layers[ui.selection.field[0]]
  const title =
    layer.field.name === 'ipv4' ? 'IP' : layer.field.name === 'ethernet' ? 'Ethernet' : layer.field.name.toUpperCase()
  if (ui.selection.field.length === 1)
    return `The ${layer.inner ? 'inner ' : ''}${title} ${PARTS[layer.field.name] ?? 'header'}`
  return `The ${field?.name ?? ''} of the ${layer.inner ? 'inner ' : ''}${title} header`
}

/** Routers between the ends of the tunnel: they forward what they cannot read. */
function onlookers({ scene }: Model, { packet }: Chosen): string[] {
  const hosts = new Set(packet.visits.filter(({ what }) => what === 'forward').map(({ node }) => node))
  const tunnel = scene.tunnels.find(({ client, server }) => [client, server].includes(makerOf(packet.id)))
  for (const index of tunnel?.path ?? []) for (const { node } of scene.links[index].ends) hosts.add(node)
  return scene.nodes
    .filter(({ name, kind }) => ['router', 'firewall', 'load-balancer'].includes(kind) && hosts.has(name))
    .map(({ name }) => name)
}

// Moves

export function moveSelection(model: Model, move: Move): Selection {
  const { pane, selection } = model.ui
  if (pane === 0) return moveInList(model, move)
  const chosen = chosenOf(model, shownOf(model))
  if (!chosen) return selection
  return {
    ...selection,
    field: pane === 1 ? moveInTree(model, chosen, move) : moveInOctets(chosen, selection.field, move),
  }
}

function moveInList(model: Model, move: Move): Selection {
  const shown = shownOf(model)
  const no = chosenNo(model, shown)
  if (no === undefined) return model.ui.selection
  const to = step(move, shown.indexOf(no), shown.length)
  if (to !== undefined) return derive(model, { journey: shown.at(to) })
  const chosen = journeyOf(model, no)
  if (!chosen) return model.ui.selection
  const forms = chosen.packets.flatMap(({ hops }, index) => (hops.length > 0 ? [index] : []))
  const at = forms.indexOf(chosen.packets.indexOf(shownForm(chosen, model.ui.selection)))
  const next = forms[Math.max(0, Math.min(forms.length - 1, at + (move === 'left' ? -1 : 1)))]
  return derive(model, { journey: chosen.no, form: next ?? 0 })
}

function moveInTree(model: Model, { rows }: Chosen, move: Move): readonly number[] {
  const { field } = model.ui.selection
  const walkable = rows.filter(({ path }) => path.length > 0)
  const at = rowAt(walkable, field)
  if (move === 'left') return field.length > 1 ? field.slice(0, -1) : field
  if (move === 'right') return walkable[at]?.open ? [...walkable[at].path, 0] : field
  const to = at < 0 ? 0 : step(move, at, walkable.length)
  return to === undefined ? field : (walkable[to]?.path ?? field)
}

interface Leaf {
  readonly path: readonly number[]
  readonly field: Field
}
const leavesOf = (field: Field, path: readonly number[]): Leaf[] =>
  (field.children ?? []).length === 0
    ? [{ path, field }]
    : (field.children ?? []).flatMap((child, index) => leavesOf(child, [...path, index]))

/** Left and right: the field before, the field behind; up and down: the field one row of eight octets away. */
function moveInOctets({ dissection, field }: Chosen, path: readonly number[], move: Move): readonly number[] {
  const leaves = dissection.layers
    .flatMap(({ field }, index) => leavesOf(field, [index]))
    .filter(({ field }) => field.length > 0)
  if (leaves.length === 0) return path
  const at = leaves.findIndex(leaf => field !== undefined && leaf.field.offset >= field.offset)
  if (at < 0) return leaves[0].path
  if (move === 'left' || move === 'right') {
    return leaves[Math.max(0, Math.min(leaves.length - 1, at + (move === 'left' ? -1 : 1)))].path
  }
  if (move === 'first') return leaves[0].path
  if (move === 'last') return leaves[leaves.length - 1].path
  const rows = { up: -8, down: 8, pageUp: -80, pageDown: 80 }[move]
  const goal = leaves[at].field.offset + rows
  const found = leaves.findLast(leaf => leaf.field.offset <= goal) ?? leaves[0]
  return found.path
}

/** Looks inside: from the list into the layers; a layer unfolds and folds. */
export function enter(model: Model): Partial<Ui> {
  const { pane, unfolded, selection } = model.ui
  const chosen = chosenOf(model, shownOf(model))
  if (!chosen) return {}
  const { no, packets } = chosen.journey
  if (pane === 0)
    return {
      pane: 1,
      selection: { ...derive(model, { journey: no, form: packets.indexOf(chosen.packet) }), field: [0] },
    }
  const row = chosen.rows[rowAt(chosen.rows, selection.field)]
  if (!row?.foldable) return {}
  const next = new Set(unfolded)
  if (!next.delete(row.key)) next.add(row.key)
  return { unfolded: next }
}

/** So many rows are looked through for the next one of a flow. */
const FLOW_ROWS = 20_000

/** The packet before or behind this one between the same two, about the same thing. */
export function sameFlow(model: Model, way: 'previous' | 'next'): Selection {
  const shown = shownOf(model)
  const no = chosenNo(model, shown)
  if (no === undefined) return model.ui.selection
  const flow = flowOf(rowOf(no, model))
  const from = shown.indexOf(no)
  for (let i = 1; i <= FLOW_ROWS; i++) {
    const at = way === 'next' ? from + i : from - i
    if (at < 0 || at >= shown.length) break
    if (flowOf(rowOf(shown.at(at), model)) === flow) return derive(model, { journey: shown.at(at) })
  }
  return model.ui.selection
}

/** Protocol and both ends, whichever of them sent it. */
const flowOf = ({ from, to, protocols }: Row): string => [protocols.split(' ')[0], ...[from, to].sort()].join(' ')

/** All layers are folded; unfolded, if all are. */
export function fold(model: Model): Partial<Ui> {
  const chosen = chosenOf(model, shownOf(model))
  if (!chosen) return {}
  return { unfolded: new Set(model.ui.unfolded.size > 0 ? [] : chosen.dissection.layers.map(({ key }) => key)) }
}
