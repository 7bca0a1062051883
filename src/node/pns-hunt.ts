/**
 * Asks the PNSs of a rule one after the other to take a telephone call: RFC 2637 §3.2.3.1 as far as it needs a PNS.
 *
 *     connecting ─ control connection ─▶ asking ─ Incoming-Call-Reply ─▶ tunnelled
 *         ▲                                │
 *         └── refused, silent, lost ───────┘  none left: the caller is turned away
 */
import type { Ipv4 } from '../base/address.ts'
import type { Timer } from '../base/scheduler.ts'
import { type Duration, formatDuration } from '../base/time.ts'
import { CAUSE, type Cause } from '../link/signal.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { CallEnd, ControlEnd } from '../pptp/types.ts'
import type { ControlPool, Wish } from './control-pool.ts'

/** The line whose call is offered. */
export interface HuntOwner {
  /** A control connection to the next PNS is wanted. */
  connecting(): void
  /** Its PNS is to be asked by it. */
  ask(control: ControlConnection): void
  /** The PNS that was asked is silent: the call that it does not take is to be cleared, and `callEnded` said. */
  withdraw(): void
  /** No PNS is left. */
  turnAway(cause: Cause): void
}

export class PnsHunt implements Wish {
  /** The one that is asked, or was asked last. */
  pns: Ipv4 | undefined
  /** Why the one that was asked before did not take the call. */
  refused = ''
  readonly timer: Timer
  readonly #pool: ControlPool
  readonly #patience: Duration
  readonly #owner: HuntOwner
  /** PNSs that can still be asked. */
  #left: Ipv4[] = []
  /** A control connection is awaited. */
  #waits = false

  /** `patience`: how long a PNS may take to answer before the next one is asked; the timer says when it is over. */
  constructor(pool: ControlPool, patience: Duration, timer: Timer, owner: HuntOwner) {
    this.#pool = pool
    this.#patience = patience
    this.timer = timer
    this.#owner = owner
  }

  /** Another call; `asker` is the PNS that wants it made, if one does. */
  reset(asker?: Ipv4): void {
    this.pns = asker
    this.refused = ''
  }

  begin(to: readonly Ipv4[]): void {
    this.#left = [...to]
    this.#next(CAUSE.outOfOrder)
  }

  /** The call is over, and nobody more is asked. */
  stop(): void {
    this.timer.cancel()
    this.#left = []
    this.#forget()
  }

  #next(cause: Cause): void {
    this.timer.cancel()
    this.pns = this.#left.shift()
    if (this.pns === undefined) return this.#owner.turnAway(cause)
    this.#owner.connecting()
    this.timer.arm(this.#patience)
    this.#waits = true
    this.#pool.want(this.pns, this)
  }

  #forget(): void {
    if (this.#waits && this.pns !== undefined) this.#pool.forget(this.pns, this)
    this.#waits = false
  }

  // What the pool says

  ready(control: ControlConnection): void {
    this.#waits = false
    this.timer.arm(this.#patience)
    this.#owner.ask(control)
  }

  failed({ sentence }: ControlEnd): void {
    this.#waits = false
    this.refused = sentence
    this.#next(CAUSE.outOfOrder)
  }

  // What has come of it

  taken(): void {
    this.timer.cancel()
    if (this.pns !== undefined) this.#pool.succeeded(this.pns)
  }

  /** The call that the PNS was asked to take is over. */
  callEnded({ reason, sentence }: CallEnd): void {
    if (reason !== 'cleared') this.refused = sentence
    // "Do Not Accept" is a word about this caller; everything else is one about the PNS.
    if (reason !== 'refused' && reason !== 'cleared') this.#bad(sentence)
    this.#next(reason === 'refused' ? CAUSE.callRejected : CAUSE.outOfOrder)
  }

  /** The PNS has not answered in time. */
  impatient(): void {
    this.refused = `The PNS did not answer in ${formatDuration(this.#patience)}.`
    this.#bad(this.refused)
    if (!this.#waits) return this.#owner.withdraw()
    this.#forget()
    this.#next(CAUSE.outOfOrder)
  }

  #bad(sentence: string): void {
    const end: ControlEnd = { layer: 'pptp', reason: 'timeout', tries: 1, sentence }
    if (this.pns !== undefined) this.#pool.failed(this.pns, end)
  }
}
