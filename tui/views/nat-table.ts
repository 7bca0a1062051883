/** The connections of a NAT box or firewall as rows: each column as wide as what stands in it. */
import type { Box, BoxConnection, Loss } from '../../src/index.ts'
import type { Model } from '../model.ts'
import { type Line, left, right, span } from '../text.ts'

/** A connection, or what found no place among them. */
export type TableRow = { readonly connection: BoxConnection } | { readonly refused: Loss }

const PROTO = 6
const STATE = 11
const LEFT = 7
/** Between two columns, where there is room. */
const GAP = 4

/** Cells of what stands for the two ends and for the outside. */
interface Widths {
  readonly inside: number
  readonly remote: number
  readonly outside: number
  /** There is room for `203.0.113.5 call 128`, not only for `203.0.113.5 (128)`. */
  readonly isLong: boolean
}

/** Each column is as wide as its texts; where there is no room for all, call IDs stand in brackets. */
function widthsOf(box: Box | undefined, columns: number): Widths {
  const room = columns - 5 - PROTO - STATE - LEFT
  const long = widthsIf(true, box)
  const widths = long.inside + long.remote + long.outside <= room ? long : widthsIf(false, box)
  const free = Math.floor((room - widths.inside - widths.remote - widths.outside) / 3)
  const spare = Math.max(0, Math.min(GAP, free))
  return {
    ...widths,
    inside: Math.min(widths.inside + spare, room - 18),
    remote: Math.min(widths.remote + spare, room - 18),
    outside: widths.outside + spare,
  }
}

function widthsIf(isLong: boolean, box: Box | undefined): Widths {
  const connections = box?.connections ?? []
  const widest = (least: number, texts: readonly string[]): number =>
    1 + Math.max(least, ...texts.map(text => endText(text, isLong).length))
  return {
    // What was refused has no entry: its addresses have no ports.
    inside: widest(
      15,
      connections.map(({ inside }) => inside),
    ),
    remote: widest(
      11,
      connections.map(({ remote }) => remote),
    ),
    outside: widest(
      7,
      connections.map(each => hiddenOf(each, box)),
    ),
    isLong,
  }
}

/** `203.0.113.5 call 128`, or `203.0.113.5 (128)` */
const endText = (end: string, isLong: boolean): string => (isLong ? end : end.replace(/(^| )call (\d+)$/, '$1($2)'))

/** What the outside has besides the address that stands above the table. */
const hiddenOf = ({ inside, outside }: BoxConnection, box: Box | undefined): string =>
  outside === inside ? '' : outside.replace(outsideOf(box), '').trim()

export function connectionHead(box: Box | undefined, columns: number): Line {
  const { inside, remote, outside } = widthsOf(box, columns)
  const titles = `${left('proto', PROTO)}${left('inside', inside)}${left('remote', remote)}${left('outside', outside)}`
  return [span(`   # ${titles}${left('state', STATE)}${right('left', LEFT)}`, 'muted')]
}

export function tableCells(model: Model, each: TableRow, box: Box | undefined, columns: number): Line {
  if ('refused' in each) return refusedCells(model, each.refused, box, columns)
  const { inside, remote, outside, isLong } = widthsOf(box, columns)
  const { no, proto, state, left: ns, ...ends } = each.connection
  const cell = (text: string, width: number): string => left(endText(text, isLong), width)
  return [
    span(`${right(String(no), 3)} ${left(proto, PROTO)}${cell(ends.inside, inside)}${cell(ends.remote, remote)}`),
    span(cell(hiddenOf(each.connection, box), outside)),
    span(left(state, STATE), state === 'unanswered' || state.startsWith('syn') ? 'warn' : 'ok'),
    span(right(lifeText(ns), LEFT)),
  ]
}

/** The address behind which most is hidden: it stands above the table once, and in it only what follows it. */
export function outsideOf(box: Box | undefined): string {
  const counts = new Map<string, number>()
  for (const { inside, outside } of box?.connections ?? []) {
    const [address] = outside.split(/[: ]/)
    if (outside !== inside) counts.set(address, (counts.get(address) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? ''
}

/** Its addresses: when it was refused it had been translated already. */
export function asItCame(
  { recorder }: Model,
  { packet = '', src = '', dst = '' }: Loss['last'],
): readonly [string, string] {
  const facts = recorder.packet(packet)?.facts
  return [facts?.src ?? src, facts?.dst ?? dst]
}

/** `  × gre  192.168.1.11  203.0.113.5  taken by #2, refused 10` */
function refusedCells(model: Model, { last, entry, count }: Loss, box: Box | undefined, columns: number): Line {
  const widths = widthsOf(box, columns)
  const holder = box?.connections.find(connection => connection.entry === entry)
  const why = holder ? `taken by #${holder.no}` : last.reason
  const [from, to] = asItCame(model, last)
  return [
    span(`  × ${left(last.proto ?? '', PROTO)}`, 'bad'),
    span(`${left(from, widths.inside)}${left(to, widths.remote)}`),
    span(`${why}, refused ${count}`, 'bad'),
  ]
}

/** `599 s`, `98 min`, `5 d` */
export function lifeText(ns: number): string {
  const s = Math.floor(ns / 1e9)
  if (s < 1000) return `${s} s`
  if (s < 100 * 60) return `${Math.floor(s / 60)} min`
  return s < 100 * 3600 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`
}
