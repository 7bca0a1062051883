/** What a key does, as a pure function: the next state of the interface, and what the driver has to do besides. */

import type { SimTime } from '../src/index.ts'
import { openActs } from './acts.ts'
import { leave, recalled } from './commands.ts'
import type { Effect, Pressed } from './effect.ts'
import { innerSize } from './frame.ts'
import { back, goTo } from './go.ts'
import { type Command, entryOf, type Mode } from './keys.ts'
import { MENUS, openMenu } from './menus.ts'
import { type Model, type Size, type StepUnit, type TimeMark, type Ui, VIEWS } from './model.ts'
import { OWN, type Own, type Parts } from './parts.ts'
import { PROMPTS } from './prompts.ts'
import { THEMES } from './theme.ts'
import { helpPageOf, helpPages } from './views/help.ts'
import { packetOf } from './views/why.ts'
import { seconds } from './words.ts'

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
  message: '',
  marks: [],
  typed: [],
  recalled: 0,
  leaving: false,
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
    logLine: 0,
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

export function modeOf({ prompt, menu, typing, help, why }: Ui): Mode {
  if (prompt) return 'prompt'
  if (menu) return 'menu'
  return typing ? 'typing' : help ? 'help' : why ? 'why' : 'view'
}

/** `key` as the screen names it; `size` is that of the whole screen. */
export function press(before: Model, key: string, size: Size, parts: Parts): Pressed {
  // What was said was said: the next key is about something else.
  const { message, leaving } = before.ui
  const heard = message === '' && !leaving ? before : { ...before, ui: { ...before.ui, message: '', leaving: false } }
  if (leaving && entryOf(key, modeOf(heard.ui), heard.ui.view)?.command === 'quit') return leave(before)
  const model = heard
  const { ui } = model
  const mode = modeOf(ui)
  if (mode === 'menu') {
    const row = menuRows(model).findIndex(each => each.key === key)
    if (row >= 0) return picked(model, row)
  }
  const entry = entryOf(key, mode, ui.view)
  if (entry) return obey(model, entry.command, size, parts)
  if (ui.prompt && isText(key)) return { ui: prompted(ui, text => text + (key === 'Space' ? ' ' : key)) }
  if (mode === 'typing' && isText(key)) return { ui: typed(ui, text => text + (key === 'Space' ? ' ' : key)) }
  return { ui }
}

/** Keys that stand for themselves. */
const isText = (key: string): boolean => key === 'Space' || key.length === 1
const TYPED_AT_MOST = 60
const PROMPT_AT_MOST = 200

function typed(ui: Ui, change: (text: string) => string): Ui {
  if (ui.help) return { ...ui, helpSearch: change(ui.helpSearch).slice(0, TYPED_AT_MOST) }
  return { ...ui, filter: change(ui.filter).slice(0, TYPED_AT_MOST) }
}

function prompted(ui: Ui, change: (text: string) => string): Ui {
  const { prompt } = ui
  return prompt ? { ...ui, prompt: { ...prompt, text: change(prompt.text).slice(0, PROMPT_AT_MOST) } } : ui
}

function obey(model: Model, command: Command, size: Size, parts: Parts): Pressed {
  const { ui } = model
  if (ui.prompt) return inPrompt(model, ui.prompt, command)
  if (ui.menu) return inMenu(model, ui.menu, command)
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
      return { ui: { ...ui, pane: (ui.pane + 1) % part.panes(model, innerSize(size)) } }
    case 'previous-pane':
      return {
        ui: { ...ui, pane: (ui.pane + part.panes(model, innerSize(size)) - 1) % part.panes(model, innerSize(size)) },
      }
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
    case 'go':
      return { ui: { ...ui, prompt: { kind: 'go', text: '' } } }
    case 'mark':
      return { ui: marked(ui, model.scene.t) }
    case 'go-to-mark':
      return openMenu(model, 'marks')
    case 'act':
      return openActs(model)
    case 'command':
      return { ui: { ...ui, prompt: { kind: 'command', text: '' }, recalled: 0 } }
    case 'theme':
      return { ui: { ...ui, theme: after(THEMES, ui.theme) } }
    case 'mouse':
      return { ui: { ...ui, mouse: !ui.mouse } }
    case 'help':
      return { ui: { ...ui, help: true, helpSearch: '', helpScroll: 0 } }
    case 'escape':
      return { ui: back(ui) }
    default:
      return viewOrEffect(model, command)
  }
}

function viewOrEffect(model: Model, command: Command): Pressed {
  const { ui } = model
  if (command === 'quit') return leave(model)
  if (isEffect(command)) return { ui, effect: command }
  const view = VIEWS.find(name => command === `view-${name}`)
  return { ui: view === undefined ? ui : goTo(ui, view) }
}

type Simple = Extract<Command, Effect>
const EFFECTS: ReadonlySet<string> = new Set<Simple>(['interrupt', 'redraw', 'suspend', 'undo', 'redo', 'live'])
const isEffect = (command: Command): command is Simple => EFFECTS.has(command)
const isOwn = (command: Command): command is Own => (OWN as readonly string[]).includes(command)

const after = <T>(list: readonly T[], value: T): T => list[(list.indexOf(value) + 1) % list.length]

/** Follows the newest packet and event, or stays where it is. */
function follow(ui: Ui): Ui {
  if (ui.follow) return { ...ui, follow: false }
  return { ...ui, follow: true, selection: { ...ui.selection, journey: undefined, form: 0, field: [], event: 0 } }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** The next free letter is that of the present moment; when all are given, the oldest goes. */
function marked(ui: Ui, t: SimTime): Ui {
  const kept = ui.marks.slice(1 - LETTERS.length)
  const letter = [...LETTERS].find(free => !kept.some(mark => mark.letter === free)) ?? LETTERS[0]
  const marks: TimeMark[] = [...kept, { letter, t }]
  return { ...ui, marks, message: `Mark ${letter} is at ${seconds(t)} s; ' goes to a mark.` }
}

function inPrompt(model: Model, { kind, text, about = '' }: NonNullable<Ui['prompt']>, command: Command): Pressed {
  const { prompt: _, ...rest } = model.ui
  switch (command) {
    case 'accept':
      return text.trim() === '' ? { ui: rest } : PROMPTS[kind].accept({ ...model, ui: rest }, text, about)
    case 'cancel':
      return { ui: rest }
    case 'erase':
      return { ui: prompted(model.ui, typed => typed.slice(0, -1)) }
    case 'erase-all':
      return { ui: prompted(model.ui, () => '') }
    case 'complete':
      return { ui: PROMPTS[kind].complete?.(model, text) ?? model.ui }
    case 'older':
    case 'newer':
      return { ui: kind === 'command' ? recalled(model, command === 'older' ? 1 : -1) : model.ui }
    default:
      return viewOrEffect(model, command)
  }
}

const menuRows = (model: Model) => {
  const { menu } = model.ui
  return menu ? MENUS[menu.kind].rows(model, menu.about ?? '') : []
}

/** What is chosen of the open menu; the menu is closed. */
function picked(model: Model, index: number): Pressed {
  const { menu, ...rest } = model.ui
  return menu ? MENUS[menu.kind].pick({ ...model, ui: rest }, index, menu.about ?? '') : { ui: rest }
}

function inMenu(model: Model, menu: NonNullable<Ui['menu']>, command: Command): Pressed {
  const last = menuRows(model).length - 1
  const choose = (to: number): Pressed => ({
    ui: { ...model.ui, menu: { ...menu, chosen: Math.max(0, Math.min(last, to)) } },
  })
  switch (command) {
    case 'down':
      return choose(menu.chosen + 1)
    case 'up':
      return choose(menu.chosen - 1)
    case 'first':
      return choose(0)
    case 'last':
      return choose(last)
    case 'accept':
      return picked(model, menu.chosen)
    case 'cancel': {
      const { menu: _, ...rest } = model.ui
      return { ui: rest }
    }
    default:
      return viewOrEffect(model, command)
  }
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
      return viewOrEffect(model, command)
  }
}

/** Run and step go on behind the answer; Enter goes to the packet. */
function inWhy(model: Model, command: Command): Pressed {
  const ui = { ...model.ui, why: false }
  if (command === 'enter') return { ui: packetOf({ ...model, ui }) }
  return command === 'why' || command === 'escape' ? { ui } : viewOrEffect({ ...model, ui }, command)
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
      return viewOrEffect(model, command)
  }
}
