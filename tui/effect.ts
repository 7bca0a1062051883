/** What a key asks of the program besides a new state of the interface. */
import type { SimTime } from '../src/index.ts'
import type { FutureName } from './future.ts'
import type { Ui } from './model.ts'

export type Effect =
  | 'step'
  | 'step-back'
  /** To the next or the previous interesting thing. */
  | 'next'
  | 'previous'
  /** Another future begins here. */
  | 'fork'
  | 'undo'
  | 'redo'
  | 'quit'
  | 'interrupt'
  | 'redraw'
  | 'suspend'
  /** The run goes on, or back, to a time. */
  | { readonly seek: SimTime }
  /** A breakpoint is set, or one becomes another. */
  | { readonly breakpoint: string; readonly no?: number }
  | { readonly choose: FutureName }
  | { readonly forget: FutureName }
  /** The cure of that number is tried in a future of its own. */
  | { readonly cure: number }

export interface Pressed {
  readonly ui: Ui
  readonly effect?: Effect
}
