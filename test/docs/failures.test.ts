/** docs/failures.md: each row is there, and what it names does what it says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { examine } from '../../src/diagnose/doctor/doctor.ts'
import { DoctorWatch } from '../../src/diagnose/doctor/watch.ts'
import { loadLab, type Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { COMMANDS } from '../../src/platform/commands/table.ts'
import { page, tableRows } from '../support/docs.ts'
import { rootPath } from '../support/root.ts'
import { testTitles } from '../support/test-titles.ts'

interface Row {
  readonly name: string
  readonly by: string
  readonly shows: string
  readonly causes: readonly string[]
}

/** A row without a number goes on with the one before it. */
function rows(): Row[] {
  let number = ''
  return tableRows(page('docs/failures.md')).map(([first, , , by, shows, doctor]) => {
    const goesOn = first === ''
    if (!goesOn) number = first
    const causes = [...doctor.matchAll(/`(.+?)`/g)].map(match => match[1])
    return { name: goesOn ? `${number}, further` : number, by, shows, causes }
  })
}

const LAB = /\[([\w-]+)\]\(labs\/\1\.md\)(?: `--set ([^`=]+)=([^`]+)`)?|`(test\/failures\/[\w-]+\.yaml)`/g

interface Played {
  readonly lab: string
  readonly events: readonly TraceEvent[]
  /** What the doctor says, the root first. */
  readonly found: readonly string[]
}

function play(file: string, overrides: readonly Override[]): Played {
  const loaded = loadLab(readFileSync(rootPath(file), 'utf8'), file, overrides)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  // What a lab says of itself the doctor must not know.
  const run = new Run({ ...loaded.lab, name: 'lab', description: '', checks: [], questions: [] })
  const watch = new DoctorWatch(run)
  const events: TraceEvent[] = []
  run.simulation.world.trace.listen(event => events.push(event))
  run.advance()
  return { lab: file, events, found: examine(watch.facts()).map(({ cause }) => cause) }
}

const labsOf = ({ by }: Row): Played[] =>
  [...by.matchAll(LAB)].map(([, shipped, path, value, small]) =>
    play(small ?? `topologies/${shipped}.yaml`, path === undefined ? [] : [{ path, value }]),
  )

/** `drop filter-drop at guard`, `end lcp timeout at alice` */
const SHOWN = /`(drop|end) ([\w -]+?)(?: at (\w+))?`/g

function isShown(events: readonly TraceEvent[], what: string, words: string, node: string | undefined): boolean {
  return events.some(e => {
    if (node !== undefined && e.node !== node) return false
    if (what === 'drop') return e.event === 'drop' && e.reason === words
    return e.event === 'tunnel-end' && `${e.layer} ${e.reason}` === words
  })
}

describe('docs/failures.md', () => {
  const all = rows()
  const titles = new Set(testTitles().map(({ title }) => title))
  const baseline = readFileSync(rootPath('test/nat/baseline-linux-6.18.jsonl'), 'utf8').trim().split('\n')
  const cases = new Set(baseline.map(line => String((JSON.parse(line) as { case: unknown }).case)))

  test('has the rows F1 to F32 in their order', () => {
    const numbers = all.map(({ name }) => name).filter(name => !name.includes(','))
    assert.deepEqual(
      numbers,
      Array.from({ length: 32 }, (_, i) => `F${i + 1}`),
    )
  })

  test('every small lab belongs to a row', () => {
    const named = new Set(all.flatMap(({ by }) => [...by.matchAll(LAB)].map(match => match[4])))
    for (const file of readdirSync(rootPath('test/failures'))) assert.ok(named.has(`test/failures/${file}`), file)
  })

  for (const row of all) {
    test(`${row.name}: ${row.by}`, () => {
      const played = labsOf(row)
      for (const { lab, events, found } of played) {
        assert.ok(row.causes.includes(found[0]), `the doctor says of ${lab}: ${found.join(', ') || 'nothing'}`)
        for (const [shown, what, words, node] of row.shows.matchAll(SHOWN))
          assert.ok(isShown(events, what, words, node), `${lab} does not show ${shown}`)
      }
      const tests = /the tests? (.+)$/.exec(row.by)?.[1] ?? ''
      const named = [...tests.matchAll(/`(.+?)`/g)].map(match => match[1])
      for (const title of named) assert.ok(titles.has(title), `there is no test "${title}"`)
      const measured = [...row.by.matchAll(/case `(\w+)`/g)].map(match => match[1])
      for (const id of measured) assert.ok(cases.has(id), `there is no case ${id}`)
      const asked = /text alone: `pptp-lab (doctor .+)`/.exec(row.by)?.[1]
      assert.ok(played.length + named.length + measured.length > 0 || asked !== undefined, 'nothing is named')
      assert.ok(row.causes.length > 0)
      // What labs do must stand in the row.
      if (played.length > 0) assert.ok([...row.shows.matchAll(SHOWN)].length > 0)
      if (asked !== undefined) answersWith(asked, row.causes)
    })
  }
})

/** A symptom in words has its cause among the answers, as soon as the program has a doctor. */
function answersWith(command: string, causes: readonly string[]): void {
  if (!Object.hasOwn(COMMANDS, 'doctor')) return
  const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
  assert.ok(existsSync(rootPath('dist/cli/cli.js')))
  const { stdout } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), ...args, '--json'], { encoding: 'utf8' })
  for (const cause of causes) assert.ok(stdout.includes(cause), `${command} does not name ${cause}`)
}
