/** A dissected packet in one line: its layers from the outside in, each as a clause, and what is wrong at the end. */
import type { Field } from '../base/field.ts'
import { problemsOf } from './dissect.ts'

const BETWEEN = ' · '

export function oneLine(frame: Field): string {
  const problems = problemsOf(frame).map(problem => problem.reason)
  const line = clauses(frame.children ?? [], true).join(BETWEEN) || frame.text
  return problems.length === 0 ? line : `${line}  [! ${problems.join('; ')}]`
}

/** Who sent the packet to whom: the outermost IP or ARP addresses, or those of the link. */
export function endpoints(frame: Field): { readonly source: string; readonly destination: string } {
  const outer = (name: string): Field | undefined => frame.children?.find(child => child.name === name)
  const ip = outer('ipv4')
  if (ip) return { source: textOf(ip, 'source'), destination: textOf(ip, 'destination') }
  const arp = outer('arp')
  if (arp) return { source: textOf(arp, 'senderIp'), destination: textOf(arp, 'targetIp') }
  const ethernet = outer('ethernet')
  return ethernet
    ? { source: textOf(ethernet, 'source'), destination: textOf(ethernet, 'destination') }
    : { source: '', destination: '' }
}

const child = (field: Field, name: string): Field | undefined => field.children?.find(c => c.name === name)
const textOf = (field: Field, name: string): string => child(field, name)?.text ?? ''

/** `outermost`: the addresses of the first IP header stand in a column of their own. */
function clauses(layers: readonly Field[], outermost: boolean): string[] {
  const out: string[] = []
  let addressed = !outermost
  layers.forEach((layer, index) => {
    const next = layers[index + 1]?.name
    if (layer.name === 'ipv4') {
      if (addressed) out.push(`IP ${layer.text}`)
      addressed = true
      return
    }
    if (layer.name === 'tcp' && (next === 'pptp' || next === 'controlStream')) {
      if (child(layer, 'order')) out.push(`TCP ${textOf(layer, 'order')}`)
      return
    }
    if (layer.name === 'fragment' && next === 'reassembled') return
    if (layer.name === 'data' && FOLLOWED_BY_DATA.has(layers[index - 1]?.name ?? '')) {
      out[out.length - 1] += `, ${layer.text}`
      return
    }
    const clause = CLAUSES[layer.name]?.(layer) ?? layer.text
    if (clause !== '') out.push(clause)
  })
  return out
}

const FOLLOWED_BY_DATA: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp'])
const nothing = (): string => ''
const control = (layer: Field): string => `PPTP ${(layer.children ?? []).map(message => message.text).join('; ')}`

/** How a layer is told in a line, where that differs from its text. */
const CLAUSES: Readonly<Record<string, (layer: Field) => string>> = {
  ethernet: nothing,
  cooked: nothing,
  padding: nothing,
  ppp: layer => (layer.problem === undefined ? '' : 'PPP'),
  arp: layer => `ARP ${layer.text}`,
  icmp: layer => `ICMP ${layer.text}${nextHopMtu(layer)}${quotation(layer)}`,
  fragment: layer => `IP fragment, ${layer.text}`,
  reassembled: layer => [layer.text, ...clauses(layer.children ?? [], false)].join(BETWEEN),
  decrypted: layer => clauses(layer.children ?? [], false).join(BETWEEN),
  udp: layer => `UDP ${layer.text}`,
  tcp,
  pptp: control,
  controlStream: control,
  vjCompressed: layer => `VJ compressed TCP, ${layer.text}`,
  vjUncompressed: layer => `VJ ${layer.text}`,
  gre,
  pap: layer =>
    `PAP ${head(layer)}: ${['peerId', 'password', 'message'].flatMap(name => named(layer, name)).join(', ')}`,
  chap,
  mppe: layer => `${layer.text.replace('MPPE, ', 'MPPE ')}, ${textOf(layer, 'payload')}`,
  deflate: layer => `Deflate, ${layer.text}`,
  compressed: layer => `compressed data, ${layer.text}`,
  lcp: controlProtocol,
  ipcp: controlProtocol,
  ccp: controlProtocol,
  ipv6cp: controlProtocol,
}

function gre(layer: Field): string {
  const order = child(layer, 'order')
  return `GRE ${layer.text.replace(/^(Enhanced )?GRE,? /, '').replaceAll(',', '')}${order ? ` (${order.text})` : ''}`
}

/** Only the error that asks for smaller packets tells one (RFC 1191 §4). */
const nextHopMtu = (layer: Field): string =>
  layer.text === 'fragmentation needed' ? `, mtu ${textOf(layer, 'nextHopMtu')}` : ''

/** `Configure-Request id 1` */
const head = (layer: Field): string =>
  `${/\((.*)\)/.exec(textOf(layer, 'code'))?.[1] ?? `code ${textOf(layer, 'code')}`} id ${textOf(layer, 'identifier')}`

function quotation(layer: Field): string {
  const quoted = child(layer, 'quoted')
  return quoted ? ` (about ${clauses(quoted.children ?? [], false).join(BETWEEN)})` : ''
}

function controlProtocol(layer: Field): string {
  const details = (layer.children ?? [])
    .filter(field => !['code', 'identifier', 'length', 'quoted'].includes(field.name))
    .map(field => (field.name === 'magic' && field.value !== undefined ? `magic ${field.text}` : field.text))
  const all = `${details.join(', ')}${quotation(layer)}`
  return `${layer.name.toUpperCase()} ${head(layer)}${all === '' ? '' : `: ${all.trim()}`}`
}

const WORDS: Readonly<Record<string, string>> = {
  peerId: 'user',
  name: 'name',
  peerChallenge: 'peer challenge',
  ntResponse: 'NT response',
}
function named(layer: Field, name: string): string[] {
  const field = child(layer, name)
  return field && field.length > 0 ? [`${WORDS[name] ?? name} ${field.text}`] : []
}

function chap(layer: Field): string {
  const algorithm = textOf(layer, 'algorithm')
  const value = child(layer, 'value')
  const parts = value?.children
    ? ['peerChallenge', 'ntResponse'].flatMap(name => named(value, name))
    : named(layer, 'value')
  const details = [...named(layer, 'name'), ...parts, ...named(layer, 'message')]
  return `CHAP ${head(layer)}${algorithm === '' ? '' : ` (${algorithm})`}: ${details.join(', ')}`
}

/** Sequence numbers count from the start of the stream, if that is known. */
function tcp(layer: Field): string {
  const flags = textOf(layer, 'flags').replaceAll(', ', ' ')
  const number = (relative: string, absolute: string): string => textOf(layer, relative) || textOf(layer, absolute)
  const parts = [
    `TCP ${textOf(layer, 'sourcePort')} > ${textOf(layer, 'destinationPort')}`,
    flags,
    `seq ${number('relativeSequence', 'sequence')}`,
    ...(flags.includes('ACK') ? [`ack ${number('relativeAcknowledgment', 'acknowledgment')}`] : []),
    `win ${textOf(layer, 'window')}`,
    ...(child(layer, 'maximumSegmentSize') ? [`mss ${textOf(layer, 'maximumSegmentSize')}`] : []),
    ...(child(layer, 'order') ? [textOf(layer, 'order')] : []),
  ]
  return parts.join(' ')
}
