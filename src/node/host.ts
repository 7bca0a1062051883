/** A computer that does not forward: a PC, a file server. */
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import { IpNode } from './ip-node.ts'

export class Host extends IpNode {
  readonly kind = 'host'
  constructor(env: Env, routes: readonly RouteSpec[], tcp: TcpOptions = {}) {
    super(env, false, routes, tcp)
  }
}
