/** The known content of transfers: a function of the position, so that loss, repetition and change all show. */

/** Octet number `position` of a stream. The period is 2^32 octets. */
export function patternAt(position: number): number {
  const h = Math.imul(position ^ (position >>> 15), 0x2c1b3c6d)
  return (h ^ (h >>> 13)) & 0xff
}

export function fillPattern(bytes: Uint8Array, position: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = patternAt(position + i)
}

export function matchesPattern(bytes: Uint8Array, position: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== patternAt(position + i)) return false
  return true
}
