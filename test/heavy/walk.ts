import { PppPair, PptpPair } from '../support/walk-ends.ts'
import { reportLines, walk } from '../support/walk.ts'

const [which = 'ppp', faults = '1', states = '100000', dead] = process.argv.slice(2)
const t = performance.now()
const options = dead ? { deadTimer: new RegExp(dead) } : {}
const report = walk(() => (which === 'ppp' ? new PppPair(options) : new PptpPair(options)), { faults: Number(faults), states: Number(states) })
console.log(reportLines(report, true).join('\n'))
console.log(performance.now() - t)
