/** State machines as data, in the words of the RFC that draws them. */
import type { Env } from './env.ts'
import { remember, type Transition } from './view.ts'

/** A cell: actions in their order, then the next state. An absent cell is the RFC's "-": the event cannot happen. */
export interface Cell<S extends string, A extends string> {
  readonly actions: readonly A[]
  readonly next: S
}
export type Table<S extends string, E extends string, A extends string> = Readonly<
  Record<E, Readonly<Partial<Record<S, Cell<S, A>>>>>
>

/** Reads `irc scr req-sent`: actions, then the next state. */
export function table<S extends string, E extends string, A extends string>(
  text: Readonly<Record<E, Readonly<Partial<Record<S, string>>>>>,
): Table<S, E, A> {
  const out = {} as Record<E, Partial<Record<S, Cell<S, A>>>>
  for (const [event, row] of Object.entries(text) as [E, Partial<Record<S, string>>][]) {
    out[event] = {}
    for (const [state, cell] of Object.entries(row) as [S, string][]) {
      const words = cell.split(' ')
      out[event][state] = { next: words.pop() as S, actions: words as A[] }
    }
  }
  return out
}

/** Whose machine it is: what the trace calls it, and who does what the table says. */
export interface MachineOwner<A extends string> {
  readonly env: Env
  readonly machineName: string
  act(action: A): void
}

/** Runs a table and reports every change of state to the trace. */
export class Machine<S extends string, E extends string, A extends string> {
  state: S
  readonly #owner: MachineOwner<A>
  readonly #table: Table<S, E, A>
  #history: Transition[] | undefined

  constructor(owner: MachineOwner<A>, table: Table<S, E, A>, initial: S) {
    this.#owner = owner
    this.#table = table
    this.state = initial
  }

  /** The latest transitions of while the trace had a listener, oldest first. */
  get history(): readonly Transition[] {
    return this.#history?.slice() ?? []
  }

  /** Is there a cell for the event in this state? */
  can(event: E): boolean {
    return this.#table[event][this.state] !== undefined
  }

  /**
   * Takes the cell's transition; false when there is none, and nothing has happened then. The state changes first,
   * then the actions run, because an action may fire the next event.
   */
  fire(event: E): boolean {
    const cell = this.#table[event][this.state]
    if (!cell) return false
    const from = this.state
    this.state = cell.next
    if (from !== cell.next && this.#owner.env.trace.on) Machine.#tell(this, from, cell.next, event)
    for (const action of cell.actions) this.#owner.act(action)
    return true
  }

  /** Static, since a method of its own costs each of thousands of machines a word. */
  static #tell(machine: Machine<string, string, string>, from: string, to: string, cause: string): void {
    const { env, machineName } = machine.#owner
    machine.#history ??= []
    remember(machine.#history, { t: env.clock.now, from, to, cause })
    env.trace.emit('state', { machine: machineName, from, to, cause })
  }
}
