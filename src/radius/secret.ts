/**
 * What the shared secret of a NAS and its RADIUS server is for: proving who sent a packet, and hiding what nobody else
 * may read.
 *
 *     RFC 2865 §3     Response Authenticator = MD5(Code + ID + Length + RequestAuth + Attributes + Secret)
 *     RFC 2866 §3     the same for an Accounting-Request, with sixteen zeros for RequestAuth
 *     RFC 2865 §5.2   User-Password: c1 = p1 xor MD5(Secret + RequestAuth), c2 = p2 xor MD5(Secret + c1), …
 *     RFC 2548 §2.4.2 MS-MPPE-Send-Key: the same chain with RequestAuth + Salt, over a length and the key
 *     RFC 2869 §5.14  Message-Authenticator = HMAC-MD5 over the packet with sixteen zeros in its own place
 */
import { concat, equal } from '../base/bytes.ts'
import { md5 } from '../crypto/hash.ts'
import { hmacMd5 } from '../crypto/hmac-md5.ts'
import * as Radius from '../wire/radius.ts'
import { IETF, TYPE } from '../wire/radius-attributes.ts'

const BLOCK = 16
/** RFC 2865 §5.2 */
export const LONGEST_PASSWORD = 128
const ZEROS = new Uint8Array(BLOCK)

/** RFC 2865 §5.2. Throws for a password that is too long. */
export function hidePassword(password: Uint8Array, secret: Uint8Array, authenticator: Uint8Array): Uint8Array {
  if (password.length > LONGEST_PASSWORD) throw new RangeError(`a password of ${password.length} octets`)
  return hide(password, secret, authenticator)
}

/** Without the zeros that filled its last block; undefined: it is none. */
export function revealPassword(hidden: Uint8Array, secret: Uint8Array, authenticator: Uint8Array) {
  if (hidden.length === 0 || hidden.length % BLOCK !== 0 || hidden.length > LONGEST_PASSWORD) return undefined
  const plain = reveal(hidden, secret, authenticator)
  let end = plain.length
  while (end > 0 && plain[end - 1] === 0) end--
  return plain.subarray(0, end)
}

/** RFC 2548 §2.4.2: two octets of salt, whose first bit is set, and the hidden key. */
export function hideKey(key: Uint8Array, salt: Uint8Array, secret: Uint8Array, authenticator: Uint8Array): Uint8Array {
  const plain = concat(Uint8Array.of(key.length), key)
  return concat(salt, hide(plain, secret, concat(authenticator, salt)))
}

/** RFC 2548 §2.4.2; undefined: the value is not built so, or the secret is another. */
export function revealKey(value: Uint8Array, secret: Uint8Array, authenticator: Uint8Array): Uint8Array | undefined {
  const hidden = value.subarray(2)
  if (value[0] < 0x80 || hidden.length === 0 || hidden.length % BLOCK !== 0) return undefined
  const plain = reveal(hidden, secret, concat(authenticator, value.subarray(0, 2)))
  const [length] = plain
  return length < plain.length ? plain.subarray(1, 1 + length) : undefined
}

function hide(plain: Uint8Array, secret: Uint8Array, start: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.max(BLOCK, Math.ceil(plain.length / BLOCK) * BLOCK))
  out.set(plain)
  let before = start
  for (let at = 0; at < out.length; at += BLOCK) {
    const block = out.subarray(at, at + BLOCK)
    exclusiveOr(block, md5(concat(secret, before)))
    before = block
  }
  return out
}

function reveal(hidden: Uint8Array, secret: Uint8Array, start: Uint8Array): Uint8Array {
  const out = Uint8Array.from(hidden)
  let before = start
  for (let at = 0; at < out.length; at += BLOCK) {
    exclusiveOr(out.subarray(at, at + BLOCK), md5(concat(secret, before)))
    before = hidden.subarray(at, at + BLOCK)
  }
  return out
}

function exclusiveOr(block: Uint8Array, pad: Uint8Array): void {
  for (let i = 0; i < block.length; i++) block[i] ^= pad[i]
}

// Authenticators

const PROOF: Radius.Attribute = { vendor: IETF, type: TYPE.messageAuthenticator, value: ZEROS }

/** An Access-Request ready to be sent: its Message-Authenticator stands first, as servers since 2024 want it. */
export function signAccess(packet: Radius.Radius, secret: Uint8Array): Uint8Array {
  const bytes = Radius.write({ ...packet, attributes: [PROOF, ...packet.attributes] })
  fillProof(bytes, packet.authenticator, secret)
  return bytes
}

/** Is an answer with these attributes, and the proof that it gets, short enough for a packet (RFC 2865 §3)? */
export const fitsResponse = (attributes: readonly Radius.Attribute[]): boolean =>
  attributes.reduce((sum, one) => sum + Radius.sizeOf(one), Radius.HEADER + Radius.sizeOf(PROOF)) <= Radius.LONGEST

/** An answer to the request with this authenticator; `packet.authenticator` is of no account. */
export function signResponse(packet: Radius.Radius, request: Uint8Array, secret: Uint8Array): Uint8Array {
  const prove = packet.code !== 'accounting-response'
  const attributes = prove ? [PROOF, ...packet.attributes] : packet.attributes
  const bytes = Radius.write({ ...packet, authenticator: request, attributes })
  if (prove) fillProof(bytes, request, secret)
  bytes.set(md5(concat(bytes, secret)), Radius.AUTHENTICATOR)
  return bytes
}

/** RFC 2866 §3 */
export function signAccounting(packet: Omit<Radius.Radius, 'authenticator'>, secret: Uint8Array): Uint8Array {
  const bytes = Radius.write({ ...packet, authenticator: ZEROS })
  bytes.set(md5(concat(bytes, secret)), Radius.AUTHENTICATOR)
  return bytes
}

/** Does the answer come from who knows the secret, and is it one to this request (RFC 2865 §3)? */
export function isResponseTo(bytes: Uint8Array, request: Uint8Array, secret: Uint8Array): boolean {
  const claimed = authenticatorOf(bytes)
  const zeroed = withAuthenticator(bytes, request)
  return equal(claimed, md5(concat(zeroed, secret)))
}

/** RFC 2866 §3 */
export const isAccountingRequest = (bytes: Uint8Array, secret: Uint8Array): boolean =>
  isResponseTo(bytes, ZEROS, secret)

/**
 * Is the Message-Authenticator right? Of a packet without one it is `absent`. `request` is the authenticator of the
 * request: the packet's own, or that of the request it answers (RFC 2869 §5.14).
 */
export function judgeProof(bytes: Uint8Array, request: Uint8Array, secret: Uint8Array): 'right' | 'wrong' | 'absent' {
  const parsed = Radius.parse(bytes)
  const claimed = parsed.ok ? Radius.find(parsed.value, TYPE.messageAuthenticator) : undefined
  if (!claimed) return 'absent'
  if (claimed.length !== BLOCK) return 'wrong'
  const copy = withAuthenticator(bytes, request)
  copy.fill(0, claimed.byteOffset - bytes.byteOffset, claimed.byteOffset - bytes.byteOffset + BLOCK)
  return equal(claimed, hmacMd5(secret, copy)) ? 'right' : 'wrong'
}

/** The Message-Authenticator is the first attribute and zero. */
function fillProof(bytes: Uint8Array, request: Uint8Array, secret: Uint8Array): void {
  bytes.set(hmacMd5(secret, withAuthenticator(bytes, request)), Radius.AUTHENTICATOR + BLOCK + 2)
}

const authenticatorOf = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(Radius.AUTHENTICATOR, Radius.AUTHENTICATOR + BLOCK)

function withAuthenticator(bytes: Uint8Array, authenticator: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(authenticator, Radius.AUTHENTICATOR)
  return copy
}
