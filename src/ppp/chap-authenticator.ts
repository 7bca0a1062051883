/**
 * CHAP, the side that asks who the peer is: RFC 1994 §2 and §4, RFC 2433 §4 to §9, RFC 2759 §3 to §7.
 *
 *     challenged ──Response──▶ judging ──Success──▶ done
 *                                 │ ◀──Response── retry (R=1, for 60 s)
 *                                 └──Failure──▶ retry, expired (E=648, for 60 s), or the end of the link
 *
 * It repeats its Challenge, each time with a new identifier and a new value (RFC 1994 §4.1; Linux repeats the same one),
 * and answers a repeated Response with the verdict it gave (§4.2), so that a lost packet of either kind does no harm.
 *
 * After a Failure that allows a retry the Response comes with the next identifier, as Windows has it, or with the same
 * one and another value; it answers the challenge that the Failure carried.
 *
 * Limits: a password is not changed: Change-Password is answered with error 709. A name is one octet a character. No
 * later Challenge is sent.
 */
import { equal, fromAscii, hex } from '../base/bytes.ts'
import type { Timer } from '../base/scheduler.ts'
import { sec } from '../base/time.ts'
import { running } from '../base/view.ts'
import type * as Chap from '../wire/chap.ts'
import { type Exchange, type ExchangeOwner, text } from './auth.ts'
import { CHALLENGE_LENGTH, type ChapMethod, send } from './chap.ts'
import type { PppEnd } from './config.ts'
import { AUTH_ERRORS, type Denied, type Granted, type Judge, localJudge, refusal, type Verdict } from './judge.ts'
import { type ExchangeView, type Link, Repeater, type RepeaterUser } from './link.ts'

/** With R=1 "short timeouts are disabled" (RFC 2433 §7): a person types a password. */
const PATIENCE = sec(60)

/** The verdict, to be said again to a peer that repeats its Response. */
interface Told {
  readonly type: 'success' | 'failure'
  readonly id: number
  readonly message: string
}

const NOTHING: Uint8Array = new Uint8Array(0)

type Waiting = 'challenged' | 'judging' | 'retry' | 'expired' | 'done'

export class ChapAuthenticator implements Exchange<Chap.WithValue | Chap.ChangePassword>, RepeaterUser {
  readonly repeats = 'chap challenge'
  /** The peer was refused, and the link is open only so that it may try something else. */
  refused: PppEnd | undefined
  readonly #link: Link
  readonly #method: ChapMethod
  readonly #owner: ExchangeOwner
  readonly #repeater: Repeater
  /** Of a peer that may still try something else. */
  #patience: Timer | undefined
  readonly #judge: Judge
  #waiting: Waiting = 'done'
  /** Of the Challenge, or of the Response that was judged. */
  #id: number
  #challenge = NOTHING
  /** The Response that was judged, and what it was told. */
  #answered = NOTHING
  #verdict: Told | undefined
  /** How many times more the peer may try. */
  #retries: number
  /** Counts what was given to the judge, so that a verdict on what is over changes nothing. */
  #attempt = 0

  constructor(link: Link, method: ChapMethod, owner: ExchangeOwner) {
    this.#link = link
    this.#method = method
    this.#owner = owner
    const { authenticatePeer } = link.config
    this.#judge = authenticatePeer?.judge ?? localJudge(authenticatePeer ?? NOBODY)
    this.#retries = authenticatePeer?.retries ?? 0
    this.#id = link.random('chap-id').below(256)
    this.#repeater = new Repeater(link, this)
  }

  start(): void {
    this.#waiting = 'challenged'
    this.#repeater.start()
  }

  stop(): void {
    this.#attempt++
    this.#waiting = 'done'
    this.#repeater.stop()
    this.#patience?.cancel()
  }

  /** A peer that sends us our own Challenge, while it is open, wants us to answer it for it. */
  isOwn(challenge: Uint8Array): boolean {
    return this.#challenge.length > 0 && equal(challenge, this.#challenge)
  }

  #newChallenge(): void {
    this.#challenge = this.#link.random('challenge').bytes(CHALLENGE_LENGTH[this.#method])
  }

  send(): void {
    this.#id = (this.#id + 1) & 255
    this.#newChallenge()
    const name = fromAscii(this.#link.config.authenticatePeer?.name ?? '')
    send(this.#link, { type: 'challenge', id: this.#id, value: this.#challenge, name })
  }

  giveUp(tries: number): void {
    const detail = `No answer to ${tries} CHAP Challenges.`
    this.#link.end({ reason: 'timeout', layer: 'auth', detail, tries })
  }

  view(): ExchangeView {
    const { counters, timers } = this.#repeater.view()
    return {
      counters: { ...counters, id: this.#id, retries: this.#retries },
      timers: { ...timers, ...running({ patience: this.#patience }) },
    }
  }

  receive(packet: Chap.WithValue | Chap.ChangePassword): void {
    if (packet.type === 'change-password') this.#refuseChange(packet)
    else if (this.#isRepeated(packet)) this.#tell(this.#verdict as Told)
    else if (this.#answersNow(packet.id)) this.#give(packet)
    else this.#link.discard('ppp-unexpected', 'auth', `Response ${packet.id} answers no open Challenge`)
  }

  /** RFC 1994 §4.2: whatever else it says, a Response with the identifier of one that was judged has its verdict. */
  #isRepeated({ id, value }: Chap.WithValue): boolean {
    return id === this.#verdict?.id && (this.#waiting !== 'retry' || equal(value, this.#answered))
  }

  #answersNow(id: number): boolean {
    if (this.#waiting === 'challenged') return id === this.#id
    return this.#waiting === 'retry' && (id === this.#id || id === ((this.#id + 1) & 255))
  }

  #give(packet: Chap.WithValue): void {
    this.#repeater.stop()
    this.#patience?.cancel()
    this.#waiting = 'judging'
    this.#id = packet.id
    this.#answered = packet.value.slice()
    const attempt = ++this.#attempt
    const user = text(packet.name)
    const proof = {
      method: this.#method,
      user,
      id: packet.id,
      challenge: this.#challenge.slice(),
      response: this.#answered,
    }
    this.#judge(proof, verdict => {
      if (attempt === this.#attempt && this.#waiting === 'judging') this.#decide(user, verdict)
    })
  }

  #decide(user: string, verdict: Verdict): void {
    if (verdict.granted) {
      this.#waiting = 'done'
      this.#challenge = NOTHING
      this.#answered = NOTHING
      this.refused = undefined
      this.#answer('success', this.#welcome(verdict))
      this.#owner.peerProved(user, verdict.keys)
    } else this.#deny(user, verdict)
  }

  #answer(type: 'success' | 'failure', message: string): void {
    this.#verdict = { type, id: this.#id, message }
    this.#tell(this.#verdict)
  }

  #tell({ type, id, message }: Told): void {
    send(this.#link, { type, id, message: fromAscii(message) })
  }

  #welcome({ message = 'Access granted', authenticatorResponse }: Granted): string {
    return this.#method === 'ms-chap-v2' ? `${authenticatorResponse ?? ''} M=${message}` : message
  }

  #deny(user: string, verdict: Denied): void {
    const { error, retry = error === 691 } = verdict
    this.refused = refusal(user, verdict)
    const again = retry && this.#method !== 'chap-md5' && this.#retries-- > 0
    if (again) this.#newChallenge()
    this.#answer('failure', this.#denial(verdict, again))
    if (again) this.#wait('retry')
    else if (error === 648 && this.#method !== 'chap-md5') this.#wait('expired')
    else this.#link.end(this.refused)
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting
    const { env, config } = this.#link
    this.#patience ??= env.clock.timer(`${env.node} ${config.machine} chap patience`, () => {
      if (this.refused) this.#link.end(this.refused)
    })
    this.#patience.arm(PATIENCE)
  }

  /** RFC 2433 §7: E, R, C, and a version of 2 at least; RFC 2759 §6: version 3. */
  #denial({ error, message }: Denied, again: boolean): string {
    const words = message ?? (error === 691 ? 'Access denied' : AUTH_ERRORS[error])
    if (this.#method === 'chap-md5') return words
    const version = this.#method === 'ms-chap' ? 2 : 3
    return `E=${error} R=${again ? 1 : 0} C=${hex(this.#challenge)} V=${version} M=${words}`
  }

  /** RFC 2433 §8 and §9, RFC 2759 §7: only after "expired"; nobody here can change a password. */
  #refuseChange(packet: Chap.ChangePassword): void {
    if (this.#waiting !== 'expired' || !this.refused) {
      this.#link.discard('ppp-unexpected', 'auth', 'change-password, but no password was said to have expired')
      return
    }
    this.#patience?.cancel()
    this.#waiting = 'done'
    this.#id = packet.id
    this.#answer('failure', this.#denial({ granted: false, error: 709 }, false))
    this.#link.end({ ...this.refused, detail: `${this.refused.detail} It may not be changed here.` })
  }
}

const NOBODY = { secretOf: () => undefined }
