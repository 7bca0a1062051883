/** One run of a lab: actions at their times, checks after each instant, fingerprints over everything. */
import type { SimTime } from '../base/time.ts'
import type { EventName, TraceEvent } from '../base/trace.ts'
import type { TappedFrame } from '../link/link.ts'
import { type InsidePacket, IpNode } from '../node/ip-node.ts'
import { Outside } from '../node/outside.ts'
import { build, type Simulation } from './build.ts'
import { apply } from './events.ts'
import { Checks, type Standing, type Verdict } from './expect.ts'
import { combine, Hash, hashEvent } from './fingerprint.ts'
import type { Action, Lab } from './lab.ts'
import { VERBS } from './verbs.ts'

/** A packet that came in from outside. */
export interface Input {
  readonly t: SimTime
  /** The node by which it came: one of kind tun or udp. */
  readonly node: string
  /** A frame on an Ethernet link, otherwise an IP packet. */
  readonly bytes: Uint8Array
}

export interface RunOptions {
  /** The run goes with the clock on the wall: what its time zero was there, in microseconds since 1970. */
  readonly timeZero?: number
  /**
   * What came in from outside when this run was recorded, in order of time. The list may grow by packets that are later
   * than the run: a copy of a run that is still going on follows it.
   */
  readonly inputs?: readonly Input[]
  /** Ends the run earlier than the lab says; never later. */
  readonly until?: SimTime
  /** False: keep none. It costs more than the simulation of a packet does, and only a run that can be repeated needs it. */
  readonly fingerprint?: boolean
}

export interface RunResult {
  /** No check of level `error` has failed. */
  readonly ok: boolean
  readonly t: SimTime
  readonly checks: readonly Verdict[]
  /** How many packets were discarded, by reason. */
  readonly drops: ReadonlyMap<string, number>
  /** Empty if the run was to keep none. */
  readonly fingerprint: string
  /** Hashes of each node's events and each link's bytes. */
  readonly fingerprints: ReadonlyMap<string, string>
  /** Without a fingerprint those of every packet count only if a check asks for them. */
  readonly events: number
}

export class Run {
  readonly simulation: Simulation
  readonly stop: SimTime
  /** In microseconds since 1970; undefined for a run that does not touch the outside. */
  readonly timeZero: number | undefined
  readonly #fingerprint: boolean
  readonly #checks: Checks
  /** Moments of checks that are still to come, in order. */
  readonly #moments: SimTime[]
  readonly #nodeHashes = new Map<string, Hash>()
  readonly #linkHashes = new Map<string, Hash>()
  readonly #inputs: readonly Input[]
  /** How many of them have come in. */
  #entered = 0
  #events = 0
  #stirred = true

  constructor(lab: Lab, options: RunOptions = {}) {
    this.simulation = build(lab)
    this.stop = Math.min(lab.stop, options.until ?? lab.stop)
    this.timeZero = options.timeZero
    this.#fingerprint = options.fingerprint ?? true
    this.#checks = new Checks(this.simulation)
    this.#moments = this.#checks.moments.filter(t => t <= this.stop)
    this.#inputs = options.inputs ?? []
    this.#observe()
    this.#schedule()
  }

  /** Tells the listener every event from here on, or all but those of every packet: send, forward, deliver. */
  listen(listener: (event: TraceEvent) => void, packets = true): void {
    this.simulation.world.trace.listen(listener, packets)
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

  /** Shows IP packets in clear as they enter or leave a ppp interface, to each who looks. */
  lookInside(look: (node: string, packet: InsidePacket) => void): void {
    for (const [name, node] of this.simulation.nodes) {
      if (!(node instanceof IpNode)) continue
      const before = node.inside
      node.inside = packet => {
        before?.(packet)
        look(name, packet)
      }
    }
  }

  #observe(): void {
    const fingerprint = this.#fingerprint
    this.listen(event => {
      this.#events++
      this.#stirred ||= STIRRING.has(event.event)
      if (fingerprint) hashEvent(this.#hashOf(event.node), event)
      this.#checks.event(event)
    }, fingerprint || this.#checks.ofEveryPacket)
    if (fingerprint) this.#hashLinks()
  }

  #hashLinks(): void {
    for (const [index, link] of this.simulation.links.entries()) {
      const hash = new Hash()
      this.#linkHashes.set(link.name, hash)
      this.tap(index, ({ t, from, line, bytes, fate }) => {
        hash.number(t)
        hash.word(from)
        if (line !== undefined) hash.word(line)
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
      const { timeZero } = this
      if (timeZero !== undefined) world.trace.emit(LAB, 'wall-clock', { timeZero })
      for (const node of nodes.values()) node.start()
    })
    for (const action of lab.events) world.scheduler.after(action.at, action.verb, () => this.#act(action))
  }

  #act(action: Action): void {
    const { world } = this.simulation
    world.trace.emit(actor(action, this.simulation), 'action', { verb: action.verb, detail: describe(action) })
    apply(this.simulation, action)
  }

  get now(): SimTime {
    return this.simulation.world.scheduler.now
  }

  /** True when nothing is left to happen before the end of the lab, and the clock stands there. */
  get over(): boolean {
    const { next } = this.simulation.world.scheduler
    const done = this.#moments.length === 0 && this.#nextInput === undefined
    return done && this.now >= this.stop && (next === undefined || next > this.now)
  }

  /** When something happens next: an event, or a check falls due; the end of the lab if nothing does. */
  get next(): SimTime {
    const event = this.simulation.world.scheduler.next ?? this.stop
    return Math.min(event, this.#moments[0] ?? this.stop, this.#nextInput ?? this.stop, this.stop)
  }

  /** What would come in after the end of the run never does. */
  get #nextInput(): SimTime | undefined {
    const t = this.#inputs[this.#entered]?.t
    return t !== undefined && t <= this.stop ? t : undefined
  }

  /**
   * Packets have come in by the node `name` at `t`, which is later than now: everything due by then runs, then they enter,
   * and with them everything that they bring about at that instant. A replay that is given the same does the same. Not for
   * a run that replays.
   */
  enter(t: SimTime, name: string, packets: readonly Uint8Array[]): void {
    const door = this.outside(name)
    if (t <= this.now) throw new Error(`packets came in at ${t} ns, but it is ${this.now} ns already`)
    if (t > this.stop) return this.advanceTo(t)
    while (this.next < t) this.#instant(this.next)
    this.#instant(t, door, packets)
  }

  /**
   * Runs until the end or until about `budget` events have happened, so that a caller can look at the world outside in
   * between. True when the run is over.
   */
  advance(budget = Number.POSITIVE_INFINITY): boolean {
    const limit = this.#events + budget
    while (this.#events < limit && !this.over) this.#instant(this.next)
    return this.over
  }

  /** Runs everything up to and including `t`, or the end, and leaves the clock there. */
  advanceTo(t: SimTime): void {
    const limit = Math.min(t, this.stop)
    while (!this.over && this.next <= limit) this.#instant(this.next)
    if (limit > this.now) this.simulation.world.scheduler.runUntil(limit)
  }

  /** Runs one event of the queue. Checks look when it was the last of its instant. */
  step(): void {
    if (this.over) return
    const { scheduler } = this.simulation.world
    const { next } = scheduler
    if (next === undefined || next > this.next || next === this.#nextInput) return this.#instant(this.next)
    scheduler.step()
    if (scheduler.next === undefined || scheduler.next > this.now) this.#look(this.now)
  }

  /** Everything due at `t`, then the packets that come in at it, now or in the record, and what they bring about. */
  #instant(t: SimTime, door?: Outside, packets: readonly Uint8Array[] = []): void {
    const { scheduler } = this.simulation.world
    scheduler.runUntil(t)
    for (const bytes of packets) door?.enter(bytes)
    for (; this.#nextInput === t; this.#entered++) {
      const { node, bytes } = this.#inputs[this.#entered]
      this.outside(node).enter(bytes)
    }
    scheduler.runUntil(t)
    this.#look(t)
  }

  /** The node of kind tun or udp of that name. */
  outside(name: string): Outside {
    const node = this.simulation.nodes.get(name)
    if (!(node instanceof Outside)) throw new Error(`${name} is no way into this simulation`)
    return node
  }

  /** After the last event of an instant. */
  #look(t: SimTime): void {
    const due = t === this.#moments[0]
    if (due) this.#moments.shift()
    if (this.#stirred || due) this.#checks.look(t)
    this.#stirred = false
  }

  /** How each check stands now, in the order of the file. */
  get standing(): readonly Standing[] {
    return this.#checks.standing()
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
      fingerprint: this.#fingerprint ? combine(fingerprints) : '',
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
  if ('client' in action.args) return action.args.client
  if (action.verb === 'link') return lab.links[action.args.link].ends[0].node
  if ('node' in action.args) return action.args.node
  return action.verb === 'note' ? LAB : action.args.from
}
