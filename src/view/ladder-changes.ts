/**
 * What a packet has brought about at the machine that it was for. Of several that come at one instant each has brought about
 * what the trace tells behind its delivery, up to the next one's.
 */
import type { TraceEvent } from '../base/trace.ts'
import type { LadderRow } from './ladder.ts'

export function changesIn(events: readonly TraceEvent[], { to, fate, journeys }: LadderRow): string[] {
  if (fate.kind !== 'arrived') return []
  const there = eventsAt(events, fate.t).filter(({ node }) => node === to)
  const ids = new Set(journeys.flatMap(({ packets }) => packets.map(({ id }) => id)))
  // The trace tells of no delivery of what comes over a telephone line.
  const isTold = there.some(event => event.event === 'deliver' && ids.has(event.packet))
  const changes: string[] = []
  let isOurs = !isTold
  for (const event of there) {
    if (event.event === 'deliver' && isTold) isOurs = ids.has(event.packet)
    else if (event.event === 'state' && isOurs) changes.push(stateWords(event))
  }
  return changes
}

/** Those of an instant stand together. */
function eventsAt(events: readonly TraceEvent[], t: number): readonly TraceEvent[] {
  let end = events.length
  for (let low = 0; low < end; ) {
    const middle = (low + end) >> 1
    if (events[middle].t > t) end = middle
    else low = middle + 1
  }
  let start = end
  while (start > 0 && events[start - 1].t === t) start--
  return events.slice(start, end)
}

/** `LCP Ack-Sent → Opened` */
function stateWords({ machine, from, to }: Extract<TraceEvent, { event: 'state' }>): string {
  const name = machine.startsWith('tcp[') ? 'tcp' : (machine.split('.').at(-1) ?? machine)
  const state = (word: string): string =>
    word.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())
  return `${SHORT_NAMES.has(name) ? name.toUpperCase() : name} ${state(from)} → ${state(to)}`
}
const SHORT_NAMES: ReadonlySet<string> = new Set(['lcp', 'ccp', 'ipcp', 'tcp', 'pap', 'chap'])
