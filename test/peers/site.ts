/**
 * Where one case happens: a namespace, what is plugged into it, and a folder. All of it goes with `leave`.
 *
 *     pptp-lab bridge --sim0-- [namespace, a plain router] --tap-- guest 10.99.1.2 (client) or 10.99.2.2 (server)
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Bridge, type BridgePlan } from './bridge.ts'
import { Guest } from './guest.ts'
import { Namespace } from './namespace.ts'
import { RealClient } from './real-client.ts'
import type { Surroundings } from './surroundings.ts'
import type { Undo } from './undo.ts'

export const REAL_SERVER = '10.99.2.2'

export class Site {
  readonly namespace: Namespace
  readonly folder: string
  readonly #rootFolder: string
  readonly #undo: Undo

  constructor({ rootFolder, folder }: Surroundings, name: string, undo: Undo) {
    this.#rootFolder = rootFolder
    this.#undo = undo
    this.folder = join(folder, name)
    mkdirSync(this.folder)
    this.namespace = new Namespace(`pptp-lab-${process.pid}`, undo)
  }

  clientGuest(): Guest {
    return this.#guest('client', `tc${process.pid}`, '10.99.1')
  }
  serverGuest(): Guest {
    return this.#guest('server', `ts${process.pid}`, '10.99.2')
  }
  #guest(name: string, tap: string, network: string): Guest {
    const { namespace, folder } = this
    const plan = { name, tap, address: `${network}.2/24`, gateway: `${network}.1` }
    return new Guest({ ...plan, namespace, folder, rootFolder: this.#rootFolder }, this.#undo)
  }

  async realClient(): Promise<RealClient> {
    const guest = this.clientGuest()
    await guest.ready()
    return new RealClient(guest)
  }

  bridge(plan: Omit<BridgePlan, 'namespace' | 'folder'>): Bridge {
    return new Bridge({ ...plan, namespace: this.namespace, folder: this.folder }, this.#undo)
  }
}
