/**
 * Fingerprints: two runs are the same if and only if these are. One hash a node (its events), one a link (its bytes and
 * their times), and the hash of those in the order of names: an unconnected node moves none of the others'.
 */
import type { TraceEvent } from '../base/trace.ts'

/** A 64-bit hash of what is fed to it: two lanes of multiply and xor, with the finaliser of MurmurHash3. */
export class Hash {
  #a = 0x9e3779b9
  #b = 0x85ebca6b

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193)
    this.#b = Math.imul(this.#b ^ (value + (this.#a >>> 15)), 0x5bd1e995)
  }
  /** An integer below 2^53. */
  number(value: number): void {
    this.word(value | 0)
    this.word(Math.floor(value / 2 ** 32))
  }
  text(text: string): void {
    this.word(text.length)
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i))
  }
  bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    for (let i = 0; i < bytes.length; i++) this.word(bytes[i])
  }
  /** Sixteen hexadecimal digits. */
  digest(): string {
    return [finish(this.#a ^ this.#b), finish(this.#b)].map(h => h.toString(16).padStart(8, '0')).join('')
  }
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Of the text of a lab: the mark of our captures. */
export function fingerprintOf(text: string): string {
  const hash = new Hash()
  hash.text(text)
  return hash.digest()
}

/** Feeds an event: time, name and every field, in the order in which its layer wrote them. */
export function hashEvent(hash: Hash, event: TraceEvent): void {
  hash.number(event.t)
  for (const [name, value] of Object.entries(event)) {
    if (name === 't' || name === 'node' || value === undefined) continue
    hash.text(name)
    if (typeof value === 'number') hash.number(value)
    else hash.text(String(value))
  }
}

/** The hash of named hashes, in the order of the names. */
export function combine(parts: ReadonlyMap<string, string>): string {
  const hash = new Hash()
  for (const name of [...parts.keys()].sort()) {
    hash.text(name)
    hash.text(parts.get(name) as string)
  }
  return hash.digest()
}
