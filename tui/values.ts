/** A line in which a value is typed for something that is done: where a ping goes, how much a line loses, a rule, a password. */
import type { Pressed } from './effect.ts'
import type { Model } from './model.ts'
import type { Prompt } from './prompts.ts'

/** `about` is `loss 3`, or `ping alice`: what, and of which line or machine, with what else is known. */
interface Value {
  label(model: Model, whose: string): string
  /** The entry of `events` that it makes. */
  entry(model: Model, whose: string, text: string): string
}

const lineOf = ({ scene }: Model, index: string): readonly string[] =>
  scene.links[Number(index)]?.ends.map(({ node, iface }) => `${node}:${iface}`) ?? []

const line = (key: string): Value => ({
  label: (model, index) =>
    `${key} of ${lineOf(model, index)
      .map(end => end.split(':')[0])
      .join(' - ')}`,
  entry: (model, index, text) => {
    const between = lineOf(model, index).map(end => JSON.stringify(end))
    return `link: { between: [${between.join(', ')}], ${key}: ${text} }`
  },
})

/** Behind the name of a machine may stand what else is known: `office user: "alice"`. */
const first = (whose: string): string => whose.split(' ', 1)[0]
const rest = (whose: string): string => whose.slice(first(whose).length + 1)

const VALUES: Readonly<Record<string, Value>> = {
  loss: line('loss'),
  delay: line('delay'),
  rate: line('rate'),
  noise: line('noise'),
  ping: {
    label: (_, node) => `${node} pings`,
    entry: (_, node, text) => `ping: { from: ${node}, to: ${text} }`,
  },
  fetch: {
    label: (_, node) => `${node} fetches from`,
    entry: (_, node, text) => `fetch: { from: ${node}, to: ${text}${/\bbytes:/.test(text) ? '' : ', bytes: 100kB'} }`,
  },
  rule: {
    label: (_, node) => `new rule of ${node}`,
    entry: (_, node, text) => `rule: { node: ${node}, add: ${JSON.stringify(text)} }`,
  },
  password: {
    label: (_, whose) => `new password at ${first(whose)}`,
    entry: (_, whose, text) => `password: { node: ${first(whose)}, ${rest(whose)}, password: ${JSON.stringify(text)} }`,
  },
}

const split = (about: string): readonly [Value | undefined, string] => {
  const at = about.indexOf(' ')
  return [VALUES[about.slice(0, at)], about.slice(at + 1)]
}

export const valuePrompt: Prompt = {
  label: 'value',
  labelOf: (model, about) => {
    const [value, whose] = split(about)
    return value?.label(model, whose) ?? 'value'
  },
  keys: ['Enter do it', 'Esc leave'],
  accept(model, text, about): Pressed {
    const [value, whose] = split(about)
    if (!value) return { ui: model.ui }
    const again = { kind: 'value', text, about } as const
    return { ui: model.ui, effect: { act: [{ entry: value.entry(model, whose, text.trim()) }], again } }
  },
}
