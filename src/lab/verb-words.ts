/** The words of an entry of `events`, for who types one: verbs, their keys, and what may stand there. Made from the schema. */
import type { Action, NodeSpec, Verb } from './lab.ts'
import { isVerb, TALKERS, VERBS } from './verbs.ts'

export interface VerbWords {
  readonly verb: Verb
  /** Of a verb whose arguments are a map; empty: one word stands there, or a text. */
  readonly keys: readonly { readonly key: string; readonly words: readonly string[] }[]
}

/** As much of a schema as matters here. */
interface Shape {
  readonly type?: string
  readonly wrapped?: Shape
  readonly pipe?: readonly Shape[]
  readonly entries?: Readonly<Record<string, Shape>>
  readonly options?: readonly (Shape | string)[]
}

const FLAG = ['true', 'false'] as const

/** The words that a value is chosen from, if it is. */
function wordsOf({ type, wrapped, pipe, options }: Shape): readonly string[] {
  if (wrapped) return wordsOf(wrapped)
  if (type === 'boolean') return FLAG
  if (type === 'picklist') return (options ?? []).filter(option => typeof option === 'string')
  const [inner] = pipe ?? []
  return inner && inner.type !== type ? wordsOf(inner) : []
}

export const VERB_WORDS: readonly VerbWords[] = Object.keys(VERBS)
  .filter(isVerb)
  .map(verb => {
    const { entries = {} } = VERBS[verb].schema as Shape
    return { verb, keys: Object.entries(entries).map(([key, shape]) => ({ key, words: wordsOf(shape) })) }
  })

/** May this machine stand for the node of a verb: behind `from`, `node` or the verb itself? */
export function fitsVerb(verb: Verb, spec: NodeSpec): boolean {
  switch (verb) {
    case 'connect':
    case 'disconnect':
      return spec.kind === 'client' && spec.pptp !== undefined
    case 'dial':
    case 'hangup':
      return spec.kind === 'client' && spec.dial !== undefined
    case 'call':
      return spec.kind === 'pptp-server'
    case 'nat':
      return spec.kind === 'load-balancer' || (spec.kind === 'firewall' && spec.nat !== undefined)
    case 'shutdown':
      return spec.kind === 'pptp-server' || spec.kind === 'nas' || (spec.kind === 'client' && spec.pptp !== undefined)
    case 'password':
      return spec.kind === 'client' || usersOf(spec).length > 0
    case 'link':
      return true
    case 'note':
      return false
    default:
      return TALKERS.includes(spec.kind)
  }
}

/** Names of those who may come in at this machine, as the lab has them. */
export function usersOf(spec: NodeSpec): string[] {
  if (spec.kind === 'pptp-server') return [...spec.pptp.users.keys()]
  if (spec.kind === 'nas') return [...(spec.nas.ppp?.users.keys() ?? [])]
  return spec.kind === 'radius' ? [...spec.radius.users.keys()] : []
}

/** What an action does, as the story has it: `alice clears its call`. */
export function describeAction({ verb, args }: Action): string {
  const rules: { describe(args: never): string } = VERBS[verb]
  return rules.describe(args as never)
}
