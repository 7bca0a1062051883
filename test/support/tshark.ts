/**
 * The one way by which tests ask tshark, an independent reader of the same bytes. An answer counts only if it has as
 * many rows as the caller expects, and at least one: an empty output is never agreement.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For the `skip` of a test: a reason if there is no tshark on this machine. */
export const noTshark: string | false =
  spawnSync('tshark', ['--version']).status === 0 ? false : 'tshark is not installed: no second opinion on this machine'

export interface Question {
  /** A capture, or the path of one. */
  readonly capture: Uint8Array | string
  /** Field names of Wireshark; each row of the answer has one text a field, '' where the frame has none. */
  readonly fields: readonly string[]
  /** Display filter. */
  readonly filter?: string
  /** How many frames must pass the filter. */
  readonly count: number
  /** Preferences: `tcp.check_checksum:TRUE`. */
  readonly preferences?: readonly string[]
}

/** One row a frame. Throws if tshark complains, answers nothing, or has another number of rows than `count`. */
export function askTshark(question: Question): string[][] {
  const { fields, filter, count, preferences = [] } = question
  if (count < 1) throw new Error('a question whose right answer is empty proves nothing')
  return withFile(question.capture, file => {
    const options = [...fields.flatMap(f => ['-e', f]), ...preferences.flatMap(p => ['-o', p])]
    const args = ['-n', '-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', ...options]
    const rows = run('tshark', filter === undefined ? args : [...args, '-Y', filter]).split('\n')
    if (rows.pop() !== '' || rows.length === 0) throw new Error(`tshark finds nothing for ${filter ?? 'all frames'}`)
    if (rows.length !== count)
      throw new Error(`tshark finds ${rows.length} frames for ${filter ?? 'all'}, not ${count}`)
    return rows.map(row => row.split('\t'))
  })
}

/** The lines of `capinfos` for a file, without the file's name; throws if it complains. */
export function askCapinfos(capture: Uint8Array | string): string[] {
  return withFile(capture, file => {
    const lines = run('capinfos', [file]).split('\n').slice(1)
    if (lines.length < 5) throw new Error('capinfos says nothing')
    return lines.map(line => line.trim())
  })
}

function withFile<T>(capture: Uint8Array | string, use: (file: string) => T): T {
  if (typeof capture === 'string') return use(capture)
  const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-'))
  try {
    const file = join(folder, 'capture')
    writeFileSync(file, capture)
    return use(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with status ${status}: ${stderr.trim()}`)
  return stdout
}
