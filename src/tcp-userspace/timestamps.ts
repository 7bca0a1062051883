/**
 * The timestamps of one connection (RFC 7323 §3 to §5): round trips of segments that were sent twice, and protection
 * against wrapped sequence numbers.
 *
 * The clock ticks every millisecond (§5.4) and starts at an offset that a keyed function draws for each pair of endpoints.
 * So nobody sees how long the machine is up, and a new connection between the same endpoints goes on where the last one
 * was (RFC 6191 needs that).
 */
import { diff, leq } from './seq.ts'
import type { TcpEnv } from './types.ts'

const TICK = 1_000_000
/** §5.5: after so long a silence TS.Recent says nothing. */
const OUTDATED = 24 * 86_400 * 1_000_000_000

export class Timestamps {
  /** TS.Recent, and whether there is one. */
  recent = 0
  #known = false
  #recentAt = Number.NaN
  /** Last.ACK.sent */
  lastAckSent = 0
  readonly #offset: number

  constructor(offset: number) {
    this.#offset = offset | 0
  }

  /** TSval of what is sent at that time. */
  value(now: number): number {
    return (Math.floor(now / TICK) + this.#offset) | 0
  }

  /** How many nanoseconds ago a segment was sent that had this TSval; negative if it cannot be ours. */
  since(echo: number, now: number): number {
    return diff(this.value(now), echo) * TICK
  }

  /** PAWS, §5.3 R1: is the segment from a time before the one that was last taken? */
  isOld(value: number, env: TcpEnv): boolean {
    return this.#known && diff(value, this.recent) < 0 && env.now() - this.#recentAt <= OUTDATED
  }

  /** By how many nanoseconds a segment is older than TS.Recent, if the peer's clock ticks like ours. */
  age(value: number): number {
    return diff(this.recent, value) * TICK
  }

  /** §4.3 (2): only what we have acknowledged up to is to be echoed, so that delayed acknowledgments count in. */
  take(value: number, seq: number, now: number): void {
    if (this.#known && !leq(seq, this.lastAckSent)) return
    this.recent = value
    this.#recentAt = now
    this.#known = true
  }
}
