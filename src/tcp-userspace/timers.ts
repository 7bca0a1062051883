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

/** Whose timers they are. */
export interface TimerOwner {
  timeout(): void
}
const timeout = (whose: TimerOwner): void => whose.timeout()

export class Timers {
  /** What the timer is running for. */
  waiting: Waiting = 'nothing'
  /** Times that the segment in front was sent again, or probes that nobody answered. */
  tries = 0
  /** Probes of this window; their intervals grow even while they are answered. */
  probes = 0
  /** What runs out next, while `waiting` is `retransmit`: one of the timers of RFC 8985 §8, which exclude each other. */
  next: 'timeout' | 'probe' | 'reordering' = 'timeout'
  /** When the timeout is due, whatever comes before it. */
  timeoutAt = Number.NaN
  delayedAck: TcpTimer | undefined = undefined
  /** How long the user waits for the octets in front to be acknowledged; otherwise the tries are counted. */
  userTimeout: number | undefined
  /** When the segment in front was sent for the first time, if the user asks for that. */
  #stuckSince = Number.NaN
  readonly #env: TcpEnv
  readonly #timer: TcpTimer

  constructor(env: TcpEnv, whose: TimerOwner, userTimeout: number | undefined) {
    this.#env = env
    this.#timer = env.timer('tcp', timeout, whose)
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

  /** For the timeout, or for a probe that comes before it. */
  armTimeout(delay: number, now: number, probe = delay): void {
    this.timeoutAt = now + delay
    this.armProbe(probe, now)
  }

  /** For a probe, if that comes before the timeout, which stays where it is. */
  armProbe(delay: number, now: number): void {
    const left = this.timeoutAt - now
    this.next = delay < left ? 'probe' : 'timeout'
    this.arm(Math.min(delay, left))
  }

  /** For what may have been overtaken only; the timeout stays where it is. */
  armReordering(delay: number): void {
    this.next = 'reordering'
    this.arm(delay)
  }

  /** No answer after `limit` tries, or when the user's patience is at its end. */
  hopeless(limit: number): boolean {
    if (this.userTimeout === undefined) return this.tries >= limit
    return this.#env.now() - this.#stuckSince >= this.userTimeout
  }

  /** The octets in front have been acknowledged: whoever waits, waits for others now. */
  progress(): void {
    this.tries = 0
    this.probes = 0
    if (this.userTimeout !== undefined) this.#stuckSince = this.#env.now()
  }

  waitFor(what: 'fin-wait-2' | 'time-wait', delay: number): void {
    this.wait(what)
    this.#timer.arm(delay)
  }

  /** Starts to wait for something else; `arm` follows. */
  wait(what: Waiting): void {
    this.next = 'timeout'
    this.waiting = what
    this.tries = 0
    this.probes = 0
  }

  rest(): void {
    this.waiting = 'nothing'
    this.next = 'timeout'
    this.#timer.cancel()
  }

  /** The connection has ended; what it waited for last can still be asked. */
  stop(): void {
    this.#timer.cancel()
    this.delayedAck?.cancel()
  }
}
