/**
 * What a key does, as a pure function: the next state of the interface, and what the driver has to do besides. Longer than 400
 * lines, since every command stands here once.
 */

import type { SimTime } from '../src/index.ts'
import { openActs } from './acts.ts'
import { chooseAnswer, inQuestion, strayKey } from './asking.ts'
import { fitting } from './breaks.ts'
import { leave, openCommand, recalled } from './commands.ts'
import type { Effect, Pressed } from './effect.ts'
import { searchNet } from './filter.ts'
import { innerSize } from './frame.ts'
import { ONE_FUTURE } from './future.ts'
import { back, goTo } from './go.ts'
import { type Command, entryOf, type Mode, shown } from './keys.ts'
import { MENUS, openMenu } from './menus.ts'
import { type Model, type Size, type StepUnit, type TimeMark, type Ui, VIEWS } from './model.ts'
import { OWN, type Own, type Parts } from './parts.ts'
import { PROMPTS } from './prompts.ts'
import { isMove, step } from './selection.ts'
import { THEMES } from './theme.ts'
import { toured } from './tour.ts'
import { explanationsOf } from './views/explain.ts'
import { helpCommand, helpKey, helpMatch, helpMove, helpPage } from './views/help.ts'
import * as Time from './views/time.ts'
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
  quiz: false,
  guesses: new Map(),
  why: false,
  message: '',
  marks: [],
  breaks: [],
  broke: undefined,
  typed: [],
  recalled: 0,
  leaving: false,
  helpSearch: '',
  helpRow: 0,
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
    transition: -1,
    journey: undefined,
    form: 0,
    field: [],
    event: 0,
    check: 0,
    logLine: 0,
    connection: 0,
    rule: 0,
    loss: 0,
    ipRow: 0,
    future: 'A',
    difference: 0,
    stop: 0,
  },
  filter: '',
  typing: false,
  unfolded: new Set(),
  history: [],
  theme: 'dark',
  ascii: false,
  mouse: false,
}

export function modeOf({ prompt, menu, typing, help, why, explained, asking }: Ui): Mode {
  if (prompt) return 'prompt'
  if (menu) return 'menu'
  if (explained !== undefined) return 'explain'
  if (typing) return 'typing'
  return help ? 'help' : why ? 'why' : asking ? 'question' : 'view'
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
  if (ui.asking && mode === 'question' && !entry) return strayKey(ui, ui.asking)
  if (ui.asking && entry?.command === 'choose') return chooseAnswer(model, ui.asking, Number(key) - 1)
  if (entry) return toured(ui, mode, entry.command, obey(model, entry.command, size, parts))
  if (ui.prompt && isText(key)) return { ui: prompted(ui, text => text + (key === 'Space' ? ' ' : key)) }
  if (mode === 'typing' && isText(key)) {
    const next = { ...model, ui: typed(ui, text => text + (key === 'Space' ? ' ' : key)) }
    if (ui.help) return { ui: { ...next.ui, helpRow: helpMatch(next, 0) } }
    return { ui: ui.view === 'net' ? searchNet(next, 0) : next.ui }
  }
  return mode === 'menu' ? { ui: { ...ui, message: notListed(key) } } : { ui }
}

/** A list says that it has heard a key, and of what it is not about. */
const notListed = (key: string): string => `${shown(key)} chooses nothing in this list. Esc closes it.`

/** Keys that stand for themselves. */
const isText = (key: string): boolean => key === 'Space' || key.length === 1
const TYPED_AT_MOST = 60
const PROMPT_AT_MOST = 200

function typed(ui: Ui, change: (text: string) => string): Ui {
  if (ui.help) return { ...ui, helpSearch: change(ui.helpSearch).slice(0, TYPED_AT_MOST) }
  return { ...ui, filter: change(ui.filter).slice(0, TYPED_AT_MOST) }
}

function prompted(ui: Ui, change: (text: string) => string): Ui {
  if (!ui.prompt) return ui
  const { offers: _, ...prompt } = ui.prompt
  return { ...ui, prompt: { ...prompt, text: change(prompt.text).slice(0, PROMPT_AT_MOST) } }
}

function obey(model: Model, command: Command, size: Size, parts: Parts): Pressed {
  const { ui } = model
  if (ui.prompt) return inPrompt(model, ui.prompt, command)
  if (ui.menu) return inMenu(model, ui.menu, command)
  if (ui.explained !== undefined) return inExplanation(model, ui.explained, command)
  if (command === 'explain') return explain(model)
  // Down leaves the line for what it has left.
  if (ui.typing && command === 'down')
    return ui.help || ui.view === 'net'
      ? typing(model, 'accept')
      : obey({ ...model, ui: { ...ui, typing: false } }, command, size, parts)
  if (ui.typing) return typing(model, command)
  if (ui.help) return inHelp(model, command, size, parts)
  if (ui.why) return inWhy(model, command)
  if (ui.asking) {
    if (command === 'command') return { ui: openCommand(model, '') }
    const plain = command === 'help' || (isEffect(command) && command !== 'quit')
    return plain ? plainly(model, command) : inQuestion(model, ui.asking, command)
  }
  const part = parts[ui.view]
  if (ui.view === 'time' && command === 'enter') return Time.enter(model)
  if (isOwn(command)) return { ui: part.press(model, command, innerSize(size)) }
  switch (command) {
    case 'run':
      return { ui: { ...ui, running: !ui.running && !model.scene.over } }
    case 'step':
      return { ui: { ...ui, running: false }, effect: 'step' }
    case 'step-back':
    case 'next':
    case 'previous':
      return { ui: { ...ui, running: false }, effect: command }
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
      if (ui.view === 'time') return Time.nextDifference(model, 1)
      return { ui: match(model, 1, size, parts) }
    case 'previous-match':
      if (ui.view === 'time') return Time.nextDifference(model, -1)
      return { ui: match(model, -1, size, parts) }
    case 'why':
      return { ui: { ...ui, why: true } }
    case 'go':
      return { ui: { ...ui, prompt: { kind: 'go', text: '' } } }
    case 'mark':
      return { ui: marked(ui, model.scene.t) }
    case 'break':
      if (refusal(model) !== undefined) return refused(model)
      return { ui: { ...ui, running: false, prompt: { kind: 'breakpoint', text: fitting(model) } } }
    case 'breaks':
      return openMenu(model, 'breakpoints')
    case 'fork':
      if (refusal(model) !== undefined) return refused(model)
      return { ui: { ...ui, running: false }, effect: command }
    case 'forget':
      return openMenu(model, 'futures')
    case 'go-to-mark':
      return openMenu(model, 'marks')
    case 'copy':
    case 'export':
      return openMenu(model, command)
    case 'act':
      return openActs(model)
    case 'command':
      return { ui: openCommand(model, '') }
    case 'theme':
      return { ui: { ...ui, theme: after(THEMES, ui.theme) } }
    case 'mouse':
      return { ui: { ...ui, mouse: !ui.mouse } }
    case 'help':
      return { ui: helped(ui) }
    case 'escape':
      return { ui: back(ui) }
    default:
      return viewOrEffect(model, command)
  }
}

/** Why there are no other futures and no breakpoints. */
const refusal = ({ fixed, live }: Model): string | undefined => fixed ?? (live ? ONE_FUTURE : undefined)
const refused = (model: Model): Pressed => ({ ui: { ...model.ui, message: refusal(model) ?? '' } })
/** Keys that are the same whatever is open. */
const plainly = (model: Model, command: Command): Pressed =>
  command === 'help' ? { ui: helped(model.ui) } : viewOrEffect(model, command)

const helped = (ui: Ui): Ui => ({ ...ui, help: true, helpSearch: '', helpRow: 0, helpAll: false })

function viewOrEffect(model: Model, command: Command): Pressed {
  const { ui } = model
  if (command === 'quit') return leave(model)
  if (isEffect(command)) return { ui, effect: command }
  const view = VIEWS.find(name => command === `view-${name}`)
  return { ui: view === undefined ? ui : goTo(ui, view) }
}

/** In a list that is narrowed the next match is the next row; beside details it is that of the list. */
function match(model: Model, turn: 1 | -1, size: Size, parts: Parts): Ui {
  const { ui } = model
  if (ui.view === 'net') return searchNet(model, turn)
  const pane = ui.view === 'packets' ? 0 : ui.pane
  return parts[ui.view].press({ ...model, ui: { ...ui, pane } }, turn === 1 ? 'down' : 'up', innerSize(size))
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

/** At the place of the last mark: its name. Otherwise the next free letter is that of the present moment; when all are given, the oldest goes. */
function marked(ui: Ui, t: SimTime): Ui {
  const last = ui.marks.at(-1)
  if (last?.t === t) return { ...ui, running: false, prompt: { kind: 'mark', text: last.name } }
  const kept = ui.marks.slice(1 - LETTERS.length)
  const letter = [...LETTERS].find(free => !kept.some(mark => mark.letter === free)) ?? LETTERS[0]
  const marks: TimeMark[] = [...kept, { letter, t, name: '' }]
  return { ...ui, marks, message: `Mark ${letter} is at ${seconds(t)} s; ' goes to a mark, m names it.` }
}

function inPrompt(model: Model, { kind, text, about = '' }: NonNullable<Ui['prompt']>, command: Command): Pressed {
  const { prompt: _, ...rest } = model.ui
  switch (command) {
    case 'accept':
      if (text.trim() === '') return PROMPTS[kind].nothing?.({ ...model, ui: rest }).pressed ?? { ui: rest }
      return PROMPTS[kind].accept({ ...model, ui: rest }, text, about)
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
  const to = isMove(command) ? step(command, menu.chosen, menuRows(model).length) : undefined
  if (to !== undefined) return { ui: { ...model.ui, menu: { ...menu, chosen: to } } }
  switch (command) {
    case 'accept':
      return picked(model, menu.chosen)
    case 'delete':
    case 'edit': {
      const { menu: _, ...rest } = model.ui
      return MENUS[menu.kind][command]?.({ ...model, ui: rest }, menu.chosen) ?? { ui: model.ui }
    }
    case 'cancel': {
      const { menu: _, ...rest } = model.ui
      return { ui: rest }
    }
    default:
      return viewOrEffect(model, command)
  }
}

function typing(model: Model, command: Command): Pressed {
  const { ui } = model
  switch (command) {
    case 'accept':
      return { ui: { ...ui, typing: false } }
    case 'cancel':
      return { ui: { ...typed(ui, () => ''), typing: false } }
    case 'erase':
      return { ui: typed(ui, text => text.slice(0, -1)) }
    default:
      return viewOrEffect(model, command)
  }
}

/** Opens, or says that there is nothing. */
function explain(model: Model): Pressed {
  const { ui } = model
  const any = explanationsOf(model).length > 0
  return { ui: any ? { ...ui, explained: 0 } : { ...ui, message: 'Nothing is selected here that has an explanation.' } }
}

function inExplanation(model: Model, at: number, command: Command): Pressed {
  const { explained: _, ...ui } = model.ui
  const to = isMove(command) ? step(command, at, explanationsOf(model).length) : undefined
  if (to !== undefined) return { ui: { ...ui, explained: to } }
  return command === 'cancel' ? { ui } : viewOrEffect(model, command)
}

/** Run and step go on behind the answer; Enter goes to the packet. */
function inWhy(model: Model, command: Command): Pressed {
  const ui = { ...model.ui, why: false }
  if (command === 'enter') return { ui: packetOf({ ...model, ui }) }
  const cure = /^cure-(\d)$/.exec(command)?.[1]
  if (cure !== undefined) return { ui, effect: { cure: Number(cure) - 1 } }
  return command === 'why' || command === 'escape' ? { ui } : viewOrEffect({ ...model, ui }, command)
}

function inHelp(model: Model, command: Command, size: Size, parts: Parts): Pressed {
  const { ui } = model
  const choose = (helpRow: number): Pressed => ({ ui: { ...ui, helpRow } })
  const page = helpPage(innerSize(size))
  switch (command) {
    case 'down':
      return choose(helpMove(model, 1))
    case 'up':
      return choose(helpMove(model, -1))
    case 'pageDown':
      return choose(helpMove(model, page))
    case 'pageUp':
      return choose(helpMove(model, -page))
    case 'first':
      return choose(helpMove(model, Number.NEGATIVE_INFINITY))
    case 'last':
      return choose(helpMove(model, Number.POSITIVE_INFINITY))
    case 'next-match':
      return choose(helpMatch(model, 1))
    case 'previous-match':
      return choose(helpMatch(model, -1))
    case 'filter':
      return { ui: { ...ui, typing: true } }
    case 'help':
      return { ui: { ...ui, helpAll: !ui.helpAll, helpRow: 0 } }
    case 'accept':
      return tryKey(model, size, parts)
    case 'cancel':
      return { ui: { ...ui, help: false, helpSearch: '' } }
    default:
      return viewOrEffect(model, command)
  }
}

/** The help closes, and the key of its chosen row is pressed. */
function tryKey(model: Model, size: Size, parts: Parts): Pressed {
  const begins = helpCommand(model)
  if (begins !== undefined) {
    const ui = { ...model.ui, help: false, helpSearch: '' }
    return { ui: openCommand({ ...model, ui }, begins) }
  }
  const key = helpKey(model)
  if (key === undefined) return { ui: { ...model.ui, message: 'This row has no key that works in the view.' } }
  return press({ ...model, ui: { ...model.ui, help: false, helpSearch: '' } }, key, size, parts)
}
