/**
 * GRE seen from the middle (docs/nat.md). A GRE packet of PPTP carries only the call ID of its receiver (RFC 2637 §4.1),
 * so that both directions of one call have nothing in common but their addresses. The keymap, which a PPTP helper fills,
 * tells the call ID of the sender.
 */
import { get16, set16 } from '../base/bytes.ts'
import * as Gre from '../wire/gre.ts'
import { Entry, Tuple, TupleTable } from './tuple.ts'
import type { GreTracking } from './types.ts'

const CALL_ID_AT = 6
/** Flags, protocol, payload length and call ID. */
const KEYED = 8
const BASE = 4

/** The call IDs of the senders, as the helper has read them: one line for each direction of a call. */
export class Keymap {
  /** Two calls may have the same line, if a call ID is used again: the older one counts. */
  #lines = new TupleTable<number[]>()
  readonly #line = new Tuple()

  get size(): number {
    return this.#lines.size
  }
  add(tuple: Tuple): void {
    const line = this.#find(tuple.source, tuple.destination, tuple.destinationKey)
    if (line) {
      line.owner.push(tuple.sourceKey)
      return
    }
    this.#lines.add(new Entry([tuple.sourceKey], false).copy(this.#line))
  }
  remove(tuple: Tuple): void {
    const line = this.#find(tuple.source, tuple.destination, tuple.destinationKey)
    const at = line?.owner.indexOf(tuple.sourceKey) ?? -1
    if (!line || at < 0) return
    line.owner.splice(at, 1)
    if (line.owner.length === 0) this.#lines.remove(line)
  }
  /** 0 if nobody knows. Every GRE packet asks. */
  lookup(source: number, destination: number, callId: number): number {
    if (this.#lines.size === 0) return 0
    return this.#find(source, destination, callId)?.owner[0] ?? 0
  }
  clear(): void {
    this.#lines = new TupleTable()
  }

  #find(source: number, destination: number, callId: number): Entry<number[]> | undefined {
    const line = this.#line
    line.source = source
    line.destination = destination
    line.destinationKey = callId
    return this.#lines.find(line)
  }
}

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
