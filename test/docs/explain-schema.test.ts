/** docs/schema/explain.schema.json, and what `explain` prints and answers. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { explainJsonSchema, explainJsonSchemaText } from '../support/explain-json-schema.ts'
import { rootPath } from '../support/root.ts'

const FILE = 'docs/schema/explain.schema.json'
const valid = new Ajv({ allErrors: false }).compile(explainJsonSchema())

function explained(...args: readonly string[]) {
  const words = [rootPath('dist/cli/cli.js'), 'explain', ...args]
  return spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 2 ** 28 })
}
const linesOf = (...args: readonly string[]): { readonly type: string }[] =>
  explained(...args, '--json')
    .stdout.split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
const typesOf = (lines: readonly { readonly type: string }[]): string[] => [...new Set(lines.map(({ type }) => type))]

describe(FILE, () => {
  test('is what it is made of today (npm run schema:json)', () => {
    assert.equal(readFileSync(rootPath(FILE), 'utf8'), explainJsonSchemaText())
  })
  const asked: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['nat-single-passthrough'], ['explain', 'call', 'node', 'drops', 'rewrites']],
    [
      ['nat-helper', '--node', 'home'],
      ['explain', 'node', 'rewrites', 'flow'],
    ],
    [
      ['nat-no-helper', '--call', '1'],
      ['explain', 'call'],
    ],
    [
      ['nat-no-helper', '--packet', 'office#7'],
      ['explain', 'packet', 'step'],
    ],
    [
      ['compulsory', '--packet', '60'],
      ['explain', 'packet', 'step'],
    ],
    [
      ['port-1723-blocked', '--seed', '3'],
      ['explain', 'node', 'drops'],
    ],
  ]
  for (const [args, types] of asked) {
    test(`every line of explain ${args.join(' ')} --json is what it says`, () => {
      const lines = linesOf(...args)
      assert.deepEqual(typesOf(lines), types)
      const wrong = lines.filter(line => !valid(line)).map(line => JSON.stringify(line))
      assert.deepEqual(wrong, [])
    })
  }
  test('a line with another field, or with one too few, is not what it says', () => {
    const [first, second] = linesOf('nat-no-helper', '--packet', 'office#7')
    assert.equal(valid({ ...first, more: 1 }), false)
    assert.equal(valid({ type: second.type }), false)
  })
})

describe('explain', () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['nat-helper', '--node', 'hom'], /nat-helper has no node hom\. Did you mean home\?/],
    [
      ['nat-helper', '--packet', 'alice#9999'],
      /There is no packet alice#9999: the last that alice made is alice#\d+\./,
    ],
    [['nat-helper', '--call', '9'], /There is no call 9\. .*: 1 \(alice\)\./],
    [['port-1723-blocked', '--call', '1'], /There is no call 1: nobody has asked for one\./],
    [['nat-helper', '--call', '1', '--node', 'home'], /choose one/],
    [['nat-helper', '--packet', 'alice#9999', '--json'], /There is no packet alice#9999/],
    [['nat-helper', '--call', '9', '--json'], /There is no call 9\./],
    [[rootPath('test/captures/idle-echo.pcap')], /is a capture, not a lab\. .* pptp-lab doctor /],
    [['bridge-client'], /pptp-lab bridge bridge-client/],
  ]
  for (const [args, answer] of refused) {
    test(`${args.join(' ')} is answered with what would be right`, () => {
      const { status, stdout, stderr } = explained(...args)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, answer)
    })
  }
  test('what it proposes can be typed', () => {
    const { stdout } = explained('nat-no-helper', '--set', 'topology.links[1].delay=20ms')
    const proposed = [...stdout.matchAll(/pptp-lab explain (.*)$/gm)].map(([, words]) => words)
    assert.equal(proposed.length, 3)
    for (const words of proposed) {
      const { status, stdout: told } = explained(...words.split(' ').map(word => word.replaceAll("'", '')))
      assert.equal(status, 0, words)
      assert.ok(told.length > 100)
    }
  })
})
