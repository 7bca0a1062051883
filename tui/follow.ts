/** What grows with the events of a run, each of which is told once. */
import type { Recorder, TraceEvent } from '../src/index.ts'

interface Memory<T> {
  readonly value: T
  /** Events that have been told or had been forgotten before. */
  told: number
}

/** Follows a recorder from the first time it is asked for, and what is remembered then. */
export function follower<T>(
  make: (recorder: Recorder) => T,
  tell: (value: T, event: TraceEvent) => void,
): (recorder: Recorder) => T {
  const memories = new WeakMap<Recorder, Memory<T>>()
  return recorder => {
    let memory = memories.get(recorder)
    if (!memory) memories.set(recorder, (memory = { value: make(recorder), told: 0 }))
    const { events, eventCount } = recorder
    for (let i = Math.max(0, events.length - (eventCount - memory.told)); i < events.length; i++) {
      tell(memory.value, events[i])
    }
    memory.told = eventCount
    return memory.value
  }
}
