/**
 * What the bounded walk walks through: two real ends and a line that does as it is told.
 *
 * `ppp`: two PPP sessions. `pptp`: a PNS and a PAC from the control connection on, with a PPP session in the call. Control
 * messages are lost, copied and swapped like frames, which TCP would not do: what an end can bear from a bad peer or a bad
 * middle box is more than what it needs.
 *
 * Faults befall the first messages in each direction only. A message is a control message, a FIN, a RST or a PPP frame;
 * acknowledgments of GRE arrive at once and are none.
 */

import { hex } from '../../src/base/bytes.ts'
import type { Env } from '../../src/base/env.ts'
import { World } from '../../src/base/env.ts'
import type { Stream } from '../../src/base/layer.ts'
import type { Packet } from '../../src/base/packet.ts'
import type { Clock, Timer } from '../../src/base/scheduler.ts'
import { sec } from '../../src/base/time.ts'
import type { MachineView } from '../../src/base/view.ts'
import type { PppConfig, PppEnd } from '../../src/ppp/config.ts'
import { Session } from '../../src/ppp/session.ts'
import type { Call } from '../../src/pptp/call.ts'
import type { ControlConnection } from '../../src/pptp/control.ts'
import { Endpoint } from '../../src/pptp/endpoint.ts'
import { type CallEnd, type ControlEnd, type EndpointConfig, endpointConfig, TUNNEL } from '../../src/pptp/types.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { SERVER as PAC, CLIENT as PNS } from '../pptp/support.ts'
import { CLIENT, SERVER } from './ppp.ts'
import type { Choice, Walkable } from './walk.ts'

/** Messages in each direction that faults may befall, if nothing else is said. */
const MESSAGES = 12

interface Message {
  readonly what: string
  /** All that matters of it. */
  readonly text: string
  /** Faults may befall it. */
  readonly frail: boolean
  /** It has been passed by the one that followed it, or is a copy: neither happens to it again. */
  touched: boolean
  deliver(): void
}

export interface WalkOptions {
  readonly client?: Partial<PppConfig>
  readonly server?: Partial<PppConfig>
  /** Timers of this end and owner never fire: a planted fault of ours. */
  readonly deadTimer?: { readonly end: (typeof NAMES)[number]; readonly owner: RegExp }
  /** Messages in each direction that faults may befall; absent: twelve. */
  readonly messages?: number
}

const KEEP_ALIVE: Partial<PppConfig> = { echo: { interval: sec(30), failures: 4 } }
const NAMES = ['client', 'server'] as const
const ACTIONS = ['deliver', 'lose', 'copy', 'swap'] as const

/** Two ends, with the messages that are on their way from each. */
abstract class Pair implements Walkable {
  protected readonly world = new World(1)
  readonly #lines: readonly [Message[], Message[]] = [[], []]
  readonly #sent = [0, 0]
  readonly #dead: WalkOptions['deadTimer']
  readonly #messages: number

  constructor({ deadTimer, messages = MESSAGES }: WalkOptions) {
    this.#dead = deadTimer
    this.#messages = messages
  }

  protected env(name: string): Env {
    const env = this.world.env(name)
    return this.#dead?.end === name ? withDeadTimer(env, this.#dead.owner) : env
  }

  /** An end has sent something. */
  protected send(from: 0 | 1, what: string, text: string, deliver: () => void): void {
    const frail = this.#sent[from]++ < this.#messages
    this.#lines[from].push({ what, text, frail, touched: false, deliver })
  }

  /** `open`, or `closed` and why, or undefined while it is neither. */
  protected abstract status(end: 0 | 1): string | undefined
  protected abstract machines(end: 0 | 1): Readonly<Record<string, MachineView>>

  get outcome(): string | undefined {
    if (this.#lines[0].length + this.#lines[1].length > 0) return undefined
    const [client, server] = [this.status(0), this.status(1)]
    if (client === undefined || server === undefined || (client === 'open') !== (server === 'open')) return undefined
    return client === 'open' ? 'both open' : `client ${client}, server ${server}`
  }

  #list(): { choice: Choice; run: () => void }[] {
    const all: { choice: Choice; run: () => void }[] = []
    const heads = this.#lines.map(line => line[0])
    // Nobody waits for ever: what is delivered to one end puts nothing on the line that leads there.
    const first = heads[0] ? 0 : 1
    for (const from of [0, 1] as const) {
      const line = this.#lines[from]
      const [head, next] = line
      if (!head) continue
      const add = (action: (typeof ACTIONS)[number], run: () => void): void => {
        const fair = action === 'deliver' && from === first
        all.push({
          choice: { what: () => `${action} ${NAMES[from]}'s ${head.what}`, fault: action !== 'deliver', fair },
          run,
        })
      }
      add('deliver', () => {
        line.shift()
        head.deliver()
      })
      if (!head.frail) continue
      add('lose', () => line.shift())
      if (head.touched) continue
      add('copy', () => {
        line[0] = { ...head, touched: true }
        head.deliver()
      })
      if (next?.frail) add('swap', () => line.splice(0, 2, next, { ...head, touched: true }))
    }
    const { next } = this.world.scheduler
    if (next !== undefined) {
      const waiting = heads.some(head => head !== undefined)
      const late = this.#lines.some(line => line.some(({ frail }) => frail))
      if (!waiting || late) {
        const what = (): string => `time-out: ${this.#armed()[0]?.name ?? 'a timer'}`
        all.push({ choice: { what, fault: waiting, fair: !waiting }, run: () => this.world.scheduler.runUntil(next) })
      }
    }
    return all
  }

  choices(): readonly Choice[] {
    return this.#list().map(({ choice }) => choice)
  }
  take(index: number): void {
    this.#list()[index].run()
    // What is to happen at once is not left to choice.
    this.world.scheduler.runUntil(this.world.scheduler.now)
  }

  /** Timers that run, in the order in which they fire. */
  #armed(): { name: string; due: number }[] {
    const all = ([0, 1] as const).flatMap(end =>
      Object.entries(this.machines(end)).flatMap(([machine, { timers }]) =>
        Object.entries(timers).map(([timer, due]) => ({ name: `${NAMES[end]} ${machine} ${timer}`, due })),
      ),
    )
    return all.sort((a, b) => a.due - b.due || (a.name < b.name ? -1 : 1))
  }

  key(): string {
    const ends = ([0, 1] as const).map(end => [
      this.status(end) ?? '',
      Object.entries(this.machines(end)).map(([name, { state, counters, facts }]) => [name, state, counters, facts]),
    ])
    const lines = this.#lines.map(line => line.map(({ text, frail, touched }) => [text, frail, touched]))
    const sent = this.#sent.map(count => Math.min(count, this.#messages))
    return JSON.stringify([ends, lines, sent, this.#armed().map(({ name }) => name)])
  }

  describe(): string {
    const ends = ([0, 1] as const).map(end => {
      const states = Object.entries(this.machines(end)).map(([name, { state }]) => `${name} ${state}`)
      return `${NAMES[end]}: ${states.join(', ')}`
    })
    return `${ends.join('; ')}; timers: ${
      this.#armed()
        .map(({ name }) => name)
        .join(', ') || 'none'
    }`
  }
}

/** A clock whose timers of one owner are never armed. */
function withDeadTimer(env: Env, dead: RegExp): Env {
  const clock: Clock = {
    get now() {
      return env.clock.now
    },
    draw: () => env.clock.draw(),
    timer: <T>(owner: string, fire: (whose: T) => void, whose?: T) =>
      dead.test(owner) ? DEAD : env.clock.timer(owner, fire, whose as T),
    after: (delay, owner, fire) => env.clock.after(delay, owner, fire),
  }
  const { node, random, trace, packets } = env
  return { node, random, trace, packets, clock, scope: name => withDeadTimer(env.scope(name), dead) }
}
const DEAD: Timer = { due: 0, pending: false, arm() {}, armAt() {}, cancel() {} }

/** Numbers of Echo packets grow for ever and decide nothing. */
const textOf = (frame: Uint8Array, words: string): string =>
  words.startsWith('LCP echo') ? words.slice(0, 12) : hex(frame)

function pppWords(frame: Uint8Array): string {
  const parsed = Ppp.parse(frame)
  if (!parsed.ok) return 'frame'
  const { protocol, info } = parsed.value
  const packet = protocol === Ppp.CHAP ? Chap.parse(info) : Cp.parse(info)
  const name = Ppp.protocolName(protocol).toUpperCase()
  return packet.ok ? `${name} ${packet.value.type} ${packet.value.id}` : name
}

/** PPP session to PPP session. */
export class PppPair extends Pair {
  readonly #ends: readonly [PppEndpoint, PppEndpoint]

  constructor(options: WalkOptions = {}) {
    super(options)
    const end = (index: 0 | 1, config: PppConfig): PppEndpoint => {
      const env = this.env(NAMES[index])
      return new PppEndpoint(env, config, frame => {
        const bytes = frame.data.slice()
        frame.release()
        const words = pppWords(bytes)
        this.send(index, words, textOf(bytes, words), () => this.#ends[1 - index].receive(bytes))
      })
    }
    this.#ends = [
      end(0, { ...CLIENT, ...KEEP_ALIVE, ...options.client }),
      end(1, { ...SERVER, ...KEEP_ALIVE, ...options.server }),
    ]
    for (const { session } of this.#ends) session.open()
  }

  protected override status(end: 0 | 1): string | undefined {
    return this.#ends[end].status
  }
  protected override machines(end: 0 | 1): Readonly<Record<string, MachineView>> {
    return this.#ends[end].session.machines()
  }
}

class PppEndpoint {
  readonly session: Session
  readonly #env: Env
  #up = false
  #end: PppEnd | undefined

  constructor(env: Env, config: PppConfig, down: (frame: Packet) => void, finished = (): void => {}) {
    this.#env = env
    this.session = new Session(env, config, {
      down,
      up: packet => packet.release(),
      networkUp: () => {
        this.#up = true
      },
      networkDown: () => {
        this.#up = false
      },
      finished: end => {
        this.#end = end
        finished()
      },
    })
  }

  receive(bytes: Uint8Array): void {
    this.session.receive(this.#env.packets.from(bytes))
  }
  get end(): PppEnd | undefined {
    return this.#end
  }
  get status(): string | undefined {
    if (this.#end) return `closed (${this.#end.layer} ${this.#end.reason})`
    return this.#up ? 'open' : undefined
  }
}

/** PNS to PAC, as `node/client.ts` and `node/pptp-server.ts` put them together. */
export class PptpPair extends Pair {
  readonly #ends: [PptpEnd, PptpEnd]

  constructor(options: WalkOptions = {}) {
    super(options)
    const wires = ([0, 1] as const).map(
      (from): Wire => ({
        control: (what, text, deliver) => this.send(from, what, text, () => deliver(this.#ends[1 - from])),
        gre: packet => this.#gre(from, packet),
      }),
    )
    this.#ends = [
      new PptpEnd(this.env('client'), 'pns', wires[0], { ...CLIENT, ...KEEP_ALIVE, ...options.client }),
      new PptpEnd(this.env('server'), 'pac', wires[1], { ...SERVER, ...KEEP_ALIVE, ...options.server }),
    ]
    this.#ends[1].listen()
    this.#ends[0].connect()
  }

  #gre(from: 0 | 1, packet: Packet): void {
    const bytes = packet.data.slice()
    packet.release()
    const other = this.#ends[1 - from]
    if (!Gre.hasSequence(bytes, 0)) {
      other.gre(bytes)
      return
    }
    const frame = bytes.subarray(Gre.headerLength(bytes, 0))
    // Numbers grow for ever; what matters is how far ahead of the awaited one.
    const ahead = Gre.sequenceNumber(bytes, 0) - other.awaited
    const words = pppWords(frame)
    this.send(from, words, `${Gre.callId(bytes, 0)} ${ahead} ${textOf(frame, words)}`, () => other.gre(bytes))
  }

  protected override status(end: 0 | 1): string | undefined {
    return this.#ends[end].status
  }
  protected override machines(end: 0 | 1): Readonly<Record<string, MachineView>> {
    return this.#ends[end].machines()
  }
}

interface Wire {
  control(what: string, text: string, deliver: (to: PptpEnd) => void): void
  gre(packet: Packet): void
}

/** Early packets are held as usual; nothing waits for an acknowledgment, since none is ever lost. */
const TUNNEL_CONFIG = { ...TUNNEL, flow: 'none', ackEvery: 1 } as const

class PptpEnd {
  readonly #env: Env
  readonly #endpoint: Endpoint
  readonly #wire: Wire
  readonly #ppp: PppConfig
  readonly #client: boolean
  #control: ControlConnection | undefined
  #controlEnd: ControlEnd | undefined
  #call: Call | undefined
  #callEnd: CallEnd | undefined
  #link: PppEndpoint | undefined
  /** Of the TCP connection under it: what has been sent and heard. */
  readonly #tcp = { fin: false, finHeard: false, over: false }

  constructor(env: Env, role: 'pns' | 'pac', wire: Wire, ppp: PppConfig) {
    this.#env = env
    this.#wire = wire
    this.#ppp = ppp
    this.#client = role === 'pns'
    const config: EndpointConfig = endpointConfig(role, { hostName: env.node, tunnel: TUNNEL_CONFIG })
    this.#endpoint = new Endpoint(env, config, { gre: packet => wire.gre(packet) }, call => {
      const link = this.#makeLink(call)
      return {
        connected: () => env.clock.after(0, 'opens', () => link.session.open()),
        received: frame => link.session.receive(frame),
        ended: end => this.#callEnded(end),
      }
    })
  }

  connect(): void {
    const control: ControlConnection = this.#endpoint.connect(PNS, PAC, {
      established: () => this.#dial(control),
      ended: end => {
        this.#controlEnd = end
      },
    })
    this.#control = control
    control.attach(this.#stream())
    control.opened()
  }

  listen(): void {
    this.#control = this.#endpoint.accept(PAC, PNS, this.#stream(), {
      ended: end => {
        this.#controlEnd = end
      },
    })
  }

  #dial(control: ControlConnection): void {
    const call: Call = control.dial({
      connected: () => link.session.open(),
      received: frame => link.session.receive(frame),
      ended: end => {
        this.#callEnded(end)
        if (end.reason !== 'timeout') control.stop()
      },
    })
    const link = this.#makeLink(call)
  }

  #makeLink(call: Call): PppEndpoint {
    this.#call = call
    this.#callEnd = undefined
    const link = new PppEndpoint(
      this.#env.scope('ppp'),
      this.#ppp,
      frame => call.send(frame),
      () => call.clear(),
    )
    this.#link = link
    return link
  }

  #callEnded(end: CallEnd): void {
    this.#callEnd = end
    this.#link?.session.lowerDown()
  }

  // TCP, as far as its user sees it.

  #stream(): Stream {
    const { control } = this.#wire
    return {
      waiting: 0,
      write: bytes => {
        const copy = bytes.slice()
        const parsed = Pptp.parse(copy)
        const what = parsed.ok ? parsed.value.type : 'octets'
        const text = what.startsWith('echo') ? what : hex(copy)
        if (!this.#tcp.fin) control(what, text, to => to.#data(copy))
      },
      end: () => {
        if (this.#tcp.fin || this.#tcp.over) return
        this.#tcp.fin = true
        control('FIN', 'FIN', to => to.#fin())
        this.#closedBoth()
      },
      abort: () => {
        if (this.#tcp.over) return
        control('RST', 'RST', to => to.#reset())
        this.#tcpOver('aborted')
      },
    }
  }

  /** Where no connection is any more, data is answered by RST (RFC 9293 §3.10.7.1). */
  #data(bytes: Uint8Array): void {
    if (this.#tcp.over) this.#wire.control('RST', 'RST', to => to.#reset())
    else if (!this.#tcp.finHeard) this.#control?.data(bytes)
  }

  #fin(): void {
    if (this.#tcp.finHeard || this.#tcp.over) return
    this.#tcp.finHeard = true
    this.#control?.ended()
    this.#closedBoth()
  }

  #reset(): void {
    if (!this.#tcp.over) this.#tcpOver('reset')
  }

  #closedBoth(): void {
    if (this.#tcp.fin && this.#tcp.finHeard && !this.#tcp.over) this.#tcpOver('closed')
  }

  #tcpOver(how: 'closed' | 'reset' | 'aborted'): void {
    this.#tcp.over = true
    this.#control?.closed(how)
  }

  // GRE

  get awaited(): number {
    return this.#call?.tunnel?.view().counters.expected ?? 0
  }

  gre(bytes: Uint8Array): void {
    this.#endpoint.receiveGre(this.#env.packets.from(bytes), this.#client ? PAC : PNS)
  }

  get status(): string | undefined {
    const { reason } = this.#controlEnd ?? {}
    if (reason !== undefined) return `closed (${this.#reason(reason)})`
    return this.#call?.state === 'established' && this.#link?.status === 'open' ? 'open' : undefined
  }

  /** The first cause, as `node/tunnel-end.ts` finds it. */
  #reason(control: string): string {
    const ppp = this.#link?.end
    if (ppp && ppp.reason !== 'lower-down') return `${ppp.layer} ${ppp.reason}`
    const call = this.#callEnd
    return call && call.reason !== 'control-lost' ? `call ${call.reason}` : `control ${control}`
  }

  machines(): Record<string, MachineView> {
    const machines: Record<string, MachineView> = {}
    const { fin, finHeard, over } = this.#tcp
    const tcp = over ? 'over' : `${fin ? 'fin' : 'open'} ${finHeard ? 'fin' : 'open'}`
    if (this.#control) {
      const { counters, ...control } = this.#control.view()
      machines.control = { ...control, counters: { ...counters, echo: 0 } }
    }
    machines.tcp = { state: tcp, counters: {}, facts: {}, timers: {}, history: [] }
    const call = this.#call
    if (call) machines.call = call.view()
    if (call?.tunnel) {
      const { counters, ...gre } = call.tunnel.view()
      const { held, expected } = counters
      machines.gre = { ...gre, counters: { held, begun: expected === undefined ? 0 : 1 } }
    }
    for (const [name, view] of Object.entries(this.#link?.session.machines() ?? {})) machines[name] = view
    return machines
  }
}
