/** An access server for tests: callers, a telephone network, a trunk, and companies behind the Internet. */
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { EventName, TraceEvent } from '../../src/base/trace.ts'
import { acceptedStream } from '../../src/ip/tcp.ts'
import { crash, restart, type Simulation } from '../../src/lab/build.ts'
import { apply } from '../../src/lab/events.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import type { SerialLink } from '../../src/link/serial.ts'
import { Dialler } from '../../src/node/dialler.ts'
import { IpNode } from '../../src/node/ip-node.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pptp from '../../src/wire/pptp.ts'

export const NUMBER = '5550100'
export const RED = '203.0.113.5'
export const BLUE = '203.0.113.13'

export interface NasPlan {
  /** Names of those who dial, with what is special about their `dial`. The user is the name, the password `p`. */
  readonly callers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly nas?: Readonly<Record<string, unknown>>
  /** Of the trunk. */
  readonly trunk?: Readonly<Record<string, unknown>>
  /** Of the callers' own lines. */
  readonly line?: Readonly<Record<string, unknown>>
  /** A company is a server with this `pptp`, or a bare host that a test speaks for. */
  readonly red?: Readonly<Record<string, unknown>> | 'host'
  readonly blue?: Readonly<Record<string, unknown>> | 'host'
  readonly events?: readonly object[]
  readonly seed?: number
}

export function nasLab({
  callers = { bob: {} },
  nas = {},
  trunk = {},
  line = {},
  red = {},
  blue = {},
  events = [],
  seed = 1,
}: NasPlan) {
  const names = Object.keys(callers)
  const users = Object.fromEntries(names.map(name => [String(callers[name].user ?? name), 'p']))
  const company = (pptp: NasPlan['red'], net: number, gateway: string) =>
    pptp === 'host'
      ? { kind: 'host', routes: [`default via ${gateway}`] }
      : {
          kind: 'pptp-server',
          routes: [`default via ${gateway}`],
          pptp: { local: `10.${net}.0.1`, pool: `10.${net}.0.10-10.${net}.0.59`, users, ...pptp },
        }
  const text = JSON.stringify({
    name: 't',
    stop: '10000s',
    seed,
    topology: {
      nodes: {
        ...Object.fromEntries(
          names.map(name => [
            name,
            { kind: 'client', dial: { number: NUMBER, user: name, password: 'p', ...callers[name] } },
          ]),
        ),
        pstn: {
          kind: 'pstn',
          numbers: { trunk0: NUMBER, ...Object.fromEntries(names.map((_, i) => [`tty${i}`, `55501${10 + i}`])) },
        },
        nas: { kind: 'nas', routes: ['default via 192.0.2.1'], tunnels: { [NUMBER]: RED }, ...nas },
        isp: { kind: 'router' },
        red: company(red, 8, '203.0.113.1'),
        blue: company(blue, 9, '203.0.113.9'),
      },
      links: [
        ...names.map((name, i) => ({
          endpoints: [`${name}:tty0`, `pstn:tty${i}`],
          type: 'serial',
          delay: '10ms',
          ...line,
        })),
        { endpoints: ['nas:pri0', 'pstn:trunk0'], type: 'serial', lines: 4, rate: '64kbit', delay: '10ms', ...trunk },
        { endpoints: ['nas:eth0', 'isp:eth0'], ipv4: ['192.0.2.2/24', '192.0.2.1/24'], delay: '5ms' },
        { endpoints: ['isp:eth1', 'red:eth0'], ipv4: ['203.0.113.1/29', `${RED}/29`], delay: '5ms' },
        { endpoints: ['isp:eth2', 'blue:eth0'], ipv4: ['203.0.113.9/29', `${BLUE}/29`], delay: '5ms' },
      ],
    },
    events,
  })
  const loaded = loadLab(text, 't', [], () => undefined)
  if (!loaded.ok) throw new Error(loaded.issues.map(({ message, path }) => `${path}: ${message}`).join('\n'))
  return new NasLab(new Run(loaded.lab))
}

export class NasLab {
  readonly run: Run
  readonly events: TraceEvent[] = []

  constructor(run: Run) {
    this.run = run
    run.listen(event => this.events.push(event))
  }

  get simulation(): Simulation {
    return this.run.simulation
  }
  until(seconds: number): void {
    this.run.advanceTo(sec(seconds))
  }
  dial(...names: readonly string[]): void {
    for (const name of names) this.caller(name).dial()
  }
  hangUp(...names: readonly string[]): void {
    for (const name of names) this.caller(name).hangUp()
  }
  caller(name: string) {
    const node = this.simulation.nodes.get(name)
    if (!(node instanceof Dialler)) throw new Error(`${name} does not dial`)
    return node.dialUp
  }
  ipNode(name: string): IpNode {
    const node = this.simulation.nodes.get(name)
    if (!(node instanceof IpNode)) throw new Error(`${name} has no IP stack`)
    return node
  }
  crash(name: string): void {
    crash(this.simulation, name)
  }
  restart(name: string): void {
    restart(this.simulation, name)
  }
  call(from: string, number: string, bearer: 'analogue' | 'digital' | undefined = undefined): void {
    const args = { from, via: ip('192.0.2.2'), number, bearer }
    apply(this.simulation, { at: this.run.now, verb: 'call', args })
  }
  /** The cable between a node and the telephone network. */
  cable(end: string): SerialLink {
    const link = this.simulation.links.find(one => one.type === 'serial' && one.name.includes(end))
    if (link?.type !== 'serial') throw new Error(`no cable ${end}`)
    return link as SerialLink
  }

  seen<K extends EventName>(event: K, node?: string): Extract<TraceEvent, { event: K }>[] {
    return this.events.filter(
      (e): e is Extract<TraceEvent, { event: K }> => e.event === event && (node === undefined || e.node === node),
    )
  }
  /** Types of control messages that a node has sent or received, in their order. */
  messages(node: string): string[] {
    return this.seen('pptp-message', node).map(({ way, type }) => `${way === 'sent' ? '>' : '<'} ${type}`)
  }
  drops(node: string): string[] {
    return this.seen('drop', node).map(({ reason }) => reason)
  }
  value(node: string, path: string): unknown {
    return valueAt(this.simulation.nodes.get(node)?.snapshot() ?? {}, path)
  }
  /** What is in use at the access server: calls, lines, sessions, addresses, and timers of its lines and calls. */
  inUse(): Readonly<Record<string, unknown>> {
    const nas = this.simulation.nodes.get('nas')
    const machines = Object.entries(nas?.machines() ?? {})
    return {
      calls: this.value('nas', 'pptp.calls'),
      lines: this.value('nas', 'line.busy'),
      sessions: this.value('nas', 'ppp.sessions'),
      addresses: this.value('nas', 'pool.used') ?? 0,
      telephones: machines.filter(([name, { state }]) => name.endsWith('.call') && state !== 'idle').length,
      timers: machines.filter(([name, { timers }]) => /^(lines|calls)/.test(name) && Object.keys(timers).length > 0)
        .length,
      circuits: this.value('pstn', 'pstn.circuits'),
    }
  }
}
export const NOTHING = { calls: 0, lines: 0, sessions: 0, addresses: 0, telephones: 0, timers: 0, circuits: 0 }

/** A PNS that a test speaks for: what the NAS asks is answered as the test says. */
export class ScriptedPns {
  readonly heard: Pptp.Message[] = []
  readonly frames: Uint8Array[] = []
  readonly #node: IpNode
  #write: (bytes: Uint8Array) => void = () => {}
  abort: () => void = () => {}

  /** `answer`: to each message but Start-Control-Connection-Request and Echo-Request. */
  constructor(node: IpNode, answer: (message: Pptp.Message, pns: ScriptedPns) => void, starts = true) {
    this.#node = node
    node.stack.handle(47, {
      receive: packet => {
        this.frames.push(packet.data.slice())
        packet.release()
      },
    })
    node.tcp.listen(1723, connection =>
      acceptedStream(connection, stream => {
        this.#write = bytes => stream.write(bytes)
        this.abort = () => stream.abort()
        const splitter = new Pptp.Splitter({
          message: message => {
            this.heard.push(message)
            if (message.type === 'start-control-connection-request') {
              if (starts) this.say({ ...message, type: 'start-control-connection-reply', resultCode: 1, errorCode: 0 })
            } else if (message.type === 'echo-request') {
              this.say({ type: 'echo-reply', identifier: message.identifier, resultCode: 1, errorCode: 0 })
            } else answer(message, this)
          },
          rubbish: () => {},
        })
        return { opened: () => {}, data: bytes => splitter.push(bytes), ended: () => stream.end(), closed: () => {} }
      }),
    )
  }

  say(message: Pptp.Message): void {
    this.#write(Pptp.write(message))
  }
  of<N extends Pptp.MessageName>(type: N): Pptp.Message<N>[] {
    return this.heard.filter(message => message.type === type) as unknown as Pptp.Message<N>[]
  }
  /** A frame for a call of the NAS. */
  data(callId: number, sequenceNumber: number, payload: Uint8Array): void {
    const bytes = Gre.write({ callId, sequenceNumber, acknowledgmentNumber: undefined, payload })
    this.#node.stack.output(this.#node.env.packets.from(bytes), ip('192.0.2.2'), 47)
  }
}

export const icrp = (peerCallId: number, resultCode = 1, callId = 77): Pptp.Message => ({
  type: 'incoming-call-reply',
  callId,
  peerCallId,
  resultCode,
  errorCode: 0,
  packetRecvWindowSize: 8,
  packetTransmitDelay: 0,
})
