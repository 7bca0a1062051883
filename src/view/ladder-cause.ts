/**
 * What brought a row about. First what its own words say: an answer names its request, an acknowledgment acknowledges what
 * came last. Otherwise what had come to its machine at that very instant, first of its own channel: nothing takes time
 * inside of a machine here. Else an action of the lab at that instant. What has none of them came from a timer.
 *
 * Limits: of a capture only the words are known.
 */
import type { TraceEvent } from '../base/trace.ts'
import type { LadderRow } from './ladder.ts'
import type { Meaning } from './ladder-meaning.ts'

/** Among so many rows before it an acknowledgment looks for what it acknowledges. */
const LOOKED_BACK = 60

/** Fills in the cause of every row; the rows are in order of time. */
export function findCauses(rows: readonly LadderRow[], events: readonly TraceEvent[]): void {
  /** Who asked whom for what, last; whose question has had its answer. */
  const asked = new Map<string, LadderRow>()
  const answered = new Set<LadderRow>()
  const came = arrivalsIn(rows)
  const actionOf = actionsIn(events)
  for (const [i, row] of rows.entries()) {
    const { from, to, meaning, t } = row
    const here = (came.get(`${from} ${t}`) ?? []).filter(({ no }) => no < row.no)
    const asking = here.filter(there => asksFor(there.meaning, meaning))
    const by =
      meaning.answers === undefined ? undefined : asked.get(`${to} ${from} ${meaning.channel} ${meaning.answers}`)
    // A second answer to the same question was sent by a timer, unless the question has come a second time.
    const open = by && !answered.has(by) && hasCome(by, from, t) ? by : undefined
    const named = asking.findLast(there => there.from === to) ?? open ?? asking.at(-1)
    if (named && named.fate.kind !== 'seen') answered.add(named)
    const request = named ?? (meaning.bare ? acknowledged(rows, i) : undefined)
    if (meaning.asks !== undefined) asked.set(`${from} ${to} ${meaning.channel} ${meaning.asks}`, row)
    const arrival =
      request ??
      here.findLast(({ meaning: { channel, bare } }) => channel === meaning.channel && !bare) ??
      here.findLast(there => there.meaning.channel === meaning.channel) ??
      here.findLast(there => !there.meaning.bare) ??
      here.at(-1)
    const action = arrival ? undefined : actionOf(row)
    if (arrival) row.cause = { kind: 'row', no: arrival.no, how: request ? 'request' : 'arrival' }
    else if (action !== undefined) row.cause = { kind: 'action', text: action }
  }
}

/** What came to a machine at an instant, each time that it did. What a machine discards of its own has not come to it. */
function arrivalsIn(rows: readonly LadderRow[]): Map<string, LadderRow[]> {
  const came = new Map<string, LadderRow[]>()
  for (const row of rows) {
    const { fate, from, to, legs } = row
    const isDropped = fate.kind === 'dropped' && fate.between === undefined && fate.node !== from
    if (fate.kind !== 'arrived' && !isDropped) continue
    const place = isDropped ? fate.node : to
    // Twice, where a line delivers twice.
    const times = new Set([fate.t])
    if (!isDropped) for (const leg of legs) if (leg.to === to && leg.arrives !== undefined) times.add(leg.arrives)
    for (const t of times) {
      const there = came.get(`${place} ${t}`)
      if (there) there.push(row)
      else came.set(`${place} ${t}`, [row])
    }
  }
  return came
}

/**
 * The action of a machine at the instant of a row: of several the last before the machine sent this packet, since the trace
 * tells of an action and of what it does in turn. What it tells nothing of (ARP) comes from the first.
 */
function actionsIn(events: readonly TraceEvent[]): (row: LadderRow) => string | undefined {
  const first = new Map<string, string>()
  const latest = new Map<string, string>()
  const bySent = new Map<string, string>()
  for (const event of events) {
    const at = `${event.node} ${event.t}`
    if (event.event === 'action') {
      if (!first.has(at)) first.set(at, event.detail)
      latest.set(at, event.detail)
      continue
    }
    const text = latest.get(at)
    if (text === undefined) continue
    if (event.event === 'send') bySent.set(event.packet, text)
    else if (event.event === 'line-signal') bySent.set(`${at} ${event.type}`, text)
  }
  return ({ from, t, journeys, meaning }) => {
    const at = `${from} ${t}`
    return bySent.get(journeys[0]?.packets[0].id ?? `${at} ${meaning.part}`) ?? first.get(at)
  }
}

/** Behind a NAT box the one who asked has another name than the one who is answered. */
const asksFor = (there: Meaning, { channel, answers }: Meaning): boolean =>
  answers !== undefined && there.asks === answers && there.channel === channel

/** Has it come to this machine by then? What was lost on its way asks nobody. */
function hasCome(row: LadderRow, node: string, t: number): boolean {
  const { fate, legs } = row
  if (fate.kind === 'seen') return true
  return legs.some(({ to, arrives }) => to === node && arrives !== undefined && arrives <= t)
}

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
