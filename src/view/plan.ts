/**
 * A picture in cells: where its boxes and links stand, and the words at the links, so that no two things share a cell.
 *
 * Words stand at a part of the link that is its own and level; what has no room is left out, since a list or a title
 * below says it too.
 */
import type { Graph } from './graph.ts'
import { DOWN, LEFT, RIGHT, UP } from './joints.ts'
import type { Drawing, LinkCell, PlacedLink } from './layout.ts'
import { numbers, type Picture, type PictureLink, PROTECTION_WORDS } from './picture.ts'
import type { Protection } from './tunnels.ts'

export interface Label {
  readonly x: number
  readonly y: number
  readonly text: string
  /** `tunnel`: on the link itself. `end`: of the interface at that end. */
  readonly role: 'quality' | 'fault' | 'network' | 'end' | 'tunnel'
  readonly link: number
  /** Of a label on the link: what the tunnels there are, or `clear` before and behind them. */
  readonly protections?: readonly Protection[]
}

export interface Plan {
  readonly drawing: Drawing
  readonly labels: readonly Label[]
}

export const graphOf = ({ nodes, links }: Picture): Graph => ({
  nodes: nodes.map(({ name, kind, notes }) => ({ name, kind, members: [name], more: notes.length })),
  links: links.map(({ index, ends }) => ({ index, ends: [ends[0].node, ends[1].node] })),
})

/** `rich`: with the networks, and the interfaces and addresses at the ends. */
export function planOf(picture: Picture, drawing: Drawing, rich: boolean): Plan {
  const paper = new Paper(drawing, rich ? -1 : 0)
  for (const placed of drawing.links) {
    const together = picture.links.filter(link => sameEnds(link, picture.links[placed.link.index]))
    // Links between the same two nodes lie on each other.
    if (together[0].index !== placed.link.index) continue
    const run = paper.ownRun(placed, new Set(together.map(({ index }) => index)))
    if (run) label(paper, together, run, placed, rich)
  }
  return { drawing, labels: paper.labels }
}

/** What is drawn of a link in one cell. */
export interface Stroke {
  readonly link: PictureLink
  readonly bits: number
}
export interface StrokeCell {
  readonly x: number
  readonly y: number
  readonly strokes: readonly Stroke[]
}

/** Cell by cell, with the links that share it. */
export function strokesOf(picture: Picture, { links }: Pick<Drawing, 'links'>): StrokeCell[] {
  const cells = new Map<string, { readonly x: number; readonly y: number; readonly strokes: Stroke[] }>()
  for (const { link, cells: way } of links) {
    for (const { x, y, bits } of way) {
      const key = `${x} ${y}`
      const cell = cells.get(key) ?? { x, y, strokes: [] }
      cell.strokes.push({ link: picture.links[link.index], bits })
      cells.set(key, cell)
    }
  }
  return [...cells.values()].map(({ x, y, strokes }) => ({ x, y, strokes: withoutCrossed(strokes) }))
}

/** Where links that share no end cross, the upright one is seen whole and the other is broken. */
function withoutCrossed(strokes: readonly Stroke[]): readonly Stroke[] {
  const upright = strokes.filter(({ bits }) => bits === (UP | DOWN))
  return strokes.filter(
    ({ link, bits }) =>
      bits !== (LEFT | RIGHT) || upright.every(other => other.link === link || meet(other.link, link)),
  )
}

const meet = (a: PictureLink, b: PictureLink): boolean =>
  a.ends.some(({ node }) => b.ends.some(end => end.node === node))

const sameEnds = (a: PictureLink, b: PictureLink): boolean =>
  a.ends.every(({ node }) => b.ends.some(end => end.node === node))

/** A level part of a link. */
interface Run {
  readonly x: number
  readonly y: number
  readonly length: number
}

/** What is taken, by cell. */
class Paper {
  readonly labels: Label[] = []
  readonly #taken = new Set<string>()
  readonly #owners = new Map<string, Set<number>>()

  readonly #top: number

  /** `top`: the first row that may have words. */
  constructor({ nodes, links }: Drawing, top: number) {
    this.#top = top
    for (const { rect } of nodes) {
      for (let y = rect.y; y < rect.y + rect.rows; y++) this.#take(rect.x, y, rect.columns)
    }
    for (const { link, cells } of links) {
      for (const { x, y } of cells) {
        this.#take(x, y, 1)
        const key = `${x} ${y}`
        this.#owners.set(key, (this.#owners.get(key) ?? new Set()).add(link.index))
      }
    }
  }

  #take(x: number, y: number, length: number): void {
    for (let i = 0; i < length; i++) this.#taken.add(`${x + i} ${y}`)
  }

  /** The longest level part of a link that is not also one of others. */
  ownRun({ cells }: PlacedLink, own: ReadonlySet<number>): Run | undefined {
    let best: Run | undefined
    const isOwn = ({ x, y, bits }: LinkCell): boolean =>
      bits === (LEFT | RIGHT) && [...(this.#owners.get(`${x} ${y}`) ?? [])].every(index => own.has(index))
    for (let i = 0; i < cells.length; i++) {
      if (!isOwn(cells[i])) continue
      let j = i
      while (j + 1 < cells.length && isOwn(cells[j + 1]) && cells[j + 1].y === cells[i].y) j++
      const length = j - i + 1
      if (length > (best?.length ?? 0)) best = { x: Math.min(cells[i].x, cells[j].x), y: cells[i].y, length }
      i = j
    }
    return best
  }

  /** Puts a label there if nothing is, and no other words touch it. */
  put(label: Label): boolean {
    if (label.text === '' || label.x < 0 || label.y < this.#top) return false
    for (let i = 0; i < label.text.length; i++) if (this.#taken.has(`${label.x + i} ${label.y}`)) return false
    const touches = this.labels.some(
      other => other.y === label.y && other.x <= label.x + label.text.length && other.x + other.text.length >= label.x,
    )
    if (touches) return false
    this.#take(label.x, label.y, label.text.length)
    this.labels.push(label)
    return true
  }

  /** A label on a link stands where the link is. */
  over(label: Label): void {
    this.labels.push(label)
  }
}

function label(paper: Paper, links: readonly PictureLink[], run: Run, placed: PlacedLink, rich: boolean): void {
  const [link] = links
  const at = { link: link.index }
  const [first, last] = [placed.cells[0], placed.cells[placed.cells.length - 1]]
  const reversed = first.x > last.x
  onLink(paper, links, run, rich)
  if (links.length > 1) {
    const text = `${links.length} links`
    paper.put({ ...at, x: middle(run, text), y: run.y - 1, text, role: 'network' })
    return
  }
  if (rich) labelEnds(paper, link, run, placed, reversed)
  const { delay, rate, faults } = link.quality[reversed ? 1 : 0]
  const line = link.serial ? 'line' : ''
  const [above, below] = [
    [run.y - 1, run.y - 2],
    [run.y + 1, run.y + 2],
  ]
  /** The first of the texts that has room in one of the rows; with a cell left free at both sides if that can be. */
  const place = (text: string, role: Label['role'], rows: readonly number[]): boolean => {
    const short = text.replaceAll(' ', '')
    const fitting = [...[text, short].filter(({ length }) => length < run.length), short]
    return fitting.some(
      text => text.length <= run.length && rows.some(y => paper.put({ ...at, x: middle(run, text), y, text, role })),
    )
  }
  const words = [line, delay, rate].filter(word => word !== '')
  const whole = words.join(', ')
  if (!rich || whole.length > run.length - 2 || !place(whole, 'quality', above)) {
    place(delay, 'quality', [...above, ...below])
    place(rate, 'quality', rich ? [...above, ...below] : [...below, ...above])
    place(line, 'quality', [...above, ...below])
  }
  for (const text of faults) place(text, 'fault', [...below, ...above])
  if (rich) place(link.network, 'network', below)
}

/** The tunnels of a link by their numbers, and in a rich drawing what they are. */
function onLink(paper: Paper, links: readonly PictureLink[], run: Run, rich: boolean): void {
  const tunnels = [...new Set(links.flatMap(({ tunnels }) => tunnels))]
  if (tunnels.length === 0) {
    const text = PROTECTION_WORDS.clear
    const shown = links.some(({ leg }) => leg) && text.length + 2 <= run.length
    const label = { x: middle(run, text), y: run.y, text, role: 'tunnel', link: links[0].index } as const
    if (shown) paper.over({ ...label, protections: ['clear'] })
    return
  }
  const protections = [...new Set(tunnels.map(({ protection }) => protection))]
  const list = numbers(tunnels.map(({ no }) => no))
  const words = `${list} ${PROTECTION_WORDS[tunnels[0].protection]}`
  const text = rich && protections.length === 1 && words.length + 4 <= run.length ? words : list
  if (text.length + 1 > run.length) return
  paper.over({ x: middle(run, text), y: run.y, text, role: 'tunnel', link: links[0].index, protections })
}

const middle = ({ x, length }: Run, text: string): number => x + ((length - text.length) >> 1)

/** Interfaces above the link and addresses below it, where the run reaches their box. */
function labelEnds(paper: Paper, link: PictureLink, run: Run, { cells }: PlacedLink, reversed: boolean): void {
  const left = link.ends[reversed ? 1 : 0]
  const right = link.ends[reversed ? 0 : 1]
  const [first, last] = reversed ? [cells[cells.length - 1], cells[0]] : [cells[0], cells[cells.length - 1]]
  const put = (text: string, x: number, y: number): void => {
    if (2 * text.length + 4 < run.length) paper.put({ x, y, text, role: 'end', link: link.index })
  }
  if (first.x === run.x && first.y === run.y) {
    put(left.iface, run.x + 1, run.y - 1)
    put(left.host, run.x + 1, run.y + 1)
  }
  if (last.x === run.x + run.length - 1 && last.y === run.y) {
    const end = run.x + run.length - 1
    put(right.iface, end - right.iface.length, run.y - 1)
    put(right.host, end - right.host.length, run.y + 1)
  }
}
