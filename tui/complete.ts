/** Tab in the line behind `:`: what may stand next, and the text with as much of it as is certain. */
import { BOX_KINDS, fitsVerb, nearest, usersOf, VERB_WORDS, type VerbWords } from '../src/index.ts'
import type { Model } from './model.ts'

/** Words of which one may stand behind a command; some depend on what is typed. */
export type Words = readonly string[] | ((model: Model, begun: string) => readonly string[])
type Commands = Readonly<Record<string, { readonly words?: Words }>>

export interface Completion {
  readonly text: string
  /** All that may stand there. */
  readonly words: readonly string[]
}

export function completed(model: Model, text: string, commands: Commands): Completion {
  const [begun = ''] = /[^\s:,[\]{}"]*$/.exec(text) ?? []
  const before = text.slice(0, text.length - begun.length)
  const words = wordsBehind(model, before, commands, begun)
  const fit = words.filter(word => word.startsWith(begun))
  if (fit.length === 0) {
    const meant = begun === '' ? undefined : nearest(begun, words)
    return meant === undefined ? { text, words: [] } : { text: before + meant, words: [meant] }
  }
  const common = commonStart(fit)
  const [only] = fit
  return { text: before + (fit.length === 1 ? only + behind(before, only, commands) : common), words: fit }
}

function commonStart([first, ...others]: readonly string[]): string {
  let length = first.length
  while (others.some(word => !word.startsWith(first.slice(0, length)))) length--
  return first.slice(0, length)
}

/** What a whole word is followed by. */
function behind(before: string, word: string, commands: Commands): string {
  if (before.trim() === '' || /^\s*at\s+\S+\s+$/.test(before)) {
    const verb = VERB_WORDS.find(known => known.verb === word)
    return verb && !Object.hasOwn(commands, word) ? (verb.keys.length > 0 ? ' { ' : ' ') : ' '
  }
  return /[{,]\s*$/.test(before) && !/\[[^\]]*$/.test(before) ? ': ' : ''
}

function wordsBehind(model: Model, written: string, commands: Commands, begun: string): readonly string[] {
  const verbs = VERB_WORDS.map(({ verb }) => verb)
  const before = written.trimStart().replace(/^at\s+\S+\s+/, '')
  const isLater = before !== written.trimStart()
  if (before === '') return isLater ? verbs : [...Object.keys(commands), ...verbs].sort()
  const [, word = ''] = /^([^\s:{]+)/.exec(before) ?? []
  if (!isLater && Object.hasOwn(commands, word)) {
    const { words = [] } = commands[word]
    if (!/^\S+\s+$/.test(before)) return []
    return typeof words === 'function' ? words(model, begun) : words
  }
  const verb = VERB_WORDS.find(known => known.verb === word)
  if (!verb) return []
  if (verb.keys.length === 0) return /^\S+\s+$/.test(before) ? nodesFor(model, verb) : []
  const key = /([a-z-]+):\s*"?$/.exec(before)?.[1] ?? (/\bbetween:\s*\[[^\]]*$/.test(before) ? 'between' : undefined)
  if (key !== undefined && key !== word) return valuesOf(model, verb, key, before)
  if (!/[{,]\s*$/.test(before)) return []
  const given = [...before.matchAll(/([a-z-]+):/g)].map(match => match[1])
  return verb.keys.map(each => each.key).filter(each => !given.includes(each))
}

function nodesFor({ recorder }: Model, { verb }: VerbWords): readonly string[] {
  return [...recorder.run.simulation.specs.values()].filter(spec => fitsVerb(verb, spec)).map(({ name }) => name)
}

function valuesOf(model: Model, verb: VerbWords, key: string, before: string): readonly string[] {
  const { specs } = model.recorder.run.simulation
  const words = verb.keys.find(each => each.key === key)?.words ?? []
  if (words.length > 0) return words
  if (key === 'like') return BOX_KINDS.map(({ name }) => name)
  if (key === 'from' || key === 'node' || key === 'between') return nodesFor(model, verb)
  if (key === 'to' || key === 'via')
    return model.scene.nodes.flatMap(({ name, addresses }) => (addresses[0] ? [name] : []))
  const node = specs.get(/\bnode:\s*"?([\w-]+)/.exec(before)?.[1] ?? '')
  if (key === 'user' && node) return usersOf(node)
  return []
}
