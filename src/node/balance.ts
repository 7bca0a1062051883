/** Whom a load balancer stands for, and the rules of translation that follow from it. */
import type { Ipv4 } from '../base/address.ts'
import type { NatRule, Range } from '../filter/types.ts'

export interface BalanceConfig {
  /** The interface whose address the callers know. */
  readonly outside: string
  readonly servers: readonly { readonly name: string; readonly address: Ipv4 }[]
  /** What is passed on. */
  readonly traffic: readonly { readonly protocol: number; readonly ports?: Range; readonly text: string }[]
  /** `none`: each flow is drawn for itself; `source`: all flows of one address go to one server. */
  readonly persistence: 'none' | 'source'
  /** Does what the servers send get the balancer's address? */
  readonly hideServers: boolean
}

/** `address` is that of the outside interface. */
export function balanceRules(config: BalanceConfig, address: Ipv4): NatRule[] {
  const { outside, servers, traffic, persistence, hideServers } = config
  const addresses = servers.map(server => server.address)
  const of = persistence === 'source' ? 'source' : 'flow'
  const rules: NatRule[] = traffic.map(({ protocol, ports, text }) => ({
    kind: 'destination',
    text: `balance ${text} by ${of}`,
    inside: outside,
    to: { network: address, length: 32 },
    protocol,
    ports,
    translate: { by: 'choice', addresses, of },
  }))
  if (!hideServers) return rules
  for (const server of servers) {
    const from = { network: server.address, length: 32 }
    rules.push({ kind: 'source', text: `hide ${server.name}`, outside, from, translate: { by: 'masquerade' } })
  }
  return rules
}
