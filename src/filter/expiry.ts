/**
 * When entries end. A queue of moments with one timer of the clock: a packet that lengthens the life of its flow costs
 * nothing here, since the place in the queue is only moved when it comes up.
 */
import type { Env } from '../base/env.ts'
import { EventQueue, type Timer } from '../base/scheduler.ts'
import type { Duration, SimTime } from '../base/time.ts'
import type { Flow } from './flow.ts'

const FEW = 1024

export class Expiry {
  readonly #env: Env
  readonly #queue = new EventQueue<Flow>()
  readonly #timer: Timer
  readonly #leaves: (flow: Flow) => SimTime
  #seq = 0
  /** So many entries are looked through for those that count no more. */
  #most = FEW

  /** `leaves`: when a flow that has outlived its time goes. */
  constructor(env: Env, leaves: (flow: Flow) => SimTime, end: (flow: Flow) => void) {
    this.#env = env
    this.#leaves = leaves
    this.#timer = env.clock.timer('conntrack', () => this.#sweep(end))
  }

  /** Moments that are waited for; for those who look for leaks. */
  get size(): number {
    return this.#queue.size + (this.#timer.pending ? 1 : 0)
  }

  /** The flow lives so long from now on. */
  set(flow: Flow, life: Duration): void {
    const expires = this.#env.clock.now + life
    flow.expires = expires
    if (!flow.confirmed || flow.queuedDue <= expires) return
    flow.queuedDue = expires
    flow.queuedSeq = this.#seq++
    if (this.#queue.size >= this.#most) this.#tidy()
    this.#queue.push(expires, flow.queuedSeq, flow)
    if (!this.#timer.pending || this.#timer.due > expires) this.#timer.arm(life)
  }

  /** An entry of five days stays behind when its connection closes: with twice as many entries as flows they go. */
  #tidy(): void {
    this.#queue.retain((flow, seq) => !flow.gone && flow.queuedSeq === seq)
    this.#most = Math.max(FEW, 2 * this.#queue.size)
  }

  /** The flow has come into the table. */
  start(flow: Flow): void {
    this.set(flow, Math.max(0, flow.expires - this.#env.clock.now))
  }

  #sweep(end: (flow: Flow) => void): void {
    const { now } = this.#env.clock
    const queue = this.#queue
    while (queue.size > 0 && queue.firstDue <= now) {
      const flow = queue.firstOwner
      if (flow.gone || flow.queuedSeq !== queue.firstSeq) queue.pop()
      else if (flow.expires > now || this.#leaves(flow) > now) {
        flow.queuedDue = flow.expires > now ? flow.expires : this.#leaves(flow)
        flow.queuedSeq = this.#seq++
        queue.moveFirst(flow.queuedDue, flow.queuedSeq)
      } else {
        queue.pop()
        end(flow)
      }
    }
    if (queue.size > 0) this.#timer.arm(queue.firstDue - now)
  }

  /** Nothing is left to wait for. */
  clear(): void {
    while (this.#queue.size > 0) this.#queue.pop()
    this.#timer.cancel()
  }
}
