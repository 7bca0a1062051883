/** `npm run test:tui-monkey [MOVES [SEED]]`: random keys, mouse events and resizes over both labs of the start. */
import { PARTS } from '../../tui/views.ts'
import { monkey } from '../support/tui-monkey.ts'
import { labOf } from '../tui/robot.ts'

const moves = Number(process.argv[2] ?? 20_000)
const seed = Number(process.argv[3] ?? 1)
let wrong = 0
for (const name of ['voluntary', 'voluntary-lan']) {
  const { problems, frames, seconds } = monkey(labOf(name), PARTS, seed, moves)
  wrong += problems.length
  for (const problem of problems) console.log(`WRONG ${name}, seed ${seed}: ${problem}`)
  console.log(
    `${name}: ${moves} moves, ${frames} frames, ${seconds.toFixed(1)} s of the lab, ${problems.length} problems`,
  )
}
process.exitCode = wrong > 0 ? 1 : 0
