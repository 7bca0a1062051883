/**
 * One call, as its PNS or its PAC has it: outgoing ones the PNS asks for, incoming ones the PAC. Read RFC 2637 §3.2.3
 * and §3.2.4 (`call-table.ts`); §2.7 to §2.15 for the messages.
 *
 * Longer than 400 lines, since a call is one thing: its tables, its messages and its data path stand elsewhere.
 *
 * Limits: behind a PAC that has no telephone lines a call is answered in the instant in which it is dialled. "Telco
 * Disconnect" is `clear` with the result code Lost Carrier. What Set-Link-Info and WAN-Error-Notify say matters to an
 * asynchronous line only; the node is told.
 */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Timer } from '../base/scheduler.ts'
import { Machine, type MachineOwner } from '../base/table.ts'
import { formatDuration, type SimTime } from '../base/time.ts'
import { type MachineView, running, view } from '../base/view.ts'
import * as Pptp from '../wire/pptp.ts'
import * as Say from './call-messages.ts'
import { type Codes, NO_CODES } from './call-messages.ts'
import {
  type CallAction,
  type CallEvent,
  type CallState,
  PAC_CALL,
  PAC_INCOMING_CALL,
  PNS_CALL,
  PNS_INCOMING_CALL,
} from './call-table.ts'
import { Tunnel, type TunnelSinks } from './tunnel.ts'
import type {
  CallEnd,
  CallHandlers,
  ControlEnd,
  DialOptions,
  EndpointConfig,
  LineFacts,
  LinkInfo,
  Refusal,
  RingOptions,
  Role,
  TunnelStatistics,
  WanErrors,
} from './types.ts'

/** What a call needs of the control connection and endpoint that it belongs to. */
export interface CallPort {
  send(message: Pptp.Message): void
  gre(packet: Packet): void
  /** The call is over; its ID may rest. */
  over(call: Call): void
  /** The call has ended, and with it the connection (`farewell: close`). */
  part(): void
  /** No reply in time: the whole control connection is suspect (§3.2.1). */
  stuck(): void
}

/** What the RFC's table leaves open of a call that ends: filled in before the event that ends it. */
type Ending = Omit<CallEnd, 'layer' | 'tries'> & Partial<Pick<CallEnd, 'layer' | 'tries'>>

export type Direction = 'outgoing' | 'incoming'
export type OutgoingRequest = Pptp.Message<'outgoing-call-request'>
export type IncomingRequest = Pptp.Message<'incoming-call-request'>

/** §2.14: "should not be sent more than once every 60 seconds". */
const WAN_ERROR_INTERVAL = 60e9
const ALL_ESCAPED: LinkInfo = { sendAccm: 0xffffffff, receiveAccm: 0xffffffff }
const CONNECTED: Codes = { ...NO_CODES, resultCode: 1 }
const NO_LINE: LineFacts = { connectSpeed: 0, framingType: 0, physicalChannelId: 0 }

export class Call implements TunnelSinks, MachineOwner<CallAction> {
  readonly env: Env
  /** Ours; the peer puts it into its GRE packets. */
  readonly callId: number
  readonly peer: Ipv4
  /** The peer's; 0 before it is known, and pptpd really gives 0 to its first call. */
  peerCallId = 0
  #peerKnown = false
  /** Frames pass through here while the call is established. */
  tunnel: Tunnel | undefined
  readonly direction: Direction
  /** Of this side, in this call. */
  readonly role: Role
  /** Set-Link-Info and WAN-Error-Notify that have come for it. */
  notices = 0
  /** PAC: what Set-Link-Info said last; before it "the default value is 0xFFFFFFFF" (§2.15). */
  linkInfo = ALL_ESCAPED
  /** PNS: what WAN-Error-Notify said last. */
  wanErrors: WanErrors | undefined
  readonly #config: EndpointConfig
  readonly #port: CallPort
  readonly #serial: number
  readonly #machine: Machine<CallState, CallEvent, CallAction>
  /** Of a reply, while one is awaited. */
  #timer: Timer | undefined
  #handlers: CallHandlers | undefined
  #dial: DialOptions | undefined
  #ring: RingOptions | undefined
  #ending: Ending | undefined
  /** PAC: the telephone line, as far as it is known. */
  #line: LineFacts = NO_LINE
  #peerWindow = 1
  #peerDelay = 0
  /** Codes of the reply or notification that comes next. */
  #codes = NO_CODES
  /** PAC: errors of the line that the PNS has not been told yet, and when it may be (§2.14). */
  #errorsToTell: WanErrors | undefined
  #errorTimer: Timer | undefined
  /** What the tunnel has counted, once it is closed. */
  #statistics: TunnelStatistics | undefined

  constructor(
    env: Env,
    config: EndpointConfig,
    direction: Direction,
    role: Role,
    peer: Ipv4,
    callId: number,
    serial: number,
    port: CallPort,
  ) {
    this.env = env
    this.#config = config
    this.#port = port
    this.#serial = serial
    this.direction = direction
    this.role = role
    this.peer = peer
    this.callId = callId
    const [outgoing, incoming] = role === 'pns' ? [PNS_CALL, PNS_INCOMING_CALL] : [PAC_CALL, PAC_INCOMING_CALL]
    const rows = direction === 'outgoing' ? outgoing : incoming
    this.#machine = new Machine(this, rows, 'idle')
  }

  get machineName(): string {
    return this.#config.names.call(this.peer, this.callId)
  }

  get state(): CallState {
    return this.#machine.state
  }

  view(): MachineView {
    const { callId, peerCallId, notices } = this
    return view(this.state, {
      counters: { callId, ...(this.#peerKnown ? { peerCallId } : {}), notices },
      facts: this.#ending ? { end: this.#ending.reason } : {},
      timers: running({ reply: this.#timer }),
      history: this.#machine.history,
    })
  }

  /** Does the peer call it so? */
  isPeers(callId: number): boolean {
    return this.#peerKnown && this.peerCallId === callId
  }

  /** What its tunnel counts, or has counted; undefined: it was never established. */
  get statistics(): TunnelStatistics | undefined {
    return this.tunnel?.statistics() ?? this.#statistics
  }

  /** Takes a PPP frame; it goes as the payload of a GRE packet. */
  send(frame: Packet): void {
    if (this.tunnel) this.tunnel.send(frame)
    else this.refuseData(frame)
  }

  /** No data pass in this state. */
  refuseData(packet: Packet): void {
    this.env.trace.drop({
      reason: 'gre-unknown-call',
      layer: 'gre',
      packet: packet.id,
      detail: `call ${this.callId} is ${this.state}`,
    })
    packet.release()
  }

  /** Ends the call. The code is that of Call-Disconnect-Notify (§2.13) and matters on a PAC only: 3 is Admin Shutdown. */
  clear(resultCode = 3, causeCode = 0): void {
    if (!this.#machine.can('local-terminate')) return
    this.#codes = { resultCode: this.state === 'wait-cs-ans' ? 7 : resultCode, errorCode: 0, causeCode }
    const sentence = 'This side cleared the call.'
    const said = this.role === 'pac' ? { resultCode: this.#codes.resultCode } : {}
    this.#ending = { reason: 'cleared', ...said, sentence }
    this.#fire('local-terminate')
  }

  /** PNS: LCP has agreed on these ACCMs, and the PAC is told (§2.15) unless it is not this side's habit. */
  accmsAgreed({ sendAccm, receiveAccm }: LinkInfo): void {
    if (this.#config.linkInfo !== 'never') this.setLinkInfo(sendAccm, receiveAccm)
  }

  /** PNS: tells the PAC which characters to escape on an asynchronous line (§2.15). */
  setLinkInfo(sendAccm: number, receiveAccm: number): void {
    if (this.state !== 'established' || this.role !== 'pns') return
    this.#port.send({ type: 'set-link-info', peerCallId: this.peerCallId, sendAccm, receiveAccm })
  }

  /**
   * PAC: the line has had these errors since the call began. The PNS is told when they change, at most once in 60 s
   * (§2.14).
   */
  lineErrors(errors: WanErrors): void {
    if (this.state !== 'established' || this.role !== 'pac') return
    this.#errorsToTell = errors
    if (!this.#errorTimer?.pending) this.#tellErrors()
  }

  #tellErrors(): void {
    if (!this.#errorsToTell) return
    this.#port.send({ type: 'wan-error-notify', peerCallId: this.peerCallId, ...this.#errorsToTell })
    this.#errorsToTell = undefined
    this.#errorTimer ??= this.env.clock.timer(`call ${this.callId} errors`, () => this.#tellErrors())
    this.#errorTimer.arm(WAN_ERROR_INTERVAL)
  }

  #sendNotify(codes: Codes): void {
    this.#port.send({ type: 'call-disconnect-notify', callId: this.callId, ...codes, callStatistics: '' })
  }

  // What its tunnel hands on

  down(packet: Packet): void {
    this.#port.gre(packet)
  }
  up(frame: Packet): void {
    this.#handlers?.received(frame)
  }

  // The rest is for the endpoint.

  /** Says that the call ends, before its connection does (`farewell: close`). */
  notifyEnd(): void {
    if (this.state !== 'established') return
    if (this.role === 'pac') this.#sendNotify({ ...NO_CODES, resultCode: 3 })
    else this.#port.send({ type: 'call-clear-request', callId: this.callId })
  }

  /** When the last packet came for it; 0: none has. */
  get heardAt(): SimTime {
    return this.tunnel?.heardAt ?? 0
  }

  /** PNS: sends Outgoing-Call-Request. */
  open(handlers: CallHandlers, options: DialOptions): void {
    this.#handlers = handlers
    this.#dial = options
    this.#fire('open')
  }

  /** PAC: a request has come; `decide` says whether the node takes it. */
  offered(request: OutgoingRequest, decide: (call: Call) => CallHandlers | Refusal): void {
    this.#rememberPeer(request.callId, request.packetRecvWindowSize, request.packetProcessingDelay)
    this.#line = { connectSpeed: request.maximumBps, framingType: request.framingType, physicalChannelId: 0 }
    this.#fire('receive-ocrq')
    const answer = decide(this)
    if ('refuse' in answer) {
      this.#refused(answer, 'outgoing-call-reply')
      this.#fire('incomplete-call')
    } else {
      this.#handlers = answer
      if (answer.dial) answer.dial()
      else this.answered()
    }
  }

  /** PAC: the number that was dialled has answered; `line` is what is known of it beside what was asked for. */
  answered(line?: Partial<LineFacts>): void {
    if (!this.#machine.can('telco-answer')) return
    if (line) this.#line = { ...this.#line, ...line }
    this.#codes = CONNECTED
    this.#fire('telco-answer')
  }

  /** PAC: the number that the PNS asked for was not reached; the codes are those of Outgoing-Call-Reply (§2.8). */
  incomplete(refusal: Refusal): void {
    if (!this.#machine.can('incomplete-call')) return
    this.#refused(refusal, 'outgoing-call-reply')
    this.#fire('incomplete-call')
  }

  /** PAC: a request has come that no node is asked about. */
  offeredInError(request: OutgoingRequest, refusal: Refusal): void {
    this.peerCallId = request.callId
    this.#refused(refusal, 'outgoing-call-reply')
    this.#fire('receive-ocrq-in-error')
  }

  /** PAC: a telephone line rings. */
  ring(handlers: CallHandlers, options: RingOptions): void {
    this.#handlers = handlers
    this.#ring = options
    this.#line = options
    this.#fire('ring')
  }

  /** PNS: the PAC tells of a ringing line; the answer says whether the node takes the call. */
  rings(request: IncomingRequest, answer: CallHandlers | Refusal): void {
    this.peerCallId = request.callId
    this.#peerKnown = true
    if ('refuse' in answer) {
      this.#refused(answer, 'incoming-call-reply')
      this.#fire('receive-icrq-not-accepting')
    } else {
      this.#handlers = answer
      this.#codes = CONNECTED
      this.#fire('receive-icrq-accepting')
    }
  }

  #refused({ refuse }: Refusal, type: 'outgoing-call-reply' | 'incoming-call-reply'): void {
    this.#codes = { ...NO_CODES, ...refuse }
    this.#ending = {
      reason: 'refused',
      ...refuse,
      sentence: `This side refused the call: ${Pptp.codesText(type, refuse)}.`,
    }
  }

  /** PNS. False: the message does not fit the state. */
  outgoingCallReply(m: Pptp.Message<'outgoing-call-reply'>): boolean {
    if (!this.#machine.can('receive-ocrp-connected')) return false
    if (m.resultCode === 1) {
      this.#rememberPeer(m.callId, m.packetRecvWindowSize, m.packetProcessingDelay)
      return this.#fire('receive-ocrp-connected')
    }
    if (this.state === 'wait-disconnect') return this.#fire('receive-ocrp-error')
    this.#peerRefused(m, m.causeCode)
    return this.#fire('receive-ocrp-error')
  }

  /** PAC. False: the message does not fit the state. */
  incomingCallReply(m: Pptp.Message<'incoming-call-reply'>): boolean {
    if (!this.#machine.can('receive-icrp-accepting')) return false
    if (m.resultCode === 1) {
      this.#rememberPeer(m.callId, m.packetRecvWindowSize, m.packetTransmitDelay)
      return this.#fire('receive-icrp-accepting')
    }
    this.#peerRefused(m, 0)
    return this.#fire('receive-icrp-not-accepting')
  }

  /** PNS. False: the message does not fit the state. */
  incomingCallConnected(m: Pptp.Message<'incoming-call-connected'>): boolean {
    if (!this.#machine.can('receive-iccn')) return false
    this.#rememberPeer(this.peerCallId, m.packetRecvWindowSize, m.packetTransmitDelay)
    return this.#fire('receive-iccn')
  }

  #peerRefused(m: Pptp.Message<'outgoing-call-reply' | 'incoming-call-reply'>, causeCode: number): void {
    const { resultCode, errorCode } = m
    const sentence = `The peer refused the call: ${Pptp.codesText(m.type, { resultCode, errorCode, causeCode })}.`
    this.#ending = { reason: 'refused', resultCode, errorCode, causeCode, sentence }
  }

  /** PNS. False: the message does not fit the state. */
  callDisconnectNotify(m: Pptp.Message<'call-disconnect-notify'>): boolean {
    if (!this.#machine.can('receive-cdn')) return false
    if (this.state !== 'wait-disconnect') {
      const { resultCode, errorCode, causeCode } = m
      const sentence = `The peer disconnected the call: ${Pptp.codesText(m.type, m)}.`
      this.#ending = { reason: 'disconnected', resultCode, errorCode, causeCode, sentence }
    }
    return this.#fire('receive-cdn')
  }

  /** PAC: the PNS asks to end the call; the notification says so (§2.13, Request). */
  callClearRequest(): boolean {
    if (!this.#machine.can('receive-ccrq')) return false
    this.#codes = { ...NO_CODES, resultCode: 4 }
    this.#ending = { reason: 'disconnected', sentence: 'The peer cleared the call.' }
    return this.#fire('receive-ccrq')
  }

  /** PAC (§2.15). */
  setLinkInfoReceived({ sendAccm, receiveAccm }: LinkInfo): void {
    this.notices++
    this.linkInfo = { sendAccm, receiveAccm }
    this.#handlers?.linkInfo?.(this.linkInfo)
  }

  /** PNS (§2.14). */
  wanErrorNotified(errors: WanErrors): void {
    this.notices++
    this.wanErrors = errors
    this.#handlers?.lineErrors?.(errors)
  }

  /** The control connection is gone, and every call in it. */
  controlLost(control: ControlEnd): void {
    if (this.#ending?.reason !== 'cleared') {
      const ours = control.reason === 'stopped'
      const sentence = `The control connection ended: ${control.sentence}`
      this.#ending = { reason: ours ? 'cleared' : 'control-lost', layer: control.layer, sentence, control }
    }
    this.#fire('control-lost')
  }

  #timedOut(): void {
    const waited = formatDuration(this.#config.replyTimeOut)
    const asked = this.direction === 'outgoing' ? 'Outgoing-Call-Request' : 'Incoming-Call-Request'
    const what =
      this.state === 'wait-reply' ? asked : this.state === 'wait-connect' ? 'Incoming-Call-Reply' : 'Call-Clear-Request'
    this.#ending = { reason: 'timeout', tries: 1, sentence: `No answer to ${what} in ${waited}.` }
    if (this.#fire('time-out')) this.#port.stuck()
  }

  #rememberPeer(callId: number, window: number, delay: number): void {
    this.peerCallId = callId
    this.#peerKnown = true
    this.#peerWindow = window
    this.#peerDelay = delay
  }

  #fire(event: CallEvent): boolean {
    const before = this.state
    const fired = this.#machine.fire(event)
    if (this.state === before) return fired
    if (this.#machine.can('time-out')) {
      this.#timer ??= this.env.clock.timer(this.machineName, Call.#replyOverdue, this)
      this.#timer.arm(this.#config.replyTimeOut)
    } else {
      this.#timer?.cancel()
      this.#timer = undefined
    }
    return fired
  }

  static #replyOverdue(call: Call): void {
    call.#timedOut()
  }

  act(action: CallAction): void {
    const port = this.#port
    const { callId, peerCallId } = this
    const { tunnel } = this.#config
    switch (action) {
      case 'send-ocrq':
        port.send(Say.outgoingCallRequest(callId, this.#serial, this.#dial as DialOptions, tunnel))
        break
      case 'send-ocrp':
      case 'send-ocrp-error': {
        const line = action === 'send-ocrp' ? this.#line : NO_LINE
        port.send(Say.outgoingCallReply(callId, peerCallId, this.#codes, line, tunnel))
        break
      }
      case 'send-icrq':
        port.send(Say.incomingCallRequest(callId, this.#serial, this.#ring as RingOptions))
        break
      case 'send-icrp':
      case 'send-icrp-error':
        port.send(Say.incomingCallReply(action === 'send-icrp' ? callId : 0, peerCallId, this.#codes, tunnel))
        break
      case 'send-iccn':
        port.send(Say.incomingCallConnected(peerCallId, this.#line, tunnel))
        break
      case 'send-ccrq':
        port.send({ type: 'call-clear-request', callId })
        break
      case 'send-cdn':
        if (this.#config.farewell === 'close') port.part()
        else this.#sendNotify(this.#codes)
        break
      case 'dial':
        break
      case 'answer':
        this.#line = { ...this.#line, ...this.#handlers?.answer?.() }
        break
      case 'up':
        this.tunnel = new Tunnel(
          this.env,
          this.#config.tunnel,
          { callId: this.peerCallId, window: this.#peerWindow, processingDelay: this.#peerDelay },
          this,
        )
        if (this.#config.linkInfo === 'always') this.setLinkInfo(ALL_ESCAPED.sendAccm, ALL_ESCAPED.receiveAccm)
        this.#handlers?.connected()
        break
      case 'down':
        this.tunnel?.close()
        this.#statistics = this.tunnel?.statistics()
        this.tunnel = undefined
        this.#errorTimer?.cancel()
        break
      case 'end':
        port.over(this)
        this.#handlers?.ended({ layer: 'pptp', tries: 0, ...(this.#ending as Ending) })
        break
    }
  }
}
