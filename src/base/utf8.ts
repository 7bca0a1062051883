/** UTF-8, which the language itself does not offer and a host need not have. */

const REPLACEMENT = 0xfffd

/** Half of a surrogate pair, which UTF-8 cannot say, becomes U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  const out: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) ?? REPLACEMENT
    const code = point >= 0xd800 && point < 0xe000 ? REPLACEMENT : point
    if (code < 0x80) out.push(code)
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return Uint8Array.from(out)
}

/** Each byte that starts no character becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  let out = ''
  for (let at = 0; at < bytes.length; ) {
    const size = sizeAt(bytes, at)
    let code = size === 0 ? REPLACEMENT : size === 1 ? bytes[at] : bytes[at] & (0xff >> (size + 1))
    for (let i = 1; i < size; i++) code = (code << 6) | (bytes[at + i] & 63)
    out += String.fromCodePoint(code)
    at += Math.max(size, 1)
  }
  return out
}

/** Octets of the character at a place; 0 if there is none (RFC 3629 §4: no overlong form, no surrogate). */
function sizeAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first < 0x80) return 1
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
  if (size === 0 || at + size > bytes.length) return 0
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (bytes[at + 1] < low || bytes[at + 1] > high) return 0
  for (let i = 2; i < size; i++) if (bytes[at + i] >> 6 !== 2) return 0
  return size
}
