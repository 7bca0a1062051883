/** A time as it is typed: `5s`, `250ms`, a number of seconds, or the letter or the name of a mark. */
import { parseDuration } from '../src/index.ts'
import type { Pressed } from './effect.ts'
import type { Model } from './model.ts'

export function goToTime({ ui, scene }: Model, text: string): Pressed {
  const written = text.trim()
  const mark = ui.marks.find(({ letter, name }) => letter === written || name === written)
  const t = mark?.t ?? parseDuration(/^[\d.]+$/.test(written) ? `${written}s` : written)
  if (t === undefined) {
    return { ui: { ...ui, message: `"${written}" is no time: 5s, 250ms and 12.5 are, and marks.` } }
  }
  return { ui: { ...ui, running: false }, effect: { seek: Math.min(t, scene.stop) } }
}
