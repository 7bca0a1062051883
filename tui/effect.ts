/** What a key asks of the program besides a new state of the interface. */
import type { SimTime } from '../src/index.ts'
import type { Ui } from './model.ts'

export type Effect =
  | 'step'
  | 'quit'
  | 'interrupt'
  | 'redraw'
  | 'suspend'
  /** Back to the live end of a run that goes by itself. */
  | 'live'
  /** The run goes on, or back, to a time. */
  | { readonly seek: SimTime }

export interface Pressed {
  readonly ui: Ui
  readonly effect?: Effect
}
