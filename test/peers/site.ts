/**
 * Where one case happens: a namespace, what is plugged into it, and a folder. All of it goes with `leave`.
 *
 *     pptp-lab bridge --sim0-- [namespace, a plain router] --tap-- guest 10.99.1.2 (client) or 10.99.2.2 (server)
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { Bridge, type BridgePlan } from '../support/outside/bridge.ts'
import { Namespace } from '../support/outside/namespace.ts'
import type { Undo } from '../support/outside/undo.ts'
import { rootPath } from '../support/root.ts'
import { Guest } from './guest.ts'
import { RealClient } from './real-client.ts'
import type { Surroundings } from './surroundings.ts'

export const REAL_SERVER = '10.99.2.2'

interface Plan extends Pick<BridgePlan, 'rubbish' | 'options'> {
  /** Its name, or that of a file in this folder. */
  readonly lab: string
  readonly events?: readonly object[]
}

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
  /** Another client, on a network of its own. */
  secondGuest(): Guest {
    return this.#guest('second', `tb${process.pid}`, '10.99.3')
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

  /** A lab of topologies/; with more events than its own, `{ at: '20s', disconnect: 'alice' }`, a copy that has them. */
  bridge({ lab, events = [], rubbish = false, options = [] }: Plan): Bridge {
    const { namespace, folder } = this
    return new Bridge({ lab: labWith(lab, events, folder), namespace, folder, rubbish, options }, this.#undo)
  }
}

/** The path of the lab, or of the copy. */
function labWith(lab: string, events: readonly object[], folder: string): string {
  const shipped = rootPath(lab.endsWith('.yaml') ? `test/peers/${lab}` : `topologies/${lab}.yaml`)
  if (events.length === 0) return shipped
  const content = parse(readFileSync(shipped, 'utf8')) as { readonly events?: readonly object[] }
  const copy = join(folder, `${lab}.yaml`)
  writeFileSync(copy, stringify({ ...content, events: [...(content.events ?? []), ...events] }))
  return copy
}
