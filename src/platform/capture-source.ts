/** A capture on disk, read for the terminal UI; who waits for a large one is told how far it is. */
import { CaptureRun } from '../decode/capture-run.ts'
import type { Passwords } from '../decode/mppe-record.ts'
import { readBytes } from './files.ts'
import { err } from './terminal.ts'
import { UsageError } from './usage.ts'

/** Nothing is said about what is done sooner: milliseconds. */
const PATIENCE = 500

export function openCapture(path: string, passwords: Passwords | undefined): CaptureRun {
  const bytes = readBytes(path)
  const begun = performance.now()
  let told = false
  const run = new CaptureRun(bytes, path, passwords, share => {
    if (performance.now() - begun < PATIENCE || process.stderr.isTTY !== true) return
    told = true
    err(`\rReading ${path}: ${Math.round(100 * share)} %`)
  })
  if (told) err('\r\x1b[K')
  if (run.frames > 0) return run
  throw new UsageError(run.facts.map(fact => `${path}: ${fact}`).join('\n') || `${path}: there is no packet in it`)
}
