/**
 * GRE seen from the middle (docs/nat.md). A GRE packet of PPTP carries only the call ID of its receiver (RFC 2637 §4.1),
 * so that both directions of one call have nothing in common but their addresses. The keymap, which a PPTP helper fills,
 * tells the call ID of the sender.
 */
import { get16, set16 } from '../base/bytes.ts'
import * as Gre from '../wire/gre.ts'
import type { Tuple } from './tuple.ts'
import type { GreTracking } from './types.ts'

const CALL_ID_AT = 6
/** Flags, protocol, payload length and call ID. */
const KEYED = 8
const BASE = 4

/** The call IDs of the senders, as the helper has read them: one line for each direction of a call. */
export class Keymap {
  /** Two calls may have the same line, if a call ID is used again: the older one counts. */
  readonly #keys = new Map<string, number[]>()

  get size(): number {
    return this.#keys.size
  }
  add(tuple: Tuple): void {
    const line = lineOf(tuple.source, tuple.destination, tuple.destinationKey)
    const keys = this.#keys.get(line)
    if (keys) keys.push(tuple.sourceKey)
    else this.#keys.set(line, [tuple.sourceKey])
  }
  remove(tuple: Tuple): void {
    const line = lineOf(tuple.source, tuple.destination, tuple.destinationKey)
    const keys = this.#keys.get(line)
    const at = keys?.indexOf(tuple.sourceKey) ?? -1
    if (at < 0) return
    keys?.splice(at, 1)
    if (keys?.length === 0) this.#keys.delete(line)
  }
  /** 0 if nobody knows. */
  lookup(source: number, destination: number, callId: number): number {
    if (this.#keys.size === 0) return 0
    return this.#keys.get(lineOf(source, destination, callId))?.[0] ?? 0
  }
  clear(): void {
    this.#keys.clear()
  }
}
const lineOf = (source: number, destination: number, callId: number): string => `${source} ${destination} ${callId}`

/**
 * Reads the keys of the GRE header at `at` into the tuple, which has its addresses. False: no flow can have it
 * (version 1 with another payload than PPP).
 */
export function readKeys(
  tuple: Tuple,
  b: Uint8Array,
  at: number,
  end: number,
  keys: GreTracking['keys'],
  map: Keymap,
): boolean {
  tuple.sourceKey = 0
  tuple.destinationKey = 0
  if (keys === 'none') return true
  if (end - at < BASE || Gre.version(b, at) !== 1) return true
  if (Gre.protocolType(b, at) !== Gre.PROTOCOL_TYPE) return false
  if (end - at < KEYED) return true
  tuple.destinationKey = get16(b, at + CALL_ID_AT)
  tuple.sourceKey = map.lookup(tuple.source, tuple.destination, tuple.destinationKey)
  return true
}

/** Is there a call ID to change? A version 1 packet that ends before it cannot be translated. */
export const isTooShort = (at: number, end: number): boolean => end - at < KEYED

/** Writes the receiver's call ID; other versions have none. There is no checksum (RFC 2637 §4.1: C is zero). */
export function writeCallId(b: Uint8Array, at: number, callId: number): void {
  if (Gre.version(b, at) === 1) set16(b, at + CALL_ID_AT, callId)
}
