/** What comes with the program: its version, its labs, the schema of lab files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, found from the compiled file as well as from an installed one. */
function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'topologies'))) {
    const up = dirname(dir)
    if (up === dir) throw new Error('the folder of pptp-lab with its topologies is not there')
    dir = up
  }
  return dir
}

export const version = (): string =>
  (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version

export const schemaFile = (): string => join(packageRoot(), 'topologies', 'lab.schema.json')

/** The terminal UI, which is loaded by its command only. */
export const tuiProgram = (): string => join(packageRoot(), 'dist', 'cli', 'tui.js')

/** Name and path of each lab that comes with the program. */
export function shippedLabs(): { name: string; path: string }[] {
  const dir = join(packageRoot(), 'topologies')
  const files = readdirSync(dir).filter(file => file.endsWith('.yaml'))
  const names = files.map(file => basename(file, '.yaml')).sort()
  return names.map(name => ({ name, path: join(dir, `${name}.yaml`) }))
}

/** A folder may be anything: no more files are looked into, and none that is longer. */
const FILES_AT_MOST = 100
const OCTETS_AT_MOST = 1 << 20

/** Files of the present folder that may be labs; whether they are is seen when they are read. */
export function labFilesHere(): string[] {
  if (resolve('.') === join(packageRoot(), 'topologies')) return []
  return filesHere()
    .filter(file => /\.ya?ml$/.test(file))
    .sort()
    .slice(0, FILES_AT_MOST)
    .filter(file => {
      const stats = statSync(file, { throwIfNoEntry: false })
      return stats?.isFile() === true && stats.size <= OCTETS_AT_MOST
    })
}

/** A folder that cannot be read has none. */
function filesHere(): string[] {
  try {
    return readdirSync('.')
  } catch {
    return []
  }
}
