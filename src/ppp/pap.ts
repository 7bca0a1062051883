/**
 * The Password Authentication Protocol: RFC 1334 §2. The password crosses the line as it is.
 *
 * The request is repeated, each time with a new identifier (§2.2.1), Max-Configure times. An authenticator repeats its
 * verdict when the request is repeated (§2.2.1), and waits as long as the peer may repeat; both as pppd.
 *
 * Limits: names and passwords of one octet a character, at most 255 of them.
 */
import { fromAscii } from '../base/bytes.ts'
import * as Pap from '../wire/pap.ts'
import * as Ppp from '../wire/ppp.ts'
import { quote } from '../wire/ppp-options.ts'
import { type Exchange, type ExchangeOwner, text } from './auth.ts'
import { AUTH_ERRORS, type Judge, localJudge, refusal, type Verdict } from './judge.ts'
import { type ExchangeView, type Link, Repeater, type RepeaterUser, report } from './link.ts'

function send(link: Link, packet: Pap.Pap): void {
  if (link.env.trace.on) report(link, 'sent', Ppp.PAP, packet, Pap.show(packet))
  link.transmit(Ppp.PAP, Pap.write(packet))
}

/** We prove who we are. */
export class PapProver implements Exchange<Pap.AuthenticateReply>, RepeaterUser {
  readonly repeats = 'pap request'
  readonly #link: Link
  readonly #owner: ExchangeOwner
  readonly #repeater: Repeater
  #id = 0
  #open = false

  constructor(link: Link, owner: ExchangeOwner) {
    this.#link = link
    this.#owner = owner
    this.#repeater = new Repeater(link, this)
  }

  start(): void {
    this.#open = true
    this.#repeater.start()
  }
  stop(): void {
    this.#open = false
    this.#repeater.stop()
  }

  send(): void {
    const { user = '', password = '' } = this.#link.config.ourself ?? {}
    this.#id = (this.#id + 1) & 255
    send(this.#link, {
      type: 'authenticate-request',
      id: this.#id,
      peerId: fromAscii(user),
      password: fromAscii(password),
    })
  }

  giveUp(tries: number): void {
    const detail = `No answer to ${tries} PAP Authenticate-Requests.`
    this.#link.end({ reason: 'timeout', layer: 'auth', detail, tries })
  }

  view(): ExchangeView {
    const { counters, timers } = this.#repeater.view()
    return { counters: { ...counters, id: this.#id }, timers }
  }

  receive(packet: Pap.AuthenticateReply): void {
    if (!this.#open || packet.id !== this.#id) {
      this.#link.discard('ppp-unexpected', 'auth', `${packet.type} ${packet.id} answers no open request`)
      return
    }
    this.stop()
    if (packet.type === 'authenticate-ack') {
      this.#owner.ownProved(undefined)
      return
    }
    const user = this.#link.config.ourself?.user ?? ''
    const detail = `The peer does not accept user "${user}" with this password: ${quote(packet.message)}.`
    this.#link.end({ reason: 'auth-failed', layer: 'auth', detail, tries: 0 })
  }
}

/** The peer proves who it is. */
export class PapAuthenticator implements Exchange<Pap.AuthenticateRequest>, RepeaterUser {
  readonly repeats = 'pap patience'
  readonly #link: Link
  readonly #owner: ExchangeOwner
  readonly #patience: Repeater
  readonly #judge: Judge
  /** Of the last request. */
  #id = 0
  #judging = false
  #stopped = false
  #verdict: Pap.AuthenticateReply | undefined

  constructor(link: Link, owner: ExchangeOwner) {
    this.#link = link
    this.#owner = owner
    const { authenticatePeer } = link.config
    this.#judge = authenticatePeer?.judge ?? localJudge(authenticatePeer ?? { secretOf: () => undefined })
    this.#patience = new Repeater(link, this)
  }

  start(): void {
    this.#patience.start()
  }
  stop(): void {
    this.#stopped = true
    this.#patience.stop()
  }

  /** Nothing is repeated: it is the peer who sends. */
  send(): void {}

  giveUp(tries: number): void {
    const detail = `No PAP Authenticate-Request came within ${tries} restart periods.`
    this.#link.end({ reason: 'timeout', layer: 'auth', detail, tries })
  }

  view(): ExchangeView {
    return this.#patience.view()
  }

  receive(packet: Pap.AuthenticateRequest): void {
    this.#id = packet.id
    if (this.#verdict) send(this.#link, { ...this.#verdict, id: packet.id })
    // A request that is repeated while the first is judged has the same answer.
    if (this.#verdict || this.#judging) return
    this.#patience.stop()
    this.#judging = true
    const user = text(packet.peerId)
    this.#judge({ method: 'pap', user, password: packet.password.slice() }, verdict => {
      if (!this.#stopped && !this.#verdict) this.#decide(user, verdict)
    })
  }

  #decide(user: string, verdict: Verdict): void {
    const usual = verdict.granted || verdict.error === 691 ? undefined : AUTH_ERRORS[verdict.error]
    const message = verdict.message ?? usual ?? (verdict.granted ? 'Login ok' : 'Login incorrect')
    const type = verdict.granted ? 'authenticate-ack' : 'authenticate-nak'
    this.#verdict = { type, id: this.#id, message: fromAscii(message).subarray(0, 255) }
    send(this.#link, this.#verdict)
    if (verdict.granted) this.#owner.peerProved(user, verdict.keys)
    else this.#link.end(refusal(user, verdict))
  }
}
