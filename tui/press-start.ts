/** The choice of a lab before the start: what a key does there. */
import type { Effect } from './effect.ts'
import { entryOf } from './keys.ts'
import { isMove, step } from './selection.ts'
import { labsShown, type Start, type StartChoice } from './views/start.ts'

export interface StartPressed {
  readonly start: Start
  /** It is opened. */
  readonly open?: StartChoice
  readonly effect?: Extract<Effect, 'quit' | 'interrupt' | 'redraw' | 'suspend'>
  /** The mouse is switched on or off. */
  readonly mouse?: true
}

export function pressStart(start: Start, key: string): StartPressed {
  const command = entryOf(key, start.typing ? 'typing' : 'start', 'net')?.command
  const shown = labsShown(start)
  const to = command !== undefined && isMove(command) ? step(command, start.chosen, shown.length) : undefined
  if (to !== undefined) return { start: { ...start, typing: false, chosen: start.typing ? start.chosen : to } }
  switch (command) {
    case 'filter':
      return { start: { ...start, typing: true } }
    case 'erase':
      return typed(start, start.filter.slice(0, -1))
    case 'cancel':
      return typed({ ...start, typing: false }, '')
    case 'accept': {
      if (start.typing) return { start: { ...start, typing: false } }
      const lab = shown[start.chosen]
      return lab ? { start, open: lab } : { start }
    }
    case 'escape':
      return typed(start, '')
    case 'mouse':
      return { start, mouse: true }
    case 'quit':
    case 'interrupt':
    case 'redraw':
    case 'suspend':
      return { start, effect: command }
    default:
      return start.typing && (key === 'Space' || key.length === 1)
        ? typed(start, start.filter + (key === 'Space' ? ' ' : key))
        : { start }
  }
}

const TYPED_AT_MOST = 60
const typed = (start: Start, text: string): StartPressed => ({
  start: { ...start, filter: text.slice(0, TYPED_AT_MOST), chosen: 0 },
})
