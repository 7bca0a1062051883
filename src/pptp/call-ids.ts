/** Which call ID a new call gets: RFC 2637 §3.2.2, and decisions of those who have met Linux. */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Random } from '../base/random.ts'
import type { SimTime } from '../base/time.ts'
import type { ControlConnection } from './control.ts'
import type { EndpointConfig, Role } from './types.ts'

/** Call IDs of one connection under the policy `linux`. */
const BLOCK = 128

export class CallIdAllotment {
  readonly #env: Env
  readonly #config: EndpointConfig
  readonly #inUse: { has(callId: number): boolean }
  readonly #random: Random
  /** When a call ID was last in use towards a peer: peer address × 65536 + call ID. */
  #rested: Map<number, SimTime> | undefined
  /** First call ID of each connection under the policy `linux`. */
  #blocks: Map<ControlConnection, number> | undefined
  #made = 0
  #listed = 0

  constructor(env: Env, config: EndpointConfig, inUse: { has(callId: number): boolean }) {
    this.#env = env
    this.#config = config
    this.#inUse = inUse
    this.#random = env.random.fork('pptp/pptp call id')
  }

  connectionMade(connection: ControlConnection): void {
    if (this.#config.callIds !== 'linux') return
    this.#blocks ??= new Map()
    this.#blocks.set(connection, (this.#made++ * BLOCK) & 0xffff)
  }
  connectionOver(connection: ControlConnection): void {
    this.#blocks?.delete(connection)
  }

  /** Of a call in which this side has that role; the policy `linux` is that of a PAC. Undefined: none is left. */
  take(connection: ControlConnection, role: Role): number | undefined {
    const { callIds } = this.#config
    if (callIds === 'linux' && role === 'pac') {
      const first = this.#blocks?.get(connection) ?? 0
      for (let i = 0; i < BLOCK; i++) if (this.#free(connection.peer, first + i)) return first + i
    } else if (callIds === 'from-zero') {
      for (let callId = 0; callId < 65536; callId++) if (!this.#inUse.has(callId)) return callId
    } else if (callIds === 'random' || callIds === 'linux') {
      // Not zero; if most are taken, the next free one after the draw.
      const draw = this.#random.below(65535)
      for (let i = 0; i < 65535; i++) {
        const callId = ((draw + i) % 65535) + 1
        if (this.#free(connection.peer, callId)) return callId
      }
    } else {
      while (this.#listed < callIds.length) {
        const callId = callIds[this.#listed++]
        if (!this.#inUse.has(callId)) return callId
      }
    }
    return undefined
  }

  /** A call is over. Entries stand in the order of time, so those whose rest is over stand in front. */
  rest(peer: Ipv4, callId: number): void {
    const { callIdRest } = this.#config
    if (callIdRest === 0) return
    const { now } = this.#env.clock
    const key = peer * 65536 + callId
    this.#rested ??= new Map()
    this.#rested.delete(key)
    this.#rested.set(key, now)
    for (const [old, since] of this.#rested) {
      if (now - since < callIdRest) return
      this.#rested.delete(old)
    }
  }

  #free(peer: Ipv4, callId: number): boolean {
    if (this.#inUse.has(callId)) return false
    const key = peer * 65536 + callId
    const since = this.#rested?.get(key)
    if (since === undefined) return true
    if (this.#env.clock.now - since < this.#config.callIdRest) return false
    this.#rested?.delete(key)
    return true
  }
}
