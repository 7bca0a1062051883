/** The log of a run: each event is told once, in its order, and the latest lines are remembered. */
import { type LogLine, PeerLog, type Recorder } from '../src/index.ts'
import { follower } from './follow.ts'

interface Memory {
  readonly log: PeerLog
  lines: LogLine[]
}
/** Lines that are remembered. */
const MOST = 20_000

const memoryOf = follower<Memory>(
  ({ run }) => ({ log: new PeerLog(run.simulation.lab), lines: [] }),
  (memory, event) => {
    memory.lines.push(...memory.log.tell(event))
    if (memory.lines.length > MOST * 1.25) memory.lines = memory.lines.slice(-MOST)
  },
)

/** From the first look on, and of the events that are remembered then. */
export const logOf = (recorder: Recorder): readonly LogLine[] => memoryOf(recorder).lines
