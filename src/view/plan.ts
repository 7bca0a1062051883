/**
 * A picture in cells: where its boxes and links stand, and the words at the links, so that no two things share a cell.
 *
 * Words stand at a part of the link that is its own and level; what has no room is left out, since a list or a title
 * below says it too.
 */
import type { Graph } from './graph.ts'
import { DOWN, LEFT, RIGHT, UP } from './joints.ts'
import type { Drawing, LinkCell, PlacedLink } from './layout.ts'
import {
  numbers,
  type Picture,
  type PictureEnd,
  type PictureLink,
  type PictureNode,
  PROTECTION_WORDS,
} from './picture.ts'
import type { Protection, Tunnel } from './tunnels.ts'

export interface Label {
  readonly x: number
  readonly y: number
  readonly text: string
  /** `tunnel`: on the link itself. `end`: of the interface at that end. */
  readonly role: 'quality' | 'fault' | 'network' | 'end' | 'tunnel'
  readonly link: number
  /** Of a label on the link: what the tunnels there are, or what packets are before and behind them. */
  readonly protections?: readonly Protection[]
}

export interface Plan {
  readonly drawing: Drawing
  readonly labels: readonly Label[]
}

/** `spare`: rows of a card that a node leaves free, of those that every node has. */
export const graphOf = (
  { nodes, links }: Pick<Picture, 'nodes' | 'links'>,
  spare: (node: PictureNode) => number = () => 0,
): Graph => ({
  nodes: nodes.map(node => {
    const { name, kind, notes } = node
    return { name, kind, members: [name], more: Math.max(0, notes.length - spare(node)) }
  }),
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
  if (rich) labelEnds(paper, link, run, reversed)
  const { delay, rate, faults } = link.quality[reversed ? 1 : 0]
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
  const whole = [delay, rate].filter(word => word !== '').join(', ')
  if (!rich || whole.length > run.length || !place(whole, 'quality', above)) {
    place(delay, 'quality', [...above, ...below])
    place(rate, 'quality', rich ? [...above, ...below] : [...below, ...above])
  }
  if (rich) place(link.lines === 'line' ? LINE : link.lines, 'network', below)
  // A line that is drawn as one need not say it.
  else if (link.lines !== 'line' || link.tunnels.length > 0) place(link.lines, 'quality', [...below, ...above])
  for (const text of faults) place(text, 'fault', [...below, ...above])
  if (rich) place(link.network, 'network', below)
}

/** The tunnels of a link by their numbers, and in a rich drawing what they are. */
function onLink(paper: Paper, links: readonly PictureLink[], run: Run, rich: boolean): void {
  const link = links[0].index
  const put = (x: number, text: string, protections: readonly Protection[]): void =>
    paper.over({ x, y: run.y, text, role: 'tunnel', link, protections })
  const centred = (text: string, protections: readonly Protection[], room: number): void => {
    if (text.length + room <= run.length) put(middle(run, text), text, protections)
  }
  const tunnels = [...new Set(links.flatMap(({ tunnels }) => tunnels))]
  if (tunnels.length === 0) {
    const spare = [...new Set(links.flatMap(({ spare }) => spare))]
    if (spare.length > 0) return centred(`(${numbersOf(spare)})`, protectionsOf(spare), 1)
    const leg = links.find(({ leg }) => leg !== undefined)?.leg
    return leg && centred(PROTECTION_WORDS[leg], [leg], 2)
  }
  const kinds = protectionsOf(tunnels)
  const groups = kinds.map(kind => tunnels.filter(({ protection }) => protection === kind))
  const said = groups.map((group, i) => ({ text: numbersOf(group), long: PROTECTION_WORDS[kinds[i]], kind: kinds[i] }))
  const texts = said.map(({ text, long }) => `${text} ${long}`)
  const widthOf = (texts: readonly string[]): number => texts.join(BETWEEN).length
  const shown = [texts, said.map(({ text }) => text)].find(texts => rich && widthOf(texts) + 4 <= run.length)
  if (!shown) return centred(numbersOf(tunnels), kinds, 1)
  let x = middle(run, shown.join(BETWEEN))
  for (const [i, text] of shown.entries()) {
    put(x, text, [said[i].kind])
    x += text.length + BETWEEN.length
  }
}

/** What a rich drawing says of one that is not a bundle. */
export const LINE = 'telephone line'

/** Room between two labels on one link. */
const BETWEEN = '   '
const numbersOf = (tunnels: readonly Tunnel[]): string => numbers(tunnels.map(({ no }) => no))
const protectionsOf = (tunnels: readonly Tunnel[]): Protection[] => [
  ...new Set(tunnels.map(({ protection }) => protection)),
]

const middle = ({ x, length }: Run, text: string): number => x + ((length - text.length) >> 1)

/** At both ends of the run the interface above it, and below it the host part of the address and the side of a NAT box. */
function labelEnds(paper: Paper, link: PictureLink, run: Run, reversed: boolean): void {
  const [left, right] = reversed ? [link.ends[1], link.ends[0]] : link.ends
  const put = (y: number, [a, b]: readonly [string, string]): boolean => {
    if (a.length + b.length + 4 > run.length) return false
    paper.put({ x: run.x + 1, y, text: a, role: 'end', link: link.index })
    paper.put({ x: run.x + run.length - 1 - b.length, y, text: b, role: 'end', link: link.index })
    return true
  }
  const sided = ({ host, side }: PictureEnd): string => `${host} ${side}`.trim()
  put(run.y - 1, [left.iface, right.iface])
  if (!put(run.y + 1, [sided(left), sided(right)])) put(run.y + 1, [left.host, right.host])
}
