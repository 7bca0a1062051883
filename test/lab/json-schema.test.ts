/** The editor's schema and the validator say the same of the same files. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { loadLab } from '../../src/lab/load.ts'
import { shapeIssues } from '../../src/lab/shape.ts'
import { badPath, badTopologies } from '../support/bad-topologies.ts'
import { labJsonSchema, labJsonSchemaText } from '../support/lab-json-schema.ts'
import { rootPath } from '../support/root.ts'

const validate = new Ajv({ strict: false }).compile(labJsonSchema())
const good = readdirSync(rootPath('topologies')).filter(name => name.endsWith('.yaml'))

/** The schema's own judgement, without what no pattern can say. */
const refusedByShape = (value: unknown): boolean => {
  const own = Object.entries(value as object).filter(([key]) => !key.startsWith('x-'))
  return shapeIssues(Array.isArray(value) ? value : Object.fromEntries(own)).some(issue => issue.type !== 'check')
}
/** Two rules of events and expect that JSON Schema can say and the validator checks later, with better words. */
const LATER = new Set(['events.yaml', 'expect-time.yaml'])
/** Files that stop at YAML: there is no value to judge. */
const readable = (name: string): unknown => {
  try {
    return parse(readFileSync(badPath(name), 'utf8'), { merge: true, logLevel: 'silent' }) ?? undefined
  } catch {
    return undefined
  }
}

describe('topologies/lab.schema.json', () => {
  test('is what the schema gives today (npm run schema:json)', () => {
    assert.equal(readFileSync(rootPath('topologies/lab.schema.json'), 'utf8'), labJsonSchemaText())
  })

  test('says what every key means', () => {
    const nameless: string[] = []
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return
      const { properties } = schema as { properties?: Record<string, Record<string, unknown>> }
      for (const [key, value] of Object.entries(properties ?? {})) {
        const parts = [value, ...((value.anyOf ?? value.oneOf ?? []) as Record<string, unknown>[])]
        const grouping = value.type === 'object' && value.properties !== undefined
        if (!grouping && value.const === undefined && parts.every(part => part.description === undefined)) {
          nameless.push(`${path}.${key}`)
        }
      }
      for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`)
    }
    walk(labJsonSchema(), '')
    assert.deepEqual(nameless, [])
  })

  for (const name of good) {
    test(`${name} is good to both`, () => {
      const text = readFileSync(rootPath(`topologies/${name}`), 'utf8')
      assert.equal(loadLab(text, name).ok, true)
      assert.equal(validate(parse(text, { merge: true, logLevel: 'silent' })), true, JSON.stringify(validate.errors))
    })
  }

  let judged = 0
  for (const name of badTopologies()) {
    const value = readable(name)
    if (value === undefined || LATER.has(name)) continue
    judged++
    test(`${name} has the same shape to both`, () => {
      assert.equal(!validate(value), refusedByShape(value), JSON.stringify(validate.errors))
    })
  }
  for (const name of LATER) {
    test(`${name} is refused by both`, () => {
      assert.equal(validate(readable(name)), false)
      assert.equal(loadLab(readFileSync(badPath(name), 'utf8'), name).ok, false)
    })
  }
  test('most of the bad files can be judged', () => assert.ok(judged > 20, String(judged)))
})
