/** What one session of a caller has used. */
export interface Account {
  /** The other end of the tunnel; of a telephone line its number. */
  readonly peer: string
  /** Empty when the caller did not have to prove who it is. */
  readonly user: string
  readonly address: string
  /** `ppp0` */
  readonly iface: string
  readonly seconds: number
  /** User data, as IP packets inside the tunnel; `in` came from the caller. */
  readonly octetsIn: number
  readonly octetsOut: number
  readonly packetsIn: number
  readonly packetsOut: number
  /** Why it ended, in the words of RFC 2866 §5.10: `user-request`, `idle-timeout`, … */
  readonly cause: string
}
