/**
 * A VPN server for computers that dial themselves: it answers Outgoing-Call-Request, so it is the PAC. It ends PPP too,
 * gives each caller an address and forwards between the callers and its networks.
 *
 * Who may come in says its own list of users, or a RADIUS server (radius-nas.ts). What a user gets beside that, and for
 * how long, stands in a Grant; what a session has used, in its Account (caller.ts).
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Duration } from '../base/time.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { MachineView } from '../base/view.ts'
import type { RouteSpec } from '../ip/route.ts'
import { acceptedStream, type Connection, type ConnectionHandlers, type TcpOptions } from '../ip/tcp.ts'
import { withoutDomain } from '../ppp/auth.ts'
import type { AuthMethod, NetworkFacts, PppConfig } from '../ppp/config.ts'
import { type Judge, localJudge, type Users, type Verdict } from '../ppp/judge.ts'
import { type MppeSetting, policyOf } from '../ppp/mppe-policy.ts'
import type { Call } from '../pptp/call.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { CallEnd, CallHandlers, ControlEnd, ControlHandlers, EndpointConfig, Refusal } from '../pptp/types.ts'
import { Caller, type Grant } from './caller.ts'
import { IpNode } from './ip-node.ts'
import { type LinkSettings, linkConfig } from './link-settings.ts'
import { LowestFree } from './lowest-free.ts'
import type { Snapshot } from './node.ts'
import type { PppPort } from './ppp-port.ts'
import { RadiusNas, type RadiusSettings } from './radius-nas.ts'
import { callEnd, controlEnd } from './tunnel-end.ts'
import { type GreChoice, HABITS, type Profile, profiledMppe, serverEndpoint } from './tunnel-profile.ts'
import { PPTP_PORT, PppLink, type PppLinkOwner, Tunnelling, tunnelMtu } from './tunnel-stack.ts'

export interface ServerConfig extends LinkSettings {
  /** Its own address on every ppp interface. */
  readonly local: Ipv4
  /** Addresses for callers, both ends included, lowest first. */
  readonly pool: { readonly first: Ipv4; readonly last: Ipv4 }
  readonly users: ReadonlyMap<string, string>
  /** What some of the users get beside an address of the pool. */
  readonly grants?: ReadonlyMap<string, Grant>
  readonly auth: readonly AuthMethod[]
  readonly mppe: MppeSetting
  readonly dns: readonly Ipv4[]
  readonly nbns?: readonly Ipv4[]
  /** How often a caller may try again after a wrong password; absent: never. */
  readonly authRetries?: number
  /** As whom it proves itself to a client that asks; absent: it does not. */
  readonly identity?: { readonly user: string; readonly password: string; readonly auth: readonly AuthMethod[] }
  /** Whose habits it has. */
  readonly profile?: Profile
  readonly gre?: GreChoice
  readonly limits?: Limits
  /** Answer ARP requests for the callers' addresses, so that they seem to stand in the server's own network. */
  readonly proxyArp?: boolean
  /** Lower the MSS in every TCP SYN that passes a tunnel to what it carries. */
  readonly mssClamp?: boolean
  /** Largest IP packet in the tunnels; absent: what the path to the caller carries, less the headers. */
  readonly mtu?: number
  /** Who decides about those who are not among the users here, and who is told of every session. */
  readonly radius?: RadiusSettings
}

export interface Limits
  extends Partial<Pick<EndpointConfig, 'callsPerConnection' | 'connections' | 'connectionsPerPeer'>> {
  /** Calls at a time, of all and of one user. */
  readonly calls?: number
  readonly callsPerUser?: number
  /** How long a session may last, and how long nothing need pass; a Grant overrides them. */
  readonly session?: Duration
  readonly idle?: Duration
}

/** RFC 2637 §2.8: General Error with "no resource". */
const NO_RESOURCE: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }
const refused = (detail: string): TunnelEnd => ({ layer: 'pptp', reason: 'refused', tries: 0, detail })

export class PptpServer extends IpNode implements ControlHandlers, PppLinkOwner {
  readonly kind = 'pptp-server'
  readonly #config: ServerConfig
  readonly #tunnelling: Tunnelling
  readonly #habits: (typeof HABITS)[Profile]
  readonly #callers = new Map<Call, Caller>()
  /** Addresses that callers have. */
  readonly #given = new Set<Ipv4>()
  readonly #units = new LowestFree(0, 0xffff)
  readonly #pool: LowestFree
  readonly #radius: RadiusNas | undefined
  readonly #secretOf: Users['secretOf']
  /** Judges those of whom it knows the secret. */
  readonly #here: Judge
  /** Addresses of the pool that belong to one user each, whether he is there or not. */
  #reserved = 0

  constructor(env: Env, routes: readonly RouteSpec[], config: ServerConfig, tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
    this.#config = config
    this.#secretOf = user => config.users.get(user)
    this.#here = localJudge({ secretOf: this.#secretOf })
    const { first, last } = config.pool
    this.#pool = new LowestFree(first, last)
    for (const { address } of config.grants?.values() ?? []) {
      if (address !== undefined && address >= first && address <= last && this.#pool.claim(address)) this.#reserved++
    }
    this.#radius = config.radius && new RadiusNas(this, config.radius, policyOf(config.mppe).use !== 'off')
    const { profile = 'default', gre, limits = {} } = config
    this.#habits = HABITS[profile]
    const { callsPerConnection, connections, connectionsPerPeer } = limits
    const pac = serverEndpoint(profile, gre, {
      ...(callsPerConnection === undefined ? {} : { callsPerConnection }),
      ...(connections === undefined ? {} : { connections }),
      ...(connectionsPerPeer === undefined ? {} : { connectionsPerPeer }),
      names: {
        control: peer => `controls[${formatIpv4(peer)}].pptp.control`,
        call: (_, callId) => `${callName(callId)}.pptp.call`,
      },
    })
    this.#tunnelling = new Tunnelling(this, pac, call => this.#decide(call))
    this.tcp.listen(PPTP_PORT, connection => this.#accept(connection))
  }

  /** Ends all sessions in order, by PPP, and their calls after them. */
  hangUp(): void {
    for (const { link } of this.#callers.values()) link.session.close('Hung up by the server')
  }

  /** The service ends: control connections are stopped (RFC 2637 §2.3, Stop-Local-Shutdown). */
  shutDown(): void {
    for (const control of [...this.#tunnelling.endpoint.connections]) control.shutDown()
  }

  protected override answersFor(address: Ipv4): boolean {
    return (this.#config.proxyArp === true && this.#given.has(address)) || super.answersFor(address)
  }

  // Control connections

  #accept(connection: Connection): ConnectionHandlers {
    const local = connection.local.address as Ipv4
    const peer = connection.remote.address as Ipv4
    return acceptedStream(connection, stream => {
      return this.#tunnelling.endpoint.accept(local, peer, stream, this)
    })
  }

  ended(end: ControlEnd, { carried, peer }: ControlConnection): void {
    if (carried === 0) this.#over(peer, controlEnd(end))
  }

  // Calls

  /** Takes a call if there is room for it and an address to give. */
  #decide(call: Call): CallHandlers | Refusal {
    const full = this.#callsFull()
    if (full !== undefined) {
      this.#over(call.peer, refused(full))
      return NO_RESOURCE
    }
    const unit = this.#units.take() as number
    const link = new PppLink(this, this.#tunnelling, this.#pppConfig(call, unit), this, this.#config.mssClamp)
    link.attach(call)
    this.#callers.set(call, new Caller(this.env, call, link, unit))
    return link
  }

  #callsFull(): string | undefined {
    const { calls = Infinity } = this.#config.limits ?? {}
    if (this.#callers.size >= calls) return `There are ${this.#callers.size} calls, as many as may be.`
    // Who calls is not known yet: it may be one who has an address of his own.
    const poolOnly = ![...(this.#config.grants?.values() ?? [])].some(({ address }) => address !== undefined)
    return poolOnly && this.#pool.free === 0 ? 'Every address of the pool is taken.' : undefined
  }

  #grantOf(caller: Caller, user: string | undefined): Grant {
    const { grants } = this.#config
    const known = user === undefined ? undefined : (grants?.get(user) ?? grants?.get(withoutDomain(user)))
    return { ...known, ...caller.said }
  }

  #assign(call: Call, user: string | undefined): Ipv4 | undefined {
    const caller = this.#callers.get(call)
    if (!caller) return undefined
    const own = this.#grantOf(caller, user).address
    const address = own === undefined ? (this.#pool.take() as Ipv4 | undefined) : this.#claim(own, caller)
    if (address === undefined) return undefined
    caller.address = address
    this.#given.add(address)
    return address
  }

  /** An address that belongs to a user: nobody else may have it now. */
  #claim(address: Ipv4, { said }: Caller): Ipv4 | undefined {
    if (this.#given.has(address)) return undefined
    return said?.address === undefined || this.#pool.claim(address) || this.#isReserved(address) ? address : undefined
  }

  #isReserved(address: Ipv4): boolean {
    return [...(this.#config.grants?.values() ?? [])].some(grant => grant.address === address)
  }

  // What a link tells

  linkUp({ call }: PppLink, { name }: PppPort, { user }: NetworkFacts): void {
    const caller = this.#callers.get(call)
    if (!caller) return
    const { limits } = this.#config
    const { routes = [], session = limits?.session, idle = limits?.idle } = this.#grantOf(caller, user)
    for (const prefix of routes) this.stack.addRoute({ prefix, dev: name })
    caller.up(user, session, idle)
    this.#radius?.start(caller)
  }

  linkDown(): void {}

  linkFinished({ call }: PppLink): void {
    call.clear()
  }

  /** The users known here judge at once; whom none of them is, the RADIUS server. */
  #judgeOf(call: Call): Judge {
    const { users } = this.#config
    const elsewhere = this.#radius?.judgeOf(() => this.#callers.get(call))
    return (proof, decide) => {
      const known = users.has(proof.user) || users.has(withoutDomain(proof.user))
      const judge = known ? this.#here : (elsewhere ?? this.#here)
      judge(proof, verdict => decide(verdict.granted ? this.#unlessTooMany(call, proof.user, verdict) : verdict))
    }
  }

  /** A call does not count against itself when LCP is negotiated anew and its caller proves himself again. */
  #unlessTooMany(call: Call, user: string, verdict: Verdict): Verdict {
    const { callsPerUser = Infinity } = this.#config.limits ?? {}
    if (callsPerUser === Infinity) return verdict
    const name = withoutDomain(user)
    const others = [...this.#callers.values()].filter(caller => caller.call !== call)
    const calls = others.filter(({ link }) => withoutDomain(link.session.user ?? '') === name).length
    if (calls < callsPerUser) return verdict
    const detail = `User "${user}" has ${calls === 1 ? 'a call' : `${calls} calls`} already, as many as allowed.`
    return { granted: false, error: 649, retry: false, detail }
  }

  callEnded({ call }: PppLink, end: CallEnd): void {
    const caller = this.#callers.get(call)
    if (!caller) return
    this.#callers.delete(call)
    caller.stop()
    this.#over(call.peer, callEnd(end, caller.link.end))
    const cause = caller.causeOf(end, caller.link.end)
    if (caller.started) this.env.trace.emit('account', caller.account(cause))
    this.#radius?.stop(caller, cause)
    if (caller.address !== undefined) this.#release(caller.address)
    this.#units.give(caller.unit)
  }

  #release(address: Ipv4): void {
    this.#given.delete(address)
    if (!this.#isReserved(address)) this.#pool.give(address)
  }

  #over(peer: Ipv4, { layer, reason, tries, detail }: TunnelEnd): void {
    this.env.trace.emit('tunnel-end', { peer: formatIpv4(peer), layer, reason, tries, detail })
  }

  #pppConfig(call: Call, unit: number): PppConfig {
    const { local, auth, authRetries = 0, identity, mppe, dns, nbns = [] } = this.#config
    const { mtu, profile = 'default' } = this.#config
    return {
      iface: `ppp${unit}`,
      machine: `${callName(call.callId)}.ppp`,
      authenticatePeer: {
        methods: auth,
        name: this.env.node,
        secretOf: this.#secretOf,
        judge: this.#judgeOf(call),
        retries: authRetries,
      },
      ...(identity ? { ourself: { ...identity, methods: identity.auth } } : {}),
      mppe: profiledMppe(profile, mppe),
      ip: { local, assignPeer: user => this.#assign(call, user), dns, nbns },
      ...linkConfig(this.#config, this.#habits.ppp),
      mtu: tunnelMtu(this, call.peer, mtu, this.#habits.ppp.mtu),
    }
  }

  /** A second control connection with the same computer has the name of the first and `#2`. */
  override machines(): Record<string, MachineView> {
    const machines = super.machines()
    for (const control of this.#tunnelling.endpoint.connections) {
      const name = `controls[${formatIpv4(control.peer)}].pptp.control`
      let free = name
      for (let n = 2; Object.hasOwn(machines, free); n++) free = `${name}#${n}`
      machines[free] = control.view()
    }
    for (const { call, link } of this.#callers.values()) {
      const name = callName(call.callId)
      machines[`${name}.pptp.call`] = call.view()
      if (call.tunnel) machines[`${name}.pptp.gre`] = call.tunnel.view()
      for (const [layer, view] of Object.entries(link.machines())) machines[`${name}.ppp.${layer}`] = view
    }
    return machines
  }

  override snapshot(): Snapshot {
    const calls: Record<string, Snapshot> = {}
    let sessions = 0
    for (const caller of this.#callers.values()) {
      const { session } = caller.link
      if (session.ipcp === 'opened') sessions++
      const { user } = session
      calls[user ?? `call ${caller.call.callId}`] = caller.snapshot()
    }
    return {
      ...super.snapshot(),
      calls,
      pptp: { calls: this.#callers.size },
      ppp: { sessions },
      pool: { used: this.#pool.used - this.#reserved, free: this.#pool.free },
      ...(this.#radius ? { radius: this.#radius.snapshot() } : {}),
    }
  }
}

/** State machines of a call are named by its call ID, which it has from the first message on. */
const callName = (callId: number): string => `calls[${callId}]`
