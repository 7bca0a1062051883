/** HMAC-MD5: RFC 2104 §2 over the hash of RFC 1321, whose block has 64 octets. */
import { concat } from '../base/bytes.ts'
import { md5 } from './hash.ts'

const BLOCK = 64

export function hmacMd5(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? md5(key) : key)
  return md5(
    concat(
      block.map(octet => octet ^ 0x5c),
      md5(
        concat(
          block.map(octet => octet ^ 0x36),
          bytes,
        ),
      ),
    ),
  )
}
