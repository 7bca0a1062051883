/** From one view to another, and back. */
import type { Ui, ViewName } from './model.ts'

/** Views that Esc can go back through. */
const HISTORY = 50

/** Another view, with the selection as it is; what was typed there is gone. */
export function goTo(ui: Ui, view: ViewName): Ui {
  if (view === ui.view) return ui
  return { ...ui, view, pane: 0, filter: '', history: [...ui.history, ui.view].slice(-HISTORY) }
}

/** Esc: first the filter goes, then one step out of what is deeper inside, then the view before comes back. */
export function back(ui: Ui): Ui {
  if (ui.filter !== '') return { ...ui, filter: '' }
  // The table of a machine is deeper inside than the machine.
  if (ui.view === 'tunnels' && ui.pane === 2) return { ...ui, pane: 1 }
  const view = ui.history.at(-1)
  return view === undefined ? { ...ui, pane: 0 } : { ...ui, view, pane: 0, history: ui.history.slice(0, -1) }
}
