/**
 * `npm run test:deep [-- SEED]`: 20 000 seeds of the model of two TCPs (test/support/tcp-model.ts), or that one, with what
 * came of it. `-- FIRST COUNT` runs a stretch.
 */
import { numberWord } from '../support/number-word.ts'
import { runModel } from '../support/tcp-model.ts'

const single = process.argv.length === 3
const from = numberWord(0, 1)
const runs = single ? 1 : numberWord(1, 20_000)
const ends = new Map<string, number>()
let wrong = 0
let segments = 0
for (let seed = from; seed < from + runs; seed++) {
  const report = runModel(seed)
  segments += report.segments
  const end = report.heard.map(({ closed }) => closed ?? 'never opened').join(', ')
  ends.set(end, (ends.get(end) ?? 0) + 1)
  if (single) console.log(JSON.stringify(report, null, 2))
  if (report.problems.length === 0) continue
  wrong++
  console.log(`WRONG seed ${seed} (npm run test:deep -- ${seed}):`)
  for (const problem of report.problems) console.log(`  ${problem}`)
}
console.log(`${runs} seeds, ${segments} segments, ${wrong} wrong. How the two sides ended:`)
for (const [word, n] of [...ends].sort((a, b) => b[1] - a[1])) console.log(`${String(n).padStart(6)}  ${word}`)
process.exitCode = wrong > 0 ? 1 : 0
