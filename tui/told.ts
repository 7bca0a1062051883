/** What the story says of each event. Events are told in their order, each once, and remembered with the event. */
import { formatIpv4, hostNames, type Recorder, type StoryLine, type TraceEvent, tell } from '../src/index.ts'

export interface Told {
  /** A line of the story; undefined when the event does not matter to it. */
  readonly short: StoryLine | undefined
  readonly long: StoryLine | undefined
}

interface Memory {
  readonly names: ReadonlyMap<string, string>
  readonly lines: WeakMap<TraceEvent, Told>
  last: TraceEvent | undefined
}
const memories = new WeakMap<Recorder, Memory>()

export function toldOf(recorder: Recorder): WeakMap<TraceEvent, Told> {
  const memory = memoryOf(recorder)
  const { events } = recorder
  const seen = memory.last === undefined ? -1 : events.lastIndexOf(memory.last)
  for (const event of events.slice(seen + 1)) {
    const { names } = memory
    const [short, long] = [tell(event, { verbose: false, names }), tell(event, { verbose: true, names })]
    memory.lines.set(event, { short, long })
    memory.last = event
  }
  return memory.lines
}

function memoryOf(recorder: Recorder): Memory {
  const known = memories.get(recorder)
  if (known) return known
  const names = new Map([...hostNames(recorder.run.simulation.lab)].map(([ip, name]) => [formatIpv4(ip), name]))
  const memory: Memory = { names, lines: new WeakMap(), last: undefined }
  memories.set(recorder, memory)
  return memory
}
