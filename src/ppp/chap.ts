/**
 * The Challenge Handshake Authentication Protocol: RFC 1994 §2 and §4 with MD5, RFC 2759 with MS-CHAPv2, which also
 * proves to the peer that the authenticator knows the password.
 *
 * The authenticator repeats its Challenge, each time with a new identifier and a new value (RFC 1994 §4.1; Linux
 * repeats the same one). The other side repeats its Response until a verdict comes, and the authenticator answers a
 * repeated Response with the verdict it gave (§4.2), so that a lost packet of either kind does no harm.
 *
 * Limits: after a failure the link ends, R=1 or not, as with Linux; no password change; a name is one octet a
 * character; no later Challenge is sent, but one that comes is answered.
 */
import { concat, equal, fromAscii, hex } from '../base/bytes.ts'
import { md5 } from '../crypto/hash.ts'
import * as Chap from '../wire/chap.ts'
import * as Ppp from '../wire/ppp.ts'
import { type Exchange, type Succeeded, secretOf, text } from './auth.ts'
import type { MppeKeys } from './ccp.ts'
import { type ExchangeView, type Link, Repeater, report } from './link.ts'
import { getMasterKey } from './mppe.ts'
import {
  checkAuthenticatorResponse,
  generateAuthenticatorResponse,
  generateNtResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from './mschapv2.ts'

export type ChapMethod = 'chap-md5' | 'ms-chap-v2'

/** RFC 2759 §3 fixes sixteen octets; RFC 1994 §2.3 wants as many as the hash has. */
const CHALLENGE_LENGTH = 16

function send(link: Link, packet: Chap.Chap): void {
  report(link, 'sent', Ppp.CHAP, packet, () => Chap.show(packet))
  link.transmit(Ppp.CHAP, Chap.write(packet))
}

/** RFC 1994 §4.1: hash of identifier, secret and challenge. */
const md5Response = (id: number, secret: string, challenge: Uint8Array): Uint8Array =>
  md5(concat(Uint8Array.of(id), fromAscii(secret), challenge))

/** RFC 3079 §3.4 */
const masterKey = (password: string, ntResponse: Uint8Array): Uint8Array =>
  getMasterKey(hashNtPasswordHash(ntPasswordHash(password)), ntResponse)

/** The peer proves who it is. */
export class ChapAuthenticator implements Exchange<Chap.WithValue> {
  readonly #link: Link
  readonly #method: ChapMethod
  readonly #succeeded: Succeeded
  readonly #repeater: Repeater
  #id: number
  #challenge: Uint8Array = new Uint8Array(0)
  #verdict: Chap.WithMessage | undefined

  constructor(link: Link, method: ChapMethod, succeeded: Succeeded) {
    this.#link = link
    this.#method = method
    this.#succeeded = succeeded
    this.#id = link.random.chapId.below(256)
    this.#repeater = new Repeater(
      link,
      'chap challenge',
      () => this.#sendChallenge(),
      tries => {
        const detail = `No answer to ${tries} CHAP Challenges.`
        link.end({ reason: 'timeout', layer: 'auth', detail, tries })
      },
    )
  }

  start(): void {
    this.#repeater.start()
  }
  stop(): void {
    this.#repeater.stop()
  }

  #sendChallenge(): void {
    this.#id = (this.#id + 1) & 255
    this.#challenge = this.#link.random.challenge.bytes(CHALLENGE_LENGTH)
    const name = fromAscii(this.#link.config.authenticatePeer?.name ?? '')
    send(this.#link, { type: 'challenge', id: this.#id, value: this.#challenge, name })
  }

  view(): ExchangeView {
    const { counters, timers } = this.#repeater.view()
    return { counters: { ...counters, id: this.#id }, timers }
  }

  receive(packet: Chap.WithValue): void {
    if (packet.id !== this.#id) {
      this.#link.discard('ppp-unexpected', 'auth', `Response ${packet.id} answers no open Challenge`)
      return
    }
    if (this.#verdict) {
      send(this.#link, this.#verdict)
      return
    }
    this.stop()
    const user = text(packet.name)
    const { authenticatePeer } = this.#link.config
    const secret = authenticatePeer && secretOf(authenticatePeer.secretOf, user)
    const granted = secret === undefined ? undefined : this.#check(packet.value, user, secret)
    this.#verdict = granted
      ? { type: 'success', id: packet.id, message: fromAscii(granted.message) }
      : { type: 'failure', id: packet.id, message: fromAscii(this.#denial()) }
    send(this.#link, this.#verdict)
    if (granted) {
      this.#succeeded(user, granted.keys)
      return
    }
    const detail = `The peer did not prove that it knows the password of user "${user}".`
    this.#link.end({ reason: 'auth-failed', layer: 'auth', detail, tries: 0 })
  }

  /** The message of the Success packet and what it leaves for encryption; undefined: the response is wrong. */
  #check(
    value: Uint8Array,
    user: string,
    secret: string,
  ): { readonly message: string; readonly keys?: MppeKeys } | undefined {
    if (this.#method === 'chap-md5') {
      return equal(value, md5Response(this.#id, secret, this.#challenge)) ? { message: 'Access granted' } : undefined
    }
    const response = Chap.readMsChapV2Response(value)
    if (!response) return undefined
    const { ntResponse, peerChallenge } = response
    if (!equal(ntResponse, generateNtResponse(this.#challenge, peerChallenge, user, secret))) return undefined
    const proof = generateAuthenticatorResponse(secret, ntResponse, peerChallenge, this.#challenge, user)
    return {
      message: `${proof} M=Access granted`,
      keys: { masterKey: masterKey(secret, ntResponse), isServer: true },
    }
  }

  /** RFC 2759 §6: version 3; no retry, so that nobody waits for one. */
  #denial(): string {
    if (this.#method === 'chap-md5') return 'Access denied'
    return `E=691 R=0 C=${hex(this.#challenge)} V=3 M=Access denied`
  }
}

/** What we answered, to repeat it and to check the verdict. */
interface Pending {
  readonly id: number
  readonly challenge: Uint8Array
  readonly response: Chap.WithValue
  /** MS-CHAPv2 only. */
  readonly ms: Chap.MsChapV2Response | undefined
}

/** We prove who we are. */
export class ChapProver implements Exchange<Chap.Chap> {
  readonly #link: Link
  readonly #method: ChapMethod
  readonly #succeeded: Succeeded
  readonly #repeater: Repeater
  readonly #user: string
  readonly #password: string
  #last: Pending | undefined
  #waiting = false

  constructor(link: Link, method: ChapMethod, succeeded: Succeeded) {
    this.#link = link
    this.#method = method
    this.#succeeded = succeeded
    this.#user = link.config.ourself?.user ?? ''
    this.#password = link.config.ourself?.password ?? ''
    this.#repeater = new Repeater(
      link,
      'chap response',
      () => this.#last && send(link, this.#last.response),
      tries => {
        const detail = `No verdict on ${tries} CHAP Responses.`
        link.end({ reason: 'timeout', layer: 'auth', detail, tries })
      },
    )
  }

  /** The authenticator speaks first. */
  start(): void {}

  stop(): void {
    this.#waiting = false
    this.#repeater.stop()
  }

  view(): ExchangeView {
    const { counters, timers } = this.#repeater.view()
    return { counters: { ...counters, id: this.#last?.id ?? 0 }, timers }
  }

  receive(packet: Chap.Chap): void {
    if (packet.type === 'challenge') this.#respond(packet)
    else if ('message' in packet) this.#judge(packet)
  }

  #respond(packet: Chap.WithValue): void {
    if (this.#method === 'ms-chap-v2' && packet.value.length !== CHALLENGE_LENGTH) {
      const detail = `an MS-CHAPv2 challenge of ${packet.value.length} octets`
      this.#link.discard('malformed', 'auth', detail, 'bad-length')
      return
    }
    // The same Challenge again: the same Response, or the verdict on the first would not fit (RFC 2759 §8.8).
    const repeated = this.#last && this.#last.id === packet.id && equal(this.#last.challenge, packet.value)
    if (!repeated) this.#last = this.#answer(packet.id, packet.value.slice())
    this.#waiting = true
    this.#repeater.start()
  }

  #answer(id: number, challenge: Uint8Array): Pending {
    const name = fromAscii(this.#user)
    if (this.#method === 'chap-md5') {
      const value = md5Response(id, this.#password, challenge)
      return { id, challenge, ms: undefined, response: { type: 'response', id, value, name } }
    }
    const peerChallenge = this.#link.random.peerChallenge.bytes(CHALLENGE_LENGTH)
    const ntResponse = generateNtResponse(challenge, peerChallenge, this.#user, this.#password)
    const ms = { peerChallenge, ntResponse }
    return { id, challenge, ms, response: { type: 'response', id, value: Chap.writeMsChapV2Response(ms), name } }
  }

  #judge(packet: Chap.WithMessage): void {
    const last = this.#last
    if (!this.#waiting || !last || packet.id !== last.id) {
      this.#link.discard('ppp-unexpected', 'auth', `${packet.type} ${packet.id} answers no open Response`)
      return
    }
    this.stop()
    if (packet.type === 'failure') {
      const detail = `The peer does not accept user "${this.#user}" with this password: ${this.#reason(packet.message)}.`
      this.#fail(detail)
    } else if (last.ms === undefined) this.#succeeded(this.#user, undefined)
    else if (this.#isProof(packet.message, last.challenge, last.ms)) {
      this.#succeeded(this.#user, { masterKey: masterKey(this.#password, last.ms.ntResponse), isServer: false })
    } else this.#fail('The peer says Success but does not prove that it knows the password.')
  }

  #fail(detail: string): void {
    this.#link.end({ reason: 'auth-failed', layer: 'auth', detail, tries: 0 })
  }

  /** RFC 2759 §8.8 */
  #isProof(message: Uint8Array, challenge: Uint8Array, ms: Chap.MsChapV2Response): boolean {
    const digest = Chap.readMsChapV2Success(message)
    if (!digest) return false
    const received = `S=${hex(digest).toUpperCase()}`
    const { ntResponse, peerChallenge } = ms
    return checkAuthenticatorResponse(this.#password, ntResponse, peerChallenge, challenge, this.#user, received)
  }

  #reason(message: Uint8Array): string {
    const failure = this.#method === 'ms-chap-v2' ? Chap.readMsChapV2Failure(message) : undefined
    return failure
      ? `error ${failure.error} ${failure.message}`.trimEnd()
      : Chap.show({ type: 'failure', id: 0, message })
  }
}
