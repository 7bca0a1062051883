/**
 * People dial an access server and hang up at random times; 24 lines, two PNSs, one of which loses its power and starts
 * again. In the end everybody hangs up, and nothing may be left.
 */

import { ms } from '../../src/base/time.ts'
import { fc } from './fast-check.ts'
import { BLUE, NOTHING, nasLab, RED } from './nas-lab.ts'

export const LINES = 24
const CALLERS = Array.from({ length: 30 }, (_, i) => `c${i}`)
const LAST = 400

const step = fc.record({ who: fc.constantFrom(...CALLERS), at: fc.integer({ min: 0, max: LAST * 1000 }) })
const plan = fc.record({
  dials: fc.array(step, { minLength: 900, maxLength: 900 }),
  hangUps: fc.array(step, { minLength: 900, maxLength: 900 }),
  crashAt: fc.integer({ min: 60_000, max: 200_000 }),
  darkFor: fc.integer({ min: 1000, max: 100_000 }),
})

export interface DialIns {
  readonly fingerprint: string
  /** Telephone calls that a rule was found for. */
  readonly rang: number
  /** PPP sessions that came up at a PNS before it lost its power, and at the same one after it. */
  readonly before: number
  readonly after: number
  /** Lines in use at a time. */
  readonly most: number
  /** What was left of it all. */
  readonly wrong: readonly string[]
}

export function dialIns(seed: number): DialIns {
  const [{ dials, hangUps, crashAt, darkFor }] = fc.sample(plan, { seed, numRuns: 1 })
  const t = nasLab({
    seed,
    callers: Object.fromEntries(CALLERS.map(name => [name, {}])),
    trunk: { lines: LINES },
    nas: {
      tunnels: [...['*0', '*2', '*4', '*6', '*8'].map(calling => ({ calling, to: [RED, BLUE] })), { to: [BLUE, RED] }],
    },
  })
  const { scheduler } = t.simulation.world
  for (const { who, at } of dials) scheduler.after(ms(at), 'test', () => t.dial(who))
  for (const { who, at } of hangUps) scheduler.after(ms(at), 'test', () => t.hangUp(who))
  scheduler.after(ms(crashAt), 'test', () => t.crash('red'))
  scheduler.after(ms(crashAt + darkFor), 'test', () => t.restart('red'))
  let most = 0
  for (let at = 0; at <= LAST; at++) {
    t.until(at)
    most = Math.max(most, Number(t.value('nas', 'line.busy')))
  }
  t.hangUp(...CALLERS)
  t.until(LAST + 200)
  const wrong: string[] = []
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(should)) wrong.push(`${what}: ${JSON.stringify(is)}`)
  }
  expect('in use', t.inUse(), NOTHING)
  for (const name of ['red', 'blue']) {
    expect(name, [t.value(name, 'pptp.calls'), t.value(name, 'pool.used'), t.value(name, 'ppp.sessions')], [0, 0, 0])
  }
  expect(
    'not idle',
    CALLERS.filter(name => t.value(name, 'line.call') !== 'idle'),
    [],
  )
  const ups = t.seen('interface', 'red').filter(({ to }) => to === 'up')
  return {
    fingerprint: t.run.result().fingerprint,
    rang: t.seen('tunnel-rule').length,
    before: ups.filter(({ t: at }) => at < ms(crashAt)).length,
    after: ups.filter(({ t: at }) => at > ms(crashAt + darkFor)).length,
    most,
    wrong,
  }
}
