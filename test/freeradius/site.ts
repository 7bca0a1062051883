/** Where one case happens: a namespace with the bridge and FreeRADIUS in it, and a folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Bridge } from '../support/outside/bridge.ts'
import { Namespace } from '../support/outside/namespace.ts'
import type * as Outside from '../support/outside/suite.ts'
import type { Undo } from '../support/outside/undo.ts'
import { type Caller, labText } from './lab.ts'
import { FreeRadius } from './server.ts'

export interface Facts {
  /** What was seen, in words. */
  told: string
}
export type Case = Outside.Case<Site, Facts>

export class Site {
  readonly #namespace: Namespace
  readonly #folder: string
  readonly #undo: Undo

  constructor(folder: string, name: string, undo: Undo) {
    this.#folder = join(folder, name)
    mkdirSync(this.#folder, { recursive: true })
    this.#undo = undo
    this.#namespace = new Namespace(`pptp-lab-${process.pid}`, undo)
  }

  /** A bridge whose device is open. Two seconds later alice calls. */
  async bridge(caller: Caller): Promise<Bridge> {
    const lab = join(this.#folder, 'lab.yaml')
    writeFileSync(lab, labText(caller))
    const bridge = new Bridge({ lab, folder: this.#folder, namespace: this.#namespace }, this.#undo)
    await bridge.ready()
    return bridge
  }

  /** FreeRADIUS listens at the address of the device, so the bridge comes first. */
  async freeRadius(): Promise<FreeRadius> {
    const server = new FreeRadius(this.#folder, this.#namespace, this.#undo)
    await server.ready()
    return server
  }
}
