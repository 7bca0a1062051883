/** The suite: cells as cases, and what they have measured. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../support/outside/failure.ts'
import type { Column } from '../support/outside/grid.ts'
import { checkMachine } from '../support/outside/machine.ts'
import { type Case, playSuite } from '../support/outside/suite.ts'
import type { Undo } from '../support/outside/undo.ts'
import { type Cell, newSums, play, type Sums, worse } from './cell.ts'
import { CELLS, SHORT } from './cells.ts'
import { KNOWN } from './known.ts'
import { goodput, type Measured } from './table.ts'

interface Site {
  readonly folder: string
  readonly undo: Undo
}
interface Facts {
  octets: number
  sums: Sums
  seeds: number
}

const COLUMNS: readonly Column<Facts>[] = [
  ['MB', 5, ({ octets }) => (octets / 1e6).toFixed(1).padStart(5)],
  ['kB/s to ours | kernel', 22, facts => goodput(facts, 'in')],
  ['kB/s from ours | kernel', 23, facts => goodput(facts, 'out')],
]

/** Plays what the command line asks for, prints the grid, sets the exit status; the measurements. */
export async function playStrangers(): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  const asCase = (cell: Cell): Case<Site, Facts> => ({
    name: cell.name,
    short: SHORT.includes(cell.name),
    async play({ folder, undo }, facts) {
      const { octets, seeds } = cell
      Object.assign(facts, { octets, seeds: seeds.length })
      const { sums } = facts
      measured.push({ name: cell.name, octets, seeds: seeds.length, sums })
      await play(cell, folder, undo, sums)
      const found = worse(sums)
      check(found.length === 0, found.join('; '))
    },
  })
  await playSuite({
    cases: CELLS.map(asCase),
    known: KNOWN,
    columns: COLUMNS,
    facts: (): Facts => ({ octets: 0, seeds: 0, sums: newSums() }),
    prepare() {
      checkMachine({ commands: {}, packages: ['iproute2', 'tshark'] })
      const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-strangers-'))
      return { folder, site: (name, undo) => ({ folder: join(folder, name), undo }) }
    },
  })
  return measured
}
