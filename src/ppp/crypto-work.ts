/** What the encryption of one PPP session has computed, both directions together: counted where it is done. */
export class CryptoWork {
  /** Session keys that followed another (RFC 3078 §7.3). */
  keyChanges = 0
  /** Blocks of 64 octets that went through SHA-1 for session keys. */
  sha1Blocks = 0
  /** Times that RC4 was given a key: each shuffles its 256 octets. */
  rc4Keys = 0
  /** Octets that went through RC4: of packets, and of keys that encrypt themselves. */
  rc4Octets = 0
}
