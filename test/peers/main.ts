/**
 * `npm run test:peers [-- OPTION… WORD…]`: real PPTP clients and servers against ours, and a grid of what came of it.
 * Words choose the cases whose name contains one of them. README.md beside this file tells more.
 */
import { parseArgs } from 'node:util'
import type { Case, Facts } from './case.ts'
import { CASES } from './cases.ts'
import { Failure, Lacking } from './failure.ts'
import { gridHead, gridLine } from './grid.ts'
import { KNOWN } from './known.ts'
import { Site } from './site.ts'
import { checkSurroundings, forget, prepare, type Surroundings } from './surroundings.ts'
import { Undo } from './undo.ts'

const STATUS = { good: 0, failed: 1, lacking: 2 }
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const { values: options, positionals: words } = parseArgs({
  options: { short: { type: 'boolean' }, list: { type: 'boolean' }, keep: { type: 'boolean' } },
  allowPositionals: true,
})

/** What a ^C has to take away. */
const undo = new Undo()
let surroundings: Surroundings | undefined

function leave(): void {
  for (const complaint of undo.all()) console.error(complaint)
  if (!surroundings) return
  if (options.keep) console.log(`Logs, records and captures are kept in ${surroundings.folder}`)
  else forget(surroundings)
}

function chosen(): readonly Case[] {
  const cases = options.short ? CASES.filter(({ short }) => short) : CASES
  return words.length === 0 ? cases : cases.filter(({ name }) => words.some(word => name.includes(word)))
}

/** Plays a case, takes everything away, and prints its line. Is all as it should be? */
async function play(place: Surroundings, { name, play }: Case): Promise<boolean> {
  const facts: Facts = { peer: '-', negotiated: '-', toPeer: undefined, fromPeer: undefined }
  const began = performance.now()
  const reasons: string[] = []
  try {
    await play(new Site(place, name, undo), facts)
  } catch (error) {
    if (error instanceof Lacking) throw error
    reasons.push(error instanceof Failure ? error.message : String((error as Error).stack))
  }
  reasons.push(...undo.all())
  const { verdict, good } = judge(name, reasons)
  console.log(gridLine({ name, ...facts, seconds: (performance.now() - began) / 1000, verdict }))
  return good
}

function judge(name: string, reasons: readonly string[]): { readonly verdict: string; readonly good: boolean } {
  const known = KNOWN[name]
  if (reasons.length === 0 && known === undefined) return { verdict: 'PASS', good: true }
  if (reasons.length === 0) return { verdict: `FAIL It passes: take it out of known.ts (${known})`, good: false }
  if (known === undefined) return { verdict: `FAIL ${reasons.join('; ')}`, good: false }
  return { verdict: `known: ${known} (${reasons.join('; ')})`, good: true }
}

async function main(): Promise<number> {
  const cases = chosen()
  if (options.list) {
    for (const { name } of cases) console.log(name)
    return STATUS.good
  }
  if (cases.length === 0) throw new Lacking(`No case has ${words.join(' or ')} in its name; --list shows them all.`)
  checkSurroundings()
  surroundings = prepare(console.log)
  console.log(gridHead())
  let bad = 0
  for (const each of cases) if (!(await play(surroundings, each))) bad++
  console.log(bad === 0 ? `All ${cases.length} as expected.` : `${bad} of ${cases.length} are not as expected.`)
  return bad === 0 ? STATUS.good : STATUS.failed
}

for (const [signal, status] of Object.entries(SIGNALS)) {
  process.once(signal, () => {
    leave()
    process.exit(status)
  })
}
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Lacking)) throw error
  console.error(error.message)
  process.exitCode = STATUS.lacking
} finally {
  leave()
}
