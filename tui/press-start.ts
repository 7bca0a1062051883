/** The choice of a lab before the start: what a key does there. */
import type { Effect } from './effect.ts'
import { entryOf } from './keys.ts'
import { PAGE } from './selection.ts'
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
  const choose = (to: number): StartPressed => ({
    start: { ...start, chosen: Math.max(0, Math.min(shown.length - 1, to)) },
  })
  switch (command) {
    case 'down':
      return choose(start.chosen + 1)
    case 'up':
      return choose(start.chosen - 1)
    case 'first':
      return choose(0)
    case 'last':
      return choose(shown.length - 1)
    case 'pageUp':
      return choose(start.chosen - PAGE)
    case 'pageDown':
      return choose(start.chosen + PAGE)
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
      return start.filter === '' ? { start, effect: 'quit' } : typed(start, '')
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
