/** The Internet checksum (RFC 1071) and TCP's use of it with the IPv4 pseudo header (RFC 9293 §3.1). */

const PROTOCOL = 6
/** Below this many octets a view of 32-bit words costs more than it saves (measured). */
const WORTHWHILE = 256
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * One's complement sum of the 16-bit words of bytes[start … end - 1], the first octet being the high one, not yet
 * folded. Long stretches are added in 32-bit words of the machine's own order: the sum does not depend on the order of
 * octets but for a swap at the end, nor on where it starts but for another (RFC 1071 §2 B and C).
 */
export function sum(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < WORTHWHILE) return sumOctets(bytes, start, end)
  const first = bytes.byteOffset + start
  const head = -first & 3
  const words = new Uint32Array(bytes.buffer, first + head, (end - start - head) >> 2)
  const middle = fold(sumWords(words))
  const odd = (head & 1) === 1
  const after = start + head + words.length * 4
  const tail = fold(sumOctets(bytes, after, end))
  return sumOctets(bytes, start, start + head) + (odd !== LITTLE ? swap(middle) : middle) + (odd ? swap(tail) : tail)
}

function sumOctets(bytes: Uint8Array, start: number, end: number): number {
  let total = 0
  let at = start
  for (; at + 1 < end; at += 2) total += (bytes[at] << 8) | bytes[at + 1]
  if (at < end) total += bytes[at] << 8
  return total
}

/** Exact in a double up to 2^21 words. */
function sumWords(words: Uint32Array): number {
  const fours = words.length & ~3
  let total = 0
  let at = 0
  for (; at < fours; at += 4) total += words[at] + words[at + 1] + (words[at + 2] + words[at + 3])
  for (; at < words.length; at++) total += words[at]
  return total
}

function fold(total: number): number {
  let folded = (total >>> 0) + Math.floor(total / 0x1_0000_0000)
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000)
  return folded
}

const swap = (word: number): number => ((word & 0xff) << 8) | (word >>> 8)

/**
 * What the checksum field of a TCP segment must hold, if it holds zero now; if it is filled in already, zero means that
 * it is right.
 */
export function checksum(bytes: Uint8Array, start: number, end: number, source: number, destination: number): number {
  const pseudo =
    (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + PROTOCOL + (end - start)
  return ~fold(pseudo + sum(bytes, start, end)) & 0xffff
}
