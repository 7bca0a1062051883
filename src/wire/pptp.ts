/**
 * PPTP control messages. Read RFC 2637 §1.4 and §2.
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |             Length            |       PPTP Message Type       |
 *  +-------------------------------+-------------------------------+
 *  |                         Magic Cookie                          |
 *  +-------------------------------+-------------------------------+
 *  |     Control Message Type      |           Reserved0           |
 *  +-------------------------------+-------------------------------+
 *  |  the fields of the message: `MESSAGES`, in their order        |
 *
 * Longer than 400 lines, since it is fifteen messages, with their codes and words, as tables.
 *
 * Limits: reserved fields are not looked at when a message is parsed (`describe` marks those that are not zero), and
 * are written as zero. Every message has one length; another is refused. A string is its octets without the zeros at
 * the end, one character an octet, so that it is written back as it came; the RFC says ASCII.
 */
import { concat, get16, get32, set16, set32, toAscii } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import { bad, good, type Malformed, type Parsed } from '../base/result.ts'

export const PORT = 1723
export const MAGIC_COOKIE = 0x1a2b3c4d
export const VERSION = 0x0100
export const HEADER_LENGTH = 12
const CONTROL = 1

type Codes = Readonly<Record<number, string>>

/** §2.16 General Error Codes. */
export const ERROR_CODES: Codes = {
  0: 'None',
  1: 'Not-Connected',
  2: 'Bad-Format',
  3: 'Bad-Value',
  4: 'No-Resource',
  5: 'Bad-Call ID',
  6: 'PAC-Error',
}
/**
 * Cause codes (§2.8, §2.13): "for ISDN calls, the Q.931 cause code"; the words are those of Q.850. 0 says nothing.
 */
export const CAUSE_CODES: Codes = {
  0: 'None',
  1: 'Unallocated number',
  3: 'No route to destination',
  16: 'Normal call clearing',
  17: 'User busy',
  18: 'No user responding',
  19: 'No answer from user',
  20: 'Subscriber absent',
  21: 'Call rejected',
  22: 'Number changed',
  27: 'Destination out of order',
  28: 'Invalid number format',
  31: 'Normal, unspecified',
  34: 'No circuit or channel available',
  38: 'Network out of order',
  41: 'Temporary failure',
  42: 'Switching equipment congestion',
  44: 'Requested circuit or channel not available',
  47: 'Resource unavailable',
  58: 'Bearer capability not presently available',
  65: 'Bearer capability not implemented',
  88: 'Incompatible destination',
  102: 'Recovery on timer expiry',
  111: 'Protocol error',
  127: 'Interworking',
}
const START_RESULTS: Codes = {
  1: 'Successful channel establishment',
  2: 'General error',
  3: 'Command channel already exists',
  4: 'Requester is not authorized',
  5: 'Protocol version not supported',
}
const STOP_REASONS: Codes = { 1: 'None', 2: 'Stop-Protocol', 3: 'Stop-Local-Shutdown' }
const OK_RESULTS: Codes = { 1: 'OK', 2: 'General error' }
const OUTGOING_RESULTS: Codes = {
  1: 'Connected',
  2: 'General Error',
  3: 'No Carrier',
  4: 'Busy',
  5: 'No Dial Tone',
  6: 'Time-out',
  7: 'Do Not Accept',
}
const INCOMING_RESULTS: Codes = { 1: 'Connect', 2: 'General Error', 3: 'Do Not Accept' }
const DISCONNECT_RESULTS: Codes = { 1: 'Lost Carrier', 2: 'General Error', 3: 'Admin Shutdown', 4: 'Request' }
const FRAMING: Codes = { 1: 'asynchronous', 2: 'synchronous', 3: 'either' }
const BEARER: Codes = { 1: 'analog', 2: 'digital', 3: 'either' }

type Kind = 'number' | 'text' | 'reserved'
interface Rule<N extends string = string, K extends Kind = Kind> {
  readonly name: N
  readonly kind: K
  readonly size: number
  readonly codes?: Codes | undefined
  readonly hex?: boolean
}
const u8 = <N extends string>(name: N, codes?: Codes): Rule<N, 'number'> => ({ name, kind: 'number', size: 1, codes })
const u16 = <N extends string>(name: N, codes?: Codes): Rule<N, 'number'> => ({ name, kind: 'number', size: 2, codes })
const u32 = <N extends string>(name: N, codes?: Codes): Rule<N, 'number'> => ({ name, kind: 'number', size: 4, codes })
const hex16 = <N extends string>(name: N): Rule<N, 'number'> => ({ name, kind: 'number', size: 2, hex: true })
const hex32 = <N extends string>(name: N): Rule<N, 'number'> => ({ name, kind: 'number', size: 4, hex: true })
const text = <N extends string>(name: N, size = 64): Rule<N, 'text'> => ({ name, kind: 'text', size })
const reserved = <N extends string>(name: N, size: number): Rule<N, 'reserved'> => ({ name, kind: 'reserved', size })

/** All control messages: number, name in the RFC, fields after the header in their order. */
export const MESSAGES = {
  'start-control-connection-request': {
    code: 1,
    title: 'Start-Control-Connection-Request',
    results: {},
    fields: [
      hex16('protocolVersion'),
      reserved('reserved1', 2),
      u32('framingCapabilities', FRAMING),
      u32('bearerCapabilities', BEARER),
      u16('maximumChannels'),
      u16('firmwareRevision'),
      text('hostName'),
      text('vendorName'),
    ],
  },
  'start-control-connection-reply': {
    code: 2,
    title: 'Start-Control-Connection-Reply',
    results: START_RESULTS,
    fields: [
      hex16('protocolVersion'),
      u8('resultCode', START_RESULTS),
      u8('errorCode', ERROR_CODES),
      u32('framingCapabilities', FRAMING),
      u32('bearerCapabilities', BEARER),
      u16('maximumChannels'),
      u16('firmwareRevision'),
      text('hostName'),
      text('vendorName'),
    ],
  },
  'stop-control-connection-request': {
    code: 3,
    title: 'Stop-Control-Connection-Request',
    results: {},
    fields: [u8('reason', STOP_REASONS), reserved('reserved1', 1), reserved('reserved2', 2)],
  },
  'stop-control-connection-reply': {
    code: 4,
    title: 'Stop-Control-Connection-Reply',
    results: OK_RESULTS,
    fields: [u8('resultCode', OK_RESULTS), u8('errorCode', ERROR_CODES), reserved('reserved1', 2)],
  },
  'echo-request': { code: 5, title: 'Echo-Request', results: {}, fields: [u32('identifier')] },
  'echo-reply': {
    code: 6,
    title: 'Echo-Reply',
    results: OK_RESULTS,
    fields: [u32('identifier'), u8('resultCode', OK_RESULTS), u8('errorCode', ERROR_CODES), reserved('reserved1', 2)],
  },
  'outgoing-call-request': {
    code: 7,
    title: 'Outgoing-Call-Request',
    results: {},
    fields: [
      u16('callId'),
      u16('callSerialNumber'),
      u32('minimumBps'),
      u32('maximumBps'),
      u32('bearerType', BEARER),
      u32('framingType', FRAMING),
      u16('packetRecvWindowSize'),
      u16('packetProcessingDelay'),
      u16('phoneNumberLength'),
      reserved('reserved1', 2),
      text('phoneNumber'),
      text('subaddress'),
    ],
  },
  'outgoing-call-reply': {
    code: 8,
    title: 'Outgoing-Call-Reply',
    results: OUTGOING_RESULTS,
    fields: [
      u16('callId'),
      u16('peerCallId'),
      u8('resultCode', OUTGOING_RESULTS),
      u8('errorCode', ERROR_CODES),
      u16('causeCode', CAUSE_CODES),
      u32('connectSpeed'),
      u16('packetRecvWindowSize'),
      u16('packetProcessingDelay'),
      u32('physicalChannelId'),
    ],
  },
  'incoming-call-request': {
    code: 9,
    title: 'Incoming-Call-Request',
    results: {},
    fields: [
      u16('callId'),
      u16('callSerialNumber'),
      u32('callBearerType', BEARER),
      u32('physicalChannelId'),
      u16('dialedNumberLength'),
      u16('dialingNumberLength'),
      text('dialedNumber'),
      text('dialingNumber'),
      text('subaddress'),
    ],
  },
  'incoming-call-reply': {
    code: 10,
    title: 'Incoming-Call-Reply',
    results: INCOMING_RESULTS,
    fields: [
      u16('callId'),
      u16('peerCallId'),
      u8('resultCode', INCOMING_RESULTS),
      u8('errorCode', ERROR_CODES),
      u16('packetRecvWindowSize'),
      u16('packetTransmitDelay'),
      reserved('reserved1', 2),
    ],
  },
  'incoming-call-connected': {
    code: 11,
    title: 'Incoming-Call-Connected',
    results: {},
    fields: [
      u16('peerCallId'),
      reserved('reserved1', 2),
      u32('connectSpeed'),
      u16('packetRecvWindowSize'),
      u16('packetTransmitDelay'),
      u32('framingType', FRAMING),
    ],
  },
  'call-clear-request': {
    code: 12,
    title: 'Call-Clear-Request',
    results: {},
    fields: [u16('callId'), reserved('reserved1', 2)],
  },
  'call-disconnect-notify': {
    code: 13,
    title: 'Call-Disconnect-Notify',
    results: DISCONNECT_RESULTS,
    fields: [
      u16('callId'),
      u8('resultCode', DISCONNECT_RESULTS),
      u8('errorCode', ERROR_CODES),
      u16('causeCode', CAUSE_CODES),
      reserved('reserved1', 2),
      text('callStatistics', 128),
    ],
  },
  'wan-error-notify': {
    code: 14,
    title: 'WAN-Error-Notify',
    results: {},
    fields: [
      u16('peerCallId'),
      reserved('reserved1', 2),
      u32('crcErrors'),
      u32('framingErrors'),
      u32('hardwareOverruns'),
      u32('bufferOverruns'),
      u32('timeOutErrors'),
      u32('alignmentErrors'),
    ],
  },
  'set-link-info': {
    code: 15,
    title: 'Set-Link-Info',
    results: {},
    fields: [u16('peerCallId'), reserved('reserved1', 2), hex32('sendAccm'), hex32('receiveAccm')],
  },
} as const

export type MessageName = keyof typeof MESSAGES
type FieldsOf<N extends MessageName> = {
  readonly [R in (typeof MESSAGES)[N]['fields'][number] as R extends Rule<string, 'reserved'>
    ? never
    : R['name']]: R extends Rule<string, 'text'> ? string : number
}
/** One control message with its fields; `Message` alone is the union of all. */
export type Message<N extends MessageName = MessageName> = {
  [K in N]: { readonly type: K } & FieldsOf<K>
}[N]

const NAMES = new Map<number, MessageName>(
  (Object.keys(MESSAGES) as MessageName[]).map(name => [MESSAGES[name].code, name]),
)
const rulesOf = (name: MessageName): readonly Rule[] => MESSAGES[name].fields
const lengthOf = (name: MessageName): number => rulesOf(name).reduce((sum, rule) => sum + rule.size, HEADER_LENGTH)
/** Octets of each message, header included. */
export const LENGTHS: ReadonlyMap<MessageName, number> = new Map(
  [...NAMES.values()].map(name => [name, lengthOf(name)]),
)
/** The longest message, Incoming-Call-Request, has 220 octets; what is longer than this was never meant as one. */
export const LONGEST = 512

/** What is wrong with the header, and where; undefined if it announces a message that we know. */
function judge(b: Uint8Array): { readonly reason: Malformed; readonly offset: number } | undefined {
  if (b.length < HEADER_LENGTH) return { reason: 'truncated', offset: b.length }
  if (get32(b, 4) !== MAGIC_COOKIE) return { reason: 'bad-cookie', offset: 4 }
  if (get16(b, 2) !== CONTROL) return { reason: 'bad-type', offset: 2 }
  const name = NAMES.get(get16(b, 8))
  if (name === undefined) return { reason: 'bad-type', offset: 8 }
  if (get16(b, 0) !== LENGTHS.get(name)) return { reason: 'bad-length', offset: 0 }
  return undefined
}

/** One message; octets after its end are not looked at. */
export function parse(b: Uint8Array): Parsed<Message> {
  const wrong = judge(b)
  if (wrong) return bad(wrong.reason, wrong.offset)
  const type = NAMES.get(get16(b, 8)) as MessageName
  if (b.length < (LENGTHS.get(type) as number)) return bad('truncated', b.length)
  const message: Record<string, string | number> = { type }
  let at = HEADER_LENGTH
  for (const rule of rulesOf(type)) {
    if (rule.kind !== 'reserved') message[rule.name] = read(b, at, rule)
    at += rule.size
  }
  return good(message as unknown as Message)
}

export function write(message: Message): Uint8Array {
  const rules = rulesOf(message.type)
  const out = new Uint8Array(LENGTHS.get(message.type) as number)
  set16(out, 0, out.length)
  set16(out, 2, CONTROL)
  set32(out, 4, MAGIC_COOKIE)
  set16(out, 8, MESSAGES[message.type].code)
  const values = message as unknown as Readonly<Record<string, string | number>>
  let at = HEADER_LENGTH
  for (const rule of rules) {
    if (rule.kind !== 'reserved') put(out, at, rule, values[rule.name])
    at += rule.size
  }
  return out
}

function read(b: Uint8Array, at: number, rule: Rule): string | number {
  if (rule.kind === 'text') {
    let end = at + rule.size
    while (end > at && b[end - 1] === 0) end--
    let out = ''
    for (let i = at; i < end; i++) out += String.fromCharCode(b[i])
    return out
  }
  return rule.size === 1 ? b[at] : rule.size === 2 ? get16(b, at) : get32(b, at)
}

function put(b: Uint8Array, at: number, rule: Rule, value: string | number): void {
  if (typeof value === 'string') {
    if (value.length > rule.size) throw new Error(`${rule.name} has more than ${rule.size} octets`)
    for (let i = 0; i < value.length; i++) b[at + i] = value.charCodeAt(i)
  } else if (rule.size === 1) b[at] = value
  else if (rule.size === 2) set16(b, at, value)
  else set32(b, at, value)
}

/** The message as a tree of fields; what does not fit its type is shown as far as it goes. */
export function describe(b: Uint8Array, offset: number): Field {
  const name = b.length >= 10 ? NAMES.get(get16(b, 8)) : undefined
  const title = name ? MESSAGES[name].title : 'PPTP'
  const children: Field[] = []
  let at = 0
  for (const rule of [...HEADER, ...(name ? rulesOf(name) : [])]) {
    if (at + rule.size > b.length) break
    children.push(describeField(b, at, offset + at, rule))
    at += rule.size
  }
  const wrong = judge(b) ?? (b.length < at ? { reason: 'truncated' as const } : undefined)
  const short = name !== undefined && b.length < (LENGTHS.get(name) as number)
  const problem = wrong?.reason ?? (short ? 'truncated' : undefined)
  const length = name ? Math.min(b.length, LENGTHS.get(name) as number) : b.length
  const whole = layer('pptp', offset, length, title, children)
  return problem === undefined ? whole : { ...whole, problem: PROBLEMS[problem] ?? problem }
}

const HEADER: readonly Rule[] = [
  u16('length'),
  u16('pptpMessageType'),
  hex32('magicCookie'),
  u16('controlMessageType'),
  reserved('reserved0', 2),
]
const PROBLEMS: Readonly<Partial<Record<Malformed, string>>> = {
  truncated: 'the message is longer than the octets that are there',
  'bad-cookie': 'the magic cookie is not 1a2b3c4d',
  'bad-type': 'no control message of RFC 2637',
  'bad-length': 'the length does not fit the type',
}

function describeField(b: Uint8Array, at: number, offset: number, rule: Rule): Field {
  if (rule.kind === 'text') {
    const value = read(b, at, rule) as string
    return field(rule.name, offset, rule.size, value, toAscii(b.subarray(at, at + rule.size)))
  }
  const value = read(b, at, rule) as number
  const shown = show(rule, value)
  const plain = field(rule.name, offset, rule.size, value, shown)
  return rule.kind === 'reserved' && value !== 0 ? { ...plain, problem: 'must be zero' } : plain
}

function show(rule: Rule, value: number): string {
  if (rule.name === 'controlMessageType') {
    const name = NAMES.get(value)
    return `${value} (${name ? MESSAGES[name].title : 'unknown'})`
  }
  if (rule.hex) return `0x${value.toString(16).padStart(2 * rule.size, '0')}`
  return rule.codes ? `${value} (${rule.codes[value] ?? (value === 0 ? 'none' : 'unknown')})` : String(value)
}

/** `5 (No Dial Tone)` for a result code of this message. */
export const resultText = (type: MessageName, code: number): string =>
  `${code} (${(MESSAGES[type].results as Codes)[code] ?? 'unknown'})`
export const errorText = (code: number): string => `${code} (${ERROR_CODES[code] ?? 'unknown'})`
export const causeText = (code: number): string => `${code} (${CAUSE_CODES[code] ?? 'unknown'})`
export const stopReasonText = (code: number): string => `${code} (${STOP_REASONS[code] ?? 'unknown'})`

/** `result 2 (General Error), error 4 (No-Resource), cause 17 (User busy)`, without those that say nothing. */
export function codesText(
  type: MessageName,
  codes: { readonly resultCode: number; readonly errorCode: number; readonly causeCode?: number },
): string {
  const { resultCode, errorCode, causeCode = 0 } = codes
  const cause = causeCode === 0 ? '' : `, cause ${causeText(causeCode)}`
  return `result ${resultText(type, resultCode)}${withError(errorCode)}${cause}`
}

/** One line for the trace: what a reader wants to know of the message. */
export function summary(m: Message): string {
  switch (m.type) {
    case 'start-control-connection-request':
      return `version ${version(m.protocolVersion)}, host ${m.hostName || '-'}, vendor ${m.vendorName || '-'}`
    case 'start-control-connection-reply':
      return `result ${resultText(m.type, m.resultCode)}${withError(m.errorCode)}, version ${version(m.protocolVersion)}, host ${m.hostName || '-'}, vendor ${m.vendorName || '-'}`
    case 'stop-control-connection-request':
      return `reason ${stopReasonText(m.reason)}`
    case 'stop-control-connection-reply':
      return `result ${resultText(m.type, m.resultCode)}${withError(m.errorCode)}`
    case 'echo-request':
      return `identifier ${m.identifier}`
    case 'echo-reply':
      return `identifier ${m.identifier}, result ${resultText(m.type, m.resultCode)}${withError(m.errorCode)}`
    case 'outgoing-call-request':
      return `call ${m.callId}, speed ${m.minimumBps}..${m.maximumBps}, window ${m.packetRecvWindowSize}`
    case 'outgoing-call-reply':
      return `call ${m.callId}, peer's call ${m.peerCallId}, ${codesText(m.type, m)}, speed ${m.connectSpeed}, window ${m.packetRecvWindowSize}`
    case 'incoming-call-request':
      return `call ${m.callId}, dialed ${m.dialedNumber || '-'}, dialing ${m.dialingNumber || '-'}`
    case 'incoming-call-reply':
      return `call ${m.callId}, peer's call ${m.peerCallId}, result ${resultText(m.type, m.resultCode)}${withError(m.errorCode)}, window ${m.packetRecvWindowSize}`
    case 'incoming-call-connected':
      return `peer's call ${m.peerCallId}, speed ${m.connectSpeed}, window ${m.packetRecvWindowSize}`
    case 'call-clear-request':
      return `call ${m.callId}`
    case 'call-disconnect-notify':
      return `call ${m.callId}, ${codesText(m.type, m)}`
    case 'wan-error-notify':
      return `peer's call ${m.peerCallId}, crc ${m.crcErrors}, framing ${m.framingErrors}, overruns ${m.hardwareOverruns}+${m.bufferOverruns}, time-outs ${m.timeOutErrors}, alignment ${m.alignmentErrors}`
    case 'set-link-info':
      return `peer's call ${m.peerCallId}, accm ${hex32Text(m.sendAccm)}/${hex32Text(m.receiveAccm)}`
  }
}
const version = (v: number): string => `${v >>> 8}.${v & 255}`
const withError = (code: number): string => (code === 0 ? '' : `, error ${errorText(code)}`)
const hex32Text = (v: number): string => v.toString(16).padStart(8, '0')

/** Octets of the control stream that are no message. */
export interface Rubbish {
  /** Where it starts in the stream. */
  readonly offset: number
  readonly reason: Malformed
  /**
   * The stream cannot be split any further: a wrong cookie or a length that no message has. "Loss of synchronization
   * must result in immediate closing of the control connection's TCP session" (§1.4). What is merely unknown, or has
   * not the length of its type, is passed over by its length field, and the stream goes on.
   */
  readonly fatal: boolean
  /** The octets themselves: the header if it is fatal, else the whole frame. */
  readonly bytes: Uint8Array
}

export interface SplitterSinks {
  /** `bytes` is valid during the call only. */
  message(message: Message, bytes: Uint8Array, offset: number): void
  rubbish(rubbish: Rubbish): void
}

const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * Finds the messages in a stream, however it is cut into segments; keeps at most one message. Nothing is said of a
 * header before it is whole, so that the answer does not depend on the segments.
 */
export class Splitter {
  /** Set after fatal rubbish: nothing more is read. */
  lost = false
  #offset = 0
  /** Octets of a message that is not yet whole. */
  #rest = NOTHING
  readonly #sinks: SplitterSinks

  constructor(sinks: SplitterSinks) {
    this.#sinks = sinks
  }

  /** How many octets of a message that is not yet whole have come. */
  get pending(): number {
    return this.#rest.length
  }

  push(bytes: Uint8Array): void {
    if (this.lost) return
    const all = this.#rest.length === 0 ? bytes : concat(this.#rest, bytes)
    let at = 0
    while (all.length - at >= HEADER_LENGTH && this.#frameKnown(all, at)) {
      const length = get16(all, at)
      if (all.length - at < length) break
      this.#frame(all.slice(at, at + length))
      at += length
    }
    this.#rest = this.lost || at === all.length ? NOTHING : all.slice(at)
  }

  /** Looks at a whole header; false if the stream cannot be split any further. */
  #frameKnown(bytes: Uint8Array, at: number): boolean {
    const length = get16(bytes, at)
    const reason: Malformed | undefined =
      get32(bytes, at + 4) !== MAGIC_COOKIE
        ? 'bad-cookie'
        : length < HEADER_LENGTH || length > LONGEST
          ? 'bad-length'
          : undefined
    if (reason === undefined) return true
    this.lost = true
    const header = bytes.slice(at, at + HEADER_LENGTH)
    this.#sinks.rubbish({ offset: this.#offset, reason, fatal: true, bytes: header })
    return false
  }

  #frame(bytes: Uint8Array): void {
    const offset = this.#offset
    this.#offset += bytes.length
    const parsed = parse(bytes)
    if (parsed.ok) this.#sinks.message(parsed.value, bytes, offset)
    else this.#sinks.rubbish({ offset, reason: parsed.reason, fatal: false, bytes })
  }
}
