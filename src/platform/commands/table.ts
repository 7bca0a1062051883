/** Every command of the program, in the order of the help. */
import type { Command } from '../usage.ts'
import { checkCommand, completionCommand, decodeCommand, initCommand, labsCommand, schemaCommand } from './files.ts'
import { runCommand } from './run.ts'

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: runCommand,
  check: checkCommand,
  decode: decodeCommand,
  labs: labsCommand,
  schema: schemaCommand,
  init: initCommand,
  completion: completionCommand,
}
