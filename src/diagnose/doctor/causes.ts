/** Everything that the doctor may name as the cause of a failure: a closed list, with what it means and what cures it. */
import { END_CAUSES } from './causes-ends.ts'
import { PATH_CAUSES } from './causes-path.ts'

export interface Cause {
  /** Of several faults the one with the lowest number is the root, as far as one can say: what is below comes first. */
  readonly rank: number
  /** A clause. */
  readonly title: string
  readonly means: string
  readonly cure: string
  /** How to tell it from others: where to capture, and what is seen there. */
  readonly tell: string
  /** The shipped lab that shows it. */
  readonly lab?: string | undefined
}

export const CAUSES = { ...PATH_CAUSES, ...END_CAUSES } as const satisfies Readonly<Record<string, Cause>>
export type CauseName = keyof typeof CAUSES

export const causeOf = (name: CauseName): Cause => CAUSES[name]
