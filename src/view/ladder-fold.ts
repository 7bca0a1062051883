/**
 * Which rows of a ladder are drawn, and as what: packets of one exchange as one line, and a stretch in which nothing was
 * sent as another. What was dropped stands alone, except of a burst of data: that says how many.
 */
import type { SimTime } from '../base/time.ts'
import {
  endOf,
  LADDER_LAYERS,
  LAYER_GROUPS,
  type Ladder,
  type LadderLayer,
  type LadderRow,
  placesOf,
} from './ladder.ts'

export type LadderItem =
  | { readonly kind: 'row'; readonly t: SimTime; readonly row: LadderRow; readonly opened: boolean }
  | LadderFold
  | { readonly kind: 'quiet'; readonly t: SimTime; readonly length: SimTime }

export interface LadderFold {
  readonly kind: 'fold'
  readonly t: SimTime
  /** Two at least, in order of time. */
  readonly rows: readonly LadderRow[]
  /** The longest first. */
  readonly labels: readonly string[]
  /** Both ends have sent. */
  readonly both: boolean
  /** They are not between the same two machines: ARP of all, which says the same everywhere. */
  readonly many: boolean
  readonly dropped: number
}

export interface LadderChoice {
  /** Names; a row is drawn if one of them had it. Undefined: all. */
  readonly nodes?: ReadonlySet<string> | undefined
  readonly layers?: ReadonlySet<LadderLayer> | undefined
  readonly call?: number | undefined
  readonly from?: SimTime | undefined
  readonly to?: SimTime | undefined
  /** Words that must all stand in the row. */
  readonly words?: readonly string[] | undefined
}

/** After so long without a packet a group is over, and a line says that it is quiet. */
const QUIET = 1e9

export function chosenRows({ rows }: Ladder, choice: LadderChoice): LadderRow[] {
  const { nodes, layers, call, from = 0, to = Number.POSITIVE_INFINITY, words = [] } = choice
  return rows.filter(
    row =>
      row.t >= from &&
      row.t <= to &&
      (layers === undefined || layers.has(row.meaning.layer)) &&
      (call === undefined || row.calls.includes(call)) &&
      (nodes === undefined || [...placesOf(row), row.to, ...row.copies].some(place => nodes.has(place))) &&
      (words.length === 0 || words.every(word => hay(row).includes(word))),
  )
}

function hay({ no, from, to, via, label, more, seal, meaning, fate }: LadderRow): string {
  const dropped = fate.kind === 'dropped' ? `drop ${fate.reason} at ${fate.node}` : fate.kind
  return `no ${no} from ${from} to ${to} by ${via.join(' ')} ${label} ${more} ${seal} ${meaning.layer} ${dropped}`.toLowerCase()
}

/** The layers that words name: `control,ppp`; undefined for a word that is none. */
export function layersNamed(word: string): readonly LadderLayer[] | undefined {
  const { [word]: group } = LAYER_GROUPS
  return group ?? (isLayer(word) ? [word] : undefined)
}
const isLayer = (word: string): word is LadderLayer => (LADDER_LAYERS as readonly string[]).includes(word)

interface Group {
  readonly rows: LadderRow[]
  readonly phase: string
}

/** `opened`: says of a group, by its first row, whether its rows are drawn one by one. */
export function foldRows(rows: readonly LadderRow[], opened: (first: LadderRow) => boolean): LadderItem[] {
  const groups = groupsOf(rows)
  const items: LadderItem[] = []
  for (const { rows } of groups) {
    const open = rows.length < 2 || opened(rows[0])
    if (!open) items.push(foldOf(rows))
    else
      for (const [i, row] of rows.entries())
        items.push({ kind: 'row', t: row.t, row, opened: rows.length > 1 && i === 0 })
  }
  return withQuiet(items.sort((a, b) => a.t - b.t || numberOf(a) - numberOf(b)))
}

/** Number of its first row. */
export const numberOf = (item: LadderItem): number =>
  item.kind === 'row' ? item.row.no : item.kind === 'fold' ? item.rows[0].no : 0

/** Those that are one exchange, in order of their beginning. */
function groupsOf(rows: readonly LadderRow[]): Group[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const row of rows) {
    const { phase, channel, bare } = row.meaning
    // An acknowledgment of GRE belongs to the PPP between the same two, if that is between the same two.
    const pair = channel === 'arp' ? '' : [row.from, row.to].sort().join(' ')
    const key = `${pair} ${channel === 'gre' ? 'ppp' : channel}`
    const group = open.get(key)
    const last = group?.rows.at(-1)
    const goesOn = last !== undefined && row.t - last.t <= QUIET && (bare || phase === group?.phase)
    const alone = phase === '' || (row.fate.kind === 'dropped' && phase !== 'data')
    if (goesOn && group && !alone) {
      group.rows.push(row)
      continue
    }
    const made: Group = { rows: [row], phase }
    groups.push(made)
    if (alone) open.delete(key)
    else open.set(key, made)
  }
  return groups
}

function foldOf(rows: readonly LadderRow[]): LadderFold {
  const [first] = rows
  return {
    kind: 'fold',
    t: first.t,
    rows,
    labels: labelsOf(rows),
    both: first.meaning.phase !== 'TCP open' && rows.some(({ from }) => from !== first.from),
    many: rows.some(({ from, to }) => ![from, to].every(name => name === first.from || name === first.to)),
    dropped: rows.filter(({ fate }) => fate.kind === 'dropped').length,
  }
}

/** `SCCRQ, SCCRP, 2 packets`; `echo, 6 packets, 840 octets, 1 dropped`; and shorter `SCCRQ, SCCRP (2)`. */
function labelsOf(rows: readonly LadderRow[]): string[] {
  const [{ meaning }] = rows
  const said = rows.filter(({ meaning }) => !meaning.bare)
  const parts = new Set((said.length > 0 ? said : rows).map(({ meaning }) => meaning.part))
  const data = meaning.phase === 'data'
  const named = data || parts.size > MOST_PARTS ? meaning.part : [...parts].join(', ')
  const octets = data ? [`${grouped(rows.reduce((sum, row) => sum + row.octets, 0))} octets`] : []
  const dropped = rows.filter(({ fate }) => fate.kind === 'dropped').length
  const lost = dropped === 0 ? [] : [`${dropped} dropped`]
  const counts = [`${rows.length} packets`, ...lost].join(', ')
  return [
    [named, `${rows.length} packets`, ...octets, ...lost].join(', '),
    `${named}, ${counts}`,
    `${named} (${[rows.length, ...lost].join(', ')})`,
    `${meaning.part}${parts.size > 1 ? ', …' : ''} (${[rows.length, ...lost].join(', ')})`,
  ]
}
const MOST_PARTS = 4

/** `12 345` */
const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ' ')

function withQuiet(items: readonly LadderItem[]): LadderItem[] {
  const out: LadderItem[] = []
  let end: SimTime | undefined
  for (const item of items) {
    if (end !== undefined && item.t - end > QUIET) out.push({ kind: 'quiet', t: end, length: item.t - end })
    out.push(item)
    for (const row of rowsOf(item)) end = Math.max(end ?? 0, row.t, endOf(row))
  }
  return out
}

/** The rows that an item stands for. */
export function rowsOf(item: LadderItem): readonly LadderRow[] {
  if (item.kind === 'fold') return item.rows
  return item.kind === 'row' ? [item.row] : []
}
