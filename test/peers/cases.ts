/** All cases, in the order in which they are run: first what shows that the surroundings are sound. */
import type { Case } from './case.ts'
import { REAL_TO_REAL } from './real-to-real.ts'

export const CASES: readonly Case[] = [...REAL_TO_REAL]
