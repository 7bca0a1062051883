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
import { ControlProtocol, type LayerHooks } from './control-protocol.ts'
import type { Link } from './link.ts'
import { FOUR_OCTETS, type OptionRule } from './options.ts'

const address = {
  parse: (body: Uint8Array): Ipv4 | undefined => FOUR_OCTETS.parse(body) as Ipv4 | undefined,
  write: FOUR_OCTETS.write,
}

export class Ipcp {
  readonly protocol: ControlProtocol
  readonly #address: OptionRule<Ipv4>
  readonly #dns: readonly OptionRule<Ipv4>[]
  readonly #nbns: readonly OptionRule<Ipv4>[]
  #assigned: Ipv4 | undefined

  constructor(link: Link, hooks: LayerHooks) {
    const { ip } = link.config
    this.#address = this.#addressRule(link, ip.local)
    this.#dns = serverRules([IPCP_OPTIONS.dns1, IPCP_OPTIONS.dns2], ip.requestDns, ip.dns)
    this.#nbns = serverRules([IPCP_OPTIONS.nbns1, IPCP_OPTIONS.nbns2], ip.requestNbns, ip.nbns)
    const rules = [this.#address, ...this.#dns, ...this.#nbns]
    this.protocol = new ControlProtocol(link, 'ipcp', Ppp.IPCP, rules, hooks)
  }

  /** Starts to negotiate; `assigned` is the only address that the peer may have, undefined: it chooses. */
  start(assigned: Ipv4 | undefined): void {
    this.#assigned = assigned
    this.protocol.open()
    this.protocol.lowerUp()
  }

  get local(): Ipv4 {
    return this.protocol.options.ours(this.#address) ?? ANY
  }
  get peer(): Ipv4 {
    return this.protocol.options.theirs(this.#address) ?? ANY
  }
  /** The name servers that the peer told us. */
  get dns(): readonly Ipv4[] {
    return this.#told(this.#dns)
  }
  get nbns(): readonly Ipv4[] {
    return this.#told(this.#nbns)
  }

  #told(rules: readonly OptionRule<Ipv4>[]): readonly Ipv4[] {
    return rules.map(rule => this.protocol.options.ours(rule) ?? ANY).filter(a => a !== ANY)
  }

  /** RFC 1332 §3.3: all zero asks for an address, which comes in a Nak. */
  #addressRule(link: Link, local: Ipv4): OptionRule<Ipv4> {
    return {
      ...address,
      type: IPCP_OPTIONS.address,
      want: () => local,
      demand: () => this.#assigned,
      judge: asked => {
        const only = this.#assigned
        if (only !== undefined) return asked === only ? 'ack' : { nak: only }
        return asked ? 'ack' : 'reject'
      },
      concede: suggested => (local === ANY && suggested !== ANY ? suggested : local),
      lost: () => {
        const what = local === ANY ? 'gives us no address' : `does not accept our address ${formatIpv4(local)}`
        link.end({ reason: 'no-address', layer: 'ipcp', detail: `The peer ${what}.`, tries: 0 })
      },
    }
  }
}

const serverRules = (types: readonly number[], ask: boolean | undefined, served: readonly Ipv4[] = []) =>
  types.map((type, i) => serverRule(type, ask, served[i]))

/** RFC 1877 §1: asked for with zero, told in a Nak. */
function serverRule(type: number, ask: boolean | undefined, served: Ipv4 | undefined): OptionRule<Ipv4> {
  return {
    ...address,
    type,
    want: () => (ask ? ANY : undefined),
    judge: asked => (served === undefined ? 'reject' : asked === served ? 'ack' : { nak: served }),
    concede: suggested => (ask ? suggested : undefined),
  }
}
