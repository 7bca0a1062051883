/**
 * The IP Control Protocol: RFC 1332, with name servers of RFC 1877.
 *
 * Limits: no header compression (RFC 1144) and no NBNS servers: both are rejected, as is the old option 1.
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
  #assigned: Ipv4 | undefined

  constructor(link: Link, hooks: LayerHooks) {
    const { ip } = link.config
    this.#address = this.#addressRule(link, ip.local)
    const serve = ip.dns ?? []
    this.#dns = [
      dnsRule(IPCP_OPTIONS.dns1, ip.requestDns, serve[0]),
      dnsRule(IPCP_OPTIONS.dns2, ip.requestDns, serve[1]),
    ]
    this.protocol = new ControlProtocol(link, 'ipcp', Ppp.IPCP, [this.#address, ...this.#dns], hooks)
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
    return this.#dns.map(rule => this.protocol.options.ours(rule) ?? ANY).filter(a => a !== ANY)
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

/** RFC 1877 §1: asked for with zero, told in a Nak. */
function dnsRule(type: number, ask: boolean | undefined, served: Ipv4 | undefined): OptionRule<Ipv4> {
  return {
    ...address,
    type,
    want: () => (ask ? ANY : undefined),
    judge: asked => (served === undefined ? 'reject' : asked === served ? 'ack' : { nak: served }),
    concede: suggested => (ask ? suggested : undefined),
  }
}
