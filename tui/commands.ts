/**
 * The line behind `:`: commands of the program, and every verb of a lab file, which is done at once. `complete.ts` knows
 * what may stand next.
 */
import { nearest, parseDuration, VERB_WORDS } from '../src/index.ts'
import { completed, type Words } from './complete.ts'
import type { Deed } from './deeds.ts'
import type { Pressed } from './effect.ts'
import { ownFile } from './files.ts'
import { goTo } from './go.ts'
import { type Model, VIEW_KEYS, VIEWS } from './model.ts'
import { goToTime } from './moments.ts'
import type { Prompt } from './prompts.ts'
import { THEMES } from './theme.ts'

interface Command {
  /** What stands behind it. */
  readonly usage: string
  readonly help: string
  readonly words?: Words
  run(model: Model, rest: string): Pressed
}

const say = ({ ui }: Model, message: string): Pressed => ({ ui: { ...ui, message } })

export const COMMANDS: Readonly<Record<string, Command>> = {
  save: {
    usage: 'FILE.yaml',
    help: 'keep lab and acts in a file',
    words: fileNames,
    run: (model, rest) => save(model, rest, false),
  },
  'save!': {
    usage: 'FILE.yaml',
    help: 'the same, over an old file',
    words: fileNames,
    run: (model, rest) => save(model, rest, true),
  },
  go: {
    usage: '5s',
    help: 'to a time: go 5s',
    run: (model, rest) => (rest === '' ? wants(model, 'go') : goToTime(model, rest)),
  },
  speed: { usage: '0.1', help: 'speed 0.1, or max', words: ['max', 'auto'], run: speed },
  view: {
    usage: 'nat',
    help: 'another view: view nat',
    words: VIEWS,
    run: (model, rest) => {
      const view = VIEWS.find(name => name === rest.toLowerCase() || VIEW_KEYS[name].key === rest)
      return view ? { ui: goTo(model.ui, view) } : say(model, `There is no view "${rest}": ${VIEWS.join(', ')}.`)
    },
  },
  theme: {
    usage: 'light',
    help: 'colours: theme light',
    words: THEMES,
    run: (model, rest) => {
      const theme = THEMES.find(name => name === rest)
      return theme ? { ui: { ...model.ui, theme } } : say(model, `There is no theme "${rest}": ${THEMES.join(', ')}.`)
    },
  },
  seed: {
    usage: '7',
    help: 'other random numbers: seed 7',
    run: (model, rest) =>
      /^\d{1,15}$/.test(rest)
        ? { ui: model.ui, effect: { seed: Number(rest) } }
        : say(model, 'seed wants a whole number, such as seed 7.'),
  },
  reload: { usage: '', help: 'read the lab file again', run: ({ ui }) => ({ ui, effect: 'reload' }) },
  undo: { usage: '', help: 'take back what was done last', run: ({ ui }) => ({ ui, effect: 'undo' }) },
  redo: { usage: '', help: 'do it again', run: ({ ui }) => ({ ui, effect: 'redo' }) },
  at: { usage: '20s VERB ...', help: 'later: at 20s disconnect bob', run: later },
  help: {
    usage: '',
    help: 'keys and words',
    run: ({ ui }) => ({ ui: { ...ui, help: true, helpSearch: '', helpScroll: 0 } }),
  },
  quit: { usage: '', help: 'leave the program', run: model => leave(model) },
  'quit!': { usage: '', help: 'leave, and save nothing', run: ({ ui }) => ({ ui, effect: 'quit' }) },
}
const SHORT: Readonly<Record<string, string>> = { q: 'quit', 'q!': 'quit!', w: 'save', 'w!': 'save!', h: 'help' }

/** While a question of the lab is open the run waits, and nothing else may be seen of it. */
const WHILE_ASKED: ReadonlySet<string> = new Set(['quit', 'quit!', 'help', 'save', 'save!', 'theme', 'speed'])
const ASKED = 'The run waits for your guess. Until then there is only quit, save, help, theme and speed.'

const wants = (model: Model, name: string): Pressed =>
  say(model, `${name} wants something behind it: ${name} ${COMMANDS[name]?.usage ?? ''}.`)

/** How many lines are remembered. */
const REMEMBERED = 50

export const commandPrompt: Prompt = {
  label: ':',
  keys: ['Tab complete', 'Enter do it', 'Esc leave'],
  accept(model, text) {
    const typed = [...model.ui.typed.filter(line => line !== text), text].slice(-REMEMBERED)
    const done = obeyed({ ...model, ui: { ...model.ui, typed, recalled: 0 } }, text.trim())
    // What could not be understood stays, to be mended.
    const failed = done.effect === undefined && done.ui.message !== ''
    return failed ? { ...done, ui: { ...done.ui, prompt: { kind: 'command', text } } } : done
  },
  complete(model, text) {
    const { text: longer, words } = completed(model, text, COMMANDS)
    const message = longer === text && words.length === 0 ? hereStands(text) : ''
    const offers = words.length > 1 ? { offers: words } : {}
    return { ...model.ui, prompt: { kind: 'command', text: longer, ...offers }, message }
  },
}

/** Where nothing can be offered: how the verb is written, if it is one. */
function hereStands(text: string): string {
  const word = /^(?:at\s+\S+\s+)?([^\s:{]+)/.exec(text)?.[1]
  const verb = VERB_WORDS.find(known => known.verb === word)
  if (!verb || verb.keys.length === 0) return 'Nothing that is known may stand here.'
  return `It is written ${verb.verb} { ${verb.keys.map(({ key }) => `${key}: …`).join(', ')} }, with what is needed of it.`
}

function obeyed(model: Model, text: string): Pressed {
  const [, word, rest] = /^(\S+?):?(?:\s+(.*))?$/s.exec(text) ?? []
  if (word === undefined) return { ui: model.ui }
  const name = SHORT[word] ?? word
  if (model.ui.asking && !WHILE_ASKED.has(name)) return say(model, ASKED)
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name].run(model, (rest ?? '').trim())
  const deed = deedOf(text)
  if (typeof deed === 'string') return say(model, deed)
  return { ui: model.ui, effect: { act: [deed], again: { kind: 'command', text } } }
}

/** `ping { from: alice, to: files }`, with its braces or without; a colon behind the verb is allowed. */
function deedOf(text: string): Deed | string {
  const [, word = '', rest = ''] = /^([^\s:{]+):?\s*(.*)$/s.exec(text) ?? []
  const verb = VERB_WORDS.find(known => known.verb === word)
  if (!verb) {
    const known = [...Object.keys(COMMANDS), ...VERB_WORDS.map(each => each.verb)]
    const meant = nearest(word, known)
    return meant === undefined
      ? `"${word}" is neither a command nor a verb. Tab shows what there is.`
      : `"${word}" is neither a command nor a verb. Did you mean ${meant}?`
  }
  const args = rest.trim()
  if (args === '') return `${verb.verb} wants something behind it: ${verb.verb} ${usageOf(verb)}`
  if (verb.verb === 'note' && !/^["']/.test(args)) return { entry: `note: ${JSON.stringify(args)}` }
  const bare = verb.keys.length > 0 && /^[a-z-]+:\s/.test(args)
  return { entry: `${verb.verb}: ${bare ? `{ ${args} }` : args}` }
}

const usageOf = ({ keys, verb }: (typeof VERB_WORDS)[number]): string =>
  keys.length === 0 ? (verb === 'note' ? 'TEXT' : 'NODE') : `{ ${keys[0].key}: … }`

function later(model: Model, rest: string): Pressed {
  const [, moment = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? []
  const at = parseDuration(moment)
  if (at === undefined || text === '') return say(model, 'at wants a time and a verb: at 20s disconnect alice')
  const deed = deedOf(text)
  if (typeof deed === 'string') return say(model, deed)
  const again = { kind: 'command', text: `at ${rest}` } as const
  return { ui: model.ui, effect: { act: [{ ...deed, at }], again } }
}

function speed(model: Model, rest: string): Pressed {
  const { ui } = model
  if (rest === 'auto') return { ui: { ...ui, auto: true, speed: 1 } }
  if (rest === 'max') return { ui: { ...ui, auto: false, speed: Number.POSITIVE_INFINITY } }
  const written = rest.replace(/x$/, '')
  const value = /^\d+(\.\d+)?$/.test(written) ? Number(written) : 0
  if (value >= 0.01 && value <= 100) return { ui: { ...ui, auto: false, speed: value } }
  return say(model, `speed wants a number from 0.01 to 100, or max, or auto, not "${rest}".`)
}

function save(model: Model, name: string, replace: boolean): Pressed {
  if (!model.deeds) return say(model, 'This run has no lab file, so there is nothing to save.')
  if (name === '') return say(model, `save wants the name of a file: save ${ownFile(model.scene.lab.name)}`)
  if (!/\.ya?ml$/.test(name))
    return say(model, `The name of a lab file ends in .yaml: save ${name.replace(/\.\w*$/, '')}.yaml`)
  return { ui: model.ui, effect: { save: name, replace } }
}

/** Behind `save`: the file in which the lab is kept already, and one of its own. What is begun differently only gets its ending. */
function fileNames({ scene, deeds }: Model, begun: string): readonly string[] {
  const kept = deeds?.keptIn
  const names = [...(kept === undefined ? [] : [kept]), ownFile(scene.lab.name)]
  return begun === '' || names.some(name => name.startsWith(begun)) ? [...new Set(names)] : [`${begun}.yaml`]
}

/** The line opens, with what it is good for. */
export function openCommand(model: Model, text: string): Model['ui'] {
  const save = model.deeds ? `save ${ownFile(model.scene.lab.name)}, ` : ''
  const others = model.ui.asking ? 'theme light, quit' : 'go 5s, view nat'
  const message = text === '' ? `Such as ${save}${others}. Tab shows everything.` : ''
  return { ...model.ui, prompt: { kind: 'command', text }, recalled: 0, message }
}

/** `q`: what is not saved is asked for once. */
export function leave(model: Model): Pressed {
  const { ui, deeds } = model
  if (!deeds?.unsaved || ui.leaving) return { ui, effect: 'quit' }
  const message = 'What was done is not saved: q again leaves, :save FILE.yaml keeps it.'
  return { ui: { ...ui, leaving: true, message } }
}

/** A command line of before: `by` 1 goes to older ones. */
export function recalled({ ui }: Model, by: 1 | -1): Model['ui'] {
  const at = Math.max(0, Math.min(ui.typed.length, ui.recalled + by))
  const text = at === 0 ? '' : (ui.typed.at(-at) ?? '')
  return ui.prompt ? { ...ui, recalled: at, prompt: { kind: ui.prompt.kind, text } } : ui
}
