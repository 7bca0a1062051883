/** The walks that are taken, how far, and the least that they must come to. */
import { RFC_TIMERS } from '../../src/ppp/config.ts'
import { type Bounds, type Report, type Walkable, walk } from './walk.ts'
import { PppPair, PptpPair } from './walk-ends.ts'

export type Form = 'short' | 'deep'

interface Floor {
  readonly states: number
  readonly transitions: number
  /** Every state with so many faults has been looked into. */
  readonly complete: number
}

interface Walk {
  readonly what: string
  readonly make: () => Walkable
  readonly bounds: { readonly [F in Form]: Bounds }
  /** What it came to when it was written down: fewer means that something is no longer walked through. */
  readonly floor: { readonly [F in Form]: Floor }
}

const ANY = Number.POSITIVE_INFINITY
/** Two tries instead of ten, so that few faults are enough for a protocol to give up. */
const HASTY = { timers: { ...RFC_TIMERS, maxConfigure: 2, maxTerminate: 1 } }

export const WALKS: Readonly<Record<string, Walk>> = {
  ppp: {
    what: 'two PPP sessions, MS-CHAPv2 and MPPE required',
    make: () => new PppPair(),
    bounds: { short: { faults: 1, states: ANY }, deep: { faults: 2, states: ANY } },
    floor: {
      short: { states: 1_300, transitions: 2_000, complete: 1 },
      deep: { states: 30_000, transitions: 52_000, complete: 2 },
    },
  },
  'ppp-hasty': {
    what: 'the same with two tries instead of ten',
    make: () => new PppPair({ client: HASTY, server: HASTY }),
    bounds: { short: { faults: 1, states: ANY }, deep: { faults: 2, states: ANY } },
    floor: {
      short: { states: 1_300, transitions: 2_000, complete: 1 },
      deep: { states: 26_000, transitions: 45_000, complete: 2 },
    },
  },
  pptp: {
    what: 'PNS and PAC from the control connection on, with that PPP in the call',
    make: () => new PptpPair(),
    bounds: { short: { faults: 1, states: ANY }, deep: { faults: 2, states: 100_000 } },
    floor: {
      short: { states: 6_000, transitions: 10_000, complete: 1 },
      deep: { states: 100_000, transitions: 170_000, complete: 1 },
    },
  },
}

export const walkOf = (name: string, form: Form, bounds = WALKS[name].bounds[form]): Report =>
  walk(WALKS[name].make, bounds)

/** A sentence if there was less than there has to be. */
export function belowFloor(name: string, form: Form, { states, transitions, complete }: Report): string | undefined {
  const floor = WALKS[name].floor[form]
  if (states >= floor.states && transitions >= floor.transitions && complete >= floor.complete) return undefined
  return `BELOW THE FLOOR of ${floor.states} states, ${floor.transitions} transitions, all with ${floor.complete} faults`
}
