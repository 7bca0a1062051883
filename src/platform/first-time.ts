/** Has this user had the terminal UI open before? A file in his configuration folder remembers it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** `XDG_CONFIG_HOME` counts only if it is absolute, as its specification says. */
const configFolder = (env: NodeJS.ProcessEnv): string => {
  const { XDG_CONFIG_HOME: given = '' } = env
  return join(isAbsolute(given) ? given : join(homedir(), '.config'), 'pptp-lab')
}

/**
 * True once: the file is made, so that the next time is none. False where it is there, and where it cannot be made: a user who
 * would be greeted each time is better not greeted at all.
 */
export function isFirstTime(env: NodeJS.ProcessEnv): boolean {
  try {
    const folder = configFolder(env)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'toured'),
      'The tour of pptp-lab tui was shown. Without this file it is shown again.\n',
      {
        flag: 'wx',
      },
    )
    return true
  } catch {
    return false
  }
}
