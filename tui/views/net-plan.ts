/** Where everything of the net stands: boxes, links, tubes. It depends on the lab, the room and the selection only. */
import {
  type Drawing,
  drawingFor,
  type Extent,
  type Form,
  foldHosts,
  type Graph,
  type GraphNode,
  type PlacedNode,
  type SceneNode,
  type SceneTunnel,
  type Snapshot,
  valueAt,
} from '../../src/index.ts'
import type { Model } from '../model.ts'
import { bare, isOf, JOBS, lastOctets } from '../words.ts'

/** More tunnels than these are not drawn together: the selected one alone is. */
export const MOST_TUBES = 4
/** From this width on a card shows whole addresses. */
export const WIDE = 100
/** A tunnel under the boxes: its row, and where its two legs come down. */
export interface Tube {
  readonly tunnel: SceneTunnel
  readonly y: number
  readonly legs: readonly [Leg, Leg]
}
export interface Leg {
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
  const { tunnels, nodes } = model.scene
  const parts = [room.columns, room.rows, labels, node, link, shown.map(({ no }) => no), ...(folded ?? [])]
  // A call that fails over ends elsewhere: a machine gets a sign, or a role, and its box more room.
  const ends = tunnels.map(({ client, entry, server }) => `${client} ${entry} ${server}`)
  const roles = nodes.map(({ role = '' }) => role)
  const key = [...parts, ...ends, ...roles].join(' ')
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
  // Those of servers that stand above others do so at the right.
  for (let lanes = 0, margin = 0; ; ) {
    const inner = { columns: room.columns - 2 - 2 * lanes - 2 * margin, rows: room.rows - below }
    const drawing = drawingFor(graph, inner, width, keep)
    const x = 1 + 2 * lanes + (Math.max(0, inner.columns - drawing.columns) >> 1)
    const tubes = tubesOf(drawing, shown, x)
    const left = tubes.filter(({ legs }) => legs.some(({ from }) => from === 'left'))
    const beyond = drawing.columns <= inner.columns && tubes.some(({ legs }) => legs.some(leg => leg.x >= room.columns))
    if (left.length > lanes) lanes++
    else if (beyond && margin < MOST_TUBES) margin++
    else return { drawing, x }
  }
}

const KEPT: ReadonlySet<SceneNode['kind']> = new Set(['client', 'pptp-server', 'nas', 'pstn'])

/** Never folded: ends of tunnels and of telephone lines, and what is selected. */
function keptOf({ scene, ui }: Model): Set<string> {
  const { node, link } = ui.selection
  const kept = scene.nodes.filter(({ kind, name }) => KEPT.has(kind) || name === node)
  const ends = link === undefined ? [] : (scene.links[link]?.ends ?? [])
  return new Set([...kept.map(({ name }) => name), ...ends.map(({ node }) => node)])
}

const tubeRows = (tunnels: number): number => (tunnels === 0 ? 0 : tunnels === 1 ? 2 : tunnels)

function tunnelsShown({ scene, ui }: Model): readonly SceneTunnel[] {
  const tunnels = scene.tunnels.filter(({ kind }) => kind !== 'local')
  if (tunnels.length <= MOST_TUBES) return tunnels
  return tunnels.filter(({ no }) => no === (ui.selection.tunnel ?? 1))
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

export function wordsOf({ scene, ui }: Model, { name, kind, members }: GraphNode, wide: boolean): Words {
  if (members.length > 1) {
    const what = kind === 'router' ? 'hops' : 'hosts'
    return { name: `${members.length} ${what}`, job: `${name} …`, role: '', address: '' }
  }
  const node = scene.nodes.find(node => node.name === name) as SceneNode
  const [first] = node.addresses
  const title = ui.labels === 'addresses' && first !== undefined ? bare(first) : name
  return { name: title, job: JOBS[kind], role: node.role ?? '', address: addressWords(node, wide) }
}

/** `► 5550100` */
function dialledNumber(state: Snapshot): string {
  const number = valueAt(state, 'line.number') ?? valueAt(state, 'dial.line.number')
  return typeof number === 'string' ? `► ${number}` : ''
}

function addressWords({ addresses, role, state }: SceneNode, wide: boolean): string {
  // Who has no address has a telephone.
  if (addresses.length === 0) return dialledNumber(state)
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
    const sign = model.scene.tunnels.some(tunnel => isOf(tunnel, node.name)) ? 2 : 0
    if (form === 'chip') return name.length + sign + 2
    if (form === 'box') return name.length + (role === '' ? 0 : role.length + 1) + sign + 2
    const margin = form === 'card' ? 4 : 2
    const between = role === '' ? 0 : form === 'card' ? 2 : 1
    return Math.max(name.length + 4, job.length + between + role.length + margin, address.length + sign + margin)
  }

// Tubes.

function tubesOf({ nodes, rows, form }: Drawing, tunnels: readonly SceneTunnel[], x: number): Tube[] {
  const placed = (name: string): PlacedNode | undefined => nodes.find(({ node }) => node.name === name)
  const ends = tunnels.flatMap(tunnel => {
    const [client, server] = [placed(tunnel.entry), placed(tunnel.server)]
    return client && server ? [{ tunnel, client, server }] : []
  })
  // The lowest client has the upper tube, so that tubes lie in each other and do not cross.
  ends.sort((a, b) => b.client.row - a.client.row || b.server.row - a.server.row)
  let lane = 0
  return ends.map(({ tunnel, client, server }, i): Tube => {
    const y = rows + (ends.length === 1 ? 1 : i)
    const together = ends.filter(end => end.client === client)
    const place = together.length - 1 - together.findIndex(end => end.tunnel === tunnel)
    return { tunnel, y, legs: [legOf(client, place, together.length), legOf(server, i, ends.length)] }

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
