/**
 * `seen` and `unseen`: patterns over the events of the trace. Every word that comes from a closed list is checked
 * against it, because an `unseen` with a slip in it would always pass.
 */
import * as v from 'valibot'
import { NAMED_SERVICES, SERVICE_ENDS } from '../app/services.ts'
import { DROP_REASONS } from '../base/drop.ts'
import { MALFORMED } from '../base/result.ts'
import { EVENTS, type EventFields, type EventName } from '../base/trace.ts'
import { TUNNEL_END_REASONS, TUNNEL_LAYERS } from '../base/tunnel-end.ts'
import { CODES } from '../wire/radius.ts'
import { CAUSE } from '../wire/radius-attributes.ts'
import { flag, oneOf, show, text, type Wrong } from './leaf.ts'
import { map } from './map.ts'

const WAY = ['sent', 'received'] as const

/** The closed lists of words, by event and field. */
const WORDS: { readonly [K in EventName]?: Readonly<Record<string, readonly string[]>> } = {
  drop: { reason: Object.keys(DROP_REASONS), why: Object.keys(MALFORMED) },
  'pptp-message': {
    way: WAY,
    // RFC 2637 §2
    type: [
      'start-control-connection-request',
      'start-control-connection-reply',
      'stop-control-connection-request',
      'stop-control-connection-reply',
      'echo-request',
      'echo-reply',
      'outgoing-call-request',
      'outgoing-call-reply',
      'incoming-call-request',
      'incoming-call-reply',
      'incoming-call-connected',
      'call-clear-request',
      'call-disconnect-notify',
      'wan-error-notify',
      'set-link-info',
    ],
  },
  'ppp-message': {
    way: WAY,
    // RFC 1661 §5, 1570 §1.1, 1962 §3, 1334 §2.2, 1994 §4
    type: [
      'configure-request',
      'configure-ack',
      'configure-nak',
      'configure-reject',
      'terminate-request',
      'terminate-ack',
      'code-reject',
      'protocol-reject',
      'echo-request',
      'echo-reply',
      'discard-request',
      'identification',
      'reset-request',
      'reset-ack',
      'authenticate-request',
      'authenticate-ack',
      'authenticate-nak',
      'challenge',
      'response',
      'success',
      'failure',
    ],
  },
  'radius-message': { way: WAY, type: Object.keys(CODES) },
  'radius-silent': { type: ['access-request', 'accounting-request'] },
  account: { cause: Object.keys(CAUSE) },
  interface: { to: ['up', 'down'] },
  'tunnel-end': { layer: TUNNEL_LAYERS, reason: Object.keys(TUNNEL_END_REASONS) },
  route: { action: ['add', 'remove'] },
  arp: { way: WAY, type: ['request', 'reply', 'announcement'] },
  nat: { field: ['source', 'destination', 'call-id', 'quoted', 'mss'] },
  'nat-helper': { field: ['callId', 'peerCallId'] },
  flow: { action: ['begin', 'end'] },
  served: { service: NAMED_SERVICES, end: SERVICE_ENDS },
}
const NUMBERS = new Set([
  ...['length', 'id', 'seq', 'tries', 'bytes', 'port', 'received', 'sent'],
  ...['seconds', 'octetsIn', 'octetsOut', 'packetsIn', 'packetsOut'],
])
const DURATIONS = new Set(['rtt', 'took'])
const FLAGS = new Set(['ok'])

export const isNumberField = (field: string): boolean => NUMBERS.has(field)
export const isDurationField = (field: string): boolean => DURATIONS.has(field)

export const COMPARISON = /^(==|!=|<=|>=|<|>) ?(\d+)$/
const DURATION_COMPARISON = /^(==|!=|<=|>=|<|>) ?(\d+(\.\d+)?(ns|us|ms|s|m|min|h))$/

const numberWrong = ({ input }: Wrong) => `${show(input)} is neither a number nor a comparison such as ">= 10".`
export const comparison = (describe: string) =>
  v.pipe(
    v.union(
      [
        v.pipe(v.number(numberWrong), v.integer(numberWrong), v.minValue(0, numberWrong)),
        v.pipe(v.string(numberWrong), v.regex(COMPARISON, numberWrong)),
      ],
      numberWrong,
    ),
    v.description(describe),
  )
const durationWrong = ({ input }: Wrong) =>
  `${show(input)} is no comparison with a duration.\nfor example "<= 50ms": an operator, then a number with one of ns, us, ms, s, m, h`

function fieldSchema(event: EventName, field: string): v.GenericSchema {
  const words = WORDS[event]?.[field]
  if (words) return oneOf(words, `Field \`${field}\` of the event.`)
  if (NUMBERS.has(field)) return comparison(`Field \`${field}\` of the event: a number or a comparison.`)
  if (FLAGS.has(field)) return flag(`Field \`${field}\` of the event.`)
  if (DURATIONS.has(field)) {
    return v.pipe(
      v.string(durationWrong),
      v.regex(DURATION_COMPARISON, durationWrong),
      v.description(`Field \`${field}\` of the event: a comparison with a duration.`),
    )
  }
  return text(`Field \`${field}\` of the event, exactly as the trace has it.`, 1000)
}

function eventSchema(event: EventName, counted: boolean) {
  const entries: { event: v.GenericSchema; [key: string]: v.GenericSchema } = {
    event: v.literal(event),
    at: v.optional(text('The node at which it happens; without it, any node.')),
  }
  for (const field of EVENTS[event]) entries[field] = v.optional(fieldSchema(event, field))
  if (counted) entries.count = v.optional(comparison('How many of them; without it, at least one.'), '>= 1')
  return map(`the event ${event}`, entries)
}

const names = Object.keys(EVENTS) as EventName[]
const unknownEvent = ({ input }: Wrong) =>
  typeof input === 'string'
    ? `The trace has no event ${show(input)}.\n?${names.join(' ')}`
    : `Here the name of an event of the trace must stand: \`event: …\`.\nknown here: ${names.join(', ')}`

/** As a file writes it: an event of the trace, and values or comparisons for its fields. */
type Pattern = {
  [K in EventName]: { event: K; at?: string } & {
    [F in keyof EventFields[K]]?: EventFields[K][F] | string | number
  }
}[EventName]

export const seenSchema = v.pipe(
  v.variant(
    'event',
    names.map(event => eventSchema(event, true)),
    unknownEvent,
  ),
  v.description('Such events must have happened.'),
) as v.GenericSchema as v.GenericSchema<Pattern & { count?: number | string }>
export const unseenSchema = v.pipe(
  v.variant(
    'event',
    names.map(event => eventSchema(event, false)),
    unknownEvent,
  ),
  v.description('No such event may have happened.'),
) as v.GenericSchema as v.GenericSchema<Pattern>
