/**
 * One line of an access server, from the ring to the end of the call: RFC 2637 §3.2.3.1 as the PAC lives it.
 *
 *     ring ─ rule ─┬─▶ local: answered, PPP ends here
 *                  ├─▶ naming: answered, our own LCP reads who calls ─ rule ─▶ local, or
 *                  └─▶ connecting ─▶ asking ─ Incoming-Call-Reply ─▶ answered, tunnelled
 *                          ▲            │ refused, silent, lost
 *                          └────────────┘ the next PNS of the rule; none left: the caller is turned away
 *     Outgoing-Call-Request ─▶ dialling ─ answered ─▶ tunnelled
 *
 * Longer than 400 lines, since a line is one thing: its table, its queue and its words stand elsewhere.
 *
 * Limits: what the caller sends between the reading of his name and the tunnel is dropped; he repeats it. While the PNS
 * negotiates LCP anew both character maps stay those of the access server until Set-Link-Info comes.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { DialEnd } from '../base/dial-end.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import { Machine, type MachineOwner } from '../base/table.ts'
import type { Duration } from '../base/time.ts'
import { type MachineView, running, view } from '../base/view.ts'
import type { LineEnd } from '../link/serial.ts'
import { CAUSE, type Cause } from '../link/signal.ts'
import type { Call } from '../pptp/call.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { Endpoint } from '../pptp/endpoint.ts'
import type { CallEnd, CallHandlers, DialOptions, LineFacts, LinkInfo } from '../pptp/types.ts'
import { causeText } from '../wire/pptp.ts'
import type { Caller } from './caller.ts'
import type { Callers } from './callers.ts'
import type { ControlPool } from './control-pool.ts'
import { causeEnd } from './dial-up.ts'
import { LineQueue } from './line-queue.ts'
import { bearerOf, factsOf, framingOf, refusalOf } from './line-words.ts'
import { LocalLine, type LocalLineOwner } from './local-line.ts'
import { Modem } from './modem.ts'
import { LINE_USE, type LineEvent, type LineState } from './nas-line-table.ts'
import type { Snapshot } from './node.ts'
import { type HuntOwner, PnsHunt } from './pns-hunt.ts'
import { type Setup, Telephone } from './telephone.ts'
import { type Choice, choose, type TunnelRule } from './tunnel-rules.ts'
import { greSnapshot } from './tunnel-stack.ts'

/** What a line needs of its access server. */
export interface LineHost {
  readonly env: Env
  readonly endpoint: Endpoint
  readonly pool: ControlPool
  readonly rules: readonly TunnelRule[]
  /** Undefined: PPP never ends here. */
  readonly callers: Callers | undefined
  /** How long a PNS may take to answer before the next one is asked, and a number that is dialled. */
  readonly patience: Duration
  readonly dialPatience: Duration
  /** A PPP frame goes from the line into the tunnel. */
  passes(line: string, frame: Packet): void
}

export class NasLine implements MachineOwner<never>, HuntOwner, CallHandlers, LocalLineOwner {
  readonly env: Env
  readonly machineName: string
  /** Of its port. */
  readonly name: string
  readonly #host: LineHost
  readonly #channel: number
  readonly #machine: Machine<LineState, LineEvent, never>
  readonly #telephone: Telephone
  readonly #modem: Modem
  readonly #queue: LineQueue
  readonly #hunt: PnsHunt
  #choice: Choice | undefined
  #call: Call | undefined
  #caller: Caller | undefined
  #user: string | undefined
  #asked: DialOptions | undefined

  /** `channel`: Physical Channel ID (RFC 2637 §2.9). */
  constructor(host: LineHost, name: string, channel: number, line: LineEnd) {
    const { env } = host
    this.#host = host
    this.name = name
    this.#channel = channel
    const path = `lines[${name}]`
    this.env = env
    this.machineName = `${path}.use`
    this.#machine = new Machine(this, LINE_USE, 'idle')
    this.#telephone = new Telephone(
      env,
      `${path}.call`,
      line,
      {
        ringing: setup => this.#ringing(setup),
        alerting: () => {},
        connected: rate => this.#connected(rate),
        octets: octets => this.#modem.receive(octets),
        released: cause => this.#released(cause),
        free: () => {},
      },
      { yields: true },
    )
    this.#modem = new Modem(env, name, this.#telephone, {
      frame: frame => this.#frame(frame),
      error: () => this.#call?.lineErrors({ ...this.#modem.errors }),
    })
    const { receiveWindow } = host.endpoint.config.tunnel
    this.#queue = new LineQueue(env, line, this.#modem, receiveWindow, () => this.#call?.tunnel?.taken())
    const timer = env.clock.timer(`${path} patience`, () => this.#impatient())
    this.#hunt = new PnsHunt(host.pool, host.patience, timer, this)
  }

  /** Its table has states only. */
  act(): void {}

  get state(): LineState {
    return this.#machine.state
  }
  /** Could a number be dialled on it now? */
  get isFree(): boolean {
    return this.state === 'idle' && this.#telephone.state === 'idle' && this.#telephone.line.up
  }
  get up(): boolean {
    return this.#telephone.line.up
  }

  // A telephone call comes

  #ringing({ called, calling = '' }: Setup): void {
    const choice = choose(this.#host.rules, { called, calling, line: this.name })
    this.#user = undefined
    this.#hunt.reset()
    if (!choice) this.#name()
    else if (choice.to === 'local') this.#local(choice)
    else {
      this.#telephone.alert()
      this.#tunnel(choice, choice.to)
    }
  }

  #chosen(choice: Choice): void {
    this.#choice = choice
    const { called = '', calling = '' } = this.#telephone.call ?? {}
    const here = this.#host.callers ? 'local' : 'nobody'
    const to = choice.to === 'local' ? here : choice.to.map(address => formatIpv4(address)).join(' ')
    const user = this.#user === undefined ? {} : { user: this.#user }
    this.env.trace.emit('tunnel-rule', { line: this.name, called, calling, ...user, rule: choice.rule, to })
  }

  /** PPP ends here. */
  #local(choice: Choice): void {
    this.#chosen(choice)
    const { callers } = this.#host
    if (!callers) return this.#telephone.hangUp(CAUSE.callRejected)
    if (callers.full !== undefined) return this.#telephone.hangUp(CAUSE.resourceUnavailable)
    this.#machine.fire('local')
    this.#caller = callers.take(this.#asLine())
    this.#telephone.answer()
  }

  /** Who calls has to be asked: our own LCP, and the beginning of the authentication. */
  #name(): void {
    const { callers } = this.#host
    if (!callers) return this.#telephone.hangUp(CAUSE.callRejected)
    this.#machine.fire('name')
    this.#caller = callers.ask(this.#asLine())
    this.#telephone.answer()
  }

  #asLine(): LocalLine {
    const { call } = this.#telephone
    if (!call) throw new Error(`${this.name}: nobody calls`)
    return new LocalLine(this, this.#modem, this.#queue, call)
  }

  /** He has said who he is. False: his tunnel is decided, and nobody here judges his proof. */
  named(user: string): boolean {
    if (this.state !== 'naming') return true
    this.#user = user
    const { called = '', calling = '' } = this.#telephone.call ?? {}
    const choice = choose(this.#host.rules, { called, calling, line: this.name, user }) as Choice
    if (choice.to !== 'local') {
      const { to } = choice
      // Not in the middle of what his packet does to the session that is given up.
      this.env.clock.after(0, `${this.name} hands over`, () => {
        if (this.state === 'naming') this.#handOver(choice, to)
      })
      return false
    }
    this.#chosen(choice)
    this.#machine.fire('local')
    if (this.#caller) this.#host.callers?.keep(this.#caller)
    return true
  }

  #handOver(choice: Choice, to: readonly Ipv4[]): void {
    const caller = this.#caller
    this.#caller = undefined
    if (caller) this.#host.callers?.handOver(caller)
    this.#tunnel(choice, to)
  }

  is(caller: Caller): boolean {
    return this.#caller === caller
  }

  // The tunnel

  #tunnel(choice: Choice, to: readonly Ipv4[]): void {
    this.#chosen(choice)
    this.#hunt.begin(to)
  }

  connecting(): void {
    this.#call = undefined
    this.#machine.fire('connect')
  }

  /** Incoming-Call-Request. */
  ask(control: ControlConnection): void {
    const { called = '', calling = '', bearer = 'analogue' } = this.#telephone.call ?? {}
    this.#machine.fire('ask')
    this.#call = this.#host.endpoint.ring(control, this, {
      bearerType: bearerOf(bearer),
      physicalChannelId: this.#channel,
      dialedNumber: called,
      dialingNumber: calling,
      subaddress: '',
      connectSpeed: 0,
      framingType: framingOf(bearer),
    })
  }

  withdraw(): void {
    this.#call?.clear(1, CAUSE.timerExpiry)
  }

  passed(pns: Ipv4, detail: string): void {
    this.env.trace.emit('pns-passed', { line: this.name, pns: formatIpv4(pns), detail })
  }

  turnAway(cause: Cause): void {
    this.#call = undefined
    this.#machine.fire('over')
    this.#telephone.hangUp(cause)
  }

  // What the call in the tunnel tells

  answer(): LineFacts {
    this.#telephone.answer()
    return this.#facts()
  }

  connected(): void {
    this.#machine.fire('established')
    this.#hunt.taken()
  }

  received(frame: Packet): void {
    this.#queue.put(frame)
  }

  linkInfo(accms: LinkInfo): void {
    this.#modem.setAccms(accms)
  }

  ended(end: CallEnd): void {
    const { state } = this
    if (state === 'asking') return this.#hunt.callEnded(end)
    if (state !== 'tunnelled' && state !== 'dialling') return
    this.#over()
    this.#telephone.hangUp(end.reason === 'control-lost' ? CAUSE.temporaryFailure : CAUSE.normal)
  }

  #facts(): LineFacts {
    return factsOf(this.#telephone.rate, this.#modem.bearer, this.#channel, this.#host.endpoint.config.tunnel)
  }

  /** The PNS is silent, or the number that is dialled does not answer. */
  #impatient(): void {
    if (this.state !== 'dialling') return this.#hunt.impatient()
    const call = this.#call
    this.#over()
    this.#telephone.hangUp()
    call?.incomplete(refusalOf(CAUSE.noAnswer))
  }

  // A PNS asks for a number

  /** Outgoing-Call-Request; the line is free. */
  offered(call: Call, options: DialOptions): CallHandlers {
    this.#choice = { rule: 'outgoing call', to: [call.peer] }
    this.#hunt.reset(call.peer)
    this.#call = call
    this.#user = undefined
    this.#asked = options
    return this
  }

  dial(): void {
    const { bearerType, phoneNumber } = this.#asked as DialOptions
    this.#machine.fire('dial')
    this.#hunt.timer.arm(this.#host.dialPatience)
    this.#telephone.dial({ called: phoneNumber, bearer: bearerType === 2 ? 'digital' : 'analogue' })
  }

  // The line

  #connected(rate: number): void {
    this.#modem.begin(this.#telephone.call?.bearer ?? 'analogue')
    if (this.#caller) return this.#caller.link.open()
    if (this.state !== 'dialling') return
    const tooSlow = rate > 0 && rate < (this.#asked?.minimumBps ?? 0)
    const call = this.#call
    if (!tooSlow) return call?.answered(this.#facts())
    this.#over()
    this.#telephone.hangUp()
    call?.incomplete(refusalOf(CAUSE.normal))
  }

  #frame(frame: Packet): void {
    if (this.#caller) return this.#caller.link.session.receive(frame)
    if (this.state === 'tunnelled' && this.#call) {
      this.#host.passes(this.name, frame)
      return this.#call.send(frame)
    }
    const detail = `${this.name}: there is no tunnel yet (${this.state})`
    this.env.trace.drop({ reason: 'ppp-unexpected', layer: 'ppp', packet: frame.id, parent: frame.parent, detail })
    frame.release()
  }

  /** The telephone call is over, from the other side: whatever was made of it goes. */
  #released(cause: Cause): void {
    const { state } = this
    const call = this.#call
    const caller = this.#caller
    this.#over()
    if (caller) this.#ended(caller, causeEnd(cause), cause)
    if (state === 'dialling') call?.incomplete(refusalOf(cause))
    else call?.clear(1, cause)
  }

  #ended(caller: Caller, end: DialEnd, cause: Cause): void {
    const counted = cause === CAUSE.normal ? 'user-request' : 'lost-carrier'
    this.#host.callers?.ended(caller, counted, ppp => {
      const { layer, reason, tries, detail } = ppp ?? end
      this.env.trace.emit('dial-end', { number: caller.line.from, layer, reason, tries, detail })
    })
  }

  #over(): void {
    this.#hunt.stop()
    this.#machine.fire('over')
    this.#queue.clear()
    this.#call = undefined
    this.#caller = undefined
  }

  localStream(): Random {
    return this.env.random.fork(`ppp on ${this.name} ${this.#host.callers?.count ?? 0}`)
  }

  /** PPP has ended, and now the line does. */
  pppOver(): void {
    const caller = this.#caller
    if (!caller) return
    this.#over()
    this.#telephone.hangUp()
    this.#ended(caller, causeEnd(CAUSE.normal), CAUSE.normal)
  }

  // For those who look

  machines(): Record<string, MachineView> {
    const path = `lines[${this.name}]`
    const call = this.#call
    const machines: Record<string, MachineView> = {
      [`${path}.call`]: this.#telephone.view(),
      [`${path}.use`]: view(this.state, {
        counters: { waiting: this.#queue.length, dropped: this.#queue.dropped },
        facts: this.#choice ? { rule: this.#choice.rule } : {},
        timers: running({ patience: this.#hunt.timer }),
        history: this.#machine.history,
      }),
    }
    if (call) machines[`calls[${call.callId}].pptp.call`] = call.view()
    if (call?.tunnel) machines[`calls[${call.callId}].pptp.gre`] = call.tunnel.view()
    return machines
  }

  snapshot(): Snapshot {
    const { state, cause, rate, call } = this.#telephone
    const { pns, refused } = this.#hunt
    const mine = this.#call
    return {
      call: state,
      use: this.state,
      ...(call ? { called: call.called, calling: call.calling ?? '', bearer: call.bearer } : {}),
      ...(this.#choice ? { rule: this.#choice.rule } : {}),
      ...(this.#user === undefined ? {} : { user: this.#user }),
      ...(pns === undefined ? {} : { pns: formatIpv4(pns) }),
      ...(refused === '' ? {} : { refused }),
      ...(rate === 0 ? {} : { rate }),
      ...(cause === undefined ? {} : { cause: causeText(cause) }),
      waiting: this.#queue.length,
      dropped: this.#queue.dropped,
      ...this.#modem.snapshot(),
      ...(mine ? { pptp: { callId: mine.callId, call: mine.state, gre: greSnapshot(mine) } } : {}),
    }
  }
}
