/**
 * A VPN server for computers that dial themselves: it answers Outgoing-Call-Request, so it is the PAC. It ends PPP too,
 * gives each caller an address of its pool and forwards between the callers and its networks.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { MachineView } from '../base/view.ts'
import type { RouteSpec } from '../ip/route.ts'
import { acceptedStream, type Connection, type ConnectionHandlers, type TcpOptions } from '../ip/tcp.ts'
import type { AuthMethod, PppConfig } from '../ppp/config.ts'
import type { MppeSetting } from '../ppp/mppe-policy.ts'
import type { Call } from '../pptp/call.ts'
import type { ControlConnection } from '../pptp/control.ts'
import { type CallEnd, type CallHandlers, endpointConfig, type Refusal } from '../pptp/types.ts'
import { IpNode } from './ip-node.ts'
import { type LinkSettings, linkConfig } from './link-settings.ts'
import { LowestFree } from './lowest-free.ts'
import type { Snapshot } from './node.ts'
import { callEnd, controlEnd } from './tunnel-end.ts'
import { PPTP_PORT, PppLink, Tunnelling } from './tunnel-stack.ts'

export interface ServerConfig extends LinkSettings {
  /** Its own address on every ppp interface. */
  readonly local: Ipv4
  /** Addresses for callers, both ends included, lowest first. */
  readonly pool: { readonly first: Ipv4; readonly last: Ipv4 }
  readonly users: ReadonlyMap<string, string>
  readonly auth: readonly AuthMethod[]
  readonly mppe: MppeSetting
  readonly dns: readonly Ipv4[]
  readonly nbns?: readonly Ipv4[]
  /** How often a caller may try again after a wrong password; absent: never. */
  readonly authRetries?: number
  /** As whom it proves itself to a client that asks; absent: it does not. */
  readonly identity?: { readonly user: string; readonly password: string; readonly auth: readonly AuthMethod[] }
}

/** A call with what belongs to it. */
interface Caller {
  readonly call: Call
  readonly link: PppLink
  readonly unit: number
  /** Given when the caller has proved who it is. */
  address: Ipv4 | undefined
}

/** RFC 2637 §2.8: General Error with "no resource": every address is taken. */
const NO_ADDRESS: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }
const ALL_TAKEN: TunnelEnd = {
  layer: 'pptp',
  reason: 'refused',
  tries: 0,
  detail: 'Every address of the pool is taken.',
}

export class PptpServer extends IpNode {
  readonly kind = 'pptp-server'
  readonly #config: ServerConfig
  readonly #tunnelling: Tunnelling
  readonly #callers = new Map<Call, Caller>()
  readonly #units = new LowestFree(0, 0xffff)
  readonly #pool: LowestFree

  constructor(env: Env, routes: readonly RouteSpec[], config: ServerConfig, tcp: TcpOptions = {}) {
    super(env, true, routes, tcp)
    this.#config = config
    this.#pool = new LowestFree(config.pool.first, config.pool.last)
    const pac = endpointConfig('pac', {
      hostName: env.node,
      names: {
        control: peer => `controls[${formatIpv4(peer)}].pptp.control`,
        call: (_, callId) => `${callName(callId)}.pptp.call`,
      },
    })
    this.#tunnelling = new Tunnelling(this, pac, call => this.#decide(call))
    this.tcp.listen(PPTP_PORT, connection => this.#accept(connection))
  }

  #accept(connection: Connection): ConnectionHandlers {
    const local = connection.local.address as Ipv4
    const peer = connection.remote.address as Ipv4
    return acceptedStream(connection, stream => {
      const control: ControlConnection = this.#tunnelling.endpoint.accept(local, peer, stream, {
        ended: end => {
          if (control.carried === 0) this.#over(peer, controlEnd(end))
        },
      })
      return control.streamEvents
    })
  }

  /** Takes a call if there is still an address to give. */
  #decide(call: Call): CallHandlers | Refusal {
    if (this.#pool.free === 0) {
      this.#over(call.peer, ALL_TAKEN)
      return NO_ADDRESS
    }
    const unit = this.#units.take() as number
    const link = new PppLink(this, this.#tunnelling, call, this.#pppConfig(call, unit), {
      networkUp: () => {},
      networkDown: () => {},
      finished: () => call.clear(),
    })
    this.#callers.set(call, { call, link, unit, address: undefined })
    return link.handlers(end => this.#ended(call, end))
  }

  #assign(call: Call): Ipv4 | undefined {
    const caller = this.#callers.get(call)
    if (!caller) return undefined
    caller.address = this.#pool.take() as Ipv4 | undefined
    return caller.address
  }

  #ended(call: Call, end: CallEnd): void {
    const caller = this.#callers.get(call)
    if (!caller) return
    this.#callers.delete(call)
    this.#over(call.peer, callEnd(end, caller.link.end))
    if (caller.address !== undefined) this.#pool.give(caller.address)
    this.#units.give(caller.unit)
  }

  #over(peer: Ipv4, { layer, reason, tries, detail }: TunnelEnd): void {
    this.env.trace.emit('tunnel-end', { peer: formatIpv4(peer), layer, reason, tries, detail })
  }

  #pppConfig(call: Call, unit: number): PppConfig {
    const { local, users, auth, authRetries = 0, identity, mppe, dns, nbns = [] } = this.#config
    return {
      iface: `ppp${unit}`,
      machine: `${callName(call.callId)}.ppp`,
      authenticatePeer: {
        methods: auth,
        name: this.env.node,
        secretOf: user => users.get(user),
        retries: authRetries,
      },
      ...(identity ? { ourself: { ...identity, methods: identity.auth } } : {}),
      mppe,
      ip: { local, assignPeer: () => this.#assign(call), dns, nbns },
      ...linkConfig(this.#config),
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
    for (const { call, link, unit, address } of this.#callers.values()) {
      if (link.session.ipcp === 'opened') sessions++
      const { user } = link.session.snapshot()
      calls[user ?? `call ${call.callId}`] = {
        callId: call.callId,
        peer: formatIpv4(call.peer),
        iface: `ppp${unit}`,
        address: address === undefined ? 'none' : formatIpv4(address),
        pptp: { call: call.state },
        ppp: link.snapshot(),
      }
    }
    return {
      ...super.snapshot(),
      calls,
      pptp: { calls: this.#callers.size },
      ppp: { sessions },
      pool: { used: this.#pool.used },
    }
  }
}

/** State machines of a call are named by its call ID, which it has from the first message on. */
const callName = (callId: number): string => `calls[${callId}]`
