/** `npm run test:odd [CONVERSATIONS [SEED]]`: spoiled control conversations against our server, fifty at a time. */

import { fc } from '../support/fast-check.ts'
import { numberWord } from '../support/number-word.ts'
import { fuzzServer, ofPns } from '../support/odd-fuzz.ts'

const AT_ONCE = 50
const conversations = numberWord(0, 20_000)
const seed = numberWord(1, 1)
const runs = Math.ceil(conversations / AT_ONCE)
let wrong = 0
for (const [run, batch] of fc
  .sample(fc.array(ofPns, { minLength: AT_ONCE, maxLength: AT_ONCE }), { seed, numRuns: runs })
  .entries()) {
  for (const problem of fuzzServer(batch)) {
    wrong++
    console.log(`WRONG batch ${run}, seed ${seed}: ${problem}`)
  }
}
console.log(`${runs * AT_ONCE} conversations, ${wrong} problems.`)
process.exitCode = wrong > 0 ? 1 : 0
