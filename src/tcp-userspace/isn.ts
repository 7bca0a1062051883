/**
 * Initial sequence numbers, RFC 9293 §3.4.1 and RFC 6528: a clock of 4 µs plus a keyed function of the endpoints, so that
 * an outsider cannot guess them and the numbers of one pair of endpoints still go up. The same function gives the offset
 * of the timestamps (RFC 7323 §5.4).
 */
import { sipHash } from './siphash.ts'
import type { Endpoint, TcpEnv } from './types.ts'

const TICK = 4000

export class Isn {
  readonly #key: readonly number[]

  constructor(env: TcpEnv) {
    this.#key = Array.from({ length: 4 }, () => env.random32('isn'))
  }

  sequence(local: Endpoint, remote: Endpoint, now: number): number {
    return (Math.floor(now / TICK) + this.#of(local, remote, 0)) | 0
  }

  timestampOffset(local: Endpoint, remote: Endpoint): number {
    return this.#of(local, remote, 1)
  }

  #of(local: Endpoint, remote: Endpoint, purpose: number): number {
    return sipHash(this.#key, [local.address, remote.address, (local.port << 16) | remote.port, purpose])
  }
}
