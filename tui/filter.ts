/** `/`: every list can be narrowed to the rows that hold all words of what is typed. */
import type { SceneTunnel, Standing } from '../src/index.ts'
import { fill } from './draw.ts'
import type { Model, Size, Ui } from './model.ts'
import type { Part } from './parts.ts'
import { derive } from './selection.ts'
import { line, span } from './text.ts'
import { phaseOf, silenceOf } from './words.ts'

export const wordsOf = (filter: string): readonly string[] =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')

/** Does a row hold all words of the filter? */
export function isMatch(row: string, filter: string): boolean {
  const hay = row.toLowerCase()
  return wordsOf(filter).every(word => hay.includes(word))
}

/** Those whose row holds all words of the filter; without one nobody's text is made. */
export const matching = <T>(items: readonly T[], filter: string, textOf: (item: T) => string): readonly T[] =>
  wordsOf(filter).length === 0 ? items : items.filter(item => isMatch(textOf(item), filter))

/** What a view lists of the scene: with a filter only the rest of it is there. */
interface Listed {
  /** `tunnel`: one of what is listed. */
  readonly what: string
  count(model: Model): number
  narrow(model: Model): Model
}

const tunnelText = (tunnel: SceneTunnel): string =>
  [
    ...[
      'from',
      tunnel.client,
      'to',
      tunnel.server,
      tunnel.entry,
      tunnel.kind,
      tunnel.up ? 'up' : phaseOf(tunnel),
      silenceOf(tunnel) ?? '',
      tunnel.inner?.client ?? '',
    ],
    ...[tunnel.end ?? '', ...tunnel.layers.map(({ name, state }) => `${name} ${state}`)],
  ].join(' ')
const checkText = ({ name, description, state, when }: Standing): string => [name, description, state, when].join(' ')

const TUNNELS: Listed = {
  what: 'tunnel',
  count: ({ scene }) => scene.tunnels.length,
  narrow: model => {
    const { scene, ui } = model
    return {
      ...model,
      scene: { ...scene, tunnels: matching(scene.tunnels, ui.filter, tunnelText) },
    }
  },
}
const CHECKS: Listed = {
  what: 'check',
  count: ({ scene }) => scene.checks.length,
  narrow: model => {
    const { scene, ui } = model
    return { ...model, scene: { ...scene, checks: matching(scene.checks, ui.filter, checkText) } }
  },
}
const LISTED: Partial<Readonly<Record<Ui['view'], Listed>>> = { tunnels: TUNNELS, checks: CHECKS }

/** What the view of the model sees. */
export const narrowed = (model: Model): Model =>
  model.ui.filter === '' ? model : (LISTED[model.ui.view]?.narrow(model) ?? model)

/** A view that lists what is in the scene, with a filter. */
export function filtered(part: Part): Part {
  return {
    panes: part.panes,
    press: (model, own, size) => part.press(narrowed(model), own, size),
    render: (model, size) => {
      const listed = LISTED[model.ui.view]
      const less = narrowed(model)
      const all = listed?.count(model) ?? 0
      if (!listed || all === 0 || listed.count(less) > 0) return part.render(less, size)
      return nothing(`No ${listed.what} matches ${model.ui.filter}; ${all} are hidden. Esc clears the filter.`, size)
    },
  }
}

const nothing = (text: string, size: Size) => ({
  lines: fill([line(span(` ${text}`, 'muted'))], size),
  sentence: 'The words of a filter must all stand somewhere in the row, in any order.',
  keys: ['/ filter', 'Esc clear'],
})

/** In the net a filter is a search: the machine that is chosen, or the next one that matches in a direction. */
export function searchNet(model: Model, turn: 0 | 1 | -1): Ui {
  const { ui, scene } = model
  const found = scene.nodes.filter(node => isMatch(`${node.name} ${node.kind} ${node.addresses.join(' ')}`, ui.filter))
  if (ui.filter === '' || found.length === 0) return ui
  const at = found.findIndex(({ name }) => name === ui.selection.node)
  const to = turn === 0 ? Math.max(0, at) : (at + turn + found.length) % found.length
  return { ...ui, selection: derive(model, { node: found[to].name }) }
}
