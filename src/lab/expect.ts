/**
 * The checks of a lab. An instant is looked at after its last event; `by` runs from 0 s to its moment, `during` includes
 * both ends. States are read from snapshots, events are counted as they happen.
 */
import { formatDuration, formatTime, type SimTime } from '../base/time.ts'
import { isOfEveryPacket, type TraceEvent } from '../base/trace.ts'
import type { SnapshotValue } from '../node/node.ts'
import type { Simulation } from './build.ts'
import type { Check, Comparison, EventPattern, StateCondition } from './lab.ts'
import { isDurationField } from './pattern.ts'
import { valueAt } from './snapshot.ts'
import { PRESENCE } from './state-paths.ts'

export interface Verdict {
  readonly name: string
  readonly description: string
  readonly level: 'error' | 'warning'
  readonly ok: boolean
  /** False when the run ended before the check was due. */
  readonly decided: boolean
  /** When the verdict was sure: the moment a state held, or the end of the time that the check names. */
  readonly t: SimTime
  /** What was seen, in one sentence. */
  readonly detail: string
}

/** A check while the run goes on. */
export interface Standing {
  readonly name: string
  readonly description: string
  readonly state: 'open' | 'passed' | 'failed'
  /** `by 2.000 s`, `at 25.000 s`, `from 3.000 s to 20.000 s` */
  readonly when: string
  readonly verdict: Verdict | undefined
}

export class Checks {
  readonly #pending: Pending[]

  constructor(simulation: Simulation) {
    this.#pending = simulation.lab.checks.map(check => new Pending(check, simulation))
  }

  /** The moments at which a verdict may fall although nothing happens then. */
  get moments(): SimTime[] {
    const moments = this.#pending.flatMap(({ check: { when } }) =>
      'by' in when ? [when.by] : 'at' in when ? [when.at] : [...when.during],
    )
    return [...new Set([0, ...moments])].sort((a, b) => a - b)
  }

  /** Does any of them look for events that come with every packet? */
  get ofEveryPacket(): boolean {
    return this.#pending.some(({ check: { seen, unseen } }) =>
      [seen, unseen].some(pattern => pattern !== undefined && isOfEveryPacket(pattern.event)),
    )
  }

  event(event: TraceEvent): void {
    for (const pending of this.#pending) pending.count(event)
  }

  /** Looks at the machines, after the last event of the instant `t`, and tells the verdicts that fall. */
  look(t: SimTime, tell: (verdict: Verdict) => void = () => {}): void {
    for (const pending of this.#pending) {
      const verdict = pending.look(t)
      if (verdict) tell(verdict)
    }
  }

  standing(): Standing[] {
    return this.#pending.map(pending => pending.standing())
  }

  /** In the order of the file; `t` is when the run ended. */
  verdicts(t: SimTime): Verdict[] {
    return this.#pending.map(pending => pending.verdict(t))
  }
}

/** Without an operator a number means exactly that many (`seen: { count: 5 }`). */
class Pending {
  readonly check: Check
  readonly #simulation: Simulation
  readonly #from: SimTime
  readonly #to: SimTime
  #seen = 0
  #unseen: TraceEvent | undefined
  /** `by`: has the state held once? `during`: has it failed once? */
  #heldAt: SimTime | undefined
  #failedAt: SimTime | undefined
  #closest = ''
  #decided: Verdict | undefined

  constructor(check: Check, simulation: Simulation) {
    this.check = check
    this.#simulation = simulation
    const { when } = check
    this.#from = 'during' in when ? when.during[0] : 0
    this.#to = 'during' in when ? when.during[1] : 'at' in when ? when.at : when.by
  }

  count(event: TraceEvent): void {
    if (event.t < this.#from || event.t > this.#to) return
    const { seen, unseen } = this.check
    if (seen && matches(seen, event)) this.#seen++
    if (unseen && !this.#unseen && matches(unseen, event)) this.#unseen = event
  }

  /** The verdict, if it falls now. */
  look(t: SimTime): Verdict | undefined {
    if (this.#decided || t < this.#from) return undefined
    if (this.check.state.length > 0 && t <= this.#to) this.#lookAtState(t)
    if (t >= this.#to) this.#decided = this.#decide(t)
    return this.#decided
  }

  #lookAtState(t: SimTime): void {
    const { when } = this.check
    if ('at' in when && t !== when.at) return
    if ('by' in when && this.#heldAt !== undefined) return
    const wrong = this.#wrong(t)
    if (wrong === undefined) this.#heldAt ??= t
    else {
      // `during` is decided by the first failure, `by` is told by what came last.
      if ('by' in when || this.#failedAt === undefined) this.#closest = wrong
      this.#failedAt ??= t
    }
  }

  /** The first condition that does not hold, in words. */
  #wrong(t: SimTime): string | undefined {
    for (const condition of this.check.state) {
      const value = this.#valueOf(condition)
      const { node, path, want } = condition
      if (!holds(want, value)) return `at ${moment(t)} ${node}.${path} was ${show(value)}, wanted ${showWant(want)}`
    }
    return undefined
  }

  #valueOf({ node, path, want }: StateCondition): SnapshotValue {
    const machine = this.#simulation.nodes.get(node)
    const value = machine && valueAt(machine.snapshot(), path)
    const isPresence = PRESENCE.some(word => word === want.value)
    return isPresence ? (value === undefined ? 'absent' : 'present') : value
  }

  standing(): Standing {
    const { name, description, when } = this.check
    const verdict = this.#decided
    const state = verdict === undefined ? 'open' : verdict.ok ? 'passed' : 'failed'
    const text =
      'by' in when
        ? `by ${moment(when.by)}`
        : 'at' in when
          ? `at ${moment(when.at)}`
          : `from ${moment(when.during[0])} to ${moment(when.during[1])}`
    return { name, description, state, when: text, verdict }
  }

  verdict(t: SimTime): Verdict {
    return this.#decided ?? this.#decide(t)
  }

  #decide(t: SimTime): Verdict {
    const decided = t >= this.#to || this.#sure()
    const trouble = decided ? this.#trouble() : `the run ended at ${moment(t)}, before the check was due`
    const { name, description, level, pass, fail } = this.check
    const ok = trouble === undefined
    const held = ok && 'by' in this.check.when && this.#sure() ? (this.#heldAt ?? t) : t
    const sentence = ok ? pass : decided ? fail : undefined
    const detail = [trouble ?? this.#success(), sentence].filter(part => part).join('. ')
    return { name, description, level, ok, decided, t: ok ? held : t, detail }
  }

  /** Can nothing that is still to come change the verdict? */
  #sure(): boolean {
    const { seen, unseen, when } = this.check
    if (this.#unseen) return true
    if ('during' in when) return this.#failedAt !== undefined
    return 'by' in when && this.#heldAt !== undefined && !seen && !unseen
  }

  #trouble(): string | undefined {
    const { state, seen, when } = this.check
    if (state.length > 0) {
      if ('during' in when ? this.#failedAt !== undefined : this.#heldAt === undefined) {
        return this.#closest
      }
    }
    if (seen && !holds(seen.count, this.#seen))
      return `${this.#seen} × ${describePattern(seen)}, wanted ${showWant(seen.count)}`
    if (this.#unseen) return `${describeEvent(this.#unseen)} at ${moment(this.#unseen.t)}`
    return undefined
  }

  #success(): string {
    const { state, seen, unseen, when } = this.check
    const parts: string[] = []
    if (state.length > 0 && this.#heldAt !== undefined) {
      parts.push('by' in when ? `held from ${moment(this.#heldAt)}` : 'held')
    }
    if (seen) parts.push(`${this.#seen} × ${describePattern(seen)}`)
    if (unseen) parts.push(`no ${describePattern(unseen)}`)
    return parts.join(', ')
  }
}

/** Is it such an event, apart from how many there are? */
export function matches(pattern: EventPattern, event: TraceEvent): boolean {
  if (event.event !== pattern.event || (pattern.node !== undefined && event.node !== pattern.node)) return false
  const fields = event as unknown as Readonly<Record<string, SnapshotValue>>
  return pattern.fields.every(({ name, want }) => holds(want, fields[name]))
}

export function holds({ op, value: want }: Comparison, value: SnapshotValue): boolean {
  if (op === '==') return value === want
  if (op === '!=') return value !== want
  if (typeof value !== 'number' || typeof want !== 'number') return false
  return op === '<' ? value < want : op === '<=' ? value <= want : op === '>' ? value > want : value >= want
}

/** `0.346 s`: people compare it with the story, whose times have more digits. */
const moment = (t: SimTime): string => `${formatTime(t).slice(0, -3)} s`

const show = (value: SnapshotValue): string => (value === undefined ? 'not there' : String(value))
function showWant({ op, value }: Comparison, isDuration = false): string {
  const shown = isDuration && typeof value === 'number' ? formatDuration(value) : String(value)
  return op === '==' ? shown : `${op} ${shown}`
}

function describePattern({ event, node, fields }: EventPattern): string {
  const words = fields.map(({ name, want }) => `${name} ${showWant(want, isDurationField(name))}`)
  return [event, ...(node === undefined ? [] : [`at ${node}`]), ...words].join(' ')
}

function describeEvent(event: TraceEvent): string {
  return `${event.event} at ${event.node}`
}
