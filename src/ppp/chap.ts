/**
 * What the two sides of the Challenge Handshake Authentication Protocol have in common: RFC 1994 with MD5, RFC 2433
 * with MS-CHAP, RFC 2759 with MS-CHAPv2. `chap-authenticator.ts` asks, `chap-prover.ts` answers.
 */
import * as Chap from '../wire/chap.ts'
import * as Ppp from '../wire/ppp.ts'
import { type Link, report } from './link.ts'

export type ChapMethod = 'chap-md5' | 'ms-chap' | 'ms-chap-v2'

export const isChap = (method: string | undefined): method is ChapMethod =>
  method === 'chap-md5' || method === 'ms-chap' || method === 'ms-chap-v2'

/**
 * Octets of a challenge that we send: RFC 2433 §4 fixes eight, RFC 2759 §3 sixteen; RFC 1994 §2.3 wants as many as the
 * hash has.
 */
export const CHALLENGE_LENGTH: Readonly<Record<ChapMethod, number>> = { 'chap-md5': 16, 'ms-chap': 8, 'ms-chap-v2': 16 }

export function send(link: Link, packet: Chap.Chap): void {
  if (link.env.trace.on) report(link, 'sent', Ppp.CHAP, packet, Chap.show(packet))
  link.transmit(Ppp.CHAP, Chap.write(packet))
}
