/** Commands and processes of this machine. A process is only ever ended by its number. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Failure } from './failure.ts'
import type { Undo } from './undo.ts'

/** Runs a command to its end; throws with what it said if it fails. */
export function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `status ${status}`}`)
  return stdout
}

/** Starts a process at the head of a group of its own: a ^C at the terminal reaches us alone, and we end the group. */
export function start(command: string, args: readonly string[], undo: Undo, options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  undo.add(() => killGroup(pid))
  return child
}

export interface Ended {
  /** null: a signal ended it. */
  readonly status: number | null
  /** Output and errors, as they came. */
  readonly said: string
}

/** Runs a command to its end, while the event loop goes on: nobody whose output we read has to wait. */
export async function ask(command: string, args: readonly string[], undo: Undo, seconds = 60): Promise<Ended> {
  const child = start(command, args, undo, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const end = await once(child, 'close', { signal: AbortSignal.timeout(seconds * 1000) }).catch(() => undefined)
  if (!end) throw new Failure(`${command} ${args.join(' ')} does not end within ${seconds} s: ${said.slice(-200)}`)
  return { status: end[0] as number | null, said }
}

const LONGEST_DEATH_MS = 5000

/** Ends a process and all that it has started, at once, and waits until none of them lives. */
export function killGroup(pid: number): void {
  if (!groupOf(pid).some(isAlive)) return
  process.kill(-pid, 'SIGKILL')
  for (let waited = 0; groupOf(pid).some(isAlive); waited += 10) {
    if (waited > LONGEST_DEATH_MS) throw new Error(`process ${pid} does not end`)
    pause(10)
  }
}

const GROUP = 2
const groupOf = (leader: number): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter(pid => Number(statusFields(pid)?.[GROUP]) === leader)

/** A process that is dead but that its parent has not looked at (Z) holds nothing any more. */
export function isAlive(pid: number): boolean {
  const state = statusFields(pid)?.[0]
  return state !== undefined && state !== 'Z'
}

/** What proc(5) says of a process from its state on, that is behind its name, which may hold anything. */
function statusFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Without the event loop: for the way out. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
