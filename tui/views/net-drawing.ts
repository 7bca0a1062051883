/** The drawing of the net: boxes, links and what is on them; a part of it where there is no room for all. */
import {
  bitRate,
  DOWN,
  type Drawing,
  type Extent,
  type Form,
  LEFT,
  type LinkCell,
  lineChar,
  milliseconds,
  type PlacedNode,
  type Rect,
  RIGHT,
  type SceneLink,
  type SceneSignal,
  type SceneTunnel,
  signalWords,
  UP,
} from '../../src/index.ts'
import { Canvas } from '../canvas.ts'
import { QUIET } from '../drops.ts'
import { classOf, signsOn } from '../flight.ts'
import type { Model } from '../model.ts'
import type { Line, Role } from '../text.ts'
import { faultOf, networkOf, PHASE_SIGNS, phaseAt, tubePhase } from '../words.ts'
import { type Plan, planOf, WIDE, wordsOf } from './net-plan.ts'
import { paintTubes } from './net-tubes.ts'

/** A drop is shown where it happened for so long. */
const DROP_SHOWN = 300e6

// Boxes.

function paintNode(canvas: Canvas, model: Model, { node, rect }: PlacedNode, form: Form, wide: boolean): void {
  const { scene, ui } = model
  const { name, job, role, address } = wordsOf(model, node, wide && form === 'card')
  const phase = phaseAt(node.name, scene.tunnels)
  const ends = phase !== undefined
  const off = scene.nodes.some(each => each.off && node.members.includes(each.name))
  const [sign, signRole] =
    off || dropsNow(model, node.members) ? (['×', 'bad'] as const) : phase ? PHASE_SIGNS[phase] : [' ', undefined]
  const chosen = ui.selection.node !== undefined && node.members.includes(ui.selection.node)
  const title = { bold: chosen, ...(chosen ? { reverse: true } : {}) }
  const { x, y, columns, rows } = rect
  /** Who ends no tunnel has no place for a sign: where it would cover a letter it stands in the frame. */
  const paintSign = (atX: number, atY: number): void => {
    if (!ends && sign !== '×') return
    if (canvas.free(atX, atY, 1)) canvas.text(atX, atY, sign, signRole)
    else canvas.text(x + columns - 2, y, sign, signRole)
  }
  if (form === 'chip') {
    canvas.text(x, y, ends ? `[${name}  ]` : `[${name}]`)
    canvas.text(x + 1, y, name, undefined, title)
    if (ends) canvas.text(x + columns - 2, y, sign, signRole)
    return
  }
  canvas.text(x, y, `┌${'─'.repeat(columns - 2)}┐`)
  for (let row = 1; row < rows - 1; row++) canvas.text(x, y + row, `│${' '.repeat(columns - 2)}│`)
  canvas.text(x, y + rows - 1, `└${'─'.repeat(columns - 2)}┘`)
  if (form === 'box') {
    canvas.text(x + 1, y + 1, name, undefined, title)
    canvas.text(x + 2 + name.length, y + 1, role, 'muted')
    paintSign(x + columns - 2, y + 1)
    return
  }
  const margin = form === 'card' ? 2 : 1
  canvas.text(x + 1, y, ` ${name} `)
  canvas.text(x + 2, y, name, undefined, title)
  canvas.text(x + margin, y + 1, job)
  canvas.text(x + columns - margin - role.length, y + 1, role)
  canvas.text(x + margin, y + 2, address, 'muted')
  paintSign(x + columns - margin - 1, y + 2)
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
  const phases = all.filter(({ no }) => tunnels.includes(no)).map(tubePhase)
  const isUp = phases.includes('up') || phases.includes('half')
  const double = isUp || phases.includes('opening')
  return { double, dashed: double && !isUp }
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
      // Nothing is written over the name in a frame.
      if ('─│├┤┬┴'.includes(canvas.at(x + toX, toY)))
        canvas.text(x + toX, toY, lineChar(frame | opposite(bit), double ? opposite(bit) : 0))
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
      const rows = drawing.form === 'card' ? 2 : 1
      const free = below === '' ? rows - 1 : rows
      label(canvas, x + run.x, run.y + Math.max(1, free), run.length, lineWords(scene), 'muted')
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

/** `line`; of a trunk `2 of 24`. */
function lineWords({ lines }: SceneLink): string {
  if (!lines) return ''
  return lines.all === 1 ? 'line' : `${lines.busy} of ${lines.all}`
}

function label(canvas: Canvas, x: number, y: number, room: number, text: string, role: Role): void {
  const short = [text, text.replace(' ', '')].find(({ length }) => length <= room)
  if (short === undefined || short === '') return
  const at = x + ((room - short.length) >> 1)
  if (canvas.free(at, y, short.length)) canvas.text(at, y, short, role)
}

/** `connect►`, and something of the line. */
const LONGEST_SIGNAL = 9

/** Packets on the links; with the lens inside, sealed ones are seen in the tube only. */
function paintFlights(canvas: Canvas, { scene, ui }: Model, { drawing, x }: Plan): void {
  for (const { link, cells } of drawing.links) {
    const { flights, type, signals } = scene.links[link.index]
    const roomy = cells.length >= LONGEST_SIGNAL && isLevel(cells[cells.length >> 1].bits)
    const wordOf = (signal: SceneSignal) => ({
      letter: roomy ? signalWords(signal).split(' ')[0] : 'S',
      role: 'control' as const,
    })
    for (const { from, at, text, role } of signsOn(signals, scene.t, cells.length, wordOf)) {
      paintFlight(canvas, from === 0 ? cells : [...cells].reverse(), x, at, text, role)
    }
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
function through(canvas: Canvas, { ui }: Model, { drawing, tubes, x, extent }: Plan, room: Extent): Line[] {
  const rows = Math.min(room.rows, extent.rows)
  const { node, link } = ui.selection
  const near = drawing.links.find(placed => placed.link.index === link)?.link.ends[0] ?? node
  const chosen = drawing.nodes.find(placed => near !== undefined && placed.node.members.includes(near))
  const centre = chosen && { x: x + chosen.rect.x + (chosen.rect.columns >> 1), y: chosen.row }
  const left = scrolled(extent.columns, room.columns, centre?.x ?? 0)
  const top = scrolled(extent.rows, rows, centre?.y ?? 0)
  const lines = canvas.lines(left, top, room.columns, rows)
  const beyond = (test: (rect: Rect) => boolean): number => drawing.nodes.filter(({ rect }) => test(rect)).length
  const under = tubes.filter(({ y }) => y >= top + rows).length
  const edge = new Canvas(room.columns, rows)
  const marks = [
    { count: beyond(rect => x + rect.x < left), text: (n: number) => `◄ ${n} more`, side: 'left' },
    {
      count: beyond(rect => x + rect.x + rect.columns > left + room.columns),
      text: (n: number) => `${n} more ►`,
      side: 'right',
    },
    { count: beyond(rect => rect.y < top), text: (n: number) => `▲ ${n} more`, side: 'top' },
    {
      count: Math.max(
        under,
        beyond(rect => rect.y + rect.rows > top + rows),
      ),
      text: (n: number) => (under > 0 ? `▼ ${under} ${under === 1 ? 'tunnel' : 'tunnels'} below` : `▼ ${n} more`),
      side: 'bottom',
    },
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
