/**
 * A lab as a picture in SVG 1.1: its net, the way of each tunnel below it, and a legend. It stands alone, runs nothing, and
 * follows the reader's choice of light or dark.
 *
 * Everything stands in the cells of `plan.ts`, so that no words lie on boxes, lines or other words: each text is told its
 * length, whatever the font.
 */
import type { Lab } from '../lab/lab.ts'
import type { GraphLink, GraphNode } from './graph.ts'
import { DOWN, LEFT, RIGHT, UP } from './joints.ts'
import { type Drawing, drawingIn, type FormRules } from './layout.ts'
import {
  balanced,
  linkWords,
  numbers,
  type Picture,
  type PictureEnd,
  type PictureLink,
  type PictureNode,
  PROTECTION_WORDS,
  pictureOf,
  stripOf,
  stripPlan,
  wrapped,
} from './picture.ts'
import { graphOf, LINE, type Plan, planOf, strokesOf } from './plan.ts'
import { CELL, CHARACTER, escaped, Page, px, textAt } from './svg-page.ts'
import { isCut, type Protection } from './tunnels.ts'

/** Columns at least, so that sentences have room. */
const NARROWEST = 88
/** What is wider than this is made as narrow as its words allow. */
const WIDEST = 128
/** Columns between two boxes. */
const GAPS = { least: 8, narrow: 22, most: 30 }

export function graphSvg(lab: Lab): string {
  const picture = pictureOf(lab)
  const drawing = drawingOf(picture)
  const plan = planOf(picture, drawing, true)
  const strips = picture.tunnels.map(tunnel => ({ ...stripOf(tunnel), plan: stripPlan(stripOf(tunnel).legs) }))
  const columns = Math.max(NARROWEST, drawing.columns, ...strips.map(({ plan }) => plan.columns + STRIP_AT))

  const page = new Page(columns)
  page.text(0, picture.name, 'title')
  for (const line of balanced(picture.description, columns)) page.row().text(0, line, 'muted')
  page.skip(2.5)
  page.put(drawing.rows, [...segments(picture, plan), ...boxes(picture, plan), ...words(plan)])
  page.skip(1.5)
  boxFacts(page, picture)
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
  const graph = graphOf(picture, node => (addressOf(node) === '' ? 1 : 0))
  const drawing = drawingIn(rulesFor(picture, false), graph, widthIn(picture))
  return drawing.columns <= WIDEST ? drawing : drawingIn(rulesFor(picture, true), graph, widthIn(picture))
}

/** `narrow`: delay and rate stand above the interfaces, not between them. */
function rulesFor({ links }: Picture, narrow: boolean): FormRules {
  const gapOf = ({ index }: GraphLink): number => {
    const { ends, network, quality, tunnels, leg, lines } = links[index]
    const [{ delay, rate, faults }] = quality
    const whole = delay.length + rate.length + 2
    const between = ends[0].iface.length + ends[1].iface.length
    const sides = ends.every(({ side }) => side === '') ? 0 : sum(ends.map(sideOf)) + 5
    const above = narrow ? Math.max(between + 5, whole) : between + whole + 6
    const on = tunnels.length > 0 ? pillWidth(tunnels) : leg ? PROTECTION_WORDS[leg].length : 0
    const wanted = Math.max(above, sides, network.length, on + 4, lines === '' ? 0 : LINE.length, longest(faults)) + 4
    return Math.min(wanted, narrow ? GAPS.narrow : GAPS.most)
  }
  return { form: 'card', rows: 3, row: 1, free: 2, gap: GAPS.least, gapOf, tracks: 'joint' }
}

/** What tunnels of one kind say; where there are several kinds, their numbers do. */
const pillWidth = (tunnels: PictureLink['tunnels']): number =>
  numbers(tunnels.map(({ no }) => no)).length + 1 + PROTECTION_WORDS[tunnels[0].protection].length

const sideOf = ({ host, side }: PictureEnd): number => host.length + side.length + 1
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length))

const nodeOf = ({ nodes }: Picture, name: string): PictureNode => nodes.find(node => node.name === name) as PictureNode

const widthIn =
  (picture: Picture) =>
  ({ name }: GraphNode): number => {
    const node = nodeOf(picture, name)
    return 4 + longest([name, jobOf(node), addressOf(node), ...node.notes.map(({ text }) => text)])
  }

/** Of a node with several they stand at its links. */
const addressOf = ({ addresses }: PictureNode): string => (addresses.length === 1 ? addresses[0] : '')

const jobOf = ({ job, role }: PictureNode): string => (role === '' ? job : `${job}, ${role}`)

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
      const alive = protectionsOf(links.filter(({ dead }) => !dead)).join(' ')
      const look = alive || (links.some(({ dead }) => dead) ? 'broken none' : untunnelled(links))
      const lines = looks.get(look) ?? new Lines()
      looks.set(look, lines)
      lines.half(x, y, bit)
    }
  }
  const path = (classes: string, d: string, style = ''): string => `<path class="${classes}"${style} d="${d}"/>`
  const all = [...looks].map(([look, lines]) => ({ look, kinds: look.split(' '), d: lines.path }))
  const tubes = all.filter(({ kinds }) => !['plain', 'leg', 'serial'].includes(kinds[0]))
  return [
    ...all.filter(one => !tubes.includes(one)).map(({ look, d }) => path(look, d)),
    ...tubes.flatMap(({ kinds, d }) =>
      kinds[0] === 'broken'
        ? path(`tube ${kinds.join(' ')}`, d)
        : kinds.map((kind, i) => path(`tube ${kind}`, d, inTurn(i, kinds.length))),
    ),
    ...tubes.map(({ d }) => path('bore', d)),
    ...drawing.links.map(({ link, cells }) => {
      const points = cells.map(({ x, y }) => `${px((x + 0.5) * CELL.width)} ${px((y + 0.5) * CELL.height)}`)
      return `<g class="link"><title>${escaped(linkSentence(picture.links[link.index]))}</title>${path('hit', `M${points.join('L')}`)}</g>`
    }),
  ]
}

/** Where tunnels of several kinds are on one line, their colours take turns on it. */
const inTurn = (place: number, kinds: number): string =>
  kinds === 1 || place === 0
    ? ''
    : ` style="stroke-linecap:butt;stroke-dasharray:${TURN} ${TURN * (kinds - 1)};stroke-dashoffset:${-TURN * place}"`
const TURN = 10

/** `broken protected`: where a tunnel may go; `serial clear`: a telephone line before one. */
function untunnelled(links: readonly PictureLink[]): string {
  const spare = PROTECTIONS.find(one => links.some(link => link.spare.some(({ protection }) => protection === one)))
  if (spare) return `broken ${spare}`
  const leg = links.find(({ leg }) => leg !== undefined)?.leg
  if (links.every(({ serial }) => serial)) return leg ? `serial ${leg}` : 'serial'
  return leg ? `leg ${leg}` : 'plain'
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
    const { name, kind, outside, notes } = spec
    const [x, y] = [rect.x * CELL.width, rect.y * CELL.height]
    const [width, height] = [rect.columns * CELL.width, rect.rows * CELL.height]
    const router = kind === 'router' || kind === 'firewall' || kind === 'load-balancer'
    const round = router ? 16 : kind === 'switch' ? 0 : 5
    const centred = (row: number, text: string, role: string): string =>
      text === '' ? '' : textAt(rect.x + (rect.columns - (text.length * CHARACTER) / CELL.width) / 2, row, text, role)
    return `<g class="node"><title>${escaped(`${name}: ${jobOf(spec)}`)}</title><rect class="box ${router ? 'router' : kind}${
      outside ? ' outside' : notes.some(({ stops }) => stops) ? ' stops' : ''
    }" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${round}"/>${centred(
      rect.y,
      name,
      'name',
    )}${centred(rect.y + 1, jobOf(spec), 'muted')}${[addressOf(spec), ...notes.map(({ text }) => text)]
      .filter(text => text !== '')
      .map((text, i) =>
        centred(rect.y + 2 + i, text, notes.some(note => note.stops && note.text === text) ? 'says-none' : 'muted'),
      )
      .join('')}</g>`
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

/** What boxes do to packets. */
function boxFacts(page: Page, { nodes }: Picture): void {
  const doing = nodes.filter(({ facts }) => facts.length > 0)
  const at = Math.max(STRIP_AT, longest(doing.map(({ name }) => name)) + 2)
  for (const { name, facts } of doing) {
    page.text(0, name, 'name')
    for (const [i, line] of wrapped(facts, page.columns - at).entries())
      (i === 0 ? page : page.row()).text(at, line, 'muted')
    page.row()
  }
  if (doing.length > 0) page.skip(0.5)
}

// The tunnels, one strip each.

/** The column at which a strip begins, behind the number of its tunnel. */
const STRIP_AT = 11

function strip(page: Page, no: number, { nodes, lines, words }: ReturnType<typeof stripPlan>): void {
  page.text(0, `tunnel ${no}`, 'name')
  for (const { x, length, protection, inside, dead } of lines) {
    const tube = [dead ? 'tube broken none' : `tube ${protection}`, 'bore']
    page.line(x + STRIP_AT - 1, length + 2, inside ? tube : [`plain ${protection}`])
  }
  for (const { x, text } of nodes) page.chip(x + STRIP_AT, text, text.startsWith('×'))
  page.row()
  const inner = new Map(PROTECTIONS.map(one => [PROTECTION_WORDS[one], one]))
  for (const { x, text } of words) page.text(x + STRIP_AT, text, `says-${inner.get(text)}`)
}

function legend(page: Page, { links, tunnels, nodes }: Picture): void {
  const entries: (readonly [readonly string[], string])[] = []
  const before = new Set(tunnels.flatMap(({ before: { inRow, protection } }) => (inRow ? [protection] : [])))
  for (const one of PROTECTIONS) {
    if (tunnels.some(({ protection }) => protection === one)) entries.push([[`tube ${one}`, 'bore'], LEGEND[one]])
  }
  if (tunnels.some(isCut)) entries.push([['tube broken none', 'bore'], 'nothing of the tunnel comes here'])
  const plain = links.filter(link => link.tunnels.length === 0)
  const spare = plain.find(link => link.spare.length > 0)?.spare[0].protection
  if (spare) entries.push([[`tube broken ${spare}`, 'bore'], '(1) another way that tunnel 1 may take'])
  if (plain.some(({ leg, serial }) => leg && !serial))
    entries.push([['leg clear'], 'before or behind a tunnel, in clear'])
  const apart = plain.some(({ leg, serial, spare }) => !leg && !serial && spare.length === 0)
  if (tunnels.length > 0 && apart) entries.push([['plain'], 'no tunnel'])
  for (const one of PROTECTIONS) if (before.has(one)) entries.push([[`plain ${one}`], BEFORE[one]])
  if (plain.some(({ serial }) => serial)) entries.push([['serial'], 'telephone line'])
  if (tunnels.some(({ obstacle }) => obstacle)) entries.push([[], '× stops a tunnel'])
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

/** Of the telephone call before a tunnel of an access server: PPP, and with it MPPE, passes both. */
const BEFORE: Readonly<Record<Protection, string>> = {
  protected: 'call before a tunnel, encrypted as it is',
  clear: 'call before a tunnel, in clear',
  none: 'call before a tunnel that cannot come up',
  open: 'call before a tunnel, encrypted or not',
}

// For those who do not see it.

function linkSentence(link: PictureLink): string {
  const [from, to] = link.ends.map(({ node, iface, address, side }) =>
    [`${node}:${iface}`, address, side && `(${side})`].filter(word => word !== '').join(' '),
  )
  const network = link.network === '' ? '' : `network ${link.network}`
  return [`${from} to ${to}`, network, linkWords(link)].filter(word => word !== '').join(', ')
}

function sentences(picture: Picture): string {
  const nodes = picture.nodes.map(node => {
    const words = [jobOf(node), ...node.addresses, ...node.notes.map(({ text }) => text)]
    return `${node.name} (${words.join(', ')})`
  })
  const facts = picture.nodes.flatMap(({ name, facts }) => facts.map(fact => `${name}: ${fact}.`))
  const links = picture.links.map(link => `${linkSentence(link)}.`)
  const tunnels = picture.tunnels.map(tunnel => {
    const { no, client, caller, server, protection } = tunnel
    const whose = caller === undefined ? '' : `, for ${caller}`
    return `Tunnel ${no} from ${client} to ${server}${whose}: ${PROTECTION_WORDS[protection]} (${stripOf(tunnel).facts.join('; ')}).`
  })
  return [`Nodes: ${nodes.join(', ')}.`, ...facts, 'Links:', ...links, ...tunnels].join(' ')
}
