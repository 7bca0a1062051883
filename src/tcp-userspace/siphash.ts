/**
 * SipHash-2-4 (Aumasson and Bernstein): a function of a few words that nobody can guess without its key of 128 bits.
 * Words of 64 bits are pairs of 32, the low one first.
 */

const state = new Uint32Array(8)

/** v[a] += v[b], where a and b count 64-bit words. */
function plus(a: number, b: number): void {
  const low = state[2 * a] + state[2 * b]
  state[2 * a + 1] += state[2 * b + 1] + (low > 0xffff_ffff ? 1 : 0)
  state[2 * a] = low
}

/** v[a] = rotate(v[a], bits) ^ v[b], 0 < bits < 32. */
function rotateXor(a: number, bits: number, b: number): void {
  const low = state[2 * a]
  const high = state[2 * a + 1]
  state[2 * a] = ((low << bits) | (high >>> (32 - bits))) ^ state[2 * b]
  state[2 * a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ state[2 * b + 1]
}

/** v[a] = rotate(v[a], 32) */
function swap(a: number): void {
  const low = state[2 * a]
  state[2 * a] = state[2 * a + 1]
  state[2 * a + 1] = low
}

function round(): void {
  plus(0, 1)
  rotateXor(1, 13, 0)
  swap(0)
  plus(2, 3)
  rotateXor(3, 16, 2)
  plus(0, 3)
  rotateXor(3, 21, 0)
  plus(2, 1)
  rotateXor(1, 17, 2)
  swap(2)
}

function compress(low: number, high: number): void {
  state[6] ^= low
  state[7] ^= high
  round()
  round()
  state[0] ^= low
  state[1] ^= high
}

/** The low 32 bits of SipHash over whole 32-bit words (little endian), under a key of four of them. */
export function sipHash(key: ArrayLike<number>, words: readonly number[]): number {
  state.set([0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462])
  for (let n = 0; n < 8; n++) state[n] ^= key[n & 3]
  const pairs = words.length & ~1
  for (let n = 0; n < pairs; n += 2) compress(words[n], words[n + 1])
  compress(pairs < words.length ? words[pairs] : 0, (words.length * 4) << 24)
  state[4] ^= 0xff
  for (let n = 0; n < 4; n++) round()
  return (state[0] ^ state[2] ^ state[4] ^ state[6]) >>> 0
}
