/** LCP Echo-Requests while the link is open: RFC 1661 §5.8. The link ends after so many without an answer. */
import type { Timer } from '../base/scheduler.ts'
import { running } from '../base/view.ts'
import type { PppConfig } from './config.ts'
import type { ControlProtocol } from './control-protocol.ts'
import type { ExchangeView, Link } from './link.ts'

/** What it needs of LCP. */
export interface Echoing {
  readonly protocol: ControlProtocol
  readonly ownMagic: number
}

export const NOT_ASKED: ExchangeView = { counters: { echoesUnanswered: 0 }, timers: {} }

export class KeepAlive {
  readonly #link: Link
  #timer: Timer | undefined
  readonly #lcp: Echoing
  readonly #echo: NonNullable<PppConfig['echo']>
  #id = 0
  /** Echo-Requests without answer. */
  #unanswered = 0

  constructor(link: Link, lcp: Echoing, echo: NonNullable<PppConfig['echo']>) {
    this.#link = link
    this.#echo = echo
    this.#lcp = lcp
  }

  start(): void {
    this.#unanswered = 0
    this.#send()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  view(): ExchangeView {
    return { counters: { echoesUnanswered: this.#unanswered }, timers: running({ echo: this.#timer }) }
  }

  answered(): void {
    this.#unanswered = 0
  }

  static #due(keepAlive: KeepAlive): void {
    keepAlive.#send()
  }

  #send(): void {
    const { machine } = this.#link.config
    const echo = this.#echo
    const { clock, node } = this.#link.env
    if (this.#unanswered >= echo.failures) {
      const detail = `No answer to ${this.#unanswered} Echo-Requests.`
      this.#link.end({ reason: 'echo-timeout', layer: 'lcp', detail, tries: this.#unanswered })
      return
    }
    this.#unanswered++
    this.#timer ??= clock.timer(`${node} ${machine} echo`, KeepAlive.#due, this)
    this.#timer.arm(echo.interval)
    const { protocol, ownMagic: magic } = this.#lcp
    protocol.send({ type: 'echo-request', id: this.#id, magic, data: new Uint8Array(0) })
    this.#id = (this.#id + 1) & 255
  }
}
