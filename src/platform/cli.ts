#!/usr/bin/env node
/** The command `pptp-lab`: finds the command, runs it, and turns every ending into an exit status. */
import { COMMANDS } from './commands/table.ts'
import { compileLess } from './compiler.ts'
import { shippedLabs, version } from './package.ts'
import { atTerminal, err, OutputClosed, out } from './terminal.ts'
import { type Command, columns, didYouMean, EXIT, helpOf, parse, UsageError } from './usage.ts'

function help(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { operands, help }]) => [`${name} ${operands}`, help.split('. ')[0].replace(/\.?$/, '.')] as const,
  )
  return `pptp-lab: a network simulator with a complete PPTP stack.
Every packet is real bytes.

${columns(rows)}

Begin with: pptp-lab run voluntary
More of a command: pptp-lab COMMAND --help. The version: pptp-lab --version.
`
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    const labs = await COMMANDS.labs.load()
    const status = await labs([], {})
    out('\nRun one: pptp-lab run voluntary. All commands: pptp-lab --help\n')
    return status
  }
  if (name === '--version' || name === '-V') {
    out(`${version()}\n`)
    return EXIT.good
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    out(rest.length === 0 ? help() : helpOf(rest[0], await commandOf(rest[0])))
    return EXIT.good
  }
  const command = await commandOf(name)
  const parsed = await parse(name, command, rest)
  if (parsed.help) {
    out(helpOf(name, command))
    return EXIT.good
  }
  const action = await command.load()
  compileLess()
  return action(parsed.operands, parsed.options)
}

async function commandOf(name: string): Promise<Command> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]
  const all = 'All commands: pptp-lab --help'
  if (name.startsWith('-')) {
    const hint = await didYouMean(name.replace(/^-+/, ''), ['help', 'version'], all, '--')
    throw new UsageError(`pptp-lab has no option ${name} before a command. ${hint}`)
  }
  const isLab = /\.(ya?ml|jsonl)$/.test(name) || shippedLabs().some(lab => lab.name === name)
  if (isLab) throw new UsageError(`${name} is a lab: pptp-lab run ${name}`)
  if (name === 'version') throw new UsageError('pptp-lab has no command version. Did you mean --version?')
  throw new UsageError(`pptp-lab has no command ${name}. ${await didYouMean(name, Object.keys(COMMANDS), all)}`)
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

// Node restores the terminals that it was started with, and aborts when one is gone. The signal itself ends it before that,
// with the same status for a shell.
process.on('exit', status => {
  if (status === EXIT.hungUp && atTerminal) process.kill(process.pid, 'SIGHUP')
})
process.exitCode = await main(process.argv.slice(2)).catch(statusOf)
