/**
 * lwIP with ours: the bridge with a door over UDP, and lwip-peer.c, compiled now, behind it.
 *
 *     lwIP 10.99.0.1 --UDP of the loopback-- 10.99.0.2 near ==road== 10.77.1.5 server
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Failure, until } from '../support/outside/failure.ts'
import { start } from '../support/outside/host.ts'
import type { Undo } from '../support/outside/undo.ts'
import { rootPath } from '../support/root.ts'

export const LWIP = '10.99.0.1'
export const SERVER = '10.77.1.5'
const NEAR = '10.99.0.2'
/** The link next to our host. */
const CAPTURE = 'near_road-server_eth0.pcapng'

const SOURCE = rootPath('test/strangers/lwip-peer.c')
const CLI = rootPath('dist/cli/cli.js')
const FLAGS = ['-I/usr/include/lwip']
const SECONDS = 60

const gcc = (...words: string[]): SpawnSyncReturns<string> => spawnSync('gcc', words, { encoding: 'utf8' })

/** For the `skip` of a test: a reason if lwIP cannot be had on this machine. */
export const noLwip: string | false = (() => {
  const install = 'no second stranger on this machine (apt-get install gcc libc6-dev liblwip-dev)'
  if (process.platform !== 'linux') return 'lwIP is had from Debian: no second stranger on this machine'
  if (gcc('--version').status !== 0) return `gcc is not installed: ${install}`
  const includes = [...FLAGS, '-include', 'lwip/tcpip.h', '-E', '-x', 'c', '/dev/null']
  return gcc(...includes).status === 0 ? false : `lwIP is not installed: ${install}`
})()

/** Compiles it into the folder; the path of the program. */
export function compilePeer(folder: string): string {
  const program = join(folder, 'lwip-peer')
  const words = ['-O2', '-Wall', '-Wextra', '-Werror', ...FLAGS, SOURCE, '-o', program, '-llwip', '-lpthread']
  const { status, stderr } = gcc(...words)
  if (status !== 0) throw new Error(`lwip-peer.c does not compile: ${stderr}`)
  return program
}

export interface Told {
  readonly type: string
  readonly node: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A process whose lines are read as they come. */
class Talker {
  readonly lines: string[] = []
  wrong = ''
  readonly #child: ReturnType<typeof start>

  constructor(command: string, words: readonly string[], undo: Undo, keep: (line: string) => boolean = () => true) {
    this.#child = start(command, words, undo, { stdio: ['ignore', 'pipe', 'pipe'] })
    let rest = ''
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const pieces = (rest + text).split('\n')
      rest = pieces.pop() ?? ''
      this.lines.push(...pieces.filter(keep))
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.wrong += text
    })
  }

  get status(): number | null {
    return this.#child.exitCode
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }
}

export interface SiteOptions {
  readonly road?: { readonly delay?: string; readonly loss?: string }
  readonly events?: readonly object[]
  /** What the datagrams that leave the simulation pass, if they do not go to lwIP as they are. */
  readonly spoil?: (datagram: Uint8Array) => void
}

/** A bridge and the way to lwIP; all of it goes with `undo`. */
export class LwipSite {
  readonly #program: string
  readonly #folder: string
  readonly #undo: Undo
  readonly #options: SiteOptions
  #bridge: Talker | undefined
  #ports: { readonly door: number; readonly lwip: number } | undefined
  /** Between the door and lwIP. */
  #relay: { readonly toDoor: number; readonly toLwip: number } | undefined

  constructor(program: string, undo: Undo, options: SiteOptions = {}) {
    this.#program = program
    this.#undo = undo
    this.#options = options
    this.#folder = mkdtempSync(join(tmpdir(), 'pptp-lab-lwip-'))
    undo.add(() => rmSync(this.#folder, { recursive: true }))
  }

  get capture(): string {
    return join(this.#folder, 'captures', CAPTURE)
  }

  /** Before lwIP, if it is to call; after it, if it is to be called. */
  async openBridge(): Promise<void> {
    const { door, lwip } = await this.#choosePorts()
    const lab = join(this.#folder, 'lab.yaml')
    const { road = {}, events = [] } = this.#options
    writeFileSync(lab, labText(door, this.#relay?.toDoor ?? lwip, road, events))
    const words = [CLI, 'bridge', lab, '--json', '--pcap', join(this.#folder, 'captures')]
    const told = (line: string): boolean => /"event":"(served|fetch-done|talk-done|state)"|"type":"result"/.test(line)
    const bridge = new Talker(process.execPath, words, this.#undo, told)
    this.#bridge = bridge
    await until(SECONDS, 'the bridge does not open its door', () => {
      if (bridge.status !== null) throw new Failure(`the bridge ended at once: ${bridge.wrong}`)
      return bridge.wrong.includes('UDP at ')
    })
  }

  /** Starts lwIP in a role; what it says at the end, or what was wrong. A server listens when this returns. */
  async lwip(role: string, ...words: (string | number)[]): Promise<() => Promise<string>> {
    const { door, lwip } = await this.#choosePorts()
    const given = [lwip, this.#relay?.toLwip ?? door, LWIP, NEAR, role, ...words].map(String)
    const peer = new Talker(this.#program, given, this.#undo)
    const serves = role.startsWith('serve-')
    const line = (at: number): Promise<string> =>
      until(SECONDS, `lwIP as ${role} does not say its line ${at}`, () =>
        peer.status !== null ? peer.wrong.trim() || `status ${peer.status}` : peer.lines[at],
      )
    if (serves) await line(0)
    return () => line(serves ? 1 : 0)
  }

  /** Waits for the event. */
  sees(event: string): Promise<Told> {
    return until(SECONDS, `the bridge tells of no ${event}`, () => this.#events().find(told => told.event === event))
  }

  /** Waits until every connection of ours has left, or is in TIME-WAIT, where it only waits; the states that each has gone through. */
  async connectionsOver(): Promise<readonly (readonly string[])[]> {
    const states = (): string[][] => {
      const ways = new Map<string, string[]>()
      for (const { event, node, fields } of this.#events()) {
        if (event !== 'state' || node !== 'server') continue
        const machine = String(fields.machine)
        if (machine.startsWith('tcp[')) ways.set(machine, [...(ways.get(machine) ?? []), String(fields.to)])
      }
      return [...ways.values()]
    }
    const over = (way: readonly string[]): boolean => ['closed', 'time-wait'].includes(way[way.length - 1])
    return until(SECONDS, 'a connection of ours does not end', () => {
      const ways = states()
      return ways.length > 0 && ways.every(over) && ways
    })
  }

  /** ^C: the captures are whole. */
  async stop(): Promise<void> {
    const bridge = this.#bridge
    if (!bridge) throw new Error('there is no bridge')
    bridge.interrupt()
    await until(SECONDS, 'the bridge does not end', () => bridge.status !== null)
    if (bridge.status !== 130) throw new Failure(`the bridge ended with ${bridge.status}: ${bridge.wrong}`)
  }

  #events(): Told[] {
    return (this.#bridge?.lines ?? []).map(line => JSON.parse(line) as Told).filter(({ type }) => type === 'event')
  }

  async #choosePorts(): Promise<{ readonly door: number; readonly lwip: number }> {
    if (this.#ports) return this.#ports
    const [door, lwip] = await freePorts(2)
    this.#ports = { door, lwip }
    const { spoil } = this.#options
    if (spoil) this.#relay = await openRelay(door, lwip, spoil, this.#undo)
    return this.#ports
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function freePorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, bound))
  const ports = sockets.map(socket => socket.address().port)
  for (const socket of sockets) socket.close()
  return ports
}

async function openRelay(door: number, lwip: number, spoil: (datagram: Uint8Array) => void, undo: Undo) {
  const [toDoor, toLwip] = await Promise.all([bound(), bound()])
  toDoor.on('message', datagram => {
    spoil(datagram)
    toLwip.send(datagram, lwip, '127.0.0.1')
  })
  toLwip.on('message', datagram => toDoor.send(datagram, door, '127.0.0.1'))
  undo.add(() => {
    toDoor.close()
    toLwip.close()
  })
  return { toDoor: toDoor.address().port, toLwip: toLwip.address().port }
}

function labText(door: number, peer: number, road: object, events: readonly object[]): string {
  return stringify({
    name: 'strangers-lwip',
    description: 'lwIP behind a UDP port, a router, and a host with services.',
    stop: '1h',
    topology: {
      nodes: {
        lwip: {
          kind: 'udp',
          udp: { listen: `127.0.0.1:${door}`, peer: `127.0.0.1:${peer}`, networks: ['10.99.0.0/24'] },
        },
        near: { kind: 'router' },
        server: { kind: 'host', routes: ['default via 10.77.1.1'], services: ['echo', 'discard', 'chargen'] },
      },
      links: [
        { endpoints: ['lwip:u', 'near:u'], ipv4: ['none', `${NEAR}/24`], type: 'ip' },
        { endpoints: ['near:road', 'server:eth0'], ipv4: ['10.77.1.1/24', `${SERVER}/24`], type: 'ip', ...road },
      ],
    },
    events,
  })
}
