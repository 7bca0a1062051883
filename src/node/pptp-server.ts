/**
 * A VPN server: it ends PPP for its callers, gives each an address and forwards between them and its networks
 * (callers.ts). Of a computer that dials itself and sends Outgoing-Call-Request it is the PAC; of a NAS that announces a
 * telephone call by Incoming-Call-Request, or that it asks to dial a number, it is the PNS.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import { formatDuration, sec } from '../base/time.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { MachineView } from '../base/view.ts'
import type { RouteSpec } from '../ip/route.ts'
import { acceptedStream, type Connection, type ConnectionHandlers, type TcpOptions } from '../ip/tcp.ts'
import type { Bearer } from '../link/signal.ts'
import type { Call, IncomingRequest, OutgoingRequest } from '../pptp/call.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { CallEnd, CallHandlers, ControlEnd, ControlHandlers, EndpointConfig, Refusal } from '../pptp/types.ts'
import { PORT_VIRTUAL } from '../wire/radius-attributes.ts'
import type { Caller, Line, Station } from './caller.ts'
import { type AccessConfig, type AccessLimits, Callers } from './callers.ts'
import { ControlPool, type Wish } from './control-pool.ts'
import { IpNode } from './ip-node.ts'
import { bearerOf } from './line-words.ts'
import type { Snapshot } from './node.ts'
import { callCause, callEnd, controlEnd } from './tunnel-end.ts'
import { type GreChoice, HABITS, serverEndpoint } from './tunnel-profile.ts'
import {
  CallCarrier,
  type CallOwner,
  controlName,
  greSnapshot,
  PPTP_PORT,
  Tunnelling,
  tunnelMtu,
} from './tunnel-stack.ts'

export interface ServerConfig extends AccessConfig {
  readonly gre?: GreChoice
  readonly limits?: Limits
}

export type Limits = AccessLimits &
  Partial<Pick<EndpointConfig, 'callsPerConnection' | 'connections' | 'connectionsPerPeer'>>

/** How long a call waits for a control connection: as long as a message of it waits for its answer (§3.2.4.2). */
const CALL_PATIENCE = sec(60)
/** RFC 2637 §2.8, §2.10: General Error with "no resource". */
const NO_RESOURCE: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }

export class PptpServer extends IpNode implements ControlHandlers, CallOwner {
  readonly kind = 'pptp-server'
  readonly #config: ServerConfig
  readonly #tunnelling: Tunnelling
  readonly #callers: Callers
  readonly #pool: ControlPool

  constructor(env: Env, routes: readonly RouteSpec[], config: ServerConfig, tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
    this.#config = config
    this.#callers = new Callers(this, config)
    const { profile = 'default', gre, limits = {} } = config
    const { callsPerConnection, connections, connectionsPerPeer } = limits
    const pac = serverEndpoint(profile, gre, {
      takesIncomingCalls: profile !== 'linux',
      ...(callsPerConnection === undefined ? {} : { callsPerConnection }),
      ...(connections === undefined ? {} : { connections }),
      ...(connectionsPerPeer === undefined ? {} : { connectionsPerPeer }),
      names: {
        control: controlName,
        call: (_, callId) => `${callName(callId)}.pptp.call`,
      },
    })
    this.#tunnelling = new Tunnelling(this, pac, (call, request) => this.#decide(call, request))
    this.#pool = new ControlPool(this, this.#tunnelling.endpoint)
    this.tcp.listen(PPTP_PORT, connection => this.#accept(connection))
  }

  /** Others may come in from now on, or with other passwords. */
  admits(users: ReadonlyMap<string, string>): void {
    this.#callers.admits(users)
  }

  /** Ends all sessions in order, by PPP, and their calls after them. */
  hangUp(): void {
    this.#callers.hangUp()
  }

  /** The service ends: control connections are stopped (RFC 2637 §2.3, Stop-Local-Shutdown). */
  shutDown(): void {
    for (const control of this.#tunnelling.endpoint.connections) control.shutDown()
  }

  /** Asks an access server to dial a number (RFC 2637 §2.7); who answers is a caller like any other. */
  call(via: Ipv4, number: string, bearer: Bearer | undefined): void {
    const peer = formatIpv4(via)
    const { full } = this.#callers
    if (full !== undefined) return this.#over(peer, refused(full))
    const wish: Wish = {
      ready: control => {
        patience.cancel()
        // Others may have come while the connection was being opened.
        const { full } = this.#callers
        if (full !== undefined) return this.#over(peer, refused(full))
        const { dial } = this.#tunnelling.endpoint.config
        const bearerType = bearer === undefined ? dial.bearerType : bearerOf(bearer)
        const line = this.#line(via, { called: number, calling: number })
        line.call = control.dial(line, { phoneNumber: number, bearerType })
        line.caller = this.#callers.take(line)
      },
      failed: end => {
        patience.cancel()
        this.#over(peer, controlEnd(end))
      },
    }
    const patience = this.env.clock.after(CALL_PATIENCE, `call of ${number} by ${peer}`, () => {
      this.#pool.forget(via, wish)
      const detail = `There was no control connection in ${formatDuration(CALL_PATIENCE)}.`
      this.#over(peer, { layer: 'pptp', reason: 'call-timeout', tries: 1, detail })
    })
    this.#pool.want(via, wish)
  }

  protected override answersFor(address: Ipv4): boolean {
    return (this.#config.proxyArp === true && this.#callers.has(address)) || super.answersFor(address)
  }

  #accept(connection: Connection): ConnectionHandlers {
    const local = connection.local.address as Ipv4
    const peer = connection.remote.address as Ipv4
    return acceptedStream(connection, stream =>
      this.#tunnelling.endpoint.accept(local, peer, stream, this, connection.remote.port),
    )
  }

  /** Of a control connection. */
  ended(end: ControlEnd, { carried, peer }: ControlConnection): void {
    if (carried === 0) this.#over(formatIpv4(peer), controlEnd(end))
  }

  /** Takes a call if there is room for it and an address to give. */
  #decide(call: Call, request: OutgoingRequest | IncomingRequest): CallHandlers | Refusal {
    const { full } = this.#callers
    if (full !== undefined) {
      this.#over(formatIpv4(call.peer), refused(full))
      return NO_RESOURCE
    }
    const line = this.#line(call.peer, numbersOf(request))
    line.call = call
    line.caller = this.#callers.take(line)
    return line
  }

  /** What is behind a NAS has telephone numbers (RFC 2637 §2.9); others have their address only. */
  #line(peer: Ipv4, numbers: Numbers | undefined): ServerLine {
    const { mtu, profile = 'default' } = this.#config
    return new ServerLine(this.#tunnelling, this, tunnelMtu(this, peer, mtu, HABITS[profile].ppp.mtu), numbers)
  }

  callEnded(line: ServerLine, end: CallEnd): void {
    this.#callers.ended(line.caller, callCause(end), ppp => this.#over(line.from, ppp ?? callEnd(end)))
  }

  #over(peer: string, { layer, reason, tries, detail }: TunnelEnd): void {
    this.env.trace.emit('tunnel-end', { peer, layer, reason, tries, detail })
  }

  override machines(): Record<string, MachineView> {
    const machines = super.machines()
    for (const control of this.#tunnelling.endpoint.connections) {
      machines[control.machineName] = control.view()
    }
    return { ...machines, ...this.#callers.machines() }
  }

  override snapshot(): Snapshot {
    return { ...super.snapshot(), ...this.#callers.snapshot(), pptp: { calls: this.#callers.size } }
  }
}

const refused = (detail: string): TunnelEnd => ({ layer: 'pptp', reason: 'refused', tries: 0, detail })

/** Of a telephone call behind an access server. */
interface Numbers {
  readonly called: string
  readonly calling: string
}
const numbersOf = (request: OutgoingRequest | IncomingRequest): Numbers | undefined =>
  request.type === 'incoming-call-request'
    ? { called: request.dialedNumber, calling: request.dialingNumber }
    : undefined

/** State machines of a call are named by its call ID, which it has from the first message on. */
const callName = (callId: number): string => `calls[${callId}]`

/** A call as the line by which somebody calls. */
class ServerLine extends CallCarrier implements Line {
  readonly mtu: number
  readonly #numbers: Numbers | undefined
  #caller: Caller | undefined

  constructor(tunnelling: Tunnelling, owner: PptpServer, mtu: number, numbers: Numbers | undefined) {
    super(tunnelling, owner)
    this.mtu = mtu
    this.#numbers = numbers
  }

  set caller(caller: Caller) {
    this.#caller = caller
    this.attach(caller.link)
  }
  get caller(): Caller {
    if (!this.#caller) throw new Error(`nobody calls by ${this.label} yet`)
    return this.#caller
  }

  get name(): string {
    return callName(this.call.callId)
  }
  get label(): string {
    return `call ${this.call.callId}`
  }
  get from(): string {
    return formatIpv4(this.call.peer)
  }
  get station(): Station {
    return { calling: this.from, ...this.#numbers, portType: PORT_VIRTUAL }
  }

  clear(): void {
    this.call.clear()
  }

  snapshot(): Snapshot {
    const { call, from } = this
    return { callId: call.callId, peer: from, ...this.#numbers, pptp: { call: call.state, gre: greSnapshot(call) } }
  }

  machines(): Record<string, MachineView> {
    const { call } = this
    const machines: Record<string, MachineView> = { 'pptp.call': call.view() }
    if (call.tunnel) machines['pptp.gre'] = call.tunnel.view()
    return machines
  }
}
