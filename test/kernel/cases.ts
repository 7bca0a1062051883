/** All cases, in the order in which they are run. */
import type { Case } from './site.ts'
import { TCP } from './tcp.ts'

export const CASES: readonly Case[] = [...TCP]
