/** A router: forwards between its interfaces by its routing table. */
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import { IpNode } from './ip-node.ts'

export class Router extends IpNode {
  readonly kind = 'router'
  constructor(env: Env, routes: readonly RouteSpec[], tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
  }
}
