/**
 * All that is outside the simulation and reached by one door, as a node: the machine behind a TUN device, or another
 * program behind a UDP port. The door itself belongs to the platform; it gives packets to `enter` and takes what `leave`
 * is told.
 */
import type { Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import { ExternalPort } from '../link/external.ts'
import type { LinkEnd } from '../link/link.ts'
import type { SimNode, Snapshot } from './node.ts'

export class Outside implements SimNode {
  readonly kind: 'tun' | 'udp'
  readonly env: Env
  readonly #networks: readonly Prefix[] | undefined
  #port: ExternalPort | undefined

  /** `networks` are those that may be talked to; undefined: all. */
  constructor(env: Env, kind: 'tun' | 'udp', networks: readonly Prefix[] | undefined) {
    this.env = env
    this.kind = kind
    this.#networks = networks
  }

  plug(port: string, end: LinkEnd): void {
    this.#port = new ExternalPort(this.env, port, end, this.#networks)
  }

  start(): void {}

  /** A packet comes in from outside. The bytes are copied. */
  enter(bytes: Uint8Array): void {
    this.#port?.enter(bytes)
  }

  /** Sets what takes packets out. */
  onLeave(leave: (bytes: Uint8Array) => void): void {
    if (this.#port) this.#port.leave = leave
  }

  /** Packets that came in and went out, those that the guard stopped not counted. */
  get entered(): number {
    return this.#port?.entered ?? 0
  }
  get left(): number {
    return this.#port?.left ?? 0
  }

  machines(): Readonly<Record<string, never>> {
    return {}
  }

  snapshot(): Snapshot {
    const { kind, entered, left } = this
    return { kind, interfaces: { [this.#port?.name ?? '']: { entered, left } } }
  }
}
