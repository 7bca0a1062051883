/**
 * SHA-1, FIPS 180-4 §6.1. Ours because MPPE in stateless mode makes a new key for every packet: `compress` works on
 * the caller's block and state and allocates nothing (docs/decisions/002-sha1-of-our-own.md).
 */
import { set32 } from '../base/bytes.ts'

/** The state before the first block (§5.3.1). */
const INITIAL = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)

const state = new Int32Array(5)
const block = new Uint8Array(64)
const schedule = new Int32Array(80)

const DIGEST_LENGTH = 20

/** Of the parts one after the other. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  initialise(state)
  let length = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      block[length & 63] = part[i]
      if ((++length & 63) === 0) compress(state, block, 0)
    }
  }
  // §5.1.1: a one bit, zero bits up to 448 modulo 512, the length in bits.
  const rest = length & 63
  block[rest] = 0x80
  block.fill(0, rest + 1)
  if (rest >= 56) {
    compress(state, block, 0)
    block.fill(0)
  }
  set32(block, 56, Math.floor(length / 0x20000000))
  set32(block, 60, length << 3)
  compress(state, block, 0)
  const out = new Uint8Array(DIGEST_LENGTH)
  for (let i = 0; i < 5; i++) set32(out, 4 * i, state[i])
  return out
}

export function initialise(h: Int32Array): void {
  h.set(INITIAL)
}

/** Takes the 64 octets from `at` on into the state (§6.1.2). */
export function compress(h: Int32Array, bytes: Uint8Array, at: number): void {
  const w = schedule
  for (let t = 0; t < 16; t++, at += 4) {
    w[t] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
  }
  for (let t = 16; t < 80; t++) {
    const x = w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]
    w[t] = (x << 1) | (x >>> 31)
  }
  let a = h[0]
  let b = h[1]
  let c = h[2]
  let d = h[3]
  let e = h[4]
  for (let t = 0; t < 80; t++) {
    const f = t < 20 ? choose(b, c, d) : t < 40 || t >= 60 ? b ^ c ^ d : majority(b, c, d)
    const k = t < 20 ? 0x5a827999 : t < 40 ? 0x6ed9eba1 : t < 60 ? 0x8f1bbcdc : 0xca62c1d6
    const next = (((a << 5) | (a >>> 27)) + f + e + k + w[t]) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  h[0] += a
  h[1] += b
  h[2] += c
  h[3] += d
  h[4] += e
}

const choose = (x: number, y: number, z: number): number => (x & y) | (~x & z)
const majority = (x: number, y: number, z: number): number => (x & y) | (x & z) | (y & z)
