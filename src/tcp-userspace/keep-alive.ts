/** Keep-alive (RFC 1122 §4.2.3.6, RFC 9293 §3.8.4): asks a peer that has long been silent whether it is still there. */
import type { KeepAliveOptions, TcpEnv, TcpTimer } from './types.ts'

const SECOND = 1_000_000_000
/** RFC 1122: no less than two hours unless the user says so; the rest as Linux has it. */
export const KEEP_ALIVE: Required<KeepAliveOptions> = { idle: 7200 * SECOND, interval: 75 * SECOND, probes: 9 }

export class KeepAlive {
  readonly #env: TcpEnv
  readonly #options: Required<KeepAliveOptions>
  readonly #timer: TcpTimer
  #heardAt: number
  #probes = 0

  /** `ask` sends a probe, unless another timer is asking already: then it answers false. */
  constructor(env: TcpEnv, options: Required<KeepAliveOptions>, ask: () => boolean, giveUp: () => void) {
    this.#env = env
    this.#options = options
    this.#heardAt = env.now()
    this.#timer = env.timer('tcp-keep-alive', () => this.#due(ask, giveUp), undefined)
    this.#timer.arm(options.idle)
  }

  /** The timer is left to run out: it looks then how long ago this was. */
  heard(now: number): void {
    this.#heardAt = now
    if (this.#probes === 0) return
    this.#probes = 0
    this.#timer.arm(this.#options.idle)
  }

  stop(): void {
    this.#timer.cancel()
  }

  #due(ask: () => boolean, giveUp: () => void): void {
    const { idle, interval, probes } = this.#options
    const quiet = this.#env.now() - this.#heardAt
    if (quiet < idle) this.#timer.arm(idle - quiet)
    else if (this.#probes >= probes) giveUp()
    else if (ask()) {
      this.#probes++
      this.#timer.arm(interval)
    } else this.#timer.arm(idle)
  }
}
