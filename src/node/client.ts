/**
 * A computer that dials a VPN itself: voluntary tunnelling. It sends Outgoing-Call-Request, so it is the PNS.
 *
 *     connect: TCP 1723 - control connection - outgoing call - PPP over GRE - ppp0 - routes
 *
 * and back in the same order when the user disconnects or any of them ends.
 */
import { ANY, contains, formatIpv4, type Ipv4, type Prefix, prefixOf } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { MachineView } from '../base/view.ts'
import type { Route, RouteSpec } from '../ip/route.ts'
import { ConnectionStream, type TcpOptions } from '../ip/tcp.ts'
import type { LineEnd } from '../link/serial.ts'
import type { AuthMethod, PppConfig, PppEnd } from '../ppp/config.ts'
import type { MppeSetting } from '../ppp/mppe-policy.ts'
import type { Call } from '../pptp/call.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { CallEnd, ControlEnd, ControlHandlers } from '../pptp/types.ts'
import { type DialConfig, DialUp } from './dial-up.ts'
import { IpNode } from './ip-node.ts'
import { type LinkSettings, linkConfig } from './link-settings.ts'
import type { Snapshot } from './node.ts'
import { IDLE_PPP, PppLink, type PppLinkOwner } from './ppp-link.ts'
import type { PppPort } from './ppp-port.ts'
import { callEnd, controlEnd, firstEnd } from './tunnel-end.ts'
import { clientEndpoint, type GreChoice, HABITS, type Profile, profiledMppe } from './tunnel-profile.ts'
import { CallCarrier, type CallOwner, greSnapshot, PPTP_PORT, Tunnelling, tunnelMtu } from './tunnel-stack.ts'

export interface ClientConfig extends LinkSettings {
  /** Address of the PAC. */
  readonly server: Ipv4
  readonly user: string
  readonly password: string
  readonly auth: readonly AuthMethod[]
  readonly mppe: MppeSetting
  /** Networks to be reached through the tunnel. */
  readonly routes: readonly Prefix[]
  readonly dns: boolean
  readonly nbns?: boolean
  /** What the user types when asked once more. */
  readonly secondPassword?: string
  /** How the server has to prove who it is; absent: it need not. */
  readonly requireAuth?: { readonly auth: readonly AuthMethod[]; readonly users: ReadonlyMap<string, string> }
  /** Whose habits it has. */
  readonly profile?: Profile
  readonly gre?: GreChoice
  readonly callIds?: 'random' | 'from-zero'
  /** It is a router: passes packets on between its networks and the tunnel. */
  readonly forward?: boolean
  /** Lower the MSS in every TCP SYN that passes the tunnel to what it carries. */
  readonly mssClamp?: boolean
  /** Largest IP packet in the tunnel; absent: what the path to the server carries, less the headers. */
  readonly mtu?: number
}

export class Client extends IpNode implements ControlHandlers, CallOwner, PppLinkOwner {
  readonly kind = 'client'
  #config: ClientConfig
  readonly #tunnelling: Tunnelling
  readonly #habits: (typeof HABITS)[Profile]
  /** The last attempt stays to be looked at after its end. */
  #control: ControlConnection | undefined
  #call: Call | undefined
  #link: PppLink | undefined
  #stream: ConnectionStream | undefined
  #end: TunnelEnd | undefined
  #active = false
  /** The way to the server before the tunnel came. */
  #way: Route | undefined
  #pin: Route | undefined
  /** The telephone line through which it reaches the Internet, if it has one. */
  readonly dialUp: DialUp | undefined

  constructor(
    env: Env,
    routes: readonly RouteSpec[],
    config: ClientConfig,
    tcp: TcpOptions = {},
    dial: DialConfig | undefined = undefined,
  ) {
    super(env, config.forward ?? false, routes, tcp)
    this.#config = config
    const { profile = 'default', gre, callIds } = config
    this.#habits = HABITS[profile]
    this.#tunnelling = new Tunnelling(this, clientEndpoint(profile, gre, callIds))
    this.dialUp = dial && new DialUp(this, dial, 'dial.', () => this.#lineGone())
  }

  plugLine(port: string, line: LineEnd): void {
    this.dialUp?.plugLine(port, line)
  }

  /** ppp0 is the telephone line, if there is one. */
  get #iface(): string {
    return this.dialUp ? 'ppp1' : 'ppp0'
  }

  /** Its address has gone with the line: nothing of the tunnel can come back. */
  #lineGone(): void {
    if (this.#active) this.#stream?.abort()
  }

  /** From the next attempt on its user types this password. */
  types(password: string): void {
    this.#config = { ...this.#config, password }
  }

  get tunnelUp(): boolean {
    return this.#link?.port !== undefined
  }

  /** Dials, unless a tunnel is up or on its way. */
  connect(): void {
    if (this.#active) return
    this.#active = true
    this.#call = undefined
    this.#link = undefined
    this.#end = undefined
    const { server } = this.#config
    this.#way = this.stack.routes.lookup(server)
    const local = this.stack.sourceFor(server) ?? ANY
    const control = this.#tunnelling.endpoint.connect(local, server, this)
    this.#control = control
    const stream = new ConnectionStream(control)
    this.#stream = stream
    control.attach(stream)
    const connection = this.tcp.connect(server, PPTP_PORT, stream)
    if (connection) stream.attach(connection)
    else control.closed('unreachable')
  }

  /** Ends the tunnel in order: PPP, then the call, then the control connection. */
  disconnect(): void {
    if (!this.#active) return
    if (this.#link && !this.#link.end) this.#link.session.close('The user has disconnected')
    else this.#control?.stop()
  }

  /** Its service ends: the control connection is stopped (RFC 2637 §2.3, Stop-Local-Shutdown), and all in it goes. */
  shutDown(): void {
    if (this.#active) this.#control?.shutDown()
  }

  // What its control connection, its call and its link tell

  established(): void {
    if (!this.#control) return
    const carrier = new CallCarrier(this.#tunnelling, this)
    const link = new PppLink(this, carrier, this.#pppConfig(), this, this.#config.mssClamp)
    carrier.attach(link)
    this.#call = this.#control.dial(carrier)
    carrier.call = this.#call
    this.#link = link
  }

  ended(end: ControlEnd): void {
    this.#active = false
    this.#over(controlEnd(end))
  }

  linkUp(port: PppPort): void {
    this.#addRoutes(port)
  }

  linkDown(): void {
    this.#removeRoutes()
  }

  linkFinished(end: PppEnd): void {
    if (end.reason !== 'lower-down') this.#over(end)
    this.#call?.clear()
  }

  callEnded({ link }: CallCarrier, end: CallEnd): void {
    link.session.lowerDown()
    this.#over(firstEnd(link.end, callEnd(end)))
    // A request that stays unanswered closes the control connection by itself (RFC 2637 §3.2.1).
    if (end.reason !== 'timeout') this.#control?.part()
  }

  /** The first cause is what the user wants to know. */
  #over(end: TunnelEnd): void {
    if (this.#end) return
    this.#end = end
    const { layer, reason, tries, detail } = end
    this.env.trace.emit('tunnel-end', { peer: formatIpv4(this.#config.server), layer, reason, tries, detail })
  }

  #pppConfig(): PppConfig {
    const { user, password, secondPassword, auth, requireAuth, mppe, dns, nbns } = this.#config
    const { server, mtu, profile = 'default' } = this.#config
    const ourself = { user, password, methods: auth }
    return {
      iface: this.#iface,
      machine: 'ppp',
      ourself: secondPassword === undefined ? ourself : { ...ourself, secondPassword },
      ...(requireAuth ? { authenticatePeer: this.#demand(requireAuth) } : {}),
      mppe: profiledMppe(profile, mppe),
      ip: { local: ANY, requestDns: dns, requestNbns: nbns ?? false },
      ...linkConfig(this.#config, this.#habits.ppp),
      mtu: tunnelMtu(this, server, mtu, this.#habits.ppp.mtu),
    }
  }

  #demand({ auth, users }: NonNullable<ClientConfig['requireAuth']>): NonNullable<PppConfig['authenticatePeer']> {
    return { methods: auth, name: this.env.node, secretOf: user => users.get(user) }
  }

  /**
   * The routes of the tunnel. If one of them covers the server (the peer's own and those of the lab that wait for ppp0
   * included), the server is pinned to the way that led to it before, or the tunnel would be routed into itself.
   */
  #addRoutes({ name }: PppPort): void {
    const { routes, server } = this.#config
    const inTunnel = this.stack.routes.all.filter(route => route.iface.port.name === name)
    const covering = [...inTunnel.map(route => route.prefix), ...routes].some(prefix => contains(prefix, server))
    for (const prefix of routes) this.stack.addRoute({ prefix, dev: name })
    if (!this.#way || !covering) return
    const { via, iface } = this.#way
    const dev = iface.port.name
    this.#pin = this.stack.addRoute({ prefix: prefixOf(server, 32), dev, ...(via === undefined ? {} : { via }) })
  }

  /** Those by ppp0 go with the interface. */
  #removeRoutes(): void {
    if (this.#pin) this.stack.removeRoute(this.#pin)
    this.#pin = undefined
  }

  override machines(): Record<string, MachineView> {
    const call = this.#call
    const machines = super.machines()
    if (this.#control) machines['pptp.control'] = this.#control.view()
    if (call) machines['pptp.call'] = call.view()
    if (call?.tunnel) machines['pptp.gre'] = call.tunnel.view()
    for (const [name, view] of Object.entries(this.#link?.machines() ?? {})) machines[`ppp.${name}`] = view
    return { ...machines, ...this.dialUp?.machines() }
  }

  override snapshot(): Snapshot {
    return {
      ...super.snapshot(),
      pptp: {
        control: this.#control?.state ?? 'idle',
        call: this.#call?.state ?? 'idle',
        end: this.#end && { ...this.#end },
        gre: greSnapshot(this.#call),
      },
      ppp: this.#link ? { ...this.#link.snapshot(), ...this.#link.usage.snapshot() } : IDLE_PPP,
      ...(this.dialUp ? { dial: this.dialUp.snapshot() } : {}),
    }
  }
}
