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

/** The session as its protocols see it. */
export interface Link {
  readonly env: Env
  readonly config: PppConfig
  /** Streams of the whole session, so that a second authentication does not draw the same challenges again. */
  readonly random: { readonly challenge: Random; readonly chapId: Random; readonly peerChallenge: Random }
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

/** Sends at once and then once a restart period, Max-Configure times in all; then tells how often it was. */
export class Repeater {
  readonly #timer: Timer
  readonly #link: Link
  readonly #send: () => void
  #tries = 0

  constructor(link: Link, what: string, send: () => void, giveUp: (tries: number) => void) {
    this.#link = link
    this.#send = send
    this.#timer = link.env.clock.timer(`${link.env.node} ${link.config.machine} ${what}`, () => {
      if (this.#tries < link.config.timers.maxConfigure) this.#again()
      else giveUp(this.#tries)
    })
  }

  start(): void {
    this.#tries = 0
    this.#again()
  }

  #again(): void {
    this.#tries++
    this.#timer.arm(this.#link.config.timers.restart)
    this.#send()
  }

  stop(): void {
    this.#timer.cancel()
  }

  view(): ExchangeView {
    return { counters: { tries: this.#tries }, timers: running({ restart: this.#timer }) }
  }
}
