/** Reading and writing network byte order, and showing bytes to people. */

export const get16 = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1]
export const get32 = (b: Uint8Array, at: number): number =>
  ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0

export function set16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8
  b[at + 1] = value
}
export function set32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** `hex(bytes)` is `0a1b2c`; with a separator `0a:1b:2c`. */
export function hex(bytes: Uint8Array, separator = ''): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) out += (i > 0 ? separator : '') + HEX[bytes[i]]
  return out
}
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** The inverse of `hex`; white space and colons are passed over. Throws on anything else: it is for constants and tests. */
export function unhex(text: string): Uint8Array {
  const digits = text.replace(/[\s:]/g, '')
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${text.slice(0, 40)}`)
  const out = new Uint8Array(digits.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** One byte a character; for protocols whose text is ASCII. Characters beyond one byte become `?`. */
export function fromAscii(text: string): Uint8Array {
  const out = new Uint8Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.codePointAt(i) as number
    if (character > 0xffff) i++
    out[length++] = character < 256 ? character : 63
  }
  return length === out.length ? out : out.slice(0, length)
}

/** One character a byte (ISO 8859-1): what `fromAscii` turns back into the same bytes. */
export function toLatin1(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte)
  return out
}

/** Bytes as text, up to the first zero byte; what is not printable ASCII is shown as `\xNN`. */
export function toAscii(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) {
    if (byte === 0) break
    out += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return out
}

/** `1 octet`, `2 octets` */
export const octets = (count: number): string => `${count} octet${count === 1 ? '' : 's'}`
