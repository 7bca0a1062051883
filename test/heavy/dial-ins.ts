/** `npm run test:deep -- dial-ins [RUNS [FIRST]]`: people who dial and hang up at random times, each seed twice. */

import { dialIns } from '../support/dial-ins.ts'
import { numberWord } from '../support/number-word.ts'

const runs = numberWord(0, 20)
const first = numberWord(1, 1)
let rang = 0
let wrong = 0
for (let seed = first; seed < first + runs; seed++) {
  const [once, again] = [dialIns(seed), dialIns(seed)]
  rang += once.rang
  const differs = once.fingerprint === again.fingerprint ? [] : ['the second run had another fingerprint']
  for (const problem of [...once.wrong, ...differs]) {
    wrong++
    console.log(`WRONG seed ${seed}: ${problem}`)
  }
}
console.log(`${runs} runs, ${rang} dial-ins, ${wrong} problems.`)
if (wrong > 0) process.exitCode = 1
