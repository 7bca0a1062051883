/**
 * A state machine as those see it who look: nothing here is made unless somebody asks, and a machine keeps its history
 * only while somebody listens to the trace.
 */
import type { Timer } from './scheduler.ts'
import type { SimTime } from './time.ts'

export interface Transition {
  readonly t: SimTime
  readonly from: string
  readonly to: string
  readonly cause: string
}

/** Transitions that a machine remembers. */
export const REMEMBERED = 16

export interface MachineView {
  readonly state: string
  readonly counters: Readonly<Record<string, number>>
  /** What it has agreed on, in words. */
  readonly facts: Readonly<Record<string, string>>
  /** When the timers that run will fire. */
  readonly timers: Readonly<Record<string, SimTime>>
  /** The latest transitions, oldest first. */
  readonly history: readonly Transition[]
}

export const view = (state: string, rest: Partial<Omit<MachineView, 'state'>> = {}): MachineView => ({
  state,
  counters: {},
  facts: {},
  timers: {},
  history: [],
  ...rest,
})

/** Those of the timers that run. */
export function running(timers: Readonly<Record<string, Timer | undefined>>): Record<string, SimTime> {
  const due: Record<string, SimTime> = {}
  for (const [name, timer] of Object.entries(timers)) if (timer?.pending) due[name] = timer.due
  return due
}

/** Adds a transition to those that are remembered. */
export function remember(history: Transition[], transition: Transition): void {
  history.push(transition)
  if (history.length > REMEMBERED) history.shift()
}
