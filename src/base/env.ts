/** All that a machine is given of the outside: time, chance, packets to write into, and the trace. */
import { PacketPool, PacketSource } from './packet.ts'
import { type Random, seededRandom } from './random.ts'
import { type Clock, type Power, Scheduler, type Timer } from './scheduler.ts'
import { Trace, TraceHub } from './trace.ts'

export interface Env {
  readonly node: string
  readonly clock: Clock
  /** This machine's own stream. Draw through `random.fork('what for')`, so that one use does not shift another. */
  readonly random: Random
  readonly trace: Trace
  readonly packets: PacketSource
  /** The same node, a narrower random stream. */
  scope(name: string): Env
}

/** The clock of a machine that may lose its power. */
class PoweredClock implements Clock {
  readonly #clock: Clock
  readonly #power: Power

  constructor(clock: Clock, power: Power) {
    this.#clock = clock
    this.#power = power
  }
  get now(): number {
    return this.#clock.now
  }
  draw(): number {
    return this.#clock.draw()
  }
  timer<T>(owner: string, fire: (whose: T) => void, whose?: T): Timer {
    return this.#clock.timer(owner, fire, whose as T, this.#power)
  }
  after(delay: number, owner: string, fire: () => void): Timer {
    const timer = this.timer(owner, fire)
    timer.arm(delay)
    return timer
  }
}

/** What the nodes of one run share. */
export class World {
  readonly scheduler = new Scheduler()
  readonly trace: TraceHub
  readonly random: Random
  readonly #pool = new PacketPool()

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.trace = new TraceHub(this.scheduler)
  }

  env(node: string): Env {
    return new NodeEnv(
      node,
      this.scheduler,
      this.random.fork(node),
      new Trace(this.trace, node),
      new PacketSource(this.#pool, node),
    )
  }
}

class NodeEnv implements Env {
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly trace: Trace
  readonly packets: PacketSource

  constructor(node: string, clock: Clock, random: Random, trace: Trace, packets: PacketSource) {
    this.node = node
    this.clock = clock
    this.random = random
    this.trace = trace
    this.packets = packets
  }

  scope(name: string): Env {
    return new NodeEnv(this.node, this.clock, this.random.fork(name), this.trace, this.packets)
  }
}

/** The same node, as long as it has power. */
export function powered(env: Env, power: Power, random = env.random): Env {
  return new NodeEnv(env.node, new PoweredClock(env.clock, power), random, env.trace, env.packets)
}
