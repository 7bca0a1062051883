/** Where one case happens: a namespace with nothing in it but what the bridge and the kernel's programs make, and a folder. */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Bridge, type BridgePlan, CLI } from '../support/outside/bridge.ts'
import { check, Failure, until } from '../support/outside/failure.ts'
import { type Ended, start } from '../support/outside/host.ts'
import { Namespace } from '../support/outside/namespace.ts'
import type * as Outside from '../support/outside/suite.ts'
import type { Undo } from '../support/outside/undo.ts'
import { rootPath } from '../support/root.ts'
import { labText, type Road } from './lab.ts'
import type { Report } from './tcp-program.ts'

export interface Facts {
  /** What was measured, in words. */
  told: string
}
export type Case = Outside.Case<Site, Facts>

interface Plan extends Partial<Omit<BridgePlan, 'lab' | 'namespace'>> {
  readonly road?: Road
  readonly events?: readonly object[]
}

const TCP_PROGRAM = rootPath('dist/test/kernel/tcp-program.js')
/** For 10 MB on a machine that has other things to do. */
const TRANSFER_SECONDS = 180

export class Site {
  readonly namespace: Namespace
  readonly folder: string
  readonly #undo: Undo

  constructor(folder: string, name: string, undo: Undo) {
    this.folder = join(folder, name)
    mkdirSync(this.folder, { recursive: true })
    this.#undo = undo
    this.namespace = new Namespace(`pptp-lab-${process.pid}`, undo)
  }

  /** A bridge whose device is open. */
  async bridge(plan: Plan = {}): Promise<Bridge> {
    const bridge = this.begin(plan)
    await bridge.ready()
    return bridge
  }

  /** A bridge that has just been started. */
  begin({ road, events, ...plan }: Plan = {}): Bridge {
    const { namespace, folder } = this
    return new Bridge({ folder, ...plan, lab: this.#lab(road, events), namespace }, this.#undo)
  }

  /** The words of the command as somebody types them who looks himself, and where the record is kept. */
  inTerminal(
    events: readonly object[],
    command: readonly string[] = ['bridge'],
  ): { readonly words: readonly string[]; readonly record: string } {
    const record = join(this.folder, 'terminal.jsonl')
    return { words: [process.execPath, CLI, ...command, this.#lab({}, events), '--record', record], record }
  }

  #lab(road?: Road, events?: readonly object[]): string {
    const lab = join(this.folder, 'lab.yaml')
    writeFileSync(lab, labText(road, events))
    return lab
  }

  /** A program of the kernel's side that must succeed; what it says. */
  async must(command: string, ...args: string[]): Promise<string> {
    const { status, said } = await this.ask(command, ...args)
    check(status === 0, `${command} ${args.join(' ')}: status ${status}: ${said.trim().slice(-300)}`)
    return said
  }

  ask(command: string, ...args: string[]): Promise<Ended> {
    return this.namespace.ask(command, args, TRANSFER_SECONDS)
  }

  /** The kernel's TCP in the role of the client. */
  async connect(...words: (string | number)[]): Promise<Report> {
    const said = await this.must(process.execPath, TCP_PROGRAM, ...words.map(String))
    return JSON.parse(said) as Report
  }

  /** The kernel's TCP waits for connections; what it reports once it has had so many. */
  async listen(service: 'echo' | 'transfer', port: number, connections: number): Promise<() => Promise<Report>> {
    const words = [TCP_PROGRAM, `serve-${service}`, port, connections].map(String)
    const child = start(...this.namespace.inside(process.execPath, words), this.#undo, {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = linesOf(child)
    await until(20, `no ${service} service of the kernel`, () => lines.length > 0)
    return async () => {
      const said = await until(TRANSFER_SECONDS, `the kernel's ${service} service has not had its connections`, () => {
        if (lines.length < 2 && child.exitCode !== null) throw new Failure(`the kernel's ${service} service has ended`)
        return lines[1]
      })
      return JSON.parse(said) as Report
    }
  }

  /** Segments that the kernel of the namespace has sent again. */
  retransmitted(): number {
    const [names, values] = this.namespace
      .run('cat', ['/proc/net/snmp'])
      .split('\n')
      .filter(line => line.startsWith('Tcp:'))
      .map(line => line.split(' '))
    return Number(values[names.indexOf('RetransSegs')])
  }
}

function linesOf({ stdout }: ChildProcess): string[] {
  const lines: string[] = []
  let text = ''
  stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
      lines.push(text.slice(0, at))
      text = text.slice(at + 1)
    }
  })
  return lines
}
