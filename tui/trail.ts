/**
 * Which moment is a step before another. As many steps back as were taken on lead to the same moment, wherever the clock
 * stood between two events; what was never taken on is found in the course of the run.
 */
import type { Course, Moment, Stop } from '../src/index.ts'
import type { StepUnit } from './model.ts'

/** Steps that can be taken back one for one. */
const REMEMBERED = 1000
const BEGINNING: Stop = { t: 0, steps: 0 }

const isSame = (a: Stop, b: Stop): boolean => a.t === b.t && a.steps === b.steps

export class Trail {
  #steps: readonly { readonly unit: StepUnit; readonly from: Stop; readonly to: Stop }[] = []

  /** The run has gone elsewhere, and not by steps. */
  forget(): void {
    this.#steps = []
  }

  taken(unit: StepUnit, from: Stop, to: Stop): void {
    if (!isSame(from, to)) this.#steps = [...this.#steps.slice(1 - REMEMBERED), { unit, from, to }]
  }

  /** Undefined: this is the beginning. */
  back(unit: StepUnit, here: Stop, course: Course): Moment | undefined {
    const last = this.#steps.at(-1)
    if (last?.unit === unit && isSame(last.to, here)) {
      this.#steps = this.#steps.slice(0, -1)
      return last.from
    }
    this.#steps = []
    return isSame(here, BEGINNING) ? undefined : (before(unit, here, course) ?? BEGINNING)
  }
}

function before(unit: StepUnit, here: Stop, course: Course): Moment | undefined {
  switch (unit) {
    case 'event':
      return course.stepBefore(here)
    case 'packet':
    case 'interesting':
      return course.before(unit, here)
    case '1 ms':
      return here.t <= 1e6 ? undefined : { t: here.t - 1e6 }
  }
}
