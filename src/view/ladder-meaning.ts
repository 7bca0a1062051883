/**
 * What a packet means in a conversation, read from its layers: which layer it belongs to, which exchange, what it asks
 * and what it answers. Replies name their request: RFC 1661 §5 (Identifier), RFC 1334 §2.2, RFC 1994 §4, RFC 2637 §2,
 * RFC 792 (sequence number), RFC 826.
 */
import type { Field } from '../base/field.ts'
import type { LadderLayer } from './ladder.ts'
import { messageNames } from './packet-words.ts'

export interface Meaning {
  readonly layer: LadderLayer
  /** Rows between two machines in one channel and of one phase make a group. */
  readonly channel: string
  /** Empty: it stands alone. */
  readonly phase: string
  /** An acknowledgment that says nothing else: it belongs to whatever it acknowledges. */
  readonly bare: boolean
  /** Its name in a group: `SCCRQ`, `LCP`. */
  readonly part: string
  /** Beside its name: `call 41 answers 7`. */
  readonly more: string
  /** It says no: that stands alone. */
  readonly failure: boolean
  readonly asks: string | undefined
  readonly answers: string | undefined
}

const child = (field: Field | undefined, name: string): Field | undefined =>
  field?.children?.find(part => part.name === name)
const value = (field: Field | undefined, name: string): string => String(child(field, name)?.value ?? '?')
/** `Configure-Ack` of `2 (Configure-Ack)` */
const word = (field: Field, name: string): string => /\((.*)\)/.exec(child(field, name)?.text ?? '')?.[1] ?? ''

const MEANS: Meaning = {
  layer: 'ip',
  channel: 'ip',
  phase: '',
  bare: false,
  part: '',
  more: '',
  failure: false,
  asks: undefined,
  answers: undefined,
}

/** `outer`: layers on the wire; `inside`: those of a sealed packet, if they are known. */
export function meaningOf(outer: readonly Field[], inside: readonly Field[] | undefined, sealed: boolean): Meaning {
  const names = new Map(outer.map(field => [field.name, field]))
  const framed = names.has('gre') || names.has('ppp')
  if (sealed) return inside === undefined ? { ...MEANS, ...DATA } : { ...userMeaning(inside), layer: 'data' }
  const arp = names.get('arp')
  if (arp) return arpMeaning(arp)
  for (const [name, read] of PPP) {
    const field = names.get(name)
    if (field) return read(field)
  }
  if (framed) {
    const at = outer.findIndex(({ name }) => name === 'ppp')
    if (at < 0) return { ...MEANS, layer: 'gre', channel: 'gre', phase: 'GRE acks', bare: true, part: 'GRE ack' }
    return { ...userMeaning(outer.slice(at + 1)), layer: 'data' }
  }
  return userMeaning(outer)
}

const DATA = { layer: 'data', channel: 'data', phase: 'data', part: 'data' } as const

/** Of IP packets, in a tunnel or not. */
function userMeaning(layers: readonly Field[]): Meaning {
  const names = new Map(layers.map(field => [field.name, field]))
  const [tcp, udp, icmp] = [names.get('tcp'), names.get('udp'), names.get('icmp')]
  if (tcp) return tcpMeaning(tcp, layers)
  if (names.has('radius')) return radiusMeaning(names.get('radius') as Field)
  if (icmp) return icmpMeaning(icmp)
  if (udp) return { ...MEANS, channel: `udp ${service(udp)}`, phase: 'data', part: `UDP ${service(udp)}` }
  return { ...MEANS, channel: 'data', phase: 'data', part: 'data' }
}

/** The port that says what it is about is the server's, the lower of the two. */
const service = (field: Field): number =>
  Math.min(Number(value(field, 'sourcePort')), Number(value(field, 'destinationPort')))

function tcpMeaning(tcp: Field, layers: readonly Field[]): Meaning {
  const port = service(tcp)
  const flags = child(tcp, 'flags')?.text ?? ''
  const control = layers.find(({ name }) => name === 'pptp' || name === 'controlStream')
  const base: Meaning = { ...MEANS, layer: port === 1723 ? 'tcp' : 'ip', channel: `tcp ${port}` }
  if (control) return controlMeaning(control, base)
  if (/SYN/.test(flags)) {
    const reply = /ACK/.test(flags)
    return {
      ...base,
      phase: 'TCP open',
      part: 'TCP open',
      asks: reply ? undefined : 'SYN',
      answers: reply ? 'SYN' : undefined,
    }
  }
  if (/FIN|RST/.test(flags)) return { ...base, phase: 'TCP close', part: 'TCP close' }
  const data = layers.some(({ name }) => name === 'data')
  return data
    ? { ...base, phase: 'data', part: `TCP ${port}` }
    : { ...base, phase: 'TCP acks', part: 'TCP ack', bare: true }
}

/** Which exchange a control message opens or goes on with. */
const EXCHANGES: Readonly<Record<string, readonly [phase: string, asks: string, answers: string]>> = {
  SCCRQ: ['start', 'SCC', ''],
  SCCRP: ['start', '', 'SCC'],
  StopCCRQ: ['end', 'StopCC', ''],
  StopCCRP: ['end', '', 'StopCC'],
  'PPTP Echo-Req': ['echo', 'echo', ''],
  'PPTP Echo-Reply': ['echo', '', 'echo'],
  OCRQ: ['call', 'OC', ''],
  OCRP: ['call', '', 'OC'],
  ICRQ: ['call', 'IC', ''],
  ICRP: ['call', 'ICRP', 'IC'],
  ICCN: ['call', '', 'ICRP'],
  SLI: ['call', '', ''],
  CCRQ: ['end', 'CC', ''],
  CDN: ['end', '', 'CC'],
}

function controlMeaning(control: Field, base: Meaning): Meaning {
  const names = messageNames(control)
  const [phase, asks, answers] = EXCHANGES[names[0] ?? ''] ?? ['control', '', '']
  const message = control.children?.find(({ name }) => name === 'pptp')
  const failure =
    message !== undefined && /^(SCCRP|OCRP|ICRP)$/.test(names[0]) && child(message, 'resultCode')?.value !== 1
  return {
    ...base,
    layer: 'control',
    phase: failure ? '' : `PPTP ${phase}`,
    part: names.join(', '),
    failure,
    more:
      message && names.length === 1 ? `${callWords(message)}${failure ? `: ${word(message, 'resultCode')}` : ''}` : '',
    asks: asks === '' ? undefined : `pptp ${asks}${numbered(message, asks, 'callId')}`,
    answers: answers === '' ? undefined : `pptp ${answers}${numbered(message, answers, 'peerCallId')}`,
  }
}

/**
 * Several calls may be asked for at once: who answers names the call ID of who asked. An echo has its identifier. Who clears
 * a call and who says that it is cleared name it each by an ID of its own (RFC 2637 §2.12, §2.13).
 */
function numbered(message: Field | undefined, exchange: string, name: 'callId' | 'peerCallId'): string {
  const field = exchange === 'CC' ? undefined : (child(message, name) ?? child(message, 'identifier'))
  return field ? ` ${field.value}` : ''
}

function callWords(message: Field): string {
  const [own, peer] = [child(message, 'callId'), child(message, 'peerCallId')]
  if (own && peer) return `call ${own.value} answers ${peer.value}`
  const id = own ?? peer
  return id ? `call ${id.value}` : ''
}

function radiusMeaning(radius: Field): Meaning {
  const id = value(radius, 'identifier')
  const asks = /Request/.test(word(radius, 'code'))
  return {
    ...MEANS,
    layer: 'radius',
    channel: 'radius',
    phase: 'RADIUS',
    part: 'RADIUS',
    asks: asks ? `radius ${id}` : undefined,
    answers: asks ? undefined : `radius ${id}`,
  }
}

function icmpMeaning(icmp: Field): Meaning {
  const echo = /^echo (\w+)/.exec(icmp.text)?.[1]
  if (echo === undefined) return { ...MEANS, channel: 'icmp', part: 'ICMP' }
  const key = `echo ${value(icmp, 'identifier')} ${value(icmp, 'sequence')}`
  const asks = echo === 'request'
  return {
    ...MEANS,
    channel: 'echo',
    phase: 'data',
    part: 'echo',
    asks: asks ? key : undefined,
    answers: asks ? undefined : key,
  }
}

function arpMeaning(arp: Field): Meaning {
  const [sender, target] = [child(arp, 'senderIp')?.text ?? '', child(arp, 'targetIp')?.text ?? '']
  const asks = child(arp, 'operation')?.text === 'request' && sender !== target
  return {
    ...MEANS,
    layer: 'arp',
    channel: 'arp',
    phase: 'ARP',
    part: 'ARP',
    asks: asks ? `arp ${target}` : undefined,
    answers: asks || sender === target ? undefined : `arp ${sender}`,
  }
}

const QUESTION = /^(Configure-Request|Terminate-Request|Echo-Request|Authenticate-Request|Challenge|Reset-Request)$/
const ANSWER =
  /^(Configure-(Ack|Nak|Reject)|Terminate-Ack|Echo-Reply|Authenticate-(Ack|Nak)|Response|Success|Failure|Reset-Ack)$/

const negotiation =
  (layer: LadderLayer, phase: string) =>
  (field: Field): Meaning => {
    const code = word(field, 'code')
    const name = field.name.toUpperCase()
    // A Response asks for Success or Failure, with the identifier of the Challenge (RFC 1994 §4.1, §4.2).
    const id = `${name} ${value(field, 'identifier')}`
    const verdict = /^(Success|Failure)$/.test(code)
    const failure = code === 'Failure' || code === 'Authenticate-Nak'
    const apart = apartOf(code)
    return {
      ...MEANS,
      layer,
      // What goes on beside an opening does not break it in two.
      channel: apart === 'echo' ? 'ppp echo' : 'ppp',
      phase: failure ? '' : apart === '' ? phase : `${name} ${apart}`,
      part: apart === '' ? name : `${name} ${apart}`,
      failure,
      asks: code === 'Response' ? `${id} verdict` : QUESTION.test(code) ? id : undefined,
      answers: verdict ? `${id} verdict` : ANSWER.test(code) ? id : undefined,
    }
  }

/** Codes that belong to no opening. */
function apartOf(code: string): string {
  if (/^Echo-|^Discard/.test(code)) return 'echo'
  if (/^Terminate-/.test(code)) return 'Terminate'
  return /^Reset-/.test(code) ? 'Reset' : ''
}

const PPP: readonly (readonly [string, (field: Field) => Meaning])[] = [
  ['lcp', negotiation('lcp', 'LCP')],
  ['pap', negotiation('auth', 'authentication')],
  ['chap', negotiation('auth', 'authentication')],
  ['ccp', negotiation('ccp', 'network')],
  ['ipcp', negotiation('ipcp', 'network')],
  ['ipv6cp', negotiation('ipcp', 'network')],
]

/** A signal of a telephone line is no packet. */
export const signalMeaning = (type: string, more: string): Meaning => ({
  ...MEANS,
  layer: 'line',
  channel: 'line',
  part: type,
  more,
  asks: type === 'setup' ? 'call' : undefined,
  answers: type === 'connect' ? 'call' : undefined,
})
