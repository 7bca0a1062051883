/** `npm run test:loss [SEEDS]`: a hundred runs for each rate of loss; prints what came of them and judges it. */

import { sec } from '../../src/base/time.ts'
import { dialOnce, type Outcome, seconds, shippedLab } from '../support/loss.ts'
import { numberWord } from '../support/number-word.ts'

interface Level {
  readonly loss: number
  /** Of a hundred tunnels so many must be up within so long. */
  readonly wanted: number
  readonly within: number
}
const LEVELS: readonly Level[] = [
  { loss: 0.01, wanted: 100, within: sec(30) },
  { loss: 0.1, wanted: 95, within: sec(90) },
  { loss: 0.3, wanted: 0, within: sec(300) },
]
const BAR = 50

const seeds = numberWord(0, 100)
const lab = shippedLab('voluntary')
let failed = false
for (const level of LEVELS) {
  const outcomes = Array.from({ length: seeds }, (_, i) => dialOnce(lab, i + 1, level.loss))
  report(level, outcomes)
}
process.exitCode = failed ? 1 : 0

function report({ loss, wanted, within }: Level, outcomes: readonly Outcome[]): void {
  const times = outcomes.map(o => o.up).filter(t => t !== undefined)
  times.sort((a, b) => a - b)
  const inTime = times.filter(t => t <= within).length
  const transfers = outcomes.filter(o => o.fetch?.ok).length
  console.log(`\nLoss of ${loss * 100} % on every line, ${outcomes.length} seeds`)
  console.log(`  up within ${seconds(within)}: ${inTime}, at all: ${times.length}; whole transfers: ${transfers}`)
  if (times.length > 0) {
    const at = (share: number): string => seconds(times[Math.min(times.length - 1, Math.floor(times.length * share))])
    console.log(`  time to set up: least ${at(0)}, median ${at(0.5)}, nine in ten ${at(0.9)}, most ${at(1)}`)
    histogram(times, times[times.length - 1] > sec(30) ? sec(10) : sec(1))
  }
  count(
    '  tunnels that did not come up, by what their ends say:',
    outcomes.filter(o => o.up === undefined).map(o => o.ends.map(name).sort().join(' + ')),
  )
  count(
    '  tunnels that were up and ended by themselves:',
    outcomes.filter(o => o.up !== undefined && o.ends.length > 0).map(o => o.ends.map(name).sort().join(' + ')),
  )
  if (inTime * 100 < wanted * outcomes.length) complain(`only ${inTime} of ${outcomes.length} tunnels were up in time`)
  for (const { seed, problems } of outcomes) for (const problem of problems) complain(`seed ${seed}: ${problem}`)
}

function histogram(times: readonly number[], step: number): void {
  const most = Math.floor(times[times.length - 1] / step)
  const columns = Array.from({ length: most + 1 }, (_, i) => times.filter(t => Math.floor(t / step) === i).length)
  const scale = Math.min(1, BAR / Math.max(...columns))
  for (const [i, n] of columns.entries()) {
    const range = `${(i * step) / 1e9}-${((i + 1) * step) / 1e9} s`
    console.log(`  ${range.padStart(10)}  ${String(n).padStart(3)}  ${'#'.repeat(Math.ceil(n * scale))}`)
  }
}

function count(title: string, words: readonly string[]): void {
  if (words.length === 0) return
  console.log(title)
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  for (const [word, n] of [...counts].sort((a, b) => b[1] - a[1])) console.log(`  ${String(n).padStart(5)}  ${word}`)
}

function name({ node, layer, reason, tries }: Outcome['ends'][number]): string {
  return `${node}: ${layer} ${reason}${tries > 0 ? ` after ${tries}` : ''}`
}

function complain(problem: string): void {
  failed = true
  console.log(`  WRONG ${problem}`)
}
