/** The mouse in the choice of a lab before the start: which keys do what it means. */
import type { Size } from './model.ts'
import type { MouseEvent } from './mouse.ts'
import { plainText } from './text.ts'
import { type Start, startScreen } from './views/start.ts'

/** `again`: the same place was clicked just before. */
export function mousedAtStart(start: Start, { action, row }: MouseEvent, size: Size, again: boolean): string[] {
  if (action !== 'click') return [action === 'wheel-up' ? 'Up' : 'Down']
  const texts = startScreen(start, size).map(plainText)
  const from = texts.findIndex(text => text.startsWith('►'))
  // The list ends with the empty line behind it.
  const end = texts.findIndex((text, at) => at > from && text.trim() === '')
  if (from < 0 || row < 2 || row >= end) return []
  if (row === from || again) return ['Enter']
  return Array.from({ length: Math.abs(row - from) }, () => (row > from ? 'Down' : 'Up'))
}
