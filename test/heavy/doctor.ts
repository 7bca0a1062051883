/**
 * `npm run test:deep -- doctor`: the doctor on 100 healthy networks, and ten times on each fault, in networks drawn by lot;
 * `-- doctor 50000` begins at another seed.
 */

import { diagnose, namesOf } from '../support/doctor.ts'
import { FAULTS, faultyNet, healthyNet } from '../support/faulty-net.ts'
import { numberWord } from '../support/number-word.ts'

const HEALTHY = 100
const EACH = 10
const FIRST = numberWord(0, 1000)

let wrong = 0
const faults = Object.keys(FAULTS).length * EACH
for (let seed = FIRST; seed < FIRST + faults; seed++) {
  const { fault, cause, lab } = faultyNet(seed)
  const found = diagnose(lab)
  if (found[0]?.cause === cause) continue
  wrong++
  console.log(`WRONG seed ${seed}, ${fault}: wanted ${cause}, got ${namesOf(found) || 'nothing'}`)
}
for (let seed = FIRST; seed < FIRST + HEALTHY; seed++) {
  const found = diagnose(healthyNet(seed))
  if (found.length === 0) continue
  wrong++
  console.log(`ALARM seed ${seed}: ${namesOf(found)}`)
}
console.log(
  `${faults} faults of ${Object.keys(FAULTS).length} kinds, ${HEALTHY} healthy networks, from seed ${FIRST} on: ${wrong} wrong.`,
)
if (wrong > 0) process.exitCode = 1
