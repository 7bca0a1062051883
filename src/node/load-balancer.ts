/**
 * A load balancer: who calls its address is passed on to one of several servers behind it (destination NAT), and what
 * the servers send gets its address.
 *
 *      client ──── address ┤ balancer ├──── server 1
 *                                     ├──── server 2
 *
 * It knows flows, not tunnels. A TCP connection stays with the server that its first packet was given to. GRE is
 * another flow: where the balancer hashes flows, it is another draw, and only by luck the same server's (nat-truth E1).
 *
 * Limits: it does not look whether its servers are well, and gives all of them the same share.
 */
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { BalanceConfig } from './balance.ts'
import { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'

export class LoadBalancer extends IpNode {
  readonly kind = 'load-balancer'
  readonly #config: BalanceConfig

  constructor(env: Env, routes: readonly RouteSpec[], config: BalanceConfig, tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
    this.#config = config
  }

  override snapshot(): Snapshot {
    const { tcp: TCP, gre: GRE } = Ipv4Header.PROTOCOL
    const flows = this.filtering?.filter.conntrack.flows ?? []
    const servers = Object.fromEntries(
      this.#config.servers.map(({ name, address }) => {
        const own = flows.filter(({ destinationNat, reply }) => destinationNat && reply.source === (address | 0))
        const count = (protocol: number): number => own.filter(({ reply }) => reply.protocol === protocol).length
        return [name, { tcp: count(TCP), gre: count(GRE) }]
      }),
    )
    return { ...super.snapshot(), servers }
  }
}
