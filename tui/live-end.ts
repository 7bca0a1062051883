/**
 * From the live end of a run that goes by itself to a copy of what has been, and back. The live end cannot be stopped or
 * stepped: who pauses or goes elsewhere gets a copy.
 */
import type { SimTime } from '../src/index.ts'
import { type Effect, STEPS } from './effect.ts'
import type { LiveView } from './live.ts'
import type { Looking } from './looking.ts'
import type { Ui } from './model.ts'

/** What a key has come to; `done`: nothing is left of it to do. */
export interface AtLiveEnd extends Looking {
  readonly done: boolean
}

/** A key has made `looking.ui` of `before`, and wants `effect` besides. */
export function atLiveEnd(live: LiveView, looking: Looking, before: Ui, effect: Effect | undefined): AtLiveEnd {
  const { session } = looking
  if (session !== live.face) return { ...looking, done: false }
  const { now } = live.run.run
  const seek = typeof effect === 'object' && 'seek' in effect ? effect.seek : STEPS.has(effect) ? now : undefined
  const pauses = before.running && !looking.ui.running
  const ui = atItsSpeed(looking.ui, before)
  if (seek === undefined && !pauses) return { session, ui, done: false }
  if (seek !== undefined && seek >= now && before.running && !STEPS.has(effect)) {
    const message = 'That is still to come: a live run goes with the clock.'
    return { session, ui: { ...ui, running: true, message }, done: true }
  }
  return { ...detached(live, { session, ui }, seek ?? now), done: true }
}

function atItsSpeed(ui: Ui, { speed, auto }: Ui): Ui {
  if (ui.speed === speed && ui.auto === auto) return ui
  const message = 'A live run goes with the clock: other speeds are for looking back (Space).'
  return { ...ui, speed, auto, message }
}

function detached(live: LiveView, { session, ui }: Looking, t: SimTime): Looking {
  const known = live.run.known < Math.min(t, live.run.run.now)
  const message = known ? 'More has come in since than is kept to look back: this is the last moment of it.' : ''
  live.detach(t)
  return towardsCopy(live, { session, ui: { ...ui, running: !live.over, message } }, message)
}

/** A slice of making the copy that is wanted; once it is made it is what is looked at. */
export function towardsCopy(live: LiveView, { session, ui }: Looking, message: string): Looking {
  const copy = live.advance()
  if (copy) return { session: copy, ui: { ...ui, running: false, message } }
  const share = Math.floor(100 * (live.progress ?? 0))
  return { session, ui: { ...ui, message: `Going back: ${share} % of the run is made again. V stays live.` } }
}

/** Back to the live end. */
export function attached(live: LiveView | undefined, { session, ui }: Looking, message = ''): Looking {
  if (!live) {
    return { session, ui: { ...ui, message: 'Nothing here is live: a bridged run is (pptp-lab tui --bridge LAB).' } }
  }
  live.stay()
  return {
    session: live.face,
    ui: { ...ui, running: !live.over, speed: 1, auto: false, broke: undefined, message },
  }
}
