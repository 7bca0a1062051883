/** `pptp-lab bridge` in the namespace: what it says (--json), and what is kept of it (--record, --pcap). */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import * as Pcap from '../../../src/wire/pcap.ts'
import { judgeCapture } from '../judge-capture.ts'
import { rootPath } from '../root.ts'
import { check, Failure, until } from './failure.ts'
import { FrameCount } from './frames.ts'
import { ask, start } from './host.ts'
import type { Namespace } from './namespace.ts'
import { Undo } from './undo.ts'

export interface BridgePlan {
  /** Path of the lab. */
  readonly lab: string
  readonly namespace: Namespace
  readonly folder: string
  /** Frames that are wrong on purpose go into its captures: they are not judged. */
  readonly rubbish?: boolean
  /** Words before the command, which start it in some other way than root would: `setpriv …`. */
  readonly launcher?: readonly string[]
  /** More options of the command. */
  readonly options?: readonly string[]
  /** Another program than the one that has been built here. */
  readonly cli?: string
}

export interface Told {
  /** Nanoseconds of virtual time. */
  readonly t: number
  readonly node: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}
export interface Result {
  readonly fingerprint: string
  readonly drops: Readonly<Record<string, number>>
}

export const CLI = rootPath('dist/cli/cli.js')
export const DEVICE = 'sim0'
/** One event a packet and hop, or a packet: too many to keep. They are counted. */
const PASSED_OVER = new Set(['send', 'forward', 'deliver', 'drop'])
const START_SECONDS = 20
const STOP_SECONDS = 20
const REPLAY_SECONDS = 120

export class Bridge {
  readonly events: Told[] = []
  readonly #states = new Map<string, string>()
  readonly #process: ChildProcess
  readonly #plan: BridgePlan
  readonly #links: readonly LinkFacts[]
  readonly #frames: FrameCount
  #result: Result | undefined
  #talk = ''
  #lines = 0
  /** All that it wrote has been read. */
  #closed = false
  /** A line that is not JSON: what kill -9 has cut off. */
  #broken: string | undefined

  constructor(plan: BridgePlan, undo: Undo) {
    this.#plan = plan
    this.#links = linksOf(plan.lab)
    const mtuOf = (place: string) => this.#links.find(({ ends }) => ends.includes(place))?.mtu
    this.#frames = new FrameCount(place => mtuOf(place) ?? Number.POSITIVE_INFINITY)
    const { lab, namespace, launcher = [], options = [], cli = CLI } = plan
    const keep = ['--record', this.record, '--pcap', this.#captures]
    const words = [...launcher, process.execPath, cli, 'bridge', lab, '--json', ...keep, ...options]
    const command = namespace.inside(words[0], words.slice(1))
    this.#process = start(...command, undo, { stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.#process
    if (!stdout || !stderr) throw new Error('the bridge has no output')
    this.#process.once('close', () => {
      this.#closed = true
    })
    createInterface({ input: stdout }).on('line', line => this.#hear(line))
    stderr.setEncoding('utf8').on('data', text => {
      this.#talk += text
    })
  }

  get record(): string {
    return join(this.#plan.folder, 'bridge.jsonl')
  }
  get #captures(): string {
    return join(this.#plan.folder, 'captures')
  }
  get pid(): number {
    return this.#process.pid ?? 0
  }
  /** Nothing has come on stdout. */
  get silent(): boolean {
    return this.#lines === 0
  }
  /** What it has said to people so far. */
  get talk(): string {
    return this.#talk
  }

  #hear(line: string): void {
    this.#lines++
    let said: { readonly type: string }
    try {
      said = JSON.parse(line)
    } catch {
      this.#broken = line
      return
    }
    if (said.type === 'result') this.#result = said as unknown as Result
    if (said.type !== 'event') return
    const told = said as unknown as Told
    this.#frames.event(told)
    if (PASSED_OVER.has(told.event)) return
    this.events.push(told)
    if (told.event === 'state') this.#states.set(`${told.node}.${told.fields.machine}`, String(told.fields.to))
  }

  /** Waits until its device is open. */
  async ready(): Promise<void> {
    await until(START_SECONDS, 'the bridge opens no device', () => {
      if (this.ended) throw new Failure(`the bridge ended at once: ${this.#lastWords()}`)
      return this.#talk.includes(': the device ')
    })
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** The last state that a machine has reported: `state('laptop.ppp.lcp')`. */
  state(path: string): string | undefined {
    return this.#states.get(path)
  }

  seen(event: string, fields: Readonly<Record<string, unknown>> = {}): Told[] {
    const fits = (told: Told): boolean => Object.entries(fields).every(([name, value]) => told.fields[name] === value)
    return this.events.filter(told => told.event === event && fits(told))
  }

  async sees(seconds: number, event: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Told> {
    const [first] = await this.seesAll(seconds, event, 1, fields)
    return first
  }

  /** Waits until there are so many. */
  async seesAll(
    seconds: number,
    event: string,
    count: number,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<Told[]> {
    const what = `${event} ${JSON.stringify(fields)}${count === 1 ? '' : ` ${count} times`}`
    return until(seconds, `the bridge tells of no ${what}`, () => {
      if (this.ended) throw new Failure(`the bridge ended before ${what}: ${this.#lastWords()}`)
      const found = this.seen(event, fields)
      return found.length >= count && found
    })
  }

  /** Sends a signal and waits for the end; the exit status, or null if the signal ended it. */
  async signal(name: NodeJS.Signals): Promise<number | null> {
    if (this.ended) throw new Failure(`the bridge has ended by itself: ${this.#lastWords()}`)
    this.#process.kill(name)
    return this.end(`of ${name}`)
  }

  /** Waits until it ends; the exit status, or null if a signal ended it. */
  async end(since = ''): Promise<number | null> {
    await until(STOP_SECONDS, `the bridge does not end within ${STOP_SECONDS} s ${since}`, () => this.#closed)
    check(!/fault of pptp-lab|\n\s+at /.test(this.#talk), `a stack trace: ${this.#talk.slice(-400)}`)
    return this.#process.exitCode
  }

  /** ^C; its result. */
  async interrupt(): Promise<Result> {
    const status = await this.signal('SIGINT')
    check(status === 130, `after ^C the bridge ended with ${status}: ${this.#lastWords()}`)
    return this.result
  }

  get result(): Result {
    const result = this.#result
    check(result !== undefined, `the bridge ended without its result: ${this.#lastWords()}`)
    return result
  }

  /** ^C, and then what every bridged run owes. */
  async stop(): Promise<void> {
    await this.interrupt()
    await this.owes()
  }

  /** A record that replays to the result, and captures that are right. */
  async owes(): Promise<void> {
    check(this.#broken === undefined, `a line of --json is broken: ${this.#broken?.slice(0, 100)}`)
    await this.#checkReplay(this.result)
    await this.#checkCaptures()
  }

  /** The record alone, without device and namespace, gives the same run. */
  async #checkReplay({ fingerprint }: Result): Promise<void> {
    check(existsSync(this.record) && statSync(this.record).size > 0, 'the bridge kept no record')
    const records = readFileSync(this.record, 'utf8').split('\n')
    check(
      records.some(line => line.startsWith('{"type":"input"')),
      'the record holds no packet from outside',
    )
    const said = await this.replay()
    check(said.includes(`fingerprint ${fingerprint}\n`), `the replay has another fingerprint than ${fingerprint}`)
  }

  /** What a run of the record says. Its status speaks of the lab's checks too, of which a case may make some impossible. */
  async replay(): Promise<string> {
    const undo = new Undo()
    const { status, said } = await ask(
      process.execPath,
      [CLI, 'run', this.record, '--quiet'],
      undo,
      REPLAY_SECONDS,
    ).finally(() => undo.all())
    check(status === 0 || status === 1, `the replay ended with ${status}: ${said.slice(-300)}`)
    return said
  }

  /** Each link has its capture, with as many frames as the trace tells of; tshark finds nothing wrong in it. */
  async #checkCaptures(): Promise<void> {
    const files = readdirSync(this.#captures)
    check(files.length === this.#links.length, `${files.length} captures of ${this.#links.length} links`)
    for (const { ends, capture, serial } of this.#links) {
      if (serial) continue
      const file = join(this.#captures, capture)
      const { frames } = Pcap.read(new Uint8Array(readFileSync(file)))
      const { least, most } = this.#frames.told(ends)
      const told = least === most ? most : `${least} to ${most}`
      const right = frames.length >= least && frames.length <= most
      check(right, `${capture} has ${frames.length} frames, and the trace tells of ${told}`)
      if (this.#plan.rubbish || frames.length === 0) continue
      try {
        judgeCapture(file, frames.length, isStranger)
      } catch (error) {
        throw new Failure(`${capture}: ${(error as Error).message.split('\n')[0]}`)
      }
    }
  }

  #lastWords(): string {
    return this.#talk.trim().split('\n').slice(-2).join(' ').slice(0, 200) || 'without a word'
  }
}

/** The kernel of this machine, a guest, and its end of a tunnel; not our router, and not our ends. */
const isStranger = (source: string): boolean => /^(10\.99\.(?!0\.2$)|10\.77\.8\.(?!1$)|192\.168\.80\.1$)/.test(source)

interface LinkFacts {
  /** `isp:eth0` */
  readonly ends: readonly [string, string]
  readonly mtu: number
  /** What a telephone line carries is no frame of a node, and the trace does not count it. */
  readonly serial: boolean
  /** Name of its file. */
  readonly capture: string
}

function linksOf(lab: string): LinkFacts[] {
  interface Written {
    readonly topology: {
      readonly links: readonly { readonly endpoints: [string, string]; readonly mtu?: number; readonly type?: string }[]
    }
  }
  const { topology } = parse(readFileSync(lab, 'utf8')) as Written
  return topology.links.map(({ endpoints, mtu = 1500, type }) => {
    const capture = `${endpoints.map(end => end.replace(':', '_')).join('-')}.pcapng`
    return { ends: endpoints, mtu, serial: type === 'serial', capture }
  })
}
