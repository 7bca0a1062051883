/** Lines of time: one for each future, with what was done, tunnels that came up, and drops. */
import type { Landmark, Scene } from '../../src/index.ts'
import { Canvas } from '../canvas.ts'
import type { Future } from '../future.ts'
import type { Ui } from '../model.ts'
import type { Line, Role } from '../text.ts'

/** Columns in front of a rail: `► A `. */
export const BEFORE = 3
export const LEGEND = "● action  √ tunnel up  × drop  n yours  'a mark  b1 break  ■ now"

const cellOf = (t: number, stop: number, width: number): number =>
  stop > 0 ? Math.min(width - 1, Math.floor(((width - 1) * t) / stop)) : 0

const SIGNS: Readonly<Record<Landmark['kind'], readonly [sign: string, role: Role | undefined]>> = {
  drop: ['×', 'bad'],
  up: ['√', 'ok'],
  action: ['●', undefined],
}
/** What finds its cell taken stands in the next one, if that is free. */
const ORDER = ['action', 'up', 'drop'] as const

/** `├●√────────●×──■···      │`: what is known of it; a fork begins where it parted. */
export function railOf(future: Future, { t, stop }: Scene, width: number, isCurrent: boolean): Line {
  const { course, from, done } = future
  const cell = (at: number): number => 1 + cellOf(at, stop, width - 2)
  const canvas = new Canvas(width, 1)
  const start = from ? cell(from.t) : 0
  const reached = cell(course.reached.t)
  const now = Math.min(cell(t), reached)
  canvas.text(width - 1, 0, '│', 'muted')
  canvas.text(start, 0, '─'.repeat(Math.max(0, now - start + 1)), 'muted')
  canvas.text(now + 1, 0, '·'.repeat(Math.max(0, reached - now)), 'muted')
  canvas.text(start, 0, from ? '└' : '├', 'muted')
  const known = course.landmarks.filter(landmark => landmark.t >= (from?.t ?? 0))
  for (const each of done) {
    const x = cell(each.t)
    if (each.t >= (from?.t ?? 0)) canvas.text(canvas.at(x, 0) === '└' ? x + 1 : x, 0, 'n', 'warn')
  }
  for (const kind of ORDER) {
    const [sign, role] = SIGNS[kind]
    for (const landmark of known) {
      if (landmark.kind !== kind) continue
      const x = cell(landmark.t)
      const at = [x, x + 1].find(free => '─· '.includes(canvas.at(free, 0)))
      // What is to come is known, and muted.
      if (at !== undefined && canvas.at(x, 0) !== sign) canvas.text(at, 0, sign, landmark.t > t ? 'muted' : role)
    }
  }
  canvas.text(now, 0, '■', undefined, { bold: isCurrent })
  return canvas.lines()[0]
}

/** `0   10   20    of 80 s` */
export function scaleLine(stop: number, width: number): Line {
  const room = width - BEFORE - 1
  const end = `of ${Number((stop / 1e9).toFixed(3))} s`
  const canvas = new Canvas(width, 1)
  const step = stepOf(stop / 1e9, Math.max(1, Math.floor(room / 13)))
  for (let at = 0; at < stop / 1e9; at += step) {
    const x = BEFORE + 1 + cellOf(at * 1e9, stop, room - 2)
    const text = String(Number(at.toFixed(3)))
    if (canvas.free(x, 0, text.length) && x + text.length + 2 < width - end.length) canvas.text(x, 0, text, 'muted')
  }
  canvas.text(width - end.length - 1, 0, end, 'muted')
  return canvas.lines()[0]
}

/** A round number of seconds for at most so many steps. */
function stepOf(length: number, most: number): number {
  for (let unit = 0.001; ; unit *= 10) {
    for (const factor of [1, 2, 5]) if (length / (unit * factor) <= most) return unit * factor
  }
}

/** Where marks are, and where breakpoints were hit last; undefined: there are none. */
export function marksLine({ marks, breaks }: Ui, stop: number, room: number): Line | undefined {
  const all = [
    ...marks.map(({ letter, t }) => ({ text: `'${letter}`, t })),
    ...breaks.flatMap(({ no, last }) => (last === undefined ? [] : [{ text: `b${no}`, t: last }])),
  ]
  if (all.length === 0) return undefined
  const canvas = new Canvas(BEFORE + room, 1)
  for (const { text, t } of all) {
    const x = BEFORE + 1 + cellOf(t, stop, room - 2)
    if (canvas.free(x, 0, text.length)) canvas.text(x, 0, text)
  }
  return canvas.lines()[0]
}
