/** A router that keeps track of the connections it passes on: its rules may refuse them, and it may translate addresses. */
import type { Env } from '../base/env.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import { IpNode } from './ip-node.ts'

export class Firewall extends IpNode {
  readonly kind = 'firewall'
  constructor(env: Env, routes: readonly RouteSpec[], tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
  }
}
