/** Command lines: the table of commands, and errors that say what would be right. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../index.ts'

/** Exit statuses of the program. */
export const EXIT = { good: 0, failed: 1, usage: 2, internal: 3, limit: 4, interrupted: 130, terminated: 143 } as const

/** The user has asked for something that cannot be done; the message says what would be right. Status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Option {
  readonly type: 'boolean' | 'string'
  readonly multiple?: boolean
  /** What stands for the value in the help: `DIR`. */
  readonly value?: string
  readonly help: string
}

export interface Command {
  /** `LAB` or `[FILE]`. */
  readonly operands: string
  readonly help: string
  readonly options: Readonly<Record<string, Option>>
  run(operands: readonly string[], options: Readonly<Record<string, unknown>>): number | Promise<number>
}

const HELP: Option = { type: 'boolean', help: 'show this help' }

export function parse(
  name: string,
  command: Command,
  args: readonly string[],
): { operands: string[]; options: Record<string, unknown> } {
  const known = { ...command.options, help: HELP }
  const options = Object.fromEntries(
    Object.entries(known).map(([key, { type, multiple = false }]) => [key, { type, multiple }]),
  ) as ParseArgsConfig['options']
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: options ?? {},
      allowPositionals: true,
      strict: true,
    })
    return { operands: positionals, options: values }
  } catch (error) {
    throw new UsageError(explain(name, Object.keys(known), args, error as Error))
  }
}

function explain(name: string, known: readonly string[], args: readonly string[], error: Error): string {
  const unknown = args.find(arg => arg.startsWith('-') && !known.includes(arg.replace(/^--?(no-)?/, '').split('=')[0]))
  if (unknown === undefined) return `pptp-lab ${name}: ${error.message}`
  const close = nearest(unknown.replace(/^-+/, '').split('=')[0], known)
  const hint = close === undefined ? `Try: pptp-lab ${name} --help` : `Did you mean --${close}?`
  return `pptp-lab ${name} has no option ${unknown.split('=')[0]}. ${hint}`
}

export function helpOf(name: string, { operands, help, options }: Command): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([key, { value, help }]): [string, string] => [
    `--${key}${value === undefined ? '' : ` ${value}`}`,
    help,
  ])
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
  return `pptp-lab ${name}${operands === '' ? '' : ` ${operands}`}\n\n${help}\n\n${lines.join('\n')}\n`
}
