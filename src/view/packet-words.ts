/** A packet in a few words: `echo request 3   in MPPE 2`, `LCP Conf-Req 1`, `SCCRQ`, `TCP SYN to 1723`. */
import type { Field } from '../base/field.ts'
import type { PacketRecord } from '../lab/recorder.ts'
import type { Dissection } from './packet-layers.ts'

/** What a colour says; a sign, a letter or a word always says it too. */
export type WordRole = 'bad' | 'control' | 'ppp' | 'sealed' | 'plain' | 'muted'

export interface What {
  readonly text: string
  /** `in MPPE 2` */
  readonly seal: string
  readonly role: WordRole
}

/** Of a packet as it was on a line or entered a tunnel. */
export function packetWords({ drop, facts }: PacketRecord, { layers, sealed, wire }: Dissection): What {
  if (wire.length === 0)
    return { text: (drop?.proto ?? facts?.proto ?? drop?.layer ?? 'packet').toUpperCase(), seal: '', role: 'muted' }
  const outer = layers.filter(({ inner }) => !inner).map(({ field }) => field)
  const inside = layers.filter(({ inner }) => inner).map(({ field }) => field)
  return layerWords(outer, sealed && (sealed.clear === undefined ? undefined : inside), sealed !== undefined)
}

/** `inside`: what is known of the sealed part. */
export function layerWords(outer: readonly Field[], inside: readonly Field[] | undefined, sealed: boolean): What {
  const mppe = outer.find(({ name }) => name === 'mppe')
  const seal = sealed ? `in MPPE ${valueText(mppe, 'coherencyCount')}` : ''
  if (sealed && inside === undefined) return { text: 'sealed data', seal, role: 'sealed' }
  const shown = sealed ? (inside ?? []) : outer
  // The innermost layer that has words; data and padding have none.
  for (const field of shown.toReversed()) {
    const text = WORDS[field.name]?.(field, shown)
    if (text !== undefined) return { text, seal, role: sealed ? 'plain' : (ROLES[field.name] ?? 'plain') }
  }
  return { text: shown.at(-1)?.text ?? '', seal, role: 'plain' }
}

const child = (field: Field | undefined, name: string): Field | undefined =>
  field?.children?.find(part => part.name === name)
const valueText = (field: Field | undefined, name: string): string => String(child(field, name)?.value ?? '?')
const textOf = (field: Field | undefined, name: string): string => child(field, name)?.text ?? '?'
/** `2 (Configure-Ack)` */
const named = (field: Field, name: string): string => /\((.*)\)/.exec(textOf(field, name))?.[1] ?? textOf(field, name)

const short = (code: string): string =>
  code.replace('Configure', 'Conf').replace('Terminate', 'Term').replace('Request', 'Req')
const control = (field: Field): string =>
  `${field.name.toUpperCase()} ${short(named(field, 'code'))} ${valueText(field, 'identifier')}`

/** The names of RFC 2637 in its own abbreviations. */
const MESSAGES: Readonly<Record<string, string>> = {
  'Start-Control-Connection-Request': 'SCCRQ',
  'Start-Control-Connection-Reply': 'SCCRP',
  'Stop-Control-Connection-Request': 'StopCCRQ',
  'Stop-Control-Connection-Reply': 'StopCCRP',
  'Echo-Request': 'PPTP Echo-Req',
  'Echo-Reply': 'PPTP Echo-Reply',
  'Outgoing-Call-Request': 'OCRQ',
  'Outgoing-Call-Reply': 'OCRP',
  'Incoming-Call-Request': 'ICRQ',
  'Incoming-Call-Reply': 'ICRP',
  'Incoming-Call-Connected': 'ICCN',
  'Call-Clear-Request': 'CCRQ',
  'Call-Disconnect-Notify': 'CDN',
  'WAN-Error-Notify': 'WEN',
  'Set-Link-Info': 'SLI',
}

function tcp(field: Field): string {
  const flags = textOf(field, 'flags').replaceAll(', ', ' ')
  const [from, to] = [valueText(field, 'sourcePort'), valueText(field, 'destinationPort')]
  // The port that says what it is about is the server's, the lower of the two.
  const way = Number(from) < Number(to) ? `from ${from}` : `to ${to}`
  return `TCP ${flags} ${way}`
}

/** Of the control messages in a segment: `SCCRQ`. */
export const messageNames = (field: Field): string[] =>
  (field.children ?? [])
    .filter(({ name }) => name === 'pptp')
    .map(message => MESSAGES[named(message, 'controlMessageType')] ?? message.text.split(':')[0])

const pptp = (field: Field): string | undefined => messageNames(field).join(', ') || undefined

const lastOctet = (address: string): string => `.${address.split('.').at(-1)}`

function arp(field: Field): string {
  const [sender, target] = [textOf(field, 'senderIp'), textOf(field, 'targetIp')]
  if (sender === target) return `ARP ${lastOctet(sender)} is here`
  return textOf(field, 'operation') === 'request'
    ? `ARP who has ${lastOctet(target)}`
    : `ARP ${lastOctet(sender)} is here`
}

function gre(field: Field): string {
  const ack = child(field, 'acknowledgmentNumber')
  return ack && !child(field, 'sequenceNumber')
    ? `GRE ack ${ack.text}, no data`
    : `GRE seq ${textOf(field, 'sequenceNumber')}`
}

function icmp(field: Field): string {
  const echo = /^(echo \w+)/.exec(field.text)?.[1]
  return echo ? `${echo} ${textOf(field, 'sequence')}` : `ICMP ${field.text}`
}

const udp = (field: Field, layers: readonly Field[]): string =>
  `UDP ${valueText(field, 'sourcePort')} → ${valueText(field, 'destinationPort')}${dataOf(layers)}`

const dataOf = (layers: readonly Field[]): string => {
  const data = layers.find(({ name }) => name === 'data')
  return data ? `, ${data.length}` : ''
}

/** undefined: the layer below has the word. */
const WORDS: Readonly<Record<string, (field: Field, layers: readonly Field[]) => string | undefined>> = {
  arp,
  ipv4: field => `IP ${textOf(field, 'protocol')}`,
  fragment: field => `IP fragment ${field.text.split(' of ')[0]}`,
  icmp,
  udp,
  tcp: (field, layers) => `${tcp(field)}${dataOf(layers)}`,
  pptp,
  controlStream: pptp,
  radius: field => `RADIUS ${named(field, 'code')} ${valueText(field, 'identifier')}`,
  gre,
  lcp: control,
  ccp: control,
  ipcp: control,
  ipv6cp: control,
  pap: field => `PAP ${short(named(field, 'code'))} ${valueText(field, 'identifier')}`,
  chap: field => `CHAP ${named(field, 'code')} ${valueText(field, 'identifier')}`,
}

const ROLES: Readonly<Record<string, WordRole>> = {
  arp: 'muted',
  tcp: 'control',
  pptp: 'control',
  controlStream: 'control',
  gre: 'sealed',
  lcp: 'ppp',
  ccp: 'ppp',
  ipcp: 'ppp',
  ipv6cp: 'ppp',
  pap: 'ppp',
  chap: 'ppp',
}

/** `dials 5550100`, `rings`, `connect`, `hang-up`: what a signal of a telephone line says. */
export const signalWords = ({
  type,
  called,
}: {
  type: keyof typeof SIGNALS | 'setup'
  called?: string | undefined
}): string => (type === 'setup' ? `dials ${called ?? ''}`.trim() : SIGNALS[type])
const SIGNALS = { alerting: 'rings', connect: 'connect', release: 'hang-up' } as const
