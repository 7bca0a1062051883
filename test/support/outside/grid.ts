/** The grid: one line a case, printed when the case is over. */

/** What every case has; a suite adds its own facts. */
export interface Row {
  readonly name: string
  readonly seconds: number
  readonly verdict: string
}

export type Column<R> = readonly [title: string, width: number, cell: (row: R) => string]

const line = (columns: readonly Column<never>[], cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(columns[i][1]))
    .join('  ')
    .trimEnd()

export class Grid<F> {
  readonly #columns: readonly Column<Row & F>[]

  /** The columns between the name and the time. */
  constructor(own: readonly Column<F>[]) {
    this.#columns = [
      ['case', 24, row => row.name],
      ...own,
      ['seconds', 7, row => row.seconds.toFixed(1).padStart(7)],
      ['', 0, row => row.verdict],
    ]
  }
  get head(): string {
    return line(
      this.#columns,
      this.#columns.map(([title]) => title),
    )
  }
  line(row: Row & F): string {
    return line(
      this.#columns,
      this.#columns.map(([, , cell]) => cell(row)),
    )
  }
}
