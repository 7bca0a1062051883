/**
 * Octets of a stream, found by sequence number: octet n lies at n modulo the capacity, which is a power of two. It grows
 * as it is needed, and goes when all octets have gone, so an idle connection holds nothing.
 */

const FIRST = 256
/** A ring of this size or more grows eightfold: what is not written costs nothing yet, and what was is copied less often. */
const SMALL = 16_384
const NOTHING = new Uint8Array(0)

export class Ring {
  #bytes: Uint8Array = NOTHING

  /** Makes room for octets from … from + span - 1 and keeps those of them that are there. */
  reserve(from: number, span: number): void {
    const old = this.#bytes
    if (span <= old.length) return
    let capacity = Math.max(FIRST, old.length * (old.length < SMALL ? 2 : 8))
    while (capacity < span) capacity *= 2
    this.#bytes = new Uint8Array(capacity)
    if (old.length === 0) return
    const at = from & (old.length - 1)
    this.put(from, old, at, old.length)
    this.put(from + old.length - at, old, 0, at)
  }

  /** Nothing is in it any more. Views of it stay as they are. */
  release(): void {
    this.#bytes = NOTHING
  }

  put(seq: number, source: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes
    const at = seq & (bytes.length - 1)
    const first = Math.min(end - start, bytes.length - at)
    bytes.set(source.subarray(start, start + first), at)
    if (start + first < end) bytes.set(source.subarray(start + first, end), 0)
  }

  copy(seq: number, length: number, target: Uint8Array, to: number): void {
    const bytes = this.#bytes
    const at = seq & (bytes.length - 1)
    const first = Math.min(length, bytes.length - at)
    target.set(bytes.subarray(at, at + first), to)
    if (first < length) target.set(bytes.subarray(0, length - first), to + first)
  }

  /** A view of as many of these octets as lie together. */
  view(seq: number, length: number): Uint8Array {
    const at = seq & (this.#bytes.length - 1)
    return this.#bytes.subarray(at, Math.min(at + length, this.#bytes.length))
  }
}
