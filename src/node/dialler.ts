/** A computer that dials a telephone number and knows nothing of tunnels: of PPTP there is nothing in it. */
import type { Env } from '../base/env.ts'
import type { MachineView } from '../base/view.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import type { LineEnd } from '../link/serial.ts'
import { type DialConfig, DialUp } from './dial-up.ts'
import { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'

export class Dialler extends IpNode {
  readonly kind = 'client'
  readonly dialUp: DialUp

  constructor(env: Env, routes: readonly RouteSpec[], config: DialConfig, tcp: TcpOptions = {}) {
    super(env, false, routes, tcp)
    this.dialUp = new DialUp(this, config, '', () => {})
  }

  plugLine(port: string, line: LineEnd): void {
    this.dialUp.plugLine(port, line)
  }

  override machines(): Record<string, MachineView> {
    return { ...super.machines(), ...this.dialUp.machines() }
  }

  override snapshot(): Snapshot {
    return { ...super.snapshot(), ...this.dialUp.snapshot() }
  }
}
