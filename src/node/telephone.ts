/**
 * One end of a telephone line with the call on it, as a state machine: the same for the user's modem, for the lines of
 * a network access server and for the ports of the network between them. The signals are those of link/signal.ts.
 *
 *     idle ── dial ──▶ dialling ── alerting ──▶ alerting ── connect ──┐
 *       │                  └───────── connect ────────────────────────┤
 *       │                                                             ▼
 *       └── setup ──▶ ringing ── answer ─────────────────────────▶ connected
 *
 *     hang up, from any of them: ──▶ releasing ── release ──▶ idle
 *     a release that comes first is answered, and the line is idle at once
 *
 * Both ends of a line may take it at the same moment. Then the end that `yields` gives its own call up and takes the
 * other's: networks and access servers do, computers do not.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import { Machine, type MachineOwner, table } from '../base/table.ts'
import { type MachineView, view } from '../base/view.ts'
import type { LineEnd } from '../link/serial.ts'
import { CAUSE, type Cause, formatRate, type LineSignal, slower } from '../link/signal.ts'
import { causeText } from '../wire/pptp.ts'

export type TelephoneState = 'idle' | 'dialling' | 'alerting' | 'ringing' | 'connected' | 'releasing'
type TelephoneEvent =
  | 'dial'
  | 'alerting'
  | 'connect'
  | 'setup'
  | 'collision'
  | 'answer'
  | 'hang-up'
  | 'release'
  | 'carrier-lost'

const TABLE = table<TelephoneState, TelephoneEvent, never>({
  dial: { idle: 'dialling' },
  alerting: { dialling: 'alerting' },
  connect: { dialling: 'connected', alerting: 'connected' },
  setup: { idle: 'ringing' },
  collision: { dialling: 'ringing' },
  answer: { ringing: 'connected' },
  'hang-up': { dialling: 'releasing', alerting: 'releasing', ringing: 'releasing', connected: 'releasing' },
  release: { dialling: 'idle', alerting: 'idle', ringing: 'idle', connected: 'idle', releasing: 'idle' },
  'carrier-lost': { dialling: 'idle', alerting: 'idle', ringing: 'idle', connected: 'idle', releasing: 'idle' },
})

export type Setup = Omit<Extract<LineSignal, { type: 'setup' }>, 'type'>

export interface TelephoneEvents {
  /** Somebody calls us. */
  ringing(call: Setup): void
  /** It rings at the other end. */
  alerting(): void
  /** The call is answered, whoever made it. `rate`: bits a second of the slowest line on the way; 0: no limit. */
  connected(rate: number): void
  /** Octets of the call; takes the ownership. */
  octets(packet: Packet): void
  /** The call is over, and not because we hung up. */
  released(cause: Cause): void
  /** The line may be used again; after every call. */
  free(): void
}

export class Telephone implements MachineOwner<never> {
  readonly env: Env
  readonly machineName: string
  readonly line: LineEnd
  /** The call, or the last one. */
  call: Setup | undefined
  /** Of the connected call. */
  rate = 0
  /** Why the last call ended. */
  cause: Cause | undefined
  readonly #events: TelephoneEvents
  readonly #yields: boolean
  readonly #machine: Machine<TelephoneState, TelephoneEvent, never>
  #dialled = 0
  #rang = 0

  /** `machine`: its name in the trace, `line` or `lines[tty0.7]`. */
  constructor(env: Env, machine: string, line: LineEnd, events: TelephoneEvents, { yields = false } = {}) {
    this.env = env
    this.machineName = machine
    this.line = line
    this.#events = events
    this.#yields = yields
    this.#machine = new Machine(this, TABLE, 'idle')
    line.attach({
      octets: packet => this.#octets(packet),
      signalled: signal => this.#signalled(signal),
      carrier: up => this.#carrier(up),
    })
  }

  /** Its table has states only. */
  act(): void {}

  get state(): TelephoneState {
    return this.#machine.state
  }

  /** False: the line is in use, or there is no carrier. `rate`: of the slowest line on the way up to here. */
  dial({ called, calling, bearer, rate = 0 }: Omit<Setup, 'rate'> & { readonly rate?: number }): boolean {
    if (!this.line.up || !this.#machine.fire('dial')) return false
    this.#dialled++
    this.#begin({ called, ...(calling === undefined ? {} : { calling }), bearer, rate: slower(rate, this.line.rate) })
    this.line.signal({ type: 'setup', ...(this.call as Setup) })
    return true
  }

  /** It rings here: tells the caller. */
  alert(): void {
    if (this.state === 'ringing') this.line.signal({ type: 'alerting' })
  }

  /** `rate`: of the slowest line behind us, if the call goes on from here. */
  answer(rate = 0): void {
    if (!this.#machine.fire('answer')) return
    this.rate = slower(rate, slower(this.call?.rate ?? 0, this.line.rate))
    this.line.signal({ type: 'connect', rate: this.rate })
    this.#events.connected(this.rate)
  }

  hangUp(cause: Cause = CAUSE.normal): void {
    if (!this.#machine.fire('hang-up')) return
    this.cause = cause
    this.line.signal({ type: 'release', cause })
  }

  /** Octets of the call; takes the ownership. */
  send(octets: Packet): void {
    if (this.state === 'connected') this.line.send(octets)
    else this.#idle(octets)
  }

  view(): MachineView {
    const { call, rate, cause } = this
    const facts = {
      ...(call ? { called: call.called, bearer: call.bearer } : {}),
      ...(call?.calling === undefined ? {} : { calling: call.calling }),
      ...(rate > 0 ? { rate: formatRate(rate) } : {}),
      ...(cause === undefined ? {} : { cause: causeText(cause) }),
    }
    const counters = { dialled: this.#dialled, rang: this.#rang }
    return view(this.state, { counters, facts, history: this.#machine.history })
  }

  #begin(call: Setup): void {
    this.call = call
    this.rate = 0
    this.cause = undefined
  }

  #signalled(signal: LineSignal): void {
    switch (signal.type) {
      case 'setup':
        return this.#setup(signal)
      case 'alerting':
        if (this.#machine.fire('alerting')) this.#events.alerting()
        return
      case 'connect':
        if (!this.#machine.fire('connect')) return
        this.rate = signal.rate
        return this.#events.connected(signal.rate)
      case 'release':
        return this.#released(signal.cause)
    }
  }

  #setup({ type: _, ...call }: Extract<LineSignal, { type: 'setup' }>): void {
    const collides = this.#yields && this.state === 'dialling'
    if (!this.#machine.fire(collides ? 'collision' : 'setup')) return
    this.#rang++
    this.#begin(call)
    if (collides) this.#events.released(CAUSE.circuitNotAvailable)
    this.#events.ringing(call)
  }

  #released(cause: Cause): void {
    const ours = this.state === 'releasing'
    if (!this.#machine.fire('release')) return
    if (!ours) {
      this.line.signal({ type: 'release', cause })
      this.cause = cause
      this.#events.released(cause)
    }
    this.#free()
  }

  #carrier(up: boolean): void {
    const ours = this.state === 'releasing'
    if (up || !this.#machine.fire('carrier-lost')) return
    if (!ours) {
      this.cause = CAUSE.temporaryFailure
      this.#events.released(CAUSE.temporaryFailure)
    }
    this.#free()
  }

  /** Who was told that the call is over may have dialled again. */
  #free(): void {
    if (this.state === 'idle') this.#events.free()
  }

  #octets(packet: Packet): void {
    if (this.state === 'connected') this.#events.octets(packet)
    else this.#idle(packet)
  }

  #idle(packet: Packet): void {
    const detail = `${this.line.name} is ${this.state}`
    this.env.trace.drop({ reason: 'line-idle', layer: 'line', packet: packet.id, parent: packet.parent, detail })
    packet.release()
  }
}
