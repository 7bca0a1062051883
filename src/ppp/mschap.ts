/**
 * What MS-CHAP version 1 has beside the functions that it shares with version 2 (mschapv2.ts): RFC 2433, appendix A. The
 * exchange of packets is in chap-authenticator.ts and chap-prover.ts.
 *
 * Limits: the hash is there for the keys of MPPE (RFC 3079 §2.1); no LAN Manager response is made or believed. Letters
 * beyond ASCII are taken as they are: the OEM code pages of a real system are not known here.
 */
import { fromAscii } from '../base/bytes.ts'
import { desEncrypt, desKey } from '../crypto/des.ts'

const STANDARD_TEXT = fromAscii('KGS!@#$%')
const LONGEST = 14

/** LmPasswordHash, RFC 2433 §A.2 and §A.3: the password in capitals makes two DES keys, which encrypt a fixed text. */
export function lmPasswordHash(password: string): Uint8Array {
  const capitals = new Uint8Array(LONGEST)
  capitals.set(fromAscii(password.toUpperCase()).subarray(0, LONGEST))
  const hash = new Uint8Array(16)
  hash.set(desEncrypt(STANDARD_TEXT, desKey(capitals.subarray(0, 7))), 0)
  hash.set(desEncrypt(STANDARD_TEXT, desKey(capitals.subarray(7))), 8)
  return hash
}
