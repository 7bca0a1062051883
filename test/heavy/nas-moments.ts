/** `npm run test:deep -- nas-moments`: each trouble before each event of the set-up of each kind of call. */
import { hangUpOnOdd, ODD, PLANS, strike, TROUBLES } from '../support/nas-moments.ts'

let struck = 0
let wrong = 0
function moments(what: string, at: (event: number) => string[] | undefined): void {
  for (let event = 0; ; event++) {
    const problems = at(event)
    if (!problems) return
    struck++
    for (const problem of problems) {
      wrong++
      console.log(`WRONG ${what}, before event ${event}: ${problem}`)
    }
  }
}

for (const [how, plan] of Object.entries(PLANS)) {
  for (const [trouble, act] of Object.entries(TROUBLES)) {
    moments(`${how}, ${trouble}`, event => strike(plan, act, event))
  }
}
for (const [oddity, act] of Object.entries(ODD)) moments(oddity, event => hangUpOnOdd(act, event))
console.log(`${struck} moments, ${wrong} problems.`)
if (wrong > 0) process.exitCode = 1
