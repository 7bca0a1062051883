#!/usr/bin/env node
/** The command `pptp-lab`: finds the command, runs it, and turns every ending into an exit status. */
import { nearest } from '../index.ts'
import { COMMANDS } from './commands/table.ts'
import { version } from './files.ts'
import { err, OutputClosed, out } from './terminal.ts'
import { EXIT, helpOf, parse, UsageError } from './usage.ts'

function help(): string {
  const width = Math.max(...Object.entries(COMMANDS).map(([name, { operands }]) => `${name} ${operands}`.length))
  const rows = Object.entries(COMMANDS).map(
    ([name, { operands, help }]) => `  ${`${name} ${operands}`.padEnd(width)}  ${help}`,
  )
  return `pptp-lab: a network simulator with a complete PPTP stack, in which every packet is real bytes.

${rows.join('\n')}

pptp-lab COMMAND --help tells more of a command; pptp-lab --version tells the version.
`
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    const status = await COMMANDS.labs.run([], {})
    out('\nRun one: pptp-lab run voluntary. All commands: pptp-lab --help\n')
    return status
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    out(help())
    return EXIT.good
  }
  if (name === '--version') {
    out(`${version()}\n`)
    return EXIT.good
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    const close = nearest(name, Object.keys(COMMANDS))
    throw new UsageError(
      `pptp-lab has no command ${name}. ${close === undefined ? 'All commands: pptp-lab --help' : `Did you mean ${close}?`}`,
    )
  }
  const { operands, options } = parse(name, command, rest)
  if (options.help) {
    out(helpOf(name, command))
    return EXIT.good
  }
  return command.run(operands, options)
}

function statusOf(error: unknown): number {
  if (error instanceof OutputClosed) return EXIT.good
  if (error instanceof UsageError) {
    err(`${error.message}\n`)
    return EXIT.usage
  }
  err(
    `This is a fault of pptp-lab, not yours. Please report it with the lab file and this text:\n${(error as Error).stack}\n`,
  )
  return EXIT.internal
}

process.exitCode = await main(process.argv.slice(2)).catch(statusOf)
