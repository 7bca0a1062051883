/**
 * Fingerprints: two runs are the same if and only if these are. One hash a node (its events), one a link (its bytes and
 * their times), and the hash of those in the order of names: an unconnected node moves none of the others'.
 */
import { EVENTS, type TraceEvent } from '../base/trace.ts'

/**
 * A 64-bit hash of what is fed to it: two lanes of multiply and xor, with the finaliser of MurmurHash3. A run feeds it
 * every octet of every link, so octets go in by fours and characters by twos, and the lanes are kept in variables.
 */
export class Hash {
  #a = 0x9e3779b9 | 0
  #b = 0x85ebca6b | 0

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, MULTIPLY_A)
    this.#b = Math.imul(this.#b ^ (value + (this.#a >>> 15)), MULTIPLY_B)
  }
  /** An integer below 2^53. */
  number(value: number): void {
    this.word(value | 0)
    this.word(Math.floor(value / 2 ** 32))
  }
  text(text: string): void {
    this.word(text.length)
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < text.length; i += 2) {
      // Behind the end charCodeAt gives NaN, which is 0 to the operators of bits.
      const value = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
      a = Math.imul(a ^ value, MULTIPLY_A)
      b = Math.imul(b ^ (value + (a >>> 15)), MULTIPLY_B)
    }
    this.#a = a
    this.#b = b
  }
  bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    let a = this.#a
    let b = this.#b
    const whole = bytes.length & ~3
    for (let i = 0; i < whole; i += 4) {
      const value = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
      a = Math.imul(a ^ value, MULTIPLY_A)
      b = Math.imul(b ^ (value + (a >>> 15)), MULTIPLY_B)
    }
    this.#a = a
    this.#b = b
    for (let i = whole; i < bytes.length; i++) this.word(bytes[i])
  }
  /** Sixteen hexadecimal digits. */
  digest(): string {
    return [finish(this.#a ^ this.#b), finish(this.#b)].map(h => h.toString(16).padStart(8, '0')).join('')
  }
}

const MULTIPLY_A = 0x01000193
const MULTIPLY_B = 0x5bd1e995

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

/** Feeds an event: time, name, and every field in the order of the table of events. */
export function hashEvent(hash: Hash, event: TraceEvent): void {
  hash.number(event.t)
  hash.text(event.event)
  const values = event as unknown as Readonly<Record<string, string | number | boolean | undefined>>
  const names: readonly string[] = EVENTS[event.event]
  for (let i = 0; i < names.length; i++) {
    const value = values[names[i]]
    if (value === undefined) continue
    hash.word(i)
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
