/** RC4. There is no RFC of the cipher itself; RFC 6229 has its test vectors, RFC 7465 says why it is dead elsewhere. */

const IDENTITY = Uint8Array.from({ length: 256 }, (_, i) => i)

/** One key stream. `setKey` starts it anew, so that one object can serve many keys. */
export class Rc4 {
  readonly #s = new Uint8Array(256)
  #i = 0
  #j = 0

  /** The key is bytes[from … to - 1]. */
  setKey(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const s = this.#s
    s.set(IDENTITY)
    let j = 0
    let k = from
    for (let i = 0; i < 256; i++) {
      const t = s[i]
      j = (j + t + bytes[k]) & 255
      s[i] = s[j]
      s[j] = t
      if (++k === to) k = from
    }
    this.#i = 0
    this.#j = 0
  }

  /** Encrypts or decrypts bytes[from … to - 1] in place, and goes on in the key stream. */
  apply(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const s = this.#s
    let i = this.#i
    let j = this.#j
    for (let at = from; at < to; at++) {
      i = (i + 1) & 255
      const t = s[i]
      j = (j + t) & 255
      const u = s[j]
      s[i] = u
      s[j] = t
      bytes[at] ^= s[(t + u) & 255]
    }
    this.#i = i
    this.#j = j
  }
}
