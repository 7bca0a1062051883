/** Labs and captures on disk. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lab, load, nearest, type Override, readRunFile, renderIssues } from '../index.ts'
import { UsageError } from './usage.ts'

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

/** Name and path of each lab that comes with the program. */
export function shippedLabs(): { name: string; path: string }[] {
  const dir = join(packageRoot(), 'topologies')
  const files = readdirSync(dir).filter(file => file.endsWith('.yaml'))
  return files.sort().map(file => ({ name: basename(file, '.yaml'), path: join(dir, file) }))
}

export interface LabFile {
  readonly text: string
  /** As messages name it. */
  readonly file: string
  readonly overrides: readonly Override[]
}

/** Reads a lab, or the lab inside a run file: `name` is a path, or the name of a lab that comes with the program. */
export function readLab(name: string, overrides: readonly Override[]): LabFile {
  const path = findLab(name)
  const text = readText(path)
  if (!path.endsWith('.jsonl')) return { text, file: name, overrides }
  const recorded = readRunFile(text)
  if (!recorded.ok) throw new UsageError(`${name}: ${recorded.problem}`)
  return { text: recorded.lab, file: name, overrides: [...recorded.overrides, ...overrides] }
}

function findLab(name: string): string {
  if (existsSync(name) && statSync(name).isFile()) return name
  const labs = shippedLabs()
  const shipped = labs.find(lab => lab.name === name)
  if (shipped) return shipped.path
  const names = labs.map(lab => lab.name)
  const close = nearest(basename(name).replace(/\.ya?ml$/, ''), names)
  const hint = close === undefined ? `The labs that come with pptp-lab: ${names.join(', ')}.` : `Did you mean ${close}?`
  throw new UsageError(`There is no lab file ${name}. ${hint}`)
}

export function readText(path: string): string {
  return readBytes(path).toString('utf8')
}

export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** The checked lab; a UsageError with every problem if it has some. */
export function checkedLab({ text, file, overrides }: LabFile): Lab {
  const loaded = load(text, file, overrides)
  if (loaded.ok) return loaded.lab
  throw new UsageError(renderIssues(loaded.issues))
}

/** `a.b=c` */
export function parseOverride(text: string): Override {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--set wants KEY=VALUE, such as --set seed=7, not ${text}`)
  return { path: text.slice(0, at), value: text.slice(at + 1) }
}
