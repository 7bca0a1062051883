/**
 * The tour of the first start: a few steps over the live lab. Each says one thing and waits for the key that it teaches; the
 * key does what it always does. Esc skips the rest.
 *
 * A question of the lab is asked at its moment, as without a tour: the tour steps aside until it is answered.
 */
import { isSmall, wrap } from './draw.ts'
import type { Pressed } from './effect.ts'
import { type Command, type Mode, shown } from './keys.ts'
import { popUp } from './menus.ts'
import type { Model, Size, Ui, ViewName } from './model.ts'
import { type Line, line, span } from './text.ts'

interface TourStep {
  /** `{Space}` stands for a key. */
  readonly text: string
  /** What is waited for. */
  readonly command: Command
}

export const TOUR: readonly TourStep[] = [
  {
    text: 'These are machines and the cables between them. The time of the lab stands still: {Space} lets it run.',
    command: 'run',
  },
  {
    text: 'Letters with an arrow are packets on their way. {Space} again stops everything, at any moment.',
    command: 'run',
  },
  {
    text: '{.} takes one single step: to the next thing that happens. {+} and {-} make the time run faster or slower.',
    command: 'step',
  },
  {
    text: 'The numbers above are views of the same moment. {2} shows how far the tunnel is, layer by layer.',
    command: 'view-tunnels',
  },
  {
    text: '{3} shows every packet that was sent, with its layers and octets.',
    command: 'view-packets',
  },
  {
    text: '{e} explains what is selected: a field, a state, a word, with the RFC that says so. {j} and {k} choose another packet.',
    command: 'explain',
  },
  {
    text: '{Esc} closes a box, and goes back. Where a packet was dropped, {w} tells why. {t} goes to any time, back as well: press it, type 0.2, and then {Enter}.',
    command: 'go',
  },
  {
    text: '{?} has all the keys that work where you are. That was all: look around.',
    command: 'help',
  },
]

/** What a key has come to while the tour is on: `command` is what it means, in `mode`. */
export function toured(before: Ui, mode: Mode, command: Command | undefined, after: Pressed): Pressed {
  const { tour } = before
  if (tour === undefined) return after
  if (mode === 'view' && command === 'escape') return { ui: without(before, 'The tour is skipped; ? has all keys.') }
  if (command !== TOUR[tour]?.command) return after
  if (tour + 1 < TOUR.length) return { ...after, ui: { ...after.ui, tour: tour + 1 } }
  return { ...after, ui: without(after.ui, after.ui.message) }
}

function without(ui: Ui, message: string): Ui {
  const { tour: _, ...rest } = ui
  return { ...rest, message }
}

const WIDTH = 60
/** In a corner it leaves the other half of the last pane free. */
const HALF = 36
/** Where the box hides what no step speaks of: facts of a machine, octets. */
const CORNERS: Partial<Record<ViewName, 'left' | 'right'>> = { dash: 'left', net: 'left', packets: 'right' }

/** The lines of a view with the step at the bottom of them. */
export function withTour(lines: readonly Line[], { ui }: Model, size: Size): readonly Line[] {
  const step = ui.tour === undefined ? undefined : TOUR[ui.tour]
  if (!step || ui.tour === undefined || ui.asking) return lines
  const corner = isSmall(size) ? undefined : CORNERS[ui.view]
  const inside = wrap(step.text, Math.max(10, Math.min(corner ? HALF : WIDTH, size.columns - 6))).map(words =>
    line(' ', ...words.split(/(\{[^}]+\})/).map(keyOrText), ' '),
  )
  return popUp(lines, `tour ${ui.tour + 1} of ${TOUR.length}`, inside, 'Esc skips it', size, corner ?? 'bottom')
}

const keyOrText = (part: string) =>
  part.startsWith('{') ? span(shown(part.slice(1, -1)), undefined, { bold: true, underline: true }) : span(part)
