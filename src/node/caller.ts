/**
 * One call of a server with all that belongs to it: its PPP link, what it may and what it has used.
 *
 *     call ── link ── unit (ppp0) ── grant: address, routes, times ── account, from the first IPCP to the end of the call
 */
import type { Account } from '../base/account.ts'
import { formatIpv4, type Ipv4, type Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import { type Duration, formatDuration, type SimTime, sec } from '../base/time.ts'
import type { PppEnd } from '../ppp/config.ts'
import type { Call } from '../pptp/call.ts'
import type { CallEnd } from '../pptp/types.ts'
import type { Cause } from '../wire/radius-attributes.ts'
import type { Snapshot } from './node.ts'
import { greSnapshot, type PppLink } from './tunnel-stack.ts'

/** What a user gets: said by the lab, or by a RADIUS server. */
export interface Grant {
  /** Absent: one of the pool. */
  readonly address?: Ipv4
  /** Networks behind the caller, for the server's own routing table. */
  readonly routes?: readonly Prefix[]
  /** How long a session may last, and how long nothing need pass. */
  readonly session?: Duration
  readonly idle?: Duration
}

export class Caller {
  readonly call: Call
  readonly link: PppLink
  readonly unit: number
  /** Given when the caller has proved who it is. */
  address: Ipv4 | undefined
  /** What the RADIUS server has said of it. */
  said: Grant | undefined
  readonly #env: Env
  #session: Timer | undefined
  #idle: Timer | undefined
  #idleLimit: Duration | undefined
  #user = ''
  /** Since when the account runs. */
  #since: SimTime = NEVER
  #limit: 'session-timeout' | 'idle-timeout' | undefined

  constructor(env: Env, call: Call, link: PppLink, unit: number) {
    this.#env = env
    this.call = call
    this.link = link
    this.unit = unit
  }

  get iface(): string {
    return `ppp${this.unit}`
  }
  get started(): boolean {
    return !Number.isNaN(this.#since)
  }
  get seconds(): number {
    return this.started ? Math.floor((this.#env.clock.now - this.#since) / sec(1)) : 0
  }
  get user(): string {
    return this.#user
  }

  /** IPCP is open: the clocks run. True the first time. */
  up(user: string | undefined, session: Duration | undefined, idle: Duration | undefined): boolean {
    const { now } = this.#env.clock
    const first = !this.started
    this.#user = user ?? ''
    this.#idleLimit = idle
    if (first) {
      this.#since = now
      this.link.usage.last = now
      if (session !== undefined) {
        this.#session = this.#env.clock.after(session, `${this.iface} session limit`, () => this.#sessionOver())
      }
    }
    if (idle !== undefined && !this.#idle?.pending) {
      this.#idle = this.#env.clock.after(idle, `${this.iface} idle limit`, () => this.#idleOver())
    }
    return first
  }

  #sessionOver(): void {
    this.#limit = 'session-timeout'
    this.link.session.close(`The session has lasted ${this.seconds} s, as long as it may`)
  }

  /** Only packets of the user count: Echo-Requests keep nobody busy. */
  #idleOver(): void {
    const limit = this.#idleLimit
    if (limit === undefined) return
    const rest = this.link.usage.last + limit - this.#env.clock.now
    if (rest > 0) {
      this.#idle?.arm(rest)
      return
    }
    this.#limit = 'idle-timeout'
    this.link.session.close(`Nothing has passed for ${formatDuration(limit)}`)
  }

  stop(): void {
    this.#session?.cancel()
    this.#idle?.cancel()
  }

  account(cause: string): Account {
    const { octetsIn, octetsOut, packetsIn, packetsOut } = this.link.usage
    const address = this.address === undefined ? '' : formatIpv4(this.address)
    const { iface, seconds, user } = this
    const peer = formatIpv4(this.call.peer)
    return { peer, user, address, iface, seconds, octetsIn, octetsOut, packetsIn, packetsOut, cause }
  }

  /** RFC 2866 §5.10 */
  causeOf(call: CallEnd, ppp: PppEnd | undefined): Cause {
    if (this.#limit) return this.#limit
    if (ppp && ppp.reason !== 'lower-down') return CAUSES[ppp.reason] ?? 'nas-error'
    if (call.reason === 'cleared') return 'nas-request'
    const asked = call.reason === 'disconnected' || call.control?.reason === 'stopped-by-peer'
    return asked ? 'user-request' : 'lost-carrier'
  }

  snapshot(): Snapshot {
    const { call, address, link } = this
    return {
      callId: call.callId,
      peer: formatIpv4(call.peer),
      iface: this.iface,
      address: address === undefined ? 'none' : formatIpv4(address),
      seconds: this.seconds,
      ...link.usage.snapshot(),
      pptp: { call: call.state, gre: greSnapshot(call) },
      ppp: link.snapshot(),
    }
  }
}

/** What an end of PPP means to who counts; all others are errors that the server noticed. */
const CAUSES: Readonly<Partial<Record<PppEnd['reason'], Cause>>> = {
  closed: 'nas-request',
  'peer-closed': 'user-request',
  timeout: 'lost-carrier',
  'echo-timeout': 'lost-carrier',
  looped: 'port-error',
}
