/**
 * The mouse: a click selects what is under it, a second one opens it, the wheel walks through the pane that it is over. A
 * click on the name of a view goes to it, one on the timeline to that time. It does nothing that keys cannot do, and is
 * carried out by them: a click on a row is as many steps from the row with the marker as there are rows between them.
 */
import type { Pressed } from './effect.ts'
import { formOf, innerSize, tabAt, timeAt } from './frame.ts'
import { goTo } from './go.ts'
import type { Model, Size, Ui } from './model.ts'
import type { Parts } from './parts.ts'
import { modeOf, press } from './press.ts'
import type { ScreenEvent } from './screen.ts'
import { type Line, plainText } from './text.ts'
import { paneAt as dashPaneAt, focused } from './views/dash.ts'
import { spotAt } from './views/net.ts'

export type MouseEvent = Extract<ScreenEvent, { type: 'mouse' }>

/** Cells of a view, both ends included. */
export interface Region {
  readonly pane: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** `view`: the lines of the view as they are drawn; `again`: the same place was clicked just before. */
export function moused(
  model: Model,
  { action, column, row }: MouseEvent,
  screen: Size,
  parts: Parts,
  view: readonly Line[],
  again: boolean,
): Pressed {
  const { ui } = model
  const mode = modeOf(ui)
  const key = (name: string, before: Ui = ui): Pressed => press({ ...model, ui: before }, name, screen, parts)
  const form = formOf(screen)
  if (form === 'none' || mode === 'typing' || mode === 'prompt') return { ui }
  const at = form === 'full' ? { x: column - 1, y: row - 2 } : { x: column, y: row - 2 }
  const wheel = action === 'wheel-up' ? 'Up' : action === 'wheel-down' ? 'Down' : undefined
  if (mode !== 'view') {
    if (wheel) return key(wheel)
    return mode === 'menu' ? onRow(model, at, boxOf(view), view, again, key) : { ui }
  }
  if (row === 0 && !wheel) {
    const t = timeAt(model, column, screen)
    return t === undefined ? { ui } : { ui: { ...ui, running: false }, effect: { seek: t } }
  }
  if (row === 1 && !wheel) {
    const name = tabAt(ui.view, column, screen)
    return { ui: name === undefined ? ui : goTo(ui, name) }
  }
  const size = innerSize(screen)
  const region = regionAt(model, at, size, parts)
  if (!region) return { ui }
  const there = { ...ui, pane: region.pane }
  if (wheel) return key(wheel, there)
  const here = { ...model, ui: there }
  const seen = ui.view === 'dash' ? focused(here) : here
  if (seen.ui.view === 'net') return inNet(here, { x: at.x - region.left, y: at.y - region.top }, region, again, key)
  return onRow(here, at, region, view, again && ui.pane === region.pane, key)
}

interface At {
  readonly x: number
  readonly y: number
}
type Key = (name: string, before?: Ui) => Pressed

function inNet(model: Model, { x, y }: At, region: Region, again: boolean, key: Key): Pressed {
  const size = { columns: region.right - region.left + 1, rows: region.bottom - region.top + 1 }
  const selection = spotAt(model, x, y, size)
  if (!selection) return { ui: model.ui }
  const { node, link, tunnel } = model.ui.selection
  const same = selection.node === node && selection.link === link && selection.tunnel === tunnel
  return same || again ? key('Enter', { ...model.ui, selection }) : { ui: { ...model.ui, selection } }
}

/** The row under the mouse becomes that with the marker; where it is already, it is opened. */
function onRow(model: Model, { x, y }: At, region: Region, view: readonly Line[], again: boolean, key: Key): Pressed {
  const { ui } = model
  if (x < region.left || x > region.right || y < region.top || y > region.bottom) return { ui }
  const marked = (row: number): boolean => plainText(view[row] ?? [])[region.left] === '►'
  let from = region.top
  while (from <= region.bottom && !marked(from)) from++
  if (from > region.bottom) return { ui }
  if (from === y || again) return key('Enter', ui)
  let now = ui
  for (let i = 0; i < Math.abs(y - from); i++) now = key(y > from ? 'Down' : 'Up', now).ui
  return { ui: now }
}

/** The inside of the box that is open over a view: of the frame around a marker. */
function boxOf(view: readonly Line[]): Region {
  const texts = view.map(plainText)
  for (const [row, text] of texts.entries()) {
    const left = text.indexOf('│►')
    if (left < 0) continue
    let top = row
    while (top > 0 && texts[top][left] === '│') top--
    let bottom = row
    while (bottom < texts.length - 1 && texts[bottom][left] === '│') bottom++
    const right = texts[top].indexOf('┐', left)
    if (texts[top][left] !== '┌' || texts[bottom][left] !== '└' || right < 0) continue
    return { pane: 0, left: left + 1, right: right - 1, top: top + 1, bottom: bottom - 1 }
  }
  return { pane: 0, left: 0, right: -1, top: 0, bottom: -1 }
}

/**
 * The pane under the mouse. Panes are told by the rules above them: that of the pane that has the keys has a bold title.
 */
function regionAt(model: Model, at: At, size: Size, parts: Parts): Region | undefined {
  const { ui } = model
  if (at.x < 0 || at.y < 0 || at.x >= size.columns || at.y >= size.rows) return undefined
  if (ui.view === 'dash') return dashPaneAt(at.x, at.y, size)
  const whole = { pane: ui.pane, left: 0, right: size.columns - 1, top: 0, bottom: size.rows - 1 }
  const count = parts[ui.view].panes(model, size)
  if (ui.view === 'net' || size.rows < 20 || size.columns < 78 || count < 2) return whole
  const linesWith = (pane: number): readonly Line[] =>
    parts[ui.view].render({ ...model, ui: { ...ui, pane } }, size).lines
  const lines = linesWith(ui.pane)
  const isRule = (row: number): boolean => plainText(lines[row]).startsWith('─')
  let above = at.y
  while (above >= 0 && !isRule(above)) above--
  let below = at.y + 1
  while (below < size.rows && !isRule(below)) below++
  const text = above < 0 ? '' : plainText(lines[above])
  const left = Math.max(-1, text.slice(0, at.x).lastIndexOf('┬')) + 1
  const next = text.indexOf('┬', at.x)
  const right = next < 0 ? size.columns - 1 : next - 1
  const region = { left, right, top: above + 1, bottom: below - 1 }
  for (let pane = 0; pane < count; pane++) {
    if (above >= 0 && boldBetween(linesWith(pane)[above], left, right)) return { ...region, pane }
  }
  // Above the first rule, or below one that heads no pane: what stands there is of the first pane.
  return { ...region, pane: 0 }
}

function boldBetween(line: Line, left: number, right: number): boolean {
  let at = 0
  for (const { text, bold } of line) {
    if (bold && at >= left && at <= right) return true
    at += text.length
  }
  return false
}
