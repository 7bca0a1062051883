/** A view with what is open over it: an answer, the help, a menu, an explanation, the tour. */
import { formOf, innerSize } from './frame.ts'
import { sentenceOfMenu, withMenu, withOffers } from './menus.ts'
import type { Model, Rendered, Size } from './model.ts'
import type { Parts } from './parts.ts'
import { type Line, line } from './text.ts'
import { withTour } from './tour.ts'
import { withExplanation } from './views/explain.ts'
import { help } from './views/help.ts'
import { why } from './views/why.ts'

/** A view that fails says so; the run and the other views go on. */
export function viewOf(model: Model, screen: Size, parts: Parts): Rendered {
  if (formOf(screen) === 'none') return { lines: [], sentence: '', keys: [] }
  const size = innerSize(screen)
  try {
    const { ui } = model
    const view = ui.why ? why(model, size) : ui.help ? help(model, size) : parts[ui.view].render(model, size)
    const sentence = sentenceOfMenu(model) ?? view.sentence
    return { ...view, sentence, lines: withTour(over(view.lines, model, size), model, size) }
  } catch (error) {
    const text = `This view failed: ${(error as Error).message}. The run is unharmed.`
    return { lines: [line(text)], sentence: 'The other views work.', keys: ['Esc back'] }
  }
}

/** What is open over a view. */
function over(lines: readonly Line[], model: Model, size: Size): readonly Line[] {
  if (model.ui.explained !== undefined) return withExplanation(lines, model, size)
  return withOffers(withMenu(lines, model, size), model, size)
}
