/**
 * What a lab says of its run, questions and checks, and what of it no longer holds when something else is done in it.
 *
 * A question stays if its check has its verdict before anything is different: then nothing can have changed what is right.
 * Every other goes, also one without a check, of which nobody knows when its answer shows. A check goes if the lab as it
 * is written keeps it and the changed one does not; so both are run.
 */
import type { SimTime } from '../base/time.ts'
import { latestOf, questionsOf } from './ask.ts'
import type { Action, Lab } from './lab.ts'
import { Run } from './run.ts'

export interface Outdated {
  /** Indices into the questions of the lab. */
  readonly questions: ReadonlySet<number>
  /** Names. */
  readonly checks: ReadonlySet<string>
}

/** Longer runs are not run to their end: what a check wants later is kept. */
const MOST_EVENTS = 1_000_000

export const NOTHING: Outdated = { questions: new Set(), checks: new Set() }

/** `written`: the lab as its file has it. */
export function outdatedIn(lab: Lab, written: Lab): Outdated {
  const from = changedFrom(written, lab)
  if (from === undefined) return NOTHING
  const gone = questionsOf(lab).filter(({ until }) => until >= from)
  return {
    questions: new Set(gone.map(({ question }) => lab.questions.indexOf(question))),
    checks: lab.checks.some(check => latestOf(check) >= from) ? broken(lab, written) : NOTHING.checks,
  }
}

function broken(lab: Lab, written: Lab): Set<string> {
  const kept = verdictsOf(written, 'passed')
  return new Set([...verdictsOf(lab, 'failed')].filter(name => kept.has(name)))
}

function verdictsOf(lab: Lab, wanted: 'passed' | 'failed'): Set<string> {
  const run = new Run(lab, { fingerprint: false })
  run.advance(MOST_EVENTS)
  return new Set(run.standing.filter(({ state }) => state === wanted).map(({ name }) => name))
}

/** The first moment at which the run of one can differ from that of the other; undefined: never. Random numbers are none of this. */
function changedFrom(a: Lab, b: Lab): SimTime | undefined {
  if (image(machinesOf(a)) !== image(machinesOf(b))) return 0
  const moments = [...missing(a, b), ...missing(b, a)].map(({ at }) => at)
  return moments.length === 0 ? undefined : Math.min(...moments)
}

const machinesOf = ({ nodes, links, services, stop }: Lab) => ({ nodes, links, services, stop })

/** Actions of one that are not in the other. A note does nothing. */
function missing(lab: Lab, other: Lab): Action[] {
  const there = other.events.map(image)
  return lab.events.filter(action => {
    const at = there.indexOf(image(action))
    if (at >= 0) there.splice(at, 1)
    return at < 0 && action.verb !== 'note'
  })
}

/** As one text, to compare it with another. */
export const image = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (inner instanceof Map ? [...inner] : inner))
