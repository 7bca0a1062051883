/**
 * A network access server: telephone lines on one side, tunnels on the other. It is the PAC of RFC 2637: it answers a
 * line, asks a PNS to take the call, and relays PPP frames between the line and GRE; PPP ends in the caller's machine and
 * the PNS. What no rule sends elsewhere ends here, as with any access server (callers.ts).
 *
 * A PNS may ask it to dial a number as well (Outgoing-Call-Request).
 */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Duration } from '../base/time.ts'
import type { MachineView } from '../base/view.ts'
import type { RouteSpec } from '../ip/route.ts'
import { acceptedStream, type Connection, type ConnectionHandlers, type TcpOptions } from '../ip/tcp.ts'
import type { LineEnd } from '../link/serial.ts'
import type { Call, IncomingRequest, OutgoingRequest } from '../pptp/call.ts'
import { type CallHandlers, type Refusal, TUNNEL } from '../pptp/types.ts'
import { type AccessConfig, Callers } from './callers.ts'
import { ControlPool } from './control-pool.ts'
import { IpNode } from './ip-node.ts'
import { type LineHost, NasLine } from './nas-line.ts'
import type { Snapshot } from './node.ts'
import { type GreChoice, serverEndpoint } from './tunnel-profile.ts'
import type { TunnelRule } from './tunnel-rules.ts'
import { controlName, PPTP_PORT, Tunnelling } from './tunnel-stack.ts'

export interface NasConfig {
  readonly tunnels: readonly TunnelRule[]
  /** PPP that ends here; absent: every call takes a tunnel or is turned away. */
  readonly ppp?: AccessConfig
  /** Telephone lines, for Maximum Channels (§2.1). */
  readonly channels: number
  readonly gre?: GreChoice
  /** How long a PNS may take to answer before the next one is asked. */
  readonly patience: Duration
  /** How long a number that is dialled may ring. */
  readonly dialPatience: Duration
}

/** Frames that are buffered for a line (§4.2): more of them only wait longer. */
export const LINE_WINDOW = 8

/** §2.8. */
const DO_NOT_ACCEPT: Refusal = { refuse: { resultCode: 7, errorCode: 0 } }
const NO_DIAL_TONE: Refusal = { refuse: { resultCode: 5, errorCode: 0 } }
const NO_RESOURCE: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }

export class Nas extends IpNode {
  readonly kind = 'nas'
  readonly #tunnelling: Tunnelling
  readonly #callers: Callers | undefined
  readonly #lines: NasLine[] = []
  readonly #host: LineHost

  constructor(env: Env, routes: readonly RouteSpec[], config: NasConfig, tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
    const { tunnels, ppp, channels, patience, dialPatience, gre } = config
    const pac = serverEndpoint('default', gre, {
      maximumChannels: channels,
      // Many calls in one connection, one after the other, each with an ID that has rested.
      callIds: 'random',
      tunnel: { ...TUNNEL, receiveWindow: LINE_WINDOW, ...gre, acknowledges: 'taken' },
      names: {
        control: controlName,
        call: (_, callId) => `calls[${callId}].pptp.call`,
      },
    })
    this.#tunnelling = new Tunnelling(this, pac, (call, request) => this.#decide(call, request))
    this.#callers = ppp && new Callers(this, ppp, (caller, { user }) => this.#named(caller, user))
    const { endpoint } = this.#tunnelling
    const pool = new ControlPool(this, endpoint)
    const passes = (line: string, frame: Packet): void => this.#passes(line, frame)
    this.#host = { env, endpoint, pool, rules: tunnels, callers: this.#callers, patience, dialPatience, passes }
    this.tcp.listen(PPTP_PORT, connection => this.#accept(connection))
  }

  plugLine(port: string, line: LineEnd): void {
    this.#lines.push(new NasLine(this.#host, port, this.#lines.length + 1, line))
  }

  /** Others whose PPP ends here may come in from now on, or with other passwords. */
  admits(users: ReadonlyMap<string, string>): void {
    this.#callers?.admits(users)
  }

  /** The service ends: control connections are stopped (RFC 2637 §2.3, Stop-Local-Shutdown), and calls with them. */
  shutDown(): void {
    for (const control of this.#tunnelling.endpoint.connections) control.shutDown()
  }

  /** For every frame of a user: nothing is made unless somebody looks. */
  #passes(iface: string, frame: Packet): void {
    const { inside } = this
    if (!inside) return
    const { id, parent, data } = frame
    inside({ iface, way: 'through', packet: id, parent, bytes: data })
  }

  #named(caller: Parameters<NasLine['is']>[0], user: string): boolean {
    return this.#lines.find(line => line.is(caller))?.named(user) ?? true
  }

  #accept(connection: Connection): ConnectionHandlers {
    const local = connection.local.address as Ipv4
    const peer = connection.remote.address as Ipv4
    return acceptedStream(connection, stream =>
      this.#tunnelling.endpoint.accept(local, peer, stream, {}, connection.remote.port),
    )
  }

  /** A PNS asks for a number. Incoming calls are hunted from the first line on, so this begins with the last. */
  #decide(call: Call, request: OutgoingRequest | IncomingRequest): CallHandlers | Refusal {
    if (request.type !== 'outgoing-call-request' || request.phoneNumber === '') return DO_NOT_ACCEPT
    const line = this.#lines.findLast(line => line.isFree)
    if (line) return line.offered(call, request)
    return this.#lines.some(line => line.up) ? NO_RESOURCE : NO_DIAL_TONE
  }

  override machines(): Record<string, MachineView> {
    const machines = super.machines()
    for (const control of this.#tunnelling.endpoint.connections) {
      machines[control.machineName] = control.view()
    }
    for (const line of this.#lines) Object.assign(machines, line.machines())
    return { ...machines, ...this.#callers?.machines() }
  }

  override snapshot(): Snapshot {
    const lines: Record<string, Snapshot> = {}
    for (const line of this.#lines) lines[line.name] = line.snapshot()
    const { endpoint } = this.#tunnelling
    const busy = this.#lines.filter(line => line.state !== 'idle').length
    return {
      ...super.snapshot(),
      ...(this.#callers?.snapshot() ?? { calls: {}, ppp: { sessions: 0 } }),
      pptp: { calls: endpoint.calls.length, controls: endpoint.connections.length },
      lines,
      line: { busy, free: this.#lines.length - busy },
    }
  }
}
