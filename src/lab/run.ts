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
import { describeAction } from './verb-words.ts'

/** A packet that came in from outside. */
export interface Input {
  readonly t: SimTime
  /** The node by which it came: one of kind tun or udp. */
  readonly node: string
  /** A frame on an Ethernet link, otherwise an IP packet. */
  readonly bytes: Uint8Array
}

/**
 * A moment of a run: so many steps have been taken, and the clock stands at `t`. Several steps may share one instant.
 * Without a number of steps everything that is due at `t` has happened.
 */
export interface Moment {
  readonly t: SimTime
  readonly steps?: number
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

/** So many actions may be added to a run while it goes. */
const MOST_ADDED = 65_536

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
  /** Packets that have come in, in this run or in the record. */
  #entries = 0
  readonly #verdictListeners: ((verdict: Verdict) => void)[] = []
  #events = 0
  #stirred = true
  /** Places in the order of events behind the actions of the lab and before everything else, for those that are added. */
  readonly #places: number
  #added = 0

  constructor(lab: Lab, options: RunOptions = {}) {
    this.simulation = build(lab)
    this.stop = Math.min(lab.stop, options.until ?? lab.stop)
    this.timeZero = options.timeZero
    this.#fingerprint = options.fingerprint ?? true
    this.#checks = new Checks(this.simulation)
    this.#moments = this.#checks.moments.filter(t => t <= this.stop)
    this.#inputs = options.inputs ?? []
    this.#observe()
    this.#places = this.#schedule()
  }

  /** Tells the listener every event from here on, or all but those of every packet: send, forward, deliver. */
  listen(listener: (event: TraceEvent) => void, packets = true): void {
    this.simulation.world.trace.listen(listener, packets)
  }

  /** Tells the verdict of each check when it falls: after the last event of an instant. */
  onVerdict(listener: (verdict: Verdict) => void): void {
    this.#verdictListeners.push(listener)
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

  #schedule(): number {
    const { world, lab } = this.simulation
    world.scheduler.after(0, 'start', () => {
      const { timeZero } = this
      if (timeZero !== undefined) world.trace.emit(LAB, 'wall-clock', { timeZero })
      for (const node of this.simulation.nodes.values()) node.start()
    })
    for (const action of lab.events) world.scheduler.after(action.at, action.verb, () => this.#act(action))
    return world.scheduler.reserve(MOST_ADDED)
  }

  #act(action: Action): void {
    const { world } = this.simulation
    world.trace.emit(actor(action, this.simulation), 'action', { verb: action.verb, detail: describeAction(action) })
    apply(this.simulation, action)
  }

  /**
   * Somebody who looks on does this, whatever its `at` says: at the next nanosecond at which nothing is due, which is
   * told. So the lab with this action in its `events`, at that moment, has the same run. Undefined: the run ends before.
   */
  act(action: Action): SimTime | undefined {
    const at = this.quiet()
    if (at === undefined) return undefined
    this.plan({ ...action, at })
    this.step()
    return at
  }

  /** Does all that is due now, and what stands in the way of acting; tells the moment at which `act` would. */
  quiet(): SimTime | undefined {
    for (;;) {
      const due = this.#due
      if (due === undefined || due > Math.min(this.now + 1, this.stop)) break
      this.#instant(due)
    }
    return this.now < this.stop ? this.now + 1 : undefined
  }

  /** This will happen at its time, which is still to come, as if it stood in `events` behind the others of that time. */
  plan(action: Action): void {
    const { now, stop, simulation } = this
    if (action.at <= now || action.at > stop) throw new RangeError(`${action.at} ns is not between ${now} and ${stop}`)
    if (this.#added === MOST_ADDED) throw new RangeError(`more than ${MOST_ADDED} actions`)
    const timer = simulation.world.scheduler.timer(action.verb, () => this.#act(action))
    timer.armAt(action.at, this.#places + this.#added++)
    const events = [...simulation.lab.events, action].sort((a, b) => a.at - b.at)
    simulation.lab = { ...simulation.lab, events }
  }

  get now(): SimTime {
    return this.simulation.world.scheduler.now
  }

  /** Events of the queue that have run, and packets that have come in from outside. */
  get steps(): number {
    return this.simulation.world.scheduler.executed + this.#entries
  }

  /** Where the run stands, for who wants to come back. */
  get moment(): Required<Moment> {
    return { t: this.now, steps: this.steps }
  }

  /** True when nothing is left to happen before the end of the lab, and the clock stands there. */
  get over(): boolean {
    const { next } = this.simulation.world.scheduler
    const done = this.#moments.length === 0 && this.#nextInput === undefined
    return done && this.now >= this.stop && (next === undefined || next > this.now)
  }

  /** When something happens next: an event, a packet from outside, or a check falls due; the end if nothing does. */
  get next(): SimTime {
    return Math.min(this.#due ?? this.stop, this.stop)
  }

  get #due(): SimTime | undefined {
    const { next } = this.simulation.world.scheduler
    const moment = this.#moments[0]
    const input = this.#nextInput
    if (moment === undefined && input === undefined) return next
    return Math.min(next ?? Infinity, moment ?? Infinity, input ?? Infinity)
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
   * between; nothing of the moment `before` and later ones. True when the run is over.
   */
  advance(budget = Number.POSITIVE_INFINITY, before = Number.POSITIVE_INFINITY): boolean {
    const limit = this.#events + budget
    while (this.#events < limit && !this.over && this.next < before) this.#instant(this.next)
    return this.over
  }

  /** Runs everything up to and including `t`, or the end, and leaves the clock there. */
  advanceTo(t: SimTime): void {
    const limit = Math.min(t, this.stop)
    while (!this.over && this.next <= limit) this.#instant(this.next)
    if (limit > this.now) this.simulation.world.scheduler.runUntil(limit)
  }

  /**
   * Runs up to a moment that this run has been at when it ran before, or until `budget` steps have been taken; true when
   * it is there. It has to be a moment at which somebody could have stopped that run.
   */
  reach({ t, steps }: Moment, budget = Number.POSITIVE_INFINITY): boolean {
    const end = this.steps + budget
    if (steps === undefined) {
      const limit = Math.min(t, this.stop)
      while (!this.over && this.next <= limit) {
        if (this.steps >= end) return false
        this.step()
      }
      this.advanceTo(limit)
      return true
    }
    while (!this.over && this.steps < Math.min(end, steps)) this.step()
    if (!this.over && this.steps < steps) return false
    // Moments of checks pass without a step; what is still to happen at `t` stays.
    const { scheduler } = this.simulation.world
    while (this.#moments[0] <= t && (scheduler.next ?? Number.POSITIVE_INFINITY) > this.#moments[0]) {
      this.#instant(this.#moments[0])
    }
    if (t > this.now) scheduler.runUntil(t)
    return true
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
    for (const bytes of packets) {
      this.#entries++
      door?.enter(bytes)
    }
    for (; this.#nextInput === t; this.#entered++) {
      const { node, bytes } = this.#inputs[this.#entered]
      this.#entries++
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
    if (this.#stirred || due) this.#checks.look(t, verdict => this.#tell(verdict))
    this.#stirred = false
  }

  #tell(verdict: Verdict): void {
    for (const listener of this.#verdictListeners) listener(verdict)
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
