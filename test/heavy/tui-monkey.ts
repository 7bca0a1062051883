/**
 * `npm run test:tui-monkey [MOVES [SEED]]`: random keys, mouse events and resizes over five labs; no exception, no line that is
 * wider than the window, and no more memory than a limit that is far above what a run needs.
 */

import { PARTS } from '../../tui/views.ts'
import { numberWord } from '../support/number-word.ts'
import { monkey } from '../support/tui-monkey.ts'
import { labOf } from '../tui/robot.ts'

const LABS = ['voluntary', 'nat-no-helper', 'compulsory', 'gre-reorder', 'wrong-password']
/** Octets of resident memory. */
const MOST = 1.5e9

const moves = numberWord(0, 20_000)
const seed = numberWord(1, 1)
const megabytes = (octets: number): string => `${Math.round(octets / 1e6)} MB`
let wrong = 0
for (const name of LABS) {
  const { problems, frames, seconds } = monkey(labOf(name), PARTS, seed, moves)
  const { rss } = process.memoryUsage()
  const all = rss > MOST ? [...problems, `${megabytes(rss)} of memory, more than ${megabytes(MOST)}`] : problems
  wrong += all.length
  for (const problem of all) console.log(`WRONG ${name}, seed ${seed}: ${problem}`)
  console.log(
    `${name}: ${moves} moves, ${frames} frames, ${seconds.toFixed(1)} s of the lab, ${megabytes(rss)}, ${all.length} problems`,
  )
}
process.exitCode = wrong > 0 ? 1 : 0
