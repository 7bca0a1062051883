/**
 * Where the nodes and links of any lab stand in a drawing made of character cells.
 *
 * Columns by job, from the users on the left to what stands behind the servers; the order in a column by barycentre
 * sweeps; rows as integers, each node pulled to a neighbour's row so that links run straight; links at right angles, the
 * upright parts on tracks in the gap between two columns. The same lab gives the same drawing, whatever moves.
 *
 * Limits: links between the same two nodes lie on each other. Where two links that share no end would have to exchange
 * rows within one gap, one part of them lies on the other.
 */
import { columnsOf, foldChains, foldHosts, type Graph, type GraphLink, type GraphNode } from './graph.ts'
import { DOWN, LEFT, RIGHT, UP } from './joints.ts'
import { type Crossing, giveTracks, leaning } from './tracks.ts'

/** `card`: name, job, address; `tight`: the same without margins; `box`: one row in a frame; `chip`: `[name]`. */
export type Form = 'card' | 'tight' | 'box' | 'chip'
export interface Extent {
  readonly columns: number
  readonly rows: number
}
export interface Rect extends Extent {
  readonly x: number
  readonly y: number
}

/** A cell of a link, with the directions in which the link leaves it. */
export interface LinkCell {
  readonly x: number
  readonly y: number
  readonly bits: number
}
export interface PlacedNode {
  readonly node: GraphNode
  readonly rect: Rect
  /** The row at which links meet its sides. */
  readonly row: number
  readonly column: number
}
export interface PlacedLink {
  readonly link: GraphLink
  /** From the box of its first end to the box of its second. */
  readonly cells: readonly LinkCell[]
}
export interface Drawing extends Extent {
  readonly form: Form
  readonly nodes: readonly PlacedNode[]
  readonly links: readonly PlacedLink[]
}

/** How wide a node is in a form; its height is the form's. */
export type WidthOf = (node: GraphNode, form: Form) => number

export interface FormRules {
  readonly form: Form
  readonly rows: number
  /** Of its rows, the one where links meet it. */
  readonly row: number
  /** Between two in a column. */
  readonly free: number
  /** Between two columns, at least. */
  readonly gap: number
  /** What a link wants of a gap that it alone crosses; absent: nothing more. */
  readonly gapOf?: (link: GraphLink) => number
  /** Where the upright parts of links stand in a gap: in its middle, or where most links come together. */
  readonly tracks?: 'middle' | 'joint'
}
const FORMS: readonly FormRules[] = [
  { form: 'card', rows: 4, row: 1, free: 1, gap: 8 },
  { form: 'card', rows: 4, row: 1, free: 0, gap: 6 },
  { form: 'tight', rows: 4, row: 1, free: 0, gap: 4 },
  { form: 'box', rows: 3, row: 1, free: 0, gap: 3 },
  { form: 'chip', rows: 1, row: 0, free: 0, gap: 3 },
]
/** A gap is not stretched beyond this. */
const WIDEST_GAP = 24

/** The largest form that fits; then the same with more and more folded; else the smallest, which is to be scrolled. */
export function drawingFor(
  graph: Graph,
  room: Extent,
  widthOf: WidthOf,
  keep: ReadonlySet<string>,
  tracks: FormRules['tracks'] = 'middle',
): Drawing {
  let smallest: Drawing | undefined
  const hosts = foldHosts(graph, keep)
  for (const folded of [graph, hosts, foldChains(hosts, keep)]) {
    for (const rules of FORMS) {
      smallest = draw(folded, { ...rules, tracks }, widthOf, room.columns)
      if (smallest.columns <= room.columns && smallest.rows <= room.rows) return smallest
    }
  }
  return smallest as Drawing
}

/** In one form, whatever room that takes. */
export const drawingIn = (rules: FormRules, graph: Graph, widthOf: WidthOf): Drawing => draw(graph, rules, widthOf, 0)

// Order and rows.

/** A node in its column, or a link passing through it. */
interface Slot {
  readonly node: GraphNode | undefined
  readonly column: number
  readonly columns: number
  readonly above: number
  readonly below: number
  readonly before: Slot[]
  readonly after: Slot[]
  row: number
}
/** A link as the slots it passes, from left to right. */
interface Chain {
  readonly link: GraphLink
  readonly slots: readonly Slot[]
  readonly reversed: boolean
}

function draw(graph: Graph, rules: FormRules, widthOf: WidthOf, room: number): Drawing {
  const { columns, chains } = slotsOf(graph, rules, widthOf)
  for (let sweep = 0; sweep < 8; sweep++) order(columns, sweep % 2 === 0)
  place(columns, rules)
  return assemble(columns, chains, rules, room)
}

function slotsOf(graph: Graph, rules: FormRules, widthOf: WidthOf): { columns: Slot[][]; chains: Chain[] } {
  const at = columnsOf(graph)
  const columns: Slot[][] = []
  const byName = new Map<string, Slot>()
  const add = (column: number, node: GraphNode | undefined): Slot => {
    const slot: Slot = {
      node,
      column,
      columns: node ? widthOf(node, rules.form) : 0,
      above: node ? rules.row : 0,
      below: node ? rules.rows - 1 - rules.row + moreRows(node, rules.form) : 0,
      before: [],
      after: [],
      row: 0,
    }
    while (columns.length <= column) columns.push([])
    columns[column].push(slot)
    return slot
  }
  for (const node of graph.nodes) byName.set(node.name, add(at.get(node.name) ?? 0, node))
  const chains = graph.links.map((link): Chain => {
    const ends = [byName.get(link.ends[0]) as Slot, byName.get(link.ends[1]) as Slot]
    const reversed = ends[0].column > ends[1].column
    if (reversed) ends.reverse()
    const slots = [ends[0]]
    for (let column = ends[0].column + 1; column < ends[1].column; column++) slots.push(add(column, undefined))
    slots.push(ends[1])
    for (let i = 1; i < slots.length; i++) {
      if (slots[i].column === slots[i - 1].column) continue
      slots[i - 1].after.push(slots[i])
      slots[i].before.push(slots[i - 1])
    }
    return { link, slots, reversed }
  })
  return { columns, chains }
}

const moreRows = ({ more = 0 }: GraphNode, form: Form): number => (form === 'card' || form === 'tight' ? more : 0)

/** While columns are being sorted, a slot's row is its place in them. */
function number(column: readonly Slot[]): void {
  for (const [place, slot] of column.entries()) slot.row = place
}

/** One sweep: each column is sorted by the middle of its neighbours' places; those without keep theirs. */
function order(columns: Slot[][], rightwards: boolean): void {
  for (const column of columns) number(column)
  for (const column of rightwards ? columns : [...columns].reverse()) {
    const middle = new Map(
      column.map(slot => {
        const near = rightwards ? slot.before : slot.after
        return [slot, near.length === 0 ? slot.row : near.reduce((sum, { row }) => sum + row, 0) / near.length]
      }),
    )
    column.sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number) || a.row - b.row)
    number(column)
  }
}

/** Rows: every column in turn is put as near as its order allows to the rows of its neighbours. */
function place(columns: Slot[][], rules: FormRules): void {
  const spread = (column: Slot[]): number[] => {
    const offsets = [0]
    for (let i = 1; i < column.length; i++) {
      const between = column[i - 1].node && column[i].node ? rules.free : 0
      offsets.push(offsets[i - 1] + column[i - 1].below + 1 + between + column[i].above)
    }
    return offsets
  }
  const offsets = columns.map(spread)
  for (const [c, column] of columns.entries()) for (const [i, slot] of column.entries()) slot.row = offsets[c][i]
  for (const way of ['after', 'before', 'after', 'before', 'both'] as const) {
    const places = [...columns.keys()]
    if (way === 'after') places.reverse()
    for (const c of places) settle(columns[c], offsets[c], way)
  }
  // What moved last may have left the ends behind.
  const last = columns.length - 1
  settle(columns[0], offsets[0], 'after')
  settle(columns[last], offsets[last], 'before')
  const top = Math.min(...columns.flat().map(({ row, above }) => row - above))
  for (const slot of columns.flat()) slot.row -= top
}

/** Least squares under the order: neighbours that would push each other move as one block. */
function settle(column: readonly Slot[], offsets: readonly number[], way: 'before' | 'after' | 'both'): void {
  const blocks: { sum: number; weight: number; size: number }[] = []
  column.forEach((slot, i) => {
    const near = way === 'both' ? [...slot.before, ...slot.after] : slot[way]
    const wish = near.length === 0 ? slot.row : lowerMedian(near.map(({ row }) => row))
    const weight = near.length === 0 ? 0.1 : slot.node ? near.length : 4
    let block = { sum: (wish - offsets[i]) * weight, weight, size: 1 }
    for (let last = blocks.at(-1); last && last.sum / last.weight >= block.sum / block.weight; last = blocks.at(-1)) {
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, size: last.size + block.size }
      blocks.pop()
    }
    blocks.push(block)
  })
  let i = 0
  for (const { sum, weight, size } of blocks) {
    for (const end = i + size; i < end; i++) column[i].row = offsets[i] + Math.round(sum / weight)
  }
}

/** A row that a neighbour really has, so that at least one link runs straight. */
const lowerMedian = (rows: number[]): number => rows.sort((a, b) => a - b)[Math.floor((rows.length - 1) / 2)]

// Links.

function assemble(columns: readonly Slot[][], chains: readonly Chain[], rules: FormRules, room: number): Drawing {
  const crossings = new Map<Slot, Map<Slot, Crossing>>()
  const byGap: Crossing[][] = columns.map(() => [])
  for (const { link, slots } of chains) {
    for (let i = 1; i < slots.length; i++) {
      const [from, to] = [slots[i - 1], slots[i]]
      const aside = from.column === to.column
      if (from.row === to.row || (aside && isUpright(columns[from.column], from, to, rules))) continue
      const crossing: Crossing = {
        gap: from.column,
        from,
        to,
        left: aside ? [from.row, to.row] : [from.row],
        right: aside ? [] : [to.row],
        ends: link.ends,
        track: 0,
      }
      byGap[crossing.gap].push(crossing)
      if (!crossings.has(from)) crossings.set(from, new Map())
      crossings.get(from)?.set(to, crossing)
    }
  }
  const tracks = byGap.map(giveTracks)
  const widths = columns.map(column => Math.max(0, ...column.map(slot => slot.columns)))
  const wanted = columns.map(() => rules.gap)
  for (const { link, slots } of chains) {
    const [{ column }] = slots
    if (slots.length === 2) wanted[column] = Math.max(wanted[column], rules.gapOf?.(link) ?? 0)
  }
  const gaps = columns.map((_, c) =>
    c < columns.length - 1 ? Math.max(wanted[c], tracks[c] + 2) : tracks[c] > 0 ? tracks[c] + 1 : 0,
  )
  stretch(gaps, room - sum(widths) - sum(gaps))
  const starts: number[] = []
  let x = 0
  for (const c of columns.keys()) {
    starts.push(x)
    x += widths[c] + gaps[c]
  }
  const firstTrack = gaps.map((gap, c) => {
    if (c === columns.length - 1) return Math.max(1, (gap - tracks[c]) >> 1)
    const lean = rules.tracks === 'joint' ? leaning(byGap[c]) : 0
    return lean === 0 ? (gap - tracks[c]) >> 1 : lean < 0 ? 1 : gap - tracks[c] - 1
  })
  const trackX = ({ gap, track }: Crossing): number => starts[gap] + widths[gap] + firstTrack[gap] + track

  const rectOf = (slot: Slot): Rect => ({
    x: starts[slot.column],
    y: slot.row - slot.above,
    columns: rules.form === 'chip' ? slot.columns : widths[slot.column],
    rows: slot.above + 1 + slot.below,
  })
  const nodes = columns.flat().flatMap((slot): PlacedNode[] => {
    if (!slot.node) return []
    return [{ node: slot.node, rect: rectOf(slot), row: slot.row, column: slot.column }]
  })
  const links = chains.map(({ link, slots, reversed }): PlacedLink => {
    const points: (readonly [number, number])[] = []
    for (let i = 1; i < slots.length; i++) {
      const [from, to] = [slots[i - 1], slots[i]]
      const start = from.node ? rectOf(from).x + rectOf(from).columns : starts[from.column]
      if (from.column === to.column && !crossings.get(from)?.get(to)) {
        const [upper, lower] = from.row < to.row ? [from, to] : [to, from]
        const middle = starts[from.column] + (Math.min(rectOf(from).columns, rectOf(to).columns) >> 1)
        const span = [upper.row + upper.below + 1, lower.row - lower.above - 1]
        if (upper !== from) span.reverse()
        points.push([middle, span[0]], [middle, span[1]])
        continue
      }
      const crossing = crossings.get(from)?.get(to)
      const end = from.column === to.column ? start : starts[to.column] - 1
      points.push([start, from.row])
      if (crossing) points.push([trackX(crossing), from.row], [trackX(crossing), to.row])
      points.push([from.column === to.column ? rectOf(to).x + rectOf(to).columns : end, to.row])
    }
    const cells = cellsOf(points, slots)
    return { link, cells: reversed ? cells.reverse() : cells }
  })
  const rows = Math.max(0, ...columns.flat().map(({ row, below }) => row + below + 1))
  return { form: rules.form, columns: x, rows, nodes, links }
}

/** Neighbours in one column with a free row between them are joined by an upright line. */
function isUpright(column: readonly Slot[], a: Slot, b: Slot, rules: FormRules): boolean {
  if (rules.form === 'chip' || Math.abs(column.indexOf(a) - column.indexOf(b)) !== 1) return false
  const [upper, lower] = a.row < b.row ? [a, b] : [b, a]
  return lower.row - lower.above > upper.row + upper.below + 1
}

function stretch(gaps: number[], room: number): void {
  const inner = gaps.length - 1
  for (let i = 0; room > 0 && inner > 0 && gaps.slice(0, inner).some(gap => gap < WIDEST_GAP); i = (i + 1) % inner) {
    if (gaps[i] >= WIDEST_GAP) continue
    gaps[i]++
    room--
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Every cell of a line through these corners. At its two ends it also leaves towards the boxes. */
function cellsOf(points: readonly (readonly [number, number])[], slots: readonly Slot[]): LinkCell[] {
  const way: [number, number][] = []
  for (const [x, y] of points) {
    const last = way.at(-1)
    if (!last) {
      way.push([x, y])
      continue
    }
    let [atX, atY] = last
    while (atX !== x || atY !== y) {
      if (atX !== x) atX += Math.sign(x - atX)
      else atY += Math.sign(y - atY)
      way.push([atX, atY])
    }
  }
  const [first, last] = [slots[0], slots[slots.length - 1]]
  const upright =
    first.column === last.column && points.length === 2 && points[0][0] === points[1][0] && first.row !== last.row
  const outer = upright
    ? first.row < last.row
      ? [UP, DOWN]
      : [DOWN, UP]
    : [LEFT, first.column === last.column ? LEFT : RIGHT]
  return way.map(([x, y], i) => ({
    x,
    y,
    bits:
      (i === 0 ? outer[0] : direction([x, y], way[i - 1])) |
      (i === way.length - 1 ? outer[1] : direction([x, y], way[i + 1])),
  }))
}

function direction([x, y]: readonly [number, number], [toX, toY]: readonly [number, number]): number {
  if (toX !== x) return toX > x ? RIGHT : LEFT
  return toY > y ? DOWN : UP
}
