/**
 * The packet filter of a machine, put together from what its lab says: rules, tracking of connections, translation.
 * It is tied to the IP stack by hooks; the stack knows nothing of rules, and the filter nothing of interfaces.
 */
import { contains, formatPrefix, type Ipv4, type Prefix } from '../base/address.ts'
import type { Packet } from '../base/packet.ts'
import { PacketFilter } from '../filter/filter.ts'
import { overridden, type PersonalityOverride } from '../filter/override.ts'
import { PERSONALITIES } from '../filter/personalities/index.ts'
import { CHAINS, type FilterSpec, RuleSet, type RuleSpec } from '../filter/rules.ts'
import type { FilterSetup, NatRule, Personality, PersonalityName, Range } from '../filter/types.ts'
import { type BalanceConfig, balanceRules } from './balance.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'

export interface TrackingConfig {
  readonly like: PersonalityName
  readonly override: PersonalityOverride
  /** Where the PPTP helper is given new connections, if there is one. */
  readonly helper: FilterSetup['helperAt']
}

export interface NatConfig extends TrackingConfig {
  /** Interfaces. */
  readonly inside: readonly string[]
  readonly outside: string
  /** Absent: that of the outside interface. */
  readonly addresses?: { readonly from: Ipv4; readonly to: Ipv4 }
  /** Absent: the old one if it is free. */
  readonly ports?: Range
  readonly forwards: readonly {
    readonly protocol: number
    readonly ports?: Range
    readonly to: Ipv4
    readonly newPort?: number
    readonly text: string
  }[]
  readonly oneToOne: readonly { readonly inside: Prefix; readonly outside: Prefix }[]
}

export interface FilteringConfig {
  readonly filter?: FilterSpec
  readonly conntrack?: TrackingConfig
  readonly nat?: NatConfig
  readonly balance?: BalanceConfig
  /** The largest MSS that a passing SYN may name; absent: any. */
  readonly clampMss?: FilterSetup['clampMss']
}

/** What may be done to the rules while everything goes on. */
export type RuleChange =
  | { readonly add: RuleSpec; readonly place?: number }
  | { readonly remove: RuleSpec }
  | { readonly policy: 'accept' | 'drop'; readonly chain: RuleSpec['chain'] }

const EMPTY: FilterSpec = { rules: [], policies: { input: 'accept', forward: 'accept', output: 'accept' } }
const PLAIN: TrackingConfig = { like: 'linux', override: {}, helper: 'prerouting' }

/** Undefined: nothing is filtered, and the stack shows its packets to nobody. */
export function makeFiltering(node: IpNode, config: FilteringConfig): Filtering | undefined {
  const { filter, conntrack, nat, balance, clampMss } = config
  return filter || conntrack || nat || balance || clampMss !== undefined ? new Filtering(node, config) : undefined
}

export class Filtering {
  readonly filter: PacketFilter
  readonly #node: IpNode
  readonly #rules: RuleSet
  readonly #nat: NatConfig | undefined
  readonly #balance: BalanceConfig | undefined
  readonly #clampMss: FilterSetup['clampMss']
  readonly #tracking: TrackingConfig

  constructor(node: IpNode, { filter, conntrack, nat, balance, clampMss }: FilteringConfig) {
    this.#node = node
    this.#rules = new RuleSet(filter ?? EMPTY)
    this.#nat = nat
    this.#balance = balance
    this.#clampMss = clampMss
    this.#tracking = nat ?? conntrack ?? PLAIN
    const { stack } = node
    const machine = {
      addressOf: (iface: string) => stack.interface(iface)?.address,
      mtuOf: (iface: string) => stack.interface(iface)?.port.mtu,
      isOwn: (address: Ipv4) => stack.isOwn(address),
      unreachable: (about: Packet, code: number) => stack.icmp.unreachable(about, code),
      reset: (about: Packet) => node.tcp.refuse(about),
    }
    this.filter = new PacketFilter(node.env, machine, this.#setup(this.#personality(this.#tracking.like)))
    stack.hooks = this.filter
  }

  #personality(like: PersonalityName): Personality {
    return overridden(PERSONALITIES[like], this.#tracking.override)
  }

  #setup(personality: Personality): FilterSetup {
    const nat = this.#natRules(personality)
    return { personality, judge: this.#rules, nat, helperAt: this.#tracking.helper, clampMss: this.#clampMss }
  }

  #natRules(personality: Personality): NatRule[] {
    if (this.#nat) return natRules(this.#nat, personality, this.#outside(this.#nat))
    const address = this.#balance && this.#node.stack.interface(this.#balance.outside)?.address
    return this.#balance && address !== undefined ? balanceRules(this.#balance, address) : []
  }

  /** Where port forwards come to; undefined until the interface is plugged in. */
  #outside({ addresses, outside }: NatConfig): Ipv4 | undefined {
    return addresses?.from ?? this.#node.stack.interface(outside)?.address
  }

  /** Its interfaces have come, or one has got another address. */
  readdress(): void {
    if (this.#nat || this.#balance) this.filter.change(this.#setup(this.filter.setup.personality))
  }

  /** Does it translate to this address, so that who is outside must find it here? */
  answersFor(address: Ipv4): boolean {
    if (!this.#nat) return false
    const { addresses, oneToOne } = this.#nat
    if (addresses && address >= addresses.from && address <= addresses.to) return true
    return oneToOne.some(({ outside }) => contains(outside, address))
  }

  // What events do

  changeRules(change: RuleChange): void {
    if ('add' in change) this.#rules.add(change.add, change.place)
    else if ('remove' in change) this.#rules.remove(change.remove)
    else this.#rules.setPolicy(change.chain, change.policy)
  }

  flush(): void {
    this.filter.flush()
  }

  /** Another box in its place knows none of the connections. */
  become(like: PersonalityName): void {
    this.filter.flush()
    this.filter.change(this.#setup(this.#personality(like)))
  }

  /** Another outside address; what was hidden behind the old one is forgotten. */
  moveTo(address: Ipv4): void {
    if (!this.#nat) return
    this.#node.renumber(this.#nat.outside, address)
    this.filter.readdressed(this.#nat.outside)
    this.readdress()
  }

  snapshot(): Snapshot {
    const { conntrack, setup } = this.filter
    const rules: Snapshot[] = []
    let dropped = 0
    for (const chain of CHAINS) {
      for (const rule of [...this.#rules.rules(chain), this.#rules.policy(chain)]) {
        const { text, packets, octets, denial } = rule
        if (denial) dropped += packets
        rules.push({ chain, rule: text, packets, octets })
      }
    }
    return {
      rules,
      dropped,
      like: setup.personality.name,
      connections: conntrack.living.length,
      expected: conntrack.expectations.length,
      insertFailed: conntrack.insertFailed,
      entries: conntrack.living.map(String),
    }
  }
}

/** The rules of translation in the order in which they are asked. */
export function natRules(config: NatConfig, { hairpin }: Personality, outside: Ipv4 | undefined): NatRule[] {
  const { inside, outside: iface, addresses, ports, forwards, oneToOne } = config
  const rules: NatRule[] = []
  for (const pair of oneToOne) {
    const text = `one-to-one ${formatPrefix(pair.inside)} ${formatPrefix(pair.outside)}`
    rules.push({ kind: 'destination', text, to: pair.outside, translate: { by: 'prefix', prefix: pair.inside } })
    rules.push({
      kind: 'source',
      text,
      outside: iface,
      from: pair.inside,
      translate: { by: 'prefix', prefix: pair.outside },
    })
  }
  for (const { text, protocol, ports: wanted, to, newPort } of forwards) {
    if (outside === undefined) continue
    rules.push({
      kind: 'destination',
      text: `forward ${text}`,
      ...(hairpin ? {} : { inside: iface }),
      to: { network: outside, length: 32 },
      protocol,
      ports: wanted,
      translate: { by: 'range', addresses: { from: to, to } },
      newPorts: newPort === undefined ? undefined : { from: newPort, to: newPort },
    })
    // Who is inside as well must get the answer from here, or it would come from an address that he did not ask.
    if (!hairpin) continue
    for (const name of inside) {
      const target = { network: to, length: 32 }
      const text = `hairpin ${name}`
      rules.push({ kind: 'source', text, inside: name, outside: name, to: target, translate: { by: 'masquerade' } })
    }
  }
  for (const name of inside) {
    rules.push({
      kind: 'source',
      text: `${addresses ? 'translate' : 'masquerade'} ${name} to ${iface}`,
      inside: name,
      outside: iface,
      translate: addresses ? { by: 'range', addresses } : { by: 'masquerade' },
      newPorts: ports,
    })
  }
  return rules
}
