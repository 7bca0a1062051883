/**
 * The timers of a connection. What they wait for excludes each other, but for the delayed acknowledgment: so there are two
 * timers, of which the second is made when it is first needed.
 */
import type { Sender } from './sender.ts'
import type { TcpEnv, TcpTimer } from './types.ts'

/**
 * `syn`: an answer to our SYN. `retransmit`: an acknowledgment (RFC 6298 §5). `persist`: the window to open (RFC 9293
 * §3.8.6.1). `fin-wait-2`: the peer's FIN, when the user has left. `time-wait`: the end.
 */
export type Waiting = 'nothing' | 'syn' | 'retransmit' | 'persist' | 'fin-wait-2' | 'time-wait'

export class Timers {
  /** What the timer is running for. */
  waiting: Waiting = 'nothing'
  /** Times that the segment in front was sent again, or probes that nobody answered. */
  tries = 0
  /** Probes of this window; their intervals grow even while they are answered. */
  probes = 0
  /** What runs out next is not the timeout but the time for a loss probe (RFC 8985 §7). */
  probeNext = false
  delayedAck: TcpTimer | undefined = undefined
  /** How long the user waits for an answer; otherwise the tries are counted. */
  userTimeout: number | undefined
  /** When the segment in front was sent for the first time, if the user asks for that. */
  #stuckSince = Number.NaN
  readonly #env: TcpEnv
  readonly #timer: TcpTimer

  constructor(env: TcpEnv, timeout: () => void, userTimeout: number | undefined) {
    this.#env = env
    this.#timer = env.timer('tcp', timeout)
    this.userTimeout = userTimeout
  }

  /** When the timer runs out, if it runs. */
  get due(): number | undefined {
    return this.#timer.pending ? this.#timer.due : undefined
  }

  /** Waits for what is in flight, or for the window to open, or for nothing; true if the timer is to be armed. */
  set(sender: Sender): boolean {
    const { waiting } = this
    if (waiting === 'syn' || waiting === 'time-wait' || waiting === 'fin-wait-2') return false
    if (sender.done) {
      if (waiting !== 'nothing') this.rest() // RFC 6298 (5.2)
      return false
    }
    const next = sender.inFlight && sender.wnd > 0 ? 'retransmit' : 'persist'
    if (waiting === next) return false
    this.wait(next)
    return true // RFC 6298 (5.1)
  }

  /** Not beyond the moment at which the user's patience ends. */
  arm(delay: number): void {
    if (this.userTimeout === undefined) this.#timer.arm(delay)
    else {
      const now = this.#env.now()
      if (this.tries === 0 || Number.isNaN(this.#stuckSince)) this.#stuckSince = now
      this.#timer.arm(Math.min(delay, Math.max(0, this.#stuckSince + this.userTimeout - now)))
    }
  }

  /** No answer after `limit` tries, or when the user's patience is at its end. */
  hopeless(limit: number): boolean {
    if (this.userTimeout === undefined) return this.tries >= limit
    return this.#env.now() - this.#stuckSince >= this.userTimeout
  }

  waitFor(what: 'fin-wait-2' | 'time-wait', delay: number): void {
    this.wait(what)
    this.#timer.arm(delay)
  }

  /** Starts to wait for something else; `arm` follows. */
  wait(what: Waiting): void {
    this.probeNext = false
    this.waiting = what
    this.tries = 0
    this.probes = 0
  }

  rest(): void {
    this.waiting = 'nothing'
    this.#timer.cancel()
  }

  /** The connection has ended; what it waited for last can still be asked. */
  stop(): void {
    this.#timer.cancel()
    this.delayedAck?.cancel()
  }
}
