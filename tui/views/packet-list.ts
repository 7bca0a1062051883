/** The list of journeys: who sent what to whom, and how far it has come. */
import { type Journey, type PacketRecord, pathBetween, type Scene, type SceneLink } from '../../src/index.ts'
import { namesOf } from '../addresses.ts'
import { row, windowStart } from '../draw.ts'
import { type Model, selectedJourney } from '../model.ts'
import { makerOf, shownForm } from '../selection.ts'
import { ends, fit, type Line, left, line, right, type Span, span } from '../text.ts'
import { type What, whatOf } from '../what.ts'
import { seconds } from '../words.ts'

/** Journeys that the filter lets through: every word of it must stand somewhere in their row. */
export function journeysShown(model: Model): readonly Journey[] {
  const { journeys } = model.recorder
  const words = model.ui.filter
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  if (words.length === 0) return journeys
  return journeys.filter(journey => {
    const hay = haystack(journey, model)
    return words.every(word => hay.includes(word))
  })
}

function haystack(journey: Journey, model: Model): string {
  const { from, to } = peersOf(journey, model)
  const { text, seal } = whatOf(journey, model)
  const protocols = journey.packets.map(packet => packet.facts?.proto ?? (lineOf(packet, model) ? 'hdlc' : 'arp'))
  const drops = journey.packets.flatMap(({ drop }) => (drop ? ['drop', drop.reason] : []))
  const words = ['no', journey.no, 'from', from, 'to', to, text, seal, 'proto', ...protocols, ...drops]
  return words.join(' ').toLowerCase()
}

/** The selected journey, or the newest one that is shown. */
export function chosenJourney(model: Model, shown: readonly Journey[]): Journey | undefined {
  const journey = selectedJourney(model)
  return journey && shown.includes(journey) ? journey : shown.at(-1)
}

/** Who made the first form of it, and who is to get it. */
export function peersOf(journey: Journey, model: Model): { readonly from: string; readonly to: string } {
  const { packets } = journey
  const facts = packets[0].facts ?? packets.find(({ facts }) => facts !== undefined)?.facts
  if (model.ui.labels === 'addresses' && facts) return { from: brief(facts.src), to: brief(facts.dst) }
  const from = makerOf(packets[0].id)
  if (model.capture) return { from, to: model.capture.receiverOf(packets[0]) }
  const target = facts && namesOf(model.scene).byIp.get(facts.dst)
  const delivered = packets.findLast(({ visits }) => visits.at(-1)?.what === 'deliver')?.visits.at(-1)?.node
  return { from, to: target ?? delivered ?? facts?.dst ?? receiverOf(packets[0], model) }
}

/** `.113.5` */
const brief = (address: string): string => `.${address.split('.').slice(-2).join('.')}`

/** The telephone line that it was on. */
export const lineOf = ({ hops }: PacketRecord, { scene }: Model): SceneLink | undefined =>
  hops.map(({ link }) => scene.links[link]).find(({ type }) => type === 'serial')

/** Of a frame without IP: who has its Ethernet address; who is at the other end of the telephone line. */
function receiverOf(packet: PacketRecord, model: Model): string {
  const { hops } = packet
  const { scene } = model
  const line = lineOf(packet, model)
  if (line) return line.ends[1 - hops[0].from].node
  const bytes = hops[0]?.bytes
  if (!bytes) return ''
  const mac = [...bytes.subarray(0, 6)].map(octet => octet.toString(16).padStart(2, '0')).join(':')
  return namesOf(scene).byMac.get(mac) ?? mac
}

/** `●` passed, `►` on its way, `○` still to come, `×` died, `·` not on its path. */
export type Dot = '●' | '►' | '○' | '×' | '·'

/** One sign for each node, in the order of the drawing. */
export function wayOf(journey: Journey, { scene, recorder }: Model): Dot[] {
  const dots = new Map<string, Dot>()
  let place = makerOf(journey.packets[0].id)
  let flying = false
  dots.set(place, '●')
  for (const { hops, visits, drop } of journey.packets) {
    for (const { node } of visits) dots.set((place = node), '●')
    for (const { link, from, arrives, sent } of hops) {
      const { ends } = scene.links[link]
      const to = ends[1 - from].node
      if (sent <= scene.t) dots.set(ends[from].node, '●')
      if (arrives !== undefined && arrives <= scene.t && dots.get(to) !== '×') dots.set((place = to), '●')
      else if (arrives !== undefined && arrives > scene.t && dots.get(to) !== '●') {
        dots.set((place = to), '►')
        flying = true
      }
    }
    if (drop) {
      const hop = hops.at(-1)
      const lost = drop.link !== undefined && hop !== undefined && hop.arrives === undefined
      dots.set(lost ? scene.links[hop.link].ends[1 - hop.from].node : drop.node, '×')
    }
  }
  if (flying) {
    const { lab } = recorder.run.simulation
    for (const node of nodesAfter(place, targetOf(journey, scene), lab, scene)) if (!dots.has(node)) dots.set(node, '○')
  }
  return scene.nodes.map(({ name }) => dots.get(name) ?? '·')
}

const targetOf = ({ packets }: Journey, scene: Scene): string | undefined => {
  const facts = packets.find(({ facts }) => facts !== undefined)?.facts
  return facts && namesOf(scene).byIp.get(facts.dst)
}

function nodesAfter(
  from: string,
  to: string | undefined,
  lab: Parameters<typeof pathBetween>[0],
  scene: Scene,
): string[] {
  if (to === undefined) return []
  const nodes: string[] = []
  let at = from
  for (const link of pathBetween(lab, from, to)) {
    const { ends } = scene.links[link]
    at = ends[0].node === at ? ends[1].node : ends[0].node
    nodes.push(at)
  }
  return nodes
}

const dotSpan = (dot: Dot): Span =>
  dot === '×'
    ? span(dot, 'bad')
    : dot === '►'
      ? span(dot, undefined, { bold: true })
      : span(dot, dot === '●' ? 'ok' : 'muted')

/** More nodes than this have no dot of their own. */
const DOTS = 16
/** Where `in MPPE 2` stands in its column. */
const SEAL_AT = 19

/** How large a journey's packet is on the wire. */
const sizeOf = (journey: Journey, { ui }: Model): number => {
  const packet = shownForm(journey, ui.selection)
  return packet.hops.at(-1)?.bytes.length ?? packet.inside?.length ?? packet.facts?.length ?? 0
}

function whatCells({ text, seal, role }: What, width: number): Line {
  const at = Math.max(text.length + 1, Math.min(SEAL_AT, width - seal.length - 1))
  const wide = seal !== '' && width >= at + seal.length
  const whole = seal === '' ? text : wide ? `${left(text, at)}${seal}` : `${text} ${seal.replace('in ', '')}`
  return [span(left(whole, width), role)]
}

/** The head, the rows around the selected one, and the line of the filter: `rows` lines. */
export function listLines(model: Model, width: number, rows: number, small: boolean): Line[] {
  const shown = journeysShown(model)
  const chosen = chosenJourney(model, shown)
  const index = chosen ? shown.indexOf(chosen) : 0
  const count = rows - (small ? 1 : 2)
  const start = windowStart(index, count, shown.length)
  const columns = columnsOf(model, width, small)
  const lines: Line[] = small ? [] : [headLine(model, columns)]
  for (let i = start; i < start + count; i++) {
    const journey = shown[i]
    lines.push(journey ? row(rowOf(journey, model, columns), width, journey === chosen) : [])
  }
  if (shown.length === 0) lines[small ? 0 : 1] = emptyLine(model)
  lines.push(filterLine(model, shown.length, start, count, width))
  return lines.map(each => fit(each, width))
}

interface Columns {
  readonly no: number
  readonly name: number
  readonly what: number
  readonly dots: number
  readonly small: boolean
}

function columnsOf({ recorder, scene, ui, capture }: Model, width: number, small: boolean): Columns {
  const no = Math.max(small ? 3 : 4, String(recorder.journeys.at(-1)?.no ?? 0).length)
  const longest = Math.max(...scene.nodes.map(({ name }) => name.length), ui.labels === 'addresses' ? 8 : 5)
  // A capture has seen its packets at one place, so they have no way; but its machines are called by their addresses.
  const name = small ? 0 : Math.min(longest, width >= 100 || capture ? 16 : 9)
  const dots = capture ? 0 : Math.min(scene.nodes.length, DOTS)
  // Marker, number, time, from, to and size, with their gaps.
  const way = capture ? 0 : 2 + 4 + dots
  const rest = small ? 1 + no + 8 + 1 + dots : 1 + no + 10 + 2 + (name + 1) * 2 + 5 + way + 1
  return { no, name, what: Math.max(8, width - rest), dots, small }
}

function headLine({ scene }: Model, { no, name, what, dots }: Columns): Line {
  const initials = scene.nodes.slice(0, dots).map(({ name }) => name[0])
  const text = ` ${right('no', no)}${right('time s', 10)}  ${left('from', name + 1)}${left('to', name + 1)}`
  return [
    span(`${text}${left('what', what)}${right('size', 5)}${dots === 0 ? '' : `  way ${initials.join('')}`}`, 'muted'),
  ]
}

function rowOf(journey: Journey, model: Model, { no, name, what, dots, small }: Columns): Line {
  const way = wayOf(journey, model).slice(0, dots).map(dotSpan)
  const cells = whatCells(whatOf(journey, model), what)
  const number = right(String(journey.no), no)
  if (small) return [span(number), span(right(seconds(journey.t), 7)), span(' '), ...cells, span(' '), ...way]
  const { from, to } = peersOf(journey, model)
  const size = right(String(sizeOf(journey, model)), 5)
  const head = `${number}${right(seconds(journey.t), 10)}  ${left(from, name + 1)}${left(to, name + 1)}`
  return [span(head), ...cells, span(way.length === 0 ? size : `${size}      `), ...way]
}

function emptyLine({ recorder, ui }: Model): Line {
  const hidden = recorder.journeys.length
  if (hidden === 0) return line(span(' Nothing has happened yet. Space starts, . takes one step.', 'muted'))
  return line(span(` No packet matches ${ui.filter}; ${hidden} are hidden. Esc clears the filter.`, 'muted'))
}

function filterLine({ ui, recorder }: Model, shown: number, start: number, count: number, width: number): Line {
  const filter = ui.typing || ui.filter !== '' ? ` filter /${ui.filter}${ui.typing ? '_' : '/'}` : ' / filter'
  const visible = Math.min(count, shown - start)
  const range =
    start + visible >= shown ? `last ${visible} of ${shown} shown` : `${start + 1} to ${start + visible} of ${shown}`
  const hidden = recorder.journeys.length - shown
  if (width < 78) {
    const brief = shown === 0 ? 'none' : `${start + 1}-${start + visible} of ${shown}`
    return ends([span(`${filter}  ${brief}`, 'muted')], [span(ui.follow ? 'follow ' : '', 'muted')], width)
  }
  const text = [shown === 0 ? '' : range, hidden > 0 ? `${hidden} hidden` : ''].filter(part => part !== '').join(', ')
  return ends([span(`${filter}   ${text}`, 'muted')], [span(`follow: ${ui.follow ? 'on' : 'off'} `, 'muted')], width)
}
