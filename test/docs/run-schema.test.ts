/** docs/schema/run.schema.json: what the tables of the trace give, and what the program prints. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { EVENTS } from '../../src/base/trace.ts'
import { HOME, joinedSession, recordOf } from '../support/joined.ts'
import { rootPath } from '../support/root.ts'
import { runJsonSchema, runJsonSchemaText } from '../support/run-json-schema.ts'
import { CLOSED } from '../support/shipped.ts'
import { TOWN } from '../support/town.ts'

const FILE = 'docs/schema/run.schema.json'
const valid = new Ajv().compile(runJsonSchema())

const SERVED = `name: served
topology:
  nodes: { a: { kind: host }, r: { kind: router, services: ["http:5001"] } }
  links: [{ endpoints: ["a:eth0", "r:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24], delay: 1ms }]
events: [{ at: 1s, fetch: { from: a, to: r, bytes: 1kB } }]
`

type Line = Readonly<Record<string, unknown>> & { readonly type: string; readonly event?: string }

function printed(lab: string, ...options: string[]): Line[] {
  const args = [rootPath('dist/cli/cli.js'), 'run', lab, '--json', ...options]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
}

const wrongLines = (lines: readonly Line[]): string[] =>
  lines.filter(line => !valid(line)).map(line => `${JSON.stringify(line)}\n${JSON.stringify(valid.errors?.at(0))}`)

describe(FILE, () => {
  test('is what the tables give today (npm run schema:json)', () => {
    assert.equal(readFileSync(rootPath(FILE), 'utf8'), runJsonSchemaText())
  })

  test('has the fields of every event, in their order', () => {
    const { definitions } = runJsonSchema() as { definitions: Record<string, { properties: { fields?: Line } }> }
    for (const [event, fields] of Object.entries(EVENTS)) {
      const described = definitions[event].properties.fields as unknown as { properties: object }
      assert.deepEqual(Object.keys(described.properties), fields, event)
    }
  })

  test('the line of --ledger is what it says', () => {
    const lines = printed('voluntary', '--ledger', '--until', '5s')
    assert.deepEqual(
      lines.slice(-2).map(({ type }) => type),
      ['ledger', 'result'],
    )
    assert.deepEqual(wrongLines(lines.slice(-2)), [])
  })

  test('the lines of --quiz are what they say', () => {
    const input = '3 certain\ns\n1\n'
    const options = { encoding: 'utf8', maxBuffer: 2 ** 28, input } as const
    const args = [rootPath('dist/cli/cli.js'), 'run', 'voluntary', '--json', '--quiz']
    const { stdout, stderr } = spawnSync(process.execPath, args, options)
    const lines: Line[] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(wrongLines(lines), [])
    assert.deepEqual(
      lines.filter(({ type }) => type !== 'event').map(({ type, no, outcome }) => [type, no, outcome]),
      [
        ['run', undefined, undefined],
        ['question', 1, undefined],
        ['answer', 1, 'right'],
        ['question', 2, undefined],
        ['answer', 2, 'skipped'],
        ['question', 3, undefined],
        ['question', 4, undefined],
        ['answer', 3, 'right'],
        ['result', undefined, undefined],
      ],
    )
    assert.equal(stderr, '\nNo more answers come from stdin: question 4 is left out.\n')
    assert.equal(lines.at(-1)?.fingerprint, printed('voluntary').at(-1)?.fingerprint)
  })

  const met = new Set<string>()
  for (const lab of CLOSED) {
    test(`every line of ${lab} is what it says`, () => {
      const lines = printed(lab)
      assert.deepEqual([lines[0].type, lines.at(-1)?.type], ['run', 'result'])
      assert.ok(lines.length > 100)
      for (const { event } of lines) if (event) met.add(event)
      assert.deepEqual(wrongLines(lines), [])
    })
  }

  test('every line of a recorded bridge is, too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-schema-'))
    try {
      const file = join(folder, 'session.jsonl')
      writeFileSync(file, recordOf(joinedSession().home, HOME))
      const lines = printed(file)
      for (const { event } of lines) if (event) met.add(event)
      assert.deepEqual(wrongLines(lines), [])
      const end = lines.at(-1)
      assert.deepEqual([end?.same, end?.ok], [true, true])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('every line of runs with losses and with spoiled bits is, too', () => {
    for (const options of [
      ['--set', 'topology.links[0].loss=5%'],
      ['--set', 'topology.links[0].corruption=5%', '--seed', '2'],
    ]) {
      const lines = printed('voluntary', ...options)
      for (const { event } of lines) if (event) met.add(event)
      assert.deepEqual(wrongLines(lines), [])
    }
  })

  test('every line of a lab with services is, too: what a fetch says is no HTTP, and is served as that', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-run-schema-'))
    try {
      writeFileSync(join(folder, 'served'), SERVED)
      const lines = printed(join(folder, 'served'))
      const served = lines.filter(line => line.event === 'served').map(line => line.fields)
      const [fields] = served as { detail?: string; port?: number }[]
      assert.deepEqual([served.length, fields.port, fields.detail], [1, 5001, '400'])
      met.add('served')
      assert.deepEqual(wrongLines(lines), [])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('every line of a lab with telephone lines is, too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-run-schema-'))
    try {
      writeFileSync(join(folder, 'town'), TOWN)
      const lines = printed(join(folder, 'town'))
      for (const { event } of lines) if (event) met.add(event)
      assert.deepEqual(wrongLines(lines), [])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('every kind of event was among them', () => {
    assert.deepEqual(
      Object.keys(EVENTS).filter(event => !met.has(event)),
      [],
    )
  })

  test('refuses another field, a missing one, and words that are on no list', () => {
    const drop = { reason: 'no-route', layer: 'ip' }
    const line = { type: 'event', t: 1, node: 'isp', event: 'drop', fields: drop }
    assert.equal(valid(line), true)
    assert.equal(valid({ ...line, other: 1 }), false)
    assert.equal(valid({ ...line, t: 1.5 }), false)
    assert.equal(valid({ ...line, fields: { layer: 'ip' } }), false)
    assert.equal(valid({ ...line, fields: { ...drop, reason: 'bad-luck' } }), false)
    assert.equal(valid({ ...line, event: 'other' }), false)
  })
})
