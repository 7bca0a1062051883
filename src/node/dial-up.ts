/**
 * The user's side of a telephone line, as a part of a machine: it dials, and PPP over the line becomes the interface
 * ppp0. It may answer a call as well.
 *
 *     dial: setup - alerting - connect - PPP in HDLC - ppp0 - routes
 *
 * and back in the same order when the user hangs up: PPP first, then the line. If the line goes first, all above goes
 * with it.
 *
 * Limits: modems train in no time, there is no command language (AT), and one line.
 */
import { ANY, type Prefix } from '../base/address.ts'
import type { DialEnd, LineEndReason } from '../base/dial-end.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { Timer } from '../base/scheduler.ts'
import { type Duration, formatDuration } from '../base/time.ts'
import { type MachineView, running } from '../base/view.ts'
import type { LineEnd } from '../link/serial.ts'
import { type Bearer, CAUSE, type Cause } from '../link/signal.ts'
import { type AuthMethod, DEFAULT_MRU, type PppConfig, type PppEnd } from '../ppp/config.ts'
import type { MppeSetting } from '../ppp/mppe-policy.ts'
import { causeText } from '../wire/pptp.ts'
import type { IpNode } from './ip-node.ts'
import { type LinkSettings, linkConfig } from './link-settings.ts'
import { type Accms, Modem } from './modem.ts'
import type { Snapshot } from './node.ts'
import { IDLE_PPP, type PppCarrier, PppLink, type PppLinkOwner } from './ppp-link.ts'
import { Telephone } from './telephone.ts'
import { HABITS } from './tunnel-profile.ts'

export interface DialConfig extends LinkSettings {
  readonly number: string
  readonly bearer: Bearer
  readonly user: string
  readonly password: string
  readonly auth: readonly AuthMethod[]
  readonly mppe: MppeSetting
  /** Networks to be reached by the line. */
  readonly routes: readonly Prefix[]
  readonly dns: boolean
  /** How long is waited for an answer. */
  readonly patience: Duration
  /** A call is answered after having rung so long; absent: never. */
  readonly answer?: Duration
}

const IFACE = 'ppp0'

export class DialUp implements PppCarrier, PppLinkOwner {
  readonly #node: IpNode
  #config: DialConfig
  readonly #above: string
  readonly #down: () => void
  #line: string | undefined
  #telephone: Telephone | undefined
  #modem: Modem | undefined
  #link: PppLink | undefined
  #end: DialEnd | undefined
  /** From dialling, or the first ring, until the line is free again. */
  #active = false
  #sessions = 0
  readonly #patience: Timer
  readonly #ringing: Timer

  /** `above`: before the names of its machines, `dial.` of a node with a tunnel too. `down`: the interface has gone. */
  constructor(node: IpNode, config: DialConfig, above: '' | 'dial.', down: () => void) {
    this.#node = node
    this.#config = config
    this.#above = above
    this.#down = down
    const { clock } = node.env
    this.#patience = clock.timer('dial-up patience', () => this.#impatient())
    this.#ringing = clock.timer('dial-up answer', () => this.#telephone?.answer())
  }

  /** From the next call on its user types this password. */
  types(password: string): void {
    this.#config = { ...this.#config, password }
  }

  get up(): boolean {
    return this.#link?.port !== undefined
  }

  plugLine(port: string, line: LineEnd): void {
    const { env } = this.#node
    this.#line = port
    const telephone: Telephone = new Telephone(env, `${this.#above}line.call`, line, {
      ringing: () => this.#rings(),
      alerting: () => {},
      connected: () => this.#connected(),
      octets: packet => modem.receive(packet),
      released: cause => this.#lineGone(causeEnd(cause)),
      free: () => {
        this.#active = false
      },
    })
    const modem = new Modem(env, port, telephone, { frame: packet => this.#frame(packet) })
    this.#telephone = telephone
    this.#modem = modem
  }

  /** Unless a call is up or on its way. */
  dial(): void {
    const telephone = this.#telephone
    if (!telephone || this.#active) return
    this.#begin()
    const { number, bearer, patience } = this.#config
    if (!telephone.dial({ called: number, bearer })) {
      this.#active = false
      return this.#over({ layer: 'line', reason: 'no-carrier', tries: 0, detail: 'The line is unplugged.' })
    }
    this.#patience.arm(patience)
  }

  /** PPP first, then the line. */
  hangUp(): void {
    if (!this.#active) return
    const link = this.#link
    if (link && !link.end && link.session.phase !== 'terminate') link.session.close('The user has hung up')
    else this.#drop('The user has hung up.')
  }

  #begin(): void {
    this.#active = true
    this.#end = undefined
    this.#link = undefined
  }

  #rings(): void {
    this.#begin()
    this.#telephone?.alert()
    if (this.#config.answer !== undefined) this.#ringing.arm(this.#config.answer)
  }

  #impatient(): void {
    const waited = formatDuration(this.#config.patience)
    this.#over({ layer: 'line', reason: 'no-answer', tries: 1, detail: `Nobody answered in ${waited}.` })
    this.#telephone?.hangUp()
  }

  #connected(): void {
    this.#patience.cancel()
    this.#modem?.begin(this.#telephone?.call?.bearer ?? this.#config.bearer)
    const link = new PppLink(this.#node, this, this.#pppConfig(), this)
    this.#link = link
    // What is said first must not overtake the answer that connects the call.
    link.open()
  }

  // What carries PPP

  sessionStream(): Random {
    return this.#node.env.random.fork(`dial-up session ${++this.#sessions}`)
  }
  send(frame: Packet): void {
    if (this.#modem) this.#modem.send(frame)
    else frame.release()
  }
  accmsAgreed(accms: Accms): void {
    this.#modem?.setAccms(accms)
  }
  /** No packet is routed to get on a line. */
  carriesItself(): boolean {
    return false
  }

  // What PPP tells

  linkUp(): void {
    for (const prefix of this.#config.routes) this.#node.stack.addRoute({ prefix, dev: IFACE })
  }
  linkDown(): void {
    this.#down()
  }
  linkFinished(end: PppEnd): void {
    this.#over(end)
    this.#telephone?.hangUp()
  }

  #frame(packet: Packet): void {
    if (this.#link) this.#link.session.receive(packet)
    else packet.release()
  }

  /** We hang up without a word of PPP. */
  #drop(detail: string): void {
    this.#telephone?.hangUp()
    this.#lineGone({ layer: 'line', reason: 'hung-up', tries: 0, detail })
  }

  #lineGone(end: DialEnd): void {
    this.#patience.cancel()
    this.#ringing.cancel()
    this.#over(end)
    this.#link?.session.lowerDown()
  }

  /** The first cause is what the user wants to know. */
  #over(end: DialEnd): void {
    if (this.#end) return
    this.#end = end
    const { layer, reason, tries, detail } = end
    this.#node.env.trace.emit('dial-end', { number: this.#number, layer, reason, tries, detail })
  }

  /** Of who is at the other end, as far as the line has told. */
  get #number(): string {
    const { number } = this.#config
    const call = this.#telephone?.call
    return call && call.called !== number ? (call.calling ?? 'unknown') : number
  }

  #pppConfig(): PppConfig {
    const { user, password, auth, mppe, dns } = this.#config
    return {
      iface: IFACE,
      machine: `${this.#above}ppp`,
      ourself: { user, password, methods: auth },
      mppe,
      ip: { local: ANY, requestDns: dns },
      ...linkConfig(this.#config, HABITS.default.ppp),
      mtu: DEFAULT_MRU,
    }
  }

  /** By their names in the trace. */
  machines(): Record<string, MachineView> {
    const machines: Record<string, MachineView> = {}
    if (this.#telephone) {
      const timers = running({ patience: this.#patience, answer: this.#ringing })
      machines[`${this.#above}line.call`] = { ...this.#telephone.view(), timers }
    }
    for (const [name, view] of Object.entries(this.#link?.machines() ?? {}))
      machines[`${this.#above}ppp.${name}`] = view
    return machines
  }

  /** `line` and `ppp`: the two belong to different keys of a node with a tunnel over its line. */
  snapshot(): { readonly line: Snapshot; readonly ppp: Snapshot } {
    const telephone = this.#telephone
    const { number } = this.#config
    const { rate, cause } = telephone ?? {}
    const line: Snapshot = {
      port: this.#line,
      call: telephone?.state ?? 'idle',
      number,
      bearer: telephone?.call?.bearer ?? this.#config.bearer,
      ...(rate === undefined || rate === 0 ? {} : { rate }),
      ...(cause === undefined ? {} : { cause: causeText(cause) }),
      end: this.#end && { ...this.#end },
      ...(this.#modem ? this.#modem.snapshot() : {}),
    }
    return { line, ppp: this.#link ? { ...this.#link.snapshot(), ...this.#link.usage.snapshot() } : IDLE_PPP }
  }
}

/** A cause that is not here is `refused`. */
const REASONS: Readonly<Record<Cause, LineEndReason>> = {
  [CAUSE.normal]: 'released',
  [CAUSE.unallocatedNumber]: 'unallocated-number',
  [CAUSE.userBusy]: 'busy',
  [CAUSE.noUserResponding]: 'no-answer',
  [CAUSE.noAnswer]: 'no-answer',
  [CAUSE.outOfOrder]: 'out-of-order',
  [CAUSE.noCircuit]: 'no-circuit',
  [CAUSE.temporaryFailure]: 'no-carrier',
}

export const causeEnd = (cause: Cause): DialEnd => ({
  layer: 'line',
  reason: REASONS[cause] ?? 'refused',
  tries: 0,
  detail: `The line was released with cause ${causeText(cause)}.`,
})
