/**
 * The control connection: its stream of messages, its end and its keep-alive. Read RFC 2637 §3.1 (`control-table.ts`);
 * §2.1 to §2.6 for the messages and §1.4 for what is done with octets that are none.
 *
 * Longer than 400 lines, since a connection is one thing: its tables and its calls stand elsewhere.
 *
 * Limits: the only version is 1.0. A message that does not fit the state is dropped and changes nothing, since the
 * RFC names no reaction to it.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Stream, StreamClose, StreamEvents } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Timer } from '../base/scheduler.ts'
import { Machine, type MachineOwner } from '../base/table.ts'
import { type Duration, formatDuration } from '../base/time.ts'
import { type MachineView, running, view } from '../base/view.ts'
import * as Pptp from '../wire/pptp.ts'
import type { Call, CallPort } from './call.ts'
import { type ControlAction, type ControlEvent, type ControlState, ORIGINATOR, RECEIVER } from './control-table.ts'
import type {
  CallHandlers,
  ControlEnd,
  ControlEndReason,
  ControlHandlers,
  DialOptions,
  EndpointConfig,
  Refusal,
} from './types.ts'

/** The messages that are about a call. */
export type CallMessage = Pptp.Message<
  Exclude<
    Pptp.MessageName,
    | 'start-control-connection-request'
    | 'start-control-connection-reply'
    | 'stop-control-connection-request'
    | 'stop-control-connection-reply'
    | 'echo-request'
    | 'echo-reply'
  >
>

/** What a control connection needs of the endpoint that it belongs to. */
export interface ControlOwner {
  dial(connection: ControlConnection, handlers: CallHandlers, options: DialOptions): Call
  /** False: the message does not fit the state of its call, or there is no such call. */
  callMessage(connection: ControlConnection, message: CallMessage): boolean
  /** Start-Control-Connection-Request has come; true if §3.1.3 forbids to answer it. */
  collides(connection: ControlConnection): boolean
  /** The codes with which this peer's request is refused; undefined: it is welcome. */
  refusal(connection: ControlConnection): Refusal | undefined
  /** A GRE packet for the peer. */
  gre(connection: ControlConnection, packet: Packet): void
  callOver(connection: ControlConnection, call: Call): void
  over(connection: ControlConnection): void
}

export type End = 'originator' | 'receiver'

/** §2.2. */
const VERSION_NOT_SUPPORTED: Refusal = { refuse: { resultCode: 5, errorCode: 0 } }
const NO_CALLS: readonly Call[] = []
/** Octets for a peer that does not read them; with more its messages are no longer answered. */
const MOST_UNREAD = 16_384

/** For TCP it is what hears of the stream, for its calls the way to the peer. */
export class ControlConnection implements StreamEvents, Pptp.SplitterSinks, CallPort, MachineOwner<ControlAction> {
  readonly env: Env
  readonly end: End
  readonly local: Ipv4
  readonly peer: Ipv4
  /** Of the peer's TCP, where its address alone does not say which connection is meant. */
  readonly port: number | undefined
  /** Calls of this connection, ended ones excluded. */
  calls: readonly Call[] = NO_CALLS
  /** How many calls there have been. */
  carried = 0
  /** Pieces of the stream that were no message. */
  rubbishSeen = 0
  readonly #config: EndpointConfig
  readonly #owner: ControlOwner
  readonly #handlers: ControlHandlers
  readonly #machine: Machine<ControlState, ControlEvent, ControlAction>
  readonly #splitter: Pptp.Splitter
  /** Of a reply (§3.1.4 rule 1), while one is awaited. */
  #replyTimer: Timer | undefined
  /** Of silence, then of the Echo-Reply (§3.1.4 rule 2), while the connection is established. */
  #echoTimer: Timer | undefined
  /** Of the peer's FIN, after ours: TCP itself would wait for ever. */
  #farewellTimer: Timer | undefined
  #echoAwaited = false
  #echoIdentifier = 0
  #stopReason = 1
  /** Of the Start-Control-Connection-Reply that refuses. */
  #refusal = VERSION_NOT_SUPPORTED
  #stream: Stream | undefined
  #ending: ControlEnd | undefined
  #over = false

  constructor(
    env: Env,
    config: EndpointConfig,
    owner: ControlOwner,
    end: End,
    local: Ipv4,
    peer: Ipv4,
    handlers: ControlHandlers,
    port: number | undefined,
  ) {
    this.env = env
    this.#config = config
    this.#owner = owner
    this.#handlers = handlers
    this.end = end
    this.local = local
    this.peer = peer
    this.port = port
    this.#machine = new Machine(this, end === 'originator' ? ORIGINATOR : RECEIVER, 'idle')
    this.#splitter = new Pptp.Splitter(this)
  }

  get machineName(): string {
    return this.#config.names.control(this.peer, this.port)
  }

  get state(): ControlState {
    return this.#machine.state
  }
  /** Is it one that its peer has, as far as limits go? */
  get counts(): boolean {
    return this.state === 'established' || this.state === 'wait-stop-reply'
  }
  /** How it ended, once it has. */
  get outcome(): ControlEnd | undefined {
    return this.#over ? this.#ending : undefined
  }

  view(): MachineView {
    const { carried, calls } = this
    return view(this.state, {
      counters: {
        calls: calls.length,
        carried,
        rubbish: this.rubbishSeen,
        echoAwaited: this.#echoAwaited ? 1 : 0,
        echo: this.#echoIdentifier,
        waiting: this.#stream?.waiting ?? 0,
      },
      facts: this.#ending ? { end: this.#ending.reason } : {},
      timers: running({ reply: this.#replyTimer, echo: this.#echoTimer, close: this.#farewellTimer }),
      history: this.#machine.history,
    })
  }

  /** The TCP connection that carries the messages; `opened` tells when it is open. */
  attach(stream: Stream): void {
    this.#stream = stream
  }

  // What TCP tells

  opened(): void {
    this.#fire('tcp-open')
  }
  data(bytes: Uint8Array): void {
    this.#splitter.push(bytes)
  }
  ended(): void {
    this.#tcpClosed('closed')
  }
  closed(reason: StreamClose, tries?: number): void {
    this.#farewellTimer?.cancel()
    this.#tcpClosed(reason, tries)
  }

  // What its user asks for

  /** PNS: asks for a call. The connection must be established. */
  dial(handlers: CallHandlers, options?: Partial<DialOptions>): Call {
    if (this.state !== 'established') throw new Error(`dial: the control connection is ${this.state}`)
    const { dial } = this.#config
    return this.#owner.dial(this, handlers, options ? { ...dial, ...options } : dial)
  }

  /** Orderly end; calls end with it. The reason is that of the message (§2.3): 3 is Stop-Local-Shutdown. */
  stop(reason = 1): void {
    this.#stopReason = reason
    this.#ending ??= this.#endOf('stopped', 'This side stopped the control connection.')
    this.#fire('local-terminate')
  }

  /** The end of a connection that has served its purpose, as this side's habits are. */
  part(): void {
    if (this.#config.farewell === 'notify') return this.stop()
    this.#ending ??= this.#endOf('stopped', 'This side closed the control connection.')
    this.#fire('local-close')
  }

  /** This machine's service ends (§2.3, Stop-Local-Shutdown). pptpd names each call first, and waits for nothing. */
  shutDown(): void {
    if (this.#config.farewell === 'notify') return this.stop(3)
    for (const call of this.calls) call.notifyEnd()
    if (this.state === 'established') this.send({ type: 'stop-control-connection-request', reason: 3 })
    this.part()
  }

  // The rest is for the endpoint and its calls.

  begins(call: Call): void {
    this.calls = this.calls.concat(call)
    this.carried++
  }
  ends(call: Call): void {
    this.calls = this.calls.filter(other => other !== call)
  }

  gre(packet: Packet): void {
    this.#owner.gre(this, packet)
  }
  over(call: Call): void {
    this.#owner.callOver(this, call)
  }

  send(message: Pptp.Message): void {
    this.#report('sent', message)
    this.#stream?.write(Pptp.write(message))
  }

  /** A call waits in vain: the whole connection is given up (§3.2.1). */
  stuck(): void {
    this.#ending ??= this.#endOf('call-timeout', 'A call request stayed unanswered, so the connection is suspect.', 1)
    this.#fire('call-time-out')
  }

  /** Our connection and the peer's were opened at the same time, and the peer's address is the higher (§3.1.3). */
  collisionLost(): void {
    this.#ending ??= this.#endOf('collision', "The peer's own control connection came first.")
    this.#fire('collision')
  }

  #endOf(reason: ControlEndReason, sentence: string, tries = 0): ControlEnd {
    return { layer: reason.startsWith('tcp-') ? 'tcp' : 'pptp', reason, tries, sentence }
  }

  #report(way: 'sent' | 'received', message: Pptp.Message): void {
    if (!this.env.trace.on) return
    const peer = formatIpv4(this.peer)
    this.env.trace.emit('pptp-message', { way, type: message.type, peer, detail: Pptp.summary(message) })
  }

  rubbish(rubbish: Pptp.Rubbish): void {
    this.rubbishSeen++
    this.env.trace.drop({
      reason: 'malformed',
      layer: 'pptp',
      why: rubbish.reason,
      detail: `octet ${rubbish.offset} of the control stream from ${formatIpv4(this.peer)}`,
    })
    if (!rubbish.fatal) return
    this.#ending ??= this.#endOf('out-of-sync', 'The peer sent octets that are no control message.')
    this.#fire('out-of-sync')
  }

  message(message: Pptp.Message): void {
    this.#report('received', message)
    if (this.#stream && this.#stream.waiting > MOST_UNREAD) {
      const detail = `${message.type} from ${formatIpv4(this.peer)}, which does not read our answers`
      this.env.trace.drop({ reason: 'pptp-unexpected', layer: 'pptp', detail })
      return
    }
    // §3.1.4: any control message shows that the peer lives, but only an Echo-Reply answers an Echo-Request.
    if (this.state === 'established' && !this.#echoAwaited) this.#awaitSilence()
    if (!this.#over && this.#take(message)) return
    this.env.trace.drop({
      reason: 'pptp-unexpected',
      layer: 'pptp',
      detail: `${message.type} from ${formatIpv4(this.peer)} in state ${this.state}`,
    })
  }

  /** False: the message does not fit the state. */
  #take(m: Pptp.Message): boolean {
    switch (m.type) {
      case 'start-control-connection-request':
        return this.#startRequest(m)
      case 'start-control-connection-reply':
        return this.#startReply(m)
      case 'stop-control-connection-request':
        if (this.state === 'established') {
          const why = Pptp.stopReasonText(m.reason)
          this.#ending ??= this.#endOf('stopped-by-peer', `The peer stopped the control connection: reason ${why}.`)
        }
        return this.#fire('receive-stop-ccrq')
      case 'stop-control-connection-reply':
        return this.#fire('receive-stop-ccrp')
      case 'echo-request':
        if (this.state !== 'established') return false
        this.send({ type: 'echo-reply', identifier: m.identifier, resultCode: 1, errorCode: 0 })
        return true
      case 'echo-reply':
        if (!this.#echoAwaited || m.identifier !== this.#echoIdentifier) return false
        this.#echoAwaited = false
        this.#awaitSilence()
        return true
      default:
        return this.state === 'established' && this.#owner.callMessage(this, m)
    }
  }

  #startRequest(m: Pptp.Message<'start-control-connection-request'>): boolean {
    if (!this.#machine.can('receive-sccrq-version-ok')) return false
    if (this.#owner.collides(this)) return true
    if (m.protocolVersion < Pptp.VERSION) {
      this.#ending = this.#endOf('version', 'The peer speaks an older version that this side does not.')
      return this.#fire('receive-sccrq-version-not-ok')
    }
    const refusal = this.#owner.refusal(this)
    if (refusal === undefined) return this.#fire('receive-sccrq-version-ok')
    this.#refusal = refusal
    const why = Pptp.codesText('start-control-connection-reply', refusal.refuse)
    this.#ending = { ...this.#endOf('not-admitted', `This side refused the connection: ${why}.`), ...refusal.refuse }
    return this.#fire('receive-sccrq-not-admitted')
  }

  #startReply(m: Pptp.Message<'start-control-connection-reply'>): boolean {
    if (!this.#machine.can('receive-sccrp-version-ok')) return false
    if (m.resultCode !== 1) {
      const { resultCode, errorCode } = m
      const sentence = `The peer refused the control connection: ${Pptp.codesText(m.type, m)}.`
      this.#ending = { ...this.#endOf('refused', sentence), resultCode, errorCode }
      return this.#fire('receive-sccrp-error')
    }
    if (m.protocolVersion >= Pptp.VERSION) return this.#fire('receive-sccrp-version-ok')
    this.#stopReason = 2
    this.#ending = this.#endOf('version', 'The peer speaks an older version that this side does not.')
    return this.#fire('receive-sccrp-version-not-ok')
  }

  #tcpClosed(close: StreamClose, tries = 0): void {
    if (this.#over) return
    const silent = close === 'timeout' || close === 'unreachable'
    // The peer may close while we wait for its answer to our stop.
    this.#ending ??= this.#endOf(`tcp-${close}`, TCP_SENTENCES[close], silent ? tries : 0)
    // Orderly from the peer: close our direction too. pptp-linux clears its call first, though nobody listens any more.
    if (close === 'closed') {
      if (this.#config.farewell === 'close' && this.end === 'originator')
        for (const call of this.calls) call.notifyEnd()
      this.#stream?.end()
    }
    this.#fire('tcp-closed')
  }

  #timedOut(): void {
    const waited = formatDuration(this.#patience)
    const what = AWAITED[this.state] ?? 'control message'
    const silence = this.#endOf('timeout', `No ${what} came in ${waited}.`, this.state === 'idle' ? 0 : 1)
    const before = this.#ending
    this.#ending = before ? { ...before, tries: 1, sentence: `${before.sentence} ${silence.sentence}` } : silence
    this.#fire('time-out')
  }

  #echoDue(): void {
    if (this.#echoAwaited) {
      const waited = formatDuration(this.#config.echoTimeOut)
      this.#ending ??= this.#endOf('echo-timeout', `No Echo-Reply came in ${waited}.`, 1)
      this.#fire('echo-time-out')
      return
    }
    const left = this.#silenceLeft()
    if (left > 0) return this.#armEcho(left)
    this.#echoAwaited = true
    this.#echoIdentifier = (this.#echoIdentifier + 1) >>> 0
    this.#armEcho(this.#config.echoTimeOut)
    this.send({ type: 'echo-request', identifier: this.#echoIdentifier })
  }

  /** How much of the interval is left, if packets of calls count; at most 0: the silence has lasted. */
  #silenceLeft(): Duration {
    if (!this.#config.dataCountAsLife) return 0
    const heardAt = this.calls.reduce((latest, call) => Math.max(latest, call.heardAt), 0)
    return heardAt + this.#config.echoInterval - this.env.clock.now
  }

  #awaitSilence(): void {
    if (this.#config.echoInterval > 0) this.#armEcho(this.#config.echoInterval)
  }

  #armEcho(delay: Duration): void {
    this.#echoTimer ??= this.env.clock.timer(`${this.machineName} echo`, ControlConnection.#echoTimerDue, this)
    this.#echoTimer.arm(delay)
  }

  #awaitReply(): void {
    this.#replyTimer ??= this.env.clock.timer(this.machineName, ControlConnection.#replyTimerDue, this)
    this.#replyTimer.arm(this.#patience)
  }

  #stopReplyTimer(): void {
    this.#replyTimer?.cancel()
    this.#replyTimer = undefined
  }

  static #echoTimerDue(connection: ControlConnection): void {
    connection.#echoDue()
  }
  static #replyTimerDue(connection: ControlConnection): void {
    connection.#timedOut()
  }

  /** In idle it is the peer's request that is waited for. */
  get #patience(): Duration {
    return this.state === 'idle' ? this.#config.requestTimeOut : this.#config.replyTimeOut
  }

  #fire(event: ControlEvent): boolean {
    if (this.#over) return false
    const before = this.state
    const fired = this.#machine.fire(event)
    if (!fired || this.#over) return fired
    // Everywhere but in established somebody waits for a message; the receiver from the moment TCP is open.
    if (this.state === 'established') this.#stopReplyTimer()
    else if (this.state !== before || event === 'tcp-open') this.#awaitReply()
    return true
  }

  act(action: ControlAction): void {
    switch (action) {
      case 'send-sccrq':
        this.send({ type: 'start-control-connection-request', protocolVersion: Pptp.VERSION, ...this.#self() })
        break
      case 'send-sccrp':
      case 'send-sccrp-error':
        this.send({
          type: 'start-control-connection-reply',
          protocolVersion: Pptp.VERSION,
          ...(action === 'send-sccrp' ? ACCEPTED : this.#refusal.refuse),
          ...this.#self(),
        })
        break
      case 'send-stop-ccrq':
        this.send({ type: 'stop-control-connection-request', reason: this.#stopReason })
        break
      case 'send-stop-ccrp':
        this.send({ type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 })
        break
      case 'up':
        this.#awaitSilence()
        this.#handlers.established?.()
        break
      case 'down':
        this.#echoTimer?.cancel()
        this.#endCalls()
        break
      case 'close-tcp':
        this.#farewellTimer ??= this.env.clock.timer(`${formatIpv4(this.peer)} close`, () => this.#stream?.abort())
        this.#farewellTimer.arm(this.#config.replyTimeOut)
        this.#stream?.end()
        break
      case 'abort-tcp':
        this.#stream?.abort()
        break
      case 'end':
        this.#over = true
        this.#stopReplyTimer()
        this.#echoTimer?.cancel()
        this.#endCalls()
        this.#owner.over(this)
        this.#handlers.ended?.(this.#ending as ControlEnd, this)
        break
    }
  }

  #self() {
    const { framingCapabilities, bearerCapabilities, maximumChannels } = this.#config
    const { firmwareRevision, hostName = this.env.node, vendorName } = this.#config
    return { framingCapabilities, bearerCapabilities, maximumChannels, firmwareRevision, hostName, vendorName }
  }

  #endCalls(): void {
    for (const call of this.calls) call.controlLost(this.#ending as ControlEnd)
  }
}

const ACCEPTED = { resultCode: 1, errorCode: 0 }
const AWAITED: Readonly<Partial<Record<ControlState, string>>> = {
  idle: 'Start-Control-Connection-Request',
  'wait-ctl-reply': 'Start-Control-Connection-Reply',
  'wait-stop-reply': 'Stop-Control-Connection-Reply',
}
const TCP_SENTENCES: Readonly<Record<StreamClose, string>> = {
  closed: 'The peer closed the TCP connection.',
  refused: 'The peer refused the TCP connection: nobody listens there.',
  reset: 'The peer reset the TCP connection.',
  timeout: 'TCP gave up: the peer does not answer.',
  unreachable: 'The network says that the peer cannot be reached.',
  aborted: 'This side aborted the TCP connection.',
}
