/**
 * DES, FIPS 46-3: one block in electronic codebook mode, as MS-CHAP's ChallengeResponse needs it.
 *
 * The tables are printed as in the standard; bit 1 is the most significant bit of the first octet.
 *
 * Limits: encryption only. Parity bits of a key are not looked at.
 */
import { set32 } from '../base/bytes.ts'

/** Initial permutation. */
// biome-ignore format: as printed in the standard
const IP = [
  58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
  62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
  57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
  61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
]

/** The inverse of IP. */
// biome-ignore format: as printed in the standard
const IP_INVERSE = [
  40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
  38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
  36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
  34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
]

/** The permutation at the end of the cipher function. */
// biome-ignore format: as printed in the standard
const P = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
  2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]

/** Permuted choice 1: the bits of C and of D. */
// biome-ignore format: as printed in the standard
const PC1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
]

/** Permuted choice 2: six bits a selection function. */
// biome-ignore format: as printed in the standard
const PC2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]

const LEFT_SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]

/** The selection functions S1 … S8, four rows of sixteen hexadecimal digits each. */
const S = [
  ['e4d12fb83a6c5907', '0f74e2d1a6cb9538', '41e8d62bfc973a50', 'fc8249175b3ea06d'],
  ['f18e6b34972dc05a', '3d47f28ec01a69b5', '0e7ba4d158c6932f', 'd8a13f42b67c05e9'],
  ['a09e63f51dc7b428', 'd709346a285ecbf1', 'd6498f30b12c5ae7', '1ad069874fe3b52c'],
  ['7de3069a1285bc4f', 'd8b56f03472c1ae9', 'a690cb7df13e5284', '3f06a1d8945bc72e'],
  ['2c417ab6853fd0e9', 'eb2c47d150fa3986', '421bad78f9c5630e', 'b8c71e2d6f09a453'],
  ['c1af92680d34e75b', 'af427c9561de0b38', '9ef528c3704a1db6', '432c95fabe17608d'],
  ['4b2ef08d3c975a61', 'd0b7491ae35c2f86', '14bdc37eaf680592', '6bd814a7950fe23c'],
  ['d2846fb1a93e50c7', '1fd8a374c56b0e92', '7b419ce206adf358', '21e74a8dfc90356b'],
]

/** The bits of `bytes` that table[from … from + count - 1] names, as one number. */
function select(bytes: Uint8Array, table: readonly number[], from: number, count: number): number {
  let out = 0
  for (let i = from; i < from + count; i++) {
    const bit = table[i] - 1
    out = (out << 1) | ((bytes[bit >>> 3] >>> (7 - (bit & 7))) & 1)
  }
  return out
}

/** Selection and P in one step: for each of the eight functions and each six-bit input the 32 bits that come of it. */
const SP = selectionsPermuted()

function selectionsPermuted(): Int32Array {
  const out = new Int32Array(8 * 64)
  const word = new Uint8Array(4)
  for (let box = 0; box < 8; box++) {
    for (let input = 0; input < 64; input++) {
      const row = ((input >>> 4) & 2) | (input & 1)
      const digit = Number.parseInt(S[box][row][(input >>> 1) & 15], 16)
      set32(word, 0, digit << (28 - 4 * box))
      out[64 * box + input] = select(word, P, 0, 32)
    }
  }
  return out
}

/**
 * PC2 for seven bits at a time: what each value of the bits 1 … 7, 8 … 14, … of C and D adds to the 24 bits for four
 * functions.
 */
const PC2_SEVENS = sevensChosen()

function sevensChosen(): Int32Array {
  const out = new Int32Array(8 * 128)
  for (let at = 0; at < PC2.length; at++) {
    const bit = PC2[at] - 1
    const seven = Math.floor(bit / 7)
    for (let value = 0; value < 128; value++) {
      if ((value >>> (6 - (bit % 7))) & 1) out[128 * seven + value] |= 1 << (23 - (at % 24))
    }
  }
  return out
}

/** The sixteen round keys, each as eight inputs of six bits. */
const schedule = new Uint8Array(16 * 8)
const halves = new Uint8Array(8)

function setKey(key: Uint8Array): void {
  let c = select(key, PC1, 0, 28)
  let d = select(key, PC1, 28, 28)
  for (let round = 0; round < 16; round++) {
    const by = LEFT_SHIFTS[round]
    c = ((c << by) | (c >>> (28 - by))) & 0xfffffff
    d = ((d << by) | (d >>> (28 - by))) & 0xfffffff
    setRoundKey(8 * round, chosen(c, 0))
    setRoundKey(8 * round + 4, chosen(d, 4))
  }
}

/** The 24 bits that PC2 takes of a half of 28, whose bits begin at this seven. */
function chosen(half: number, seven: number): number {
  let out = 0
  for (let i = 0; i < 4; i++) out |= PC2_SEVENS[128 * (seven + i) + ((half >>> (21 - 7 * i)) & 127)]
  return out
}

function setRoundKey(at: number, bits: number): void {
  for (let box = 0; box < 4; box++) schedule[at + box] = (bits >>> (18 - 6 * box)) & 63
}

/** Encrypts one block of eight octets with a key of eight octets. */
export function desEncrypt(block: Uint8Array, key: Uint8Array): Uint8Array {
  setKey(key)
  let l = select(block, IP, 0, 32)
  let r = select(block, IP, 32, 32)
  for (let round = 0; round < 16; round++) {
    const next = l ^ cipherFunction(r, 8 * round)
    l = r
    r = next
  }
  set32(halves, 0, r)
  set32(halves, 4, l)
  const out = new Uint8Array(8)
  set32(out, 0, select(halves, IP_INVERSE, 0, 32))
  set32(out, 4, select(halves, IP_INVERSE, 32, 32))
  return out
}

/** f(R, K). E takes for each function its four bits of R and one neighbour on either side. */
function cipherFunction(r: number, roundKey: number): number {
  const e = (r >>> 1) | (r << 31)
  let out = 0
  for (let box = 0; box < 8; box++) {
    const six = ((e << (4 * box)) | (e >>> (32 - 4 * box))) >>> 26
    out ^= SP[64 * box + (six ^ schedule[roundKey + box])]
  }
  return out
}

/** Spreads seven octets over eight, seven bits each, and makes their parity odd (RFC 2759 §8.6 and §9.3). */
export function desKey(seven: Uint8Array): Uint8Array {
  const key = new Uint8Array(8)
  for (let i = 0; i < 8; i++) {
    const before = i > 0 ? seven[i - 1] << (8 - i) : 0
    const after = i < 7 ? seven[i] >>> i : 0
    key[i] = oddParity((before | after) & 0xfe)
  }
  return key
}

function oddParity(octet: number): number {
  let bits = octet
  bits ^= bits >>> 4
  bits ^= bits >>> 2
  bits ^= bits >>> 1
  return octet | (~bits & 1)
}
