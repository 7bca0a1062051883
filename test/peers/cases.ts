/** All cases, in the order in which they are run: first what shows that the surroundings are sound. */
import { AROUND_US } from './around-us.ts'
import { BEHIND_NAT } from './behind-nat.ts'
import type { Case } from './case.ts'
import { DIAL_US } from './dial-us.ts'
import { REAL_TO_REAL } from './real-to-real.ts'
import { WE_DIAL } from './we-dial.ts'

export const CASES: readonly Case[] = [...REAL_TO_REAL, ...DIAL_US, ...WE_DIAL, ...BEHIND_NAT, ...AROUND_US]
