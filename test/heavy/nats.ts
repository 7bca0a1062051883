/**
 * `npm run test:deep -- nats [RUNS [FIRST]]`: random networks with up to three NAT boxes in a row, and what must be true of
 * translation in all of them (test/support/nat-storm.ts).
 */

import { natStorm } from '../support/nat-storm.ts'
import { numberWord } from '../support/number-word.ts'

const runs = numberWord(0, 2000)
const first = numberWord(1, 1)
const seen = { frames: 0, translated: 0, tunnels: 0, flows: 0, errors: 0, whole: 0 }
let wrong = 0
for (let seed = first; seed < first + runs; seed++) {
  const storm = natStorm(seed)
  for (const key of ['frames', 'translated', 'tunnels', 'flows', 'errors', 'whole'] as const)
    seen[key] += storm.seen[key]
  for (const problem of storm.problems) {
    wrong++
    console.log(`WRONG ${problem}`)
  }
}
console.log(
  `${runs} networks: ${seen.frames} frames, ${seen.translated} translated, ${seen.flows} flows, ${seen.tunnels} tunnels up, ${seen.errors} ICMP errors, ${seen.whole} datagrams of fragments; ${wrong} problems.`,
)
if (wrong > 0) process.exitCode = 1
