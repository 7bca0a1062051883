/**
 * A lab as a picture in SVG 1.1: its net, the way of each tunnel below it, and a legend. It stands alone, runs nothing, and
 * follows the reader's choice of light or dark.
 *
 * Everything stands in the cells of `plan.ts`, so that no words lie on boxes, lines or other words: each text is told its
 * length, whatever the font.
 */
import type { Lab } from '../lab/lab.ts'
import type { GraphNode } from './graph.ts'
import { DOWN, LEFT, RIGHT, UP } from './joints.ts'
import { type Drawing, drawingIn, type FormRules } from './layout.ts'
import {
  linkWords,
  type Picture,
  type PictureLink,
  type PictureNode,
  PROTECTION_WORDS,
  pictureOf,
  stripOf,
  stripPlan,
  wrapped,
} from './picture.ts'
import { graphOf, type Plan, planOf, strokesOf } from './plan.ts'
import type { QualityWords } from './quality.ts'
import type { Protection } from './tunnels.ts'

/** A cell, and a character in it, in pixels. */
const CELL = { width: 7.6, height: 20 }
const CHARACTER = 7.4
const TITLE_CHARACTER = 9.2
const MARGIN = 20
/** Columns at least, so that sentences have room. */
const NARROWEST = 88
const WIDEST = 152
/** Columns between two boxes. */
const GAPS = { least: 12, narrow: 24, most: 30 }

export function graphSvg(lab: Lab): string {
  const picture = pictureOf(lab)
  const drawing = drawingOf(picture)
  const plan = planOf(picture, drawing, true)
  const strips = picture.tunnels.map(tunnel => ({ ...stripOf(tunnel), plan: stripPlan(stripOf(tunnel).legs) }))
  const columns = Math.max(NARROWEST, drawing.columns, ...strips.map(({ plan }) => plan.columns + STRIP_AT))

  const page = new Page(columns)
  page.text(0, picture.name, 'title')
  for (const line of wrapped([picture.description], columns)) page.row().text(0, line, 'muted')
  page.skip(2.5)
  page.put(drawing.rows, [...segments(picture, plan), ...boxes(picture, plan), ...words(plan)])
  page.skip(1.5)
  for (const { no, facts, plan } of strips) {
    page.skip(0.5)
    strip(page, no, plan)
    for (const line of wrapped(facts, columns - STRIP_AT)) page.row().text(STRIP_AT, line, 'muted')
    page.skip(1)
  }
  page.skip(0.5)
  legend(page, picture)
  return page.svg(`${picture.name}: ${picture.description}`, sentences(picture))
}

/** Links are as long as their words want, or shorter where the picture would become too wide. */
function drawingOf(picture: Picture): Drawing {
  const wide = rulesFor(picture, GAPS.most, 1, ({ delay, rate }) => delay.length + rate.length + 4)
  const drawing = drawingIn(wide, graphOf(picture), widthIn(picture))
  if (drawing.columns <= WIDEST) return drawing
  const narrow = rulesFor(picture, GAPS.narrow, 2, ({ delay }) => delay.length)
  return drawingIn(narrow, graphOf(picture), widthIn(picture))
}

function rulesFor(
  { links }: Picture,
  most: number,
  free: number,
  lengthOf: (words: QualityWords) => number,
): FormRules {
  const needs = links.map(({ ends, network, quality, tunnels }) => {
    const above = 2 * longest(ends.map(({ iface }) => iface)) + lengthOf(quality[0]) + 4
    return Math.max(above, network.length + 2, tunnels.length > 0 ? 18 : 0)
  })
  const gap = Math.min(most, Math.max(GAPS.least, ...needs))
  return { form: 'card', rows: 3, row: 1, free, gap, tracks: 'joint' }
}
const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length))

const nodeOf = ({ nodes }: Picture, name: string): PictureNode => nodes.find(node => node.name === name) as PictureNode

const widthIn =
  (picture: Picture) =>
  ({ name }: GraphNode): number =>
    4 + longest([name, jobOf(nodeOf(picture, name)), addressOf(nodeOf(picture, name))])

/** Of a node with several they stand at its links. */
const addressOf = ({ addresses }: PictureNode): string => (addresses.length === 1 ? addresses[0] : '')

const jobOf = ({ job, role }: PictureNode): string => (role === '' ? job : `${job}, ${role}`)

// The page.

const px = (value: number): string => String(Number(value.toFixed(2)))
/** Characters that XML does not have at all are taken away. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const textAt = (x: number, row: number, text: string, role: string): string =>
  `<text class="${role}" x="${px(x * CELL.width)}" y="${px((row + 0.5) * CELL.height)}" textLength="${px(
    [...text].length * (role === 'title' ? TITLE_CHARACTER : CHARACTER),
  )}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`

/** Parts below each other, in cells. */
class Page {
  readonly columns: number
  readonly #parts: string[] = []
  #row = 0

  constructor(columns: number) {
    this.columns = columns
  }

  row(): this {
    this.#row++
    return this
  }
  skip(rows: number): void {
    this.#row += rows
  }
  text(x: number, text: string, role: string): void {
    this.#parts.push(textAt(x, this.#row, text, role))
  }
  /** Marks that reckon from the row at which the page is. */
  put(rows: number, marks: readonly string[]): void {
    this.#parts.push(`<g transform="translate(0 ${px(this.#row * CELL.height)})">`, ...marks, '</g>')
    this.#row += rows
  }
  /** A line from column to column through the middle of the row. */
  line(x: number, length: number, classes: readonly string[]): void {
    const [from, to] = [x * CELL.width, (x + length) * CELL.width]
    const y = px((this.#row + 0.5) * CELL.height)
    for (const name of classes) this.#parts.push(`<path class="${name}" d="M${px(from)} ${y}H${px(to)}"/>`)
  }
  chip(x: number, text: string): void {
    const [left, width] = [(x - 0.7) * CELL.width, (text.length + 1.4) * CELL.width]
    this.#parts.push(
      `<rect class="chip" x="${px(left)}" y="${px(this.#row * CELL.height + 1)}" width="${px(width)}" height="${CELL.height - 2}" rx="5"/>`,
    )
    this.text(x, text, 'name')
  }

  svg(title: string, description: string): string {
    const [width, height] = [this.columns * CELL.width, (this.#row + 1) * CELL.height]
    const [w, h] = [px(width + 2 * MARGIN), px(height + 2 * MARGIN)]
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${STYLE}</style>
<rect class="page" width="100%" height="100%" rx="8"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${this.#parts.join('\n')}
</g>
</svg>
`
  }
}

/** Colours say what words say too: green is protected, orange clear, red refused, violet not known. */
const STYLE = `
svg{--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#818b98;--box:#f6f8fa;--frame:#57606a;--protected:#1a7f37;--clear:#bc4c00;--none:#cf222e;--open:#8250df;--client:#ddf4ff;--server:#dafbe1;--router:#f6f8fa;--switch:#eaeef2;--host:#fff8c5}
@media(prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--muted:#9198a1;--line:#768390;--box:#161b22;--frame:#9198a1;--protected:#3fb950;--clear:#f0883e;--none:#ff7b72;--open:#bc8cff;--client:#10263d;--server:#12281b;--router:#161b22;--switch:#21262d;--host:#2b2611}}
text{font:12.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);dominant-baseline:central;white-space:pre}
.page{fill:var(--page)}.title{font-weight:bold;font-size:15px}.name{font-weight:bold}.muted,.end,.network{fill:var(--muted)}.fault{fill:var(--none)}
.box{fill:var(--box);stroke:var(--frame);stroke-width:1.5}.client{fill:var(--client)}.pptp-server{fill:var(--server)}.router{fill:var(--router)}.switch{fill:var(--switch)}.host,.radius{fill:var(--host)}.outside{stroke-dasharray:5 3}
.chip{fill:var(--box);stroke:var(--frame)}.pill{fill:var(--page);stroke-width:1.5}.mixed{stroke:var(--frame)}
path{fill:none}.plain,.leg{stroke:var(--line);stroke-width:2;stroke-linecap:square}.leg{stroke:var(--clear)}.serial{stroke:var(--line);stroke-width:1.5;stroke-dasharray:5 4}
.tube{stroke-width:8;stroke-linecap:square}.bore{stroke:var(--page);stroke-width:4;stroke-linecap:square}.second{stroke-width:8;stroke-dasharray:12 12}.hit{stroke:#000;stroke-opacity:0;stroke-width:14}
.protected{stroke:var(--protected)}.clear{stroke:var(--clear)}.none{stroke:var(--none)}.open{stroke:var(--open)}
.flat{stroke-linecap:butt}.says-protected{fill:var(--protected)}.says-clear{fill:var(--clear)}.says-none{fill:var(--none)}.says-open{fill:var(--open)}
`

// Links.

/** In order: what is there twice is drawn over by what comes later. */
const PROTECTIONS = ['protected', 'clear', 'none', 'open'] as const satisfies readonly Protection[]
const protectionsOf = (links: readonly PictureLink[]): Protection[] =>
  PROTECTIONS.filter(one => links.some(({ tunnels }) => tunnels.some(({ protection }) => protection === one)))

/** Lines of one look, by their looks: `plain`, `serial`, `protected`, `protected clear`. */
function segments(picture: Picture, { drawing }: Plan): string[] {
  const looks = new Map<string, Lines>()
  for (const { x, y, strokes } of strokesOf(picture, drawing)) {
    for (const bit of [UP, RIGHT, DOWN, LEFT]) {
      const links = strokes.filter(({ bits }) => bits & bit).map(({ link }) => link)
      if (links.length === 0) continue
      const look = protectionsOf(links).join(' ') || untunnelled(links)
      const lines = looks.get(look) ?? new Lines()
      looks.set(look, lines)
      lines.half(x, y, bit)
    }
  }
  const path = (classes: string, d: string): string => `<path class="${classes}" d="${d}"/>`
  const all = [...looks].map(([look, lines]) => ({ look, kinds: look.split(' '), d: lines.path }))
  const tubes = all.filter(({ look }) => !['plain', 'leg', 'serial'].includes(look))
  return [
    ...all.filter(one => !tubes.includes(one)).map(({ look, d }) => path(look, d)),
    ...tubes.map(({ kinds, d }) => path(`tube ${kinds[0]}`, d)),
    ...tubes.flatMap(({ kinds, d }) => kinds.slice(1).map(kind => path(`second ${kind}`, d))),
    ...tubes.map(({ d }) => path('bore', d)),
    ...drawing.links.map(({ link, cells }) => {
      const points = cells.map(({ x, y }) => `${px((x + 0.5) * CELL.width)} ${px((y + 0.5) * CELL.height)}`)
      return `<g class="link"><title>${escaped(linkSentence(picture.links[link.index]))}</title>${path('hit', `M${points.join('L')}`)}</g>`
    }),
  ]
}

function untunnelled(links: readonly PictureLink[]): string {
  if (links.every(({ serial }) => serial)) return 'serial'
  return links.some(({ leg }) => leg) ? 'leg' : 'plain'
}

/** Level and upright lines made of halves of cells, joined where they touch. */
class Lines {
  /** Ends of the halves, counted in halves of cells, by row and by column. */
  readonly #level = new Map<number, number[]>()
  readonly #upright = new Map<number, number[]>()

  half(x: number, y: number, bit: number): void {
    const level = bit === LEFT || bit === RIGHT
    const [lines, at, along] = level ? [this.#level, y, x] : [this.#upright, x, y]
    const list = lines.get(at) ?? []
    list.push(2 * along + (bit === RIGHT || bit === DOWN ? 1 : 0))
    lines.set(at, list)
  }

  get path(): string {
    const parts: string[] = []
    for (const [y, halves] of this.#level) {
      for (const [from, to] of runsOf(halves)) {
        parts.push(`M${px((from / 2) * CELL.width)} ${px((y + 0.5) * CELL.height)}H${px((to / 2) * CELL.width)}`)
      }
    }
    for (const [x, halves] of this.#upright) {
      for (const [from, to] of runsOf(halves)) {
        parts.push(`M${px((x + 0.5) * CELL.width)} ${px((from / 2) * CELL.height)}V${px((to / 2) * CELL.height)}`)
      }
    }
    return parts.join('')
  }
}

function runsOf(halves: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const at of [...halves].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && at <= last[1]) last[1] = at + 1
    else runs.push([at, at + 1])
  }
  return runs
}

// Boxes and words.

function boxes(picture: Picture, { drawing }: Plan): string[] {
  return drawing.nodes.map(({ node, rect }) => {
    const spec = nodeOf(picture, node.name)
    const { name, kind, outside } = spec
    const [x, y] = [rect.x * CELL.width, rect.y * CELL.height]
    const [width, height] = [rect.columns * CELL.width, rect.rows * CELL.height]
    const router = kind === 'router' || kind === 'firewall' || kind === 'load-balancer'
    const round = router ? 16 : kind === 'switch' ? 0 : 5
    const centred = (row: number, text: string, role: string): string =>
      text === '' ? '' : textAt(rect.x + (rect.columns - (text.length * CHARACTER) / CELL.width) / 2, row, text, role)
    return `<g class="node"><title>${escaped(`${name}: ${jobOf(spec)}`)}</title><rect class="box ${router ? 'router' : kind}${
      outside ? ' outside' : ''
    }" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${round}"/>${centred(
      rect.y,
      name,
      'name',
    )}${centred(rect.y + 1, jobOf(spec), 'muted')}${centred(rect.y + 2, addressOf(spec), 'muted')}</g>`
  })
}

function words({ labels }: Plan): string[] {
  return labels.map(({ x, y, text, role, protections = [] }) => {
    if (role !== 'tunnel') return textAt(x, y, text, role)
    const kind = protections.length === 1 ? protections[0] : 'mixed'
    const [left, width] = [(x - 0.8) * CELL.width, (text.length + 1.6) * CELL.width]
    const pill = `<rect class="pill ${kind}" x="${px(left)}" y="${px(y * CELL.height + 1)}" width="${px(width)}" height="${CELL.height - 2}" rx="9"/>`
    return `${pill}${textAt(x, y, text, `says-${kind}`)}`
  })
}

// The tunnels, one strip each.

/** The column at which a strip begins, behind the number of its tunnel. */
const STRIP_AT = 11

function strip(page: Page, no: number, { nodes, lines, words }: ReturnType<typeof stripPlan>): void {
  page.text(0, `tunnel ${no}`, 'name')
  for (const { x, length, protection, inside } of lines) {
    page.line(x + STRIP_AT - 1, length + 2, inside ? [`tube ${protection}`, 'bore'] : [`plain ${protection}`])
  }
  for (const { x, text } of nodes) page.chip(x + STRIP_AT, text)
  page.row()
  const inner = new Map(PROTECTIONS.map(one => [PROTECTION_WORDS[one], one]))
  for (const { x, text } of words) page.text(x + STRIP_AT, text, `says-${inner.get(text)}`)
}

function legend(page: Page, { links, tunnels, nodes }: Picture): void {
  const entries: (readonly [readonly string[], string])[] = []
  for (const one of PROTECTIONS) {
    if (tunnels.some(({ protection }) => protection === one)) entries.push([[`tube ${one}`, 'bore'], LEGEND[one]])
  }
  const plain = links.filter(link => link.tunnels.length === 0)
  if (plain.some(({ leg, serial }) => leg && !serial)) entries.push([['leg'], 'before or behind a tunnel, in clear'])
  const apart = plain.some(({ leg, serial }) => !leg && !serial)
  if (tunnels.length > 0 && apart) entries.push([['plain'], 'no tunnel'])
  if (plain.some(({ serial }) => serial)) entries.push([['serial'], 'telephone line'])
  if (nodes.some(({ outside }) => outside)) entries.push([[], 'dashed box: not simulated'])
  let x = 0
  for (const [classes, text] of entries) {
    const sign = classes.length > 0 ? 6 : 0
    if (x + sign + text.length > page.columns) {
      page.row()
      x = 0
    }
    if (sign > 0)
      page.line(
        x,
        4,
        classes.map(name => `${name} flat`),
      )
    page.text(x + sign, text, 'muted')
    x += sign + text.length + 4
  }
}

const LEGEND: Readonly<Record<Protection, string>> = {
  protected: 'tunnel, encrypted',
  clear: 'tunnel, in clear',
  none: 'tunnel that cannot come up',
  open: 'tunnel, encrypted or not',
}

// For those who do not see it.

function linkSentence(link: PictureLink): string {
  const [from, to] = link.ends.map(({ node, iface, address }) => `${node}:${iface} ${address}`.trimEnd())
  const what = linkWords(link)
  return `${from} to ${to}${what === '' ? '' : `, ${what}`}`
}

function sentences(picture: Picture): string {
  const nodes = picture.nodes.map(node => `${node.name} (${jobOf(node)})`).join(', ')
  const links = picture.links.map(link => `${linkSentence(link)}.`)
  const tunnels = picture.tunnels.map(({ no, client, server, protection, because }) => {
    return `Tunnel ${no} from ${client} to ${server}: ${PROTECTION_WORDS[protection]} (${because}).`
  })
  return [`Nodes: ${nodes}.`, 'Links:', ...links, ...tunnels].join(' ')
}
