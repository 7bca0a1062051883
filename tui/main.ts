/** The entry of `pptp-lab tui`: the terminal of the process, its signals, and its exit status. */
import { Recorder, Run } from '../src/index.ts'
import type { TuiMain, TuiRequest } from '../src/platform/commands/tui.ts'
import { isFirstTime } from '../src/platform/first-time.ts'
import { writeNew } from '../src/platform/new-file.ts'
import { out } from '../src/platform/terminal.ts'
import { EXIT } from '../src/platform/usage.ts'
import type { Parts } from './parts.ts'
import { plainRun } from './plain.ts'
import { FIRST_UI } from './press.ts'
import type { SessionSource } from './session.ts'
import { openTerminal } from './terminal.ts'
import { PARTS } from './views.ts'

/** Errors of a terminal whose other end was closed. */
const GONE: ReadonlySet<unknown> = new Set(['EIO', 'EPIPE', 'ENXIO', 'EBADF', 'ENOTTY'])
const isGone = (error: unknown): boolean => GONE.has((error as NodeJS.ErrnoException | undefined)?.code)

const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export const main: TuiMain = async request =>
  request.plain && request.open ? tellPlainly(request.open, request.quiz) : play(request, PARTS)

/** The run in whole sentences, for a screen reader or a file; status as that of `run`. */
function tellPlainly({ lab, replay, explain }: SessionSource, quiz: boolean): number {
  const recorder = new Recorder(new Run(lab, replay))
  plainRun(
    recorder,
    text => out(`${text}\n`),
    scene => ({ scene, recorder, ui: FIRST_UI, explain }),
    quiz,
  )
  return recorder.run.result().ok ? EXIT.good : EXIT.failed
}

/** Until the program ends, with its exit status; the terminal is then as it was. */
export async function play(
  { open, disk, labs, ascii, theme, speed, quiz, tour }: TuiRequest,
  parts: Parts,
): Promise<number> {
  const terminal = openTerminal({
    input: process.stdin,
    output: process.stdout,
    env: process.env,
    open,
    disk,
    labs,
    writeNew,
    parts,
    isFirstTime: tour ? () => isFirstTime(process.env) : undefined,
    ui: {
      speed,
      quiz,
      ...(theme ? { theme } : {}),
      ...(ascii ? { ascii } : {}),
    },
    complain: text => process.stderr.write(text),
  })
  // A terminal that is gone says so by an error of whoever reads or writes next, or has nothing more to read; giving it back fails then as well, and
  // talk about it has no reader. These stay until the process ends.
  const lost = (error: unknown): void => (isGone(error) ? terminal.end(STATUSES.SIGHUP) : terminal.fault(error))
  process.stdin.on('error', lost)
  process.stdin.on('end', () => terminal.end(STATUSES.SIGHUP))
  process.stdout.on('error', lost)
  process.stderr.on('error', () => {})
  const listeners = Object.entries(STATUSES).map(([signal, status]) => [signal, () => terminal.end(status)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  process.on('uncaughtException', lost)
  try {
    return await terminal.status
  } finally {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener)
    process.removeListener('uncaughtException', lost)
  }
}
