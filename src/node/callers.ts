/**
 * Those who have called a machine that ends PPP: it finds out who they are, gives each an address and an interface, and
 * keeps to what they may. They come by a tunnel or by a telephone line, which makes no difference here.
 *
 * Who may come in says its own list of users, or a RADIUS server (radius-nas.ts). What a user gets beside that, and for
 * how long, stands in a Grant; what a session has used, in its Account (caller.ts).
 */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Duration } from '../base/time.ts'
import type { MachineView } from '../base/view.ts'
import { withoutDomain } from '../ppp/auth.ts'
import type { AuthMethod, NetworkFacts, PppConfig, PppEnd } from '../ppp/config.ts'
import { type Judge, localJudge, type Proof, type Users, type Verdict } from '../ppp/judge.ts'
import { type MppeSetting, policyOf } from '../ppp/mppe-policy.ts'
import type { Cause } from '../wire/radius-attributes.ts'
import { Caller, type CallerHost, type Grant, type Line } from './caller.ts'
import type { IpNode } from './ip-node.ts'
import { type LinkSettings, linkConfig } from './link-settings.ts'
import { LowestFree } from './lowest-free.ts'
import type { Snapshot } from './node.ts'
import { PppLink } from './ppp-link.ts'
import type { PppPort } from './ppp-port.ts'
import { RadiusNas, type RadiusSettings } from './radius-nas.ts'
import { HABITS, type Profile, profiledMppe } from './tunnel-profile.ts'

export interface AccessConfig extends LinkSettings {
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
  readonly limits?: AccessLimits
  /** Answer ARP requests for the callers' addresses, so that they seem to stand in the server's own network. */
  readonly proxyArp?: boolean
  /** Lower the MSS in every TCP SYN that passes a ppp interface to what it carries. */
  readonly mssClamp?: boolean
  /** Largest IP packet on the ppp interfaces; absent: what carries them allows. */
  readonly mtu?: number
  /** Who decides about those who are not among the users here, and who is told of every session. */
  readonly radius?: RadiusSettings
}

export interface AccessLimits {
  /** Calls at a time, of all and of one user. */
  readonly calls?: number
  readonly callsPerUser?: number
  /** How long a session may last, and how long nothing need pass; a Grant overrides them. */
  readonly session?: Duration
  readonly idle?: Duration
}

/** Somebody has said who he is. False: he goes elsewhere, and nobody here judges his proof. */
export type Named = (caller: Caller, proof: Proof) => boolean

export class Callers implements CallerHost {
  readonly env: Env
  readonly #node: IpNode
  readonly #config: AccessConfig
  readonly #habits: (typeof HABITS)[Profile]['ppp']
  readonly #named: Named
  readonly #all = new Set<Caller>()
  /** Answered only to learn who calls: whether they end here is not decided, and no limit counts them. */
  readonly #undecided = new Set<Caller>()
  #count = 0
  /** Addresses that callers have. */
  readonly #given = new Set<Ipv4>()
  readonly #units = new LowestFree(0, 0xffff)
  readonly #pool: LowestFree
  readonly #radius: RadiusNas | undefined
  #users: ReadonlyMap<string, string>
  readonly #secretOf: Users['secretOf']
  /** Judges those of whom it knows the secret. */
  readonly #here: Judge
  /** Addresses of the pool that belong to one user each, whether he is there or not. */
  #reserved = 0

  constructor(node: IpNode, config: AccessConfig, named: Named = () => true) {
    this.#node = node
    this.env = node.env
    this.#config = config
    this.#named = named
    this.#users = config.users
    this.#secretOf = user => this.#users.get(user)
    this.#here = localJudge({ secretOf: this.#secretOf })
    this.#habits = HABITS[config.profile ?? 'default'].ppp
    const { first, last } = config.pool
    this.#pool = new LowestFree(first, last)
    for (const { address } of config.grants?.values() ?? []) {
      if (address !== undefined && address >= first && address <= last && this.#pool.claim(address)) this.#reserved++
    }
    this.#radius = config.radius && new RadiusNas(node, config.radius, policyOf(config.mppe).use !== 'off')
  }

  get size(): number {
    return this.#all.size
  }

  /** Others may come in from now on, or with other passwords; who is in already stays. */
  admits(users: ReadonlyMap<string, string>): void {
    this.#users = users
  }
  /** How many there have been. */
  get count(): number {
    return this.#count
  }
  has(address: Ipv4): boolean {
    return this.#given.has(address)
  }

  /** Why nobody else can be taken; undefined: there is room. */
  get full(): string | undefined {
    const { calls = Infinity } = this.#config.limits ?? {}
    const taken = this.#all.size - this.#undecided.size
    if (taken >= calls) return `There are ${taken} calls, as many as may be.`
    // Who calls is not known yet: it may be one who has an address of his own.
    const poolOnly = ![...(this.#config.grants?.values() ?? [])].some(({ address }) => address !== undefined)
    return poolOnly && this.#pool.free === 0 ? 'Every address of the pool is taken.' : undefined
  }

  /** Somebody calls by this line; PPP begins when his link is opened. */
  take(line: Line): Caller {
    const caller = new Caller(this, line, this.#units.take() as number)
    this.#all.add(caller)
    this.#count++
    return caller
  }

  /** The same, but it is not decided yet whether his PPP ends here. */
  ask(line: Line): Caller {
    const caller = this.take(line)
    this.#undecided.add(caller)
    return caller
  }

  /** His PPP ends here. */
  keep(caller: Caller): void {
    this.#undecided.delete(caller)
  }

  linkFor(caller: Caller): PppLink {
    return new PppLink(this.#node, caller.line, this.#pppConfig(caller), caller, this.#config.mssClamp)
  }

  /** His line is gone; `cause` is that of the line. `tell` is told how PPP ended, if it did before. */
  ended(caller: Caller, cause: Cause, tell: (ppp: PppEnd | undefined) => void): void {
    caller.link.session.lowerDown()
    if (!this.#all.delete(caller)) return
    caller.stop()
    const ppp = caller.link.end
    tell(ppp && ppp.reason !== 'lower-down' ? ppp : undefined)
    const ofAccount = caller.causeOf(cause)
    if (caller.started) this.env.trace.emit('account', caller.account(ofAccount))
    this.#radius?.stop(caller, ofAccount)
    this.#forget(caller)
  }

  /** He goes elsewhere: PPP begins anew there, and here nothing more is said to him. */
  handOver(caller: Caller): void {
    if (!this.#all.delete(caller)) return
    caller.link.session.lowerDown()
    caller.stop()
    this.#radius?.stop(caller, 'nas-request')
    this.#forget(caller)
  }

  #forget(caller: Caller): void {
    const { address, unit } = caller
    this.#undecided.delete(caller)
    if (address !== undefined) this.#release(address)
    this.#units.give(unit)
  }

  /** Ends all sessions in order, by PPP, and their calls after them. */
  hangUp(): void {
    for (const { link } of [...this.#all]) link.session.close('Hung up by the server')
  }

  #grantOf(caller: Caller, user: string | undefined): Grant {
    const { grants } = this.#config
    const known = user === undefined ? undefined : (grants?.get(user) ?? grants?.get(withoutDomain(user)))
    return { ...known, ...caller.said }
  }

  #assign(caller: Caller, user: string | undefined): Ipv4 | undefined {
    if (!this.#all.has(caller)) return undefined
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

  #release(address: Ipv4): void {
    this.#given.delete(address)
    if (!this.#isReserved(address)) this.#pool.give(address)
  }

  callerUp(caller: Caller, { name }: PppPort, { user }: NetworkFacts): void {
    const { limits } = this.#config
    const { routes = [], session = limits?.session, idle = limits?.idle } = this.#grantOf(caller, user)
    for (const prefix of routes) this.#node.stack.addRoute({ prefix, dev: name })
    caller.up(user, session, idle)
    this.#radius?.start(caller)
  }

  /** The users known here judge at once; whom none of them is, the RADIUS server. */
  #judgeOf(caller: Caller): Judge {
    const users = this.#users
    const elsewhere = this.#radius?.judgeOf(() => (this.#all.has(caller) ? caller : undefined))
    return (proof, decide) => {
      if (!this.#all.has(caller) || !this.#named(caller, proof)) return
      const known = users.has(proof.user) || users.has(withoutDomain(proof.user))
      const judge = known ? this.#here : (elsewhere ?? this.#here)
      judge(proof, verdict => decide(verdict.granted ? this.#unlessTooMany(caller, proof.user, verdict) : verdict))
    }
  }

  /**
   * A call does not count against itself when LCP is negotiated anew and its caller proves himself again. The calls of all
   * are counted here too: an access server has answered some only to learn who calls.
   */
  #unlessTooMany(caller: Caller, user: string, verdict: Verdict): Verdict {
    const { calls: most = Infinity, callsPerUser = Infinity } = this.#config.limits ?? {}
    if (most === Infinity && callsPerUser === Infinity) return verdict
    const name = withoutDomain(user)
    const others = [...this.#all].filter(other => other !== caller && other.link.session.user !== undefined)
    if (others.length >= most) return tooMany(`There are ${others.length} calls, as many as may be.`)
    const calls = others.filter(({ link }) => withoutDomain(link.session.user ?? '') === name).length
    if (calls < callsPerUser) return verdict
    return tooMany(`User "${user}" has ${calls === 1 ? 'a call' : `${calls} calls`} already, as many as allowed.`)
  }

  #pppConfig(caller: Caller): PppConfig {
    const { local, auth, authRetries = 0, identity, mppe, dns, nbns = [] } = this.#config
    const { profile = 'default' } = this.#config
    const { line, iface } = caller
    return {
      iface,
      machine: `${line.name}.ppp`,
      authenticatePeer: {
        methods: auth,
        name: this.env.node,
        secretOf: this.#secretOf,
        judge: this.#judgeOf(caller),
        retries: authRetries,
      },
      ...(identity ? { ourself: { ...identity, methods: identity.auth } } : {}),
      mppe: profiledMppe(profile, mppe),
      ip: { local, assignPeer: user => this.#assign(caller, user), dns, nbns },
      ...linkConfig(this.#config, this.#habits),
      mtu: line.mtu,
    }
  }

  /** State machines of a caller are named by his line. */
  machines(): Record<string, MachineView> {
    const machines: Record<string, MachineView> = {}
    for (const { line, link } of this.#all) {
      for (const [name, view] of Object.entries(line.machines())) machines[`${line.name}.${name}`] = view
      for (const [layer, view] of Object.entries(link.machines())) machines[`${line.name}.ppp.${layer}`] = view
    }
    return machines
  }

  snapshot(): Snapshot {
    const calls: Record<string, Snapshot> = {}
    let sessions = 0
    for (const caller of this.#all) {
      const { session } = caller.link
      if (session.ipcp === 'opened') sessions++
      calls[session.user ?? caller.line.label] = caller.snapshot()
    }
    return {
      calls,
      ppp: { sessions },
      pool: { used: this.#pool.used - this.#reserved, free: this.#pool.free },
      ...(this.#radius ? { radius: this.#radius.snapshot() } : {}),
    }
  }
}

/** 649: "the account does not have permission to dial in". */
const tooMany = (detail: string): Verdict => ({ granted: false, error: 649, retry: false, detail })
