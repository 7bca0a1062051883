/**
 * What brought a row about. First what its own words say: an answer names its request, an acknowledgment acknowledges what
 * came last. Otherwise what had come to its machine at that very instant, first of its own channel: nothing takes time
 * inside of a machine here. Else an action of the lab at that instant. What has none of them came from a timer.
 *
 * Limits: of a capture only the words are known.
 */
import type { TraceEvent } from '../base/trace.ts'
import { endOf, type LadderRow } from './ladder.ts'
import type { Meaning } from './ladder-meaning.ts'

/** Among so many rows before it an acknowledgment looks for what it acknowledges. */
const LOOKED_BACK = 60

/** Fills in the cause of every row; the rows are in order of time. */
export function findCauses(rows: readonly LadderRow[], events: readonly TraceEvent[]): void {
  /** Who asked whom for what, last; what came to a machine at an instant. */
  const asked = new Map<string, LadderRow>()
  const came = new Map<string, LadderRow[]>()
  const actions = new Map<string, string>()
  for (const event of events) if (event.event === 'action') actions.set(`${event.node} ${event.t}`, event.detail)
  for (const row of rows) {
    if (row.fate.kind !== 'arrived' && row.fate.kind !== 'dropped') continue
    const key = `${row.fate.kind === 'arrived' ? row.to : row.fate.node} ${row.fate.t}`
    const there = came.get(key)
    if (there) there.push(row)
    else came.set(key, [row])
  }
  for (const [i, row] of rows.entries()) {
    const { from, to, meaning, t } = row
    const by =
      meaning.answers === undefined ? undefined : asked.get(`${to} ${from} ${meaning.channel} ${meaning.answers}`)
    const here = (came.get(`${from} ${t}`) ?? []).filter(({ no }) => no < row.no)
    const named = by && isOver(by, t) ? by : here.findLast(row => asksFor(row.meaning, meaning))
    const request = named ?? (meaning.bare ? acknowledged(rows, i) : undefined)
    if (meaning.asks !== undefined) asked.set(`${from} ${to} ${meaning.channel} ${meaning.asks}`, row)
    const arrival = request ?? here.findLast(row => row.meaning.channel === meaning.channel) ?? here.at(-1)
    const action = actions.get(`${from} ${t}`)
    if (arrival) row.cause = { kind: 'row', no: arrival.no, how: request ? 'request' : 'arrival' }
    else if (action !== undefined) row.cause = { kind: 'action', text: action }
  }
}

/** Behind a NAT box the one who asked has another name than the one who is answered. */
const asksFor = (there: Meaning, { channel, answers }: Meaning): boolean =>
  answers !== undefined && there.asks === answers && there.channel === channel

const isOver = (row: LadderRow, t: number): boolean => row.fate.kind !== 'flying' && endOf(row) <= t

/** What came last from there to the machine that acknowledges. */
function acknowledged(rows: readonly LadderRow[], at: number): LadderRow | undefined {
  const { from, to, meaning, t } = rows[at]
  const comes = (row: LadderRow): boolean => {
    const ours = meaning.channel === 'gre' ? row.ppp : row.meaning.channel === meaning.channel
    if (row.meaning.bare || !ours) return false
    if (row.fate.kind === 'seen') return row.from === to && row.to === from
    const there = row.from === to || row.via.includes(to)
    return there && row.legs.some(leg => leg.to === from && leg.arrives !== undefined && leg.arrives <= t)
  }
  for (let i = at - 1; i >= Math.max(0, at - LOOKED_BACK); i--) if (comes(rows[i])) return rows[i]
  return undefined
}
