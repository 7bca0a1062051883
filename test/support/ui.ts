/** What a user looks at, for tests of views. */
import { type Recorder, sceneOf } from '../../src/index.ts'
import type { Model, Selection, Ui } from '../../tui/model.ts'

export const SELECTION: Selection = {
  node: undefined,
  link: undefined,
  tunnel: undefined,
  layer: 0,
  journey: undefined,
  form: 0,
  field: [],
  event: 0,
  check: 0,
}

export const UI: Ui = {
  view: 'net',
  pane: 0,
  help: false,
  helpSearch: '',
  helpScroll: 0,
  running: false,
  speed: 1,
  auto: false,
  stepBy: 'event',
  lens: 'both',
  labels: 'names',
  follow: false,
  selection: SELECTION,
  filter: '',
  typing: false,
  unfolded: new Set(['gre']),
  history: [],
  theme: 'dark',
  ascii: false,
  mouse: false,
}

export const modelOf = (recorder: Recorder, ui: Partial<Ui> = {}, selection: Partial<Selection> = {}): Model => ({
  scene: sceneOf(recorder),
  recorder,
  ui: { ...UI, ...ui, selection: { ...SELECTION, ...selection } },
})
