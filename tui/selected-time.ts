/** The time of what is selected: where `t` goes when nothing is typed. */
import { earliest, type SimTime } from '../src/index.ts'
import { type Model, selectedJourney } from './model.ts'
import { stopsOf } from './stops.ts'
import { chosenEvent } from './views/events.ts'

export interface SelectedTime {
  readonly t: SimTime
  /** `packet 40` */
  readonly what: string
}

export function selectedTime(model: Model): SelectedTime | undefined {
  const { ui, scene } = model
  switch (ui.view) {
    case 'packets': {
      const journey = selectedJourney(model)
      return journey && { t: journey.t, what: `packet ${journey.no}` }
    }
    case 'events': {
      const event = chosenEvent(model)
      return event && { t: event.t, what: `${event.event} at ${event.node}` }
    }
    case 'checks': {
      const check = scene.checks[ui.selection.check]
      return check?.verdict && { t: check.verdict.t, what: `check ${check.name}` }
    }
    case 'time':
      return inTime(model)
    default:
      return undefined
  }
}

/** In 8 Time: of the pane that has the keys. */
function inTime(model: Model): SelectedTime | undefined {
  const { ui, futures } = model
  if (!futures) return undefined
  switch (ui.pane) {
    case 1: {
      const { result } = futures.comparison ?? {}
      const row = result?.rows[result.differing[ui.selection.difference]]
      return row && { t: earliest(row), what: 'where they differ' }
    }
    case 2: {
      const stop = stopsOf(ui)[ui.selection.stop]
      return stop?.t === undefined ? undefined : { t: stop.t, what: stop.name }
    }
    default: {
      const future = futures.list.find(({ name }) => name === ui.selection.future) ?? futures.current
      return future.from && { t: future.from.t, what: `where ${future.name} begins` }
    }
  }
}
