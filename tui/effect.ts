/** What a key asks of the program besides a new state of the interface. */
import type { SimTime } from '../src/index.ts'
import type { CopyKind } from './copy.ts'
import type { ExportKind } from './export.ts'
import type { Ui } from './model.ts'

export type Effect =
  | 'step'
  | 'quit'
  | 'interrupt'
  | 'redraw'
  | 'suspend'
  /** The run goes on, or back, to a time. */
  | { readonly seek: SimTime }
  /** Something of what is selected goes to the clipboard. */
  | { readonly copy: CopyKind }
  /** Something is written into new files. */
  | { readonly export: ExportKind }

export interface Pressed {
  readonly ui: Ui
  readonly effect?: Effect
}
