import { readFileSync } from 'node:fs'

/** The text of a file in test/golden. */
export const golden = (name: string): string =>
  readFileSync(new URL(`../../../test/golden/${name}`, import.meta.url), 'utf8')

/** The lines of a file in test/golden without comments and empty ones. */
export const goldenLines = (name: string): string[] =>
  golden(name)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
