/**
 * One who has called, with all that belongs to him: his PPP link, what he may and what he has used.
 *
 *     line ── link ── unit (ppp0) ── grant: address, routes, times ── account, from the first IPCP to the end of the call
 */
import type { Account } from '../base/account.ts'
import { formatIpv4, type Ipv4, type Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import { type Duration, formatDuration, type SimTime, sec } from '../base/time.ts'
import type { MachineView } from '../base/view.ts'
import type { NetworkFacts, PppEnd } from '../ppp/config.ts'
import type { Cause } from '../wire/radius-attributes.ts'
import type { Snapshot } from './node.ts'
import type { PppCarrier, PppLink, PppLinkOwner } from './ppp-link.ts'
import type { PppPort } from './ppp-port.ts'

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

/** That by which somebody calls: a call in a tunnel, or a telephone line. */
export interface Line extends PppCarrier {
  /** `calls[7]`: first part of the names of his machines. */
  readonly name: string
  /** `call 7`: until he has proved who he is. */
  readonly label: string
  /** From where he calls: an address, or a telephone number. */
  readonly from: string
  readonly station: Station
  /** Largest IP packet that it carries. */
  readonly mtu: number
  /** PPP is over: the call may be ended. */
  clear(): void
  snapshot(): Snapshot
  machines(): Readonly<Record<string, MachineView>>
}

/** What a RADIUS server is told of it: RFC 2865 §5.30, §5.31, §5.41. */
export interface Station {
  /** Absent: the address of the server. */
  readonly called?: string
  readonly calling: string
  readonly portType: number
}

/** Those among whom a caller stands. */
export interface CallerHost {
  readonly env: Env
  linkFor(caller: Caller): PppLink
  /** He has an address. */
  callerUp(caller: Caller, port: PppPort, facts: NetworkFacts): void
}

export class Caller implements PppLinkOwner {
  readonly line: Line
  readonly link: PppLink
  readonly unit: number
  /** Given when the caller has proved who it is. */
  address: Ipv4 | undefined
  /** What the RADIUS server has said of it. */
  said: Grant | undefined
  readonly #host: CallerHost
  #session: Timer | undefined
  #idle: Timer | undefined
  #idleLimit: Duration | undefined
  #user = ''
  /** Since when the account runs. */
  #since: SimTime = NEVER
  #limit: 'session-timeout' | 'idle-timeout' | undefined

  constructor(host: CallerHost, line: Line, unit: number) {
    this.#host = host
    this.line = line
    this.unit = unit
    this.link = host.linkFor(this)
  }

  get iface(): string {
    return `ppp${this.unit}`
  }
  get started(): boolean {
    return !Number.isNaN(this.#since)
  }
  get seconds(): number {
    return this.started ? Math.floor((this.#host.env.clock.now - this.#since) / sec(1)) : 0
  }
  get user(): string {
    return this.#user
  }

  // What his link tells

  linkUp(port: PppPort, facts: NetworkFacts): void {
    this.#host.callerUp(this, port, facts)
  }
  linkDown(): void {}
  linkFinished(): void {
    this.line.clear()
  }

  /** IPCP is open: the clocks run. True the first time. */
  up(user: string | undefined, session: Duration | undefined, idle: Duration | undefined): boolean {
    const { now } = this.#host.env.clock
    const first = !this.started
    this.#user = user ?? ''
    this.#idleLimit = idle
    if (first) {
      this.#since = now
      this.link.usage.last = now
      if (session !== undefined) {
        this.#session = this.#host.env.clock.after(session, `${this.iface} session limit`, () => this.#sessionOver())
      }
    }
    if (idle !== undefined && !this.#idle?.pending) {
      this.#idle = this.#host.env.clock.after(idle, `${this.iface} idle limit`, () => this.#idleOver())
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
    const rest = this.link.usage.last + limit - this.#host.env.clock.now
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
    const { iface, seconds, user, line } = this
    return { peer: line.from, user, address, iface, seconds, octetsIn, octetsOut, packetsIn, packetsOut, cause }
  }

  /** RFC 2866 §5.10; `line` is that of the line, if PPP did not end before it. */
  causeOf(line: Cause): Cause {
    if (this.#limit) return this.#limit
    const ppp = this.link.end
    return ppp && ppp.reason !== 'lower-down' ? (CAUSES[ppp.reason] ?? 'nas-error') : line
  }

  snapshot(): Snapshot {
    const { line, address, link } = this
    return {
      ...line.snapshot(),
      iface: this.iface,
      address: address === undefined ? 'none' : formatIpv4(address),
      seconds: this.seconds,
      ...link.usage.snapshot(),
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
