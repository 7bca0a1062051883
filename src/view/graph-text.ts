/**
 * A lab as text: its net in boxes and lines, the way of each tunnel, and a list of its links.
 *
 * Limits: it fits 80 columns where that can be; labels of links for which there is no room stand in the list only.
 */
import type { Lab } from '../lab/lab.ts'
import { asciiCell } from './ascii.ts'
import type { Note } from './boxes.ts'
import type { GraphNode } from './graph.ts'
import { DOWN, LEFT, lineChar, RIGHT, UP } from './joints.ts'
import { type Drawing, drawingFor, type Form, type LinkCell, type PlacedNode } from './layout.ts'
import {
  lastOctet,
  linkWords,
  type Picture,
  type PictureEnd,
  type PictureLink,
  type PictureNode,
  pictureOf,
  type StripLeg,
  stripOf,
  stripPlan,
  wrapped,
} from './picture.ts'
import { graphOf, type Plan, planOf, type Stroke, strokesOf } from './plan.ts'
import { isCut } from './tunnels.ts'

const COLUMNS = 80

export function graphText(lab: Lab, { ascii = false }: { readonly ascii?: boolean } = {}): string {
  const picture = pictureOf(lab)
  const keep = new Set(picture.nodes.map(({ name }) => name))
  const room = { columns: COLUMNS, rows: Number.POSITIVE_INFINITY }
  const drawing = drawingFor(graphOf(picture), room, widthIn(picture), keep, 'joint')
  const plan = planOf(picture, drawing, false)
  const parts = [
    net(picture, plan),
    kinds(picture, drawing.form),
    boxes(picture),
    tunnels(picture),
    links(picture),
    legend(picture, plan),
  ]
  const lines = parts.filter(part => part.length > 0).flatMap((part, i) => (i === 0 ? part : ['', ...part]))
  const text = lines.map(line => line.trimEnd())
  return `${(ascii ? text.map(line => Array.from(line, asciiCell).join('')) : text).join('\n')}\n`
}

// The net.

const nodeOf = ({ nodes }: Picture, name: string): PictureNode => nodes.find(node => node.name === name) as PictureNode

const widthIn =
  (picture: Picture) =>
  ({ name }: GraphNode, form: Form): number => {
    const { job, role, addresses, notes } = nodeOf(picture, name)
    const short = shortened(addresses)
    if (form === 'chip') return name.length + 2
    if (form === 'box') return boxText(nodeOf(picture, name)).length + 2
    const margin = form === 'card' ? 4 : 2
    const second = role === '' ? job.length : job.length + role.length + (form === 'card' ? 2 : 1)
    const longest = Math.max(short.length, ...notes.map(note => noteText(note).length))
    return Math.max(name.length + 4, second + margin, longest + margin)
  }

/** What stops a tunnel has a cross. */
const noteText = ({ text, stops }: Note): string => (stops ? `× ${text}` : text)

const boxText = ({ name, role, notes }: PictureNode): string =>
  `${notes.some(({ stops }) => stops) ? '× ' : ''}${name} ${role}`.trimEnd()

/** One address whole, of several the last octets. */
function shortened(addresses: readonly string[]): string {
  if (addresses.length <= 1) return addresses.join('')
  const shown = addresses.length > 3 ? 2 : addresses.length
  const more = addresses.length > shown ? ` +${addresses.length - shown}` : ''
  return addresses.slice(0, shown).map(lastOctet).join('  ') + more
}

class Grid {
  readonly #rows: string[][] = []

  text(x: number, y: number, text: string): void {
    while (this.#rows.length <= y) this.#rows.push([])
    const row = this.#rows[y]
    while (row.length < x + text.length) row.push(' ')
    for (let i = 0; i < text.length; i++) row[x + i] = text[i]
  }
  at(x: number, y: number): string {
    return this.#rows[y]?.[x] ?? ' '
  }
  get lines(): string[] {
    return this.#rows.map(row => row.join(''))
  }
}

function net(picture: Picture, { drawing, labels }: Plan): string[] {
  const grid = new Grid()
  for (const placed of drawing.nodes) paintNode(grid, nodeOf(picture, placed.node.name), placed, drawing.form)
  paintLinks(grid, picture, drawing)
  for (const { x, y, text } of labels) grid.text(x, y, text)
  return grid.lines
}

function paintNode(grid: Grid, node: PictureNode, { rect }: PlacedNode, form: Form) {
  const { name, job, role, addresses, notes, outside } = node
  const { x, y, columns, rows } = rect
  if (form === 'chip') return grid.text(x, y, `[${name}]`)
  const [level, upright] = outside ? ['╌', '╎'] : ['─', '│']
  grid.text(x, y, `┌${level.repeat(columns - 2)}┐`)
  for (let row = 1; row < rows - 1; row++) grid.text(x, y + row, `${upright}${' '.repeat(columns - 2)}${upright}`)
  grid.text(x, y + rows - 1, `└${level.repeat(columns - 2)}┘`)
  if (form === 'box') return grid.text(x + 1, y + 1, boxText(node))
  const margin = form === 'card' ? 2 : 1
  grid.text(x + 1, y, ` ${name} `)
  grid.text(x + margin, y + 1, job)
  grid.text(x + columns - margin - role.length, y + 1, role)
  grid.text(x + margin, y + 2, shortened(addresses))
  for (const [i, note] of notes.entries()) grid.text(x + margin, y + 3 + i, noteText(note))
}

function paintLinks(grid: Grid, picture: Picture, { links, nodes, form }: Drawing): void {
  for (const { x, y, strokes } of strokesOf(picture, { links })) grid.text(x, y, character(strokes))
  if (form === 'chip') return
  const doubled = new Map<string, number>()
  for (const { link, cells } of links) {
    for (const cell of [cells[0], cells[cells.length - 1]]) {
      for (const { bit, x, y } of around(cell)) {
        const box = nodes.some(
          ({ rect }) => x >= rect.x && x < rect.x + rect.columns && y >= rect.y && y < rect.y + rect.rows,
        )
        // Nothing is written over the name in a frame.
        if (!box || (cell.bits & bit) === 0 || !FRAME.has(grid.at(x, y))) continue
        const key = `${x} ${y}`
        const double = isTube(picture.links[link.index]) ? opposite(bit) : 0
        doubled.set(key, (doubled.get(key) ?? 0) | double)
        const frame = bit === LEFT || bit === RIGHT ? UP | DOWN : LEFT | RIGHT
        grid.text(x, y, lineChar(frame | opposite(bit), doubled.get(key) ?? 0))
      }
    }
  }
}

function character(strokes: readonly Stroke[]): string {
  const bits = strokes.reduce((or, stroke) => or | stroke.bits, 0)
  const doubled = strokes.reduce((or, stroke) => or | (isTube(stroke.link) ? stroke.bits : 0), 0)
  if (doubled === 0 && strokes.every(({ link }) => link.serial || link.dead)) {
    if (bits === (LEFT | RIGHT)) return '╌'
    if (bits === (UP | DOWN)) return '╎'
  }
  return lineChar(bits, doubled)
}

const isTube = ({ tunnels, dead }: PictureLink): boolean => tunnels.length > 0 && !dead

/** What a frame may have where a link meets it. */
const FRAME = new Set('─│╌╎├┤┬┴╞╡╥╨')

const around = ({ x, y }: LinkCell): { readonly bit: number; readonly x: number; readonly y: number }[] => [
  { bit: UP, x, y: y - 1 },
  { bit: RIGHT, x: x + 1, y },
  { bit: DOWN, x, y: y + 1 },
  { bit: LEFT, x: x - 1, y },
]
const opposite = (bit: number): number => (bit === UP ? DOWN : bit === DOWN ? UP : bit === LEFT ? RIGHT : LEFT)

const NO_BREAK = '\u00a0'

/** Where boxes have no room for it. */
function kinds({ nodes }: Picture, form: Form): string[] {
  if (form !== 'box' && form !== 'chip') return []
  const words = nodes.map(({ name, job, role }) => `${name} ${job} ${role}`.trimEnd().replaceAll(' ', NO_BREAK))
  return wrapped([words.join(', ')], COLUMNS).map(line => line.replaceAll(NO_BREAK, ' '))
}

/** What boxes do to packets. */
function boxes({ nodes }: Picture): string[] {
  const doing = nodes.filter(({ facts }) => facts.length > 0)
  const width = Math.max(0, ...doing.map(({ name }) => name.length)) + 2
  return doing.flatMap(({ name, facts }) =>
    wrapped(facts, COLUMNS - width).map((line, i) => (i === 0 ? name : '').padEnd(width) + line),
  )
}

// The tunnels.

function tunnels({ tunnels }: Picture): string[] {
  const width = String(tunnels.length).length
  return tunnels.flatMap(tunnel => {
    const { no, legs, facts } = stripOf(tunnel)
    const [way, words] = stripLines(legs)
    const head = `tunnel ${String(no).padStart(width)}  `
    const indent = ' '.repeat(head.length)
    return [`${head}${way}`, `${indent}${words}`, ...wrapped(facts, COLUMNS - 4).map(line => `    ${line}`)]
  })
}

/** The way, and below each of its legs what becomes of the packets there. */
function stripLines(legs: readonly StripLeg[]): [string, string] {
  const { nodes, lines, words } = stripPlan(legs)
  const grid = new Grid()
  for (const { x, text } of nodes) grid.text(x, 0, text)
  for (const { x, length, inside, dead } of lines) grid.text(x, 0, (dead ? '╌' : inside ? '═' : '─').repeat(length))
  for (const { x, text } of words) grid.text(x, 1, text)
  return [grid.lines[0], grid.lines[1]]
}

// The links.

function links({ links }: Picture): string[] {
  const rows = links.map(link => [endWords(link.ends[0]), endWords(link.ends[1]), linkWords(link)] as const)
  const width = (column: 0 | 1): number => Math.max(...rows.map(row => row[column].length))
  const [a, b] = [width(0), width(1)]
  return rows.flatMap(([from, to, words], i) => {
    const line = isTube(links[i]) ? '═══' : links[i].serial || links[i].dead ? '╌╌╌' : '───'
    const head = `${from.padEnd(a)} ${line} ${to.padEnd(b)}  `
    if (head.length + words.length <= COLUMNS) return [head + words]
    // What is longer begins further to the left if it can, or goes on below.
    const start = COLUMNS - words.length
    const narrow = `${from.padEnd(a)} ${line} ${to}`
    if (narrow.length + 2 <= start) return [narrow.padEnd(start) + words]
    const fitting = phrases(words, COLUMNS - 4)
    return [narrow, ...fitting.map(text => `    ${text}`)]
  })
}

/** In lines, broken behind commas. */
const phrases = (text: string, width: number): string[] =>
  wrapped([text.replaceAll(' ', NO_BREAK).replaceAll(`,${NO_BREAK}`, ', ')], width).map(line =>
    line.replaceAll(NO_BREAK, ' '),
  )

const endWords = ({ node, iface, address }: PictureEnd): string => `${node}:${iface} ${address}`.trimEnd()

// The legend.

function legend({ links, nodes, tunnels }: Picture, { labels }: Plan): string[] {
  const signs: string[] = []
  if (tunnels.length > 0) signs.push('═1═ the way of tunnel 1')
  if (tunnels.some(isCut)) signs.push('╌╌╌ nothing of the tunnel comes here')
  const plain = links.some(({ serial, tunnels }) => !serial && tunnels.length === 0)
  if (tunnels.length > 0 && plain) signs.push('─── no tunnel, in clear')
  if (labels.some(({ role, text }) => role === 'tunnel' && text.startsWith('('))) {
    signs.push('(1) another way that tunnel 1 may take')
  }
  if (tunnels.some(({ obstacle }) => obstacle)) signs.push('× stops a tunnel')
  if (links.some(({ serial }) => serial)) signs.push('╌╌╌ telephone line')
  if (nodes.some(({ outside }) => outside)) signs.push('╌ box: not simulated')
  return wrapped(signs, COLUMNS)
}
