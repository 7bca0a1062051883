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
import { FourOctets, type OptionRule, type Verdict } from './options.ts'

/** Smallest MRU that we grant, as pppd; RFC 791 needs 68 octets for any progress. */
const MIN_MRU = 128

/** `other`: a protocol that we do not speak, such as EAP. */
export type Auth = AuthMethod | 'other'

export class MruRule implements OptionRule<number> {
  ours: number | undefined = undefined
  theirs: number | undefined = undefined
  readonly #mru: number

  constructor(mru: number) {
    this.#mru = mru
  }

  get type(): number {
    return LCP_OPTIONS.mru
  }
  want(): number | undefined {
    return this.#mru === DEFAULT_MRU ? undefined : this.#mru
  }
  parse(body: Uint8Array): number | undefined {
    return body.length === 2 ? get16(body, 0) : undefined
  }
  write(value: number): Uint8Array {
    return Uint8Array.of(value >>> 8, value)
  }
  judge(asked: number | undefined): Verdict<number> {
    if (asked === undefined) return { nak: DEFAULT_MRU }
    return asked < MIN_MRU ? { nak: MIN_MRU } : 'ack'
  }
  /** §6.1: we can receive what is smaller than our own number, and every implementation receives 1500. */
  concede(suggested: number): number {
    return suggested <= Math.max(this.#mru, DEFAULT_MRU) ? suggested : this.#mru
  }
}

/** RFC 1662 §7.1; without meaning in PPTP, but pppd asks for 0 and so do we. */
export class AccmRule extends FourOctets implements OptionRule<number> {
  readonly #wanted: number

  constructor(wanted: number) {
    super()
    this.#wanted = wanted
  }

  get type(): number {
    return LCP_OPTIONS.accm
  }
  want(): number {
    return this.#wanted
  }
  judge(asked: number | undefined): Verdict<number> {
    return asked === undefined ? { nak: 0 } : 'ack'
  }
  concede(suggested: number): number {
    return suggested
  }
}

/** §6.5, §6.6: granted to the peer where we want it ourselves. What has no value is rejected, not Nak-ed (§5.3). */
export class FlagRule implements OptionRule<true> {
  ours: true | undefined = undefined
  theirs: true | undefined = undefined
  readonly type: number
  readonly #wanted: boolean

  constructor(type: number, wanted: boolean) {
    this.type = type
    this.#wanted = wanted
  }

  want(): true | undefined {
    return this.#wanted ? true : undefined
  }
  parse(body: Uint8Array): true | undefined {
    return body.length === 0 ? true : undefined
  }
  write(): Uint8Array {
    return new Uint8Array(0)
  }
  judge(asked: true | undefined): Verdict<true> {
    return this.#wanted && asked ? 'ack' : 'reject'
  }
  concede(): true | undefined {
    return this.want()
  }
}

/** What we ask for now. */
export interface OwnOptions {
  readonly ownMagic: number
  readonly peerMethod: Auth | undefined
}

/** §6.4: the numbers of the two ends must differ; if they never do, the line is looped. */
export class MagicRule extends FourOctets implements OptionRule<number> {
  readonly #link: Link
  readonly #wanted: boolean
  readonly #own: OwnOptions
  /** Requests in a row that carried our own magic number. */
  loops = 0

  constructor(link: Link, wanted: boolean, own: OwnOptions) {
    super()
    this.#link = link
    this.#wanted = wanted
    this.#own = own
  }

  get type(): number {
    return LCP_OPTIONS.magic
  }
  want(): number | undefined {
    return this.#wanted ? this.#draw() : undefined
  }
  judge(asked: number | undefined): Verdict<number> {
    if (asked === undefined || asked === 0) return { nak: this.#draw() }
    if (asked !== this.#own.ownMagic) {
      this.loops = 0
      return 'ack'
    }
    if (++this.loops >= this.#link.config.timers.maxFailure) {
      const detail = `The peer's magic number was our own ${this.loops} times: the line is looped.`
      this.#link.end({ reason: 'looped', layer: 'lcp', detail, tries: this.loops })
    }
    return { nak: this.#draw() }
  }
  concede(): number | undefined {
    return this.want()
  }

  #draw(): number {
    return this.#link.random('magic').uint32() || 1
  }
}

/** §6.2: what we ask for is how the peer must prove who it is. */
export class AuthRule implements OptionRule<Auth> {
  ours: Auth | undefined = undefined
  theirs: Auth | undefined = undefined
  readonly #link: Link
  readonly #own: OwnOptions

  constructor(link: Link, own: OwnOptions) {
    this.#link = link
    this.#own = own
  }

  get type(): number {
    return LCP_OPTIONS.auth
  }
  get #demanded(): readonly (Auth | undefined)[] {
    return this.#link.config.authenticatePeer?.methods ?? []
  }
  want(): Auth | undefined {
    return this.#demanded[0]
  }
  parse(body: Uint8Array): Auth | undefined {
    return readAuth(body)
  }
  write(method: Auth): Uint8Array {
    return writeAuth(method)
  }
  judge(asked: Auth | undefined): Verdict<Auth> {
    const offered: readonly Auth[] = this.#link.config.ourself?.methods ?? []
    if (asked !== undefined && offered.includes(asked)) return 'ack'
    return offered.length > 0 ? { nak: offered[0] } : 'reject'
  }
  /** The peer's suggestion if we allow it, else our next method; when none is left, we are not content. */
  concede(suggested: Auth): Auth | undefined {
    const demanded = this.#demanded
    return demanded.includes(suggested) ? suggested : demanded[demanded.indexOf(this.#own.peerMethod) + 1]
  }
  lost(): void {
    const detail = `The peer refuses to authenticate with ${this.#demanded.join(' or ')}.`
    this.#link.end({ reason: 'auth-refused', layer: 'lcp', detail, tries: 0 })
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
