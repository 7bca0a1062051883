/** The known content of transfers: a function of the position, so that loss, repetition and change all show. */

/** A prime, so that no shift by a usual length of packets goes unnoticed. */
const PERIOD = 65_521
/** Longest piece that is copied at once. */
const LONGEST = 65_536

/** The pattern, long enough that a piece can start anywhere in its first period. */
const TABLE = new Uint8Array(PERIOD + LONGEST)
for (let i = 0; i < TABLE.length; i++) {
  const h = Math.imul((i % PERIOD) + 1, 0x2c1b3c6d)
  TABLE[i] = h ^ (h >>> 13) ^ (h >>> 22)
}

/** Writes the octets of the stream from `position` on. */
export function fillPattern(bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; done += LONGEST) {
    const from = (position + done) % PERIOD
    bytes.set(TABLE.subarray(from, from + Math.min(LONGEST, bytes.length - done)), done)
  }
}

export function matchesPattern(bytes: Uint8Array, position: number): boolean {
  for (let done = 0; done < bytes.length; done += LONGEST) {
    const from = ((position + done) % PERIOD) - done
    const end = Math.min(done + LONGEST, bytes.length)
    let difference = 0
    for (let i = done; i < end; i++) difference |= bytes[i] ^ TABLE[from + i]
    if (difference !== 0) return false
  }
  return true
}
