/** What the fault tree is made of. */
import type { CauseName } from './causes.ts'
import type { QuestionName } from './questions.ts'

/** `certain`: it was seen happening. `likely`: what was seen fits nothing else that is common. `possible`: one of several. */
export type Sure = 'certain' | 'likely' | 'possible'

export interface Leaf {
  readonly cause: CauseName
  readonly sure: Sure
  /** Why so sure. */
  readonly because: string
  /** An end has said it in so many words: one vantage point is enough to be as sure. */
  readonly told?: true
}
/** `well`: there is nothing wrong. */
export type Next = QuestionName | Leaf | 'well'

export interface Branch {
  readonly ask: string
  readonly yes: Next
  readonly no: Next
  /** Where this cannot be seen; absent: as `no`, and less sure. */
  readonly unknown?: Next
}

export const leaf = (cause: CauseName, sure: Sure, because: string): Leaf => ({ cause, sure, because })
export const SAID = 'one of the ends says so itself'
export const told = (cause: CauseName, because = SAID): Leaf => ({ cause, sure: 'certain', because, told: true })

export const SEEN = 'the trace names the place where it is lost'
export const COUNTED = 'packets of both directions were counted at both ends'
export const LEFT_OVER = 'everything more common was ruled out'
