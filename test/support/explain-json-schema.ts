/** The JSON Schema of a line of `explain --json`: docs/schema/explain.schema.json. */
import { DROP_REASONS } from '../../src/base/drop.ts'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const count: Schema = { type: 'integer', minimum: 0 }
const id: Schema = { type: 'integer', minimum: 0, maximum: 65_535 }
const nanoseconds: Schema = { type: 'integer', minimum: 0, description: 'Nanoseconds of virtual time.' }
const reason: Schema = { enum: Object.keys(DROP_REASONS) }
const packet: Schema = { type: 'string', pattern: '^.+#\\d+$', description: 'The name of a packet: alice#33.' }
const words = (...list: readonly string[]): Schema => ({ enum: list })
const list = (items: Schema): Schema => ({ type: 'array', items })

/** Names that end in ? may be absent. */
function object(fields: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(names.map(name => [name.replace('?', ''), fields[name]])),
    required: names.filter(name => !name.endsWith('?')),
    additionalProperties: false,
  }
}
const line = (type: string, fields: Readonly<Record<string, Schema>>): Schema =>
  object({ type: { const: type }, ...fields })

const end = object({
  node: text,
  role: words('PNS', 'PAC'),
  callId: id,
  'peerCallId?': id,
  address: text,
  peerAddress: text,
})
const lost = object({ node: text, reason, layer: text, 'rule?': text, 'entry?': text, count, packet: text })
const way = object({
  from: text,
  to: text,
  sent: count,
  arrived: count,
  lines: { type: 'object', additionalProperties: count, description: 'GRE packets on each line of the way.' },
  lost: list(lost),
  'packet?': packet,
})
const call = line('call', {
  no: { type: 'integer', minimum: 1 },
  kind: words('outgoing', 'incoming'),
  t: nanoseconds,
  asker: end,
  'answerer?': end,
  messages: list(object({ t: nanoseconds, packet, from: text, type: text, sent: text, seen: text })),
  ways: { type: 'array', items: way, minItems: 2, maxItems: 2 },
  milestones: list(object({ t: nanoseconds, node: text, text })),
  heard: { ...text, description: 'Who hears whom.' },
})

const side = object({ hex: text, text })
const changed = list(object({ field: text, offset: count, before: side, after: side }))
const step = (name: string, fields: Readonly<Record<string, Schema>>): Schema =>
  line('step', { t: nanoseconds, node: text, packet, step: { const: name }, ...fields })
const steps = [
  step('made', { what: text, 'parent?': packet, how: words('made', 'wrapped', 'unwrapped', 'cut', 'joined') }),
  ...['sent', 'forwarded', 'delivered'].map(name => step(name, { iface: text, length: count })),
  step('line', {
    to: text,
    link: text,
    capture: text,
    frame: { type: 'integer', minimum: 1 },
    octets: count,
    waited: count,
    'arrives?': nanoseconds,
    'fate?': { enum: ['corrupted', 'duplicated', ...Object.keys(DROP_REASONS)] },
    changed,
  }),
  step('rewritten', { field: text, before: text, after: text, 'rule?': text, 'entry?': text }),
  step('dropped', { reason, sentence: text, layer: text, 'rule?': text, 'entry?': text, 'detail?': text }),
]

export const explainJsonSchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'One line of `pptp-lab explain LAB --json`',
  anyOf: [
    line('explain', { format: { const: 1 }, lab: text, seed: count }),
    call,
    line('node', { node: text, sent: count, forwarded: count, delivered: count, dropped: count }),
    line('drops', {
      node: text,
      reason,
      layer: text,
      'proto?': text,
      'rule?': text,
      'entry?': text,
      'link?': text,
      count,
      t: nanoseconds,
      'packet?': packet,
      last: nanoseconds,
    }),
    line('rewrites', {
      node: text,
      proto: text,
      field: text,
      before: text,
      after: text,
      by: text,
      count,
      packet,
    }),
    line('flow', { t: nanoseconds, node: text, action: words('begin', 'end'), proto: text, entry: text, rule: text }),
    line('packet', { packet, 'journey?': { type: 'integer', minimum: 1 } }),
    ...steps,
  ],
})

export const explainJsonSchemaText = (): string => `${JSON.stringify(explainJsonSchema(), null, 2)}\n`
