/**
 * CHAP, the side that proves who it is: RFC 1994 §2 and §4, RFC 2433 §4 to §7, RFC 2759 §3 to §6, which also makes the
 * authenticator prove that it knows the password.
 *
 * The Response is repeated until a verdict comes, so that a lost Success does no harm.
 *
 * Limits: a password that has expired is not changed; a name is one octet a character.
 */
import { concat, equal, fromAscii, hex } from '../base/bytes.ts'
import * as Chap from '../wire/chap.ts'
import type { Exchange, ExchangeOwner } from './auth.ts'
import { CHALLENGE_LENGTH, type ChapMethod, send } from './chap.ts'
import { AUTH_ERRORS, type AuthError, md5Response, msChapKeys, msChapV2Keys } from './judge.ts'
import { type ExchangeView, type Link, Repeater, type RepeaterUser } from './link.ts'
import { challengeResponse, checkAuthenticatorResponse, generateNtResponse, ntPasswordHash } from './mschapv2.ts'

/** What we answered, to repeat it and to check the verdict. */
class Pending {
  readonly id: number
  /** The challenge, and behind it the value of the Response: one array, since there are thousands of sessions. */
  readonly #bytes: Uint8Array
  readonly #length: number

  constructor(id: number, challenge: Uint8Array, value: Uint8Array) {
    this.id = id
    this.#bytes = concat(challenge, value)
    this.#length = challenge.length
  }

  get challenge(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
  get value(): Uint8Array {
    return this.#bytes.subarray(this.#length)
  }
}

export class ChapProver implements Exchange<Chap.Chap>, RepeaterUser {
  readonly repeats = 'chap response'
  readonly #link: Link
  readonly #method: ChapMethod
  readonly #owner: ExchangeOwner
  readonly #repeater: Repeater
  readonly #user: string
  #password: string
  /** What the user types when asked once more. */
  #secondPassword: string | undefined
  #last: Pending | undefined
  #waiting = false

  constructor(link: Link, method: ChapMethod, owner: ExchangeOwner) {
    this.#link = link
    this.#method = method
    this.#owner = owner
    this.#user = link.config.ourself?.user ?? ''
    this.#password = link.config.ourself?.password ?? ''
    this.#secondPassword = link.config.ourself?.secondPassword
    this.#repeater = new Repeater(link, this)
  }

  /** The authenticator speaks first. */
  start(): void {}

  stop(): void {
    this.#waiting = false
    this.#repeater.stop()
  }

  send(): void {
    if (!this.#last) return
    const { id, value } = this.#last
    send(this.#link, { type: 'response', id, value, name: fromAscii(this.#user) })
  }

  giveUp(tries: number): void {
    const detail = `No verdict on ${tries} CHAP Responses.`
    this.#link.end({ reason: 'timeout', layer: 'auth', detail, tries })
  }

  view(): ExchangeView {
    const { counters, timers } = this.#repeater.view()
    return { counters: { ...counters, id: this.#last?.id ?? 0 }, timers }
  }

  receive(packet: Chap.Chap): void {
    if (packet.type === 'challenge') this.#challenged(packet)
    else if ('message' in packet) this.#judged(packet)
  }

  #challenged(packet: Chap.WithValue): void {
    const { id, value } = packet
    if (this.#method !== 'chap-md5' && value.length !== CHALLENGE_LENGTH[this.#method]) {
      const detail = `a challenge of ${value.length} octets, which ${this.#method} does not have`
      this.#link.discard('malformed', 'auth', detail, 'bad-length')
      return
    }
    // The same Challenge again: the same Response, or the verdict on the first would not fit (RFC 2759 §8.8).
    const repeated = this.#last && this.#last.id === id && equal(this.#last.challenge, value)
    if (!repeated) this.#last = new Pending(id, value, this.#answer(id, value))
    this.#respond()
  }

  #respond(): void {
    this.#waiting = true
    this.#repeater.start()
  }

  /** The value of the Response. */
  #answer(id: number, challenge: Uint8Array): Uint8Array {
    switch (this.#method) {
      case 'chap-md5':
        return md5Response(id, this.#password, challenge)
      case 'ms-chap': {
        const ntResponse = challengeResponse(challenge, ntPasswordHash(this.#password))
        return Chap.writeMsChapResponse({ ntResponse, useNtResponse: true })
      }
      case 'ms-chap-v2': {
        const peerChallenge = this.#link.random('peer-challenge').bytes(CHALLENGE_LENGTH['ms-chap-v2'])
        const ntResponse = generateNtResponse(challenge, peerChallenge, this.#user, this.#password)
        return Chap.writeMsChapV2Response({ peerChallenge, ntResponse })
      }
    }
  }

  #judged(packet: Chap.WithMessage): void {
    const last = this.#last
    if (!this.#waiting || !last || packet.id !== last.id) {
      this.#link.discard('ppp-unexpected', 'auth', `${packet.type} ${packet.id} answers no open Response`)
      return
    }
    this.stop()
    if (packet.type === 'failure') this.#denied(packet.message, last)
    else this.#granted(packet.message, last)
  }

  #granted(message: Uint8Array, { challenge, value }: Pending): void {
    const ms = this.#method === 'ms-chap-v2' ? Chap.readMsChapV2Response(value) : undefined
    if (this.#method === 'ms-chap') this.#owner.ownProved(msChapKeys(challenge, this.#password))
    else if (ms === undefined) this.#owner.ownProved(undefined)
    else if (this.#isProof(message, challenge, ms)) {
      this.#owner.ownProved(msChapV2Keys(this.#password, ms.ntResponse, false))
    } else this.#fail('The peer says Success but does not prove that it knows the password.')
  }

  /** RFC 2759 §8.8 */
  #isProof(message: Uint8Array, challenge: Uint8Array, ms: Chap.MsChapV2Response): boolean {
    const digest = Chap.readMsChapV2Success(message)
    if (!digest) return false
    const received = `S=${hex(digest).toUpperCase()}`
    const { ntResponse, peerChallenge } = ms
    return checkAuthenticatorResponse(this.#password, ntResponse, peerChallenge, challenge, this.#user, received)
  }

  #denied(message: Uint8Array, last: Pending): void {
    const failure = this.#method === 'chap-md5' ? undefined : Chap.readMsChapFailure(message)
    if (failure?.retry && this.#secondPassword !== undefined) this.#retry(failure, last)
    else this.#fail(this.#reason(message, failure))
  }

  /** RFC 2433 §7, RFC 2759 §6: the next Response has the next identifier and answers the challenge of the Failure. */
  #retry({ challenge }: Chap.MsChapFailure, last: Pending): void {
    this.#password = this.#secondPassword ?? ''
    this.#secondPassword = undefined
    const fits = challenge?.length === CHALLENGE_LENGTH[this.#method]
    const id = (last.id + 1) & 255
    const next = fits ? challenge : plus23(last.challenge)
    this.#last = new Pending(id, next, this.#answer(id, next))
    this.#respond()
  }

  #reason(message: Uint8Array, failure: Chap.MsChapFailure | undefined): string {
    if (!failure) {
      const words = Chap.show({ type: 'failure', id: 0, message })
      return `The peer does not accept user "${this.#user}" with this password: ${words}.`
    }
    const known = AUTH_ERRORS[failure.error as AuthError]
    const words = `error ${failure.error} ${failure.message}`.trimEnd()
    if (failure.error === 691 || known === undefined) {
      return `The peer does not accept user "${this.#user}" with this password: ${words}.`
    }
    const more = failure.message === known ? '' : ` ${known}`
    return `The peer refuses user "${this.#user}": ${words.replace(/\.$/, '')}.${more}`
  }

  #fail(detail: string): void {
    this.#link.end({ reason: 'auth-failed', layer: 'auth', detail, tries: 0 })
  }
}

/** RFC 2433 §7: a Failure without a challenge stands for the last one with 23 added to its first octet. */
function plus23(challenge: Uint8Array): Uint8Array {
  const next = challenge.slice()
  next[0] += 23
  return next
}
