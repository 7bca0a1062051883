/** Lines that are typed at the bottom of the screen: what stands in front of each, and what Enter does with it. */
import { commandPrompt } from './commands.ts'
import type { Pressed } from './effect.ts'
import type { Model, PromptKind, Ui } from './model.ts'
import { goToTime } from './moments.ts'
import { valuePrompt } from './values.ts'

export interface Prompt {
  /** In front of what is typed. */
  readonly label: string
  /** The same where it says what the line is about. */
  labelOf?(model: Model, about: string): string
  /** Keys that work while it is typed: `Enter go`. */
  readonly keys: readonly string[]
  /** `model.ui` has no prompt any more. */
  accept(model: Model, text: string, about: string): Pressed
  /** Tab. */
  complete?(model: Model, text: string): Ui
}

export const PROMPTS: Readonly<Record<PromptKind, Prompt>> = {
  go: { label: 'go to', keys: ['Enter go', 'Esc stay'], accept: goToTime },
  command: commandPrompt,
  value: valuePrompt,
}
