/** What PAP and CHAP have in common: one proves who we are (`Prover`), one asks who the peer is (`Authenticator`). */
import { toLatin1 } from '../base/bytes.ts'
import type { MppeKeys } from './keys.ts'
import type { ExchangeView } from './link.ts'

/** Who is told that an exchange went well; how it fails is told to the link. */
export interface ExchangeOwner {
  /** The peer is `user`. */
  peerProved(user: string, keys: MppeKeys | undefined): void
  /** The peer knows who we are. */
  ownProved(keys: MppeKeys | undefined): void
}

/** Packets handed in are parsed; the bytes in them are valid during the call only. */
export interface Exchange<P> {
  /** LCP is open. */
  start(): void
  receive(packet: P): void
  stop(): void
  view(): ExchangeView
}

/** One character an octet, as in names of CHAP and PAP. */
export const text = toLatin1

/** `DOMAIN\user` is `user` (RFC 2759 §4). */
export const withoutDomain = (user: string): string => user.slice(user.lastIndexOf('\\') + 1)

/** The secret of `user`, also when a Windows domain stands in front. */
export function secretOf(find: (user: string) => string | undefined, user: string): string | undefined {
  return find(user) ?? find(withoutDomain(user))
}
