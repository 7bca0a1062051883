/** What is looked at, and what the views are told of it. */
import type { Scene } from '../src/index.ts'
import type { Captured } from './captured.ts'
import type { FutureName } from './future.ts'
import type { LiveView } from './live.ts'
import type { Model, Ui } from './model.ts'
import type { Session } from './session.ts'
import { dropAskedFor } from './views/why.ts'

export interface Looking {
  readonly session: Session
  readonly ui: Ui
}

/** Something is always selected: the first who will dial, or the first machine; of a capture its first frame. */
export function firstLook({ session: { scene, source }, ui }: Looking): Ui {
  const [tunnel] = scene.tunnels
  const selection = { ...ui.selection, node: tunnel?.client ?? scene.nodes[0]?.name, tunnel: tunnel?.no }
  if (!source.capture) return { ...ui, selection }
  return { ...ui, view: 'packets', follow: false, selection: { ...selection, journey: 1 } }
}

/** Whoever has come from one future to another has that chosen in 8 Time. */
export function inFuture({ session: { current }, ui }: Looking, before: FutureName): Ui {
  if (current.name === before) return ui
  return { ...ui, selection: { ...ui.selection, future: current.name, difference: 0 } }
}

/** Where the run stands, for a message about a fault. */
export function placeOf(scene: Scene | undefined): string {
  if (!scene) return 'no lab is open'
  const { lab, t } = scene
  return `lab ${lab.name}, seed ${lab.seed}, at ${(t / 1e9).toFixed(9)} s`
}

/** `live`: the run that goes by itself, of which the session is the live end or a copy. */
export function modelOf({ session, ui }: Looking, live: LiveView | undefined, capture: Captured | undefined): Model {
  const { scene, recorder, archive, explain, deeds, futures, current, travel } = session
  const { fixed } = session.source
  const comparison = ui.view === 'time' && !ui.running ? session.compare(ui.selection.future) : undefined
  const known = { list: futures, current, comparison, travel }
  const can = { ...(deeds ? { deeds } : {}), ...(fixed === undefined ? {} : { fixed }) }
  const seen = { scene, recorder, archive, ui, explain, futures: known, ...can }
  if (capture) return { ...seen, capture }
  if (live) return { ...seen, live: { behind: live.behind(session), over: live.over } }
  return withCures(session, seen)
}

function withCures(session: Session, model: Model): Model {
  const { ui } = model
  const drop = ui.why ? dropAskedFor(model) : undefined
  const cures = drop && session.curesFor(drop)
  return cures ? { ...model, cures } : model
}
