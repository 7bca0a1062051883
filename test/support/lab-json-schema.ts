/** The editor's schema, made from the one in `src/lab/schema.ts`. */
import { toJsonSchema } from '@valibot/to-json-schema'
import { labSchema } from '../../src/lab/schema.ts'
import { VERBS } from '../../src/lab/verbs.ts'

type Json = Record<string, unknown>
const at = (schema: Json, ...keys: string[]): Json => keys.reduce((json, key) => json[key] as Json, schema)

export function labJsonSchema(): Json {
  // What `check` adds to a pattern has no words in JSON Schema.
  const schema = toJsonSchema(labSchema, { typeMode: 'input', ignoreActions: ['check'] }) as unknown as Json
  schema.patternProperties = { '^x-': {} }
  at(schema, 'properties', 'events', 'items').oneOf = Object.keys(VERBS).map(verb => ({ required: [verb] }))
  at(schema, 'properties', 'expect', 'additionalProperties').oneOf = ['by', 'at', 'during'].map(when => ({
    required: [when],
  }))
  return schema
}

export const labJsonSchemaText = (): string => `${JSON.stringify(labJsonSchema(), undefined, 1)}\n`
