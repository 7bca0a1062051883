/** What these tests ask of the machine, and the folder in which they work. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkMachine, finds, lacks } from '../support/outside/machine.ts'
import { rootPath } from '../support/root.ts'

/** All that a Debian machine needs beside Node and git. */
export const PACKAGES = ['user-mode-linux', 'debootstrap', 'gcc', 'libc6-dev', 'iproute2', 'tshark']
const COMMANDS = { 'linux.uml': 'User-Mode Linux (the command linux.uml)' }

export interface Surroundings {
  /** The root folder of the guests. */
  readonly rootFolder: string
  /** The folder of this run; each case has its own in it. */
  readonly folder: string
}

/** Makes what is missing below the work folder: `PPTP_LAB_PEERS`, or a folder among the temporary ones. */
export function prepare(tell: (text: string) => void): Surroundings {
  checkMachine({ commands: COMMANDS, packages: PACKAGES })
  const work = process.env.PPTP_LAB_PEERS ?? join(tmpdir(), 'pptp-lab-peers')
  const rootFolder = join(work, 'root')
  makeRootFolder(rootFolder, tell)
  const folder = join(work, 'run', String(process.pid))
  mkdirSync(folder, { recursive: true })
  return { rootFolder, folder }
}

function makeRootFolder(rootFolder: string, tell: (text: string) => void): void {
  const isNew = !existsSync(join(rootFolder, '.done'))
  if (isNew) {
    for (const command of ['debootstrap', 'gcc']) {
      if (!finds(command)) lacks(`${command} is missing: apt-get install ${PACKAGES.join(' ')}`)
    }
    tell(`The guests' root folder ${rootFolder} is made once; that takes about a minute …`)
  }
  const began = performance.now()
  const { status, stderr } = spawnSync('bash', [rootPath('test/peers/guest/make-root.sh'), rootFolder], {
    encoding: 'utf8',
  })
  if (status !== 0) lacks(`The guests' root folder cannot be made: ${stderr.trim()}`)
  if (isNew) tell(`It is ready after ${Math.round((performance.now() - began) / 1000)} s.`)
}
