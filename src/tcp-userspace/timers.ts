/**
 * The timers of a connection. What they wait for excludes each other, but for the delayed acknowledgment: so there are two
 * timers, of which the second is made when it is first needed.
 */
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
  delayedAck: TcpTimer | undefined = undefined
  readonly #timer: TcpTimer

  constructor(env: TcpEnv, timeout: () => void) {
    this.#timer = env.timer('tcp', timeout)
  }

  arm(delay: number): void {
    this.#timer.arm(delay)
  }

  /** Starts to wait for something else; `arm` follows. */
  wait(what: Waiting): void {
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
