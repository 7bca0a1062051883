/** The bad lab files with the messages that are expected of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { renderIssues } from '../../src/lab/diagnostic.ts'
import { loadLab } from '../../src/lab/load.ts'
import { rootPath } from './root.ts'

export const badTopologies = (): string[] =>
  readdirSync(rootPath('test/bad-topologies'))
    .filter(name => name.endsWith('.yaml'))
    .sort()

export const badPath = (name: string): string => rootPath(`test/bad-topologies/${name}`)

/** What the loader says of it; undefined when it finds nothing wrong. */
export function complaints(name: string): string | undefined {
  const loaded = loadLab(readFileSync(badPath(name), 'utf8'), name)
  return loaded.ok ? undefined : `${renderIssues(loaded.issues)}\n`
}
