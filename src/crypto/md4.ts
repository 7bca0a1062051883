/**
 * MD4, RFC 1320. Broken for any other purpose; MS-CHAP's NtPasswordHash is MD4 of the password.
 *
 * `compress` allocates nothing, so that a search through a dictionary can keep its own block and state.
 */

/** The state before the first block (§3.3). */
const INITIAL = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)

const state = new Int32Array(4)
const block = new Int32Array(16)

const DIGEST_LENGTH = 16

export function md4(bytes: Uint8Array): Uint8Array {
  initialise(state)
  const whole = bytes.length >>> 6
  for (let n = 0; n < whole; n++) {
    load(bytes, 64 * n, 64 * n + 64)
    compress(state, block)
  }
  // §3.1: a one bit, zero bits up to 448 modulo 512, the length in bits.
  const rest = bytes.length - 64 * whole
  load(bytes, 64 * whole, bytes.length)
  block[rest >>> 2] |= 0x80 << (8 * (rest & 3))
  if (rest >= 56) {
    compress(state, block)
    block.fill(0)
  }
  block[14] = bytes.length << 3
  block[15] = bytes.length >>> 29
  compress(state, block)
  return digest(state)
}

export function initialise(h: Int32Array): void {
  h.set(INITIAL)
}

/** The state as 16 octets, least significant first. */
export function digest(h: Int32Array): Uint8Array {
  const out = new Uint8Array(DIGEST_LENGTH)
  for (let i = 0; i < DIGEST_LENGTH; i++) out[i] = h[i >>> 2] >>> (8 * (i & 3))
  return out
}

/** Octets as words, least significant octet first; what is missing to 64 octets is zero. */
function load(bytes: Uint8Array, from: number, to: number): void {
  block.fill(0)
  for (let i = from; i < to; i++) block[(i - from) >>> 2] |= bytes[i] << (8 * ((i - from) & 3))
}

const ROUND_3 = [0, 2, 1, 3]

/** §3.4: takes one block of sixteen words into the state. */
export function compress(h: Int32Array, x: Int32Array): void {
  let a = h[0]
  let b = h[1]
  let c = h[2]
  let d = h[3]
  for (let i = 0; i < 16; i += 4) {
    a = rotate(a + ((b & c) | (~b & d)) + x[i], 3)
    d = rotate(d + ((a & b) | (~a & c)) + x[i + 1], 7)
    c = rotate(c + ((d & a) | (~d & b)) + x[i + 2], 11)
    b = rotate(b + ((c & d) | (~c & a)) + x[i + 3], 19)
  }
  for (let i = 0; i < 4; i++) {
    a = rotate(a + ((b & c) | (b & d) | (c & d)) + x[i] + 0x5a827999, 3)
    d = rotate(d + ((a & b) | (a & c) | (b & c)) + x[i + 4] + 0x5a827999, 5)
    c = rotate(c + ((d & a) | (d & b) | (a & b)) + x[i + 8] + 0x5a827999, 9)
    b = rotate(b + ((c & d) | (c & a) | (d & a)) + x[i + 12] + 0x5a827999, 13)
  }
  for (const i of ROUND_3) {
    a = rotate(a + (b ^ c ^ d) + x[i] + 0x6ed9eba1, 3)
    d = rotate(d + (a ^ b ^ c) + x[i + 8] + 0x6ed9eba1, 9)
    c = rotate(c + (d ^ a ^ b) + x[i + 4] + 0x6ed9eba1, 11)
    b = rotate(b + (c ^ d ^ a) + x[i + 12] + 0x6ed9eba1, 15)
  }
  h[0] += a
  h[1] += b
  h[2] += c
  h[3] += d
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
