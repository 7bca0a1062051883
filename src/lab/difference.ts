/**
 * Two futures of one lab, held against each other: what happened in both, and what differs.
 *
 * Events are aligned by cause and not by clock. Those of one sort at one machine make a thread: the states of one state
 * machine, the messages of one protocol in one direction, the packets of one protocol that a box has discarded. Threads
 * are compared each by itself, in three steps:
 * 1. What says the same at the same time in both is the same. What the change does not touch is repeated to the
 *    nanosecond, so this is nearly all.
 * 2. Between two such events the longest common sequence of what says the same is the same too, though at other times.
 * 3. What is left between two of these stands side by side in its order, and differs; or stands alone.
 *
 * Not compared are times, the names of packets (a machine counts all that it makes), single packets that nothing
 * happened to, and the actions: these are the change itself, and no consequence of it.
 *
 * Limits: where more than `TABLE` pairs would have to be looked at in step 2, it is left out.
 */
import { EVENTS, type EventName, type TraceEvent } from '../base/trace.ts'

export interface DifferenceRow {
  /** Undefined: in this future there is none. */
  readonly a: TraceEvent | undefined
  readonly b: TraceEvent | undefined
  readonly same: boolean
}

export interface Difference {
  /** In the order of time; of what stands in both, that of `a`. */
  readonly rows: readonly DifferenceRow[]
  /** Indices of those that differ. */
  readonly differing: readonly number[]
  /** Which of them came first, in either future: index into `rows`. */
  readonly first: number | undefined
}

const COMPARED: ReadonlySet<EventName> = new Set([
  ...(['drop', 'state', 'pptp-message', 'ppp-message', 'radius-message', 'line-signal', 'tunnel-rule'] as const),
  ...(['pns-passed', 'radius-silent', 'interface', 'tunnel-end', 'dial-end', 'ping-reply', 'ping-failed'] as const),
  ...(['fetch-done', 'talk-done', 'echo-reply', 'served', 'nat-helper'] as const),
])
/** Does it matter whether such an event is the same in another future? */
export const isCompared = (event: EventName): boolean => COMPARED.has(event)

/** Of one machine and one sort: what can take the place of each other. */
function threadOf(event: TraceEvent): string {
  const { node } = event
  switch (event.event) {
    case 'state':
      return `${node} state ${event.machine}`
    case 'drop':
      return `${node} drop ${event.proto ?? ''}`
    case 'pptp-message':
      return `${node} pptp ${event.way} ${event.peer}`
    case 'ppp-message':
      return `${node} ${event.proto} ${event.way} ${event.iface}`
    default:
      return `${node} ${event.event}`
  }
}

/** Fields that tell of the clock, or count what else has happened. */
const NOT_SAID: ReadonlySet<string> = new Set(['packet', 'parent', 'entry', 'rtt', 'took'])
/** Their detail tells how long it took. */
const TIMED: ReadonlySet<EventName> = new Set(['fetch-done', 'talk-done', 'served'])

/** What the event says, apart from when. */
function saidBy(event: TraceEvent): string {
  const values = event as unknown as Readonly<Record<string, unknown>>
  const names: readonly string[] = EVENTS[event.event]
  let said: string = event.event
  for (const name of names) {
    if (NOT_SAID.has(name) || (name === 'detail' && TIMED.has(event.event))) continue
    said += `\0${values[name] ?? ''}`
  }
  return said
}

/** An event with what it says, and where it stood. */
interface Said {
  readonly event: TraceEvent
  readonly said: string
}
interface Thread {
  readonly a: Said[]
  readonly b: Said[]
}

/** Events, or cells of a table, between two pauses. */
const SLICE = 5000
/** Pairs that are looked at for one gap. */
const TABLE = 250_000

/**
 * Both in the order of time. It pauses (`yield`) often enough for keys to be heard in between; only the last step returns
 * something.
 */
export function* difference(a: readonly TraceEvent[], b: readonly TraceEvent[]): Generator<undefined, Difference> {
  const threads = new Map<string, Thread>()
  for (const [side, events] of [a, b].entries()) {
    for (let i = 0; i < events.length; i++) {
      const event = events[i]
      if (!COMPARED.has(event.event)) continue
      const key = threadOf(event)
      let thread = threads.get(key)
      if (!thread) {
        thread = { a: [], b: [] }
        threads.set(key, thread)
      }
      const said = { event, said: saidBy(event) }
      if (side === 0) thread.a.push(said)
      else thread.b.push(said)
      if (i % SLICE === SLICE - 1) yield
    }
  }
  const rows: DifferenceRow[] = []
  for (const { a, b } of threads.values()) {
    let [fromA, fromB] = [0, 0]
    for (const [i, j] of [...twins(a, b), [a.length, b.length]]) {
      yield* gap(a.slice(fromA, i), b.slice(fromB, j), rows)
      if (i < a.length) rows.push({ a: a[i].event, b: b[j].event, same: true })
      fromA = i + 1
      fromB = j + 1
      if (rows.length % SLICE === 0) yield
    }
    yield
  }
  rows.sort((one, other) => whenOf(one) - whenOf(other))
  const differing = rows.flatMap(({ same }, i) => (same ? [] : [i]))
  const [first] = [...differing].sort((i, j) => earliest(rows[i]) - earliest(rows[j]))
  return { rows, differing, first }
}

const whenOf = ({ a, b }: DifferenceRow): number => a?.t ?? b?.t ?? 0
export const earliest = ({ a, b }: DifferenceRow): number =>
  Math.min(a?.t ?? Number.MAX_SAFE_INTEGER, b?.t ?? Number.MAX_SAFE_INTEGER)

/** Step 1: indices of what is said at the same time in both. */
function twins(a: readonly Said[], b: readonly Said[]): [number, number][] {
  const found: [number, number][] = []
  let j = 0
  for (let i = 0; i < a.length; i++) {
    const { t } = a[i].event
    while (j < b.length && b[j].event.t < t) j++
    for (let k = j; k < b.length && b[k].event.t === t; k++) {
      if (b[k].said !== a[i].said) continue
      found.push([i, k])
      j = k + 1
      break
    }
  }
  return found
}

/** Steps 2 and 3, for what stands between two twins. */
function* gap(a: readonly Said[], b: readonly Said[], rows: DifferenceRow[]): Generator<undefined, void> {
  let [fromA, fromB] = [0, 0]
  const common = a.length * b.length > TABLE ? [] : yield* longestCommon(a, b)
  for (const [i, j] of [...common, [a.length, b.length]]) {
    for (let k = 0; k < Math.max(i - fromA, j - fromB); k++) {
      const one = fromA + k < i ? a[fromA + k].event : undefined
      const other = fromB + k < j ? b[fromB + k].event : undefined
      rows.push({ a: one, b: other, same: false })
    }
    if (i < a.length) rows.push({ a: a[i].event, b: b[j].event, same: true })
    fromA = i + 1
    fromB = j + 1
  }
}

/** The longest sequence of pairs that say the same, by the usual table: `best[i][j]` is its length behind i and j. */
function* longestCommon(a: readonly Said[], b: readonly Said[]): Generator<undefined, [number, number][]> {
  if (a.length === 0 || b.length === 0) return []
  const width = b.length + 1
  const best = new Uint32Array((a.length + 1) * width)
  let done = 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j
      best[at] = a[i].said === b[j].said ? best[at + width + 1] + 1 : Math.max(best[at + width], best[at + 1])
    }
    done += b.length
    if (done >= SLICE) {
      done = 0
      yield
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i].said === b[j].said) pairs.push([i++, j++])
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++
    else j++
  }
  return pairs
}
