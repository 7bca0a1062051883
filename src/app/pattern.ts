/** The known content of transfers: a function of the position, so that loss, repetition and change all show. */

/** A prime, so that no shift by a usual length of packets goes unnoticed. */
export const PERIOD = 65_521
/** Longest piece that is copied at once. */
const LONGEST = 65_536

/** The pattern, long enough that a piece can start anywhere in its first period. */
const TABLE = new Uint8Array(PERIOD + LONGEST)
for (let i = 0; i < TABLE.length; i++) {
  const h = Math.imul((i % PERIOD) + 1, 0x2c1b3c6d)
  TABLE[i] = h ^ (h >>> 13) ^ (h >>> 22)
}

/** The same as 32-bit words, for each of the four ways in which the pattern can lie towards a word. */
const WORDS = [0, 1, 2, 3].map(shift => {
  const bytes = new Uint8Array(TABLE.length + 3 + (-(TABLE.length + 3) & 3))
  bytes.set(TABLE, shift)
  return new Uint32Array(bytes.buffer)
})

/** Writes the octets of the stream from `position` on. */
export function fillPattern(bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; done += LONGEST) {
    const from = (position + done) % PERIOD
    bytes.set(TABLE.subarray(from, from + Math.min(LONGEST, bytes.length - done)), done)
  }
}

export function matchesPattern(bytes: Uint8Array, position: number): boolean {
  for (let done = 0; done < bytes.length; done += LONGEST) {
    if (!matchesPiece(bytes.subarray(done, done + LONGEST), (position + done) % PERIOD)) return false
  }
  return true
}

/** Compares four octets at a time: a class waits for this loop at every start, before it is compiled. */
function matchesPiece(bytes: Uint8Array, from: number): boolean {
  let difference = 0
  const head = -bytes.byteOffset & 3
  const count = Math.max(0, (bytes.length - head) >> 2)
  if (count > 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, count)
    const shift = -(from + head) & 3
    const pattern = WORDS[shift]
    const first = (from + head + shift) >> 2
    for (let i = 0; i < count; i++) difference |= words[i] ^ pattern[first + i]
  }
  for (let i = 0; i < Math.min(head, bytes.length); i++) difference |= bytes[i] ^ TABLE[from + i]
  for (let i = head + count * 4; i < bytes.length; i++) difference |= bytes[i] ^ TABLE[from + i]
  return difference === 0
}
