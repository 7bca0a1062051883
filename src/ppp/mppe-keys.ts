/**
 * Where the first keys of MPPE come from. Read RFC 3079: §2 for MS-CHAP, whose keys hang on the password alone (40 and
 * 56 bits) or on it and the Challenge (128 bits), and are the same in both directions; §3 for MS-CHAPv2, with a key of
 * its own for each direction. How a start key becomes a session key is the same for both: mppe.ts.
 *
 * Limits: no keys from TLS (RFC 3079 §4), which belong to EAP.
 */
import { fromAscii } from '../base/bytes.ts'
import * as Sha1 from '../crypto/sha1.ts'
import type { MppeKeys } from './keys.ts'

export type Bits = 40 | 56 | 128

/** Octets of a start key and of a session key. */
export const keyLength = (bits: Bits): number => (bits === 128 ? 16 : 8)

// MS-CHAP: RFC 3079 §2.

/** RFC 3079 §2.4, for 128 bits: the Challenge is the one that was answered. */
export function getStartKey(challenge: Uint8Array, ntPasswordHashHash: Uint8Array): Uint8Array {
  return Sha1.sha1(ntPasswordHashHash, ntPasswordHashHash, challenge).slice(0, 16)
}

// MS-CHAPv2: RFC 3079 §3.

const MAGIC_1 = fromAscii('This is the MPPE Master Key')
const MAGIC_2 = fromAscii('On the client side, this is the send key; on the server side, it is the receive key.')
const MAGIC_3 = fromAscii('On the client side, this is the receive key; on the server side, it is the send key.')
export const SHA_PAD_1 = new Uint8Array(40)
export const SHA_PAD_2 = new Uint8Array(40).fill(0xf2)

/** RFC 3079 §3.4 */
export function getMasterKey(passwordHashHash: Uint8Array, ntResponse: Uint8Array): Uint8Array {
  return Sha1.sha1(passwordHashHash, ntResponse, MAGIC_1).slice(0, 16)
}

/** RFC 3079 §3.4. The authenticator is the server. */
export function getAsymmetricStartKey(
  masterKey: Uint8Array,
  bits: Bits,
  isSend: boolean,
  isServer: boolean,
): Uint8Array {
  const magic = isSend === isServer ? MAGIC_3 : MAGIC_2
  return Sha1.sha1(masterKey, SHA_PAD_1, magic, SHA_PAD_2).slice(0, keyLength(bits))
}

/** The start key of one direction, eight octets for 40 and 56 bits, sixteen for 128. `isSend`: of what we send. */
export function startKey(keys: MppeKeys, bits: Bits, isSend: boolean): Uint8Array {
  switch (keys.method) {
    case 'ms-chap-v2':
      return getAsymmetricStartKey(keys.masterKey, bits, isSend, keys.isServer)
    case 'ms-chap':
      return bits === 128 ? getStartKey(keys.challenge, keys.passwordHashHash) : keys.lmPasswordHash.slice(0, 8)
    case 'start-keys':
      return (isSend ? keys.send : keys.receive).slice(0, keyLength(bits))
  }
}
