/**
 * `npm run test:deep`, second part: the bounded walk (test/support/walk.ts). Prints what it came to, with the shortest way to
 * each kind of end, and fails if a state is stuck or if it comes to less than the floor.
 *
 * `node dist/test/heavy/walk.js NAME` walks one of them; `NAME FAULTS STATES` with other bounds.
 */
import { reportLines } from '../support/walk.ts'
import { belowFloor, WALKS, walkOf } from '../support/walks.ts'

const [only, faults, states] = process.argv.slice(2)
for (const name of Object.keys(WALKS)) {
  if (only !== undefined && only !== name) continue
  const bounds =
    faults === undefined ? undefined : { faults: Number(faults), states: Number(states ?? Number.POSITIVE_INFINITY) }
  const report = walkOf(name, 'deep', bounds)
  console.log(`${name}: ${WALKS[name].what}`)
  console.log(reportLines(report, true).join('\n'))
  const below = bounds === undefined ? belowFloor(name, 'deep', report) : undefined
  if (below !== undefined) console.log(below)
  if (below !== undefined || report.stuck.length > 0) process.exitCode = 1
}
