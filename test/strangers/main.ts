/**
 * `npm run test:tcp-strangers [-- OPTION… WORD…]`: our TCP with the kernel's, beside the kernel's with itself, over the same
 * simulated roads; a grid, and the tables. Words choose the cells whose name contains one of them. README.md beside this file
 * tells more.
 */
import { playStrangers } from './strangers.ts'
import { tables } from './table.ts'

const measured = await playStrangers()
if (measured.length > 0) console.log(`\n${tables(measured)}`)
