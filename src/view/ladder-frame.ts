/** Which machines have a column in a ladder, and where an arrow between them begins and ends: for text and pictures alike. */
import { fateWords, type Ladder, type LadderNode, type LadderRow, placesOf } from './ladder.ts'
import type { LadderItem } from './ladder-fold.ts'

export interface Frame {
  readonly columns: readonly LadderNode[]
  /** Those without a column that stand between the first and the last, by the column after which they stand. */
  readonly hidden: readonly (readonly string[])[]
}

export interface Choice {
  /** So many columns have room. */
  readonly most: number
  /** The nodes that are to have one, whatever has room. */
  readonly names?: ReadonlySet<string> | undefined
  /** Ends of tunnels have one before they have said anything, so that nothing moves when they do. */
  readonly steady?: boolean
}

/** Of a tunnel's way; of those who talk. Routers, switches and telephone exchanges have a column only if they are asked for. */
const STEADY_RANK = 2
const LAST_RANK = 4

export function frameOf(ladder: Ladder, rows: readonly LadderRow[], { most, names, steady = false }: Choice): Frame {
  const { nodes } = ladder
  const counts = new Map<string, number>()
  for (const row of rows) {
    // Everybody speaks ARP: that is no reason for a column.
    const weight = row.meaning.layer === 'arp' ? 1e-6 : 1
    // Who is about to get it has one already: nothing moves when it arrives.
    const places = row.fate.kind === 'flying' ? new Set([...placesOf(row), row.to]) : placesOf(row)
    for (const place of places) counts.set(place, (counts.get(place) ?? 0) + weight)
  }
  const count = ({ name }: LadderNode): number => counts.get(name) ?? 0
  const possible = nodes.filter(({ rank }) => rank <= LAST_RANK)
  const able = possible.filter(node => count(node) >= 1 || (steady && node.rank <= STEADY_RANK))
  const first = able.length > 0 ? able : possible
  const wanted = names
    ? nodes.filter(({ name }) => names.has(name))
    : [...first].sort((a, b) => a.rank - b.rank || (steady ? 0 : count(b) - count(a))).slice(0, most)
  const columns = nodes.filter(node => wanted.includes(node))
  const hidden = columns.map((node, i) => {
    const next = columns[i + 1]
    if (!next) return []
    const between = nodes.slice(nodes.indexOf(node) + 1, nodes.indexOf(next))
    return between.filter(other => count(other) >= 1).map(({ name }) => name)
  })
  return { columns, hidden }
}

/** How a row or a group is drawn. */
export interface Arrow {
  /** Columns; the same if the other end has none. */
  readonly from: number
  readonly to: number
  /** Columns of machines in between that have carried it. */
  readonly by: readonly number[]
  /** How far it is from `from` to `to`, where it has not come there. */
  readonly share: number | undefined
  readonly both: boolean
  readonly dropped: boolean
  /** The reason, or empty. */
  readonly reason: string
  /** The end without a column: its name, and whether it is the one that the packet goes to. */
  readonly other: { readonly name: string; readonly way: 'to' | 'from' } | undefined
  readonly labels: readonly string[]
  /** It is a frame of PPP … */
  readonly double: boolean
  /** … except between these columns, before or behind the tunnel. */
  readonly clear: readonly (readonly [number, number])[]
  readonly sealed: boolean
  readonly role: LadderRow['role']
}

export function arrowOf(item: Exclude<LadderItem, { kind: 'quiet' }>, { columns }: Frame, now: number): Arrow {
  const row = item.kind === 'row' ? item.row : item.rows[0]
  const at = new Map(columns.map(({ name }, i) => [name, i]))
  const column = (name: string): number | undefined => at.get(name)
  const [copy] = row.copies.flatMap(name => column(name) ?? [])
  const had = placesOf(row).flatMap(name => column(name) ?? [])
  const places = had.length > 0 || copy === undefined ? had : [copy]
  const target = column(row.to)
  const folded = item.kind === 'fold'
  const sealed = row.seal !== ''
  const label = (text: string): string => (sealed ? `▒ ${text} ▒` : text)
  // A group that was dropped as a whole is drawn as its first row.
  const fate = folded && item.dropped < item.rows.length ? ({ kind: 'arrived' } as const) : row.fate
  const first = places[0] ?? target ?? 0
  const last = places[places.length - 1] ?? first
  const words = folded ? item.labels : row.more === '' ? [row.label] : [`${row.label}  ${row.more}`, row.label]
  const base = {
    both: folded && item.both,
    dropped: fate.kind === 'dropped' || fate.kind === 'unheard',
    reason: fate.kind === 'arrived' ? '' : reasonIn(row, column),
    other: undefined,
    labels: words.map(label),
    double: row.ppp,
    clear: clearIn(row, column),
    sealed,
    role: row.role,
  } as const
  const between = (from: number, to: number): number[] => places.filter(place => place !== from && place !== to)
  if (fate.kind === 'arrived' || fate.kind === 'seen') {
    const [a, b] = [first, last]
    const other = otherOf(row, a, b, column)
    return { ...base, from: a, to: b, by: between(a, b), share: undefined, other }
  }
  const stopped = fate.kind === 'dropped' && fate.between === undefined && column(fate.node) === last
  if (stopped && first !== last) {
    return { ...base, from: first, to: last, by: between(first, last), share: undefined, other: undefined }
  }
  const goal = target === undefined || target === last ? undefined : target
  if (goal === undefined) {
    return {
      ...base,
      from: first,
      to: last,
      by: between(first, last),
      share: undefined,
      other: otherOf(row, first, last, column),
    }
  }
  // What has died on the way did so before it came to the next machine that it was to pass.
  const rest = fate.kind === 'flying' ? flown(row, now, column) : 0.5
  const done = Math.abs(last - first) / Math.max(1, Math.abs(goal - first))
  return { ...base, from: first, to: goal, by: places.slice(1), share: done + rest * (1 - done), other: undefined }
}

/** Where a packet that goes through a tunnel is not in it. */
function clearIn(row: LadderRow, column: (name: string) => number | undefined): [number, number][] {
  if (!row.ppp) return []
  const clear: [number, number][] = []
  const shown = placesOf(row).filter(name => column(name) !== undefined)
  for (const [i, name] of shown.entries()) {
    const leg = row.legs.find(({ to }) => to === name)
    const [from, to] = [column(shown[i - 1] ?? ''), column(name)]
    if (leg && !leg.framed && from !== undefined && to !== undefined) clear.push([from, to])
  }
  return clear
}

/** Of a packet that died at a machine without a column also where. */
function reasonIn(row: LadderRow, column: (name: string) => number | undefined): string {
  const { fate } = row
  if (fate.kind === 'unheard') return fateWords(fate)
  if (fate.kind !== 'dropped') return ''
  return fate.between === undefined && column(fate.node) === undefined ? `${fate.reason} at ${fate.node}` : fate.reason
}

/** An end of the row that has no column. */
function otherOf(
  { from, to }: LadderRow,
  first: number,
  last: number,
  column: (name: string) => number | undefined,
): Arrow['other'] {
  if (column(to) === undefined && to !== from) return { name: to, way: 'to' }
  if (column(from) === undefined) return { name: from, way: 'from' }
  return first === last && to !== from ? { name: to, way: 'to' } : undefined
}

/**
 * How far it is from the last column that it has left to its goal. Each machine without a column takes half of what was
 * left of that way, since nobody knows how many there are.
 */
function flown({ legs, to }: LadderRow, now: number, column: (name: string) => number | undefined): number {
  const seen = legs.findLastIndex(({ from }) => column(from) !== undefined)
  const rest = legs.slice(Math.max(0, seen))
  const leg = rest.at(-1)
  if (!leg) return LEAST
  const { sent, arrives } = leg
  const onLine = arrives === undefined || arrives <= sent ? 0.5 : Math.min(1, (now - sent) / (arrives - sent))
  const left = 0.5 ** (rest.length - 1)
  return Math.max(LEAST, Math.min(1 - LEAST, 1 - left + onLine * (leg.to === to ? left : left / 2)))
}
/** So far from both ends, so that it is seen to be under way. */
const LEAST = 0.1

/** All that happened to it, for a tooltip. */
export const titleOf = (row: LadderRow): string => `${row.label}: ${row.from} to ${row.to}, ${fateWords(row.fate)}`
