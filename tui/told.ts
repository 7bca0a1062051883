/** What the story says of each event. Events are told in their order, each once. */
import { namesOf, networksOf, type Recorder, Story, type StoryLine, type TraceEvent } from '../src/index.ts'
import { follower } from './follow.ts'

export interface Told {
  /** A line of the story; undefined when the event does not matter to it. */
  readonly short: StoryLine | undefined
  readonly long: StoryLine | undefined
}

/** Single packets, and what is asked for each of them: too many for a story, which knows nothing by them. */
const PACKETS: ReadonlySet<TraceEvent['event']> = new Set(['send', 'forward', 'deliver', 'nat'])

interface Rare {
  events: TraceEvent[]
}
const rareOf = follower<Rare>(
  () => ({ events: [] }),
  ({ events }, event) => {
    if (!PACKETS.has(event.event)) events.push(event)
  },
)

/** All events but those of single packets, as far as the recorder remembers them, oldest first. */
export function rareEvents(recorder: Recorder): readonly TraceEvent[] {
  const rare = rareOf(recorder)
  const oldest = recorder.events[0]?.t ?? 0
  if (rare.events[0]?.t < oldest) rare.events = rare.events.filter(({ t }) => t >= oldest)
  return rare.events
}

interface Tellers {
  readonly short: Story
  readonly long: Story
  readonly lines: WeakMap<TraceEvent, Told>
}

const tellersOf = follower<Tellers>(
  ({ run }) => {
    const { lab } = run.simulation
    const [names, networks] = [namesOf(lab), networksOf(lab)]
    return {
      short: new Story({ verbose: false, names, networks }),
      long: new Story({ verbose: true, names, networks }),
      lines: new WeakMap(),
    }
  },
  ({ short, long, lines }, event) => {
    if (!PACKETS.has(event.event)) lines.set(event, { short: short.tell(event), long: long.tell(event) })
  },
)

export const toldOf = (recorder: Recorder): WeakMap<TraceEvent, Told> => tellersOf(recorder).lines
