/**
 * All that a run has come through so far, kept though the run goes back and comes again: what happened, for comparing and
 * for a timeline, and the moments to which one may want to step back.
 *
 * A run that is made anew repeats what is known here, and tells only what comes behind it.
 *
 * Limits: `NOTES` events and `MOMENTS` moments of each sort are remembered; of moments the oldest go, of events the
 * newest, since a comparison is about where two futures part.
 */
import type { SimTime } from '../base/time.ts'
import type { EventName, TraceEvent } from '../base/trace.ts'
import { isCompared } from './difference.ts'
import type { Verdict } from './expect.ts'
import type { Moment, Run } from './run.ts'

const NOTES = 100_000
const MOMENTS = 1 << 18

export interface Stop {
  readonly t: SimTime
  readonly steps: number
}

/** Sorts of moments. */
export const PACKET_EVENTS: ReadonlySet<EventName> = new Set(['send', 'forward', 'deliver', 'drop'])
export const INTERESTING_EVENTS: ReadonlySet<EventName> = new Set([
  ...(['state', 'drop', 'action', 'tunnel-end', 'interface'] as const),
])

/** Something to be drawn on a timeline. */
export interface Landmark {
  readonly t: SimTime
  readonly kind: 'action' | 'up' | 'drop'
}

export class Course {
  readonly #packets = new Moments()
  readonly #interesting = new Moments()
  readonly #notes: TraceEvent[] = []
  readonly #landmarks: Landmark[] = []
  readonly #verdicts: Verdict[] = []
  #full = false
  #reached: Stop = { t: 0, steps: 0 }
  /** The last step that was told of, and the run that told. */
  #step = -1
  #teller: Run | undefined

  /** The run goes the way of this course, from its beginning; with new actions it may only go on where it ends. */
  watch(run: Run): void {
    run.listen(event => this.#event(run, event))
    run.onVerdict(verdict => this.#verdict(run, verdict))
  }

  /** The run has come so far. */
  reach({ t, steps }: Stop): void {
    if (t > this.#reached.t || steps > this.#reached.steps) this.#reached = { t, steps }
  }

  get reached(): Stop {
    return this.#reached
  }
  /** What matters for comparing, and the actions. */
  get notes(): readonly TraceEvent[] {
    return this.#notes
  }
  /** More has happened than is remembered. */
  get full(): boolean {
    return this.#full
  }
  get landmarks(): readonly Landmark[] {
    return this.#landmarks
  }
  /** In the order in which they fell. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts
  }

  /** The nearest moment before this one behind which something of the sort had just happened; undefined: there is none. */
  before(sort: 'packet' | 'interesting', from: Stop): Stop | undefined {
    return (sort === 'packet' ? this.#packets : this.#interesting).before(from)
  }

  /** A step less, and a time at which the clock stood then or earlier. */
  stepBefore({ steps }: Stop): Moment | undefined {
    if (steps === 0) return undefined
    const least = { t: 0, steps: steps - 1 }
    const known = [this.#packets.upTo(steps - 1), this.#interesting.upTo(steps - 1)]
    return { t: Math.max(...known.map(moment => moment?.t ?? 0)), steps: least.steps }
  }

  #event(run: Run, event: TraceEvent): void {
    const { steps } = run
    if (steps < this.#step || (steps === this.#step && run !== this.#teller)) return
    this.#step = steps
    this.#teller = run
    const name = event.event
    if (PACKET_EVENTS.has(name)) this.#packets.add(event.t, steps)
    if (INTERESTING_EVENTS.has(name)) this.#interesting.add(event.t, steps)
    if (name === 'action' || isCompared(name)) this.#note(event)
  }

  #note(event: TraceEvent): void {
    if (this.#notes.length >= NOTES) {
      this.#full = true
      return
    }
    this.#notes.push(event)
    const kind = kindOf(event)
    if (kind) this.#landmarks.push({ t: event.t, kind })
  }

  #verdict(run: Run, verdict: Verdict): void {
    if (this.#verdicts.some(({ name }) => name === verdict.name)) return
    this.#verdicts.push(verdict)
    this.#interesting.add(run.now, run.steps)
  }
}

function kindOf(event: TraceEvent): Landmark['kind'] | undefined {
  if (event.event === 'action' || event.event === 'drop') return event.event
  return event.event === 'state' && event.machine.endsWith('ppp.ipcp') && event.to === 'opened' ? 'up' : undefined
}

/** Moments in their order, in two arrays of numbers. */
class Moments {
  #t = new Float64Array(256)
  #steps = new Float64Array(256)
  #count = 0

  add(t: SimTime, steps: number): void {
    const last = this.#count - 1
    if (last >= 0 && this.#steps[last] === steps && this.#t[last] === t) return
    if (this.#count === MOMENTS) this.#forget()
    if (this.#count === this.#t.length) this.#grow()
    this.#t[this.#count] = t
    this.#steps[this.#count++] = steps
  }

  before({ t, steps }: Stop): Stop | undefined {
    return this.#last(i => this.#steps[i] < steps || (this.#steps[i] === steps && this.#t[i] < t))
  }

  upTo(steps: number): Stop | undefined {
    return this.#last(i => this.#steps[i] <= steps)
  }

  #last(isEarly: (index: number) => boolean): Stop | undefined {
    let [low, high] = [0, this.#count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isEarly(middle)) low = middle + 1
      else high = middle
    }
    return low === 0 ? undefined : { t: this.#t[low - 1], steps: this.#steps[low - 1] }
  }

  /** The older half goes. */
  #forget(): void {
    const half = this.#count >> 1
    this.#t.copyWithin(0, half, this.#count)
    this.#steps.copyWithin(0, half, this.#count)
    this.#count -= half
  }

  #grow(): void {
    const length = this.#t.length * 2
    const [t, steps] = [new Float64Array(length), new Float64Array(length)]
    t.set(this.#t)
    steps.set(this.#steps)
    this.#t = t
    this.#steps = steps
  }
}
