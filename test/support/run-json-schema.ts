/** The JSON Schema of a line of `run --json`, made from the closed tables of the trace: docs/schema/run.schema.json. */
import { NAMED_SERVICES, SERVICE_ENDS } from '../../src/app/services.ts'
import { LINE_END_REASONS } from '../../src/base/dial-end.ts'
import { DROP_REASONS } from '../../src/base/drop.ts'
import { MALFORMED } from '../../src/base/result.ts'
import { EVENTS, type EventFields, type EventName } from '../../src/base/trace.ts'
import { TUNNEL_END_REASONS, TUNNEL_LAYERS } from '../../src/base/tunnel-end.ts'
import { SURENESS } from '../../src/lab/ask.ts'
import { FRAME_KINDS, LAYERS } from '../../src/lab/weigh.ts'
import { WINDOWS } from '../../src/view/failures.ts'
import { CAUSE } from '../../src/wire/radius-attributes.ts'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const count: Schema = { type: 'integer', minimum: 0 }
const nanoseconds: Schema = { type: 'integer', minimum: 0, description: 'Nanoseconds of virtual time.' }
const number32: Schema = { type: 'integer', minimum: 0, maximum: 0xffffffff }
const address: Schema = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+\\.\\d+$' }
const endpoint: Schema = { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+\\.\\d+:\\d+$' }
const hash: Schema = { type: 'string', pattern: '^[0-9a-f]{16}$' }
const words = (list: readonly string[]): Schema => ({ enum: list })
const way = words(['sent', 'received'])

const packetFacts = { packet: text, parent: text, proto: text, src: address, dst: address, length: count, iface: text }
const application = { from: address, seq: count, rtt: nanoseconds, length: count }

const FIELDS: { readonly [K in EventName]: { readonly [F in keyof EventFields[K]]-?: Schema } } = {
  send: packetFacts,
  forward: packetFacts,
  deliver: packetFacts,
  drop: {
    reason: words(Object.keys(DROP_REASONS)),
    layer: text,
    packet: text,
    why: words(Object.keys(MALFORMED)),
    detail: text,
    proto: text,
    src: address,
    dst: address,
    link: text,
    rule: text,
    entry: text,
    parent: text,
  },
  state: { machine: text, from: text, to: text, cause: text },
  'pptp-message': { way, type: text, peer: address, detail: text },
  'ppp-message': { way, proto: text, type: text, iface: text, id: { ...count, maximum: 255 }, detail: text },
  'radius-message': { way, type: text, peer: address, id: { ...count, maximum: 255 }, detail: text },
  'line-signal': {
    way,
    type: words(['setup', 'alerting', 'connect', 'release']),
    line: text,
    called: text,
    calling: text,
    bearer: words(['analogue', 'digital']),
    rate: count,
    cause: { ...count, maximum: 127 },
    detail: text,
  },
  'tunnel-rule': {
    line: { ...text, description: 'By its name: tty0, pri0.7.' },
    called: text,
    calling: { ...text, description: 'Empty: not told.' },
    user: { ...text, description: 'Who calls, if the rule was about that.' },
    rule: { ...text, description: 'The rule that won.' },
    to: { ...text, description: 'Addresses of PNSs in the order in which they are asked, `local`, or `nobody`.' },
  },
  'pns-passed': {
    line: { ...text, description: 'By its name: tty0, pri0.7.' },
    pns: { ...text, description: 'Its address.' },
    detail: text,
  },
  'radius-silent': { type: text, tries: count, detail: text },
  account: {
    peer: { ...text, description: 'Of the caller: an address, or a telephone number.' },
    user: text,
    address: text,
    iface: text,
    seconds: count,
    octetsIn: count,
    octetsOut: count,
    packetsIn: count,
    packetsOut: count,
    cause: words(Object.keys(CAUSE)),
  },
  interface: { iface: text, to: words(['up', 'down']), detail: text },
  'tunnel-end': {
    peer: address,
    layer: words(TUNNEL_LAYERS),
    reason: words(Object.keys(TUNNEL_END_REASONS)),
    tries: count,
    detail: text,
  },
  'dial-end': {
    number: text,
    layer: words(['line', ...TUNNEL_LAYERS]),
    reason: words(Object.keys({ ...LINE_END_REASONS, ...TUNNEL_END_REASONS })),
    tries: count,
    detail: text,
  },
  route: { action: words(['add', 'remove']), route: text },
  arp: { way, type: words(['request', 'reply', 'announcement']), iface: text, address, mac: text },
  'tcp-retransmit': { src: endpoint, dst: endpoint, seq: number32, length: count, tries: count },
  'ping-sent': { to: address, seq: count, length: count },
  'ping-reply': application,
  'ping-failed': { to: address, seq: count, type: text, from: address },
  'fetch-done': { from: address, bytes: count, ok: flag, took: nanoseconds, detail: text },
  'talk-done': { to: address, bytes: count, ok: flag, took: nanoseconds, detail: text },
  'echo-reply': application,
  'wall-clock': { timeZero: count },
  served: {
    service: words(NAMED_SERVICES),
    port: { ...count, maximum: 65_535 },
    from: address,
    received: count,
    sent: count,
    took: nanoseconds,
    end: words(SERVICE_ENDS),
    detail: text,
  },
  nat: {
    packet: text,
    proto: text,
    field: words(['source', 'destination', 'call-id', 'quoted', 'mss']),
    before: text,
    after: text,
    rule: text,
  },
  'nat-helper': {
    packet: text,
    type: text,
    field: words(['callId', 'peerCallId']),
    before: count,
    after: count,
    entry: text,
  },
  flow: { action: words(['begin', 'end']), proto: text, entry: text, rule: text },
  action: { verb: text, detail: text },
}

/** Fields that stand only where there is something to say. */
const OPTIONAL: { readonly [K in EventName]?: readonly string[] } = {
  send: ['parent'],
  forward: ['parent'],
  deliver: ['parent'],
  drop: ['packet', 'why', 'detail', 'proto', 'src', 'dst', 'link', 'rule', 'entry', 'parent'],
  'ping-failed': ['from'],
  'tunnel-rule': ['user'],
  'line-signal': ['called', 'calling', 'bearer', 'rate', 'cause'],
}

export const isOptional = (event: EventName, field: string): boolean => OPTIONAL[event]?.includes(field) ?? false

const object = (properties: Readonly<Record<string, Schema>>, optional: (name: string) => boolean): Schema => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional(name)),
  additionalProperties: false,
  properties,
})
const whole = (properties: Readonly<Record<string, Schema>>): Schema => object(properties, () => false)

const eventLine = (event: EventName): Schema =>
  whole({
    type: { const: 'event' },
    t: nanoseconds,
    node: text,
    event: { const: event },
    fields: object(FIELDS[event], name => isOptional(event, name)),
  })

const check = whole({
  name: text,
  description: text,
  level: words(['error', 'warning']),
  ok: flag,
  decided: { ...flag, description: 'False when the run ended before the check was due.' },
  t: nanoseconds,
  detail: text,
})

/** What the user of a client sees whose tunnel failed. */
const failure = object(
  {
    t: nanoseconds,
    what: words(['tunnel', 'dial-up']),
    node: text,
    peer: { ...text, description: 'An address; of a dial-up its number.' },
    layer: words(['line', ...TUNNEL_LAYERS]),
    reason: words([...new Set([...Object.keys(LINE_END_REASONS), ...Object.keys(TUNNEL_END_REASONS)])]),
    up: { ...flag, description: 'Had the tunnel, or PPP on the line, been up?' },
    windows: whole({
      number: { enum: Object.keys(WINDOWS).map(Number) },
      symbol: text,
      text,
      also: { type: 'array', items: count, description: 'What other versions show.' },
    }),
    hearing: { ...text, description: 'Who hears whom, if an end of the tunnel does not hear the other.' },
    linux: whole({ client: { type: 'array', items: text }, server: { type: 'array', items: text } }),
  },
  name => name === 'hearing',
)
const numbers = (names: readonly string[]): Schema => whole(Object.fromEntries(names.map(name => [name, count])))
const account = whole({ frames: count, octets: count, layers: numbers(LAYERS) })
const call = object(
  {
    pns: text,
    pac: text,
    asked: {
      ...words(['pns', 'pac']),
      description: 'Who asked for the call: `pac` for what an access server announces.',
    },
    user: { ...text, description: 'Of a call of an access server: whose frames it carries.' },
    pnsCallId: { ...count, maximum: 65_535 },
    pacCallId: { ...count, maximum: 65_535 },
    encryption: { ...text, description: 'Absent if IPCP never opened.' },
    kinds: whole(Object.fromEntries(FRAME_KINDS.filter(kind => kind !== 'other').map(kind => [kind, account]))),
    transfers: whole({ octets: count, took: nanoseconds }),
    computed: {
      ...numbers(['keyChanges', 'sha1Blocks', 'rc4Keys', 'rc4Octets']),
      description: 'At the end of the user, both directions together.',
    },
  },
  name => name === 'user' || name === 'encryption' || name === 'computed',
)

const number: Schema = { type: 'integer', minimum: 1, description: 'In the order of asking.' }
const question = object(
  {
    type: { const: 'question' },
    t: { ...nanoseconds, description: 'Nothing of this moment has happened when it is asked.' },
    no: number,
    text,
    answers: { type: 'array', items: text, minItems: 2 },
    shows: { ...text, description: 'The check that shows the answer; without one it is judged at once.' },
  },
  name => name === 'shows',
)
const answer = object(
  {
    type: { const: 'answer' },
    t: { ...nanoseconds, description: 'When the run had shown what is right, or its end.' },
    no: number,
    outcome: {
      ...words(['right', 'wrong', 'skipped', 'open', 'refuted']),
      description: 'open: the run has ended before; refuted: its check has failed, and `correct` does not hold.',
    },
    answer: { ...text, description: 'Absent: skipped.' },
    sure: { ...words(SURENESS), description: 'Absent: not said.' },
    correct: text,
    because: text,
  },
  name => name === 'answer' || name === 'sure',
)

export const runJsonSchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'One line of `pptp-lab run LAB --json`',
  description:
    'The first line is the run, the last the result; between them stands one line for each event (docs/trace.md). `--ledger` adds one line before the result, `--quiz` two for each question that was answered.',
  oneOf: ['run', ...Object.keys(EVENTS), 'question', 'answer', 'ledger', 'result'].map(name => ({
    $ref: `#/definitions/${name}`,
  })),
  definitions: {
    run: whole({
      type: { const: 'run' },
      format: { const: 1, description: 'Of these lines; fields may be added without a new number.' },
      lab: text,
      seed: count,
      version: text,
    }),
    ...Object.fromEntries((Object.keys(EVENTS) as EventName[]).map(event => [event, eventLine(event)])),
    question,
    answer,
    ledger: whole({ type: { const: 'ledger' }, calls: { type: 'array', items: call } }),
    result: object(
      {
        type: { const: 'result' },
        t: nanoseconds,
        ok: { ...flag, description: 'Has no check of level error failed?' },
        interrupted: flag,
        checks: { type: 'array', items: check },
        failures: {
          type: 'array',
          items: failure,
          description: 'Tunnels and dial-ups that failed, with what Windows and Linux show their users.',
        },
        drops: {
          type: 'object',
          propertyNames: words(Object.keys(DROP_REASONS)),
          additionalProperties: { type: 'integer', minimum: 1 },
          description: 'How many packets were discarded, by reason.',
        },
        fingerprint: hash,
        fingerprints: { type: 'object', additionalProperties: hash, description: 'By machine and by link.' },
        recorded: { ...hash, description: 'Of a run file: the fingerprint of the run that was recorded.' },
        same: { ...flag, description: 'Of a run file: is this the same run?' },
      },
      name => name === 'recorded' || name === 'same',
    ),
  },
})

export const runJsonSchemaText = (): string => `${JSON.stringify(runJsonSchema(), null, 2)}\n`
