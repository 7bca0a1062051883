/** Ladders of shipped labs, as text: what test/golden/ladder must say. */
import { chosenRows, foldRows, type Ladder, ladderText, RunLadder, sceneOf } from '../../src/index.ts'
import { recorded } from './scene.ts'

/** Everything is kept: a ladder that begins in the middle would lie. */
const LIMITS = { events: 1_000_000, journeys: 200_000 }

export function ladderOf(lab: string, seconds: number): Ladder {
  const recorder = recorded(lab, seconds, [], LIMITS)
  return new RunLadder(recorder).ladder(sceneOf(recorder).tunnels)
}

/** With everything folded, and one by one. */
export function ladderTexts(lab: string, seconds: number, width = 80): string {
  const ladder = ladderOf(lab, seconds)
  const rows = chosenRows(ladder, {})
  return [false, true]
    .map(open =>
      ladderText(
        ladder,
        foldRows(rows, () => open),
        { width },
      ),
    )
    .join('\n')
}

export const GOLDEN_LADDERS: readonly (readonly [lab: string, seconds: number])[] = [
  ['voluntary', 4.1],
  ['compulsory', 5.3],
  ['nat-no-helper', 7],
  ['wrong-password', 60],
  ['gre-reorder', 0.3],
]
