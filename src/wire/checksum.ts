/**
 * The Internet checksum (RFC 1071): ones' complement of the ones' complement sum of 16-bit words.
 *
 * Sums are plain numbers that have not been folded yet, so partial sums (a pseudo header, a payload) can be added.
 */

export { sum } from 'tcp-userspace'

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
