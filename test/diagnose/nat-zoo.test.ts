/** `compare nat`: every cell against what was reviewed, and the views of it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  load,
  natZoo,
  renderIssues,
  run,
  ZOO_CASES,
  ZOO_REASONS,
  type ZooCell,
  zooCell,
  zooHtml,
  zooSvg,
  zooTable,
} from '../../src/index.ts'
import { rootPath } from '../support/root.ts'
import { elementsOf } from '../support/xml.ts'

const reviewed = readFileSync(rootPath('test/diagnose/nat-zoo.txt'), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => line.split(' | '))
const cells = natZoo()
const cellOf = (name: string): ZooCell => {
  const found = cells.find(cell => cell.name === name)
  if (!found) throw new Error(name)
  return found
}

describe('the NAT zoo', () => {
  test('has a reviewed line for each of 70 cells, and every one says by what it was judged', () => {
    assert.equal(ZOO_CASES.length, 70)
    assert.deepEqual(
      reviewed.map(([name]) => name),
      cells.map(({ name }) => name),
    )
    for (const [name, , , by] of reviewed) assert.match(by ?? '', /^([AB]\d+|docs)\b/, name)
  })
  for (const [name, outcome, reasons] of reviewed) {
    test(`${name}: ${outcome}`, () => {
      const cell = cellOf(name)
      assert.equal(cell.outcome, outcome)
      assert.equal(cell.reasons.join(' '), reasons)
    })
  }

  test('no cell has another reason than those of the list, and each tunnel has one, with evidence', () => {
    for (const { name, tunnels } of cells) {
      for (const { client, fate, causes, up, down, replies, end } of tunnels) {
        const where = `${name} ${client}`
        assert.ok(causes.length > 0, where)
        for (const { reason, evidence } of causes) {
          assert.notEqual(reason, 'other', where)
          assert.match(evidence, fate === 'works' ? /^entry \S+( call \d+)? > / : /^\d+ x [a-z-]+ at \w+: /, where)
        }
        assert.equal(replies, fate === 'works' ? 4 : 0, where)
        assert.equal(end, fate === 'works' ? undefined : 'lcp timeout', where)
        assert.equal(up.arrived > 0, fate === 'works' || fate === 'hears-nothing', where)
        assert.equal(down.arrived > 0, fate === 'works' || fate === 'not-heard', where)
        assert.ok(up.sent >= up.arrived && down.sent >= down.arrived, where)
      }
    }
  })

  test('what dies on its way is counted: none of 10 requests up, and down all go to Alice (A7)', () => {
    const [, bob] = cellOf('keyless-clients-2-same').tunnels
    assert.deepEqual(bob.up, { sent: 10, arrived: 0 })
    assert.deepEqual(
      bob.causes.map(({ way, evidence }) => [way, evidence.split(':')[0]]),
      [
        ['up', '10 x nat-insert-failed at box'],
        ['down', '10 x gre-unknown-call at alice'],
      ],
    )
  })

  test('a cell is the same alone', () => {
    const given = ZOO_CASES[11]
    assert.deepEqual(zooCell(given), cellOf('keyless-clients-2-same'))
  })
})

describe('the views of the NAT zoo', () => {
  test('the table is 80 columns wide at most and has every outcome', () => {
    const text = zooTable(cells, ZOO_REASONS)
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line)
    assert.ok(text.includes('1st works,'))
    assert.ok(!text.includes('undefined'))
    const whole = zooTable(cells, ZOO_REASONS, true)
    assert.ok(whole.startsWith(text.trimEnd()))
    for (const { name, outcome } of cells) assert.ok(whole.includes(`\n${name}: ${outcome}\n`), name)
  })

  test('in the heat map no word leaves its cell, and no line stands on another', () => {
    const all = elementsOf(zooSvg(cells, ZOO_REASONS))
    const numbers = (name: string, ...keys: string[]): number[][] =>
      all
        .filter(element => element.name === name && element.attributes.has(keys[0]))
        .map(({ attributes }) => keys.map(key => Number(attributes.get(key))))
    const boxes = numbers('rect', 'x', 'y', 'width', 'height').filter(([, , , height]) => height > 50)
    assert.equal(boxes.length, 70)
    const words = numbers('text', 'x', 'y', 'textLength').map(([x, y, width]) => ({ x, y, width }))
    for (const [left, top, width, height] of boxes) {
      const own = words.filter(({ x, y }) => x > left && x < left + width && y > top && y < top + height)
      assert.ok(own.length >= 2, `${left} ${top}`)
      for (const [i, { x, y, width: wide }] of own.entries()) {
        assert.ok(x - wide / 2 >= left && x + wide / 2 <= left + width, `${left} ${top}`)
        assert.ok(y - 12 >= top && y + 3 <= top + height, `${left} ${top}`)
        if (i > 0) assert.ok(y - own[i - 1].y >= 13)
      }
    }
  })

  test('the page has the heat map and a row for each tunnel', () => {
    const html = zooHtml(cells, ZOO_REASONS)
    assert.ok(html.includes(zooSvg(cells, ZOO_REASONS)))
    assert.equal(html.match(/<td>/g)?.length, 8 * cells.flatMap(({ tunnels }) => tunnels).length)
  })
})

describe('pptp-lab compare', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-compare-'))
  after(() => rmSync(dir, { recursive: true }))
  const compare = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), 'compare', ...args], {
      cwd: dir,
      encoding: 'utf8',
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    })
    return { status, stdout, stderr }
  }

  test('nat prints the table; --json every cell as a line', () => {
    assert.deepEqual(compare('nat'), { status: 0, stdout: zooTable(cells, ZOO_REASONS), stderr: '' })
    const lines = compare('nat', '--json').stdout.trimEnd().split('\n')
    assert.deepEqual(
      lines.map(line => JSON.parse(line)),
      cells.map(cell => JSON.parse(JSON.stringify({ type: 'nat-zoo', ...cell }))),
    )
  })

  test('--svg and --html write files and print nothing', () => {
    assert.deepEqual(compare('nat', '--svg', 'z.svg', '--html', 'z.html'), { status: 0, stdout: '', stderr: '' })
    assert.equal(readFileSync(join(dir, 'z.svg'), 'utf8'), zooSvg(cells, ZOO_REASONS))
    assert.equal(readFileSync(join(dir, 'z.html'), 'utf8'), zooHtml(cells, ZOO_REASONS))
  })

  test('--cell prints the lab of a cell, which runs', () => {
    const { stdout, status } = compare('nat', '--cell', 'single-clients-2-same')
    const loaded = load(stdout, 'cell.yaml')
    assert.ok(loaded.ok, loaded.ok ? '' : renderIssues(loaded.issues))
    assert.equal(status, 0)
    // `check` knows what the run is about to show.
    assert.deepEqual(
      loaded.warnings.map(({ path }) => path),
      ['topology.nodes.box.nat.like'],
    )
    assert.ok((run(loaded.lab).drops.get('gre-unknown-call') ?? 0) > 0)
  })

  test('mistakes are answered with what would be right', () => {
    const wrong = (args: string[], says: RegExp) => {
      const { status, stdout, stderr } = compare(...args)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, says)
    }
    wrong(['nat', '--cell', 'single-clients-2-same', '--json'], /--json does not go with it/)
    wrong([], /wants a word \(nat\), such as: pptp-lab compare nat/)
    wrong(['nta'], /does not compare nta\. Did you mean nat\?/)
    wrong(['nat', '--cell', 'keyless-client-2-same'], /Did you mean keyless-clients-2-same\?/)
    wrong(['nat', '--svg', join('not', 'there.svg')], /not/)
    assert.ok(!existsSync(join(dir, 'not')))
  })
})
