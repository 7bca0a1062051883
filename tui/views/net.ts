/** View 1, Net: who is joined to whom, and what is moving now. */
import { type SceneLink, type SceneTunnel, signalWords } from '../../src/index.ts'
import { GUESS_FIRST, isQuizOpen } from '../asking.ts'
import { wrap } from '../draw.ts'
import { classOf, insideOf } from '../flight.ts'
import type { Model, Selection, Size, View } from '../model.ts'
import { derive } from '../selection.ts'
import { dueNext } from '../stepped.ts'
import { latest } from '../tale.ts'
import { ends, fit, type Line, left, plainText, right, span } from '../text.ts'
import { rareEvents } from '../told.ts'
import { JOBS, nextLayer, phaseOf, seconds, silenceOf, tubePhase } from '../words.ts'
import { paintNet } from './net-drawing.ts'
import { factsOf } from './net-facts.ts'
import { netList } from './net-list.ts'
import { planOf } from './net-plan.ts'
import { dropAskedFor } from './why.ts'

/** Below this the drawing is a list. */
const SMALLEST = { columns: 60, rows: 14 }
/** Rows of a pane with its head, at least. */
const PANES = 6

export const netView: View = (model, size) => {
  const lines = linesOf(model, size)
  const filled = [...lines, ...Array.from({ length: Math.max(0, size.rows - lines.length) }, (): Line => [])]
  return {
    lines: filled.slice(0, size.rows).map(line => fit(line, size.columns)),
    sentence: sentenceOf(model),
    keys: keysOf(model),
  }
}

function linesOf(model: Model, size: Size): Line[] {
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) return netList(model, size.columns, size.rows)
  const head = headOf(model, size.columns)
  const room = { columns: size.columns, rows: size.rows - 4 - PANES }
  const net = paintNet(model, room)
  const above = [...(head.length > 1 ? [] : [[]]), ...head, []]
  const below = Math.max(PANES, size.rows - above.length - net.length - 1)
  return [...above, ...net, [], ...panes(model, size.columns, below)].slice(0, size.rows)
}

/** The first sentences of the lab's description, in two lines if the first is long, and the lens, in fewer words if the room is short. */
function headOf(model: Model, columns: number): Line[] {
  const { scene, ui } = model
  const first = isQuizOpen(model) ? [GUESS_FIRST] : scene.lab.description.split(/(?<=\.) /)
  const long = `  i lens: ${{ both: 'both sides', inside: 'inside    ', outside: 'outside   ' }[ui.lens]} `
  const hint = first[0].length + 1 + long.length > columns ? `  i lens: ${ui.lens.padEnd(7)} ` : long
  while (first.length > 1 && first.join(' ').length + 1 + hint.length > columns) first.pop()
  const text = first.join(' ')
  const whole = wrap(text, columns - 2)
  // The lens stands behind the last line: if it has no room there, all lines are shorter.
  const hasRoom = whole.length === 2 && whole[1].length + 1 + hint.length <= columns
  const [above, ...below] = hasRoom ? whole : wrap(text, columns - hint.length - 1)
  const last = below.join(' ')
  const lens = span(hint, 'muted')
  return last === ''
    ? [ends([span(` ${above ?? ''}`)], [lens], columns)]
    : [fit([span(` ${above}`)], columns), ends([span(` ${last}`)], [lens], columns)]
}

function panes(model: Model, columns: number, rows: number): Line[] {
  const wide = Math.round(columns * 0.53)
  const rest = columns - wide - 1
  const facts = factsOf(model, wide - 2, rows - 1)
  const tale = taleLines(model, rest, rows - 1)
  const title = (text: string, width: number): string => left(`─ ${text} ${'─'.repeat(width)}`, width).replace('…', '─')
  const out: Line[] = [
    [
      span('─ ', 'muted'),
      span(facts.title.slice(0, wide - 4), undefined, { bold: true }),
      span(` ${'─'.repeat(Math.max(0, wide - 3 - facts.title.length))}┬${title('what happens', rest)}`, 'muted'),
    ],
  ]
  for (let row = 0; row < rows - 1; row++) {
    const start = fit([span(' '), ...(facts.lines[row] ?? [])], wide)
    out.push([...start, span('│', 'muted'), ...fit(tale[row] ?? [], rest)])
  }
  return out
}

// What happens.

function taleLines(model: Model, columns: number, rows: number): Line[] {
  const { scene, recorder, ui } = model
  const { node, link } = ui.selection
  const only = link === undefined ? node : undefined
  const nodeWidth = Math.min(8, Math.max(4, ...scene.nodes.map(({ name }) => name.length)))
  const digits = seconds(scene.stop).length
  const row = (sign: string, t: number, who: string, text: Line): Line =>
    fit([span(sign), span(right(seconds(t), digits)), span(` ${left(who, nodeWidth)} `, 'muted'), ...text], columns)
  const now = nowLines(model).map(([who, text]) => row('►', scene.t, who, [text]))
  const next = nextLines(model).map(([t, who, text]) => row(' ', t, who, [span(text, 'muted')]))
  const room = Math.max(0, rows - now.length - next.length)
  const past = latest(rareEvents(recorder), scene.nodes, room, onlyOf(model, only))
  return [...past.map(({ t, node, text, role }) => row(' ', t, node, [span(text, role)])), ...now, ...next].slice(
    0,
    rows,
  )
}

/** What happened at the selected node; all, when that is the one whose tunnel we look at anyway. */
function onlyOf({ scene }: Model, node: string | undefined): string | undefined {
  return scene.nodes.find(({ name }) => name === node)?.kind === 'client' ? undefined : node
}

function nowLines({ scene }: Model): (readonly [string, ReturnType<typeof span>])[] {
  const said = scene.links.flatMap(link => link.signals.map(signal => ({ link, signal }))).at(-1)
  if (said) {
    const to = said.link.ends[1 - said.signal.hop.from].node
    return [['line', span(`${signalWords(said.signal)}, on its way to ${to}`, 'control')]]
  }
  const moving = scene.links.flatMap(link => link.flights.map(flight => ({ link, flight })))
  const last = moving.sort((a, b) => b.flight.hop.sent - a.flight.hop.sent)[0]
  if (!last) return [['', span('nothing moves', 'muted')]]
  const { letter, role } = classOf(last.flight, last.link.type)
  const to = last.link.ends[1 - last.flight.hop.from].node
  const words = moving.length > 1 ? `${letter} to ${to}, ${moving.length - 1} more` : `${letter} on its way to ${to}`
  return [['link', span(words, role)]]
}

function nextLines(model: Model): (readonly [number, string, string])[] {
  const { next, over } = model.scene
  if (over) return []
  const { node, words } = dueNext(model)
  return [[next, node, `next: ${words}`]]
}

// The sentence, and the keys.

function sentenceOf(model: Model): string {
  const { scene, ui } = model
  const flights = scene.links.flatMap(link => link.flights.map(flight => ({ link, flight })))
  const link = ui.selection.link === undefined ? undefined : scene.links[ui.selection.link]
  if (link) {
    if (!link.up) return 'This cable is unplugged. What is sent into it is lost.'
    if (link.lines) return lineSentence(model, link)
    const carried = link.tunnels.length > 0
    return carried
      ? 'Whoever listens here sees GRE and one TCP connection, not what is inside.'
      : 'No tunnel here: everything on this link is in clear.'
  }
  const sealed = flights.find(
    ({ link, flight }) => classOf(flight, link.type).letter === 'D' && insideOf(flight.packet),
  )
  if (sealed) {
    const inside = insideOf(sealed.flight.packet)
    const what = inside?.letter === 'I' ? 'a plain ping' : inside?.letter === 'T' ? 'plain TCP' : 'plain data'
    const outer =
      classOf(sealed.flight, sealed.link.type).role === 'sealed' ? 'sealed data (D)' : 'GRE that anyone can read (D)'
    return sealed.link.type === 'serial'
      ? `On the telephone line: ${outer}. Inside: ${what}. Enter opens it.`
      : `Outside: ${outer}. Inside the tunnel: ${what}. Enter opens it.`
  }
  const node = scene.nodes.find(({ name }) => name === ui.selection.node)
  if (node?.off) return `${node.name} has no power: it hears nothing and says nothing, not even that.`
  const tunnel = scene.tunnels.find(({ no, client }) => (node ? client === node.name : no === ui.selection.tunnel))
  if (tunnel) return `${endSentence(model)}${tunnelSentence(tunnel, scene.tunnels.length > 1)}`
  if (node?.kind === 'pptp-server')
    return node.role === 'PNS'
      ? `${node.name} is the PNS: access servers bring it the calls of its users, and it gives them addresses.`
      : `${node.name} is the PAC: it answers calls and gives each caller an inner address.`
  if (node?.kind === 'nas')
    return node.role === 'PAC'
      ? `${node.name} is an access server and the PAC: a rule says which call gets a tunnel, and where to.`
      : `${node.name} is an access server: it answers the telephone, and PPP ends here. There is no tunnel.`
  if (node?.kind === 'pstn') return `${node.name} joins telephone lines. What is said on them it does not look at.`
  if (node?.kind === 'router')
    return `${node.name} forwards what it is given. Of a tunnel through it, it sees only the outside.`
  if (node?.kind === 'firewall')
    return `${node.name} forwards what its rules let pass, and may put its own address in place of others.`
  if (node?.kind === 'load-balancer')
    return `${node.name} stands for several servers. It draws one for each flow, and knows nothing of tunnels.`
  if (node?.kind === 'switch') return `${node.name} passes frames on by their Ethernet address and reads no further.`
  if (node?.kind === 'radius')
    return `${node.name} is a RADIUS server: it says to others who may come in, and keeps the accounts.`
  if (node?.kind === 'tun' || node?.kind === 'udp') return `${node.name} stands for what is outside of the simulation.`
  if (node) return `${node.name} is a ${JOBS[node.kind]}. It knows nothing of tunnels.`
  return scene.t > 0 ? 'Nothing is selected. hjkl choose.' : 'Nothing has happened yet. Space starts, . takes one step.'
}

/** Who can read along on a telephone line, and what. */
function lineSentence({ scene: { tunnels } }: Model, { index, lines, tunnels: carried }: SceneLink): string {
  if (carried.length > 0) return 'A telephone line: PPP frames, and in them GRE: the tunnel begins at the user himself.'
  const here = tunnels.filter(({ up, lines }) => up && lines.some(({ link }) => link === index))
  const sealed = here.length > 0 && here.every(({ encrypted }) => encrypted)
  const what = lines && lines.all > 1 ? `A trunk of ${lines.all} telephone lines` : 'A telephone line'
  return `${what}: PPP frames between flags, ${sealed ? 'sealed by MPPE' : 'in clear'}. There is no tunnel here.`
}

/** What has come of the checks and of several tunnels, when the run is over. */
function endSentence({ scene: { over, checks, tunnels } }: Model): string {
  if (!over) return ''
  const passed = checks.filter(({ state }) => state === 'passed').length
  const said = checks.length === 0 ? [] : [`${passed} of ${checks.length} checks passed`]
  if (tunnels.length > 1) said.push(standingOf(tunnels))
  return said.length === 0 ? '' : `The run is over: ${said.join(', ')}. `
}

/** `1 of 2 tunnels is up` */
function standingOf(tunnels: readonly SceneTunnel[]): string {
  const up = tunnels.filter(each => each.up).length
  const noun = tunnels.some(({ kind }) => kind === 'local') ? 'calls' : 'tunnels'
  return `${up} of ${tunnels.length} ${noun} ${up === 1 ? 'is' : 'are'} up`
}

/** `several`: that there is one more is not to be forgotten. */
function tunnelSentence(tunnel: SceneTunnel, several: boolean): string {
  const { client, server, entry, kind, inner, beganBy } = tunnel
  const local = kind === 'local'
  switch (phaseOf(tunnel)) {
    case 'idle':
      return kind === 'voluntary'
        ? `No tunnel yet: ${client} has not dialled ${server}. Space starts, . takes one step.`
        : 'No call yet: nobody has dialled. Space starts, . takes one step.'
    case 'half':
      return `Up, but ${silenceOf(tunnel)}.`
    case 'opening': {
      const next = nextLayer(tunnel)?.name ?? 'IPCP'
      const silence = silenceOf(tunnel)
      if (silence !== undefined) return `${next} waits, for ${silence}.`
      if (kind === 'voluntary') return `${client} and ${server} build the tunnel from below: ${next} is next.`
      if (local) return `${client} and ${server} talk over the telephone line: ${next} is next.`
      if (tubePhase(tunnel) === 'idle') return `${client} dials, and it is to ring at ${entry}.`
      const asked = beganBy.node === entry ? server : entry
      return tunnel.layers.some(({ name, mark }) => name === 'call' && mark !== 'open')
        ? `${beganBy.node} asks ${asked} for a tunnel, and ${client} knows nothing of it.`
        : `${client} and ${server} talk PPP, and ${entry} only carries the frames: ${next} is next.`
    }
    case 'up':
      if (local) return `${client} is ${inner?.client ?? ''} at ${server}: PPP ends there, and no tunnel begins.`
      if (kind === 'compulsory')
        return `The tunnel begins at ${entry}: ${client} is ${inner?.client ?? ''} at ${server}, and has no PPTP.`
      if (several) return `${client} is also ${inner?.client ?? ''}, inside the net of ${server}: its tunnel is up.`
      return `The tunnel is up: ${client} is now also ${inner?.client ?? ''}, inside the net of ${server}.`
    case 'failed': {
      const failed = tunnel.layers.find(({ mark }) => mark === 'failed')?.name ?? ''
      return `The ${local ? 'call' : 'tunnel'} of ${client} did not open: ${failed} failed.`
    }
    case 'over':
      if (kind !== 'voluntary') return `The call of ${client} is over.`
      return `The tunnel is over. ${client} is outside again.`
  }
}

function keysOf(model: Model): string[] {
  const { scene, ui } = model
  const time = scene.over ? [] : ['Space run', '. step']
  const why = scene.drops > 0 && dropAskedFor(model) ? ['w why'] : []
  // A cable is chosen on the way from one machine to the next: what is done is done to it.
  const cable = ui.selection.node === undefined && ui.selection.link !== undefined
  const act = scene.over ? [] : [cable ? 'a act on the cable' : 'a act']
  // Where something is silent, why is what everybody wants to know.
  const isSilent = scene.tunnels.some(tunnel => tunnel.end === undefined && silenceOf(tunnel) !== undefined)
  const rest = [cable ? 'hl its ends' : 'hjkl choose', 'Enter look inside', ...act, 'i lens', 'o names']
  const keys = isSilent ? [...time, ...why, ...rest] : [...time, ...rest, ...why]
  return scene.nodes.length > 8 ? [...keys, 'z fold'] : keys
}

// Choosing by direction.

type Direction = 'left' | 'right' | 'up' | 'down'
interface Spot {
  /** A tunnel is as wide as from one leg to the other, all else is where its middle is. */
  readonly from: number
  readonly to: number
  readonly y: number
  /** A choice of no tunnel leaves the one chosen before. */
  readonly choice: Pick<Selection, 'node' | 'link'> & Partial<Pick<Selection, 'tunnel'>>
}

/** What stands nearest in that direction of what is selected: a node, a link or a tunnel. */
export function neighbourOf(model: Model, direction: Direction, size: Size = { columns: 78, rows: 20 }): Selection {
  const { selection } = model.ui
  const spots = spotsOf(model, size)
  const here = spots.find(({ choice }) => same(choice, selection))
  if (!here) return { ...selection, ...(spots[0]?.choice ?? {}) }
  const level = direction === 'left' || direction === 'right'
  // A tunnel has its client and its server at its two ends.
  if (level && isTube(here)) return { ...selection, ...endOfTube(model, spots, here, direction) }
  let best: { spot: Spot; cost: number } | undefined
  for (const spot of spots) {
    if (spot === here || (level && isTube(spot))) continue
    const dx = spot.from > here.to ? spot.from - here.to : spot.to < here.from ? spot.to - here.from : 0
    const dy = (spot.y - here.y) * 2
    const along = direction === 'left' ? -dx : direction === 'right' ? dx : direction === 'up' ? -dy : dy
    const aside = Math.abs(level ? dy : dx)
    if (along <= 0 || aside > along * 3) continue
    const cost = along + aside * 2
    if (!best || cost < best.cost) best = { spot, cost }
  }
  // Tunnels lie below everything.
  const tube = direction === 'down' ? spots.find(spot => isTube(spot) && spot.y > here.y) : undefined
  return { ...selection, ...((best?.spot ?? tube)?.choice ?? {}) }
}

const isTube = ({ choice }: Spot): boolean => choice.node === undefined && choice.link === undefined

function endOfTube({ scene }: Model, spots: readonly Spot[], { choice }: Spot, direction: Direction): Spot['choice'] {
  const tunnel = scene.tunnels.find(({ no }) => no === choice.tunnel)
  const ends = spots
    .filter(spot => spot.choice.node !== undefined && [tunnel?.entry, tunnel?.server].includes(spot.choice.node))
    .sort((a, b) => a.from - b.from)
  return (direction === 'left' ? ends[0] : ends.at(-1))?.choice ?? choice
}

function same(choice: Spot['choice'], { node, link, tunnel }: Selection): boolean {
  if (choice.link !== undefined || link !== undefined) return choice.link === link
  if (choice.node !== undefined || node !== undefined) return choice.node === node
  return choice.tunnel === tunnel
}

/** The lines above the drawing. */
const ABOVE = 3

/** What is chosen by a click at a cell of the view; in the list the machine that is named in front of the row. */
export function spotAt(model: Model, x: number, y: number, size: Size): Selection | undefined {
  const { selection } = model.ui
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) {
    const words = plainText(linesOf(model, size)[y] ?? []).split(/[^\w-]+/)
    const node = model.scene.nodes.find(({ name }) => words.includes(name))
    return node && derive(model, { node: node.name })
  }
  const { drawing, x: shift } = planOf(model, roomOf(size))
  const at = { x: x - shift, y: y - ABOVE }
  const box = drawing.nodes.find(
    ({ rect }) => at.x >= rect.x && at.x < rect.x + rect.columns && at.y >= rect.y && at.y < rect.y + rect.rows,
  )
  const spots = spotsOf(model, size)
  const choose = (choice: Spot['choice'] | undefined) => choice && { ...selection, ...choice }
  if (box) return choose(spots.find(({ choice }) => choice.node === box.node.name)?.choice)
  const link = drawing.links.find(({ cells }) => cells.some(cell => cell.x === at.x && Math.abs(cell.y - at.y) <= 1))
  if (link) return choose(spots.find(({ choice }) => choice.link === link.link.index)?.choice)
  return choose(spots.find(spot => isTube(spot) && spot.y === at.y && x >= spot.from && x <= spot.to)?.choice)
}

const roomOf = ({ columns, rows }: Size) => ({ columns, rows: Math.max(1, rows - 4 - PANES) })

function spotsOf(model: Model, size: Size): Spot[] {
  const { drawing, tubes, x } = planOf(model, roomOf(size))
  const { scene } = model
  const tunnelAt = (name: string): { tunnel?: number } => {
    const tunnel =
      scene.tunnels.find(({ client }) => client === name) ?? scene.tunnels.find(({ entry }) => entry === name)
    return tunnel ? { tunnel: tunnel.no } : {}
  }
  const at = (middle: number): { from: number; to: number } => ({ from: middle, to: middle })
  const nodes = drawing.nodes.map(
    ({ node, rect, row }): Spot => ({
      ...at(x + rect.x + (rect.columns >> 1)),
      y: row,
      choice: { node: node.name, link: undefined, ...tunnelAt(node.name) },
    }),
  )
  const links = drawing.links.flatMap(({ link, cells }): Spot[] => {
    const middle = cells[cells.length >> 1]
    if (!middle) return []
    return [{ ...at(x + middle.x), y: middle.y, choice: { node: undefined, link: link.index } }]
  })
  const pipes = tubes.map(
    ({ tunnel, y, legs }): Spot => ({
      from: Math.min(legs[0].x, legs[1].x),
      to: Math.max(legs[0].x, legs[1].x),
      y,
      choice: { node: undefined, link: undefined, tunnel: tunnel.no },
    }),
  )
  return [...nodes, ...links, ...pipes]
}

/** The switch or router whose hosts `z` draws as one; undefined where there is nothing to fold. */
export function foldOf({ scene, ui }: Model): string | undefined {
  const { node } = ui.selection
  if (node === undefined) return undefined
  const next = (name: string): string[] =>
    scene.links.flatMap(({ ends: [a, b] }) => (a.node === name ? [b.node] : b.node === name ? [a.node] : []))
  const isLeaf = (name: string): boolean =>
    scene.nodes.find(n => n.name === name)?.kind === 'host' && next(name).length === 1
  const hub = isLeaf(node) ? next(node)[0] : node
  return next(hub).filter(isLeaf).length > 1 ? hub : undefined
}
