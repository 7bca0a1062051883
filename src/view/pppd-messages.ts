/**
 * A PPP control packet as pppd with `debug` logs it: `sent [LCP ConfReq id=0x1 <asyncmap 0x0> <magic 0x605b9a66> <pcomp>]`.
 * The words are made from those of the trace, which show every option by its name and value.
 *
 * Sources: the logs of the captured machines (test/captures/logs), and for options that they never used the strings of
 * pppd (`lcp.c`, `ipcp.c`, `ccp.c`).
 *
 * Limits: the trace has the length of a challenge and of a response, not the value; the log has `<16 octets>` there. Of what is
 * rejected with Protocol-Reject the log has the protocol only.
 */
import { hex } from '../base/bytes.ts'
import type { TraceEvent } from '../base/trace.ts'
import * as Ppp from '../wire/ppp.ts'

export type PppMessage = Extract<TraceEvent, { event: 'ppp-message' }>

const CODES: Readonly<Record<string, string>> = {
  'configure-request': 'ConfReq',
  'configure-ack': 'ConfAck',
  'configure-nak': 'ConfNak',
  'configure-reject': 'ConfRej',
  'terminate-request': 'TermReq',
  'terminate-ack': 'TermAck',
  'code-reject': 'CodeRej',
  'protocol-reject': 'ProtRej',
  'echo-request': 'EchoReq',
  'echo-reply': 'EchoRep',
  'discard-request': 'DiscReq',
  identification: 'Ident',
  'time-remaining': 'TimeRem',
  'reset-request': 'ResetReq',
  'reset-ack': 'ResetAck',
  challenge: 'Challenge',
  response: 'Response',
  success: 'Success',
  failure: 'Failure',
  'authenticate-request': 'AuthReq',
  'authenticate-ack': 'AuthAck',
  'authenticate-nak': 'AuthNak',
}

/** `spoken`: what pppd puts into a Terminate-Request where our words are these. */
export function pppdMessage(message: PppMessage, spoken: (words: string) => string = words => words): string {
  const { way, proto, type, id } = message
  const body = bodyOf(message, spoken)
  const head = `${proto.toUpperCase()} ${CODES[type] ?? type} id=0x${id.toString(16)}`
  return `${way === 'sent' ? 'sent' : 'rcvd'} [${head}${body === '' ? '' : ` ${body}`}]`
}

function bodyOf({ proto, type, detail }: PppMessage, spoken: (words: string) => string): string {
  switch (type) {
    case 'configure-request':
    case 'configure-ack':
    case 'configure-nak':
    case 'configure-reject':
      return detail === 'no options' ? '' : optionsOf(proto, detail).join(' ')
    case 'echo-request':
    case 'echo-reply':
    case 'discard-request':
      return detail.replace(/^magic 0x0*(?=.)/, 'magic=0x')
    case 'challenge':
    case 'response':
      return detail.replace(/^value of (\d+) octets/, '<$1 octets>').replace(', name ', ', name = ')
    case 'authenticate-request':
      return `${detail.replace(/^user /, 'user=')} password=<hidden>`
    case 'terminate-request':
    case 'terminate-ack':
      return detail.replace(/^"(.*)"$/, (_, words: string) => `"${spoken(words)}"`)
    case 'protocol-reject': {
      const number = numberOf(detail.replace(/^protocol /, ''))
      return number === undefined ? detail : `${octetsOf(number)} ...`
    }
    default:
      return detail
  }
}

const PROTOCOLS = [Ppp.LCP, Ppp.PAP, Ppp.CHAP, Ppp.CCP, Ppp.IPCP, Ppp.IPV6CP, Ppp.IP, Ppp.COMPRESSED] as const
const numberOf = (name: string): number | undefined =>
  /^0x[0-9a-f]{4}$/.test(name) ? Number(name) : PROTOCOLS.find(each => Ppp.protocolName(each) === name)
const octetsOf = (number: number): string => spaced(hex(new Uint8Array([number >>> 8, number & 255])))
const spaced = (octets: string): string => (octets.match(/../g) ?? []).join(' ')

/** Options stand between commas; inside of brackets a comma parts no options. */
const optionsOf = (proto: string, detail: string): string[] =>
  detail.split(/, (?![^(]*\))/).map(option => `<${optionText(proto, option)}>`)

const NAMES: Readonly<Record<string, string>> = {
  pfc: 'pcomp',
  acfc: 'accomp',
  'short-sequence-numbers': 'ssnhf',
  address: 'addr',
  addresses: 'addrs',
  compression: 'compress',
  dns1: 'ms-dns1',
  dns2: 'ms-dns2',
  nbns1: 'ms-wins',
  nbns2: 'ms-wins',
  'predictor-1': 'predictor 1',
  'predictor-2': 'predictor 2',
}

function optionText(proto: string, option: string): string {
  const at = option.indexOf(' ')
  const [name, rest] = at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)]
  switch (name) {
    case 'accm':
      return `asyncmap ${short(rest)}`
    case 'magic':
      return `magic ${short(rest)}`
    case 'auth':
      return `auth ${rest.replace(/^(CHAP|PAP)/, word => word.toLowerCase())}`
    case 'mppe':
      return mppeText(Number(rest.split(' ')[0]))
    // RFC 1979 §2: the high four bits are the window, less 8.
    case 'deflate':
      return `deflate ${windowOf(rest)}`
    case 'deflate-draft':
      return `deflate(old#) ${windowOf(rest)}`
    // RFC 1977 §2: three bits of version, five of dictionary size.
    case 'bsd':
      return `bsd v${Number(`0x${rest}`) >>> 5} ${Number(`0x${rest}`) & 31}`
    case 'option':
      return ` ${unknownText(rest)}`
    default: {
      const shown = proto === 'ipv6cp' ? name : (NAMES[name] ?? name)
      return rest === '' ? shown : `${shown} ${rest}`
    }
  }
}

const windowOf = (octets: string): number => Number(`0x${octets.slice(0, 1)}`) + 8
/** `0x00000000` is `0x0`. */
const short = (value: string): string => value.replace(/^0x0+(?=.)/, '0x')

/** RFC 3078 §2.1, in the letters of pppd: `+H -M +S -L -D -C`. */
const MPPE_LETTERS = [
  ['H', 0x01000000],
  ['M', 0x80],
  ['S', 0x40],
  ['L', 0x20],
  ['D', 0x10],
  ['C', 0x01],
] as const
const mppeText = (bits: number): string =>
  `mppe ${MPPE_LETTERS.map(([letter, bit]) => `${bits & bit ? '+' : '-'}${letter}`).join(' ')}`

/** `77 (0102)` is `4d 04 01 02`: pppd shows the octets of what it does not know. */
function unknownText(rest: string): string {
  const [, type, body = ''] = /^(\d+)(?: \(([0-9a-f]*)\))?$/.exec(rest) ?? []
  return type === undefined ? rest : spaced(hex(new Uint8Array([Number(type), 2 + body.length / 2])) + body)
}
