/** The drawing of the net: boxes, links and what is on them, and the tunnels as tubes under the boxes. */
import type { SceneLink, SceneNode, SceneTunnel } from '../../src/index.ts'
import { Canvas, DOWN, LEFT, lineChar, RIGHT, UP } from '../canvas.ts'
import { classOf, insideOf, signsOn, wayThrough } from '../flight.ts'
import {
  type Drawing,
  drawingFor,
  type Extent,
  type Form,
  foldHosts,
  type Graph,
  type GraphNode,
  type LinkCell,
  type PlacedNode,
  type Rect,
} from '../layout.ts'
import type { Model } from '../model.ts'
import type { Line, Role } from '../text.ts'
import {
  bare,
  bitRate,
  faultOf,
  JOBS,
  lastOctets,
  milliseconds,
  networkOf,
  PHASE_SIGNS,
  phaseAt,
  phaseOf,
} from '../words.ts'

/** More tunnels than these are not drawn together: the selected one alone is. */
const MOST_TUBES = 4
/** From this width on a card shows whole addresses. */
const WIDE = 100
/** A drop is shown where it happened for so long. */
const DROP_SHOWN = 300e6

/** A tunnel under the boxes: its row, and where its two legs come down. */
export interface Tube {
  readonly tunnel: SceneTunnel
  readonly y: number
  readonly legs: readonly [Leg, Leg]
}
interface Leg {
  readonly x: number
  /** The first row below or beside the box. */
  readonly y: number
  /** It leaves the box at a side: the cells from there to the leg. */
  readonly from: 'bottom' | 'left' | 'right'
  readonly boxX: number
}
export interface Plan {
  readonly drawing: Drawing
  readonly tubes: readonly Tube[]
  /** Where the drawing begins on the canvas. */
  readonly x: number
  readonly extent: Extent
}

/** Everything's place. It depends on the lab, the room, what is folded and selected; not on what moves. */
export function planOf(model: Model, room: Extent): Plan {
  const shown = tunnelsShown(model)
  const below = tubeRows(shown.length)
  const { drawing, x } = drawnOnce(model, room, shown, below)
  const tubes = tubesOf(drawing, shown, x)
  const right = Math.max(0, ...tubes.flatMap(({ legs }) => legs.map(leg => leg.x + 1)))
  return {
    drawing,
    tubes,
    x,
    extent: { columns: Math.max(room.columns, x + drawing.columns, right), rows: drawing.rows + below },
  }
}

interface Placed {
  readonly drawing: Drawing
  readonly x: number
}
/** The last drawing of each run: most frames have the same. */
const lastDrawn = new WeakMap<Model['recorder'], Placed & { readonly key: string }>()

function drawnOnce(model: Model, room: Extent, shown: readonly SceneTunnel[], below: number): Placed {
  const { labels, folded, selection } = model.ui
  const { node, link } = selection
  const parts = [room.columns, room.rows, labels, node, link, shown.map(({ no }) => no), ...(folded ?? [])]
  const key = parts.join(' ')
  const known = lastDrawn.get(model.recorder)
  if (known?.key === key) return known
  const placed = { ...draw(model, room, shown, below), key }
  lastDrawn.set(model.recorder, placed)
  return placed
}

function draw(model: Model, room: Extent, shown: readonly SceneTunnel[], below: number): Placed {
  const graph = graphOf(model)
  const keep = keptOf(model)
  const width = widthOf(model, room.columns >= WIDE)
  // Legs of clients that stand above others come down at the left: as many lanes as it takes.
  for (let lanes = 0; ; lanes++) {
    const inner = { columns: room.columns - 2 - 2 * lanes, rows: room.rows - below }
    const drawing = drawingFor(graph, inner, width, keep)
    const x = 1 + 2 * lanes + (Math.max(0, inner.columns - drawing.columns) >> 1)
    const left = tubesOf(drawing, shown, x).filter(({ legs }) => legs.some(({ from }) => from === 'left'))
    if (left.length <= lanes) return { drawing, x }
  }
}

/** Never folded: ends of tunnels, and what is selected. */
function keptOf({ scene, ui }: Model): Set<string> {
  const { node, link } = ui.selection
  const kept = scene.nodes.filter(({ kind, name }) => kind === 'client' || kind === 'pptp-server' || name === node)
  const ends = link === undefined ? [] : (scene.links[link]?.ends ?? [])
  return new Set([...kept.map(({ name }) => name), ...ends.map(({ node }) => node)])
}

const tubeRows = (tunnels: number): number => (tunnels === 0 ? 0 : tunnels === 1 ? 2 : tunnels)

function tunnelsShown({ scene, ui }: Model): readonly SceneTunnel[] {
  if (scene.tunnels.length <= MOST_TUBES) return scene.tunnels
  return scene.tunnels.filter(({ no }) => no === (ui.selection.tunnel ?? 1))
}

function graphOf({ scene, ui }: Model): Graph {
  const graph: Graph = {
    nodes: scene.nodes.map(({ name, kind }) => ({ name, kind, members: [name] })),
    links: scene.links.map(({ index, ends }) => ({ index, ends: [ends[0].node, ends[1].node] })),
  }
  const keep = new Set(ui.selection.node === undefined ? [] : [ui.selection.node])
  return ui.folded === undefined || ui.folded.size === 0 ? graph : foldHosts(graph, keep, ui.folded)
}

// Boxes.

interface Words {
  readonly name: string
  readonly job: string
  readonly role: string
  readonly address: string
}

function wordsOf({ scene, ui }: Model, { name, kind, members }: GraphNode, wide: boolean): Words {
  if (members.length > 1) {
    const what = kind === 'router' ? 'hops' : 'hosts'
    return { name: `${members.length} ${what}`, job: `${name} …`, role: '', address: '' }
  }
  const node = scene.nodes.find(node => node.name === name) as SceneNode
  const [first] = node.addresses
  const title = ui.labels === 'addresses' && first !== undefined ? bare(first) : name
  return { name: title, job: JOBS[kind], role: node.role ?? '', address: addressWords(node, wide) }
}

function addressWords({ addresses, role }: SceneNode, wide: boolean): string {
  if (addresses.length === 0) return ''
  if (role === undefined && addresses.length > 1) {
    const more = addresses.length > 2 ? `+${addresses.length - 2}` : ''
    return (
      addresses
        .slice(0, 2)
        .map(address => lastOctets(address, 1))
        .join('   ') + more
    )
  }
  return wide ? bare(addresses[0]) : lastOctets(addresses[0], role === undefined ? 1 : 2)
}

const widthOf =
  (model: Model, wide: boolean) =>
  (node: GraphNode, form: Form): number => {
    const { name, job, role, address } = wordsOf(model, node, wide && form === 'card')
    const sign = role === '' ? 0 : 2
    if (form === 'chip') return name.length + sign + 2
    if (form === 'box') return name.length + (role === '' ? 0 : role.length + 1) + sign + 2
    const margin = form === 'card' ? 4 : 2
    const between = role === '' ? 0 : form === 'card' ? 2 : 1
    return Math.max(name.length + 4, job.length + between + role.length + margin, address.length + sign + margin)
  }

function paintNode(canvas: Canvas, model: Model, { node, rect }: PlacedNode, form: Form, wide: boolean): void {
  const { scene, ui } = model
  const { name, job, role, address } = wordsOf(model, node, wide && form === 'card')
  const phase = role === '' ? undefined : phaseAt(node.name, scene.tunnels)
  const [sign, signRole] = dropsNow(model, node.members)
    ? (['×', 'bad'] as const)
    : phase
      ? PHASE_SIGNS[phase]
      : [' ', undefined]
  const chosen = ui.selection.node !== undefined && node.members.includes(ui.selection.node)
  const title = { bold: chosen, ...(chosen ? { reverse: true } : {}) }
  const { x, y, columns, rows } = rect
  if (form === 'chip') {
    canvas.text(x, y, role === '' ? `[${name}]` : `[${name}  ]`)
    canvas.text(x + 1, y, name, undefined, title)
    if (role !== '') canvas.text(x + columns - 2, y, sign, signRole)
    return
  }
  canvas.text(x, y, `┌${'─'.repeat(columns - 2)}┐`)
  for (let row = 1; row < rows - 1; row++) canvas.text(x, y + row, `│${' '.repeat(columns - 2)}│`)
  canvas.text(x, y + rows - 1, `└${'─'.repeat(columns - 2)}┘`)
  if (form === 'box') {
    canvas.text(x + 1, y + 1, name, undefined, title)
    canvas.text(x + 2 + name.length, y + 1, role, 'muted')
    if (role !== '' || sign === '×') canvas.text(x + columns - 2, y + 1, sign, signRole)
    return
  }
  const margin = form === 'card' ? 2 : 1
  canvas.text(x + 1, y, ` ${name} `)
  canvas.text(x + 2, y, name, undefined, title)
  canvas.text(x + margin, y + 1, job)
  canvas.text(x + columns - margin - role.length, y + 1, role)
  canvas.text(x + margin, y + 2, address, 'muted')
  if (role !== '' || sign === '×') canvas.text(x + columns - margin - 1, y + 2, sign, signRole)
}

/** Has one of them discarded a packet a moment ago, in a way that matters? */
function dropsNow({ recorder, scene }: Model, members: readonly string[]): boolean {
  for (let i = recorder.events.length - 1; i >= 0; i--) {
    const event = recorder.events[i]
    if (event.t < scene.t - DROP_SHOWN) return false
    if (event.event === 'drop' && members.includes(event.node) && !QUIET.has(event.reason)) return true
  }
  return false
}
/** What every net does all the time. */
const QUIET: ReadonlySet<string> = new Set(['not-for-us', 'tcp-unexpected', 'icmp-ignored'])

// Links.

const isUpright = (bits: number): boolean => bits === (UP | DOWN)
const isLevel = (bits: number): boolean => bits === (LEFT | RIGHT)

interface Stroke {
  readonly link: SceneLink
  readonly bits: number
  readonly double: boolean
  readonly gap: boolean
}

function paintLinks(canvas: Canvas, { scene, ui }: Model, { drawing, x }: Plan): void {
  const strokes = new Map<string, Stroke[]>()
  for (const { link, cells } of drawing.links) {
    const { double, dashed } = dressOf(scene.links[link.index], scene.tunnels)
    cells.forEach((cell, i) => {
      const key = `${cell.x} ${cell.y}`
      const stroke = { link: scene.links[link.index], bits: cell.bits, double, gap: dashed && i % 2 === 1 }
      strokes.set(key, [...(strokes.get(key) ?? []), stroke])
    })
  }
  for (const [key, all] of strokes) {
    const [cellX, cellY] = key.split(' ').map(Number)
    const here = withoutCrossed(all)
    const bits = here.reduce((or, stroke) => or | stroke.bits, 0)
    const doubled = here.reduce((or, stroke) => or | (stroke.double ? stroke.bits : 0), 0)
    const gap = isLevel(bits) && here.every(stroke => stroke.gap)
    const chosen = here.some(({ link }) => link.index === ui.selection.link)
    canvas.text(x + cellX, cellY, gap ? ' ' : lineChar(bits, doubled), undefined, chosen ? { reverse: true } : {})
  }
  for (const { link, cells } of drawing.links) {
    joinBoxes(canvas, drawing, cells, x, dressOf(scene.links[link.index], scene.tunnels).double)
  }
}

/** Where links that share no end cross, the upright one is seen whole and the other is broken. */
function withoutCrossed(strokes: readonly Stroke[]): readonly Stroke[] {
  const upright = strokes.filter(({ bits }) => isUpright(bits))
  return strokes.filter(
    ({ link, bits }) =>
      !isLevel(bits) ||
      !upright.some(
        other => other.link !== link && !other.link.ends.some(end => link.ends.some(e => e.node === end.node)),
      ),
  )
}

function dressOf({ tunnels }: SceneLink, all: readonly SceneTunnel[]): { double: boolean; dashed: boolean } {
  const phases = all.filter(({ no }) => tunnels.includes(no)).map(phaseOf)
  const double = phases.includes('up') || phases.includes('opening')
  return { double, dashed: double && !phases.includes('up') }
}

const STEPS: readonly (readonly [number, number, number])[] = [
  [UP, 0, -1],
  [RIGHT, 1, 0],
  [DOWN, 0, 1],
  [LEFT, -1, 0],
]
const opposite = (bit: number): number => (bit === UP ? DOWN : bit === DOWN ? UP : bit === LEFT ? RIGHT : LEFT)

/** The frames of boxes get a joint where a link ends. */
function joinBoxes(
  canvas: Canvas,
  { nodes, form }: Drawing,
  cells: readonly LinkCell[],
  x: number,
  double: boolean,
): void {
  if (form === 'chip') return
  for (const cell of [cells[0], cells.at(-1)]) {
    for (const [bit, dx, dy] of STEPS) {
      if (!cell || !(cell.bits & bit)) continue
      const [toX, toY] = [cell.x + dx, cell.y + dy]
      const hit = nodes.find(({ rect }) => isIn(rect, toX, toY))
      if (!hit) continue
      const frame = bit === LEFT || bit === RIGHT ? UP | DOWN : LEFT | RIGHT
      const before = '╞╡╥╨'.includes(canvas.at(x + toX, toY))
      if (!before) canvas.text(x + toX, toY, lineChar(frame | opposite(bit), double ? opposite(bit) : 0))
    }
  }
}

const isIn = ({ x, y, columns, rows }: Rect, atX: number, atY: number): boolean =>
  atX >= x && atX < x + columns && atY >= y && atY < y + rows

/** The longest level part of a link. */
function levelRun(cells: readonly LinkCell[]): { x: number; y: number; length: number } | undefined {
  let best: { x: number; y: number; length: number } | undefined
  for (let i = 0; i < cells.length; ) {
    let j = i
    while (j + 1 < cells.length && cells[j + 1].y === cells[i].y) j++
    const length = j - i + 1
    if (length > (best?.length ?? 1)) best = { x: Math.min(cells[i].x, cells[j].x), y: cells[i].y, length }
    i = j + 1
  }
  return best
}

function paintLabels(canvas: Canvas, model: Model, { drawing, x }: Plan): void {
  for (const { link, cells } of drawing.links) {
    const scene = model.scene.links[link.index]
    const run = levelRun(cells)
    const fault = faultOf(scene)
    if (run) {
      const [{ delay, rate }] = scene.quality
      const above = delay > 0 ? milliseconds(delay) : ''
      const below = fault ?? (rate > 0 ? bitRate(rate) : drawing.form === 'card' ? networkOf(scene) : '')
      label(canvas, x + run.x, run.y - 1, run.length, above, 'muted')
      label(canvas, x + run.x, run.y + 1, run.length, below, fault === undefined ? 'muted' : 'warn')
    }
    const middle = cells[cells.length >> 1]
    if (!middle) continue
    if (!scene.up) {
      const wide = run !== undefined && run.length >= 5 && middle.y === run.y
      canvas.text(x + middle.x - (wide ? 1 : 0), middle.y, wide ? ' × ' : '×', 'bad', { bold: true })
    } else if (fault !== undefined) canvas.text(x + middle.x, middle.y, '~', 'warn')
  }
}

function label(canvas: Canvas, x: number, y: number, room: number, text: string, role: Role): void {
  const short = [text, text.replace(' ', '')].find(({ length }) => length <= room)
  if (short === undefined || short === '') return
  const at = x + ((room - short.length) >> 1)
  if (canvas.free(at, y, short.length)) canvas.text(at, y, short, role)
}

/** Packets on the links; with the lens inside, sealed ones are seen in the tube only. */
function paintFlights(canvas: Canvas, { scene, ui }: Model, { drawing, x }: Plan): void {
  for (const { link, cells } of drawing.links) {
    const { flights, type } = scene.links[link.index]
    const seen = flights.filter(flight => ui.lens !== 'inside' || classOf(flight, type).letter !== 'D')
    for (const { from, at, text, role } of signsOn(seen, scene.t, cells.length, flight => classOf(flight, type))) {
      paintFlight(canvas, from === 0 ? cells : [...cells].reverse(), x, at, text, role)
    }
  }
}

function paintFlight(canvas: Canvas, way: readonly LinkCell[], x: number, at: number, text: string, role: Role): void {
  const head = way[at]
  const behind = way[at - 1] ?? head
  const arrow = head.y !== behind.y ? (head.y > behind.y ? '▼' : '▲') : headsLeft(way, at) ? '◄' : '►'
  // A count reads from left to right whichever way it goes.
  const tail = arrow === '◄' ? [...text] : [...text].reverse()
  tail.forEach((char, i) => {
    const cell = way[at - 1 - i]
    if (cell) canvas.text(x + cell.x, cell.y, char, role, { bold: true })
  })
  canvas.text(x + head.x, head.y, arrow, role, { bold: true })
}

function headsLeft(way: readonly LinkCell[], at: number): boolean {
  const [a, b] = at > 0 ? [way[at - 1], way[at]] : [way[at], way[at + 1] ?? way[at]]
  return b.x < a.x || (a === b && (a.bits & LEFT) === 0)
}

// Tubes.

function tubesOf({ nodes, rows, form }: Drawing, tunnels: readonly SceneTunnel[], x: number): Tube[] {
  const placed = (name: string): PlacedNode | undefined => nodes.find(({ node }) => node.name === name)
  const ends = tunnels.flatMap(tunnel => {
    const [client, server] = [placed(tunnel.client), placed(tunnel.server)]
    return client && server ? [{ tunnel, client, server }] : []
  })
  // The lowest client has the upper tube, so that tubes lie in each other and do not cross.
  ends.sort((a, b) => b.client.row - a.client.row)
  let lane = 0
  return ends.map(({ tunnel, client, server }, i): Tube => {
    const y = rows + (ends.length === 1 ? 1 : i)
    return { tunnel, y, legs: [legOf(client, 0, 1), legOf(server, i, ends.length)] }

    function legOf({ rect }: PlacedNode, place: number, of: number): Leg {
      const bottom = rect.y + rect.rows
      const under = rect.x + Math.max(0, Math.floor((rect.columns * (2 * place + 1)) / (2 * of)))
      const blocked = (at: number, from: number): boolean =>
        nodes.some(
          other =>
            other.rect !== rect && at >= other.rect.x && at < other.rect.x + other.rect.columns && other.rect.y >= from,
        )
      if (!blocked(under, bottom)) return { x: x + under, y: bottom, from: 'bottom', boxX: x + under }
      const side = form === 'chip' ? rect.y : bottom - 2
      if (rect.x === 0) {
        lane++
        return { x: x - 2 * lane, y: side, from: 'left', boxX: x }
      }
      let at = rect.x + rect.columns + 1
      while (blocked(at, side)) at++
      return { x: x + at, y: side, from: 'right', boxX: x + rect.x + rect.columns - 1 }
    }
  })
}

const PHASE_ROLES = { idle: 'muted', opening: 'warn', up: 'ok', failed: 'bad', over: 'muted' } as const

function paintTubes(canvas: Canvas, model: Model, plan: Plan): void {
  // Legs first, so that a tube which passes under another's leg is broken there.
  const shown = plan.tubes.filter(({ tunnel }) => ['opening', 'up'].includes(phaseOf(tunnel)))
  for (const tube of shown) paintTube(canvas, tube)
  for (const tube of shown) for (const leg of tube.legs) paintLeg(canvas, leg, tube, plan.drawing.form)
  for (const tube of plan.tubes) paintTubeWords(canvas, model, tube, plan)
}

function paintTube(canvas: Canvas, { tunnel, y, legs }: Tube): void {
  const [from, to] = legs.map(leg => leg.x).sort((a, b) => a - b)
  const phase = phaseOf(tunnel)
  for (let at = from + 1; at < to; at++) {
    canvas.text(at, y, phase === 'opening' && (at - from) % 2 === 1 ? ' ' : '═', PHASE_ROLES[phase])
  }
  canvas.text(from, y, '╚', PHASE_ROLES[phase])
  canvas.text(to, y, '╝', PHASE_ROLES[phase])
}

function paintLeg(canvas: Canvas, leg: Leg, { tunnel, y }: Tube, form: Form): void {
  const role = PHASE_ROLES[phaseOf(tunnel)]
  for (let at = leg.y + (leg.from === 'bottom' ? 0 : 1); at < y; at++) canvas.text(leg.x, at, '║', role)
  if (leg.from === 'bottom') {
    if (form !== 'chip') canvas.text(leg.x, leg.y - 1, '╥')
    return
  }
  const left = leg.from === 'left'
  canvas.text(leg.x, leg.y, left ? '╔' : '╗', role)
  const [from, to] = left ? [leg.x + 1, leg.boxX - 1] : [leg.boxX + 1, leg.x - 1]
  for (let at = from; at <= to; at++) canvas.text(at, leg.y, '═', role)
  if (form !== 'chip') canvas.text(leg.boxX, leg.y, left ? '╡' : '╞')
}

function paintTubeWords(canvas: Canvas, model: Model, { tunnel, y, legs }: Tube, { tubes }: Plan): void {
  const { scene, ui } = model
  const phase = phaseOf(tunnel)
  const [from, to] = legs.map(leg => leg.x).sort((a, b) => a - b)
  const clientLeft = legs[0].x <= legs[1].x
  const chosen = ui.selection.tunnel === tunnel.no && ui.selection.node === undefined && ui.selection.link === undefined
  const drawn = phase === 'up' || phase === 'opening'
  const name =
    scene.tunnels.length > MOST_TUBES ? `tunnel ${tunnel.no} of ${scene.tunnels.length}` : `tunnel ${tunnel.no}`
  const tail = `${name}${tailOf(tunnel)}`
  const style = chosen ? { reverse: true } : {}
  const outermost = Math.max(...tubes.flatMap(({ legs }) => legs.map(leg => leg.x)))
  let [zoneFrom, zoneTo] = [from + 1, to - 1]
  const tailRole = phase === 'up' ? undefined : PHASE_ROLES[phase]
  if (to + 2 + tail.length < canvas.columns) canvas.text(to + 2, y, tail, tailRole, style)
  else if (drawn) {
    canvas.text(from + 2, y, ` ${tail} `, tailRole, style)
    zoneFrom = from + 4 + tail.length
  } else canvas.text(Math.max(0, Math.min(outermost + 2, canvas.columns - tail.length - 1)), y, tail, tailRole, style)
  if (!drawn) return
  const inner = tunnel.inner
  if (inner) {
    const [left, right] = clientLeft ? [inner.client, inner.server] : [inner.server, inner.client]
    if (tubes.length === 1) {
      if (canvas.free(from + 2, y - 1, left.length)) canvas.text(from + 2, y - 1, left)
      if (canvas.free(to - 1 - right.length, y - 1, right.length)) canvas.text(to - 1 - right.length, y - 1, right)
    } else if (zoneTo - zoneFrom > left.length + right.length + 24) {
      canvas.text(zoneFrom + 1, y, ` ${left} `)
      canvas.text(zoneTo - 2 - right.length, y, ` ${right} `)
      zoneFrom += left.length + 3
      zoneTo -= right.length + 3
    }
  }
  if (ui.lens !== 'outside') paintPayload(canvas, model, tunnel, y, zoneFrom, zoneTo, clientLeft)
}

function tailOf(tunnel: SceneTunnel): string {
  switch (phaseOf(tunnel)) {
    case 'up':
      return tunnel.encrypted ? '  MPPE 128' : '  in clear'
    case 'opening':
      return `  ${tunnel.layers.find(({ mark }) => mark !== 'open')?.name ?? ''} ~`
    case 'failed':
      return `  × ${tunnel.layers.find(({ mark }) => mark === 'failed')?.name ?? ''}`
    case 'over':
      return '  over'
    case 'idle':
      return '  not yet'
  }
}

/** User's packets inside one tunnel, on their way in one direction. */
interface Payload {
  readonly text: string
  readonly role: Role
  readonly share: number
  readonly fromClient: boolean
}

function payloadsOf({ scene }: Model, tunnel: SceneTunnel): Payload[] {
  const links = tunnel.path.map(index => scene.links[index])
  const own = new Set([...(scene.nodes.find(({ name }) => name === tunnel.client)?.addresses ?? []).map(bare)])
  let at = tunnel.client
  return links.flatMap((link, place) => {
    const clientSide = link.ends[0].node === at ? 0 : 1
    at = link.ends[1 - clientSide].node
    return link.flights.flatMap((flight): Payload[] => {
      const inside = insideOf(flight.packet)
      const facts = flight.packet.facts
      if (!inside || facts?.proto !== 'gre' || !(own.has(facts.src) || own.has(facts.dst))) return []
      const fromClient = flight.hop.from === clientSide
      const { sent, arrives = sent } = flight.hop
      const part = arrives > sent ? (scene.t - sent) / (arrives - sent) : 1
      const share = wayThrough(links, place, fromClient ? part : 1 - part)
      return [{ text: inside.text, role: inside.role, share, fromClient }]
    })
  })
}

function paintPayload(
  canvas: Canvas,
  model: Model,
  tunnel: SceneTunnel,
  y: number,
  from: number,
  to: number,
  clientLeft: boolean,
): void {
  const room = to - from + 1
  if (room < 3) return
  let taken: readonly [number, number] | undefined
  for (const fromClient of [true, false]) {
    const these = payloadsOf(model, tunnel).filter(payload => payload.fromClient === fromClient)
    const lead = these.sort((a, b) => (fromClient ? b.share - a.share : a.share - b.share))[0]
    if (!lead) continue
    const more = these.length > 1 ? ` +${these.length - 1}` : ''
    const rightwards = fromClient === clientLeft
    const text = `${lead.text}${more}`.slice(0, room - 4)
    const words = rightwards ? ` ${text} ►` : `◄ ${text} `
    const share = clientLeft ? lead.share : 1 - lead.share
    const head = from + Math.min(room - 1, Math.floor(room * share))
    const start = rightwards ? head - words.length + 1 : head
    const at = Math.max(from, Math.min(to - words.length + 1, start))
    if (taken && at <= taken[1] && at + words.length > taken[0]) {
      if (head < taken[0] || head > taken[1]) canvas.text(head, y, rightwards ? '►' : '◄', lead.role, { bold: true })
      continue
    }
    taken = [at, at + words.length - 1]
    canvas.text(at, y, words, lead.role, { bold: true })
  }
}

// All of it.

export function paintNet(model: Model, room: Extent): Line[] {
  const plan = planOf(model, room)
  const canvas = new Canvas(plan.extent.columns, plan.extent.rows)
  for (const node of plan.drawing.nodes) {
    const placed = { ...node, rect: { ...node.rect, x: node.rect.x + plan.x } }
    paintNode(canvas, model, placed, plan.drawing.form, room.columns >= WIDE)
  }
  paintLinks(canvas, model, plan)
  paintLabels(canvas, model, plan)
  paintTubes(canvas, model, plan)
  paintFlights(canvas, model, plan)
  return through(canvas, model, plan, room)
}

/** The part of the drawing that fits, with the selection in it, and what is beyond its edges. */
function through(canvas: Canvas, { ui }: Model, { drawing, x, extent }: Plan, room: Extent): Line[] {
  const rows = Math.min(room.rows, extent.rows)
  const { node, link } = ui.selection
  const near = drawing.links.find(placed => placed.link.index === link)?.link.ends[0] ?? node
  const chosen = drawing.nodes.find(placed => near !== undefined && placed.node.members.includes(near))
  const centre = chosen && { x: x + chosen.rect.x + (chosen.rect.columns >> 1), y: chosen.row }
  const left = scrolled(extent.columns, room.columns, centre?.x ?? 0)
  const top = scrolled(extent.rows, rows, centre?.y ?? 0)
  const lines = canvas.lines(left, top, room.columns, rows)
  const beyond = (test: (rect: Rect) => boolean): number => drawing.nodes.filter(({ rect }) => test(rect)).length
  const edge = new Canvas(room.columns, rows)
  const marks = [
    { count: beyond(rect => x + rect.x < left), text: (n: number) => `◄ ${n} more`, side: 'left' },
    {
      count: beyond(rect => x + rect.x + rect.columns > left + room.columns),
      text: (n: number) => `${n} more ►`,
      side: 'right',
    },
    { count: beyond(rect => rect.y < top), text: (n: number) => `▲ ${n} more`, side: 'top' },
    { count: beyond(rect => rect.y + rect.rows > top + rows), text: (n: number) => `▼ ${n} more`, side: 'bottom' },
  ].filter(({ count }) => count > 0)
  if (marks.length === 0) return lines
  lines.forEach((line, y) => {
    let at = 0
    for (const { text, ...style } of line) {
      for (const char of text) {
        const { role, ...rest } = style
        edge.text(at++, y, char, role, rest)
      }
    }
  })
  for (const { count, text, side } of marks) {
    const words = ` ${text(count)} `
    const y = side === 'top' ? 0 : side === 'bottom' ? rows - 1 : rows >> 1
    const atX =
      side === 'left' ? 0 : side === 'right' ? room.columns - words.length : (room.columns - words.length) >> 1
    edge.text(atX, y, words, 'muted', { bold: true })
  }
  return edge.lines()
}

const scrolled = (all: number, room: number, centre: number): number =>
  all <= room ? 0 : Math.max(0, Math.min(all - room, centre - (room >> 1)))
