/** All cases, in the order in which they are run. */
import { ENDS } from './ends.ts'
import { PRIVILEGE } from './privilege.ts'
import { RUBBISH } from './rubbish.ts'
import { SCREEN } from './screen.ts'
import type { Case } from './site.ts'
import { TCP } from './tcp.ts'
import { TOOLS } from './tools.ts'

export const CASES: readonly Case[] = [...TOOLS, ...TCP, ...RUBBISH, ...PRIVILEGE, ...SCREEN, ...ENDS]
