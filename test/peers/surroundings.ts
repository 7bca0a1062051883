/** What these tests ask of the machine, and the folder in which they work. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootPath } from '../support/root.ts'
import { noTshark } from '../support/tshark.ts'
import { Lacking } from './failure.ts'

/** All that a Debian machine needs beside Node and git. */
export const PACKAGES = ['user-mode-linux', 'debootstrap', 'gcc', 'libc6-dev', 'iproute2', 'tshark']

export interface Surroundings {
  /** The root folder of the guests. */
  readonly rootFolder: string
  /** The folder of this run; each case has its own in it. */
  readonly folder: string
}

const finds = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
const lacks = (what: string): never => {
  throw new Lacking(what)
}
const install = `apt-get install ${PACKAGES.join(' ')}`

/** Throws with a sentence that says what is missing and what to do about it. */
export function checkSurroundings(): void {
  if (process.platform !== 'linux')
    lacks(`The real peers are Linux guests on a Linux host; this is ${process.platform}.`)
  if (process.getuid?.() !== 0) lacks('Network namespaces and taps need root, and this process is not root.')
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    lacks('/dev/net/tun is not there: load the module tun, or give it to this container (--device /dev/net/tun).')
  }
  if (!finds('ip')) lacks(`The command ip is missing: ${install}`)
  if (!finds('linux.uml')) lacks(`User-Mode Linux (the command linux.uml) is missing: ${install}`)
  if (noTshark) lacks(`tshark is missing: ${install}`)
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) {
    lacks('No network namespace can be made here: a container needs the capability SYS_ADMIN for it (--privileged).')
  }
}

/** Makes what is missing below the work folder: `PPTP_LAB_PEERS`, or a folder among the temporary ones. */
export function prepare(tell: (text: string) => void): Surroundings {
  const work = process.env.PPTP_LAB_PEERS ?? join(tmpdir(), 'pptp-lab-peers')
  const rootFolder = join(work, 'root')
  makeRootFolder(rootFolder, tell)
  const folder = join(work, 'run', String(process.pid))
  mkdirSync(folder, { recursive: true })
  return { rootFolder, folder }
}

export const forget = ({ folder }: Surroundings): void => rmSync(folder, { recursive: true, force: true })

function makeRootFolder(rootFolder: string, tell: (text: string) => void): void {
  const isNew = !existsSync(join(rootFolder, '.done'))
  if (isNew) {
    for (const command of ['debootstrap', 'gcc']) if (!finds(command)) lacks(`${command} is missing: ${install}`)
    tell(`The guests' root folder ${rootFolder} is made once; that takes about a minute …`)
  }
  const began = performance.now()
  const { status, stderr } = spawnSync('bash', [rootPath('test/peers/guest/make-root.sh'), rootFolder], {
    encoding: 'utf8',
  })
  if (status !== 0) lacks(`The guests' root folder cannot be made: ${stderr.trim()}`)
  if (isNew) tell(`It is ready after ${Math.round((performance.now() - began) / 1000)} s.`)
}
