/** An independent reader of MPPE: test/support/mppe-decrypt.py. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootPath } from './root.ts'

export const noPython =
  spawnSync('python3', ['--version']).status === 0
    ? false
    : 'python3 is not installed: no second reader of MPPE on this machine'

export interface Direction {
  readonly from: string
  readonly to: string
  readonly user?: string
  readonly bits?: number
  readonly stateful?: boolean
  readonly packets: number
  readonly decrypted: number
}

/** What the Python reader says of a capture. */
export function readMppe(capture: Uint8Array | string, passwords: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-'))
  try {
    const file = typeof capture === 'string' ? capture : join(folder, 'capture')
    if (typeof capture !== 'string') writeFileSync(file, capture)
    const args = ['-B', rootPath('test/support/mppe-decrypt.py'), file, ...passwords]
    const { status, stdout, stderr } = spawnSync('python3', args, { encoding: 'utf8' })
    const lines = stdout.split('\n').filter(line => line !== '')
    return { status, stderr, directions: lines.map(line => JSON.parse(line) as Direction) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
