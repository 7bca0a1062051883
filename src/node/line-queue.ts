/**
 * Frames on their way from a fast tunnel, or from PPP that ends here, to a slow telephone line. The line is given one at a
 * time; the others wait here, and a PNS that pays no heed to the window that it was told (RFC 2637 §4.2) loses what is too much.
 *
 * There is room for two windows: a PNS whose acknowledgment does not come in time takes all that is under way for gone
 * and sends up to a window more (§4.2.2, §4.4.2), though nothing was lost and the line was only slow.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Timer } from '../base/scheduler.ts'
import type { LineEnd } from '../link/serial.ts'
import type { Modem } from './modem.ts'

interface Waiting {
  readonly frame: Packet
  /** It, and those that were dropped behind it. */
  taken: number
}

export class LineQueue {
  readonly #env: Env
  readonly #line: LineEnd
  readonly #modem: Modem
  readonly #most: number
  readonly #taken: () => void
  readonly #waiting: Waiting[] = []
  /** The one that is on the line. */
  #current: Waiting | undefined
  readonly #timer: Timer
  dropped = 0

  /** `window`: frames that the PNS was told. `taken`: said for each frame, in their order, when the line has it or it is dropped. */
  constructor(env: Env, line: LineEnd, modem: Modem, window: number, taken: () => void) {
    this.#env = env
    this.#line = line
    this.#modem = modem
    this.#most = 2 * window
    this.#taken = taken
    this.#timer = env.clock.timer(`${line.name} queue`, () => this.#next())
  }

  get length(): number {
    return this.#waiting.length + (this.#current ? 1 : 0)
  }

  /** Takes the ownership. */
  put(frame: Packet): void {
    if (this.length >= this.#most) return this.#drop(frame)
    this.#waiting.push({ frame, taken: 1 })
    if (!this.#current) this.#next()
  }

  /** The call is over. */
  clear(): void {
    this.#timer.cancel()
    this.#current = undefined
    for (const { frame } of this.#waiting.splice(0)) {
      const detail = `the call on ${this.#line.name} ended before its turn`
      this.#env.trace.drop({ reason: 'line-idle', layer: 'line', packet: frame.id, parent: frame.parent, detail })
      frame.release()
    }
  }

  #next(): void {
    const before = this.#current
    this.#current = this.#waiting.shift()
    if (this.#current) {
      this.#modem.send(this.#current.frame)
      this.#timer.arm(Math.max(0, this.#line.busyUntil - this.#env.clock.now))
    }
    for (let i = 0; i < (before?.taken ?? 0); i++) this.#taken()
  }

  #drop(frame: Packet): void {
    this.dropped++
    const last = this.#waiting[this.#waiting.length - 1] ?? this.#current
    if (last) last.taken++
    const detail = `${this.length} frames wait for ${this.#line.name}`
    this.#env.trace.drop({ reason: 'queue-full', layer: 'line', packet: frame.id, parent: frame.parent, detail })
    frame.release()
  }
}
