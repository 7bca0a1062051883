/**
 * Unusual and wrong PPTP control messages: what a server answers to each is one line of text, so that two servers can be
 * laid side by side. The same cases were put to pptpd 1.4.0 (test/captures/control-bad-input.pcap; its lines are
 * test/golden/odd-control-pptpd.txt).
 *
 * Nothing here sends: whoever plays the cases, over a real socket or a simulated one, does so:
 *
 *   connect; for each step: write its parts one after the other (PART_GAP apart), then listen for STEP_GAP;
 *   then listen for `listen` more; stop as soon as the server has closed or reset the connection; `answerLine`.
 */
import { concat, fromAscii, get16, hex, set16, set32 } from '../../src/base/bytes.ts'
import * as Control from '../../src/wire/pptp.ts'

/** Milliseconds. */
export const PART_GAP = 10
export const STEP_GAP = 300

export interface OddCase {
  readonly name: string
  /** The parts of a step are written one by one. */
  readonly steps: readonly (readonly Uint8Array[])[]
  /** Milliseconds to listen after the last step. */
  readonly listen: number
}

/** How a connection stood when the case was over; `after` in milliseconds from the first octet sent. */
export type Standing = { readonly end: 'open' } | { readonly end: 'closed' | 'reset'; readonly after: number }

// The messages

interface Header {
  readonly length?: number
  readonly messageType?: number
  readonly cookie?: number
  readonly controlType?: number
}

/** A message whose header does not say the truth; `bytes` are left as they are. */
function altered(bytes: Uint8Array, { length, messageType, cookie, controlType }: Header): Uint8Array {
  const out = bytes.slice()
  if (length !== undefined) set16(out, 0, length)
  if (messageType !== undefined) set16(out, 2, messageType)
  if (cookie !== undefined) set32(out, 4, cookie)
  if (controlType !== undefined) set16(out, 8, controlType)
  return out
}

const start = (protocolVersion = Control.VERSION): Uint8Array =>
  Control.write({
    type: 'start-control-connection-request',
    protocolVersion,
    framingCapabilities: 1,
    bearerCapabilities: 1,
    maximumChannels: 0,
    firmwareRevision: 1,
    hostName: 'probe',
    vendorName: 'probe',
  })
const call = (callId: number): Uint8Array =>
  Control.write({
    type: 'outgoing-call-request',
    callId,
    callSerialNumber: 1,
    minimumBps: 300,
    maximumBps: 100_000_000,
    bearerType: 3,
    framingType: 3,
    packetRecvWindowSize: 64,
    packetProcessingDelay: 0,
    phoneNumberLength: 0,
    phoneNumber: '',
    subaddress: '',
  })
const echo = (identifier = 0x1234): Uint8Array => Control.write({ type: 'echo-request', identifier })
const stop = (reason = 1): Uint8Array => Control.write({ type: 'stop-control-connection-request', reason })
const clear = (callId: number): Uint8Array => Control.write({ type: 'call-clear-request', callId })
const linkInfo = (peerCallId: number): Uint8Array =>
  Control.write({ type: 'set-link-info', peerCallId, sendAccm: 0xffffffff, receiveAccm: 0xffffffff })
const wanError = (peerCallId: number): Uint8Array =>
  Control.write({
    type: 'wan-error-notify',
    peerCallId,
    crcErrors: 1,
    framingErrors: 0,
    hardwareOverruns: 0,
    bufferOverruns: 0,
    timeOutErrors: 0,
    alignmentErrors: 0,
  })
/** Four octets longer than the RFC has it (§2.9), as it was put to pptpd: the numbers of digits begin four octets late. */
const longIncoming = (callId: number): Uint8Array => {
  const whole = Control.write({
    type: 'incoming-call-request',
    callId,
    callSerialNumber: 1,
    callBearerType: 3,
    physicalChannelId: 3,
    dialedNumberLength: 0,
    dialingNumberLength: 0,
    dialedNumber: '',
    dialingNumber: '',
    subaddress: '',
  })
  return altered(concat(whole, new Uint8Array(4)), { length: whole.length + 4 })
}
const connected = (peerCallId: number): Uint8Array =>
  Control.write({
    type: 'incoming-call-connected',
    peerCallId,
    connectSpeed: 64_000,
    packetRecvWindowSize: 3,
    packetTransmitDelay: 0,
    framingType: 3,
  })
const stopReply = (): Uint8Array =>
  Control.write({ type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 })
const echoReply = (): Uint8Array => Control.write({ type: 'echo-reply', identifier: 7, resultCode: 1, errorCode: 0 })

/** No control message of RFC 2637: four zeros after a header of this type. */
const unknown = (controlType: number): Uint8Array => altered(echo(0), { controlType })
const onlyHeader = (): Uint8Array => altered(echo().slice(0, Control.HEADER_LENGTH), { length: 8 })
const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, byte => Uint8Array.of(byte))

// The cases

type Step = Uint8Array | readonly Uint8Array[]
const USUAL = 2000
/** Longer than the 10 s that pptpd waits for a first message. */
const SILENCE = 13_000
const odd = (name: string, steps: readonly Step[], listen = USUAL): OddCase => ({
  name,
  steps: steps.map(step => (step instanceof Uint8Array ? [step] : step)),
  listen,
})

export const ODD_CASES: readonly OddCase[] = [
  odd('normal SCCRQ, echo, stop', [start(), echo(), stop()]),
  odd('SCCRQ byte by byte', [byteByByte(start())], 1000),
  odd('SCCRQ+echo in one segment', [concat(start(), echo())], 1000),
  odd('SCCRQ+OCRQ in one segment', [concat(start(), call(77))], 1000),
  odd('SCCRQ version 0x0200', [start(0x0200)]),
  odd('SCCRQ twice', [start(), start()]),
  odd('echo before SCCRQ', [echo()]),
  odd('OCRQ before SCCRQ', [call(77)]),
  odd('wrong cookie', [altered(start(), { cookie: 0xdeadbeef })]),
  odd('wrong cookie after SCCRQ', [start(), altered(echo(1), { cookie: 0xdeadbeef })]),
  odd('length field 8', [start(), onlyHeader()]),
  odd('length field 0xffff', [start(), altered(echo(1), { length: 0xffff })]),
  odd('SCCRQ with length 155', [altered(start(), { length: 155 }).slice(0, 155), echo()]),
  odd('control type 99', [start(), unknown(99), echo()]),
  odd('control type 0', [start(), unknown(0), echo()]),
  odd('management message (type 2)', [start(), altered(echo(1), { messageType: 2 }), echo()]),
  odd('http request', [fromAscii('GET / HTTP/1.0\r\n\r\n')]),
  odd('CCRQ for unknown call', [start(), clear(999), echo()]),
  odd('SLI and WEN for unknown call', [start(), linkInfo(999), wanError(999), echo()]),
  odd('ICRQ + ICCN to the server', [start(), longIncoming(5), connected(5), echo()]),
  odd('StopCCRP unasked', [start(), stopReply(), echo()]),
  odd('EchoRP unasked', [start(), echoReply(), echo()]),
  odd('OCRQ, second OCRQ, CCRQ for the first', [start(), call(77), call(78), clear(77)], 3000),
  odd('OCRQ, stop with call open', [start(), call(79), stop()], 3000),
  odd('OCRQ with call id 0', [start(), call(0)], 1000),
  odd('stop reason 3', [start(), stop(3)]),
  odd('half a header, then silence', [start().slice(0, 6)], SILENCE),
  odd('nothing at all', [], SILENCE),
  odd('SCCRQ, then silence', [start()], SILENCE),
]

// The answers

/** `NAME: Message(field=value …) …; stays open`, one line a case. */
export function answerLine(name: string, received: Uint8Array, standing: Standing): string {
  return `${name}: ${answers(received).join(' ') || 'no reply'}; ${standingText(standing)}`
}

function standingText(standing: Standing): string {
  if (standing.end === 'open') return 'stays open'
  return `${standing.end === 'closed' ? 'FIN' : 'RESET'} after ${(standing.after / 1000).toFixed(1)}s`
}

/** Whole messages by the length that each claims; what is left over is shown as it is. */
function answers(received: Uint8Array): string[] {
  const out: string[] = []
  let rest = received
  while (rest.length >= Control.HEADER_LENGTH) {
    const length = get16(rest, 0)
    if (length < Control.HEADER_LENGTH || length > rest.length) break
    out.push(shown(rest.subarray(0, length)))
    rest = rest.subarray(length)
  }
  return rest.length > 0 ? [...out, `leftover ${hex(rest)}`] : out
}

const SHORT_NAMES = [
  ...['?', 'SCCRQ', 'SCCRP', 'StopCCRQ', 'StopCCRP', 'EchoRQ', 'EchoRP', 'OCRQ', 'OCRP', 'ICRQ', 'ICRP'],
  ...['ICCN', 'CCRQ', 'CDN', 'WEN', 'SLI'],
]

function shown(bytes: Uint8Array): string {
  const type = get16(bytes, 8)
  const name = SHORT_NAMES[type] ?? String(type)
  const parsed = Control.parse(bytes)
  const facts = parsed.ok ? factsOf(parsed.value) : `not as RFC 2637 has it: ${hex(bytes)}`
  return facts === '' ? name : `${name}(${facts})`
}

function factsOf(m: Control.Message): string {
  switch (m.type) {
    case 'start-control-connection-reply':
      return `ver=0x${m.protocolVersion.toString(16)} ${result(m)} framing=${m.framingCapabilities} bearer=${m.bearerCapabilities} maxch=${m.maximumChannels} fw=0x${m.firmwareRevision.toString(16)} host=b'${m.hostName}' vendor=b'${m.vendorName}'`
    case 'stop-control-connection-reply':
      return result(m)
    case 'echo-reply':
      return `id=${m.identifier.toString(16).padStart(8, '0')} ${result(m)}`
    case 'outgoing-call-reply':
      return `call=${m.callId} peer=${m.peerCallId} ${result(m)} cause=${m.causeCode} speed=${m.connectSpeed} window=${m.packetRecvWindowSize} delay=${m.packetProcessingDelay} chan=${m.physicalChannelId}`
    case 'incoming-call-reply':
      return `call=${m.callId} peer=${m.peerCallId} ${result(m)} window=${m.packetRecvWindowSize}`
    case 'call-disconnect-notify':
      return `call=${m.callId} ${result(m)} cause=${m.causeCode}`
    default:
      return ''
  }
}

const result = (m: { readonly resultCode: number; readonly errorCode: number }): string =>
  `result=${m.resultCode} err=${m.errorCode}`

/**
 * What of a line two servers can be compared by: without the name of the case, without what differs in every case (how
 * the servers call themselves and what they can do: `identity` and `pac-capabilities` of docs/deviations.md) and without
 * the call IDs that they allot.
 */
export const comparable = (line: string): string =>
  line
    .slice(line.indexOf(': ') + 2)
    .replaceAll(/ framing=\d+ bearer=\d+ maxch=\d+ fw=0x\w+ host=b'[^']*' vendor=b'[^']*'/g, '')
    .replaceAll(/call=\d+/g, 'call=N')
