/**
 * Named random streams. A stream depends on the seed and on its full name only, never on the order in which streams
 * are made: adding a node does not reshuffle the losses of another link.
 */
export interface Random {
  fork(name: string): Random
  /** Uniform over 0 … 2^32 - 1. */
  uint32(): number
  /** Uniform over 0 … bound - 1, without bias; 1 <= bound <= 2^53. */
  below(bound: number): number
  /** True with the given probability, which is compared once, as an integer, so that no platform rounds differently. */
  chance(probability: number): boolean
  bytes(length: number): Uint8Array
}

/** The root stream of a run. */
export function seededRandom(seed: number): Random {
  return new Stream(mix(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0), '')
}

/** 32-bit finaliser of MurmurHash3, over two words; signed, since V8 keeps what is larger in a box of its own. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ b
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * Most streams are only forked, or wait for a fault that never comes: what it draws with is made for the first draw. It is
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes BigCrush, integer operations only.
 */
class Stream implements Random {
  /** The stream that it was forked from, or the seed. */
  readonly #from: Stream | number
  readonly #name: string
  /** The state of sfc32; while the counter is 0 there is none. */
  #a = 0
  #b = 0
  #c = 0
  #counter = 0

  constructor(from: Stream | number, name: string) {
    this.#from = from
    this.#name = name
  }

  static #seedOf(stream: Stream): number {
    return stream.#from instanceof Stream ? Stream.#seedOf(stream.#from) : stream.#from
  }

  /** Its own name behind those of the streams that it was forked from. */
  static #pathOf(stream: Stream): string {
    return stream.#from instanceof Stream ? `${Stream.#pathOf(stream.#from)}/${stream.#name}` : stream.#name
  }

  fork(name: string): Random {
    return new Stream(this, name)
  }

  uint32(): number {
    if (this.#counter === 0) Stream.#begin(this)
    const t = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return t >>> 0
  }

  static #begin(stream: Stream): void {
    const path = Stream.#pathOf(stream)
    let hash = mix(Stream.#seedOf(stream), path.length)
    for (let i = 0; i < path.length; i++) hash = mix(hash, path.charCodeAt(i))
    stream.#a = hash
    stream.#b = mix(hash, 1)
    stream.#c = mix(hash, 2)
    stream.#counter = 1
    for (let i = 0; i < 12; i++) stream.uint32()
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= 2 ** 53)) throw new Error(`a random number below ${bound} cannot be drawn`)
    const wide = bound > 2 ** 32
    const range = wide ? 2 ** 53 : 2 ** 32
    const limit = range - (range % bound)
    for (;;) {
      const draw = wide ? (this.uint32() >>> 11) * 2 ** 32 + this.uint32() : this.uint32()
      if (draw < limit) return draw % bound
    }
  }

  chance(probability: number): boolean {
    return this.uint32() < Math.round(probability * 2 ** 32)
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i += 4) {
      const word = this.uint32()
      for (let j = 0; j < 4 && i + j < length; j++) out[i + j] = word >>> (24 - 8 * j)
    }
    return out
  }
}
