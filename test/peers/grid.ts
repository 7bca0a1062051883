/** The grid: one line a case, printed when the case is over. */

export interface Row {
  readonly name: string
  readonly peer: string
  readonly negotiated: string
  /** Octets of PPP as the real peer has counted them. */
  readonly toPeer: number | undefined
  readonly fromPeer: number | undefined
  readonly seconds: number
  readonly verdict: string
}

type Column = readonly [title: string, width: number, cell: (row: Row) => string]
const count = (octets: number | undefined): string => (octets === undefined ? '-' : String(octets)).padStart(9)
const COLUMNS: readonly Column[] = [
  ['case', 24, row => row.name],
  ['real peer', 11, row => row.peer],
  ['negotiated', 38, row => row.negotiated],
  ['  to peer', 9, row => count(row.toPeer)],
  ['from peer', 9, row => count(row.fromPeer)],
  ['seconds', 7, row => row.seconds.toFixed(1).padStart(7)],
  ['', 0, row => row.verdict],
]
const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(COLUMNS[i][1]))
    .join('  ')
    .trimEnd()

export const gridHead = (): string => line(COLUMNS.map(([title]) => title))
export const gridLine = (row: Row): string => line(COLUMNS.map(([, , cell]) => cell(row)))
