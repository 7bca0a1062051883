/**
 * The functions of MS-CHAPv2, RFC 2759 §8, in the RFC's own names. The exchange of packets is in chap.ts.
 *
 * Octets and strings: challenges, hashes and responses are octets; a password is a string of UTF-16 units, as in the
 * RFC; a user name is a string with one character an octet.
 *
 * Limits: no password change (§8.9 … §8.13).
 */
import { concat, fromAscii, hex } from '../base/bytes.ts'
import { desEncrypt, desKey } from '../crypto/des.ts'
import { sha1 } from '../crypto/hash.ts'
import { md4 } from '../crypto/md4.ts'
import { withoutDomain } from './auth.ts'

/** A password has at most this many characters (§8.3). */
export const MAX_PASSWORD = 256

/** §8.7 */
const MAGIC_1 = fromAscii('Magic server to client signing constant')
const MAGIC_2 = fromAscii('Pad to make it do more than one iteration')

/** §8.1 */
export function generateNtResponse(
  authenticatorChallenge: Uint8Array,
  peerChallenge: Uint8Array,
  userName: string,
  password: string,
): Uint8Array {
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, userName)
  return challengeResponse(challenge, ntPasswordHash(password))
}

/** §8.2. Of `DOMAIN\user` only `user` goes into the hash, although the packet carries both. */
export function challengeHash(
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: string,
): Uint8Array {
  return sha1(peerChallenge, authenticatorChallenge, fromAscii(withoutDomain(userName))).slice(0, 8)
}

/** §8.3. The password in UTF-16, least significant octet first. Longer than MAX_PASSWORD is the caller's mistake. */
export function ntPasswordHash(password: string): Uint8Array {
  if (password.length > MAX_PASSWORD) throw new RangeError(`a password has at most ${MAX_PASSWORD} characters`)
  const octets = new Uint8Array(2 * password.length)
  for (let i = 0; i < password.length; i++) {
    octets[2 * i] = password.charCodeAt(i)
    octets[2 * i + 1] = password.charCodeAt(i) >>> 8
  }
  return md4(octets)
}

/** §8.4 */
export const hashNtPasswordHash = (passwordHash: Uint8Array): Uint8Array => md4(passwordHash)

/** §8.5. The hash, padded with zeros to 21 octets, makes three DES keys. */
export function challengeResponse(challenge: Uint8Array, passwordHash: Uint8Array): Uint8Array {
  const padded = concat(passwordHash, new Uint8Array(5))
  const response = new Uint8Array(24)
  for (let key = 0; key < 3; key++) {
    response.set(desEncrypt(challenge, desKey(padded.slice(7 * key, 7 * key + 7))), 8 * key)
  }
  return response
}

/** §8.7: `S=` and forty hexadecimal digits, upper case. */
export function generateAuthenticatorResponse(
  password: string,
  ntResponse: Uint8Array,
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: string,
): string {
  const passwordHashHash = hashNtPasswordHash(ntPasswordHash(password))
  const digest = sha1(passwordHashHash, ntResponse, MAGIC_1)
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, userName)
  return `S=${hex(sha1(digest, challenge, MAGIC_2)).toUpperCase()}`
}

/** §8.8. `receivedResponse` is the `S=…` of the Success packet without the message that may follow it. */
export function checkAuthenticatorResponse(
  password: string,
  ntResponse: Uint8Array,
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: string,
  receivedResponse: string,
): boolean {
  const ours = generateAuthenticatorResponse(password, ntResponse, peerChallenge, authenticatorChallenge, userName)
  return receivedResponse === ours
}
