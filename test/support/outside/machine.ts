/** What a suite with network namespaces and TUN devices asks of the machine. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { noTshark } from '../tshark.ts'
import { Lacking } from './failure.ts'

export interface Needs {
  /** Commands, and what is said of each if it is missing. */
  readonly commands: Readonly<Record<string, string>>
  /** Debian packages that bring them all. */
  readonly packages: readonly string[]
}

/** Is there a program of that name? Each of them knows this word or says that it does not. */
export const finds = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

export const lacks = (what: string): never => {
  throw new Lacking(what)
}

/** Throws with a sentence that says what is missing and what to do about it. */
export function checkMachine({ commands, packages }: Needs): void {
  if (process.platform !== 'linux')
    lacks(`Network namespaces and TUN devices are of Linux; this is ${process.platform}.`)
  if (process.getuid?.() !== 0) lacks('Network namespaces and TUN devices need root, and this process is not root.')
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    lacks('/dev/net/tun is not there: load the module tun, or give it to this container (--device /dev/net/tun).')
  }
  const install = `apt-get install ${packages.join(' ')}`
  if (!finds('ip')) lacks(`The command ip is missing: ${install}`)
  for (const [command, name] of Object.entries(commands)) if (!finds(command)) lacks(`${name} is missing: ${install}`)
  if (noTshark) lacks(`tshark is missing: ${install}`)
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) {
    lacks('No network namespace can be made here: a container needs the capability SYS_ADMIN for it (--privileged).')
  }
}
