/**
 * Of 5 NAT what every machine with an IP stack has: its routes, whom it knows by ARP, its TCP connections, and of a server
 * the addresses that it has given out.
 */
import type { SceneNode, Snapshot } from '../../src/index.ts'
import { clamp, fill, isSmall, list, rule } from '../draw.ts'
import type { Model, Rendered, Selection, Size } from '../model.ts'
import { derive, type Move, step } from '../selection.ts'
import { ends, type Line, left, span } from '../text.ts'
import { bare, JOBS } from '../words.ts'
import { stateName } from './machine.ts'

interface Route {
  readonly to: string
  readonly via: string
  readonly dev: string
}
interface Neighbour {
  readonly address: string
  readonly mac: string
  /** The machine that has the address, if it is one of the lab. */
  readonly name: string
}
interface Socket {
  readonly local: string
  readonly remote: string
  readonly state: Snapshot
}
interface Lease {
  readonly user: string
  readonly call: Snapshot
}
interface Tables {
  readonly node: SceneNode
  readonly routes: readonly Route[]
  readonly arp: readonly Neighbour[]
  readonly tcp: readonly Socket[]
  /** Undefined: it gives out no addresses. */
  readonly leases: readonly Lease[] | undefined
}

const machines = ({ scene }: Model): SceneNode[] => scene.nodes.filter(({ state }) => Array.isArray(state.routes))

/** The selected machine, or the first that routes for others. */
function nodeShown(model: Model): SceneNode | undefined {
  const all = machines(model)
  const chosen = all.find(({ name }) => name === model.ui.selection.node)
  return chosen ?? all.find(({ kind }) => kind === 'firewall' || kind === 'router') ?? all[0]
}

function tablesOf(model: Model): Tables | undefined {
  const node = nodeShown(model)
  if (!node) return undefined
  const { state } = node
  const names = new Map(model.scene.nodes.flatMap(({ name, addresses }) => addresses.map(each => [bare(each), name])))
  const entries = (key: string): (readonly [string, unknown])[] => Object.entries((state[key] ?? {}) as Snapshot)
  return {
    node,
    routes: (state.routes as readonly string[]).map(routeOf),
    arp: entries('arp').map(([address, mac]) => ({ address, mac: String(mac), name: names.get(address) ?? '' })),
    tcp: entries('tcp').map(([key, socket]) => {
      const [local, remote = ''] = key.split('-')
      return { local, remote, state: socket as Snapshot }
    }),
    leases:
      state.pool === undefined ? undefined : entries('calls').map(([user, call]) => ({ user, call: call as Snapshot })),
  }
}

/** `10.20.0.0/24 via 198.51.100.1 dev eth0` */
function routeOf(text: string): Route {
  const [, to = text, via = '', dev = ''] = /^(\S+)(?: via (\S+))?(?: dev (\S+))?/.exec(text) ?? []
  return { to, via, dev }
}

/** Routes, ARP, TCP, and of a server its pool. */
export const panes = (model: Model): number => (tablesOf(model)?.leases === undefined ? 3 : 4)

const KEYS = ['jk row', 'Tab next table', 'hl machine']
const NONE = 'No machine of this lab has an IP stack.'

/** Not every machine has all of them. */
const paneOf = ({ leases }: Tables, pane: number): number => Math.min(pane, leases === undefined ? 2 : 3)

export function view(model: Model, asked: number, size: Size): Rendered {
  const tables = tablesOf(model)
  if (!tables) return { lines: fill([[span(` ${NONE}`, 'muted')]], size), sentence: NONE, keys: ['hl machine'] }
  const pane = paneOf(tables, asked)
  const lines = isSmall({ ...size, rows: size.rows + 6 })
    ? smallLines(model, tables, pane, size)
    : wideLines(model, tables, pane, size)
  return { lines: fill(lines, size), sentence: sentenceOf(model, tables, pane), keys: KEYS }
}

function wideLines(model: Model, tables: Tables, pane: number, { columns, rows }: Size): Line[] {
  const { routes, arp, tcp, leases, node } = tables
  const { ipRow } = model.ui.selection
  const lists = [
    { title: 'routes, the longest prefix decides', end: 'via        dev   ', count: routes.length },
    { title: 'ARP: whose Ethernet address is known', end: `${arp.length} known`, count: arp.length },
    { title: 'TCP connections of its own', end: `${tcp.length}`, count: tcp.length },
    ...(leases === undefined
      ? []
      : [{ title: 'addresses given out', end: poolWords(node.state), count: leases.length }]),
  ]
  const shares = roomFor(
    lists.map(({ count }) => count),
    rows - 1 - lists.length,
  )
  const out: Line[] = [headOf(model, tables, columns)]
  lists.forEach(({ title, end }, i) => {
    out.push(rule(columns, [{ at: 0, title, focus: i === pane }], i === 0 ? '' : end))
    out.push(...rowsOf(tables, i, i === pane ? ipRow : 0, shares[i], columns, i === pane))
  })
  return out
}

/** Each list what it wants, as far as there is room: what the short ones leave is for the long ones. */
function roomFor(counts: readonly number[], rows: number): number[] {
  const wants = counts.map(count => Math.max(1, count))
  const given = wants.map(() => 0)
  for (let left = rows; left > 0; ) {
    const open = given.flatMap((each, i) => (each < wants[i] ? [i] : []))
    if (open.length === 0) break
    for (const i of open) {
      if (left === 0) break
      given[i]++
      left--
    }
  }
  return given
}

function rowsOf(tables: Tables, pane: number, at: number, rows: number, columns: number, focus: boolean): Line[] {
  const { routes, arp, tcp, leases = [] } = tables
  switch (pane) {
    case 0:
      return list(routes, at, rows, columns, focus, routeCells)
    case 1:
      return list(arp, at, rows, columns, focus, arpCells)
    case 2:
      return list(tcp, at, rows, columns, focus, each => tcpCells(each, columns))
    default:
      return list(leases, at, rows, columns, focus, each => leaseCells(each))
  }
}

function headOf(model: Model, { node }: Tables, columns: number): Line {
  const all = machines(model)
  const faces = Object.entries((node.state.interfaces ?? {}) as Readonly<Record<string, Snapshot>>)
  const words = faces.map(([name, { address, up }]) => `${name} ${address}${up === false ? ' down' : ''}`).join('  ')
  const which = `  machine ${all.indexOf(node) + 1} of ${all.length} `
  return ends(
    [span(` ${node.name}`, undefined, { bold: true }), span(`  ${JOBS[node.kind]}  `), span(words, 'muted')],
    [span(which, 'muted')],
    columns,
  )
}

const routeCells = ({ to, via, dev }: Route): Line => [
  span(` ${left(to, 20)}`),
  span(
    left(via === '' ? (dev.startsWith('ppp') ? 'inside' : 'on the link') : `via ${via}`, 22),
    via === '' ? 'muted' : undefined,
  ),
  span(`dev ${dev}`, dev.startsWith('ppp') ? 'sealed' : undefined),
]
const arpCells = ({ address, mac, name }: Neighbour): Line => [
  span(` ${left(address, 20)}${left(mac, 22)}`),
  span(name, 'muted'),
]

function tcpCells({ local, remote, state }: Socket, columns: number): Line {
  const word = String(state.state)
  const rtt = state.srtt === undefined ? '' : `rtt ${(Number(state.srtt) / 1e6).toFixed(1)} ms`
  const again = Number(state.retransmits) > 0 ? `, ${state.retransmits} again` : ''
  const more = columns < 100 ? '' : `  cwnd ${state.cwnd}  mss ${state.mss}`
  return [
    span(` ${left(local, 22)}${left(remote, 22)}`),
    span(left(stateName(word), 13), word === 'established' ? 'ok' : undefined),
    span(`${rtt}${again}${more}`, 'muted'),
  ]
}

function leaseCells({ user, call }: Lease): Line {
  const count = (name: string): string => String(call[name] ?? 0)
  return [
    span(` ${left(user, 14)}${left(String(call.address), 16)}${left(String(call.iface), 6)}`),
    span(left(`from ${call.peer}`, 22), 'muted'),
    span(`${count('octetsIn')} octets in, ${count('octetsOut')} out`, 'muted'),
  ]
}

function poolWords({ pool }: Snapshot): string {
  const { used, free } = (pool ?? {}) as Snapshot
  return `${used} used, ${free} free`
}

const NAMES = ['routes', 'ARP', 'TCP', 'addresses given out'] as const

/** The pane that has the keys, under one line that says which. */
function smallLines(model: Model, tables: Tables, pane: number, { columns, rows }: Size): Line[] {
  const at = Math.max(0, pane)
  const title = ` ${tables.node.name}: ${NAMES[at] ?? ''}`
  const { routes, arp, tcp } = tables
  const { ipRow } = model.ui.selection
  const head: Line = [span(title, undefined, { bold: true })]
  switch (at) {
    case 0:
      return [
        head,
        ...list(routes, ipRow, rows - 1, columns, true, ({ to, via, dev }) => [
          span(`${left(to, 18)} ${dev}${via === '' ? '' : ` ${via}`}`),
        ]),
      ]
    case 1:
      return [
        head,
        ...list(arp, ipRow, rows - 1, columns, true, ({ address, mac }) => [span(`${left(address, 16)} ${mac}`)]),
      ]
    case 2:
      return [
        head,
        ...list(tcp, ipRow, rows - 1, columns, true, ({ remote, state }) => [
          span(`${left(remote, 22)} ${stateName(String(state.state))}`),
        ]),
      ]
    default:
      return [head, ...rowsOf(tables, 3, ipRow, rows - 1, columns, true)]
  }
}

// The sentence

function sentenceOf({ ui }: Model, { node, routes, arp, tcp, leases = [] }: Tables, pane: number): string {
  const { ipRow } = ui.selection
  switch (pane) {
    case 1: {
      const each = arp[clamp(ipRow, arp.length)]
      if (!each) return `${node.name} knows nobody's Ethernet address: it asks by ARP when it needs one.`
      return `${node.name} has asked by ARP who has ${each.address}${each.name === '' ? '' : `: ${each.name}`}.`
    }
    case 2: {
      const each = tcp[clamp(ipRow, tcp.length)]
      if (!each) return `${node.name} has no TCP connection of its own; those that it forwards are not its own.`
      return `A TCP connection of ${node.name} with ${each.remote}: ${stateName(String(each.state.state))}.`
    }
    case 3: {
      const each = leases[clamp(ipRow, leases.length)]
      if (!each) return 'No address of the pool is in use.'
      return `${each.user} has ${each.call.address} by IPCP, for as long as the call lasts.`
    }
    default: {
      const each = routes[clamp(ipRow, routes.length)]
      return each ? routeSentence(each) : `${node.name} has no route: it can send nothing.`
    }
  }
}

function routeSentence({ to, via, dev }: Route): string {
  const what = to === 'default' ? 'What no other route fits' : `What goes to ${to}`
  if (dev.startsWith('ppp')) return `${what} goes into the tunnel or the line, by ${dev}.`
  return via === '' ? `${what} is on the link of ${dev}: ARP finds it.` : `${what} is handed to ${via}, by ${dev}.`
}

// Moves

export function moveSelection(model: Model, asked: number, move: Move): Selection {
  const { selection } = model.ui
  const tables = tablesOf(model)
  if (!tables) return selection
  const pane = paneOf(tables, asked)
  if (move === 'left' || move === 'right') {
    const all = machines(model)
    const to = clamp(all.indexOf(tables.node) + (move === 'left' ? -1 : 1), all.length)
    return { ...derive(model, { node: all[to].name }), ipRow: 0 }
  }
  const { routes, arp, tcp, leases = [] } = tables
  const count = [routes, arp, tcp, leases][pane]?.length ?? 0
  const to = step(move, clamp(selection.ipRow, count), count)
  return to === undefined ? selection : { ...selection, ipRow: to }
}
