/**
 * `npm run test:radius [-- OPTION… WORD…]`: a real FreeRADIUS judges the callers of a simulated server, and a grid of what
 * came of it. README.md beside this file tells more.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../support/outside/grid.ts'
import { checkMachine } from '../support/outside/machine.ts'
import { playSuite } from '../support/outside/suite.ts'
import { CASES } from './cases.ts'
import { type Facts, Site } from './site.ts'

const COLUMNS: readonly Column<Facts>[] = [['what was seen', 96, facts => facts.told]]

await playSuite({
  cases: CASES,
  known: {},
  columns: COLUMNS,
  facts: (): Facts => ({ told: '-' }),
  prepare() {
    checkMachine({ commands: { freeradius: 'freeradius' }, packages: ['iproute2', 'freeradius', 'tshark'] })
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-radius-'))
    return { folder, site: (name, undo) => new Site(folder, name, undo) }
  },
})
