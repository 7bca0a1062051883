/**
 * Address translation: decides once for every flow what becomes of its source and its destination, and then does it to
 * each of its packets, in both directions. Read RFC 3022, RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP).
 *
 * What is decided stands in the flow's reply tuple: an answer comes to the new address, and a packet gets what the
 * inverse of the other direction's tuple says.
 */
import { contains, maskOf } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import type { Conntrack } from './conntrack.ts'
import type { Flow } from './flow.ts'
import { type Mapping, Mappings } from './mapping.ts'
import { rewrite, rewriteQuoted, type Side } from './rewrite.ts'
import { Tuple } from './tuple.ts'
import type { FilterMachine, NatRule, Personality, Range } from './types.ts'

const { tcp: TCP, udp: UDP, icmp: ICMP, gre: GRE } = Ipv4.PROTOCOL
/** An inside address gets the same one of several outside addresses for all its flows (RFC 4787 §4.1, paired). */
const pick = (range: Range, address: number): number => range.from + ((address >>> 0) % (range.to - range.from + 1))

/** One word of a hash over several: the finalizer of MurmurHash3, which lets every bit matter. */
function hashOf(word: number, seed = 0): number {
  let h = seed ^ word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Addresses, protocol, and the ports where there are some: what lies behind GRE's header no balancer looks at. */
function hashOfFlow({ protocol, source, sourceKey, destination, destinationKey }: Tuple): number {
  const ports = protocol === TCP || protocol === UDP ? (sourceKey << 16) | destinationKey : 0
  return hashOf(ports, hashOf(protocol, hashOf(destination, hashOf(source))))
}

const hasKey = (protocol: number): boolean => protocol === TCP || protocol === UDP || protocol === ICMP

/** What a flow is translated to before its port has been chosen. */
interface Target {
  readonly address: number
  readonly ports: Range | undefined
  readonly rule: string
  /** The interface whose address it is. */
  readonly masquerade: string
}

export class Nat {
  readonly mappings = new Mappings()
  /** Ports that were not kept: another flow of the same inside port gets the same one if it can, as with Linux. */
  readonly #changed = new Mappings()
  readonly #conntrack: Conntrack
  readonly #machine: FilterMachine
  readonly #random: Random
  #rules: readonly NatRule[]
  /** Where the search for a free port goes on. */
  #nextPort = 0
  /** The inside host that gets all GRE from outside, and the flows that keep it so. */
  #greHost: { readonly address: number; readonly flows: Set<Flow> } | undefined
  readonly #current = new Tuple()
  readonly #wanted = new Tuple()
  readonly #answer = new Tuple()
  readonly #target = new Tuple()

  constructor(env: Env, conntrack: Conntrack, machine: FilterMachine, rules: readonly NatRule[]) {
    this.#conntrack = conntrack
    this.#machine = machine
    this.#random = env.random.fork('nat/port')
    this.#rules = rules
  }

  get rules(): readonly NatRule[] {
    return this.#rules
  }
  set rules(rules: readonly NatRule[]) {
    this.#rules = rules
  }
  /** Entries of any kind; for those who look for leaks. */
  get held(): number {
    return this.mappings.held + this.#changed.held + (this.#greHost ? 1 : 0)
  }
  get #personality(): Personality {
    return this.#conntrack.personality
  }

  forget(flow: Flow): void {
    this.mappings.release(flow)
    this.#changed.release(flow)
    const slot = this.#greHost
    if (slot?.flows.delete(flow) && slot.flows.size === 0) this.#greHost = undefined
  }

  // Decisions

  /** Where a new flow goes; it has come in by `inside`, or was made here (''). */
  decideDestination(flow: Flow, inside: string): DropReason | undefined {
    if (flow.destinationDone) return undefined
    flow.destinationDone = true
    const current = this.#current.invert(flow.reply)
    const rule = this.#match('destination', current, inside, '')
    if (rule) {
      if (rule.translate.by === 'none') return undefined
      flow.rule = rule.text
      if (current.protocol === GRE && this.#personality.gre.keys === 'refused') return 'nat-protocol'
      const target = this.#targetOf(rule, current, current.destination, '')
      if (!target) return 'nat-no-address'
      this.#setDestination(flow, target.address, target.ports ? target.ports.from : current.destinationKey, rule.text)
      return undefined
    }
    this.#admit(flow, current, inside)
    return undefined
  }

  /** What nobody asked for from outside, and a mapping lets in. */
  #admit(flow: Flow, current: Tuple, inside: string): void {
    const { filtering, gre, hairpin, mapping } = this.#personality
    if (inside === '' || !this.#isOwn(current.destination)) return
    const fromInside = !this.isOutside(inside)
    if (current.protocol === GRE && gre.keys === 'one-host') {
      if (!fromInside && this.#greHost)
        this.#setDestination(flow, this.#greHost.address, current.destinationKey, 'the one place for GRE')
      return
    }
    if (mapping === 'address-and-port-dependent' || !hasKey(current.protocol) || (fromInside && !hairpin)) return
    const mapped = this.mappings.admit(current, fromInside ? 'endpoint-independent' : filtering)
    if (!mapped) return
    flow.hairpin = fromInside
    this.#setDestination(flow, mapped.inside, mapped.insideKey, describe(mapped))
  }

  /** The flow leaves by `outside`, or ends here (''); `inside` is where it came in. Undefined: it may pass. */
  decideSource(flow: Flow, inside: string, outside: string): DropReason | undefined {
    if (flow.sourceDone) return undefined
    flow.sourceDone = true
    const current = this.#current.invert(flow.reply)
    const rule = this.#match('source', current, inside, outside)
    // RFC 4787 REQ-9 (a): the inside host that is reached so sees the outside address of the one that speaks to it.
    if (!rule && flow.hairpin) {
      const target = { address: flow.original.destination, ports: undefined, rule: 'hairpin', masquerade: '' }
      return this.#choose(flow, current, target)
    }
    if (!rule || rule.translate.by === 'none') return this.#keepSource(flow, current)
    flow.rule = rule.text
    if (current.protocol === GRE && this.#personality.gre.keys === 'refused') return 'nat-protocol'
    const target = this.#targetOf(rule, current, current.source, outside)
    if (!target) return 'nat-no-address'
    flow.masquerade = target.masquerade
    if (current.protocol === GRE) this.#noteGreHost(flow, current.source)
    return this.#choose(flow, current, target)
  }

  /** One that is not translated must not be taken for one that is: it gets another port if its own is in use. */
  #keepSource(flow: Flow, current: Tuple): DropReason | undefined {
    const isTaken =
      hasKey(current.protocol) &&
      this.#isOwn(current.source) &&
      (this.#conntrack.isTaken(this.#answer.invert(current)) ||
        this.mappings.isOutsideTaken(current.protocol, current.source, current.sourceKey))
    if (!isTaken) return undefined
    return this.#choose(flow, current, {
      address: current.source,
      ports: undefined,
      rule: 'its port is in use',
      masquerade: '',
    })
  }

  #noteGreHost(flow: Flow, address: number): void {
    if (this.#personality.gre.keys !== 'one-host') return
    this.#greHost ??= { address, flows: new Set() }
    if (this.#greHost.address === address) this.#greHost.flows.add(flow)
  }

  #isOwn(address: number): boolean {
    return this.#machine.isOwn((address >>> 0) as never)
  }
  isOutside(iface: string): boolean {
    return this.#rules.some(rule => rule.kind === 'source' && rule.outside === iface && rule.inside !== iface)
  }

  #match(kind: NatRule['kind'], tuple: Tuple, inside: string, outside: string): NatRule | undefined {
    for (const rule of this.#rules) if (rule.kind === kind && matches(rule, tuple, inside, outside)) return rule
    return undefined
  }

  #targetOf(rule: NatRule, tuple: Tuple, address: number, outside: string): Target | undefined {
    const { translate, newPorts: ports, text } = rule
    if (translate.by === 'masquerade') {
      const own = this.#machine.addressOf(outside)
      return own === undefined ? undefined : { address: own | 0, ports, rule: text, masquerade: outside }
    }
    if (translate.by === 'range')
      return { address: pick(translate.addresses, address) | 0, ports, rule: text, masquerade: '' }
    if (translate.by === 'prefix') {
      const { network, length } = translate.prefix
      return { address: network | (address & ~maskOf(length)), ports, rule: text, masquerade: '' }
    }
    if (translate.by === 'choice') {
      const { addresses, of } = translate
      const hash = of === 'source' ? hashOf(tuple.source) : hashOfFlow(tuple)
      return { address: addresses[hash % addresses.length] | 0, ports, rule: text, masquerade: '' }
    }
    return undefined
  }

  #setDestination(flow: Flow, address: number, key: number, rule: string): void {
    const wanted = this.#wanted.invert(flow.reply)
    wanted.destination = address | 0
    if (hasKey(wanted.protocol) && wanted.protocol !== ICMP) wanted.destinationKey = key
    if (wanted.protocol === ICMP) wanted.sourceKey = key
    flow.reply.invert(wanted)
    flow.destinationNat = true
    flow.rule = rule
  }

  // The new source: address and port

  #choose(flow: Flow, current: Tuple, target: Target): DropReason | undefined {
    const { mapping, ports } = this.#personality
    const wanted = this.#wanted.copy(current)
    wanted.source = target.address | 0
    const shared = hasKey(current.protocol) && mapping !== 'address-and-port-dependent'
    const known = shared ? this.mappings.find(current, mapping) : undefined
    if (known) {
      wanted.source = known.outside
      wanted.sourceKey = known.outsideKey
    } else if (hasKey(current.protocol)) {
      if (shared && ports.perHost > 0 && this.mappings.countOf(current.source) >= ports.perHost)
        return 'nat-ports-exhausted'
      const own = wanted.sourceKey
      if (shared || !this.#findSame(current, wanted)) {
        if (!this.#findPort(wanted, target.ports, shared)) return 'nat-ports-exhausted'
      }
      if (!shared && wanted.sourceKey !== own)
        this.#changed.use(flow, current, 'endpoint-independent', wanted.source, wanted.sourceKey)
    }
    if (shared) this.mappings.use(flow, current, mapping, wanted.source, wanted.sourceKey)
    if (flow.rule === '') flow.rule = target.rule
    flow.reply.invert(wanted)
    flow.sourceNat = flow.sourceNat || !wanted.equals(current)
    return undefined
  }

  /** Gives the tuple the source port that this inside port has towards others, if that is free. */
  #findSame(current: Tuple, wanted: Tuple): boolean {
    const known = this.#changed.size === 0 ? undefined : this.#changed.find(current, 'endpoint-independent')
    if (known?.outside !== wanted.source) return false
    const own = wanted.sourceKey
    wanted.sourceKey = known.outsideKey
    if (this.#isFree(wanted, false)) return true
    wanted.sourceKey = own
    return false
  }

  /** Gives the tuple a source port that nobody else has; false if there is none. */
  #findPort(wanted: Tuple, only: Range | undefined, shared: boolean): boolean {
    const { preserve, choose, range } = this.#personality.ports
    const own = wanted.sourceKey
    const allowed = only ?? (wanted.protocol === ICMP ? ALL : preserve ? classOf(own, range) : range)
    const mayKeep = preserve && (!only || (own >= only.from && own <= only.to))
    if (mayKeep && this.#isFree(wanted, shared)) return true
    const count = allowed.to - allowed.from + 1
    if (choose === 'next') return this.#findFrom(this.#nextPort++ % count, count, wanted, allowed, shared)
    // As Linux searches: a full range costs a new flow no more than this, and a nearly full one may seem full.
    for (let tries = Math.min(count, MOST_TRIES); ; tries >>= 1) {
      if (this.#findFrom(this.#random.below(count), tries, wanted, allowed, shared)) return true
      if (tries === count || tries < FEWEST_TRIES) return false
    }
  }

  #findFrom(first: number, tries: number, wanted: Tuple, allowed: Range, shared: boolean): boolean {
    const count = allowed.to - allowed.from + 1
    for (let step = 0; step < tries; step++) {
      wanted.sourceKey = allowed.from + ((first + step) % count)
      if (this.#isFree(wanted, shared)) return true
    }
    return false
  }

  #isFree(wanted: Tuple, shared: boolean): boolean {
    if (shared && this.mappings.isOutsideTaken(wanted.protocol, wanted.source, wanted.sourceKey)) return false
    return !this.#conntrack.isTaken(this.#answer.invert(wanted))
  }

  // Expected flows

  /** A GRE flow that a helper expected goes between the two ends of its control connection. */
  follow(flow: Flow, isOriginal: boolean, key: number, rule: string): void {
    const { master } = flow
    if (!master) return
    const other = isOriginal ? master.reply : master.original
    const before = this.#current.copy(flow.original)
    const wanted = this.#wanted.copy(flow.original)
    wanted.source = other.destination
    wanted.destination = other.source
    if (isOriginal) wanted.sourceKey = key
    else wanted.destinationKey = key
    if (isOriginal && this.#personality.pptp?.calls === 'last') this.#freeCallId(wanted)
    flow.sourceNat = wanted.source !== before.source || wanted.sourceKey !== before.sourceKey
    flow.destinationNat = wanted.destination !== before.destination || wanted.destinationKey !== before.destinationKey
    flow.sourceDone = true
    flow.destinationDone = true
    flow.masquerade = master.masquerade
    flow.rule = rule
    flow.reply.invert(wanted)
  }

  /** Linux gives way where another flow has the answer: with the first free call ID, of which no end knows. */
  #freeCallId(wanted: Tuple): void {
    const own = wanted.destinationKey
    for (let id = 1; this.#conntrack.isTaken(this.#answer.invert(wanted)); id++) {
      if (id > MOST_TRIES) {
        wanted.destinationKey = own
        return
      }
      wanted.destinationKey = id
    }
  }

  // Packets

  get #readsCallIds(): boolean {
    return this.#personality.gre.keys !== 'none'
  }

  /** Does this side of the packets of this direction have to be changed? */
  changes(flow: Flow, isReply: boolean, side: Side): boolean {
    return (side === 'source') === isReply ? flow.destinationNat : flow.sourceNat
  }

  /** Changes one side of a packet of the flow; false if it is too short for that. */
  translate(packet: Packet, flow: Flow, isReply: boolean, side: Side): boolean {
    const target = this.#target.invert(isReply ? flow.original : flow.reply)
    return rewrite(packet.bytes, packet.start, packet.end, target, side, this.#readsCallIds)
  }

  /** Changes one side of an ICMP error about the flow, and of what it quotes. */
  translateError(packet: Packet, flow: Flow, isReply: boolean, side: Side): boolean {
    const { bytes, start, end } = packet
    const other = isReply ? flow.original : flow.reply
    const at = start + Ipv4.headerLength(bytes, start)
    if (!rewriteQuoted(bytes, at, end, other, side, this.#readsCallIds)) return false
    return rewrite(bytes, start, end, this.#target.invert(other), side, this.#readsCallIds)
  }
}

/** Ports or call IDs that are tried one after the other, and ports in the shortest of the searches after that. */
const MOST_TRIES = 128
const FEWEST_TRIES = 16
const ALL: Range = { from: 0, to: 65_535 }
/** A port below 1024 says something about its owner, and so does its translation (RFC 4787 §4.2.2). */
function classOf(port: number, range: Range): Range {
  if (port > 0 && port < 512) return { from: 1, to: 511 }
  return port >= 512 && port < 1024 ? { from: 600, to: 1023 } : range
}

function matches(rule: NatRule, tuple: Tuple, inside: string, outside: string): boolean {
  const { from, to, protocol, ports } = rule
  if (rule.inside !== undefined && rule.inside !== inside) return false
  if (rule.outside !== undefined && rule.outside !== outside) return false
  if (from && !contains(from, tuple.source)) return false
  if (to && !contains(to, tuple.destination)) return false
  if (protocol !== undefined && protocol !== tuple.protocol) return false
  if (!ports) return true
  const hasPorts = tuple.protocol === TCP || tuple.protocol === UDP
  return hasPorts && tuple.destinationKey >= ports.from && tuple.destinationKey <= ports.to
}

const describe = ({ name }: Mapping): string => `mapping ${name.trim()}`
