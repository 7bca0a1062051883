/** What a key does, as a pure function: the next state of the interface, and what the driver has to do besides. */

import { innerSize } from './frame.ts'
import { back, goTo } from './go.ts'
import { type Command, entryOf, type Mode } from './keys.ts'
import { type Model, type Size, type StepUnit, type Ui, VIEWS } from './model.ts'
import { OWN, type Own, type Parts } from './parts.ts'
import { THEMES } from './theme.ts'
import { helpPageOf, helpPages } from './views/help.ts'
import { packetOf } from './views/why.ts'

/** What a key asks of the driver. */
export type Effect = 'step' | 'quit' | 'interrupt' | 'redraw' | 'suspend'

export interface Pressed {
  readonly ui: Ui
  readonly effect?: Effect
}

export const SPEEDS = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  ...[1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY],
] as const
export const STEP_UNITS: readonly StepUnit[] = ['event', 'packet', '1 ms', 'interesting']
const LENSES = ['both', 'outside', 'inside'] as const

export const FIRST_UI: Ui = {
  view: 'net',
  pane: 0,
  help: false,
  why: false,
  helpSearch: '',
  helpScroll: 0,
  running: false,
  speed: 1,
  auto: false,
  stepBy: 'event',
  lens: 'both',
  labels: 'names',
  follow: true,
  selection: {
    node: undefined,
    link: undefined,
    tunnel: undefined,
    layer: -1,
    journey: undefined,
    form: 0,
    field: [],
    event: 0,
    check: 0,
    connection: 0,
    rule: 0,
    loss: 0,
  },
  filter: '',
  typing: false,
  unfolded: new Set(),
  history: [],
  theme: 'dark',
  ascii: false,
  mouse: false,
}

export const modeOf = ({ typing, help, why }: Ui): Mode => (typing ? 'typing' : help ? 'help' : why ? 'why' : 'view')

/** `key` as the screen names it; `size` is that of the whole screen. */
export function press(model: Model, key: string, size: Size, parts: Parts): Pressed {
  const { ui } = model
  const mode = modeOf(ui)
  const entry = entryOf(key, mode, ui.view)
  if (entry) return obey(model, entry.command, size, parts)
  if (mode === 'typing' && isText(key)) return { ui: typed(ui, text => text + (key === 'Space' ? ' ' : key)) }
  return { ui }
}

/** Keys that stand for themselves. */
const isText = (key: string): boolean => key === 'Space' || key.length === 1
const TYPED_AT_MOST = 60

function typed(ui: Ui, change: (text: string) => string): Ui {
  if (ui.help) return { ...ui, helpSearch: change(ui.helpSearch).slice(0, TYPED_AT_MOST) }
  return { ...ui, filter: change(ui.filter).slice(0, TYPED_AT_MOST) }
}

function obey(model: Model, command: Command, size: Size, parts: Parts): Pressed {
  const { ui } = model
  if (ui.typing) return typing(model, command, size)
  if (ui.help) return inHelp(model, command, size)
  if (ui.why) return inWhy(model, command)
  const part = parts[ui.view]
  if (isOwn(command)) return { ui: part.press(model, command, innerSize(size)) }
  switch (command) {
    case 'run':
      return { ui: { ...ui, running: !ui.running && !model.scene.over } }
    case 'step':
      return { ui: { ...ui, running: false }, effect: 'step' }
    case 'step-by':
      return { ui: { ...ui, stepBy: after(STEP_UNITS, ui.stepBy) } }
    case 'faster':
      return { ui: { ...ui, auto: false, speed: SPEEDS.find(speed => speed > ui.speed) ?? ui.speed } }
    case 'slower':
      return { ui: { ...ui, auto: false, speed: SPEEDS.findLast(speed => speed < ui.speed) ?? ui.speed } }
    case 'real-time':
      return { ui: { ...ui, auto: false, speed: 1 } }
    case 'auto-speed':
      return { ui: { ...ui, auto: !ui.auto, speed: 1 } }
    case 'next-pane':
      return { ui: { ...ui, pane: (ui.pane + 1) % part.panes(model) } }
    case 'previous-pane':
      return { ui: { ...ui, pane: (ui.pane + part.panes(model) - 1) % part.panes(model) } }
    case 'lens':
      return { ui: { ...ui, lens: after(LENSES, ui.lens) } }
    case 'labels':
      return { ui: { ...ui, labels: ui.labels === 'names' ? 'addresses' : 'names' } }
    case 'follow':
      return { ui: follow(ui) }
    case 'filter':
      return { ui: { ...ui, typing: true } }
    case 'next-match':
      return { ui: part.press({ ...model, ui: { ...ui, pane: 0 } }, 'down', innerSize(size)) }
    case 'previous-match':
      return { ui: part.press({ ...model, ui: { ...ui, pane: 0 } }, 'up', innerSize(size)) }
    case 'why':
      return { ui: { ...ui, why: true } }
    case 'theme':
      return { ui: { ...ui, theme: after(THEMES, ui.theme) } }
    case 'mouse':
      return { ui: { ...ui, mouse: !ui.mouse } }
    case 'help':
      return { ui: { ...ui, help: true, helpSearch: '', helpScroll: 0 } }
    case 'escape':
      return { ui: back(ui) }
    default:
      return viewOrEffect(ui, command)
  }
}

function viewOrEffect(ui: Ui, command: Command): Pressed {
  if (isEffect(command)) return { ui, effect: command }
  const view = VIEWS.find(name => command === `view-${name}`)
  return { ui: view === undefined ? ui : goTo(ui, view) }
}

const EFFECTS: ReadonlySet<string> = new Set<Effect>(['quit', 'interrupt', 'redraw', 'suspend'])
const isEffect = (command: Command): command is Extract<Command, Effect> => EFFECTS.has(command)
const isOwn = (command: Command): command is Own => (OWN as readonly string[]).includes(command)

const after = <T>(list: readonly T[], value: T): T => list[(list.indexOf(value) + 1) % list.length]

/** Follows the newest packet and event, or stays where it is. */
function follow(ui: Ui): Ui {
  if (ui.follow) return { ...ui, follow: false }
  return { ...ui, follow: true, selection: { ...ui.selection, journey: undefined, form: 0, field: [], event: 0 } }
}

function typing(model: Model, command: Command, size: Size): Pressed {
  const { ui } = model
  switch (command) {
    case 'accept':
      return {
        ui: { ...ui, typing: false, helpScroll: ui.help ? helpPageOf(model, innerSize(size)) : ui.helpScroll },
      }
    case 'cancel':
      return { ui: { ...typed(ui, () => ''), typing: false } }
    case 'erase':
      return { ui: typed(ui, text => text.slice(0, -1)) }
    default:
      return viewOrEffect(ui, command)
  }
}

/** Run and step go on behind the answer; Enter goes to the packet. */
function inWhy(model: Model, command: Command): Pressed {
  const ui = { ...model.ui, why: false }
  if (command === 'enter') return { ui: packetOf({ ...model, ui }) }
  return command === 'why' || command === 'escape' ? { ui } : viewOrEffect(ui, command)
}

function inHelp(model: Model, command: Command, size: Size): Pressed {
  const { ui } = model
  const last = helpPages(model, innerSize(size)) - 1
  const page = (to: number): Pressed => ({ ui: { ...ui, helpScroll: Math.max(0, Math.min(last, to)) } })
  switch (command) {
    case 'down':
    case 'pageDown':
      return page(ui.helpScroll + 1)
    case 'up':
    case 'pageUp':
      return page(ui.helpScroll - 1)
    case 'first':
      return page(0)
    case 'last':
      return page(last)
    case 'filter':
      return { ui: { ...ui, typing: true } }
    case 'cancel':
      return { ui: { ...ui, help: false, helpSearch: '' } }
    default:
      return viewOrEffect(ui, command)
  }
}
