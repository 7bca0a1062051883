/**
 * Frames on their way from a fast tunnel to a slow telephone line. The line is given one at a time; the others wait
 * here, as many as the window that the PNS was told (RFC 2637 §4.2: "the maximum number of packets that can be
 * buffered"), and a PNS that pays no heed to it loses what is too much.
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

  /** `taken`: said for each frame, in their order, when the line has it or it is dropped. */
  constructor(env: Env, line: LineEnd, modem: Modem, most: number, taken: () => void) {
    this.#env = env
    this.#line = line
    this.#modem = modem
    this.#most = most
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
      this.#env.trace.drop({ reason: 'line-idle', layer: 'line', packet: frame.id, detail })
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
    this.#env.trace.drop({ reason: 'queue-full', layer: 'line', packet: frame.id, detail })
    frame.release()
  }
}
