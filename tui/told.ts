/** What the story says of each event. Events are told in their order, each once, and remembered with the event. */
import { namesOf, networksOf, type Recorder, Story, type StoryLine, type TraceEvent } from '../src/index.ts'

export interface Told {
  /** A line of the story; undefined when the event does not matter to it. */
  readonly short: StoryLine | undefined
  readonly long: StoryLine | undefined
}

interface Memory {
  readonly short: Story
  readonly long: Story
  readonly lines: WeakMap<TraceEvent, Told>
  last: TraceEvent | undefined
}
const memories = new WeakMap<Recorder, Memory>()

export function toldOf(recorder: Recorder): WeakMap<TraceEvent, Told> {
  const memory = memoryOf(recorder)
  const { events } = recorder
  const seen = memory.last === undefined ? -1 : events.lastIndexOf(memory.last)
  for (const event of events.slice(seen + 1)) {
    memory.lines.set(event, { short: memory.short.tell(event), long: memory.long.tell(event) })
    memory.last = event
  }
  return memory.lines
}

function memoryOf(recorder: Recorder): Memory {
  const known = memories.get(recorder)
  if (known) return known
  const { lab } = recorder.run.simulation
  const [names, networks] = [namesOf(lab), networksOf(lab)]
  const memory: Memory = {
    short: new Story({ verbose: false, names, networks }),
    long: new Story({ verbose: true, names, networks }),
    lines: new WeakMap(),
    last: undefined,
  }
  memories.set(recorder, memory)
  return memory
}
