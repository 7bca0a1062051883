/** What goes to another time, or to another future. */
import { armed } from './breaks.ts'
import type { Told } from './deeds.ts'
import type { InTime } from './effect.ts'
import type { Files } from './files.ts'
import type { Looking } from './looking.ts'
import type { Model, StepUnit, Ui } from './model.ts'
import type { Hit } from './player.ts'
import { watchStep } from './stepped.ts'

/** What has come of it at once: `again` is a line that was not understood, to be mended. */
export interface Outcome {
  readonly told?: Told
  readonly again?: Ui['prompt']
  readonly hits?: readonly Hit[]
  /** What a step was. */
  readonly sentence?: string
}

/** `model` tells what is looked at, each time anew. */
export function goInTime({ session, ui }: Looking, files: Files, model: () => Model, effect: InTime): Outcome {
  if (typeof effect === 'object') {
    if ('seek' in effect) session.seek(effect.seek, armed(ui))
    else if ('choose' in effect) session.choose(effect.choose)
    else if ('act' in effect) return { told: session.act(effect.act), again: effect.again }
    else if ('seed' in effect) return { told: files.seed(session, effect.seed) }
    else return { told: 'forget' in effect ? session.forget(effect.forget) : session.cure(effect.cure) }
    return {}
  }
  switch (effect) {
    case 'step':
    case 'next':
      return stepped({ session, ui }, model, effect === 'step' ? ui.stepBy : 'interesting')
    case 'step-back':
    case 'previous':
      if (session.stepBack(effect === 'step-back' ? ui.stepBy : 'interesting')) return {}
      return { told: { ok: false, message: 'This is the beginning: nothing is before it.' } }
    case 'fork':
    case 'undo':
    case 'redo':
      return { told: session[effect]() }
    case 'reload':
      return { told: files.reload(session) }
  }
}

function stepped({ session, ui }: Looking, model: () => Model, unit: StepUnit): Outcome {
  session.look()
  const tell = watchStep(model(), unit)
  const hits = session.step(unit, armed(ui))
  session.look()
  return { hits, sentence: tell(model()) }
}
