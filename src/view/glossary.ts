/**
 * What the words of packets, machines and screens mean, with the RFC and its section: one closed table for everybody
 * who explains. Drop reasons have their sentences in base/drop.ts, codes of PPTP theirs in wire/pptp.ts; they are taken
 * from there.
 */
import { DROP_REASONS, type DropReason } from '../base/drop.ts'
import type { Field } from '../base/field.ts'
import type { TraceEvent } from '../base/trace.ts'
import * as Pptp from '../wire/pptp.ts'
import { CONTROL_PARTS, type Explained, FIELDS, OPTION_PARTS } from './glossary-fields.ts'
import {
  CHECK_TEXTS,
  EVENT_TEXTS,
  KINDS,
  MESSAGE_PLACES,
  MESSAGE_TEXTS,
  SIGNAL_TEXTS,
  STATE_TEXTS,
  WORDS,
} from './glossary-words.ts'

export interface Explanation {
  /** What is explained: `callId of GRE`, `Req-Sent`. */
  readonly title: string
  /** What it is here: `call 7`; empty where nothing is to be said. */
  readonly here: string
  readonly text: string
  /** Values that it can have, `2  General Error`; empty where any number will do. */
  readonly values: readonly string[]
  /** `RFC 2637 §2.7`; empty: no RFC says it. */
  readonly see: string
}

const explanation = (
  title: string,
  [text, see]: Explained,
  more: Partial<Pick<Explanation, 'here' | 'values'>> = {},
): Explanation => ({ title, here: '', values: [], ...more, text, see })

/** The names of the layer and the field: the last two of a path that are no repetition of one. */
const entryOf = (path: readonly Field[]): Explained | undefined => {
  const field = path.at(-1)
  const parent = path.at(-2)
  if (field === undefined) return undefined
  const known = (parent && FIELDS[`${parent.name}/${field.name}`]) ?? FIELDS[field.name]
  if (known) return known
  if (isUnknownOption(field.name)) return UNKNOWN_OPTION
  if (parent && isUnknownOption(parent.name)) return OPTION_PARTS[field.name]
  if (isUnknownProtocol(field.name)) return UNKNOWN_PROTOCOL
  return parent && isUnknownProtocol(parent.name) ? CONTROL_PARTS[field.name] : undefined
}

/** `0x8e3f`: by its number a control protocol, whose packets are built as those of LCP. */
const isUnknownProtocol = (name: string): boolean => /^0x[0-9a-f]{4}$/.test(name)
const UNKNOWN_PROTOCOL: Explained = [
  'A control protocol of PPP that nobody speaks here: it is answered by a Protocol-Reject.',
  'RFC 1661 §5.7',
]

/** `option77`: a number that no RFC of ours gives a meaning. */
const isUnknownOption = (name: string): boolean => /^option\d+$/.test(name)
const UNKNOWN_OPTION: Explained = [
  'An option whose number means nothing here. Who does not know one rejects it.',
  'RFC 1661 §5.4',
]

/**
 * A field of a dissected packet; `path` leads from its layer to it. `undefined` where the table has nothing, which is only
 * so for names that no dissector of ours gives.
 */
export function explainField(path: readonly Field[]): Explanation | undefined {
  const entry = entryOf(path)
  const field = path.at(-1)
  if (!entry || !field) return undefined
  const parent = path.at(-2)
  const message = path.findLast(({ name }) => name === 'pptp')
  const type = message && messageOf(message)
  const trouble = field.problem === undefined ? '' : `, and that is wrong: ${field.problem}`
  const more = { here: `${field.text}${trouble}`, values: type ? codesOf(type, field.name) : [] }
  if (type === undefined) return explanation(titleOf(field, parent), entry, more)
  const section = `RFC 2637 §2.${Pptp.MESSAGES[type].code}`
  const general = entry[1] === 'RFC 2637 §2' && !HEADER.has(field.name)
  const text = field === message ? MESSAGE_TEXTS[type] : entry[0]
  const title = field === message ? Pptp.MESSAGES[type].title : titleOf(field, parent)
  return explanation(title, [text, general ? section : entry[1]], more)
}

/** Fields of the header that every control message has: RFC 2637 §2 itself. */
const HEADER: ReadonlySet<string> = new Set([...['pptpMessageType', 'magicCookie', 'controlMessageType', 'reserved0']])

const ACRONYMS = new Set([
  ...['arp', 'icmp', 'tcp', 'udp', 'pptp', 'gre', 'hdlc', 'ppp', 'lcp', 'ccp', 'ipcp', 'ipv6cp', 'ecp', 'pap', 'chap'],
  ...['mppe', 'radius', 'vlan', 'accm', 'mru', 'pfc', 'acfc'],
])
const PROPER: Readonly<Record<string, string>> = { ethernet: 'Ethernet', ipv4: 'IP' }
const namedAs = (name: string): string => (ACRONYMS.has(name) ? name.toUpperCase() : (PROPER[name] ?? name))

const titleOf = ({ name }: Field, parent: Field | undefined): string =>
  parent === undefined || parent.name === name ? namedAs(name) : `${namedAs(name)} of ${namedAs(parent.name)}`

const TYPES = new Map<number, Pptp.MessageName>(
  (Object.keys(Pptp.MESSAGES) as Pptp.MessageName[]).map(name => [Pptp.MESSAGES[name].code, name]),
)

const messageOf = ({ children = [] }: Field): Pptp.MessageName | undefined =>
  TYPES.get(Number(children.find(({ name }) => name === 'controlMessageType')?.value))

function codesOf(type: Pptp.MessageName, name: string): string[] {
  if (name === 'controlMessageType')
    return [...TYPES].map(([code, message]) => `${code}  ${Pptp.MESSAGES[message].title}`)
  const rules: readonly { readonly name: string; readonly codes?: Readonly<Record<number, string>> | undefined }[] =
    Pptp.MESSAGES[type].fields
  return Object.entries(rules.find(rule => rule.name === name)?.codes ?? {}).map(([code, text]) => `${code}  ${text}`)
}

export const explainDrop = (reason: DropReason): Explanation =>
  explanation(reason, [DROP_REASONS[reason], ''], { here: 'a packet was discarded' })

/** A state by the name of its machine in the trace: `calls[alice].ppp.lcp`, `tcp[…]`, `line.call`. */
export function explainState(machine: string, state: string): Explanation | undefined {
  const kind = kindOf(machine)
  const entry = STATE_TEXTS[kind]?.[state]
  return entry && explanation(spelled(state), entry, { here: `state of ${machine}` })
}

/** `Req-Sent` of `req-sent`, as the RFCs write it. */
const spelled = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

function kindOf(machine: string): string {
  if (machine.startsWith('tcp[')) return 'tcp'
  if (/(^|\.)line\.call$|^lines\[[^\]]+\]\.call$/.test(machine)) return 'line'
  return machine.split('.').at(-1) ?? ''
}

/** A message of PPTP or PPP by its type in the trace. */
export function explainMessage(proto: 'pptp' | 'ppp', type: string): Explanation | undefined {
  const text = MESSAGE_TEXTS[type]
  if (text === undefined) return undefined
  const pptp = proto === 'pptp' ? [...TYPES].find(([, name]) => name === type) : undefined
  return explanation(spelled(type), [text, pptp ? `RFC 2637 §2.${pptp[0]}` : (MESSAGE_PLACES[type] ?? '')])
}

/** An event of the trace: what it says of itself, and the state or reason in it. */
export function explainEvent(event: TraceEvent): readonly Explanation[] {
  const general = explanation(event.event, [EVENT_TEXTS[event.event], ''])
  switch (event.event) {
    case 'drop':
      return [explainDrop(event.reason), general]
    case 'state':
      return [
        ...found(explainState(event.machine, event.to)),
        ...found(explainState(event.machine, event.from)),
        general,
      ]
    case 'pptp-message':
      return [...found(explainMessage('pptp', event.type)), general]
    case 'ppp-message':
      return [...found(explainMessage('ppp', event.type)), ...found(explainWord(event.proto.toUpperCase())), general]
    case 'line-signal':
      return [explanation(event.type, [SIGNAL_TEXTS[event.type], '']), general]
    default:
      return [general]
  }
}

/** A check, by when it is judged: `by 2.000 s`. */
export function explainCheck(name: string, when: string): Explanation | undefined {
  const text = CHECK_TEXTS[when.split(' ')[0]]
  return text === undefined
    ? undefined
    : explanation(name, [text, ''], { here: `judged ${when.replaceAll('.000 s', ' s')}` })
}

/** A kind of machine, as lab files name it. */
export const explainKind = (kind: string): Explanation | undefined => KINDS[kind] && explanation(kind, KINDS[kind])

/** A word of the screen. */
export function explainWord(name: string): Explanation | undefined {
  const word = WORDS[name]
  return word && explanation(name, [word.text, word.see])
}

const found = (one: Explanation | undefined): readonly Explanation[] => (one ? [one] : [])
