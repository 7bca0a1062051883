/** One run of a lab: actions at their times, checks after each instant, fingerprints over everything. */
import type { SimTime } from '../base/time.ts'
import type { EventName, TraceEvent } from '../base/trace.ts'
import type { TappedFrame } from '../link/link.ts'
import { build, type Simulation } from './build.ts'
import { apply } from './events.ts'
import { Checks, type Verdict } from './expect.ts'
import { combine, Hash, hashEvent } from './fingerprint.ts'
import type { Action, Lab } from './lab.ts'
import { VERBS } from './verbs.ts'

export interface RunOptions {
  /** Ends the run earlier than the lab says; never later. */
  readonly until?: SimTime
}

export interface RunResult {
  /** No check of level `error` has failed. */
  readonly ok: boolean
  readonly t: SimTime
  readonly checks: readonly Verdict[]
  /** How many packets were discarded, by reason. */
  readonly drops: ReadonlyMap<string, number>
  readonly fingerprint: string
  /** Hashes of each node's events and each link's bytes. */
  readonly fingerprints: ReadonlyMap<string, string>
  readonly events: number
}

export class Run {
  readonly simulation: Simulation
  readonly stop: SimTime
  readonly #checks: Checks
  /** Moments of checks that are still to come, in order. */
  readonly #moments: SimTime[]
  readonly #nodeHashes = new Map<string, Hash>()
  readonly #linkHashes = new Map<string, Hash>()
  #events = 0
  #stirred = true

  constructor(lab: Lab, options: RunOptions = {}) {
    this.simulation = build(lab)
    this.stop = Math.min(lab.stop, options.until ?? lab.stop)
    this.#checks = new Checks(this.simulation)
    this.#moments = this.#checks.moments.filter(t => t <= this.stop)
    this.#observe()
    this.#schedule()
  }

  /** Tells the listener every event from here on. */
  listen(listener: (event: TraceEvent) => void): void {
    this.simulation.world.trace.listen(listener)
  }

  /** Tells of every frame as it enters link number `index`. */
  tap(index: number, tap: (frame: TappedFrame) => void): void {
    const link = this.simulation.links[index]
    const before = link.tap
    link.tap = frame => {
      before?.(frame)
      tap(frame)
    }
  }

  #observe(): void {
    this.listen(event => {
      this.#events++
      this.#stirred ||= STIRRING.has(event.event)
      hashEvent(this.#hashOf(event.node), event)
      this.#checks.event(event)
    })
    for (const [index, link] of this.simulation.links.entries()) {
      const hash = new Hash()
      this.#linkHashes.set(link.name, hash)
      this.tap(index, ({ t, from, bytes, fate }) => {
        hash.number(t)
        hash.word(from)
        hash.text(fate ?? '')
        hash.bytes(bytes)
      })
    }
  }

  #hashOf(node: string): Hash {
    let hash = this.#nodeHashes.get(node)
    if (!hash) {
      hash = new Hash()
      this.#nodeHashes.set(node, hash)
    }
    return hash
  }

  #schedule(): void {
    const { world, nodes, lab } = this.simulation
    world.scheduler.after(0, 'start', () => {
      for (const node of nodes.values()) node.start()
    })
    for (const action of lab.events) world.scheduler.after(action.at, action.verb, () => this.#act(action))
  }

  #act(action: Action): void {
    const { world } = this.simulation
    world.trace.emit(actor(action, this.simulation), 'action', { verb: action.verb, detail: describe(action) })
    apply(this.simulation, action)
  }

  /**
   * Runs until the end or until about `budget` events have happened, so that a caller can look at the world outside in
   * between. True when the run is over.
   */
  advance(budget = Number.POSITIVE_INFINITY): boolean {
    const { scheduler } = this.simulation.world
    const limit = this.#events + budget
    while (this.#events < limit) {
      const next = scheduler.next
      const moment = this.#moments[0] ?? this.stop
      const t = Math.min(next ?? moment, moment, this.stop)
      scheduler.runUntil(t)
      if (t === moment) this.#moments.shift()
      if (this.#stirred || t === moment) this.#checks.look(t)
      this.#stirred = false
      if (t >= this.stop && (scheduler.next === undefined || scheduler.next > t)) return true
    }
    return false
  }

  result(): RunResult {
    const t = this.simulation.world.scheduler.now
    const checks = this.#checks.verdicts(t)
    const fingerprints = new Map<string, string>()
    for (const [name, hash] of this.#nodeHashes) fingerprints.set(name, hash.digest())
    for (const [name, hash] of this.#linkHashes) fingerprints.set(name, hash.digest())
    return {
      ok: checks.every(check => check.ok || !check.decided || check.level === 'warning'),
      t,
      checks,
      drops: this.simulation.world.trace.drops,
      fingerprint: combine(fingerprints),
      fingerprints,
      events: this.#events,
    }
  }
}

/** The whole run of a lab at once. */
export function run(
  lab: Lab,
  options: RunOptions & { readonly onEvent?: (event: TraceEvent) => void } = {},
): RunResult {
  const whole = new Run(lab, options)
  if (options.onEvent) whole.listen(options.onEvent)
  whole.advance()
  return whole.result()
}

function describe(action: Action): string {
  const rules: { describe(args: never): string } = VERBS[action.verb]
  return rules.describe(action.args as never)
}

/** Events with which something changes that a check of a state can see. */
const STIRRING: ReadonlySet<EventName> = new Set(['state', 'interface', 'route', 'arp', 'action'])

/** Not a machine: what the lab itself says. */
const LAB = 'lab'

/** The machine whose trace tells of an action. */
function actor(action: Action, { lab }: Simulation): string {
  if (action.verb === 'connect' || action.verb === 'disconnect') return action.args.client
  if (action.verb === 'link') return lab.links[action.args.link].ends[0].node
  return action.verb === 'note' ? LAB : action.args.from
}
