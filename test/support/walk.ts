/**
 * A bounded walk through everything that two ends and the line between them can come to: stateless model checking. A state
 * is reached again by doing from the start what led to it; two that look alike are one.
 *
 * The walk goes by the number of faults: first all states without any, then those with one, and so on. From every state a
 * fair way leads on, without any further fault. Who follows it must come to an end; otherwise the state is stuck.
 */
import { createHash } from 'node:crypto'

export interface Choice {
  what(): string
  /** Something that a good line does not do. */
  readonly fault: boolean
  /** What happens when nothing goes wrong any more: exactly one of a state's choices. */
  readonly fair: boolean
}

/** Two ends and a line between them, at one moment. */
export interface Walkable {
  /** Empty when nothing can happen any more. */
  choices(): readonly Choice[]
  take(index: number): void
  /** The same for states that are alike. */
  key(): string
  /** What it has come to, if it is over. */
  readonly outcome: string | undefined
  /** As people read it. */
  describe(): string
}

export interface Bounds {
  /** On one way. */
  readonly faults: number
  /** No state is looked into once there are so many. */
  readonly states: number
}

export interface Ending {
  readonly states: number
  /** Of all that end so, one with the fewest faults, and of these one with the fewest steps. */
  readonly trace: readonly string[]
  readonly faults: number
}

export interface Report {
  readonly states: number
  readonly transitions: number
  /** Every state with so many faults has been looked into; -1: not even those without any. */
  readonly complete: number
  /** By outcome. */
  readonly endings: ReadonlyMap<string, Ending>
  readonly stuck: readonly Stuck[]
}

export interface Stuck {
  readonly trace: readonly string[]
  /** `nothing can happen`, or the circle in which it goes. */
  readonly why: string
}

/** Stuck states that are told. */
const TOLD = 5

interface Edge {
  readonly choice: number
  readonly fault: boolean
  readonly to: State
}

class State {
  /** How it was first reached, to do that again. */
  readonly parent: State | undefined
  readonly by: number
  /** The fewest by which it can be reached. */
  readonly faults: number
  readonly edges: Edge[] = []
  outcome: string | undefined
  fairNext: State | undefined
  /** The fair way from here leads to an end. */
  good: boolean | undefined
  /** The edge by which the shortest way with the fewest faults comes, and from where. */
  steps = Number.POSITIVE_INFINITY
  before: State | undefined
  through = 0

  constructor(parent: State | undefined, by: number, faults: number) {
    this.parent = parent
    this.by = by
    this.faults = faults
  }
}

class Explorer {
  readonly states = new Map<string, State>()
  readonly root: State
  transitions = 0
  complete = -1
  /** Something was left out because there were too many states. */
  #full = false
  readonly #make: () => Walkable
  readonly #bounds: Bounds
  /** Choices that have not been taken yet, by the faults that there are afterwards. */
  readonly #untried: { readonly state: State; readonly choice: number; readonly fault: boolean }[][] = []

  constructor(make: () => Walkable, bounds: Bounds) {
    this.#make = make
    this.#bounds = bounds
    const at = make()
    this.root = new State(undefined, 0, 0)
    this.root.outcome = at.outcome
    this.states.set(keyOf(at), this.root)
    this.#follow(at, this.root)
    for (let faults = 0; faults <= bounds.faults && this.#level(faults); faults++) this.complete = faults
  }

  /** False when there are too many states. */
  #level(faults: number): boolean {
    const untried = this.#untried[faults] ?? []
    for (let next = untried.pop(); next; next = untried.pop()) {
      if (this.#full || this.states.size >= this.#bounds.states) return false
      const at = replay(this.#make, next.state)
      const to = this.#take(at, next.state, next.choice, next.fault)
      if (to) this.#follow(at, to)
    }
    return !this.#full
  }

  /** From a new state on along the fair way as long as that is new, which needs no repetition. */
  #follow(at: Walkable, from: State): void {
    for (let state: State | undefined = from; state && state.outcome === undefined; ) {
      if (this.states.size >= this.#bounds.states) {
        this.#full = true
        return
      }
      const choices = at.choices()
      const fair = choices.findIndex(choice => choice.fair)
      for (let choice = choices.length - 1; choice >= 0; choice--) {
        const { fault } = choices[choice]
        const faults: number = state.faults + (fault ? 1 : 0)
        if (choice === fair || faults > this.#bounds.faults) continue
        this.#untried[faults] ??= []
        this.#untried[faults].push({ state, choice, fault })
      }
      if (fair < 0) return
      state = this.#take(at, state, fair, false, true)
    }
  }

  /** The state to which the choice leads, if it is a new one. */
  #take(at: Walkable, from: State, choice: number, fault: boolean, fair = false): State | undefined {
    at.take(choice)
    this.transitions++
    const key = keyOf(at)
    const known = this.states.get(key)
    const to = known ?? new State(from, choice, from.faults + (fault ? 1 : 0))
    from.edges.push({ choice, fault, to })
    if (fair) from.fairNext = to
    if (known) return undefined
    to.outcome = at.outcome
    this.states.set(key, to)
    return to
  }
}

const keyOf = (at: Walkable): string => createHash('sha1').update(at.key()).digest('base64')

export function walk(make: () => Walkable, bounds: Bounds): Report {
  const { states, root, transitions, complete } = new Explorer(make, bounds)
  const all = [...states.values()]
  findShortest(root)
  finishFairWays(make, all)
  const stuck = all.filter(state => state.good === false)
  return {
    states: states.size,
    transitions,
    complete,
    endings: endingsOf(make, all),
    stuck: firstOf(stuck).map(state => ({ trace: traceOf(make, state), why: whyStuck(make, state) })),
  }
}

/** Breadth first, one number of faults after the other. */
function findShortest(root: State): void {
  root.steps = 0
  const levels: State[][][] = [[[root]]]
  for (let faults = 0; faults < levels.length; faults++) {
    const level = levels[faults] ?? []
    for (let steps = 0; steps < level.length; steps++) {
      for (const state of level[steps] ?? []) {
        if (state.steps !== steps || state.faults !== faults) continue
        for (const { choice, fault, to } of state.edges) {
          if (to.faults !== faults + (fault ? 1 : 0) || to.steps <= steps + 1) continue
          to.steps = steps + 1
          to.before = state
          to.through = choice
          levels[to.faults] ??= []
          levels[to.faults][steps + 1] ??= []
          levels[to.faults][steps + 1].push(to)
        }
      }
    }
  }
}

function replay(make: () => Walkable, state: State): Walkable {
  const way: number[] = []
  for (let at = state; at.parent; at = at.parent) way.push(at.by)
  const world = make()
  for (let i = way.length - 1; i >= 0; i--) world.take(way[i])
  return world
}

/** More than any fair way to an end needs. */
const FAIR_STEPS = 5000

/** Follows the fair way from every state, on foot where it leads out of what was looked into. */
function finishFairWays(make: () => Walkable, all: readonly State[]): void {
  for (const state of all) {
    const way: State[] = []
    let at: State | undefined = state
    while (at && at.good === undefined && !way.includes(at)) {
      way.push(at)
      if (at.outcome !== undefined) at.good = true
      else if (!at.fairNext) at.good = endsFairly(replay(make, at))
      else at = at.fairNext
    }
    const good = at?.good ?? false
    for (const passed of way) passed.good ??= good
  }
}

function endsFairly(at: Walkable): boolean {
  for (let step = 0; step < FAIR_STEPS && at.outcome === undefined; step++) {
    const fair = at.choices().findIndex(choice => choice.fair)
    if (fair < 0) return false
    at.take(fair)
  }
  return at.outcome !== undefined
}

const firstOf = (stuck: readonly State[]): State[] =>
  [...stuck].sort((a, b) => a.faults - b.faults || a.steps - b.steps).slice(0, TOLD)

function endingsOf(make: () => Walkable, all: readonly State[]): Map<string, Ending> {
  const found = new Map<string, { count: number; best: State }>()
  for (const state of all) {
    if (state.outcome === undefined) continue
    const known = found.get(state.outcome)
    const better =
      !known ||
      state.faults < known.best.faults ||
      (state.faults === known.best.faults && state.steps < known.best.steps)
    found.set(state.outcome, { count: (known?.count ?? 0) + 1, best: better ? state : known.best })
  }
  const endings = [...found].sort(([, a], [, b]) => a.best.faults - b.best.faults || b.count - a.count)
  return new Map(
    endings.map(([outcome, { count, best }]) => [
      outcome,
      { states: count, faults: best.faults, trace: traceOf(make, best) },
    ]),
  )
}

function traceOf(make: () => Walkable, state: State): string[] {
  const way: number[] = []
  for (let at = state; at.before; at = at.before) way.unshift(at.through)
  const world = make()
  return way.map(index => {
    const choice = world.choices()[index]
    const what = choice.what()
    world.take(index)
    return choice.fault ? `! ${what}` : `  ${what}`
  })
}

function whyStuck(make: () => Walkable, state: State): string {
  const at = replay(make, state)
  const before = at.describe()
  const seen = new Map<string, number>()
  const steps: string[] = []
  for (let key = keyOf(at); !seen.has(key) && steps.length < FAIR_STEPS; key = keyOf(at)) {
    seen.set(key, steps.length)
    const choices = at.choices()
    const fair = choices.findIndex(choice => choice.fair)
    if (fair < 0) return `${before}: nothing can happen after ${steps.join(', ') || 'this'}`
    steps.push(choices[fair].what())
    at.take(fair)
  }
  const circle = steps.slice(seen.get(keyOf(at)) ?? -20)
  return `${before}: for ever ${circle.join(', ')}`
}

/** Lines for people: how much there was, how it can end, and what is stuck. */
export function reportLines({ states, transitions, complete, endings, stuck }: Report, traces: boolean): string[] {
  const all = complete < 0 ? 'not even all without a fault' : `all with up to ${complete} faults`
  const lines = [`${states} states, ${transitions} transitions, ${all}`]
  for (const [outcome, ending] of endings) {
    lines.push(`${String(ending.states).padStart(8)}  ${outcome} (${ending.faults} faults)`)
    if (traces) lines.push(...ending.trace.map(step => `              ${step}`))
  }
  for (const { trace, why } of stuck) lines.push('STUCK:', ...trace.map(step => `    ${step}`), `    ${why}`)
  return lines
}
