/** What a codec answers. Bytes from a link are never an exception: they are a value or a reason. */

/** Why bytes are not a valid packet of their protocol. */
export const MALFORMED = {
  truncated: 'it ends before its last field',
  'bad-version': 'its version number is not the one this protocol has',
  'bad-length': 'a length field does not fit the bytes that are there',
  'bad-checksum': 'its checksum does not match its bytes',
  'bad-cookie': 'the magic cookie is wrong',
  'bad-type': 'its type or code is not one that the RFC defines',
  'bad-value': 'a field has a value that the RFC does not allow',
  'reserved-bits': 'bits that must be zero are set',
  'wrong-protocol': 'it carries a protocol number that does not belong here',
} as const
export type Malformed = keyof typeof MALFORMED

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Malformed; readonly offset: number }

export const good = <T>(value: T): Parsed<T> => ({ ok: true, value })
/** `offset` is where in the given bytes the trouble stands. */
export const bad = (reason: Malformed, offset = 0): Parsed<never> => ({ ok: false, reason, offset })
