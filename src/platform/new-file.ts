/** Files that the terminal UI writes into the present folder: never over one that is there. */
import { writeFileSync } from 'node:fs'
import { writing } from './files.ts'

/** Names that are tried behind a taken one. */
const TRIES = 1000

/** `name`, or `name-2` and so on where there is one already; which it was. An error of the system is a UsageError. */
export function writeNew(name: string, content: string | Uint8Array): string {
  for (let number = 1; number <= TRIES; number++) {
    const path = numbered(name, number)
    if (writing(path, () => isNew(path, content))) return path
  }
  return writing(name, () => {
    throw Object.assign(new Error(), { code: 'EEXIST' })
  })
}

function isNew(path: string, content: string | Uint8Array): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** `voluntary-2.svg` of `voluntary.svg`. */
function numbered(name: string, number: number): string {
  if (number === 1) return name
  const dot = name.lastIndexOf('.')
  return dot < 1 ? `${name}-${number}` : `${name.slice(0, dot)}-${number}${name.slice(dot)}`
}
