/**
 * The authentication phase: RFC 1661 §3.5. LCP has agreed who proves itself to whom and how; each direction is one
 * exchange, the two run side by side, and the phase is over when both have succeeded.
 *
 * Limits: when both ends authenticate by MS-CHAPv2 the keys are those of the exchange that ended last, as with pppd.
 */
import type { Env } from '../base/env.ts'
import { Machine, type MachineOwner, table } from '../base/table.ts'
import { type MachineView, view } from '../base/view.ts'
import * as Chap from '../wire/chap.ts'
import * as Pap from '../wire/pap.ts'
import * as Ppp from '../wire/ppp.ts'
import type { ExchangeOwner } from './auth.ts'
import { isChap } from './chap.ts'
import { ChapAuthenticator } from './chap-authenticator.ts'
import { ChapProver } from './chap-prover.ts'
import type { PppEnd } from './config.ts'
import type { MppeKeys } from './keys.ts'
import { type Link, report } from './link.ts'
import { PapAuthenticator, PapProver } from './pap.ts'

export type AuthState = 'idle' | 'authenticating' | 'authenticated' | 'failed'
type AuthEvent = 'start' | 'success' | 'failure' | 'down'

const AUTH = table<AuthState, AuthEvent, never>({
  start: { idle: 'authenticating' },
  success: { authenticating: 'authenticated' },
  failure: { authenticating: 'failed' },
  down: { authenticating: 'idle', authenticated: 'idle' },
})

export interface AuthHooks {
  /** Every exchange has succeeded, or none was agreed. */
  authenticated(keys: MppeKeys | undefined): void
  /** A later Challenge, in the network phase, has succeeded once more (RFC 1994 §2). */
  authenticatedAgain(keys: MppeKeys | undefined): void
}

export class AuthPhase implements MachineOwner<never>, ExchangeOwner {
  /** Who the peer proved to be. */
  user: string | undefined
  readonly #link: Link
  readonly #hooks: AuthHooks
  readonly #machine: Machine<AuthState, AuthEvent, never>
  /** The exchange in which the peer proves itself, and that in which we do. */
  #asking: PapAuthenticator | ChapAuthenticator | undefined
  #proving: PapProver | ChapProver | undefined
  /** Exchanges that have not succeeded yet. */
  #unproved = 0
  #keys: MppeKeys | undefined

  constructor(link: Link, hooks: AuthHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#machine = new Machine(this, AUTH, 'idle')
  }

  get env(): Env {
    return this.#link.env
  }
  get machineName(): string {
    return `${this.#link.config.machine}.auth`
  }
  /** Its table has states only. */
  act(): void {}

  get state(): AuthState {
    return this.#machine.state
  }
  /** The peer was refused and may still try something else: why the link ends if it goes instead. */
  get refused(): PppEnd | undefined {
    return this.#asking instanceof ChapAuthenticator ? this.#asking.refused : undefined
  }

  /** How the peer proves itself, and how we do. */
  view(methods: { readonly peer: string | undefined; readonly own: string | undefined }): MachineView {
    const facts: Record<string, string> = {}
    if (methods.peer !== undefined) facts.peer = methods.peer
    if (methods.own !== undefined) facts.own = methods.own
    if (this.user !== undefined) facts.user = this.user
    const asking = this.#asking?.view()
    const proving = this.#proving?.view()
    return view(this.state, {
      counters: {
        unproved: this.#unproved,
        ...named('peer', asking?.counters ?? {}),
        ...named('own', proving?.counters ?? {}),
      },
      facts,
      timers: { ...named('peer', asking?.timers ?? {}), ...named('own', proving?.timers ?? {}) },
      history: this.#machine.history,
    })
  }

  /** LCP is open: `peerMethod` is how the peer is to prove itself, `ownMethod` how we are. */
  start(peerMethod: string | undefined, ownMethod: string | undefined): void {
    const link = this.#link
    this.#asking = isChap(peerMethod)
      ? new ChapAuthenticator(link, peerMethod, this)
      : peerMethod === 'pap'
        ? new PapAuthenticator(link, this)
        : undefined
    this.#proving = isChap(ownMethod)
      ? new ChapProver(link, ownMethod, this)
      : ownMethod === 'pap'
        ? new PapProver(link, this)
        : undefined
    const exchanges = this.#exchanges()
    this.#unproved = exchanges.length
    if (this.#unproved === 0) {
      this.#hooks.authenticated(undefined)
      return
    }
    this.#machine.fire('start')
    for (const exchange of exchanges) exchange.start()
  }

  /** LCP is no longer open. */
  stop(): void {
    for (const exchange of this.#exchanges()) exchange.stop()
    this.#asking = undefined
    this.#proving = undefined
    this.#keys = undefined
    this.#machine.fire('down')
  }

  /** The link ends because of authentication. */
  fail(): void {
    this.#machine.fire('failure')
  }

  #exchanges(): readonly { start(): void; stop(): void }[] {
    // PAP goes first, where the other is CHAP: it needs no Challenge.
    const papFirst = this.#proving instanceof PapProver && this.#asking instanceof ChapAuthenticator
    const both = papFirst ? [this.#proving, this.#asking] : [this.#asking, this.#proving]
    return both.filter(exchange => exchange !== undefined)
  }

  peerProved(user: string, keys: MppeKeys | undefined): void {
    this.user = user
    this.ownProved(keys)
  }

  ownProved(keys: MppeKeys | undefined): void {
    if (this.#unproved === 0) {
      this.#hooks.authenticatedAgain(keys)
      return
    }
    if (keys) this.#keys = keys
    if (--this.#unproved > 0) return
    this.#machine.fire('success')
    const all = this.#keys
    this.#keys = undefined
    this.#hooks.authenticated(all)
  }

  receivePap(bytes: Uint8Array): void {
    const parsed = Pap.parse(bytes)
    if (!parsed.ok) {
      this.#link.discard('malformed', 'auth', `octet ${parsed.offset} of a PAP packet`, parsed.reason)
      return
    }
    const packet = parsed.value
    if (this.#link.env.trace.on) report(this.#link, 'received', Ppp.PAP, packet, Pap.show(packet))
    if (packet.type === 'authenticate-request' && this.#asking instanceof PapAuthenticator) this.#asking.receive(packet)
    else if (packet.type !== 'authenticate-request' && this.#proving instanceof PapProver) this.#proving.receive(packet)
    else this.#notAgreed(packet.type)
  }

  receiveChap(bytes: Uint8Array): void {
    const parsed = Chap.parse(bytes)
    if (!parsed.ok) {
      this.#link.discard('malformed', 'auth', `octet ${parsed.offset} of a CHAP packet`, parsed.reason)
      return
    }
    const packet = parsed.value
    if (this.#link.env.trace.on) report(this.#link, 'received', Ppp.CHAP, packet, Chap.show(packet))
    const authenticator = this.#asking instanceof ChapAuthenticator ? this.#asking : undefined
    const prover = this.#proving instanceof ChapProver ? this.#proving : undefined
    if (packet.type === 'response' || packet.type === 'change-password') {
      if (authenticator) authenticator.receive(packet)
      else this.#notAgreed(packet.type)
    } else if (!prover) this.#notAgreed(packet.type)
    else if (packet.type === 'challenge' && authenticator?.isOwn(packet.value)) {
      // RFC 1994, Security Considerations: a peer without the secret would let us compute its Response.
      this.#link.discard('ppp-looped', 'auth', 'our own Challenge came back')
    } else prover.receive(packet)
  }

  #notAgreed(type: string): void {
    this.#link.discard('ppp-unexpected', 'auth', `${type}, but LCP did not agree to this authentication`)
  }
}

/** `restart` of the exchange in which the peer proves itself is `peerRestart`. */
const named = (who: 'peer' | 'own', values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${who}${name[0].toUpperCase()}${name.slice(1)}`, value]),
  )
