/** The kinds of machines, and how each is made from its entry in a lab. */
import type { Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import type { BalanceConfig } from './balance.ts'
import type { ClientConfig } from './client.ts'
import { Client } from './client.ts'
import type { DialConfig } from './dial-up.ts'
import { Dialler } from './dialler.ts'
import type { FilteringConfig } from './filtering.ts'
import { Firewall } from './firewall.ts'
import { Host } from './host.ts'
import { IpNode } from './ip-node.ts'
import { LoadBalancer } from './load-balancer.ts'
import { Nas, type NasConfig } from './nas.ts'
import type { SimNode } from './node.ts'
import { Outside } from './outside.ts'
import type { ServerConfig } from './pptp-server.ts'
import { PptpServer } from './pptp-server.ts'
import { Pstn, type PstnConfig } from './pstn.ts'
import { RadiusServer, type RadiusServerConfig } from './radius-server.ts'
import { Router } from './router.ts'
import { Switch } from './switch.ts'

export type NodeConfig =
  | (StackConfig & { readonly kind: 'host' | 'router' | 'firewall' })
  | (StackConfig & { readonly kind: 'load-balancer'; readonly balance: BalanceConfig })
  | { readonly kind: 'switch' }
  | { readonly kind: 'tun' | 'udp'; readonly networks: readonly Prefix[] | undefined }
  | (StackConfig & { readonly kind: 'client' } & (
        | { readonly pptp: ClientConfig; readonly dial?: DialConfig }
        | { readonly pptp?: undefined; readonly dial: DialConfig }
      ))
  | { readonly kind: 'pstn'; readonly pstn: PstnConfig }
  | (StackConfig & { readonly kind: 'pptp-server'; readonly pptp: ServerConfig })
  | (StackConfig & { readonly kind: 'nas'; readonly nas: NasConfig })
  | (StackConfig & { readonly kind: 'radius'; readonly radius: RadiusServerConfig })

interface StackConfig extends FilteringConfig {
  readonly routes: readonly RouteSpec[]
  readonly tcp?: TcpOptions
  /** It tells nobody that a packet was too large, and passes on no message that says so. */
  readonly blocksTooBig?: boolean
}

export function makeNode(env: Env, config: NodeConfig): SimNode {
  const node = make(env, config)
  if (node instanceof IpNode && 'blocksTooBig' in config) node.stack.tellsTooBig = config.blocksTooBig !== true
  if (node instanceof IpNode && 'routes' in config) node.fit(config)
  return node
}

function make(env: Env, config: NodeConfig): SimNode {
  switch (config.kind) {
    case 'host':
      return new Host(env, config.routes, config.tcp)
    case 'router':
      return new Router(env, config.routes, config.tcp)
    case 'firewall':
      return new Firewall(env, config.routes, config.tcp)
    case 'load-balancer':
      return new LoadBalancer(env, config.routes, config.balance, config.tcp)
    case 'switch':
      return new Switch(env)
    case 'tun':
    case 'udp':
      return new Outside(env, config.kind, config.networks)
    case 'client':
      return config.pptp === undefined
        ? new Dialler(env, config.routes, config.dial, config.tcp)
        : new Client(env, config.routes, config.pptp, config.tcp, config.dial)
    case 'pstn':
      return new Pstn(env, config.pstn)
    case 'pptp-server':
      return new PptpServer(env, config.routes, config.pptp, config.tcp)
    case 'nas':
      return new Nas(env, config.routes, config.nas, config.tcp)
    case 'radius':
      return new RadiusServer(env, config.routes, config.radius, config.tcp)
  }
}
