/**
 * Firewall rules: what a machine lets in, through and out. The first rule that fits a packet decides; where none fits,
 * the policy of the chain does. Nothing is allocated for a packet.
 *
 * Fields of a fragment other than the first cannot be read: a rule that asks for ports, an ICMP type or a call ID does
 * not fit it, one that asks for the protocol does. Where connections are tracked, rules see whole datagrams.
 *
 * Limits: IPv4; no sets, no jumps between chains, no rate limits. `rule-text.ts` has the words.
 */
import { contains, type Prefix } from '../base/address.ts'
import { get16 } from '../base/bytes.ts'
import type { Packet } from '../base/packet.ts'
import * as Gre from '../wire/gre.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import type { Chain, Denial, Judge, PacketState, Passage } from './types.ts'

export const CHAINS = ['input', 'forward', 'output'] as const satisfies readonly Chain[]
/** Where nothing is tracked no packet has one of these. */
export const STATES = ['new', 'established', 'related', 'invalid'] as const satisfies readonly PacketState[]
export type State = (typeof STATES)[number]

/** What a refused sender is told: type and code of an ICMP message (RFC 792, RFC 1812 §5.2.7.1), or a TCP segment with RST. */
export const REJECTIONS = {
  'icmp-net-unreachable': Icmp.UNREACHABLE.net,
  'icmp-host-unreachable': Icmp.UNREACHABLE.host,
  'icmp-proto-unreachable': Icmp.UNREACHABLE.protocol,
  'icmp-port-unreachable': Icmp.UNREACHABLE.port,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
  'tcp-reset': undefined,
} as const
export type Rejection = keyof typeof REJECTIONS

export interface Range {
  readonly first: number
  readonly last: number
}

/** One condition; with `not` it holds where the words do not fit. */
export type Match = { readonly not: boolean } & (
  | { readonly kind: 'in' | 'out'; readonly names: readonly string[] }
  | { readonly kind: 'from' | 'to'; readonly prefixes: readonly Prefix[] }
  | { readonly kind: 'proto'; readonly protocols: readonly number[] }
  | { readonly kind: 'sport' | 'dport' | 'call-id'; readonly ranges: readonly Range[] }
  | {
      readonly kind: 'icmp-type'
      readonly types: readonly { readonly type: number; readonly code: number | undefined }[]
    }
  | { readonly kind: 'state'; readonly states: readonly State[] }
  | { readonly kind: 'syn' }
)

export type Verdict = 'accept' | 'drop' | 'reject'

export interface RuleSpec {
  readonly chain: Chain
  readonly verdict: Verdict
  /** Of `reject`. */
  readonly rejection: Rejection | undefined
  readonly matches: readonly Match[]
  /** As people write it. */
  readonly text: string
}

export interface FilterSpec {
  /** In order. */
  readonly rules: readonly RuleSpec[]
  /** What is done where no rule fits. */
  readonly policies: Readonly<Record<Chain, 'accept' | 'drop'>>
}

/** A rule in use, or a policy, with what it has decided so far. */
export interface Rule extends RuleSpec {
  /** Undefined: it lets pass. */
  readonly denial: Denial | undefined
  packets: number
  octets: number
}

const PORT_PROTOCOLS: ReadonlySet<number> = new Set([Ipv4.PROTOCOL.tcp, Ipv4.PROTOCOL.udp])

export class RuleSet implements Judge {
  readonly #chains: Record<Chain, Rule[]> = { input: [], forward: [], output: [] }
  readonly #policies: Record<Chain, Rule>
  #asksState = false

  constructor({ rules, policies }: FilterSpec) {
    this.#policies = {
      input: policy('input', policies.input),
      forward: policy('forward', policies.forward),
      output: policy('output', policies.output),
    }
    for (const rule of rules) this.add(rule)
  }

  get asksState(): boolean {
    return this.#asksState
  }

  rules(chain: Chain): readonly Rule[] {
    return this.#chains[chain]
  }
  policy(chain: Chain): Rule {
    return this.#policies[chain]
  }

  /** Puts a rule behind those of its chain, or at a place: 1 is the first. */
  add(spec: RuleSpec, place?: number): void {
    const chain = this.#chains[spec.chain]
    chain.splice(place === undefined ? chain.length : place - 1, 0, inUse(spec))
    this.#asksState = this.#asksState || asksState(spec)
  }

  /** Takes the first rule away that reads like this one; false: there is none. */
  remove({ chain, text }: RuleSpec): boolean {
    const rules = this.#chains[chain]
    const at = rules.findIndex(rule => rule.text === text)
    if (at >= 0) rules.splice(at, 1)
    this.#asksState = CHAINS.some(name => this.#chains[name].some(asksState))
    return at >= 0
  }

  setPolicy(chain: Chain, verdict: 'accept' | 'drop'): void {
    this.#policies[chain] = policy(chain, verdict)
  }

  judge(passage: Passage): Denial | undefined {
    const rule = this.deciding(passage)
    rule.packets++
    rule.octets += passage.packet.length
    return rule.denial
  }

  /** The rule, or the policy, that decides about a packet. */
  deciding(passage: Passage): Rule {
    const { chain } = passage
    for (const rule of this.#chains[chain]) if (fits(rule, passage)) return rule
    return this.#policies[chain]
  }

  /** `rule 2 of forward`, `the policy of input`: where a reader finds it. */
  placeOf(rule: Rule): string {
    const at = this.#chains[rule.chain].indexOf(rule)
    return at < 0 ? `the policy of ${rule.chain}` : `rule ${at + 1} of ${rule.chain}`
  }
}

const asksState = ({ matches }: RuleSpec): boolean => matches.some(({ kind }) => kind === 'state')

function inUse({ chain, verdict, rejection, matches, text }: RuleSpec): Rule {
  const denial = verdict === 'accept' ? undefined : { rule: text, answer: answerOf(rejection) }
  return { chain, verdict, rejection, matches, text, denial, packets: 0, octets: 0 }
}

function answerOf(rejection: Rejection | undefined): Denial['answer'] {
  if (rejection === undefined || rejection === 'tcp-reset') return rejection
  return { icmp: REJECTIONS[rejection] }
}

const policy = (chain: Chain, verdict: 'accept' | 'drop'): Rule =>
  inUse({ chain, verdict, rejection: undefined, matches: [], text: `policy ${chain} ${verdict}` })

function fits(rule: RuleSpec, passage: Passage): boolean {
  for (const match of rule.matches) if (holds(match, passage) === match.not) return false
  return true
}

function holds(match: Match, passage: Passage): boolean {
  const { bytes, start } = passage.packet
  switch (match.kind) {
    case 'in':
      return isNamed(match.names, passage.inside)
    case 'out':
      return isNamed(match.names, passage.outside)
    case 'from':
      return isWithin(match.prefixes, Ipv4.source(bytes, start))
    case 'to':
      return isWithin(match.prefixes, Ipv4.destination(bytes, start))
    case 'proto':
      return match.protocols.includes(Ipv4.protocol(bytes, start))
    case 'state':
      return includesState(match.states, passage.state)
    default:
      return holdsBehindHeader(match, passage.packet)
  }
}

/** What stands behind the IP header, as far as there is any. */
function holdsBehindHeader(
  match: Extract<Match, { kind: 'sport' | 'dport' | 'call-id' | 'icmp-type' | 'syn' }>,
  { bytes, start, end }: Packet,
): boolean {
  if (Ipv4.fragmentOffset(bytes, start) > 0) return false
  const at = start + Ipv4.headerLength(bytes, start)
  const protocol = Ipv4.protocol(bytes, start)
  switch (match.kind) {
    case 'sport':
      return PORT_PROTOCOLS.has(protocol) && at + 4 <= end && isAmong(match.ranges, get16(bytes, at))
    case 'dport':
      return PORT_PROTOCOLS.has(protocol) && at + 4 <= end && isAmong(match.ranges, get16(bytes, at + 2))
    case 'call-id':
      return protocol === Ipv4.PROTOCOL.gre && at + 8 <= end && isAmong(match.ranges, Gre.callId(bytes, at))
    case 'icmp-type':
      return protocol === Ipv4.PROTOCOL.icmp && at + 2 <= end && isOfType(match.types, bytes, at)
    case 'syn':
      return protocol === Ipv4.PROTOCOL.tcp && at + TCP_HEADER <= end && (bytes[at + 13] & SYN_FLAGS) === SYN
  }
}

const TCP_HEADER = 20
/** SYN, and none of ACK, RST, FIN. */
const SYN = 0x02
const SYN_FLAGS = 0x17

const includesState = (states: readonly PacketState[], state: PacketState): boolean => states.includes(state)

/** `ppp*` is every interface whose name begins so. */
function isNamed(names: readonly string[], iface: string): boolean {
  for (const name of names) {
    if (name === iface || (name.endsWith('*') && iface.startsWith(name.slice(0, -1)))) return true
  }
  return false
}

function isWithin(prefixes: readonly Prefix[], address: number): boolean {
  for (const prefix of prefixes) if (contains(prefix, address)) return true
  return false
}

function isAmong(ranges: readonly Range[], value: number): boolean {
  for (const { first, last } of ranges) if (value >= first && value <= last) return true
  return false
}

function isOfType(
  types: readonly { readonly type: number; readonly code: number | undefined }[],
  bytes: Uint8Array,
  at: number,
): boolean {
  for (const { type, code } of types) {
    if (Icmp.type(bytes, at) === type && (code === undefined || Icmp.code(bytes, at) === code)) return true
  }
  return false
}
