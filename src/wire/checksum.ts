/**
 * The Internet checksum (RFC 1071): ones' complement of the ones' complement sum of 16-bit words.
 *
 * Sums are plain numbers that have not been folded yet, so partial sums (a pseudo header, a payload) can be added.
 */

/** Unfolded sum of the 16-bit words of bytes[start … end - 1]; an odd last octet counts as the high half of a word. */
export function sum(bytes: Uint8Array, start: number, end: number): number {
  let total = 0
  let at = start
  for (const stop = end - 7; at < stop; at += 8) {
    total +=
      ((bytes[at] + bytes[at + 2] + bytes[at + 4] + bytes[at + 6]) << 8) +
      (bytes[at + 1] + bytes[at + 3] + bytes[at + 5] + bytes[at + 7])
  }
  for (; at + 1 < end; at += 2) total += (bytes[at] << 8) | bytes[at + 1]
  return at < end ? total + (bytes[at] << 8) : total
}

/** Sum of the pseudo header of TCP and UDP (RFC 9293 §3.1, RFC 768). */
export function pseudoHeader(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
}

/** Folds a sum and complements it: the value of a checksum field. A sum over valid bytes gives 0. */
export function finish(total: number): number {
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000)
  return ~total & 0xffff
}

/** The checksum after one 16-bit word has changed (RFC 1624 §3, equation 3). */
export function update(checksum: number, before: number, after: number): number {
  let total = (~checksum & 0xffff) + (~before & 0xffff) + after
  total = (total & 0xffff) + (total >>> 16)
  return ~(total + (total >>> 16)) & 0xffff
}
