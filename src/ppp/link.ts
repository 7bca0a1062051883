/** What the protocols of one PPP link share, and how they say what they do. */
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { Malformed } from '../base/result.ts'
import type { Timer } from '../base/scheduler.ts'
import type { Way } from '../base/trace.ts'
import { type MachineView, running } from '../base/view.ts'
import * as Ppp from '../wire/ppp.ts'
import type { PppConfig, PppEnd } from './config.ts'

/** What a session draws random numbers for. */
export type Purpose = 'challenge' | 'chap-id' | 'peer-challenge' | 'magic'

/** The session as its protocols see it. */
export interface Link {
  readonly env: Env
  readonly config: PppConfig
  /** A stream of the whole session, so that what comes later in it does not draw the same numbers again. */
  random(purpose: Purpose): Random
  /** The longest information field that the peer receives. */
  peerMru(): number
  /** Sends a control packet. */
  transmit(protocol: number, packet: Uint8Array): void
  /** Reports that the packet just received is of no use. */
  discard(reason: DropReason, layer: string, detail: string, why?: Malformed): void
  /** Reports a packet as dropped and releases it. */
  drop(packet: Packet, reason: DropReason, layer: string, detail: string, why?: Malformed): void
  /** Answers a packet, without its protocol number, with Protocol-Reject (RFC 1661 §5.7), and releases it. */
  rejectProtocol(packet: Packet, protocol: number): void
  /** Ends the link; the first reason stands. */
  end(end: PppEnd): void
  /** Says why the link is about to end where the automaton of LCP sees to it. */
  ending(end: PppEnd): void
  /** Is there a reason to end already? */
  isEnding(): boolean
}

/** Reports a control packet. Ask `trace.on` first: the detail is made for nobody else. */
export function report(
  link: Link,
  way: Way,
  protocol: number,
  packet: { readonly type: string; readonly id: number },
  detail: string,
): void {
  link.env.trace.emit('ppp-message', {
    way,
    proto: Ppp.protocolName(protocol),
    type: packet.type,
    iface: link.config.iface,
    id: packet.id,
    detail,
  })
}

/** What an exchange adds to the view of authentication. */
export type ExchangeView = Pick<MachineView, 'counters' | 'timers'>

/** Whom a Repeater works for. */
export interface RepeaterUser {
  /** `chap response`: what is repeated, for the trace. */
  readonly repeats: string
  send(): void
  /** Nothing has come of so many. */
  giveUp(tries: number): void
}

/** Sends at once and then once a restart period, Max-Configure times in all; then tells how often it was. */
export class Repeater {
  readonly #link: Link
  readonly #user: RepeaterUser
  /** While it runs. */
  #timer: Timer | undefined
  #tries = 0

  constructor(link: Link, user: RepeaterUser) {
    this.#link = link
    this.#user = user
  }

  start(): void {
    this.#tries = 0
    this.#again()
  }

  #again(): void {
    this.#tries++
    const { env, config } = this.#link
    this.#timer ??= env.clock.timer(`${env.node} ${config.machine} ${this.#user.repeats}`, Repeater.#due, this)
    this.#timer.arm(config.timers.restart)
    this.#user.send()
  }

  static #due(repeater: Repeater): void {
    if (repeater.#tries < repeater.#link.config.timers.maxConfigure) repeater.#again()
    else repeater.#user.giveUp(repeater.#tries)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  view(): ExchangeView {
    return { counters: { tries: this.#tries }, timers: running({ restart: this.#timer }) }
  }
}
