/** The kinds of machines, and how each is made from its entry in a lab. */
import type { Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { ClientConfig } from './client.ts'
import { Client } from './client.ts'
import { Host } from './host.ts'
import type { SimNode } from './node.ts'
import { Outside } from './outside.ts'
import type { ServerConfig } from './pptp-server.ts'
import { PptpServer } from './pptp-server.ts'
import { Router } from './router.ts'
import { Switch } from './switch.ts'

export type NodeConfig =
  | { readonly kind: 'host' | 'router'; readonly routes: readonly RouteSpec[] }
  | { readonly kind: 'switch' }
  | { readonly kind: 'tun' | 'udp'; readonly networks: readonly Prefix[] | undefined }
  | { readonly kind: 'client'; readonly routes: readonly RouteSpec[]; readonly pptp: ClientConfig }
  | { readonly kind: 'pptp-server'; readonly routes: readonly RouteSpec[]; readonly pptp: ServerConfig }

export function makeNode(env: Env, config: NodeConfig): SimNode {
  switch (config.kind) {
    case 'host':
      return new Host(env, config.routes)
    case 'router':
      return new Router(env, config.routes)
    case 'switch':
      return new Switch(env)
    case 'tun':
    case 'udp':
      return new Outside(env, config.kind, config.networks)
    case 'client':
      return new Client(env, config.routes, config.pptp)
    case 'pptp-server':
      return new PptpServer(env, config.routes, config.pptp)
  }
}
