/**
 * Firewall rules as people write them:
 *
 *     forward drop proto gre
 *     input accept proto tcp dport 1723 from 10.0.0.0/8
 *     forward accept state established,related
 *     output reject with icmp-admin-prohibited to 203.0.113.5
 *     policy forward drop
 *
 * A chain, a verdict, then conditions in any order, all of which must hold; `not` before a condition turns it round, and
 * a list (a,b) fits where one of its members does. Whoever writes the words of iptables or nft is told ours.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Prefix, parseInterface, parseIpv4 } from '../base/address.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import {
  CHAINS,
  type Match,
  type Range,
  REJECTIONS,
  type Rejection,
  type RuleSpec,
  STATES,
  type State,
  type Verdict,
} from './rules.ts'
import type { Chain } from './types.ts'

/** What is wrong with a rule, and where in its text. */
export interface RuleError {
  /** Offsets of the first character that is meant and of the one behind the last. */
  readonly start: number
  readonly end: number
  readonly message: string
  readonly hint?: string | undefined
  /** The word that is not known and those that are, for a hint by likeness. */
  readonly word?: string
  readonly known?: readonly string[]
}

export type Policy = { readonly policy: 'accept' | 'drop'; readonly chain: Chain }
export type RuleLine = { readonly rule: RuleSpec } | Policy | { readonly error: RuleError }

export const VERDICTS = ['accept', 'drop', 'reject'] as const satisfies readonly Verdict[]

const PROTOCOLS: Readonly<Record<string, number>> = { ...Ipv4Header.PROTOCOL, esp: 50, ah: 51, ospf: 89 }

/** The names of iptables. */
const ICMP_TYPES: Readonly<Record<string, readonly [type: number, code?: number]>> = {
  'echo-reply': [Icmp.TYPE.echoReply],
  'destination-unreachable': [Icmp.TYPE.unreachable],
  'network-unreachable': [Icmp.TYPE.unreachable, Icmp.UNREACHABLE.net],
  'host-unreachable': [Icmp.TYPE.unreachable, Icmp.UNREACHABLE.host],
  'protocol-unreachable': [Icmp.TYPE.unreachable, Icmp.UNREACHABLE.protocol],
  'port-unreachable': [Icmp.TYPE.unreachable, Icmp.UNREACHABLE.port],
  'fragmentation-needed': [Icmp.TYPE.unreachable, Icmp.UNREACHABLE.fragmentationNeeded],
  'echo-request': [Icmp.TYPE.echoRequest],
  'time-exceeded': [Icmp.TYPE.timeExceeded],
}

type Condition = Match['kind']
const CONDITIONS: readonly Condition[] = [
  ...(['in', 'out', 'from', 'to', 'proto', 'sport', 'dport', 'icmp-type', 'state', 'syn', 'call-id'] as const),
]

/** Words of other firewalls, and ours for the same thing. */
const OTHERS: Readonly<Record<string, string>> = {
  ...{ iif: 'in', iifname: 'in', oif: 'out', oifname: 'out', '-i': 'in', '-o': 'out' },
  ...{ saddr: 'from', src: 'from', source: 'from', '-s': 'from' },
  ...{ daddr: 'to', dst: 'to', destination: 'to', '-d': 'to' },
  ...{ protocol: 'proto', '-p': 'proto', port: 'dport', ports: 'dport', '--dport': 'dport', '--sport': 'sport' },
  ...{ ctstate: 'state', ct: 'state', '--state': 'state', '--ctstate': 'state', icmp: 'icmp-type', '!': 'not' },
  ...{ deny: 'drop', block: 'drop', discard: 'drop', allow: 'accept', permit: 'accept', pass: 'accept' },
  ...{ default: 'policy', incoming: 'input', outgoing: 'output', forwarding: 'forward', key: 'call-id' },
}

const EXAMPLE = 'for example "forward drop proto gre" or "input accept proto tcp dport 1723"'
export const PORT_47 = 'GRE has no ports: 47 is its number among the protocols over IP, where TCP is 6 and UDP is 17.'

interface Word {
  readonly text: string
  readonly start: number
}

/** Thrown inside of this file only. */
class Slip {
  readonly error: RuleError
  constructor(error: RuleError) {
    this.error = error
  }
}

export function parseRule(text: string): RuleLine {
  try {
    return new Reader(text).line()
  } catch (slip) {
    if (slip instanceof Slip) return { error: slip.error }
    throw slip
  }
}

class Reader {
  readonly #words: readonly Word[]
  readonly #end: number
  #at = 0

  constructor(text: string) {
    this.#words = [...text.matchAll(/\S+/g)].map(match => ({ text: match[0], start: match.index }))
    this.#end = text.length
  }

  line(): RuleLine {
    const [first] = this.#words
    if (!first) throw new Slip({ start: 0, end: this.#end, message: 'This rule is empty.', hint: EXAMPLE })
    if (/^(iptables|nft|ip6?tables|-A|-I|-P|add)$/.test(first.text)) {
      const message = 'Rules are written in words of this program, which are few: chain, verdict, conditions.'
      throw new Slip({ ...span(first), message, hint: EXAMPLE })
    }
    if (first.text === 'policy') {
      this.#at++
      return this.#policy()
    }
    const chain = this.#chain()
    const verdict = this.#oneOf(VERDICTS, 'a verdict', `A rule of ${chain} says what to do: accept, drop or reject.`)
    const rejection = verdict === 'reject' ? this.#rejection() : undefined
    const found: { readonly match: Match; readonly word: Word }[] = []
    while (this.#at < this.#words.length) found.push(this.#condition(chain))
    const matches = found.map(({ match }) => match)
    for (const { match, word } of found) this.#agrees(match, matches, word)
    if (rejection === 'tcp-reset' && !names(matches, Ipv4Header.PROTOCOL.tcp)) {
      const at = this.#words.find(({ text }) => text === 'tcp-reset') as Word
      throw new Slip({ ...span(at), message: 'Only TCP can be reset.', hint: 'add: proto tcp' })
    }
    return { rule: { chain, verdict, rejection, matches, text: write(chain, verdict, rejection, matches) } }
  }

  #policy(): Policy {
    const chain = this.#chain()
    const verdict = this.#oneOf(['accept', 'drop'] as const, 'a policy', `What is the policy of ${chain}?`)
    const more = this.#words[this.#at]
    if (more) {
      const message = 'A policy has no conditions: it is for every packet that no rule fits.'
      throw new Slip({ ...span(more), message, hint: `write a rule: ${chain} ${verdict} ${more.text} …` })
    }
    return { policy: verdict, chain }
  }

  #chain(): Chain {
    return this.#oneOf(CHAINS, 'a chain', 'A rule begins with where it stands: input, forward or output.')
  }

  #rejection(): Rejection {
    if (this.#words[this.#at]?.text !== 'with') return 'icmp-port-unreachable'
    this.#at++
    return this.#oneOf(Object.keys(REJECTIONS) as Rejection[], 'an answer', 'What is the sender told?')
  }

  #next(missing: string): Word {
    const word = this.#words[this.#at]
    if (word) {
      this.#at++
      return word
    }
    const last = this.#words[this.#words.length - 1]
    throw new Slip({ ...span(last), message: missing, hint: EXAMPLE })
  }

  #oneOf<T extends string>(list: readonly T[], what: string, missing: string): T {
    const word = this.#next(missing)
    const found = list.find(known => known === word.text.toLowerCase())
    if (found === undefined) throw unknown(word, list, `"${word.text}" is not ${what}.`)
    return found
  }

  #condition(chain: Chain): { match: Match; word: Word } {
    const not = this.#words[this.#at].text === 'not'
    if (not) this.#at++
    const word = this.#next('`not` stands before a condition.')
    const kind = CONDITIONS.find(known => known === word.text)
    if (kind === undefined) throw unknownCondition(word)
    if ((kind === 'in' && chain === 'output') || (kind === 'out' && chain === 'input')) {
      const message =
        kind === 'in'
          ? 'A packet of the machine itself has come in by no interface.'
          : 'A packet for the machine itself leaves by no interface.'
      throw new Slip({ ...span(word), message, hint: `in ${chain} write: ${kind === 'in' ? 'out' : 'in'} INTERFACE` })
    }
    return { match: kind === 'syn' ? { kind, not } : this.#valued(kind, not), word }
  }

  #valued(kind: Exclude<Condition, 'syn'>, not: boolean): Match {
    switch (kind) {
      case 'in':
      case 'out':
        return { kind, not, names: this.#list(kind, 'the name of an interface', readName) }
      case 'from':
      case 'to':
        return { kind, not, prefixes: this.#list(kind, 'an address or a network', readNetwork) }
      case 'proto':
        return { kind, not, protocols: this.#list(kind, 'a protocol over IP', readProtocol, Object.keys(PROTOCOLS)) }
      case 'sport':
      case 'dport':
        return { kind, not, ranges: this.#list(kind, 'a port from 0 to 65535', readRange) }
      case 'call-id':
        return { kind, not, ranges: this.#list(kind, 'a call ID from 0 to 65535', readRange) }
      case 'icmp-type':
        return { kind, not, types: this.#list(kind, 'a type of ICMP', readIcmp, Object.keys(ICMP_TYPES)) }
      case 'state':
        return { kind, not, states: this.#list(kind, 'a state of a connection', readState, STATES) }
    }
  }

  /** `a,b,c`: one word. */
  #list<T>(kind: Condition, what: string, read: (text: string) => T | undefined, known?: readonly string[]): T[] {
    const word = this.#next(`Here ${what} is missing.`)
    let { start } = word
    return word.text.split(',').map(text => {
      const part = { text, start }
      start += text.length + 1
      const value = read(text)
      if (value !== undefined) return value
      if (text === '') throw new Slip({ ...span(word), message: 'A list is written without blanks: a,b.' })
      const message = `"${text}" is not ${what}.`
      throw known ? unknown(part, known, message) : new Slip({ ...span(part), message, hint: exampleOf(kind) })
    })
  }

  /** Conditions that can never hold together. */
  #agrees(match: Match, all: readonly Match[], word: Word): void {
    const twice = all.filter(other => other.kind === match.kind && !other.not && !match.not)
    if (twice.length > 1) {
      const message = `This rule has ${match.kind} twice; both would have to hold.`
      throw new Slip({ ...span(word), message, hint: `name several in one list: ${match.kind} a,b` })
    }
    const { tcp, udp, icmp, gre } = Ipv4Header.PROTOCOL
    if (match.kind === 'sport' || match.kind === 'dport') this.#hasPorts(match, all, word, [tcp, udp])
    if (match.kind === 'icmp-type') needs(all, [icmp], word, 'Only ICMP has an icmp-type.', 'proto icmp')
    if (match.kind === 'call-id') needs(all, [gre], word, 'Only GRE has a call ID.', 'proto gre')
    if (match.kind === 'syn') needs(all, [tcp], word, 'Only TCP has a SYN.', 'proto tcp')
  }

  #hasPorts(
    match: Match & { readonly ranges: readonly Range[] },
    all: readonly Match[],
    word: Word,
    allowed: number[],
  ) {
    if (names(all, ...allowed)) return
    const gre = names(all, Ipv4Header.PROTOCOL.gre)
    const is47 = match.ranges.some(({ first, last }) => first === 47 && last === 47)
    const rest = this.#words.slice(0, 2).map(({ text }) => text)
    const value = this.#words[this.#words.indexOf(word) + 1]
    const where = { start: word.start, end: value.start + value.text.length }
    if (gre || is47) throw new Slip({ ...where, message: PORT_47, hint: `write: ${rest.join(' ')} proto gre` })
    const message = 'Only TCP and UDP have ports, and this rule does not say which of them.'
    throw new Slip({ ...where, message, hint: `write: proto tcp ${match.kind} ${value.text}` })
  }
}

/** Does a rule say that the protocol is one of these, and none else? */
function names(matches: readonly Match[], ...protocols: number[]): boolean {
  return matches.some(
    match => match.kind === 'proto' && !match.not && match.protocols.every(protocol => protocols.includes(protocol)),
  )
}

function needs(all: readonly Match[], protocols: number[], word: Word, message: string, add: string): void {
  if (!names(all, ...protocols)) throw new Slip({ ...span(word), message, hint: `add: ${add}` })
}

const span = ({ text, start }: Word): { start: number; end: number } => ({ start, end: start + text.length })

function unknown(word: Word, known: readonly string[], message: string): Slip {
  const ours = OTHERS[word.text.toLowerCase()]
  if (ours !== undefined && known.includes(ours)) return new Slip({ ...span(word), message, hint: `here: ${ours}` })
  return new Slip({ ...span(word), message, word: word.text, known })
}

function unknownCondition(word: Word): Slip {
  const known = [...CONDITIONS, 'not']
  const name = word.text.toLowerCase()
  if (Object.hasOwn(PROTOCOLS, name) && name !== 'icmp') {
    const message = `"${word.text}" is no condition.`
    return new Slip({ ...span(word), message, hint: `write: proto ${name}` })
  }
  if (STATES.includes(name as State)) {
    const message = `"${word.text}" is no condition.`
    return new Slip({ ...span(word), message, hint: `write: state ${name}` })
  }
  return unknown(word, known, `"${word.text}" is no condition.`)
}

function exampleOf(kind: Condition): string {
  if (kind === 'in' || kind === 'out') return `such as ${kind} eth0`
  if (kind === 'from' || kind === 'to') return `such as ${kind} 203.0.113.5 or ${kind} 10.0.0.0/8`
  return kind === 'call-id' ? 'such as call-id 40001' : `such as ${kind} 1723 or ${kind} 1024-65535`
}

// Values

const NAME = /^[a-z][a-z0-9._-]{0,14}\*?$/
const readName = (text: string): string | undefined => (NAME.test(text) ? text : undefined)

function readNetwork(text: string): Prefix | undefined {
  const both = parseInterface(text)
  const address = parseIpv4(text)
  if (address !== undefined) return { network: address as Ipv4, length: 32 }
  return both && both.prefix.network === both.address ? both.prefix : undefined
}

const readNumber = (text: string, most: number): number | undefined =>
  /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= most ? Number(text) : undefined

const readProtocol = (text: string): number | undefined =>
  Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] : readNumber(text, 255)

function readRange(text: string): Range | undefined {
  const [first, last, ...rest] = text.split('-').map(part => readNumber(part, 65_535))
  if (first === undefined || rest.length > 0) return undefined
  if (!text.includes('-')) return { first, last: first }
  return last === undefined || last < first ? undefined : { first, last }
}

/** A name, `3` or `3/4`. */
function readIcmp(text: string): { type: number; code: number | undefined } | undefined {
  if (Object.hasOwn(ICMP_TYPES, text)) {
    const [type, code] = ICMP_TYPES[text]
    return { type, code }
  }
  const [type, code] = text.split('/').map(part => readNumber(part, 255))
  if (type === undefined || text.split('/').length > 2) return undefined
  return text.includes('/') && code === undefined ? undefined : { type, code }
}

const readState = (text: string): State | undefined => STATES.find(state => state === text)

// And back

function write(chain: Chain, verdict: Verdict, rejection: Rejection | undefined, matches: readonly Match[]): string {
  const answer = rejection === undefined ? [] : ['with', rejection]
  return [chain, verdict, ...answer, ...matches.map(writeMatch)].join(' ')
}

function writeMatch(match: Match): string {
  const words = match.kind === 'syn' ? 'syn' : `${match.kind} ${valuesOf(match).join(',')}`
  return match.not ? `not ${words}` : words
}

function valuesOf(match: Exclude<Match, { kind: 'syn' }>): readonly string[] {
  switch (match.kind) {
    case 'in':
    case 'out':
      return match.names
    case 'from':
    case 'to':
      return match.prefixes.map(writeNetwork)
    case 'proto':
      return match.protocols.map(nameOfProtocol)
    case 'sport':
    case 'dport':
    case 'call-id':
      return match.ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
    case 'icmp-type':
      return match.types.map(nameOfIcmp)
    case 'state':
      return match.states
  }
}

const writeNetwork = (prefix: Prefix): string => {
  if (prefix.length === 32) return formatIpv4(prefix.network)
  return prefix.length === 0 ? '0.0.0.0/0' : formatPrefix(prefix)
}

const nameOfProtocol = (protocol: number): string =>
  Object.keys(PROTOCOLS).find(name => PROTOCOLS[name] === protocol) ?? String(protocol)

function nameOfIcmp({ type, code }: { readonly type: number; readonly code: number | undefined }): string {
  const name = Object.keys(ICMP_TYPES).find(one => ICMP_TYPES[one][0] === type && ICMP_TYPES[one][1] === code)
  return name ?? (code === undefined ? String(type) : `${type}/${code}`)
}
