/** `npm run test:chaos [RUNS [FIRST]]`: random faults and random users; prints what came of them and judges it. */

import { chaos, chaosLabs } from '../support/chaos.ts'
import { numberWord } from '../support/number-word.ts'

const runs = numberWord(0, 300)
const first = numberWord(1, 1)
const labs = chaosLabs()
const ends = new Map<string, number>()
let dials = 0
let up = 0
let wrong = 0
for (let seed = first; seed < first + runs; seed++) {
  const result = chaos(labs[seed % labs.length], seed)
  dials += result.dials
  up += result.up
  for (const [word, n] of result.ends) ends.set(word, (ends.get(word) ?? 0) + n)
  for (const problem of result.problems) {
    wrong++
    console.log(`WRONG ${result.lab} (lab ${seed % labs.length}), seed ${seed}: ${problem}`)
  }
}
console.log(`${runs} runs, ${dials} times dialled, ${up} times up, ${wrong} problems. How the tunnels ended:`)
for (const [word, n] of [...ends].sort((a, b) => b[1] - a[1])) console.log(`${String(n).padStart(6)}  ${word}`)
process.exitCode = wrong > 0 ? 1 : 0
