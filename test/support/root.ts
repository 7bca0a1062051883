/** Paths in the repository, from the compiled tests. */
import { fileURLToPath } from 'node:url'

export const rootPath = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
