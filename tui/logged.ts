/** The log of a run: each event is told once, in its order, and the latest lines are remembered. */
import { type LogLine, PeerLog, type Recorder, type TraceEvent } from '../src/index.ts'

interface Memory {
  readonly log: PeerLog
  lines: LogLine[]
  last: TraceEvent | undefined
}
const memories = new WeakMap<Recorder, Memory>()
/** Lines that are remembered. */
const MOST = 20_000

/** From the first look on, and of the events that are remembered then. */
export function logOf(recorder: Recorder): readonly LogLine[] {
  const memory = memories.get(recorder) ?? {
    log: new PeerLog(recorder.run.simulation.lab),
    lines: [],
    last: undefined,
  }
  memories.set(recorder, memory)
  const { events } = recorder
  const seen = memory.last === undefined ? -1 : events.lastIndexOf(memory.last)
  for (let i = seen + 1; i < events.length; i++) memory.lines.push(...memory.log.tell(events[i]))
  memory.last = events.at(-1)
  if (memory.lines.length > MOST * 1.25) memory.lines = memory.lines.slice(-MOST)
  return memory.lines
}
