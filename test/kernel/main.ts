/**
 * `npm run test:kernel [-- OPTION… WORD…]`: the kernel's own TCP, ping, traceroute and curl against ours through a TUN device,
 * and a grid of what came of it. README.md beside this file tells more.
 */
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../support/outside/grid.ts'
import { checkMachine } from '../support/outside/machine.ts'
import { playSuite } from '../support/outside/suite.ts'
import { CASES } from './cases.ts'
import { type Facts, Site } from './site.ts'

const COMMANDS = { ping: 'ping', traceroute: 'traceroute', curl: 'curl', python3: 'python3' }
const PACKAGES = ['iproute2', 'iputils-ping', 'traceroute', 'curl', 'python3', 'tshark']
const COLUMNS: readonly Column<Facts>[] = [['what was seen', 92, facts => facts.told]]

await playSuite({
  cases: CASES,
  known: {},
  columns: COLUMNS,
  facts: (): Facts => ({ told: '-' }),
  prepare() {
    checkMachine({ commands: COMMANDS, packages: PACKAGES })
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-kernel-'))
    // For the users without privilege of some cases.
    chmodSync(folder, 0o755)
    return { folder, site: (name, undo) => new Site(folder, name, undo) }
  },
})
