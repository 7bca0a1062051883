/** Breakpoints and marks, in one list: places where a run stops, or to which one comes back. */
import type { SimTime } from '../src/index.ts'
import type { Break, TimeMark, Ui } from './model.ts'

export interface TimeStop {
  /** `b1`, `'a` */
  readonly name: string
  /** Of a breakpoint: when it was hit last. */
  readonly t: SimTime | undefined
  readonly mark?: TimeMark
  readonly breakpoint?: Break
}

export const stopsOf = ({ breaks, marks }: Ui): TimeStop[] => [
  ...breaks.map(each => ({ name: `b${each.no}`, t: each.last, breakpoint: each })),
  ...marks.map(mark => ({ name: `'${mark.letter}`, t: mark.t, mark })),
]
