/**
 * Lines of a story that differ in their numbers only and come in a burst: the first few are told, the others are counted,
 * and when the burst is over one line says how many there were.
 */
import { formatTime } from '../base/time.ts'
import type { StoryLine } from './story.ts'

/** Lines of a burst that are told. */
const TOLD = 5
/** A burst is over when its next line is not there after so many nanoseconds. */
const GAP = 500e6

interface Burst {
  count: number
  last: StoryLine
}

export class Fold {
  readonly #bursts = new Map<string, Burst>()

  /** What is to be told now: of bursts that are over, and the line itself unless its burst is long. */
  add(line: StoryLine): StoryLine[] {
    const told = this.#over(line.t)
    const key = `${line.node} ${line.text.replace(/\d+/g, '')}`
    const burst = this.#bursts.get(key) ?? { count: 0, last: line }
    this.#bursts.set(key, { count: burst.count + 1, last: line })
    if (burst.count < TOLD) told.push(line)
    return told
  }

  /** At the end of the run: what has been counted and not told. */
  end(t: number): StoryLine[] {
    return this.#over(t + GAP + 1)
  }

  #over(t: number): StoryLine[] {
    const told: StoryLine[] = []
    for (const [key, { count, last }] of this.#bursts) {
      if (t - last.t <= GAP) continue
      this.#bursts.delete(key)
      const more = count - TOLD
      if (more > 0) told.push(summary(last, more, t))
    }
    return told.sort((a, b) => a.t - b.t)
  }
}

/** Its time is that of its telling, so that the times of a story never go back. */
function summary(last: StoryLine, more: number, t: number): StoryLine {
  const [what] = last.text.split(/[:(]/)
  const text = `… ${more} more like this until ${formatTime(last.t)} s: ${what.trim()}`
  return { ...last, t: Math.min(t, last.t + GAP), text, tone: 'faint' }
}
