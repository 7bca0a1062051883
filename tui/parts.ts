/** What the program wants of a view: how it looks, and what the keys do that every view understands its own way. */
import type { Model, Size, Ui, View, ViewName } from './model.ts'

/** Keys that go to the view. */
export const OWN = [
  ...(['left', 'down', 'up', 'right', 'first', 'last', 'pageUp', 'pageDown', 'enter'] as const),
  ...(['previousOfFlow', 'nextOfFlow', 'fold', 'foldAll', 'cause', 'consequence', 'tunnelLadder'] as const),
] as const
export type Own = (typeof OWN)[number]

export interface Part {
  readonly render: View
  /** How many panes Tab goes through; `size` is the room that the view has. */
  panes(model: Model, size: Size): number
  press(model: Model, own: Own, size: Size): Ui
}
export type Parts = Readonly<Record<ViewName, Part>>
