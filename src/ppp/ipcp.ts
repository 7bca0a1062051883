/**
 * The IP Control Protocol: RFC 1332, with the name servers of RFC 1877, DNS and NBNS.
 *
 * An address may change while the link lasts: either side negotiates IPCP anew, the network goes down, and comes up with
 * what was agreed then.
 *
 * Limits: no header compression (RFC 1144), and not the old option IP-Addresses (RFC 1332 §3.1): both are rejected.
 */
import { ANY, formatIpv4, type Ipv4 } from '../base/address.ts'
import * as Ppp from '../wire/ppp.ts'
import { IPCP_OPTIONS } from '../wire/ppp-options.ts'
import type { PppEndReason } from './config.ts'
import { ControlProtocol, type LayerHooks } from './control-protocol.ts'
import type { Link } from './link.ts'
import { FourOctets, type OptionRule, type Verdict } from './options.ts'

export interface IpcpHooks {
  ipcpUp(): void
  ipcpDown(): void
  ipcpFinished(tries: number): void
  /** Why it is about to finish. */
  ipcpEnding(reason: PppEndReason, detail: string): void
}

export class Ipcp implements LayerHooks {
  readonly protocol: ControlProtocol
  readonly #hooks: IpcpHooks
  readonly #address: AddressRule
  readonly #dns: readonly ServerRule[]
  readonly #nbns: readonly ServerRule[]

  constructor(link: Link, hooks: IpcpHooks) {
    this.#hooks = hooks
    const { ip } = link.config
    this.#address = new AddressRule(link, ip.local)
    this.#dns = serverRules([IPCP_OPTIONS.dns1, IPCP_OPTIONS.dns2], ip.requestDns, ip.dns)
    this.#nbns = serverRules([IPCP_OPTIONS.nbns1, IPCP_OPTIONS.nbns2], ip.requestNbns, ip.nbns)
    const rules = [this.#address, ...this.#dns, ...this.#nbns]
    this.protocol = new ControlProtocol(link, 'ipcp', Ppp.IPCP, rules, this)
  }

  // What its protocol tells

  up(): void {
    this.#hooks.ipcpUp()
  }
  down(): void {
    this.#hooks.ipcpDown()
  }
  finished(tries: number): void {
    this.#hooks.ipcpFinished(tries)
  }
  terminated(text: string): void {
    this.#hooks.ipcpEnding('peer-closed', `The peer ended IPCP${text && `: ${text}`}.`)
  }
  catastrophe(detail: string): void {
    this.#hooks.ipcpEnding('protocol-rejected', detail)
  }

  /** Starts to negotiate; `assigned` is the only address that the peer may have, undefined: it chooses. */
  start(assigned: Ipv4 | undefined): void {
    this.#address.assigned = assigned
    this.protocol.open()
    this.protocol.lowerUp()
  }

  get local(): Ipv4 {
    return this.#address.ours ?? ANY
  }
  get peer(): Ipv4 {
    return this.#address.theirs ?? ANY
  }
  /** The name servers that the peer told us. */
  get dns(): readonly Ipv4[] {
    return told(this.#dns)
  }
  get nbns(): readonly Ipv4[] {
    return told(this.#nbns)
  }
}

const NONE: readonly never[] = []
const told = (rules: readonly ServerRule[]): readonly Ipv4[] =>
  rules.length === 0 ? NONE : rules.map(rule => rule.ours ?? ANY).filter(address => address !== ANY)

/** RFC 1332 §3.3: all zero asks for an address, which comes in a Nak. */
class AddressRule extends FourOctets<Ipv4> implements OptionRule<Ipv4> {
  /** The only address that the peer may have; undefined: it chooses. */
  assigned: Ipv4 | undefined
  readonly #link: Link
  readonly #local: Ipv4

  constructor(link: Link, local: Ipv4) {
    super()
    this.#link = link
    this.#local = local
  }

  get type(): number {
    return IPCP_OPTIONS.address
  }
  want(): Ipv4 {
    return this.#local
  }
  demand(): Ipv4 | undefined {
    return this.assigned
  }
  judge(asked: Ipv4 | undefined): Verdict<Ipv4> {
    const only = this.assigned
    if (only !== undefined) return asked === only ? 'ack' : { nak: only }
    return asked ? 'ack' : 'reject'
  }
  concede(suggested: Ipv4): Ipv4 {
    return this.#local === ANY && suggested !== ANY ? suggested : this.#local
  }
  lost(): void {
    const local = this.#local
    const what = local === ANY ? 'gives us no address' : `does not accept our address ${formatIpv4(local)}`
    this.#link.end({ reason: 'no-address', layer: 'ipcp', detail: `The peer ${what}.`, tries: 0 })
  }
}

/** None for an end that neither asks nor can tell: it rejects what it does not know. */
const serverRules = (types: readonly number[], ask = false, served: readonly Ipv4[] = []): readonly ServerRule[] =>
  ask || served.length > 0 ? types.map((type, i) => new ServerRule(type, ask, served[i])) : NONE

/** RFC 1877 §1: asked for with zero, told in a Nak. */
class ServerRule extends FourOctets<Ipv4> implements OptionRule<Ipv4> {
  readonly type: number
  readonly #ask: boolean
  readonly #served: Ipv4 | undefined

  constructor(type: number, ask: boolean, served: Ipv4 | undefined) {
    super()
    this.type = type
    this.#ask = ask
    this.#served = served
  }

  want(): Ipv4 | undefined {
    return this.#ask ? ANY : undefined
  }
  judge(asked: Ipv4 | undefined): Verdict<Ipv4> {
    const served = this.#served
    if (served === undefined) return 'reject'
    return asked === served ? 'ack' : { nak: served }
  }
  concede(suggested: Ipv4): Ipv4 | undefined {
    return this.#ask ? suggested : undefined
  }
}
