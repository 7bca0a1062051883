/**
 * The options of LCP: RFC 1661 §6, and ACCM of RFC 1662 §7.1. What we ask for and grant as a rule is what pppd does: MRU
 * only if it is not 1500, ACCM 0, the magic number, both compressions.
 *
 * Limits: every other option is refused by Configure-Reject: quality (RFC 1661 §6.3), those of RFC 1570 (callback, FCS
 * alternatives, padding, compound frames) and of multilink (RFC 1990).
 */
import { get16 } from '../base/bytes.ts'
import * as Ppp from '../wire/ppp.ts'
import { CHAP_ALGORITHMS, LCP_OPTIONS } from '../wire/ppp-options.ts'
import { type AuthMethod, DEFAULT_MRU } from './config.ts'
import type { Link } from './link.ts'
import { FOUR_OCTETS, type OptionRule } from './options.ts'

/** Smallest MRU that we grant, as pppd; RFC 791 needs 68 octets for any progress. */
const MIN_MRU = 128

/** `other`: a protocol that we do not speak, such as EAP. */
export type Auth = AuthMethod | 'other'

export function mruRule(mru: number): OptionRule<number> {
  return {
    type: LCP_OPTIONS.mru,
    want: () => (mru === DEFAULT_MRU ? undefined : mru),
    parse: body => (body.length === 2 ? get16(body, 0) : undefined),
    write: value => Uint8Array.of(value >>> 8, value),
    judge: asked => (asked === undefined ? { nak: DEFAULT_MRU } : asked < MIN_MRU ? { nak: MIN_MRU } : 'ack'),
    // §6.1: we can receive what is smaller than our own number, and every implementation receives 1500.
    concede: suggested => (suggested <= Math.max(mru, DEFAULT_MRU) ? suggested : mru),
  }
}

/** RFC 1662 §7.1; without meaning in PPTP, but pppd asks for 0 and so do we. */
export const accmRule = (wanted: number): OptionRule<number> => ({
  ...FOUR_OCTETS,
  type: LCP_OPTIONS.accm,
  want: () => wanted,
  judge: asked => (asked === undefined ? { nak: 0 } : 'ack'),
  concede: suggested => suggested,
})

/** §6.5, §6.6: granted to the peer where we want it ourselves. */
export const flagRule = (type: number, wanted: boolean): OptionRule<true> => ({
  type,
  want: () => (wanted ? true : undefined),
  parse: body => (body.length === 0 ? true : undefined),
  write: () => new Uint8Array(0),
  judge: asked => (!wanted ? 'reject' : asked ? 'ack' : { nak: true }),
  concede: () => (wanted ? true : undefined),
})

/** §6.2: what we ask for is how the peer must prove who it is. `current` is what we ask for now. */
export function authRule(link: Link, current: () => Auth | undefined): OptionRule<Auth> {
  const demanded: readonly (Auth | undefined)[] = link.config.authenticatePeer?.methods ?? []
  const offered: readonly Auth[] = link.config.ourself?.methods ?? []
  return {
    type: LCP_OPTIONS.auth,
    want: () => demanded[0],
    parse: readAuth,
    write: writeAuth,
    judge: asked => {
      if (asked !== undefined && offered.includes(asked)) return 'ack'
      return offered.length > 0 ? { nak: offered[0] } : 'reject'
    },
    // The peer's suggestion if we allow it, else our next method; when none is left, we are not content.
    concede: suggested => (demanded.includes(suggested) ? suggested : demanded[demanded.indexOf(current()) + 1]),
    lost: () =>
      link.end({
        reason: 'auth-refused',
        layer: 'lcp',
        detail: `The peer refuses to authenticate with ${demanded.join(' or ')}.`,
        tries: 0,
      }),
  }
}

const ALGORITHMS: Readonly<Record<number, AuthMethod>> = {
  [CHAP_ALGORITHMS.md5]: 'chap-md5',
  [CHAP_ALGORITHMS.msChap]: 'ms-chap',
  [CHAP_ALGORITHMS.msChapV2]: 'ms-chap-v2',
}
const ALGORITHM_OF: Readonly<Partial<Record<Auth, number>>> = {
  'chap-md5': CHAP_ALGORITHMS.md5,
  'ms-chap': CHAP_ALGORITHMS.msChap,
  'ms-chap-v2': CHAP_ALGORITHMS.msChapV2,
}

function readAuth(body: Uint8Array): Auth | undefined {
  if (body.length < 2) return undefined
  const protocol = get16(body, 0)
  if (protocol === Ppp.PAP) return body.length === 2 ? 'pap' : undefined
  if (protocol !== Ppp.CHAP) return 'other'
  return body.length === 3 ? (ALGORITHMS[body[2]] ?? 'other') : undefined
}

function writeAuth(method: Auth): Uint8Array {
  const algorithm = ALGORITHM_OF[method]
  if (algorithm === undefined) return Uint8Array.of(Ppp.PAP >>> 8, Ppp.PAP & 255)
  return Uint8Array.of(Ppp.CHAP >>> 8, Ppp.CHAP & 255, algorithm)
}
