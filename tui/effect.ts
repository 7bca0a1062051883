/** What a key asks of the program besides a new state of the interface. */
import type { SimTime } from '../src/index.ts'
import type { CopyKind } from './copy.ts'
import type { Deed } from './deeds.ts'
import type { ExportKind } from './export.ts'
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
  /** Back to the live end of a run that goes by itself. */
  | 'live'
  /** The run goes on, or back, to a time. */
  | { readonly seek: SimTime }
  /** Something of what is selected goes to the clipboard. */
  | { readonly copy: CopyKind }
  /** Something is written into new files. */
  | { readonly export: ExportKind }
  /** A breakpoint is set, or one becomes another. */
  | { readonly breakpoint: string; readonly no?: number }
  | { readonly choose: FutureName }
  | { readonly forget: FutureName }
  /** The cure of that number is tried in a future of its own. */
  | { readonly cure: number }
  /** Something is done in the run; `again` is the line that asked for it, if one did, to be mended. */
  | { readonly act: readonly Deed[]; readonly again?: NonNullable<Ui['prompt']> }
  /** The lab with all that was done goes into a file. */
  | { readonly save: string; readonly replace: boolean }
  /** The file of the lab is read again. */
  | 'reload'
  | { readonly seed: number }

export interface Pressed {
  readonly ui: Ui
  readonly effect?: Effect
}

/** What is no matter of the run. */
export type Outside = 'quit' | 'interrupt' | 'redraw' | 'suspend'
const OUTSIDE: ReadonlySet<unknown> = new Set<Outside>(['quit', 'interrupt', 'redraw', 'suspend'])
export const isOutside = (effect: Effect): effect is Outside => OUTSIDE.has(effect)

/** Effects that go on or back by steps. */
export const STEPS: ReadonlySet<Effect | undefined> = new Set(['step', 'step-back', 'next', 'previous'])

/** What goes to another time, or to another future. */
export type InTime = Exclude<
  Effect,
  | Outside
  | 'live'
  | { readonly breakpoint: string }
  | { readonly save: string }
  | { readonly copy: CopyKind }
  | { readonly export: ExportKind }
>
