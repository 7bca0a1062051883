/**
 * A suite of cases that real programs of this machine play with ours, each at a site of its own, and the command for it:
 * `[--short] [--list] [--keep] [WORD…]`. Words choose the cases whose name contains one of them.
 */
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Failure, Lacking } from './failure.ts'
import { type Column, Grid } from './grid.ts'
import { Undo } from './undo.ts'

export interface Case<S, F> {
  readonly name: string
  /** `--short` runs it. */
  readonly short?: boolean
  /** The facts are filled in as the case goes on, so that a failure shows how far it came. */
  play(site: S, facts: F): Promise<void>
}

/** The folder of this run, which goes at the end; each case has its own in it. */
export interface Place<S> {
  readonly folder: string
  site(name: string, undo: Undo): S
}

export interface Suite<S, F> {
  readonly cases: readonly Case<S, F>[]
  /** What does not pass yet: the name of the case, and why. */
  readonly known: Readonly<Record<string, string>>
  readonly columns: readonly Column<F>[]
  facts(): F
  /** Throws `Lacking` with a sentence that says what this machine lacks. */
  prepare(): Place<S>
}

const STATUS = { good: 0, failed: 1, lacking: 2 }
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Plays what the command line asks for; sets the exit status. */
export async function playSuite<S, F extends object>(suite: Suite<S, F>): Promise<void> {
  const { values: options, positionals: words } = parseArgs({
    options: { short: { type: 'boolean' }, list: { type: 'boolean' }, keep: { type: 'boolean' } },
    allowPositionals: true,
  })
  const cases = suite.cases
    .filter(({ short }) => short || !options.short)
    .filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)))
  if (options.list) {
    for (const { name } of cases) console.log(name)
    return
  }
  /** What a ^C has to take away. */
  const undo = new Undo()
  let place: Place<S> | undefined
  const leave = (): void => {
    for (const complaint of undo.all()) console.error(complaint)
    if (!place) return
    if (options.keep) console.log(`Logs, records and captures are kept in ${place.folder}`)
    else rmSync(place.folder, { recursive: true, force: true })
  }
  for (const [signal, status] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      leave()
      process.exit(status)
    })
  }
  try {
    if (cases.length === 0) throw new Lacking(`No case has ${words.join(' or ')} in its name; --list shows them all.`)
    place = suite.prepare()
    process.exitCode = (await playAll(suite, cases, place, undo)) ? STATUS.good : STATUS.failed
  } catch (error) {
    if (!(error instanceof Lacking)) throw error
    console.error(error.message)
    process.exitCode = STATUS.lacking
  } finally {
    leave()
  }
}

async function playAll<S, F extends object>(
  { known, columns, facts: fresh }: Suite<S, F>,
  cases: readonly Case<S, F>[],
  place: Place<S>,
  undo: Undo,
): Promise<boolean> {
  const grid = new Grid(columns)
  console.log(grid.head)
  let bad = 0
  for (const { name, play } of cases) {
    const facts = fresh()
    const began = performance.now()
    const reasons: string[] = []
    try {
      await play(place.site(name, undo), facts)
    } catch (error) {
      if (error instanceof Lacking) throw error
      reasons.push(error instanceof Failure ? error.message : String((error as Error).stack))
    }
    reasons.push(...undo.all())
    const { verdict, good } = judge(known[name], reasons)
    if (!good) bad++
    console.log(grid.line({ name, ...facts, seconds: (performance.now() - began) / 1000, verdict }))
  }
  console.log(bad === 0 ? `All ${cases.length} as expected.` : `${bad} of ${cases.length} are not as expected.`)
  return bad === 0
}

function judge(known: string | undefined, reasons: readonly string[]): { verdict: string; good: boolean } {
  if (reasons.length === 0 && known === undefined) return { verdict: 'PASS', good: true }
  if (reasons.length === 0) return { verdict: `FAIL It passes: take it out of known.ts (${known})`, good: false }
  if (known === undefined) return { verdict: `FAIL ${reasons.join('; ')}`, good: false }
  return { verdict: `known: ${known} (${reasons.join('; ')})`, good: true }
}
