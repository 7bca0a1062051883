/** What the story says of each event. Events are told in their order, each once. */
import { namesOf, networksOf, type Recorder, Story, type StoryLine, type TraceEvent } from '../src/index.ts'
import { follower } from './follow.ts'

export interface Told {
  readonly event: TraceEvent
  /** A line of the story; undefined when the event does not matter to it. */
  readonly short: StoryLine | undefined
  readonly long: StoryLine | undefined
}

/** Single packets, and what is asked for each of them: too many for a story, which knows nothing by them. */
const PACKETS: ReadonlySet<TraceEvent['event']> = new Set(['send', 'forward', 'deliver', 'nat'])

interface Tellers {
  readonly short: Story
  readonly long: Story
  lines: Told[]
}

const tellersOf = follower<Tellers>(
  ({ run }) => {
    const { lab } = run.simulation
    const [names, networks] = [namesOf(lab), networksOf(lab)]
    return {
      short: new Story({ verbose: false, names, networks }),
      long: new Story({ verbose: true, names, networks }),
      lines: [],
    }
  },
  ({ short, long, lines }, event) => {
    if (!PACKETS.has(event.event)) lines.push({ event, short: short.tell(event), long: long.tell(event) })
  },
)

/** All but those of single packets, as far as the recorder remembers them, oldest first. */
export function toldOf(recorder: Recorder): readonly Told[] {
  const tellers = tellersOf(recorder)
  const oldest = recorder.events[0]?.t ?? 0
  if (tellers.lines[0]?.event.t < oldest) tellers.lines = tellers.lines.filter(({ event }) => event.t >= oldest)
  return tellers.lines
}
