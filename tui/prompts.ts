/** Lines that are typed at the bottom of the screen: what stands in front of each, and what Enter does with it. */
import { parseDuration } from '../src/index.ts'
import type { Pressed } from './effect.ts'
import type { Model, PromptKind } from './model.ts'

export interface Prompt {
  /** In front of what is typed. */
  readonly label: string
  /** Keys that work while it is typed: `Enter go`. */
  readonly keys: readonly string[]
  /** `model.ui` has no prompt any more. */
  accept(model: Model, text: string): Pressed
}

export const PROMPTS: Readonly<Record<PromptKind, Prompt>> = {
  go: { label: 'go to', keys: ['Enter go', 'Esc stay'], accept: goToTime },
}

/** `5s`, `250ms`, or a number of seconds. */
function goToTime({ ui, scene }: Model, text: string): Pressed {
  const written = text.trim()
  const t = parseDuration(/^[\d.]+$/.test(written) ? `${written}s` : written)
  if (t === undefined) {
    return { ui: { ...ui, message: `"${written}" is no time: 5s, 250ms and 12.5 are.` } }
  }
  return { ui: { ...ui, running: false }, effect: { seek: Math.min(t, scene.stop) } }
}
