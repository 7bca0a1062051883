/**
 * A guest: a small Linux machine as a process (User-Mode Linux, Linux 6.1 with ppp_generic, ppp_async and ppp_mppe) on the
 * shared root folder. It has one network card, the tap that it is given, and a folder of its own on the host, which it
 * sees as /guest: scripts go in there, what they say comes out, and logs are written there.
 */
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, Lacking, until } from '../support/outside/failure.ts'
import { isAlive, killGroup, start } from '../support/outside/host.ts'
import type { Namespace } from '../support/outside/namespace.ts'
import type { Undo } from '../support/outside/undo.ts'
import { rootPath } from '../support/root.ts'

const MEMORY = '160M'
const BOOT_SECONDS = 60
const PARTS = ['init.sh', 'agent.pl', 'tcp.pl']

export interface GuestPlan {
  readonly name: string
  readonly namespace: Namespace
  readonly tap: string
  /** With its length: `10.99.1.2/24`. */
  readonly address: string
  readonly gateway: string
  readonly rootFolder: string
  /** Where the guest's own folder is made. */
  readonly folder: string
}

export interface Said {
  readonly status: number
  readonly output: string
}

export class Guest {
  readonly name: string
  readonly tap: string
  readonly #namespace: Namespace
  readonly #folder: string
  readonly #pid: number
  #jobs = 0

  constructor({ name, namespace, tap, address, gateway, rootFolder, folder }: GuestPlan, undo: Undo) {
    this.name = name
    this.tap = tap
    this.#namespace = namespace
    this.#folder = join(folder, name)
    for (const part of ['in', 'out', 'log', 'uml']) mkdirSync(join(this.#folder, part), { recursive: true })
    for (const part of PARTS) copyFileSync(rootPath(`test/peers/guest/${part}`), join(this.#folder, part))
    this.write('env', `NAME=${name}\nADDRESS=${address}\nGATEWAY=${gateway}\n`)
    namespace.tap(tap, `${gateway}/24`)
    const console = openSync(join(this.#folder, 'console'), 'w')
    const machine = namespace.inside('linux.uml', [
      ...[`mem=${MEMORY}`, `umid=${name}`, `uml_dir=${join(this.#folder, 'uml')}/`, `eth0=tuntap,${tap}`],
      ...['root=/dev/root', 'rootfstype=hostfs', `rootflags=${rootFolder}`, 'ro', 'init=/guest-init', 'quiet'],
      ...['con=null', 'con0=null,fd:1', `guestdir=${this.#folder}`],
    ])
    this.#pid = start(...machine, undo, { stdio: ['ignore', console, console] }).pid as number
  }

  async ready(): Promise<void> {
    await until(BOOT_SECONDS, `guest ${this.name} does not boot`, () => {
      if (!isAlive(this.#pid)) throw new Lacking(`Guest ${this.name} ended while it booted: ${this.#tail('console')}`)
      return existsSync(join(this.#folder, 'ready'))
    })
  }

  /** A file that the guest sees as /guest/NAME. */
  write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text)
  }

  /** What a log of the guest holds so far; '' before it is begun. */
  log(name: string): string {
    const file = join(this.#folder, 'log', name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** Runs a shell script in the guest to its end. */
  async run(script: string, seconds = 60): Promise<Said> {
    const job = this.begin(script)
    const file = (kind: string): string => join(this.#folder, 'out', `${job}.${kind}`)
    await until(seconds, `guest ${this.name} is not done with: ${script.trim().slice(0, 60)}`, () => {
      if (!isAlive(this.#pid)) throw new Failure(`guest ${this.name} has ended`)
      return existsSync(file('status'))
    })
    return { status: Number(readFileSync(file('status'), 'utf8')), output: readFileSync(file('out'), 'utf8').trim() }
  }

  /** Begins a shell script and does not wait for its end. */
  begin(script: string): number {
    const job = ++this.#jobs
    const hidden = join(this.#folder, 'in', `.${job}`)
    writeFileSync(hidden, `${script}\n`)
    renameSync(hidden, join(this.#folder, 'in', `${job}.sh`))
    return job
  }

  /** Nothing comes from it or gets to it any more, as if its cable were cut; nobody is told. */
  vanish(): void {
    this.#namespace.pull(this.tap)
  }

  powerCut(): void {
    killGroup(this.#pid)
  }

  #tail(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8').trim().split('\n').slice(-3).join(' | ')
  }
}
