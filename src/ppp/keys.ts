/** What authentication leaves for encryption: RFC 3079 §2 and §3. */

export type MppeKeys = MsChapV2Keys | MsChapKeys | StartKeys

/** RFC 3079 §3.4 */
export interface MsChapV2Keys {
  readonly method: 'ms-chap-v2'
  readonly masterKey: Uint8Array
  /** The authenticator is the server of RFC 3079. */
  readonly isServer: boolean
}

/** RFC 3079 §2: both directions begin with the same key. */
export interface MsChapKeys {
  readonly method: 'ms-chap'
  /** Of the authenticator, eight octets. */
  readonly challenge: Uint8Array
  /** NtPasswordHashHash, for 128 bit (§2.3). */
  readonly passwordHashHash: Uint8Array
  /** The first eight octets of LmPasswordHash, for 40 and 56 bit (§2.1, §2.2). */
  readonly lmPasswordHash: Uint8Array
}

/** The start keys themselves, as a RADIUS server hands them over: MS-MPPE-Send-Key and -Recv-Key (RFC 2548 §2.4). */
export interface StartKeys {
  readonly method: 'start-keys'
  readonly send: Uint8Array
  readonly receive: Uint8Array
}
