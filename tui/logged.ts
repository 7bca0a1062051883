/** The log of a run: each event is told once, in its order, and the latest lines are remembered. */
import { type LogLine, PeerLog, type Recorder } from '../src/index.ts'

interface Memory {
  readonly log: PeerLog
  lines: LogLine[]
  /** How many events have been told. */
  told: number
}
const memories = new WeakMap<Recorder, Memory>()
/** Lines that are remembered. */
const MOST = 20_000

/** From the first look on, and of the events that are remembered then. */
export function logOf(recorder: Recorder): readonly LogLine[] {
  const memory = memories.get(recorder) ?? {
    log: new PeerLog(recorder.run.simulation.lab),
    lines: [],
    told: 0,
  }
  memories.set(recorder, memory)
  const { events, eventCount } = recorder
  const first = Math.max(0, events.length - (eventCount - memory.told))
  for (let i = first; i < events.length; i++) memory.lines.push(...memory.log.tell(events[i]))
  memory.told = eventCount
  if (memory.lines.length > MOST * 1.25) memory.lines = memory.lines.slice(-MOST)
  return memory.lines
}
