/** Command lines: what a command is, how its words are read, and errors that say what would be right. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { wrap } from './terminal.ts'

/** Exit statuses of the program. */
export const EXIT = {
  good: 0,
  failed: 1,
  usage: 2,
  internal: 3,
  limit: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** The user has asked for something that cannot be done; the message says what would be right. Status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Option {
  readonly type: 'boolean' | 'string'
  readonly multiple?: boolean
  /** One letter that stands for its name. */
  readonly short?: string
  /** What stands for the value in the help: `DIR`. */
  readonly value?: string
  /** What a value is, and one for example. */
  readonly wants?: readonly [what: string, example: string]
  /** All that its value may be. */
  readonly words?: readonly string[]
  readonly help: string
}

export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
export type Action = (operands: readonly string[], options: Options) => number | Promise<number>

export interface Command {
  /** `LAB` and `LAB|CAPTURE` for exactly one, `LAB...` for one or more, `[FILE]`, `[LAB]` or `[LAB|CAPTURE]` for one or none, `` for none. */
  readonly operands:
    | ''
    | 'LAB'
    | 'LAB...'
    | '[LAB]'
    | 'LAB|CAPTURE'
    | '[LAB|CAPTURE]'
    | 'FILE'
    | '[FILE]'
    | 'SHELL'
    | 'WHAT'
  /** All that the operand may be. */
  readonly words?: readonly string[]
  readonly example: string
  readonly help: string
  readonly options: Readonly<Record<string, Option>>
  /** Loads the file of the command: a command that is not asked for costs no time. */
  load(): Promise<Action>
}

export const HELP: Option = { type: 'boolean', short: 'h', help: 'show this help' }

/** The sentence about an unknown word. Only here does a wrong command line wait for the core. */
export async function didYouMean(word: string, known: readonly string[], otherwise: string, dashes = '') {
  const { nearest } = await import('../index.ts')
  const close = nearest(word, known)
  return close === undefined ? otherwise : `Did you mean ${dashes}${close}?`
}

export interface Parsed {
  readonly operands: readonly string[]
  readonly options: Options
  readonly help: boolean
}

/** Reads the words behind the name of a command. Every mistake is answered with the words that were typed. */
export async function parse(name: string, command: Command, args: readonly string[]): Promise<Parsed> {
  const known = { ...command.options, help: HELP }
  const { tokens, positionals, values } = parseArgs({
    args: [...args],
    options: parserOptions(known),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const help = tokens.some(token => token.kind === 'option' && token.name === 'help')
  if (help) return { operands: positionals, options: {}, help }
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name as keyof typeof known] : undefined
    if (!option) {
      const hint = await didYouMean(token.name, Object.keys(known), `Its options: pptp-lab ${name} --help`, '--')
      throw new UsageError(`pptp-lab ${name} has no option ${token.rawName}. ${hint}`)
    }
    if (option.type === 'string' && !token.value) {
      const [what, example] = option.wants ?? [option.value, option.value]
      throw new UsageError(`--${token.name} wants ${what} after it, such as --${token.name} ${example}`)
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`--${token.name} takes no value: write --${token.name} alone.`)
    }
  }
  checkCount(name, command, positionals)
  return { operands: positionals, options: values as Options, help }
}

function parserOptions(known: Readonly<Record<string, Option>>): NonNullable<ParseArgsConfig['options']> {
  const entries = Object.entries(known).map(([key, { type, multiple = false, short }]) => {
    return [key, { type, multiple, ...(short === undefined ? {} : { short }) }] as const
  })
  return Object.fromEntries(entries)
}

function checkCount(name: string, { operands, words, example }: Command, given: readonly string[]): void {
  const word = operands.replace(/[[\].]/g, '')
  const least = operands === '' || operands.startsWith('[') ? 0 : 1
  const most = operands === '' ? 0 : operands.endsWith('...') ? Number.POSITIVE_INFINITY : 1
  if (given.length < least) {
    const wanted = words === undefined ? `a ${word}` : `a word (${words.join(', ')})`
    throw new UsageError(`pptp-lab ${name} wants ${wanted}, such as: ${example}`)
  }
  if (given.length > most) {
    const takes = most === 0 ? 'takes no operands' : `takes one ${word}, not ${given.length}`
    throw new UsageError(`pptp-lab ${name} ${takes}: ${given.join(' ')}. Right would be: ${example}`)
  }
}

export function helpOf(name: string, { operands, example, help, options }: Command): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([key, { value, short, help }]): [string, string] => [
    `${short === undefined || key === 'help' ? '' : `-${short}, `}--${key}${value === undefined ? '' : ` ${value}`}`,
    help,
  ])
  const usage = ['pptp-lab', name, operands, Object.keys(options).length > 0 ? '[OPTIONS]' : ''].filter(word => word)
  return `${usage.join(' ')}\n\n${wrap(help, HELP_WIDTH, 0)}\n\n${columns(rows)}\n\nFor example: ${example}\n`
}

/** Help is wrapped in files and pipes too: people read it there as well. */
const HELP_WIDTH = 80

/** Two columns, the left one as wide as it must be. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => wrap(`  ${left.padEnd(width)}  ${right}`, HELP_WIDTH, width + 4)).join('\n')
}
