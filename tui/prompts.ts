/** Lines that are typed at the bottom of the screen: what stands in front of each, and what Enter does with it. */
import { commandPrompt } from './commands.ts'
import type { Pressed } from './effect.ts'
import type { Model, PromptKind, Ui } from './model.ts'
import { goToTime } from './moments.ts'
import { selectedTime } from './selected-time.ts'
import { valuePrompt } from './values.ts'
import { seconds } from './words.ts'

export interface Prompt {
  /** In front of what is typed. */
  readonly label: string
  /** The same where it says what the line is about. */
  labelOf?(model: Model, about: string): string
  /** Keys that work while it is typed: `Enter go`. */
  readonly keys: readonly string[]
  /** `model.ui` has no prompt any more. */
  accept(model: Model, text: string, about: string): Pressed
  /** What Enter does when nothing is typed, and how that is told; without it nothing. */
  nothing?(model: Model): { readonly hint: string; readonly pressed: Pressed }
  /** Tab. */
  complete?(model: Model, text: string): Ui
}

export const PROMPTS: Readonly<Record<PromptKind, Prompt>> = {
  go: { label: 'go to', keys: ['Enter go', 'Esc stay'], accept: goToTime, nothing: goToSelected },
  mark: { label: 'name of the mark', keys: ['Enter keep', 'Esc as it was'], accept: nameMark },
  breakpoint: {
    label: 'stop at',
    keys: ['Enter set', 'Esc leave'],
    accept: ({ ui }, text, about) => ({
      ui,
      effect: about === '' ? { breakpoint: text } : { breakpoint: text, no: Number(about) },
    }),
  },
  command: commandPrompt,
  value: valuePrompt,
}

/** Nothing is typed: to the time of what is selected. */
function goToSelected(model: Model): { readonly hint: string; readonly pressed: Pressed } {
  const { ui } = model
  const selected = selectedTime(model)
  if (!selected) {
    return {
      hint: '',
      pressed: { ui: { ...ui, message: 'Nothing is selected that has a time. t 5s goes to a time.' } },
    }
  }
  const pressed: Pressed = { ui: { ...ui, running: false }, effect: { seek: selected.t } }
  return { hint: `${seconds(selected.t)} s, ${selected.what}`, pressed }
}

/** The mark that was set last. */
function nameMark({ ui }: Model, text: string): Pressed {
  const marks = ui.marks.map((mark, i) => (i === ui.marks.length - 1 ? { ...mark, name: text.trim() } : mark))
  const last = marks.at(-1)
  const message = last ? `Mark ${last.letter} is "${last.name}"; t ${last.letter} goes there.` : ''
  return { ui: { ...ui, marks, message } }
}
