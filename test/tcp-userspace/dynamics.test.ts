/** docs/tcp.md: the figures are what is measured today, and they are what the page says of them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { lossRun, squareRoot, withTimeouts } from '../../bench/dynamics/laws.ts'
import { jain, longLine, share } from '../../bench/dynamics/sharing.ts'
import {
  LONG,
  LOSSES,
  measured,
  PAIRS,
  QUEUES,
  QUICK,
  shareRow,
  squareRootRow,
  TIMEOUT_CASES,
  timeoutRow,
  withMeasured,
} from '../../bench/dynamics/tables.ts'
import { page, tableRows } from '../support/docs.ts'
import { rootPath } from '../support/root.ts'
import { Bold } from './bold.ts'

const PAGE = page('docs/tcp.md')
const rows = (name: string): string[][] => tableRows(measured(PAGE, name))
const near = (ratio: number, factor: number): boolean => ratio <= factor && ratio >= 1 / factor

describe('docs/tcp.md is fresh (npm run tcp:dynamics)', () => {
  test('every mark has its measurement, and the other way round', () => {
    const marks = [...PAGE.matchAll(/<!-- measured: (.*) -->/g)].map(match => match[1])
    assert.deepEqual(marks.sort(), [...Object.keys(QUICK), ...Object.keys(LONG)].sort())
    assert.throws(() => measured(PAGE, 'nothing'), /no place for nothing/)
    assert.equal(measured(withMeasured(PAGE, 'timeout', 'a $1 b'), 'timeout'), 'a $1 b')
  })
  for (const [name, make] of Object.entries(QUICK)) {
    test(`${name}: the whole of it`, () => assert.equal(measured(PAGE, name), make()))
  }
  test('square-root-law: the row of 1 %', () => {
    const [p, seconds] = LOSSES[LOSSES.length - 1]
    assert.equal(p, 0.01)
    assert.ok(measured(PAGE, 'square-root-law').endsWith(squareRootRow(p, seconds)))
  })
  test('timeout-law: the row of 3 %', () => {
    const [p, tcp] = TIMEOUT_CASES[1]
    assert.equal(p, 0.03)
    assert.equal(measured(PAGE, 'timeout-law').split('\n')[3], timeoutRow(p, tcp))
  })
  test('sharing: the first row', () => {
    assert.equal(measured(PAGE, 'sharing').split('\n')[2], shareRow(PAIRS[0], QUEUES[0]))
  })
})

describe('the figures keep to the laws', () => {
  test('the formulas: a window of 8/3 p, and what timeouts add', () => {
    // W = sqrt(8 / 3p) segments at most, three quarters of it in the mean.
    assert.ok(Math.abs(squareRoot(0.01, 0.1) - (0.75 * Math.sqrt(8 / 0.03)) / 0.1) < 1e-9)
    assert.ok(Math.abs(withTimeouts(0.01, 0.1, 0) - squareRoot(0.01, 0.1)) < 1e-9)
    // By hand: 1 / (0.1 · 0.1414 + 1 · 0.3182 · 0.03 · 1.0288).
    assert.ok(Math.abs(withTimeouts(0.03, 0.1, 1) - 41.74) < 0.01)
  })
  test('NewReno follows the square-root law within 1.5, from 0.01 to 1 %, with SACK and without', () => {
    const found = rows('square-root-law')
    assert.deepEqual(
      found.map(([loss]) => loss),
      ['0.01 %', '0.03 %', '0.1 %', '0.3 %', '1 %'],
    )
    for (const [loss, , , sack, noSack] of found) {
      assert.ok(near(Number(sack), 1.5) && near(Number(noSack), 1.5), loss)
    }
  })
  test('at 3 % it follows the formula with timeouts within 1.5, with every profile', () => {
    const found = rows('timeout-law').filter(([loss]) => loss === '3 %')
    assert.equal(found.length, 4)
    for (const [, options, , , , ratio] of found) assert.ok(near(Number(ratio), 1.5), options)
  })
  test('two equal flows share a line within 20 %', () => {
    assert.equal(jain([1, 1]), 1)
    assert.equal(jain([1, 0, 0, 0]), 0.25)
    const equal = rows('sharing').filter(([flows]) => !flows.includes('new-reno and cubic'))
    assert.equal(equal.length, 6)
    for (const [flows, queue, , , ratio, index] of equal) {
      assert.ok(Number(ratio) <= 1.2 && Number(index) > 0.99, `${flows}, ${queue}`)
    }
  })
  test('CUBIC beats NewReno at 1 Gbit/s, 100 ms', () => {
    const found = rows('long-line')
    assert.equal(found.length, 3)
    for (const [loss, , , times] of found) assert.ok(Number(times) > 2, loss)
    // In the first ten seconds, lest the page alone should say it.
    assert.ok(longLine('cubic', 10, 1e-5).rate > 1.5 * longLine('new-reno', 10, 1e-5).rate)
  })
})

describe('the controller of the page', () => {
  test('is the one that runs here', () => {
    const [, block] = /```ts controller\n(.*?)```/s.exec(PAGE) ?? []
    const source = readFileSync(rootPath('test/tcp-userspace/bold.ts'), 'utf8')
    assert.equal(source.slice(source.indexOf('\n') + 1), block)
  })
  const bold = (...[flow, window]: ConstructorParameters<typeof Bold>) => new Bold(flow, window)
  test('with 1 % of loss it is more than twice as fast as NewReno', () => {
    const [usual, own] = [lossRun(0.01, 300), lossRun(0.01, 300, { congestion: bold })]
    assert.ok(own.rate > 2 * usual.rate, `${own.rate} ${usual.rate}`)
  })
  test('beside a NewReno flow on one line it leaves that less than a third', () => {
    const { rates } = share(['new-reno', bold], 62_500, 20, 120)
    assert.ok(rates[0] < (rates[0] + rates[1]) / 3, rates.join(' '))
  })
})
