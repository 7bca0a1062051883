/** The suite: cells as cases, and what they have measured. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../support/outside/failure.ts'
import type { Column } from '../support/outside/grid.ts'
import { checkMachine } from '../support/outside/machine.ts'
import { type Case, playSuite } from '../support/outside/suite.ts'
import type { Undo } from '../support/outside/undo.ts'
import {
  type Captures,
  type Cell,
  describePlace,
  newTally,
  type Place,
  play,
  strange,
  type Tally,
  worse,
} from './cell.ts'
import { CELLS, SHORT } from './cells.ts'
import { KNOWN } from './known.ts'
import { PORT } from './lab.ts'
import { ladder } from './ladder.ts'
import { goodput, type Measured } from './table.ts'

interface Site {
  readonly folder: string
  readonly undo: Undo
}
interface Facts {
  octets: number
  tally: Tally
}

const COLUMNS: readonly Column<Facts>[] = [
  ['MB', 5, ({ octets }) => (octets / 1e6).toFixed(1).padStart(5)],
  ['kB/s to ours | kernel', 22, facts => goodput(facts, 'in')],
  ['kB/s from ours | kernel', 23, facts => goodput(facts, 'out')],
]

/** The first bad place, for the reader. */
function show(name: string, { direction, end, flag }: Place, captures: Captures): void {
  const port = PORT[direction]
  const lines = captures[end].map(capture => ladder(capture, port, flag)).find(lines => lines.length > 0) ?? []
  console.log(
    `${name}: the first ${flag} at ${end} of the connection to port ${port}, from which the arrow goes right:`,
  )
  for (const line of lines) console.log(line)
}

/** Plays what the command line asks for, prints the grid, sets the exit status; the measurements. */
export async function playStrangers(): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  const asCase = (cell: Cell): Case<Site, Facts> => ({
    name: cell.name,
    short: SHORT.includes(cell.name),
    async play({ folder, undo }, facts) {
      const { octets } = cell
      facts.octets = octets
      const { tally } = facts
      measured.push({ name: cell.name, octets, tally })
      const captures = { a: [], b: [] }
      await play(cell, folder, undo, tally, captures)
      const found = worse(tally)
      if (found.length > 0) show(cell.name, found[0], captures)
      check(found.length === 0, found.map(place => describePlace(tally, place)).join('; '))
    },
  })
  await playSuite({
    cases: CELLS.map(asCase),
    known: KNOWN,
    columns: COLUMNS,
    facts: (): Facts => ({ octets: 0, tally: newTally() }),
    prepare() {
      checkMachine({ commands: {}, packages: ['iproute2', 'tshark'] })
      const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-strangers-'))
      return { folder, site: (name, undo) => ({ folder: join(folder, name), undo }) }
    },
  })
  // A few cells prove nothing of what the kernel pair shows nowhere.
  const kinds = measured.length === CELLS.length ? strange(measured.map(m => m.tally)) : []
  if (kinds.length > 0) {
    console.log(`Ours shows what the kernel pair shows nowhere: ${kinds.join(', ')}`)
    process.exitCode ||= 1
  }
  return measured
}
