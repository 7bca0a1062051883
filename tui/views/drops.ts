/** What was discarded, by machine and reason, from the events that are remembered. */
import type { DropEvent, Recorder, TraceEvent } from '../../src/index.ts'

export interface Loss {
  readonly node: string
  readonly reason: DropEvent['reason']
  readonly rule: string | undefined
  readonly entry: string | undefined
  count: number
  last: DropEvent
}

interface Memory {
  /** The last event that has been counted. */
  event: TraceEvent | undefined
  readonly losses: Map<string, Loss>
}
const memories = new WeakMap<Recorder, Memory>()

/** In the order in which each was met first. Counted from the first look on, though the events are forgotten. */
export function lossesOf(recorder: Recorder): readonly Loss[] {
  const memory = memories.get(recorder) ?? { event: undefined, losses: new Map<string, Loss>() }
  memories.set(recorder, memory)
  const { events } = recorder
  const seen = memory.event === undefined ? -1 : events.lastIndexOf(memory.event)
  for (let i = seen + 1; i < events.length; i++) {
    const event = events[i]
    if (event.event === 'drop') count(memory.losses, event)
  }
  memory.event = events.at(-1)
  return [...memory.losses.values()]
}

function count(losses: Map<string, Loss>, event: DropEvent): void {
  const { node, reason, rule, entry } = event
  const key = [node, reason, rule, entry].join('|')
  const known = losses.get(key)
  if (known) {
    known.count++
    known.last = event
  } else losses.set(key, { node, reason, rule, entry, count: 1, last: event })
}
