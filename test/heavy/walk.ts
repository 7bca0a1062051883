/**
 * `npm run test:deep -- walk`: the bounded walk (test/support/walk.ts). Prints what it came to, with the shortest way to
 * each kind of end, and fails if a state is stuck or if it comes to less than the floor.
 *
 * `-- walk NAME` walks one of them; `-- walk NAME FAULTS STATES` with other bounds.
 */
import { numberWord } from '../support/number-word.ts'
import { reportLines } from '../support/walk.ts'
import { belowFloor, WALKS, walkOf } from '../support/walks.ts'

const [only, faults] = process.argv.slice(2)
if (only !== undefined && !Object.hasOwn(WALKS, only)) {
  throw new Error(`There is no walk ${only}, only ${Object.keys(WALKS).join(', ')}.`)
}
for (const name of only === undefined ? Object.keys(WALKS) : [only]) {
  const bounds =
    faults === undefined ? undefined : { faults: numberWord(1, 0), states: numberWord(2, Number.POSITIVE_INFINITY) }
  const report = walkOf(name, 'deep', bounds)
  console.log(`${name}: ${WALKS[name].what}`)
  console.log(reportLines(report, true).join('\n'))
  const below = bounds === undefined ? belowFloor(name, 'deep', report) : undefined
  if (below !== undefined) console.log(below)
  if (below !== undefined || report.stuck.length > 0) process.exitCode = 1
}
