/** What a user looks at, for tests of views. */
import { type Recorder, sceneOf } from '../../src/index.ts'
import type { Model, Selection, Ui } from '../../tui/model.ts'
import { FIRST_UI } from '../../tui/press.ts'

/** As the program begins, but with everything chosen that a golden text should show. */
export const SELECTION: Selection = { ...FIRST_UI.selection, layer: 0 }
export const UI: Ui = { ...FIRST_UI, follow: false, selection: SELECTION, unfolded: new Set(['gre']) }

export const modelOf = (recorder: Recorder, ui: Partial<Ui> = {}, selection: Partial<Selection> = {}): Model => ({
  scene: sceneOf(recorder),
  recorder,
  explain: `pptp-lab explain ${recorder.run.simulation.lab.name}`,
  ui: { ...UI, ...ui, selection: { ...SELECTION, ...selection } },
})
